/* report_readers.h - a report in the words of those who read it: the administrator, who is told
 * everything; a manager, who wants numbers; a blocklist's operator, who wants to know what happened
 * to his address and what was done; and the customer, who is told of his own mailbox alone. */
#ifndef STANCH_REPORTS_REPORT_READERS_H
#define STANCH_REPORTS_REPORT_READERS_H

#include "base/attribute.h"
#include "reports/report_facts.h"
#include "reports/report_page.h"
#include "responders/notice.h"

/* What the journal does not tell. All borrowed. */
struct report_about_us {
	const char *server;           /* this machine's name */
	const char *contact;          /* an address; NULL: not known */
	const char *const *addresses; /* IP addresses that mail leaves from */
	size_t address_count;
	const char *templates; /* the administrator's folder of them */
	const char *language;  /* of the customer */
	int64_t now;           /* seconds since 1970 */
};

/* Each returns a page that the caller frees. */
struct report_page *report_administrator(
	const struct report_incident *incident, const struct report_about_us *us);
struct report_page *report_manager(
	const struct report_incident *incident, const struct report_about_us *us);

/* Of a period, for both: numbers, plots and a table. */
struct report_page *report_period(
	const struct report_period *period, const struct report_about_us *us);

/* For the administrator: all of an incident, on a sheet of its own at the end of the page. */
void report_administrator_add(struct report_page *page, const struct report_incident *incident);

/* A request to take an address off the list, about one incident or several. Nobody's name or
 * address is in it. Only of what was contained: asked of another it would not be true. */
struct report_page *report_blocklist(const struct report_about_us *us);
void report_blocklist_add(struct report_page *page, const struct report_incident *incident);
void report_blocklist_end(struct report_page *page, const struct report_about_us *us);

/* For the customer: the template "report-customer" in his language, as notices have them
 * (responders/notice.h). Nothing of others is in it. Its HTML is what stands between <body> and
 * </body>. Errors as of notice_make(). */
MUST_USE int report_customer(const struct report_incident *incident,
	const struct report_about_us *us, struct notice *ret, struct problem *problem);

/* Writes it as a whole HTML file, or as text. */
void report_customer_html(FILE *out, const struct notice *notice);
void report_customer_text(FILE *out, const struct notice *notice);

#endif
