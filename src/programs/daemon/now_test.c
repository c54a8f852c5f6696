#include "programs/daemon/now.h"

#include "base/json_text.h"
#include "incidents/casebook.h"
#include "incidents/history.h"
#include "programs/daemon/events.h"
#include "reports/now_json.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BEGIN INT64_C(1795500000) /* a minute begins */

struct scene {
	struct settings_values values;
	struct daemon_plan plan;
	struct daemon_part part;
	struct loop *loop;
	struct now_keeper *now;
	json_t *watcher;
	struct now_view view;
	char folder[FOLDER_PATH_MAX], host[20];
};

static void begin(struct scene *s, void *const *state)
{
	*s = (struct scene){0};
	(void)snprintf(s->folder, sizeof(s->folder), "%s", (const char *)*state);
	s->values.general.state = s->folder;
	(void)snprintf(s->host, sizeof(s->host), "mx\x1b.shop.test");
	s->plan.values = &s->values;
	s->plan.host = s->host;
	s->part.plan = &s->plan;
	s->part.log = event_log_new(-1, false, daemon_events, DAEMON_EVENTS);
	s->loop = loop_new();
	s->now = now_keeper_new(&s->part, s->loop);
	s->view = (struct now_view){.at = BEGIN, .mode = "hold"};
}

static void end(struct scene *s)
{
	now_keeper_free(s->now);
	loop_free(s->loop);
	event_log_free(s->part.log);
	json_decref(s->watcher);
	journal_free(s->view.journal);
}

/* The watcher tells that, and time goes on to then. */
static void told(struct scene *s, int64_t at, int64_t accepted, int64_t queue)
{
	json_decref(s->watcher);
	s->watcher = json_pack("{s:b, s:i, s:i, s:i, s:I, s:{s:I, s:i, s:i, s:i, s:i}}", "ready", 1,
		"lag_seconds", 0, "unread_bytes", 7, "sources", 40, "queue_messages",
		(json_int_t)queue, "facts_by_kind", "accepted", (json_int_t)accepted, "delivered",
		0, "deferred", 0, "failed", 0, "refused", 0);
	assert_non_null(s->watcher);
	s->view.watcher = s->watcher;
	s->view.watcher_at = s->view.at = at;
	now_keeper_turn(s->now, &s->view);
}

static struct now read_now(struct scene *s)
{
	struct now now = {0};
	json_t *o = now_keeper_json(s->now, &s->view);

	assert_int_equal(now_json_read(o, &now), 0);
	json_decref(o);
	return now;
}

static void test_nothing_is_known(void **state)
{
	struct scene s;
	struct now now;

	begin(&s, state);
	now_keeper_turn(s.now, &s.view);
	now = read_now(&s);
	assert_string_equal(now.mode, "hold");
	assert_string_equal(now.version, STANCH_VERSION);
	assert_null(strchr(now.host, 27));
	assert_non_null(strstr(now.host, ".shop.test"));
	assert_false(now.is_ready || now.has_journal);
	assert_false(now.knows_incidents || now.knows_sources);
	assert_int_equal(now.watcher_age, NOW_UNKNOWN);
	assert_int_equal(now.queue, NOW_UNKNOWN);
	assert_int_equal(now.held, NOW_UNKNOWN);
	assert_int_equal(now.sources_known, NOW_UNKNOWN);
	assert_int_equal(now.minute.at, 0);
	now_clear(&now);
	end(&s);
}

/* What the watcher told a while ago is not told as of now. */
static void test_watcher_is_silent(void **state)
{
	struct scene s;
	struct now now;

	begin(&s, state);
	told(&s, BEGIN, 10, 119);
	now = read_now(&s);
	assert_true(now.is_ready);
	assert_int_equal(now.watcher_age, 0);
	assert_int_equal(now.queue, 119);
	assert_int_equal(now.unread_bytes, 7);
	assert_int_equal(now.sources_known, 40);
	now_clear(&now);
	s.view.at = BEGIN + NOW_FRESH_S + 1;
	now = read_now(&s);
	assert_false(now.is_ready);
	assert_int_equal(now.watcher_age, NOW_FRESH_S + 1);
	assert_int_equal(now.queue, NOW_UNKNOWN);
	assert_int_equal(now.lag_seconds, NOW_UNKNOWN);
	assert_int_equal(now.sources_known, NOW_UNKNOWN);
	now_clear(&now);
	end(&s);
}

static json_t *history_of(struct scene *s, int64_t from, int64_t to)
{
	struct problem p = {0};
	json_t *o = NULL,
	       *args = json_pack("{s:I, s:I}", "from", (json_int_t)from, "to", (json_int_t)to);

	assert_int_equal(now_keeper_history(s->now, args, s->view.at, &o, &p), 0);
	json_decref(args);
	return o;
}

static void test_minutes(void **state)
{
	struct scene s;
	struct now now;
	json_t *o, *accepted;

	begin(&s, state);
	told(&s, BEGIN, 10, 119);
	told(&s, BEGIN + 60, 15, 119);
	told(&s, BEGIN + 90, 20, 7);
	told(&s, BEGIN + 120, 25, 8);
	now = read_now(&s);
	assert_int_equal(now.minute.at, BEGIN + 60);
	assert_int_equal(now.minute.accepted, 10);
	assert_int_equal(now.minute.failed, 0);
	assert_int_equal(now.minute.queue, 8);
	now_clear(&now);

	/* silent for a while */
	s.view.at = BEGIN + 180;
	now_keeper_turn(s.now, &s.view);
	now = read_now(&s);
	assert_int_equal(now.minute.at, BEGIN + 120);
	assert_int_equal(now.minute.accepted, NOW_UNKNOWN);
	assert_int_equal(now.minute.queue, NOW_UNKNOWN);
	now_clear(&now);

	o = history_of(&s, BEGIN, BEGIN + 240);
	accepted = json_object_get(o, "accepted");
	assert_int_equal(json_array_size(accepted), 4);
	assert_true(json_is_null(json_array_get(accepted, 0)));
	assert_int_equal(json_integer_value(json_array_get(accepted, 1)), 10);
	assert_true(json_is_null(json_array_get(accepted, 2)));
	json_decref(o);

	/* and it is there when the daemon comes back */
	now_keeper_free(s.now);
	s.now = now_keeper_new(&s.part, s.loop);
	o = history_of(&s, BEGIN, BEGIN + 240);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(o, "accepted"), 1)), 10);
	json_decref(o);
	end(&s);
}

static void test_history_is_damaged(void **state)
{
	struct scene s;
	struct problem p = {0};
	json_t *o = NULL, *args = json_pack("{s:s}", "from", "yesterday");

	begin(&s, state);
	folder_write(*state, HISTORY_NAME, "this is no database, but long enough to be one");
	o = history_of(&s, BEGIN, BEGIN + 60);
	assert_int_equal(json_array_size(json_object_get(o, "at")), 1);
	json_decref(o);
	assert_int_equal(now_keeper_history(s.now, args, BEGIN, &o, &p), -EINVAL);
	json_decref(args);
	end(&s);

	/* where nothing can be written the rest goes on */
	begin(&s, state);
	(void)snprintf(s.folder, sizeof(s.folder), "%s/nowhere", (const char *)*state);
	told(&s, BEGIN, 10, 119);
	told(&s, BEGIN + 60, 10, 119);
	told(&s, BEGIN + 120, 12, 119);
	struct now now = read_now(&s);
	assert_int_equal(now.minute.accepted, 2);
	now_clear(&now);
	assert_true(now_keeper_history(s.now, NULL, BEGIN, &o, &p) < 0);
	end(&s);
}

static bool hear(struct scene *s, const struct now_source *sources, size_t count)
{
	json_t *o = json_object();

	json_put(o, "sources", now_sources_json(sources, count));
	json_put(o, "active", json_integer((json_int_t)count));
	bool heard = now_keeper_hear(s->now, o, s->view.at);
	json_decref(o);
	return heard;
}

static void open_incident(struct scene *s, const struct source *source)
{
	const struct incident_finding finding = {.source = source,
		.score = 33.5,
		.threshold = 21.5,
		.messages = 4,
		.recipients = 40};
	const struct incident_doing doing = {.at = BEGIN, .words = ""};
	enum incident_state state;
	struct problem p = {0};
	int64_t number;

	assert_int_equal(casebook_open(s->view.journal, &finding, &doing, &number, &p), 0);
	assert_int_equal(
		casebook_step(s->view.journal, number, INCIDENT_VERDICT, &doing, &state, &p), 0);
}

/* What is known of a contained source is in its incident. */
static void test_sources_and_incidents(void **state)
{
	struct scene s;
	struct now_source told_source = {.score = 1, .threshold = 25};
	struct problem p = {0};
	struct now now;

	begin(&s, state);
	source_set(&told_source.source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	assert_true(hear(&s, &told_source, 1));
	now = read_now(&s);
	assert_true(now.knows_sources && !now.knows_incidents);
	assert_int_equal(now.sources_active, 1);
	assert_int_equal(now.sources[0].verdict, VERDICT_NOTHING);
	assert_true(now.sources[0].score == 1);
	now_clear(&now);

	(void)snprintf(s.folder, sizeof(s.folder), "%s/state", (const char *)*state);
	assert_int_equal(journal_open(s.folder, JOURNAL_NOTE, "test", &s.view.journal, &p), 0);
	now_keeper_turn(s.now, &s.view);
	now = read_now(&s);
	assert_true(now.knows_incidents);
	assert_int_equal(now.incidents.count, 0);
	assert_int_equal(now.held, 0);
	now_clear(&now);

	open_incident(&s, &told_source.source);
	now_keeper_turn(s.now, &s.view); /* sees that something has changed */
	now = read_now(&s);
	assert_int_equal(now.incidents.count, 1);
	assert_int_equal(now.incidents.at[0].recipients, 40);
	assert_int_equal(now.sources[0].verdict, VERDICT_CONTAIN);
	assert_true(now.sources[0].score == 33.5 && now.sources[0].threshold == 21.5);
	now_clear(&now);

	s.view.at += NOW_FRESH_S + 1;
	now = read_now(&s);
	assert_false(now.knows_sources);
	assert_int_equal(now.sources_active, NOW_UNKNOWN);
	now_clear(&now);
	journal_free(s.view.journal);
	s.view.journal = NULL;
	now_keeper_turn(s.now, &s.view);
	now = read_now(&s);
	assert_false(now.knows_incidents || now.has_journal);
	assert_int_equal(now.held, NOW_UNKNOWN);
	now_clear(&now);
	end(&s);
}

static void test_no_list_of_sources(void **state)
{
	static const char *const wrong[] = {"{}", "{\"sources\": 7, \"active\": 1}",
		"{\"sources\": [], \"active\": -1}", "{\"sources\": []}",
		"{\"sources\": [{}], \"active\": 1}", "{\"sources\": [], \"active\": null}"};
	struct scene s;
	json_error_t error;

	begin(&s, state);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_t *o = json_loads(wrong[i], 0, &error);

		assert_non_null(o);
		if (now_keeper_hear(s.now, o, BEGIN))
			fail_msg("%s was heard", wrong[i]);
		json_decref(o);
	}
	struct now now = read_now(&s);
	assert_false(now.knows_sources);
	now_clear(&now);
	end(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_is_known),
		TEST(test_watcher_is_silent),
		TEST(test_minutes),
		TEST(test_history_is_damaged),
		TEST(test_sources_and_incidents),
		TEST(test_no_list_of_sources),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
