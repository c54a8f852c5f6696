#include "settings/row.h"

#include "settings/example_table.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order one reads it */
static const struct read_case {
	const char *row;
	const char *written;
	const char *want_problem; /* NULL: it is read */
	uint64_t want_number;
} read_cases[] = {
	{"number.yes", "yes", NULL, 1},
	{"number.yes", "no", NULL, 0},
	{"number.yes", "true", "number.yes: \"true\" is neither yes nor no", 0},
	{"number.yes", "Yes", "number.yes: \"Yes\" is neither yes nor no", 0},
	{"number.yes", "", "number.yes: \"\" is neither yes nor no", 0},

	{"number.count", "2", NULL, 2},
	{"number.count", "20", NULL, 20},
	{"number.count", "1", "number.count: \"1\" is below 2", 0},
	{"number.count", "21", "number.count: \"21\" is above 20", 0},
	{"number.count", "99999999999999999999",
		"number.count: \"99999999999999999999\" is above 20", 0},
	{"number.count", "ten", "number.count: \"ten\" is no number", 0},
	{"number.count", "10s", "number.count: \"10s\" is no number", 0},
	{"number.count", "-5", "number.count: \"-5\" is no number", 0},
	{"number.count", "", "number.count: \"\" is no number", 0},
	{"number.free", "0", NULL, 0},
	{"number.free", "18446744073709551615", NULL, UINT64_MAX},
	{"number.free", "18446744073709551616",
		"number.free: \"18446744073709551616\" is too large", 0},

	{"number.seconds", "60", NULL, 60},
	{"number.seconds", "1m", NULL, 60},
	{"number.seconds", "2h", NULL, 7200},
	{"number.seconds", "59s", "number.seconds: \"59s\" is below 1m", 0},
	{"number.seconds", "7201s", "number.seconds: \"7201s\" is above 2h", 0},
	{"number.seconds", "99999999w", "number.seconds: \"99999999w\" is above 2h", 0},
	{"number.seconds", "5M",
		"number.seconds: \"5M\" is no time such as 90s, 15m, 2h, 30d or 1w", 0},
	{"number.seconds", "15 m",
		"number.seconds: \"15 m\" is no time such as 90s, 15m, 2h, 30d or 1w", 0},

	{"number.bytes", "1024", NULL, 1024},
	{"number.bytes", "1G", NULL, 1073741824},
	{"number.bytes", "1023", "number.bytes: \"1023\" is below 1K", 0},
	{"number.bytes", "1073741825", "number.bytes: \"1073741825\" is above 1G", 0},
	{"number.bytes", "15s", "number.bytes: \"15s\" is no size such as 500, 10K, 256M or 1G", 0},

	{"number.colour", "red", NULL, 0},
	{"number.colour", "blue", NULL, 2},
	{"number.colour", "Red", "number.colour: \"Red\" is none of red, green, blue", 0},
	{"number.colour", "", "number.colour: \"\" is none of red, green, blue", 0},
	{"number.colour", "r\x1b[2J", "number.colour: \"r\\x1b[2J\" is none of red, green, blue",
		0},
};

static const struct setting_row *row_of(const char *name)
{
	return setting_row(&example_table, example_at(name));
}

static void assert_problem(const char *row, const char *written, int r,
	const struct problem *problem, const char *want)
{
	if (r != (want != NULL ? -EINVAL : 0) ||
		strcmp(problem->text, want != NULL ? want : "") != 0)
		fail_msg("%s = \"%s\": got %d, \"%s\", want \"%s\"", row, written, r, problem->text,
			want != NULL ? want : "");
}

static void test_numbers_and_choices(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(read_cases) / sizeof(read_cases[0]); i++) {
		const struct read_case *c = &read_cases[i];
		struct setting_value v = {.number = 77};
		struct problem problem = {""};
		int r = setting_read(row_of(c->row), slice_of(c->written), &v, &problem);
		assert_problem(c->row, c->written, r, &problem, c->want_problem);
		assert_true(v.number == (r == 0 ? c->want_number : 77));
	}
}

static const struct share_case {
	const char *written;
	const char *want_problem;
	double want_share;
} share_cases[] = {
	{"0.01", NULL, 0.01},
	{"0.5", NULL, 0.5},
	{"0.009999999999", "number.share: \"0.009999999999\" is below 0.01", 0},
	{"0.500000000001", "number.share: \"0.500000000001\" is above 0.5", 0},
	{"2", "number.share: \"2\" is above 0.5", 0},
	{"2%", "number.share: \"2%\" is no share from 0 to 1 such as 0.02", 0},
	{"nan", "number.share: \"nan\" is no share from 0 to 1 such as 0.02", 0},
};

static void test_shares(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(share_cases) / sizeof(share_cases[0]); i++) {
		const struct share_case *c = &share_cases[i];
		struct setting_value v = {.share = 77};
		struct problem problem = {""};
		int r = setting_read(row_of("number.share"), slice_of(c->written), &v, &problem);
		assert_problem("number.share", c->written, r, &problem, c->want_problem);
		double off = v.share - (r == 0 ? c->want_share : 77);
		assert_true(off < 1e-15 && off > -1e-15);
	}
}

#define TEN  "1234567890"
#define WORD TEN TEN TEN TEN TEN TEN "1234" /* SETTING_WORD_MAX bytes */
#define NOT_A_WORD                                                                                 \
	" is no word of at most 64 letters, digits, '_', '-' and '.' that begins with none of "    \
	"the last two"
#define NOT_A_URL " is no URL such as http://127.0.0.1:11333"

static const struct text_case {
	const char *row;
	const char *written;
	const char *want_problem;
} text_cases[] = {
	{"word.text", "", NULL},
	{"word.text", TEN, NULL},
	{"word.text", "a \xf6 \"x", NULL},
	{"word.text", TEN "x", "word.text: \"1234567890x\" is longer than 10 bytes"},
	{"word.needed", "", "word.needed: must not be empty"},
	{"word.texts", "", "word.texts: must not be empty"},
	{"word.texts", "a b", NULL},
	{"word.word", "Debian-exim", NULL},
	{"word.word", "_a.b-C9", NULL},
	{"word.word", WORD, NULL},
	{"word.word", WORD "x", "word.word: \"" WORD "x\"" NOT_A_WORD},
	{"word.word", "-C", "word.word: \"-C\"" NOT_A_WORD},
	{"word.word", "..", "word.word: \"..\"" NOT_A_WORD},
	{"word.word", "a/b", "word.word: \"a/b\"" NOT_A_WORD},
	{"word.word", "a b", "word.word: \"a b\"" NOT_A_WORD},
	{"word.word", "\xc3\xb6", "word.word: \"\xc3\xb6\"" NOT_A_WORD},
	{"word.word", "", "word.word: must not be empty"},
	{"word.path", "", NULL},
	{"word.path", "/", NULL},
	{"word.path", "/a b", NULL},
	{"word.path", "a/b", "word.path: \"a/b\" is no absolute path: it must begin with /"},
	{"word.path", "~/b", "word.path: \"~/b\" is no absolute path: it must begin with /"},
	{"word.paths", "x", "word.paths: \"x\" is no absolute path: it must begin with /"},
	{"word.url", "", NULL},
	{"word.url", "http://127.0.0.1:11333", NULL},
	{"word.url", "https://rspamd.test/controller", NULL},
	{"word.url", "http://[::1]:11333", NULL},
	{"word.url", "http:", "word.url: \"http:\"" NOT_A_URL},
	{"word.url", "http://", "word.url: \"http://\"" NOT_A_URL},
	{"word.url", "http:///x", "word.url: \"http:///x\"" NOT_A_URL},
	{"word.url", "http://:80", "word.url: \"http://:80\"" NOT_A_URL},
	{"word.url", "ftp://a", "word.url: \"ftp://a\"" NOT_A_URL},
	{"word.url", "127.0.0.1:11333", "word.url: \"127.0.0.1:11333\"" NOT_A_URL},
	{"word.url", "http://a b", "word.url: \"http://a b\"" NOT_A_URL},
	{"word.url", "http://a\x7f", "word.url: \"http://a\\x7f\"" NOT_A_URL},
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(text_cases) / sizeof(text_cases[0]); i++) {
		const struct text_case *c = &text_cases[i];
		struct setting_value v = {.number = 77};
		struct problem problem = {""};
		int r = setting_read(row_of(c->row), slice_of(c->written), &v, &problem);
		assert_problem(c->row, c->written, r, &problem, c->want_problem);
		if (r == 0)
			assert_true(slice_is(v.text, c->written));
		else
			assert_true(v.number == 77);
	}
}

static int read_long(const char *row, size_t len)
{
	struct setting_value v;
	char *text = malloc(len);

	assert_non_null(text);
	memset(text, '/', len);
	int r = setting_read(row_of(row), (struct slice){text, len}, &v, NULL);
	free(text);
	return r;
}

static void test_longest_texts(void **state)
{
	(void)state;
	assert_int_equal(read_long("word.needed", SETTING_TEXT_MAX), 0);
	assert_int_equal(read_long("word.needed", SETTING_TEXT_MAX + 1), -EINVAL);
	assert_int_equal(read_long("word.path", SETTING_PATH_MAX), 0);
	assert_int_equal(read_long("word.path", SETTING_PATH_MAX + 1), -EINVAL);
}

static void test_names(void **state)
{
	(void)state;
	assert_true(slice_is(setting_row_group(row_of("number.yes")), "number"));
	assert_string_equal(setting_row_own_name(row_of("number.yes")), "yes");
}

static const struct range_case {
	const char *row;
	const char *want;
} range_cases[] = {
	{"number.yes", "yes or no"},
	{"number.count", "a number from 2 to 20"},
	{"number.free", "a number"},
	{"number.seconds", "a time from 1m to 2h"},
	{"number.bytes", "a size from 1K to 1G"},
	{"number.share", "a share from 0.01 to 0.5"},
	{"number.colour", "red or green or blue"},
	{"word.text", "a text"},
	{"word.word", "a word"},
	{"word.path", "an absolute path"},
	{"word.url", "a URL"},
	{"word.texts", "a list of texts"},
	{"word.paths", "a list of absolute paths"},
};

static void test_ranges(void **state)
{
	(void)state;
	char at[SETTING_RANGE_TEXT];

	for (size_t i = 0; i < sizeof(range_cases) / sizeof(range_cases[0]); i++)
		assert_string_equal(
			setting_range_text(row_of(range_cases[i].row), at), range_cases[i].want);
	struct setting_row half = *row_of("number.count");
	half.most = NULL;
	assert_string_equal(setting_range_text(&half, at), "a number from 2");
	half.most = "9";
	half.least = NULL;
	assert_string_equal(setting_range_text(&half, at), "a number from 0 to 9");
	half.kind = SETTING_WORD;
	half.is_list = true;
	assert_string_equal(setting_range_text(&half, at), "a list of words");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_and_choices),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_longest_texts),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
