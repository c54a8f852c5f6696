#include "programs/daemon/control.h"

#include "programs/daemon/talk.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
	struct loop *loop;
	struct control *control;
	char path[100];
	unsigned asked;
};

static json_t *answer(void *context, const char *question, const json_t *object)
{
	struct scene *s = context;

	assert_string_equal(json_string_value(json_object_get(object, "ask")), question);
	s->asked++;
	if (strcmp(question, "end") == 0)
		loop_stop(s->loop);
	return strcmp(question, "unknown") == 0 ? NULL : json_pack("{s:s}", "heard", question);
}

static void refused(void *context, uid_t uid)
{
	(void)context;
	(void)uid;
}

static int serve(struct scene *s, void *const *state, struct problem *p)
{
	(void)snprintf(s->path, sizeof(s->path), "%s/control", (const char *)*state);
	const struct control_settings_given given = {
		.path = s->path, .answer = answer, .refused = refused, .context = s};
	s->loop = loop_new();
	return control_new(s->loop, &given, &s->control, p);
}

static void end(struct scene *s)
{
	control_free(s->control);
	loop_free(s->loop);
}

/* A child asks; returns its exit status. */
static int ask_in_child(struct scene *s, int (*child)(const char *path))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int result = child(s->path);
		json_t *o = NULL;
		int err = control_ask(s->path, "end", 5000, &o);
		json_decref(o);
		_exit(err == 0 ? result : 9);
	}
	loop_run(s->loop);
	/* the last answer is sent by a loop that goes on for a moment */
	struct loop_timer *t = loop_timer_new(s->loop, (void (*)(void *))loop_stop, s->loop);
	loop_timer_start(t, 200, 0);
	loop_run(s->loop);
	loop_timer_free(t);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static int ask_twice(const char *path)
{
	for (int i = 0; i < 2; i++) {
		json_t *o = NULL;
		if (control_ask(path, "status", 5000, &o) != 0)
			return 1;
		const char *heard = json_string_value(json_object_get(o, "heard"));
		if (heard == NULL || strcmp(heard, "status") != 0)
			return 2;
		json_decref(o);
	}
	json_t *o = NULL;
	if (control_ask(path, "unknown", 5000, &o) != 0 || json_object_get(o, "error") == NULL)
		return 3;
	json_decref(o);
	return 0;
}

static void test_answers(void **state)
{
	struct scene s = {0};
	struct problem p = {0};

	assert_int_equal(serve(&s, state, &p), 0);
	assert_int_equal(ask_in_child(&s, ask_twice), 0);
	assert_int_equal(s.asked, 4);
	end(&s);
	assert_int_not_equal(access(s.path, F_OK), 0); /* it takes its socket away */
}

static int say(const char *path, const char *bytes, size_t len)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	(void)send(fd, bytes, len, MSG_NOSIGNAL);
	char byte;
	int n = (int)recv(fd, &byte, 1, 0);
	(void)close(fd);
	return n;
}

/* Whoever says nonsense is hung up on, and the others are heard. */
static int talk_nonsense(const char *path)
{
	static const char too_long[] = "\x7f\xff\xff\xffxxxx", no_json[] = "\0\0\0\3abc",
			  no_object[] = "\0\0\0\2[]", no_question[] = "\0\0\0\2{}";

	if (say(path, too_long, 8) > 0 || say(path, no_json, 7) > 0 ||
		say(path, no_object, 6) > 0 || say(path, no_question, 6) > 0)
		return 1;
	return ask_twice(path);
}

static void test_nonsense(void **state)
{
	struct scene s = {0};
	struct problem p = {0};

	assert_int_equal(serve(&s, state, &p), 0);
	assert_int_equal(ask_in_child(&s, talk_nonsense), 0);
	end(&s);
}

static void test_places(void **state)
{
	struct scene s = {0}, other = {0};
	struct problem p = {0};
	json_t *o = NULL;

	assert_int_equal(control_ask("/nowhere/control", "status", 100, &o), -ENOENT);
	assert_int_equal(serve(&s, state, &p), 0);
	assert_int_equal(serve(&other, state, &p), -EADDRINUSE); /* one serves it already */
	loop_free(other.loop);
	end(&s);
	folder_write(*state, "control", "a file");
	assert_int_equal(serve(&other, state, &p), -EEXIST);
	loop_free(other.loop);
	assert_int_equal(unlink(s.path), 0);

	/* left behind by one that was killed */
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", s.path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	(void)close(fd);
	assert_int_equal(control_ask(s.path, "status", 100, &o), -ECONNREFUSED);
	s = (struct scene){0};
	assert_int_equal(serve(&s, state, &p), 0);
	end(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers),
		TEST(test_nonsense),
		TEST(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
