/* hold_test.c - hold, restore, purge and recovery on made spools. */
#include "responders/hold.h"

#include "responders/adopt.h"
#include "responders/purge.h"
#include "responders/recover.h"
#include "responders/restore.h"
#include "tests/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MESSAGES 24

struct world {
	const char *top;
	char state[FOLDER_PATH_MAX];
	struct acting acting;
	struct acted acted;
	struct problem problem;
};

static const char letters[] = "0QaZ";

static void id_text(int n, char at[EXIM_ID_NEW + 1])
{
	char text[64] = "";

	(void)snprintf(text, sizeof(text),
		n % 2 == 0 ? "1xVSm%c-00076x-%02u" : "1xVSm%c-000000007hc-00%02u", letters[n % 4],
		(unsigned)n % 100);
	memcpy(at, text, EXIM_ID_NEW);
	at[EXIM_ID_NEW] = '\0';
}

static struct exim_id id_of(int n)
{
	char text[EXIM_ID_NEW + 1];
	struct exim_id id;

	id_text(n, text);
	assert_int_equal(exim_id_parse(slice_of(text), &id), 0);
	return id;
}

static void place_of(int n, unsigned seed, char at[64])
{
	const char *queue = (seed + (unsigned)n) % 5 == 0 ? "other/" : "";

	if ((seed >> 3) % 2 == 0 || n % 3 == 0)
		(void)snprintf(at, 64, "%sinput/%c", queue, letters[n % 4]);
	else
		(void)snprintf(at, 64, "%sinput", queue);
}

static void write_message(const char *top, int n, unsigned seed, const char *mailbox)
{
	char id[EXIM_ID_NEW + 1], place[64], below[160], text[1000];

	id_text(n, id);
	place_of(n, seed, place);
	folder_make(top, place);
	(void)snprintf(below, sizeof(below), "%s/%s-D", place, id);
	(void)snprintf(text, sizeof(text), "%s-D\nbody %u\n", id, seed);
	folder_write(top, below, text);
	(void)snprintf(below, sizeof(below), "%s/%s-H", place, id);
	(void)snprintf(text, sizeof(text),
		"%s-H\nexim 100 101\n<ann@shop.test>\n1795435000 0\n-host_address [192.0.2.7]:41\n"
		"-host_auth plain\n-auth_id %s\nXX\n1\nx%d@far.test\n\n017  Subject: message\n",
		id, mailbox, n);
	folder_write(top, below, text);
	if ((seed + (unsigned)n) % 3 == 0) {
		(void)snprintf(below, sizeof(below), "%s/%s-J", place, id);
		folder_write(top, below, "x@far.test\n");
	}
	if ((seed + (unsigned)n) % 4 != 0) {
		char msglog[64];
		char *name = strstr(place, "input");

		(void)snprintf(msglog, sizeof(msglog), "%.*smsglog%s", (int)(name - place), place,
			(seed + (unsigned)n) % 7 == 0 ? "" : name + strlen("input"));
		folder_make(top, msglog);
		(void)snprintf(below, sizeof(below), "%s/%s", msglog, id);
		folder_write(top, below, "log\n");
	}
}

/* Every file below top but the hold queue's empty folders, in one text. */
static char *picture(const char *top)
{
	char output[FOLDER_PATH_MAX];
	char *text = calloc(1, 65536);

	(void)snprintf(output, sizeof(output), "%s.picture", top);
	folder_run(top,
		"find . -path ./state -prune -o -type f -printf '%p %i %s %m %U %G %T@ ' "
		"-exec cksum {} ';' | LC_ALL=C sort",
		output);
	FILE *in = fopen(output, "r");
	assert_non_null(in);
	assert_true(fread(text, 1, 65535, in) > 0);
	assert_int_equal(fclose(in), 0);
	assert_int_equal(unlink(output), 0);
	return text;
}

static void begin(struct world *w, void **state)
{
	*w = (struct world){.top = *state};
	(void)snprintf(w->state, sizeof(w->state), "%s/state", w->top);
	folder_make(w->top, "input");
	folder_make(w->top, "msglog");
	assert_int_equal(exim_spool_open(w->top, &w->acting.spool, &w->problem), 0);
	w->acting.spool_path = w->top;
	w->acting.exim_login = "exim";
	w->acting.request = "stanch hold";
	w->acting.log = mainlog_new(w->acting.spool, NULL);
	journal_who_now(&w->acting.who);
	if (journal_open(w->state, JOURNAL_ACT, "test", &w->acting.journal, &w->problem) != 0)
		fail_msg("%s", w->problem.text);
}

static void refresh(struct world *w)
{
	assert_int_equal(exim_spool_refresh(w->acting.spool, &w->problem), 0);
}

static void end(struct world *w)
{
	acted_clear(&w->acted);
	journal_free(w->acting.journal);
	mainlog_free(w->acting.log);
	exim_spool_free(w->acting.spool);
}

static struct hold_list *list_of(struct world *w, int count)
{
	struct hold_list *list = hold_list_new();

	for (int n = 0; n < count; n++) {
		struct exim_id id = id_of(n);

		assert_int_equal(hold_list_add_id(list, w->acting.spool, &id, "stanch"), 0);
	}
	return list;
}

static void hold(struct world *w, struct hold_list *list)
{
	const struct hold_request request = {
		.queue = "stanch", .reason = "", .selector = "", .source = ""};

	acted_clear(&w->acted);
	if (hold_run(&w->acting, &request, list, &w->acted, &w->problem) != 0)
		fail_msg("%s", w->problem.text);
	hold_list_free(list);
}

static void end_hold(struct world *w, int64_t number, bool purge)
{
	struct kept_list kept = {0};
	const struct journal_choice choice = {.hold = number, .states = 1U << MESSAGE_HELD};

	acted_clear(&w->acted);
	assert_int_equal(kept_list_read(&kept, w->acting.journal, &choice, &w->problem), 0);
	assert_int_equal((purge ? purge_run : restore_run)(&w->acting, number, "stanch", kept.at,
				 kept.count, &w->acted, &w->problem),
		0);
	kept_list_clear(&kept);
}

static void test_there_and_back(void **state)
{
	struct world w;

	begin(&w, state);
	for (unsigned seed = 0; seed < 12; seed++) {
		for (int n = 0; n < MESSAGES; n++)
			write_message(w.top, n, seed, "ann@shop.test");
		refresh(&w);
		char *before = picture(w.top);

		hold(&w, list_of(&w, MESSAGES));
		assert_int_equal(w.acted.counts.done, MESSAGES);
		assert_int_equal(w.acted.problem_count, 0);
		for (int n = 0; n < MESSAGES; n++) {
			struct exim_id id = id_of(n);

			assert_null(exim_spool_find(w.acting.spool, "", &id));
			assert_non_null(exim_spool_find(w.acting.spool, "stanch", &id));
		}
		end_hold(&w, w.acted.hold, false);
		assert_int_equal(w.acted.counts.done, MESSAGES);
		assert_int_equal(w.acted.problem_count, 0);
		char *after = picture(w.top);
		assert_string_equal(before, after);
		free(before);
		free(after);

		hold(&w, list_of(&w, MESSAGES));
		end_hold(&w, w.acted.hold, true);
		assert_int_equal(w.acted.counts.done, MESSAGES);
		for (int n = 0; n < MESSAGES; n++) {
			struct exim_id id = id_of(n);

			assert_null(exim_spool_find(w.acting.spool, NULL, &id));
		}
	}
	end(&w);
}

/* With few descriptors the locks are taken anew in the second pass. */
static void test_few_descriptors(void **state)
{
	struct rlimit old, few;
	struct world w;

	getrlimit(RLIMIT_NOFILE, &old);
	begin(&w, state);
	for (int n = 0; n < MESSAGES; n++)
		write_message(w.top, n, 8, "ann@shop.test");
	refresh(&w);
	few = (struct rlimit){515, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	pid_t pid = fork();
	if (pid == 0) { /* the hard limit cannot be raised again */
		few.rlim_max = 515;
		setrlimit(RLIMIT_NOFILE, &few);
		hold(&w, list_of(&w, MESSAGES));
		_exit(w.acted.counts.done == MESSAGES && w.acted.problem_count == 0 ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	setrlimit(RLIMIT_NOFILE, &old);
	end(&w);
}

static int descriptor(const char *top, int n, char kind, unsigned seed, int flags)
{
	char id[EXIM_ID_NEW + 1], place[64], path[FOLDER_PATH_MAX + 200];

	id_text(n, id);
	place_of(n, seed, place);
	(void)snprintf(path, sizeof(path), "%s/%s/%s-%c", top, place, id, kind);
	if (flags < 0)
		return unlink(path);
	int fd = open(path, flags | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void test_what_is_left(void **state)
{
	enum { LOCKED, DAMAGED, GHOST, GONE, IN_THE_WAY, SOUND, COUNT };
	struct world w;
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 5};
	struct exim_id gone = id_of(GONE), way = id_of(IN_THE_WAY);
	char below[100];

	begin(&w, state);
	for (int n = 0; n < COUNT; n++)
		write_message(w.top, n, 8, "ann@shop.test");
	folder_make(w.top, "stanch/input");
	(void)snprintf(below, sizeof(below), "stanch/input/%s-H", way.text);
	folder_write(w.top, below, "another");
	refresh(&w);
	struct hold_list *list = list_of(&w, COUNT);

	int fd = descriptor(w.top, LOCKED, 'D', 8, O_RDWR);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	close(descriptor(w.top, DAMAGED, 'H', 8, O_WRONLY | O_TRUNC));
	descriptor(w.top, GHOST, 'D', 8, -1);
	descriptor(w.top, GONE, 'H', 8, -1);
	descriptor(w.top, GONE, 'D', 8, -1);
	hold(&w, list);
	assert_int_equal(w.acted.counts.messages, COUNT);
	assert_int_equal(w.acted.counts.done, 1);
	assert_int_equal(w.acted.locked, 1);
	assert_int_equal(w.acted.counts.left, 3);
	assert_int_equal(w.acted.counts.missing, 1);
	assert_int_equal(w.acted.counts.conflict, 1);
	assert_int_equal(w.acted.problem_count, 5);
	assert_null(exim_spool_find(w.acting.spool, "", &gone));
	close(fd);
	end(&w);
}

/* Between the look and the lock another's message came under that id. */
static void test_another_source(void **state)
{
	struct world w;
	struct source ann;
	struct exim_id id = id_of(0);
	struct scanned m = {.id = id};

	begin(&w, state);
	write_message(w.top, 0, 8, "bob@shop.test");
	refresh(&w);
	source_set(&ann, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	struct hold_list *list = hold_list_new();
	m.folder = exim_spool_find(w.acting.spool, NULL, &id);
	hold_list_add(list, w.acting.spool, &m, &ann);
	hold(&w, list);
	assert_int_equal(w.acted.counts.done, 0);
	assert_int_equal(w.acted.counts.left, 1);
	assert_non_null(strstr(w.acted.problems[0].why, "another source"));
	end(&w);
}

static void test_never_over_a_file(void **state)
{
	struct world w;
	struct exim_id id = id_of(0);

	begin(&w, state);
	write_message(w.top, 0, 8, "ann@shop.test");
	refresh(&w);
	hold(&w, list_of(&w, 1));
	int64_t number = w.acted.hold;
	write_message(w.top, 0, 8, "bob@shop.test");
	end_hold(&w, number, false);
	assert_int_equal(w.acted.counts.conflict, 1);
	assert_int_equal(w.acted.counts.left, 0);
	assert_int_equal(w.acted.counts.done, 0);
	assert_non_null(exim_spool_find(w.acting.spool, "stanch", &id));
	end(&w);
}

static void test_released_by_hand(void **state)
{
	struct world w;
	char command[FOLDER_PATH_MAX * 3];

	begin(&w, state);
	for (int n = 0; n < 2; n++)
		write_message(w.top, n, 8, "ann@shop.test");
	refresh(&w);
	hold(&w, list_of(&w, 2));
	struct exim_id first = id_of(0), second = id_of(1);
	(void)snprintf(command, sizeof(command),
		"mv stanch/input/%s-* input/ && rm stanch/input/%s-*", first.text, second.text);
	folder_run(w.top, command, NULL);
	struct acted found = {0};
	assert_int_equal(recover_compare(&w.acting, &found, &w.problem), 0);
	assert_int_equal(found.counts.missing, 2);
	acted_clear(&found);
	end_hold(&w, w.acted.hold, false);
	assert_int_equal(w.acted.counts.messages, 0);
	end(&w);
}

/* A disk that was away for a moment must not make held mail unrestorable; and the -J that Exim
 * leaves behind when it moves a message by itself is no message. */
static void test_away_and_back(void **state)
{
	struct world w;
	char command[FOLDER_PATH_MAX * 3];
	struct acted found = {0};
	struct exim_id id = id_of(0);

	begin(&w, state);
	for (int n = 0; n < 2; n++)
		write_message(w.top, n, 8, "ann@shop.test");
	refresh(&w);
	hold(&w, list_of(&w, 2));
	int64_t number = w.acted.hold;
	folder_run(w.top, "mkdir away && mv stanch/input/* away", NULL);
	assert_int_equal(recover_compare(&w.acting, &found, &w.problem), 0);
	assert_int_equal(found.counts.missing, 2);
	assert_int_equal(found.problem_count, 1);
	acted_clear(&found);
	(void)snprintf(command, sizeof(command),
		"mv away/* stanch/input && mv stanch/input/%s-[HD] input && "
		"touch stanch/input/%s-J",
		id.text, id.text);
	folder_run(w.top, command, NULL);
	assert_int_equal(recover_compare(&w.acting, &found, &w.problem), 0);
	assert_int_equal(found.counts.missing, 0);
	assert_non_null(strstr(found.problems[0].why, "1 messages that had gone are in the hold"));
	acted_clear(&found);
	end_hold(&w, number, false);
	assert_int_equal(w.acted.counts.messages, 1);
	assert_int_equal(w.acted.counts.done, 1);
	end(&w);
}

static void test_stopped(void **state)
{
	volatile sig_atomic_t stop = SIGTERM;
	struct world w;

	begin(&w, state);
	w.acting.stop = &stop;
	for (int n = 0; n < 3; n++)
		write_message(w.top, n, 8, "ann@shop.test");
	refresh(&w);
	hold(&w, list_of(&w, 3));
	assert_true(w.acted.stopped);
	assert_int_equal(w.acted.counts.left, 3);
	end(&w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

/* The journal is lost: what lies in the hold queue is found, taken up, and put back. */
static void test_adopted(void **state)
{
	struct stray_list strays = {0};
	struct kept kept[MESSAGES];
	int64_t number = 0;
	struct world w;

	begin(&w, state);
	for (int n = 0; n < MESSAGES; n++)
		write_message(w.top, n, 0, "ann@shop.test");
	refresh(&w);
	hold(&w, list_of(&w, MESSAGES));
	assert_int_equal(stray_list_read(&strays, w.acting.spool, w.top, "stanch", w.acting.journal,
				 &w.problem),
		0);
	assert_int_equal(strays.count, 0);
	assert_int_equal(
		stray_list_read(&strays, w.acting.spool, w.top, "stanch", NULL, &w.problem), 0);
	assert_int_equal(strays.count, MESSAGES);
	stray_list_clear(&strays);

	journal_free(w.acting.journal);
	folder_run(w.top, "rm -r state", "/dev/null");
	assert_int_equal(
		journal_open(w.state, JOURNAL_ACT, "test", &w.acting.journal, &w.problem), 0);
	assert_int_equal(stray_list_read(&strays, w.acting.spool, w.top, "stanch", w.acting.journal,
				 &w.problem),
		0);
	assert_int_equal(strays.count, MESSAGES);
	for (size_t i = 0; i < MESSAGES; i++)
		kept[i] = stray_kept(w.acting.spool, &strays.at[i]);
	stray_list_clear(&strays);
	assert_int_equal(adopt_run(&w.acting, "stanch", kept, MESSAGES, &number, &w.problem), 0);
	assert_int_equal(number, 1);
	end_hold(&w, number, false);
	assert_int_equal(w.acted.counts.done, MESSAGES);
	assert_int_equal(w.acted.problem_count, 0);
	for (int n = 0; n < MESSAGES; n++) {
		struct exim_id id = id_of(n);
		const struct spool_folder *folder = exim_spool_find(w.acting.spool, "", &id);

		assert_non_null(folder);
		assert_int_equal(folder->letter, exim_id_letter(&id));
		assert_null(exim_spool_find(w.acting.spool, "stanch", &id));
	}
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_there_and_back),
		TEST(test_few_descriptors),
		TEST(test_what_is_left),
		TEST(test_another_source),
		TEST(test_never_over_a_file),
		TEST(test_released_by_hand),
		TEST(test_away_and_back),
		TEST(test_adopted),
		TEST(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
