/* sessions.h - ends what a mailbox has open: its SMTP sessions with Exim, which go on after its
 * password was changed, and what Dovecot keeps for it. There is no undo, and none is needed: an
 * honest client connects again. */
#ifndef STANCH_RESPONDERS_SESSIONS_H
#define STANCH_RESPONDERS_SESSIONS_H

#include "responders/responder.h"

/* fits: mailboxes. Note: "found", "destroyed", "signalled", "left", and "dovecot", the numbers of
 * the last act(). act() is -EAGAIN when some are left after sessions.time. */
extern const struct responder responder_sessions;

#endif
