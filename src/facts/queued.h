/* queued.h - the fact "this message lies in the queue", with all that judging it needs. */
#ifndef STANCH_FACTS_QUEUED_H
#define STANCH_FACTS_QUEUED_H

#include "base/slice.h"
#include "facts/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message as a sensor saw it. What it points to is lent for the length of one call. */
struct queued {
	const char *id;    /* the mail server's own, with a NUL */
	const char *queue; /* "": the default queue */
	struct source source;
	bool authenticated;  /* the source proved itself (mailbox) */
	struct slice sender; /* envelope sender; empty: null sender */
	struct slice host;   /* address of the client; empty: local */
	const struct slice *recipients;
	const struct slice *domains; /* of each recipient: what stands behind its last '@' */
	const bool *delivered;       /* one for each recipient */
	size_t recipient_count;
	size_t delivered_count;
	int64_t received; /* seconds since 1970 */
	bool frozen;
	bool bounce;  /* null sender */
	bool damaged; /* the file is not sound; what could be read is here */
	bool ghost;   /* no body */
};

#endif
