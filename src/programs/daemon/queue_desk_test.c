/* The desk, with small programs in the place of stanch that answer, end or hang. */
#include "programs/daemon/queue_desk.h"

#include "base/memory.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct scene {
	char *folder;
	char program[FOLDER_PATH_MAX];
	struct loop *loop;
	struct daemon_plan plan;
	struct queue_desk *desk;
	unsigned answers, off, refused, busy; /* of these: state off, status 400, 503 */
	char why[200];
	unsigned waited_for; /* answers; 0: the loop does not run */
};

static int setup(void **state)
{
	void *folder = NULL;

	if (folder_setup(&folder) != 0)
		abort();
	struct scene *s = memory_new(1, sizeof(*s));
	(void)signal(SIGPIPE, SIG_IGN);
	s->folder = folder;
	(void)snprintf(s->program, sizeof(s->program), "%s/stanch", s->folder);
	s->loop = loop_new();
	s->plan = (struct daemon_plan){.program = s->program, .spool = s->folder};
	s->desk = queue_desk_new(s->loop, &s->plan);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	void *folder = s->folder;

	queue_desk_free(s->desk);
	loop_free(s->loop);
	free(s);
	return folder_teardown(&folder);
}

/* Written by a child that has ended, so that nobody has it open for writing when it is run. */
static void put_program(struct scene *s, const char *text)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		folder_write(s->folder, "stanch", text);
		_exit(chmod(s->program, 0755));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void answered(void *context, unsigned status, const json_t *body)
{
	struct scene *s = context;
	const char *state = json_string_value(json_object_get(body, "state"));
	const char *why = json_string_value(json_object_get(body, "why"));

	s->answers++;
	s->off += state != NULL && strcmp(state, "off") == 0;
	s->refused += status == 400;
	s->busy += status == 503;
	(void)snprintf(s->why, sizeof(s->why), "%s", why != NULL ? why : "");
	if (s->waited_for > 0 && s->answers >= s->waited_for)
		loop_stop(s->loop);
}

static void ask(struct scene *s, const char *question)
{
	json_t *args = json_loads(question, 0, NULL);

	queue_desk_ask(s->desk, args, answered, s);
	json_decref(args);
}

static void stop(void *context)
{
	loop_stop(context);
}

/* Until so many are answered, or the time is over. */
static void wait_for(struct scene *s, unsigned answers, int64_t ms)
{
	AUTO(loop_timer) timer = loop_timer_new(s->loop, stop, s->loop);

	s->waited_for = answers;
	loop_timer_start(timer, ms, 0);
	if (s->answers < answers)
		loop_run(s->loop);
	s->waited_for = 0;
}

#define ANSWER                                                                                     \
	"{\\\"id\\\":$n,\\\"status\\\":200,\\\"body\\\":{\\\"state\\\":\\\"ready\\\","             \
	"\\\"read\\\":0,\\\"messages\\\":0,\\\"complete\\\":true,\\\"damaged\\\":0,"               \
	"\\\"why\\\":null,\\\"found\\\":0,\\\"found_is_least\\\":false,\\\"rows\\\":[],"           \
	"\\\"next\\\":null}}"

static void test_answers(void **state)
{
	struct scene *s = *state;

	put_program(s, "#!/bin/sh\n"
		       "echo \"$@\" > \"$(dirname \"$0\")/words\"\n"
		       "n=0; while read -r line; do n=$((n + 1)); echo \"" ANSWER "\"; done\n");
	ask(s, "{\"q\":\"a\",\"other\":1}");
	assert_int_equal(s->refused, 1);
	for (unsigned n = 0; n < 20; n++)
		ask(s, "{\"q\":\"spam\",\"limit\":\"3\"}");
	wait_for(s, 21, 10000);
	assert_int_equal(s->answers, 21);
	assert_int_equal(s->off, 0);
	char words[200] = "", path[FOLDER_PATH_MAX];
	(void)snprintf(path, sizeof(path), "%s/words", s->folder);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(words, sizeof(words), f));
	(void)fclose(f);
	assert_non_null(strstr(words, "queue --answer\n"));
	assert_non_null(strstr(words, "--spool /tmp/"));
}

static void test_as_reader(void **state)
{
	struct scene *s = *state;

	s->plan.changes_user = true;
	s->plan.watcher_login = "nobody";
	put_program(s, "#!/bin/sh\n"
		       "case \"$*\" in *'queue --answer --reader nobody') n=1;; *) n=0;; esac\n"
		       "read -r line; echo \"" ANSWER "\"; read -r line\n");
	ask(s, "{}");
	wait_for(s, 1, 10000);
	assert_int_equal(s->answers, 1);
	assert_int_equal(s->off, 0);
}

/* Whoever waits is told, and it is not begun again at once. */
static void test_ends(void **state)
{
	struct scene *s = *state;

	put_program(s, "#!/bin/sh\nread -r line\nexit 0\n");
	ask(s, "{}");
	ask(s, "{}");
	wait_for(s, 2, 10000);
	assert_int_equal(s->answers, 2);
	assert_int_equal(s->off, 2);
	ask(s, "{}");
	assert_int_equal(s->off, 3);
	assert_non_null(strstr(s->why, "begun again"));
	wait_for(s, 100, QUEUE_DESK_AGAIN_MS + 100);
	put_program(s, "#!/bin/sh\nn=3; read -r line; echo \"" ANSWER "\"; read -r line\n");
	ask(s, "{}");
	wait_for(s, 4, 10000);
	assert_int_equal(s->answers, 4);
	assert_int_equal(s->off, 3);
}

static void test_no_program(void **state)
{
	struct scene *s = *state;

	ask(s, "{}");
	assert_int_equal(s->off, 1);
	assert_string_not_equal(s->why, "");
}

static void test_nonsense(void **state)
{
	static const char *const said[] = {"nonsense", "[]", "{}",
		"{\\\"id\\\":99,\\\"status\\\":200,\\\"body\\\":{}}",
		"{\\\"id\\\":1,\\\"status\\\":500,\\\"body\\\":{}}",
		"{\\\"id\\\":1,\\\"status\\\":200,\\\"body\\\":1}",
		"{\\\"id\\\":\\\"1\\\",\\\"status\\\":200,\\\"body\\\":{}}"};
	struct scene *s = *state;

	for (unsigned i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		char text[300];
		(void)snprintf(text, sizeof(text),
			"#!/bin/sh\nread -r line; echo \"%s\"; read -r line\n", said[i]);
		put_program(s, text);
		queue_desk_free(s->desk);
		s->desk = queue_desk_new(s->loop, &s->plan);
		ask(s, "{}");
		wait_for(s, i + 1, 10000);
		assert_int_equal(s->off, i + 1);
	}
	put_program(s, "#!/bin/sh\nread -r line; exec cat /dev/zero\n"); /* without an end */
	queue_desk_free(s->desk);
	s->desk = queue_desk_new(s->loop, &s->plan);
	ask(s, "{}");
	wait_for(s, s->answers + 1, 10000);
	assert_int_equal(s->off, sizeof(said) / sizeof(said[0]) + 1);
}

/* One that hangs holds so many questions and no more; when it is killed, they are answered. */
static void test_hangs(void **state)
{
	struct scene *s = *state;

	put_program(s, "#!/bin/sh\necho $$ > \"$(dirname \"$0\")/pid\"\nexec sleep 60\n");
	for (unsigned n = 0; n < QUEUE_DESK_ASKED; n++)
		ask(s, "{}");
	assert_int_equal(s->answers, 0);
	ask(s, "{}");
	assert_int_equal(s->busy, 1);
	wait_for(s, 100, 500);
	char path[FOLDER_PATH_MAX], text[32] = "";
	(void)snprintf(path, sizeof(path), "%s/pid", s->folder);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	(void)fclose(f);
	pid_t pid = (pid_t)strtol(text, NULL, 10);
	assert_true(pid > 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	wait_for(s, QUEUE_DESK_ASKED + 1, 10000);
	assert_int_equal(s->off, QUEUE_DESK_ASKED);
}

static void test_too_slow(void **state)
{
	struct scene *s = *state;

	put_program(s, "#!/bin/sh\nexec sleep 60\n");
	ask(s, "{}");
	wait_for(s, 1, QUEUE_DESK_TIME_MS - 1000);
	assert_int_equal(s->answers, 0);
	wait_for(s, 1, 5000);
	assert_int_equal(s->off, 1);
	assert_non_null(strstr(s->why, "in time"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_SCENE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
		IN_SCENE(test_answers),
		IN_SCENE(test_as_reader),
		IN_SCENE(test_ends),
		IN_SCENE(test_no_program),
		IN_SCENE(test_nonsense),
		IN_SCENE(test_hangs),
		IN_SCENE(test_too_slow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
