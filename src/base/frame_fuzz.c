/* Laws: messages come out as they were sent, however the socket cuts them; whatever a hostile peer
 * sends, a broken link stays broken, no message is longer than was allowed, and no descriptor
 * stays behind. The first byte chooses; the others say what is sent and how it is cut. */
#include "base/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

struct input {
	const char *at;
	size_t len;
};

static unsigned char take_byte(struct input *in)
{
	if (in->len == 0)
		return 0;
	in->len--;
	return (unsigned char)*in->at++;
}

static struct slice take_bytes(struct input *in, size_t n)
{
	struct slice s = {in->at, n < in->len ? n : in->len};

	in->at += s.len;
	in->len -= s.len;
	return s;
}

static void send_raw(int socket, struct slice bytes, int descriptor, unsigned count)
{
	union {
		struct cmsghdr aligned;
		char at[CMSG_SPACE(3 * sizeof(int))];
	} control = {0};
	union {
		const char *borrowed;
		char *at;
	} u = {bytes.at};
	struct iovec part = {u.at, bytes.len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (count > 0) {
		message.msg_control = control.at;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(count * sizeof(int));
		for (unsigned i = 0; i < count; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &descriptor, sizeof(int));
	}
	(void)sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* All that is there. Returns what ended it. */
static int receive_all(struct frame_link *link)
{
	struct frame f;
	int r;

	while ((r = frame_receive(link, &f)) == 0) {
		must(f.bytes.len <= MESSAGE_MAX);
		if (f.descriptor >= 0)
			must(close(f.descriptor) == 0);
	}
	must((frame_fault(link) != NULL) == (r == -EPROTO));
	return r;
}

static void hostile(struct input in, const int ends[2], bool may_pass)
{
	struct frame_link *link = frame_link_new(
		ends[1], MESSAGE_MAX, may_pass ? FRAME_DESCRIPTORS : FRAME_NO_DESCRIPTORS);
	bool broken = false;

	while (in.len > 0) {
		unsigned char how = take_byte(&in);
		send_raw(ends[0], take_bytes(&in, how & 63), ends[0], how >> 6);
		int r = receive_all(link);
		must(!broken || r == -EPROTO);
		must(broken || r == -EAGAIN || r == -EPROTO);
		broken = r == -EPROTO;
	}
	(void)shutdown(ends[0], SHUT_WR);
	int r = receive_all(link);
	must(r == -EPROTO || (r == -ENODATA && !broken));
	frame_link_free(link);
}

/* Sent by the one side, cut anew by us, received by the other. */
static void honest(struct input in, const int ends[2], const int between[2])
{
	struct frame_link *sender = frame_link_new(ends[0], MESSAGE_MAX, FRAME_NO_DESCRIPTORS);
	struct frame_link *receiver = frame_link_new(between[1], MESSAGE_MAX, FRAME_NO_DESCRIPTORS);

	while (in.len > 0) {
		size_t len = (size_t)take_byte(&in) * 2;
		struct slice sent = take_bytes(&in, len);
		char piece[64];
		struct frame f;
		bool done = false;
		int r = frame_send(sender, sent, -1);

		must(r == (sent.len <= MESSAGE_MAX ? 0 : -EMSGSIZE));
		if (r < 0)
			continue;
		for (;;) {
			size_t cut = (size_t)take_byte(&in) % sizeof(piece) + 1;
			ssize_t n = recv(ends[1], piece, cut, MSG_DONTWAIT);
			if (n <= 0)
				break;
			must(!done && send(between[0], piece, (size_t)n, MSG_DONTWAIT) == n);
			r = frame_receive(receiver, &f);
			must(r == 0 || r == -EAGAIN);
			if (r == 0)
				must(slice_equal(f.bytes, sent) && f.descriptor == -1);
			done = r == 0;
		}
		must(done && frame_receive(receiver, &f) == -EAGAIN);
	}
	frame_link_free(sender);
	frame_link_free(receiver);
}

static int count_open(void)
{
	int n = 0;

	for (int fd = 0; fd < 48; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {(const char *)data, size};
	int before = count_open(), ends[2], between[2];
	unsigned char choice = take_byte(&in);

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, between) == 0);
	if (choice % 3 == 0)
		honest(in, ends, between);
	else
		hostile(in, ends, choice % 3 == 1);
	for (int i = 0; i < 2; i++) {
		must(close(ends[i]) == 0);
		must(close(between[i]) == 0);
	}
	must(count_open() == before);
	return 0;
}
