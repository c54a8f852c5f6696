/* packing.h - text packed for a test. Each function writes to at[0..size-1] and returns the bytes;
 * what does not fit ends the test. */
#ifndef STANCH_TESTS_PACKING_H
#define STANCH_TESTS_PACKING_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

static inline size_t pack_gzip(const void *text, size_t len, void *at, size_t size)
{
	z_stream z = {0};

	if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = (unsigned char *)(uintptr_t)text;
	z.avail_in = (unsigned)len;
	z.next_out = at;
	z.avail_out = (unsigned)size;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	(void)deflateEnd(&z);
	return size - z.avail_out;
}

static inline size_t pack_zstd(const void *text, size_t len, void *at, size_t size)
{
	size_t n = ZSTD_compress(at, size, text, len, 3);

	if (ZSTD_isError(n))
		abort();
	return n;
}

/* Bytes, and no NUL behind them. */
static inline void put_bytes_at(char *at, const char *bytes, size_t len)
{
	memcpy(at, bytes, len);
}

/* A file in memory that holds the bytes, to be read from its start. */
static inline int file_of(const void *bytes, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	if (fd < 0)
		abort();
	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, (const char *)bytes + at, len - at);
		if (n <= 0)
			abort();
		at += (size_t)n;
	}
	if (lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

#endif
