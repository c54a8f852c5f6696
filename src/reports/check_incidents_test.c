#include "reports/check_incidents.h"

#include "reports/standing_json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW  INT64_C(1795436837)
#define HOUR INT64_C(3600)

static struct standing_incident incident(
	int64_t number, enum incident_state state, int64_t contained, uint64_t failed)
{
	struct standing_incident i = {.number = number,
		.state = state,
		.opened = NOW - 600,
		.changed = NOW - 300,
		.contained = contained,
		.failed = failed};

	source_set(&i.source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	return i;
}

static const struct judge_case {
	int64_t contained; /* hours ago; -1: not */
	uint64_t failed;
	enum incident_state state;
	enum plugin_status want;
} judge_cases[] = {
	{-1, 0, INCIDENT_SUSPECTED, PLUGIN_OK},
	{-1, 0, INCIDENT_WAITING, PLUGIN_CRITICAL},
	{0, 0, INCIDENT_CONTAINED, PLUGIN_WARNING},
	{100, 0, INCIDENT_CLEANING, PLUGIN_WARNING},
	{5, 0, INCIDENT_CLEAN, PLUGIN_WARNING},
	{6, 0, INCIDENT_CLEAN, PLUGIN_OK},
	{5, 0, INCIDENT_CLOSED, PLUGIN_WARNING},
	{7, 0, INCIDENT_CLOSED, PLUGIN_OK},
	{1, 0, INCIDENT_RELEASED, PLUGIN_OK},
	{-1, 0, INCIDENT_DISMISSED, PLUGIN_OK},
	{100, 1, INCIDENT_CLEAN, PLUGIN_CRITICAL},
	{1, 2, INCIDENT_RELEASED, PLUGIN_CRITICAL},
};

static void test_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(judge_cases) / sizeof(judge_cases[0]); i++) {
		const struct judge_case *k = &judge_cases[i];
		struct standing_incident one = incident(
			1, k->state, k->contained >= 0 ? NOW - k->contained * HOUR : 0, k->failed);
		const struct standing s = {.at = &one, .count = 1};
		struct check_incidents c;
		check_incidents_begin(&c);
		check_incidents_judge(&c, &s, NOW);
		if (c.status != k->want)
			fail_msg("case %zu: %s", i, plugin_status_name(c.status));
	}
}

static void test_failed_and_forgotten(void **state)
{
	struct standing_incident one = incident(1, INCIDENT_CLOSED, 0, 1);
	const struct standing s = {.at = &one, .count = 1};
	struct check_incidents c;

	(void)state;
	one.changed = NOW - 7 * HOUR;
	check_incidents_begin(&c);
	check_incidents_judge(&c, &s, NOW);
	assert_int_equal(c.status, PLUGIN_OK);
}

static void test_ranges_and_what_is_left_out(void **state)
{
	struct standing_incident one = incident(1, INCIDENT_WAITING, 0, 0);
	struct standing s = {.at = &one, .count = 1};
	struct check_incidents c;

	(void)state;
	check_incidents_begin(&c);
	assert_int_equal(plugin_range_parse("1", &c.asking.critical), 0);
	check_incidents_judge(&c, &s, NOW);
	assert_int_equal(c.status, PLUGIN_OK);
	check_incidents_begin(&c);
	s = (struct standing){.left_out = 3};
	check_incidents_judge(&c, &s, NOW);
	assert_int_equal(c.status, PLUGIN_WARNING);
}

static char *written(const struct standing *s, const char *whence)
{
	struct check_incidents c;
	char *at = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&at, &len);

	check_incidents_begin(&c);
	check_incidents_judge(&c, s, NOW);
	check_incidents_write(out, &c, s, whence, NOW);
	(void)fclose(out);
	return at;
}

static void test_texts(void **state)
{
	struct standing_incident three[] = {incident(7, INCIDENT_WAITING, 0, 0),
		incident(6, INCIDENT_CLEANING, NOW - 60, 2), incident(5, INCIDENT_RELEASED, 0, 0)};
	const struct standing none = {0}, all = {.at = three, .count = 3};

	(void)state;
	source_set(&three[0].source, SOURCE_MAILBOX, slice_of("a|b\n@shop.test"));
	char *text = written(&none, "the daemon, now");
	assert_string_equal(text, "Incidents OK - none is open (the daemon, now) | asking=0;;0;0 "
				  "recent=0;0;;0 open=0;;;0 suspected=0;;;0 waiting=0;;;0 "
				  "cleaning=0;;;0 failed=0;;;0\n");
	free(text);
	text = written(&all, "w");
	assert_string_equal(text,
		"Incidents CRITICAL - 1 waits for a person, 2 actions have failed, 1 contained in "
		"6 hours (w) | asking=2;;0;0 recent=1;0;;0 open=2;;;0 suspected=0;;;0 "
		"waiting=1;;;0 cleaning=1;;;0 failed=2;;;0\n"
		"7 waiting mailbox:a\\x7cb\\x0a@shop.test, opened 10 minutes ago, 0 held: stanch "
		"incident show 7\n"
		"6 cleaning mailbox:ann@shop.test, opened 10 minutes ago, 0 held, 2 actions have "
		"failed: stanch incident show 6\n");
	free(text);
}

static void test_there_and_back(void **state)
{
	struct standing_incident two[] = {
		incident(7, INCIDENT_WAITING, 0, 0), incident(6, INCIDENT_CLEANING, NOW - 60, 2)};
	const struct standing s = {.at = two, .count = 2, .left_out = 9};
	struct standing back = {0};
	json_t *o = standing_json(&s);

	(void)state;
	assert_int_equal(standing_json_read(o, &back), 0);
	assert_int_equal(back.count, 2);
	assert_int_equal(back.left_out, 9);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(back.at[i].number, two[i].number);
		assert_int_equal(back.at[i].state, two[i].state);
		assert_int_equal(back.at[i].contained, two[i].contained);
		assert_int_equal(back.at[i].failed, two[i].failed);
		assert_true(source_equal(&back.at[i].source, &two[i].source));
	}
	standing_clear(&back);
	json_decref(o);
}

static const char *const no_answers[] = {"{}", "{\"error\":\"that is no question\"}",
	"{\"incidents\":[]}", "{\"left_out\":-1,\"incidents\":[]}",
	"{\"left_out\":0,\"incidents\":[{}]}", "{\"left_out\":0,\"incidents\":[7]}"};

/* A state that only a newer daemon has. */
static void test_unknown_state(void **state)
{
	struct standing_incident one = incident(1, INCIDENT_WAITING, 0, 0);
	const struct standing s = {.at = &one, .count = 1};
	struct standing back = {0};
	json_t *o = standing_json(&s);
	json_t *row = json_array_get(json_object_get(o, "incidents"), 0);

	(void)state;
	assert_int_equal(json_object_set_new(row, "state", json_string("odd")), 0);
	assert_int_equal(standing_json_read(o, &back), -EBADMSG);
	json_decref(o);
}

static void test_no_answer_is_no_zero(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(no_answers) / sizeof(no_answers[0]); i++) {
		struct standing s = {0};
		json_t *o = json_loads(no_answers[i], 0, NULL);
		assert_non_null(o);
		assert_int_equal(standing_json_read(o, &s), -EBADMSG);
		json_decref(o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judged),
		cmocka_unit_test(test_failed_and_forgotten),
		cmocka_unit_test(test_ranges_and_what_is_left_out),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_unknown_state),
		cmocka_unit_test(test_no_answer_is_no_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
