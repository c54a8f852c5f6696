/* feedback_facts.h - what a mail that came back says, as facts: a complaint, or what its server
 * could not deliver in the end. */
#ifndef STANCH_SENSORS_REPORT_FACTS_H
#define STANCH_SENSORS_REPORT_FACTS_H

#include "facts/fact.h"
#include "formats/feedback_report.h"

#define REPORT_FACTS_MAX FEEDBACK_RECIPIENTS

/* Fills ret with FACT_COMPLAINED, or with FACT_FAILED of each failed recipient, and returns how
 * many there are: none of a complaint that accuses nobody, and none when it is not known which
 * message of ours it is about. They are lent what is in the report. at_us: when it came. */
size_t feedback_facts_of(
	const struct feedback_report *report, int64_t at_us, struct fact ret[REPORT_FACTS_MAX]);

#endif
