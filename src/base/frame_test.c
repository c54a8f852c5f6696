#include "base/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MOST 100

struct pair {
	int ends[2];
	struct frame_link *a, *b; /* of ends[0] and ends[1]; b takes descriptors */
};

static int count_open(void)
{
	int n = 0;

	for (int fd = 0; fd < 200; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int open_before;

static int set_up(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	open_before = count_open();
	if (p == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->ends) < 0)
		return -1;
	p->a = frame_link_new(p->ends[0], MOST, FRAME_NO_DESCRIPTORS);
	p->b = frame_link_new(p->ends[1], MOST, FRAME_DESCRIPTORS);
	*state = p;
	return 0;
}

/* Also that no descriptor stays open. */
static int tear_down(void **state)
{
	struct pair *p = *state;

	frame_link_free(p->a);
	frame_link_free(p->b);
	for (int i = 0; i < 2; i++)
		if (p->ends[i] >= 0)
			(void)close(p->ends[i]);
	free(p);
	return count_open() == open_before ? 0 : -1;
}

static void close_end(struct pair *p, int i)
{
	(void)close(p->ends[i]);
	p->ends[i] = -1;
}

static void send_descriptors(int socket, struct slice bytes, const int *descriptors, size_t count)
{
	union {
		struct cmsghdr aligned;
		char at[CMSG_SPACE(4 * sizeof(int))];
	} control = {0};
	char copy[MOST];
	struct iovec part = {copy, bytes.len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	memcpy(copy, bytes.at, bytes.len);
	if (count > 0) {
		message.msg_control = control.at;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(c), descriptors, count * sizeof(int));
	}
	assert_int_equal(sendmsg(socket, &message, MSG_NOSIGNAL), bytes.len);
}

static void send_raw(int socket, const char *bytes, size_t len)
{
	assert_int_equal(send(socket, bytes, len, MSG_NOSIGNAL), len);
}

#define RAW(socket, text) send_raw(socket, text, sizeof(text) - 1)

static void assert_received(struct frame_link *link, const char *want)
{
	struct frame f = {.descriptor = -7};
	int r = frame_receive(link, &f);

	if (r != 0)
		fail_msg("got %d, want \"%s\"", r, want);
	if (!slice_is(f.bytes, want))
		fail_msg("got \"%.*s\", want \"%s\"", (int)f.bytes.len, f.bytes.at, want);
	assert_int_equal(f.descriptor, -1);
}

static void assert_nothing(struct frame_link *link, int want)
{
	struct frame f = {.descriptor = -7};

	assert_int_equal(frame_receive(link, &f), want);
	assert_int_equal(f.descriptor, -7);
	assert_null(f.bytes.at);
}

/* And nothing that came stays open. */
static void assert_fault(const struct pair *p, struct frame_link *link, const char *want)
{
	assert_nothing(link, -EPROTO);
	assert_int_equal(count_open(), open_before + (p->ends[0] >= 0) + (p->ends[1] >= 0));
	assert_string_equal(frame_fault(link), want);
	assert_nothing(link, -EPROTO); /* and it stays so */
}

static void test_there_and_back(void **state)
{
	struct pair *p = *state;
	char longest[MOST + 1];

	memset(longest, 'x', MOST);
	longest[MOST] = '\0';
	assert_nothing(p->b, -EAGAIN);
	assert_int_equal(frame_send(p->a, slice_of("one"), -1), 0);
	assert_int_equal(frame_send(p->a, (struct slice){0}, -1), 0);
	assert_int_equal(frame_send(p->a, slice_of(longest), -1), 0);
	assert_int_equal(frame_unsent(p->a), 0);
	assert_received(p->b, "one");
	assert_received(p->b, "");
	assert_received(p->b, longest);
	assert_nothing(p->b, -EAGAIN);
	assert_int_equal(frame_send(p->b, slice_of("answer"), -1), 0);
	assert_received(p->a, "answer");
	assert_null(frame_fault(p->a));
	assert_null(frame_fault(p->b));
}

static void test_form(void **state)
{
	struct pair *p = *state;
	char raw[16];

	assert_int_equal(frame_send(p->a, slice_of("abc"), -1), 0);
	assert_int_equal(recv(p->ends[1], raw, sizeof(raw), 0), 7);
	assert_memory_equal(raw, "\0\0\0\3abc", 7);
}

static void test_byte_by_byte(void **state)
{
	struct pair *p = *state;
	static const char stream[] = "\0\0\0\2ab\0\0\0\0\0\0\0\1c";
	size_t messages = 0;

	for (size_t i = 0; i < sizeof(stream) - 1; i++) {
		struct frame f;
		send_raw(p->ends[0], stream + i, 1);
		int r = frame_receive(p->b, &f);
		if (r == 0)
			messages++;
		else
			assert_int_equal(r, -EAGAIN);
	}
	assert_int_equal(messages, 3);
}

static void test_end(void **state)
{
	struct pair *p = *state;

	RAW(p->ends[0], "\0\0\0\1x");
	close_end(p, 0);
	assert_received(p->b, "x");
	assert_nothing(p->b, -ENODATA);
	assert_nothing(p->b, -ENODATA);
	assert_null(frame_fault(p->b));
}

static void test_end_within_head(void **state)
{
	struct pair *p = *state;

	RAW(p->ends[0], "\0\0");
	close_end(p, 0);
	assert_fault(p, p->b, "an end in the middle of a message");
}

static void test_end_within_body(void **state)
{
	struct pair *p = *state;

	RAW(p->ends[0], "\0\0\0\2x");
	close_end(p, 0);
	assert_fault(p, p->b, "an end in the middle of a message");
}

static void test_too_long(void **state)
{
	struct pair *p = *state;
	char text[MOST + 1] = {0};

	assert_int_equal(frame_send(p->a, (struct slice){text, MOST + 1}, -1), -EMSGSIZE);
	assert_int_equal(frame_unsent(p->a), 0);
	RAW(p->ends[0], "\0\0\0\1x\0\0\0\x65");
	assert_received(p->b, "x"); /* what came before counts */
	assert_fault(p, p->b, "a message longer than is allowed");
	RAW(p->ends[1], "\x7f\xff\xff\xff");
	assert_fault(p, p->a, "a message longer than is allowed");
}

static void test_not_a_socket(void **state)
{
	(void)state;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	AUTO(frame_link) link = frame_link_new(ends[0], 1, FRAME_NO_DESCRIPTORS);
	assert_nothing(link, -ENOTSOCK);
	assert_int_equal(frame_send(link, slice_of("x"), -1), -ENOTSOCK);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void test_peer_is_gone(void **state)
{
	struct pair *p = *state;

	close_end(p, 1);
	assert_int_equal(frame_send(p->a, slice_of("x"), -1), -EPIPE); /* no SIGPIPE */
	assert_int_equal(frame_send(p->a, slice_of("x"), -1), -EPIPE);
	assert_int_equal(frame_flush(p->a), -EPIPE);
	assert_nothing(p->a, -ENODATA);
}

/* A peer that does not read: what the socket does not take is kept, up to one buffer. */
static void test_slow_peer(void **state)
{
	struct pair *p = *state;
	char text[MOST + 1];
	size_t sent = 0, received = 0;
	int r;

	while ((r = frame_send(p->a,
			(struct slice){memset(text, (int)('a' + sent % 26), MOST), MOST}, -1)) == 0)
		sent++;
	assert_int_equal(r, -EAGAIN);
	assert_true(sent > 10);
	assert_true(frame_unsent(p->a) > 0);
	assert_int_equal(frame_flush(p->a), -EAGAIN);
	assert_int_equal(frame_send(p->a, slice_of("x"), p->ends[0]), -EAGAIN);

	for (; received < sent; received++) {
		struct frame f;
		if ((r = frame_receive(p->b, &f)) == -EAGAIN) {
			assert_int_equal(frame_flush(p->a), 0);
			r = frame_receive(p->b, &f);
		}
		assert_int_equal(r, 0);
		assert_int_equal(f.bytes.len, MOST);
		assert_int_equal(f.bytes.at[0], 'a' + received % 26);
		assert_int_equal(f.bytes.at[MOST - 1], 'a' + received % 26);
	}
	assert_int_equal(frame_unsent(p->a), 0);
	assert_nothing(p->b, -EAGAIN);
}

/* What is kept may be followed by more, up to the last byte of the buffer. */
static void test_room_behind_what_is_kept(void **state)
{
	struct pair *p = *state;
	char text[MOST];
	size_t sent = 0, len;
	struct frame f;
	int r = 0;

	memset(text, 'x', sizeof(text));
	while (frame_unsent(p->a) == 0) {
		assert_int_equal(frame_send(p->a, (struct slice){text, 9 + sent % 3}, -1), 0);
		sent++;
	}
	assert_in_range(frame_unsent(p->a), 1, FRAME_HEAD + 11);
	len = MOST - frame_unsent(p->a);
	assert_int_equal(frame_send(p->a, slice_of("y"), p->ends[0]), -EAGAIN);
	assert_int_equal(frame_send(p->a, (struct slice){text, len + 1}, -1), -EAGAIN);
	assert_int_equal(frame_send(p->a, (struct slice){text, len}, -1), 0);
	assert_int_equal(frame_unsent(p->a), FRAME_HEAD + MOST);
	assert_int_equal(frame_send(p->a, (struct slice){0}, -1), -EAGAIN);

	for (size_t i = 0; i <= sent; i++) {
		if ((r = frame_receive(p->b, &f)) == -EAGAIN) {
			assert_int_equal(frame_flush(p->a), 0);
			r = frame_receive(p->b, &f);
		}
		assert_int_equal(r, 0);
		assert_int_equal(f.bytes.len, i < sent ? 9 + i % 3 : len);
	}
	assert_nothing(p->b, -EAGAIN);
}

/* One message that is longer than the socket's buffer. */
static void test_partial_writes(void **state)
{
	struct pair *p = *state;
	size_t len = (size_t)4 << 20;
	char *text = malloc(len);
	int r;

	assert_non_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)(i * 31 >> 7);
	AUTO(frame_link) sender = frame_link_new(p->ends[0], len, FRAME_NO_DESCRIPTORS);
	AUTO(frame_link) receiver = frame_link_new(p->ends[1], len, FRAME_DESCRIPTORS);
	assert_int_equal(frame_send(sender, (struct slice){text, len}, p->ends[0]), 0);
	assert_true(frame_unsent(sender) > 0);
	struct frame f = {.descriptor = -1};
	int rounds = 0;
	while ((r = frame_receive(receiver, &f)) == -EAGAIN) {
		int sending = frame_flush(sender);
		assert_true(sending == 0 || sending == -EAGAIN);
		rounds++;
	}
	assert_int_equal(r, 0);
	assert_true(rounds > 3);
	assert_true(slice_equal(f.bytes, (struct slice){text, len}));
	assert_true(f.descriptor >= 0);
	(void)close(f.descriptor);
	free(text);
}

/* ---- descriptors ---- */

static void assert_descriptor(struct frame_link *link, const char *want, int same_as)
{
	struct frame f = {.descriptor = -1};
	struct stat mine, its;

	assert_int_equal(frame_receive(link, &f), 0);
	assert_true(slice_is(f.bytes, want));
	assert_true(f.descriptor >= 0);
	assert_int_not_equal(f.descriptor, same_as);
	assert_int_equal(fstat(same_as, &mine), 0);
	assert_int_equal(fstat(f.descriptor, &its), 0);
	assert_true(mine.st_ino == its.st_ino && mine.st_dev == its.st_dev);
	assert_true((fcntl(f.descriptor, F_GETFD) & FD_CLOEXEC) != 0);
	(void)close(f.descriptor);
}

static void test_descriptors_in_order(void **state)
{
	struct pair *p = *state;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	assert_int_equal(frame_send(p->a, slice_of("plain"), -1), 0);
	assert_int_equal(frame_send(p->a, slice_of("null"), null), 0);
	assert_int_equal(frame_send(p->a, slice_of(""), zero), 0);
	assert_int_equal(frame_send(p->a, slice_of("after"), -1), 0);
	assert_received(p->b, "plain");
	assert_descriptor(p->b, "null", null);
	assert_descriptor(p->b, "", zero);
	assert_received(p->b, "after");
	assert_nothing(p->b, -EAGAIN);
	(void)close(null);
	(void)close(zero);
}

/* Two descriptors on their way, cut so that the first message is not whole when it comes. */
static void test_descriptors_of_cut_messages(void **state)
{
	struct pair *p = *state;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	send_descriptors(p->ends[0], (struct slice){"\x80\0", 2}, &null, 1);
	RAW(p->ends[0], "\0\3ab");
	RAW(p->ends[0], "c");
	send_descriptors(p->ends[0], (struct slice){"\x80\0\0\1z", 5}, &zero, 1);
	assert_descriptor(p->b, "abc", null);
	assert_descriptor(p->b, "z", zero);
	(void)close(null);
	(void)close(zero);
}

static void test_descriptor_not_fetched(void **state)
{
	struct pair *p = *state;

	send_descriptors(p->ends[0], (struct slice){"\x80\0\0\3ab", 6}, &p->ends[0], 1);
	assert_nothing(p->b, -EAGAIN); /* tear_down() sees that it is closed */
}

static void test_copy_fails(void **state)
{
	struct pair *p = *state;

	assert_int_equal(frame_send(p->a, slice_of("x"), 199), -EBADF);
	assert_int_equal(frame_send(p->a, slice_of("y"), -1), 0);
	assert_received(p->b, "y");
}

static void test_none_may_come(void **state)
{
	struct pair *p = *state;

	send_descriptors(p->ends[1], (struct slice){"\0\0\0\1x", 5}, &p->ends[0], 1);
	assert_fault(p, p->a, "descriptors that no message speaks of");
}

static void test_none_may_be_announced(void **state)
{
	struct pair *p = *state;

	RAW(p->ends[1], "\x80\0\0\1x");
	assert_fault(p, p->a, "a descriptor where none may come");
}

static void test_announced_but_not_sent(void **state)
{
	struct pair *p = *state;

	RAW(p->ends[0], "\x80\0\0\1");
	assert_nothing(p->b, -EAGAIN);
	RAW(p->ends[0], "x");
	assert_fault(p, p->b, "a message without the descriptor it speaks of");
}

static void test_sent_but_not_announced(void **state)
{
	struct pair *p = *state;

	send_descriptors(p->ends[0], (struct slice){"\0\0\0\1x", 5}, &p->ends[0], 1);
	assert_received(p->b, "x");
	assert_fault(p, p->b, "descriptors that no message speaks of");
}

static void test_too_many(void **state)
{
	struct pair *p = *state;
	const int two[] = {p->ends[0], p->ends[1]};

	send_descriptors(p->ends[0], (struct slice){"\x80\0\0\1x", 5}, two, 2);
	assert_fault(p, p->b, "descriptors that no message speaks of");
}

static void test_far_too_many(void **state)
{
	struct pair *p = *state;
	const int four[] = {p->ends[0], p->ends[1], p->ends[0], p->ends[1]};

	send_descriptors(p->ends[0], (struct slice){"\x80\0\0\1x", 5}, four, 4);
	assert_fault(p, p->b, "descriptors that no message speaks of");
}

static void test_two_for_one_message(void **state)
{
	struct pair *p = *state;

	send_descriptors(p->ends[0], (struct slice){"\x80\0\0\2x", 5}, &p->ends[0], 1);
	assert_nothing(p->b, -EAGAIN);
	send_descriptors(p->ends[0], (struct slice){"y", 1}, &p->ends[0], 1);
	assert_fault(p, p->b, "descriptors that no message speaks of");
}

static void test_no_place_for_it(void **state)
{
	struct pair *p = *state;
	struct rlimit before, none;

	send_descriptors(p->ends[0], (struct slice){"\x80\0\0\1x", 5}, &p->ends[0], 1);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	struct frame f;
	int r = frame_receive(p->b, &f);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	if (r == 0) { /* valgrind keeps the limit to itself */
		(void)close(f.descriptor);
		skip();
	}
	assert_int_equal(r, -EPROTO);
	assert_fault(p, p->b, "a descriptor for which this process has no place");
}

static void test_free_nothing(void **state)
{
	(void)state;
	frame_link_free(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_there_and_back),
		TEST(test_form),
		TEST(test_byte_by_byte),
		TEST(test_end),
		TEST(test_end_within_head),
		TEST(test_end_within_body),
		TEST(test_too_long),
		TEST(test_not_a_socket),
		TEST(test_peer_is_gone),
		TEST(test_slow_peer),
		TEST(test_room_behind_what_is_kept),
		TEST(test_partial_writes),
		TEST(test_descriptors_in_order),
		TEST(test_descriptors_of_cut_messages),
		TEST(test_descriptor_not_fetched),
		TEST(test_copy_fails),
		TEST(test_none_may_come),
		TEST(test_none_may_be_announced),
		TEST(test_announced_but_not_sent),
		TEST(test_sent_but_not_announced),
		TEST(test_too_many),
		TEST(test_far_too_many),
		TEST(test_two_for_one_message),
		TEST(test_no_place_for_it),
		TEST(test_free_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
