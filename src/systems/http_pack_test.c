#include "systems/http_pack.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

static void check_unpacked(const char *packed, size_t len, const char *want, size_t want_len)
{
	z_stream z = {0};
	char *got = memory_new(want_len + 1, 1);
	Bytef *copy = memory_new(len, 1);

	memcpy(copy, packed, len);
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = copy;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)got;
	z.avail_out = (uInt)want_len + 1;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, want_len);
	assert_memory_equal(got, want, want_len);
	(void)inflateEnd(&z);
	free(copy);
	free(got);
}

static void test_there_and_back(void **state)
{
	static const size_t lengths[] = {HTTP_PACK_LEAST, 5000, 70000, 1000000};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *text = memory_new(lengths[i], 1), *packed = NULL;
		size_t len = 0;

		for (size_t k = 0; k < lengths[i]; k++)
			text[k] = "null,17,"[k * k / 5 % 8];
		assert_true(http_pack((struct slice){text, lengths[i]}, &packed, &len));
		assert_true(len < lengths[i] / 2);
		check_unpacked(packed, len, text, lengths[i]);
		free(packed);
		free(text);
	}
}

static void test_not_worth_it(void **state)
{
	char few[HTTP_PACK_LEAST - 1], noise[4096], *packed = NULL;
	uint64_t x = 88172645463325252U;
	size_t len = 0;

	(void)state;
	memset(few, 'a', sizeof(few));
	assert_false(http_pack((struct slice){few, sizeof(few)}, &packed, &len));
	for (size_t i = 0; i < sizeof(noise); i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		noise[i] = (char)(x >> 24);
	}
	assert_false(http_pack((struct slice){noise, sizeof(noise)}, &packed, &len));
	assert_null(packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_not_worth_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
