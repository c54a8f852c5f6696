/* backscatter.h - what `stanch backscatter` shows: the bounces of the queue by what they return,
 * with the sample that proves it. Foreign bytes are encoded here. */
#ifndef STANCH_REPORTS_BACKSCATTER_H
#define STANCH_REPORTS_BACKSCATTER_H

#include "base/attribute.h"
#include "incidents/bounces.h"
#include "reports/terminal.h"

#include <stdbool.h>
#include <stdio.h>

#define BACKSCATTER_SHOWN 3 /* bounces shown of each kind on one page */

/* Collects while the bounces are judged. */
struct backscatter_report;
struct backscatter_report *backscatter_report_new(bool all);
void backscatter_report_free(struct backscatter_report *r); /* NULL is fine */
AUTO_FREE(backscatter_report)

/* A bounce_visit; its context is the report. */
bool backscatter_report_add(void *report, const struct bounce *bounce);

/* options: as sources_view. */
void backscatter_report_print(const struct terminal *t, const struct backscatter_report *r,
	const struct bounces_result *result, const char *options, bool hints);

/* A bounce_visit; its context is the FILE. One JSON object a line: id queue to received frozen
 * verdict why returned, which is null or an object of exim_id message_id from subject
 * envelope_sender failed_recipients passed_here. */
bool backscatter_print_json(void *out, const struct bounce *bounce);

#endif
