#include "systems/line_blocks.h"

#include "systems/log_line.h"
#include "tests/packing.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SIZE ((size_t)4 << 20)

static char text[SIZE], packed[SIZE + SIZE / 2], got[SIZE];

/* Lines of many lengths; every line says where it begins. */
static int fill_text(void **state)
{
	size_t at = 0, wanted = 1;

	(void)state;
	memset(text, 'x', SIZE);
	while (at + 10 < SIZE) {
		(void)snprintf(text + at, 10, "%08zx", at);
		text[at + 8] = ' ';
		at += 9 + wanted;
		wanted = (wanted * 7 + 3) % 977;
		if (at < SIZE)
			text[at++] = '\n';
	}
	memset(text + SIZE - 5, '.', 5);
	text[SIZE - 1] = '\n';
	return 0;
}

struct reading {
	size_t len;
	int err;
	struct line_blocks_counts counts;
};

/* All blocks, one behind the other, into got. */
static struct reading read_all(int fd)
{
	AUTO(line_blocks) blocks = line_blocks_new(fd);
	struct reading r = {0};
	struct slice block;

	while ((r.err = line_blocks_next(blocks, &block)) == 0 && block.len > 0) {
		assert_int_equal(block.at[block.len - 1], '\n');
		assert_true(r.len + block.len <= SIZE);
		memcpy(got + r.len, block.at, block.len);
		r.len += block.len;
	}
	assert_int_equal((line_blocks_damage(blocks) != NULL), (r.err != 0));
	block.len = 77;
	assert_int_equal(line_blocks_next(blocks, &block), r.err);
	assert_int_equal(block.len, r.err == 0 ? 0 : 77);
	r.counts = line_blocks_counts(blocks);
	return r;
}

static void assert_all(struct reading r, size_t want)
{
	assert_int_equal(r.err, 0);
	assert_int_equal(r.len, want);
	assert_memory_equal(got, text, want);
	assert_int_equal(r.counts.long_lines, 0);
	assert_int_equal(r.counts.long_bytes, 0);
	assert_int_equal(r.counts.unfinished, 0);
	assert_int_equal(r.counts.unpacked, want);
}

static void test_every_packing(void **state)
{
	(void)state;
	struct reading r = read_all(file_of(text, SIZE));
	assert_all(r, SIZE);
	assert_int_equal(r.counts.used, SIZE);

	size_t n = pack_gzip(text, SIZE, packed, sizeof(packed));
	r = read_all(file_of(packed, n));
	assert_all(r, SIZE);
	assert_int_equal(r.counts.used, n);

	n = pack_zstd(text, SIZE, packed, sizeof(packed));
	r = read_all(file_of(packed, n));
	assert_all(r, SIZE);
	assert_int_equal(r.counts.used, n);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_all(read_all(file_of("", 0)), 0);
	assert_all(read_all(file_of(packed, pack_gzip("", 0, packed, sizeof(packed)))), 0);
}

static void test_unfinished(void **state)
{
	(void)state;
	struct reading r = read_all(file_of("one\ntwo\nthr", 11));
	assert_int_equal(r.len, 8);
	assert_memory_equal(got, "one\ntwo\n", 8);
	assert_int_equal(r.counts.unfinished, 3);

	r = read_all(file_of("thr", 3));
	assert_int_equal(r.err, 0);
	assert_int_equal(r.len, 0);
	assert_int_equal(r.counts.unfinished, 3);
}

/* A line of every length around the bounds, at places where it does and does not cross a block. */
static void test_long_lines(void **state)
{
	static const size_t lengths[] = {LOG_LINE_MAX - 1, LOG_LINE_MAX, LOG_LINE_MAX + 1,
		LOG_LINE_MAX * 4, LOG_LINE_MAX * 5, LOG_LINE_MAX * 20};
	static const size_t begins[] = {
		0, 10, LOG_LINE_MAX * 3 - 1, LOG_LINE_MAX * 3, LOG_LINE_MAX * 4 - 10};
	static char input[SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (size_t k = 0; k < sizeof(begins) / sizeof(begins[0]); k++) {
			size_t begin = begins[k], end = begin + lengths[i];
			memset(input, 'b', SIZE);
			if (begin > 0)
				input[begin - 1] = '\n';
			input[end] = '\n';
			put_bytes_at(input + end + 1, "after\n", 6);
			for (size_t at = 1; at < begin; at += 100)
				input[at] = '\n';
			struct reading r = read_all(file_of(input, end + 7));
			assert_int_equal(r.err, 0);
			assert_memory_equal(got, input, begin);
			assert_memory_equal(got + r.len - 6, "after\n", 6);
			if (r.counts.long_lines == 0) {
				assert_int_equal(r.len, end + 7);
				continue;
			}
			assert_true(lengths[i] > LOG_LINE_MAX);
			assert_int_equal(r.counts.long_lines, 1);
			assert_int_equal(r.counts.long_bytes, lengths[i] + 1);
			assert_int_equal(r.len, begin + 6);
		}
	}
}

static void test_long_line_without_end(void **state)
{
	static char input[LOG_LINE_MAX * 10];

	(void)state;
	memset(input, 'b', sizeof(input));
	input[2] = '\n';
	struct reading r = read_all(file_of(input, sizeof(input)));
	assert_int_equal(r.len, 3);
	assert_int_equal(r.counts.long_lines, 1);
	assert_int_equal(r.counts.long_bytes, sizeof(input) - 3);
	assert_int_equal(r.counts.unfinished, 0);
}

static void test_damage_comes_last(void **state)
{
	size_t n = pack_gzip(text, SIZE, packed, sizeof(packed));

	(void)state;
	struct reading r = read_all(file_of(packed, n / 2));
	assert_int_equal(r.err, -ENODATA);
	assert_true(r.len > SIZE / 4);
	assert_memory_equal(got, text, r.len);
	assert_int_equal(r.counts.used, n / 2);
	assert_int_equal(r.counts.unpacked, r.len + r.counts.unfinished);

	packed[n / 2] ^= 0x11;
	r = read_all(file_of(packed, n));
	assert_int_equal(r.err, -EBADMSG);
	assert_true(r.len > SIZE / 4);
	assert_memory_equal(got, text, SIZE / 4);

	r = read_all(open("/", O_RDONLY | O_CLOEXEC));
	assert_int_equal(r.err, -EISDIR);
	assert_int_equal(r.len, 0);
}

/* Given up at any block, and before the first: nothing hangs, nothing is lost (sanitizers). */
static void test_given_up(void **state)
{
	size_t n = pack_zstd(text, SIZE, packed, sizeof(packed));

	(void)state;
	for (unsigned blocks = 0; blocks < 18; blocks++) {
		AUTO(line_blocks) b = line_blocks_new(file_of(packed, n));
		struct slice block;
		for (unsigned i = 0; i < blocks; i++)
			assert_int_equal(line_blocks_next(b, &block), 0);
	}
}

/* A caller who is slower than unpacking finds his block as it was given to him. */
static void test_slow_caller(void **state)
{
	size_t sum = 0, n = pack_zstd(text, SIZE, packed, sizeof(packed));
	AUTO(line_blocks) blocks = line_blocks_new(file_of(packed, n));
	struct slice block;

	(void)state;
	while (line_blocks_next(blocks, &block) == 0 && block.len > 0) {
		(void)usleep(5000);
		assert_memory_equal(block.at, text + sum, block.len);
		sum += block.len;
	}
	assert_int_equal(sum, SIZE);
}

/* No thread can be made where there is no room for its stack. */
static void test_without_a_thread(void **state)
{
	pthread_attr_t before, huge;
	size_t n = pack_gzip(text, SIZE, packed, sizeof(packed));

	(void)state;
	assert_int_equal(pthread_getattr_default_np(&before), 0);
	assert_int_equal(pthread_attr_init(&huge), 0);
	assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 50), 0);
	assert_int_equal(pthread_setattr_default_np(&huge), 0);
	assert_all(read_all(file_of(packed, n)), SIZE);
	assert_int_equal(pthread_setattr_default_np(&before), 0);
	(void)pthread_attr_destroy(&huge);
	(void)pthread_attr_destroy(&before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_packing),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_long_line_without_end),
		cmocka_unit_test(test_damage_comes_last),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_slow_caller),
		cmocka_unit_test(test_without_a_thread),
	};

	return cmocka_run_group_tests(tests, fill_text, NULL);
}
