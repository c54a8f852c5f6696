#include "systems/dovecot/doveadm.h"

#include "tests/folder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#define ANN       "ann@shop.test"
#define NONE      "[[\"doveadmResponse\",[],\"stanch\"]]"
#define ROW(u)    "{\"username\":\"" u "\",\"service\":\"imap\",\"pid\":\"1\",\"ip\":\"127.0.0.1\"}"
#define LIST(r)   "[[\"doveadmResponse\",[" r "],\"stanch\"]]"
#define ERR(t, c) "[[\"error\",{\"type\":\"" t "\", \"exitCode\":" c "},\"stanch\"]]"

/* ---- a Dovecot over HTTP ---- */

struct server {
	int status;                        /* of HTTP; 0: 200 */
	const char *before, *kick, *after; /* answers to "who", before and after the first "kick" */
	const char *all;                   /* to "who" of everybody; NULL: nobody */
	const char *flush; /* to authCacheFlush with "user"; with "userMask": NONE */
};

static pid_t child;
static char url[64];

static const char *choose(const struct server *s, const char *request, bool *kicked)
{
	if (strstr(request, "Authorization: X-Dovecot-API c2VjcmV0LWtleQ==\r\n") == NULL)
		return NULL;
	if (strstr(request, "POST /doveadm/v1 HTTP/1.1\r\n") == NULL)
		return "no such path";
	if (strstr(request, "[[\"who\",{\"separateConnections\":true,\"mask\":[\"" ANN
			    "\"]},\"stanch\"]]") != NULL)
		return *kicked ? s->after : s->before;
	if (strstr(request, "[[\"who\",{\"separateConnections\":true},\"stanch\"]]") != NULL)
		return s->all != NULL ? s->all : NONE;
	if (strstr(request, "[[\"authCacheFlush\",{\"user\":[\"" ANN "\"]},\"stanch\"]]") != NULL)
		return s->flush;
	if (strstr(request, "[[\"authCacheFlush\",{\"userMask\":[\"" ANN "\"]},\"stanch\"]]") !=
		NULL)
		return NONE;
	if (strstr(request, "[[\"kick\",{\"mask\":[\"" ANN "\"]},\"stanch\"]]") == NULL)
		return "no such command";
	*kicked = true;
	return s->kick;
}

/* One request a connection; what is read at once is all of it. */
static void serve_one(int fd, const struct server *s, bool *kicked)
{
	char request[4096] = "", reply[4096];
	size_t len = 0;
	const char *end;

	do {
		ssize_t n = read(fd, request + len, sizeof(request) - 1 - len);
		if (n <= 0)
			return;
		len += (size_t)n;
		request[len] = '\0';
		end = strstr(request, "\"stanch\"]]");
	} while (end == NULL && len < sizeof(request) - 1);
	const char *body = choose(s, request, kicked);
	int status = body == NULL ? 401 : s->status != 0 ? s->status : 200;
	int size = snprintf(reply, sizeof(reply),
		"HTTP/1.1 %d x\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s", status,
		body != NULL ? strlen(body) : 0, body != NULL ? body : "");
	if (write(fd, reply, (size_t)size) != size)
		_exit(1);
}

static void start(const struct server *s)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool kicked = false;

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", ntohs(at.sin_port));
	child = fork();
	while (child == 0) {
		int one = accept(fd, NULL, NULL);
		serve_one(one, s, &kicked);
		(void)close(one);
	}
	assert_true(child > 0);
	(void)close(fd);
}

static void stop(void)
{
	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static struct doveadm_options over_http(void)
{
	return (struct doveadm_options){.url = url, .key = "secret-key", .time_ms = 10000};
}

static void check_said(int err, const struct problem *p)
{
	assert_true((err == 0) == (p->text[0] == '\0'));
	assert_null(strstr(p->text, "secret-key"));
	assert_null(strstr(p->text, "c2VjcmV0"));
}

static int kick(const struct server *s, uint64_t *ret_ended)
{
	struct problem p = {0};

	start(s);
	const struct doveadm_options o = over_http();
	int err = doveadm_kick(&o, ANN, ret_ended, &p);
	stop();
	check_said(err, &p);
	return err;
}

static void test_kick_over_http(void **state)
{
	const struct server two = {0, LIST(ROW(ANN) "," ROW(ANN)), NONE, NONE, NULL, NONE};
	const struct server none = {0, NONE, "not asked", NONE, NULL, NONE};
	const struct server gone = {0, LIST(ROW(ANN)), ERR("exitCode", "68"), NONE, NULL, NONE};
	const struct server stays = {0, LIST(ROW(ANN)), NONE, LIST(ROW(ANN)), NULL, NONE};
	const struct server others = {
		0, LIST(ROW(ANN) "," ROW("bob")), "not asked", NONE, NULL, NONE};
	const struct server denied = {0, LIST(ROW(ANN)), ERR("exitCode", "77"), NONE, NULL, NONE};
	const struct server busy = {0, ERR("exitCode", "75"), NONE, NONE, NULL, NONE};
	const struct server odd = {0, ERR("unknownMethod", "0"), NONE, NONE, NULL, NONE};
	const struct server garbage = {0, "hello", NONE, NONE, NULL, NONE};
	const struct server shared = {
		0, LIST(ROW(ANN)), "not asked", NONE, LIST(ROW(ANN) "," ROW("bob")), NONE};
	uint64_t ended = 77;

	(void)state;
	assert_int_equal(kick(&shared, &ended), -EIO);
	assert_int_equal(kick(&two, &ended), 0);
	assert_int_equal(ended, 2);
	assert_int_equal(kick(&none, &ended), 0);
	assert_int_equal(ended, 0);
	assert_int_equal(kick(&gone, &ended), 0);
	assert_int_equal(ended, 1);
	ended = 77;
	assert_int_equal(kick(&stays, &ended), -EAGAIN);
	assert_int_equal(kick(&others, &ended), -EBADMSG);
	assert_int_equal(kick(&denied, &ended), -EACCES);
	assert_int_equal(kick(&busy, &ended), -EAGAIN);
	assert_int_equal(kick(&odd, &ended), -EIO);
	assert_int_equal(kick(&garbage, &ended), -EBADMSG);
	assert_int_equal(ended, 77);
}

static int flush_with(const struct server *s, const char *key)
{
	struct problem p = {0};

	start(s);
	struct doveadm_options o = over_http();
	o.key = key;
	int err = doveadm_flush(&o, ANN, &p);
	stop();
	check_said(err, &p);
	return err;
}

static void test_flush_over_http(void **state)
{
	struct server s = {.flush = LIST("{\"entries\":\"1\"}")};

	(void)state;
	assert_int_equal(flush_with(&s, "secret-key"), 0);
	assert_int_equal(flush_with(&s, "secret-kex"), -EACCES);
	s.flush = ERR("invalidRequest", "0"); /* as 2.4 calls its argument otherwise */
	assert_int_equal(flush_with(&s, "secret-key"), 0);
	s.flush = ERR("exitCode", "65");
	assert_int_equal(flush_with(&s, "secret-key"), -EIO);
	s.status = 400;
	assert_int_equal(flush_with(&s, "secret-key"), -EBADMSG);
	s.status = 500;
	assert_int_equal(flush_with(&s, "secret-key"), -EAGAIN);
	const struct doveadm_options nobody = {
		.url = "http://127.0.0.1:1", .key = "secret-key", .time_ms = 2000};
	struct problem p = {0};
	assert_int_equal(doveadm_flush(&nobody, ANN, &p), -EAGAIN);
	check_said(-EAGAIN, &p);
}

/* ---- a program ---- */

static const char script[] =
	"#!/bin/sh\ncd \"${0%/*}\" || exit 1\nprintf '%s\\n' \"$*\" >>calls\ncase \" $* \" in\n"
	"*' who '*) cat who; exit \"$(cat status)\" ;;\n"
	"*' kick '*) [ ! -e after ] || mv after who ; exit \"$(cat kicked)\" ;;\n"
	"*' flush '*) echo '1 cache entries flushed'; exit \"$(cat status)\" ;;\nesac\nexit 64\n";

static char program[FOLDER_PATH_MAX];

static struct doveadm_options put_program(void **state, const char *who, const char *status)
{
	(void)snprintf(program, sizeof(program), "%s/doveadm", (const char *)*state);
	folder_write(*state, "doveadm", script);
	assert_int_equal(chmod(program, 0755), 0);
	folder_write(*state, "who", who);
	folder_write(*state, "status", status);
	folder_write(*state, "kicked", "0");
	folder_write(*state, "calls", "");
	return (struct doveadm_options){
		.program = program, .config = "/etc/dovecot/x.conf", .time_ms = 10000};
}

static void check_calls(void **state, const char *want)
{
	char path[FOLDER_PATH_MAX + 8], text[1024] = "";

	(void)snprintf(path, sizeof(path), "%s/calls", (const char *)*state);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	(void)fclose(f);
	assert_string_equal(text, want);
}

static void test_program(void **state)
{
	const char *one = "username\tproto\tpid\tip\n" ANN "\timap\t1\t127.0.0.1\n";
	struct doveadm_options o = put_program(state, one, "0");
	struct problem p = {0};
	uint64_t n = 77;

	assert_int_equal(doveadm_who(&o, ANN, &n, &p), 0);
	assert_int_equal(n, 1);
	folder_write(*state, "after", "username\tproto\tpid\tip\n");
	assert_int_equal(doveadm_kick(&o, ANN, &n, &p), 0);
	assert_int_equal(n, 1);
	assert_int_equal(doveadm_kick(&o, ANN, &n, &p), 0);
	assert_int_equal(n, 0);
	assert_int_equal(doveadm_flush(&o, ANN, &p), 0);
	check_calls(state, "-c /etc/dovecot/x.conf -f tab who -1 -- " ANN "\n"
			   "-c /etc/dovecot/x.conf -f tab who -1 -- " ANN "\n"
			   "-c /etc/dovecot/x.conf -f tab kick -- " ANN "\n"
			   "-c /etc/dovecot/x.conf -f tab who -1 -- " ANN "\n"
			   "-c /etc/dovecot/x.conf -f tab who -1 -- " ANN "\n"
			   "-c /etc/dovecot/x.conf -f tab auth cache flush -- " ANN "\n");
	o = put_program(state, one, "0");
	folder_write(*state, "kicked", "68");
	folder_write(*state, "after", "username\tproto\tpid\tip\n");
	assert_int_equal(doveadm_kick(&o, ANN, &n, &p), 0);
	assert_string_equal(p.text, "");
}

static void test_program_in_trouble(void **state)
{
	static const struct {
		const char *status;
		int err;
	} cases[] = {{"75", -EAGAIN}, {"77", -EACCES}, {"67", -ENOENT}, {"78", -EIO}, {"1", -EIO}};
	uint64_t n = 77;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct problem p = {0};
		struct doveadm_options o =
			put_program(state, "Fatal: \x1b no\nmore\n", cases[i].status);

		assert_int_equal(doveadm_kick(&o, ANN, &n, &p), cases[i].err);
		assert_non_null(strstr(p.text, "Fatal: \\x1b no"));
		assert_null(strstr(p.text, "more"));
	}
	struct problem p = {0};
	struct doveadm_options o = put_program(state, "hello\n", "0");
	assert_int_equal(doveadm_who(&o, ANN, &n, &p), -EBADMSG);
	o.program = "/does/not/exist";
	assert_int_equal(doveadm_who(&o, ANN, &n, &p), -EIO);
	assert_int_equal(n, 77);
}

/* ---- names and settings ---- */

static void test_names(void **state)
{
	static const char *const bad[] = {"", "*", "a?@shop.test", "a\\@b", "-a", "127.0.0.1",
		"10.0.0.0/8", "127", "0x7f.1", "::1", "[::1]", "2001:db8::/32", "a\nb", "a\tb",
		"\xff@shop.test", "ann\x7f"};
	static const char *const good[] = {ANN, "ann", "a+b@shop.test", "o'neil@shop.test",
		"J\xc3\xb6rg@shop.test", "10.0.0.1@shop.test", "1000@shop.test", "dead.beef"};
	char long_name[DOVEADM_MAILBOX_MAX + 2];
	const struct doveadm_options o = {.program = "/does/not/exist", .time_ms = 1000};
	uint64_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct problem p = {0};
		if (doveadm_name_is_safe(bad[i]) || doveadm_kick(&o, bad[i], &n, &p) != -EINVAL ||
			doveadm_flush(&o, bad[i], &p) != -EINVAL ||
			doveadm_who(&o, bad[i], &n, &p) != -EINVAL)
			fail_msg("%s", bad[i]);
		assert_string_not_equal(p.text, "");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!doveadm_name_is_safe(good[i]))
			fail_msg("%s", good[i]);
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_false(doveadm_name_is_safe(long_name));
}

static void test_options(void **state)
{
	char path[FOLDER_PATH_MAX];
	struct dovecot_settings s = {.program = "/usr/bin/doveadm", .key_file = "/does/not/exist"};
	struct doveadm_options o = {0};
	struct secret *secret = NULL;
	struct problem p = {0};

	assert_int_equal(doveadm_options_read(&s, &o, &secret, &p), 0); /* no URL, no key needed */
	assert_null(secret);
	assert_string_equal(o.program, "/usr/bin/doveadm");
	s.url = "http://127.0.0.1:8080";
	assert_int_equal(doveadm_options_read(&s, &o, &secret, &p), -EINVAL);
	s.key_file = NULL;
	assert_int_equal(doveadm_options_read(&s, &o, &secret, &p), -EINVAL);
	(void)snprintf(path, sizeof(path), "%s/key", (const char *)*state);
	folder_write(*state, "key", "secret-key\n");
	assert_int_equal(chmod(path, 0600), 0);
	s.key_file = path;
	assert_int_equal(doveadm_options_read(&s, &o, &secret, &p), 0);
	assert_string_equal(o.key, "secret-key");
	assert_null(o.password);
	secret_free(secret);
	s.key_file = NULL;
	s.password_file = path;
	assert_int_equal(doveadm_options_read(&s, &o, &secret, &p), 0);
	assert_string_equal(o.password, "secret-key");
	assert_null(o.key);
	secret_free(secret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kick_over_http),
		cmocka_unit_test(test_flush_over_http),
		cmocka_unit_test_setup_teardown(test_program, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			test_program_in_trouble, folder_setup, folder_teardown),
		cmocka_unit_test(test_names),
		cmocka_unit_test_setup_teardown(test_options, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
