/* tell.h - tells the owner and the administrator of an incident: a ticket in WHMCS, mail, a
 * webhook. Each is told of each stage once: note["told"][stage][channel] keeps by which id, or why
 * not for good; a channel that fails for a while is tried again alone. The new password goes to the
 * owner by the one way that tell.secret_by names, and nowhere else.
 *
 * act() tells that the source is contained, undo() that it is released. */
#ifndef STANCH_RESPONDERS_TELL_H
#define STANCH_RESPONDERS_TELL_H

#include "base/attribute.h"
#include "responders/responder.h"

extern const struct responder responder_tell;

/* Tells those who were told of the incident that it is closed, and its mail kept. As act(). */
MUST_USE int tell_closed(struct responding *r, json_t *note, struct problem *said);

#endif
