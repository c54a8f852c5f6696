#include "formats/links.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* All hosts of a text, with a blank behind each. */
static void hosts(const char *text, char at[512])
{
	struct slice rest = slice_of(text), host;
	size_t n = 0;

	at[0] = '\0';
	while (links_next(&rest, &host))
		n += (size_t)snprintf(at + n, 512 - n, "%.*s ", (int)host.len, host.at);
}

static void test_hosts(void **state)
{
	static const struct {
		const char *text, *hosts;
	} rows[] = {
		{"", ""},
		{"no link here, www only", ""},
		{"see http://shop.test/a?b#c.", "shop.test "},
		{"HTTPS://Shop.Test:8443/x and http://user:pw@b.test/", "Shop.Test b.test "},
		{"http://evil.test@good.test/", "good.test "},
		{"<a href=\"https://a.b.c.test\">x</a>", "a.b.c.test "},
		{"www.club.test, (www.firm.test)", "www.club.test www.firm.test "},
		{"notwww.club.test", ""},
		{"http://http://a.test", "a.test "},
		{"http://192.0.2.1/x", "192.0.2.1 "},
		{"http://localhost/ http:// http://. http://..", ""},
		{"http://shop.test. next", "shop.test "},
		{"http://.t http://user@.shop.test/ http://a.test", "a.test "},
		{"http://b\xc3\xbc"
		 "cher.test/",
			"b\xc3\xbc"
			"cher.test "},
		{"http://a.test\x00http://b.test", "a.test "},
	};
	char at[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hosts(rows[i].text, at);
		assert_string_equal(at, rows[i].hosts);
	}
}

static void test_registered(void **state)
{
	static const struct {
		const char *host, *registered;
	} rows[] = {
		{"a.b.shop.com", "shop.com"},
		{"Shop.COM", "Shop.COM"},
		{"www.Shop.co.uk", "Shop.co.uk"},
		{"co.uk", "co.uk"},
		{"mail.some.github.io", "some.github.io"},
		{"192.0.2.1", "192.0.2.1"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice got = links_registered(slice_of(rows[i].host));
		assert_true(slice_is(got, rows[i].registered));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_registered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
