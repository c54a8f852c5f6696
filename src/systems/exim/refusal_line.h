/* refusal_line.h - one refusal as the one line of its file, for whoever finds it there:
 *
 *   mailbox:ann@shop.test TAB 2026-11-26T12:05:50Z TAB incident 12 TAB fan-out to strangers LF
 *
 * and the name of that file, which Exim computes for itself (systems/exim/acl_text.h). */
#ifndef STANCH_SYSTEMS_EXIM_REFUSAL_LINE_H
#define STANCH_SYSTEMS_EXIM_REFUSAL_LINE_H

#include "base/attribute.h"
#include "facts/source.h"

#include <stdbool.h>
#include <stdint.h>

#define REFUSAL_WHY_MAX  512 /* bytes with the NUL */
#define REFUSAL_LINE_MAX (SOURCE_TEXT_MAX + REFUSAL_WHY_MAX + 96)

struct refusal {
	struct source source;
	int64_t when;              /* seconds since 1970, 0 to the year 9999 */
	int64_t incident;          /* 0: none */
	char why[REFUSAL_WHY_MAX]; /* printable, "" when nobody gave a reason */
};

/* Whether Exim can be told to refuse it: a mailbox, a login, a script or a host, under its whole
 * name. A name that was cut (facts/source.h) is one that Exim knows only uncut. */
bool refusal_fits(const struct source *source);

/* "mailbox/" and SHA-256 of the name in 64 hexadecimal digits: no byte of the name can lead
 * elsewhere, no length is too much, and no two names are known that have the same. */
#define REFUSAL_NAME_MAX 80
char *refusal_file_name(const struct source *source, char at[REFUSAL_NAME_MAX]);

/* The line, with its LF. Returns at. */
char *refusal_write_line(const struct refusal *refusal, char at[REFUSAL_LINE_MAX]);

/* Reads what the former writes, and nothing else; -EBADMSG leaves *ret as it was. */
MUST_USE int refusal_read_line(struct slice text, struct refusal *ret);

#endif
