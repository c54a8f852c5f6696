/* fact.h - one thing that was observed, with its time: what every sensor turns into, and all that
 * the ledger and the detectors ever see. Plain structs; what they point to is lent for one call. */
#ifndef STANCH_FACTS_FACT_H
#define STANCH_FACTS_FACT_H

#include "base/slice.h"
#include "facts/source.h"
#include "formats/failure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fact_kind {
	FACT_ACCEPTED,  /* a message was taken into the queue */
	FACT_DELIVERED, /* to one recipient; so the next two */
	FACT_DEFERRED,
	FACT_FAILED,
	FACT_COMPLETED, /* a message left the queue */
	FACT_REFUSED,   /* a recipient was refused while the message was being given to us */
	FACT_LOGIN_FAILED,
	FACT_OFFERED,    /* a recipient is being offered, and not accepted yet (policy socket) */
	FACT_SCORED,     /* a content filter's answer about an accepted message */
	FACT_COMPLAINED, /* somebody complained about a message that was sent: spam, fraud, virus */
	FACT_KINDS
};

#define FACT_DAY_US INT64_C(86400000000)

/* The day of a time, in days since 1970 (UTC). */
static inline uint16_t fact_day(int64_t at_us)
{
	return at_us > 0 ? (uint16_t)(at_us / FACT_DAY_US) : 0;
}

/* Recipients of one message that are looked at one by one; recipient_total counts all. */
#define FACT_RECIPIENTS_MAX 1024

/* Which members mean something depends on the kind; all others are zero. */
struct fact {
	enum fact_kind kind;
	int64_t at_us; /* microseconds since 1970, of the server's own record, never of our clock */
	struct slice id; /* the message's queue id; empty: none */

	/* ACCEPTED; source, client, helo and sender also REFUSED and OFFERED; client and helo also
	 * LOGIN_FAILED */
	const struct source *source;    /* NULL: from outside, or nobody can be named */
	struct slice sender;            /* envelope sender; empty: the null sender */
	struct slice client;            /* address of the client; empty: a local process */
	struct slice helo;              /* as the client said it */
	struct slice cipher;            /* of TLS; empty: none */
	struct slice login;             /* unix user of a local process */
	struct slice message_id;        /* without <> */
	struct slice subject;           /* decoded; .at NULL: not known */
	struct slice body;              /* decoded text, its first part; .at NULL: not known */
	const struct slice *recipients; /* at most FACT_RECIPIENTS_MAX */
	size_t recipient_count;
	uint64_t recipient_total; /* 0: nobody knows (a log without its recipients) */
	uint64_t size;            /* bytes */
	bool has_filter_score;    /* also SCORED */
	double filter_score;      /* of a content filter: 5 and more is called spam */
	bool is_automatic;        /* Auto-Submitted or the like */
	bool is_list;             /* list fields */
	struct slice bounce_of;   /* id of the message that this one is a bounce for */

	/* DELIVERED, DEFERRED, FAILED, REFUSED, OFFERED */
	struct slice recipient;
	struct slice forwarded_for; /* the address here that it was sent on for; empty: none */
	bool is_local;              /* delivered into a mailbox of this server */
	enum failure failure;       /* DEFERRED, FAILED, REFUSED: why */
	bool is_reported;           /* FAILED: in a mail that came back, which anybody can write */

	struct slice user; /* LOGIN_FAILED: the name that was tried */
};

#endif
