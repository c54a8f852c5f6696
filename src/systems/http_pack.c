#include "systems/http_pack.h"

#include "base/memory.h"

#include <stdlib.h>
#include <zlib.h>

#define WINDOW 15
#define GZIP   16 /* zlib's way to say which form (deflateInit2) */
#define MEMORY 8
#define MOST   ((size_t)64 << 20) /* bytes: no answer is as long */

static bool pack(z_stream *z, struct slice bytes, char **ret, size_t *ret_len)
{
	union {
		const char *given;
		Bytef *read; /* zlib's name for it, and it writes nothing there */
	} in = {bytes.at};
	size_t room = deflateBound(z, (uLong)bytes.len);
	char *made = memory_new(room, 1);

	z->next_in = in.read;
	z->avail_in = (uInt)bytes.len;
	z->next_out = (Bytef *)made;
	z->avail_out = (uInt)room;
	if (deflate(z, Z_FINISH) != Z_STREAM_END || z->total_out >= bytes.len) {
		free(made);
		return false;
	}
	*ret = made;
	*ret_len = z->total_out;
	return true;
}

bool http_pack(struct slice bytes, char **ret, size_t *ret_len)
{
	z_stream z = {0};

	if (bytes.len < HTTP_PACK_LEAST || bytes.len > MOST)
		return false;
	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, WINDOW + GZIP, MEMORY, Z_DEFAULT_STRATEGY) !=
		Z_OK)
		return false;
	bool is_packed = pack(&z, bytes, ret, ret_len);
	(void)deflateEnd(&z);
	return is_packed;
}
