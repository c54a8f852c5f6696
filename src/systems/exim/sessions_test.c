/* sessions_test.c - on real processes and connections. This program, copied as "exim4", plays
 * Exim: a daemon that listens and sessions that it hands its connections to, told what to do by its
 * arguments. */
#include "systems/exim/sessions.h"

#include "formats/exim_id.h"
#include "systems/exim/session_hints.h"
#include "tests/folder.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>

#define SESSIONS 4
#define TIME_MS  2000

/* ---- what plays Exim ---- */

static volatile sig_atomic_t told;

static void note_signal(int signal)
{
	(void)signal;
	told++;
}

/* Holds the connection at descriptor 0. "prompt": ends when told; "busy": when told five times, as
 * one that is reading a message; each when its client is gone. */
static int serve(const char *how)
{
	struct sigaction action = {.sa_handler = note_signal};
	sig_atomic_t enough = strcmp(how, "busy") == 0 ? 5 : 1;
	char byte;

	(void)sigaction(SIGTERM, &action, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (told < enough)
		if (recv(0, &byte, 1, 0) <= 0 && errno != EINTR)
			return 0;
	return 0;
}

/* ---- the world ---- */

struct world {
	const char *top;
	char program[FOLDER_PATH_MAX], log[FOLDER_PATH_MAX];
	int listener;
	uint16_t port;
	struct served {
		int client;
		uint16_t client_port;
		pid_t pid;
	} served[SESSIONS];
	struct source ann;
	struct problem problem;
};

static void listen_here(struct world *w)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);

	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(w->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(w->listener, 8), 0);
	assert_int_equal(getsockname(w->listener, (struct sockaddr *)&at, &len), 0);
	w->port = ntohs(at.sin_port);
}

static struct world *world_new(const char *top, const char *program)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->top = top;
	(void)snprintf(w->program, sizeof(w->program), "%s/%s", top, program);
	(void)snprintf(w->log, sizeof(w->log), "%s/mainlog", top);
	char self[FOLDER_PATH_MAX], script[3 * FOLDER_PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	assert_true(n > 0);
	self[n] = '\0';
	(void)snprintf(script, sizeof(script), "cp '%s' '%s'; : >mainlog", self, w->program);
	folder_run(top, script, NULL);
	listen_here(w);
	source_set(&w->ann, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	for (size_t i = 0; i < SESSIONS; i++)
		w->served[i].client = -1;
	return w;
}

static bool runs_program(pid_t pid, const char *program)
{
	char path[64], target[FOLDER_PATH_MAX];

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	return n > 0 && (size_t)n == strlen(program) && memcmp(target, program, (size_t)n) == 0;
}

static void begin_process(
	struct world *w, struct served *s, const char *program, int connection, const char *how)
{
	s->pid = fork();
	if (s->pid == 0) {
		(void)dup2(connection, 0);
		(void)execl(program, program, "serve", how, (char *)NULL);
		_exit(127);
	}
	assert_true(s->pid > 0);
	for (int i = 0; i < 500 && !runs_program(s->pid, program); i++)
		(void)usleep(2000);
	assert_true(runs_program(s->pid, program));
	(void)usleep(20000); /* till it has its signals */
	(void)w;
}

static void connect_one(struct world *w, struct served *s, int *ret_connection)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(w->port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);

	s->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(s->client, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(s->client, (struct sockaddr *)&at, &len), 0);
	s->client_port = ntohs(at.sin_port);
	*ret_connection = accept4(w->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(*ret_connection >= 0);
}

static struct served *begin_session(struct world *w, size_t which, const char *how)
{
	struct served *s = &w->served[which];
	int connection;

	connect_one(w, s, &connection);
	begin_process(w, s, w->program, connection, how);
	assert_int_equal(close(connection), 0);
	return s;
}

static void end_served(struct served *s)
{
	if (s->client < 0)
		return;
	assert_int_equal(close(s->client), 0);
	if (s->pid > 0) {
		(void)kill(s->pid, SIGKILL);
		assert_int_equal(waitpid(s->pid, NULL, 0), s->pid);
	}
	s->client = -1;
}

static void world_free(struct world *w)
{
	for (size_t i = 0; i < SESSIONS; i++)
		end_served(&w->served[i]);
	assert_int_equal(close(w->listener), 0);
	free(w);
}

static bool has_ended(const struct served *s)
{
	siginfo_t info = {0};

	assert_int_equal(waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
	return info.si_pid == s->pid;
}

/* ---- the log ---- */

static char *base62(uint64_t n, size_t digits, char *at)
{
	static const char all[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	at[digits] = '\0';
	for (size_t i = digits; i-- > 0; n /= 62)
		at[i] = all[n % 62];
	return at;
}

static char *time_text(int64_t seconds, char at[32])
{
	struct tm tm;
	time_t time = (time_t)seconds;

	assert_non_null(gmtime_r(&time, &tm));
	assert_true(strftime(at, 32, "%Y-%m-%d %H:%M:%S", &tm) > 0);
	return at;
}

/* A message of that mailbox, received by that process so many seconds ago. port 0: not logged. */
static void log_message(
	const struct world *w, const char *mailbox, pid_t pid, unsigned port, int64_t seconds_ago)
{
	char second[8], process[16], peer[16] = "", text[32];
	int64_t at = time(NULL) - seconds_ago;
	FILE *out = fopen(w->log, "a");

	assert_non_null(out);
	if (port != 0)
		(void)snprintf(peer, sizeof(peer), ":%u", port);
	(void)fprintf(out,
		"%s %s-%s-0000 <= %s H=(x) [127.0.0.1]%s P=esmtpa A=dovecot_plain:%s S=324\n",
		time_text(at, text), base62((uint64_t)at, 6, second),
		base62((uint64_t)pid, 11, process), mailbox, peer, mailbox);
	assert_int_equal(fclose(out), 0);
}

/* One that was refused: without an id. */
static void log_refusal(const struct world *w, unsigned port)
{
	char text[32];
	FILE *out = fopen(w->log, "a");

	assert_non_null(out);
	(void)fprintf(out,
		"%s +0000 H=(x) [127.0.0.1]:%u F=<a@b.test> A=dovecot_plain:ann@shop.test rejected "
		"RCPT <x@y.test>: no\n",
		time_text(time(NULL), text), port);
	assert_int_equal(fclose(out), 0);
}

static struct sessions_of of_ann(const struct world *w)
{
	return (struct sessions_of){.mailbox = &w->ann, .main_log = w->log};
}

static uint64_t count(struct world *w)
{
	const struct sessions_of of = of_ann(w);
	uint64_t n = 99;

	assert_int_equal(sessions_count(&of, &n, &w->problem), 0);
	return n;
}

/* Not permitted or not possible here: the test says so and is left out. */
static struct sessions_ended end_all(struct world *w, enum sessions_means means)
{
	const struct sessions_of of = of_ann(w);
	struct sessions_ended ended;
	int err = sessions_end(&of, means, TIME_MS, &ended, &w->problem);

	if (err == -EPERM || err == -EOPNOTSUPP) {
		print_message("left out: %s\n", w->problem.text);
		skip();
	}
	if (err != 0)
		fail_msg("%d %s", err, w->problem.text);
	return ended;
}

static void assert_ended(
	struct sessions_ended got, uint64_t found, uint64_t destroyed, uint64_t signalled)
{
	assert_int_equal(got.found, found);
	assert_int_equal(got.destroyed, destroyed);
	assert_int_equal(got.signalled, signalled);
	assert_int_equal(got.left, found - destroyed - signalled);
}

/* ---- tests ---- */

static void check_means(
	const char *top, enum sessions_means means, uint64_t destroyed, uint64_t signalled)
{
	struct world *w = world_new(top, "exim4");
	struct served *first = begin_session(w, 0, "prompt"), *second = begin_session(w, 1, "busy"),
		      *honest = begin_session(w, 2, "prompt");

	log_message(w, "ann@shop.test", first->pid, first->client_port, 0);
	log_message(w, "ann@shop.test", second->pid, second->client_port, 0);
	log_message(w, "bob@shop.test", honest->pid, honest->client_port, 0);
	assert_int_equal(count(w), 2);
	assert_ended(end_all(w, means), 2, destroyed, signalled);
	assert_int_equal(count(w), 0);
	assert_true(has_ended(first));
	assert_true(has_ended(second));
	assert_false(has_ended(honest));
	assert_int_equal(send(honest->client, "x", 1, 0), 1);
	world_free(w);
}

static void test_destroy(void **state)
{
	check_means(*state, SESSIONS_DESTROY, 2, 0);
}

static void test_signal(void **state)
{
	check_means(*state, SESSIONS_SIGNAL, 0, 2);
}

static void test_both(void **state)
{
	check_means(*state, SESSIONS_BOTH, 2, 0);
}

/* What the log says is not so, or not so any more: each of these is left alone. */
static void test_not_so(void **state)
{
	struct world *w = world_new(*state, "exim4");
	struct served *s = begin_session(w, 0, "prompt"), *other = begin_session(w, 1, "prompt");

	/* the number is that of a later process */
	log_message(w, "ann@shop.test", s->pid, s->client_port, 30);
	/* another client; another process; none at all */
	log_message(w, "ann@shop.test", s->pid, (unsigned)other->client_port, 0);
	log_message(w, "ann@shop.test", other->pid, s->client_port, 0);
	log_message(w, "ann@shop.test", 4000000, s->client_port, 0);
	log_message(w, "ann@shop.test", getpid(), s->client_port, 0);
	assert_int_equal(count(w), 0);
	assert_ended(end_all(w, SESSIONS_BOTH), 0, 0, 0);
	assert_false(has_ended(s));
	assert_false(has_ended(other));
	world_free(w);
}

static void test_no_exim(void **state)
{
	struct world *w = world_new(*state, "nginx");
	struct served *s = begin_session(w, 0, "prompt");
	struct sessions_of of = of_ann(w);
	uint64_t n = 9;

	log_message(w, "ann@shop.test", s->pid, s->client_port, 0);
	assert_int_equal(count(w), 0);
	/* unless that is what Exim's binary is called here */
	of.exim = w->program;
	assert_int_equal(sessions_count(&of, &n, &w->problem), 0);
	assert_int_equal(n, 1);
	world_free(w);
}

static void test_replaced_binary(void **state)
{
	struct world *w = world_new(*state, "exim4");
	struct served *s = begin_session(w, 0, "prompt");

	assert_int_equal(unlink(w->program), 0);
	log_message(w, "ann@shop.test", s->pid, s->client_port, 0);
	assert_int_equal(count(w), 1);
	world_free(w);
}

/* It runs Exim and is connected, but nobody listens at its end: it is a client. */
static void test_delivery(void **state)
{
	struct world *w = world_new(*state, "exim4");
	struct served *s = &w->served[0];
	int connection;

	connect_one(w, s, &connection);
	/* the process has the end that connected; the other is the remote mail server */
	begin_process(w, s, w->program, s->client, "prompt");
	log_message(w, "ann@shop.test", s->pid, w->port, 0);
	log_message(w, "ann@shop.test", s->pid, 0, 0);
	assert_int_equal(count(w), 0);
	assert_ended(end_all(w, SESSIONS_BOTH), 0, 0, 0);
	assert_false(has_ended(s));
	assert_int_equal(close(connection), 0);
	world_free(w);
}

/* The daemon has a connection for a moment, until its child has it. */
static void test_daemon(void **state)
{
	struct world *w = world_new(*state, "exim4");
	struct served *s = &w->served[0];
	int connection;

	assert_int_equal(fcntl(w->listener, F_SETFD, 0), 0);
	connect_one(w, s, &connection);
	begin_process(w, s, w->program, connection, "prompt");
	assert_int_equal(fcntl(w->listener, F_SETFD, FD_CLOEXEC), 0);
	assert_int_equal(close(connection), 0);
	log_message(w, "ann@shop.test", s->pid, s->client_port, 0);
	log_refusal(w, s->client_port);
	assert_int_equal(count(w), 0);
	world_free(w);
}

static void test_without_port(void **state)
{
	struct world *w = world_new(*state, "exim4");
	struct served *s = begin_session(w, 0, "prompt"), *other = begin_session(w, 1, "prompt");

	log_message(w, "ann@shop.test", s->pid, 0, 0);
	assert_int_equal(count(w), 1);
	assert_ended(end_all(w, SESSIONS_SIGNAL), 1, 0, 1);
	assert_true(has_ended(s));
	assert_false(has_ended(other));
	world_free(w);
}

static void test_without_process(void **state)
{
	struct world *w = world_new(*state, "exim4");
	struct served *s = begin_session(w, 0, "prompt"), *other = begin_session(w, 1, "prompt");

	log_refusal(w, s->client_port);
	assert_int_equal(count(w), 1);
	assert_ended(end_all(w, SESSIONS_SIGNAL), 1, 0, 1);
	assert_true(has_ended(s));
	assert_false(has_ended(other));
	world_free(w);
}

static void test_since(void **state)
{
	struct world *w = world_new(*state, "exim4");
	struct served *s = begin_session(w, 0, "prompt");
	struct sessions_of of = of_ann(w);
	uint64_t n = 9;

	log_message(w, "ann@shop.test", s->pid, s->client_port, 0);
	of.since = time(NULL) + 5;
	assert_int_equal(sessions_count(&of, &n, &w->problem), 0);
	assert_int_equal(n, 0);
	of.since = time(NULL) - 5;
	assert_int_equal(sessions_count(&of, &n, &w->problem), 0);
	assert_int_equal(n, 1);
	world_free(w);
}

/* One that does not end: what is left is said, in time, and it is not killed. */
static void test_left(void **state)
{
	struct world *w = world_new(*state, "exim4");
	struct served *s = begin_session(w, 0, "busy");
	const struct sessions_of of = of_ann(w);
	struct sessions_ended ended;

	log_message(w, "ann@shop.test", s->pid, s->client_port, 0);
	assert_int_equal(sessions_end(&of, SESSIONS_SIGNAL, 120, &ended, &w->problem), 0);
	assert_ended(ended, 1, 0, 0);
	assert_false(has_ended(s));
	world_free(w);
}

static void test_no_log(void **state)
{
	struct world *w = world_new(*state, "exim4");
	struct sessions_of of = of_ann(w);
	struct sessions_ended ended;
	uint64_t n = 9;

	of.main_log = "/nowhere";
	assert_int_equal(sessions_count(&of, &n, &w->problem), -ENOENT);
	assert_int_equal(n, 9);
	assert_int_equal(sessions_end(&of, SESSIONS_BOTH, 100, &ended, &w->problem), -ENOENT);
	assert_non_null(strstr(w->problem.text, "/nowhere"));
	world_free(w);
}

static int look_as_nobody(const struct sessions_of *of)
{
	struct problem problem = {0};
	uint64_t n = 9;

	if (chmod(of->main_log, 0644) != 0 || setuid(65534) != 0)
		return 1;
	int err = sessions_count(of, &n, &problem);
	return err == -EACCES && n == 9 && strstr(problem.text, "CAP_SYS_PTRACE") != NULL ? 0 : 2;
}

static void check_no_right(const struct world *w)
{
	const struct sessions_of of = of_ann(w);
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(look_as_nobody(&of));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* "Could not look" is never shown as none. */
static void test_no_right(void **state)
{
	struct world *w = world_new(*state, "exim4");
	struct served *s = begin_session(w, 0, "prompt"), *other = begin_session(w, 1, "prompt");

	if (geteuid() == 0) {
		log_refusal(w, other->client_port);
		check_no_right(w);
		log_message(w, "ann@shop.test", s->pid, s->client_port, 0);
		check_no_right(w);
	}
	world_free(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_destroy),
		TEST(test_signal),
		TEST(test_both),
		TEST(test_not_so),
		TEST(test_no_exim),
		TEST(test_replaced_binary),
		TEST(test_delivery),
		TEST(test_daemon),
		TEST(test_without_port),
		TEST(test_without_process),
		TEST(test_since),
		TEST(test_left),
		TEST(test_no_log),
		TEST(test_no_right),
	};

	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
