/* progress.h - one line on standard error that says how far a long work is, its rate and the time
 * that is left: only on a terminal, only after a second, and gone when the work is done. */
#ifndef STANCH_REPORTS_PROGRESS_H
#define STANCH_REPORTS_PROGRESS_H

#include "base/attribute.h"
#include "systems/exim/scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What is known of the work at one instant. */
struct progress_state {
	const char *what;     /* "messages read"; static text */
	uint64_t done, total; /* total 0: not known */
	bool total_may_grow;
};

/* Asked several times a second, from another thread. */
typedef void progress_look(void *context, struct progress_state *ret);

struct progress;

/* Starts showing what `look` says; NULL when show is false (nothing will be shown then), which the
 * other functions take as well. */
struct progress *progress_new(bool show, progress_look *look, void *context);

/* For exim_scan(): look at a struct scan_progress. */
struct progress *progress_new_of_scan(bool show, struct scan_progress *scan);

/* Takes the line away. */
void progress_free(struct progress *p);
AUTO_FREE(progress)

/* The line itself, without its end: "  41,200 of about 1,000,000 messages read, 38,100/s, 25 s
 * left". elapsed: seconds since the start. */
void progress_write(FILE *out, const struct progress_state *state, double elapsed);

#endif
