/* desk_ask: the clerk of tests/system/desk.sh.
 *
 * desk_ask CONFIG STANCH
 *	begins the hand of a daemon with these settings, alone, and is its clerk: each line of
 *	standard input is said to it as it is, and each answer is a line of standard output; "talk
 *	over" when the hand has ended the talk, and then a new one is begun. At the end of standard
 *	input the hand is ended when all is answered.
 *
 * Ends with 1 when it did not work. */
#include "programs/daemon/events.h"
#include "programs/daemon/new_link.h"
#include "programs/daemon/parts.h"
#include "programs/daemon/starter.h"
#include "programs/daemon/talk.h"

#include "base/json_text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct clerk {
	struct loop *loop;
	struct new_link *news;
	struct talk *talk;
	int to_hand, to_clerk; /* the starter's ends */
	char line[1 << 16];
	size_t len;
	unsigned open; /* questions that are not answered */
	bool at_end;
};

static void stop_if_done(const struct clerk *c)
{
	if (c->at_end && c->open == 0)
		loop_stop(c->loop);
}

static void write_line(const json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);

	(void)puts(text);
	(void)fflush(stdout);
	free(text);
}

static void heard(void *context, const json_t *object, const char *why)
{
	struct clerk *c = context;

	(void)why;
	if (object == NULL) {
		(void)puts("talk over");
		(void)fflush(stdout);
		talk_free(c->talk);
		c->talk = NULL;
		c->open = 0;
		(void)!new_link_pass(c->to_hand, c->to_clerk);
	} else if (json_object_get(object, "id") != NULL) {
		write_line(object);
		c->open--;
	}
	stop_if_done(c);
}

static void say_line(struct clerk *c, struct slice line)
{
	json_t *o = json_loadb(line.at, line.len, 0, NULL);

	if (o == NULL || c->talk == NULL)
		(void)fprintf(stderr, "desk_ask: cannot say it\n");
	if (c->talk != NULL && o != NULL && talk_say(c->talk, json_incref(o)))
		c->open++;
	json_decref(o);
}

static void on_input(void *context, unsigned ready)
{
	struct clerk *c = context;
	ssize_t n = read(STDIN_FILENO, c->line + c->len, sizeof(c->line) - c->len);
	struct slice line;

	(void)ready;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->len += n > 0 ? (size_t)n : 0;
	struct slice rest = {c->line, c->len};
	while (slice_take_line(&rest, &line))
		say_line(c, line);
	memmove(c->line, rest.at, rest.len);
	c->len = rest.len;
	if (n > 0)
		return;
	c->at_end = true;
	stop_if_done(c);
}

static void begin_input(struct clerk *c)
{
	static struct loop_watch *input;

	if (input == NULL && loop_watch_new(c->loop, STDIN_FILENO, on_input, c, &input) == 0)
		loop_watch_for(input, LOOP_READ);
}

static void link_came(void *context, int link)
{
	struct clerk *c = context;

	talk_free(c->talk);
	c->talk = NULL;
	if (talk_new(c->loop, link, heard, c, &c->talk) == 0)
		begin_input(c);
}

static void be_clerk(struct clerk *c, int own)
{
	c->loop = loop_new();
	if (new_link_hear(c->loop, own, link_came, c, &c->news) < 0 ||
		new_link_pass(c->to_hand, c->to_clerk) < 0)
		exit(1);
	loop_run(c->loop);
	talk_free(c->talk);
	new_link_free(c->news);
}

static pid_t begin_hand(const struct daemon_plan *plan, int link, int news)
{
	int pulse[2];
	struct daemon_part part = {.plan = plan,
		.log = event_log_new(STDERR_FILENO, false, daemon_events, DAEMON_EVENTS),
		.link = link,
		.news = news,
		.listener = -1,
		.policy = -1};

	if (pipe(pulse) < 0)
		exit(1);
	part.pulse = pulse[1];
	pid_t pid = fork();
	if (pid == 0)
		_exit(hand_run(&part));
	return pid;
}

int main(int argc, char **argv)
{
	static struct clerk c;
	struct settings *settings = NULL;
	struct daemon_plan *plan = NULL;
	struct problem problem = {0};
	int link[2], news[2], own[2], status = 1;

	if (argc != 3)
		return 1;
	const struct starter_settings starter = {.config = argv[1], .program = argv[2]};
	if (starter_read(&starter, &settings, &plan, &problem) < 0 ||
		daemon_plan_make_folders(plan, &problem) < 0) {
		(void)fprintf(stderr, "desk_ask: %s\n", problem.text);
		return 1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link) < 0 ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, news) < 0 ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, own) < 0)
		return 1;
	pid_t hand = begin_hand(plan, link[1], news[1]);
	c.to_hand = news[0];
	c.to_clerk = own[0];
	be_clerk(&c, own[1]);
	(void)kill(hand, SIGTERM);
	if (waitpid(hand, &status, 0) != hand || status != 0)
		return 1;
	daemon_plan_free(plan);
	settings_free(settings);
	return 0;
}
