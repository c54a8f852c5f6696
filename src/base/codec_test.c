#include "base/codec.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct all {
	uint8_t a;
	uint16_t b;
	uint32_t c, count;
	uint64_t d;
	int64_t e;
	bool f;
	float g;
	double h;
	char text[8];
};

static void code(struct all *v, struct codec *c)
{
	codec_u8(c, &v->a);
	codec_u16(c, &v->b);
	codec_u32(c, &v->c);
	codec_count(c, &v->count, 5);
	codec_u64(c, &v->d);
	codec_i64(c, &v->e);
	codec_bool(c, &v->f);
	codec_f32(c, &v->g);
	codec_f64(c, &v->h);
	codec_text(c, v->text, sizeof(v->text));
}

static const struct all some = {
	200, 60000, 4000000000, 5, UINT64_C(1) << 63, -7, true, -0.5F, 1e300, "seven.."};

static char *written(size_t *ret_len)
{
	struct codec c = codec_writer();
	struct all v = some;

	code(&v, &c);
	return codec_take(&c, ret_len);
}

static void test_there_and_back(void **state)
{
	size_t len;
	char *bytes = written(&len);
	struct all v = {0};
	struct codec c = codec_reader((struct slice){bytes, len});

	(void)state;
	code(&v, &c);
	assert_true(codec_is_done(&c));
	assert_true(v.a == some.a && v.b == some.b && v.c == some.c && v.count == some.count);
	assert_true(v.d == some.d && v.e == some.e && v.f && v.g == some.g && v.h == some.h);
	assert_string_equal(v.text, some.text);
	/* the same bytes on every machine */
	assert_int_equal((uint8_t)bytes[1], 0x60);
	assert_int_equal((uint8_t)bytes[2], 0xea);
	free(bytes);
}

/* Cut off anywhere it fails, and what is read behind that is 0. */
static void test_cut_off(void **state)
{
	size_t len;
	char *bytes = written(&len);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		struct all v = some;
		struct codec c = codec_reader((struct slice){bytes, n});
		code(&v, &c);
		assert_false(codec_is_done(&c));
		assert_string_equal(v.text, "");
	}
	struct all v = {0};
	struct codec c = codec_reader((struct slice){bytes, len});
	codec_u8(&c, &v.a);
	assert_false(codec_is_done(&c)); /* something is left */
	free(bytes);
}

/* With that byte another, and the one before it, if `before` is not 0. */
static void check_refused(size_t at, char byte, char before)
{
	size_t len;
	char *bytes = written(&len);
	struct all v = {0};

	bytes[at] = byte;
	if (before != 0)
		bytes[at - 1] = before;
	struct codec c = codec_reader((struct slice){bytes, len});
	code(&v, &c);
	assert_false(codec_is_done(&c));
	free(bytes);
}

static void test_out_of_bounds(void **state)
{
	(void)state;
	check_refused(7, 6, 0);            /* a count over 5 */
	check_refused(27, 2, 0);           /* neither true nor false */
	check_refused(31, '\x7f', '\x80'); /* infinite */
	check_refused(47, 'x', 0);         /* a text without an end */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_out_of_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
