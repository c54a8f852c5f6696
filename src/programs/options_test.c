#include "programs/options.h"

#include "base/units.h"
#include "programs/command.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct settings {
	bool flag, other;
	const char *text, *choice;
	struct units_given count, age, size;
};

#define AT(field) offsetof(struct settings, field)

static const char *const choices[] = {"red", "green", NULL};

static const struct option_row first_rows[] = {
	{.name = "flag", .letter = 'f', .kind = OPTION_FLAG, .offset = AT(flag), .help = "A flag."},
	{.name = "text",
		.letter = 't',
		.argument = "TEXT",
		.kind = OPTION_TEXT,
		.offset = AT(text),
		.help = "A text that is long enough to be wrapped somewhere before its end comes."},
	{.name = "choice",
		.argument = "COLOUR",
		.kind = OPTION_CHOICE,
		.offset = AT(choice),
		.choices = choices,
		.help = "A colour."},
};

static const struct option_row second_rows[] = {
	{.name = "other", .letter = 'o', .kind = OPTION_FLAG, .offset = AT(other), .help = "O."},
	{.name = "count",
		.argument = "N",
		.kind = OPTION_COUNT,
		.offset = AT(count),
		.least = 2,
		.most = 9,
		.help = "C."},
	{.name = "age", .argument = "AGE", .kind = OPTION_AGE, .offset = AT(age), .help = "A."},
	{.name = "size", .argument = "SIZE", .kind = OPTION_SIZE, .offset = AT(size), .help = "S."},
};

#define WORDS_MAX 6

/* Reads all; arguments are counted, the last one kept. Returns 0 or the first error. */
static int read_all(const char *const *words, struct settings *s, size_t *arguments,
	const char **last, struct problem *problem)
{
	char *copies[WORDS_MAX];
	struct option_words w = {.at = copies};
	const struct option_set sets[] = {
		OPTION_SET("First", first_rows, s),
		OPTION_SET(NULL, second_rows, s),
	};
	int r;

	*s = (struct settings){0};
	*arguments = 0;
	while (w.count < WORDS_MAX && words[w.count] != NULL) {
		union {
			const char *borrowed;
			char *word;
		} u = {words[w.count]};
		copies[w.count++] = u.word;
	}
	while ((r = options_take(&w, sets, 2, last, problem)) > 0)
		*arguments += r == OPTION_TAKEN_ARGUMENT;
	return r;
}

static void test_good_words(void **state)
{
	(void)state;
	struct settings s;
	size_t n;
	const char *last = "";
	struct problem p;

	const char *const a[WORDS_MAX] = {"--flag", "x", "--text=a=b", "-o", "y"};
	assert_int_equal(read_all(a, &s, &n, &last, &p), 0);
	assert_true(s.flag && s.other);
	assert_string_equal(s.text, "a=b");
	assert_int_equal(n, 2);
	assert_string_equal(last, "y");

	const char *const b[WORDS_MAX] = {"-fot", "--flag", "--", "--other", "-"};
	assert_int_equal(read_all(b, &s, &n, &last, &p), 0);
	assert_string_equal(s.text, "--flag");
	assert_int_equal(n, 2);
	assert_string_equal(last, "-");

	const char *const c[WORDS_MAX] = {"-tword", "--count", "2", "--age=2h", "--size=1K", "-"};
	assert_int_equal(read_all(c, &s, &n, &last, &p), 0);
	assert_string_equal(s.text, "word");
	assert_true(s.count.given && s.count.value == 2);
	assert_true(s.age.given && s.age.value == 7200);
	assert_true(s.size.given && s.size.value == 1024);
	assert_int_equal(n, 1);

	const char *const d[WORDS_MAX] = {"--text=", "--choice", "green", "--flag", "--flag"};
	assert_int_equal(read_all(d, &s, &n, &last, &p), 0);
	assert_string_equal(s.text, "");
	assert_string_equal(s.choice, "green");
}

static const struct wrong_case {
	const char *words[WORDS_MAX];
	const char *want;
} wrong_cases[] = {
	{{"--nothing"}, "--nothing: there is no such option here"},
	{{"--fla"}, "--fla: there is no such option here"},
	{{"--\x1b[2J=1"}, "--\\x1b[2J: there is no such option here"},
	{{"-x"}, "-x: there is no such option here"},
	{{"-fx"}, "-x: there is no such option here"},
	{{"--flag=1"}, "--flag: takes no value"},
	{{"--text"}, "--text: needs a value: --text TEXT"},
	{{"-ft"}, "--text: needs a value: --text TEXT"},
	{{"--text", "a", "-t", "b"}, "--text: is given twice"},
	{{"--count=3", "--count=3"}, "--count: is given twice"},
	{{"--count", "x"}, "--count: \"x\" is not a number"},
	{{"--count", ""}, "--count: \"\" is not a number"},
	{{"--count", "-3"}, "--count: \"-3\" is not a number"},
	{{"--count", "1"}, "--count: 1 is not 2 to 9"},
	{{"--count", "10"}, "--count: 10 is not 2 to 9"},
	{{"--count", "99999999999999999999"}, "--count: 99999999999999999999 is not 2 to 9"},
	{{"--age", "2x"}, "--age: \"2x\" is no age such as 90s, 10m, 2h, 3d or 1w"},
	{{"--age", "9999999w"}, "--age: \"9999999w\" is too long a time"},
	{{"--size", "2\x07"}, "--size: \"2\\x07\" is no size such as 500, 10K or 2M"},
	{{"--choice", "blue"}, "--choice: \"blue\" is none of red, green"},
};

static void test_wrong_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong_cases) / sizeof(wrong_cases[0]); i++) {
		struct settings s;
		size_t n;
		const char *last;
		struct problem p = {0};
		assert_int_equal(read_all(wrong_cases[i].words, &s, &n, &last, &p), -EINVAL);
		if (strcmp(p.text, wrong_cases[i].want) != 0)
			fail_msg("got \"%s\", want \"%s\"", p.text, wrong_cases[i].want);
	}
}

static void test_help(void **state)
{
	(void)state;
	char *at = NULL;
	size_t len = 0;
	const struct option_set set = OPTION_SET(NULL, first_rows, NULL);
	FILE *out = open_memstream(&at, &len);
	options_help(out, &set, 60);
	options_wrap(out, "one\n\ntwo three", 2, 60);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(at, "  -f, --flag              A flag.\n"
				"  -t, --text TEXT         A text that is long enough to be\n"
				"                          wrapped somewhere before its end\n"
				"                          comes.\n"
				"      --choice COLOUR     A colour.\n"
				"  one\n\n  two three\n");
	free(at);
}

/* A row that is wrong would show only when somebody types it. */
static void test_tables(void **state)
{
	(void)state;
	for (const struct command *const *c = command_table(); *c != NULL; c++) {
		assert_ptr_equal(command_find((*c)->name), *c);
		assert_non_null((*c)->run);
		assert_non_null((*c)->arguments);
		assert_true(strlen((*c)->about) > 40);
		assert_true((*c)->help[strlen((*c)->help) - 1] != '.');
		for (size_t i = 0; i < COMMAND_SETS && (*c)->sets[i].rows != NULL; i++)
			for (size_t k = 0; k < (*c)->sets[i].count; k++) {
				const struct option_row *row = &(*c)->sets[i].rows[k];
				size_t end = strlen(row->help);
				if (end == 0 || row->help[end - 1] != '.')
					fail_msg("--%s: help without its end", row->name);
				assert_int_equal(row->argument != NULL, row->kind != OPTION_FLAG);
				assert_int_equal(row->choices != NULL, row->kind == OPTION_CHOICE);
				assert_true(
					(*c)->sets[i].offset + row->offset < (*c)->settings_size);
			}
	}
	assert_null(command_find("nothing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_words),
		cmocka_unit_test(test_wrong_words),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
