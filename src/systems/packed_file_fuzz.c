/* Laws: what was packed comes out again, read in any pieces; bytes that nobody packed are given as
 * they are or refused, in any pieces with the same text and the same answer; no more bytes are used
 * than there are.
 *
 * The first byte says what is done with the rest, the second the size of the pieces. */
#include "systems/packed_file.h"

#include "tests/packing.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define OUT_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char packed[OUT_MAX], one[OUT_MAX], other[OUT_MAX];

static void must(bool law)
{
	if (!law)
		abort();
}

static int read_all(const void *bytes, size_t len, size_t step, char *at, size_t *ret_len)
{
	AUTO(packed_file) file = packed_file_new(file_of(bytes, len));
	size_t n, sum = 0;
	int err;

	while ((err = packed_file_read(
			file, at + sum, step < OUT_MAX - sum ? step : OUT_MAX - sum, &n)) == 0 &&
		n > 0) {
		sum += n;
		if (sum == OUT_MAX)
			break;
	}
	must((packed_file_damage(file) != NULL) == (err != 0) || sum == OUT_MAX);
	must(packed_file_used(file) <= len);
	must(packed_file_given(file) == sum);
	*ret_len = sum;
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t a, b;

	if (size < 2 || size > 65536)
		return 0;
	const uint8_t *rest = data + 2;
	size_t len = size - 2, step = (size_t)data[1] * 37 + 1;

	if (data[0] % 3 == 0) {
		int err = read_all(rest, len, step, one, &a);
		must(read_all(rest, len, 65536, other, &b) == err);
		must(a == b && memcmp(one, other, a) == 0);
		return 0;
	}
	size_t n = data[0] % 3 == 1 ? pack_gzip(rest, len, packed, sizeof(packed))
				    : pack_zstd(rest, len, packed, sizeof(packed));
	must(read_all(packed, n, step, one, &a) == 0);
	must(a == len && memcmp(one, rest, a) == 0);
	return 0;
}
