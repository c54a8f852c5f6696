/* readfloor - the least that reading a spool can cost: the system calls and nothing else.
 *
 *   readfloor [options] SPOOL/input
 *
 *   --work names   lists the names that end in -H (what counting needs at least)
 *          read    openat, read and close of each of them too (the default)
 *          uring   the same three by io_uring, in chains, by one thread
 *   --threads T    1 to 256 (1); they take turns in listing and read what they listed
 *   --order dir    as the folder lists them (the default)
 *           inode  each batch by inode number, nearer to the order on the disk
 *   --batch BYTES  of one listing (131072; 1048576 with --order inode)
 *   --depth N      chains in flight with uring (64)
 *
 * Prints files, bytes, seconds, and microseconds a file. What was read is not looked at, but for
 * one byte of each page. */
#include "folders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#ifdef BENCH_URING
#include <liburing.h>
#endif

enum {
	THREADS_MAX = 256,
	DEPTH_MAX = 4096,
	FILE_MAX_BYTES = 1 << 16, /* more than any made -H has */
	PAGE = 4096,
	LEAST_ENTRY = 24 /* bytes of the shortest directory entry */
};

enum work { NAMES, READ, URING };

struct orders {
	enum work work;
	unsigned threads, depth;
	bool by_inode;
	size_t batch;
};

struct found {
	uint64_t inode;
	const char *name; /* in the batch's listing */
};

struct count {
	uint64_t files, bytes, seen;
};

/* The folders that are still to be listed; shared by the threads. */
struct source {
	pthread_mutex_t lock;
	int folders[1 + FOLDERS_SPLIT];
	unsigned count, at;
};

/* A listing, and the -H names in it. One for each thread. */
struct batch {
	char *listing;       /* owned */
	struct found *files; /* owned */
	size_t count;
	int folder;
};

struct reader {
	const struct orders *orders;
	struct source *source;
	struct count count;
};

static _Noreturn void fail(const char *what)
{
	folders_fail("readfloor", what);
}

static void *allocate(size_t bytes)
{
	void *p = malloc(bytes);

	if (p == NULL)
		fail("memory");
	return p;
}

static struct batch batch_new(const struct orders *o)
{
	size_t most = o->batch / LEAST_ENTRY;

	return (struct batch){
		.listing = allocate(o->batch), .files = allocate(most * sizeof(struct found))};
}

static void batch_free(struct batch *b)
{
	free(b->listing);
	free(b->files);
}

/* Bytes listed into the batch, 0 when all folders are at their end. */
static long list_next(struct source *s, struct batch *b, size_t room)
{
	long listed = 0;

	pthread_mutex_lock(&s->lock);
	while (listed == 0 && s->at < s->count) {
		b->folder = s->folders[s->at];
		listed = syscall(SYS_getdents64, b->folder, b->listing, room);
		if (listed < 0)
			fail("listing");
		if (listed == 0)
			s->at++;
	}
	pthread_mutex_unlock(&s->lock);
	return listed;
}

static bool is_header_name(const char *name)
{
	size_t len = strlen(name);

	return (len == 18 || len == 25) && name[len - 2] == '-' && name[len - 1] == 'H';
}

static void pick_headers(struct batch *b, long listed)
{
	b->count = 0;
	for (long at = 0; at < listed;) {
		const struct dirent64 *entry = (const void *)(b->listing + at);

		if (is_header_name(entry->d_name))
			b->files[b->count++] = (struct found){entry->d_ino, entry->d_name};
		at += entry->d_reclen;
	}
}

static int by_inode(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static bool batch_next(struct reader *r, struct batch *b)
{
	long listed = list_next(r->source, b, r->orders->batch);

	if (listed == 0)
		return false;
	pick_headers(b, listed);
	if (r->orders->by_inode)
		qsort(b->files, b->count, sizeof(*b->files), by_inode);
	return true;
}

static void touch(struct count *c, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i += PAGE)
		c->seen += (unsigned char)bytes[i];
	c->files++;
	c->bytes += len;
}

static void read_one(struct reader *r, const struct batch *b, const char *name, char *room)
{
	int fd = openat(b->folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		fail(name);
	len = read(fd, room, FILE_MAX_BYTES);
	if (len < 0)
		fail(name);
	close(fd);
	touch(&r->count, room, (size_t)len);
}

static void *read_all(void *argument)
{
	struct reader *r = argument;
	struct batch b = batch_new(r->orders);
	char *room = allocate(FILE_MAX_BYTES);

	while (batch_next(r, &b)) {
		if (r->orders->work == NAMES)
			r->count.files += b.count;
		for (size_t i = 0; i < b.count && r->orders->work == READ; i++)
			read_one(r, &b, b.files[i].name, room);
	}
	free(room);
	batch_free(&b);
	return NULL;
}

static void read_in_threads(struct reader *all)
{
	pthread_t threads[THREADS_MAX];
	struct reader *each = calloc(all->orders->threads, sizeof(*each));

	if (each == NULL)
		fail("memory");
	for (unsigned i = 0; i < all->orders->threads; i++) {
		each[i] = *all;
		errno = pthread_create(&threads[i], NULL, read_all, &each[i]);
		if (errno != 0)
			fail("a thread");
	}
	for (unsigned i = 0; i < all->orders->threads; i++) {
		pthread_join(threads[i], NULL);
		all->count.files += each[i].count.files;
		all->count.bytes += each[i].count.bytes;
		all->count.seen += each[i].count.seen;
	}
	free(each);
}

#ifdef BENCH_URING

/* Slot s of `depth` has the ring's own descriptor s and its piece of `room`. */
struct chains {
	struct io_uring ring;
	char *room;
	unsigned *free_slots, free_count;
	unsigned *steps_left; /* of each slot: open, read, close */
};

enum step { STEP_OPEN, STEP_READ, STEP_CLOSE, STEPS };

static void ring_check(int result, const char *what)
{
	if (result >= 0)
		return;
	errno = -result;
	fail(what);
}

static struct chains chains_new(unsigned depth)
{
	struct chains c = {.room = allocate((size_t)depth * FILE_MAX_BYTES),
		.free_slots = allocate(depth * sizeof(unsigned)),
		.free_count = depth,
		.steps_left = allocate(depth * sizeof(unsigned))};

	ring_check(io_uring_queue_init(depth * STEPS, &c.ring, 0), "io_uring");
	ring_check(io_uring_register_files_sparse(&c.ring, depth), "io_uring's descriptors");
	for (unsigned i = 0; i < depth; i++)
		c.free_slots[i] = i;
	return c;
}

static void chains_free(struct chains *c)
{
	io_uring_queue_exit(&c->ring);
	free(c->room);
	free(c->free_slots);
	free(c->steps_left);
}

static void mark(struct io_uring_sqe *entry, unsigned slot, enum step step)
{
	io_uring_sqe_set_data64(entry, (uint64_t)slot * STEPS + step);
}

/* A read that ends before the room is full would break a plain link; a hard one holds. */
static void start_chain(struct chains *c, int folder, const char *name)
{
	unsigned slot = c->free_slots[--c->free_count];
	struct io_uring_sqe *entry = io_uring_get_sqe(&c->ring);

	io_uring_prep_openat_direct(entry, folder, name, O_RDONLY, 0, slot);
	entry->flags |= IOSQE_IO_LINK;
	mark(entry, slot, STEP_OPEN);
	entry = io_uring_get_sqe(&c->ring);
	io_uring_prep_read(
		entry, (int)slot, c->room + (size_t)slot * FILE_MAX_BYTES, FILE_MAX_BYTES, 0);
	entry->flags |= IOSQE_FIXED_FILE | IOSQE_IO_HARDLINK;
	mark(entry, slot, STEP_READ);
	entry = io_uring_get_sqe(&c->ring);
	io_uring_prep_close_direct(entry, slot);
	mark(entry, slot, STEP_CLOSE);
	c->steps_left[slot] = STEPS;
}

static void finish_step(struct reader *r, struct chains *c, const struct io_uring_cqe *done)
{
	unsigned slot = (unsigned)(done->user_data / STEPS);

	ring_check(done->res, "io_uring");
	if (done->user_data % STEPS == STEP_READ)
		touch(&r->count, c->room + (size_t)slot * FILE_MAX_BYTES, (size_t)done->res);
	if (--c->steps_left[slot] == 0)
		c->free_slots[c->free_count++] = slot;
}

static void finish_some(struct reader *r, struct chains *c)
{
	struct io_uring_cqe *done;
	unsigned head, seen = 0;

	ring_check(io_uring_submit_and_wait(&c->ring, 1), "io_uring");
	io_uring_for_each_cqe(&c->ring, head, done)
	{
		finish_step(r, c, done);
		seen++;
	}
	io_uring_cq_advance(&c->ring, seen);
}

/* The names lie in the batch's listing, so a batch ends before the next is listed. */
static void read_by_ring(struct reader *r)
{
	unsigned depth = r->orders->depth;
	struct chains c = chains_new(depth);
	struct batch b = batch_new(r->orders);

	while (batch_next(r, &b)) {
		for (size_t i = 0; i < b.count || c.free_count < depth;) {
			while (i < b.count && c.free_count > 0)
				start_chain(&c, b.folder, b.files[i++].name);
			finish_some(r, &c);
		}
	}
	batch_free(&b);
	chains_free(&c);
}

#else

static void read_by_ring(struct reader *r)
{
	(void)r;
	(void)fputs("readfloor: built without liburing\n", stderr);
	exit(2);
}

#endif

/* ---- command line ---- */

static _Noreturn void usage(void)
{
	(void)fputs("usage: readfloor [--work names|read|uring] [--threads T] [--order dir|inode]\n"
		    "                 [--batch BYTES] [--depth N] SPOOL/input\n",
		stderr);
	exit(2);
}

static unsigned long number(const char *text, unsigned long least, unsigned long most)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || n < least || n > most)
		usage();
	return n;
}

static size_t word(const char *text, const char *const *words)
{
	for (size_t i = 0; words[i] != NULL; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	usage();
}

static void take_option(int option, struct orders *o)
{
	static const char *const works[] = {"names", "read", "uring", NULL};
	static const char *const sequences[] = {"dir", "inode", NULL};

	switch (option) {
	case 'w':
		o->work = (enum work)word(optarg, works);
		return;
	case 't':
		o->threads = (unsigned)number(optarg, 1, THREADS_MAX);
		return;
	case 'o':
		o->by_inode = word(optarg, sequences) == 1;
		return;
	case 'b':
		o->batch = number(optarg, PAGE, 1UL << 30);
		return;
	case 'd':
		o->depth = (unsigned)number(optarg, 1, DEPTH_MAX);
		return;
	default:
		usage();
	}
}

static struct orders read_options(int argc, char **argv)
{
	static const struct option options[] = {{"work", required_argument, NULL, 'w'},
		{"threads", required_argument, NULL, 't'}, {"order", required_argument, NULL, 'o'},
		{"batch", required_argument, NULL, 'b'}, {"depth", required_argument, NULL, 'd'},
		{0}};
	struct orders o = {.work = READ, .threads = 1, .depth = 64};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(option, &o);
	if (optind + 1 != argc)
		usage();
	if (o.batch == 0)
		o.batch = o.by_inode ? 1 << 20 : 1 << 17;
	return o;
}

static void open_source(struct source *s, const char *input)
{
	struct folders f = folders_open(input, ".");

	pthread_mutex_init(&s->lock, NULL);
	if (f.top < 0) {
		errno = ENOENT;
		fail(input);
	}
	s->folders[s->count++] = f.top;
	for (int i = 0; i < FOLDERS_SPLIT; i++)
		if (f.parts[i] >= 0)
			s->folders[s->count++] = f.parts[i];
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct orders orders = read_options(argc, argv);
	struct source source = {.count = 0};
	struct reader reader = {.orders = &orders, .source = &source};
	double start = now(), seconds;

	open_source(&source, argv[optind]);
	if (orders.work == URING)
		read_by_ring(&reader);
	else if (orders.threads == 1)
		read_all(&reader);
	else
		read_in_threads(&reader);
	seconds = now() - start;
	(void)printf("%llu files, %llu bytes, %.4f s, %.3f us a file (%02llx)\n",
		(unsigned long long)reader.count.files, (unsigned long long)reader.count.bytes,
		seconds, reader.count.files > 0 ? seconds * 1e6 / (double)reader.count.files : 0.0,
		(unsigned long long)(reader.count.seen & 0xff));
	return 0;
}
