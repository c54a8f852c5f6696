/* source.h - who is responsible for a message: a kind, which says how it is known, and a name.
 *
 *   mailbox:ann@shop.test   authenticated by SMTP AUTH
 *   login:www-data          given by a local process of that user
 *   script:…                reserved for senders that a sensor can prove to be one script
 *   host:192.0.2.1          relayed by that address without authentication
 *   bounce:local            a delivery report made by this server
 */
#ifndef STANCH_FACTS_SOURCE_H
#define STANCH_FACTS_SOURCE_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum source_kind {
	SOURCE_UNKNOWN, /* the message does not say; never acted on by source */
	SOURCE_MAILBOX,
	SOURCE_LOGIN,
	SOURCE_SCRIPT,
	SOURCE_HOST,
	SOURCE_BOUNCE,
	SOURCE_KINDS
};

/* Longest name in bytes. An authenticated id that is longer is cut and its end replaced by a hash,
 * so that two long names never look equal. */
#define SOURCE_NAME_MAX 255

/* Holds its own bytes; needs no free. */
struct source {
	enum source_kind kind;
	uint16_t len; /* bytes of name, without the NUL */
	char name[SOURCE_NAME_MAX + 1];
};

/* "mailbox", "login", …; "unknown" for SOURCE_UNKNOWN. */
const char *source_kind_name(enum source_kind kind);

/* One form for one source: mailbox names in lower case (ASCII), and "user+tag@domain" as
 * "user@domain", because a tag is not another user; the others as they are. */
void source_set(struct source *ret, enum source_kind kind, struct slice name);

/* Reads what a person typed: "kind:name", or a bare "user@domain" for its mailbox; \xNN as
 * base/printable.h writes it. -EINVAL when it is neither; then *ret is as it was. */
MUST_USE int source_parse(struct slice typed, struct source *ret);

bool source_equal(const struct source *a, const struct source *b);

/* The same for equal sources, hard to aim at for others (seeded for each process). */
uint64_t source_hash(const struct source *s);

/* Room for "kind:" and every byte of the name as \xNN, with the NUL. */
#define SOURCE_TEXT_MAX (16 + 4 * SOURCE_NAME_MAX)

/* "mailbox:ann@shop.test", printable, as source_parse() reads it. Returns at. */
char *source_text(const struct source *s, char at[SOURCE_TEXT_MAX]);

#endif
