#include "systems/exim/config_edit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct acl_text_values values = {"/var/refused", "/run/policy", "stanch"};

#define TEXT                                                                                       \
	"# comment\nacl_smtp_mail = m\nacl_smtp_rcpt = r\nlong = a \\\n# in it\n  begin acl\n"     \
	"begin acl\nm:\n  accept\n\nr :\n  deny message = \\\nm:\n  accept\nbegin routers\nm:\n"

static const char *const acls[ACL_STAGES] = {"m", "r", "", "", ""};

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static char *inserted(const char *text, const char *const names[ACL_STAGES])
{
	struct problem p = {0};
	char *made = NULL;
	size_t len;
	int err = config_edit_insert(slice_of(text), &values, names, &made, &len, &p);

	if (err < 0)
		fail_msg("%d %s", err, p.text);
	assert_int_equal(strlen(made), len);
	return made;
}

static void back(const char *with, const char *want)
{
	char *bare = NULL;
	size_t len;

	assert_int_equal(config_edit_remove(slice_of(with), &bare, &len, NULL), 0);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(bare, want, len);
	free(bare);
}

static void test_inserted(void **state)
{
	char *with = inserted(TEXT, acls);

	(void)state;
	assert_int_equal(count(with, "# stanch: begin\n"), 4);
	assert_int_equal(count(with, "\nm:\n  # stanch: begin\n  require acl = stanch_mail\n"), 1);
	assert_int_equal(count(with, "\nr :\n  # stanch: begin\n  require acl = stanch_rcpt\n"), 1);
	assert_int_equal(count(with, "acl_smtp_predata = stanch_at_predata\n"), 1);
	assert_int_equal(count(with, "acl_smtp_data = stanch_at_data\n"), 1);
	assert_int_equal(count(with, "acl_not_smtp = stanch_at_local\n"), 1);
	assert_int_equal(count(with, "acl_smtp_mail = "), 1);
	assert_int_equal(count(with, "stanch_at_mail"), 0);
	assert_int_equal(count(with, "\nstanch_at_local:\n  discard acl = stanch_notice\n"
				     "  require acl = stanch_local\n  accept\n"),
		1);
	/* The lists stand behind "begin acl", the options before it. */
	assert_true(strstr(with, "acl_not_smtp = stanch") < strstr(with, "\nbegin acl\n# stanch"));
	back(with, TEXT);
	free(with);
}

static void test_without_lists(void **state)
{
	static const char *const none[ACL_STAGES] = {"", "", "", "", ""};
	char *with = inserted("spool = x\nbegin routers\n", none);

	(void)state;
	assert_int_equal(count(with, "\nbegin acl\n"), 1);
	assert_int_equal(count(with, "acl_smtp_mail = stanch_at_mail\n"), 1);
	assert_int_equal(count(with, "acl_smtp_rcpt"), 0);
	assert_int_equal(count(with, "# stanch: begin\n"), 1);
	back(with, "spool = x\nbegin routers\n");
	free(with);
}

static void test_ends_without_line(void **state)
{
	static const char text[] = "begin acl\nm:\n  accept\nr:\n  accept";
	char *with = inserted(text, acls);

	(void)state;
	back(with, text);
	free(with);
}

static void test_not_for_us(void **state)
{
	static const struct {
		const char *text;
		const char *names[ACL_STAGES];
		int want;
	} rows[] = {
		{TEXT, {"other", "r", "", "", ""}, -ENOENT},
		{TEXT, {"${if x}", "r", "", "", ""}, -EINVAL},
		{TEXT, {"/etc/acl", "r", "", "", ""}, -EINVAL},
		{TEXT, {"m", "m", "", "", ""}, -EINVAL},
		{"begin acl\nm: accept\n", {"m", "", "", "", ""}, -EINVAL},
		{"begin acl\nm:", {"m", "", "", "", ""}, -EINVAL},
		{"begin routers\nm:\n", {"m", "", "", "", ""}, -ENOENT},
		{"begin routers\nbegin acl", {"", "", "", "", ""}, -EBADMSG},
		{"spool = x\n", {"", "", "", "", ""}, -EBADMSG},
		{"", {"", "", "", "", ""}, -EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problem p = {0};
		char *made = NULL;
		size_t len;
		int err = config_edit_insert(
			slice_of(rows[i].text), &values, rows[i].names, &made, &len, &p);

		if (err != rows[i].want || p.text[0] == '\0')
			fail_msg("row %zu: %d %s", i, err, p.text);
	}
}

static void test_remove(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: it is wrong */
	} rows[] = {
		{"", ""},
		{"a\n", "a\n"},
		{"a", "a"},
		{"a\n# stanch: begin\nx\n# stanch: end\nb", "a\nb"},
		{" # stanch: begin\n\t# stanch: end \r\nb\n", "b\n"},
		{"# stanch: begin\n# stanch: end", ""},
		{"#stanch: begin\n# stanch: beginning\n", "#stanch: begin\n# stanch: beginning\n"},
		{"# stanch: begin\n", NULL},
		{"# stanch: end\n", NULL},
		{"# stanch: begin\n# stanch: begin\n# stanch: end\n", NULL},
		{"# stanch: begin\n# stanch: end\n# stanch: end\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problem p = {0};
		char *bare = NULL;
		size_t len = 0;
		int err = config_edit_remove(slice_of(rows[i].text), &bare, &len, &p);

		if (rows[i].want == NULL) {
			assert_int_equal(err, -EBADMSG);
			continue;
		}
		assert_int_equal(err, 0);
		assert_true(slice_is((struct slice){bare, len}, rows[i].want));
		free(bare);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inserted),
		cmocka_unit_test(test_without_lists),
		cmocka_unit_test(test_ends_without_line),
		cmocka_unit_test(test_not_for_us),
		cmocka_unit_test(test_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
