#include "responders/containment.h"

#include "incidents/casebook.h"
#include "tests/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define AT INT64_C(1795436837)

/* A world of four things that can be so or not, and what the responders are told to answer. */
static struct world {
	bool is_so[4];
	int act_err[4], check_err[4], undo_err[4];
	bool lies[4];
	unsigned acts[4];
	bool comes_back; /* sessions, until the secret is changed */
	bool gives_secret;
	bool was_intended; /* act() saw the intent in the journal each time */
	bool is_off[4];
	unsigned told_secret, told[RESPONDING_RELEASED + 1];
	char trail[1024];
	struct journal *journal;
	int64_t incident, now;
} world;

enum { REFUSE, SESSIONS, SECRET, TELL };
static const char *const names[] = {"refuse", "sessions", "secret", "tell"};

static bool see_intent(void *context, const struct incident_action *a)
{
	if (strcmp(a->responder, names[*(const int *)context]) == 0)
		world.was_intended &= a->state == ACTION_INTENDED;
	return true;
}

static void note_trail(const char *what, int i)
{
	size_t n = strlen(world.trail);

	(void)snprintf(world.trail + n, sizeof(world.trail) - n, "%s-%s ", what, names[i]);
}

static int act(int i, struct responding *r, json_t *note, struct problem *said)
{
	struct problem p = {0};

	assert_int_equal(actions_each(world.journal, world.incident, see_intent, &i, &p), 0);
	note_trail("do", i);
	world.acts[i]++;
	if (world.act_err[i] != 0)
		return problem_set(said, world.act_err[i], "cannot");
	world.is_so[i] = !world.lies[i];
	if (i == SESSIONS && world.comes_back && !world.is_so[SECRET])
		world.is_so[i] = true; /* until somebody looks again */
	if (i == SECRET) {
		if (world.gives_secret)
			r->secret = secret_new(slice_of("correct horse"));
		json_object_set_new(note, "do", json_string("change"));
		if (world.comes_back)
			world.is_so[SESSIONS] = false;
	}
	if (i == TELL) {
		world.told[r->stage]++;
		world.told_secret += r->secret != NULL && !r->secret_told;
		r->secret_told = r->secret != NULL;
	}
	json_object_set_new(note, "acted", json_integer((json_int_t)world.acts[i]));
	return problem_set(said, 0, "did it");
}

static int check(int i, struct problem *said)
{
	if (world.check_err[i] != 0)
		return problem_set(said, world.check_err[i], "cannot look");
	return problem_set(
		said, world.is_so[i] ? 0 : -ENOENT, world.is_so[i] ? "is so" : "is not so");
}

static int undo(int i, struct problem *said)
{
	note_trail("undo", i);
	if (world.undo_err[i] != 0)
		return problem_set(said, world.undo_err[i], "cannot");
	world.is_so[i] = false;
	return problem_set(said, 0, "undid it");
}

static bool fits(const struct source *source)
{
	return source->kind == SOURCE_MAILBOX;
}

static void plan(const struct responding *r, struct problem *said)
{
	(void)r;
	(void)problem_set(said, 0, "would do it");
}

static bool is_untold(const struct responding *r)
{
	return r->secret != NULL && !r->secret_told;
}

#define RESPONDER(name, place)                                                                     \
	static bool name##_is_on(const struct settings_values *values)                             \
	{                                                                                          \
		(void)values;                                                                      \
		return !world.is_off[place];                                                       \
	}                                                                                          \
	static int name##_act(struct responding *r, json_t *note, struct problem *said)            \
	{                                                                                          \
		return act(place, r, note, said);                                                  \
	}                                                                                          \
	static int name##_check(                                                                   \
		const struct responding *r, const json_t *note, struct problem *said)              \
	{                                                                                          \
		(void)note;                                                                        \
		if ((place) == TELL && (world.told[r->stage] == 0 || is_untold(r)))                \
			return problem_set(said, -ENOENT, "not told");                             \
		return check(place, said);                                                         \
	}                                                                                          \
	static int name##_undo(const struct responding *r, json_t *note, struct problem *said)     \
	{                                                                                          \
		(void)r, (void)note;                                                               \
		return undo(place, said);                                                          \
	}

RESPONDER(refuse, REFUSE)
RESPONDER(sessions, SESSIONS)
RESPONDER(secret, SECRET)
RESPONDER(tell, TELL)

/* A row of the table. */
#define ROW(word, what, how_undone)                                                                \
	{                                                                                          \
		.name = #word, .deed = (what), .is_on = word##_is_on, .fits = fits, .plan = plan,  \
		.act = word##_act, .check = word##_check, .undo = (how_undone)                     \
	}

static const struct responder rows[] = {
	ROW(refuse, "refuse it", refuse_undo),
	ROW(sessions, "end them", NULL),
	ROW(secret, "change it", secret_undo),
	ROW(tell, "tell them", tell_undo),
};
static const struct responder *const table[] = {&rows[0], &rows[1], &rows[2], &rows[3]};

static int64_t now(void)
{
	return world.now;
}

static void pause_for(int64_t s)
{
	world.now += s;
}

static struct source ann;
static struct settings_values values;

static void begin(void *const *state, struct containment *c)
{
	static char folder[FOLDER_PATH_MAX];
	struct problem p = {0};
	const struct incident_doing doing = {.at = AT, .words = ""};
	const struct incident_finding f = {.source = &ann, .at_us = AT * 1000000};

	(void)sessions_undo;
	world = (struct world){.was_intended = true, .now = AT};
	source_set(&ann, SOURCE_MAILBOX, slice_of("ann@shop.test"));
	(void)snprintf(folder, sizeof(folder), "%s/state", (const char *)*state);
	assert_int_equal(journal_open(folder, JOURNAL_NOTE, "test", &world.journal, &p), 0);
	assert_int_equal(casebook_open(world.journal, &f, &doing, &world.incident, &p), 0);
	values = (struct settings_values){.tell = {.enabled = true, .secret_by = TELL_SECRET_MAIL}};
	*c = (struct containment){.journal = world.journal,
		.state = folder,
		.table = table,
		.count = 4,
		.with = {.values = &values,
			.source = &ann,
			.incident = world.incident,
			.reason = ""},
		.now = now,
		.pause = pause_for};
}

static struct contained did(struct containment *c)
{
	struct contained ret;
	struct problem p = {0};

	if (containment_act(c, &ret, &p) != 0)
		fail_msg("%s", p.text);
	return ret;
}

static void finish(struct containment *c)
{
	containment_end(c);
	journal_free(world.journal);
}

static void test_all_in_order_intent_first(void **state)
{
	struct containment c;

	begin(state, &c);
	struct contained r = did(&c);
	assert_int_equal(r.done, 4);
	assert_int_equal(r.next, 0);
	assert_true(world.was_intended);
	assert_string_equal(world.trail, "do-refuse do-sessions do-secret do-tell ");
	r = did(&c); /* nothing is done twice */
	assert_int_equal(r.done, 4);
	assert_string_equal(world.trail, "do-refuse do-sessions do-secret do-tell ");
	finish(&c);
}

static void test_only_what_is_on_and_fits(void **state)
{
	struct containment c;
	struct source host;

	begin(state, &c);
	world.is_off[SECRET] = world.is_off[TELL] = true;
	assert_int_equal(did(&c).done, 2);
	assert_string_equal(world.trail, "do-refuse do-sessions ");
	finish(&c);

	begin(state, &c);
	world.is_off[SECRET] = world.is_off[TELL] = true;
	source_set(&host, SOURCE_HOST, slice_of("192.0.2.7"));
	c.with.source = &host;
	assert_int_equal(did(&c).done, 0);
	assert_string_equal(world.trail, "");
	finish(&c);
}

static void test_a_lie_is_not_believed(void **state)
{
	struct containment c;

	begin(state, &c);
	world.lies[REFUSE] = true;
	struct contained r = did(&c);
	assert_int_equal(r.waiting, 1);
	assert_int_equal(r.done, 3); /* the others are done all the same */
	assert_int_equal(r.next, AT + 5);
	world.lies[REFUSE] = false;
	assert_int_equal(did(&c).waiting, 1); /* not before its time */
	world.now = AT + 5;
	assert_int_equal(did(&c).done, 4);
	assert_int_equal(world.acts[REFUSE], 2);
	finish(&c);
}

static void test_tried_again_ever_later(void **state)
{
	struct containment c;
	const int64_t waits[] = {5, 10, 20, 40};

	begin(state, &c);
	world.is_off[TELL] = true;
	world.act_err[SECRET] = -EAGAIN;
	for (size_t i = 0; i < 4; i++) {
		struct contained r = did(&c);
		assert_int_equal(r.next - world.now, waits[i]);
		world.now = r.next;
	}
	for (int i = 0; i < 20; i++)
		world.now = did(&c).next;
	assert_int_equal(did(&c).next - world.now, CONTAINMENT_WAIT_MOST);
	world.act_err[SECRET] = 0;
	world.now += CONTAINMENT_WAIT_MOST;
	assert_int_equal(did(&c).done, 3);
	finish(&c);
}

static void test_a_no_is_not_asked_again(void **state)
{
	struct containment c;

	begin(state, &c);
	world.act_err[SECRET] = -EACCES;
	struct contained r = did(&c);
	assert_int_equal(r.failed, 1);
	assert_int_equal(r.next, 0);
	world.act_err[SECRET] = 0;
	world.now += 86400;
	assert_int_equal(did(&c).failed, 1);
	c.insists = true;
	assert_int_equal(did(&c).done, 4);
	finish(&c);
}

static void put_row(const char *name, enum action_state state)
{
	const struct incident_action a = {.incident = world.incident,
		.responder = name,
		.state = state,
		.changed = AT,
		.words = "",
		.note = "{}"};
	struct problem p = {0};

	assert_int_equal(actions_put(world.journal, &a, &p), 0);
}

/* Killed before, in or after act(): the journal has the intent, the world either. */
static void test_killed_in_between(void **state)
{
	struct containment c;

	begin(state, &c);
	put_row("refuse", ACTION_INTENDED);
	put_row("sessions", ACTION_INTENDED);
	world.is_so[SESSIONS] = true;
	assert_int_equal(did(&c).done, 4);
	assert_string_equal(world.trail, "do-refuse do-secret do-tell ");
	finish(&c);
}

static void test_who_is_back_is_thrown_out_again(void **state)
{
	struct containment c;

	begin(state, &c);
	world.comes_back = true;
	assert_int_equal(did(&c).done, 4);
	assert_string_equal(world.trail, "do-refuse do-sessions do-secret do-sessions do-tell ");
	world.is_so[SECRET] = false; /* somebody has set the password back */
	assert_int_equal(did(&c).done, 4);
	assert_int_equal(world.acts[SECRET], 2);
	finish(&c);
}

static void test_what_cannot_be_looked_at_is_not_done_anew(void **state)
{
	struct containment c;

	begin(state, &c);
	assert_int_equal(did(&c).done, 4);
	world.check_err[SECRET] = -EAGAIN;
	assert_int_equal(did(&c).done, 4);
	assert_int_equal(world.acts[SECRET], 1);
	finish(&c);
}

static void test_a_secret_is_waited_for(void **state)
{
	struct containment c;

	begin(state, &c);
	world.gives_secret = true;
	world.act_err[TELL] = -EAGAIN;
	struct contained r = did(&c);
	assert_int_equal(r.waiting, 1);
	assert_true(world.acts[TELL] > 1);
	assert_true(world.now <= AT + CONTAINMENT_PATIENCE_S);
	assert_int_equal(world.told_secret, 0);
	finish(&c);
}

static void test_a_secret_is_told_once(void **state)
{
	struct containment c;

	begin(state, &c);
	world.gives_secret = true;
	assert_int_equal(did(&c).done, 4);
	assert_int_equal(did(&c).done, 4);
	assert_int_equal(world.told_secret, 1);
	finish(&c);
}

/* Set back by somebody and changed anew: what was told of the old one is not enough. */
static void test_another_secret_is_told_too(void **state)
{
	struct containment c;

	begin(state, &c);
	world.gives_secret = true;
	assert_int_equal(did(&c).done, 4);
	containment_end(&c);
	c.with.secret_told = false;
	world.is_so[SECRET] = false;
	assert_int_equal(did(&c).done, 4);
	assert_int_equal(world.told_secret, 2);
	finish(&c);
}

/* Where it goes nowhere, nobody is waited for. */
static void test_a_secret_for_nobody_is_not_waited_for(void **state)
{
	struct containment c;

	begin(state, &c);
	values.tell.secret_by = TELL_SECRET_NONE;
	world.gives_secret = true;
	world.act_err[TELL] = -EAGAIN;
	assert_int_equal(did(&c).waiting, 1);
	assert_int_equal(world.now, AT);
	finish(&c);
}

/* What has failed of one stage, or waits, says nothing of the next. */
static void test_each_stage_is_told(void **state)
{
	static const int errors[] = {0, -EIO, -EAGAIN};
	struct containment c;
	struct contained r;
	struct problem p = {0};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		begin(state, &c);
		world.act_err[TELL] = errors[i];
		assert_int_equal(containment_suspect(&c, &r, &p), 0);
		assert_string_equal(world.trail, "do-tell ");
		assert_int_equal(r.done, errors[i] == 0);
		world.act_err[TELL] = 0;
		assert_int_equal(did(&c).done, 4);
		assert_int_equal(world.told[RESPONDING_CONTAINED], 1);
		assert_int_equal(containment_close(&c, &r, &p), 0);
		assert_int_equal(containment_close(&c, &r, &p), 0);
		assert_int_equal(world.told[RESPONDING_CLOSED], 1);
		finish(&c);
	}
}

/* They could not be reached while it lasted: they hear of it before they hear that it is over. */
static void test_who_was_not_reached_is_told_at_the_end(void **state)
{
	struct containment c;
	struct contained r;
	struct problem p = {0};

	begin(state, &c);
	world.act_err[TELL] = -EAGAIN;
	assert_int_equal(did(&c).waiting, 1);
	world.now += CONTAINMENT_WAIT_MOST;
	assert_int_equal(containment_close(&c, &r, &p), 0);
	assert_int_equal(r.waiting, 1);
	world.now += CONTAINMENT_WAIT_MOST;
	world.act_err[TELL] = 0;
	assert_int_equal(containment_close(&c, &r, &p), 0);
	assert_int_equal(world.told[RESPONDING_CONTAINED], 1);
	assert_int_equal(world.told[RESPONDING_CLOSED], 1);
	finish(&c);
}

/* What is told of the end waits for its time, and is not taken for told meanwhile. */
static void test_the_end_waits_for_its_time(void **state)
{
	struct containment c;
	struct contained r;
	struct problem p = {0};

	begin(state, &c);
	(void)did(&c);
	world.act_err[TELL] = -EAGAIN;
	assert_int_equal(containment_close(&c, &r, &p), 0);
	assert_int_equal(r.waiting, 1);
	unsigned tries = world.acts[TELL];
	world.now = r.next - 1;
	assert_int_equal(containment_close(&c, &r, &p), 0);
	assert_int_equal(r.waiting, 1);
	assert_int_equal(world.acts[TELL], tries);
	world.now = r.next;
	world.act_err[TELL] = 0;
	assert_int_equal(containment_close(&c, &r, &p), 0);
	assert_int_equal(r.waiting, 0);
	assert_int_equal(world.told[RESPONDING_CONTAINED], 1);
	assert_int_equal(world.told[RESPONDING_CLOSED], 1);
	finish(&c);
}

static bool is_not_due(void *context)
{
	(*(unsigned *)context)++;
	return false;
}

/* It has been ended while another that acted on it was waited for. */
static void test_what_is_due_no_longer_is_not_done(void **state)
{
	struct containment c;
	struct contained r;
	struct problem p = {0};
	unsigned asked = 0;

	begin(state, &c);
	c.is_due = is_not_due;
	c.context = &asked;
	assert_int_equal(containment_act(&c, &r, &p), -ESTALE);
	assert_int_equal(containment_close(&c, &r, &p), -ESTALE);
	assert_int_equal(containment_suspect(&c, &r, &p), -ESTALE);
	assert_int_equal(containment_undo(&c, NULL, &r, &p), -ESTALE);
	assert_int_equal(asked, 4);
	assert_string_equal(world.trail, "");
	c.is_due = NULL;
	assert_int_equal(did(&c).done, 4);
	finish(&c);
}

static void test_undone_for_good(void **state)
{
	struct containment c;
	struct contained r;
	struct problem p = {0};

	begin(state, &c);
	(void)did(&c);
	world.undo_err[SECRET] = -EAGAIN;
	assert_int_equal(containment_undo(&c, "refuse", &r, &p), 0);
	assert_int_equal(r.done, 1);
	assert_false(world.is_so[REFUSE]);
	assert_true(world.is_so[SECRET]);
	assert_int_equal(containment_undo(&c, NULL, &r, &p), 0);
	assert_int_equal(r.done, 2);
	assert_int_equal(r.failed, 1);
	world.undo_err[SECRET] = 0;
	assert_int_equal(containment_undo(&c, NULL, &r, &p), 0);
	assert_int_equal(r.failed, 0);
	world.trail[0] = '\0';
	(void)did(&c);
	assert_string_equal(world.trail, ""); /* what was undone is not done again */
	finish(&c);
}

/* The refusal goes when the password keeps the thief out, and stays when nothing else does. */
static void test_closed(void **state)
{
	struct containment c;
	struct contained r;
	struct problem p = {0};

	begin(state, &c);
	(void)did(&c);
	world.is_so[SECRET] = false; /* set back: changed before it is let in */
	assert_int_equal(containment_close(&c, &r, &p), 0);
	assert_false(world.is_so[REFUSE]);
	assert_int_equal(world.acts[SECRET], 2);
	finish(&c);
	begin(state, &c);
	c.insists = true;
	world.act_err[SECRET] = -EAGAIN;
	(void)did(&c);
	assert_int_equal(containment_close(&c, &r, &p), 0);
	assert_true(world.is_so[REFUSE]);
	assert_int_equal(world.acts[SECRET], 1); /* not changed behind the end */
	finish(&c);
	begin(state, &c);
	world.is_off[SECRET] = true;
	(void)did(&c);
	assert_int_equal(containment_close(&c, &r, &p), 0);
	assert_true(world.is_so[REFUSE]);
	finish(&c);
}

static void count_said(
	void *context, const struct responder *r, enum action_state state, const char *words)
{
	(void)r;
	assert_int_equal(state, ACTION_INTENDED);
	assert_string_equal(words, "would do it");
	++*(unsigned *)context;
}

static void test_plan_changes_nothing(void **state)
{
	struct containment c;
	unsigned n = 0;

	begin(state, &c);
	world.is_off[TELL] = true;
	c.said = count_said;
	c.context = &n;
	containment_plan(&c);
	assert_int_equal(n, 3);
	assert_string_equal(world.trail, "");
	finish(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_in_order_intent_first),
		TEST(test_only_what_is_on_and_fits),
		TEST(test_a_lie_is_not_believed),
		TEST(test_tried_again_ever_later),
		TEST(test_a_no_is_not_asked_again),
		TEST(test_killed_in_between),
		TEST(test_who_is_back_is_thrown_out_again),
		TEST(test_what_cannot_be_looked_at_is_not_done_anew),
		TEST(test_a_secret_is_waited_for),
		TEST(test_a_secret_is_told_once),
		TEST(test_undone_for_good),
		TEST(test_another_secret_is_told_too),
		TEST(test_a_secret_for_nobody_is_not_waited_for),
		TEST(test_each_stage_is_told),
		TEST(test_who_was_not_reached_is_told_at_the_end),
		TEST(test_the_end_waits_for_its_time),
		TEST(test_what_is_due_no_longer_is_not_done),
		TEST(test_closed),
		TEST(test_plan_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
