#include "systems/log_follow.h"

#include "base/memory.h"
#include "systems/log_line.h"
#include "tests/folder.h"
#include "tests/packing.h"

#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#include <cmocka.h>

#define NOON 1795435200 /* 2026-11-23 12:00:00 UTC */

/* A follower in a folder, and what it has said. */
struct scene {
	const char *top;
	struct log_follow *follow;
	struct log_follow_options options;
	char path[FOLDER_PATH_MAX];
	int64_t now;
	struct log_follow_budget budget;
	char lines[8192];  /* "a\nb\n" since they were last compared */
	char events[4096]; /* "rotated mainlog\n", the same */
	struct log_follow_event last[LOG_FOLLOW_EVENT_KINDS]; /* of each kind; without paths */
	bool count_only;
	uint64_t counted;
};

static const char *base_of(const char *path)
{
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;

	return slash != NULL ? slash + 1 : path;
}

static void see_line(void *context, struct slice line)
{
	struct scene *s = context;
	size_t n = strlen(s->lines);

	s->counted++;
	if (!s->count_only)
		(void)snprintf(s->lines + n, sizeof(s->lines) - n, "%.*s\n",
			(int)(line.len < 70 ? line.len : 70), line.at);
}

static void see_event(void *context, const struct log_follow_event *event)
{
	struct scene *s = context;
	size_t n = strlen(s->events);

	(void)snprintf(s->events + n, sizeof(s->events) - n, "%s %s%s%s\n",
		log_follow_event_name(event->kind) + strlen("log-"), base_of(event->path),
		event->copy != NULL ? " to " : "", event->copy != NULL ? base_of(event->copy) : "");
	s->last[event->kind] = *event;
}

static void begin(struct scene *s, const struct log_position *saved)
{
	s->options.path = s->path;
	s->follow = log_follow_new(&s->options, saved);
}

static struct scene *scene_new(void *const *state, enum log_follow_start start, const char *name)
{
	struct scene *s = memory_new(1, sizeof(*s));

	s->top = *state;
	s->now = NOON;
	s->options = (struct log_follow_options){.start = start, .linger_seconds = 30};
	s->budget = (struct log_follow_budget){1000000, SIZE_MAX};
	(void)snprintf(s->path, sizeof(s->path), "%s/%s", s->top, name);
	begin(s, NULL);
	return s;
}

static void scene_free(struct scene *s)
{
	log_follow_free(s->follow);
	free(s);
}

static bool read_on(struct scene *s)
{
	const struct log_follow_visitor visitor = {see_line, see_event, s};

	return log_follow_read(s->follow, s->now, s->budget, &visitor);
}

#define assert_seen(s, lines, events) see((s), (lines), (events), __LINE__)

/* Reads, and compares what was handed out and told. */
static void see(struct scene *s, const char *lines, const char *events, int line)
{
	(void)read_on(s);
	if (strcmp(s->lines, lines) != 0)
		fail_msg("line %d: got lines\n%swant\n%s(events\n%s)", line, s->lines, lines,
			s->events);
	if (strcmp(s->events, events) != 0)
		fail_msg("line %d: got events\n%swant\n%s", line, s->events, events);
	s->lines[0] = s->events[0] = '\0';
}

/* The program is stopped, or killed after it has saved its position, and begun again. */
static void restart(struct scene *s)
{
	struct log_position position, again;
	char text[LOG_POSITION_TEXT];

	assert_int_equal(log_follow_position(s->follow, &position), 0);
	log_follow_free(s->follow);
	assert_int_equal(
		log_position_parse(slice_of(log_position_text(&position, text)), &again), 0);
	begin(s, &again);
}

static struct log_follow_state state_of(const struct scene *s)
{
	struct log_follow_state state;

	log_follow_state(s->follow, &state);
	return state;
}

/* ---- what is done to logs */

static char *in(const struct scene *s, const char *name, char at[FOLDER_PATH_MAX + 100])
{
	(void)snprintf(at, FOLDER_PATH_MAX + 100, "%s/%s", s->top, name);
	return at;
}

static void put_bytes(const struct scene *s, const char *name, const char *bytes, size_t len)
{
	char path[FOLDER_PATH_MAX + 100];
	int fd = open(in(s, name, path), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static void put(const struct scene *s, const char *name, const char *text)
{
	put_bytes(s, name, text, strlen(text));
}

static void move(const struct scene *s, const char *from, const char *to)
{
	char a[FOLDER_PATH_MAX + 100], b[FOLDER_PATH_MAX + 100];

	assert_int_equal(rename(in(s, from, a), in(s, to, b)), 0);
}

static void erase(const struct scene *s, const char *name)
{
	char path[FOLDER_PATH_MAX + 100];

	assert_int_equal(unlink(in(s, name, path)), 0);
}

static char *contents(const struct scene *s, const char *name, size_t *ret_len)
{
	char path[FOLDER_PATH_MAX + 100], *at = memory_new(1 << 20, 1);
	int fd = open(in(s, name, path), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, at, 1 << 20) : -1;

	assert_true(n >= 0);
	close(fd);
	*ret_len = (size_t)n;
	return at;
}

typedef size_t packer(const void *, size_t, void *, size_t);

/* As gzip and logrotate do: another file with the same times, then the first is removed. */
static void pack(const struct scene *s, const char *name, const char *packed, packer *how)
{
	char path[FOLDER_PATH_MAX + 100];
	size_t len;
	char *text = contents(s, name, &len), *at = memory_new(1 << 20, 1);
	struct stat st;

	assert_int_equal(stat(in(s, name, path), &st), 0);
	put_bytes(s, packed, at, how(text, len, at, 1 << 20));
	const struct timespec times[2] = {st.st_atim, st.st_mtim};
	assert_int_equal(utimensat(AT_FDCWD, in(s, packed, path), times, 0), 0);
	erase(s, name);
	free(text);
	free(at);
}

/* As logrotate's copytruncate does. */
static void copy(const struct scene *s, const char *from, const char *to)
{
	size_t len;
	char *text = contents(s, from, &len);

	put_bytes(s, to, text, len);
	free(text);
}

static void truncate_to_nothing(const struct scene *s, const char *name)
{
	char path[FOLDER_PATH_MAX + 100];

	assert_int_equal(truncate(in(s, name, path), 0), 0);
}

/* ---- beginning */

static void test_from_the_end(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");

	put(s, "mainlog", "old 1\nold 2\nhal");
	put(s, "mainlog.1", "older\n");
	assert_seen(s, "", "found mainlog\n");
	assert_int_equal(s->last[LOG_FOLLOW_FOUND].offset, 12);
	put(s, "mainlog", "f\nnew 1\nnew 2\n");
	assert_seen(s, "half\nnew 1\nnew 2\n", "");
	assert_seen(s, "", "");
	scene_free(s);
}

static void test_from_the_start(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "old 1\nold 2\n");
	put(s, "mainlog.1", "older\n");
	assert_seen(s, "old 1\nold 2\n", "found mainlog\n");
	assert_int_equal(s->last[LOG_FOLLOW_FOUND].offset, 0);
	scene_free(s);
}

/* A line is one when its LF is there, and is handed out whole. */
static void test_lines_are_whole(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "on");
	assert_seen(s, "", "found mainlog\n");
	put(s, "mainlog", "e");
	assert_seen(s, "", "");
	put(s, "mainlog", "\n\ntw");
	assert_seen(s, "one\n\n", "");
	assert_int_equal(state_of(s).unread_bytes, 2);
	put(s, "mainlog", "o\n");
	assert_seen(s, "two\n", "");
	assert_int_equal(state_of(s).unread_bytes, 0);
	assert_int_equal(state_of(s).lines, 3);
	assert_int_equal(state_of(s).bytes, 9);
	scene_free(s);
}

static void test_not_there_at_the_start(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");
	struct log_position position;

	assert_seen(s, "", "absent mainlog\n");
	assert_true(state_of(s).absent);
	assert_int_equal(log_follow_position(s->follow, &position), -ENODATA);
	assert_seen(s, "", "");
	put(s, "mainlog", "first\n");
	assert_seen(s, "first\n", "found mainlog\n");
	assert_false(state_of(s).absent);
	scene_free(s);
}

/* Begun within logrotate's gap: what comes next is new, what was rotated away is not. */
static void test_begins_in_a_gap(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");

	put(s, "mainlog.2", "oldest\n");
	pack(s, "mainlog.2", "mainlog.2.gz", pack_gzip);
	put(s, "mainlog.1", "old\n");
	assert_seen(s, "", "absent mainlog\nfound mainlog.1\n");
	restart(s);
	assert_seen(s, "", "absent mainlog\nresumed mainlog.1\n");
	put(s, "mainlog.1", "late\n");
	put(s, "mainlog", "new\n");
	assert_seen(s, "late\nnew\n", "rotated mainlog\n");
	scene_free(s);
}

/* Nothing that is rotated is read, also when there is no live file. */
static void test_from_the_start_in_a_gap(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog.1", "old\n");
	assert_seen(s, "", "absent mainlog\nfound mainlog.1\n");
	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "rotated mainlog\n");
	scene_free(s);
}

static void test_begins_in_a_gap_with_all_packed(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");

	put(s, "mainlog.1", "old\n");
	pack(s, "mainlog.1", "mainlog.1.gz", pack_gzip);
	put(s, "mainlog.2", "unpacked by hand\n");
	assert_seen(s, "", "absent mainlog\n");
	put(s, "mainlog", "new\n");
	assert_seen(s, "new\n", "found mainlog\n");
	scene_free(s);
}

static void test_folder_comes_later(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "logs/mainlog");

	assert_seen(s, "", "absent mainlog\n");
	folder_make(s->top, "logs");
	put(s, "logs/mainlog", "first\n");
	(void)read_on(s);
	put(s, "logs/mainlog", "second\n");
	(void)read_on(s);
	/* what was in a folder that nobody could look into is not known to be new */
	assert_non_null(strstr(s->lines, "second\n"));
	scene_free(s);
}

static void test_not_a_file(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");

	folder_make(s->top, "mainlog");
	assert_seen(s, "", "refused mainlog\n");
	assert_int_equal(s->last[LOG_FOLLOW_REFUSED].err, -EINVAL);
	assert_seen(s, "", "");
	char path[FOLDER_PATH_MAX + 100];
	assert_int_equal(rmdir(in(s, "mainlog", path)), 0);
	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "found mainlog\n");
	scene_free(s);
}

/* ---- rotation */

static void test_renamed_with_a_gap(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");

	put(s, "mainlog", "old\n");
	assert_seen(s, "", "found mainlog\n");
	put(s, "mainlog", "a\n");
	move(s, "mainlog", "mainlog.1");
	assert_seen(s, "a\n", "absent mainlog\n");
	put(s, "mainlog.1", "late\n"); /* by a writer who looked just before */
	assert_seen(s, "late\n", "");
	put(s, "mainlog", "b\n");
	assert_seen(s, "b\n", "rotated mainlog\n");
	put(s, "mainlog.1", "very late\n");
	put(s, "mainlog", "c\n");
	assert_seen(s, "very late\nc\n", "");
	scene_free(s);
}

static void test_looks_at_the_old_one_for_a_while(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	(void)read_on(s);
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "b\n");
	assert_seen(s, "a\nb\n", "found mainlog\nrotated mainlog\n");
	s->now += 29;
	(void)read_on(s);
	put(s, "mainlog.1", "late\nhalf");
	s->now += 1;
	assert_seen(s, "late\n", "unfinished mainlog\n");
	assert_int_equal(s->last[LOG_FOLLOW_UNFINISHED].bytes, 4);
	assert_int_equal(state_of(s).lost_bytes, 4);
	put(s, "mainlog.1", "too late\n");
	assert_seen(s, "", "");
	scene_free(s);
}

/* All of it between two looks. */
static void test_rotated_twice_unseen(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	(void)read_on(s);
	put(s, "mainlog", "b\n");
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "c\n");
	move(s, "mainlog.1", "mainlog.2");
	move(s, "mainlog", "mainlog.1");
	assert_seen(s, "a\nb\nc\n", "found mainlog\nabsent mainlog\nrotated mainlog.1\n");
	move(s, "mainlog.2", "mainlog.3");
	move(s, "mainlog.1", "mainlog.2");
	put(s, "mainlog.1", "d\n");
	put(s, "mainlog", "e\n");
	assert_seen(s, "d\ne\n", "rotated mainlog.1\nrotated mainlog\n");
	scene_free(s);
}

static void test_rotated_and_packed_unseen(void **state)
{
	packer *const packers[] = {pack_gzip, pack_zstd};
	const char *const names[] = {"mainlog.2.gz", "mainlog.2.zst"};

	for (size_t i = 0; i < 2; i++) {
		struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
		put(s, "mainlog", "a\n");
		(void)read_on(s);
		put(s, "mainlog", "b\n");
		move(s, "mainlog", "mainlog.2");
		pack(s, "mainlog.2", names[i], packers[i]);
		put(s, "mainlog.1", "c\n");
		put(s, "mainlog", "d\n");
		/* it is still open, so it is read there */
		assert_seen(
			s, "a\nb\nc\nd\n", "found mainlog\nrotated mainlog.1\nrotated mainlog\n");
		erase(s, "mainlog");
		erase(s, "mainlog.1");
		erase(s, names[i]);
		scene_free(s);
	}
}

/* Nothing was read of it yet when it was packed, because there was so much to read before it. */
static void test_packed_before_it_was_read(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
	char path[FOLDER_PATH_MAX + 100];
	const struct timespec later[2] = {{4000000000, 0}, {4000000000, 0}};

	put(s, "mainlog", "a\n");
	(void)read_on(s);
	put(s, "mainlog", "b\nc\n");
	move(s, "mainlog", "mainlog.2");
	put(s, "mainlog.1", "d\n");
	s->budget.lines = 1;
	(void)read_on(s);
	pack(s, "mainlog.1", "mainlog.1.gz", pack_gzip);
	assert_int_equal(utimensat(AT_FDCWD, in(s, "mainlog.1.gz", path), later, 0), 0);
	(void)read_on(s);
	s->budget.lines = 100;
	put(s, "mainlog", "e\n");
	(void)read_on(s);
	assert_string_equal(s->lines, "a\nb\nc\nd\ne\n");
	assert_null(strstr(s->events, "replaced"));
	scene_free(s);
}

static void test_exicyclog(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog.02.gz", "");
	put(s, "mainlog.01", "old\n");
	put(s, "mainlog", "a\n");
	(void)read_on(s);
	move(s, "mainlog.02.gz", "mainlog.03.gz");
	move(s, "mainlog.01", "mainlog.02");
	move(s, "mainlog", "mainlog.01");
	assert_seen(s, "a\n", "found mainlog\nabsent mainlog\n");
	put(s, "mainlog.4711", "");
	(void)read_on(s);
	move(s, "mainlog.4711", "mainlog");
	pack(s, "mainlog.02", "mainlog.02.gz", pack_gzip);
	put(s, "mainlog", "b\n");
	assert_seen(s, "b\n", "rotated mainlog\n");
	scene_free(s);
}

static void test_dated_rotation(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "exim_mainlog");

	put(s, "exim_mainlog-20261121", "oldest\n");
	put(s, "exim_mainlog-20261122", "old\n");
	put(s, "exim_mainlog", "a\n");
	(void)read_on(s);
	restart(s);
	move(s, "exim_mainlog", "exim_mainlog-20261123");
	put(s, "exim_mainlog", "b\n");
	move(s, "exim_mainlog", "exim_mainlog-20261124");
	put(s, "exim_mainlog", "c\n");
	assert_seen(s, "a\nb\nc\n",
		"found exim_mainlog\nresumed exim_mainlog-20261123\n"
		"rotated exim_mainlog-20261124\nrotated exim_mainlog\n");
	scene_free(s);
}

static void test_removed(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog.1", "old\n");
	put(s, "mainlog", "a\n");
	(void)read_on(s);
	put(s, "mainlog", "b\n");
	erase(s, "mainlog");
	assert_seen(s, "a\nb\n", "found mainlog\nabsent mainlog\n");
	put(s, "mainlog", "c\n");
	assert_seen(s, "c\n", "replaced mainlog\nrotated mainlog\n");
	scene_free(s);
}

/* The one that was read is gone, and another came and was rotated before anyone looked. */
static void test_removed_and_rotated_unseen(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
	char path[FOLDER_PATH_MAX + 100];
	const struct timespec old[2] = {{NOON - 100, 0}, {NOON - 100, 0}};
	const struct timespec later[2] = {{4000000000, 0}, {4000000000, 0}};

	put(s, "mainlog.1", "old\n");
	assert_int_equal(utimensat(AT_FDCWD, in(s, "mainlog.1", path), old, 0), 0);
	put(s, "mainlog", "a\n");
	(void)read_on(s);
	erase(s, "mainlog");
	move(s, "mainlog.1", "mainlog.2");
	put(s, "mainlog.1", "b\n");
	assert_int_equal(utimensat(AT_FDCWD, in(s, "mainlog.1", path), later, 0), 0);
	put(s, "mainlog", "c\n");
	assert_seen(s, "a\nb\nc\n",
		"found mainlog\nreplaced mainlog\nrotated mainlog.1\nrotated mainlog\n");
	scene_free(s);
}

/* A rotation that was a mistake and is undone: nothing is read twice. */
static void test_renamed_back(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	(void)read_on(s);
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "b\n");
	assert_seen(s, "a\nb\n", "found mainlog\nrotated mainlog\n");
	move(s, "mainlog.1", "mainlog");
	put(s, "mainlog", "c\n");
	assert_seen(s, "c\n", "replaced mainlog\nreturned mainlog\n");
	assert_int_equal(s->last[LOG_FOLLOW_RETURNED].offset, 2);
	scene_free(s);
}

/* The same, when the old one was closed already. */
static void test_renamed_back_later(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	(void)read_on(s);
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "b\n");
	(void)read_on(s);
	s->now += 31;
	assert_seen(s, "a\nb\n", "found mainlog\nrotated mainlog\n");
	move(s, "mainlog.1", "mainlog");
	put(s, "mainlog", "c\n");
	assert_seen(s, "c\n", "replaced mainlog\nreturned mainlog\n");
	scene_free(s);
}

static void test_symbolic_link_is_turned(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
	char path[FOLDER_PATH_MAX + 100];

	folder_make(s->top, "days");
	put(s, "days/monday", "a\n");
	assert_int_equal(symlink("days/monday", in(s, "mainlog", path)), 0);
	assert_seen(s, "a\n", "found mainlog\n");
	put(s, "days/monday", "b\n");
	put(s, "days/tuesday", "c\n");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("days/tuesday", path), 0);
	put(s, "days/monday", "late\n");
	assert_seen(s, "b\nlate\nc\n", "replaced mainlog\nrotated mainlog\n");
	scene_free(s);
}

/* Today's file, under its own name and that of the link. */
static void test_symbolic_link_into_the_same_folder(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
	char path[FOLDER_PATH_MAX + 100];

	put(s, "mainlog-20261123", "a\n");
	assert_int_equal(symlink("mainlog-20261123", in(s, "mainlog", path)), 0);
	assert_seen(s, "a\n", "found mainlog\n");
	put(s, "mainlog-20261124", "b\n");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("mainlog-20261124", path), 0);
	assert_seen(s, "b\n", "rotated mainlog\n");
	restart(s);
	put(s, "mainlog-20261124", "c\n");
	assert_seen(s, "c\n", "resumed mainlog\n");
	scene_free(s);
}

static void test_more_files_than_can_be_open(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
	char name[64], text[64];

	put(s, "mainlog", "0\n");
	(void)read_on(s);
	move(s, "mainlog", "mainlog.300");
	for (int i = 299; i > 0; i--) {
		(void)snprintf(name, sizeof(name), "mainlog.%d", i);
		(void)snprintf(text, sizeof(text), "%d\n", 300 - i);
		put(s, name, text);
	}
	put(s, "mainlog", "300\n");
	s->lines[0] = '\0';
	for (int i = 0; i < 10; i++) {
		(void)read_on(s);
		s->now += 31;
	}
	struct slice rest = slice_of(s->lines), line = {0};
	for (int i = 1; i <= 300; i++) {
		assert_true(slice_take_line(&rest, &line));
		assert_int_equal(strtol(line.at, NULL, 10), i);
	}
	assert_int_equal(rest.len, 0);
	scene_free(s);
}

/* ---- datestamps in the name */

static void use_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void test_name_of_the_day(void **state)
{
	use_zone("Europe/Berlin");
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog-%D");

	put(s, "mainlog-20261122", "old\n");
	put(s, "mainlog-20261123", "a\n");
	s->now = NOON + 11 * 3600 - 1; /* 23:59:59 in Berlin */
	assert_seen(s, "a\n", "found mainlog-20261123\n");
	s->now++;
	assert_seen(s, "", "absent mainlog-20261124\n");
	put(s, "mainlog-20261123", "late\n");
	assert_seen(s, "late\n", "");
	put(s, "mainlog-20261124", "b\n");
	assert_seen(s, "b\n", "rotated mainlog-20261124\n");
	/* nobody sent mail on the 25th; the 26th was missed */
	s->now += (int64_t)3 * 86400;
	put(s, "mainlog-20261126", "c\n");
	put(s, "mainlog-20261127", "d\n");
	assert_seen(s, "c\nd\n", "rotated mainlog-20261126\nrotated mainlog-20261127\n");
	restart(s);
	pack(s, "mainlog-20261127", "mainlog-20261127.gz", pack_gzip);
	put(s, "mainlog-20261128", "e\n");
	s->now += 86400;
	assert_seen(s, "e\n", "resumed mainlog-20261127.gz\nrotated mainlog-20261128\n");
	scene_free(s);
	use_zone("UTC");
}

static void test_name_of_the_month(void **state)
{
	use_zone("UTC");
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "main.%M");

	put(s, "main.202611", "a\n");
	assert_seen(s, "a\n", "found main.202611\n");
	s->now += (int64_t)8 * 86400;
	put(s, "main.202612", "b\n");
	assert_seen(s, "b\n", "rotated main.202612\n");
	scene_free(s);
}

static void test_folder_of_the_day(void **state)
{
	use_zone("UTC");
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "%D/mainlog");

	folder_make(s->top, "20261123");
	put(s, "20261123/mainlog", "a\n");
	assert_seen(s, "a\n", "found mainlog\n");
	s->now += 86400;
	folder_make(s->top, "20261124");
	put(s, "20261124/mainlog", "b\n");
	assert_seen(s, "b\n", "replaced mainlog\nrotated mainlog\n");
	put(s, "20261123/mainlog", "late\n");
	assert_seen(s, "late\n", "");
	scene_free(s);
}

/* ---- truncation */

static void test_truncated(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\nb\n");
	assert_seen(s, "a\nb\n", "found mainlog\n");
	truncate_to_nothing(s, "mainlog");
	put(s, "mainlog", "c\n");
	assert_seen(s, "c\n", "truncated mainlog\n");
	assert_int_equal(s->last[LOG_FOLLOW_TRUNCATED].bytes, 0);
	scene_free(s);
}

static void test_truncated_and_grown_unseen(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\nb\n");
	assert_seen(s, "a\nb\n", "found mainlog\n");
	truncate_to_nothing(s, "mainlog");
	put(s, "mainlog", "c\nd\ne\n");
	assert_seen(s, "c\nd\ne\n", "truncated mainlog\n");
	scene_free(s);
}

/* Lines that nobody read, truncated away without a copy: known to be lost, if they were seen. */
static void test_truncated_with_unread_lines(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\nbb\nccc\n");
	s->budget.lines = 1;
	assert_seen(s, "a\n", "found mainlog\n");
	truncate_to_nothing(s, "mainlog");
	assert_seen(s, "", "truncated mainlog\n");
	assert_int_equal(s->last[LOG_FOLLOW_TRUNCATED].bytes, 7);
	assert_int_equal(state_of(s).lost_bytes, 7);
	scene_free(s);
}

static void test_copied_and_truncated(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "found mainlog\n");
	put(s, "mainlog", "b\n");
	copy(s, "mainlog", "mainlog.1");
	truncate_to_nothing(s, "mainlog");
	put(s, "mainlog", "c\n");
	assert_seen(s, "b\nc\n", "truncated mainlog\ncopied mainlog to mainlog.1\n");
	assert_int_equal(s->last[LOG_FOLLOW_COPIED].offset, 2);
	assert_int_equal(s->last[LOG_FOLLOW_TRUNCATED].bytes, 0);
	assert_int_equal(state_of(s).lost_bytes, 0);

	/* and again; what was written behind the copy is lost */
	put(s, "mainlog", "d\n");
	move(s, "mainlog.1", "mainlog.2");
	copy(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "lost\n");
	s->budget.lines = 1;
	assert_seen(s, "d\n", "");
	truncate_to_nothing(s, "mainlog");
	put(s, "mainlog", "e\n");
	s->budget.lines = 100;
	assert_seen(s, "e\n", "truncated mainlog\ncopied mainlog to mainlog.1\n");
	assert_int_equal(s->last[LOG_FOLLOW_TRUNCATED].bytes, 5);
	assert_int_equal(state_of(s).lost_bytes, 5);
	scene_free(s);
}

static void test_copied_packed_and_truncated(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "found mainlog\n");
	put(s, "mainlog", "b\n");
	copy(s, "mainlog", "mainlog.1");
	truncate_to_nothing(s, "mainlog");
	pack(s, "mainlog.1", "mainlog.1.gz", pack_gzip);
	put(s, "mainlog", "c\n");
	assert_seen(s, "b\nc\n", "truncated mainlog\ncopied mainlog to mainlog.1.gz\n");
	scene_free(s);
}

/* Twice between two looks: the first copy holds what is to be read on, the second all of its own.
 */
static void test_copied_and_truncated_twice(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "found mainlog\n");
	put(s, "mainlog", "b\n");
	copy(s, "mainlog", "mainlog.2");
	truncate_to_nothing(s, "mainlog");
	put(s, "mainlog", "c\n");
	copy(s, "mainlog", "mainlog.1");
	truncate_to_nothing(s, "mainlog");
	put(s, "mainlog", "d\n");
	assert_seen(s, "b\nc\nd\n",
		"rotated mainlog.1\ntruncated mainlog\ncopied mainlog to mainlog.2\n");
	restart(s);
	assert_seen(s, "", "resumed mainlog\n");
	put(s, "mainlog", "e\n");
	assert_seen(s, "e\n", "");
	scene_free(s);
}

static void test_copied_and_truncated_while_stopped(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "found mainlog\n");
	put(s, "mainlog", "b\n");
	restart(s);
	copy(s, "mainlog", "mainlog.1");
	truncate_to_nothing(s, "mainlog");
	put(s, "mainlog", "c\n");
	(void)read_on(s);
	assert_string_equal(s->lines, "b\nc\n");
	assert_non_null(strstr(s->events, "resumed mainlog.1\n"));
	assert_non_null(strstr(s->events, "truncated mainlog\n"));
	scene_free(s);
}

/* More was read than the copy has, when the position was saved. */
static void test_truncated_while_stopped(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");

	put(s, "mainlog", "a\n");
	assert_seen(s, "", "found mainlog\n");
	copy(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "b\n");
	assert_seen(s, "b\n", "");
	restart(s);
	truncate_to_nothing(s, "mainlog");
	put(s, "mainlog", "c\n");
	assert_seen(s, "c\n", "resumed mainlog\ntruncated mainlog\n");
	scene_free(s);
}

static void put_many(
	const struct scene *s, const char *name, const char *word, int first, int count)
{
	char line[100];

	for (int i = first; i < first + count; i++) {
		(void)snprintf(line, sizeof(line), "%s %d ....................\n", word, i);
		put(s, name, line);
	}
}

/* A copy of what was read already, beside the file that was truncated: it is not read again, in
 * whatever order the program was stopped, the log copied and truncated, and copied again. */
static void test_copy_of_what_was_read(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");

	put(s, "mainlog", "");
	assert_seen(s, "", "found mainlog\n");
	s->count_only = true;
	put_many(s, "mainlog", "a", 0, 20);
	copy(s, "mainlog", "mainlog.1");
	put_many(s, "mainlog", "a", 20, 5);
	(void)read_on(s);
	assert_int_equal(s->counted, 25);
	restart(s);
	truncate_to_nothing(s, "mainlog");
	put_many(s, "mainlog", "b", 0, 30);
	(void)read_on(s);
	assert_int_equal(s->counted, 55);
	assert_non_null(strstr(s->events, "truncated mainlog\n"));
	restart(s);
	(void)read_on(s);
	assert_int_equal(s->counted, 55);

	/* the same while it runs */
	move(s, "mainlog.1", "mainlog.2");
	copy(s, "mainlog", "mainlog.1");
	put_many(s, "mainlog", "b", 30, 5);
	(void)read_on(s);
	assert_int_equal(s->counted, 60);
	truncate_to_nothing(s, "mainlog");
	put_many(s, "mainlog", "c", 0, 30);
	(void)read_on(s);
	assert_int_equal(s->counted, 90);
	restart(s);
	(void)read_on(s);
	assert_int_equal(s->counted, 90);

	/* and packed */
	move(s, "mainlog.2", "mainlog.3");
	move(s, "mainlog.1", "mainlog.2");
	copy(s, "mainlog", "mainlog.1");
	put_many(s, "mainlog", "c", 30, 5);
	(void)read_on(s);
	restart(s);
	truncate_to_nothing(s, "mainlog");
	pack(s, "mainlog.1", "mainlog.1.gz", pack_gzip);
	put_many(s, "mainlog", "d", 0, 3);
	(void)read_on(s);
	assert_int_equal(s->counted, 98);
	assert_null(strstr(s->events, "lost"));
	scene_free(s);
}

/* As above, but one of the copies holds lines that nobody has read. */
static void test_copied_twice_after_all_was_read(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	s->count_only = true;
	put_many(s, "mainlog", "a", 0, 20);
	copy(s, "mainlog", "mainlog.2");
	put_many(s, "mainlog", "a", 20, 5);
	(void)read_on(s);
	assert_int_equal(s->counted, 25);
	truncate_to_nothing(s, "mainlog");
	put_many(s, "mainlog", "b", 0, 10);
	copy(s, "mainlog", "mainlog.1");
	truncate_to_nothing(s, "mainlog");
	put_many(s, "mainlog", "c", 0, 3);
	(void)read_on(s);
	assert_int_equal(s->counted, 38);
	scene_free(s);
}

/* Looked at between copying and truncating. */
static void test_copy_before_truncation(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	s->count_only = true;
	put_many(s, "mainlog", "a", 0, 20);
	(void)read_on(s);
	restart(s);
	move(s, "mainlog", "mainlog.2"); /* whatever: it is not the live file any more */
	put_many(s, "mainlog", "b", 0, 20);
	copy(s, "mainlog", "mainlog.1");
	put_many(s, "mainlog", "b", 20, 5);
	(void)read_on(s);
	assert_int_equal(s->counted, 45);
	truncate_to_nothing(s, "mainlog");
	put_many(s, "mainlog", "c", 0, 5);
	(void)read_on(s);
	assert_int_equal(s->counted, 50);
	restart(s);
	(void)read_on(s);
	assert_int_equal(s->counted, 50);
	scene_free(s);
}

/* Nothing of it was read yet: what is lost is told. */
static void test_truncated_before_it_was_read(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\nb\n");
	(void)read_on(s);
	restart(s);
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog.1", "c\nd\n");
	put(s, "mainlog", "lost\n");
	s->budget.lines = 1;
	(void)read_on(s);
	truncate_to_nothing(s, "mainlog");
	s->lines[0] = s->events[0] = '\0';
	s->budget.lines = 10;
	put(s, "mainlog", "e\n");
	assert_seen(s, "d\ne\n", "truncated mainlog\n");
	assert_int_equal(s->last[LOG_FOLLOW_TRUNCATED].bytes, 5);
	scene_free(s);
}

static void test_half_a_first_entry_is_taken_back(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "half");
	assert_seen(s, "", "found mainlog\n");
	truncate_to_nothing(s, "mainlog");
	assert_seen(s, "", "");
	put(s, "mainlog", "b\n");
	assert_seen(s, "b\n", "");
	scene_free(s);
}

/* One that was rotated is emptied to make room: nobody reads it again, whatever comes into it. */
static void test_old_file_is_truncated(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	(void)read_on(s);
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "b\n");
	assert_seen(s, "a\nb\n", "found mainlog\nrotated mainlog\n");
	truncate_to_nothing(s, "mainlog.1");
	put(s, "mainlog.1", "x\n");
	put(s, "mainlog", "c\n");
	assert_seen(s, "c\n", "");
	put(s, "mainlog", "d\n");
	assert_seen(s, "d\n", "");
	scene_free(s);
}

/* Copies too short to be known by their beginnings. */
static void test_short_copies(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	(void)read_on(s);
	put(s, "mainlog", "b\n");
	copy(s, "mainlog", "mainlog.1");
	truncate_to_nothing(s, "mainlog");
	put(s, "mainlog", "c\n");
	(void)read_on(s);
	move(s, "mainlog.1", "mainlog.2");
	copy(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "d\n");
	(void)read_on(s);
	truncate_to_nothing(s, "mainlog");
	put(s, "mainlog", "e\n");
	(void)read_on(s);
	assert_string_equal(s->lines, "a\nb\nc\nd\ne\n");
	restart(s);
	put(s, "mainlog", "f\n");
	(void)read_on(s);
	assert_string_equal(s->lines, "a\nb\nc\nd\ne\nf\n");
	scene_free(s);
}

/* An entry for which the disk had no room is cut off again: nothing is lost, and nothing is told.
 */
static void test_half_an_entry_is_taken_back(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
	char path[FOLDER_PATH_MAX + 100];

	put(s, "mainlog", "a\nhalf");
	assert_seen(s, "a\n", "found mainlog\n");
	assert_int_equal(truncate(in(s, "mainlog", path), 2), 0);
	assert_seen(s, "", "");
	put(s, "mainlog", "b\n");
	assert_seen(s, "b\n", "");
	scene_free(s);
}

/* ---- stopped and begun again */

static void test_restart_in_the_same_file(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\nb\n");
	assert_seen(s, "a\nb\n", "found mainlog\n");
	restart(s);
	assert_seen(s, "", "resumed mainlog\n");
	assert_int_equal(s->last[LOG_FOLLOW_RESUMED].offset, 4);
	assert_int_equal(s->last[LOG_FOLLOW_RESUMED].bytes, 0);
	put(s, "mainlog", "c\nd");
	restart(s);
	assert_seen(s, "c\n", "resumed mainlog\n");
	assert_int_equal(s->last[LOG_FOLLOW_RESUMED].bytes, 3);
	restart(s);
	put(s, "mainlog", "\n");
	assert_seen(s, "d\n", "resumed mainlog\n");
	scene_free(s);
}

/* The position before anything was looked at is the one that was given. */
static void test_restart_before_the_first_look(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "found mainlog\n");
	restart(s);
	restart(s);
	put(s, "mainlog", "b\n");
	assert_seen(s, "b\n", "resumed mainlog\n");
	scene_free(s);
}

static void test_restart_after_rotation(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");

	put(s, "mainlog.1", "older\n");
	put(s, "mainlog", "old\n");
	assert_seen(s, "", "found mainlog\n");
	put(s, "mainlog", "a\n");
	restart(s);
	move(s, "mainlog.1", "mainlog.2");
	pack(s, "mainlog.2", "mainlog.2.gz", pack_gzip);
	move(s, "mainlog", "mainlog.1");
	assert_seen(s, "a\n", "absent mainlog\nresumed mainlog.1\n");
	restart(s);
	put(s, "mainlog", "b\n");
	assert_seen(s, "b\n", "resumed mainlog.1\nrotated mainlog\n");
	scene_free(s);
}

/* Stopped for days: its file is packed by now, so are newer ones, and all are read in order. */
static void test_restart_after_days(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");

	put(s, "mainlog.1", "older\n");
	put(s, "mainlog", "old\n");
	assert_seen(s, "", "found mainlog\n");
	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "");
	restart(s);
	put(s, "mainlog", "b\n");
	move(s, "mainlog.1", "mainlog.5");
	pack(s, "mainlog.5", "mainlog.5.gz", pack_gzip);
	move(s, "mainlog", "mainlog.4");
	pack(s, "mainlog.4", "mainlog.4.gz", pack_gzip);
	put(s, "mainlog.3", "c\nd\n");
	pack(s, "mainlog.3", "mainlog.3.zst", pack_zstd);
	put(s, "mainlog.2", "e\n");
	pack(s, "mainlog.2", "mainlog.2.gz", pack_gzip);
	put(s, "mainlog.1", "f\n");
	put(s, "mainlog", "g\n");
	s->budget.lines = 1;
	assert_seen(s, "b\n",
		"resumed mainlog.4.gz\nrotated mainlog.3.zst\nrotated mainlog.2.gz\n"
		"rotated mainlog.1\nrotated mainlog\n");
	/* and stopped in each of them */
	restart(s);
	(void)read_on(s);
	assert_string_equal(s->lines, "c\n");
	restart(s);
	(void)read_on(s);
	assert_string_equal(s->lines, "c\nd\n");
	restart(s);
	(void)read_on(s);
	assert_string_equal(s->lines, "c\nd\ne\n");
	restart(s);
	(void)read_on(s);
	assert_string_equal(s->lines, "c\nd\ne\nf\n");
	restart(s);
	(void)read_on(s);
	assert_string_equal(s->lines, "c\nd\ne\nf\ng\n");
	s->budget.lines = 100;
	restart(s);
	(void)read_on(s);
	assert_string_equal(s->lines, "c\nd\ne\nf\ng\n");
	scene_free(s);
}

/* While logrotate packs: the packed file is there, and the unpacked one still is. */
static void test_restart_while_it_is_packed(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "found mainlog\n");
	put(s, "mainlog", "b\n");
	restart(s);
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog.1.gz", "\x1f\x8b");
	put(s, "mainlog", "c\n");
	assert_seen(s, "b\nc\n", "resumed mainlog.1\nrotated mainlog\n");
	scene_free(s);
}

/* The inode of the old file is that of the new one: only the content tells. */
static void test_restart_with_a_used_inode(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
	struct log_position position;

	put(s, "mainlog", "a\nb\n");
	assert_seen(s, "a\nb\n", "found mainlog\n");
	assert_int_equal(log_follow_position(s->follow, &position), 0);
	log_follow_free(s->follow);
	put(s, "mainlog", "c\n");
	move(s, "mainlog", "mainlog.1");
	pack(s, "mainlog.1", "mainlog.1.gz", pack_gzip);
	put(s, "mainlog", "x\ny\nz\n");

	char path[FOLDER_PATH_MAX + 100];
	struct stat st;
	assert_int_equal(stat(in(s, "mainlog", path), &st), 0);
	position.marks[0].device = st.st_dev;
	position.marks[0].inode = st.st_ino;
	position.marks[0].born_ns = 0;
	begin(s, &position);
	assert_seen(s, "c\nx\ny\nz\n", "resumed mainlog.1.gz\nrotated mainlog\n");
	scene_free(s);
}

/* Devices have other numbers after a restart of the machine. */
static void test_restart_with_another_device(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
	struct log_position position;

	put(s, "mainlog", "a\nb\n");
	assert_seen(s, "a\nb\n", "found mainlog\n");
	assert_int_equal(log_follow_position(s->follow, &position), 0);
	log_follow_free(s->follow);
	put(s, "mainlog", "c\n");
	position.marks[0].device++;
	begin(s, &position);
	assert_seen(s, "c\n", "resumed mainlog\n");
	scene_free(s);
}

/* Nothing was read of the new file yet; the old one is gone when it is looked for again. */
static void test_restart_in_an_empty_file(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");

	put(s, "mainlog", "old\n");
	assert_seen(s, "", "found mainlog\n");
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "");
	assert_seen(s, "", "rotated mainlog\n");
	restart(s);
	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "resumed mainlog.1\nrotated mainlog\n");
	move(s, "mainlog.1", "mainlog.2");
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "");
	assert_seen(s, "", "rotated mainlog\n");
	restart(s);
	erase(s, "mainlog.1");
	erase(s, "mainlog.2");
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog.1", "b\n");
	put(s, "mainlog", "c\n");
	assert_seen(s, "b\nc\n", "resumed mainlog.1\nrotated mainlog\n");
	scene_free(s);
}

/* Two files with nothing read of either: the older is not forgotten. */
static void test_restart_with_nothing_read(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "hal");
	assert_seen(s, "", "found mainlog\n");
	put(s, "mainlog", "f\n");
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "b");
	restart(s);
	assert_seen(s, "half\n", "resumed mainlog.1\nrotated mainlog\n");
	scene_free(s);
}

/* A late writer's line in the old file, written while nobody looked, is not lost. */
static void test_restart_with_a_late_writer(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	(void)read_on(s);
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "b\n");
	assert_seen(s, "a\nb\n", "found mainlog\nrotated mainlog\n");
	restart(s);
	put(s, "mainlog.1", "late\n");
	put(s, "mainlog", "c\n");
	assert_seen(s, "late\nc\n", "resumed mainlog\n");
	scene_free(s);
}

static void test_position_is_lost(void **state)
{
	enum log_follow_start starts[] = {LOG_FOLLOW_FROM_END, LOG_FOLLOW_FROM_START};

	for (size_t i = 0; i < 2; i++) {
		struct scene *s = scene_new(state, starts[i], "mainlog");
		put(s, "mainlog", "a\n");
		(void)read_on(s);
		s->events[0] = s->lines[0] = '\0';
		restart(s);
		erase(s, "mainlog");
		put(s, "mainlog.1", "b\n");
		put(s, "mainlog", "c\nd\n");
		bool from_end = starts[i] == LOG_FOLLOW_FROM_END;
		assert_seen(s, from_end ? "" : "c\nd\n", "position-lost mainlog\n");
		assert_int_equal(s->last[LOG_FOLLOW_LOST].offset, from_end ? 4 : 0);
		assert_int_equal(s->last[LOG_FOLLOW_LOST].bytes, 4);
		put(s, "mainlog", "e\n");
		assert_seen(s, "e\n", "");
		erase(s, "mainlog");
		erase(s, "mainlog.1");
		scene_free(s);
	}
}

/* Another file, shorter than what was read, is not the beginning of it. */
static void test_position_is_lost_among_shorter_files(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");

	s->count_only = true;
	put(s, "mainlog", "");
	(void)read_on(s);
	put_many(s, "mainlog", "a", 0, 50);
	(void)read_on(s);
	assert_int_equal(s->counted, 50);
	restart(s);
	erase(s, "mainlog");
	put_many(s, "mainlog.1", "b", 0, 20);
	put_many(s, "mainlog.2", "b", 0, 20);
	pack(s, "mainlog.2", "mainlog.2.gz", pack_gzip);
	put_many(s, "mainlog", "c", 0, 20);
	s->events[0] = '\0';
	(void)read_on(s);
	assert_string_equal(s->events, "position-lost mainlog\n");
	assert_int_equal(s->counted, 50);
	scene_free(s);
}

/* A mark of a file of which nothing was read has only an inode to go by. */
static void test_unread_mark_of_a_used_inode(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");
	struct log_position position;
	char path[FOLDER_PATH_MAX + 100];
	struct stat st;

	put(s, "mainlog.2", "oldest\n");
	put(s, "mainlog", "a\n");
	(void)read_on(s);
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "");
	(void)read_on(s);
	assert_int_equal(log_follow_position(s->follow, &position), 0);
	assert_int_equal(position.count, 2);
	log_follow_free(s->follow);

	/* of an older file: the other mark says more */
	assert_int_equal(stat(in(s, "mainlog.2", path), &st), 0);
	position.marks[1].inode = st.st_ino;
	position.marks[1].born_ns = 0;
	begin(s, &position);
	put(s, "mainlog", "b\n");
	s->events[0] = '\0';
	assert_seen(s, "b\n", "resumed mainlog.1\nrotated mainlog\n");

	/* of a packed file, and alone */
	log_follow_free(s->follow);
	pack(s, "mainlog.2", "mainlog.2.gz", pack_gzip);
	assert_int_equal(stat(in(s, "mainlog.2.gz", path), &st), 0);
	position.marks[0] = (struct log_mark){.device = st.st_dev, .inode = st.st_ino};
	position.count = 1;
	begin(s, &position);
	assert_seen(s, "", "position-lost mainlog\n");
	scene_free(s);
}

/* Files that stayed empty stand between: the position has room for what counts. */
static void test_restart_after_empty_files(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
	char name[32];

	put(s, "mainlog", "a\n");
	(void)read_on(s);
	move(s, "mainlog", "mainlog.20");
	for (int i = 19; i > 10; i--) {
		put(s, "mainlog", "");
		(void)read_on(s);
		(void)snprintf(name, sizeof(name), "mainlog.%d", i);
		move(s, "mainlog", name);
	}
	put(s, "mainlog", "b\n");
	(void)read_on(s);
	restart(s);
	put(s, "mainlog.20", "late\n");
	put(s, "mainlog", "c\n");
	(void)read_on(s);
	assert_string_equal(s->lines, "a\nb\nlate\nc\n");
	scene_free(s);
}

/* All that is newest is gone: what comes after the one before it is read. */
static void test_restart_with_the_newest_gone(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");

	put(s, "mainlog", "a\n");
	(void)read_on(s);
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "b\n");
	(void)read_on(s);
	s->now += 31;
	(void)read_on(s); /* the old one is closed */
	restart(s);
	erase(s, "mainlog");
	put(s, "mainlog", "c\n");
	s->lines[0] = s->events[0] = '\0';
	assert_seen(s, "c\n", "resumed mainlog.1\nrotated mainlog\n");
	scene_free(s);
}

/* A file system that is not mounted yet looks like a folder without the log. */
static void test_position_waits_for_the_log(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "found mainlog\n");
	put(s, "mainlog", "b\n");
	move(s, "mainlog", "elsewhere");
	restart(s);
	assert_seen(s, "", "absent mainlog\n");
	restart(s);
	assert_seen(s, "", "absent mainlog\n");
	move(s, "elsewhere", "mainlog");
	assert_seen(s, "b\n", "resumed mainlog\n");
	scene_free(s);
}

/* ---- budget and bounds */

static void test_budget_of_lines(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\nb\nc\nd\n");
	s->budget.lines = 3;
	assert_true(read_on(s));
	assert_int_equal(log_follow_wait_ms(s->follow), 0);
	assert_int_equal(state_of(s).unread_bytes, 2);
	assert_seen(s, "a\nb\nc\nd\n", "found mainlog\n");
	assert_false(read_on(s));
	assert_true(log_follow_wait_ms(s->follow) > 0);
	s->budget.lines = 0; /* one at least */
	put(s, "mainlog", "e\nf\n");
	assert_seen(s, "e\n", "");
	assert_seen(s, "f\n", "");
	scene_free(s);
}

static void test_budget_of_bytes(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "aaa\nbbb\nccc\nddd\n");
	s->budget.bytes = 8;
	assert_seen(s, "aaa\nbbb\n", "found mainlog\n");
	s->budget.bytes = 1;
	assert_seen(s, "ccc\n", "");
	s->budget.bytes = 0;
	assert_seen(s, "ddd\n", "");
	assert_seen(s, "", "");
	scene_free(s);
}

static void test_time_behind(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	assert_int_equal(state_of(s).caught_up_at, 0);
	put(s, "mainlog", "a\nb\n");
	(void)read_on(s);
	assert_int_equal(state_of(s).caught_up_at, NOON);
	assert_int_equal(state_of(s).last_line_at, NOON);
	s->now += 10;
	(void)read_on(s);
	assert_int_equal(state_of(s).caught_up_at, NOON + 10);
	assert_int_equal(state_of(s).last_line_at, NOON);
	put(s, "mainlog", "c\nd\n");
	s->budget.lines = 1;
	s->now += 10;
	assert_true(read_on(s));
	assert_int_equal(state_of(s).caught_up_at, NOON + 10);
	assert_int_equal(state_of(s).last_line_at, NOON + 20);
	scene_free(s);
}

static void put_long(const struct scene *s, size_t len, bool ended)
{
	char *at = memory_new(len + 1, 1);

	memset(at, 'x', len);
	at[len] = '\n';
	put_bytes(s, "mainlog", at, ended ? len + 1 : len);
	free(at);
}

static void test_long_lines(void **state)
{
	static const size_t lengths[] = {LOG_LINE_MAX - 1, LOG_LINE_MAX, LOG_LINE_MAX + 1,
		4 * LOG_LINE_MAX - 257, 4 * LOG_LINE_MAX, 4 * LOG_LINE_MAX + 1, 20 * LOG_LINE_MAX};
	uint64_t skipped = 0, bytes = 0;
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "first\n");
	assert_seen(s, "first\n", "found mainlog\n");
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		put_long(s, lengths[i], true);
		put(s, "mainlog", "after\n");
		uint64_t before = s->counted;
		(void)read_on(s);
		bool is_long = lengths[i] > LOG_LINE_MAX;
		skipped += is_long ? 1 : 0;
		bytes += is_long ? lengths[i] + 1 : 0;
		assert_int_equal(s->counted - before, is_long ? 1 : 2);
		assert_int_equal(state_of(s).long_lines, skipped);
		assert_int_equal(state_of(s).long_bytes, bytes);
		assert_int_equal(state_of(s).unread_bytes, 0);
		restart(s);
		skipped = bytes = 0;
	}
	scene_free(s);
}

/* Stopped within such a line: its rest is not taken for a line. */
static void test_restart_in_a_long_line(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put_long(s, 3 * LOG_LINE_MAX, false);
	assert_seen(s, "", "found mainlog\n");
	put_long(s, 100, false);
	assert_seen(s, "", "");
	assert_int_equal(state_of(s).long_lines, 1);
	assert_int_equal(state_of(s).long_bytes, 3 * LOG_LINE_MAX + 100);
	restart(s);
	put(s, "mainlog", "rest\nnext\n");
	assert_seen(s, "next\n", "resumed mainlog\n");
	scene_free(s);
}

static void test_long_line_in_a_packed_file(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "found mainlog\n");
	put_long(s, 9 * LOG_LINE_MAX, true);
	put(s, "mainlog", "b\n");
	put_long(s, LOG_LINE_MAX + 1, true);
	put(s, "mainlog", "c\nhalf");
	restart(s);
	move(s, "mainlog", "mainlog.1");
	pack(s, "mainlog.1", "mainlog.1.gz", pack_gzip);
	put(s, "mainlog", "d\n");
	assert_seen(
		s, "b\nc\nd\n", "resumed mainlog.1.gz\nrotated mainlog\nunfinished mainlog.1.gz\n");
	assert_int_equal(s->last[LOG_FOLLOW_UNFINISHED].bytes, 4);
	assert_int_equal(state_of(s).long_lines, 2);
	assert_int_equal(state_of(s).long_bytes, 10 * LOG_LINE_MAX + 3);
	scene_free(s);
}

static void test_damaged_packed_file(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
	size_t len;
	char path[FOLDER_PATH_MAX + 100];

	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "found mainlog\n");
	put(s, "mainlog", "b\nc\n");
	restart(s);
	move(s, "mainlog", "mainlog.1");
	pack(s, "mainlog.1", "mainlog.1.gz", pack_gzip);
	free(contents(s, "mainlog.1.gz", &len));
	assert_int_equal(truncate(in(s, "mainlog.1.gz", path), (off_t)len - 4), 0);
	put(s, "mainlog", "d\n");
	assert_seen(
		s, "b\nc\nd\n", "resumed mainlog.1.gz\nrotated mainlog\ndamaged mainlog.1.gz\n");
	assert_int_equal(s->last[LOG_FOLLOW_DAMAGED].err, -ENODATA);
	assert_int_equal(s->last[LOG_FOLLOW_DAMAGED].offset, 6);
	scene_free(s);
}

/* Much at once: every line, each once, over many buffers. */
static void test_large_file(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
	char *at = memory_new(1 << 20, 1);
	size_t n = 0, lines = 0;

	while (n + 200 < 1 << 20) {
		n += (size_t)sprintf(at + n, "%08zu %0*d\n", lines, (int)(lines % 150) + 1, 0);
		lines++;
	}
	put_bytes(s, "mainlog", at, n);
	s->count_only = true;
	s->budget = (struct log_follow_budget){777, 1 << 16};
	while (read_on(s))
		;
	assert_int_equal(s->counted, lines);
	assert_int_equal(state_of(s).bytes, n);
	free(at);
	scene_free(s);
}

/* ---- inotify */

static bool is_woken(const struct scene *s, int ms)
{
	struct pollfd p = {.fd = log_follow_fd(s->follow), .events = POLLIN};

	return poll(&p, 1, ms) == 1;
}

static void test_wakes(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");
	char path[FOLDER_PATH_MAX + 100];

	assert_true(log_follow_fd(s->follow) >= 0);
	assert_seen(s, "", "absent mainlog\n");
	assert_false(is_woken(s, 0));
	put(s, "mainlog", "");
	assert_true(is_woken(s, 1000)); /* made */
	assert_seen(s, "", "found mainlog\n");
	(void)read_on(s);
	assert_false(is_woken(s, 0));
	put(s, "mainlog", "a\n");
	assert_true(is_woken(s, 1000)); /* written to */
	assert_seen(s, "a\n", "");
	assert_false(is_woken(s, 0));
	move(s, "mainlog", "mainlog.1");
	assert_true(is_woken(s, 1000)); /* renamed */
	(void)read_on(s);
	assert_false(is_woken(s, 0));
	put(s, "mainlog.1", "late\n");
	assert_true(is_woken(s, 1000)); /* written to under its old name */
	assert_seen(s, "late\n", "absent mainlog\n");
	assert_int_equal(chmod(in(s, "mainlog.1", path), 0600), 0);
	assert_true(is_woken(s, 1000)); /* made readable, perhaps */
	scene_free(s);
}

static void test_wakes_behind_a_link(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");
	char path[FOLDER_PATH_MAX + 100];

	folder_make(s->top, "there");
	put(s, "there/log", "old\n");
	assert_int_equal(symlink("there/log", in(s, "mainlog", path)), 0);
	assert_seen(s, "", "found mainlog\n");
	(void)read_on(s);
	assert_false(is_woken(s, 0));
	move(s, "there/log", "there/log.1"); /* the link leads nowhere now */
	assert_true(is_woken(s, 1000));
	(void)read_on(s);
	put(s, "there/log", "a\n");
	assert_true(is_woken(s, 1000));
	(void)read_on(s);
	assert_string_equal(s->lines, "a\n");
	scene_free(s);
}

/* More happens than the kernel keeps: nothing is lost, and it still wakes afterwards. */
static void test_queue_overflows(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
	char path[FOLDER_PATH_MAX + 100];

	put(s, "mainlog", "a\n");
	assert_seen(s, "a\n", "found mainlog\n");
	for (int i = 0; i < 10000; i++) { /* of which no two in turn are the same */
		put(s, "mainlog", "x\n");
		assert_int_equal(chmod(in(s, "mainlog", path), i % 2 == 0 ? 0600 : 0644), 0);
	}
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "b\n");
	s->count_only = true;
	s->counted = 0;
	(void)read_on(s);
	assert_int_equal(s->counted, 10001);
	assert_false(is_woken(s, 0));
	put(s, "mainlog", "c\n");
	assert_true(is_woken(s, 1000));
	(void)read_on(s);
	assert_int_equal(s->counted, 10002);
	scene_free(s);
}

/* A folder is replaced by another of its name. */
static void test_folder_is_replaced(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "logs/mainlog");

	folder_make(s->top, "logs");
	put(s, "logs/mainlog", "a\n");
	assert_seen(s, "a\n", "found mainlog\n");
	move(s, "logs", "old");
	assert_true(is_woken(s, 1000));
	folder_make(s->top, "logs");
	assert_seen(s, "", "absent mainlog\n");
	assert_false(is_woken(s, 0));
	put(s, "logs/mainlog", "b\n");
	assert_true(is_woken(s, 1000));
	assert_seen(s, "b\n", "replaced mainlog\nrotated mainlog\n");
	scene_free(s);
}

static void test_without_inotify(void **state)
{
	struct rlimit before, none;
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");

	put(s, "mainlog", "a\n");
	log_follow_free(s->follow);
	/* no descriptor left: as with the limit of inotify's instances */
	int next = dup(0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){(rlim_t)next, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	begin(s, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);

	assert_int_equal(log_follow_fd(s->follow), -1);
	assert_seen(s, "a\n", "unwatched mainlog\nfound mainlog\n");
	assert_int_equal(s->last[LOG_FOLLOW_UNWATCHED].err, -EMFILE);
	assert_true(state_of(s).unwatched);
	assert_in_range(log_follow_wait_ms(s->follow), 1, 1000);
	put(s, "mainlog", "b\n");
	move(s, "mainlog", "mainlog.1");
	put(s, "mainlog", "c\n");
	assert_seen(s, "b\nc\n", "rotated mainlog\n");
	scene_free(s);
}

/* ---- what may not be read */

static void test_refused(void **state)
{
	if (geteuid() == 0 && seteuid(65534) != 0)
		skip();
	if (seteuid(0) != 0)
		skip(); /* only root can be somebody else for a while */
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_END, "mainlog");
	char path[FOLDER_PATH_MAX + 100];

	put(s, "mainlog", "old\n");
	assert_int_equal(chmod(in(s, "mainlog", path), 0600), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_seen(s, "", "refused mainlog\n");
	assert_int_equal(s->last[LOG_FOLLOW_REFUSED].err, -EACCES);
	assert_int_equal(state_of(s).caught_up_at, 0);
	assert_seen(s, "", "");
	assert_int_equal(seteuid(0), 0);
	assert_true(log_follow_wait_ms(s->follow) <= 1000);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_seen(s, "", "found mainlog\n");
	assert_int_equal(seteuid(0), 0);

	/* a rotated one that may not be read is skipped, and told */
	put(s, "mainlog", "a\n");
	move(s, "mainlog", "mainlog.2");
	put(s, "mainlog.1", "skipped\n");
	assert_int_equal(chmod(in(s, "mainlog.1", path), 0600), 0);
	put(s, "mainlog", "b\n");
	assert_int_equal(seteuid(65534), 0);
	assert_seen(s, "a\nb\n", "refused mainlog.1\nrotated mainlog\n");
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(s->last[LOG_FOLLOW_REFUSED].bytes, 8);
	assert_int_equal(state_of(s).lost_bytes, 8);
	scene_free(s);
}

/* A folder that may be entered but not listed: the live file is followed all the same. */
static void test_folder_cannot_be_listed(void **state)
{
	if (geteuid() != 0)
		skip();
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "logs/mainlog");
	char path[FOLDER_PATH_MAX + 100];

	folder_make(s->top, "logs");
	put(s, "logs/mainlog", "a\n");
	assert_int_equal(chmod(in(s, "logs", path), 0711), 0);
	assert_int_equal(seteuid(65534), 0);
	(void)read_on(s);
	assert_int_equal(seteuid(0), 0);
	assert_string_equal(s->lines, "a\n");
	assert_non_null(strstr(s->events, "refused logs\n"));
	move(s, "logs/mainlog", "logs/mainlog.1");
	put(s, "logs/mainlog", "b\n");
	assert_int_equal(seteuid(65534), 0);
	(void)read_on(s);
	assert_int_equal(seteuid(0), 0);
	assert_string_equal(s->lines, "a\nb\n");
	scene_free(s);
}

static void test_names_of_events(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LOG_FOLLOW_EVENT_KINDS; i++) {
		const char *name = log_follow_event_name((enum log_follow_event_kind)i);
		assert_int_equal(strncmp(name, "log-", 4), 0);
		assert_string_not_equal(name, "log-unknown");
	}
	assert_string_equal(log_follow_event_name(LOG_FOLLOW_EVENT_KINDS), "log-unknown");
}

static void test_nobody_listens_to_events(void **state)
{
	struct scene *s = scene_new(state, LOG_FOLLOW_FROM_START, "mainlog");
	const struct log_follow_visitor visitor = {see_line, NULL, s};

	put(s, "mainlog", "a\n");
	assert_false(log_follow_read(s->follow, NOON, s->budget, &visitor));
	assert_string_equal(s->lines, "a\n");
	log_follow_free(NULL);
	scene_free(s);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_from_the_end),
		IN_FOLDER(test_from_the_start),
		IN_FOLDER(test_lines_are_whole),
		IN_FOLDER(test_not_there_at_the_start),
		IN_FOLDER(test_begins_in_a_gap),
		IN_FOLDER(test_from_the_start_in_a_gap),
		IN_FOLDER(test_begins_in_a_gap_with_all_packed),
		IN_FOLDER(test_folder_comes_later),
		IN_FOLDER(test_not_a_file),
		IN_FOLDER(test_renamed_with_a_gap),
		IN_FOLDER(test_looks_at_the_old_one_for_a_while),
		IN_FOLDER(test_rotated_twice_unseen),
		IN_FOLDER(test_rotated_and_packed_unseen),
		IN_FOLDER(test_packed_before_it_was_read),
		IN_FOLDER(test_exicyclog),
		IN_FOLDER(test_dated_rotation),
		IN_FOLDER(test_removed),
		IN_FOLDER(test_removed_and_rotated_unseen),
		IN_FOLDER(test_renamed_back),
		IN_FOLDER(test_renamed_back_later),
		IN_FOLDER(test_symbolic_link_is_turned),
		IN_FOLDER(test_symbolic_link_into_the_same_folder),
		IN_FOLDER(test_more_files_than_can_be_open),
		IN_FOLDER(test_name_of_the_day),
		IN_FOLDER(test_name_of_the_month),
		IN_FOLDER(test_folder_of_the_day),
		IN_FOLDER(test_truncated),
		IN_FOLDER(test_truncated_and_grown_unseen),
		IN_FOLDER(test_truncated_with_unread_lines),
		IN_FOLDER(test_copied_and_truncated),
		IN_FOLDER(test_copied_packed_and_truncated),
		IN_FOLDER(test_copied_and_truncated_twice),
		IN_FOLDER(test_copied_and_truncated_while_stopped),
		IN_FOLDER(test_truncated_while_stopped),
		IN_FOLDER(test_copy_of_what_was_read),
		IN_FOLDER(test_copied_twice_after_all_was_read),
		IN_FOLDER(test_copy_before_truncation),
		IN_FOLDER(test_truncated_before_it_was_read),
		IN_FOLDER(test_half_a_first_entry_is_taken_back),
		IN_FOLDER(test_old_file_is_truncated),
		IN_FOLDER(test_short_copies),
		IN_FOLDER(test_half_an_entry_is_taken_back),
		IN_FOLDER(test_restart_in_the_same_file),
		IN_FOLDER(test_restart_before_the_first_look),
		IN_FOLDER(test_restart_after_rotation),
		IN_FOLDER(test_restart_after_days),
		IN_FOLDER(test_restart_while_it_is_packed),
		IN_FOLDER(test_restart_with_a_used_inode),
		IN_FOLDER(test_restart_with_another_device),
		IN_FOLDER(test_restart_in_an_empty_file),
		IN_FOLDER(test_restart_with_nothing_read),
		IN_FOLDER(test_restart_with_a_late_writer),
		IN_FOLDER(test_position_is_lost),
		IN_FOLDER(test_position_is_lost_among_shorter_files),
		IN_FOLDER(test_unread_mark_of_a_used_inode),
		IN_FOLDER(test_restart_after_empty_files),
		IN_FOLDER(test_restart_with_the_newest_gone),
		IN_FOLDER(test_position_waits_for_the_log),
		IN_FOLDER(test_budget_of_lines),
		IN_FOLDER(test_budget_of_bytes),
		IN_FOLDER(test_time_behind),
		IN_FOLDER(test_long_lines),
		IN_FOLDER(test_restart_in_a_long_line),
		IN_FOLDER(test_long_line_in_a_packed_file),
		IN_FOLDER(test_damaged_packed_file),
		IN_FOLDER(test_large_file),
		IN_FOLDER(test_wakes),
		IN_FOLDER(test_wakes_behind_a_link),
		IN_FOLDER(test_queue_overflows),
		IN_FOLDER(test_folder_is_replaced),
		IN_FOLDER(test_without_inotify),
		IN_FOLDER(test_refused),
		IN_FOLDER(test_folder_cannot_be_listed),
		cmocka_unit_test(test_names_of_events),
		IN_FOLDER(test_nobody_listens_to_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
