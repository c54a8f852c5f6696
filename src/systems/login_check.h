/* login_check.h - tries whether a mail server lets somebody in with a password, over IMAP, POP3 or
 * SMTP, as AUTH PLAIN by libcurl. It logs in, and out again; no mail is read or sent. What the
 * server says to the password itself decides (formats/login_answer.h), never the fact that
 * something else went well or wrong: a server that does not ask for the password, is in trouble, or
 * turns everybody away could not be asked.
 *
 * The password goes in the clear only to this machine itself (127.0.0.0/8, ::1, localhost); there
 * no certificate is checked either. Each try is a failed or successful login in the server's logs,
 * and may count for whatever counts those. */
#ifndef STANCH_SYSTEMS_LOGIN_CHECK_H
#define STANCH_SYSTEMS_LOGIN_CHECK_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/secret.h"

#include <stdint.h>

#define LOGIN_CHECK_URL_MAX  256 /* bytes with the NUL */
#define LOGIN_CHECK_USER_MAX 255 /* bytes */

/* All borrowed. */
struct login_check {
	/* imap, imaps, pop3, pop3s, smtp or smtps, "://", a host, perhaps ":" and a port, and no
	 * more: "smtp://127.0.0.1:587". With "+starttls" behind imap, pop3 or smtp, TLS is begun
	 * before the password is sent, or it is not sent. */
	const char *url;
	const char *user;
	const struct secret *secret;
	const char *ca_file; /* certificates to trust; NULL: the system's */
	int64_t time_ms;     /* for the login, and once more for the way out */
};

enum login_result {
	LOGIN_ACCEPTED,
	LOGIN_REFUSED,
};

/* 0 and *ret; or it could not be asked, *problem (which names the URL, never the password) says
 * why, and -EINVAL    the URL is none of those, the name or password is empty, too long or has
 * control bytes, or it would go over a network in the clear -EAGAIN    the server cannot be
 * reached, is in trouble, or ended the connection -ETIMEDOUT it took too long -EPROTO    it has no
 * certificate to trust, no TLS, or no AUTH PLAIN -EBADMSG   it turned the login away without saying
 * that the name or password is why. */
MUST_USE int login_check(
	const struct login_check *check, enum login_result *ret, struct problem *problem);

/* Whether it is such a URL; -EINVAL and *problem when not. */
MUST_USE int login_check_url(const char *url, struct problem *problem);

#endif
