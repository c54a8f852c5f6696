#include "systems/packed_file.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* Bytes read from a packed file at once: what a disk reads ahead for one file. */
#define INPUT_BYTES ((size_t)128 << 10)

/* Bytes of the next block's header, which zstd asks for together with a block. */
#define BLOCK_HEADER 3

/* Bytes of the longest beginning that tells a packer. */
#define MAGIC_MAX 6

enum packing { NOT_LOOKED, PLAIN, GZIP, ZSTD, FOREIGN };

struct packed_file {
	int fd;
	enum packing packing;
	bool no_more;       /* the file's end was read */
	bool between;       /* no member or frame is begun */
	bool held;          /* there may be unpacked text for which there was no room */
	int err;            /* the answer from now on */
	const char *damage; /* the same in words */
	uint64_t read, given;
	char *input; /* of INPUT_BYTES */
	size_t begin, end;
	z_stream gzip;
	ZSTD_DStream *zstd;
	size_t wanted; /* bytes that zstd asks for next */
};

struct packed_file *packed_file_new(int fd)
{
	struct packed_file *file = memory_new(1, sizeof(*file));

	file->fd = fd;
	file->between = true;
	file->input = memory_grow(NULL, INPUT_BYTES, 1);
	return file;
}

void packed_file_free(struct packed_file *file)
{
	if (file == NULL)
		return;
	if (file->packing == GZIP)
		(void)inflateEnd(&file->gzip);
	(void)ZSTD_freeDStream(file->zstd);
	close(file->fd);
	free(file->input);
	free(file);
}

const char *packed_file_damage(const struct packed_file *file)
{
	return file->damage;
}

bool packed_file_is_packed(const struct packed_file *file)
{
	return file->packing == GZIP || file->packing == ZSTD || file->packing == FOREIGN;
}

uint64_t packed_file_used(const struct packed_file *file)
{
	return file->read - (file->end - file->begin);
}

uint64_t packed_file_given(const struct packed_file *file)
{
	return file->given;
}

static int fail(struct packed_file *file, int err, const char *damage)
{
	file->err = err;
	file->damage = damage;
	return err;
}

/* Reads what there is. Returns 0 also at the end, which it notes. */
static int read_some(struct packed_file *file, char *at, size_t size, size_t *ret_len)
{
	ssize_t n;

	do {
		n = read(file->fd, at, size);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail(file, -errno, "it cannot be read");
	file->no_more = n == 0;
	file->read += (uint64_t)n;
	*ret_len = (size_t)n;
	return 0;
}

/* More input behind what is still there. */
static int fill(struct packed_file *file)
{
	size_t n = 0;

	if (file->begin == file->end)
		file->begin = file->end = 0;
	int err = read_some(file, file->input + file->end, INPUT_BYTES - file->end, &n);
	if (err == 0)
		file->end += n;
	return err;
}

static bool begins(const struct packed_file *file, const char *bytes, size_t n)
{
	return file->end - file->begin >= n && memcmp(file->input + file->begin, bytes, n) == 0;
}

/* A frame of text, or one of the sixteen that are to be skipped, as pzstd writes in front. */
static bool begins_as_zstd(const struct packed_file *file)
{
	const char *at = file->input + file->begin;

	return begins(file, "\x28\xb5\x2f\xfd", 4) ||
	       (file->end - file->begin >= 4 && (at[0] & 0xf0) == 0x50 &&
		       memcmp(at + 1, "\x2a\x4d\x18", 3) == 0);
}

static const char *foreign_packer(const struct packed_file *file)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *damage;
	} rows[] = {
		{"\xfd"
		 "7zXZ",
			6, "it is packed with xz, which is not read here"},
		{"BZh", 3, "it is packed with bzip2, which is not read here"},
		{"\x1f\x9d", 2, "it is packed with compress, which is not read here"},
		{"\x04\x22\x4d\x18", 4, "it is packed with lz4, which is not read here"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (begins(file, rows[i].bytes, rows[i].len))
			return rows[i].damage;
	return NULL;
}

static int begin_gzip(struct packed_file *file)
{
	/* 15: the largest window there is; 16: with gzip's header and check sum */
	if (inflateInit2(&file->gzip, 15 + 16) != Z_OK)
		return fail(file, -ENOMEM, "there is no memory to unpack it");
	file->packing = GZIP;
	return 0;
}

static int begin_zstd(struct packed_file *file)
{
	file->zstd = ZSTD_createDStream();
	if (file->zstd == NULL)
		return fail(file, -ENOMEM, "there is no memory to unpack it");
	file->wanted = ZSTD_initDStream(file->zstd);
	file->packing = ZSTD;
	return 0;
}

static int look(struct packed_file *file)
{
	while (file->end - file->begin < MAGIC_MAX && !file->no_more) {
		int err = fill(file);
		if (err != 0)
			return err;
	}
	const char *foreign = foreign_packer(file);
	if (foreign != NULL) {
		file->packing = FOREIGN;
		return fail(file, -EPROTONOSUPPORT, foreign);
	}
	if (begins(file, "\x1f\x8b", 2))
		return begin_gzip(file);
	if (begins_as_zstd(file))
		return begin_zstd(file);
	file->packing = PLAIN;
	return 0;
}

static int read_plain(struct packed_file *file, char *at, size_t size, size_t *ret_len)
{
	size_t n = file->end - file->begin;

	if (n == 0)
		return file->no_more ? 0 : read_some(file, at, size, ret_len);
	if (n > size)
		n = size;
	memcpy(at, file->input + file->begin, n);
	file->begin += n;
	*ret_len = n;
	return 0;
}

/* One call of zlib's. Sets *ret_done at the end. */
static int step_gzip(
	struct packed_file *file, char *at, size_t size, size_t *ret_len, bool *ret_done)
{
	z_stream *z = &file->gzip;

	/* tapes and block devices leave zeros behind the last member */
	while (file->between && file->begin < file->end && file->input[file->begin] == '\0')
		file->begin++;
	if (file->begin == file->end && !file->no_more && !file->held)
		return fill(file);
	if (file->begin == file->end && !file->held) {
		*ret_done = file->between;
		return file->between ? 0 : fail(file, -ENODATA, "its packed text is cut off");
	}

	z->next_in = (unsigned char *)file->input + file->begin;
	z->avail_in = (unsigned)(file->end - file->begin);
	z->next_out = (unsigned char *)at;
	z->avail_out = size < INT32_MAX ? (unsigned)size : INT32_MAX;
	unsigned room = z->avail_out;
	int answer = inflate(z, Z_NO_FLUSH);

	file->between = answer == Z_STREAM_END;
	file->held = z->avail_out == 0 && !file->between;
	*ret_len = room - z->avail_out;
	file->begin = file->end - z->avail_in;
	if (answer == Z_STREAM_END)
		(void)inflateReset(z);
	else if (answer == Z_MEM_ERROR)
		return fail(file, -ENOMEM, "there is no memory to unpack it");
	else if (answer != Z_OK && answer != Z_BUF_ERROR)
		return fail(file, -EBADMSG, "its packed text is damaged");
	return 0;
}

/* One call of zstd's, which forgets what it has unpacked in a call that fails: so it gets one block
 * at a time, and nothing as long as text of the one before is to come. */
static int step_zstd(
	struct packed_file *file, char *at, size_t size, size_t *ret_len, bool *ret_done)
{
	size_t there = file->end - file->begin;

	if (there == 0 && !file->no_more && !file->held)
		return fill(file);
	if (there == 0 && file->between && !file->held) {
		*ret_done = true;
		return 0;
	}

	size_t block = file->wanted > BLOCK_HEADER ? file->wanted - BLOCK_HEADER : file->wanted;
	size_t offered = there < block ? there : block;
	ZSTD_inBuffer in = {file->input + file->begin, file->held ? 0 : offered, 0};
	ZSTD_outBuffer out = {at, size, 0};
	size_t answer = ZSTD_decompressStream(file->zstd, &out, &in);

	if (ZSTD_isError(answer))
		return ZSTD_getErrorCode(answer) == ZSTD_error_frameParameter_windowTooLarge
			       ? fail(file, -ENOMEM, "unpacking it takes more than 128 MiB")
			       : fail(file, -EBADMSG, "its packed text is damaged");
	if (there == 0 && out.pos == 0 && !file->held)
		return fail(file, -ENODATA, "its packed text is cut off");
	*ret_len = out.pos;
	file->begin += in.pos;
	file->held = out.pos == size && answer > 0;
	file->between = answer == 0;
	file->wanted = answer > 0 ? answer : ZSTD_initDStream(file->zstd);
	return 0;
}

int packed_file_read(struct packed_file *file, char *at, size_t size, size_t *ret_len)
{
	size_t n = 0;
	bool done = false;
	int err = file->err;

	if (err == 0 && file->packing == NOT_LOOKED)
		err = look(file);
	while (err == 0 && n == 0 && !done) {
		if (file->packing == GZIP) {
			err = step_gzip(file, at, size, &n, &done);
		} else if (file->packing == ZSTD) {
			err = step_zstd(file, at, size, &n, &done);
		} else {
			err = read_plain(file, at, size, &n);
			done = true;
		}
	}
	/* what came together with the damage is given first */
	if (err != 0 && n == 0)
		return err;
	file->given += n;
	*ret_len = n;
	return 0;
}
