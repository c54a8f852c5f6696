#include "systems/exim/scan.h"

#include "base/memory.h"
#include "systems/exim/read_many.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LIST_BYTES   ((size_t)128 << 10) /* of directory entries fetched at once */
#define READ_BYTES   ((size_t)32 << 10)  /* nearly every -H fits */
#define CHUNK        128u                /* messages a thread takes at once */
#define JOURNAL_MAX  ((size_t)64 << 20)
#define MONITOR_MS   50
#define SLOW_READS   16 /* from the disk in that time: the spool is not in memory */
#define BUSY_PERCENT 70 /* below this, threads wait for the disk, and more of them help */

/* ---- reading one message ---- */

struct bytes {
	char *at;
	size_t len, room;
};

struct message_buffer {
	struct bytes file, journal;
	struct exim_header header;
};

struct message_buffer *message_buffer_new(void)
{
	struct message_buffer *b = memory_new(1, sizeof(*b));

	b->file.room = READ_BYTES;
	b->file.at = memory_grow(NULL, b->file.room, 1);
	return b;
}

void message_buffer_free(struct message_buffer *b)
{
	if (b == NULL)
		return;
	free(b->file.at);
	free(b->journal.at);
	free(b);
}

/* Reads to the end of the file. One read() for all but the largest: when it ends short of the room,
 * a regular file is at its end. */
static int read_all(int fd, struct bytes *b, size_t most)
{
	b->len = 0;
	for (;;) {
		if (b->len == b->room) {
			if (b->room >= most)
				return -EFBIG;
			b->room = b->room == 0 ? READ_BYTES : b->room * 2;
			b->at = memory_grow(b->at, b->room, 1);
		}
		ssize_t n = read(fd, b->at + b->len, b->room - b->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		b->len += (size_t)n;
		if (b->len < b->room)
			return 0;
	}
}

/* "<id>-H" and its like. */
struct file_name {
	char text[EXIM_ID_NEW + 3];
};

static struct file_name name_of(const struct exim_id *id, char kind)
{
	struct file_name name;

	memcpy(name.text, id->text, id->len);
	name.text[id->len] = '-';
	name.text[id->len + 1] = kind;
	name.text[id->len + 2] = '\0';
	return name;
}

/* Looking at a queue must not write to its disk: without O_NOATIME each file that is read for the
 * first time gets a new access time. */
static int read_file(int dir, const struct exim_id *id, char kind, struct bytes *b, size_t most,
	struct stat *ret_stat)
{
	struct file_name name = name_of(id, kind);
	int fd = openat(dir, name.text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOATIME);

	if (fd < 0 && errno == EPERM) /* only the owner and root may ask for that */
		fd = openat(dir, name.text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	int err = read_all(fd, b, most);
	if (err == 0 && ret_stat != NULL && fstat(fd, ret_stat) != 0)
		err = -errno;
	(void)close(fd);
	return err;
}

/* What to look for beside -H. */
enum look { LOOK_JOURNAL = 1, LOOK_SIZES = 2 };

/* -J before -H: when a delivery ends in between, -H is the newer one and holds what -J held. */
static int read_message(const struct spool_folder *folder, const struct exim_id *id, unsigned look,
	struct message_buffer *b, struct scanned *m)
{
	struct stat st = {0};
	int err = 0;

	*m = (struct scanned){.folder = folder, .id = *id, .has_data = true, .data_size = -1};
	if (look & LOOK_JOURNAL) {
		err = read_file(folder->fd, id, 'J', &b->journal, JOURNAL_MAX, NULL);
		if (err == 0)
			m->journal = (struct slice){b->journal.at, b->journal.len};
		else if (err != -ENOENT)
			m->error = err, m->error_what = "-J";
	}

	bool sizes = (look & LOOK_SIZES) != 0;
	err = read_file(folder->fd, id, 'H', &b->file, SCAN_HEADER_MAX, sizes ? &st : NULL);
	if (err == -ENOENT)
		return err;
	if (err != 0) {
		m->error = err, m->error_what = "-H";
		return 0;
	}
	m->file = (struct slice){b->file.at, b->file.len};
	(void)!exim_header_parse(m->file, id, &b->header); /* the damage is in the header */
	m->header = &b->header;
	if (sizes) {
		m->header_dev = st.st_dev;
		m->header_ino = st.st_ino;
	}
	return 0;
}

static void read_size(
	const struct spool_folder *folder, const struct exim_id *id, struct scanned *m)
{
	struct file_name name = name_of(id, 'D');
	struct stat st;

	m->has_data = fstatat(folder->fd, name.text, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		      S_ISREG(st.st_mode);
	m->data_size = m->has_data ? (int64_t)st.st_size : -1;
}

int exim_read_message(const struct spool_folder *folder, const struct exim_id *id,
	struct message_buffer *buffer, struct scanned *ret)
{
	int err = read_message(folder, id, LOOK_JOURNAL | LOOK_SIZES, buffer, ret);

	if (err == 0)
		read_size(folder, id, ret);
	return err;
}

int exim_read_header(const struct spool_folder *folder, const struct exim_id *id,
	struct message_buffer *buffer, struct scanned *ret)
{
	return read_message(folder, id, 0, buffer, ret);
}

int64_t exim_read_body(
	const struct spool_folder *folder, const struct exim_id *id, char *at, size_t most)
{
	struct file_name name = name_of(id, 'D');
	int fd = openat(folder->fd, name.text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t got = 0;

	if (fd < 0)
		return -errno;
	while (got < most) {
		ssize_t n = pread(fd, at + got, most - got, (off_t)(exim_id_body_offset(id) + got));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = -errno;
			(void)close(fd);
			return err;
		}
		if (n == 0)
			break;
		got += (size_t)n;
	}
	(void)close(fd);
	return (int64_t)got;
}

/* ---- listing one folder ---- */

/* 32 bytes a message, so that a flat spool of a million stays small. */
struct entry {
	uint64_t ino; /* of -H */
	char id[EXIM_ID_NEW];
	uint8_t id_len;
};

struct listing {
	const struct spool_folder *folder;
	struct entry *entries; /* one for each -H */
	size_t count, room;
	struct exim_id *journals; /* ids that have a -J: deliveries under way; sorted */
	size_t journal_count;
	size_t bodies;    /* -D files */
	bool by_inode;    /* what is left is in the order of the disk */
	size_t next;      /* the first entry that no thread has taken */
	unsigned readers; /* threads that still work on theirs */
	struct listing *following;
};

static void listing_free(struct listing *l)
{
	free(l->entries);
	free(l->journals);
	free(l);
}

static void add_entry(struct listing *l, const struct exim_id *id, uint64_t ino)
{
	if (l->count == l->room) {
		l->room = l->room == 0 ? 2048 : l->room * 2;
		l->entries = memory_grow(l->entries, l->room, sizeof(*l->entries));
	}
	struct entry *e = &l->entries[l->count++];
	e->ino = ino;
	e->id_len = id->len;
	memcpy(e->id, id->text, EXIM_ID_NEW);
}

static void add_journal(struct listing *l, const struct exim_id *id)
{
	size_t n = l->journal_count;

	if ((n & (n - 1)) == 0) /* 0, 1, 2, 4, …: the room was full */
		l->journals = memory_grow(l->journals, n == 0 ? 1 : n * 2, sizeof(*l->journals));
	l->journals[l->journal_count++] = *id;
}

static int by_id(const void *a, const void *b)
{
	return exim_id_compare(a, b);
}

static bool has_journal(const struct listing *l, const struct exim_id *id)
{
	return l->journal_count > 0 &&
	       bsearch(id, l->journals, l->journal_count, sizeof(*l->journals), by_id) != NULL;
}

/* The name's length when it can be a message's file, else 0. strlen() of every name would take as
 * long as all the rest of the listing. What stands between is looked at by exim_id_of_file(). */
static size_t file_name_length(const struct dirent64 *d)
{
	size_t room = d->d_reclen - offsetof(struct dirent64, d_name);

	if (room > EXIM_ID_OLD + 2 && d->d_name[EXIM_ID_OLD + 2] == '\0')
		return EXIM_ID_OLD + 2;
	if (room > EXIM_ID_NEW + 2 && d->d_name[EXIM_ID_NEW + 2] == '\0')
		return EXIM_ID_NEW + 2;
	return 0;
}

/* Whatever its type: Exim looks at the name alone, and what turns out to be no file is told as a
 * message that cannot be read. */
static void note_name(struct listing *l, const struct dirent64 *d, bool names_only)
{
	size_t len = file_name_length(d);
	struct exim_id id;

	if (len == 0 || d->d_name[len - 2] != '-')
		return;
	if (d->d_name[len - 1] == 'D') {
		l->bodies++;
		return;
	}
	switch (exim_id_of_file((struct slice){d->d_name, len}, &id)) {
	case EXIM_FILE_HEADER:
		if (names_only)
			l->count++;
		else
			add_entry(l, &id, d->d_ino);
		break;
	case EXIM_FILE_JOURNAL:
		if (!names_only)
			add_journal(l, &id);
		break;
	case EXIM_FILE_DATA:
	case EXIM_FILE_NONE:
		break;
	}
}

/* The folder's names, through a descriptor of our own: a descriptor has one reading position. */
static int read_names(struct listing *l, bool names_only)
{
	int fd = openat(l->folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno; /* Exim removes empty letters */

	char *names = memory_grow(NULL, LIST_BYTES, 1);
	ssize_t n;
	while ((n = getdents64(fd, names, LIST_BYTES)) > 0)
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *d = (const struct dirent64 *)(void *)(names + at);
			note_name(l, d, names_only);
			at += d->d_reclen;
		}
	int err = n < 0 && errno != ENOENT ? -errno : 0;
	free(names);
	(void)close(fd);
	return err;
}

static int by_inode(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* Puts what no thread has taken yet into the order of inodes, which on ext4 and XFS is the order of
 * the disk: several times faster when the spool is not in memory, a waste of time when it is. */
static void sort_by_inode(struct listing *l)
{
	if (!l->by_inode && l->count > l->next)
		qsort(l->entries + l->next, l->count - l->next, sizeof(*l->entries), by_inode);
	l->by_inode = true;
}

/* ---- all folders, several threads ---- */

struct scan {
	const struct exim_spool *spool;
	const struct scan_options *options;
	scan_visit *visit;
	void *context;
	struct scan_progress *progress;

	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t changed;
	const struct spool_folder **folders;
	size_t folder_count, next_folder;
	unsigned listing_now;     /* folders whose names are being read */
	struct listing *listings; /* with messages to take or being worked on */
	unsigned threads, running;
	bool disk_is_slow; /* the spool is not in memory */
	struct scan_result result;
	struct problem problem;
	int err;
};

struct worker {
	struct scan *scan;
	unsigned number;
	bool many; /* read many files at once, if the kernel can */
};

static bool is_wanted(const struct scan_options *o, const struct spool_folder *f)
{
	if (o->only_queue != NULL)
		return strcmp(o->only_queue, f->queue) == 0;
	return o->except_queue == NULL || strcmp(o->except_queue, f->queue) != 0;
}

static void choose_folders(struct scan *s)
{
	s->folders = memory_new(s->spool->folder_count, sizeof(struct spool_folder *));
	for (size_t i = 0; i < s->spool->folder_count; i++)
		if (is_wanted(s->options, &s->spool->folders[i]))
			s->folders[s->folder_count++] = &s->spool->folders[i];
	if (s->progress != NULL)
		atomic_store(&s->progress->folders_total, (unsigned)s->folder_count);
}

/* The lock is held. */
static void fail(struct scan *s, const struct spool_folder *f, int err)
{
	if (s->err != 0)
		return;
	s->err = problem_set(&s->problem, err, "cannot list %s/%s%sinput%s%c: %s", s->spool->path,
		f->queue, f->queue[0] != '\0' ? "/" : "", f->letter != 0 ? "/" : "", f->letter,
		strerror(-err));
	(void)pthread_cond_broadcast(&s->changed);
}

/* The lock is held at the beginning and at the end, not while the names are read. */
static void list_next(struct scan *s)
{
	struct listing *l = memory_new(1, sizeof(*l));

	l->folder = s->folders[s->next_folder++];
	s->listing_now++;
	(void)pthread_mutex_unlock(&s->lock);

	int err = read_names(l, s->options->names_only);
	if (l->journal_count > 1)
		qsort(l->journals, l->journal_count, sizeof(*l->journals), by_id);
	if (s->progress != NULL) {
		atomic_fetch_add(&s->progress->listed, l->count);
		atomic_fetch_add(&s->progress->folders_done, 1);
	}

	(void)pthread_mutex_lock(&s->lock);
	s->listing_now--;
	s->result.messages += l->count;
	s->result.bodies += l->bodies;
	if (err != 0)
		fail(s, l->folder, err);
	if (err != 0 || s->options->names_only || l->count == 0) {
		listing_free(l);
	} else {
		l->following = s->listings;
		s->listings = l;
	}
	(void)pthread_cond_broadcast(&s->changed);
}

static struct listing *with_something_left(struct listing *l)
{
	while (l != NULL && l->next == l->count)
		l = l->following;
	return l;
}

/* Some messages for this thread; NULL when all are taken. */
static struct listing *take(struct scan *s, size_t *ret_from, size_t *ret_to)
{
	struct listing *l = NULL;

	(void)pthread_mutex_lock(&s->lock);
	while (s->err == 0) {
		l = with_something_left(s->listings);
		if (l != NULL)
			break;
		if (s->next_folder < s->folder_count)
			list_next(s);
		else if (s->listing_now > 0)
			(void)pthread_cond_wait(&s->changed, &s->lock);
		else
			break;
	}
	if (l != NULL) {
		if (s->disk_is_slow)
			sort_by_inode(l);
		*ret_from = l->next;
		*ret_to = l->count - l->next > CHUNK ? l->next + CHUNK : l->count;
		l->next = *ret_to;
		l->readers++;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return l;
}

static void give_back(struct scan *s, struct listing *done)
{
	(void)pthread_mutex_lock(&s->lock);
	if (--done->readers == 0 && done->next == done->count) {
		struct listing **at = &s->listings;
		while (*at != done)
			at = &(*at)->following;
		*at = done->following;
		listing_free(done);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

struct counts {
	uint64_t visited, vanished, unreadable;
};

static void count_visit(struct worker *w, const struct scanned *m, struct counts *counts)
{
	w->scan->visit(w->scan->context, w->number, m);
	counts->visited++;
	counts->unreadable += m->error != 0;
}

static struct exim_id id_of_entry(const struct entry *e)
{
	struct exim_id id = {.len = e->id_len};

	memcpy(id.text, e->id, EXIM_ID_NEW);
	return id;
}

static void visit_one(struct worker *w, const struct listing *l, const struct entry *e,
	struct message_buffer *b, struct counts *counts)
{
	const struct scan_options *o = w->scan->options;
	struct exim_id id = id_of_entry(e);
	unsigned look = (has_journal(l, &id) ? LOOK_JOURNAL : 0u) | (o->sizes ? LOOK_SIZES : 0u);
	struct scanned m;

	if (read_message(l->folder, &id, look, b, &m) == -ENOENT) {
		counts->vanished++;
		return;
	}
	if (o->sizes)
		read_size(l->folder, &id, &m);
	count_visit(w, &m, counts);
}

/* The messages of one chunk that are read together. */
struct batch {
	struct worker *worker;
	const struct listing *listing;
	struct message_buffer *buffer;
	struct counts *counts;
	size_t count;
	struct read_many_name names[CHUNK];
	const struct entry *entries[CHUNK]; /* NULL once visited */
};

static void visit_read(void *context, size_t index, int err, struct slice bytes)
{
	struct batch *batch = context;
	const struct entry *e = batch->entries[index];

	if (err == -ENOENT) {
		batch->counts->vanished++;
	} else if (err != 0) { /* too large for it, or worth a second look */
		visit_one(batch->worker, batch->listing, e, batch->buffer, batch->counts);
	} else {
		struct scanned m = {.folder = batch->listing->folder,
			.id = id_of_entry(e),
			.file = bytes,
			.header = &batch->buffer->header,
			.has_data = true,
			.data_size = -1};
		(void)!exim_header_parse(bytes, &m.id, &batch->buffer->header);
		count_visit(batch->worker, &m, batch->counts);
	}
	batch->entries[index] = NULL;
}

/* Returns the reader, or NULL when it failed: then the rest was read file by file. */
static struct read_many *visit_many(
	struct read_many *reader, struct batch *batch, size_t from, size_t to)
{
	const struct listing *l = batch->listing;

	batch->count = 0;
	for (size_t i = from; i < to; i++) {
		struct exim_id id = id_of_entry(&l->entries[i]);
		if (has_journal(l, &id)) {
			visit_one(batch->worker, l, &l->entries[i], batch->buffer, batch->counts);
			continue;
		}
		struct file_name name = name_of(&id, 'H');
		memcpy(batch->names[batch->count].text, name.text, sizeof(name.text));
		batch->entries[batch->count++] = &l->entries[i];
	}
	if (read_many(reader, l->folder->fd, batch->names, batch->count, visit_read, batch) == 0)
		return reader;

	read_many_free(reader);
	for (size_t i = 0; i < batch->count; i++)
		if (batch->entries[i] != NULL)
			visit_one(
				batch->worker, l, batch->entries[i], batch->buffer, batch->counts);
	return NULL;
}

static void *work(void *argument)
{
	struct worker *w = argument;
	struct scan *s = w->scan;
	AUTO(message_buffer) b = message_buffer_new();
	AUTO(read_many) reader = w->many && !s->options->sizes ? read_many_new() : NULL;
	struct counts counts = {0};
	struct batch batch = {.worker = w, .buffer = b, .counts = &counts};
	struct listing *l;
	size_t from, to;

	/* a table of descriptors of its own: opening and closing then waits for no other thread,
	 * and is cheaper for the kernel even when there is only one; where that is refused it is
	 * slower */
	(void)unshare(CLONE_FILES);
	while ((l = take(s, &from, &to)) != NULL) {
		batch.listing = l;
		if (reader != NULL)
			reader = visit_many(reader, &batch, from, to);
		else
			for (size_t i = from; i < to; i++)
				visit_one(w, l, &l->entries[i], b, &counts);
		if (s->progress != NULL)
			atomic_fetch_add(&s->progress->messages, to - from);
		give_back(s, l);
	}

	(void)pthread_mutex_lock(&s->lock);
	s->result.visited += counts.visited;
	s->result.vanished += counts.vanished;
	s->result.unreadable += counts.unreadable;
	s->running--;
	(void)pthread_cond_broadcast(&s->changed);
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* The lock is held. Returns false when no more thread could be had. */
static bool start_thread(struct scan *s, pthread_t *threads, struct worker *workers, bool many)
{
	unsigned n = s->threads;

	if (n == SCAN_THREADS_MAX)
		return false;
	workers[n] = (struct worker){s, n, many};
	if (pthread_create(&threads[n], NULL, work, &workers[n]) != 0)
		return false;
	s->threads++;
	s->running++;
	return true;
}

static double seconds_of(struct timespec t)
{
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What the process has used and read up to now. */
struct load {
	double cpu, wall; /* seconds */
	long disk_reads;
};

static struct load load_now(void)
{
	struct timespec cpu, wall;
	struct rusage used;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	(void)clock_gettime(CLOCK_MONOTONIC, &wall);
	(void)getrusage(RUSAGE_SELF, &used);
	return (struct load){seconds_of(cpu), seconds_of(wall), used.ru_inblock};
}

/* Whether the threads had less of the processors than they could have had. */
static bool was_idle(const struct load *before, const struct load *after, unsigned threads)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	long most = (long)threads < processors ? (long)threads : processors;

	return (after->cpu - before->cpu) * 100 <
	       (after->wall - before->wall) * (double)most * BUSY_PERCENT;
}

static void add_threads(struct scan *s, pthread_t *threads, struct worker *workers)
{
	for (unsigned more = s->threads; more > 0; more--)
		if (!start_thread(s, threads, workers, false))
			break;
}

/* Waits for the threads, and looks now and then whether they wait for the disk. Then what is left
 * is read in the order of the disk, and, when nobody said how many threads, by twice as many: a
 * disk that is asked many things at once answers them in a better order. */
static void wait_for_threads(struct scan *s, pthread_t *threads, struct worker *workers, bool adapt)
{
	struct load before = load_now();

	while (s->running > 0) {
		struct timespec until;
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += MONITOR_MS * 1000000L;
		if (until.tv_nsec >= 1000000000L)
			until.tv_sec++, until.tv_nsec -= 1000000000L;
		if (pthread_cond_timedwait(&s->changed, &s->lock, &until) != ETIMEDOUT)
			continue;

		struct load after = load_now();
		if (after.disk_reads - before.disk_reads >= SLOW_READS) {
			s->disk_is_slow = true;
			if (adapt && was_idle(&before, &after, s->threads))
				add_threads(s, threads, workers);
		}
		before = after;
	}
}

static void init_waiting(struct scan *s)
{
	pthread_condattr_t attributes;

	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

static unsigned first_threads(const struct scan_options *o)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (o->threads > 0)
		return o->threads < SCAN_THREADS_MAX ? o->threads : SCAN_THREADS_MAX;
	return processors < 1 ? 1 : processors > 8 ? 8 : (unsigned)processors;
}

int exim_scan(const struct exim_spool *spool, const struct scan_options *options, scan_visit *visit,
	void *context, struct scan_progress *progress, struct scan_result *ret_result,
	struct problem *problem)
{
	struct scan s = {.spool = spool,
		.options = options,
		.visit = visit,
		.context = context,
		.progress = progress};
	pthread_t threads[SCAN_THREADS_MAX] = {0};
	struct worker workers[SCAN_THREADS_MAX];

	init_waiting(&s);
	choose_folders(&s);

	(void)pthread_mutex_lock(&s.lock);
	for (unsigned n = first_threads(options); n > 0; n--)
		if (!start_thread(&s, threads, workers, true))
			break;
	if (s.threads == 0)
		s.err = problem_set(&s.problem, -EAGAIN, "cannot start a thread to read the spool");
	wait_for_threads(&s, threads, workers, options->threads == 0);
	(void)pthread_mutex_unlock(&s.lock);

	for (unsigned n = 0; n < s.threads; n++)
		(void)pthread_join(threads[n], NULL);
	while (s.listings != NULL) { /* left when a folder could not be listed */
		struct listing *l = s.listings;
		s.listings = l->following;
		listing_free(l);
	}
	free(s.folders);
	(void)pthread_cond_destroy(&s.changed);
	(void)pthread_mutex_destroy(&s.lock);
	if (s.err != 0)
		return problem_set(problem, s.err, "%s", s.problem.text);
	s.result.threads = s.threads;
	*ret_result = s.result;
	return 0;
}
