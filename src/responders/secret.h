/* secret.h - the responder "secret": a stolen password is made worthless, by another one or by
 * keeping the mailbox from sending (secret.do), where the mailbox's domain has its passwords
 * (secret.backend, secret.domains). Only mailboxes have one.
 *
 * In the note: "do" and "backend" as in the configuration; "already" when it was so before we came,
 * and then undo leaves it; "undone". */
#ifndef STANCH_RESPONDERS_SECRET_H
#define STANCH_RESPONDERS_SECRET_H

#include "responders/responder.h"

extern const struct responder responder_secret;

#endif
