/* sessions_test.c - a copy of sleep(1) called exim4, which holds a connection, plays the session.
 */
#include "responders/sessions.h"

#include "settings/settings.h"
#include "tests/folder.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>

#define MEANS_SIGNAL 2

struct world {
	char log[FOLDER_PATH_MAX];
	struct settings_values values;
	struct source source;
	struct responding responding;
	json_t *note;
	struct problem said;
	int listener, client;
	pid_t pid;
};

static struct world *world_new(const char *top)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	(void)snprintf(w->log, sizeof(w->log), "%s/mainlog", top);
	folder_run(top, "cp /bin/sleep exim4; : >mainlog", NULL);
	source_set(&w->source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	w->values.sessions =
		(struct sessions_settings){.enabled = true, .means = MEANS_SIGNAL, .time = 1};
	w->responding = (struct responding){
		.values = &w->values, .source = &w->source, .main_log = w->log, .reason = ""};
	w->note = json_object();
	w->listener = w->client = -1;
	return w;
}

static void world_free(struct world *w)
{
	if (w->pid > 0) {
		(void)kill(w->pid, SIGKILL);
		assert_int_equal(waitpid(w->pid, NULL, 0), w->pid);
		assert_int_equal(close(w->client), 0);
		assert_int_equal(close(w->listener), 0);
	}
	json_decref(w->note);
	free(w);
}

static void begin_process(struct world *w, const char *top, int connection, bool obeys)
{
	char program[FOLDER_PATH_MAX], path[64], target[FOLDER_PATH_MAX] = "";

	(void)snprintf(program, sizeof(program), "%s/exim4", top);
	w->pid = fork();
	if (w->pid == 0) {
		(void)signal(SIGTERM, obeys ? SIG_DFL : SIG_IGN);
		(void)dup2(connection, 0);
		(void)execl(program, program, "60", (char *)NULL);
		_exit(127);
	}
	assert_true(w->pid > 0);
	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)w->pid);
	for (int i = 0; i < 500 && strcmp(target, program) != 0; i++) {
		(void)usleep(2000);
		ssize_t n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
	}
	assert_string_equal(target, program);
}

static void log_message(const struct world *w, uint16_t port)
{
	static const char digits[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	char id[] = "tttttt-ppppppppppp-0000";
	uint64_t seconds = (uint64_t)time(NULL), pid = (uint64_t)w->pid;
	FILE *out = fopen(w->log, "a");

	assert_non_null(out);
	for (size_t i = 6; i-- > 0; seconds /= 62)
		id[i] = digits[seconds % 62];
	for (size_t i = 18; i-- > 7; pid /= 62)
		id[i] = digits[pid % 62];
	(void)fprintf(out,
		"2026-12-01 13:34:56 %s <= ann@shop.test H=(x) [127.0.0.1]:%u P=esmtpa "
		"A=login:ann@shop.test S=1\n",
		id, port);
	assert_int_equal(fclose(out), 0);
}

static void begin_session(struct world *w, const char *top, bool obeys)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr *address = (struct sockaddr *)&at;
	socklen_t len = sizeof(at);

	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	w->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(w->listener, address, len), 0);
	assert_int_equal(listen(w->listener, 1), 0);
	assert_int_equal(getsockname(w->listener, address, &len), 0);
	assert_int_equal(connect(w->client, address, len), 0);
	int connection = accept4(w->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(connection >= 0);
	assert_int_equal(getsockname(w->client, address, &len), 0);
	begin_process(w, top, connection, obeys);
	assert_int_equal(close(connection), 0);
	log_message(w, ntohs(at.sin_port));
}

static json_int_t noted(const struct world *w, const char *name)
{
	const json_t *number = json_object_get(w->note, name);

	assert_true(json_is_integer(number));
	return json_integer_value(number);
}

static void test_whom(void **state)
{
	struct source source;
	struct settings_values values = {0};

	(void)state;
	source_set(&source, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	assert_true(responder_sessions.fits(&source));
	for (enum source_kind kind = SOURCE_UNKNOWN; kind < SOURCE_KINDS; kind++) {
		source.kind = kind;
		assert_int_equal(responder_sessions.fits(&source), kind == SOURCE_MAILBOX);
	}
	assert_false(responder_sessions.is_on(&values));
	values.sessions.enabled = true;
	assert_true(responder_sessions.is_on(&values));
	assert_null(responder_sessions.undo);
	assert_string_equal(responder_sessions.name, "sessions");
}

/* The words of sessions.means in the order of enum sessions_means. */
static void test_settings(void **state)
{
	struct settings *settings = settings_new();
	const struct settings_values *values = settings_values(settings);

	(void)state;
	assert_int_equal(values->sessions.means, 0);
	assert_int_equal(values->sessions.time, 2);
	assert_false(values->sessions.enabled);
	settings_free(settings);
}

static void test_none(void **state)
{
	struct world *w = world_new(*state);

	assert_int_equal(responder_sessions.act(&w->responding, w->note, &w->said), 0);
	assert_int_equal(noted(w, "found"), 0);
	assert_int_equal(noted(w, "left"), 0);
	assert_int_equal(responder_sessions.check(&w->responding, w->note, &w->said), 0);
	world_free(w);
}

static void test_ended(void **state)
{
	struct world *w = world_new(*state);

	begin_session(w, *state, true);
	responder_sessions.plan(&w->responding, &w->said);
	assert_string_equal(
		w->said.text, "end the SMTP sessions that mailbox:ann@shop.test has open (1 now)");
	assert_int_equal(responder_sessions.check(&w->responding, w->note, &w->said), -ENOENT);
	assert_string_equal(w->said.text, "1 SMTP session is open");
	assert_int_equal(responder_sessions.act(&w->responding, w->note, &w->said), 0);
	assert_string_equal(
		w->said.text, "ended 1 SMTP session (0 cut, 1 by signal) and 0 of Dovecot's");
	assert_int_equal(noted(w, "found"), 1);
	assert_int_equal(noted(w, "signalled"), 1);
	assert_int_equal(responder_sessions.check(&w->responding, w->note, &w->said), 0);
	/* again, as after a crash */
	assert_int_equal(responder_sessions.act(&w->responding, w->note, &w->said), 0);
	world_free(w);
}

static void test_left(void **state)
{
	struct world *w = world_new(*state);

	begin_session(w, *state, false);
	assert_int_equal(responder_sessions.act(&w->responding, w->note, &w->said), -EAGAIN);
	assert_string_equal(w->said.text, "of 1 SMTP session 1 is still open");
	assert_int_equal(noted(w, "left"), 1);
	assert_int_equal(responder_sessions.check(&w->responding, w->note, &w->said), -ENOENT);
	assert_int_equal(kill(w->pid, 0), 0);
	world_free(w);
}

static void test_no_log(void **state)
{
	struct world *w = world_new(*state);

	w->responding.main_log = "/nowhere";
	assert_int_equal(responder_sessions.act(&w->responding, w->note, &w->said), -EAGAIN);
	assert_int_equal(responder_sessions.check(&w->responding, w->note, &w->said), -EAGAIN);
	w->responding.main_log = NULL;
	assert_int_equal(responder_sessions.act(&w->responding, w->note, &w->said), -EINVAL);
	assert_non_null(strstr(w->said.text, "log.files"));
	assert_int_equal(responder_sessions.check(&w->responding, w->note, &w->said), -EINVAL);
	responder_sessions.plan(&w->responding, &w->said);
	assert_string_equal(w->said.text, "end the sessions that mailbox:ann@shop.test has open");
	world_free(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whom),
		cmocka_unit_test(test_settings),
		TEST(test_none),
		TEST(test_ended),
		TEST(test_left),
		TEST(test_no_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
