#include "systems/exim/acl_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_values(void **state)
{
	static const struct {
		struct acl_text_values values;
		int want;
	} rows[] = {
		{{"/var/lib/stanch-refused", "/run/stanch/policy", "stanch"}, 0},
		{{"/var/lib/a b", "/run/stanch/policy", "stanch"}, -EINVAL},
		{{"/var/lib/a}", "/run/stanch/policy", "stanch"}, -EINVAL},
		{{"/var/lib/a", "/run/${run{x}}", "stanch"}, -EINVAL},
		{{"/var/lib/a", "/run/a\n", "stanch"}, -EINVAL},
		{{"/var/lib/a", "/run/a", "a\\"}, -EINVAL},
		{{"/var/lib/a", "/run/a", ""}, -EINVAL},
		{{"/var/lib/\xc3\xa4", "/run/a", "stanch"}, -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problem p = {0};

		assert_int_equal(acl_text_check(&rows[i].values, &p), rows[i].want);
		assert_int_equal(p.text[0] != '\0', rows[i].want != 0);
	}
}

/* Exim itself reads the lists in tests/system/refuse.sh; here is what it would not notice. */
static void test_lists(void **state)
{
	static const struct acl_text_values values = {"/refused", "/policy", "held"};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int depth = 0, questions = 0, fallbacks = 0;

	(void)state;
	assert_non_null(out);
	acl_text_lists(out, &values);
	assert_int_equal(fclose(out), 0);
	for (const char *c = text; *c != '\0'; c++) {
		depth += (*c == '{') - (*c == '}');
		assert_true(depth >= 0);
		/* A line that goes on ends in the backslash, and no list's text has a blank line.
		 */
		if (*c == '\n' && c > text && c[-1] == '\\')
			assert_int_equal(c[1], ' ');
	}
	assert_int_equal(depth, 0);
	for (const char *at = text; (at = strstr(at, "${readsocket{/policy}{stanch/1 ")) != NULL;
		at++)
		questions++;
	/* Nobody there, or no answer in a second: pass. */
	for (const char *at = text;
		(at = strstr(at, "{1s}{ } \\\n            {${readsocket{/policy}{\\n}{1s}{ "
				 "}{pass}}}}\n")) != NULL;
		at++)
		fallbacks++;
	assert_int_equal(questions, 4);
	assert_int_equal(fallbacks, 4);
	assert_non_null(strstr(text, "queue     = held\n"));
	free(text);
}

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ACL_STAGES; i++) {
		assert_int_equal(strncmp(acl_text_option((enum acl_stage)i), "acl_", 4), 0);
		/* By which setup knows its own. */
		assert_int_equal(strncmp(acl_text_outer_name((enum acl_stage)i), "stanch_", 7), 0);
	}
}

/* Within a list of the server's nothing of ours may name a list, accept, or leave a brace open. */
static void test_inside(void **state)
{
	static const struct acl_text_values values = {"/refused", "/policy", "held"};

	(void)state;
	for (enum acl_stage stage = 0; stage < ACL_STAGES; stage++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		int depth = 0;

		assert_non_null(out);
		acl_text_inside(out, stage, &values);
		assert_int_equal(fclose(out), 0);
		for (const char *c = text; *c != '\0'; c++) {
			depth += (*c == '{') - (*c == '}');
			assert_true(depth >= 0);
		}
		assert_int_equal(depth, 0);
		assert_int_equal(text[0], ' ');
		assert_null(strstr(text, "acl = "));
		assert_null(strstr(text, "\n  accept"));
		assert_null(strstr(text, ":\n"));
		assert_non_null(strstr(text, "/refused/mailbox/${sha256:"));
		assert_int_equal(strstr(text, "stanch/1") != NULL, stage != ACL_PREDATA);
		assert_int_equal(strstr(text, "\n  defer ") != NULL,
			stage != ACL_PREDATA && stage != ACL_NOT_SMTP);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
