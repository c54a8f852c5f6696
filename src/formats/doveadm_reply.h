/* doveadm_reply.h - what Dovecot answers to a command of doveadm's: over its HTTP interface (JSON),
 * and as the program doveadm prints it with "-f tab". Both repeat what those who are logged in have
 * called themselves, so both are hostile. Seen with Dovecot 2.3.19. */
#ifndef STANCH_FORMATS_DOVEADM_REPLY_H
#define STANCH_FORMATS_DOVEADM_REPLY_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define DOVEADM_REPLY_MAX ((size_t)4 << 20) /* bytes; a longer one is not looked at */
#define DOVEADM_ERROR_MAX 64                /* bytes with the NUL */
#define DOVEADM_TAG       "stanch"          /* with which a command over HTTP is sent */

/* Exit codes of sysexits(3), as doveadm and the error "exitCode" have them. */
#define DOVEADM_EXIT_NO_USER   67
#define DOVEADM_EXIT_NOT_FOUND 68
#define DOVEADM_EXIT_TEMPORARY 75
#define DOVEADM_EXIT_DENIED    77

struct doveadm_reply {
	/* "": the command was done. Or the kind of error ("exitCode", "invalidRequest",
	 * "unknownMethod" and others), through base/printable.h and cut with "...". */
	char error[DOVEADM_ERROR_MAX];
	int exit_code; /* of the error; 0: none */
	/* Rows that have a user's name, such as sessions: with this mailbox's name (the case of
	 * ASCII letters does not count, as doveadm's own masks have it), and with another. */
	uint64_t own, others;
	/* A process ("pid") that has one of the mailbox's sessions has another's, too. Over HTTP
	 * only. */
	bool is_shared;
};

/* Reads the body that answers one command with the tag DOVEADM_TAG. 0 and *ret; or *ret as it was,
 * *problem (NULL is fine), and
 *   -EMSGSIZE  it is longer than DOVEADM_REPLY_MAX
 *   -EBADMSG   it is no answer to such a command. */
MUST_USE int doveadm_reply_read(struct slice body, struct slice mailbox, struct doveadm_reply *ret,
	struct problem *problem);

/* Reads what "doveadm -f tab who -1" has printed: a row with the names of the columns, the first of
 * them "username", then a row for each session. Lines in front of the first and lines without tabs
 * are warnings, and passed over. As above. */
MUST_USE int doveadm_table_read(struct slice output, struct slice mailbox,
	struct doveadm_reply *ret, struct problem *problem);

#endif
