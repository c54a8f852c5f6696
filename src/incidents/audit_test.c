#include "incidents/audit.h"

#include "base/memory.h"
#include "incidents/actions.h"
#include "incidents/casebook.h"
#include "tests/folder.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define AT INT64_C(1795436837)

static const struct journal_who ann = {
	.uid = 7, .user = "root", .sudo_user = "ann", .tty = "/dev/pts/1"};
static const struct journal_who bob = {.uid = 8, .user = "bob"};

static struct journal *opened(void *const *state, enum journal_access access)
{
	char path[FOLDER_PATH_MAX];
	struct problem p = {0};
	struct journal *j = NULL;

	(void)snprintf(path, sizeof(path), "%s/state", (const char *)*state);
	if (journal_open(path, access, "test", &j, &p) < 0)
		fail_msg("%s", p.text);
	return j;
}

static sqlite3 *database(void *const *state)
{
	char path[FOLDER_PATH_MAX];
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/state/" JOURNAL_NAME, (const char *)*state);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static void run(void *const *state, const char *sql)
{
	sqlite3 *db = database(state);
	char *why = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
}

static struct source mailbox(const char *name)
{
	struct source s;

	source_set(&s, SOURCE_MAILBOX, slice_of(name));
	return s;
}

static int64_t open_incident(struct journal *j, const char *name, int64_t at)
{
	struct source source = mailbox(name);
	const struct incident_finding finding = {.source = &source, .at_us = at * 1000000};
	const struct incident_doing doing = {.at = at, .words = ""};
	struct problem p = {0};
	int64_t number = 0;

	assert_int_equal(casebook_open(j, &finding, &doing, &number, &p), 0);
	return number;
}

static void step(struct journal *j, int64_t number, enum incident_event event, int64_t at,
	const struct journal_who *who, const char *words)
{
	const struct incident_doing doing = {.at = at, .who = who, .words = words};
	struct problem p = {0};

	assert_int_equal(casebook_step(j, number, event, &doing, NULL, &p), 0);
}

static void deed(struct journal *j, int64_t number, enum action_state state, int64_t at,
	const struct journal_who *who)
{
	const struct incident_action a = {.incident = number,
		.responder = "refuse",
		.state = state,
		.changed = at,
		.words = "refused",
		.note = "",
		.who = who};
	struct problem p = {0};

	assert_int_equal(actions_put(j, &a, &p), 0);
}

static void hold(struct journal *j, int64_t number, int64_t at)
{
	const struct journal_hold h = {.created = at,
		.who = ann,
		.reason = "incident 1",
		.selector = "mailbox:ann@shop.test",
		.source = "mailbox:ann@shop.test",
		.spool = "/var/spool/exim4",
		.queue = "stanch"};
	struct journal_action a = {
		.kind = ACTION_HOLD, .began = at, .who = ann, .request = "stanch hold x"};
	const struct journal_counts counts = {.messages = 5, .done = 3, .left = 1, .missing = 1};
	struct problem p = {0};
	int64_t action;

	assert_int_equal(journal_begin(j, &p), 0);
	assert_int_equal(journal_add_hold(j, &h, &a.hold, &p), 0);
	assert_int_equal(journal_add_action(j, &a, &action, &p), 0);
	assert_int_equal(journal_end_action(j, action, at + 1, &counts, false, &p), 0);
	assert_int_equal(casebook_add_hold(j, number, a.hold, 3, &p), 0);
	a.kind = ACTION_RESTORE;
	a.who = bob;
	a.began = at + 9;
	a.request = "stanch restore 1";
	assert_int_equal(journal_add_action(j, &a, &action, &p), 0);
	assert_int_equal(journal_commit(j, &p), 0);
}

/* One of each, two of them in the same second. */
static void fill(struct journal *j)
{
	struct exemption e = {.source = mailbox("news@club.test"),
		.since = AT + 20,
		.who = bob,
		.reason = "ours"};
	const struct incident_doing ended = {.at = AT + 21, .who = &ann, .words = "no more"};
	struct problem p = {0};
	int64_t number = open_incident(j, "ann@shop.test", AT);

	step(j, number, INCIDENT_VERDICT, AT + 1, NULL, "because");
	deed(j, number, ACTION_DONE, AT + 1, NULL);
	hold(j, number, AT + 2);
	step(j, number, INCIDENT_RELEASE, AT + 30, &ann, "it's ours");
	deed(j, number, ACTION_UNDONE, AT + 31, &ann);
	e.until = AT + 500;
	assert_int_equal(casebook_exempt(j, &e, &p), 0);
	assert_int_equal(casebook_end_exemption(j, &e.source, &ended, &p), 0);
}

struct list {
	char text[4000];
	size_t most; /* entries, 0: no limit */
	size_t count;
	struct audit_cursor last;
};

static const char *by_name(const struct audit_entry *e)
{
	return e->by == AUDIT_BY_UNKNOWN     ? "?"
	       : e->by == AUDIT_BY_DAEMON    ? "daemon"
	       : e->who.sudo_user[0] != '\0' ? e->who.sudo_user
					     : e->who.user;
}

static bool add(void *context, const struct audit_entry *e)
{
	struct list *l = context;
	size_t len = strlen(l->text);

	(void)snprintf(l->text + len, sizeof(l->text) - len,
		"%" PRId64 " %s %s %s>%s/%s %s %" PRId64 ".%" PRId64 " %.*s\n", e->place.at - AT,
		audit_kind_name(e->place.kind), e->what, e->from, e->to, e->state, by_name(e),
		e->incident, e->hold, (int)e->source.len, e->source.at);
	l->last = e->place;
	return ++l->count != l->most;
}

static void listed(struct journal *j, const struct audit_choice *choice, struct list *ret)
{
	struct audit_choice chosen = *choice;
	struct problem p = {0};

	*ret = (struct list){.most = ret->most};
	chosen.limit = choice->limit != 0 ? choice->limit : AUDIT_LIMIT_MOST;
	if (audit_each(j, &chosen, add, ret, &p) < 0)
		fail_msg("%s", p.text);
}

#define ANN " mailbox:ann@shop.test\n"

static const char all_of_it[] =
	"31 deed refuse >/undone ann 1.0" ANN "30 step release contained>released/ ann 1.0" ANN
	"21 exemption unexempt >/ ann 0.0 mailbox:news@club.test\n"
	"20 exemption exempt >/ bob 0.0 mailbox:news@club.test\n"
	"11 queue restore >/unfinished bob 1.1" ANN "2 queue hold >/done ann 1.1" ANN
	"1 deed refuse >/done daemon 1.0" ANN "1 step verdict suspected>contained/ daemon 1.0" ANN
	"0 opened opened >suspected/ ? 1.0" ANN;

static void test_newest_first(void **state)
{
	AUTO(journal) j = opened(state, JOURNAL_ACT);
	struct list l = {0};

	fill(j);
	listed(j, &(struct audit_choice){0}, &l);
	assert_string_equal(l.text, all_of_it);
}

struct found {
	struct audit_entry entry;
	char words[100];
};

static bool keep(void *context, const struct audit_entry *e)
{
	struct found *f = context;

	f->entry = *e;
	(void)snprintf(f->words, sizeof(f->words), "%s", e->words);
	return false;
}

static void find(struct journal *j, int64_t at, struct found *ret)
{
	const struct audit_choice choice = {.since = at, .until = at, .limit = 5};
	struct problem p = {0};

	*ret = (struct found){0};
	assert_int_equal(audit_each(j, &choice, keep, ret, &p), 0);
}

static void test_each_says_all(void **state)
{
	AUTO(journal) j = opened(state, JOURNAL_ACT);
	struct found f;

	fill(j);
	find(j, AT + 2, &f);
	assert_string_equal(f.words, "incident 1");
	assert_int_equal(f.entry.counts.messages, 5);
	assert_int_equal(f.entry.counts.done, 3);
	assert_int_equal(f.entry.counts.left, 1);
	assert_int_equal(f.entry.counts.missing, 1);
	assert_string_equal(f.entry.who.tty, "/dev/pts/1");
	find(j, AT + 11, &f);
	assert_string_equal(f.words, "stanch restore 1");
	find(j, AT + 20, &f);
	assert_string_equal(f.words, "ours");
	assert_int_equal(f.entry.until, AT + 500);
	find(j, AT + 21, &f);
	assert_string_equal(f.words, "no more");
	assert_int_equal(f.entry.until, 0);
	find(j, AT + 30, &f);
	assert_string_equal(f.words, "it's ours");
	find(j, AT + 31, &f);
	assert_string_equal(f.words, "refused");
	assert_string_equal(f.entry.who.user, "root");
}

/* Page after page of each size is the whole list, though more is added meanwhile. */
static void test_pages(void **state)
{
	AUTO(journal) j = opened(state, JOURNAL_ACT);

	fill(j);
	for (size_t size = 1; size <= 10; size++) {
		struct audit_choice choice = {.limit = size, .before = {AT + 32, AUDIT_OPENED, 1}};
		char whole[4000] = "";
		struct list l = {0};

		do {
			listed(j, &choice, &l);
			(void)strncat(whole, l.text, sizeof(whole) - strlen(whole) - 1);
			choice.before = l.last;
			step(j, open_incident(j, "b@b.test", AT + 99), INCIDENT_CLOSE, AT + 99,
				NULL, "");
		} while (l.count == size);
		if (strcmp(whole, all_of_it) != 0)
			fail_msg("in pages of %zu: got\n%s", size, whole);
	}
}

static void test_stopped_by_the_visitor(void **state)
{
	AUTO(journal) j = opened(state, JOURNAL_ACT);
	struct list l = {.most = 2};

	fill(j);
	listed(j, &(struct audit_choice){0}, &l);
	assert_int_equal(l.count, 2);
}

static void test_choices(void **state)
{
	struct source of_ann = mailbox("ann@shop.test"), of_nobody = mailbox("x@x.test"),
		      of_news = mailbox("news@club.test");
	const struct {
		const char *name;
		struct audit_choice choice;
		size_t count;
		const char *begin;
	} rows[] = {
		{"since, that second too", {.since = AT + 21}, 3, "31 deed"},
		{"until, that second too", {.until = AT + 1}, 3, "1 deed"},
		{"since and until", {.since = AT + 1, .until = AT + 2}, 3, "2 queue"},
		{"a source", {.source = &of_ann}, 7, "31 deed"},
		{"a source, of a time", {.source = &of_ann, .until = AT + 29}, 5, "11 queue"},
		{"a source without incidents", {.source = &of_news}, 2, "21 exemption"},
		{"a source that is not known", {.source = &of_nobody}, 0, ""},
		{"who used sudo", {.user = "ann"}, 4, "31 deed"},
		{"a login", {.user = "bob"}, 2, "20 exemption"},
		{"a login of a source", {.user = "bob", .source = &of_ann}, 1, "11 queue"},
		{"nobody", {.user = "eve"}, 0, ""},
		{"no SQL", {.user = "' OR 1 --"}, 0, ""},
		{"the daemon", {.by_daemon = true}, 2, "1 deed"},
		{"behind the same second", {.before = {AT + 1, AUDIT_DEED, 1}}, 2, "1 step"},
		{"behind what is not there", {.before = {AT + 1, AUDIT_STEP, 99}}, 2, "1 step"},
		{"until goes before a later cursor",
			{.before = {AT + 31, AUDIT_DEED, 2}, .until = AT}, 1, "0 opened"},
	};
	AUTO(journal) j = opened(state, JOURNAL_ACT);
	struct list l = {0};

	fill(j);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		listed(j, &rows[i].choice, &l);
		if (l.count != rows[i].count ||
			strncmp(l.text, rows[i].begin, strlen(rows[i].begin)) != 0)
			fail_msg("%s: want %zu from %s; got %zu\n%s", rows[i].name, rows[i].count,
				rows[i].begin, l.count, l.text);
	}
}

static void test_cursors(void **state)
{
	static const char *const wrong[] = {"", "1", "1-2", "1-2-", "1-2-0", "1-5-1", "-1-2-3",
		"1-2-3-4", "1--3", "a-2-3", "1-2-3 ", " 1-2-3", "99999999999999999999-1-1",
		"1-1-99999999999999999999"};
	struct audit_cursor c = {7, AUDIT_STEP, 8};
	char text[AUDIT_CURSOR_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (audit_cursor_read(slice_of(wrong[i]), &c) != -EINVAL || c.id != 8)
			fail_msg("\"%s\" is no cursor", wrong[i]);
	assert_int_equal(audit_cursor_read(slice_of("1795436837-4-15"), &c), 0);
	assert_int_equal(c.at, AT);
	assert_int_equal(c.kind, AUDIT_DEED);
	assert_int_equal(c.id, 15);
	assert_string_equal(audit_cursor_text(&c, text), "1795436837-4-15");
}

/* As version 3 left it: read it is refused; brought up to date, what was exempted then is known,
 * and of deeds not by whom. */
static void test_older_journal(void **state)
{
	struct journal *j = opened(state, JOURNAL_ACT);
	struct exemption e = {.source = mailbox("news@club.test"),
		.since = AT + 20,
		.who = bob,
		.reason = "ours"};
	struct problem p = {0};
	struct list l = {0};

	deed(j, open_incident(j, "ann@shop.test", AT), ACTION_DONE, AT + 1, NULL);
	assert_int_equal(casebook_exempt(j, &e, &p), 0);
	journal_free(j);
	run(state, "DROP TABLE exemption_steps; DROP INDEX incidents_opened; DROP INDEX steps_at;"
		   "DROP INDEX steps_people; DROP INDEX action_steps_at;"
		   "DROP INDEX action_steps_people; DROP INDEX actions_began;"
		   "DROP INDEX actions_hold; DROP INDEX holds_source;"
		   "DROP INDEX incident_holds_hold; ALTER TABLE action_steps DROP COLUMN by_person;"
		   "ALTER TABLE action_steps DROP COLUMN uid;"
		   "ALTER TABLE action_steps DROP COLUMN user;"
		   "ALTER TABLE action_steps DROP COLUMN sudo_user;"
		   "ALTER TABLE action_steps DROP COLUMN tty; PRAGMA user_version=3;");
	j = opened(state, JOURNAL_READ);
	assert_int_equal(audit_each(j, &(struct audit_choice){.limit = 9}, add, &l, &p), -ENOTSUP);
	journal_free(j);
	j = opened(state, JOURNAL_NOTE);
	listed(j, &(struct audit_choice){0}, &l);
	assert_string_equal(l.text,
		"20 exemption exempt >/ bob 0.0 mailbox:news@club.test\n"
		"1 deed refuse >/done ? 1.0" ANN "0 opened opened >suspected/ ? 1.0" ANN);
	listed(j, &(struct audit_choice){.by_daemon = true}, &l);
	assert_string_equal(l.text, "");
	journal_free(j);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_newest_first),
		TEST(test_each_says_all),
		TEST(test_pages),
		TEST(test_stopped_by_the_visitor),
		TEST(test_choices),
		cmocka_unit_test(test_cursors),
		TEST(test_older_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
