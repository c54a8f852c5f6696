#include "formats/log_position.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HASH "0123456789abcdef"
#define MARK " 1:2:9:3:" HASH ":" HASH

static const struct text_case {
	const char *name;
	const char *text;
	int want;
	size_t count;
} text_cases[] = {
	{"one mark", "v1" MARK, 0, 1},
	{"inside a line", "v1" MARK "+", 0, 1},
	{"two marks", "v1" MARK MARK "+", 0, 2},
	{"as many as there may be", "v1" MARK MARK MARK MARK, 0, 4},
	{"one too many", "v1" MARK MARK MARK MARK MARK, -EBADMSG, 0},
	{"largest numbers",
		"v1 "
		"18446744073709551615:18446744073709551615:18446744073709551615:"
		"18446744073709551615:" HASH ":" HASH,
		0, 1},
	{"too large a number", "v1 18446744073709551616:2:9:3:" HASH ":" HASH, -EBADMSG, 0},
	{"far too large a number", "v1 28446744073709551615:2:9:3:" HASH ":" HASH, -EBADMSG, 0},
	{"nothing read yet", "v1 1:2:9:0:0000000000000000:0000000000000000", 0, 1},
	{"nothing read, but a head", "v1 1:2:9:0:0000000000000001:0000000000000000", -EBADMSG, 0},
	{"nothing read, but a tail", "v1 1:2:9:0:0000000000000000:0000000000000001", -EBADMSG, 0},
	{"nothing read, but inside", "v1 1:2:9:0:0000000000000000:0000000000000000+", -EBADMSG, 0},
	{"no mark", "v1", -EBADMSG, 0},
	{"nothing", "", -EBADMSG, 0},
	{"another version", "v2" MARK, -EBADMSG, 0},
	{"no version", "1:2:9:3:" HASH ":" HASH, -EBADMSG, 0},
	{"zeros in front", "v1 01:2:9:3:" HASH ":" HASH, -EBADMSG, 0},
	{"an empty number", "v1 1::9:3:" HASH ":" HASH, -EBADMSG, 0},
	{"a negative number", "v1 -1:2:9:3:" HASH ":" HASH, -EBADMSG, 0},
	{"a number that is none", "v1 1:2x:9:3:" HASH ":" HASH, -EBADMSG, 0},
	{"a short hash", "v1 1:2:9:3:" HASH ":0123456789abcde", -EBADMSG, 0},
	{"a long hash", "v1 1:2:9:3:" HASH "0:" HASH, -EBADMSG, 0},
	{"a hash in capitals", "v1 1:2:9:3:0123456789ABCDEF:" HASH, -EBADMSG, 0},
	{"a number missing", "v1 1:2:3:" HASH ":" HASH, -EBADMSG, 0},
	{"cut off", "v1 1:2:9:3:" HASH, -EBADMSG, 0},
	{"a blank behind it", "v1" MARK " ", -EBADMSG, 0},
	{"two blanks between", "v1" MARK " " MARK, -EBADMSG, 0},
	{"the end of its line", "v1" MARK "\n", -EBADMSG, 0},
	{"twice inside", "v1" MARK "++", -EBADMSG, 0},
};

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(text_cases) / sizeof(text_cases[0]); i++) {
		const struct text_case *c = &text_cases[i];
		struct log_position got = {.count = 99};
		char again[LOG_POSITION_TEXT];
		int err = log_position_parse(slice_of(c->text), &got);

		if (err != c->want)
			fail_msg("%s: got %d, want %d", c->name, err, c->want);
		assert_int_equal(got.count, err == 0 ? c->count : 99);
		if (err == 0)
			assert_string_equal(log_position_text(&got, again), c->text);
	}
}

static void test_parts_of_a_mark(void **state)
{
	struct log_position got;

	(void)state;
	assert_int_equal(
		log_position_parse(slice_of("v1 5:6:8:7:000000000000000a:f00000000000000b+"), &got),
		0);
	assert_int_equal(got.marks[0].device, 5);
	assert_int_equal(got.marks[0].inode, 6);
	assert_int_equal(got.marks[0].born_ns, 8);
	assert_int_equal(got.marks[0].offset, 7);
	assert_int_equal(got.marks[0].head, 10);
	assert_true(got.marks[0].tail == 0xf00000000000000bu);
	assert_true(got.marks[0].inside);
}

static void test_longest_text_fits(void **state)
{
	struct log_mark m = {
		UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, true};
	struct log_position position = {4, {m, m, m, m}}, got;
	char at[LOG_POSITION_TEXT];

	(void)state;
	assert_int_equal(strlen(log_position_text(&position, at)), LOG_POSITION_TEXT - 1);
	assert_int_equal(log_position_parse(slice_of(at), &got), 0);
	assert_int_equal(got.count, 4);
}

/* The trail does not depend on how the bytes came. */
static void test_trail_in_any_pieces(void **state)
{
	static const size_t lengths[] = {0, 1, 100, 255, 256, 257, 511, 512, 513, 2000};
	static const size_t steps[] = {1, 7, 100, 255, 256, 257, 1999};
	char text[2000];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 31 + i / 256);
	for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
		for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
			struct log_trail whole = {0}, pieces = {0};
			struct log_mark mark = {0};
			size_t len = lengths[k], kept = log_trail_kept(len);

			log_trail_add(&whole, (struct slice){text, len});
			for (size_t at = 0; at < len; at += steps[s])
				log_trail_add(&pieces,
					slice_first((struct slice){text + at, len - at}, steps[s]));
			assert_int_equal(pieces.offset, len);
			assert_memory_equal(pieces.head, text, kept);
			assert_memory_equal(pieces.tail, text + len - kept, kept);
			log_trail_mark(&whole, &mark);
			assert_int_equal(mark.offset, len);
			assert_true(log_trail_matches(&pieces, &mark));
		}
	}
}

static void test_trail_of_another_file(void **state)
{
	char text[600];
	struct log_trail a = {0}, b = {0}, shorter = {0};
	struct log_mark mark = {0};

	(void)state;
	memset(text, 'x', sizeof(text));
	log_trail_add(&a, (struct slice){text, 600});
	log_trail_add(&shorter, (struct slice){text, 599});
	log_trail_mark(&a, &mark);
	assert_true(log_trail_matches(&a, &mark));
	assert_true(mark.head != 0 && mark.tail != 0);

	assert_false(log_trail_matches(&shorter, &mark)); /* the same bytes, another place */
	assert_true(log_trail_same_head(&shorter, &mark));

	text[255] = 'y'; /* the last of the head */
	log_trail_add(&b, (struct slice){text, 600});
	assert_false(log_trail_matches(&b, &mark));
	assert_false(log_trail_same_head(&b, &mark));

	text[255] = 'x';
	text[344] = 'y'; /* the first of the tail */
	b = (struct log_trail){0};
	log_trail_add(&b, (struct slice){text, 600});
	assert_false(log_trail_matches(&b, &mark));
	assert_true(log_trail_same_head(&b, &mark));

	text[344] = 'x';
	text[343] = 'y'; /* between the two: not kept */
	b = (struct log_trail){0};
	log_trail_add(&b, (struct slice){text, 600});
	assert_true(log_trail_matches(&b, &mark));
}

static void test_head_of_little(void **state)
{
	struct log_trail trail = {0}, other = {0}, little = {0};
	struct log_mark mark = {0};

	(void)state;
	log_trail_add(&trail, slice_of("abc"));
	log_trail_mark(&trail, &mark);
	log_trail_add(&trail, slice_of("def"));
	log_trail_add(&other, slice_of("abx"));
	log_trail_add(&little, slice_of("xy"));
	assert_true(log_trail_same_head(&trail, &mark)); /* the first three are the same */
	assert_false(log_trail_same_head(&other, &mark));
	assert_true(log_trail_same_head(&little, &mark)); /* too little to say */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_parts_of_a_mark),
		cmocka_unit_test(test_longest_text_fits),
		cmocka_unit_test(test_trail_in_any_pieces),
		cmocka_unit_test(test_trail_of_another_file),
		cmocka_unit_test(test_head_of_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
