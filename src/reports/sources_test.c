#include "base/memory.h"
#include "reports/sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above before it. */
#include <cmocka.h>

#include <jansson.h>

static const struct word_case {
	const char *word, *want;
} word_cases[] = {
	{"mailbox:ann@shop.test", "mailbox:ann@shop.test"},
	{"", "''"},
	{"a b", "'a b'"},
	{"a'b", "'a'\\''b'"},
	{"$(x);`y`", "'$(x);`y`'"},
	{"login:a\\x0ab", "'login:a\\x0ab'"},
	{"~ann", "'~ann'"},
};

static void words_are_quoted_for_a_shell(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(word_cases) / sizeof(word_cases[0]); i++) {
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);

		shell_word_write(out, word_cases[i].word);
		assert_int_equal(fclose(out), 0);
		assert_string_equal(text, word_cases[i].want);
		free(text);
	}
}

static void add(struct tally *t, const char *name, const char *sender, unsigned n, unsigned k)
{
	char id[EXIM_ID_NEW + 1], to[64];
	struct slice recipient, domain;
	const bool delivered = false;
	struct queued q = {.id = id,
		.queue = "",
		.sender = slice_of(sender),
		.recipients = &recipient,
		.domains = &domain,
		.delivered = &delivered,
		.recipient_count = 1,
		.received = 1795435200 + k};

	source_set(&q.source, SOURCE_MAILBOX, slice_of(name));
	(void)snprintf(id, sizeof(id), "1xVSmQ-00%02u%02u-1r", n, k % 100);
	(void)snprintf(to, sizeof(to), "u%u@d%u.test", k, k);
	recipient = slice_of(to);
	domain = slice_after(recipient, slice_find(recipient, '@') + 1);
	tally_add(t, &q);
}

/* A small hijack in foreign names, and an honest mailbox whose name tries to draw on the screen. */
static struct survey *some_survey(void)
{
	struct survey *s = memory_new(1, sizeof(*s));

	s->tally = tally_new();
	s->domains = domain_table_new();
	s->domains_known = true;
	domain_table_add(s->domains, "hotmail.com", 1);
	domain_table_answer(s->domains, "hotmail.com", HOSTED_NO);
	for (unsigned k = 0; k < 90; k++)
		add(s->tally, "ann@shop.test", "x@hotmail.com", 1, k);
	add(s->tally, "\x1b[2J@shop.test", "\x1b[2J@shop.test", 2, 1);
	struct tally_source **all = tally_sources(s->tally, &s->source_count);
	s->sources = memory_new(s->source_count, sizeof(*s->sources));
	for (size_t i = 0; i < s->source_count; i++) {
		struct judgement j;

		s->sources[i].tally = all[i];
		survey_judge(s, &s->sources[i], &j);
		s->sources[i].score = j.score;
	}
	s->damaged = 2;
	return s;
}

static char *printed(const struct survey *s, const struct sources_view *view)
{
	char *text = NULL;
	size_t len = 0;
	const struct terminal t = {open_memstream(&text, &len), false, 100};

	sources_print(&t, s, view);
	assert_int_equal(fclose(t.out), 0);
	return text;
}

static void a_page_says_who_why_and_what_next(void **state)
{
	(void)state;
	AUTO(survey) s = some_survey();
	char *text = printed(s,
		&(struct sources_view){.hints = true, .options = " --spool /x", .now = 1795435300});

	assert_ptr_equal(strstr(text, "mailbox:ann@shop.test "), text);
	assert_non_null(strstr(text, "90 recipients in 90 domains within "));
	assert_non_null(strstr(text, "sender domain hotmail.com is not hosted here"));
	assert_non_null(strstr(text, "stanch --spool /x hold mailbox:ann@shop.test\n"));
	assert_non_null(strstr(text, "2 messages are damaged"));
	assert_non_null(strstr(text, "mailbox:\\x1b[2j@shop.test"));
	assert_null(strchr(text, '\x1b'));
	free(text);
}

static void quiet_leaves_the_hint_out(void **state)
{
	(void)state;
	AUTO(survey) s = some_survey();
	char *text = printed(s, &(struct sources_view){.options = "", .now = 1795435300});

	assert_null(strstr(text, "stanch hold"));
	free(text);
}

static void each_source_is_one_json_object(void **state)
{
	(void)state;
	static const char *const keys[] = {"source", "kind", "name", "messages", "recipients",
		"pending", "recipient_domains", "senders", "foreign_senders", "hosts", "first",
		"last", "frozen", "damaged", "score", "evidence"};
	AUTO(survey) s = some_survey();
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	sources_print_json(out, s);
	assert_int_equal(fclose(out), 0);
	char *end = strchr(text, '\n');
	assert_non_null(end);
	*end = '\0';
	json_t *o = json_loads(text, 0, NULL);
	assert_non_null(o);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_non_null(json_object_get(o, keys[i]));
	assert_int_equal(json_integer_value(json_object_get(o, "messages")), 90);
	assert_int_equal(json_array_size(json_object_get(o, "foreign_senders")), 1);
	json_decref(o);
	free(text);
}

/* Exim could not be asked: its answers are missing, and none of them is a no. */
static void what_exim_did_not_say_is_not_known(void **state)
{
	(void)state;
	AUTO(survey) s = some_survey();
	s->domains_known = false;
	(void)problem_set(&s->domains_problem, 0, "exim aborted");
	char *text = printed(s, &(struct sources_view){.options = "", .now = 1795435300});

	assert_non_null(strstr(text, "is not known (exim aborted)"));
	free(text);
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	sources_print_json(out, s);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "\"foreign_senders\":null"));
	assert_null(strstr(text, "\"foreign_senders\":["));
	free(text);
}

static void no_mail_is_said(void **state)
{
	(void)state;
	AUTO(survey) s = memory_new(1, sizeof(*s));
	s->tally = tally_new();
	s->domains = domain_table_new();
	char *text = printed(s, &(struct sources_view){.hints = true, .options = ""});

	assert_string_equal(text, "No messages.\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_quoted_for_a_shell),
		cmocka_unit_test(a_page_says_who_why_and_what_next),
		cmocka_unit_test(quiet_leaves_the_hint_out),
		cmocka_unit_test(each_source_is_one_json_object),
		cmocka_unit_test(what_exim_did_not_say_is_not_known),
		cmocka_unit_test(no_mail_is_said),
	};

	return cmocka_run_group_tests_name("sources", tests, NULL, NULL);
}
