#include "responders/restore.h"

#include "base/clock.h"

#include "responders/ending.h"
#include "systems/stop_point.h"

#include <errno.h>
#include <stdio.h>

/* Nothing is touched when a file of that name is already where one should go. */
static bool is_in_the_way(int from_fd, int to_fd, const struct exim_id *id)
{
	static const enum exim_file files[] = {EXIM_FILE_HEADER, EXIM_FILE_DATA, EXIM_FILE_JOURNAL};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (message_file_seen(to_fd, id, files[i]) != FILE_ABSENT &&
			message_file_seen(from_fd, id, files[i]) != FILE_ABSENT)
			return true;
	return message_file_seen(to_fd, id, EXIM_FILE_HEADER) != FILE_ABSENT;
}

static enum ended not_there(struct ending *e, const struct kept *m)
{
	enum message_state where = acting_where_gone(e->a->spool, e->hold_queue, &m->id);

	acted_add_problem(e->acted, &m->id, "%s",
		where == MESSAGE_RELEASED
			? "was already put back by somebody with Exim's own tools"
			: "is no longer held: delivered or removed with Exim's own tools");
	return where == MESSAGE_RELEASED ? ENDED_RELEASED : ENDED_GONE;
}

static enum ended left(struct ending *e, const struct kept *m, const char *step,
	struct move_result result, bool undone)
{
	acted_add_result(e->acted, &m->id, step, result);
	if (result.outcome == MOVE_LOCKED)
		e->acted->locked++;
	if (!undone)
		return ENDED_UNFINISHED;
	if (result.outcome == MOVE_CONFLICT)
		e->acted->counts.conflict++;
	return ENDED_LEFT;
}

static enum ended put_back(struct ending *e, const struct kept *m, size_t from, size_t to)
{
	struct moved_rest rest = acting_move_back(e->places, from, to, &m->id, m->msglog_letter);
	char text[160];

	if (rest.result.outcome != MOVE_DONE)
		return left(e, m, rest.step, rest.result, rest.undone);
	if (rest.msglog.outcome != MOVE_DONE && rest.msglog.outcome != MOVE_GONE)
		acted_add_result(e->acted, &m->id, "message log", rest.msglog);
	(void)snprintf(text, sizeof(text), "moved from (%s) by stanch restore of hold %lld",
		e->hold_queue, (long long)e->hold);
	mainlog_add(e->a->log, clock_now_us(), m->id.text, text);
	return ENDED_DONE;
}

static enum ended restore_one(struct ending *e, const struct kept *m)
{
	struct exim_spool *spool = e->a->spool;
	ptrdiff_t from = acting_find_held(spool, e->hold_queue, &m->id);
	struct message_lock lock = {.fd = -1};
	struct problem problem = {0};
	struct move_result result;
	enum ended ended;
	ptrdiff_t to;

	if (from < 0)
		return not_there(e, m);
	to = acting_make_folder(spool, m->queue, m->letter, &problem);
	if (to < 0) {
		acted_add_problem(e->acted, &m->id, "%s", problem.text);
		return ENDED_LEFT;
	}
	result = message_lock(spool->folders[from].fd, &m->id, &lock);
	if (result.outcome != MOVE_DONE) {
		if (result.outcome == MOVE_GONE)
			acted_add_problem(e->acted, &m->id, "has no body (-D) in the hold queue");
		else
			return left(e, m, "lock", result, true);
		return ENDED_LEFT;
	}
	if (is_in_the_way(spool->folders[from].fd, spool->folders[to].fd, &m->id)) {
		message_unlock(&lock);
		return left(e, m, "restore", (struct move_result){MOVE_CONFLICT, -EEXIST}, true);
	}
	ended = put_back(e, m, (size_t)from, (size_t)to);
	message_unlock(&lock);
	return ended;
}

/* Exim may deliver it the moment it is back: so what must be so is that it no longer is held. */
static bool is_back(const struct ending *e, const struct kept *m)
{
	if (acting_find_held(e->a->spool, e->hold_queue, &m->id) < 0)
		return true;
	acted_add_problem(
		e->acted, &m->id, "read back: something of it is still in the hold queue");
	return false;
}

static const struct ending_kind restoring = {
	.kind = ACTION_RESTORE,
	.during = MESSAGE_RESTORING,
	.after = MESSAGE_RESTORED,
	.phase = "put back",
	.one = restore_one,
	.read_back = is_back,
	.before_intent = STOP_RESTORE_BEFORE_INTENT,
	.after_intent = STOP_RESTORE_AFTER_INTENT,
	.after_log = STOP_RESTORE_AFTER_LOG,
	.after_sync = STOP_RESTORE_AFTER_SYNC,
	.after_outcome = STOP_RESTORE_AFTER_OUTCOME,
};

int restore_run(const struct acting *a, int64_t hold, const char *hold_queue,
	const struct kept *messages, size_t count, struct acted *acted, struct problem *problem)
{
	return ending_run(a, &restoring, hold, hold_queue, messages, count, acted, problem);
}
