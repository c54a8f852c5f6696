#include "systems/log_archive.h"

#include "base/memory.h"
#include "base/printable.h"
#include "base/scan_bytes.h"
#include "systems/line_blocks.h"
#include "systems/log_line.h"
#include "systems/packed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
	char *path;
	int64_t first; /* time of its first line, or that of the file it stays behind */
	size_t given;  /* its place in the order it was given in */
};

/* One server's log, and where its reading stands. */
struct stream {
	struct file *files;
	size_t count, next; /* files; the next to open */
	size_t server;
	struct line_blocks *blocks; /* of the file before next; NULL: none is open */
	struct slice rest;          /* lines of the block that are still to come */
	struct slice line;          /* the next to hand out, when merging */
	int64_t time;               /* of it */
};

struct log_archive {
	struct log_archive_visitor visitor;
	struct stream *streams;
	size_t count;
	struct stream **heap; /* those that have lines; the one with the earliest first */
	size_t heap_count;
	size_t current; /* stream, when they are read one behind the other */
	bool begun;
	struct log_archive_progress progress; /* of files that are done */
};

static bool is_standard_input(const char *path)
{
	return strcmp(path, "-") == 0;
}

static int open_path(const char *path)
{
	int fd = is_standard_input(path) ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
					 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd >= 0 ? fd : -errno;
}

static void tell(struct log_archive *a, const char *what, struct log_archive_problem *p)
{
	char at[PROBLEM_MAX / 2];
	const char *path = is_standard_input(p->path)
				   ? "standard input"
				   : printable_text(slice_of(p->path), at, sizeof(at));

	if (p->offset > 0)
		problem_set(&p->said, 0,
			"%s: %s, at byte %" PRIu64 "; the %" PRIu64
			" bytes of text before are used",
			path, what, p->offset, p->text_bytes);
	else
		problem_set(&p->said, 0, "%s: %s", path, what);
	a->progress.problems++;
	if (a->visitor.problem != NULL)
		a->visitor.problem(a->visitor.context, p);
}

static void tell_error(struct log_archive *a, const struct stream *s, const char *path, int err)
{
	struct log_archive_problem p = {.server = s->server, .path = path, .err = err};

	tell(a, strerror(-err), &p);
}

/* ---- before anything is handed out: how much there is, and in which order */

/* The bytes of the file, as far as they can be known. */
static void add_size(struct log_archive *a, const char *path)
{
	struct stat s;
	int err = is_standard_input(path) ? fstat(STDIN_FILENO, &s) : stat(path, &s);

	if (err == 0 && S_ISREG(s.st_mode))
		a->progress.total_bytes += (uint64_t)s.st_size;
	else if (err == 0 && !S_ISDIR(s.st_mode))
		a->progress.total_known = false;
}

static int64_t first_time(const struct log_archive *a, struct slice text)
{
	struct slice line;

	while (slice_take_line(&text, &line)) {
		int64_t time = a->visitor.time(a->visitor.context, line);
		if (time != LOG_ARCHIVE_NO_TIME)
			return time;
	}
	return LOG_ARCHIVE_NO_TIME;
}

/* What cannot be read is told when its turn comes. Pipes can be read but once. */
static int64_t look_into(const struct log_archive *a, const char *path)
{
	struct stat s;
	size_t len = 0, n = 0;

	if (is_standard_input(path) || stat(path, &s) != 0 || !S_ISREG(s.st_mode))
		return LOG_ARCHIVE_NO_TIME;
	int fd = open_path(path);
	if (fd < 0)
		return LOG_ARCHIVE_NO_TIME;

	AUTO(packed_file) file = packed_file_new(fd);
	char *at = memory_grow(NULL, LOG_LINE_MAX, 1);
	while (len < LOG_LINE_MAX &&
		packed_file_read(file, at + len, LOG_LINE_MAX - len, &n) == 0 && n > 0)
		len += n;
	int64_t time = first_time(a, (struct slice){at, len});
	free(at);
	return time;
}

static int by_first_line(const void *left, const void *right)
{
	const struct file *a = left, *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->given < b->given ? -1 : a->given > b->given;
}

static void put_in_order(const struct log_archive *a, struct stream *s)
{
	for (size_t i = 0; i < s->count; i++) {
		s->files[i].first = look_into(a, s->files[i].path);
		if (s->files[i].first == LOG_ARCHIVE_NO_TIME && i > 0)
			s->files[i].first = s->files[i - 1].first;
	}
	qsort(s->files, s->count, sizeof(*s->files), by_first_line);
}

static void add_server(struct log_archive *a, size_t index, const struct log_archive_server *server)
{
	struct stream *s = &a->streams[index];

	s->server = index;

	s->count = server->count;
	s->files = memory_new(server->count, sizeof(*s->files));
	for (size_t i = 0; i < server->count; i++) {
		s->files[i].path = memory_copy(server->paths[i], strlen(server->paths[i]));
		s->files[i].given = i;
		add_size(a, s->files[i].path);
	}
	if (a->visitor.time != NULL && !server->as_given && server->count > 1)
		put_in_order(a, s);
}

struct log_archive *log_archive_new(const struct log_archive_server *servers, size_t count,
	const struct log_archive_visitor *visitor)
{
	struct log_archive *a = memory_new(1, sizeof(*a));

	a->visitor = *visitor;
	a->count = count;
	a->streams = memory_new(count, sizeof(*a->streams));
	a->heap = memory_new(count, sizeof(struct stream *));
	a->progress.total_known = true;
	for (size_t i = 0; i < count; i++)
		add_server(a, i, &servers[i]);
	return a;
}

void log_archive_free(struct log_archive *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->count; i++) {
		struct stream *s = &a->streams[i];
		for (size_t k = 0; k < s->count; k++)
			free(s->files[k].path);
		free(s->files);
		line_blocks_free(s->blocks);
	}
	free(a->streams);
	free((void *)a->heap);
	free(a);
}

/* ---- one server */

/* Opens the next file that can be opened. */
static bool open_next(struct log_archive *a, struct stream *s)
{
	while (s->next < s->count) {
		const char *path = s->files[s->next++].path;
		int fd = open_path(path);
		if (fd >= 0) {
			s->blocks = line_blocks_new(fd);
			return true;
		}
		tell_error(a, s, path, fd);
	}
	return false;
}

static void add_counts(struct log_archive_progress *p, const struct line_blocks_counts *c)
{
	p->used_bytes += c->used;
	p->long_lines += c->long_lines;
	p->long_bytes += c->long_bytes;
	p->unfinished += c->unfinished > 0 ? 1 : 0;
}

static void end_file(struct log_archive *a, struct stream *s, int err)
{
	struct line_blocks_counts c = line_blocks_counts(s->blocks);

	add_counts(&a->progress, &c);
	if (err != 0) {
		struct log_archive_problem p = {.server = s->server,
			.path = s->files[s->next - 1].path,
			.err = err,
			.offset = c.used,
			.text_bytes = c.unpacked};
		const char *damage = line_blocks_damage(s->blocks);
		bool unread = err != -EBADMSG && err != -ENODATA && err != -EPROTONOSUPPORT &&
			      err != -ENOMEM;
		tell(a, unread ? strerror(-err) : damage, &p);
	}
	line_blocks_free(s->blocks);
	s->blocks = NULL;
}

static bool next_block(struct log_archive *a, struct stream *s)
{
	while (s->blocks != NULL || open_next(a, s)) {
		int err = line_blocks_next(s->blocks, &s->rest);
		if (err == 0 && s->rest.len > 0)
			return true;
		s->rest = (struct slice){0};
		end_file(a, s, err);
	}
	return false;
}

/* The line in front of s->rest, which is not empty and ends in a LF. */
static inline struct slice take_line(struct stream *s)
{
	const char *at = s->rest.at, *end = at + s->rest.len;
	const char *lf = find_byte(at, end, '\n');
	struct slice line = {at, (size_t)(lf - at)};

	s->rest = (struct slice){lf + 1, (size_t)(end - lf - 1)};
	return line;
}

static bool is_too_long(struct log_archive *a, struct slice line)
{
	if (line.len <= LOG_LINE_MAX)
		return false;
	a->progress.long_lines++;
	a->progress.long_bytes += line.len + 1;
	return true;
}

static void hand_out(struct log_archive *a, const struct stream *s, struct slice line)
{
	a->progress.lines++;
	a->visitor.line(a->visitor.context, s->server, line);
}

/* Up to most lines of one stream. Returns how many; fewer only at its end. */
static size_t read_stream(struct log_archive *a, struct stream *s, size_t most)
{
	size_t n = 0;

	while (n < most && (s->rest.len > 0 || next_block(a, s))) {
		while (n < most && s->rest.len > 0) {
			struct slice line = take_line(s);
			if (is_too_long(a, line))
				continue;
			hand_out(a, s, line);
			n++;
		}
	}
	return n;
}

static bool read_one_after_the_other(struct log_archive *a, size_t most)
{
	size_t n = 0;

	while (n < most && a->current < a->count) {
		n += read_stream(a, &a->streams[a->current], most - n);
		if (n < most)
			a->current++;
	}
	return a->current < a->count;
}

/* ---- several servers, merged */

static bool is_earlier(const struct stream *a, const struct stream *b)
{
	return a->time != b->time ? a->time < b->time : a->server < b->server;
}

/* Puts the stream at the top of the heap into its place. */
static void sift_down(struct log_archive *a)
{
	struct stream **heap = a->heap, *moved = heap[0];
	size_t i = 0;

	for (size_t child; (child = 2 * i + 1) < a->heap_count; i = child) {
		if (child + 1 < a->heap_count && is_earlier(heap[child + 1], heap[child]))
			child++;
		if (!is_earlier(heap[child], moved))
			break;
		heap[i] = heap[child];
	}
	heap[i] = moved;
}

static void push(struct log_archive *a, struct stream *s)
{
	size_t i = a->heap_count++;

	for (; i > 0 && is_earlier(s, a->heap[(i - 1) / 2]); i = (i - 1) / 2)
		a->heap[i] = a->heap[(i - 1) / 2];
	a->heap[i] = s;
}

/* Makes the next line of the stream the one to hand out. */
static bool advance(struct log_archive *a, struct stream *s)
{
	do {
		if (s->rest.len == 0 && !next_block(a, s))
			return false;
		s->line = take_line(s);
	} while (is_too_long(a, s->line));

	/* without a time it is the earliest of all, and so comes right behind the one before it */
	s->time = a->visitor.time(a->visitor.context, s->line);
	return true;
}

/* The stream whose line comes after those of the one at the top; NULL: there is no other. */
static const struct stream *second(const struct log_archive *a)
{
	if (a->heap_count < 2)
		return NULL;
	return a->heap_count > 2 && is_earlier(a->heap[2], a->heap[1]) ? a->heap[2] : a->heap[1];
}

static bool read_merged(struct log_archive *a, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; !a->begun && i < a->count; i++)
		if (advance(a, &a->streams[i]))
			push(a, &a->streams[i]);
	a->begun = true;

	while (n < most && a->heap_count > 0) {
		struct stream *s = a->heap[0];
		const struct stream *other = second(a);
		bool more;

		do {
			hand_out(a, s, s->line);
			n++;
			more = advance(a, s);
		} while (more && n < most && (other == NULL || is_earlier(s, other)));
		if (!more)
			a->heap[0] = a->heap[--a->heap_count];
		if (a->heap_count > 0)
			sift_down(a);
	}
	return a->heap_count > 0;
}

bool log_archive_read(struct log_archive *a, size_t most)
{
	if (a->count > 1 && a->visitor.time != NULL)
		return read_merged(a, most);
	return read_one_after_the_other(a, most);
}

struct log_archive_progress log_archive_progress(const struct log_archive *a)
{
	struct log_archive_progress p = a->progress;

	for (size_t i = 0; i < a->count; i++) {
		if (a->streams[i].blocks == NULL)
			continue;
		struct line_blocks_counts c = line_blocks_counts(a->streams[i].blocks);
		add_counts(&p, &c);
	}
	return p;
}
