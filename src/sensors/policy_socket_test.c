#include "sensors/policy_socket.h"

#include "base/unix_socket.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW INT64_C(1795436837000000)

struct scene {
	struct loop *loop;
	struct policy_socket *socket;
	struct loop_timer *end;
	int listener;
	char folder[64], path[96];
	/* of the latest question */
	enum policy_event event;
	int64_t at_us;
	char source[SOURCE_TEXT_MAX], recipient[64], id[32];
	uint64_t total;
	const char *answer; /* to give */
};

static void asked(void *context, enum policy_event event, const struct fact *fact,
	char answer[POLICY_ANSWER_MAX])
{
	struct scene *s = context;

	assert_int_equal(fact->kind, FACT_OFFERED);
	assert_string_equal(answer, "pass");
	s->event = event;
	s->at_us = fact->at_us;
	s->source[0] = '\0';
	if (fact->source != NULL)
		(void)source_text(fact->source, s->source);
	(void)snprintf(s->recipient, sizeof(s->recipient), "%.*s", (int)fact->recipient.len,
		fact->recipient.at);
	(void)snprintf(s->id, sizeof(s->id), "%.*s", (int)fact->id.len, fact->id.at);
	s->total = fact->recipient_total;
	if (s->answer != NULL)
		(void)snprintf(answer, POLICY_ANSWER_MAX, "%s", s->answer);
}

static int64_t now_us(void *context)
{
	(void)context;
	return NOW;
}

static void stop(void *context)
{
	struct scene *s = context;

	loop_stop(s->loop);
}

static int set_up(void **state)
{
	static struct scene s;
	const struct unix_socket_options options = {.mode = 0600, .uid = (uid_t)-1, .backlog = 200};

	s = (struct scene){.loop = loop_new()};
	(void)snprintf(s.folder, sizeof(s.folder), "/tmp/policy-test-XXXXXX");
	assert_non_null(mkdtemp(s.folder));
	(void)snprintf(s.path, sizeof(s.path), "%s/policy", s.folder);
	s.listener = unix_socket_listen(s.path, &options);
	assert_true(s.listener >= 0);
	const struct policy_options policy = {.listener = s.listener,
		.wait_ms = 300,
		.now_us = now_us,
		.asked = asked,
		.context = &s};
	assert_int_equal(policy_socket_new(s.loop, &policy, &s.socket), 0);
	s.end = loop_timer_new(s.loop, stop, &s);
	*state = &s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	policy_socket_free(s->socket);
	loop_timer_free(s->end);
	loop_free(s->loop);
	(void)close(s->listener);
	(void)unlink(s->path);
	(void)rmdir(s->folder);
	return 0;
}

static int write_to(struct scene *s, const char *text, size_t len)
{
	int fd = unix_socket_connect(s->path);

	assert_true(fd >= 0);
	if (len > 0)
		assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
	return fd;
}

static void run(struct scene *s, int64_t ms)
{
	loop_timer_start(s->end, ms, 0);
	loop_run(s->loop);
}

/* Reads to the end, as readsocket does. */
static void check_answer(int fd, const char *wanted)
{
	char got[512];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, got + len, sizeof(got) - 1 - len, MSG_DONTWAIT)) > 0)
		len += (size_t)n;
	got[len] = '\0';
	assert_int_equal(n, 0); /* it was closed */
	assert_string_equal(got, wanted);
	(void)close(fd);
}

static void test_question(void **state)
{
	struct scene *s = *state;
	static const char text[] = "stanch/1 rcpt id=13:Ann@shop.test to=11:bob@far.net n=1:3 "
				   "at=16:1795436837617000\n";
	int fd = write_to(s, text, sizeof(text) - 1);

	run(s, 20);
	check_answer(fd, "pass\n");
	assert_int_equal(s->event, POLICY_RCPT);
	assert_string_equal(s->source, "mailbox:ann@shop.test");
	assert_string_equal(s->recipient, "bob@far.net");
	assert_true(s->at_us == INT64_C(1795436837617000));
	assert_int_equal(s->total, 3);
}

static void test_end_is_the_end(void **state)
{
	struct scene *s = *state;
	static const char text[] =
		"stanch/1 local login=8:www-data from=3:a@b msg=16:1xVSnt-00005W-2T n=1:2";
	int fd = write_to(s, text, sizeof(text) - 1);

	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	s->answer = "pass: as you like";
	run(s, 20);
	check_answer(fd, "pass: as you like\n");
	assert_int_equal(s->event, POLICY_LOCAL);
	assert_string_equal(s->source, "login:www-data");
	assert_string_equal(s->id, "1xVSnt-00005W-2T");
	assert_string_equal(s->recipient, "");
	assert_true(s->at_us == NOW);
}

static void test_in_pieces(void **state)
{
	struct scene *s = *state;
	static const char text[] = "stanch/1 mail from=7:a@b.org ip=9:192.0.2.1\n";
	int fd = write_to(s, text, 0);

	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		assert_int_equal(send(fd, text + i, 1, MSG_NOSIGNAL), 1);
		run(s, 1);
	}
	run(s, 10);
	check_answer(fd, "pass\n");
	assert_int_equal(s->event, POLICY_MAIL);
	assert_string_equal(s->source, ""); /* from outside */
}

/* Who is not named is nobody, not one for all; and a bounce of Exim's own is not its login's. */
static void test_nobody(void **state)
{
	static const char *const rows[] = {"stanch/1 mail id=0: login=0: from=3:a@b\n",
		"stanch/1 rcpt id=0: to=3:c@d login=4:exim from=3:a@b\n",
		"stanch/1 local login=0: from=3:a@b\n", "stanch/1 local login=4:exim from=0:\n"};
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = write_to(s, rows[i], strlen(rows[i]));

		(void)snprintf(s->source, sizeof(s->source), "not asked");
		run(s, 10);
		check_answer(fd, "pass\n");
		assert_string_equal(s->source, "");
	}
}

static void test_wrong(void **state)
{
	struct scene *s = *state;
	static const char text[] = "GET / HTTP/1.1\r\n\r\n";
	int fd = write_to(s, text, sizeof(text) - 1), cut = write_to(s, "stanch/1 mail id=9:a", 20);
	static char endless[8192];

	memset(endless, 'x', sizeof(endless));
	(void)snprintf(endless, sizeof(endless), "stanch/1 mail id=4096:");
	endless[22] = 'x';
	int longer = write_to(s, endless, sizeof(endless));
	assert_int_equal(shutdown(cut, SHUT_WR), 0);
	run(s, 20);
	check_answer(fd, "error at byte 0: \"stanch/1 \" is wanted here\n");
	check_answer(cut, "error: the question breaks off\n");
	char begin[16] = "";
	assert_true(recv(longer, begin, 5, MSG_DONTWAIT) == 5);
	assert_string_equal(begin, "error");
	(void)close(longer);
	assert_int_equal(policy_socket_counts(s->socket).wrong, 3);
	assert_int_equal(policy_socket_counts(s->socket).questions, 0);
}

/* One that says nothing is not waited for, and keeps nobody from being answered. */
static void test_silence(void **state)
{
	struct scene *s = *state;
	static const char text[] = "stanch/1 mail\n";
	int silent[POLICY_PEERS_MAX + 3];

	for (size_t i = 0; i < POLICY_PEERS_MAX + 3; i++)
		silent[i] = write_to(s, "", 0);
	run(s, 50);
	int fd = write_to(s, text, sizeof(text) - 1);
	run(s, 1500);
	check_answer(fd, "pass\n");
	for (size_t i = 0; i < POLICY_PEERS_MAX + 3; i++)
		check_answer(silent[i], "");
	assert_int_equal(policy_socket_counts(s->socket).late, POLICY_PEERS_MAX + 3);
}

static void test_many(void **state)
{
	struct scene *s = *state;
	static const char text[] = "stanch/1 mail id=1:a\n";
	int fds[150];

	for (size_t i = 0; i < 150; i++)
		fds[i] = write_to(s, text, sizeof(text) - 1);
	run(s, 50);
	for (size_t i = 0; i < 150; i++)
		check_answer(fds[i], "pass\n");
	assert_int_equal(policy_socket_counts(s->socket).questions, 150);
}

/* Who hangs up before the answer harms nobody; so does freeing it while some are waited for. */
static void test_gone(void **state)
{
	struct scene *s = *state;
	static const char text[] = "stanch/1 mail id=1:a\n";

	(void)close(write_to(s, text, sizeof(text) - 1));
	(void)close(write_to(s, text, 3));
	int waits = write_to(s, text, 3);
	run(s, 20);
	assert_int_equal(policy_socket_counts(s->socket).questions, 1);
	policy_socket_free(s->socket);
	s->socket = NULL;
	check_answer(waits, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_question), TEST(test_end_is_the_end),
		TEST(test_in_pieces), TEST(test_nobody), TEST(test_wrong), TEST(test_silence),
		TEST(test_many), TEST(test_gone)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
