#include "settings/conf_reader.h"

#include "settings/example_table.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int read_text(const char *text, struct setting_store *store, struct problem *problem)
{
	size_t len = strlen(text);
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, text, len + 1);
	int r = conf_reader_read(copy, len, "f", store, &example_table, problem);
	free(copy);
	return r;
}

static const struct example *values(const struct setting_store *store)
{
	return setting_store_values(store);
}

static unsigned line_of(const struct setting_store *store, const char *name)
{
	return setting_store_origin(store, example_at(name)).line;
}

static void test_whole_file(void **state)
{
	(void)state;
	static const char text[] = "# a comment\n"
				   "\n"
				   "number { # another\n"
				   "\tyes = yes\n"
				   "\tcount = \"20\"\n"
				   "\tseconds = 2h bytes = 1G\n"
				   "\tshare =\n"
				   "\t\t0.5\n"
				   "\tcolour = 'blue'\n"
				   "}\n"
				   "word {\n"
				   "\ttext = \"a # b\"\n"
				   "\tpath = /var/spool\n"
				   "\turl = http://127.0.0.1:11333 # here\n"
				   "\ttexts = { a, # one\n"
				   "\t\t\"b \\\"c\\\\\", 'd\\e'}\n"
				   "\tpaths = /only/one\n"
				   "}\n"
				   "number { free = 7 }";
	AUTO(setting_store) store = setting_store_new(&example_table);
	struct problem problem = {""};

	if (read_text(text, store, &problem) != 0)
		fail_msg("%s", problem.text);
	const struct example *e = values(store);
	assert_true(e->yes);
	assert_int_equal(e->count, 20);
	assert_int_equal(e->free, 7);
	assert_int_equal(e->seconds, 7200);
	assert_int_equal(e->bytes, 1073741824);
	assert_true(e->share > 0.49);
	assert_int_equal(e->colour, 2);
	assert_string_equal(e->text, "a # b");
	assert_string_equal(e->path, "/var/spool");
	assert_string_equal(e->url, "http://127.0.0.1:11333");
	assert_string_equal(e->word, "exim");
	assert_int_equal(e->texts.count, 3);
	assert_string_equal(e->texts.at[0], "a");
	assert_string_equal(e->texts.at[1], "b \"c\\");
	assert_string_equal(e->texts.at[2], "d\\e");
	assert_int_equal(e->paths.count, 1);
	assert_string_equal(e->paths.at[0], "/only/one");

	assert_int_equal(line_of(store, "number.yes"), 4);
	assert_int_equal(line_of(store, "number.seconds"), 6);
	assert_int_equal(line_of(store, "number.share"), 8);
	assert_int_equal(line_of(store, "word.text"), 12);
	assert_int_equal(line_of(store, "word.texts"), 15);
	assert_int_equal(line_of(store, "word.paths"), 17);
	assert_int_equal(line_of(store, "number.free"), 19);
	assert_false(setting_store_origin(store, example_at("word.word")).given);
}

static const struct refused_case {
	const char *text;
	const char *want;
} refused_cases[] = {
	/* values */
	{"number {\n\n count = 21 }", "f:3: number.count: \"21\" is above 20"},
	{"number {\n\n count = ten }", "f:3: number.count: \"ten\" is no number"},
	{"number { seconds = 5x }",
		"f:1: number.seconds: \"5x\" is no time such as 90s, 15m, 2h, 30d or 1w"},
	{"number { seconds = 1M }",
		"f:1: number.seconds: \"1M\" is no time such as 90s, 15m, 2h, 30d or 1w"},
	{"number { bytes = 1h }",
		"f:1: number.bytes: \"1h\" is no size such as 500, 10K, 256M or 1G"},
	{"number { yes = 1 }", "f:1: number.yes: \"1\" is neither yes nor no"},
	{"word {\n text = 12345678901\n}",
		"f:2: word.text: \"12345678901\" is longer than 10 bytes"},
	{"word { paths = {/a,\n b} }",
		"f:2: word.paths: \"b\" is no absolute path: it must begin with /"},

	{"number {\n count = 21\n yes = 1\n foo = x }", "f:2: number.count: \"21\" is above 20"},

	/* names */
	{"number {\n secconds = 1h }",
		"f:2: there is no setting \"number.secconds\"; did you mean number.seconds?"},
	{"number { url = x }", "f:1: there is no setting \"number.url\"; did you mean word.url, "
			       "within the braces of its group?"},
	{"number { foo = x }", "f:1: there is no setting \"number.foo\""},
	{"number { 'f\"oo\\bar' = x }", "f:1: there is no setting \"number.f\\x22oo\\\\bar\""},
	{"\nnumbers { yes = yes }", "f:2: there is no group \"numbers\"; did you mean number?"},
	{"number.yes = yes",
		"f:1: there is no group \"number.yes\"; did you mean number.yes, within "
		"the braces of its group?"},
	{"yes = yes",
		"f:1: there is no group \"yes\"; did you mean number.yes, within the braces of "
		"its group?"},
	{"root { }", "f:1: there is no group \"root\""},
	{"number { number { } }", "f:1: there is no setting \"number.number\""},
	{"\"number|yes\" = yes", "f:1: a setting stands within the braces of its group"},
	{"word { \"number|yes\" = yes }", "f:1: no sub-section title/index for 'number'"},

	/* twice */
	{"number { yes = no\n yes = no }",
		"f:2: number.yes: is given a second time, it is in line 1 already"},
	{"number { yes = no }\nnumber { yes = no }",
		"f:2: number.yes: is given a second time, it is in line 1 already"},
	{"word { texts = {a, b}\n texts = {a} }",
		"f:2: word.texts: is given a second time, it is in line 1 already"},
	{"word { texts = {a}\n texts = a }",
		"f:2: word.texts: is given a second time, it is in line 1 already"},
	{"word { texts = {a}\n texts = {} }", "f: word.texts is given a second time, as {}"},

	/* form */
	{"number {\n yes yes }", "f:2: missing equal sign after option 'yes'"},
	{"number {\n yes = = }", "f:2: unexpected token '='"},
	{"number {\n yes = {yes} }", "f:2: unexpected token '{'"},
	{"number = 3", "f:1: missing opening brace for section 'number'"},
	{"number \"title\" { }", "f:1: missing opening brace for section 'number'"},
	{"word { texts = {a b} }", "f:1: unexpected token 'b'"},
	{"word { texts = {{a}} }", "f:1: unexpected token '{'"},
	{"word {\n text =\n}", "f:3: unexpected token '}'"},
	{"number {\n yes = yes\n \"\" = yes }",
		"f:2: what stands behind this line is not understood"},
	{"number", "f:1: premature end of file"},
	{"number { yes = yes", "f:1: the { is not closed"},
	{"number { yes = ${X} }", "f:1: \"$\" must stand in quotes here"},
	{"include(\"/etc/passwd\")", "f:1: \"(\" must stand in quotes here"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_cases) / sizeof(refused_cases[0]); i++) {
		const struct refused_case *c = &refused_cases[i];
		AUTO(setting_store) store = setting_store_new(&example_table);
		struct problem problem = {""};
		int r = read_text(c->text, store, &problem);
		if (r != -EBADMSG || strcmp(problem.text, c->want) != 0)
			fail_msg("%s: got %d, \"%s\", want \"%s\"", c->text, r, problem.text,
				c->want);
		assert_int_equal(read_text(c->text, store, NULL), -EBADMSG);
	}
}

static const char *const empty_files[] = {"", "\n", "# only this", "number { }", "number {}word{}"};

static void test_empty(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(empty_files) / sizeof(empty_files[0]); i++) {
		AUTO(setting_store) store = setting_store_new(&example_table);
		assert_int_equal(read_text(empty_files[i], store, NULL), 0);
		assert_int_equal(values(store)->count, 10);
		assert_false(setting_store_origin(store, example_at("word.texts")).given);
	}
}

static void test_empty_list(void **state)
{
	(void)state;
	AUTO(setting_store) store = setting_store_new(&example_table);

	assert_int_equal(read_text("word { texts = {} }", store, NULL), 0);
	assert_true(setting_store_origin(store, example_at("word.texts")).given);
	assert_false(setting_store_origin(store, example_at("word.paths")).given);
	assert_int_equal(values(store)->texts.count, 0);
}

static void test_longest_list(void **state)
{
	(void)state;
	char text[1024];
	size_t len = (size_t)snprintf(text, sizeof(text), "word { texts = {a");
	struct problem problem;
	AUTO(setting_store) store = setting_store_new(&example_table);
	AUTO(setting_store) other = setting_store_new(&example_table);

	for (int i = 1; i < SETTING_LIST_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, ", a");
	(void)snprintf(text + len, sizeof(text) - len, "} }");
	assert_int_equal(read_text(text, store, NULL), 0);
	assert_int_equal(values(store)->texts.count, SETTING_LIST_MAX);
	(void)snprintf(text + len, sizeof(text) - len, ", a} }");
	assert_int_equal(read_text(text, other, &problem), -EBADMSG);
	assert_string_equal(problem.text, "f:1: word.texts: has more than 64 entries");
}

/* A broken file leaves nothing behind in the library that the next one would stumble over. */
static void test_reading_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_cases) / sizeof(refused_cases[0]); i++) {
		AUTO(setting_store) broken = setting_store_new(&example_table);
		AUTO(setting_store) store = setting_store_new(&example_table);
		assert_int_equal(read_text(refused_cases[i].text, broken, NULL), -EBADMSG);
		assert_int_equal(read_text("\nnumber { count = 7 }", store, NULL), 0);
		assert_int_equal(values(store)->count, 7);
		assert_int_equal(line_of(store, "number.count"), 2);
	}
}

static void test_environment(void **state)
{
	(void)state;
	AUTO(setting_store) store = setting_store_new(&example_table);

	assert_int_equal(setenv("X", "secret", 1), 0);
	assert_int_equal(read_text("word { text = '${X}' needed = \"$X\" }", store, NULL), 0);
	assert_string_equal(values(store)->text, "${X}");
	assert_string_equal(values(store)->needed, "$X");
}

static void test_written_and_read_back(void **state)
{
	(void)state;
	AUTO(setting_store) store = setting_store_new(&example_table);
	AUTO(setting_store) again = setting_store_new(&example_table);
	static const char text[] =
		"number { yes = yes count = 3 seconds = 61s bytes = 1025 share = 0.123 }\n"
		"word { text = '${\"\\'\\\\' needed = '\\\"' path = '/a b' url = https://x\n"
		"texts = {'a,b', '{'} }\n";
	char *at[2] = {NULL, NULL};
	size_t len = 0;

	assert_int_equal(read_text(text, store, NULL), 0);
	FILE *out = open_memstream(&at[0], &len);
	setting_store_write_all(store, out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(read_text(at[0], again, NULL), 0);
	assert_string_equal(values(again)->text, "${\"'\\");
	out = open_memstream(&at[1], &len);
	setting_store_write_all(again, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(at[0], at[1]);
	free(at[0]);
	free(at[1]);
}

static void test_name_of_the_file(void **state)
{
	(void)state;
	char text[] = "x";
	struct problem problem;
	AUTO(setting_store) store = setting_store_new(&example_table);

	assert_int_equal(
		conf_reader_read(text, 1, "/a\n\x1b", store, &example_table, &problem), -EBADMSG);
	assert_string_equal(problem.text, "/a\\x0a\\x1b:1: there is no group \"x\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_file),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_empty_list),
		cmocka_unit_test(test_longest_list),
		cmocka_unit_test(test_reading_again),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_written_and_read_back),
		cmocka_unit_test(test_name_of_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
