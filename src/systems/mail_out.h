/* mail_out.h - hands a mail over to be delivered: to a server by SMTP (libcurl), or to the local
 * sendmail program. */
#ifndef STANCH_SYSTEMS_MAIL_OUT_H
#define STANCH_SYSTEMS_MAIL_OUT_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/secret.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* All borrowed. */
struct mail_out {
	const char *url;  /* smtp:// or smtps://, a host, perhaps a port; NULL: sendmail */
	bool needs_tls;   /* smtp://: not without STARTTLS; always so with a login */
	const char *user; /* NULL: no login */
	const struct secret *password; /* of it */
	const char *sendmail;          /* absolute path, asked when url is NULL */
	int64_t time_ms;
};

/* message: as mail_message_write() makes it; sender and recipient: plain addresses. 0 once the
 * other side has taken it; or *problem, which repeats nothing of the message, and
 *   -EAGAIN    nobody could be reached, or not now: nothing has been taken
 *   -ETIMEDOUT all was sent and no answer came: it is not known whether it was taken
 *   -EACCES    the login is refused, or the certificate is not one to trust
 *   -EIO       it is refused for good
 *   -EINVAL    it cannot be asked so. */
MUST_USE int mail_out_send(const struct mail_out *out, const char *sender, const char *recipient,
	struct slice message, struct problem *problem);

#endif
