/* rspamd.h - asks rspamd over HTTP what it says of one message, without waiting: the answer comes
 * from the event loop. POST /checkv2 with the envelope in HTTP headers
 * (https://rspamd.com/doc/developers/protocol.html; tried with rspamd 3.4), over libcurl.
 *
 * At most RSPAMD_AT_ONCE questions are under way, over connections that are kept where the other
 * side keeps them (the normal worker of 3.4 ends each after its answer); up to RSPAMD_WAITING_MAX
 * more wait for their turn, first come, first asked. When RSPAMD_FAILURES_MOST
 * in a row had no answer, rspamd is left alone for a while, which doubles up to RSPAMD_REST_MOST_S
 * as long as it goes on; those that wait then fail at once. A message that rspamd could not scan
 * is no such failure: nobody makes us stop asking by sending odd mail.
 *
 * Only http and https, no redirects, no proxy, whatever the environment says. What rspamd answers
 * is hostile and bounded; what is sent of a message cannot become a header of its own. */
#ifndef STANCH_SYSTEMS_RSPAMD_H
#define STANCH_SYSTEMS_RSPAMD_H

#include "base/attribute.h"
#include "base/loop.h"
#include "base/problem.h"
#include "base/slice.h"
#include "formats/rspamd_reply.h"

#include <stddef.h>
#include <stdint.h>

#define RSPAMD_AT_ONCE        4
#define RSPAMD_WAITING_MAX    64
#define RSPAMD_MESSAGE_MAX    ((size_t)512 << 10) /* bytes */
#define RSPAMD_RECIPIENTS_MAX 50                  /* more of a question are not told */
#define RSPAMD_VALUE_MAX      512                 /* bytes of a value in a header */
#define RSPAMD_URL_MAX        256                 /* bytes with the NUL */
#define RSPAMD_TIMEOUT_MOST_S 300
#define RSPAMD_FAILURES_MOST  3
#define RSPAMD_REST_MOST_S    300

struct rspamd;

/* url: where rspamd's normal worker or proxy is, such as "http://127.0.0.1:11333": http or https,
 * a host, perhaps a port and a path, nothing else; "/checkv2" is put behind it. A name instead of
 * an address is looked up in a thread of libcurl's.
 * timeout_s: seconds for one question from when it is sent, 1 to RSPAMD_TIMEOUT_MOST_S.
 * rest_s: seconds of the first rest, 1 to RSPAMD_REST_MOST_S; 10 is usual.
 * Nothing is connected yet. Returns 0 and fills *ret; or -EINVAL, and *problem says what is wrong
 * with these. loop must outlive it. The process has no other thread while the first is made. */
MUST_USE int rspamd_new(struct loop *loop, const char *url, int timeout_s, int rest_s,
	struct rspamd **ret, struct problem *problem);

/* At any time, also in the call of an answer; NULL is fine. Questions under way or waiting are
 * ended; nobody is called for them. */
void rspamd_free(struct rspamd *r);
AUTO_FREE(rspamd)

/* All is borrowed for the time of rspamd_ask(). Of the texts, one that is empty, is longer than
 * RSPAMD_VALUE_MAX or has a control byte (00 to 1F, 7F: it could begin a header of its own) is left
 * out. So is an address that is not plain: ASCII atoms, "@", a domain of letters, digits and "-".
 * rspamd 3.4 takes one that it cannot read (beyond ASCII, without a domain) for a broken message
 * and adds 8 to its score (BROKEN_HEADERS). An empty sender is told as "<>", the sender of bounces.
 * Without a user, rspamd 3.4 adds 2.5 for a client whose name it is not told
 * (HFILTER_HOSTNAME_UNKNOWN); we never tell it. */
struct rspamd_question {
	struct slice message; /* header, empty line, body; 1 to RSPAMD_MESSAGE_MAX bytes */
	struct slice id;      /* in the queue, for rspamd's log */
	struct slice user;    /* who logged in; empty: nobody */
	struct slice sender;  /* of the envelope, without "<>" */
	const struct slice *recipients; /* likewise; the first RSPAMD_RECIPIENTS_MAX are told */
	size_t recipient_count;
	struct slice client; /* an IPv4 or IPv6 address and nothing else; otherwise left out */
	struct slice helo;
};

/* err 0: reply is what rspamd says, problem is NULL. Otherwise reply is NULL, problem is a sentence
 * with what can be printed, and err is
 *   -EREMOTEIO    rspamd could not scan this message
 *   -ETIMEDOUT    no answer in time
 *   -ECONNREFUSED nobody could be reached
 *   -EPROTO       another HTTP status than 200
 *   -EBADMSG      what came is not what rspamd answers (formats/rspamd_reply.h)
 *   -EMSGSIZE     it is longer than RSPAMD_REPLY_MAX
 *   -EAGAIN       rspamd is left alone after failures; this question was not sent
 *   -EIO          the connection ended before its time, or another fault of it.
 * reply and problem are borrowed until it returns. It may ask again, and free r. */
typedef void rspamd_answered(
	void *context, int err, const struct rspamd_reply *reply, const struct problem *problem);

/* Asks; the message is copied. 0: call comes once, later, from the loop, unless r is freed before.
 * Or nobody will be called and it returns
 *   -EINVAL   there is no message
 *   -EMSGSIZE it is longer than RSPAMD_MESSAGE_MAX
 *   -EAGAIN   rspamd is left alone after failures
 *   -ENOBUFS  RSPAMD_WAITING_MAX wait already. */
MUST_USE int rspamd_ask(
	struct rspamd *r, const struct rspamd_question *q, rspamd_answered *call, void *context);

/* asked = answered + failed + under_way + waiting. */
struct rspamd_counts {
	uint64_t asked;    /* that rspamd_ask() took */
	uint64_t answered; /* with a score */
	uint64_t failed;   /* all other answers */
	uint64_t dropped;  /* that rspamd_ask() did not take */
	uint64_t rests;    /* how often rspamd was left alone */
	size_t under_way, waiting;
	int64_t rest_ms; /* until rspamd is asked again; 0: it is */
};
void rspamd_count(const struct rspamd *r, struct rspamd_counts *ret);

#endif
