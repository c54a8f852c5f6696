/* The desk over real commands: a script that stands for stanch. */
#include "programs/daemon/desk.h"

#include "base/json_text.h"
#include "programs/daemon/events.h"
#include "programs/daemon/talk.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define READER    "stanch_reader"
#define OPERATOR  "stanch_operator"
#define FROM      "\"from\": \"192.0.2.1\""
#define BY(token) "\"who\": {\"token\": \"" token "\", " FROM "}"

/* What it was called with goes to calls, and it does what the word behind "--json" tells. */
static const char script[] =
	"#!/bin/sh\n"
	"cd \"${0%/*}\" || exit 9\n"
	"while [ \"$1\" != --json ]; do shift; done\n"
	"shift\n"
	"printf '%s %s\\n' \"${STANCH_PAGE_WHO:--}\" \"$*\" >>calls\n"
	"case $1 in\n"
	"incidents) echo '{\"n\": 1}'; echo '{\"n\": 2}' ;;\n"
	"explain) echo '{\"saved\": 1, \"days\": [7]}'; echo '{\"incident\": 3}' ;;\n"
	"incident) echo 'stanch: there is no such incident' >&2; exit 1 ;;\n"
	"holds) while [ -e calls ] && [ ! -e go ]; do sleep 0.02; done; echo '{\"hold\": 1}' ;;\n"
	"purge) while [ -e calls ] && [ ! -e go ]; do sleep 0.02; done; echo '{\"action\": "
	"\"purge\"}' ;;\n"
	"show) awk 'BEGIN {while (i++ < 200000) printf \"xxxxxxxxxx\"; exit}' |\n"
	"  sed 's/.*/{\"x\": \"&\"}/'; echo ;;\n"
	"audit) awk 'BEGIN {while (i++ < 60000) printf \"{\\\"cursor\\\":\\\"%0100d\\\"}\\n\", i}' "
	";;\n"
	"exempt) echo 'why not' >&2; kill -9 $$ ;;\n"
	"*) echo '{\"did\": true}' ;;\n"
	"esac\n";

struct scene {
	char folder[FOLDER_PATH_MAX], users[FOLDER_PATH_MAX + 16];
	struct loop *loop;
	struct loop_timer *timer;
	struct event_log *log;
	int log_fd;
	struct daemon_plan plan;
	struct page_access *access;
	struct desk *desk;
	json_t *answers; /* by id */
	size_t wanted;
};

static void write_file(const struct scene *s, const char *name, const char *text, mode_t mode)
{
	char path[FOLDER_PATH_MAX + 16];

	(void)snprintf(path, sizeof(path), "%s/%s", s->folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static char *read_file(const struct scene *s, const char *name, char *at, size_t size)
{
	char path[FOLDER_PATH_MAX + 16];

	(void)snprintf(path, sizeof(path), "%s/%s", s->folder, name);
	FILE *f = fopen(path, "r");
	size_t n = f != NULL ? fread(at, 1, size - 1, f) : 0;
	at[n] = '\0';
	if (f != NULL)
		(void)fclose(f);
	return at;
}

static bool has(const struct scene *s, const char *name, const char *text)
{
	static char all[1 << 16];

	return strstr(read_file(s, name, all, sizeof(all)), text) != NULL;
}

static size_t lines_of(const struct scene *s, const char *name)
{
	static char all[1 << 16];
	size_t n = 0;

	for (const char *c = read_file(s, name, all, sizeof(all)); *c != '\0'; c++)
		n += *c == '\n';
	return n;
}

static void heard(void *context, json_t *answer)
{
	struct scene *s = context;
	char id[32];

	assert_string_equal(json_string_value(json_object_get(answer, "say")), "answer");
	assert_true(json_is_object(json_object_get(answer, "body")));
	assert_true(talk_fits(answer));
	(void)snprintf(id, sizeof(id), "%" JSON_INTEGER_FORMAT,
		json_integer_value(json_object_get(answer, "id")));
	assert_null(json_object_get(s->answers, id));
	json_put(s->answers, id, answer);
	if (json_object_size(s->answers) >= s->wanted)
		loop_stop(s->loop);
}

static void give_up(void *context)
{
	(void)context;
	fail_msg("no answer came");
}

static void stop(void *context)
{
	struct scene *s = context;

	loop_stop(s->loop);
}

static void write_users(struct scene *s)
{
	char reader[PAGE_TOKEN_HASH], operator[PAGE_TOKEN_HASH], text[512];

	page_users_token_hash(slice_of(READER), reader);
	page_users_token_hash(slice_of(OPERATOR), operator);
	(void)snprintf(text, sizeof(text),
		"rita:reader:token:%s\nollie:operator:token:%s\nann:operator:proxy:\n",
		reader, operator);
	write_file(s, "page.users", text, 0600);
}

static void begin(struct scene *s, void **state, int64_t wait_ms)
{
	static char program[FOLDER_PATH_MAX + 16];
	char log_path[FOLDER_PATH_MAX + 16];

	*s = (struct scene){.loop = loop_new(), .answers = json_object()};
	(void)snprintf(s->folder, sizeof(s->folder), "%s", (char *)*state);
	(void)snprintf(s->users, sizeof(s->users), "%s/page.users", s->folder);
	(void)snprintf(program, sizeof(program), "%s/stanch", s->folder);
	(void)snprintf(log_path, sizeof(log_path), "%s/log", s->folder);
	write_file(s, "stanch", script, 0755);
	write_users(s);
	s->log_fd = open(log_path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	assert_true(s->log_fd >= 0);
	s->log = event_log_new(s->log_fd, false, daemon_events, DAEMON_EVENTS);
	s->plan.program = program;
	s->plan.changes_user = true;
	s->plan.watcher_login = "reader";
	s->access = page_access_new(&(struct page_access_given){.loop = s->loop,
		.log = s->log,
		.users = s->users,
		.session = 1000,
		.idle = 100,
		.takes_proxy = true});
	s->desk = desk_new(&(struct desk_given){.loop = s->loop,
		.plan = &s->plan,
		.log = s->log,
		.access = s->access,
		.wait_ms = wait_ms,
		.say = heard,
		.context = s});
	s->timer = loop_timer_new(s->loop, give_up, s);
}

static void end(struct scene *s)
{
	loop_timer_free(s->timer);
	page_access_free(s->access);
	desk_free(s->desk);
	event_log_free(s->log);
	(void)close(s->log_fd);
	loop_free(s->loop);
	json_decref(s->answers);
}

static bool ask(struct scene *s, const char *question)
{
	json_t *o = json_loads(question, 0, NULL);

	assert_non_null(o);
	bool is_sound = desk_hear(s->desk, o);
	json_decref(o);
	return is_sound;
}

/* Until there are so many answers in all. */
static void wait_for(struct scene *s, size_t answers)
{
	s->wanted = answers;
	loop_timer_start(s->timer, 120000, 0);
	while (json_object_size(s->answers) < answers)
		loop_run(s->loop);
	loop_timer_stop(s->timer);
}

static void run_for(struct scene *s, int64_t ms)
{
	struct loop_timer *t = loop_timer_new(s->loop, stop, s);

	s->wanted = SIZE_MAX;
	loop_timer_start(t, ms, 0);
	loop_run(s->loop);
	loop_timer_free(t);
}

/* A minute at most: the commands are slow where much else runs. */
static void wait_for_lines(struct scene *s, const char *name, size_t lines)
{
	for (int i = 0; i < 1200 && lines_of(s, name) < lines; i++)
		run_for(s, 50);
}

static void wait_for_text(struct scene *s, const char *name, const char *text)
{
	for (int i = 0; i < 1200 && !has(s, name, text); i++)
		run_for(s, 50);
	assert_true(has(s, name, text));
}

static int status_of(const struct scene *s, const char *id)
{
	return (int)json_integer_value(json_object_get(json_object_get(s->answers, id), "status"));
}

static json_t *body_of(const struct scene *s, const char *id)
{
	return json_object_get(json_object_get(s->answers, id), "body");
}

static void check_body(const struct scene *s, const char *id, const char *want)
{
	char *text = json_dumps(body_of(s, id), JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(text, want);
	free(text);
}

static void test_read(void **state)
{
	struct scene s;

	begin(&s, state, DESK_WAIT_MS);
	assert_true(
		ask(&s, "{\"ask\": \"read\", \"id\": 1, \"what\": \"incidents\", " BY(READER) "}"));
	assert_true(ask(&s, "{\"ask\": \"read\", \"id\": 2, \"what\": \"incident\", " BY(
				    READER) ", \"args\": {\"incident\": 3}}"));
	assert_true(ask(&s, "{\"ask\": \"read\", \"id\": 3, \"what\": \"source\", " BY(
				    READER) ", \"args\": {\"source\": \"ann@shop.test\"}}"));
	assert_true(
		ask(&s, "{\"ask\": \"read\", \"id\": 4, \"what\": \"passwords\", " BY(READER) "}"));
	assert_true(ask(&s, "{\"ask\": \"read\", \"id\": 5, \"what\": \"incidents\", " BY(
				    READER) ", \"args\": {\"yes\": 1}}"));
	assert_true(
		ask(&s, "{\"ask\": \"read\", \"id\": 6, \"what\": \"history\", " BY(READER) "}"));
	assert_true(
		ask(&s, "{\"ask\": \"read\", \"id\": 7, \"what\": \"incidents\", " BY("no") "}"));
	wait_for(&s, 7);
	assert_int_equal(status_of(&s, "1"), 200);
	check_body(&s, "1", "{\"incidents\":[{\"n\":1},{\"n\":2}],\"left_out\":0}");
	assert_int_equal(status_of(&s, "2"), 404);
	check_body(&s, "2", "{\"error\":\"stanch: there is no such incident\"}");
	assert_int_equal(status_of(&s, "3"), 200);
	check_body(&s, "3",
		"{\"days\":[7],\"incidents\":[{\"n\":1},{\"n\":2}],\"left_out\":0,"
		"\"remembered\":{\"days\":[7],\"saved\":1},\"source\":\"mailbox:ann@shop.test\"}");
	assert_int_equal(status_of(&s, "4"), 404);
	assert_int_equal(status_of(&s, "5"), 400);
	assert_int_equal(status_of(&s, "6"), 503);
	assert_int_equal(status_of(&s, "7"), 401);
	/* who only reads is not named to the command */
	assert_true(has(&s, "calls", "- incident --quiet show 3\n"));
	assert_int_equal(lines_of(&s, "calls"), 4);
	end(&s);
}

static void test_do(void **state)
{
	struct scene s;
	json_t *args = json_pack("{s:s, s:s, s:s}", "action", "release", "source", "ann@shop.test",
		"reason", "--dry-run");
	char *text = json_dumps(args, 0), question[512];

	begin(&s, state, DESK_WAIT_MS);
	(void)snprintf(question, sizeof(question),
		"{\"ask\": \"do\", \"id\": 1, " BY(OPERATOR) ", \"args\": %s}", text);
	assert_true(ask(&s, question));
	(void)snprintf(question, sizeof(question),
		"{\"ask\": \"do\", \"id\": 2, " BY(READER) ", \"args\": %s}", text);
	assert_true(ask(&s, question));
	assert_true(ask(&s, "{\"ask\": \"do\", \"id\": 3, " BY(
				    OPERATOR) ", \"args\": {\"action\": "
					      "\"exempt\", \"source\": \"ann@shop.test\", "
					      "\"reason\": \"x\"}}"));
	assert_true(ask(&s, "{\"ask\": \"do\", \"id\": 4, " BY(OPERATOR) ", \"args\": {\"action\": "
									 "\"reboot\"}}"));
	assert_true(ask(&s, "{\"ask\": \"do\", \"id\": 5, " BY(READER) ", \"args\": {\"action\": "
								       "\"reboot\"}}"));
	wait_for(&s, 5);
	assert_int_equal(status_of(&s, "1"), 200);
	check_body(&s, "1", "{\"done\":true,\"exit\":0,\"output\":[{\"did\":true}],\"said\":\"\"}");
	assert_int_equal(status_of(&s, "2"), 403);
	assert_int_equal(status_of(&s, "3"), 200);
	check_body(&s, "3", "{\"done\":false,\"exit\":137,\"output\":[],\"said\":\"why not\"}");
	assert_int_equal(status_of(&s, "4"), 400);
	assert_int_equal(status_of(&s, "5"), 403);
	assert_true(has(&s, "calls",
		"ollie 192.0.2.1 release --reason=--dry-run --yes mailbox:ann@shop.test\n"));
	assert_int_equal(lines_of(&s, "calls"), 2);
	assert_true(has(&s, "log",
		"page-action name=ollie from=192.0.2.1 what=release to=mailbox:ann@shop.test "
		"reason=--dry-run dry_run=0"));
	assert_true(has(&s, "log",
		"page-action-ended name=ollie from=192.0.2.1 what=release to=mailbox:ann@shop.test "
		"status=0"));
	assert_false(has(&s, "log", "rita"));
	free(text);
	json_decref(args);
	end(&s);
}

/* Of a session and of whom a proxy names, each thing that is done has to be meant. */
static void test_csrf(void **state)
{
	struct scene s;
	char question[512];

	begin(&s, state, DESK_WAIT_MS);
	assert_true(ask(
		&s, "{\"ask\": \"session\", \"id\": 1, \"who\": {\"proxy\": \"ann\", " FROM "}}"));
	wait_for(&s, 1);
	assert_int_equal(status_of(&s, "1"), 200);
	const char *csrf = json_string_value(json_object_get(body_of(&s, "1"), "csrf"));
	for (int i = 2; i <= 4; i++) {
		(void)snprintf(question, sizeof(question),
			"{\"ask\": \"do\", \"id\": %d, \"who\": {\"proxy\": \"ann\", %s%s%s " FROM
			"}, \"args\": {\"action\": \"release\", \"incident\": 1}}",
			i, i > 2 ? "\"csrf\": \"" : "", i > 2 ? csrf : "",
			i > 3   ? "\","
			: i > 2 ? "x\","
				: "");
		assert_true(ask(&s, question));
	}
	wait_for(&s, 4);
	assert_int_equal(status_of(&s, "2"), 403);
	assert_int_equal(status_of(&s, "3"), 403);
	assert_int_equal(status_of(&s, "4"), 200);
	assert_int_equal(lines_of(&s, "calls"), 1);
	end(&s);
}

/* Reads leave room for what is done; all that waits has its turn. */
static void test_at_once(void **state)
{
	struct scene s;
	char question[512];

	begin(&s, state, DESK_WAIT_MS);
	for (int i = 1; i <= DESK_QUESTIONS_MOST; i++) {
		(void)snprintf(question, sizeof(question),
			"{\"ask\": \"read\", \"id\": %d, \"what\": \"holds\", " BY(READER) "}", i);
		assert_true(ask(&s, question));
	}
	wait_for_lines(&s, "calls", DESK_READS_MOST);
	run_for(&s, 200);
	assert_int_equal(json_object_size(s.answers), 0);
	assert_int_equal(lines_of(&s, "calls"), DESK_READS_MOST);
	assert_true(ask(&s, "{\"ask\": \"session\", \"id\": 1000, " BY(READER) "}"));
	assert_int_equal(status_of(&s, "1000"), 503); /* one too many */
	write_file(&s, "go", "", 0600);
	wait_for(&s, DESK_QUESTIONS_MOST + 1);
	for (int i = 1; i <= DESK_QUESTIONS_MOST; i++) {
		(void)snprintf(question, sizeof(question), "%d", i);
		assert_int_equal(status_of(&s, question), 200);
	}
	assert_int_equal(lines_of(&s, "calls"), DESK_QUESTIONS_MOST);
	end(&s);
}

static void test_deeds_first(void **state)
{
	struct scene s;
	char question[512];

	begin(&s, state, DESK_WAIT_MS);
	for (int i = 1; i <= 10; i++) {
		(void)snprintf(question, sizeof(question),
			"{\"ask\": \"read\", \"id\": %d, \"what\": \"holds\", " BY(READER) "}", i);
		assert_true(ask(&s, question));
	}
	assert_true(ask(
		&s, "{\"ask\": \"do\", \"id\": 11, " BY(
			    OPERATOR) ", \"args\": {\"action\": \"release\", \"incident\": 1}}"));
	wait_for(&s, 1);
	assert_true(status_of(&s, "11") == 200);
	write_file(&s, "go", "", 0600);
	wait_for(&s, 11);
	end(&s);
}

/* What takes too long is answered, and what is done goes on; what was not begun never is. */
static void test_too_long(void **state)
{
	struct scene s;
	char question[512];

	begin(&s, state, 200);
	for (int i = 1; i <= 6; i++) {
		(void)snprintf(question, sizeof(question),
			"{\"ask\": \"do\", \"id\": %d, " BY(
				OPERATOR) ", \"args\": {\"action\": \"purge\", \"hold\": %d}}",
			i, i);
		assert_true(ask(&s, question));
	}
	wait_for(&s, 6);
	assert_int_equal(status_of(&s, "1"), 504);
	assert_int_equal(status_of(&s, "4"), 504);
	assert_int_equal(status_of(&s, "5"), 503);
	assert_int_equal(status_of(&s, "6"), 503);
	assert_false(has(&s, "log", "page-action-ended"));
	write_file(&s, "go", "", 0600);
	for (int i = 1; i <= 4; i++) {
		(void)snprintf(question, sizeof(question),
			"page-action-ended name=ollie from=192.0.2.1 what=purge to=\"hold %d\" "
			"status=0",
			i);
		wait_for_text(&s, "log", question);
	}
	run_for(&s, 100);
	assert_int_equal(lines_of(&s, "calls"), 4);
	assert_int_equal(json_object_size(s.answers), 6);
	/* and there is room again */
	assert_true(ask(&s, "{\"ask\": \"session\", \"id\": 7, " BY(READER) "}"));
	assert_int_equal(status_of(&s, "7"), 200);
	end(&s);
}

/* Another clerk is never told what one before it asked, under whatever number. */
static void test_clerk_gone(void **state)
{
	struct scene s;
	char question[512];

	begin(&s, state, DESK_WAIT_MS);
	for (int i = 1; i <= 6; i++) {
		(void)snprintf(question, sizeof(question),
			"{\"ask\": \"do\", \"id\": %d, " BY(
				OPERATOR) ", \"args\": {\"action\": \"purge\", \"hold\": %d}}",
			i, i);
		assert_true(ask(&s, question));
	}
	run_for(&s, 100);
	assert_true(ask(&s, "{\"ask\": \"login\", \"id\": 7, \"name\": \"ann\", "
			    "\"password\": \"open sesame\", " FROM "}"));
	desk_leave(s.desk);
	assert_true(ask(&s, "{\"ask\": \"session\", \"id\": 1, " BY(READER) "}"));
	assert_int_equal(status_of(&s, "1"), 200);
	write_file(&s, "go", "", 0600);
	for (int i = 1; i <= DESK_JOBS_MOST; i++) {
		(void)snprintf(question, sizeof(question), "to=\"hold %d\" status=0", i);
		wait_for_text(&s, "log", question);
	}
	run_for(&s, 200);
	assert_int_equal(lines_of(&s, "calls"), DESK_JOBS_MOST); /* those that had begun */
	assert_int_equal(json_object_size(s.answers), 1);
	end(&s);
}

static void test_too_large(void **state)
{
	struct scene s;

	begin(&s, state, DESK_WAIT_MS);
	assert_true(ask(&s, "{\"ask\": \"read\", \"id\": 1, \"what\": \"message\", " BY(
				    READER) ", \"args\": {\"id\": \"1pAbCd-000123-Xy\"}}"));
	assert_true(ask(&s, "{\"ask\": \"read\", \"id\": 2, \"what\": \"audit\", " BY(
				    READER) ", \"args\": {\"limit\": 500}}"));
	wait_for(&s, 2);
	assert_int_equal(status_of(&s, "1"), 503);
	assert_int_equal(status_of(&s, "2"), 200);
	/* what a stranger wrote is not read as root */
	assert_true(has(&s, "calls", "- show --quiet 1pAbCd-000123-Xy --reader reader\n"));
	assert_true(has(&s, "calls", "- audit --quiet --limit=500\n"));
	const json_t *entries = json_object_get(body_of(&s, "2"), "entries");
	assert_in_range(json_array_size(entries), 8000, 9500);
	assert_true(json_is_string(json_object_get(body_of(&s, "2"), "next")));
	end(&s);
}

static json_t *history(void *context, const json_t *args)
{
	(void)context;
	return json_pack("{s:O}", "from", json_object_get(args, "from"));
}

static void queue(void *context, const json_t *args, struct desk_question *q)
{
	struct desk_question **kept = context;

	assert_int_equal(json_integer_value(json_object_get(args, "limit")), 7);
	assert_null(*kept);
	*kept = q;
}

static const char queue_asked[] = "{\"ask\": \"read\", \"id\": 3, \"what\": \"queue\", " BY(
	READER) ", \"args\": {\"limit\": \"7\"}}";

static void test_providers(void **state)
{
	struct scene s;
	struct desk_question *kept = NULL;

	begin(&s, state, DESK_WAIT_MS);
	desk_provide_now(s.desk, "history", history, NULL);
	desk_provide(s.desk, "queue", queue, &kept);
	assert_true(ask(&s, "{\"ask\": \"read\", \"id\": 1, \"what\": \"history\", " BY(
				    READER) ", \"args\": {\"from\": \"1700000000\"}}"));
	check_body(&s, "1", "{\"from\":1700000000}");
	assert_true(ask(&s, queue_asked));
	assert_non_null(kept);
	desk_answer(kept, 200, json_pack("{s:i}", "found", 1));
	check_body(&s, "3", "{\"found\":1}");
	json_object_clear(s.answers);

	/* one that does not know, and one whose clerk is gone */
	kept = NULL;
	assert_true(ask(&s, queue_asked));
	desk_answer(kept, 200, NULL);
	assert_int_equal(status_of(&s, "3"), 503);
	json_object_clear(s.answers);
	kept = NULL;
	assert_true(ask(&s, queue_asked));
	desk_leave(s.desk);
	desk_answer(kept, 200, json_object());
	assert_int_equal(json_object_size(s.answers), 0);
	end(&s);
}

static void test_late_provider(void **state)
{
	struct scene s;
	struct desk_question *kept = NULL;

	begin(&s, state, 100);
	desk_provide(s.desk, "queue", queue, &kept);
	assert_true(ask(&s, queue_asked));
	wait_for(&s, 1);
	assert_int_equal(status_of(&s, "3"), 504);
	desk_answer(kept, 200, json_object());
	assert_int_equal(json_object_size(s.answers), 1);
	end(&s);
}

static void test_no_questions(void **state)
{
	static const char *const rows[] = {"{}", "{\"ask\": \"read\"}", "{\"say\": \"state\"}",
		"{\"ask\": \"shell\", \"id\": 1, " BY(OPERATOR) "}",
		"{\"ask\": \"session\", " BY(OPERATOR) "}",
		"{\"ask\": \"session\", \"id\": \"1\", " BY(OPERATOR) "}",
		"{\"ask\": \"session\", \"id\": 1.5, " BY(OPERATOR) "}",
		"{\"ask\": \"session\", \"id\": 1}",
		"{\"ask\": \"logout\", \"id\": 1, \"who\": {}}", "{\"ask\": \"login\", \"id\": 1}",
		"{\"ask\": \"read\", \"id\": 1, " BY(READER) "}",
		"{\"ask\": \"read\", \"id\": 1, \"what\": 7, " BY(READER) "}",
		"{\"ask\": \"read\", \"id\": 1, \"what\": "
		"\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\", " BY(READER) "}",
		"{\"ask\": \"read\", \"id\": 1, \"what\": \"holds\"}",
		"{\"ask\": \"do\", \"id\": 1, \"args\": {}}"};
	struct scene s;

	begin(&s, state, DESK_WAIT_MS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (ask(&s, rows[i]))
			fail_msg("%s was taken", rows[i]);
	/* nor one under the number of one that is open */
	assert_true(ask(&s, "{\"ask\": \"read\", \"id\": 1, \"what\": \"holds\", " BY(READER) "}"));
	assert_false(ask(&s, "{\"ask\": \"session\", \"id\": 1, " BY(READER) "}"));
	write_file(&s, "go", "", 0600);
	wait_for(&s, 1);
	end(&s);
}

static void test_freed_while_busy(void **state)
{
	struct scene s;

	begin(&s, state, DESK_WAIT_MS);
	assert_true(ask(&s, "{\"ask\": \"read\", \"id\": 1, \"what\": \"holds\", " BY(READER) "}"));
	assert_true(ask(&s, "{\"ask\": \"login\", \"id\": 2, \"name\": \"ann\", "
			    "\"password\": \"open sesame\", " FROM "}"));
	run_for(&s, 50);
	write_file(&s, "go", "", 0600);
	end(&s);
}

/* A program that is not there. */
static void test_no_command(void **state)
{
	struct scene s;
	char none[] = "/nonexistent/stanch";

	begin(&s, state, DESK_WAIT_MS);
	s.plan.program = none;
	assert_true(ask(&s, "{\"ask\": \"read\", \"id\": 1, \"what\": \"holds\", " BY(READER) "}"));
	wait_for(&s, 1);
	assert_int_equal(status_of(&s, "1"), 503);
	end(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read),
		TEST(test_do),
		TEST(test_csrf),
		TEST(test_at_once),
		TEST(test_deeds_first),
		TEST(test_too_long),
		TEST(test_clerk_gone),
		TEST(test_too_large),
		TEST(test_providers),
		TEST(test_late_provider),
		TEST(test_no_questions),
		TEST(test_freed_while_busy),
		TEST(test_no_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
