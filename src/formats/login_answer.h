/* login_answer.h - what one line of a mail server's means for a login that was tried: let in,
 * turned away because of the name or password, or anything else. Only what the standards have words
 * for is taken for a refusal, because a server in trouble turns everybody away: SMTP  235; 535 (RFC
 * 4954, section 6) IMAP  OK; NO [AUTHENTICATIONFAILED] (RFC 5530, section 3) POP3  +OK; -ERR [AUTH]
 * (RFC 3206, section 4) */
#ifndef STANCH_FORMATS_LOGIN_ANSWER_H
#define STANCH_FORMATS_LOGIN_ANSWER_H

#include "base/slice.h"

enum login_protocol {
	LOGIN_SMTP,
	LOGIN_IMAP,
	LOGIN_POP3,
};

enum login_said {
	LOGIN_SAID_NOTHING, /* not yet: a continuation, or a line about something else */
	LOGIN_SAID_YES,
	LOGIN_SAID_NO,      /* the name or the password is not good */
	LOGIN_SAID_LATER,   /* a trouble of the server's */
	LOGIN_SAID_UNCLEAR, /* refused, and it does not say why */
};

/* line: one that came behind the command that began the login, with or without its line end. tag:
 * of that command, in IMAP. */
enum login_said login_answer_read(
	enum login_protocol protocol, struct slice tag, struct slice line);

#endif
