#include "incidents/journal.h"

#include "tests/folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define OLD "1xVSmQ-00076x-1r"
#define NEW "1xVSn6-000000007hc-2kmW"

static const char hostile[] = "'; DROP TABLE holds; --\x1b[2J\xff";

static struct exim_id id_of(const char *text)
{
	struct exim_id id;
	assert_int_equal(exim_id_parse(slice_of(text), &id), 0);
	return id;
}

static struct journal *opened(const char *folder)
{
	struct journal *j = NULL;
	struct problem problem = {0};
	int err = journal_open(folder, JOURNAL_ACT, "stanch hold", &j, &problem);

	if (err != 0)
		fail_msg("journal_open: got %d, %s", err, problem.text);
	return j;
}

static const char *state_path(void **state, char at[FOLDER_PATH_MAX])
{
	assert_true(snprintf(at, FOLDER_PATH_MAX, "%s/state", (char *)*state) < FOLDER_PATH_MAX);
	return at;
}

static int64_t add_hold(struct journal *j, int64_t *ret_action)
{
	struct problem p = {0};
	struct journal_hold hold = {.created = 1000,
		.who = {.uid = 7, .user = "ann", .sudo_user = "root\n", .tty = "/dev/pts/1"},
		.reason = hostile,
		.selector = "stanch hold x",
		.source = "mailbox:ann@shop.test",
		.spool = "/var/spool/exim4",
		.queue = "stanch"};
	struct journal_action action = {.kind = ACTION_HOLD, .began = 1000, .request = "again"};
	const struct {
		const char *id, *queue;
		char letter, msglog;
		bool details;
	} rows[] = {{OLD, "", 'Q', 0, true}, {NEW, "other", 0, 0, false}};
	int64_t number = 0;

	assert_int_equal(journal_begin(j, &p), 0);
	assert_int_equal(journal_add_hold(j, &hold, &number, &p), 0);
	action.hold = number;
	assert_int_equal(journal_add_action(j, &action, ret_action, &p), 0);
	for (int i = 0; i < 2; i++) {
		struct journal_message m = {.hold = number,
			.action = *ret_action,
			.id = id_of(rows[i].id),
			.state = MESSAGE_INTENDED,
			.queue = rows[i].queue,
			.letter = rows[i].letter,
			.msglog_letter = rows[i].msglog,
			.details = rows[i].details,
			.source = slice_of("mailbox:ann@shop.test"),
			.sender = slice_of(hostile),
			.recipients = slice_of("a@x\nb@y"),
			.recipient_count = 2,
			.received = 900};
		assert_int_equal(journal_add_message(j, &m, &p), 0);
	}
	assert_int_equal(journal_commit(j, &p), 0);
	return number;
}

struct seen {
	int count;
	struct journal_message last;
	char text[200];
	struct journal_hold hold;
};

static bool see_message(void *context, const struct journal_message *m)
{
	struct seen *seen = context;

	seen->count++;
	seen->last = *m;
	(void)snprintf(seen->text, sizeof(seen->text), "%.*s|%.*s|%s", (int)m->sender.len,
		m->sender.at, (int)m->recipients.len, m->recipients.at, m->queue);
	return true;
}

static bool see_hold(void *context, const struct journal_hold *h)
{
	struct seen *seen = context;

	seen->count++;
	seen->hold = *h;
	(void)snprintf(seen->text, sizeof(seen->text), "%s|%s|%s|%s", h->reason, h->selector,
		h->spool, h->queue);
	return true;
}

static bool see_action(void *context, const struct journal_action *a)
{
	struct seen *seen = context;

	seen->count++;
	(void)snprintf(
		seen->text, sizeof(seen->text), "%d %s %s", a->kind, a->request, a->who.user);
	return true;
}

static int messages(struct journal *j, struct journal_choice choice, struct seen *seen)
{
	struct problem p = {0};

	*seen = (struct seen){0};
	assert_int_equal(journal_each_message(j, &choice, see_message, seen, &p), 0);
	return seen->count;
}

static void test_what_is_written_is_read(void **state)
{
	char path[FOLDER_PATH_MAX], want[200];
	struct journal *j = opened(state_path(state, path));
	struct problem p = {0};
	struct seen seen = {0};
	struct exim_id old = id_of(OLD);
	int64_t action, hold = add_hold(j, &action);

	journal_free(j);
	j = opened(path);
	assert_int_equal(messages(j, (struct journal_choice){.id = &old}, &seen), 1);
	assert_int_equal(seen.last.letter, 'Q');
	assert_int_equal(seen.last.msglog_letter, 0);
	assert_int_equal(seen.last.state, MESSAGE_INTENDED);
	assert_int_equal(seen.last.received, 900);
	assert_true(seen.last.details);
	(void)snprintf(want, sizeof(want), "%s|a@x\nb@y|", hostile);
	assert_string_equal(seen.text, want);

	assert_int_equal(messages(j, (struct journal_choice){.hold = hold}, &seen), 2);
	assert_false(seen.last.details);
	assert_int_equal(messages(j, (struct journal_choice){.held_before = 1000}, &seen), 0);
	assert_int_equal(messages(j, (struct journal_choice){.held_before = 1001}, &seen), 2);
	assert_int_equal(
		messages(j, (struct journal_choice){.states = 1U << MESSAGE_HELD}, &seen), 0);

	seen = (struct seen){0};
	assert_int_equal(journal_each_unfinished(j, see_action, &seen, &p), 0);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.text, "0 again ");

	assert_int_equal(journal_begin(j, &p), 0);
	assert_int_equal(journal_set_state(j, hold, &old, MESSAGE_LEFT, action, &p), 0);
	assert_int_equal(
		journal_set_states(j, hold, action, MESSAGE_INTENDED, MESSAGE_HELD, action, &p), 0);
	assert_int_equal(journal_add_problem(j, action, hold, &old, hostile, &p), 0);
	struct journal_counts counts = {.messages = 2, .done = 1, .left = 1};
	assert_int_equal(journal_end_action(j, action, 1100, &counts, false, &p), 0);
	assert_int_equal(journal_commit(j, &p), 0);

	seen = (struct seen){0};
	assert_int_equal(journal_each_hold(j, 0, see_hold, &seen, &p), 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.hold.messages, 2);
	assert_int_equal(seen.hold.by_state[MESSAGE_HELD], 1);
	assert_int_equal(seen.hold.by_state[MESSAGE_LEFT], 1);
	assert_false(seen.hold.unfinished);
	assert_int_equal(seen.hold.who.uid, 7);
	(void)snprintf(want, sizeof(want), "%s|stanch hold x|/var/spool/exim4|stanch", hostile);
	assert_string_equal(seen.text, want);
	journal_free(j);
}

static void test_undo(void **state)
{
	char path[FOLDER_PATH_MAX];
	struct journal *j = opened(state_path(state, path));
	struct problem p = {0};
	struct seen seen = {0};
	struct exim_id id = id_of(OLD);
	int64_t action, hold = add_hold(j, &action);

	assert_int_equal(journal_begin(j, &p), 0);
	assert_int_equal(journal_set_state(j, hold, &id, MESSAGE_PURGED, action, &p), 0);
	journal_undo(j);
	assert_int_equal(
		messages(j, (struct journal_choice){.states = 1U << MESSAGE_PURGED}, &seen), 0);
	journal_free(j);
}

static void test_one_acts_at_a_time(void **state)
{
	char path[FOLDER_PATH_MAX];
	struct journal *first = opened(state_path(state, path)), *second = NULL;
	struct problem p = {0};

	assert_int_equal(journal_open(path, JOURNAL_ACT, "stanch purge", &second, &p), -EBUSY);
	assert_non_null(strstr(p.text, "stanch hold"));
	assert_null(second);
	assert_int_equal(journal_open(path, JOURNAL_READ, "", &second, &p), 0);
	journal_free(second);
	journal_free(first);
	journal_free(opened(path));
}

static void test_modes(void **state)
{
	char path[FOLDER_PATH_MAX], file[FOLDER_PATH_MAX + 32];
	struct stat s;

	umask(0);
	journal_free(opened(state_path(state, path)));
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0700);
	(void)snprintf(file, sizeof(file), "%s/%s", path, JOURNAL_NAME);
	assert_int_equal(stat(file, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0600);
	umask(022);
}

static int open_error(const char *path, enum journal_access access, struct problem *p)
{
	struct journal *j = NULL;
	int err = journal_open(path, access, "stanch hold", &j, p);

	assert_null(j);
	return err;
}

static void test_what_is_no_journal(void **state)
{
	char path[FOLDER_PATH_MAX], file[FOLDER_PATH_MAX + 32];
	struct problem p = {0};
	sqlite3 *db;

	state_path(state, path);
	(void)snprintf(file, sizeof(file), "%s/%s", path, JOURNAL_NAME);
	assert_int_equal(open_error(path, JOURNAL_READ, &p), -ENOENT);
	folder_make(*state, "state");
	assert_int_equal(open_error(path, JOURNAL_READ, &p), -ENOENT);

	folder_write(*state, "state/" JOURNAL_NAME,
		"this is no database, but long enough to be looked at"
		"................................................................................");
	assert_int_equal(open_error(path, JOURNAL_ACT, &p), -EBADMSG);
	assert_non_null(strstr(p.text, "damaged"));
	unlink(file);

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	sqlite3_exec(db, "CREATE TABLE a(b)", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_int_equal(open_error(path, JOURNAL_ACT, &p), -EBADMSG);
	unlink(file);

	journal_free(opened(path));
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA user_version=99", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_int_equal(open_error(path, JOURNAL_ACT, &p), -ENOTSUP);
	assert_non_null(strstr(p.text, "newer"));
	unlink(file);

	assert_int_equal(symlink("/etc/passwd", file), 0);
	assert_int_equal(open_error(path, JOURNAL_ACT, &p), -EPERM);
	unlink(file);
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(open_error(path, JOURNAL_ACT, &p), -EPERM);
	assert_non_null(strstr(p.text, "others"));
}

static void check_who(const char *page, const char *sudo, const char *want)
{
	struct journal_who who;
	char text[192];

	(void)unsetenv("SUDO_USER");
	assert_int_equal(setenv(JOURNAL_PAGE_WHO, page, 1), 0);
	if (sudo != NULL)
		assert_int_equal(setenv("SUDO_USER", sudo, 1), 0);
	journal_who_now(&who);
	(void)unsetenv(JOURNAL_PAGE_WHO);
	(void)unsetenv("SUDO_USER");
	assert_int_equal(who.uid, getuid());
	if (want != NULL)
		assert_string_equal(journal_who_text(&who, text), want);
	else
		assert_null(strstr(journal_who_text(&who, text), "page"));
}

/* What the daemon says is taken as it is or not at all, and nobody by sudo says it. */
static void test_user_of_the_page(void **state)
{
	(void)state;
	check_who("ann 192.0.2.1", NULL, "ann (page, 192.0.2.1)");
	check_who("carl@shop.test 2001:db8::1", NULL, "carl@shop.test (page, 2001:db8::1)");
	check_who("ann 192.0.2.1", "bob", NULL);
	check_who("ann 192.0.2.1", "", NULL);
	check_who("", NULL, NULL);
	check_who("ann", NULL, NULL);
	check_who("ann ", NULL, NULL);
	check_who("ann 192.0.2.1 x", NULL, NULL);
	check_who("ann 192.0.2.256", NULL, NULL);
	check_who(" 192.0.2.1", NULL, NULL);
	check_who("root\x1b[2J 192.0.2.1", NULL, NULL);
	check_who("--yes 192.0.2.1", NULL, NULL);

	const struct journal_who terminal = {.user = "ann", .tty = "/dev/pts/1"};
	char text[192];
	assert_string_equal(journal_who_text(&terminal, text), "ann");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_written_is_read),
		TEST(test_undo),
		TEST(test_one_acts_at_a_time),
		TEST(test_modes),
		TEST(test_what_is_no_journal),
		TEST(test_user_of_the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
