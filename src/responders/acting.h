/* acting.h - what holding, restoring, purging and recovering have in common: where they work, for
 * whom, and what came of it. */
#ifndef STANCH_RESPONDERS_ACTING_H
#define STANCH_RESPONDERS_ACTING_H

#include "base/attribute.h"
#include "base/problem.h"
#include "incidents/journal.h"
#include "systems/exim/mainlog.h"
#include "systems/exim/move.h"
#include "systems/exim/spool.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All borrowed. */
struct acting {
	struct exim_spool *spool;
	const char *spool_path;  /* the real one, by which the journal knows the spool */
	struct journal *journal; /* opened with JOURNAL_ACT */
	struct mainlog *log;
	const char *exim_login;
	struct journal_who who;
	const char *request;               /* the command as typed, to be typed again */
	const volatile sig_atomic_t *stop; /* not 0: end after the message in hand; may be NULL */
	/* Called now and then with what was done of how much; may be NULL. */
	void (*progress)(void *context, const char *phase, uint64_t done, uint64_t total);
	void *progress_context;
};

struct acted_problem {
	struct exim_id id; /* text "" when it is none of one message */
	char *why;         /* printable: step and reason */
};

/* What is so after acting, as it was read back; not what was asked. The caller owns it, and frees
 * it with acted_clear(); zeroed to begin with. */
struct acted {
	int64_t hold;
	struct journal_counts counts;
	uint64_t locked; /* of those left: Exim was working on them; trying again helps */
	uint64_t
		unfinished; /* of those left: neither moved nor undone; the next command finishes */
	bool stopped;       /* by a signal */
	struct acted_problem *problems;
	size_t problem_count, problem_room;
};

void acted_clear(struct acted *acted);

/* Adds what is wrong with a message (id NULL: with the whole). */
void acted_add_problem(struct acted *acted, const struct exim_id *id, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* "-D: rename: No space left on device", or what move_outcome_text() says. */
void acted_add_result(
	struct acted *acted, const struct exim_id *id, const char *step, struct move_result result);

bool acting_stopped(const struct acting *a);
void acting_progress(const struct acting *a, const char *phase, uint64_t done, uint64_t total);

/* The index of that folder in the spool, or -1. */
ptrdiff_t acting_folder(const struct exim_spool *spool, const char *queue, char letter);

/* As above, and makes it when it is not there. -1 and *problem when it cannot. */
ptrdiff_t acting_make_folder(
	struct exim_spool *spool, const char *queue, char letter, struct problem *problem);

/* Locks -D in that folder; one that somebody holds for a moment (a queue runner that finds no -H)
 * is tried again for a while. */
MUST_USE struct move_result acting_lock(
	int folder_fd, const struct exim_id *id, struct message_lock *ret_lock);

/* Moves all but -H, after -H went from `from` to `to` and while -D is locked: -J, -D, message log.
 * What is no longer in `from` was moved before. When -J or -D cannot be moved, what was moved goes
 * back, -H last, and the answer's `undone` tells whether all of it could. A message log that cannot
 * be moved is a problem to tell, no reason to undo. has_journal: false when it is known, under the
 * lock that is still held, that there is no -J. */
struct moved_rest {
	struct move_result result;
	const char *step;          /* that failed: "-J" or "-D" */
	struct move_result msglog; /* MOVE_GONE: there is none */
	char msglog_letter; /* of the folder it came from, 0: the unsplit one, or there is none */
	bool undone;
};
struct moved_rest acting_move_rest(struct move_places *places, size_t from, size_t to,
	const struct exim_id *id, bool has_journal);

/* The way back: -D, -J, message log, and -H last, because Exim acts on what has a -H. Never over a
 * file that is there. When one cannot be moved, those that were go back; the message log again is
 * no reason to. What is no longer in `from` was moved before. */
struct moved_rest acting_move_back(struct move_places *places, size_t from, size_t to,
	const struct exim_id *id, char msglog_letter);

/* Removes all files of a message that lies in that folder: -H first, so that what is left after a
 * crash is never delivered and never listed. .undone: nothing was removed. */
struct moved_rest acting_remove(
	struct move_places *places, size_t folder, const struct exim_id *id, char msglog_letter);

/* A message of a hold, as the journal has it, copied. */
struct kept {
	struct exim_id id;
	enum message_state state;
	char queue[SPOOL_QUEUE_MAX]; /* where it came from */
	char letter, msglog_letter;
	int64_t hold;
	int64_t action; /* that brought it to its state */
};

/* Owned by the caller; zeroed to begin with. Kept in the order of hold and id. */
struct kept_list {
	struct kept *at;
	size_t count, room;
};
void kept_list_clear(struct kept_list *list);

/* Adds all messages of the journal that fit. */
MUST_USE int kept_list_read(struct kept_list *list, struct journal *journal,
	const struct journal_choice *choice, struct problem *problem);

/* The folder in that hold queue in which something of the message lies: -H, else -D, else -J; -1:
 * none. */
ptrdiff_t acting_find_held(
	const struct exim_spool *spool, const char *hold_queue, const struct exim_id *id);

/* The message is no longer in its hold queue: MESSAGE_RELEASED when it lies in another queue of the
 * spool, else MESSAGE_GONE. */
enum message_state acting_where_gone(
	const struct exim_spool *spool, const char *hold_queue, const struct exim_id *id);

/* The lines so far go to Exim's log; what cannot be written is told once. */
void acting_write_log(const struct acting *a, struct acted *acted);

/* fsync of all folders that were changed; what cannot be synced is told. */
void acting_sync(struct move_places *places, struct acted *acted);

/* The problems of one action into the journal, within a transaction. */
MUST_USE int acting_journal_problems(
	const struct acting *a, const struct acted *acted, int64_t action, struct problem *problem);

#endif
