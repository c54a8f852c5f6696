/* content.h - the messages of one source that were looked into: not more than TALLY_SAMPLES, drawn
 * evenly from all of its own. Plain bytes in, no I/O; whoever fills it reads the spool. */
#ifndef STANCH_DETECTORS_CONTENT_H
#define STANCH_DETECTORS_CONTENT_H

#include "base/attribute.h"
#include "base/slice.h"
#include "facts/tally.h"
#include "formats/body_sketch.h"
#include "formats/exim_header.h"

#include <stdbool.h>
#include <stddef.h>

#define CONTENT_DOMAINS    4   /* recipient domains kept of each message, evenly over its list */
#define CONTENT_SCRIPT_MAX 160 /* bytes of a script's name, printable, with the NUL */

struct content_sample {
	char id[EXIM_ID_NEW + 1];
	char sender_domain[TALLY_DOMAIN_MAX + 1]; /* lower case; "" for the null sender */
	char recipient_domains[CONTENT_DOMAINS][TALLY_DOMAIN_MAX + 1]; /* lower case */
	size_t recipient_domain_count;
	bool is_list;      /* List-Id or List-Unsubscribe is there */
	bool is_automatic; /* Auto-Submitted, other than "no" (RFC 3834) */
	bool has_body;     /* sketch is of its body */
	struct body_sketch sketch;
	char script[CONTENT_SCRIPT_MAX]; /* what its fields claim sent it; "" when nothing */
};

/* Zeroed is empty. Needs no free. */
struct content {
	size_t count;
	struct content_sample samples[TALLY_SAMPLES];
};

/* What the header of a message says. NULL when the content is full. */
struct content_sample *content_add(
	struct content *c, const struct exim_id *id, const struct exim_header *header);

/* body: the front of the body, as it lies in -D behind its name line; decoded here. */
void content_add_body(
	struct content_sample *sample, const struct exim_header *header, struct slice body);

/* The most samples whose bodies are alike, and which: the number of samples with a body, of those
 * alike, and up to `room` of their places in samples[]. */
struct content_alike {
	size_t bodies, alike;
	size_t places[TALLY_SAMPLES];
};
void content_find_alike(const struct content *c, struct content_alike *ret);

/* The domain of an address (behind its last '@') in lower case; "" when it has none or it is longer
 * than TALLY_DOMAIN_MAX. */
void content_domain(struct slice address, char ret[TALLY_DOMAIN_MAX + 1]);

#endif
