/* show.h - one message of the queue, with all that a person asks about it. Foreign bytes are
 * encoded here. */
#ifndef STANCH_REPORTS_SHOW_H
#define STANCH_REPORTS_SHOW_H

#include "base/attribute.h"
#include "facts/queued.h"
#include "formats/mail_text.h"
#include "reports/terminal.h"
#include "systems/exim/scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Of a longer list or text only so much is shown, unless all is asked for. */
#define SHOW_RECIPIENTS 40
#define SHOW_LINES      15

/* One message. m must have been read with sizes; q and sensed are what queue_sense() made of it.
 * All borrowed. */
struct show {
	const struct scanned *m;
	const struct queued *q;
	bool sensed;
	const struct mail_text *text; /* of its fields and the front of its body; NULL: not read */
	int body_error;               /* negative errno when the body could not be read */
	const char *hold_queue;       /* of held messages */
	bool all;                     /* every recipient and all of the text that was read */
	int64_t now;                  /* seconds since 1970 */
};

void show_print(const struct terminal *t, const struct show *s);

/* One line of JSON. Keys: those of queue_list_json(), but "recipients" are objects {"address",
 * "delivered"}; and known_by held login uid gid host helo protocol interface authenticator
 * authenticated_id tls frozen_since warnings script_claims headers text attachments. */
void show_json(FILE *out, const struct show *s);

#endif
