/* sources.h - what `stanch sources` shows: who has mail in the queue, the most suspicious first,
 * and why. Foreign bytes are encoded here. */
#ifndef STANCH_REPORTS_SOURCES_H
#define STANCH_REPORTS_SOURCES_H

#include "base/attribute.h"
#include "incidents/survey.h"
#include "reports/terminal.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A page: suspicious sources shown with their evidence, and others in the table below. */
#define SOURCES_EXPLAINED 4
#define SOURCES_LISTED    12

struct sources_view {
	bool all;            /* every source, not one page */
	bool explain_all;    /* evidence of each, not only of suspicious ones */
	bool hints;          /* the next command to type */
	const char *options; /* global options that the next command needs, each with a blank in
				front, quoted for a shell; "" for none */
	int64_t now;         /* for ages; seconds since 1970 */
};

/* For people. Errors are the stream's. */
void sources_print(
	const struct terminal *t, const struct survey *s, const struct sources_view *view);

/* One JSON object a line, every source. Keys: source kind name messages recipients pending
 * recipient_domains senders foreign_senders hosts first last frozen damaged score evidence
 * script_claims. foreign_senders: the sender domains that are not hosted here, at most
 * TALLY_SENDERS; null when nobody could be asked. */
void sources_print_json(FILE *out, const struct survey *s);

/* A word for a POSIX shell: as it is when that is safe, else in single quotes. */
void shell_word_write(FILE *out, const char *word);

#endif
