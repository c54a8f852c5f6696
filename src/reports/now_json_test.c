#include "reports/now_json.h"

#include "base/json_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1795780800

static struct now_source source_of(const char *name, double score)
{
	struct now_source s = {.score = score,
		.threshold = 21.5,
		.verdict = VERDICT_SUSPECT,
		.messages = 4,
		.recipients = 40,
		.failed = 2,
		.why = "a text like \"win\\x1b[2J\" to 40 strangers"};

	source_set(&s.source, SOURCE_MAILBOX, slice_of(name));
	s.pace[0] = 7;
	s.pace[58] = PACE_UNKNOWN;
	s.pace[59] = PACE_MOST;
	return s;
}

static struct standing_incident incident_of(int64_t number, const char *name)
{
	struct standing_incident i = {.number = number,
		.state = INCIDENT_WAITING,
		.opened = NOW - 100,
		.changed = NOW - 50,
		.score = 30.25,
		.threshold = 21.5,
		.messages = 4,
		.recipients = 40,
		.held = 3,
		.failed = 1};

	source_set(&i.source, SOURCE_MAILBOX, slice_of(name));
	return i;
}

/* Lends both to a document in which all is known. */
static struct now known(struct standing_incident *incident, struct now_source *source)
{
	return (struct now){.at = NOW + 0.25,
		.version = "0.1.0",
		.host = "mx.shop.test",
		.mode = "cut off and hold",
		.is_ready = true,
		.has_journal = true,
		.watcher_age = 1,
		.lag_seconds = 0,
		.unread_bytes = 12,
		.queue = 119,
		.held = 0,
		.sources_known = 100,
		.sources_active = 5,
		.knows_incidents = true,
		.knows_sources = true,
		.incidents = {.at = incident, .count = 1, .left_out = 2},
		.sources = source,
		.source_count = 1,
		.minute = {NOW - 60, 1, 2, 3, 4, NOW_UNKNOWN, 6}};
}

static void test_all_comes_back(void **state)
{
	struct standing_incident incident = incident_of(7, "ann\x1b@shop.test");
	struct now_source source = source_of("b\xff\\b@shop.test", 12.345);
	struct now n = known(&incident, &source), again = {0};
	json_t *o = now_json(&n);

	(void)state;
	assert_int_equal(now_json_read(o, &again), 0);
	assert_true(again.at == n.at);
	assert_string_equal(again.version, "0.1.0");
	assert_string_equal(again.host, "mx.shop.test");
	assert_string_equal(again.mode, "cut off and hold");
	assert_true(again.is_ready && again.has_journal);
	assert_int_equal(again.watcher_age, 1);
	assert_int_equal(again.lag_seconds, 0);
	assert_int_equal(again.unread_bytes, 12);
	assert_int_equal(again.queue, 119);
	assert_int_equal(again.held, 0);
	assert_int_equal(again.sources_known, 100);
	assert_int_equal(again.sources_active, 5);
	assert_true(again.knows_incidents && again.knows_sources);

	assert_int_equal(again.incidents.count, 1);
	assert_int_equal(again.incidents.left_out, 2);
	const struct standing_incident *i = &again.incidents.at[0];
	assert_true(source_equal(&i->source, &incident.source));
	assert_int_equal(i->number, 7);
	assert_int_equal(i->state, INCIDENT_WAITING);
	assert_int_equal(i->opened, NOW - 100);
	assert_int_equal(i->changed, NOW - 50);
	assert_int_equal(i->contained, 0);
	assert_true(i->score == 30.25 && i->threshold == 21.5);
	assert_int_equal(i->messages, 4);
	assert_int_equal(i->recipients, 40);
	assert_int_equal(i->held, 3);
	assert_int_equal(i->failed, 1);
	assert_true(json_is_true(
		json_object_get(json_array_get(json_object_get(o, "incidents"), 0), "asks")));

	assert_int_equal(again.source_count, 1);
	assert_true(source_equal(&again.sources[0].source, &source.source));
	assert_true(again.sources[0].score == 12.35);
	assert_int_equal(again.sources[0].verdict, VERDICT_SUSPECT);
	assert_int_equal(again.sources[0].recipients, 40);
	assert_string_equal(again.sources[0].why, source.why);
	assert_memory_equal(again.sources[0].pace, source.pace, sizeof(source.pace));

	assert_int_equal(again.minute.at, NOW - 60);
	assert_int_equal(again.minute.accepted, 1);
	assert_int_equal(again.minute.delivered, 2);
	assert_int_equal(again.minute.deferred, 3);
	assert_int_equal(again.minute.failed, 4);
	assert_int_equal(again.minute.refused, NOW_UNKNOWN);
	assert_int_equal(again.minute.queue, 6);
	now_clear(&again);
	json_decref(o);
}

/* What is not known is null, and comes back as that. */
static void test_nothing_is_known(void **state)
{
	static const char *const nulls[] = {"watcher_age", "lag_seconds", "unread_bytes", "queue",
		"held", "incidents", "incidents_left_out", "sources", "sources_known",
		"sources_active", "minute"};
	struct now n = {.at = NOW,
		.watcher_age = NOW_UNKNOWN,
		.lag_seconds = NOW_UNKNOWN,
		.unread_bytes = NOW_UNKNOWN,
		.queue = NOW_UNKNOWN,
		.held = NOW_UNKNOWN,
		.sources_known = NOW_UNKNOWN,
		.sources_active = NOW_UNKNOWN};
	struct now again = {0};
	json_t *o = now_json(&n);

	(void)state;
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		assert_true(json_is_null(json_object_get(o, nulls[i])));
	assert_int_equal(now_json_read(o, &again), 0);
	assert_int_equal(again.queue, NOW_UNKNOWN);
	assert_int_equal(again.sources_known, NOW_UNKNOWN);
	assert_false(again.knows_incidents || again.knows_sources);
	assert_int_equal(again.minute.at, 0);
	now_clear(&again);
	json_decref(o);
}

/* Each changes one value of a sound document, which is none then. */
static void test_what_is_none(void **state)
{
	static const struct {
		const char *key, *value;
	} wrong[] = {
		{"at", "-1"},
		{"at", "1e300"},
		{"at", "\"now\""},
		{"host", "7"},
		{"mode", "null"},
		{"ready", "1"},
		{"queue", "-2"},
		{"queue", "1.5"},
		{"held", "\"0\""},
		{"incidents", "{}"},
		{"incidents", "[{}]"},
		{"incidents_left_out", "-1"},
		{"incidents_left_out", "null"},
		{"sources", "[7]"},
		{"sources", "\"\""},
		{"minute", "7"},
		{"minute", "{\"at\": 60}"},
		{"minute", "{\"at\": 0, \"accepted\": 1, \"delivered\": 1, \"deferred\": 1,"
			   "\"failed\": 1, \"refused\": 1, \"queue\": 1}"},
	};
	struct standing_incident incident = incident_of(7, "ann@shop.test");
	struct now_source source = source_of("bob@shop.test", 12);
	struct now n = known(&incident, &source), again = {0};
	json_error_t error;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_t *o = now_json(&n);

		json_put(o, wrong[i].key, json_loads(wrong[i].value, JSON_DECODE_ANY, &error));
		if (now_json_read(o, &again) != -EBADMSG)
			fail_msg("%s: %s was read", wrong[i].key, wrong[i].value);
		(void)json_object_del(o, wrong[i].key);
		assert_int_equal(now_json_read(o, &again), -EBADMSG);
		json_decref(o);
	}
	assert_true(again.sources == NULL);
	assert_int_equal(now_json_read(NULL, &again), -EBADMSG);
}

static void test_rows_that_are_none(void **state)
{
	static const struct {
		const char *key, *value;
	} wrong[] = {
		{"source", "\"nobody\""},
		{"source", "null"},
		{"score", "1e9"},
		{"score", "\"1\""},
		{"verdict", "\"guilty\""},
		{"recipients", "-1"},
		{"why", "null"},
		{"pace", "[1, 2]"},
		{"pace", "null"},
	};
	struct now_source source = source_of("bob@shop.test", 12), ret[NOW_SOURCES_MAX];
	json_error_t error;
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_t *rows = now_sources_json(&source, 1);

		assert_int_equal(now_sources_read(rows, ret, &count), 0);
		json_put(json_array_get(rows, 0), wrong[i].key,
			json_loads(wrong[i].value, JSON_DECODE_ANY, &error));
		if (now_sources_read(rows, ret, &count) != -EBADMSG)
			fail_msg("%s: %s was read", wrong[i].key, wrong[i].value);
		json_decref(rows);
	}
	json_t *rows = now_sources_json(&source, 1);
	json_t *row = json_array_get(rows, 0);
	json_array_set_new(json_object_get(row, "pace"), 3, json_integer(65535));
	assert_int_equal(now_sources_read(rows, ret, &count), -EBADMSG);
	json_decref(rows);
	rows = json_array();
	for (size_t i = 0; i <= NOW_SOURCES_MAX; i++) {
		json_t *one = now_sources_json(&source, 1);
		(void)json_array_append(rows, json_array_get(one, 0));
		json_decref(one);
	}
	assert_int_equal(now_sources_read(rows, ret, &count), -EBADMSG);
	json_decref(rows);
}

/* A sentence moves no cursor, whoever sent it. */
static void test_why_is_printable(void **state)
{
	struct now_source source = source_of("bob@shop.test", 12), ret[NOW_SOURCES_MAX];
	json_t *rows;
	size_t count;

	(void)state;
	(void)snprintf(source.why, sizeof(source.why), "a\x1b[2J\\x1b \xe2\x80\x8b");
	rows = now_sources_json(&source, 1);
	assert_int_equal(now_sources_read(rows, ret, &count), 0);
	assert_string_equal(ret[0].why, "a\\x1b[2J\\x1b \\xe2\\x80\\x8b");
	json_decref(rows);

	memset(source.why, '\x1b', sizeof(source.why) - 1);
	rows = now_sources_json(&source, 1);
	assert_int_equal(now_sources_read(rows, ret, &count), 0);
	assert_true(strlen(ret[0].why) < sizeof(ret[0].why));
	json_decref(rows);
	memset(source.why, '\\', sizeof(source.why) - 1);
	rows = now_sources_json(&source, 1);
	assert_int_equal(now_sources_read(rows, ret, &count), 0);
	assert_true(strlen(ret[0].why) < sizeof(ret[0].why));
	json_decref(rows);
}

/* The longest names there are do not make it larger than it may be; what is left out is counted. */
static void test_bounded(void **state)
{
	struct standing_incident incidents[STANDING_MAX];
	struct now_source sources[NOW_SOURCES_MAX];
	struct now n = known(incidents, sources), again = {0};
	char name[SOURCE_NAME_MAX + 1];

	(void)state;
	memset(name, '\xff', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < STANDING_MAX; i++)
		incidents[i] = incident_of((int64_t)i + 1, name);
	for (size_t i = 0; i < NOW_SOURCES_MAX; i++)
		sources[i] = source_of(name, 5);
	n.incidents.count = STANDING_MAX;
	n.source_count = NOW_SOURCES_MAX;
	json_t *o = now_json(&n);
	assert_true(json_dumpb(o, NULL, 0, JSON_COMPACT) <= NOW_JSON_MAX);
	assert_int_equal(now_json_read(o, &again), 0);
	assert_true(again.incidents.count < STANDING_MAX);
	assert_int_equal(again.incidents.left_out, 2 + STANDING_MAX - again.incidents.count);
	now_clear(&again);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_comes_back),
		cmocka_unit_test(test_nothing_is_known),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_rows_that_are_none),
		cmocka_unit_test(test_why_is_printable),
		cmocka_unit_test(test_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
