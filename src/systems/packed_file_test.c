#include "systems/packed_file.h"

#include "tests/packing.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SIZE ((size_t)1 << 20)

static char text[SIZE], packed[SIZE * 2], got[SIZE * 2];

static int fill_text(void **state)
{
	unsigned chance = 1;

	(void)state;
	for (size_t i = 0; i < SIZE; i++) {
		chance = chance * 1103515245 + 12345;
		text[i] = "abcdefghijklmnopqrstuvwxyz"[(chance >> 16) % 26];
		if (i % 80 == 79)
			text[i] = '\n';
	}
	return 0;
}

/* Reads all of a file of these bytes, `step` at a time, into got. Returns the last answer. */
static int read_all(const void *bytes, size_t len, size_t step, size_t *ret_len, uint64_t *ret_used)
{
	AUTO(packed_file) file = packed_file_new(file_of(bytes, len));
	size_t n;
	int err;

	*ret_len = 0;
	while ((err = packed_file_read(file, got + *ret_len, step, &n)) == 0 && n > 0)
		*ret_len += n;
	n = 99;
	assert_int_equal(packed_file_read(file, got + *ret_len, step, &n), err);
	assert_int_equal(n, err == 0 ? 0 : 99);
	assert_int_equal(packed_file_given(file), *ret_len);
	if ((packed_file_damage(file) != NULL) != (err != 0))
		fail_msg("answer %d and \"%s\"", err, packed_file_damage(file));
	*ret_used = packed_file_used(file);
	return err;
}

static void assert_text(const void *bytes, size_t len, size_t want)
{
	static const size_t steps[] = {65536, 1000000, 4097};
	uint64_t used;
	size_t n;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_int_equal(read_all(bytes, len, steps[i], &n, &used), 0);
		assert_int_equal(n, want);
		assert_memory_equal(got, text, want);
		assert_int_equal(used, len);
	}
}

static void test_every_packing(void **state)
{
	static const size_t lengths[] = {0, 1, 5, 6, 7, 4096, SIZE};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t len = lengths[i];
		assert_text(text, len, len);
		assert_text(packed, pack_gzip(text, len, packed, sizeof(packed)), len);
		assert_text(packed, pack_zstd(text, len, packed, sizeof(packed)), len);
	}
}

static void test_one_byte_at_a_time(void **state)
{
	uint64_t used;
	size_t n, len = pack_gzip(text, 5000, packed, sizeof(packed));

	(void)state;
	assert_int_equal(read_all(packed, len, 1, &n, &used), 0);
	assert_int_equal(n, 5000);
	assert_memory_equal(got, text, 5000);
	len = pack_zstd(text, 5000, packed, sizeof(packed));
	assert_int_equal(read_all(packed, len, 1, &n, &used), 0);
	assert_int_equal(n, 5000);
	assert_memory_equal(got, text, 5000);
}

static void test_one_behind_the_other(void **state)
{
	size_t n = pack_gzip(text, 1000, packed, sizeof(packed));

	(void)state;
	n += pack_gzip("", 0, packed + n, sizeof(packed) - n);
	n += pack_gzip(text + 1000, 99000, packed + n, sizeof(packed) - n);
	assert_text(packed, n, 100000);
	memset(packed + n, 0, 512);
	assert_text(packed, n + 512, 100000);
	memset(packed + n, 0, 300000); /* more than is read at once */
	assert_text(packed, n + 300000, 100000);

	/* a frame to skip, as pzstd writes them */
	put_bytes_at(packed, "\x50\x2a\x4d\x18\x04\x00\x00\x00????", 12);
	n = 12;
	n += pack_zstd(text, 1000, packed + n, sizeof(packed) - n);
	n += pack_zstd("", 0, packed + n, sizeof(packed) - n);
	n += pack_zstd(text + 1000, 99000, packed + n, sizeof(packed) - n);
	put_bytes_at(packed + n, "\x5f\x2a\x4d\x18\x00\x00\x00\x00", 8);
	assert_text(packed, n + 8, 100000);
	put_bytes_at(packed, "\x5f\x2a\x4d\x18\x04\x00\x00\x00????", 12);
	assert_text(packed, n + 8, 100000);
}

/* Every place where a file can be cut off, in a short one, and some in a long one. */
static void test_cut_off(void **state)
{
	size_t (*const packers[])(const void *, size_t, void *, size_t) = {pack_gzip, pack_zstd};
	/* of so many bytes the packing is not known, and they are text */
	static const size_t least[] = {2, 4};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		size_t n, before = 0, len = packers[k](text, 3000, packed, sizeof(packed));
		uint64_t used;
		for (size_t cut = least[k]; cut < len; cut++) {
			assert_int_equal(read_all(packed, cut, 700, &n, &used), -ENODATA);
			assert_true(n <= 3000 && n >= before);
			assert_memory_equal(got, text, n);
			assert_int_equal(used, cut);
			before = n;
		}
		len = packers[k](text, SIZE, packed, sizeof(packed));
		assert_int_equal(read_all(packed, len / 2, 65536, &n, &used), -ENODATA);
		assert_true(n > SIZE / 4);
		assert_memory_equal(got, text, n);
	}
}

static void test_damaged(void **state)
{
	uint64_t used;
	size_t n, len = pack_gzip(text, SIZE, packed, sizeof(packed));

	(void)state;
	packed[len / 2] ^= 0x55;
	assert_int_equal(read_all(packed, len, 65536, &n, &used), -EBADMSG);
	assert_true(n > SIZE / 4);
	assert_memory_equal(got, text, SIZE / 4);
	assert_true(used >= len / 2);

	/* only the check sum is wrong: the text was given before it could be known */
	len = pack_gzip(text, 3000, packed, sizeof(packed));
	packed[len - 8] ^= 1;
	assert_int_equal(read_all(packed, len, 65536, &n, &used), -EBADMSG);
	assert_int_equal(n, 3000);

	len = pack_zstd(text, SIZE, packed, sizeof(packed));
	packed[len / 2] ^= 0x55;
	packed[len / 2 + 1] ^= 0x55;
	memset(packed + len / 2, 0xff, 2000);
	assert_int_equal(read_all(packed, len, 65536, &n, &used), -EBADMSG);
	assert_true(n > SIZE / 8);
	assert_memory_equal(got, text, SIZE / 8);
}

/* What is given before damage does not depend on the size of the pieces. */
static void test_damaged_in_any_pieces(void **state)
{
	static const size_t steps[] = {1, 700, 1185, 4096, 65536, SIZE};
	size_t (*const packers[])(const void *, size_t, void *, size_t) = {pack_gzip, pack_zstd};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		size_t len = packers[k](text, SIZE / 2, packed, sizeof(packed));
		memset(packed + len - 110000, 0xff, 100000); /* of a block or two of zstd's */
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			static size_t first;
			uint64_t used;
			size_t n;
			assert_int_equal(read_all(packed, len, steps[i], &n, &used), -EBADMSG);
			first = i == 0 ? n : first;
			assert_int_equal(n, first);
			assert_true(n > SIZE / 8);
			assert_memory_equal(got, text, SIZE / 8);
		}
	}
}

static void check_any_pieces(size_t len)
{
	static const size_t steps[] = {SIZE, 1185, 186, 64};
	size_t first = 0;
	int first_err = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		uint64_t used;
		size_t n;
		int err = read_all(packed, len, steps[i], &n, &used);

		first = i == 0 ? n : first;
		first_err = i == 0 ? err : first_err;
		if (n != first || err != first_err)
			fail_msg("%zu: %zu %d, %zu %d", len, n, err, first, first_err);
	}
}

/* The same with text that packs well, so that much of it waits in the unpacker: cut off at each
 * place, and damaged at each. */
static void test_packs_well_in_any_pieces(void **state)
{
	size_t (*const packers[])(const void *, size_t, void *, size_t) = {pack_gzip, pack_zstd};
	static char even[150000], whole[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(even); i++)
		even[i] = "0123456789"[i / 1000 % 10];
	for (size_t k = 0; k < 2; k++) {
		size_t len = packers[k](even, sizeof(even), whole, sizeof(whole));
		for (size_t at = 4; at < len; at++) {
			memcpy(packed, whole, len);
			packed[at] ^= 0x55;
			check_any_pieces(len);
			check_any_pieces(at);
		}
	}
}

static void test_something_behind(void **state)
{
	uint64_t used;
	size_t n, len = pack_gzip(text, 3000, packed, sizeof(packed));

	(void)state;
	put_bytes_at(packed + len, "some text", 9);
	assert_int_equal(read_all(packed, len + 9, 65536, &n, &used), -EBADMSG);
	assert_int_equal(n, 3000);
	len = pack_zstd(text, 3000, packed, sizeof(packed));
	put_bytes_at(packed + len, "some text", 9);
	assert_int_equal(read_all(packed, len + 9, 65536, &n, &used), -EBADMSG);
	assert_int_equal(n, 3000);
}

static const struct foreign_case {
	const char *bytes;
	size_t len;
	int want;
} foreign_cases[] = {
	{"\xfd"
	 "7zXZ\0....",
		10, -EPROTONOSUPPORT},
	{"BZh91AY&SY", 10, -EPROTONOSUPPORT},
	{"\x1f\x9d\x90....", 7, -EPROTONOSUPPORT},
	{"\x04\x22\x4d\x18....", 8, -EPROTONOSUPPORT},
	{"BZ", 2, 0},
	{"\x1f", 1, 0},
	{"\x28\xb5\x2f", 3, 0},
	{"\x40\x2a\x4d\x18....", 8, 0},
	{"\x50\x2a\x4d\x19....", 8, 0},
	{"\x1f\x8c......", 8, 0},
	{"plain", 5, 0},
};

static void test_foreign_packers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(foreign_cases) / sizeof(foreign_cases[0]); i++) {
		const struct foreign_case *c = &foreign_cases[i];
		uint64_t used;
		size_t n;
		int err = read_all(c->bytes, c->len, 100, &n, &used);

		if (err != c->want || n != (err == 0 ? c->len : 0))
			fail_msg("%s: got %d and %zu bytes", c->bytes, err, n);
	}
}

static void test_is_packed(void **state)
{
	size_t n, len = pack_gzip(text, 3000, packed, sizeof(packed));
	AUTO(packed_file) gzip = packed_file_new(file_of(packed, len));
	AUTO(packed_file) plain = packed_file_new(file_of(text, 100));

	(void)state;
	assert_false(packed_file_is_packed(gzip));
	assert_int_equal(packed_file_read(gzip, got, 10, &n), 0);
	assert_true(packed_file_is_packed(gzip));
	assert_int_equal(packed_file_read(plain, got, 10, &n), 0);
	assert_false(packed_file_is_packed(plain));
	assert_int_equal(packed_file_used(plain), 10);
}

static void test_window_too_large(void **state)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	uint64_t used;
	size_t n;

	(void)state;
	assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, 28)));
	assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0)));
	ZSTD_inBuffer in = {text, 3000, 0};
	ZSTD_outBuffer out = {packed, sizeof(packed), 0};
	assert_false(ZSTD_isError(ZSTD_compressStream2(c, &out, &in, ZSTD_e_flush)));
	assert_int_equal(ZSTD_compressStream2(c, &out, &in, ZSTD_e_end), 0);
	(void)ZSTD_freeCCtx(c);
	assert_int_equal(read_all(packed, out.pos, 100, &n, &used), -ENOMEM);
	assert_int_equal(n, 0);
}

static void test_not_readable(void **state)
{
	AUTO(packed_file) file = packed_file_new(open("/", O_RDONLY | O_CLOEXEC));
	char at[10];
	size_t n = 99;

	(void)state;
	assert_int_equal(packed_file_read(file, at, sizeof(at), &n), -EISDIR);
	assert_int_equal(packed_file_read(file, at, sizeof(at), &n), -EISDIR);
	assert_int_equal(n, 99);
	assert_string_equal(packed_file_damage(file), "it cannot be read");
}

static void test_pipe(void **state)
{
	int ends[2];
	size_t n, sum = 0;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	size_t len = pack_gzip(text, 3000, packed, sizeof(packed));
	AUTO(packed_file) file = packed_file_new(ends[0]);
	/* in small pieces, the first shorter than what tells a packer */
	assert_int_equal(write(ends[1], packed, 1), 1);
	assert_int_equal(write(ends[1], packed + 1, len - 1), len - 1);
	close(ends[1]);
	while (packed_file_read(file, got + sum, 100, &n) == 0 && n > 0)
		sum += n;
	assert_int_equal(sum, 3000);
	assert_memory_equal(got, text, 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_packing),
		cmocka_unit_test(test_one_byte_at_a_time),
		cmocka_unit_test(test_one_behind_the_other),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_damaged_in_any_pieces),
		cmocka_unit_test(test_packs_well_in_any_pieces),
		cmocka_unit_test(test_something_behind),
		cmocka_unit_test(test_foreign_packers),
		cmocka_unit_test(test_is_packed),
		cmocka_unit_test(test_window_too_large),
		cmocka_unit_test(test_not_readable),
		cmocka_unit_test(test_pipe),
	};

	return cmocka_run_group_tests(tests, fill_text, NULL);
}
