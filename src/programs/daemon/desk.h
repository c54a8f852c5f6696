/* desk.h - what the clerk asks the hand for the page's users, and what becomes of it: who they are
 * (page_access.h), what may be read and done (desk_table.h), which is run as commands of stanch
 * beside the loop. Several questions are open at a time. What the clerk says is checked as if a
 * stranger had said it.
 *
 *   clerk  {"ask": "login", "id", "name", "password", "from"}
 *          {"ask": "session"|"logout", "id", "who": WHO}
 *          {"ask": "read", "id", "who": WHO, "what", "args": {…}}
 *          {"ask": "do", "id", "who": WHO, "args": {"action", …}}
 *          WHO: {"session"|"token"|"proxy": "TEXT", "from": "ADDRESS", "csrf": "HEX"}
 *   hand   {"say": "answer", "id", "status", "body"}     to each, once; status as of HTTP
 *
 * A command that takes longer than DESK_WAIT_MS is answered with 504 and goes on. */
#ifndef STANCH_PROGRAMS_DAEMON_DESK_H
#define STANCH_PROGRAMS_DAEMON_DESK_H

#include "base/attribute.h"
#include "base/event_log.h"
#include "base/loop.h"
#include "programs/daemon/page_access.h"
#include "programs/daemon/plan.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define DESK_QUESTIONS_MOST 64 /* open at a time; of more, each is answered with 503 */
#define DESK_JOBS_MOST      4  /* commands at a time, */
#define DESK_READS_MOST     3  /* of which so many may only read: who acts does not wait for them */
#define DESK_WAIT_MS        25000

/* Takes the reference. */
typedef void desk_say(void *context, json_t *answer);

/* All borrowed. */
struct desk_given {
	struct loop *loop;
	const struct daemon_plan *plan;
	struct event_log *log;
	struct page_access *access;
	int64_t wait_ms; /* DESK_WAIT_MS, but for tests */
	desk_say *say;
	void *context;
};

struct desk;

struct desk *desk_new(const struct desk_given *given);

/* What runs goes on. access is freed before, and so are those who answer for others. NULL is fine.
 */
void desk_free(struct desk *d);
AUTO_FREE(desk)

/* object: what the clerk said; borrowed. false: it is no question, and the talk is to be ended. */
MUST_USE bool desk_hear(struct desk *d, const json_t *object);

/* Who asked is gone: nothing open is answered any more. What runs goes on; what waits is dropped.
 */
void desk_leave(struct desk *d);

/* ---- what others in the hand answer ---- */

struct desk_question;

/* To be called once for each question that desk_provider was given, also from within it. body is
 * taken; NULL: that it is not known, as 503. One that is too long for a talk is not said, but
 * that. */
void desk_answer(struct desk_question *q, int status, json_t *body);

/* args: as desk_table.h made them; borrowed for the call. The question stays open until
 * desk_answer(), which is to be called even if nobody waits for it any more, and before
 * desk_free().
 */
typedef void desk_provider(void *context, const json_t *args, struct desk_question *q);

/* The same for who knows at once: a new reference; NULL: it is not known now. */
typedef json_t *desk_provider_now(void *context, const json_t *args);

/* what: "history", "queue"; until then it is answered with 503. context: borrowed. Of another name
 * it is a mistake, and ends the process. */
void desk_provide(struct desk *d, const char *what, desk_provider *provider, void *context);
void desk_provide_now(struct desk *d, const char *what, desk_provider_now *provider, void *context);

#endif
