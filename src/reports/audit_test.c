#include "reports/audit.h"

#include "base/json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT      INT64_C(1790000000)
#define HOSTILE "\x1b[2J\n\xff"
#define ESCAPED "\\x1b[2J\\x0a\\xff"

static struct audit_entry entry_of(enum audit_kind kind)
{
	return (struct audit_entry){
		.place = {AT, kind, 7}, .what = "", .from = "", .to = "", .state = "", .words = ""};
}

/* Behind the time, which is that of this machine. */
static void check_line(const struct audit_entry *e, const char *want)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const struct terminal t = {out, false, 0};

	audit_print(&t, e);
	(void)fclose(out);
	assert_true(len > 21);
	assert_string_equal(text + 21, want);
	free(text);
}

static void test_lines(void **state)
{
	struct audit_entry e = entry_of(AUDIT_OPENED);

	(void)state;
	e.what = "opened";
	e.incident = 3;
	e.source = slice_of("mailbox:ann@shop.test" HOSTILE);
	check_line(&e, "incident 3 opened  mailbox:ann@shop.test" ESCAPED "\n");

	e = entry_of(AUDIT_STEP);
	e.incident = 3;
	e.what = "verdict";
	e.to = "contained";
	e.by = AUDIT_BY_DAEMON;
	e.words = "so" HOSTILE;
	check_line(&e, "incident 3 contained by the daemon: so" ESCAPED "\n");

	e = entry_of(AUDIT_DEED);
	e.incident = 3;
	e.what = "refuse";
	e.state = "done";
	e.by = AUDIT_BY_PERSON;
	(void)snprintf(e.who.user, sizeof(e.who.user), "root");
	(void)snprintf(e.who.sudo_user, sizeof(e.who.sudo_user), "ann" HOSTILE);
	check_line(&e, "incident 3 refuse done by root (sudo by ann" ESCAPED ")\n");

	e = entry_of(AUDIT_QUEUE);
	e.what = "restore";
	e.state = "recovered";
	e.hold = 4;
	e.counts = (struct journal_counts){.messages = 1200, .done = 1199, .left = 1};
	check_line(&e, "restore 4 (1,199 of 1,200 messages, finished after it was interrupted)\n");
	e.state = "unfinished";
	e.hold = 0;
	check_line(&e, "restore (not finished)\n");

	e = entry_of(AUDIT_EXEMPTION);
	e.what = "exempt";
	e.words = "ours";
	check_line(&e, "exempted: ours\n");
	e.what = "unexempt";
	check_line(&e, "exemption ended: ours\n");
}

static json_t *object_of(const struct audit_entry *e)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	audit_print_json(out, e);
	(void)fclose(out);
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
	json_t *o = json_loads(text, 0, NULL);
	assert_non_null(o);
	free(text);
	return o;
}

static const char *text_at(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "(null)";
}

static void test_json(void **state)
{
	struct audit_entry e = entry_of(AUDIT_QUEUE);

	(void)state;
	e.what = "hold";
	e.state = "done";
	e.hold = 4;
	e.incident = 3;
	e.by = AUDIT_BY_PERSON;
	e.words = HOSTILE;
	e.source = slice_of("mailbox:ann@shop.test");
	e.counts = (struct journal_counts){5, 4, 3, 2, 1};
	(void)snprintf(e.who.user, sizeof(e.who.user), "root");
	json_t *o = object_of(&e);
	assert_string_equal(text_at(o, "at"), "2026-09-21T14:13:20Z");
	assert_string_equal(text_at(o, "kind"), "queue");
	assert_string_equal(text_at(o, "what"), "hold");
	assert_string_equal(text_at(o, "who"), "root");
	assert_string_equal(text_at(o, "source"), "mailbox:ann@shop.test");
	assert_string_equal(text_at(o, "state"), "done");
	assert_string_equal(text_at(o, "words"), "\x1b[2J\n\\xff");
	assert_string_equal(text_at(o, "cursor"), "1790000000-3-7");
	assert_int_equal(json_integer_value(json_object_get(o, "incident")), 3);
	assert_int_equal(json_integer_value(json_object_get(o, "hold")), 4);
	assert_int_equal(json_integer_value(json_object_get(o, "messages")), 5);
	assert_int_equal(json_integer_value(json_object_get(o, "done")), 4);
	assert_int_equal(json_integer_value(json_object_get(o, "left")), 3);
	assert_int_equal(json_integer_value(json_object_get(o, "missing")), 2);
	assert_int_equal(json_integer_value(json_object_get(o, "conflict")), 1);
	json_decref(o);
	e.state = "unfinished";
	o = object_of(&e);
	assert_true(json_is_null(json_object_get(o, "done")));
	json_decref(o);
}

/* What is not known is null, and the daemon is told from nobody. */
static void test_json_of_nothing(void **state)
{
	static const char *const keys[] = {
		"what", "who", "incident", "hold", "source", "from", "to", "state", "until"};
	struct audit_entry e = entry_of(AUDIT_STEP);

	(void)state;
	json_t *o = object_of(&e);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!json_is_null(json_object_get(o, keys[i])))
			fail_msg("%s is not null", keys[i]);
	assert_true(json_is_false(json_object_get(o, "who_known")));
	assert_null(json_object_get(o, "messages"));
	json_decref(o);
	e.by = AUDIT_BY_DAEMON;
	e.until = AT;
	o = object_of(&e);
	assert_true(json_is_true(json_object_get(o, "who_known")));
	assert_true(json_is_null(json_object_get(o, "who")));
	assert_string_equal(text_at(o, "until"), "2026-09-21T14:13:20Z");
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
