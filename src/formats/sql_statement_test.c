#include "formats/sql_statement.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct taken_case {
	const char *written;
	const char *want_questions, *want_numbers;
	const char *want_places; /* a letter each */
} taken_cases[] = {
	{"UPDATE mailbox SET password = :hash WHERE username = :mailbox",
		"UPDATE mailbox SET password = ? WHERE username = ?",
		"UPDATE mailbox SET password = $1 WHERE username = $2", "hm"},
	{" SELECT a\nFROM\tb WHERE c=:local AND d=:domain AND e=(:local) ; ",
		"SELECT a\nFROM\tb WHERE c=? AND d=? AND e=(?)",
		"SELECT a\nFROM\tb WHERE c=$1 AND d=$2 AND e=($3)", "ldl"},
	{"SELECT a::text, ':hash', \":hash;--\", `?$` FROM b WHERE c = :mailbox::varchar",
		"SELECT a::text, ':hash', \":hash;--\", `?$` FROM b WHERE c = ?::varchar",
		"SELECT a::text, ':hash', \":hash;--\", `?$` FROM b WHERE c = $1::varchar", "m"},
	{"SELECT 'it''s :mailbox', \"a\"\"b\" - 1 / 2",
		"SELECT 'it''s :mailbox', \"a\"\"b\" - 1 / 2",
		"SELECT 'it''s :mailbox', \"a\"\"b\" - 1 / 2", ""},
	{"SELECT ';'", "SELECT ';'", "SELECT ';'", ""},
};

static void check_places(const struct sql_statement *s, const char *want)
{
	static const char letters[] = "mldh";

	assert_int_equal(s->count, strlen(want));
	for (size_t i = 0; i < s->count; i++)
		assert_int_equal(letters[s->parameters[i]], want[i]);
	for (size_t i = 0; i < SQL_PLACES; i++)
		assert_int_equal(
			sql_statement_has(s, (enum sql_place)i), strchr(want, letters[i]) != NULL);
}

static void test_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(taken_cases) / sizeof(taken_cases[0]); i++) {
		const struct taken_case *c = &taken_cases[i];
		struct problem p = {0};
		struct sql_statement s = {0};

		if (sql_statement_read(slice_of(c->written), SQL_QUESTION_MARKS, &s, &p) < 0)
			fail_msg("%s: %s", c->written, p.text);
		assert_string_equal(s.text, c->want_questions);
		check_places(&s, c->want_places);
		assert_int_equal(sql_statement_read(slice_of(c->written), SQL_NUMBERS, &s, &p), 0);
		assert_string_equal(s.text, c->want_numbers);
		check_places(&s, c->want_places);
		assert_string_equal(p.text, "");
	}
}

#define COMMENT "it has a comment in it"
#define PLAIN   "it has a backslash or a byte that is not printable ASCII in it"
#define SECOND  "it is more than one statement"

static const struct refused_case {
	const char *written, *want_problem;
} refused_cases[] = {
	{"", "it is empty"},
	{" ; ", "it is empty"},
	{"SELECT 1; SELECT 2", SECOND},
	{"SELECT 1;;", SECOND},
	{"SELECT 'a' -- b", COMMENT},
	{"SELECT /* b */ 1", COMMENT},
	{"SELECT 1 # b", COMMENT},
	{"SELECT $$a$$", "it has a $ in it"},
	{"SELECT a = $1", "it has a $ in it"},
	{"SELECT a = ?", "it has a ? in it"},
	{"SELECT [a]", "it has a [ in it"},
	{"SELECT 'a", "a ' in it has no end"},
	{"SELECT 'a''", "a ' in it has no end"},
	{"SELECT \"", "a \" in it has no end"},
	{"SELECT 'a\\' = :hash", PLAIN},
	{"SELECT '\xc3\xa4'", PLAIN},
	{"SELECT\r1", PLAIN},
	{"SELECT 1\x7f", PLAIN},
	{"SELECT :name", ":name in it is none of :mailbox, :local, :domain, :hash"},
	{"SELECT :mailbox2", ":mailbox2 in it is none of :mailbox, :local, :domain, :hash"},
	{"SELECT :Mailbox", ":Mailbox in it is none of :mailbox, :local, :domain, :hash"},
	{"SELECT : mailbox", ": in it is none of :mailbox, :local, :domain, :hash"},
	{"SELECT @a := 1", ": in it is none of :mailbox, :local, :domain, :hash"},
	{"SELECT a:mailbox", "a ':' in it stands behind a word"},
	{":hash :hash :hash :hash :hash :hash :hash :hash :hash :hash :hash :hash :hash :hash "
	 ":hash :hash :hash",
		"it has more than 16 places for values"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_cases) / sizeof(refused_cases[0]); i++) {
		struct slice written = slice_of(refused_cases[i].written);
		struct problem p = {0};
		struct sql_statement s = {0};

		assert_int_equal(sql_statement_read(written, SQL_NUMBERS, &s, &p), -EINVAL);
		assert_string_equal(p.text, refused_cases[i].want_problem);
	}
}

static void test_bounds(void **state)
{
	char written[SQL_STATEMENT_MAX + 1];
	struct sql_statement s = {0};

	(void)state;
	memset(written, 'a', sizeof(written));
	assert_int_equal(sql_statement_read((struct slice){written, SQL_STATEMENT_MAX - 1},
				 SQL_NUMBERS, &s, NULL),
		0);
	assert_int_equal(strlen(s.text), SQL_STATEMENT_MAX - 1);
	assert_int_equal(sql_statement_read(
				 (struct slice){written, SQL_STATEMENT_MAX}, SQL_NUMBERS, &s, NULL),
		-EINVAL);
	assert_int_equal(
		sql_statement_read((struct slice){"a\0b", 3}, SQL_NUMBERS, &s, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
