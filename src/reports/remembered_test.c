#include "reports/remembered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)
#define BEGIN  (INT64_C(1795500000) * SECOND)

static void send_one(struct ledger *l, const char *from, const char *to, int64_t at_us)
{
	struct slice recipient = slice_of(to);
	struct source source;
	struct sighting seen;
	const struct fact fact = {.kind = FACT_ACCEPTED,
		.at_us = at_us,
		.id = slice_of("1xVSnt-00005W-2T"),
		.source = &source,
		.sender = slice_of(from),
		.client = slice_of("192.0.2.1"),
		.recipients = &recipient,
		.recipient_count = 1,
		.recipient_total = 1};

	source_set(&source, SOURCE_MAILBOX, slice_of(from));
	(void)ledger_note(l, &fact, &seen);
	episode_note(seen.episode, 1)->bits = 7.25F; /* as if a detector had said so */
}

static const struct ledger_source *fill(struct ledger *l)
{
	struct source ann;

	for (int i = 0; i < 5; i++)
		send_one(l, "ann\x1b[2J@shop.test", i < 4 ? "bob@far.test" : "eve@far.test",
			BEGIN + i * DAY);
	source_set(&ann, SOURCE_MAILBOX, slice_of("ann\x1b[2J@shop.test"));
	return ledger_find(l, &ann);
}

static const struct source_past past = {.is_known = true,
	.count = 2,
	.days = {{.day = 20780, .messages = 1, .recipients = 3},
		{.day = 20781, .messages = 2, .recipients = 9}}};
static const struct remembered_view view = {
	.saved = 1795900000, .suffice = 21.5, .now = BEGIN / SECOND, .past = &past};

/* What is printed of it; the caller frees it. */
static char *page(const struct ledger_source *s)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const struct terminal t = {.out = out, .width = 80};

	assert_non_null(s);
	remembered_print(&t, s, &view);
	(void)fclose(out);
	return text;
}

static void test_page(void **state)
{
	AUTO(ledger) l = ledger_new(10, 64);
	const struct ledger_source *s = fill(l);
	char *text = page(s);

	(void)state;
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "no incident; remembered at"));
	assert_non_null(strstr(text, "5 messages on 5 days"));
	assert_non_null(strstr(text, "knows 2 people"));
	assert_non_null(strstr(text, "7.2 bits of evidence now; 21.5 suffice"));
	assert_non_null(strstr(text, "1xVSnt-00005W-2T"));
	assert_non_null(strstr(text, "at most 9, on 2026-11-24"));
	free(text);
}

static void test_json(void **state)
{
	AUTO(ledger) l = ledger_new(10, 64);
	const struct ledger_source *s = fill(l);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	remembered_print_json(out, s, &view);
	(void)fclose(out);
	json_t *o = json_loads(text, 0, NULL);
	assert_non_null(o);
	assert_int_equal(json_integer_value(json_object_get(o, "messages")), 5);
	assert_int_equal(json_integer_value(json_object_get(o, "people")), 2);
	assert_string_equal(json_string_value(json_object_get(o, "kind")), "mailbox");
	assert_true(json_is_null(json_object_get(o, "contained")));
	assert_true(json_array_size(json_object_get(o, "evidence")) > 0);
	assert_int_equal(json_array_size(json_object_get(o, "days")), 2);
	json_decref(o);
	free(text);

	struct remembered_view unknown = view;
	unknown.past = NULL;
	out = open_memstream(&text, &len);
	remembered_print_json(out, s, &unknown);
	(void)fclose(out);
	assert_non_null(strstr(text, "\"days\":null"));
	free(text);
}

/* One that only got mail, and one whose episodes are over, have no evidence and are no fault. */
static void test_nothing_now(void **state)
{
	AUTO(ledger) l = ledger_new(10, 64);
	struct ledger_source *s;

	(void)state;
	(void)fill(l);
	s = ledger_first(l);
	ledger_mark_honest(l, s, BEGIN + 9 * DAY);
	char *text = page(s);
	assert_non_null(strstr(text, "0.0 bits of evidence now"));
	assert_non_null(strstr(text, "released by a person at"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_nothing_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
