#include "reports/check_blocklists.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1795436837)

static const struct dns_list_row all[] = {
	{"zen.test", "192.0.2.9", DNS_LIST_CLEAN, ""},
	{"b.test", "192.0.2.9", DNS_LIST_UNSAID, "it refuses | us"},
	{"c.test", "192.0.2.9", DNS_LIST_LISTED, "127.0.0.4"},
	{"d.test", "192.0.2.9", DNS_LIST_LISTED, "127.0.0.2"},
};

static const struct {
	size_t from, count;
	enum plugin_status want;
	const char *text;
} cases[] = {
	{0, 1, PLUGIN_OK,
		"Blocklists OK - 1 answer, none of our addresses is listed (asked 5 seconds ago) "
		"| "
		"listed=0;;0;0 clean=1;;;0 unsaid=0;;;0\n"},
	{0, 2, PLUGIN_UNKNOWN,
		"Blocklists UNKNOWN - 192.0.2.9: cannot say what is at b.test, it refuses \\x7c us "
		"(asked 5 seconds ago) | listed=0;;0;0 clean=1;;;0 unsaid=1;;;0\n"},
	{0, 4, PLUGIN_CRITICAL,
		"Blocklists CRITICAL - 192.0.2.9 is listed at c.test as 127.0.0.4; in all 2 "
		"listed, "
		"1 not said (asked 5 seconds ago) | listed=2;;0;0 clean=1;;;0 unsaid=1;;;0\n"
		"192.0.2.9: cannot say what is at b.test, it refuses \\x7c us\n"
		"192.0.2.9 is listed at d.test as 127.0.0.2\n"},
	{0, 0, PLUGIN_UNKNOWN, "Blocklists UNKNOWN - "},
};

static void test_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct check_blocklists c;
		char *at = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&at, &len);
		check_blocklists_begin(&c);
		check_blocklists_judge(&c, all + cases[i].from, cases[i].count);
		check_blocklists_write(out, &c, all + cases[i].from, cases[i].count, 5);
		(void)fclose(out);
		if (c.status != cases[i].want ||
			strncmp(at, cases[i].text, strlen(cases[i].text)) != 0)
			fail_msg("case %zu: %s", i, at);
		free(at);
	}
}

static void blank(struct dns_list_row rows[4])
{
	for (size_t i = 0; i < 4; i++)
		rows[i] = (struct dns_list_row){.zone = all[i].zone, .address = all[i].address};
}

static void test_kept(void **state)
{
	json_t *kept = check_blocklists_kept(all, 4, NOW);
	struct dns_list_row rows[4];
	int64_t age = 0;

	(void)state;
	blank(rows);
	assert_true(check_blocklists_read(kept, rows, 4, NOW + 1799, &age));
	assert_int_equal(age, 1799);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(rows[i].state, all[i].state);
		assert_string_equal(rows[i].words, all[i].words);
	}
	assert_false(check_blocklists_read(kept, rows, 4, NOW + 1800, &age));
	assert_false(check_blocklists_read(kept, rows, 4, NOW - 1, &age));
	assert_false(check_blocklists_read(kept, rows, 3, NOW, &age));
	rows[2].zone = "other.test";
	assert_false(check_blocklists_read(kept, rows, 4, NOW, &age));
	assert_false(check_blocklists_read(NULL, rows, 4, NOW, &age));
	json_decref(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judged),
		cmocka_unit_test(test_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
