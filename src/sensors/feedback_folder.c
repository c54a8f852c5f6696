#include "sensors/feedback_folder.h"

#include "base/file_bytes.h"
#include "base/memory.h"
#include "base/sketch.h"
#include "formats/feedback_report.h"
#include "sensors/feedback_facts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOTS       ((size_t)FEEDBACK_FOLDER_SEEN * 2) /* a power of two, at most half full */
#define EVENT_BYTES ((size_t)16 << 10)
#define MASK        (IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR)
#define BOXES       2

/* new/ or cur/. */
struct box {
	const char *name;
	int fd, wd; /* -1: not open */
	DIR *list;  /* begun and not ended */
	bool is_listed;
};

/* Names that were read, in two generations: when the young one is full it becomes the old one. */
struct generation {
	uint64_t slots[SLOTS];
	size_t count;
};

struct feedback_folder {
	char *path, *our_host;
	int fd;
	struct box boxes[BOXES];
	struct generation *young, *old;
	bool believes_notices;
	struct feedback_folder_counts counts;
	size_t at, len; /* of events: those not handled yet */
	_Alignas(struct inotify_event) char events[EVENT_BYTES];
	char mail[FEEDBACK_MAIL_MAX];
};

/* Who is called in one feedback_folder_read(). */
struct reading {
	int64_t now_us;
	feedback_folder_visit *visit;
	void *context;
};

/* ---- what was read ---- */

/* Flags come behind a ':' when a mail moves to cur/; what stands before stays. */
static uint64_t hash_of(const char *name)
{
	uint64_t hash = hash_bytes(name, slice_find(slice_of(name), ':'));

	return hash + (hash == 0);
}

static uint64_t *slot_of(struct generation *g, uint64_t hash)
{
	size_t i = (size_t)hash & (SLOTS - 1);

	while (g->slots[i] != 0 && g->slots[i] != hash)
		i = (i + 1) & (SLOTS - 1);
	return &g->slots[i];
}

static bool was_seen(struct feedback_folder *f, uint64_t hash)
{
	return *slot_of(f->young, hash) != 0 || *slot_of(f->old, hash) != 0;
}

static void keep_seen(struct feedback_folder *f, uint64_t hash)
{
	*slot_of(f->young, hash) = hash;
	if (++f->young->count < FEEDBACK_FOLDER_SEEN)
		return;
	struct generation *emptied = f->old;
	f->old = f->young;
	f->young = emptied;
	memset(emptied, 0, sizeof(*emptied));
}

/* ---- one mail ---- */

static void tell(
	struct feedback_folder *f, const struct reading *r, struct slice mail, int64_t at_us)
{
	struct fact facts[REPORT_FACTS_MAX];
	struct source accused[FEEDBACK_ACCUSED];
	struct feedback_report report;

	switch (feedback_report_read(mail, slice_of(f->our_host), at_us / 1000000, &report)) {
	case FEEDBACK_COMPLAINT:
		f->counts.complaints++;
		break;
	case FEEDBACK_BOUNCE:
		f->counts.bounces++;
		break;
	case FEEDBACK_NOTICE:
		f->counts.notices++;
		if (!f->believes_notices)
			return;
		break;
	default:
		f->counts.others++;
	}
	size_t count = feedback_facts_of(&report, slice_of(f->our_host), at_us, accused, facts);
	for (size_t i = 0; i < count; i++)
		r->visit(r->context, &facts[i]);
}

static int64_t time_of(const struct stat *s)
{
	return (int64_t)s->st_mtim.tv_sec * 1000000 + s->st_mtim.tv_nsec / 1000;
}

static void take_mail(struct feedback_folder *f, const struct reading *r, int fd, int64_t at_us)
{
	ssize_t len = file_read_bytes(fd, f->mail, sizeof(f->mail));

	if (len < 0) {
		f->counts.passed_over++;
		return;
	}
	f->counts.mails++;
	tell(f, r, (struct slice){f->mail, (size_t)len}, at_us < r->now_us ? at_us : r->now_us);
}

/* Its state is looked at before it is opened, since opening a device may do something, and once
 * more behind that. What is empty may be just being written. */
static void take_file(struct feedback_folder *f, const struct reading *r, const struct box *b,
	const char *name, uint64_t hash)
{
	struct stat s;

	if (fstatat(b->fd, name, &s, AT_SYMLINK_NOFOLLOW) != 0 ||
		(S_ISREG(s.st_mode) && s.st_size == 0))
		return;
	keep_seen(f, hash);
	if (S_ISREG(s.st_mode) && r->now_us - time_of(&s) > FEEDBACK_FOLDER_FRESH_US) {
		f->counts.history++;
		return;
	}
	int fd = S_ISREG(s.st_mode)
			 ? openat(b->fd, name,
				   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
			 : -1;
	if (fd >= 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode))
		take_mail(f, r, fd, time_of(&s));
	else
		f->counts.passed_over++;
	if (fd >= 0)
		(void)close(fd);
}

static void take_name(
	struct feedback_folder *f, const struct reading *r, const struct box *b, const char *name)
{
	uint64_t hash = hash_of(name);

	if (name[0] != '.' && !was_seen(f, hash))
		take_file(f, r, b, name, hash);
}

/* ---- new/ and cur/ ---- */

static void end_list(struct box *b)
{
	if (b->list != NULL)
		(void)closedir(b->list);
	b->list = NULL;
}

static void close_box(struct feedback_folder *f, struct box *b)
{
	end_list(b);
	if (b->wd >= 0)
		(void)inotify_rm_watch(f->fd, b->wd);
	if (b->fd >= 0)
		(void)close(b->fd);
	b->fd = b->wd = -1;
	b->is_listed = false;
}

static int cannot(
	const struct feedback_folder *f, const struct box *b, int err, struct problem *problem)
{
	return problem_set(problem, err, "cannot read %s/%s: %s", f->path, b->name,
		err == -ENOSPC ? "fs.inotify.max_user_watches is used up" : strerror(-err));
}

/* Whether the folder that is open is the one of that name. */
static bool is_still_there(const struct box *b, const char *path)
{
	struct stat open_one, there;

	return fstat(b->fd, &open_one) == 0 && lstat(path, &there) == 0 &&
	       open_one.st_dev == there.st_dev && open_one.st_ino == there.st_ino;
}

static int open_box(struct feedback_folder *f, struct box *b, struct problem *problem)
{
	char path[PATH_MAX], link[64];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", f->path, b->name) >= sizeof(path))
		return cannot(f, b, -ENAMETOOLONG, problem);
	if (b->fd >= 0 && is_still_there(b, path))
		return 0;
	close_box(f, b);
	b->fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (b->fd < 0)
		return cannot(f, b, -errno, problem);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", b->fd);
	b->wd = inotify_add_watch(f->fd, link, MASK);
	if (b->wd >= 0)
		return 0;
	int err = cannot(f, b, -errno, problem);
	close_box(f, b);
	return err;
}

static int open_boxes(struct feedback_folder *f, struct problem *problem)
{
	struct problem other = {0};
	int first = open_box(f, &f->boxes[0], problem);
	int second = open_box(f, &f->boxes[1], first == 0 ? problem : &other);

	return first != 0 ? first : second;
}

/* *most: names left to look at. */
static int list_box(
	struct feedback_folder *f, const struct reading *r, struct box *b, unsigned *most)
{
	const struct dirent *e = NULL;

	if (b->list == NULL) {
		int own = openat(b->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		b->list = own >= 0 ? fdopendir(own) : NULL;
		if (b->list == NULL) {
			int err = -errno;
			if (own >= 0)
				(void)close(own);
			return err;
		}
	}
	for (; *most > 0 && (errno = 0, e = readdir(b->list)) != NULL; --*most)
		take_name(f, r, b, e->d_name);
	if (e != NULL || *most == 0)
		return 0;
	int err = -errno;
	end_list(b);
	b->is_listed = true;
	return err;
}

static bool is_all_listed(const struct feedback_folder *f)
{
	for (size_t i = 0; i < BOXES; i++)
		if (f->boxes[i].fd >= 0 && !f->boxes[i].is_listed)
			return false;
	return true;
}

static int list_boxes(
	struct feedback_folder *f, const struct reading *r, unsigned most, struct problem *problem)
{
	for (size_t i = 0; i < BOXES; i++) {
		struct box *b = &f->boxes[i];
		int err = b->fd >= 0 && !b->is_listed && most > 0 ? list_box(f, r, b, &most) : 0;

		if (err != 0)
			return cannot(f, b, err, problem);
	}
	return 0;
}

/* ---- events ---- */

static void take_event(
	struct feedback_folder *f, const struct reading *r, const struct inotify_event *e)
{
	if ((e->mask & IN_Q_OVERFLOW) != 0) {
		f->counts.losses++;
		for (size_t i = 0; i < BOXES; i++) {
			end_list(&f->boxes[i]);
			f->boxes[i].is_listed = false;
		}
		return;
	}
	if (e->len == 0 || (e->mask & IN_ISDIR) != 0)
		return;
	for (size_t i = 0; i < BOXES; i++)
		if (f->boxes[i].fd >= 0 && f->boxes[i].wd == e->wd)
			take_name(f, r, &f->boxes[i], e->name);
}

/* false: there is none now. */
static bool next_event(struct feedback_folder *f, const struct inotify_event **ret)
{
	if (f->at == f->len) {
		ssize_t n = read(f->fd, f->events, sizeof(f->events));
		f->at = 0;
		f->len = n > 0 ? (size_t)n : 0;
		if (f->len == 0)
			return false;
	}
	const struct inotify_event *e = (const void *)(f->events + f->at);
	f->at += sizeof(*e) + e->len;
	*ret = e;
	return true;
}

/* ---- from outside ---- */

int feedback_folder_new(const char *path, const char *our_host, bool believes_notices,
	struct feedback_folder **ret, struct problem *problem)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return problem_set(problem, -errno, "cannot watch %s: %s", path, strerror(errno));
	struct feedback_folder *f = memory_new(1, sizeof(*f));
	f->fd = fd;
	f->path = memory_copy(path, strlen(path));
	f->believes_notices = believes_notices;
	f->our_host = memory_copy(our_host, strlen(our_host));
	f->boxes[0] = (struct box){.name = "new", .fd = -1, .wd = -1};
	f->boxes[1] = (struct box){.name = "cur", .fd = -1, .wd = -1};
	f->young = memory_new(1, sizeof(*f->young));
	f->old = memory_new(1, sizeof(*f->old));
	*ret = f;
	return 0;
}

void feedback_folder_free(struct feedback_folder *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < BOXES; i++)
		close_box(f, &f->boxes[i]);
	(void)close(f->fd);
	free(f->young);
	free(f->old);
	free(f->path);
	free(f->our_host);
	free(f);
}

int feedback_folder_fd(const struct feedback_folder *f)
{
	return f->fd;
}

int feedback_folder_read(struct feedback_folder *f, int64_t now_us, unsigned most,
	feedback_folder_visit *visit, void *context, struct problem *problem)
{
	const struct reading r = {now_us, visit, context};
	const struct inotify_event *e;
	struct problem other = {0};
	unsigned handled = 0;
	int opening = open_boxes(f, problem);

	for (; handled < most && next_event(f, &e); handled++)
		take_event(f, &r, e);
	int listing = list_boxes(f, &r, most, opening == 0 ? problem : &other);
	if (opening != 0 || listing != 0)
		return opening != 0 ? opening : listing;
	return handled == most || !is_all_listed(f);
}

struct feedback_folder_counts feedback_folder_count(const struct feedback_folder *f)
{
	return f->counts;
}
