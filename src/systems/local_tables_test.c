#include "systems/local_tables.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char path[64];

static void put(const char *text)
{
	(void)snprintf(path, sizeof(path), "/tmp/stanch-table.XXXXXX");
	int fd = mkstemp(path);
	FILE *out = fdopen(fd, "w");

	assert_non_null(out);
	(void)fputs(text, out);
	(void)fclose(out);
}

static void test_networks(void **state)
{
	AUTO(networks) n = networks_new();
	struct problem p = {0};

	(void)state;
	put("# prefix number country\n\n192.0.2.0/24\t64500 de\n198.51.100.0/24 AS64501 FR # ours\n"
	    "2001:db8::/32 - \n203.0.113.0/24 0 us");
	assert_int_equal(local_tables_networks(path, n, &p), 0);
	assert_int_equal(networks_count(n), 4);
	(void)remove(path);
}

static void check_bad(const char *text, const char *said)
{
	AUTO(networks) n = networks_new();
	struct problem p = {0};

	put(text);
	int err = local_tables_networks(path, n, &p);
	(void)remove(path);
	assert_true(err < 0);
	if (strstr(p.text, said) == NULL || strstr(p.text, path) == NULL)
		print_message("%s\n", p.text);
	assert_non_null(strstr(p.text, said));
	assert_non_null(strstr(p.text, path));
}

static void test_bad_networks(void **state)
{
	AUTO(networks) n = networks_new();
	struct problem p = {0};
	char line[2000];

	(void)state;
	check_bad("192.0.2.0/24 1 de\n192.0.2/24 1 de\n", ":2:");
	check_bad("192.0.2.0/33 1 de\n", ":1:");
	check_bad("192.0.2.0/24 x de\n", ":1:");
	check_bad("192.0.2.0/24 1 thecountry\n", ":1:");
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	check_bad(line, "too long");
	assert_int_equal(local_tables_networks("/nowhere/at/all", n, &p), -ENOENT);
	assert_non_null(strstr(p.text, "/nowhere/at/all"));
}

static void add_domain(void *context, struct slice domain)
{
	size_t n = strlen(context);

	(void)snprintf((char *)context + n, 200 - n, "%.*s ", (int)domain.len, domain.at);
}

static void test_hosted(void **state)
{
	char got[200] = "";
	struct problem p = {0};

	(void)state;
	put("Shop.test\n\n  club.test   # the club\n#firm.test\n");
	assert_int_equal(local_tables_hosted(path, add_domain, got, &p), 0);
	assert_string_equal(got, "Shop.test club.test ");
	(void)remove(path);
	put("shop.test\ntwo words\n");
	assert_true(local_tables_hosted(path, add_domain, got, &p) < 0);
	assert_non_null(strstr(p.text, ":2:"));
	(void)remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_bad_networks),
		cmocka_unit_test(test_hosted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
