/* exim_list.h - the queue as Exim itself prints it, byte for byte, so that old scripts keep
 * working. What a client sent is therefore printed raw, as Exim does: not for terminals of the
 * cautious.
 *
 * Source of the form: Exim's queue_list() and string_format_size(), 4.80 to 4.99. */
#ifndef STANCH_REPORTS_EXIM_LIST_H
#define STANCH_REPORTS_EXIM_LIST_H

#include "base/attribute.h"
#include "facts/queued.h"
#include "systems/exim/scan.h"

#include <stdint.h>
#include <stdio.h>

enum exim_list_form {
	EXIM_LIST_BP,  /* all recipients */
	EXIM_LIST_BPU, /* those still to be delivered to */
	EXIM_LIST_BPA, /* and addresses made of them that are done */
	EXIM_LIST_BPI, /* ids only */
};

/* From what a message's -H file at most has for Exim to read it (since 4.88; it writes more). */
#define EXIM_LIST_RECIPIENTS_MAX 16384

/* One message. m must have been read with sizes; q and sensed are what queue_sense() made of it;
 * now in seconds since 1970. */
void exim_list_write(FILE *out, enum exim_list_form form, const struct scanned *m,
	const struct queued *q, bool sensed, int64_t now);

#endif
