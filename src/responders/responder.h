/* responder.h - one kind of action against a source and its undo, each a file and a row of a table
 * (responders/table.h). What is common to all, the order, the journal and what is tried again, is
 * containment.h's.
 *
 * check() tells whether the world shows it: for tell, that this stage was told of. undo() reads
 * back itself. Each of the calls may be repeated after a crash between any two of them: act() where
 * it was done already is no mistake. None writes the journal or the terminal. All return 0, or
 * *said and
 *   -EAGAIN    the other side could not be reached, or is busy: the same again may help
 *   -ETIMEDOUT likewise, and it is not known whether it has happened
 *   -ENOENT    check(): it is not so. Others: the other side knows no such mailbox
 *   -EACCES    we are not let in: our own login, token or right is not good
 *   -EBADMSG   the answer cannot be understood
 *   -EIO       the other side says no, and why
 *   -EINVAL    the configuration lacks something, which *said names. */
#ifndef STANCH_RESPONDERS_RESPONDER_H
#define STANCH_RESPONDERS_RESPONDER_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/secret.h"
#include "facts/source.h"
#include "settings/groups.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* What is told of. */
enum responding_stage {
	RESPONDING_SUSPECTED, /* a person is asked: nothing was done */
	RESPONDING_CONTAINED,
	RESPONDING_CLOSED,
	RESPONDING_RELEASED
};
const char *responding_stage_name(enum responding_stage stage); /* "suspected", … */

/* For whom, and with what. All borrowed but secret. */
struct responding {
	const struct settings_values *values;
	const struct source *source;
	int64_t incident; /* 0: none */
	enum responding_stage stage;
	int64_t since;        /* seconds: when its first mail of this outbreak came; 0: not known */
	const char *main_log; /* path of Exim's; NULL: not known */
	const char *reason;   /* why, as a sentence; "" when nobody gave one */
	uint64_t messages, recipients, held; /* of the outbreak, for those who are told */
	struct secret *secret;  /* the new one, once "secret" has set it; owned; NULL: none */
	bool secret_told;       /* its owner has been told that one */
	const char *secret_how; /* "changed", "suspended"…: what "secret" did; NULL: nothing */
};

struct responder {
	const char *name; /* as in the configuration and the journal: "refuse" */
	const char *deed; /* what it does, as people say it: "refuse its mail" */
	bool (*is_on)(const struct settings_values *values);
	bool (*fits)(const struct source *source); /* can do something about such a source */
	/* Whether the files and names that the settings give it are right; nobody is asked, nothing
	 * changed. 0; or *said and -EINVAL. NULL: there are none. */
	int (*prepare)(const struct settings_values *values, struct problem *said);
	/* What act() would do, as a sentence; changes nothing. */
	void (*plan)(const struct responding *r, struct problem *said);
	/* note: a JSON object that the journal keeps between the calls, for what check() and undo()
	 * have to know; changed by act() and undo(). Never a secret. *said: after success, too, a
	 * sentence of what was done, with numbers. */
	int (*act)(struct responding *r, json_t *note, struct problem *said);
	int (*check)(const struct responding *r, const json_t *note, struct problem *said);
	int (*undo)(const struct responding *r, json_t *note, struct problem *said); /* NULL: cannot
										      * be undone */
};

#endif
