#include "systems/log_archive.h"

#include "systems/log_line.h"
#include "tests/folder.h"
#include "tests/packing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SERVERS_MAX 8
#define FILES_MAX   8

/* What was handed out: "server:line\n" each, and what went wrong. */
struct seen {
	char lines[65536];
	size_t len;
	char problems[4096];
	struct log_archive_problem last;
};

static void see_line(void *context, size_t server, struct slice line)
{
	struct seen *seen = context;

	seen->len += (size_t)snprintf(seen->lines + seen->len, sizeof(seen->lines) - seen->len,
		"%zu:%.*s\n", server, (int)(line.len < 60 ? line.len : 60), line.at);
}

static void see_problem(void *context, const struct log_archive_problem *problem)
{
	struct seen *seen = context;
	size_t n = strlen(seen->problems);

	(void)snprintf(seen->problems + n, sizeof(seen->problems) - n, "%zu %s %d\n",
		problem->server,
		strrchr(problem->path, '/') != NULL ? strrchr(problem->path, '/') + 1
						    : problem->path,
		problem->err);
	seen->last = *problem;
}

/* "t<number> …" has a time; everything else has none. */
static int64_t time_of(void *context, struct slice line)
{
	int64_t value = 0;

	(void)context;
	if (line.len < 2 || line.at[0] != 't')
		return LOG_ARCHIVE_NO_TIME;
	for (size_t i = 1; i < line.len && line.at[i] >= '0' && line.at[i] <= '9'; i++)
		value = value * 10 + (line.at[i] - '0');
	return value;
}

struct shelf {
	const char *top;
	char paths[SERVERS_MAX][FILES_MAX][FOLDER_PATH_MAX];
	const char *pointers[SERVERS_MAX][FILES_MAX];
	struct log_archive_server servers[SERVERS_MAX];
	size_t count;
	struct log_archive_visitor visitor;
	struct seen seen;
};

static struct shelf *shelf_new(void *const *state)
{
	struct shelf *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->top = *state;
	s->visitor = (struct log_archive_visitor){see_line, see_problem, time_of, &s->seen};
	return s;
}

/* The names of one server's files in the folder, with blanks between. */
static void add_server(struct shelf *s, bool as_given, const char *names)
{
	struct log_archive_server *server = &s->servers[s->count];
	struct slice rest = slice_of(names);

	while (rest.len > 0) {
		size_t n = slice_find(rest, ' '), i = server->count++;
		char *path = s->paths[s->count][i];
		if (slice_is(slice_first(rest, n), "-"))
			(void)snprintf(path, FOLDER_PATH_MAX, "-");
		else
			(void)snprintf(path, FOLDER_PATH_MAX, "%s/%.*s", s->top, (int)n, rest.at);
		s->pointers[s->count][i] = path;
		rest = slice_after(rest, n + 1);
	}
	server->paths = s->pointers[s->count];
	server->as_given = as_given;
	s->count++;
}

static struct log_archive_progress read_all(struct shelf *s, size_t most)
{
	AUTO(log_archive) a = log_archive_new(s->servers, s->count, &s->visitor);
	bool more = true;
	uint64_t before = 0;

	while (more) {
		more = log_archive_read(a, most);
		struct log_archive_progress p = log_archive_progress(a);
		assert_true(p.lines - before <= most);
		assert_true(!more || p.lines - before == most);
		before = p.lines;
	}
	assert_false(log_archive_read(a, most));
	return log_archive_progress(a);
}

/* Reads it all in portions of several sizes: the same lines each time. */
static struct log_archive_progress assert_lines(struct shelf *s, const char *want)
{
	static const size_t portions[] = {1, 2, 3, 1000};
	struct log_archive_progress p = {0};

	for (size_t i = 0; i < sizeof(portions) / sizeof(portions[0]); i++) {
		s->seen = (struct seen){0};
		p = read_all(s, portions[i]);
		assert_string_equal(s->seen.lines, want);
	}
	return p;
}

static void write_packed(struct shelf *s, const char *name, const char *text,
	size_t (*pack)(const void *, size_t, void *, size_t))
{
	char at[4096];

	folder_write_bytes(s->top, name, at, pack(text, strlen(text), at, sizeof(at)));
}

static void test_one_file(void **state)
{
	struct shelf *s = shelf_new(state);

	folder_write(s->top, "log", "t1 a\nt2 b\n\nt3 c\n");
	add_server(s, false, "log");
	struct log_archive_progress p = assert_lines(s, "0:t1 a\n0:t2 b\n0:\n0:t3 c\n");
	assert_int_equal(p.lines, 4);
	assert_int_equal(p.used_bytes, 16);
	assert_int_equal(p.total_bytes, 16);
	assert_true(p.total_known);
	assert_int_equal(p.problems, 0);
	assert_int_equal(p.unfinished, 0);
	free(s);
}

static void test_files_in_order_of_their_first_lines(void **state)
{
	struct shelf *s = shelf_new(state);

	folder_write(s->top, "live", "t9 live\n");
	write_packed(s, "old.gz", "no time\nt1 old\n", pack_gzip);
	write_packed(s, "older.zst", "t0 older\n", pack_zstd);
	folder_write(s->top, "middle", "t5 middle\n");
	add_server(s, false, "live old.gz older.zst middle");
	struct log_archive_progress p =
		assert_lines(s, "0:t0 older\n0:no time\n0:t1 old\n0:t5 middle\n0:t9 live\n");
	assert_int_equal(p.used_bytes, p.total_bytes);
	free(s);
}

static void test_files_as_given(void **state)
{
	struct shelf *s = shelf_new(state);

	folder_write(s->top, "live", "t9 live\n");
	folder_write(s->top, "old", "t1 old\n");
	add_server(s, true, "live old");
	(void)assert_lines(s, "0:t9 live\n0:t1 old\n");
	free(s);
}

static void test_files_without_times_stay_behind(void **state)
{
	struct shelf *s = shelf_new(state);
	static char late[LOG_LINE_MAX + 20];

	folder_write(s->top, "b", "t9 b\n");
	folder_write(s->top, "b2", "nothing\n");
	folder_write(s->top, "a", "t1 a\n");
	folder_write(s->top, "empty", "");
	folder_write(s->top, "first", "none\n");
	/* its first time comes too late to be seen */
	memset(late, 'x', sizeof(late));
	for (size_t i = 999; i < sizeof(late); i += 1000)
		late[i] = '\n';
	late[LOG_LINE_MAX - 2] = '\n';
	late[sizeof(late) - 1] = '\n';
	put_bytes_at(late + LOG_LINE_MAX - 1, "t0 late\n", 8);
	folder_write_bytes(s->top, "late", late, sizeof(late));
	add_server(s, false, "first b b2 empty a");
	(void)assert_lines(s, "0:none\n0:t1 a\n0:t9 b\n0:nothing\n");
	s->count = 0;
	memset(s->servers, 0, sizeof(s->servers));
	add_server(s, false, "a late");
	s->seen = (struct seen){0};
	(void)read_all(s, 1000000);
	assert_memory_equal(s->seen.lines, "0:t1 a\n0:xx", 11);
	free(s);
}

static void test_merged_by_time(void **state)
{
	struct shelf *s = shelf_new(state);

	folder_write(s->top, "a", "t1 a\n more of a\nt4 a\nt4 b\n");
	folder_write(s->top, "b", "t1 b\nt2 b\n more of b\nt9 b\n");
	folder_write(s->top, "c", "t0 c\nt4 c\n");
	folder_write(s->top, "c2", "t5 c\n");
	folder_write(s->top, "d", "");
	folder_write(s->top, "e", "none\nt3 e\n");
	add_server(s, false, "a");
	add_server(s, false, "b");
	add_server(s, false, "c2 c");
	add_server(s, false, "d");
	add_server(s, false, "e");
	(void)assert_lines(s, "4:none\n2:t0 c\n0:t1 a\n0: more of a\n1:t1 b\n1:t2 b\n1: more of b\n"
			      "4:t3 e\n0:t4 a\n0:t4 b\n2:t4 c\n2:t5 c\n1:t9 b\n");
	free(s);
}

/* The second of three, or the third, is next. */
static void test_merged_next(void **state)
{
	struct shelf *s = shelf_new(state);

	folder_write(s->top, "a", "t1 a\nt5 a\nt6 a\n");
	folder_write(s->top, "b", "t9 b\n");
	folder_write(s->top, "c", "t2 c\nt7 c\n");
	add_server(s, false, "a");
	add_server(s, false, "b");
	add_server(s, false, "c");
	(void)assert_lines(s, "0:t1 a\n2:t2 c\n0:t5 a\n0:t6 a\n2:t7 c\n1:t9 b\n");
	free(s);
}

/* An hour that comes twice: the order within a server is never touched. */
static void test_times_that_go_back(void **state)
{
	struct shelf *s = shelf_new(state);

	folder_write(s->top, "a", "t5 a\nt2 a\nt3 a\nt8 a\n");
	folder_write(s->top, "b", "t4 b\nt6 b\n");
	add_server(s, false, "a");
	add_server(s, false, "b");
	(void)assert_lines(s, "1:t4 b\n0:t5 a\n0:t2 a\n0:t3 a\n1:t6 b\n0:t8 a\n");
	free(s);
}

static void test_one_after_the_other_without_times(void **state)
{
	struct shelf *s = shelf_new(state);

	folder_write(s->top, "a", "t5 a\n");
	folder_write(s->top, "b", "t4 b\n");
	folder_write(s->top, "b2", "t1 b\n");
	add_server(s, false, "a");
	add_server(s, false, "b b2");
	s->visitor.time = NULL;
	(void)assert_lines(s, "0:t5 a\n1:t4 b\n1:t1 b\n");
	free(s);
}

/* Many servers, many lines: sorted, and each server's own order kept. */
static void test_merge_is_sorted(void **state)
{
	struct shelf *s = shelf_new(state);
	unsigned chance = 7;
	size_t total = 0;

	for (size_t i = 0; i < SERVERS_MAX; i++) {
		char text[4096], name[16];
		size_t n = 0, time = 0, lines = i * 13 % 50;
		text[0] = '\0';
		for (size_t k = 0; k < lines; k++) {
			chance = chance * 1103515245 + 12345;
			time += (chance >> 16) % 4;
			n += (size_t)snprintf(text + n, sizeof(text) - n, "t%zu %zu\n", time, k);
		}
		total += lines;
		(void)snprintf(name, sizeof(name), "s%zu", i);
		folder_write(s->top, name, text);
		add_server(s, false, name);
	}
	for (size_t portion = 1; portion < 200; portion += 33) {
		size_t next[SERVERS_MAX] = {0}, n = 0;
		int64_t before = 0;
		struct slice line;
		s->seen = (struct seen){0};
		(void)read_all(s, portion);
		struct slice rest = {s->seen.lines, s->seen.len};
		while (slice_take_line(&rest, &line)) {
			size_t server = (size_t)(line.at[0] - '0');
			int64_t time = time_of(NULL, slice_after(line, 2));
			assert_true(time >= before);
			before = time;
			const char *number = memchr(line.at, ' ', line.len);
			assert_int_equal(strtoul(number, NULL, 10), next[server]++);
			n++;
		}
		assert_int_equal(n, total);
	}
	free(s);
}

static void test_problems_are_told_and_the_rest_is_read(void **state)
{
	struct shelf *s = shelf_new(state);
	char at[4096];
	size_t n = pack_gzip("t2 b\nt3 b\nt4", 12, at, sizeof(at));

	folder_write(s->top, "a", "t1 a\n");
	folder_write_bytes(s->top, "cut.gz", at, n - 6);
	folder_write(s->top, "foreign.xz",
		"\xfd"
		"7zXZ");
	folder_make(s->top, "folder");
	folder_write(s->top, "z", "t9 z\n");
	at[n - 6] ^= 1;
	folder_write_bytes(s->top, "bad.gz", at, n);
	folder_write_bytes(s->top, "foreign.xz",
		"\xfd"
		"7zXZ\0...",
		9);
	add_server(s, true, "a none cut.gz folder bad.gz foreign.xz z");
	struct log_archive_progress p =
		assert_lines(s, "0:t1 a\n0:t2 b\n0:t3 b\n0:t2 b\n0:t3 b\n0:t9 z\n");
	assert_string_equal(s->seen.problems, "0 none -2\n0 cut.gz -61\n0 folder -21\n"
					      "0 bad.gz -74\n0 foreign.xz -93\n");
	assert_int_equal(p.problems, 5);
	assert_int_equal(p.unfinished, 2);
	free(s);
}

static void test_problem_says_where(void **state)
{
	struct shelf *s = shelf_new(state);
	char at[4096], want[FOLDER_PATH_MAX + 100];
	size_t n = pack_gzip("t2 b\nt3 b\n", 10, at, sizeof(at));

	folder_write_bytes(s->top, "cut\x1b.gz", at, n - 3);
	add_server(s, false, "cut\x1b.gz");
	(void)read_all(s, 100);
	(void)snprintf(want, sizeof(want),
		"%s/cut\\x1b.gz: its packed text is cut off, at byte %zu; the 10 bytes of text "
		"before are "
		"used",
		s->top, n - 3);
	assert_string_equal(s->seen.last.said.text, want);
	assert_int_equal(s->seen.last.offset, n - 3);
	assert_int_equal(s->seen.last.text_bytes, 10);
	assert_int_equal(s->seen.last.server, 0);
	assert_int_equal(s->seen.last.err, -ENODATA);

	s->count = 0;
	memset(s->servers, 0, sizeof(s->servers));
	add_server(s, false, "none");
	s->visitor.problem = NULL;
	assert_int_equal(read_all(s, 100).problems, 1);
	s->visitor.problem = see_problem;
	(void)read_all(s, 100);
	(void)snprintf(want, sizeof(want), "%s/none: No such file or directory", s->top);
	assert_string_equal(s->seen.last.said.text, want);
	free(s);
}

static void test_unfinished_and_long_lines(void **state)
{
	struct shelf *s = shelf_new(state);
	static char text[LOG_LINE_MAX * 2 + 100];

	memset(text, 'x', sizeof(text));
	text[LOG_LINE_MAX] = '\n';                        /* as long as may be */
	text[LOG_LINE_MAX + 1 + LOG_LINE_MAX + 1] = '\n'; /* one longer */
	put_bytes_at(text + sizeof(text) - 9, "\nend\nhalf", 9);
	folder_write_bytes(s->top, "a", text, sizeof(text));
	folder_write(s->top, "b", "t1 b\n");
	add_server(s, true, "a b");
	struct log_archive_progress p = read_all(s, 100);
	assert_int_equal(p.lines, 4);
	assert_int_equal(p.long_lines, 1);
	assert_int_equal(p.long_bytes, LOG_LINE_MAX + 2);
	assert_int_equal(p.unfinished, 1);
	assert_int_equal(p.used_bytes, sizeof(text) + 5);
	assert_non_null(strstr(s->seen.lines, "0:end\n0:t1 b\n"));

	/* the same when lines are merged */
	add_server(s, true, "b");
	s->seen = (struct seen){0};
	p = read_all(s, 100);
	assert_int_equal(p.lines, 5);
	assert_int_equal(p.long_lines, 1);
	free(s);
}

static void with_standard_input(int fd, struct shelf *s, const char *want)
{
	int kept = dup(STDIN_FILENO);

	assert_true(kept >= 0 && dup2(fd, STDIN_FILENO) >= 0);
	s->seen = (struct seen){0};
	struct log_archive_progress p = read_all(s, 10);
	assert_true(dup2(kept, STDIN_FILENO) >= 0);
	close(kept);
	assert_string_equal(s->seen.lines, want);
	assert_int_equal(p.problems, 0);
}

static void test_standard_input(void **state)
{
	struct shelf *s = shelf_new(state);
	int ends[2], file;

	folder_write(s->top, "old", "t1 old\n");
	folder_write(s->top, "live", "t9 live\n");
	add_server(s, false, "live - old");

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "t5 in\n", 6), 6);
	close(ends[1]);
	with_standard_input(ends[0], s, "0:t1 old\n0:t9 live\n0:t5 in\n");
	close(ends[0]);

	file = file_of("t5 in\n", 6);
	with_standard_input(file, s, "0:t1 old\n0:t9 live\n0:t5 in\n");
	close(file);
	free(s);
}

/* A pipe by its name, as a shell's <( ) gives it, is not read before its turn. */
static void test_pipe_by_name(void **state)
{
	struct shelf *s = shelf_new(state);
	int ends[2];

	folder_write(s->top, "log", "t9 a\n");
	add_server(s, false, "log -");
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "t5 in\n", 6), 6);
	close(ends[1]);
	(void)snprintf(s->paths[0][1], FOLDER_PATH_MAX, "/dev/fd/%d", ends[0]);
	(void)read_all(s, 10);
	assert_string_equal(s->seen.lines, "0:t9 a\n0:t5 in\n");
	close(ends[0]);
	free(s);
}

static void test_total_is_not_known_of_a_pipe(void **state)
{
	struct shelf *s = shelf_new(state);
	int ends[2], kept = dup(STDIN_FILENO);

	folder_write(s->top, "log", "t1 a\n");
	add_server(s, true, "log -");
	assert_int_equal(pipe(ends), 0);
	assert_true(kept >= 0 && dup2(ends[0], STDIN_FILENO) >= 0);
	close(ends[1]);
	struct log_archive_progress p = read_all(s, 10);
	assert_false(p.total_known);
	assert_int_equal(p.total_bytes, 5);
	assert_true(dup2(kept, STDIN_FILENO) >= 0);
	close(kept);
	close(ends[0]);
	free(s);
}

static void test_progress_grows(void **state)
{
	struct shelf *s = shelf_new(state);
	static char text[1 << 20];

	memset(text, 'x', sizeof(text));
	for (size_t i = 99; i < sizeof(text); i += 100)
		text[i] = '\n';
	text[sizeof(text) - 1] = '\n';
	folder_write_bytes(s->top, "a", text, sizeof(text));
	folder_write_bytes(s->top, "b", text, sizeof(text));
	add_server(s, true, "a b");
	s->visitor.problem = NULL;
	AUTO(log_archive) a = log_archive_new(s->servers, s->count, &s->visitor);
	uint64_t before = 0;
	size_t steps = 0;
	s->seen.len = 0;
	while (log_archive_read(a, 500)) {
		struct log_archive_progress p = log_archive_progress(a);
		assert_true(p.used_bytes >= before && p.used_bytes <= p.total_bytes);
		assert_true(p.used_bytes >= p.lines * 100);
		steps += p.used_bytes > before;
		before = p.used_bytes;
		s->seen.len = 0;
	}
	assert_true(steps >= 8);
	assert_int_equal(log_archive_progress(a).used_bytes, 2 * sizeof(text));
	free(s);
}

static void test_nothing(void **state)
{
	struct shelf *s = shelf_new(state);

	(void)state;
	struct log_archive_progress p = assert_lines(s, "");
	assert_int_equal(p.lines, 0);
	assert_true(p.total_known);
	add_server(s, false, "");
	(void)assert_lines(s, "");
	log_archive_free(NULL);
	free(s);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_one_file),
		IN_FOLDER(test_files_in_order_of_their_first_lines),
		IN_FOLDER(test_files_as_given),
		IN_FOLDER(test_files_without_times_stay_behind),
		IN_FOLDER(test_merged_by_time),
		IN_FOLDER(test_merged_next),
		IN_FOLDER(test_times_that_go_back),
		IN_FOLDER(test_one_after_the_other_without_times),
		IN_FOLDER(test_merge_is_sorted),
		IN_FOLDER(test_problems_are_told_and_the_rest_is_read),
		IN_FOLDER(test_problem_says_where),
		IN_FOLDER(test_unfinished_and_long_lines),
		IN_FOLDER(test_standard_input),
		IN_FOLDER(test_pipe_by_name),
		IN_FOLDER(test_total_is_not_known_of_a_pipe),
		IN_FOLDER(test_progress_grows),
		IN_FOLDER(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
