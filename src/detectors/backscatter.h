/* backscatter.h - what a bounce is worth, by the mail that it returns: backscatter of a flood, an
 * answer to somebody else's forgery, or news that an honest sender waits for.
 *
 * Everything a bounce quotes can be forged, except by chance an id that this server gave to a
 * message which it is known to have had. So only such an id proves anything. */
#ifndef STANCH_DETECTORS_BACKSCATTER_H
#define STANCH_DETECTORS_BACKSCATTER_H

#include "base/attribute.h"
#include "facts/hosted.h"
#include "facts/source.h"
#include "formats/returned_mail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum backscatter_kind {
	BACKSCATTER_PROVED,  /* returns mail of a source under suspicion, or mail that was held */
	BACKSCATTER_JOE_JOB, /* returns mail that never passed here */
	BACKSCATTER_HONEST,  /* its recipient sent the mail, and is not under suspicion */
	BACKSCATTER_UNKNOWN,
	BACKSCATTER_KINDS
};

/* "backscatter", "joe-job", "honest", "unknown" */
const char *backscatter_kind_name(enum backscatter_kind kind);

/* What is known of the message that a bounce returns. */
enum backscatter_trace {
	TRACE_NONE,    /* nothing, beside what the bounce says */
	TRACE_QUEUED,  /* it is still in the queue */
	TRACE_HELD,    /* the journal says that it is held, or was */
	TRACE_SESSION, /* the process that received it received others, before and after it, from
			  one source: the same session */
};

struct backscatter_input {
	const struct returned_mail *returned; /* NULL: the bounce quotes nothing */
	struct slice our_host;                /* as for returned_mail_read() */
	struct slice to;                      /* whom the bounce is for */
	enum hosted to_hosted;                /* whether that domain is hosted here */
	bool to_suspect;                      /* and that mailbox is under suspicion */
	enum backscatter_trace trace;
	const struct source *source; /* whose mail it is, by the trace; NULL for TRACE_NONE */
	double score;                /* of that source */
	int64_t hold;                /* of TRACE_HELD */
	const char *session_id;      /* of TRACE_SESSION: a message of the same session */
};

#define BACKSCATTER_WHY 512

struct backscatter_verdict {
	enum backscatter_kind kind;
	char why[BACKSCATTER_WHY]; /* a sentence; printable, foreign bytes encoded */
};

void backscatter_judge(const struct backscatter_input *in, struct backscatter_verdict *ret);

/* ---- sessions of sources under suspicion, or whose mail was held ---- */

/* Messages remembered; those that come later are not. 32 bytes each. */
#define SESSIONS_MAX 200000

/* Process numbers come again. Two messages by one process that are further apart than this are not
 * taken for one session. Seconds. */
#define SESSION_GAP_MAX ((int64_t)600)

struct sessions;
struct sessions *sessions_new(void);
void sessions_free(struct sessions *s); /* NULL is fine */
AUTO_FREE(sessions)

/* A message of that source. owner is given back by sessions_find(); it must outlive s. */
void sessions_add(struct sessions *s, const struct exim_id *id, const struct source *owner);

/* Whose session received the message: when the same process received messages of one owner both
 * before and after it (or in the same second), within SESSION_GAP_MAX, and none of another's
 * between. NULL when that is not so. *ret_id is one of those messages. Not to be used before the
 * last sessions_add(). */
const struct source *sessions_find(
	struct sessions *s, const struct exim_id *id, struct exim_id *ret_id);

#endif
