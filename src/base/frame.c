#include "base/frame.h"

#include "base/memory.h"
#include "base/secret.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define HAS_DESCRIPTOR 0x80000000u
#define READS_MAX      4 /* of one frame_receive(): a descriptor, a head and a body may come apart */

struct buffer {
	char *at;
	size_t start, end; /* what is in it */
};

struct frame_link {
	int socket;
	size_t message_max;
	bool may_receive_descriptors;
	bool ended;         /* the peer sends no more */
	const char *fault;  /* of the peer; NULL: none */
	int in_descriptor;  /* came, and its message was not handed out; -1: none */
	int out_descriptor; /* goes with the first byte of out; -1: none */
	struct buffer in, out;
};

static size_t capacity(const struct frame_link *link)
{
	return FRAME_HEAD + link->message_max;
}

static size_t held(const struct buffer *b)
{
	return b->end - b->start;
}

static void close_if_open(int *descriptor)
{
	if (*descriptor >= 0)
		(void)close(*descriptor);
	*descriptor = -1;
}

/* What went out or was handed out before is wiped. */
static void move_to_front(struct buffer *b)
{
	size_t n = held(b);

	if (b->start == 0)
		return;
	if (n > 0)
		memmove(b->at, b->at + b->start, n);
	secret_wipe(b->at + n, b->end - n);
	b->start = 0;
	b->end = n;
}

/* ---- receiving ---- */

static int break_link(struct frame_link *link, const char *fault)
{
	if (link->fault == NULL)
		link->fault = fault;
	close_if_open(&link->in_descriptor);
	return -EPROTO;
}

struct head {
	size_t len;
	bool has_descriptor;
};

/* false while not all of its bytes are here. */
static bool read_head(const struct buffer *in, struct head *ret)
{
	uint32_t word = 0;

	if (held(in) < FRAME_HEAD)
		return false;
	for (size_t i = 0; i < FRAME_HEAD; i++)
		word = word << 8 | (unsigned char)in->at[in->start + i];
	*ret = (struct head){word & ~HAS_DESCRIPTOR, (word & HAS_DESCRIPTOR) != 0};
	return true;
}

/* Takes a message that is whole: 0; -EAGAIN when there is none. */
static int take(struct frame_link *link, struct frame *ret)
{
	struct buffer *in = &link->in;
	struct head head;

	if (!read_head(in, &head))
		return -EAGAIN;
	if (head.len > link->message_max)
		return break_link(link, "a message longer than is allowed");
	if (head.has_descriptor && !link->may_receive_descriptors)
		return break_link(link, "a descriptor where none may come");
	if (held(in) < FRAME_HEAD + head.len)
		return -EAGAIN;
	if (head.has_descriptor && link->in_descriptor < 0)
		return break_link(link, "a message without the descriptor it speaks of");

	*ret = (struct frame){{in->at + in->start + FRAME_HEAD, head.len}, -1};
	in->start += FRAME_HEAD + head.len;
	if (head.has_descriptor) {
		ret->descriptor = link->in_descriptor;
		link->in_descriptor = -1;
	}
	return 0;
}

/* How much to read. While a descriptor waits for its message, nothing behind that message: with it
 * the next descriptor could come, and which belongs to which could not be told. */
static size_t wanted(const struct frame_link *link)
{
	struct head head;
	size_t room = capacity(link) - held(&link->in);

	if (link->in_descriptor < 0)
		return room;
	if (!read_head(&link->in, &head))
		return FRAME_HEAD - held(&link->in);
	return FRAME_HEAD + head.len - held(&link->in);
}

/* Takes the descriptors out of what was received. false when one may not come, or not yet. */
static bool keep_descriptors(struct frame_link *link, struct msghdr *message)
{
	bool is_sound = true;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int descriptor;
			memcpy(&descriptor, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (link->in_descriptor < 0 && link->may_receive_descriptors) {
				link->in_descriptor = descriptor;
				continue;
			}
			(void)close(descriptor);
			is_sound = false;
		}
	}
	return is_sound;
}

/* Reads once. 0 when bytes came; -EAGAIN, -ENODATA, -EPROTO or another error when none did. */
static int fill(struct frame_link *link)
{
	union {
		struct cmsghdr aligned;
		char at[CMSG_SPACE(
			2 * sizeof(int))]; /* for two, to see that there is one too many */
	} control;
	struct buffer *in = &link->in;

	move_to_front(in);
	struct iovec part = {in->at + in->end, wanted(link)};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.at,
		.msg_controllen = sizeof(control.at)};
	ssize_t n;
	do
		n = recvmsg(link->socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;

	if (!keep_descriptors(link, &message))
		return break_link(link, "descriptors that no message speaks of");
	if ((message.msg_flags & MSG_CTRUNC) != 0)
		return break_link(link, "a descriptor for which this process has no place");
	if (n == 0 && held(in) > 0)
		return break_link(link, "an end in the middle of a message");
	if (n == 0)
		return -ENODATA;
	in->end += (size_t)n;
	return 0;
}

int frame_receive(struct frame_link *link, struct frame *ret)
{
	int r;

	if (link->fault != NULL)
		return -EPROTO;
	r = take(link, ret);
	for (int reads = 0; r == -EAGAIN && reads < READS_MAX; reads++) {
		/* a descriptor is sent with the first byte of its message */
		if (link->in_descriptor >= 0 && held(&link->in) == 0)
			return break_link(link, "descriptors that no message speaks of");
		r = fill(link);
		if (r < 0)
			return r;
		r = take(link, ret);
	}
	return r;
}

const char *frame_fault(const struct frame_link *link)
{
	return link->fault;
}

/* ---- sending ---- */

/* Sends once. Returns the bytes that went, or a negative errno. */
static ssize_t send_some(struct frame_link *link)
{
	union {
		struct cmsghdr aligned;
		char at[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {link->out.at + link->out.start, held(&link->out)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;

	if (link->out_descriptor >= 0) {
		message.msg_control = control.at;
		message.msg_controllen = sizeof(control.at);
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &link->out_descriptor, sizeof(int));
	}
	do
		n = sendmsg(link->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (n > 0)
		close_if_open(&link->out_descriptor);
	return n;
}

int frame_flush(struct frame_link *link)
{
	while (held(&link->out) > 0) {
		ssize_t n = send_some(link);
		if (n < 0)
			return (int)n;
		link->out.start += (size_t)n;
	}
	move_to_front(&link->out);
	return 0;
}

size_t frame_unsent(const struct frame_link *link)
{
	return held(&link->out);
}

static void put_message(struct buffer *out, struct slice bytes, bool has_descriptor)
{
	uint32_t word = (uint32_t)bytes.len | (has_descriptor ? HAS_DESCRIPTOR : 0);

	for (size_t i = 0; i < FRAME_HEAD; i++)
		out->at[out->end++] = (char)(word >> (8 * (FRAME_HEAD - 1 - i)));
	if (bytes.len > 0)
		memcpy(out->at + out->end, bytes.at, bytes.len);
	out->end += bytes.len;
}

int frame_send(struct frame_link *link, struct slice bytes, int descriptor)
{
	struct buffer *out = &link->out;
	int r;

	if (bytes.len > link->message_max)
		return -EMSGSIZE;
	r = frame_flush(link);
	if (r < 0 && r != -EAGAIN)
		return r;
	if (held(out) + FRAME_HEAD + bytes.len > capacity(link) ||
		(descriptor >= 0 && held(out) > 0))
		return -EAGAIN;
	if (descriptor >= 0) {
		int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
		if (copy < 0)
			return -errno;
		link->out_descriptor = copy;
	}
	move_to_front(out);
	put_message(out, bytes, descriptor >= 0);
	r = frame_flush(link);
	return r == -EAGAIN ? 0 : r;
}

struct frame_link *frame_link_new(
	int socket, size_t message_max, enum frame_descriptors may_receive)
{
	struct frame_link *link = memory_new(1, sizeof(*link));

	assert(message_max > 0 && message_max <= FRAME_MOST);
	link->socket = socket;
	link->message_max = message_max;
	link->may_receive_descriptors = may_receive == FRAME_DESCRIPTORS;
	link->in_descriptor = link->out_descriptor = -1;
	link->in.at = memory_new(capacity(link), 1);
	link->out.at = memory_new(capacity(link), 1);
	return link;
}

void frame_link_free(struct frame_link *link)
{
	if (link == NULL)
		return;
	close_if_open(&link->in_descriptor);
	close_if_open(&link->out_descriptor);
	secret_wipe(link->in.at, link->in.end);
	secret_wipe(link->out.at, link->out.end);
	free(link->in.at);
	free(link->out.at);
	free(link);
}
