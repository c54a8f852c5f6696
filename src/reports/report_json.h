/* report_json.h - a report for programs. What is not known is null. Each returns a new reference.
 */
#ifndef STANCH_REPORTS_REPORT_JSON_H
#define STANCH_REPORTS_REPORT_JSON_H

#include "reports/report_facts.h"
#include "responders/notice.h"

#include <jansson.h>

/* The keys of `stanch incident show --json`, and first_mail, seconds_to_containment,
 * went_out_at_most, still_held, put_back, purged, password_changed, actions_now (responder state
 * changed words undo), held_in (hold made by still_held put_back purged unfinished) and
 * held_messages (id accepted recipients state). */
json_t *report_incident_json(const struct report_incident *incident)
	__attribute__((returns_nonnull));

/* Of those only what names nobody, for a blocklist. */
json_t *report_nameless_json(const struct report_incident *incident)
	__attribute__((returns_nonnull));

/* Keys: since until opened contained by_person let_go waiting open actions_not_done
 * seconds_to_containment_median seconds_to_containment_worst went_out_at_most (null: not known of
 * all) went_out_unknown (incidents) held still_held put_back left_out, and incidents: the keys of
 * `stanch incidents --json`, first_mail, seconds_to_containment, went_out_at_most, still_held,
 * put_back, actions_not_done. */
json_t *report_period_json(const struct report_period *period) __attribute__((returns_nonnull));

/* Keys: title language text html (null: there is none). */
json_t *report_customer_json(const struct notice *notice) __attribute__((returns_nonnull));

#endif
