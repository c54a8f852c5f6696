/* tell.h - tells the owner and the administrator of an incident: a ticket in WHMCS, mail, a
 * webhook. Each is told of each stage once: note["told"][stage][channel] keeps by which id, or why
 * not for good; a channel that fails for a while is tried again alone. The new password goes to the
 * owner by the one way that tell.secret_by names, and nowhere else.
 *
 * act() and check() are of the stage r->stage, undo() tells that the source is released. A password
 * that was changed once more, because somebody had set it back, is told once more. */
#ifndef STANCH_RESPONDERS_TELL_H
#define STANCH_RESPONDERS_TELL_H

#include "responders/responder.h"

extern const struct responder responder_tell;

#endif
