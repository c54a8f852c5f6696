#include "programs/daemon/new_link.h"

#include "base/frame.h"
#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE "link"

struct new_link {
	struct loop_watch *watch;
	struct frame_link *frames;
	new_link_came *came;
	void *context;
};

static int pass(int socket, int link)
{
	AUTO(frame_link) frames = frame_link_new(socket, sizeof(MESSAGE), FRAME_NO_DESCRIPTORS);
	int err = frame_send(frames, slice_of(MESSAGE), link);

	/* a part that does not read does not live */
	return err == 0 && frame_unsent(frames) > 0 ? -EAGAIN : err;
}

int new_link_pass(int one, int other)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	int err = pass(one, pair[0]);
	if (err == 0)
		err = pass(other, pair[1]);
	(void)close(pair[0]);
	(void)close(pair[1]);
	return err;
}

static void on_ready(void *context, unsigned ready)
{
	struct new_link *n = context;
	struct frame frame;
	int err;

	(void)ready;
	while ((err = frame_receive(n->frames, &frame)) == 0)
		if (frame.descriptor >= 0)
			n->came(n->context, frame.descriptor);
	if (err != -EAGAIN) /* without the starter this part ends as well */
		loop_watch_for(n->watch, 0);
}

int new_link_hear(
	struct loop *loop, int socket, new_link_came *came, void *context, struct new_link **ret)
{
	struct new_link *n = memory_new(1, sizeof(*n));

	n->came = came;
	n->context = context;
	int err = loop_watch_new(loop, socket, on_ready, n, &n->watch);
	if (err < 0) {
		free(n);
		return err;
	}
	n->frames = frame_link_new(socket, sizeof(MESSAGE), FRAME_DESCRIPTORS);
	loop_watch_for(n->watch, LOOP_READ);
	*ret = n;
	return 0;
}

void new_link_free(struct new_link *n)
{
	if (n == NULL)
		return;
	loop_watch_free(n->watch);
	frame_link_free(n->frames);
	free(n);
}
