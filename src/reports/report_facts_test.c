#include "reports/report_facts.h"

#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define AT  INT64_C(1795436837) /* 2026-11-23 12:27:17 UTC */
#define DAY INT64_C(86400)

static struct journal *opened(void *const *state)
{
	char path[FOLDER_PATH_MAX];
	struct problem p = {0};
	struct journal *j = NULL;

	(void)snprintf(path, sizeof(path), "%s/state", (const char *)*state);
	assert_int_equal(journal_open(path, JOURNAL_ACT, "test", &j, &p), 0);
	return j;
}

/* Its evidence names messages of 10 and of 4 seconds before it was opened, and one of a year
 * before, which nobody has to believe. */
static int64_t open_one(struct journal *j, const char *name, int64_t at, uint64_t messages)
{
	static const char digits[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	const int64_t seconds[] = {at - 10, at - 4, at - 365 * DAY};
	struct evidence evidence = {.detector = "burst", .bits = 30, .text = "so many"};
	struct source source;
	struct problem p = {0};
	int64_t number = 0;

	for (size_t i = 0; i < 3; i++) {
		int64_t n = seconds[i];

		(void)snprintf(
			evidence.ids[i], sizeof(evidence.ids[i]), "xxxxxx-0001Ie-%02zu", i % 60);
		for (size_t k = 6; k > 0; k--, n /= 62)
			evidence.ids[i][k - 1] = digits[n % 62];
	}
	evidence.id_count = 3;
	source_set(&source, SOURCE_MAILBOX, slice_of(name));
	const struct incident_finding f = {.source = &source,
		.score = 30,
		.threshold = 21.5,
		.at_us = (at - 2) * 1000000,
		.messages = messages,
		.recipients = 5 * messages,
		.evidence = &evidence,
		.evidence_count = 1};
	const struct incident_doing doing = {.at = at, .words = "seen"};
	assert_int_equal(casebook_open(j, &f, &doing, &number, &p), 0);
	return number;
}

static void step(struct journal *j, int64_t number, enum incident_event event, int64_t at,
	const struct journal_who *who)
{
	const struct incident_doing doing = {.at = at, .who = who, .words = "so"};
	struct problem p = {0};

	assert_int_equal(casebook_step(j, number, event, &doing, NULL, &p), 0);
}

struct held {
	int64_t received; /* 0: its details are not known */
	enum message_state state;
};

static void hold(struct journal *j, int64_t number, int64_t at, const struct held *held, size_t n)
{
	struct journal_hold h = {.created = at,
		.who = {.user = "root"},
		.reason = "",
		.selector = "",
		.source = "",
		.spool = "/spool",
		.queue = "stanch"};
	struct problem p = {0};
	int64_t hold_number = 0, action = 0;

	assert_int_equal(journal_begin(j, &p), 0);
	assert_int_equal(journal_add_hold(j, &h, &hold_number, &p), 0);
	const struct journal_action a = {.kind = ACTION_HOLD,
		.hold = hold_number,
		.began = at,
		.who = {.user = "root"},
		.request = "hold"};
	assert_int_equal(journal_add_action(j, &a, &action, &p), 0);
	for (size_t i = 0; i < n; i++) {
		struct journal_message m = {.hold = hold_number,
			.action = action,
			.state = held[i].state,
			.queue = "",
			.details = held[i].received != 0,
			.source = slice_of(""),
			.sender = slice_of(""),
			.recipients = slice_of(""),
			.recipient_count = 3,
			.received = held[i].received};
		char id[64];

		(void)snprintf(id, sizeof(id), "1xTvf5-000%03zu-%02d", i, (int)(hold_number % 60));
		assert_int_equal(exim_id_parse(slice_first(slice_of(id), EXIM_ID_OLD), &m.id), 0);
		assert_int_equal(journal_add_message(j, &m, &p), 0);
		if (m.details)
			assert_int_equal(journal_set_details(j, &m, &p), 0);
		assert_int_equal(journal_set_state(j, hold_number, &m.id, m.state, action, &p), 0);
	}
	const struct journal_counts counts = {.messages = n, .done = n};
	assert_int_equal(journal_end_action(j, action, at, &counts, false, &p), 0);
	assert_int_equal(journal_commit(j, &p), 0);
	assert_int_equal(casebook_add_hold(j, number, hold_number, n, &p), 0);
}

static void act(struct journal *j, int64_t number, const char *responder, enum action_state state,
	const char *note)
{
	const struct incident_action a = {.incident = number,
		.responder = responder,
		.state = state,
		.changed = AT,
		.words = "as it was seen",
		.note = note};
	struct problem p = {0};

	assert_int_equal(actions_put(j, &a, &p), 0);
}

static const struct held six[] = {{AT - 3, MESSAGE_HELD}, {AT - 20, MESSAGE_HELD},
	{AT + 5, MESSAGE_RESTORED}, {AT + 300, MESSAGE_PURGED}, {AT - 2, MESSAGE_RELEASED},
	{AT - 2, MESSAGE_LEFT}};

static void what_became_of_the_mail(void **state)
{
	AUTO(journal) j = opened(state);
	struct report_incident r;
	struct problem p = {0};
	uint64_t n = 99;

	int64_t number = open_one(j, "ann@shop.test", AT, 12);
	step(j, number, INCIDENT_VERDICT, AT + 2, NULL);
	hold(j, number, AT + 3, six, 6);
	act(j, number, "refuse", ACTION_DONE, "{}");
	act(j, number, "secret", ACTION_DONE, "{\"do\":\"change\",\"mark\":\"m\"}");
	act(j, number, "tell", ACTION_FAILED, "");
	assert_int_equal(report_incident_read(j, number, &r, &p), 0);
	assert_int_equal(r.first, AT - 10);
	assert_true(report_went_out(&r, &n));
	assert_int_equal(n, 12 - 1); /* of those held one came after the first and before the
					verdict's second */
	assert_true(report_still_held(&r, &n));
	assert_int_equal(n, 2);
	assert_true(report_put_back(&r, &n));
	assert_int_equal(n, 2);
	assert_int_equal(r.sample_count, 5);
	assert_int_equal(r.samples[0].recipients, 3);
	assert_int_equal(r.deed_count, 3);
	assert_true(report_is_done(&r, "refuse"));
	assert_false(report_is_done(&r, "tell"));
	assert_false(report_is_done(&r, "sessions"));
	assert_true(report_is_password_changed(&r));
	report_incident_clear(&r);

	act(j, number, "secret", ACTION_UNDONE, "{\"do\":\"change\"}");
	assert_int_equal(report_incident_read(j, number, &r, &p), 0);
	assert_false(report_is_password_changed(&r));
	report_incident_clear(&r);
	act(j, number, "secret", ACTION_DONE, "{\"do\":\"suspend\"}");
	assert_int_equal(report_incident_read(j, number, &r, &p), 0);
	assert_false(report_is_password_changed(&r));
	report_incident_clear(&r);
	assert_int_equal(report_incident_read(j, number + 1, &r, &p), -ENOENT);
	report_incident_clear(&r);
}

static void what_is_not_known(void **state)
{
	static const struct held unknown[] = {{0, MESSAGE_HELD}};
	static const struct held early[] = {
		{AT - 5, MESSAGE_HELD}, {AT - 5, MESSAGE_HELD}, {AT - 4, MESSAGE_HELD}};
	AUTO(journal) j = opened(state);
	const struct journal_who person = {.user = "root"};
	struct report_incident r;
	struct problem p = {0};
	uint64_t n = 99;

	/* details of a held message */
	int64_t number = open_one(j, "a@shop.test", AT, 12);
	step(j, number, INCIDENT_VERDICT, AT + 2, NULL);
	hold(j, number, AT + 3, unknown, 1);
	assert_int_equal(report_incident_read(j, number, &r, &p), 0);
	assert_false(report_went_out(&r, &n));
	assert_true(report_still_held(&r, &n) && n == 1);
	report_incident_clear(&r);

	/* how many there were: a person had it contained */
	number = open_one(j, "b@shop.test", AT, 0);
	step(j, number, INCIDENT_ASK, AT + 1, NULL);
	step(j, number, INCIDENT_APPROVE, AT + 2, &person);
	n = 99;
	assert_int_equal(report_incident_read(j, number, &r, &p), 0);
	assert_false(report_went_out(&r, &n));
	assert_int_equal(n, 99);
	report_incident_clear(&r);

	/* more was held than is known to have come */
	number = open_one(j, "c@shop.test", AT, 2);
	step(j, number, INCIDENT_VERDICT, AT + 2, NULL);
	hold(j, number, AT + 3, early, 3);
	assert_int_equal(report_incident_read(j, number, &r, &p), 0);
	assert_false(report_went_out(&r, &n));
	report_incident_clear(&r);

	/* it was contained long after they were counted, and just not too long */
	for (int late = 58; late <= 59; late++) {
		number = open_one(j, late == 58 ? "f@shop.test" : "g@shop.test", AT, 12);
		step(j, number, INCIDENT_VERDICT, AT + late, NULL);
		assert_int_equal(report_incident_read(j, number, &r, &p), 0);
		assert_int_equal(report_went_out(&r, &n), late == 58);
		report_incident_clear(&r);
	}

	/* when it was not contained */
	number = open_one(j, "d@shop.test", AT, 12);
	assert_int_equal(report_incident_read(j, number, &r, &p), 0);
	assert_false(report_went_out(&r, &n));
	report_incident_clear(&r);

	/* and more holds than are read */
	number = open_one(j, "e@shop.test", AT, 100);
	step(j, number, INCIDENT_VERDICT, AT + 2, NULL);
	for (int i = 0; i < INCIDENT_HOLDS_SHOWN; i++)
		hold(j, number, AT + 3, six, 1);
	assert_int_equal(report_incident_read(j, number, &r, &p), 0);
	assert_false(report_went_out(&r, &n));
	assert_false(report_still_held(&r, &n));
	assert_false(report_put_back(&r, &n));
	report_incident_clear(&r);
}

static void a_period(void **state)
{
	AUTO(journal) j = opened(state);
	const struct journal_who person = {.user = "root"};
	struct report_period period;
	struct problem p = {0};

	/* over before it; open since before it; behind it */
	int64_t number = open_one(j, "over@shop.test", AT - 9 * DAY, 5);
	step(j, number, INCIDENT_DISMISS, AT - 8 * DAY, &person);
	(void)open_one(j, "older@shop.test", AT - 9 * DAY, 5);
	(void)open_one(j, "later@shop.test", AT + 9 * DAY, 5);
	/* contained 12, 20 and 110 seconds after their first mail */
	number = open_one(j, "one@shop.test", AT, 12);
	step(j, number, INCIDENT_VERDICT, AT + 2, NULL);
	hold(j, number, AT + 3, six, 6);
	act(j, number, "tell", ACTION_FAILED, "");
	number = open_one(j, "two@shop.test", AT + 100, 30);
	step(j, number, INCIDENT_VERDICT, AT + 110, NULL);
	number = open_one(j, "three@shop.test", AT + 200, 0);
	step(j, number, INCIDENT_ASK, AT + 201, NULL);
	step(j, number, INCIDENT_APPROVE, AT + 300, &person);
	step(j, number, INCIDENT_RELEASE, AT + 400, &person);
	number = open_one(j, "asks@shop.test", AT + 300, 7);
	step(j, number, INCIDENT_ASK, AT + 301, NULL);

	assert_int_equal(report_period_read(j, AT - DAY, AT + DAY, &period, &p), 0);
	assert_int_equal(period.opened, 4);
	assert_int_equal(period.count, 5);
	assert_true(period.rows[0].is_older && !period.rows[1].is_older);
	assert_string_equal(period.rows[1].incident.source.name, "one@shop.test");
	assert_int_equal(period.contained, 3);
	assert_int_equal(period.by_person, 1);
	assert_int_equal(period.false_alarms, 1);
	assert_int_equal(period.waiting, 1);
	assert_int_equal(period.open, 4);
	assert_int_equal(period.troubles, 1);
	assert_int_equal(period.held, 6);
	assert_int_equal(period.went_out.count, 11 + 30);
	assert_int_equal(period.went_out.unknown, 1); /* of the one that a person had contained */
	assert_int_equal(period.still_held.count, 2);
	assert_int_equal(period.still_held.unknown, 0);
	assert_true(period.delay_median.is_known && period.delay_worst.is_known);
	assert_int_equal(period.delay_median.count, 20);
	assert_int_equal(period.delay_worst.count, 110);
	report_period_clear(&period);

	/* one of those contained in it alone; what is at its end is not in it */
	assert_int_equal(report_period_read(j, AT + 100, AT + 200, &period, &p), 0);
	assert_int_equal(period.opened, 1);
	assert_int_equal(period.contained, 1);
	assert_int_equal(period.delay_median.count, 20);
	report_period_clear(&period);
	assert_int_equal(report_period_read(j, AT + 100, AT + 110, &period, &p), 0);
	assert_int_equal(period.opened, 1);
	assert_int_equal(period.contained, 0);
	report_period_clear(&period);
	/* of two the median is between them */
	assert_int_equal(report_period_read(j, AT - DAY, AT + 150, &period, &p), 0);
	assert_int_equal(period.delay_median.count, 16);
	report_period_clear(&period);

	/* none */
	assert_int_equal(report_period_read(j, AT - 20 * DAY, AT - 19 * DAY, &period, &p), 0);
	assert_int_equal(period.count, 0);
	assert_false(period.delay_median.is_known);
	report_period_clear(&period);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_became_of_the_mail, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(what_is_not_known, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(a_period, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
