#include "responders/containment.h"

#include "base/json_text.h"
#include "systems/stop_point.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define WAIT_FIRST 5 /* seconds */

/* What the journal has of a responder, copied. */
struct row {
	bool is_there;
	enum action_state state;
	int64_t next;
	uint64_t tries;
	json_t *note; /* never NULL once it was read */
};

struct run {
	struct containment *c;
	struct row rows[CONTAINMENT_RESPONDERS];
	struct problem *problem;
	int lock;
	int err; /* of the journal: all ends */
};

static ptrdiff_t index_of(const struct containment *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->table[i]->name, name) == 0)
			return (ptrdiff_t)i;
	return -1;
}

static bool is_meant(const struct containment *c, size_t i)
{
	return c->table[i]->is_on(c->with.values) && c->table[i]->fits(c->with.source);
}

/* ---- the journal ---- */

static bool read_row(void *context, const struct incident_action *a)
{
	struct run *run = context;
	ptrdiff_t i = index_of(run->c, a->responder);

	if (i < 0)
		return true;
	json_t *note = json_loads(a->note, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(note)) {
		json_decref(note);
		note = json_object();
	}
	json_decref(run->rows[i].note);
	run->rows[i] = (struct row){true, a->state, a->next, a->tries, note};
	return true;
}

static int begin(struct run *run)
{
	struct containment *c = run->c;
	int err = actions_lock(
		c->state, c->with.incident, CONTAINMENT_LOCK_MS, &run->lock, run->problem);

	if (err < 0)
		return err;
	if (c->is_due != NULL && !c->is_due(c->context))
		return problem_set(run->problem, -ESTALE,
			"incident %" PRId64 " has changed meanwhile", c->with.incident);
	for (size_t i = 0; i < c->count; i++)
		run->rows[i].note = json_object();
	return actions_each(c->journal, c->with.incident, read_row, run, run->problem);
}

static void end(struct run *run)
{
	for (size_t i = 0; i < run->c->count; i++)
		json_decref(run->rows[i].note);
	if (run->lock >= 0)
		(void)close(run->lock);
}

/* Into the journal, and told. false: the journal cannot have it. */
static bool put(struct run *run, size_t i, enum action_state state, const char *words)
{
	struct containment *c = run->c;
	struct row *row = &run->rows[i];
	char *note = json_dumps(row->note, JSON_COMPACT | JSON_SORT_KEYS);
	const struct incident_action a = {.incident = c->with.incident,
		.responder = c->table[i]->name,
		.state = state,
		.changed = c->now(),
		.next = state == ACTION_WAITING ? row->next : 0,
		.tries = row->tries,
		.words = words,
		.note = note != NULL ? note : "",
		.who = c->who};

	run->err = actions_put(c->journal, &a, run->problem);
	free(note);
	if (run->err < 0)
		return false;
	row->is_there = true;
	row->state = state;
	if (c->said != NULL && state != ACTION_INTENDED && state != ACTION_UNDOING)
		c->said(c->context, c->table[i], state, words);
	return true;
}

/* ---- one responder ---- */

static bool may_pass(int err)
{
	return err == -EAGAIN || err == -ETIMEDOUT || err == -EBADMSG;
}

static void put_failure(struct run *run, size_t i, int err, const char *words)
{
	struct row *row = &run->rows[i];
	int64_t wait = row->tries < 10 ? (int64_t)WAIT_FIRST << row->tries : CONTAINMENT_WAIT_MOST;

	row->tries++;
	row->next = run->c->now() + (wait < CONTAINMENT_WAIT_MOST ? wait : CONTAINMENT_WAIT_MOST);
	(void)put(run, i, may_pass(err) ? ACTION_WAITING : ACTION_FAILED, words);
}

/* After act() has said that it was done. */
static void read_back(struct run *run, size_t i, const struct problem *did)
{
	struct containment *c = run->c;
	struct problem seen = {0}, words = {0};
	int err = c->table[i]->check(&c->with, run->rows[i].note, &seen);

	stop_point(STOP_ACT_AFTER_LOOK);
	if (err == 0) {
		run->rows[i].tries = 0;
		(void)put(run, i, ACTION_DONE, did->text[0] != '\0' ? did->text : seen.text);
		stop_point(STOP_ACT_AFTER_OUTCOME);
		return;
	}
	(void)problem_set(&words, 0,
		err == -ENOENT ? "said to be done, but it is not so: %.900s"
			       : "done, but it could not be read back: %.900s",
		seen.text);
	put_failure(run, i, -EAGAIN, words.text);
}

/* Whether anything was done in the world. */
static bool act(struct run *run, size_t i)
{
	struct containment *c = run->c;
	struct problem words = {0};

	json_put(run->rows[i].note, "stage", json_string(responding_stage_name(c->with.stage)));
	stop_point(STOP_ACT_BEFORE_INTENT);
	if (!put(run, i, ACTION_INTENDED, c->table[i]->deed))
		return false;
	stop_point(STOP_ACT_AFTER_INTENT);
	int err = c->table[i]->act(&c->with, run->rows[i].note, &words);
	stop_point(STOP_ACT_AFTER_DEED);
	if (err < 0) {
		put_failure(run, i, err, words.text);
		return err == -ETIMEDOUT;
	}
	read_back(run, i, &words);
	return true;
}

/* One that was done, or may have been: whether it (still) is so. */
static bool is_so(struct run *run, size_t i)
{
	struct containment *c = run->c;
	struct row *row = &run->rows[i];
	struct problem seen = {0};
	int err = c->table[i]->check(&c->with, row->note, &seen);

	if (err == 0 && row->state != ACTION_DONE) {
		row->tries = 0;
		(void)put(run, i, ACTION_DONE, seen.text);
	}
	/* what cannot be looked at now is not done anew for that */
	return err == 0 || (row->state == ACTION_DONE && err != -ENOENT);
}

/* A new secret that its owner is to be told, and that is in memory only. */
static bool has_untold_secret(const struct containment *c)
{
	return c->with.secret != NULL && !c->with.secret_told && c->with.values->tell.enabled &&
	       c->with.values->tell.secret_by != TELL_SECRET_NONE;
}

/* Whether what came of it was about that stage. */
static bool is_about(const struct run *run, size_t i, enum responding_stage stage)
{
	const char *was = json_string_value(json_object_get(run->rows[i].note, "stage"));

	return was != NULL && strcmp(was, responding_stage_name(stage)) == 0;
}

/* What came of it was about something else: another stage is to be told now, or another secret. */
static bool is_another_matter(const struct run *run, size_t i)
{
	if (index_of(run->c, "tell") != (ptrdiff_t)i)
		return false;
	return has_untold_secret(run->c) || !is_about(run, i, run->c->with.stage);
}

/* Whether anything was done in the world. */
static bool go_on_with(struct run *run, size_t i)
{
	const struct row *row = &run->rows[i];

	if (run->err < 0 || !is_meant(run->c, i))
		return false;
	if (!row->is_there)
		return act(run, i);
	switch (row->state) {
	case ACTION_FAILED:
		if (!run->c->insists && !is_another_matter(run, i))
			return false;
		break;
	case ACTION_WAITING:
		if (!run->c->insists && !is_another_matter(run, i) && run->c->now() < row->next)
			return false;
		break;
	case ACTION_UNDOING:
	case ACTION_UNDONE:
		return false; /* a person has said so */
	default:
		break;
	}
	return !is_so(run, i) && run->err == 0 && act(run, i);
}

/* Once through all of them; behind each deed those before it are looked at again. */
static void pass(struct run *run)
{
	for (size_t i = 0; i < run->c->count; i++) {
		if (!go_on_with(run, i))
			continue;
		for (size_t before = 0; before < i; before++)
			if (run->rows[before].is_there && run->rows[before].state == ACTION_DONE)
				(void)go_on_with(run, before);
	}
}

static void sum(const struct run *run, struct contained *ret)
{
	*ret = (struct contained){0};
	for (size_t i = 0; i < run->c->count; i++) {
		const struct row *row = &run->rows[i];

		if (!row->is_there)
			continue;
		ret->done += row->state == ACTION_DONE || row->state == ACTION_UNDONE;
		ret->failed += row->state == ACTION_FAILED;
		if (row->state != ACTION_WAITING)
			continue;
		ret->waiting++;
		ret->next = ret->next == 0 || row->next < ret->next ? row->next : ret->next;
	}
}

/* ---- all of them ---- */

/* The new secret is in memory only, and gone with this process: a little patience delivers it. */
static void be_patient(struct run *run, struct contained *ret)
{
	struct containment *c = run->c;
	int64_t until = c->now() + CONTAINMENT_PATIENCE_S;

	while (run->err == 0 && has_untold_secret(c) && ret->next != 0 && ret->next <= until) {
		int64_t now = c->now();

		c->pause(ret->next > now ? ret->next - now : 0);
		pass(run);
		sum(run, ret);
	}
}

int containment_act(struct containment *c, struct contained *ret, struct problem *problem)
{
	struct run run = {.c = c, .problem = problem, .lock = -1};

	c->with.stage = RESPONDING_CONTAINED;
	run.err = begin(&run);
	if (run.err == 0) {
		pass(&run);
		sum(&run, ret);
		be_patient(&run, ret);
	}
	end(&run);
	return run.err;
}

static void undo(struct run *run, size_t i)
{
	struct containment *c = run->c;
	struct row *row = &run->rows[i];
	struct problem words = {0};

	if (run->err < 0 || !row->is_there || row->state == ACTION_UNDONE ||
		c->table[i]->undo == NULL)
		return;
	stop_point(STOP_UNDO_BEFORE_INTENT);
	if (!put(run, i, ACTION_UNDOING, ""))
		return;
	stop_point(STOP_UNDO_AFTER_INTENT);
	int err = c->table[i]->undo(&c->with, row->note, &words);
	stop_point(STOP_UNDO_AFTER_DEED);
	if (err < 0 && c->said != NULL)
		c->said(c->context, c->table[i], ACTION_FAILED, words.text);
	if (err == 0)
		(void)put(run, i, ACTION_UNDONE, words.text);
	stop_point(STOP_UNDO_AFTER_OUTCOME);
}

static void sum_undone(const struct run *run, const char *only, struct contained *ret)
{
	*ret = (struct contained){0};
	for (size_t i = 0; i < run->c->count; i++)
		if (run->rows[i].is_there && run->c->table[i]->undo != NULL &&
			(only == NULL || strcmp(run->c->table[i]->name, only) == 0)) {
			ret->done += run->rows[i].state == ACTION_UNDONE;
			ret->failed += run->rows[i].state != ACTION_UNDONE;
		}
}

int containment_undo(
	struct containment *c, const char *only, struct contained *ret, struct problem *problem)
{
	struct run run = {.c = c, .problem = problem, .lock = -1};

	c->with.stage = RESPONDING_RELEASED;
	run.err = begin(&run);
	for (size_t i = 0; i < c->count && run.err == 0; i++)
		if (only == NULL || strcmp(c->table[i]->name, only) == 0)
			undo(&run, i);
	if (run.err == 0)
		sum_undone(&run, only, ret);
	end(&run);
	return run.err;
}

/* Whether the thief is kept out by a password that he does not know. */
static bool is_changed(const struct run *run)
{
	ptrdiff_t i = index_of(run->c, "secret");

	if (i < 0 || !run->rows[i].is_there || run->rows[i].state != ACTION_DONE)
		return false;
	const char *deed = json_string_value(json_object_get(run->rows[i].note, "do"));
	return deed != NULL && strcmp(deed, "change") == 0;
}

static void tell_of(struct run *run, enum responding_stage stage)
{
	ptrdiff_t tell = index_of(run->c, "tell");

	run->c->with.stage = stage;
	if (run->err == 0 && tell >= 0)
		(void)go_on_with(run, (size_t)tell);
}

/* One who was not to be reached hears first what it is that is over. */
static void tell_of_end(struct run *run)
{
	ptrdiff_t tell = index_of(run->c, "tell");

	if (tell < 0 || !run->rows[tell].is_there)
		return;
	bool is_of_end = is_about(run, (size_t)tell, RESPONDING_CLOSED);
	if ((run->rows[tell].state != ACTION_DONE && !is_of_end) || has_untold_secret(run->c))
		tell_of(run, RESPONDING_CONTAINED);
	if (run->rows[tell].state != ACTION_WAITING || is_of_end)
		tell_of(run, RESPONDING_CLOSED);
}

int containment_close(struct containment *c, struct contained *ret, struct problem *problem)
{
	struct run run = {.c = c, .problem = problem, .lock = -1};
	ptrdiff_t refuse = index_of(c, "refuse"), secret = index_of(c, "secret");

	c->with.stage = RESPONDING_CONTAINED;
	run.err = begin(&run);
	if (run.err == 0 && secret >= 0 && run.rows[secret].is_there &&
		run.rows[secret].state == ACTION_DONE)
		(void)go_on_with(&run, (size_t)secret); /* somebody may have set it back */
	if (run.err == 0 && refuse >= 0 && is_changed(&run))
		undo(&run, (size_t)refuse);
	if (run.err == 0)
		tell_of_end(&run);
	if (run.err == 0)
		sum(&run, ret);
	end(&run);
	return run.err;
}

int containment_suspect(struct containment *c, struct contained *ret, struct problem *problem)
{
	struct run run = {.c = c, .problem = problem, .lock = -1};

	run.err = begin(&run);
	tell_of(&run, RESPONDING_SUSPECTED);
	if (run.err == 0)
		sum(&run, ret);
	end(&run);
	return run.err;
}

void containment_plan(const struct containment *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct problem words = {0};

		if (!is_meant(c, i))
			continue;
		c->table[i]->plan(&c->with, &words);
		c->said(c->context, c->table[i], ACTION_INTENDED, words.text);
	}
}

void containment_end(struct containment *c)
{
	secret_free(c->with.secret);
	c->with.secret = NULL;
}
