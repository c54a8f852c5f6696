#include "base/memory.h"
#include "detectors/content.h"
#include "detectors/domain_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above before it. */
#include <cmocka.h>

#define FIELDS                                                                                     \
	"013  Subject: one\n017  List-Id: <a.b.c>\n025  Auto-Submitted: generate\n"                \
	"031  X-PHP-Script: x.test/\x1b.php for\n"

static struct exim_id some_id(void)
{
	struct exim_id id;

	assert_int_equal(exim_id_parse(slice_of("1xVSmQ-00076x-1r"), &id), 0);
	return id;
}

static void the_header_is_looked_at(void **state)
{
	(void)state;
	struct content *c = memory_new(1, sizeof(*c));
	const struct exim_id id = some_id();
	struct exim_header header = {.sender = slice_of("Ann@Shop.TEST"),
		.recipients = slice_of("a@A.test\nb@b.test\n"),
		.recipient_count = 2,
		.fields = slice_of(FIELDS)};
	struct content_sample *s = content_add(c, &id, &header);

	assert_string_equal(s->id, "1xVSmQ-00076x-1r");
	assert_string_equal(s->sender_domain, "shop.test");
	assert_int_equal(s->recipient_domain_count, 2);
	assert_string_equal(s->recipient_domains[0], "a.test");
	assert_true(s->is_list);
	assert_true(s->is_automatic);
	assert_string_equal(s->script, "x.test/\\x1b.php for");
	assert_false(s->has_body);
	content_add_body(s, &header, slice_of("some words in a body\n"));
	assert_true(s->has_body && s->sketch.count == 4);

	for (size_t i = 1; i < TALLY_SAMPLES; i++)
		assert_non_null(content_add(c, &id, &header));
	assert_null(content_add(c, &id, &header));
	free(c);
}

static void the_largest_group_of_like_bodies_is_found(void **state)
{
	(void)state;
	static const char *const bodies[] = {"something quite different here", "buy our pills now",
		"buy our pills now", "another text without relation", "buy our pills now"};
	struct content *c = memory_new(1, sizeof(*c));
	struct content_alike a;

	for (size_t i = 0; i < 5; i++) {
		c->samples[i].has_body = true;
		body_sketch_of(slice_of(bodies[i]), &c->samples[i].sketch);
	}
	c->count = 6; /* the last has no body */
	content_find_alike(c, &a);
	assert_int_equal(a.bodies, 5);
	assert_int_equal(a.alike, 3);
	assert_int_equal(a.places[0], 1);
	assert_int_equal(a.places[1], 2);
	assert_int_equal(a.places[2], 4);
	free(c);
}

static void domains_of_addresses(void **state)
{
	(void)state;
	char at[TALLY_DOMAIN_MAX + 1], longest[400] = "a@";

	content_domain(slice_of("\"a@b\"@C.test"), at);
	assert_string_equal(at, "c.test");
	content_domain(slice_of("nobody"), at);
	assert_string_equal(at, "");
	content_domain((struct slice){0}, at);
	assert_string_equal(at, "");
	memset(longest + 2, 'x', 300);
	content_domain(slice_of(longest), at);
	assert_string_equal(at, "");
}

static void domains_are_counted_and_answered(void **state)
{
	(void)state;
	AUTO(domain_table) t = domain_table_new();
	const char *names[2];

	domain_table_add(t, "a.test", 2);
	domain_table_add(t, "b.test", 3);
	domain_table_add(t, "a.test", 2);
	domain_table_add(t, "c.test", 1);
	domain_table_add(t, "", 9);
	assert_int_equal(domain_table_unknown(t, names, 2), 2);
	assert_string_equal(names[0], "a.test");
	assert_string_equal(names[1], "b.test");
	assert_int_equal(domain_table_hosted(t, "a.test"), HOSTED_UNKNOWN);
	domain_table_answer(t, "a.test", HOSTED_YES);
	domain_table_answer(t, "x.test", HOSTED_YES);
	assert_int_equal(domain_table_unknown(t, names, 2), 2);
	assert_string_equal(names[0], "b.test");
	assert_int_equal(domain_table_hosted(t, "a.test"), HOSTED_YES);
	assert_int_equal(domain_table_hosted(t, "x.test"), HOSTED_UNKNOWN);
	assert_int_equal(domain_table_hosted(NULL, "a.test"), HOSTED_UNKNOWN);
}

static void a_full_table_knows_no_more(void **state)
{
	(void)state;
	AUTO(domain_table) t = domain_table_new();
	char name[32];

	for (int i = 0; i < DOMAIN_TABLE_MAX + 10; i++) {
		(void)snprintf(name, sizeof(name), "d%d.test", i);
		domain_table_add(t, name, 1);
		domain_table_answer(t, name, HOSTED_NO);
	}
	assert_int_equal(domain_table_hosted(t, "d0.test"), HOSTED_NO);
	assert_int_equal(domain_table_hosted(t, name), HOSTED_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_is_looked_at),
		cmocka_unit_test(the_largest_group_of_like_bodies_is_found),
		cmocka_unit_test(domains_of_addresses),
		cmocka_unit_test(domains_are_counted_and_answered),
		cmocka_unit_test(a_full_table_knows_no_more),
	};

	return cmocka_run_group_tests_name("content", tests, NULL, NULL);
}
