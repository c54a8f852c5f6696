#include "base/event_log.h"

#include "base/memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { HELD, UNREADABLE, BROKEN };

static const struct event_row rows[] = {
	[HELD] = {"messages-held", EVENT_INFO, "Messages were held."},
	[UNREADABLE] = {"spool-unreadable", EVENT_WARNING, "A folder could not be read."},
	[BROKEN] = {"journal-broken", EVENT_ERROR, "The journal cannot be written."},
};

struct pipe_log {
	int out, in;
	struct event_log *log;
	char text[1 << 17];
};

static int set_up(void **state)
{
	struct pipe_log *p;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	p = memory_new(1, sizeof(*p));
	p->out = ends[0];
	p->in = ends[1];
	(void)fcntl(p->out, F_SETFL, O_NONBLOCK);
	p->log = event_log_new(p->in, false, rows, sizeof(rows) / sizeof(rows[0]));
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct pipe_log *p = *state;

	event_log_free(p->log);
	(void)close(p->out);
	(void)close(p->in);
	free(p);
	return 0;
}

/* All that was written since the last call. */
static const char *written(struct pipe_log *p)
{
	ssize_t n = read(p->out, p->text, sizeof(p->text) - 1);

	p->text[n > 0 ? n : 0] = '\0';
	return p->text;
}

static const struct value_case {
	const char *name;
	struct event_value value;
	const char *want; /* behind the event's name */
} value_cases[] = {
	{"a word", {.key = "path", .text = {"/var", 4}}, " path=/var\n"},
	{"a blank", {.key = "path", .text = {"a b", 3}}, " path=\"a b\"\n"},
	{"an equals sign", {.key = "path", .text = {"a=b", 3}}, " path=\"a=b\"\n"},
	{"nothing", {.key = "path", .text = {NULL, 0}}, " path=\"\"\n"},
	{"quotes", {.key = "path", .text = {"a\" b=\"c", 7}}, " path=\"a\\x22 b=\\x22c\"\n"},
	{"a line end", {.key = "path", .text = {"a\nerror x", 9}}, " path=\"a\\x0aerror x\"\n"},
	{"an escape sequence", {.key = "path", .text = {"\x1b[2J", 4}}, " path=\\x1b[2J\n"},
	{"a backslash", {.key = "path", .text = {"a\\b", 3}}, " path=a\\\\b\n"},
	{"no UTF-8", {.key = "path", .text = {"J\xf6rg", 4}}, " path=J\\xf6rg\n"},
	{"a number", {.key = "count", .kind = EVENT_NUMBER, .number = -17}, " count=-17\n"},
	{"the least number", {.key = "count", .kind = EVENT_NUMBER, .number = INT64_MIN},
		" count=-9223372036854775808\n"},
	{"a secret", {.key = "password", .kind = EVENT_SECRET}, " password=***\n"},
};

static void test_values(void **state)
{
	struct pipe_log *p = *state;

	for (size_t i = 0; i < sizeof(value_cases) / sizeof(value_cases[0]); i++) {
		const struct value_case *c = &value_cases[i];
		char want[128];
		event_log_put(p->log, HELD, 0, &c->value, 1);
		(void)snprintf(want, sizeof(want), "info messages-held%s", c->want);
		if (strcmp(written(p), want) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", c->name, p->text, want);
	}
}

static void test_lines(void **state)
{
	struct pipe_log *p = *state;

	event_log_put(p->log, HELD, 0, NULL, 0);
	assert_string_equal(written(p), "info messages-held\n");
	EVENT_LOG(p->log, UNREADABLE, 0, event_text("path", slice_of("/x")),
		event_number("error", 13), event_secret("key"));
	assert_string_equal(written(p), "warning spool-unreadable path=/x error=13 key=***\n");
	event_log_put(p->log, BROKEN, 0, NULL, 0);
	assert_string_equal(written(p), "error journal-broken\n");
	event_log_put(p->log, 3, 0, NULL, 0);
	assert_string_equal(written(p), "");
}

static void test_levels_for_the_journal(void **state)
{
	struct pipe_log *p = *state;

	event_log_free(p->log);
	p->log = event_log_new(p->in, true, rows, sizeof(rows) / sizeof(rows[0]));
	event_log_put(p->log, HELD, 0, NULL, 0);
	assert_string_equal(written(p), "<6>info messages-held\n");
	event_log_put(p->log, UNREADABLE, 0, NULL, 0);
	assert_string_equal(written(p), "<4>warning spool-unreadable\n");
	event_log_put(p->log, BROKEN, 0, NULL, 0);
	assert_string_equal(written(p), "<3>error journal-broken\n");
}

static void unreadable(struct pipe_log *p, int64_t now_ms, const char *path)
{
	EVENT_LOG(p->log, UNREADABLE, now_ms, event_text("path", slice_of(path)),
		event_number("now", now_ms));
}

static void test_repetition(void **state)
{
	struct pipe_log *p = *state;

	unreadable(p, 1000, "/x");
	assert_string_equal(written(p), "warning spool-unreadable path=/x now=1000\n");
	unreadable(p, 1001, "/x");
	unreadable(p, 60999, "/x");
	assert_string_equal(written(p), "");
	unreadable(p, 60999, "/y"); /* another thing */
	assert_string_equal(written(p), "warning spool-unreadable path=/y now=60999\n");

	event_log_tick(p->log, 60999);
	assert_string_equal(written(p), "");
	event_log_tick(p->log, 61000);
	assert_string_equal(written(p), "warning spool-unreadable path=/x repeated=2\n");

	unreadable(p, 120999, "/x"); /* it goes on: another minute is counted */
	assert_string_equal(written(p), "");
	unreadable(
		p, 121000, "/x"); /* the minute is over: told, and this one counts for the next */
	assert_string_equal(written(p), "warning spool-unreadable path=/x repeated=1\n");
	event_log_tick(p->log, 181000);
	assert_string_equal(written(p), "warning spool-unreadable path=/x repeated=1\n");
	event_log_tick(p->log, 241000); /* a minute of peace: forgotten */
	assert_string_equal(written(p), "");
	unreadable(p, 241001, "/x");
	assert_string_equal(written(p), "warning spool-unreadable path=/x now=241001\n");
}

static void test_what_is_no_repetition(void **state)
{
	struct pipe_log *p = *state;

	EVENT_LOG(p->log, HELD, 0, event_number("hold", 1));
	EVENT_LOG(p->log, HELD, 0, event_number("hold", 1));
	assert_string_equal(written(p), "info messages-held hold=1\ninfo messages-held hold=1\n");
	EVENT_LOG(p->log, BROKEN, 0, event_text("path", slice_of("/x")));
	EVENT_LOG(p->log, BROKEN, 0, event_text("file", slice_of("/x")));
	EVENT_LOG(p->log, UNREADABLE, 0, event_text("path", slice_of("/x")));
	assert_string_equal(written(p),
		"error journal-broken path=/x\nerror journal-broken file=/x\n"
		"warning spool-unreadable path=/x\n");
	EVENT_LOG(p->log, BROKEN, 1, event_text("path", slice_of("/x")));
	event_log_put(p->log, BROKEN, 1, NULL, 0);
	event_log_put(p->log, BROKEN, 1, NULL, 0);
	assert_string_equal(written(p), "error journal-broken\n");

	event_log_free(p->log); /* what was counted is told in the end */
	p->log = NULL;
	assert_string_equal(written(p),
		"error journal-broken path=/x repeated=1\nerror journal-broken repeated=1\n");
}

/* With more things than places, the one begun longest ago is told early and forgotten. */
static void test_many_things(void **state)
{
	struct pipe_log *p = *state;
	char path[32];

	unreadable(p, 1, "/first");
	unreadable(p, 2, "/first");
	for (int i = 1; i < EVENT_REPEATS_MAX; i++) {
		(void)snprintf(path, sizeof(path), "/%d", i);
		unreadable(p, 2 + i, path);
	}
	assert_null(strstr(written(p), "repeated"));
	unreadable(p, 100, "/more");
	assert_string_equal(written(p), "warning spool-unreadable path=/first repeated=1\n"
					"warning spool-unreadable path=/more now=100\n");
	unreadable(p, 101, "/first");
	assert_string_equal(written(p), "warning spool-unreadable path=/first now=101\n");
	unreadable(p, 102, "/2");
	assert_string_equal(written(p), "");
}

/* The longest of everything is still one line, and ended. */
static void test_bound(void **state)
{
	struct pipe_log *p = *state;
	char junk[3000], name[100];
	struct event_value values[EVENT_VALUES_MAX + 5];

	memset(junk, '\x01', sizeof(junk));
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	const struct event_row long_rows[] = {{name, EVENT_INFO, ""}, {name, EVENT_WARNING, ""}};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		values[i] = event_text(name, (struct slice){junk, sizeof(junk)});

	event_log_free(p->log);
	p->log = event_log_new(p->in, true, long_rows, 2);
	event_log_put(p->log, 0, 0, values, sizeof(values) / sizeof(values[0]));
	size_t len = strlen(written(p));
	size_t keys = 0;
	assert_true(len <= EVENT_LINE_MAX);
	assert_ptr_equal(strchr(p->text, '\n'), p->text + len - 1);
	for (const char *c = p->text; (c = strchr(c, '=')) != NULL; c++)
		keys++;
	assert_int_equal(keys, EVENT_VALUES_MAX);
	assert_string_equal(p->text + len - 4, "...\n");

	event_log_put(p->log, 1, 0, values, 1);
	event_log_put(p->log, 1, 0, values, 1);
	event_log_tick(p->log, EVENT_REPEAT_MS);
	assert_non_null(strstr(written(p), "... repeated=1\n"));
}

static void test_nobody_reads(void **state)
{
	struct pipe_log *p = *state;
	char junk[200];
	char before[64] = "";
	int lines = 0, lost;

	memset(junk, 'x', sizeof(junk));
	for (int i = 0; i < 1000; i++)
		EVENT_LOG(p->log, HELD, 0, event_text("text", (struct slice){junk, sizeof(junk)}));
	for (const char *c = written(p); (c = strchr(c, '\n')) != NULL; c++)
		lines++;
	assert_in_range(lines, 100, 999);

	event_log_put(p->log, HELD, 0, NULL, 0);
	assert_non_null(strstr(written(p), "lines="));
	lost = 1000 - lines;
	(void)snprintf(before, sizeof(before),
		"warning log-lines-lost lines=%d\ninfo messages-held\n", lost);
	assert_string_equal(p->text, before);
	event_log_put(p->log, HELD, 0, NULL, 0);
	assert_string_equal(written(p), "info messages-held\n");
}

static void test_reader_is_gone(void **state)
{
	(void)state;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	(void)close(ends[0]);
	AUTO(event_log) log = event_log_new(ends[1], false, rows, 3);
	event_log_put(log, HELD, 0, NULL, 0); /* no SIGPIPE */
	(void)close(ends[1]);
	event_log_put(log, HELD, 0, NULL, 0);
}

/* A line that was written in part, because the disk is full, is ended before the next begins. */
static void test_torn_line(void **state)
{
	(void)state;
	char name[] = "/tmp/event_log_test.XXXXXX", text[256];
	int file = mkstemp(name);
	struct rlimit before, little;

	assert_true(file >= 0);
	assert_int_equal(unlink(name), 0);
	AUTO(event_log) log = event_log_new(file, false, rows, 3);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	little = before;
	little.rlim_cur = 24;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	for (int i = 0; i < 3; i++)
		event_log_put(log, HELD, 0, NULL, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, SIG_DFL);
	event_log_put(log, HELD, 0, NULL, 0);

	ssize_t n = pread(file, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, "info messages-held\n"
				  "info \n"
				  "warning log-lines-lost lines=2\n"
				  "info messages-held\n");
	(void)close(file);
}

static void test_journal_stream(void **state)
{
	struct pipe_log *p = *state;
	struct stat st;
	char own[64], other[64];

	assert_int_equal(fstat(p->in, &st), 0);
	(void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	(void)snprintf(
		other, sizeof(other), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino + 1);
	assert_true(event_log_is_journal(p->in, own));
	assert_false(event_log_is_journal(p->in, other));
	assert_false(event_log_is_journal(p->in, ""));
	assert_false(event_log_is_journal(p->in, NULL));
	assert_false(event_log_is_journal(-1, own));
}

static void test_free_nothing(void **state)
{
	(void)state;
	event_log_free(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values),
		TEST(test_lines),
		TEST(test_levels_for_the_journal),
		TEST(test_repetition),
		TEST(test_what_is_no_repetition),
		TEST(test_many_things),
		TEST(test_bound),
		TEST(test_nobody_reads),
		TEST(test_reader_is_gone),
		TEST(test_torn_line),
		TEST(test_journal_stream),
		TEST(test_free_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
