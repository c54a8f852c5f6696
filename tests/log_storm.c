/* log_storm: the two ends of tests/system/log_follow.sh.
 *
 * log_storm write FILE NAME SECONDS [LOCK]
 *	appends "NAME number padding" lines the way Exim does: one write() each, and before it a
 *look whether the name is still that file. Now and then it waits between the look and the write, as
 *	a process does that gets no time just then; with LOCK it does not, and holds that lock
 *meanwhile. Prints how many it has written.
 *
 * log_storm follow FILE JOURNAL [once]
 *	follows FILE and appends to JOURNAL: "L line", "E event path bytes", and behind all of one
 *call "P position". What stands behind the last whole P is forgotten at the next start: it may be
 *killed at any time. once: ends when all was read. */
#include "base/memory.h"
#include "systems/log_follow.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what)
{
	(void)fprintf(stderr, "log_storm: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double seconds_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pause_us(long us)
{
	const struct timespec t = {0, us * 1000};

	(void)nanosleep(&t, NULL);
}

/* ---- writing */

struct writer {
	const char *path;
	int fd;
	struct stat opened;
	unsigned chance;
};

static unsigned chance(struct writer *w, unsigned below)
{
	w->chance = w->chance * 1103515245 + 12345;
	return (w->chance >> 16) % below;
}

static void look_at_name(struct writer *w)
{
	struct stat now;

	if (w->fd >= 0 && stat(w->path, &now) == 0 && now.st_ino == w->opened.st_ino)
		return;
	if (w->fd >= 0)
		close(w->fd);
	w->fd = open(w->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (w->fd < 0 || fstat(w->fd, &w->opened) != 0)
		fail(w->path);
}

static void write_one(struct writer *w, const char *name, unsigned number, int lock)
{
	char line[400];
	int n = snprintf(
		line, sizeof(line), "%s %u %0*d\n", name, number, (int)chance(w, 300) + 1, 0);

	if (lock >= 0 && flock(lock, LOCK_SH) != 0)
		fail("lock");
	look_at_name(w);
	if (lock < 0 && chance(w, 3000) == 0)
		pause_us(3000);
	if (write(w->fd, line, (size_t)n) != n)
		fail("write");
	if (lock >= 0 && flock(lock, LOCK_UN) != 0)
		fail("unlock");
}

static int write_lines(const char *path, const char *name, double seconds, const char *lock_path)
{
	struct writer w = {.path = path, .fd = -1, .chance = (unsigned)getpid()};
	int lock = lock_path != NULL ? open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	double end = seconds_now() + seconds;
	unsigned n = 0;

	while (seconds_now() < end) {
		unsigned burst = 1 + chance(&w, 60);
		for (unsigned i = 0; i < burst; i++)
			write_one(&w, name, ++n, lock);
		pause_us((long)chance(&w, 4000));
	}
	printf("%u\n", n);
	return 0;
}

/* ---- following */

struct journal {
	int fd;
	char *batch;
	size_t len, room;
};

static void add(struct journal *j, const void *bytes, size_t len)
{
	if (j->room - j->len < len) {
		j->room = j->room * 2 + len;
		j->batch = memory_grow(j->batch, j->room, 1);
	}
	memcpy(j->batch + j->len, bytes, len);
	j->len += len;
}

static void add_line(void *context, struct slice line)
{
	struct journal *j = context;

	add(j, "L ", 2);
	/* without the padding */
	add(j, line.at, slice_find_last(line, ' '));
	add(j, "\n", 1);
}

static void add_event(void *context, const struct log_follow_event *event)
{
	char at[1024];
	int n = snprintf(at, sizeof(at), "E %s %.700s %" PRIu64 "\n",
		log_follow_event_name(event->kind), event->path, event->bytes);

	add(context, at, (size_t)n);
}

static void commit(struct journal *j, const struct log_follow *follow)
{
	struct log_position position;
	char text[LOG_POSITION_TEXT];

	if (j->len == 0 || log_follow_position(follow, &position) != 0)
		return;
	add(j, "P ", 2);
	(void)log_position_text(&position, text);
	add(j, text, strlen(text));
	add(j, "\n", 1);
	if (write(j->fd, j->batch, j->len) != (ssize_t)j->len)
		fail("journal");
	j->len = 0;
}

/* The last position; what stands behind it is cut off. */
static bool read_journal(const struct journal *j, struct log_position *ret)
{
	off_t size = lseek(j->fd, 0, SEEK_END);
	size_t len = size > 0 ? (size_t)size : 0, end = 0;
	char *text = memory_new(len + 1, 1);
	bool found = false;

	if (pread(j->fd, text, len, 0) != (ssize_t)len)
		fail("journal");
	struct slice rest = {text, len}, line;
	while (slice_take_line(&rest, &line)) {
		if (!slice_starts(line, "P "))
			continue;
		if (log_position_parse(slice_after(line, 2), ret) != 0)
			fail("position");
		found = true;
		end = len - rest.len;
	}
	free(text);
	if (ftruncate(j->fd, (off_t)end) != 0)
		fail("journal");
	return found;
}

static int follow_log(const char *path, const char *journal_path, bool once)
{
	struct journal j = {
		.fd = open(journal_path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600)};
	const struct log_follow_options options = {
		.path = path, .start = LOG_FOLLOW_FROM_START, .linger_seconds = 30};
	const struct log_follow_visitor visitor = {add_line, add_event, &j};
	const struct log_follow_budget budget = {300, 1 << 20};
	struct log_position saved;

	if (j.fd < 0)
		fail(journal_path);
	AUTO(log_follow)
	follow = log_follow_new(&options, read_journal(&j, &saved) ? &saved : NULL);
	for (;;) {
		bool more = log_follow_read(follow, time(NULL), budget, &visitor);
		commit(&j, follow);
		if (once && !more)
			break;
		struct pollfd p = {.fd = log_follow_fd(follow), .events = POLLIN};
		(void)poll(&p, 1, (int)log_follow_wait_ms(follow));
	}
	free(j.batch);
	close(j.fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 5 && strcmp(argv[1], "write") == 0)
		return write_lines(
			argv[2], argv[3], strtod(argv[4], NULL), argc > 5 ? argv[5] : NULL);
	if (argc >= 4 && strcmp(argv[1], "follow") == 0)
		return follow_log(argv[2], argv[3], argc > 4);
	return 2;
}
