#include "systems/exim/read_many.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdint.h>
#include <stdlib.h>

#define DEPTH 16u /* files under way at once */

/* From buffer to buffer: were it a power of two, all would share the same few cache lines. */
#define STRIDE (READ_MANY_BYTES + (size_t)11 * 64)

struct slot {
	size_t index; /* of its file's name in this call */
};

/* A file is opened, and when that has been answered, read: a read that is chained to its open
 * costs the kernel more than the second look. Nothing is closed by a step of its own: the next
 * file that is opened in the slot takes its place. */
enum step { OPEN, READ, STEPS };

struct read_many {
	struct io_uring ring;
	char *buffers; /* STRIDE for each slot */
	struct slot slots[DEPTH];
	unsigned unused[DEPTH];
	unsigned unused_count;
};

struct read_many *read_many_new(void)
{
	struct read_many *r = memory_new(1, sizeof(*r));

	if (io_uring_queue_init(DEPTH * STEPS, &r->ring, 0) != 0) {
		free(r);
		return NULL;
	}
	if (io_uring_register_files_sparse(&r->ring, DEPTH) != 0) {
		io_uring_queue_exit(&r->ring);
		free(r);
		return NULL;
	}
	r->buffers = memory_grow(NULL, DEPTH, STRIDE);
	for (unsigned i = 0; i < DEPTH; i++)
		r->unused[r->unused_count++] = DEPTH - 1 - i;
	return r;
}

void read_many_free(struct read_many *r)
{
	if (r == NULL)
		return;
	io_uring_queue_exit(&r->ring);
	free(r->buffers);
	free(r);
}

static void begin(struct read_many *r, int dir, const struct read_many_name *name, size_t index)
{
	unsigned s = r->unused[--r->unused_count];
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->ring);

	r->slots[s].index = index;
	io_uring_prep_openat_direct(sqe, dir, name->text, O_RDONLY | O_NOFOLLOW | O_NOATIME, 0, s);
	io_uring_sqe_set_data64(sqe, s * STEPS + OPEN);
}

static void begin_read(struct read_many *r, unsigned s)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->ring);

	io_uring_prep_read(sqe, (int)s, r->buffers + s * STRIDE, READ_MANY_BYTES, 0);
	sqe->flags |= IOSQE_FIXED_FILE;
	io_uring_sqe_set_data64(sqe, s * STEPS + READ);
}

static void note(
	struct read_many *r, const struct io_uring_cqe *cqe, read_many_done *done, void *context)
{
	enum step step = (enum step)(cqe->user_data % STEPS);
	unsigned s = (unsigned)(cqe->user_data / STEPS);
	struct slice bytes = {0};
	int err = cqe->res < 0 ? cqe->res : 0;

	if (step == OPEN && err == 0) {
		begin_read(r, s);
		return;
	}
	if (err == 0 && (size_t)cqe->res == READ_MANY_BYTES)
		err = -EFBIG;
	if (err == 0)
		bytes = (struct slice){r->buffers + s * STRIDE, (size_t)cqe->res};
	done(context, r->slots[s].index, err, bytes);
	r->unused[r->unused_count++] = s;
}

int read_many(struct read_many *r, int dir, const struct read_many_name *names, size_t n,
	read_many_done *done, void *context)
{
	size_t begun = 0;

	while (begun < n || r->unused_count < DEPTH) {
		while (begun < n && r->unused_count > 0) {
			begin(r, dir, &names[begun], begun);
			begun++;
		}
		int err = io_uring_submit_and_wait(&r->ring, 1);
		if (err < 0 && err != -EINTR)
			return err;

		struct io_uring_cqe *cqe;
		unsigned head, seen = 0;
		io_uring_for_each_cqe(&r->ring, head, cqe)
		{
			note(r, cqe, done, context);
			seen++;
		}
		io_uring_cq_advance(&r->ring, seen);
	}
	return 0;
}
