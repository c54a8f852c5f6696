#include "settings/store.h"

#include "settings/example_table.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct example *values(const struct setting_store *store)
{
	return setting_store_values(store);
}

static int put(struct setting_store *store, const char *name, const char *written, unsigned line,
	bool begins, struct problem *problem)
{
	return setting_store_put(store, example_at(name), slice_of(written), line, begins, problem);
}

static void test_first_values(void **state)
{
	(void)state;
	AUTO(setting_store) store = setting_store_new(&example_table);
	const struct example *e = values(store);

	assert_false(e->yes);
	assert_int_equal(e->count, 10);
	assert_int_equal(e->free, 0);
	assert_int_equal(e->seconds, 900);
	assert_int_equal(e->bytes, 268435456);
	assert_true(e->share > 0.0199 && e->share < 0.0201);
	assert_int_equal(e->colour, 1);
	assert_null(e->text);
	assert_string_equal(e->needed, "x");
	assert_string_equal(e->word, "exim");
	assert_null(e->path);
	assert_null(e->url);
	assert_int_equal(e->texts.count, 0);
	assert_int_equal(e->paths.count, 0);
	for (struct setting_at at = {0}; setting_there(&example_table, at);
		at = setting_next(&example_table, at)) {
		assert_false(setting_store_origin(store, at).given);
		assert_int_equal(setting_store_origin(store, at).line, 0);
		assert_int_equal(setting_store_count(store, at), 0);
	}
}

static void test_each_kind(void **state)
{
	(void)state;
	AUTO(setting_store) store = setting_store_new(&example_table);
	char text[] = "text";

	assert_int_equal(put(store, "number.yes", "yes", 1, true, NULL), 0);
	assert_int_equal(put(store, "number.count", "20", 2, true, NULL), 0);
	assert_int_equal(put(store, "number.free", "18446744073709551615", 3, true, NULL), 0);
	assert_int_equal(put(store, "number.seconds", "2h", 4, true, NULL), 0);
	assert_int_equal(put(store, "number.bytes", "1K", 5, true, NULL), 0);
	assert_int_equal(put(store, "number.share", "0.5", 6, true, NULL), 0);
	assert_int_equal(put(store, "number.colour", "blue", 7, true, NULL), 0);
	assert_int_equal(put(store, "word.text", text, 8, true, NULL), 0);
	assert_int_equal(put(store, "word.needed", "y", 9, true, NULL), 0);
	assert_int_equal(put(store, "word.word", "w", 10, true, NULL), 0);
	assert_int_equal(put(store, "word.path", "/p", 11, true, NULL), 0);
	assert_int_equal(put(store, "word.url", "http://u", 12, true, NULL), 0);
	assert_int_equal(put(store, "word.texts", "a", 13, true, NULL), 0);
	assert_int_equal(put(store, "word.texts", "b", 14, false, NULL), 0);
	memset(text, 'X', 4); /* the store has its own */

	const struct example *e = values(store);
	assert_true(e->yes);
	assert_int_equal(e->count, 20);
	assert_true(e->free == UINT64_MAX);
	assert_int_equal(e->seconds, 7200);
	assert_int_equal(e->bytes, 1024);
	assert_true(e->share > 0.499 && e->share < 0.501);
	assert_int_equal(e->colour, 2);
	assert_string_equal(e->text, "text");
	assert_string_equal(e->needed, "y");
	assert_string_equal(e->word, "w");
	assert_string_equal(e->path, "/p");
	assert_string_equal(e->url, "http://u");
	assert_int_equal(e->texts.count, 2);
	assert_string_equal(e->texts.at[0], "a");
	assert_string_equal(e->texts.at[1], "b");
	assert_int_equal(e->paths.count, 0);

	assert_int_equal(setting_store_count(store, example_at("word.texts")), 2);
	assert_int_equal(setting_store_count(store, example_at("word.text")), 0);
	assert_true(setting_store_origin(store, example_at("word.texts")).given);
	assert_int_equal(setting_store_origin(store, example_at("word.texts")).line, 13);
	assert_int_equal(setting_store_origin(store, example_at("number.yes")).line, 1);
	assert_false(setting_store_origin(store, example_at("word.paths")).given);
}

static void test_refused(void **state)
{
	(void)state;
	AUTO(setting_store) store = setting_store_new(&example_table);
	struct problem problem = {""};

	assert_int_equal(put(store, "number.count", "21", 3, true, &problem), -EINVAL);
	assert_string_equal(problem.text, "number.count: \"21\" is above 20");
	assert_int_equal(values(store)->count, 10);
	assert_false(setting_store_origin(store, example_at("number.count")).given);
	assert_int_equal(put(store, "word.text", "12345678901", 3, true, &problem), -EINVAL);
	assert_null(values(store)->text);
}

static void test_second_value(void **state)
{
	(void)state;
	AUTO(setting_store) store = setting_store_new(&example_table);
	struct problem problem = {""};

	assert_int_equal(put(store, "number.count", "3", 5, true, NULL), 0);
	assert_int_equal(put(store, "number.count", "3", 9, true, &problem), -EINVAL);
	assert_string_equal(
		problem.text, "number.count: is given a second time, it is in line 5 already");
	assert_int_equal(put(store, "word.texts", "a", 6, true, NULL), 0);
	assert_int_equal(put(store, "word.texts", "b", 9, true, &problem), -EINVAL);
	assert_string_equal(
		problem.text, "word.texts: is given a second time, it is in line 6 already");
	assert_int_equal(values(store)->texts.count, 1);
}

static void test_longest_list(void **state)
{
	(void)state;
	AUTO(setting_store) store = setting_store_new(&example_table);
	struct problem problem = {""};

	for (unsigned i = 0; i < SETTING_LIST_MAX; i++)
		assert_int_equal(put(store, "word.texts", "a", 1, i == 0, NULL), 0);
	assert_int_equal(put(store, "word.texts", "a", 1, false, &problem), -EINVAL);
	assert_string_equal(problem.text, "word.texts: has more than 64 entries");
	assert_int_equal(values(store)->texts.count, SETTING_LIST_MAX);
}

static void test_lines_of_entries(void **state)
{
	(void)state;
	AUTO(setting_store) store = setting_store_new(&example_table);

	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(put(store, "word.texts", "a", 7 + 3 * i, i == 0, NULL), 0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(
			setting_store_entry_line(store, example_at("word.texts"), i), 7 + 3 * i);
}

static void test_empty_list(void **state)
{
	(void)state;
	AUTO(setting_store) store = setting_store_new(&example_table);

	setting_store_give_empty(store, example_at("word.texts"));
	assert_true(setting_store_origin(store, example_at("word.texts")).given);
	assert_int_equal(setting_store_origin(store, example_at("word.texts")).line, 0);
}

static void test_write(void **state)
{
	(void)state;
	AUTO(setting_store) store = setting_store_new(&example_table);
	char *at = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&at, &len);

	assert_int_equal(put(store, "number.yes", "yes", 1, true, NULL), 0);
	assert_int_equal(put(store, "word.text", "a\"b\\c'", 1, true, NULL), 0);
	assert_int_equal(put(store, "word.needed", "${a\"\\'}", 1, true, NULL), 0);
	assert_int_equal(put(store, "word.paths", "/a b", 1, true, NULL), 0);
	assert_int_equal(put(store, "word.paths", "/$x", 1, false, NULL), 0);
	setting_store_write_all(store, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(at, "number {\n"
				"\tyes = yes\n"
				"\tcount = 10\n"
				"\tfree = 0\n"
				"\tseconds = 15m\n"
				"\tbytes = 256M\n"
				"\tshare = 0.02\n"
				"\tcolour = green\n"
				"}\n"
				"word {\n"
				"\ttext = \"a\\\"b\\\\c'\"\n"
				"\tneeded = '${a\"\\\\\\'}'\n"
				"\tword = \"exim\"\n"
				"\tpath = \"\"\n"
				"\turl = \"\"\n"
				"\ttexts = {}\n"
				"\tpaths = {\"/a b\", \"/$x\"}\n"
				"}\n");
	free(at);
}

static void test_free_nothing(void **state)
{
	(void)state;
	setting_store_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_values),
		cmocka_unit_test(test_each_kind),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_second_value),
		cmocka_unit_test(test_longest_list),
		cmocka_unit_test(test_lines_of_entries),
		cmocka_unit_test(test_empty_list),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_free_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
