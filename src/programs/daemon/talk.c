#include "programs/daemon/talk.h"

#include "base/frame.h"
#include "base/memory.h"
#include "base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAITING_MAX   4096               /* objects that the peer has not taken, */
#define WAITING_BYTES ((size_t)16 << 20) /* and their bytes */
#define TURN_MOST     64                 /* objects that are heard before others have their turn */

struct waiting {
	struct waiting *next;
	size_t len;
	char text[];
};

struct talk {
	struct loop *loop;
	struct loop_watch *watch;
	struct loop_timer
		*again; /* whole messages may be here of which the descriptor tells nothing */
	struct frame_link *link;
	int socket;
	talk_heard *heard;
	void *context;
	struct waiting *first, **last;
	size_t waiting, waiting_bytes, dropped;
	bool is_over, ends;
	bool is_heard, is_freed; /* freed in a call of its own: when that has returned */
};

/* What was said may have been a password. */
static void forget(struct waiting *w)
{
	secret_wipe(w->text, w->len);
	free(w);
}

void talk_free(struct talk *t)
{
	if (t == NULL)
		return;
	if (t->is_heard) {
		t->is_freed = true;
		return;
	}
	loop_timer_free(t->again);
	loop_watch_free(t->watch);
	frame_link_free(t->link);
	(void)close(t->socket);
	for (struct waiting *w = t->first, *next; w != NULL; w = next) {
		next = w->next;
		forget(w);
	}
	free(t);
}

static void end(struct talk *t, const char *why)
{
	if (t->is_over)
		return;
	t->is_over = true;
	loop_timer_stop(t->again);
	loop_watch_for(t->watch, 0);
	t->heard(t->context, NULL, why);
}

/* Sends what waits, as long as the peer takes it. */
static int send_waiting(struct talk *t)
{
	int err = frame_flush(t->link);

	while (err == 0 && t->first != NULL) {
		struct waiting *w = t->first;

		err = frame_send(t->link, (struct slice){w->text, w->len}, -1);
		if (err < 0)
			break;
		t->first = w->next;
		if (t->first == NULL)
			t->last = &t->first;
		t->waiting--;
		t->waiting_bytes -= w->len;
		forget(w);
	}
	return err == -EAGAIN ? 0 : err;
}

static void set_watch(struct talk *t)
{
	bool unsent = t->first != NULL || frame_unsent(t->link) > 0;

	if (t->is_over)
		return;
	loop_watch_for(t->watch, (unsigned)LOOP_READ | (unsent ? (unsigned)LOOP_WRITE : 0));
}

static const char *reason(const struct talk *t, int err)
{
	const char *fault = frame_fault(t->link);

	if (err == -ENODATA)
		return "the other side ended it";
	return fault != NULL ? fault : strerror(-err);
}

/* One message. 0; or a negative errno. */
static int hear(struct talk *t)
{
	struct frame frame;
	json_error_t error;
	int err = frame_receive(t->link, &frame);

	if (err < 0)
		return err;
	json_t *object = json_loadb(
		frame.bytes.at, frame.bytes.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!json_is_object(object)) {
		json_decref(object);
		return -EBADMSG;
	}
	t->heard(t->context, object, NULL);
	json_decref(object);
	return 0;
}

static void hear_all(struct talk *t)
{
	int err = 0;

	t->is_heard = true;
	for (unsigned i = 0; i < TURN_MOST && err == 0 && !t->is_freed; i++)
		err = hear(t);
	t->is_heard = false;
	if (t->is_freed) {
		talk_free(t);
		return;
	}
	if (err == 0)
		loop_timer_start(t->again, 0, 0);
	else if (err != -EAGAIN)
		end(t, err == -EBADMSG ? "what it said is no JSON object" : reason(t, err));
}

static void ready(void *context, unsigned what)
{
	struct talk *t = context;

	if ((what & LOOP_WRITE) != 0) {
		int err = send_waiting(t);
		if (err < 0) {
			end(t, reason(t, err));
			return;
		}
		if (t->ends && t->first == NULL && frame_unsent(t->link) == 0) {
			end(t, "all was said");
			return;
		}
		set_watch(t);
	}
	if ((what & LOOP_READ) != 0)
		hear_all(t);
}

static void on_again(void *context)
{
	hear_all(context);
}

int talk_new(struct loop *loop, int socket, talk_heard *heard, void *context, struct talk **ret)
{
	struct talk *t = memory_new(1, sizeof(*t));
	int err;

	*t = (struct talk){.loop = loop,
		.socket = socket,
		.heard = heard,
		.context = context,
		.last = &t->first};
	err = loop_watch_new(loop, socket, ready, t, &t->watch);
	if (err < 0) {
		(void)close(socket);
		free(t);
		return err;
	}
	t->link = frame_link_new(socket, TALK_MESSAGE_MAX, FRAME_NO_DESCRIPTORS);
	t->again = loop_timer_new(loop, on_again, t);
	set_watch(t);
	*ret = t;
	return 0;
}

#define WRITING (JSON_COMPACT | JSON_REAL_PRECISION(15))

bool talk_fits(const json_t *object)
{
	size_t len = json_dumpb(object, NULL, 0, WRITING);

	return len > 0 && len <= TALK_MESSAGE_MAX;
}

bool talk_say(struct talk *t, json_t *object)
{
	size_t len = json_dumpb(object, NULL, 0, WRITING);
	bool fits = !t->is_over && t->waiting < WAITING_MAX && len > 0 && len <= TALK_MESSAGE_MAX &&
		    t->waiting_bytes + len <= WAITING_BYTES;

	if (!fits) {
		t->dropped++;
		json_decref(object);
		return false;
	}
	struct waiting *w = memory_new(1, sizeof(*w) + len);
	w->len = json_dumpb(object, w->text, len, WRITING);
	json_decref(object);
	*t->last = w;
	t->last = &w->next;
	t->waiting++;
	t->waiting_bytes += len;
	/* sent from the loop, so that nobody who says something is called from here */
	loop_watch_for(t->watch, (unsigned)LOOP_READ | (unsigned)LOOP_WRITE);
	return true;
}

size_t talk_dropped(const struct talk *t)
{
	return t->dropped;
}

void talk_end_when_sent(struct talk *t)
{
	t->ends = true;
	loop_watch_for(t->watch, (unsigned)LOOP_READ | (unsigned)LOOP_WRITE);
}
