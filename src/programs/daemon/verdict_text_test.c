#include "programs/daemon/verdict_text.h"

#include "base/json_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *sound(void)
{
	return json_loads(
		"{\"say\":\"verdict\",\"source\":\"mailbox:ann@shop.test\",\"verdict\":\"contain\","
		"\"score\":24.5,\"threshold\":21.5,\"at_us\":1795435484250000,\"messages\":3,"
		"\"recipients\":9,\"active\":40,\"evidence\":[{\"detector\":\"burst\",\"bits\":9,"
		"\"text\":\"9 new recipients\",\"ids\":[\"1xVSmq-0007a4-2Q\",\"../../etc\"]}]}",
		0, NULL);
}

static void test_sound(void **state)
{
	json_t *o = sound();
	struct verdict_said v;
	const char *why;

	(void)state;
	assert_non_null(o);
	assert_true(verdict_read(o, &v, &why));
	assert_true(v.is_contain);
	assert_string_equal(v.source.name, "ann@shop.test");
	assert_true(v.finding.score == 24.5 && v.finding.threshold == 21.5);
	assert_int_equal(v.finding.at_us, INT64_C(1795435484250000));
	assert_true(v.finding.messages == 3 && v.finding.recipients == 9 && v.active == 40);
	assert_int_equal(v.finding.evidence_count, 1);
	assert_string_equal(v.evidence[0].detector, "burst");
	assert_int_equal(v.evidence[0].id_count, 1); /* what is no id is left out */
	json_decref(o);
}

/* Each member missing, of another kind, or out of bounds. */
static void test_refused(void **state)
{
	static const struct {
		const char *key, *value; /* NULL: taken away */
	} rows[] = {{"source", NULL}, {"source", "\"\""}, {"source", "7"},
		{"source", "\"unknown:x\""}, {"verdict", NULL}, {"verdict", "\"purge\""},
		{"score", NULL}, {"score", "\"9\""}, {"score", "1e9"}, {"threshold", "-1e9"},
		{"at_us", "-1"}, {"at_us", "1e300"}, {"at_us", "99999999999999999"},
		{"messages", "-5"}, {"messages", "1.5"}, {"recipients", "null"}, {"active", NULL},
		{"evidence", NULL}, {"evidence", "[]"},
		{"evidence", "[{\"detector\":\"no such\",\"bits\":1,\"text\":\"x\"}]"},
		{"evidence", "[{\"detector\":\"burst\",\"bits\":\"x\",\"text\":\"x\"}]"},
		{"evidence", "[7]"}};
	struct verdict_said v;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *o = sound();
		if (rows[i].value == NULL)
			(void)json_object_del(o, rows[i].key);
		else
			(void)json_object_set_new(
				o, rows[i].key, json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
		if (verdict_read(o, &v, &why))
			print_message("%s %s\n", rows[i].key, rows[i].value);
		assert_false(verdict_read(o, &v, &why));
		assert_non_null(why);
		json_decref(o);
	}
}

/* However much it says, no more is taken than there is room for, and nothing is left to be printed
 * that a terminal would obey. */
static void test_much(void **state)
{
	json_t *o = sound(), *list = json_array();
	struct verdict_said v;
	const char *why;
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	text[3] = '\x1b';
	for (unsigned i = 0; i < 500; i++)
		(void)json_array_append_new(list,
			json_pack("{s:s, s:i, s:s, s:[s, s, s, s, s]}", "detector", "burst", "bits",
				1, "text", text, "ids", "1xVSmq-0007a4-2Q", "1xVSmq-0007a4-2Q",
				"1xVSmq-0007a4-2Q", "1xVSmq-0007a4-2Q", "1xVSmq-0007a4-2Q"));
	(void)json_object_set_new(o, "evidence", list);
	assert_true(verdict_read(o, &v, &why));
	assert_int_equal(v.finding.evidence_count, CASEBOOK_EVIDENCE);
	assert_int_equal(v.evidence[0].id_count, EVIDENCE_IDS);
	assert_true(strlen(v.evidence[0].text) < EVIDENCE_TEXT);
	assert_null(strchr(v.evidence[0].text, '\x1b'));
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
