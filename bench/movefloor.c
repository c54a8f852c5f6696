/* movefloor - the least that taking messages out of a spool can cost, if nothing may be lost.
 *
 *   movefloor --to FOLDER [--log FILE] SPOOL < ids
 *
 * Of each id (one a line): -D is opened and its name line locked as Exim locks it, -H is read once,
 * then -H, -D and the message log (where there is one) are renamed into FOLDER, which is made
 * and must be on the same file system, and a line is appended to the log (FOLDER.log). At the
 * end each folder is synced once. Prints messages, seconds, and microseconds a message. */
#include "folders.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ID_MAX = 23, FILE_MAX_BYTES = 1 << 16 };

struct mover {
	struct folders input, msglog;
	int target, log;
	char room[FILE_MAX_BYTES];
};

static _Noreturn void fail(const char *what)
{
	folders_fail("movefloor", what);
}

/* An open file description's lock: Exim's own POSIX locks and these respect each other. */
static int lock_data(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	range.l_len = (off_t)strlen(name) + 1; /* the first line: the name and its end */
	if (fd < 0 || fcntl(fd, F_OFD_SETLK, &range) < 0)
		fail(name);
	return fd;
}

static void read_header(struct mover *m, int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, m->room, sizeof(m->room)) <= 0)
		fail(name);
	close(fd);
}

static void move(const struct mover *m, int folder, const char *name)
{
	if (renameat(folder, name, m->target, name) < 0)
		fail(name);
}

static void write_log(const struct mover *m, const char *id)
{
	char line[128];
	int len = snprintf(line, sizeof(line), "2026-01-01 00:00:00 %s moved to (held)\n", id);

	if (write(m->log, line, (size_t)len) != len)
		fail("the log");
}

static void move_message(struct mover *m, const char *id)
{
	char header[ID_MAX + 3], data[ID_MAX + 3];
	int folder = folders_of(&m->input, id), lock;

	(void)snprintf(header, sizeof(header), "%.23s-H", id);
	(void)snprintf(data, sizeof(data), "%.23s-D", id);
	lock = lock_data(folder, data);
	read_header(m, folder, header);
	move(m, folder, header);
	move(m, folder, data);
	if (m->msglog.top >= 0)
		move(m, folders_of(&m->msglog, id), id);
	write_log(m, id);
	close(lock);
}

static void sync_folders(const struct folders *f)
{
	if (f->top >= 0 && fsync(f->top) < 0)
		fail("fsync");
	for (int i = 0; i < FOLDERS_SPLIT; i++)
		if (f->parts[i] >= 0 && fsync(f->parts[i]) < 0)
			fail("fsync");
}

static void open_target(struct mover *m, const char *folder, const char *log)
{
	char path[PATH_MAX];

	if (mkdir(folder, 0750) < 0 && errno != EEXIST)
		fail(folder);
	m->target = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->target < 0)
		fail(folder);
	if (log == NULL) {
		(void)snprintf(path, sizeof(path), "%s.log", folder);
		log = path;
	}
	m->log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (m->log < 0)
		fail(log);
}

static unsigned long move_all(struct mover *m)
{
	char line[256];
	unsigned long moved = 0;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strlen(line) != 16 && strlen(line) != ID_MAX) {
			errno = EINVAL;
			fail(line);
		}
		move_message(m, line);
		moved++;
	}
	return moved;
}

static _Noreturn void usage(void)
{
	(void)fputs("usage: movefloor --to FOLDER [--log FILE] SPOOL < ids\n", stderr);
	exit(2);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"to", required_argument, NULL, 't'}, {"log", required_argument, NULL, 'l'}, {0}};
	const char *to = NULL, *log = NULL;
	struct mover mover = {.target = -1};
	double start = now(), seconds;
	unsigned long moved;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 't')
			to = optarg;
		else if (option == 'l')
			log = optarg;
		else
			usage();
	}
	if (optind + 1 != argc || to == NULL)
		usage();
	mover.input = folders_open(argv[optind], "input");
	mover.msglog = folders_open(argv[optind], "msglog");
	open_target(&mover, to, log);
	moved = move_all(&mover);
	sync_folders(&mover.input);
	sync_folders(&mover.msglog);
	if (fsync(mover.target) < 0)
		fail(to);
	seconds = now() - start;
	(void)printf("%lu messages, %.4f s, %.2f us a message\n", moved, seconds,
		moved > 0 ? seconds * 1e6 / (double)moved : 0.0);
	return 0;
}
