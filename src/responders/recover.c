#include "responders/recover.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/printable.h"
#include "responders/purge.h"
#include "systems/stop_point.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* An unfinished action, copied out of the journal before anything is written to it. */
struct begun {
	int64_t action, hold;
	enum action_kind kind;
	char *request; /* printable, owned */
	char hold_queue[SPOOL_QUEUE_MAX];
	bool here; /* on this spool */
	bool known;
};

struct begun_list {
	struct begun *at;
	size_t count, room;
};

/* What is shared while one action is gone through. */
struct mending {
	const struct acting *a;
	const struct begun *begun;
	struct move_places *places;
	struct acted *acted;
};

static bool keep_begun(void *context, const struct journal_action *action)
{
	struct begun_list *list = context;
	char request[512];

	if (list->count == list->room) {
		list->room = list->room * 2 + 8;
		list->at = memory_grow(list->at, list->room, sizeof(list->at[0]));
	}
	printable_text(slice_of(action->request), request, sizeof(request));
	list->at[list->count++] = (struct begun){.action = action->action,
		.hold = action->hold,
		.kind = action->kind,
		.request = memory_copy(request, strlen(request))};
	return true;
}

static void begun_list_clear(struct begun_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->at[i].request);
	free(list->at);
}

struct hold_asked {
	const char *spool_path;
	struct begun *begun;
};

static bool learn_hold(void *context, const struct journal_hold *hold)
{
	struct hold_asked *asked = context;

	asked->begun->known = exim_spool_is_queue_name(hold->queue);
	asked->begun->here = strcmp(hold->spool, asked->spool_path) == 0;
	(void)snprintf(
		asked->begun->hold_queue, sizeof(asked->begun->hold_queue), "%s", hold->queue);
	return false;
}

static enum file_seen seen(
	const struct acting *a, ptrdiff_t folder, const struct exim_id *id, enum exim_file file)
{
	return folder < 0 ? FILE_ABSENT : message_file_seen(a->spool->folders[folder].fd, id, file);
}

/* In whichever of the two folders -D is. */
static struct move_result lock_either(const struct acting *a, ptrdiff_t one, ptrdiff_t other,
	const struct exim_id *id, struct message_lock *ret_lock)
{
	struct move_result result = {MOVE_GONE, -ENOENT};

	if (one >= 0)
		result = acting_lock(a->spool->folders[one].fd, id, ret_lock);
	if (result.outcome == MOVE_GONE && other >= 0)
		result = acting_lock(a->spool->folders[other].fd, id, ret_lock);
	return result;
}

static enum message_state hangs(
	struct mending *m, const struct kept *k, const char *step, struct move_result result)
{
	acted_add_result(m->acted, &k->id, step, result);
	m->acted->unfinished++;
	return k->state;
}

static enum message_state finish_hold(
	struct mending *m, const struct kept *k, ptrdiff_t from, ptrdiff_t hold)
{
	struct message_lock lock = {.fd = -1};
	struct move_result result = lock_either(m->a, from, hold, &k->id, &lock);
	struct moved_rest rest;
	char text[160];

	if (result.outcome == MOVE_GONE) {
		acted_add_problem(m->acted, &k->id, "has no body (-D) anywhere");
		return MESSAGE_HELD;
	}
	if (result.outcome != MOVE_DONE)
		return hangs(m, k, "lock of -D", result);
	rest = acting_move_rest(m->places, (size_t)from, (size_t)hold, &k->id, true);
	message_unlock(&lock);
	if (rest.result.outcome != MOVE_DONE && !rest.undone)
		return hangs(m, k, rest.step, rest.result);
	if (rest.result.outcome != MOVE_DONE) {
		acted_add_result(m->acted, &k->id, rest.step, rest.result);
		return MESSAGE_LEFT;
	}
	if (rest.msglog.outcome != MOVE_DONE && rest.msglog.outcome != MOVE_GONE)
		acted_add_result(m->acted, &k->id, "message log", rest.msglog);
	(void)snprintf(text, sizeof(text), "moved to (%s) by stanch hold %lld",
		m->begun->hold_queue, (long long)m->begun->hold);
	mainlog_add(m->a->log, clock_now_us(), k->id.text, text);
	return MESSAGE_HELD;
}

static enum message_state mend_hold(struct mending *m, const struct kept *k)
{
	struct problem problem = {0};
	ptrdiff_t hold = acting_folder(m->a->spool, m->begun->hold_queue, 0);
	ptrdiff_t from = acting_folder(m->a->spool, k->queue, k->letter);
	enum file_seen held = seen(m->a, hold, &k->id, EXIM_FILE_HEADER);
	enum file_seen there = seen(m->a, from, &k->id, EXIM_FILE_HEADER);

	if (held == FILE_UNKNOWN || there == FILE_UNKNOWN)
		return hangs(m, k, "-H", (struct move_result){MOVE_DENIED, -EACCES});
	if (held == FILE_ABSENT)
		return there == FILE_PRESENT || acting_where_gone(m->a->spool, m->begun->hold_queue,
							&k->id) == MESSAGE_RELEASED
			       ? MESSAGE_LEFT
			       : MESSAGE_GONE;
	if (there == FILE_PRESENT) {
		acted_add_problem(m->acted, &k->id,
			"has a -H in the hold queue and another in the queue: look at it by hand");
		return MESSAGE_HELD;
	}
	if (from < 0)
		from = acting_make_folder(m->a->spool, k->queue, k->letter, &problem);
	if (from < 0)
		return hangs(m, k, problem.text, (struct move_result){MOVE_FAILED, -EIO});
	return finish_hold(m, k, from, hold);
}

/* Killed while it undid: -J went, -D did not. Together they stay. */
static enum message_state keep_together(
	struct mending *m, const struct kept *k, ptrdiff_t held, ptrdiff_t to)
{
	struct move_result result;

	if (seen(m->a, to, &k->id, EXIM_FILE_JOURNAL) != FILE_PRESENT)
		return MESSAGE_HELD;
	result = message_move_file(m->a->spool->folders[to].fd, m->a->spool->folders[held].fd,
		&k->id, EXIM_FILE_JOURNAL);
	return result.outcome == MOVE_DONE ? MESSAGE_HELD : hangs(m, k, "-J", result);
}

static enum message_state finish_restore(
	struct mending *m, const struct kept *k, ptrdiff_t held, ptrdiff_t to)
{
	struct message_lock lock = {.fd = -1};
	struct move_result result = lock_either(m->a, to, held, &k->id, &lock);
	struct moved_rest rest;
	char text[160];

	if (result.outcome != MOVE_DONE)
		return hangs(m, k, "lock of -D", result);
	rest = acting_move_back(m->places, (size_t)held, (size_t)to, &k->id, k->msglog_letter);
	message_unlock(&lock);
	if (rest.result.outcome != MOVE_DONE && !rest.undone)
		return hangs(m, k, rest.step, rest.result);
	if (rest.result.outcome != MOVE_DONE) {
		acted_add_result(m->acted, &k->id, rest.step, rest.result);
		return MESSAGE_HELD;
	}
	if (rest.msglog.outcome != MOVE_DONE && rest.msglog.outcome != MOVE_GONE)
		acted_add_result(m->acted, &k->id, "message log", rest.msglog);
	(void)snprintf(text, sizeof(text), "moved from (%s) by stanch restore of hold %lld",
		m->begun->hold_queue, (long long)m->begun->hold);
	mainlog_add(m->a->log, clock_now_us(), k->id.text, text);
	return MESSAGE_RESTORED;
}

static enum message_state mend_restore(struct mending *m, const struct kept *k)
{
	ptrdiff_t held = acting_find_held(m->a->spool, m->begun->hold_queue, &k->id);
	ptrdiff_t to = acting_folder(m->a->spool, k->queue, k->letter);

	/* -H goes last: when it went, all went, and Exim may have delivered it since. */
	if (held < 0 || seen(m->a, held, &k->id, EXIM_FILE_HEADER) == FILE_ABSENT)
		return MESSAGE_RESTORED;
	if (to < 0 || seen(m->a, held, &k->id, EXIM_FILE_DATA) == FILE_PRESENT)
		return keep_together(m, k, held, to);
	if (seen(m->a, to, &k->id, EXIM_FILE_DATA) == FILE_PRESENT)
		return finish_restore(m, k, held, to);
	acted_add_problem(m->acted, &k->id, "has no body (-D) anywhere");
	return MESSAGE_HELD;
}

static enum message_state mend_purge(struct mending *m, const struct kept *k)
{
	ptrdiff_t held = acting_find_held(m->a->spool, m->begun->hold_queue, &k->id);
	struct message_lock lock = {.fd = -1};
	struct move_result result;
	struct moved_rest rest;

	if (held < 0 &&
		acting_where_gone(m->a->spool, m->begun->hold_queue, &k->id) == MESSAGE_RELEASED)
		return MESSAGE_RELEASED;
	if (held >= 0 && seen(m->a, held, &k->id, EXIM_FILE_HEADER) != FILE_ABSENT)
		return MESSAGE_HELD;
	if (held < 0)
		held = acting_folder(m->a->spool, m->begun->hold_queue, 0);
	if (held < 0)
		return MESSAGE_PURGED;
	result = acting_lock(m->a->spool->folders[held].fd, &k->id, &lock);
	if (result.outcome != MOVE_DONE && result.outcome != MOVE_GONE)
		return hangs(m, k, "lock of -D", result);
	rest = acting_remove(m->places, (size_t)held, &k->id, k->msglog_letter);
	message_unlock(&lock);
	if (rest.result.outcome != MOVE_DONE)
		return hangs(m, k, rest.step, rest.result);
	purge_log(m->a, m->begun->hold, &k->id);
	return MESSAGE_PURGED;
}

static const struct {
	enum message_state during, after;
	enum message_state (*mend)(struct mending *m, const struct kept *k);
	const char *was_left; /* of messages that were not reached */
} kinds[ACTION_KINDS] = {
	[ACTION_HOLD] = {MESSAGE_INTENDED, MESSAGE_HELD, mend_hold, "stayed in the queue"},
	[ACTION_RESTORE] = {MESSAGE_RESTORING, MESSAGE_RESTORED, mend_restore, "are still held"},
	[ACTION_PURGE] = {MESSAGE_PURGING, MESSAGE_PURGED, mend_purge, "are still held"},
};

static void count_state(
	struct journal_counts *counts, const struct begun *begun, enum message_state state)
{
	if (state == kinds[begun->kind].after)
		counts->done++;
	else if (state == MESSAGE_GONE || state == MESSAGE_RELEASED)
		counts->missing++;
	else
		counts->left++;
}

static int write_states(struct mending *m, const struct kept_list *list,
	const struct journal_counts *counts, bool whole, struct problem *problem)
{
	struct journal *j = m->a->journal;
	int err = journal_begin(j, problem);

	for (size_t i = 0; i < list->count && err == 0; i++)
		err = journal_set_state(j, list->at[i].hold, &list->at[i].id, list->at[i].state,
			m->begun->action, problem);
	if (err == 0 && whole)
		err = journal_end_action(
			j, m->begun->action, clock_now_us() / 1000000, counts, true, problem);
	if (err == 0)
		err = journal_commit(j, problem);
	if (err < 0)
		journal_undo(j);
	return err;
}

static void tell(struct mending *m, const struct journal_counts *counts)
{
	const char *kind = action_kind_name(m->begun->kind);

	acted_add_problem(m->acted, NULL,
		"a %s (hold %lld) had been interrupted: %llu of its messages are now finished, "
		"%llu %s, %llu are gone",
		kind, (long long)m->begun->hold, (unsigned long long)counts->done,
		(unsigned long long)counts->left, kinds[m->begun->kind].was_left,
		(unsigned long long)counts->missing);
	if (counts->left > 0 && m->begun->request[0] != '\0')
		acted_add_problem(m->acted, NULL, "to go on, type again: %s", m->begun->request);
}

/* Each message's new state goes into list->at[].state. */
static int mend(struct mending *m, struct kept_list *list, struct problem *problem)
{
	struct journal_counts counts = {.messages = list->count};
	uint64_t hanging = m->acted->unfinished;
	int err;

	for (size_t i = 0; i < list->count; i++) {
		stop_point(STOP_RECOVER_BEFORE_MESSAGE);
		list->at[i].state = kinds[m->begun->kind].mend(m, &list->at[i]);
		count_state(&counts, m->begun, list->at[i].state);
		stop_point(STOP_RECOVER_AFTER_MESSAGE);
	}
	acting_write_log(m->a, m->acted);
	acting_sync(m->places, m->acted);
	stop_point(STOP_RECOVER_BEFORE_OUTCOME);
	err = write_states(m, list, &counts, m->acted->unfinished == hanging, problem);
	if (err < 0)
		return err;
	stop_point(STOP_RECOVER_AFTER_OUTCOME);
	tell(m, &counts);
	m->acted->counts.messages += counts.messages;
	m->acted->counts.done += counts.done;
	m->acted->counts.left += counts.left;
	m->acted->counts.missing += counts.missing;
	return 0;
}

static int mend_action(const struct acting *a, const struct begun *begun, struct acted *ret,
	struct problem *problem)
{
	struct mending m = {.a = a, .begun = begun, .acted = ret};
	struct kept_list list = {0};
	const struct journal_choice choice = {.hold = begun->hold,
		.action = begun->action,
		.states = 1U << kinds[begun->kind].during};
	int err = kept_list_read(&list, a->journal, &choice, problem);

	if (err == 0) {
		m.places = move_places_new(a->spool);
		err = mend(&m, &list, problem);
		move_places_free(m.places);
	}
	kept_list_clear(&list);
	return err;
}

int recover_run(const struct acting *a, struct acted *ret, struct problem *problem)
{
	struct begun_list list = {0};
	int err = journal_each_unfinished(a->journal, keep_begun, &list, problem);

	for (size_t i = 0; i < list.count && err == 0; i++) {
		struct hold_asked asked = {a->spool_path, &list.at[i]};

		err = journal_each_hold(a->journal, list.at[i].hold, learn_hold, &asked, problem);
		if (err == 0 && list.at[i].known && list.at[i].here)
			err = mend_action(a, &list.at[i], ret, problem);
		else if (err == 0 && list.at[i].known)
			acted_add_problem(ret, NULL,
				"a %s (hold %lld) on another spool was interrupted: a command with "
				"its --spool finishes it",
				action_kind_name(list.at[i].kind), (long long)list.at[i].hold);
	}
	begun_list_clear(&list);
	return err;
}

struct here_list {
	const struct acting *a;
	struct begun *at;
	size_t count, room;
};

static bool keep_hold(void *context, const struct journal_hold *hold)
{
	struct here_list *list = context;
	struct begun *b;

	if (strcmp(hold->spool, list->a->spool_path) != 0 ||
		hold->by_state[MESSAGE_HELD] + hold->by_state[MESSAGE_RELEASED] +
				hold->by_state[MESSAGE_GONE] ==
			0 ||
		!exim_spool_is_queue_name(hold->queue))
		return true;
	if (list->count == list->room) {
		list->room = list->room * 2 + 8;
		list->at = memory_grow(list->at, list->room, sizeof(list->at[0]));
	}
	b = &list->at[list->count++];
	*b = (struct begun){.hold = hold->hold};
	(void)snprintf(b->hold_queue, sizeof(b->hold_queue), "%s", hold->queue);
	return true;
}

/* A -J alone is no message: Exim leaves it behind when it moves one by itself (-MG). */
static bool lies_held(const struct acting *a, const char *hold_queue, const struct exim_id *id)
{
	ptrdiff_t at = acting_find_held(a->spool, hold_queue, id);

	return seen(a, at, id, EXIM_FILE_HEADER) != FILE_ABSENT ||
	       seen(a, at, id, EXIM_FILE_DATA) != FILE_ABSENT;
}

/* The same message may have been held again since, by another hold. */
static int held_by_any(
	const struct acting *a, const struct exim_id *id, bool *ret_held, struct problem *problem)
{
	struct kept_list list = {0};
	const struct journal_choice choice = {.id = id,
		.states = 1U << MESSAGE_HELD | 1U << MESSAGE_INTENDED | 1U << MESSAGE_RESTORING |
			  1U << MESSAGE_PURGING};
	int err = kept_list_read(&list, a->journal, &choice, problem);

	*ret_held = list.count > 0;
	kept_list_clear(&list);
	return err;
}

/* What is so of a message that the journal calls held, released or gone. One that is there after
 * all (its disk was away, or somebody moved it back) is held again: else nobody could restore it.
 */
static int true_state(const struct acting *a, const struct begun *b, const struct kept *k,
	enum message_state *ret_state, struct problem *problem)
{
	bool lies = lies_held(a, b->hold_queue, &k->id), otherwise = false;
	int err = 0;

	*ret_state = k->state;
	if (lies == (k->state == MESSAGE_HELD))
		return 0;
	if (!lies) {
		*ret_state = acting_where_gone(a->spool, b->hold_queue, &k->id);
		return 0;
	}
	err = held_by_any(a, &k->id, &otherwise, problem);
	if (err == 0 && !otherwise)
		*ret_state = MESSAGE_HELD;
	return err;
}

static void tell_changes(
	struct acted *ret, const struct begun *b, const uint64_t changed[MESSAGE_STATES])
{
	uint64_t away = changed[MESSAGE_RELEASED] + changed[MESSAGE_GONE];

	if (away > 0)
		acted_add_problem(ret, NULL,
			"hold %lld: %llu of its messages are no longer in the hold queue: %llu are "
			"back in the queue, %llu were delivered or removed, not by stanch",
			(long long)b->hold, (unsigned long long)away,
			(unsigned long long)changed[MESSAGE_RELEASED],
			(unsigned long long)changed[MESSAGE_GONE]);
	if (changed[MESSAGE_HELD] > 0)
		acted_add_problem(ret, NULL,
			"hold %lld: %llu messages that had gone are in the hold queue again",
			(long long)b->hold, (unsigned long long)changed[MESSAGE_HELD]);
	ret->counts.missing += away;
}

/* Those of one hold that went from where the journal has them, or came back there. */
static int compare_hold(
	const struct acting *a, const struct begun *b, struct acted *ret, struct problem *problem)
{
	struct kept_list list = {0};
	const struct journal_choice choice = {.hold = b->hold,
		.states = 1U << MESSAGE_HELD | 1U << MESSAGE_RELEASED | 1U << MESSAGE_GONE};
	int err = kept_list_read(&list, a->journal, &choice, problem);
	uint64_t changed[MESSAGE_STATES] = {0};
	bool writing = false;

	for (size_t i = 0; i < list.count && err == 0; i++) {
		const struct kept *k = &list.at[i];
		enum message_state state;

		err = true_state(a, b, k, &state, problem);
		if (err < 0 || state == k->state)
			continue;
		if (!writing)
			err = journal_begin(a->journal, problem);
		writing = err == 0;
		if (err == 0)
			err = journal_set_state(
				a->journal, b->hold, &k->id, state, k->action, problem);
		changed[state]++;
	}
	if (writing && err == 0)
		err = journal_commit(a->journal, problem);
	if (writing && err < 0)
		journal_undo(a->journal);
	if (err == 0)
		tell_changes(ret, b, changed);
	kept_list_clear(&list);
	return err;
}

int recover_compare(const struct acting *a, struct acted *ret, struct problem *problem)
{
	struct here_list list = {.a = a};
	int err = journal_each_hold(a->journal, 0, keep_hold, &list, problem);

	for (size_t i = 0; i < list.count && err == 0; i++)
		err = compare_hold(a, &list.at[i], ret, problem);
	free(list.at);
	return err;
}
