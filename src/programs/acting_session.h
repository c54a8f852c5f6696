/* acting_session.h - what the commands that change the queue, hold, restore and purge, do alike:
 * take the acting lock, finish what was interrupted, know Exim's log, hear signals, tell the
 * result. */
#ifndef STANCH_PROGRAMS_ACTING_SESSION_H
#define STANCH_PROGRAMS_ACTING_SESSION_H

#include "programs/context.h"
#include "responders/acting.h"
#include "responders/adopt.h"

/* The caller owns it, zeroed to begin with, and ends it with acting_session_end(). */
struct acting_session {
	struct acting acting; /* ready for the responders */
	bool exim_known;      /* Exim's settings could be had: for remarks */

	/* Private. */
	struct exim_question *question;
	struct exim_settings *settings;
	char *spool_path;
	char *request;
	bool shows_progress;
	bool told_no_log;
};

/* Opens the spool, and starts asking Exim for its settings where they are not known yet. 0, or a
 * negative errno and *problem. */
MUST_USE int acting_session_begin(
	struct acting_session *s, struct context *context, struct problem *problem);

/* Opens the journal for acting, and finishes or undoes what an interrupted command left; what it
 * did is told on standard error. compare: also looks which held messages are gone by Exim's own
 * tools. From here on SIGINT, SIGTERM and SIGHUP end the work at a safe point. Can be called again
 * after acting_session_pause(). 0, or a negative errno and *problem. */
MUST_USE int acting_session_act(
	struct acting_session *s, struct context *context, bool compare, struct problem *problem);

/* Says once that Exim's main log will not have what is done now, if it is so. To be called when
 * messages are about to be moved or removed, not before. */
void acting_hint_log(struct acting_session *s, const struct context *context);

/* Gives the acting lock back while a person thinks. */
void acting_session_pause(struct acting_session *s);

/* Whether a signal asked to stop. */
bool acting_session_stopped(void);

void acting_session_end(struct acting_session *s);

/* Lists what lies in the hold queue of the spool and is not held by any hold of the journal (NULL:
 * there is none). Needs no acting_session_begin(). 0, or a negative errno and *problem. */
MUST_USE int acting_strays(struct context *context, struct journal *journal,
	struct stray_list *ret_strays, struct problem *problem);

/* Says on standard error that so many lie there, and what to do; in JSON also as a line like those
 * of "stanch holds", whose hold is null. */
void acting_tell_strays(const struct context *context, size_t count);

/* "message", or "messages" for all but one. */
const char *acting_messages(uint64_t count);

/* "done", "partly", "nothing", "stopped", "planned": the state of a result. */
const char *acting_result_state(const struct acted *acted);

/* Tells the problems on standard error, or the whole as a JSON object on standard output. verb:
 * "held", "restored", "purged"; action: the name in JSON; state: see above, or the caller's own. */
void acting_tell(const struct context *context, const char *action, const char *verb,
	const char *state, const struct acted *acted);

/* DONE when all was done, LEFT when something was left. */
int acting_exit(const struct acted *acted);

#endif
