#include "reports/backscatter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above before it. */
#include <cmocka.h>

#include <jansson.h>

static const char why[] = "returns 1xVSmQ-00076x-1r of mailbox:ann@shop.test";

struct example {
	struct exim_id id;
	struct returned_mail returned;
	struct backscatter_verdict verdict;
	struct bounce bounce;
};

/* A bounce whose quoted subject tries to draw on the screen. */
static void fill(struct example *e, enum backscatter_kind kind)
{
	*e = (struct example){.verdict = {.kind = kind}};
	assert_int_equal(exim_id_parse(slice_of("1xVSn0-0000B1-00"), &e->id), 0);
	(void)snprintf(e->verdict.why, sizeof(e->verdict.why), "%s", why);
	(void)snprintf(e->returned.subject, sizeof(e->returned.subject), "=?utf-8?Q?=1B[2J?=");
	(void)snprintf(e->returned.from, sizeof(e->returned.from), "x@\x9b.test");
	(void)snprintf(e->returned.recipients[0], sizeof(e->returned.recipients[0]), "u@v.test");
	e->returned.recipient_count = 1;
	e->bounce = (struct bounce){.id = &e->id,
		.queue = "",
		.to = slice_of("\x1b]0;x@far.test"),
		.received = 1795435458,
		.frozen = true,
		.returned = &e->returned,
		.verdict = &e->verdict};
}

static char *printed(const struct example *e, unsigned times, bool all, bool hints)
{
	char *text = NULL;
	size_t len = 0;
	const struct terminal t = {open_memstream(&text, &len), false, 80};
	AUTO(backscatter_report) r = backscatter_report_new(all);
	struct bounces_result result = {.bounces = times};

	for (unsigned i = 0; i < times; i++)
		assert_true(backscatter_report_add(r, &e->bounce));
	result.kinds[e->verdict.kind] = times;
	backscatter_report_print(&t, r, &result, " --spool /x", hints);
	assert_int_equal(fclose(t.out), 0);
	return text;
}

static void a_page_shows_the_sample_that_proves_it(void **state)
{
	(void)state;
	struct example e;

	fill(&e, BACKSCATTER_PROVED);
	char *text = printed(&e, 5, false, true);
	assert_non_null(strstr(text, "5 proved backscatter"));
	assert_non_null(strstr(text, why));
	assert_non_null(strstr(text, "Subject: \\x1b[2J"));
	assert_non_null(strstr(text, "(frozen)"));
	assert_non_null(strstr(text, "and 2 more: stanch backscatter --all"));
	assert_non_null(strstr(text, "stanch --spool /x hold --backscatter\n"));
	assert_null(strchr(text, '\x1b'));
	free(text);
}

static void nothing_proved_is_nothing_to_hold(void **state)
{
	(void)state;
	struct example e;

	fill(&e, BACKSCATTER_HONEST);
	char *text = printed(&e, 5, true, true);
	assert_non_null(strstr(text, "5 honest"));
	assert_null(strstr(text, "more:"));
	assert_null(strstr(text, "hold --backscatter"));
	free(text);
}

static void no_bounce_is_said(void **state)
{
	(void)state;
	struct example e;

	fill(&e, BACKSCATTER_UNKNOWN);
	char *text = printed(&e, 0, false, true);
	assert_string_equal(text, "No bounces.\n");
	free(text);
}

static void each_bounce_is_one_json_object(void **state)
{
	(void)state;
	struct example e;
	char *text = NULL;
	size_t len = 0;

	for (int quotes = 0; quotes < 2; quotes++) {
		FILE *out = open_memstream(&text, &len);
		fill(&e, BACKSCATTER_JOE_JOB);
		if (quotes == 0)
			e.bounce.returned = NULL;
		assert_true(backscatter_print_json(out, &e.bounce));
		assert_int_equal(fclose(out), 0);
		json_t *o = json_loads(text, 0, NULL);
		assert_non_null(o);
		assert_string_equal(json_string_value(json_object_get(o, "verdict")), "joe-job");
		assert_int_equal(json_is_null(json_object_get(o, "returned")), quotes == 0);
		json_decref(o);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_shows_the_sample_that_proves_it),
		cmocka_unit_test(nothing_proved_is_nothing_to_hold),
		cmocka_unit_test(no_bounce_is_said),
		cmocka_unit_test(each_bounce_is_one_json_object),
	};

	return cmocka_run_group_tests_name("backscatter_report", tests, NULL, NULL);
}
