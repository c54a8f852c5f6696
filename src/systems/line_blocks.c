#include "systems/line_blocks.h"

#include "base/memory.h"
#include "systems/log_line.h"
#include "systems/packed_file.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

/* Bytes read or unpacked into one block: it and what is done with its lines stay in the second
 * cache of any server. */
#define BLOCK_BYTES ((size_t)256 << 10)

/* Blocks of a packed file: one with the caller, the others ahead of him. */
#define BLOCKS 4

/* The beginning of a line, cut off at the end of a block, is put in front of the next one: each has
 * this room there. */
#define ROOM_IN_FRONT LOG_LINE_MAX

struct block {
	char *at; /* ROOM_IN_FRONT + BLOCK_BYTES */
	size_t len;
	int err;            /* behind these bytes */
	const char *damage; /* the same in words */
	uint64_t used;      /* bytes of the file up to here */
	bool last;          /* nothing comes behind it */
};

struct line_blocks {
	struct packed_file *file; /* the thread's own, while there is one */
	struct block blocks[BLOCKS];
	size_t now;         /* the caller's */
	struct slice begun; /* of a line, at the end of the caller's */
	bool inside;        /* the begun line is too long: left out up to its LF */
	bool ended;
	int err;
	const char *damage;
	struct line_blocks_counts counts;

	bool threaded;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled_one, freed_one;
	size_t filled; /* blocks behind now that are filled; lock */
	bool stop;     /* lock */
};

/* Fills a block as far as the file goes. */
static void fill(struct packed_file *file, struct block *block)
{
	size_t n = 0;

	block->len = 0;
	block->err = 0;
	do {
		block->err = packed_file_read(
			file, block->at + ROOM_IN_FRONT + block->len, BLOCK_BYTES - block->len, &n);
		if (block->err != 0)
			break;
		block->len += n;
	} while (n > 0 && block->len < BLOCK_BYTES);
	block->last = block->err != 0 || n == 0;
	block->damage = packed_file_damage(file);
	block->used = packed_file_used(file);
}

static void *fill_ahead(void *context)
{
	struct line_blocks *b = context;

	for (size_t i = 1;; i = (i + 1) % BLOCKS) {
		(void)pthread_mutex_lock(&b->lock);
		while (b->filled == BLOCKS - 1 && !b->stop)
			(void)pthread_cond_wait(&b->freed_one, &b->lock);
		bool stop = b->stop;
		(void)pthread_mutex_unlock(&b->lock);
		if (stop)
			break;

		fill(b->file, &b->blocks[i]);
		bool last = b->blocks[i].last; /* the block is the caller's after this */
		(void)pthread_mutex_lock(&b->lock);
		b->filled++;
		(void)pthread_cond_signal(&b->filled_one);
		(void)pthread_mutex_unlock(&b->lock);
		if (last)
			break;
	}
	return NULL;
}

static void make_room(struct block *block)
{
	block->at = memory_grow(NULL, ROOM_IN_FRONT + BLOCK_BYTES, 1);
}

struct line_blocks *line_blocks_new(int fd)
{
	struct line_blocks *b = memory_new(1, sizeof(*b));

	b->file = packed_file_new(fd);
	make_room(&b->blocks[0]);
	b->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	b->filled_one = b->freed_one = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
	return b;
}

/* No signal is delivered to the thread: handlers are the program's, in threads it knows of. */
static bool start_thread(struct line_blocks *b)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
		return false;
	bool started = pthread_create(&b->thread, NULL, fill_ahead, b) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

static void end_thread(struct line_blocks *b)
{
	(void)pthread_mutex_lock(&b->lock);
	b->stop = true;
	(void)pthread_cond_signal(&b->freed_one);
	(void)pthread_mutex_unlock(&b->lock);
	(void)pthread_join(b->thread, NULL);
}

void line_blocks_free(struct line_blocks *b)
{
	if (b == NULL)
		return;
	if (b->threaded)
		end_thread(b);
	for (size_t i = 0; i < BLOCKS; i++)
		free(b->blocks[i].at);
	packed_file_free(b->file);
	free(b);
}

const char *line_blocks_damage(const struct line_blocks *b)
{
	return b->damage;
}

struct line_blocks_counts line_blocks_counts(const struct line_blocks *b)
{
	return b->counts;
}

/* Where there can be no thread, the caller unpacks. */
static void read_ahead(struct line_blocks *b)
{
	for (size_t i = 1; i < BLOCKS; i++)
		make_room(&b->blocks[i]);
	b->threaded = start_thread(b);
}

static void put_in_front(struct line_blocks *b, struct block *block)
{
	if (b->begun.len > 0)
		memmove(block->at + ROOM_IN_FRONT - b->begun.len, b->begun.at, b->begun.len);
}

static struct block *next_of_thread(struct line_blocks *b)
{
	size_t next = (b->now + 1) % BLOCKS;

	(void)pthread_mutex_lock(&b->lock);
	while (b->filled == 0)
		(void)pthread_cond_wait(&b->filled_one, &b->lock);
	(void)pthread_mutex_unlock(&b->lock);

	put_in_front(b, &b->blocks[next]);

	(void)pthread_mutex_lock(&b->lock);
	b->filled--; /* and the one the caller had is free */
	(void)pthread_cond_signal(&b->freed_one);
	(void)pthread_mutex_unlock(&b->lock);
	b->now = next;
	return &b->blocks[next];
}

static struct block *next_block(struct line_blocks *b)
{
	if (b->threaded)
		return next_of_thread(b);

	struct block *block = &b->blocks[0];
	put_in_front(b, block);
	fill(b->file, block);
	if (b->counts.unpacked == 0 && !block->last && packed_file_is_packed(b->file))
		read_ahead(b);
	return block;
}

/* The whole lines of the block and of what was put in front of it; what is begun behind them is
 * kept. */
static struct slice whole_lines(struct line_blocks *b, const struct block *block)
{
	struct slice text = {block->at + ROOM_IN_FRONT - b->begun.len, b->begun.len + block->len};

	if (b->inside) {
		size_t lf = slice_find(text, '\n');
		b->inside = lf == text.len;
		b->counts.long_bytes += b->inside ? lf : lf + 1;
		text = slice_after(text, lf + 1);
	}
	size_t last = slice_find_last(text, '\n');
	size_t n = last < text.len ? last + 1 : 0;
	b->begun = slice_after(text, n);
	if (b->begun.len > LOG_LINE_MAX) {
		b->counts.long_lines++;
		b->counts.long_bytes += b->begun.len;
		b->inside = true;
		b->begun = (struct slice){0};
	}
	return slice_first(text, n);
}

int line_blocks_next(struct line_blocks *b, struct slice *ret_block)
{
	struct slice lines = {0};

	while (lines.len == 0 && !b->ended) {
		const struct block *block = next_block(b);
		b->counts.used = block->used;
		b->counts.unpacked += block->len;
		lines = whole_lines(b, block);
		b->ended = block->last;
		b->err = block->err;
		b->damage = block->damage;
	}
	if (b->ended)
		b->counts.unfinished = b->begun.len;
	if (lines.len == 0 && b->err != 0)
		return b->err;
	*ret_block = lines;
	return 0;
}
