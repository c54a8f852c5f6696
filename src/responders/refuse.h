/* refuse.h - Exim refuses the source from its next command on (systems/exim/refusals.h), whether
 * stanchd runs or not. Whether Exim has been told to look is stanch setup exim's. */
#ifndef STANCH_RESPONDERS_REFUSE_H
#define STANCH_RESPONDERS_REFUSE_H

#include "responders/responder.h"

extern const struct responder responder_refuse;

#endif
