#include "systems/login_check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define HANGS "hangs" /* in the place of an answer: none comes */

/* A server that answers each line by how it begins ("": any); NULL: it ends the connection. "T" at
 * the front of an answer is IMAP's tag. */
struct rule {
	const char *begin, *answer;
};

struct server {
	bool is_imap;
	const char *greeting;
	const struct rule *rules;
};

static char url[64];
static pid_t child;

static void say(int fd, const char *answer, const char *tag)
{
	char text[512];

	if (answer == NULL)
		_exit(0);
	if (strcmp(answer, HANGS) == 0)
		for (;;)
			(void)pause();
	int len = answer[0] == 'T' ? snprintf(text, sizeof(text), "%s%s\r\n", tag, answer + 1)
				   : snprintf(text, sizeof(text), "%s\r\n", answer);
	if (write(fd, text, (size_t)len) != len)
		_exit(0);
}

static void answer_line(int fd, const struct server *s, char *line, char tag[16])
{
	char *command = line, *blank = strchr(line, ' ');

	if (s->is_imap && blank != NULL) {
		*blank = '\0';
		(void)snprintf(tag, 16, "%.15s", line);
		command = blank + 1;
	}
	for (const struct rule *r = s->rules;; r++)
		if (strncmp(command, r->begin, strlen(r->begin)) == 0) {
			say(fd, r->answer, tag);
			return;
		}
}

static void serve(int listening, const struct server *s)
{
	int fd = accept(listening, NULL, NULL);
	FILE *in = fdopen(fd, "r");
	char line[1024], tag[16] = "";

	if (in == NULL)
		_exit(1);
	say(fd, s->greeting, "");
	while (fgets(line, sizeof(line), in) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		answer_line(fd, s, line, tag);
	}
	_exit(0);
}

static void start(const struct server *s, const char *scheme)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	(void)snprintf(url, sizeof(url), "%s://127.0.0.1:%d", scheme, ntohs(at.sin_port));
	child = fork();
	if (child == 0)
		serve(fd, s);
	assert_true(child > 0);
	(void)close(fd);
}

static void stop(void)
{
	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static int try_url(const char *at, const char *user, const char *password, enum login_result *ret)
{
	struct problem p = {0};
	AUTO(secret) secret = secret_new(slice_of(password));
	const struct login_check check = {
		.url = at, .user = user, .secret = secret, .time_ms = 1500};
	int err = login_check(&check, ret, &p);

	assert_true((err == 0) == (p.text[0] == '\0'));
	assert_true(err == 0 || strstr(p.text, "pass-word") == NULL);
	return err;
}

static void check(const struct server *s, const char *scheme, int err, enum login_result want)
{
	enum login_result result = want == LOGIN_ACCEPTED ? LOGIN_REFUSED : LOGIN_ACCEPTED;

	start(s, scheme);
	int got = try_url(url, "ann@shop.test", "pass-word", &result);
	stop();
	if (got != err || (err == 0 && result != want))
		fail_msg("%s: %d, result %d", s->rules[1].answer, got, (int)result);
}

static void check_smtp(const char *ehlo, const char *answer, int err, enum login_result want)
{
	const struct rule rules[] = {{"EHLO", ehlo}, {"AUTH PLAIN", "334 "}, {"NOOP", "250 OK"},
		{"QUIT", "221 bye"}, {"HELO", "250 OK"}, {"", answer}};
	const struct server s = {false, "220 mx.test ESMTP", rules};

	check(&s, "smtp", err, want);
}

static void check_imap(const char *capability, const char *answer, int err, enum login_result want)
{
	const struct rule rules[] = {{"CAPABILITY", capability}, {"AUTHENTICATE PLAIN", "+ "},
		{"NOOP", "T OK done"}, {"LOGOUT", HANGS}, {"", answer}};
	const struct server s = {true, "* OK ready", rules};

	check(&s, "imap", err, want);
}

static void check_pop3(const char *answer, int err, enum login_result want)
{
	const struct rule rules[] = {{"CAPA", "+OK\r\nSASL PLAIN LOGIN\r\n."}, {"AUTH PLAIN", "+ "},
		{"NOOP", "+OK"}, {"QUIT", "+OK"}, {"", answer}};
	const struct server s = {false, "+OK ready", rules};

	check(&s, "pop3", err, want);
}

static void test_smtp(void **state)
{
	const char *ehlo = "250-mx.test\r\n250-AUTH PLAIN LOGIN\r\n250 HELP";

	(void)state;
	check_smtp(ehlo, "235 welcome", 0, LOGIN_ACCEPTED);
	check_smtp(ehlo, "535 Incorrect authentication data", 0, LOGIN_REFUSED);
	check_smtp(ehlo, "435 Unable to authenticate at present", -EAGAIN, LOGIN_REFUSED);
	check_smtp(ehlo, "421 too many", -EAGAIN, LOGIN_REFUSED);
	check_smtp(ehlo, "550 pass-word is not welcome", -EBADMSG, LOGIN_REFUSED);
	check_smtp(ehlo, NULL, -EAGAIN, LOGIN_REFUSED);
	check_smtp(ehlo, HANGS, -ETIMEDOUT, LOGIN_REFUSED);
	/* a server that does not ask lets nobody in */
	check_smtp("250-mx.test\r\n250 HELP", "235 welcome", -EPROTO, LOGIN_REFUSED);
	check_smtp("250-mx.test\r\n250 AUTH CRAM-MD5", "235 welcome", -EPROTO, LOGIN_REFUSED);
}

static void test_imap(void **state)
{
	const char *capability = "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA001 OK done";

	(void)state;
	check_imap(capability, "T OK Logged in", 0, LOGIN_ACCEPTED);
	check_imap(capability, "T NO [AUTHENTICATIONFAILED] no", 0, LOGIN_REFUSED);
	check_imap(capability, "T NO [UNAVAILABLE] later", -EAGAIN, LOGIN_REFUSED);
	check_imap(capability, "T NO go away", -EBADMSG, LOGIN_REFUSED);
	check_imap(capability, "* BYE shutting down", -EAGAIN, LOGIN_REFUSED);
	check_imap(capability, NULL, -EAGAIN, LOGIN_REFUSED);
	check_imap(
		"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nA001 OK", "T OK", -EPROTO, LOGIN_REFUSED);
}

static void test_pop3(void **state)
{
	(void)state;
	check_pop3("+OK Logged in", 0, LOGIN_ACCEPTED);
	check_pop3("-ERR [AUTH] no", 0, LOGIN_REFUSED);
	check_pop3("-ERR [SYS/TEMP] later", -EAGAIN, LOGIN_REFUSED);
	check_pop3("-ERR no", -EBADMSG, LOGIN_REFUSED);
	check_pop3(NULL, -EAGAIN, LOGIN_REFUSED);
}

static void test_servers_in_trouble(void **state)
{
	const struct rule rules[] = {{"EHLO", "250 AUTH PLAIN"}, {"", "235 welcome"}};
	const struct server full = {false, "421 too many connections", rules};
	const struct server shy = {false, "554 go away", rules};
	const struct server silent = {false, HANGS, rules};
	const struct server gone = {false, NULL, rules};
	enum login_result result = LOGIN_REFUSED;

	(void)state;
	check(&full, "smtp", -EAGAIN, LOGIN_REFUSED);
	check(&shy, "smtp", -EAGAIN, LOGIN_REFUSED);
	check(&silent, "smtp", -ETIMEDOUT, LOGIN_REFUSED);
	check(&gone, "smtp", -EAGAIN, LOGIN_REFUSED);
	assert_int_equal(try_url("smtp://127.0.0.1:1", "ann", "pass-word", &result), -EAGAIN);
}

/* It would be the mistake that matters: without TLS nothing is sent. */
static void test_starttls(void **state)
{
	const struct rule rules[] = {{"EHLO", "250 AUTH PLAIN"}, {"STARTTLS", "500 what"},
		{"AUTH", "235 welcome"}, {"", "235 welcome"}};
	const struct server s = {false, "220 mx.test ESMTP", rules};

	(void)state;
	check(&s, "smtp+starttls", -EPROTO, LOGIN_REFUSED);
}

static void test_what_is_not_asked(void **state)
{
	static const char *const bad[] = {"", "smtp", "http://127.0.0.1", "smtp://",
		"SMTP://127.0.0.1", "smtp://127.0.0.1:0", "smtp://127.0.0.1:65536",
		"smtp://127.0.0.1:x", "smtp://127.0.0.1:", "smtp://127.0.0.1/x",
		"smtp://a@127.0.0.1", "smtp://127.0.0.1?x", "smtp://127.0.0.1\r\n", "smtp://-x",
		"smtp://[::1", "smtp://mail.test", "imap://192.0.2.1", "smtp://127.0.0.1.mail.test",
		"smtp://[::2]:25"};
	static const char *const good[] = {"smtp://127.0.0.1:587", "imap://[::1]:143",
		"pop3://localhost", "imaps://mail.test", "smtp+starttls://mail.test:587",
		"pop3s://192.0.2.1:995", "imaps://[2001:db8::1]:993"};
	enum login_result result = LOGIN_REFUSED;
	struct problem p;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (login_check_url(bad[i], &p) != -EINVAL)
			fail_msg("%s", bad[i]);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (login_check_url(good[i], &p) != 0)
			fail_msg("%s", good[i]);
	assert_int_equal(try_url("smtp://127.0.0.1:1", "", "pass-word", &result), -EINVAL);
	assert_int_equal(try_url("smtp://127.0.0.1:1", "a\r\nb", "pass-word", &result), -EINVAL);
	assert_int_equal(try_url("smtp://127.0.0.1:1", "ann", "a\nb", &result), -EINVAL);
	assert_int_equal(try_url("smtp://127.0.0.1:1", "ann", "", &result), -EINVAL);
	assert_int_equal(result, LOGIN_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smtp),
		cmocka_unit_test(test_imap),
		cmocka_unit_test(test_pop3),
		cmocka_unit_test(test_servers_in_trouble),
		cmocka_unit_test(test_starttls),
		cmocka_unit_test(test_what_is_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
