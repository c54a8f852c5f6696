#include "incidents/casebook.h"

#include "base/memory.h"
#include "tests/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define AT INT64_C(1795436837)

static struct journal *opened(void *const *state, enum journal_access access)
{
	char path[FOLDER_PATH_MAX];
	struct problem p = {0};
	struct journal *j = NULL;

	(void)snprintf(path, sizeof(path), "%s/state", (const char *)*state);
	int err = journal_open(path, access, "test", &j, &p);
	if (err < 0)
		print_message("%s\n", p.text);
	assert_int_equal(err, 0);
	return j;
}

static struct source mailbox(const char *name)
{
	struct source s;

	source_set(&s, SOURCE_MAILBOX, slice_of(name));
	return s;
}

static const struct incident_doing by_daemon = {.at = AT, .words = "because"};

static int64_t open_one(struct journal *j, const char *name, double score, int64_t at)
{
	struct source source = mailbox(name);
	const struct evidence evidence[] = {{.detector = "burst",
						    .bits = 9,
						    .text = "296 new recipients",
						    .ids = {"1a", "1b"},
						    .id_count = 2},
		{.detector = "same-text", .bits = 12.5, .text = "the same text", .id_count = 0}};
	const struct incident_finding f = {.source = &source,
		.score = score,
		.threshold = 21.5,
		.at_us = at * 1000000,
		.messages = 3,
		.recipients = 300,
		.evidence = evidence,
		.evidence_count = 2};
	struct problem p = {0};
	int64_t number = 0;

	assert_int_equal(casebook_open(j, &f, &by_daemon, &number, &p), 0);
	return number;
}

static int step(struct journal *j, int64_t number, enum incident_event event, int64_t at,
	const struct journal_who *who)
{
	struct problem p = {0};
	const struct incident_doing doing = {.at = at, .who = who, .words = "so"};

	return casebook_step(j, number, event, &doing, NULL, &p);
}

static bool count(void *context, const struct incident *incident)
{
	(void)incident;
	++*(unsigned *)context;
	return true;
}

static unsigned counted(struct journal *j, const struct incident_choice *choice)
{
	struct problem p = {0};
	unsigned n = 0;

	assert_int_equal(casebook_each(j, choice, count, &n, &p), 0);
	return n;
}

static bool join_steps(void *context, const struct incident_step_row *row)
{
	size_t n = strlen(context);

	(void)snprintf((char *)context + n, 400 - n, "%s>%s%s ", incident_event_name(row->event),
		incident_state_name(row->to), row->by_person ? "!" : "");
	return true;
}

static void test_a_life(void **state)
{
	AUTO(journal) j = opened(state, JOURNAL_NOTE);
	const struct journal_who person = {.uid = 0, .user = "root", .sudo_user = "ann"};
	struct incident i;
	struct problem p = {0};
	struct evidence e[4];
	size_t n;
	char steps[400] = "";
	uint64_t contained, since;

	int64_t number = open_one(j, "Ann@shop.test", 18, AT);
	assert_int_equal(number, 1);
	assert_int_equal(casebook_find(j, number, &i, &p), 0);
	assert_int_equal(i.state, INCIDENT_SUSPECTED);
	assert_string_equal(i.source.name, "ann@shop.test");
	assert_true(i.score == 18 && i.threshold == 21.5);
	assert_int_equal(i.recipients, 300);
	assert_int_equal(casebook_evidence(j, number, e, 4, &n, &p), 0);
	assert_int_equal(n, 2);
	assert_string_equal(e[0].detector, "same-text"); /* most bits first */
	assert_string_equal(e[1].ids[1], "1b");

	assert_int_equal(step(j, number, INCIDENT_HOLD, AT + 1, NULL), -EINVAL);
	assert_int_equal(step(j, number, INCIDENT_VERDICT, AT + 1, NULL), 0);
	assert_int_equal(casebook_count(j, AT, &contained, &since, &p), 0);
	assert_true(contained == 1 && since == 1);
	/* an hour later it is no longer one of the last hour, and still contained */
	assert_int_equal(casebook_count(j, AT + 2, &contained, &since, &p), 0);
	assert_true(contained == 1 && since == 0);
	assert_int_equal(step(j, number, INCIDENT_HOLD, AT + 2, NULL), 0);
	assert_int_equal(step(j, number, INCIDENT_NOTHING, AT + 3, NULL), 0);
	assert_int_equal(casebook_set_last_mail(j, number, AT + 100, &p), 0);
	assert_int_equal(step(j, number, INCIDENT_RELEASE, AT + 200, &person), 0);
	assert_int_equal(step(j, number, INCIDENT_RELEASE, AT + 200, &person), -EINVAL);
	assert_int_equal(casebook_find(j, number, &i, &p), 0);
	assert_true(i.state == INCIDENT_RELEASED && i.contained == AT + 1 && i.closed == AT + 200);
	assert_true(i.last_mail == AT + 100 && !i.by_person);
	assert_int_equal(casebook_each_step(j, number, join_steps, steps, &p), 0);
	assert_string_equal(
		steps, "verdict>contained hold>cleaning nothing>clean release>released! ");
	assert_int_equal(casebook_count(j, AT, &contained, &since, &p), 0);
	assert_true(contained == 0 && since == 1);
	assert_int_equal(casebook_find(j, 99, &i, &p), -ENOENT);
	assert_int_equal(step(j, 99, INCIDENT_VERDICT, AT, NULL), -ENOENT);
}

static void test_choices(void **state)
{
	AUTO(journal) j = opened(state, JOURNAL_NOTE);
	struct source ann = mailbox("ann@shop.test"), nobody = mailbox("nobody@shop.test");
	struct incident i;
	struct problem p = {0};

	(void)open_one(j, "ann@shop.test", 15, AT);
	assert_int_equal(step(j, 1, INCIDENT_QUIET, AT + 5, NULL), 0);
	(void)open_one(j, "ann@shop.test", 16, AT + 10);
	(void)open_one(j, "bob@shop.test", 17, AT + 20);
	assert_int_equal(counted(j, &(struct incident_choice){0}), 3);
	assert_int_equal(counted(j, &(struct incident_choice){.source = &ann}), 2);
	assert_int_equal(counted(j, &(struct incident_choice){.open_only = true}), 2);
	assert_int_equal(counted(j, &(struct incident_choice){.states = 1u << INCIDENT_CLOSED}), 1);
	assert_int_equal(casebook_find_open(j, &ann, &i, &p), 0);
	assert_int_equal(i.number, 2);
	assert_int_equal(casebook_find_open(j, &nobody, &i, &p), 0);
	assert_int_equal(i.number, 0);
}

/* However long it lasts, the scores stay bounded, and begin and end are kept. */
static void test_scores(void **state)
{
	AUTO(journal) j = opened(state, JOURNAL_NOTE);
	struct incident_score *scores = memory_new(CASEBOOK_SCORES, sizeof(*scores));
	struct source source = mailbox("ann@shop.test");
	struct problem p = {0};
	size_t n;
	int64_t number = open_one(j, "ann@shop.test", 0.5, AT);

	assert_int_equal(journal_begin(j, &p), 0); /* for speed */
	for (int i = 1; i <= 1000; i++) {
		const struct evidence e = {.detector = "burst", .bits = i, .text = "x"};
		const struct incident_finding f = {.source = &source,
			.score = i,
			.at_us = (AT + i) * 1000000,
			.evidence = &e,
			.evidence_count = 1};
		assert_int_equal(casebook_judge(j, number, &f, &p), 0);
	}
	assert_int_equal(journal_commit(j, &p), 0);
	assert_int_equal(casebook_scores(j, number, scores, &n, &p), 0);
	assert_in_range(n, CASEBOOK_SCORES / 2, CASEBOOK_SCORES);
	assert_true(scores[0].score == 0.5 && scores[n - 1].score == 1000);
	for (size_t i = 1; i < n; i++)
		assert_true(scores[i].at_us > scores[i - 1].at_us);
	free(scores);

	struct evidence e[4];
	assert_int_equal(casebook_evidence(j, number, e, 4, &n, &p), 0);
	assert_int_equal(n, 2); /* the last of each detector */
	assert_true(e[0].bits == 1000);
}

static bool join_exemptions(void *context, const struct exemption *e)
{
	size_t n = strlen(context);

	(void)snprintf((char *)context + n, 400 - n, "%s:%s ", e->source.name, e->reason);
	return true;
}

static void test_exemptions(void **state)
{
	AUTO(journal) j = opened(state, JOURNAL_NOTE);
	struct exemption e = {.source = mailbox("news@club.test"), .since = AT, .reason = "a list"};
	struct problem p = {0};
	bool exempt = true;
	char all[400] = "";
	int64_t until;

	assert_int_equal(casebook_is_exempt(j, &e.source, AT, &exempt, &p), 0);
	assert_false(exempt);
	assert_int_equal(casebook_exempt(j, &e, &p), 0);
	assert_int_equal(casebook_is_exempt(j, &e.source, AT + 1000000, &exempt, &p), 0);
	assert_true(exempt);
	e.until = AT + 60;
	e.reason = "for now";
	assert_int_equal(casebook_exempt(j, &e, &p), 0);
	assert_int_equal(casebook_is_exempt(j, &e.source, AT + 59, &exempt, &p), 0);
	assert_true(exempt);
	assert_int_equal(casebook_is_exempt(j, &e.source, AT + 60, &exempt, &p), 0);
	assert_false(exempt);
	assert_int_equal(casebook_each_exemption(j, AT + 60, join_exemptions, all, &p), 0);
	assert_string_equal(all, "");
	assert_int_equal(casebook_each_exemption(j, 0, join_exemptions, all, &p), 0);
	assert_string_equal(all, "news@club.test:for now ");
	assert_int_equal(casebook_end_exemption(j, &e.source, &by_daemon, &p), 0);
	assert_int_equal(casebook_end_exemption(j, &e.source, &by_daemon, &p), -ENOENT);

	assert_int_equal(casebook_forgiven(j, &e.source, &until, &p), 0);
	assert_int_equal(until, 0);
	assert_int_equal(casebook_forgive(j, &e.source, 500, &p), 0);
	assert_int_equal(casebook_forgive(j, &e.source, 400, &p), 0); /* it is never taken back */
	assert_int_equal(casebook_forgiven(j, &e.source, &until, &p), 0);
	assert_int_equal(until, 500);
}

/* What a person has said is there for the next process. */
static void test_said_once(void **state)
{
	const struct exemption e = {
		.source = mailbox("news@club.test"), .since = AT, .reason = "a list"};
	struct problem p = {0};
	bool exempt = false;
	int64_t until = 0;
	struct journal *j = opened(state, JOURNAL_NOTE);

	assert_int_equal(casebook_exempt(j, &e, &p), 0);
	assert_int_equal(casebook_forgive(j, &e.source, 500, &p), 0);
	journal_free(j);
	journal_free(opened(state, JOURNAL_ACT));
	j = opened(state, JOURNAL_READ);
	assert_int_equal(casebook_is_exempt(j, &e.source, AT, &exempt, &p), 0);
	assert_true(exempt);
	assert_int_equal(casebook_forgiven(j, &e.source, &until, &p), 0);
	assert_int_equal(until, 500);
	journal_free(j);
}

/* Names and words that somebody else chose come back as they were. */
static void test_hostile(void **state)
{
	AUTO(journal) j = opened(state, JOURNAL_NOTE);
	struct incident i;
	struct problem p = {0};
	int64_t number = open_one(j, "x';DROP TABLE incidents;--\x1b[2J\xff@shop.test", 18, AT);

	assert_int_equal(casebook_find(j, number, &i, &p), 0);
	assert_string_equal(i.source.name, "x';drop table incidents;--\x1b[2j\xff@shop.test");
	char words[2000];
	memset(words, 'w', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	const struct incident_doing doing = {.at = AT, .words = words};
	assert_int_equal(casebook_step(j, number, INCIDENT_DISMISS, &doing, NULL, &p), 0);
}

static void age_the_journal(void **state)
{
	static const char drop[] =
		"PRAGMA foreign_keys=OFF; DROP TABLE steps; DROP TABLE evidence;"
		"DROP TABLE scores; DROP TABLE incident_holds; DROP TABLE incidents;"
		"DROP TABLE exemptions; DROP TABLE forgiven; DROP TABLE incident_actions;"
		"DROP TABLE action_steps; DROP TABLE exemption_steps; DROP INDEX actions_began;"
		"DROP INDEX actions_hold; DROP INDEX holds_source; PRAGMA user_version=1;";
	char path[FOLDER_PATH_MAX];
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/state/" JOURNAL_NAME, (const char *)*state);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, drop, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* A journal of before there was a casebook: read as it is, brought up to date when it is written.
 */
static void test_older_journal(void **state)
{
	struct problem p = {0};
	int64_t hold;
	struct journal *j = opened(state, JOURNAL_ACT);
	const struct journal_hold h = {.created = AT,
		.reason = "r",
		.selector = "s",
		.source = "",
		.spool = "/",
		.queue = "stanch"};

	assert_int_equal(journal_add_hold(j, &h, &hold, &p), 0);
	journal_free(j);
	age_the_journal(state);
	j = opened(state, JOURNAL_READ);
	assert_false(casebook_exists(j));
	journal_free(j);
	j = opened(state, JOURNAL_NOTE);
	assert_true(casebook_exists(j));
	assert_int_equal(open_one(j, "ann@shop.test", 18, AT), 1);
	assert_int_equal(casebook_add_hold(j, 1, hold, 7, &p), 0);
	int64_t holds[4];
	size_t n;
	assert_int_equal(casebook_holds(j, 1, holds, 4, &n, &p), 0);
	assert_int_equal(n, 1);
	assert_int_equal(holds[0], hold);
	journal_free(j);
}

/* The daemon notes incidents while somebody holds mail, and both while somebody looks. */
static void test_two_writers(void **state)
{
	struct problem p = {0};
	AUTO(journal) acting = opened(state, JOURNAL_ACT);
	AUTO(journal) noting = opened(state, JOURNAL_NOTE);
	AUTO(journal) reading = opened(state, JOURNAL_READ);
	struct incident i;
	int64_t hold;
	const struct journal_hold h = {
		.reason = "", .selector = "", .source = "", .spool = "/", .queue = "q"};

	for (int n = 1; n <= 5; n++) {
		assert_int_equal(journal_add_hold(acting, &h, &hold, &p), 0);
		assert_int_equal(open_one(noting, "ann@shop.test", 18, AT), n);
		assert_int_equal(casebook_find(reading, n, &i, &p), 0);
		assert_int_equal(step(acting, n, INCIDENT_DISMISS, AT, NULL), 0);
		assert_int_equal(casebook_find(noting, n, &i, &p), 0);
		assert_int_equal(i.state, INCIDENT_DISMISSED);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_life),
		TEST(test_choices),
		TEST(test_scores),
		TEST(test_exemptions),
		TEST(test_said_once),
		TEST(test_hostile),
		TEST(test_older_journal),
		TEST(test_two_writers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
