#include "responders/ending.h"

#include "base/clock.h"
#include "base/memory.h"
#include "systems/stop_point.h"

#include <stdlib.h>

#define PROGRESS_EVERY 256
#define LOG_EVERY      512

enum message_state ending_state(const struct ending_kind *kind, enum ended ended)
{
	switch (ended) {
	case ENDED_DONE:
		return kind->after;
	case ENDED_RELEASED:
		return MESSAGE_RELEASED;
	case ENDED_GONE:
		return MESSAGE_GONE;
	case ENDED_UNFINISHED:
		return kind->during;
	case ENDED_LEFT:
		break;
	}
	return MESSAGE_HELD;
}

static void stop_at(int point)
{
	stop_point((enum stop_point)point);
}

static int write_intent(struct ending *e, const struct ending_kind *kind,
	const struct kept *messages, size_t count, int64_t *ret_action, struct problem *problem)
{
	const struct acting *a = e->a;
	const struct journal_action action = {.kind = kind->kind,
		.hold = e->hold,
		.began = clock_now_us() / 1000000,
		.who = a->who,
		.request = a->request};
	int err = journal_begin(a->journal, problem);

	if (err == 0)
		err = journal_add_action(a->journal, &action, ret_action, problem);
	for (size_t i = 0; i < count && err == 0; i++)
		err = journal_set_state(
			a->journal, e->hold, &messages[i].id, kind->during, *ret_action, problem);
	if (err == 0)
		err = journal_commit(a->journal, problem);
	if (err < 0)
		journal_undo(a->journal);
	return err;
}

static void count_ended(struct acted *acted, enum ended ended)
{
	switch (ended) {
	case ENDED_DONE:
		acted->counts.done++;
		return;
	case ENDED_RELEASED:
	case ENDED_GONE:
		acted->counts.missing++;
		return;
	case ENDED_UNFINISHED:
		acted->unfinished++;
		acted->counts.left++;
		return;
	case ENDED_LEFT:
		acted->counts.left++;
	}
}

static int write_outcome(struct ending *e, const struct ending_kind *kind,
	const struct kept *messages, const enum ended *ended, size_t count, int64_t action,
	struct problem *problem)
{
	const struct acting *a = e->a;
	bool whole = e->acted->unfinished == 0;
	int err = journal_begin(a->journal, problem);

	for (size_t i = 0; i < count && err == 0; i++)
		if (ended[i] != ENDED_UNFINISHED && !(whole && ended[i] == ENDED_DONE))
			err = journal_set_state(a->journal, e->hold, &messages[i].id,
				ending_state(kind, ended[i]), action, problem);
	if (err == 0 && whole)
		err = journal_set_states(
			a->journal, e->hold, action, kind->during, kind->after, action, problem);
	if (err == 0)
		err = acting_journal_problems(a, e->acted, action, problem);
	if (err == 0 && whole)
		err = journal_end_action(a->journal, action, clock_now_us() / 1000000,
			&e->acted->counts, false, problem);
	if (err == 0)
		err = journal_commit(a->journal, problem);
	if (err < 0)
		journal_undo(a->journal);
	return err;
}

static void act(struct ending *e, const struct ending_kind *kind, const struct kept *messages,
	enum ended *ended, size_t count)
{
	size_t i;

	for (i = 0; i < count && !acting_stopped(e->a); i++) {
		ended[i] = kind->one(e, &messages[i]);
		if (i % LOG_EVERY == LOG_EVERY - 1)
			acting_write_log(e->a, e->acted);
		if (i % PROGRESS_EVERY == 0)
			acting_progress(e->a, kind->phase, i + 1, count);
	}
	e->acted->stopped = i < count;
	for (; i < count; i++)
		ended[i] = ENDED_LEFT;
	acting_write_log(e->a, e->acted);
	stop_at(kind->after_log);
	acting_sync(e->places, e->acted);
	stop_at(kind->after_sync);
}

int ending_run(const struct acting *a, const struct ending_kind *kind, int64_t hold,
	const char *hold_queue, const struct kept *messages, size_t count, struct acted *acted,
	struct problem *problem)
{
	struct ending e = {.a = a, .hold = hold, .hold_queue = hold_queue, .acted = acted};
	enum ended *ended = memory_new(count + 1, sizeof(*ended));
	int64_t action = 0;
	int err;

	acted->hold = hold;
	acted->counts.messages = count;
	stop_at(kind->before_intent);
	err = write_intent(&e, kind, messages, count, &action, problem);
	stop_at(kind->after_intent);
	if (err == 0) {
		e.places = move_places_new(a->spool);
		act(&e, kind, messages, ended, count);
		for (size_t i = 0; i < count; i++) {
			if (ended[i] == ENDED_DONE && !kind->read_back(&e, &messages[i]))
				ended[i] = ENDED_UNFINISHED;
			count_ended(acted, ended[i]);
		}
		acted->counts.left -= acted->counts.conflict;
		move_places_free(e.places);
		err = write_outcome(&e, kind, messages, ended, count, action, problem);
		stop_at(kind->after_outcome);
	}
	free(ended);
	return err;
}
