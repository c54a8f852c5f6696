/* doveadm.h - ends the sessions that Dovecot has of one mailbox (IMAP, POP3, submission, sieve),
 * and has it forget what its authentication cache remembers of it: by its HTTP interface, or by the
 * program doveadm. Tried with Dovecot 2.3.19; 2.4 names one argument otherwise, which is tried too.
 * An Exim that only asks Dovecot for passwords has sessions of its own, which this does not end.
 *
 * Dovecot takes a name for a mask: '*' and '?' stand for other names, and what can be read as an
 * address or a network is one, and means everybody who comes from there. Such names are refused,
 * and what Dovecot lists for a name is looked at before anything is ended.
 *
 * All return 0; or *problem (which never has a key or password in it) and
 *   -EINVAL    a name that Dovecot would take for a mask, or an option that cannot be: nothing has
 *              happened
 *   -EAGAIN    Dovecot cannot be reached, is busy, or sessions are still there: the same may help
 *   -ETIMEDOUT likewise, and it is not known whether it has happened
 *   -EACCES    the key, password or right is not good
 *   -ENOENT    Dovecot knows no such mailbox (it says so only of some commands)
 *   -EBADMSG   the answer cannot be understood, or speaks of others than the one that was named
 *   -EIO       Dovecot says no, or the program cannot be run. */
#ifndef STANCH_SYSTEMS_DOVECOT_DOVEADM_H
#define STANCH_SYSTEMS_DOVECOT_DOVEADM_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/secret.h"
#include "settings/groups.h"

#include <stdbool.h>
#include <stdint.h>

#define DOVEADM_MAILBOX_MAX 255 /* bytes */

/* All borrowed. */
struct doveadm_options {
	const char *url;      /* "http://127.0.0.1:8080", of service doveadm; NULL: the program */
	const char *key;      /* doveadm_api_key; NULL: user and password */
	const char *user;     /* of Basic authentication; NULL: "doveadm", which Dovecot wants */
	const char *password; /* doveadm_password; NULL: none */
	const char *program;  /* an absolute path; NULL: /usr/bin/doveadm */
	const char *config;   /* for its option -c; NULL: its own */
	int64_t time_ms;      /* for one call of these functions, whatever it does */
};

/* Makes options of the settings, and reads the key or the password from its file. *ret_secret keeps
 * what is borrowed from there; the caller frees it, NULL too. -EINVAL, or
 * what secret_file_read() fails with, -ENOENT as -EINVAL. time_ms is left 0. */
MUST_USE int doveadm_options_read(const struct dovecot_settings *settings,
	struct doveadm_options *ret, struct secret **ret_secret, struct problem *problem);

/* How many sessions it has. */
MUST_USE int doveadm_who(const struct doveadm_options *options, const char *mailbox,
	uint64_t *ret_sessions, struct problem *problem);

/* Ends its sessions, and looks until they are gone; *ret_ended: how many there were, perhaps none.
 * A client that knows the password may be back at once: -EAGAIN says that. So does a process that
 * has sessions of others, too, which the program does not end; over HTTP it would be ended with
 * them, and is left alone: -EIO. */
MUST_USE int doveadm_kick(const struct doveadm_options *options, const char *mailbox,
	uint64_t *ret_ended, struct problem *problem);

/* Takes its entries out of the authentication cache: until then an old password may be let in
 * (auth_cache_ttl), though the new one is set. That there was an entry, or a cache, is not asked:
 * Dovecot has no command to look into it, so that only a login shows it (login_check.h). */
MUST_USE int doveadm_flush(
	const struct doveadm_options *options, const char *mailbox, struct problem *problem);

/* Whether the name means one mailbox and nothing else. */
bool doveadm_name_is_safe(const char *mailbox);

#endif
