/* journal.h - what was done to the queue, by whom and why, kept on disk: the one place from which a
 * hold can be explained, finished after a crash, and undone.
 *
 * One SQLite file, journal.sqlite, in the state folder (0700; the file 0600): write-ahead log,
 * synchronous=FULL, so that what a commit said is there after a power cut. Intent is committed
 * before the first file is touched, the outcome after the last.
 *
 *   holds      one row for each `stanch hold`
 *   messages   one row for each message of a hold, with its state
 *   actions    one row for each hold, restore and purge: who, when, and how it ended; one that has
 *              no end was killed
 *   problems   what went wrong with single messages
 *
 * and the tables of casebook.h and actions.h. A journal of an older stanch is brought up to date
 * when it is written to; to read it, it is left as it is. */
#ifndef STANCH_INCIDENTS_JOURNAL_H
#define STANCH_INCIDENTS_JOURNAL_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"
#include "formats/exim_id.h"
#include "systems/exim/spool.h"

#include <stdbool.h>
#include <stdint.h>

#define JOURNAL_NAME "journal.sqlite"

/* Bytes of recipients kept for each message: the first ten or twenty, so that a row stays on one
 * page. recipient_count always tells all, and the message itself names them. */
#define JOURNAL_RECIPIENTS_MAX 512

enum journal_access {
	JOURNAL_READ, /* look only; the journal must be there */
	JOURNAL_NOTE, /* writes of incidents (casebook.h), beside an acting process; makes it if it
			 is missing */
	JOURNAL_ACT   /* makes it if it is missing, and takes the lock of the acting process */
};

struct journal;

/* Opens the journal in that folder. For JOURNAL_ACT `command` is what the lock says of us to others
 * ("stanch hold"). Returns 0; or fills *problem and returns
 *   -ENOENT   JOURNAL_READ and there is none: nothing was ever held
 *   -EBUSY    another process is acting; the problem says which
 *   -EACCES, -EROFS, -ENOSPC, -EIO   it cannot be read or written
 *   -EPERM    the folder or file could have been written by others
 *   -EBADMSG  it is damaged, or no journal of ours
 *   -ENOTSUP  a newer stanch wrote it. */
MUST_USE int journal_open(const char *folder, enum journal_access access, const char *command,
	struct journal **ret_journal, struct problem *problem);
void journal_free(struct journal *j); /* NULL is fine; what was not committed is gone */
AUTO_FREE(journal)

/* Who asks. Owned by the caller. */
struct journal_who {
	uint32_t uid;
	char user[64];      /* login of the real user id; of the page, the name of its user */
	char sudo_user[64]; /* SUDO_USER; "" when there is none: a claim of the environment */
	char tty[64];       /* "" when there is none; "page ADDRESS" for a user of the page */
};

/* The environment variable in which the daemon tells a command that it runs for a user of the page
 * who that is: "NAME ADDRESS". A claim, as SUDO_USER is: who can make it is root already and could
 * write the journal. It is not listened to together with SUDO_USER, so that nobody who may run
 * stanch by sudo takes another name, and no terminal is called so: none can be taken for it. */
#define JOURNAL_PAGE_WHO "STANCH_PAGE_WHO"

void journal_who_now(struct journal_who *ret);

/* "root (sudo by ann)", "ann (page, 192.0.2.1)", into at. Printable. Returns at. */
char *journal_who_text(const struct journal_who *who, char at[192]);

enum message_state {
	MESSAGE_INTENDED, /* to be held; nothing is known to have been moved */
	MESSAGE_HELD,
	MESSAGE_LEFT,      /* not held after all; it stayed where it was */
	MESSAGE_RESTORING, /* to be put back */
	MESSAGE_RESTORED,
	MESSAGE_PURGING,
	MESSAGE_PURGED,
	MESSAGE_RELEASED, /* put back by somebody with Exim's own tools */
	MESSAGE_GONE,     /* delivered or removed by somebody with Exim's own tools */
	MESSAGE_STATES
};
const char *message_state_name(enum message_state state);

enum action_kind { ACTION_HOLD, ACTION_RESTORE, ACTION_PURGE, ACTION_KINDS };
const char *action_kind_name(enum action_kind kind);

/* A hold. Text is borrowed: when written, from the caller; when read, for the length of the call.
 */
struct journal_hold {
	int64_t hold; /* its number, from 1 */
	int64_t created;
	struct journal_who who;
	const char *reason;   /* "" when none was given */
	const char *selector; /* as typed */
	const char *source;   /* "mailbox:…" when it was held by source; else "" */
	const char *spool;
	const char *queue; /* the hold queue */
	uint64_t messages; /* only when read: all that were ever meant */
	uint64_t by_state[MESSAGE_STATES];
	int64_t oldest;  /* received, of those still held; 0 when none is */
	bool unfinished; /* an action on it has no end */
};

/* A message of a hold; text as above. */
struct journal_message {
	int64_t hold;
	int64_t action; /* that brought it to its state */
	struct exim_id id;
	enum message_state state;
	const char *queue;                       /* where it came from; "" is the default queue */
	char letter;                             /* folder of a split spool, 0: none */
	char msglog_letter;                      /* of its message log's folder, 0: none */
	bool details;                            /* the following are known */
	struct slice source, sender, recipients; /* recipients: LF between, cut at the limit */
	uint64_t recipient_count;
	int64_t received;
};

struct journal_action {
	int64_t action;
	enum action_kind kind;
	int64_t hold;         /* 0: of several */
	int64_t began, ended; /* ended 0: not */
	struct journal_who who;
	const char *request; /* the command to type again */
};

/* What came of an action. */
struct journal_counts {
	uint64_t messages, done, left, missing, conflict;
};

/* All writing happens between begin and commit. After an error everything since begin is undone by
 * journal_undo(). Errors are as for journal_open. */
MUST_USE int journal_begin(struct journal *j, struct problem *problem);
MUST_USE int journal_commit(struct journal *j, struct problem *problem);
void journal_undo(struct journal *j);

MUST_USE int journal_add_hold(struct journal *j, const struct journal_hold *hold, int64_t *ret_hold,
	struct problem *problem);
MUST_USE int journal_add_action(struct journal *j, const struct journal_action *action,
	int64_t *ret_action, struct problem *problem);

/* A message that the hold already names (left earlier, tried again) is only brought to that state,
 * place and action. */
MUST_USE int journal_add_message(
	struct journal *j, const struct journal_message *message, struct problem *problem);

/* Writes what is known now of a message that was added without details, its msglog_letter, and the
 * state to which the action that added it brought it: one update for all. */
MUST_USE int journal_set_details(
	struct journal *j, const struct journal_message *message, struct problem *problem);

/* One message's state, and the action that brought it there. */
MUST_USE int journal_set_state(struct journal *j, int64_t hold, const struct exim_id *id,
	enum message_state state, int64_t action, struct problem *problem);

/* Every message of the hold that is in state `from` and was brought there by `action` (0:
 * whichever) goes to state `to`, by `by`: one statement for all. */
MUST_USE int journal_set_states(struct journal *j, int64_t hold, int64_t action,
	enum message_state from, enum message_state to, int64_t by, struct problem *problem);

/* why: printable, or ours. */
MUST_USE int journal_add_problem(struct journal *j, int64_t action, int64_t hold,
	const struct exim_id *id, const char *why, struct problem *problem);
MUST_USE int journal_end_action(struct journal *j, int64_t action, int64_t ended,
	const struct journal_counts *counts, bool recovered, struct problem *problem);

/* Reading. The visitor returns false to stop. hold 0: all. */
typedef bool journal_hold_visit(void *context, const struct journal_hold *hold);
MUST_USE int journal_each_hold(struct journal *j, int64_t hold, journal_hold_visit *visit,
	void *context, struct problem *problem);

/* Actions that have no end: they were killed, or are running. Oldest first. */
typedef bool journal_action_visit(void *context, const struct journal_action *action);
MUST_USE int journal_each_unfinished(
	struct journal *j, journal_action_visit *visit, void *context, struct problem *problem);

/* Which messages: those that fit all that is set. */
struct journal_choice {
	int64_t hold;             /* 0: any */
	int64_t action;           /* 0: any; the one that brought them to their state */
	const struct exim_id *id; /* NULL: any */
	unsigned states;          /* 1 << enum message_state, or-ed; 0: any */
	int64_t held_before;      /* only of holds created before then; 0: any */
};
typedef bool journal_message_visit(void *context, const struct journal_message *message);
MUST_USE int journal_each_message(struct journal *j, const struct journal_choice *choice,
	journal_message_visit *visit, void *context, struct problem *problem);

#endif
