/* audit.h - all that was ever done, newest first, by whom: the journal's tables read as one list.
 *
 *   opened     an incident was opened
 *   step       its state changed
 *   deed       a responder acted on it (actions.h)
 *   queue      mail was held, put back or deleted (journal.h)
 *   exemption  one was given or ended
 *
 * Nothing is read before it is asked for: the memory does not grow with the journal. Errors are
 * those of journal_open(). Times are seconds since 1970. */
#ifndef STANCH_INCIDENTS_AUDIT_H
#define STANCH_INCIDENTS_AUDIT_H

#include "base/attribute.h"
#include "facts/source.h"
#include "incidents/journal.h"

#include <stdbool.h>
#include <stdint.h>

#define AUDIT_LIMIT_MOST 10000 /* entries of one reading */
#define AUDIT_CURSOR_MAX 64    /* bytes of a cursor's text with its NUL */

/* Of the same second the later kind is the newer one. */
enum audit_kind { AUDIT_OPENED, AUDIT_EXEMPTION, AUDIT_STEP, AUDIT_QUEUE, AUDIT_DEED, AUDIT_KINDS };
const char *audit_kind_name(enum audit_kind kind); /* "opened", "exemption", … */

/* A place in the list that stays the same however much is added. */
struct audit_cursor {
	int64_t at;
	enum audit_kind kind;
	int64_t id; /* from 1 */
};

/* "1795436837-2-15". Returns at. */
char *audit_cursor_text(const struct audit_cursor *cursor, char at[AUDIT_CURSOR_MAX]);

/* The reverse. -EINVAL: it is none. */
MUST_USE int audit_cursor_read(struct slice text, struct audit_cursor *ret);

enum audit_by {
	AUDIT_BY_UNKNOWN, /* it was not kept */
	AUDIT_BY_DAEMON,
	AUDIT_BY_PERSON
};

/* Text is lent until the visitor returns; "" for none. */
struct audit_entry {
	struct audit_cursor place; /* its time, too */
	enum audit_by by;
	struct journal_who who; /* of AUDIT_BY_PERSON */
	/* The event, the responder; "opened", "hold", "restore", "purge", "exempt", "unexempt". */
	const char *what;
	const char *from, *to; /* states of an incident */
	const char *state;     /* of a deed; of queue: "done", "unfinished" or "recovered" */
	const char *words;
	struct slice source;          /* as source_text() writes it */
	int64_t incident, hold;       /* 0: none */
	int64_t until;                /* of an exemption; 0: until it is ended */
	struct journal_counts counts; /* of queue that has ended */
};

/* Those that fit all that is set. */
struct audit_choice {
	int64_t since, until;        /* both included; 0: any */
	struct audit_cursor before;  /* id 0: from the newest on */
	const struct source *source; /* of incidents, holds and exemptions; NULL: any */
	const char *user;            /* a person's login, or who used sudo; NULL: anybody */
	bool by_daemon;              /* only what the daemon did */
	uint64_t limit;              /* 1 to AUDIT_LIMIT_MOST */
};

/* The visitor returns false to stop. Also -ENOTSUP: the journal of an older stanch, which has to
 * be brought up to date by one that writes. */
typedef bool audit_visit(void *context, const struct audit_entry *entry);
MUST_USE int audit_each(struct journal *j, const struct audit_choice *choice, audit_visit *visit,
	void *context, struct problem *problem);

#endif
