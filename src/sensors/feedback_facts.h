/* feedback_facts.h - what a mail that came back says, as facts: a complaint, or what its server
 * could not deliver in the end. */
#ifndef STANCH_SENSORS_REPORT_FACTS_H
#define STANCH_SENSORS_REPORT_FACTS_H

#include "facts/fact.h"
#include "formats/feedback_report.h"

#define REPORT_FACTS_MAX FEEDBACK_RECIPIENTS

/* Whom a relay's notice may mean. */
#define FEEDBACK_ACCUSED 2

/* Fills ret with FACT_COMPLAINED, or with FACT_FAILED of each failed recipient, and returns how
 * many there are: none of a complaint that accuses nobody, and none when it is not known which
 * message of ours it is about. A relay's notice is FACT_COMPLAINED without a message, for each
 * source that it may mean, which are put into accused: the mailbox; the login, where it has no
 * domain or that of our_host. They are lent all of this. at_us: when it came. */
size_t feedback_facts_of(const struct feedback_report *report, struct slice our_host, int64_t at_us,
	struct source accused[FEEDBACK_ACCUSED], struct fact ret[REPORT_FACTS_MAX]);

#endif
