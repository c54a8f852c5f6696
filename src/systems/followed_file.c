#include "systems/followed_file.h"

#include "base/memory.h"
#include "systems/packed_file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static struct followed_file *new_file(const struct log_shelf_file *found, int fd)
{
	struct followed_file *file = memory_new(1, sizeof(*file));

	file->path = memory_copy(found->path, strlen(found->path));
	file->state = found->state;
	file->largest = found->state.size;
	file->fd = fd;
	file->packed = found->name.packed;
	file->watch = -ENOENT;
	return file;
}

int followed_file_open(const struct log_shelf_file *found, struct followed_file **ret)
{
	int fd = log_shelf_open(found);

	if (fd < 0)
		return fd;
	*ret = new_file(found, fd);
	if (found->name.packed)
		(*ret)->unpacked = packed_file_new(fd);
	return 0;
}

struct followed_file *followed_file_unreadable(const struct log_shelf_file *found, int err)
{
	struct followed_file *file = new_file(found, -1);

	file->err = err;
	return file;
}

void followed_file_close(struct followed_file *file)
{
	if (file->unpacked != NULL)
		packed_file_free(file->unpacked);
	else if (file->fd >= 0)
		close(file->fd);
	file->unpacked = NULL;
	file->fd = -1;
	free(file->text);
	file->text = NULL;
	file->begin = file->end = 0;
}

void followed_file_free(struct followed_file *file)
{
	if (file == NULL)
		return;
	followed_file_close(file);
	free(file->path);
	free(file);
}

struct log_mark followed_file_mark(const struct followed_file *file)
{
	struct log_mark mark = {.device = file->state.device,
		.inode = file->state.inode,
		.born_ns = file->state.born_ns,
		.inside = file->inside};

	log_trail_mark(&file->trail, &mark);
	return mark;
}

/* ---- plain files */

/* len bytes from an offset. *ret_len is less when the file ends before. */
static int read_at(int fd, char *at, size_t len, uint64_t offset, size_t *ret_len)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, at + got, len - got, (off_t)(offset + got));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	*ret_len = got;
	return 0;
}

/* What would be known if all before offset had been read. -ESTALE when there is less. */
static int read_trail(int fd, uint64_t offset, struct log_trail *ret)
{
	size_t kept = log_trail_kept(offset), n = 0;
	struct log_trail trail = {.offset = offset};

	int err = read_at(fd, trail.head, kept, 0, &n);
	if (err == 0 && n == kept)
		err = read_at(fd, trail.tail, kept, offset - kept, &n);
	if (err != 0 || n < kept)
		return err != 0 ? err : -ESTALE;
	*ret = trail;
	return 0;
}

/* Bytes before the last LF that is in front of end, and it; 0 when there is none. */
static int find_last_line_end(int fd, uint64_t end, char *buffer, uint64_t *ret)
{
	while (end > 0) {
		size_t n = end < FOLLOWED_BYTES ? (size_t)end : FOLLOWED_BYTES, got = 0;
		int err = read_at(fd, buffer, n, end - n, &got);
		if (err != 0)
			return err;
		size_t lf = slice_find_last((struct slice){buffer, got}, '\n');
		if (lf < got) {
			end = end - n + lf + 1;
			break;
		}
		end -= n;
	}
	*ret = end;
	return 0;
}

int followed_file_go_to_end(struct followed_file *file)
{
	char *buffer = memory_grow(NULL, FOLLOWED_BYTES, 1);
	uint64_t end = 0;
	int err = file_state_of(file->fd, &file->state);

	if (err == 0)
		err = find_last_line_end(file->fd, file->state.size, buffer, &end);
	free(buffer);
	if (err == 0)
		err = read_trail(file->fd, end, &file->trail);
	file->looked_at = end;
	return err;
}

struct log_mark followed_file_content(const struct followed_file *file)
{
	struct log_mark mark = followed_file_mark(file);
	struct log_trail trail;

	if (mark.offset == 0 && !file->packed && file->fd >= 0 &&
		read_trail(file->fd, log_trail_kept(file->state.size), &trail) == 0)
		log_trail_mark(&trail, &mark);
	return mark;
}

bool followed_file_is_beginning(
	const struct followed_file *file, const struct followed_file *of_other)
{
	struct log_trail here, there;
	struct log_mark mark = {0};
	struct file_state now;

	if (file->packed || of_other->packed || file_state_of(file->fd, &now) != 0 || now.size == 0)
		return false;
	if (read_trail(file->fd, now.size, &here) != 0 ||
		read_trail(of_other->fd, now.size, &there) != 0)
		return false;
	log_trail_mark(&here, &mark);
	return log_trail_matches(&there, &mark);
}

/* Nothing of it was looked at, and now there is less of it. (What is cut off otherwise, behind what
 * was read, is an entry for which there was no room on the disk.) */
static bool is_gone(const struct followed_file *file)
{
	return file->trail.offset == 0 && file->looked_at == 0 && file->state.size < file->largest;
}

static int fill_plain(struct followed_file *file, char *buffer, struct slice *ret_text)
{
	size_t kept = log_trail_kept(file->trail.offset), n;
	ssize_t got;

	do {
		got = pread(file->fd, buffer, FOLLOWED_BYTES, (off_t)(file->trail.offset - kept));
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	if (is_gone(file))
		return -ESTALE;
	n = (size_t)got;
	/* what was read before has to be there still */
	if (n < kept || memcmp(buffer, file->trail.tail, kept) != 0)
		return -ESTALE;
	file->filled = n - kept;
	*ret_text = (struct slice){buffer + kept, n - kept};
	return 0;
}

/* ---- packed files */

static size_t unpack(struct followed_file *file)
{
	size_t n = 0;

	if (file->begin > 0)
		memmove(file->text, file->text + file->begin, file->end - file->begin);
	file->end -= file->begin;
	file->begin = 0;
	if (!file->at_end && file->end < FOLLOWED_BYTES) {
		file->err = packed_file_read(
			file->unpacked, file->text + file->end, FOLLOWED_BYTES - file->end, &n);
		file->at_end = file->err != 0 || n == 0;
	}
	file->end += n;
	return n;
}

static struct slice fill_packed(struct followed_file *file)
{
	if (file->text == NULL)
		file->text = memory_grow(NULL, FOLLOWED_BYTES, 1);
	for (;;) {
		struct slice text = {file->text + file->begin, file->end - file->begin};
		if (slice_find(text, '\n') < text.len || unpack(file) == 0)
			return (struct slice){file->text + file->begin, file->end - file->begin};
	}
}

/* Unpacks up to the offset, if the beginning is that of the mark. */
static int unpack_to(struct followed_file *file, const struct log_mark *mark)
{
	file->text = memory_grow(NULL, FOLLOWED_BYTES, 1);
	while (file->trail.offset < mark->offset) {
		file->begin = file->end;
		if (unpack(file) == 0)
			return file->err;
		uint64_t wanted = mark->offset - file->trail.offset;
		struct slice text = {file->text, file->end};
		text = slice_first(text, wanted < text.len ? (size_t)wanted : text.len);
		log_trail_add(&file->trail, text);
		file->begin = text.len;
		if (!log_trail_same_head(&file->trail, mark))
			return 0;
	}
	return 0;
}

/* ---- both */

/* Goes as far as the file goes, if that is less than to the mark. */
static int go_towards(struct followed_file *file, const struct log_mark *mark)
{
	if (file->packed)
		return unpack_to(file, mark);

	int err = file_state_of(file->fd, &file->state);
	uint64_t end = file->state.size < mark->offset ? file->state.size : mark->offset;
	if (err == 0)
		err = read_trail(file->fd, end, &file->trail);
	file->looked_at = end;
	return err;
}

int followed_file_go_to_mark(struct followed_file *file, const struct log_mark *mark)
{
	int err = go_towards(file, mark);

	if (err != 0)
		return err == -ESTALE ? 0 : err;
	file->inside = mark->inside;
	if (log_trail_matches(&file->trail, mark))
		return 1;
	file->inside = false;
	return file->trail.offset < mark->offset && file->trail.offset >= LOG_TRAIL &&
			       log_trail_same_head(&file->trail, mark)
		       ? 2
		       : 0;
}

bool followed_file_has_more(struct followed_file *file)
{
	struct file_state now;

	if (file->fd < 0)
		return false;
	if (file->packed) {
		size_t n = file->end - file->begin;
		return !file->at_end ||
		       slice_find((struct slice){file->text + file->begin, n}, '\n') < n;
	}
	if (file_state_of(file->fd, &now) == 0)
		file->state = now;
	if (file->state.size > file->largest)
		file->largest = file->state.size;
	/* truncated and grown to the same size, it has been written to */
	return file->state.size > file->looked_at || file->state.size < file->trail.offset ||
	       file->state.written_ns != file->looked_written_ns;
}

int followed_file_fill(struct followed_file *file, char *buffer, struct slice *ret_text)
{
	if (!file->packed)
		return fill_plain(file, buffer, ret_text);
	*ret_text = fill_packed(file);
	return 0;
}

void followed_file_use(struct followed_file *file, struct slice used, bool nothing_left)
{
	if (file->packed)
		file->begin += used.len;
	else
		file->looked_at = file->trail.offset + (nothing_left ? file->filled : used.len);
	file->looked_written_ns = file->state.written_ns;
	file->largest = file->state.size;
	log_trail_add(&file->trail, used);
}

void followed_file_start_anew(struct followed_file *file)
{
	file->trail = (struct log_trail){0};
	file->inside = false;
	file->looked_at = file->largest = 0;
}

void followed_file_unread(
	const struct followed_file *file, uint64_t *ret_bytes, uint64_t *ret_packed)
{
	uint64_t size = file->state.size;

	*ret_bytes = *ret_packed = 0;
	if (file->fd < 0)
		return;
	if (!file->packed) {
		*ret_bytes = size > file->trail.offset ? size - file->trail.offset : 0;
		return;
	}
	uint64_t used = packed_file_used(file->unpacked);
	*ret_bytes = file->end - file->begin;
	*ret_packed = size > used && !file->at_end ? size - used : 0;
}
