#include "sensors/filter.h"

#include "formats/exim_header.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1795435550

/* One message: ann@shop.test to two, the second delivered, 100 seconds old, 1,000 bytes. */
struct mail {
	struct spool_folder folder;
	struct exim_header header;
	struct scanned scanned;
	struct queued queued;
	struct slice recipients[2];
	bool delivered[2];
};

static const char fields[] = "045  Subject: =?utf-8?q?Free_M=C3=B6ney_for_all?=\n";

static void mail_set(struct mail *m)
{
	*m = (struct mail){0};
	m->header = (struct exim_header){.envelope_read = true,
		.fields = {fields, sizeof(fields) - 1},
		.fields_size = 399,
		.sender = slice_of("ann@shop.test")};
	m->recipients[0] = slice_of("Bob@Example.ORG");
	m->recipients[1] = slice_of("carl@done.example");
	m->delivered[1] = true;
	assert_int_equal(exim_id_parse(slice_of("1xVSmQ-00076x-1r"), &m->scanned.id), 0);
	m->scanned.folder = &m->folder;
	m->scanned.header = &m->header;
	m->scanned.has_data = true;
	m->scanned.data_size = 600 + (int64_t)exim_id_body_offset(&m->scanned.id);
	m->queued = (struct queued){.id = m->scanned.id.text,
		.queue = m->folder.queue,
		.sender = m->header.sender,
		.recipients = m->recipients,
		.delivered = m->delivered,
		.recipient_count = 2,
		.delivered_count = 1,
		.received = NOW - 100};
	source_set(&m->queued.source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
}

#define GIVEN(n)                                                                                   \
	{                                                                                          \
		true, n                                                                            \
	}

static const struct match_case {
	struct filter_settings settings;
	enum filter_answer want;
} match_cases[] = {
	{{0}, FILTER_YES},
	{{.sender = "ann@shop.test"}, FILTER_YES},
	{{.sender = "ANN@SHOP.test"}, FILTER_YES},
	{{.sender = "ann@shop.tes"}, FILTER_NO},
	{{.sender = "*@shop.test"}, FILTER_YES},
	{{.sender = "*@SHOP.*"}, FILTER_YES},
	{{.sender = "a*n*@*s*t"}, FILTER_YES},
	{{.sender = "a??@*"}, FILTER_YES},
	{{.sender = "a?@*"}, FILTER_NO},
	{{.sender = "*x*"}, FILTER_NO},
	{{.sender = "*"}, FILTER_YES},
	{{.sender = ""}, FILTER_NO},
	{{.sender = "/^ann@/"}, FILTER_YES},
	{{.sender = "/SHOP/"}, FILTER_YES},
	{{.sender = "/(?-i)SHOP/"}, FILTER_NO},
	{{.sender = "/"}, FILTER_NO},
	{{.recipient = "bob@example.org"}, FILTER_YES},
	{{.recipient = "carl@*"}, FILTER_NO}, /* delivered */
	{{.domain = "example.org"}, FILTER_YES},
	{{.domain = "@example.org"}, FILTER_YES},
	{{.domain = "SHOP.TEST"}, FILTER_YES},
	{{.domain = "op.test"}, FILTER_NO},
	{{.domain = "done.example"}, FILTER_NO},
	{{.subject = "*m\xc3\xb6ney*"}, FILTER_YES},
	{{.subject = "free money"}, FILTER_NO},
	{{.subject = "/M\xc3\x96NEY/"}, FILTER_YES},
	{{.source = "ann@shop.test"}, FILTER_YES},
	{{.source = "mailbox:ann+x@shop.test"}, FILTER_YES},
	{{.source = "login:ann@shop.test"}, FILTER_NO},
	{{.id = "1xVSmQ-*"}, FILTER_YES},
	{{.id = "1xVSmQ"}, FILTER_NO},
	{{.queue = ""}, FILTER_YES},
	{{.queue = "stanch"}, FILTER_NO},
	{{.older_than = GIVEN(99)}, FILTER_YES},
	{{.older_than = GIVEN(100)}, FILTER_NO},
	{{.younger_than = GIVEN(101)}, FILTER_YES},
	{{.younger_than = GIVEN(100)}, FILTER_NO},
	{{.larger_than = GIVEN(999)}, FILTER_YES},
	{{.larger_than = GIVEN(1000)}, FILTER_NO},
	{{.smaller_than = GIVEN(1001)}, FILTER_YES},
	{{.smaller_than = GIVEN(1000)}, FILTER_NO},
	{{.min_recipients = GIVEN(2)}, FILTER_YES},
	{{.min_recipients = GIVEN(3)}, FILTER_NO},
	{{.max_recipients = GIVEN(2)}, FILTER_YES},
	{{.max_recipients = GIVEN(1)}, FILTER_NO},
	{{.frozen = true}, FILTER_NO},
	{{.not_frozen = true}, FILTER_YES},
	{{.bounce = true}, FILTER_NO},
	{{.sender = "ann@*", .frozen = true}, FILTER_NO},
	/* Endless ways to split a text that does not match: given up, not waited for. */
	{{.subject = "/^(.?){40}(.?){40}(?<=z)$/"}, FILTER_UNKNOWN},
};

static struct filter *make(const struct filter_settings *s, const char *const *targets, size_t n)
{
	struct filter *f = NULL;
	struct problem problem = {0};

	if (filter_new(s, targets, n, NOW, &f, &problem) < 0)
		fail_msg("%s", problem.text);
	return f;
}

static void test_match(void **state)
{
	(void)state;
	struct mail m;
	mail_set(&m);
	for (size_t i = 0; i < sizeof(match_cases) / sizeof(match_cases[0]); i++) {
		struct filter *f = make(&match_cases[i].settings, NULL, 0);
		enum filter_answer got = filter_match(f, 0, &m.scanned, &m.queued, true);
		if (got != match_cases[i].want)
			fail_msg("row %zu: got %d, want %d", i, (int)got, (int)match_cases[i].want);
		assert_int_equal(
			filter_is_empty(f), i == 0 || match_cases[i].settings.queue != NULL);
		filter_free(f);
	}
}

static const struct target_case {
	const char *targets[3];
	size_t count;
	enum filter_answer want;
} target_cases[] = {
	{{"1xVSmQ-00076x-1r"}, 1, FILTER_YES},
	{{"1xVSmQ-00076x-1s"}, 1, FILTER_NO},
	{{"1xVSmQ-00076x-1s", "1xVSmQ-00076x-1r", "1xVSmQ-00076x-1q"}, 3, FILTER_YES},
	{{"ANN@shop.test"}, 1, FILTER_YES},
	{{"bob@shop.test"}, 1, FILTER_NO},
	{{"bob@shop.test", "1xVSmQ-00076x-1r"}, 2, FILTER_YES},
	{{"login:root", "mailbox:ann@shop.test"}, 2, FILTER_YES},
};

static void test_targets(void **state)
{
	(void)state;
	struct mail m;
	mail_set(&m);
	const struct filter_settings none = {0};
	for (size_t i = 0; i < sizeof(target_cases) / sizeof(target_cases[0]); i++) {
		struct filter *f = make(&none, target_cases[i].targets, target_cases[i].count);
		assert_false(filter_is_empty(f));
		if (filter_match(f, 3, &m.scanned, &m.queued, true) != target_cases[i].want)
			fail_msg("row %zu", i);
		filter_free(f);
	}
}

/* What cannot be read is never a yes, and not a no either. */
static void test_damaged(void **state)
{
	(void)state;
	struct mail m;
	mail_set(&m);
	m.scanned.header = NULL;
	m.queued = (struct queued){.id = m.scanned.id.text, .queue = "", .damaged = true};
	static const struct match_case cases[] = {
		{{0}, FILTER_YES},
		{{.id = "1xVSmQ-00076x-1r"}, FILTER_YES},
		{{.id = "1xVSmQ-00076x-1s"}, FILTER_NO},
		{{.sender = "ann@shop.test"}, FILTER_UNKNOWN},
		{{.sender = "ann@shop.test", .id = "x"}, FILTER_NO},
		{{.not_frozen = true}, FILTER_UNKNOWN},
		{{.source = "ann@shop.test"}, FILTER_UNKNOWN},
		{{.larger_than = GIVEN(1)}, FILTER_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter *f = make(&cases[i].settings, NULL, 0);
		if (filter_match(f, 0, &m.scanned, &m.queued, false) != cases[i].want)
			fail_msg("row %zu", i);
		filter_free(f);
	}
}

static void test_damaged_among_recipients(void **state)
{
	(void)state;
	struct mail m;
	mail_set(&m);
	m.header.envelope_read = false;
	m.header.damage.what = "cut off";
	m.queued.damaged = true;
	static const struct match_case cases[] = {
		{{.sender = "ann@shop.test"}, FILTER_YES},
		{{.recipient = "bob@example.org"}, FILTER_UNKNOWN},
		{{.recipient = "nobody"}, FILTER_UNKNOWN},
		{{.max_recipients = GIVEN(2)}, FILTER_UNKNOWN},
		{{.subject = "nothing"}, FILTER_UNKNOWN},
		{{.frozen = true}, FILTER_UNKNOWN},
		{{.source = "ann@shop.test"}, FILTER_YES},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter *f = make(&cases[i].settings, NULL, 0);
		if (filter_match(f, 0, &m.scanned, &m.queued, true) != cases[i].want)
			fail_msg("row %zu", i);
		filter_free(f);
	}
	mail_set(&m);
	m.scanned.data_size = -1;
	struct filter_settings size = {.smaller_than = GIVEN(1)};
	struct filter *f = make(&size, NULL, 0);
	assert_int_equal(filter_match(f, 0, &m.scanned, &m.queued, true), FILTER_UNKNOWN);
	filter_free(f);
}

static const struct refuse_case {
	struct filter_settings settings;
	const char *target;
	const char *want;
} refuse_cases[] = {
	{{.sender = "/(/"}, NULL,
		"--sender: at character 2 of the expression: missing closing parenthesis"},
	{{.subject = "/\\C/"}, NULL, "--subject: at character"},
	{{.source = "nobody"}, NULL, "--source: \"nobody\" is no source"},
	{{.queue = "../x"}, NULL, "--queue: \"../x\" cannot be a queue's name"},
	{{.queue = "input"}, NULL, "--queue: \"input\" cannot"},
	{{.frozen = true, .not_frozen = true}, NULL, "--frozen and --not-frozen"},
	{{.min_recipients = GIVEN(3), .max_recipients = GIVEN(2)}, NULL, "--min-recipients 3"},
	{{.older_than = GIVEN(3), .younger_than = GIVEN(3)}, NULL, "--older-than"},
	{{.larger_than = GIVEN(3), .smaller_than = GIVEN(3)}, NULL, "--larger-than"},
	{{0}, "x\x1b[2J", "\"x\\x1b[2J\" is neither a message id nor a source"},
	{{0}, "1xVSmQ-00076x-1", "\"1xVSmQ-00076x-1\" is neither"},
};

static void test_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refuse_cases) / sizeof(refuse_cases[0]); i++) {
		const struct refuse_case *c = &refuse_cases[i];
		struct filter *f = NULL;
		struct problem problem = {0};
		assert_int_equal(
			filter_new(&c->settings, &c->target, c->target != NULL, NOW, &f, &problem),
			-EINVAL);
		assert_null(f);
		if (strncmp(problem.text, c->want, strlen(c->want)) != 0)
			fail_msg("row %zu: got \"%s\", want \"%s\"", i, problem.text, c->want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_damaged_among_recipients),
		cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
