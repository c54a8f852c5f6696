#include "sensors/spool_watch.h"

#include "base/hash_set.h"
#include "base/memory.h"
#include "base/sketch.h"
#include "base/slice.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SLOTS       ((size_t)SPOOL_WATCH_SEEN * 2) /* a power of two, at most half full */
#define EVENT_BYTES ((size_t)64 << 10)
#define RETRY_MS    1000
#define NO_FOLDER   SIZE_MAX
#define MASK_QUEUES (IN_CREATE | IN_MOVED_TO | IN_ONLYDIR)
#define MASK_FOLDERS                                                                               \
	(IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_MOVE_SELF | IN_ONLYDIR)

/* wd is never used twice by the kernel and only grows, so that the table is in its order. */
struct watched {
	int wd;
	size_t folder; /* NO_FOLDER: the spool, or a folder of it that may get an input/ */
	bool is_listed;
};

/* Ids that were told, in two generations: when the young one is full it becomes the old one. */
struct generation {
	uint64_t slots[SLOTS];
	size_t count;
};

struct spool_watch {
	char *path, *except_queue;
	int fd;
	struct exim_spool *spool; /* NULL: could not be opened yet */
	struct watched *watched;
	size_t watched_count;
	DIR *list; /* of list_wd, begun and not ended */
	int list_wd;
	bool needs_refresh;
	int64_t retry_ms; /* no refresh before */
	struct generation *young, *old;
	struct hash_set *present; /* what is there now, of all folders */
	bool list_was_outrun;     /* messages left while the folder was listed */
	bool tells_changes;       /* all of them, and what was listed apart */
	bool is_misplaced;        /* a folder is not where it was: what it has may be no queue */
	struct spool_watch_counts counts;
	size_t at, len; /* of events: those not handled yet */
	_Alignas(struct inotify_event) char events[EVENT_BYTES];
};

/* Who is called in one spool_watch_read(). */
struct telling {
	spool_watch_visit *visit;
	void *context;
	bool is_measured; /* the first event is the oldest: its age is the lag */
};

/* ---- what was told ---- */

static uint64_t *slot_of(struct generation *g, uint64_t hash)
{
	size_t i = (size_t)hash & (SLOTS - 1);

	while (g->slots[i] != 0 && g->slots[i] != hash)
		i = (i + 1) & (SLOTS - 1);
	return &g->slots[i];
}

static bool was_told(struct spool_watch *w, const struct exim_id *id)
{
	uint64_t hash = hash_bytes(id->text, id->len);

	hash += hash == 0;
	uint64_t *slot = slot_of(w->young, hash);
	if (*slot != 0)
		return true;

	bool is_old = *slot_of(w->old, hash) != 0;
	*slot = hash;
	if (++w->young->count == SPOOL_WATCH_SEEN) {
		struct generation *emptied = w->old;
		w->old = w->young;
		w->young = emptied;
		memset(emptied, 0, sizeof(*emptied));
	}
	return is_old;
}

/* ---- what is there ---- */

static uint64_t present_hash(int wd, const struct exim_id *id)
{
	char key[sizeof(wd) + EXIM_ID_NEW];

	memcpy(key, &wd, sizeof(wd));
	memcpy(key + sizeof(wd), id->text, id->len);
	return hash_bytes(key, sizeof(wd) + id->len);
}

/* A name that was listed may be of a message whose leaving was told before. */
static void note_listed(
	struct spool_watch *w, const struct watched *in, const char *name, const struct exim_id *id)
{
	struct stat st;

	if (w->list_was_outrun &&
		fstatat(w->spool->folders[in->folder].fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	(void)hash_set_add(w->present, present_hash(in->wd, id));
}

static void note_left(struct spool_watch *w, const struct watched *in, const struct exim_id *id)
{
	hash_set_remove(w->present, present_hash(in->wd, id));
	w->list_was_outrun |= w->list != NULL && w->list_wd == in->wd;
}

static void measure_lag(struct spool_watch *w, const struct spool_folder *f, const char *name)
{
	struct timespec now;
	struct stat st;

	if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	int64_t ms = (int64_t)(now.tv_sec - st.st_ctim.tv_sec) * 1000 +
		     (now.tv_nsec - st.st_ctim.tv_nsec) / 1000000;
	w->counts.lag_ms = ms > 0 ? ms : 0;
	if (w->counts.lag_ms > w->counts.lag_worst_ms)
		w->counts.lag_worst_ms = w->counts.lag_ms;
}

static void tell_came(
	struct spool_watch *w, const struct telling *t, size_t folder, const struct exim_id *id)
{
	if (!w->tells_changes && was_told(w, id))
		return;
	w->counts.came++;
	t->visit(t->context, SPOOL_WATCH_CAME, &w->spool->folders[folder], id);
}

static void tell_listed(
	struct spool_watch *w, const struct telling *t, const struct watched *in, const char *name)
{
	struct exim_id id;

	if (exim_id_of_file(slice_of(name), &id) != EXIM_FILE_HEADER)
		return;
	if (w->tells_changes) {
		t->visit(t->context, SPOOL_WATCH_LISTED, &w->spool->folders[in->folder], &id);
		return;
	}
	note_listed(w, in, name, &id);
	tell_came(w, t, in->folder, &id);
}

/* ---- which folders are watched ---- */

static struct watched *find_watched(const struct spool_watch *w, int wd)
{
	size_t low = 0, high = w->watched_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (w->watched[middle].wd < wd)
			low = middle + 1;
		else
			high = middle;
	}
	return low < w->watched_count && w->watched[low].wd == wd ? &w->watched[low] : NULL;
}

static void end_list(struct spool_watch *w)
{
	if (w->list != NULL)
		(void)closedir(w->list);
	w->list = NULL;
}

/* What is there is found out from nothing. */
static void list_again(struct spool_watch *w)
{
	end_list(w);
	hash_set_clear(w->present);
	for (size_t i = 0; i < w->watched_count; i++)
		w->watched[i].is_listed = w->watched[i].folder == NO_FOLDER;
}

static void forget_watched(struct spool_watch *w, int wd)
{
	struct watched *gone = find_watched(w, wd);

	if (gone == NULL)
		return;
	if (w->list_wd == wd)
		end_list(w);
	if (gone->folder != NO_FOLDER)
		list_again(w);
	size_t behind = w->watched_count - (size_t)(gone - w->watched) - 1;
	memmove(gone, gone + 1, behind * sizeof(*gone));
	w->watched_count--;
	w->needs_refresh = true;
}

/* A folder that was not watched before may have got folders before it was: all are looked for
 * again. */
static int watch_folder(struct spool_watch *w, const char *path, uint32_t mask, size_t folder)
{
	int wd = inotify_add_watch(w->fd, path, mask);

	if (wd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (find_watched(w, wd) != NULL)
		return 0;
	w->watched = memory_grow(w->watched, w->watched_count + 1, sizeof(*w->watched));
	w->watched[w->watched_count++] = (struct watched){wd, folder, folder == NO_FOLDER};
	w->needs_refresh = true;
	return 0;
}

static int cannot_watch(
	const struct spool_watch *w, const char *queue, int err, struct problem *problem)
{
	const char *why =
		err == -ENOSPC ? "fs.inotify.max_user_watches is used up" : strerror(-err);

	return problem_set(problem, err, "cannot watch %s%s%s: %s", w->path,
		*queue != '\0' ? "/" : "", queue, why);
}

static int watch_folders(struct spool_watch *w, struct problem *problem)
{
	int first = 0;

	for (size_t i = 0; i < w->spool->folder_count; i++) {
		const struct spool_folder *f = &w->spool->folders[i];
		char path[64];
		if (w->except_queue != NULL && strcmp(f->queue, w->except_queue) == 0)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
		int err = watch_folder(w, path, MASK_FOLDERS, i);
		if (err != 0 && first == 0)
			first = cannot_watch(w, f->queue, err, problem);
	}
	return first;
}

/* Exim makes <queue>/ and then <queue>/input. */
static int watch_queues(struct spool_watch *w, struct problem *problem)
{
	int own = openat(w->spool->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), first = 0;
	DIR *d = own >= 0 ? fdopendir(own) : NULL;

	if (d == NULL) {
		int err = -errno;
		if (own >= 0)
			(void)close(own);
		return cannot_watch(w, "", err, problem);
	}
	for (const struct dirent *e; (e = readdir(d)) != NULL;) {
		char path[64 + NAME_MAX];
		if (e->d_type == DT_REG || !exim_spool_is_queue_name(e->d_name) ||
			(w->except_queue != NULL && strcmp(e->d_name, w->except_queue) == 0))
			continue;
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", w->spool->fd, e->d_name);
		int err = watch_folder(w, path, MASK_QUEUES, NO_FOLDER);
		if (err != 0 && first == 0)
			first = cannot_watch(w, e->d_name, err, problem);
	}
	(void)closedir(d);
	return first;
}

static int refresh_once(struct spool_watch *w, struct problem *problem)
{
	int err = watch_folder(w, w->path, MASK_QUEUES, NO_FOLDER);

	if (err != 0)
		return cannot_watch(w, "", err, problem);
	w->needs_refresh = false;
	err = w->spool == NULL ? exim_spool_open(w->path, &w->spool, problem)
			       : exim_spool_refresh(w->spool, problem);
	if (w->spool == NULL)
		return err;

	struct problem others = {0};
	int queues = watch_queues(w, &others), folders = watch_folders(w, &others);
	int watching = queues != 0 ? queues : folders;
	if (err == 0 && watching != 0)
		return problem_set(problem, watching, "%s", others.text);
	return err;
}

static int refresh(struct spool_watch *w, int64_t now_ms, struct problem *problem)
{
	if (!w->needs_refresh || now_ms < w->retry_ms)
		return 0;
	/* each round but the last found a folder; whoever makes them faster than we look waits */
	for (unsigned round = 0; round < 8 && w->needs_refresh; round++) {
		int err = refresh_once(w, problem);
		if (err != 0) {
			w->needs_refresh = true;
			w->retry_ms = now_ms + RETRY_MS;
			return err;
		}
	}
	return 0;
}

/* ---- events ---- */

static void take_loss(struct spool_watch *w, const struct telling *t)
{
	w->counts.losses++;
	w->needs_refresh = true;
	list_again(w);
	t->visit(t->context, SPOOL_WATCH_LOST, NULL, NULL);
}

static void take_event(struct spool_watch *w, struct telling *t, const struct inotify_event *e)
{
	const struct watched *in = find_watched(w, e->wd);
	struct exim_id id;

	if ((e->mask & IN_Q_OVERFLOW) != 0) {
		take_loss(w, t);
		return;
	}
	if ((e->mask & IN_IGNORED) != 0) {
		forget_watched(w, e->wd);
		return;
	}
	w->is_misplaced |= (e->mask & (IN_MOVE_SELF | IN_UNMOUNT)) != 0;
	if (in == NULL || e->len == 0)
		return;
	if (in->folder == NO_FOLDER || (e->mask & IN_ISDIR) != 0) {
		w->needs_refresh |= (e->mask & (IN_CREATE | IN_MOVED_TO)) != 0;
		return;
	}
	if (exim_id_of_file(slice_of(e->name), &id) != EXIM_FILE_HEADER)
		return;
	if ((e->mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
		w->counts.left++;
		note_left(w, in, &id);
		t->visit(t->context, SPOOL_WATCH_LEFT, &w->spool->folders[in->folder], &id);
		return;
	}
	if (!t->is_measured)
		measure_lag(w, &w->spool->folders[in->folder], e->name);
	t->is_measured = true;
	if (!w->tells_changes)
		(void)hash_set_add(w->present, present_hash(e->wd, &id));
	tell_came(w, t, in->folder, &id);
}

/* false: there is none now. */
static bool next_event(struct spool_watch *w, const struct inotify_event **ret)
{
	if (w->at == w->len) {
		ssize_t n = read(w->fd, w->events, sizeof(w->events));
		w->at = 0;
		w->len = n > 0 ? (size_t)n : 0;
		if (w->len == 0)
			return false;
	}
	const struct inotify_event *e = (const void *)(w->events + w->at);
	w->at += sizeof(*e) + e->len;
	*ret = e;
	return true;
}

/* ---- listing ---- */

static struct watched *next_to_list(const struct spool_watch *w)
{
	for (size_t i = 0; i < w->watched_count; i++)
		if (!w->watched[i].is_listed)
			return &w->watched[i];
	return NULL;
}

static int begin_list(struct spool_watch *w, struct watched *in)
{
	int own = openat(w->spool->folders[in->folder].fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	w->list = own >= 0 ? fdopendir(own) : NULL;
	w->list_wd = in->wd;
	w->list_was_outrun = false;
	if (w->list != NULL)
		return 0;
	int err = errno != 0 ? -errno : -EIO;
	if (own >= 0)
		(void)close(own);
	return err;
}

static int list_names(
	struct spool_watch *w, const struct telling *t, unsigned most, struct problem *problem)
{
	for (struct watched *in; most > 0 && (in = next_to_list(w)) != NULL;) {
		const char *queue = w->spool->folders[in->folder].queue;
		int err = w->list == NULL ? begin_list(w, in) : 0;
		DIR *list = w->list;
		const struct dirent *e = NULL;
		if (err == -ENOENT) { /* removed: the kernel says so, too */
			in->is_listed = true;
			continue;
		}
		for (; err == 0 && list != NULL && most > 0 &&
			(errno = 0, e = readdir(list)) != NULL;
			most--)
			tell_listed(w, t, in, e->d_name);
		if (err == 0 && most == 0)
			return 0;
		if (err == 0)
			err = -errno;
		end_list(w);
		if (err != 0)
			return cannot_watch(w, queue, err, problem);
		in->is_listed = true;
	}
	return 0;
}

/* ---- from outside ---- */

int spool_watch_new(const char *path, const char *except_queue, struct spool_watch **ret_watch,
	struct problem *problem)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return problem_set(problem, -errno, "cannot watch %s: %s", path, strerror(errno));
	struct spool_watch *w = memory_new(1, sizeof(*w));
	w->fd = fd;
	w->path = memory_copy(path, strlen(path));
	if (except_queue != NULL)
		w->except_queue = memory_copy(except_queue, strlen(except_queue));
	w->young = memory_new(1, sizeof(*w->young));
	w->old = memory_new(1, sizeof(*w->old));
	w->present = hash_set_new(SPOOL_WATCH_COUNTED);
	w->needs_refresh = true;
	w->retry_ms = INT64_MIN;
	*ret_watch = w;
	return 0;
}

void spool_watch_free(struct spool_watch *w)
{
	if (w == NULL)
		return;
	end_list(w);
	(void)close(w->fd);
	exim_spool_free(w->spool);
	free(w->watched);
	hash_set_free(w->present);
	free(w->young);
	free(w->old);
	free(w->path);
	free(w->except_queue);
	free(w);
}

void spool_watch_tell_changes(struct spool_watch *w)
{
	w->tells_changes = true;
}

int spool_watch_fd(const struct spool_watch *w)
{
	return w->fd;
}

int spool_watch_read(struct spool_watch *w, int64_t now_ms, unsigned most, spool_watch_visit *visit,
	void *context, struct problem *problem)
{
	struct telling t = {.visit = visit, .context = context};
	const struct inotify_event *e;
	unsigned handled = 0;

	for (; handled < most && next_event(w, &e); handled++)
		take_event(w, &t, e);

	int err = refresh(w, now_ms, problem);
	int listing = w->spool != NULL ? list_names(w, &t, most, problem) : 0;
	if (err == 0)
		err = listing;
	if (err != 0)
		return err;
	return handled == most || next_to_list(w) != NULL ||
	       (w->needs_refresh && now_ms >= w->retry_ms);
}

bool spool_watch_is_whole(const struct spool_watch *w)
{
	return w->spool != NULL && !w->needs_refresh && !w->is_misplaced && next_to_list(w) == NULL;
}

bool spool_watch_messages(const struct spool_watch *w, uint64_t *ret)
{
	if (w->tells_changes || !spool_watch_is_whole(w) || hash_set_is_full(w->present))
		return false;
	*ret = hash_set_count(w->present);
	return true;
}

void spool_watch_counts(const struct spool_watch *w, struct spool_watch_counts *ret)
{
	int waiting = 0;

	*ret = w->counts;
	if (ioctl(w->fd, FIONREAD, &waiting) == 0 && waiting > 0)
		ret->bytes_waiting = (uint64_t)waiting;
	ret->bytes_waiting += w->len - w->at;
	for (size_t i = 0; i < w->watched_count; i++)
		ret->lists_waiting += !w->watched[i].is_listed;
}
