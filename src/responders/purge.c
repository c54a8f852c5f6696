#include "responders/purge.h"

#include "base/clock.h"

#include "responders/ending.h"
#include "systems/stop_point.h"

#include <stdio.h>

void purge_log(const struct acting *a, int64_t hold, const struct exim_id *id)
{
	char who[192], text[320];

	(void)snprintf(text, sizeof(text), "removed by stanch purge of hold %lld (%s)",
		(long long)hold, journal_who_text(&a->who, who));
	mainlog_add(a->log, clock_now_us(), id->text, text);
	mainlog_add(a->log, clock_now_us(), id->text, "Completed");
}

static enum ended not_there(struct ending *e, const struct kept *m)
{
	enum message_state where = acting_where_gone(e->a->spool, e->hold_queue, &m->id);

	acted_add_problem(e->acted, &m->id, "%s",
		where == MESSAGE_RELEASED
			? "was put back into the queue by somebody with Exim's own tools"
			: "is no longer held: delivered or removed with Exim's own tools");
	return where == MESSAGE_RELEASED ? ENDED_RELEASED : ENDED_GONE;
}

static enum ended purge_one(struct ending *e, const struct kept *m)
{
	ptrdiff_t folder = acting_find_held(e->a->spool, e->hold_queue, &m->id);
	struct message_lock lock = {.fd = -1};
	struct move_result result;
	struct moved_rest rest;

	if (folder < 0)
		return not_there(e, m);
	/* Without a -D there is nothing to lock, and nothing that Exim could deliver. */
	result = message_lock(e->a->spool->folders[folder].fd, &m->id, &lock);
	if (result.outcome != MOVE_DONE && result.outcome != MOVE_GONE) {
		acted_add_result(e->acted, &m->id, "lock", result);
		if (result.outcome == MOVE_LOCKED)
			e->acted->locked++;
		return ENDED_LEFT;
	}
	rest = acting_remove(e->places, (size_t)folder, &m->id, m->msglog_letter);
	message_unlock(&lock);
	if (rest.result.outcome != MOVE_DONE) {
		acted_add_result(e->acted, &m->id, rest.step, rest.result);
		return rest.undone ? ENDED_LEFT : ENDED_UNFINISHED;
	}
	if (rest.msglog.outcome != MOVE_DONE && rest.msglog.outcome != MOVE_GONE)
		acted_add_result(e->acted, &m->id, "message log", rest.msglog);
	purge_log(e->a, e->hold, &m->id);
	return ENDED_DONE;
}

static bool is_away(const struct ending *e, const struct kept *m)
{
	if (acting_find_held(e->a->spool, e->hold_queue, &m->id) < 0)
		return true;
	acted_add_problem(e->acted, &m->id, "read back: something of it is still there");
	return false;
}

static const struct ending_kind purging = {
	.kind = ACTION_PURGE,
	.during = MESSAGE_PURGING,
	.after = MESSAGE_PURGED,
	.phase = "purged",
	.one = purge_one,
	.read_back = is_away,
	.before_intent = STOP_PURGE_BEFORE_INTENT,
	.after_intent = STOP_PURGE_AFTER_INTENT,
	.after_log = STOP_PURGE_AFTER_LOG,
	.after_sync = STOP_PURGE_AFTER_SYNC,
	.after_outcome = STOP_PURGE_AFTER_OUTCOME,
};

int purge_run(const struct acting *a, int64_t hold, const char *hold_queue,
	const struct kept *messages, size_t count, struct acted *acted, struct problem *problem)
{
	return ending_run(a, &purging, hold, hold_queue, messages, count, acted, problem);
}
