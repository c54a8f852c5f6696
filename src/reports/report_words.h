/* report_words.h - what the reports say in the same words: states, causes, and what was done. */
#ifndef STANCH_REPORTS_REPORT_WORDS_H
#define STANCH_REPORTS_REPORT_WORDS_H

#include "reports/report_facts.h"
#include "reports/report_page.h"

#define REPORT_SOURCE_TEXT (SOURCE_NAME_MAX + 16)
#define REPORT_DONE_TEXT   200
#define REPORT_UNDO_TEXT   96
#define REPORT_SUM_TEXT    96

/* "mailbox:ann@shop.test", its foreign bytes as they are. Returns at. */
char *report_source(const struct source *source, char at[REPORT_SOURCE_TEXT]);

/* "the mailbox ann@shop.test", likewise. Returns at. */
char *report_who(const struct source *source, char at[REPORT_SOURCE_TEXT]);

/* What the state means, as the end of "It is …". */
const char *report_state_means(enum incident_state state);

/* How such mail comes to be, without naming anybody: a sentence or two. */
const char *report_cause(enum source_kind kind);

/* What keeps the source from sending on, if that is so now: a sentence, or NULL when the action
 * does nothing of the kind, or was not seen done. at: for its text. */
const char *report_deed_says(const struct report_incident *incident, const struct report_deed *deed,
	char at[REPORT_DONE_TEXT]);

/* Whether anything but holding keeps it from beginning again. */
bool report_is_kept_out(const struct report_incident *incident);

/* How an action is undone, as a command or a few words. Returns at. */
char *report_undo(const struct report_incident *incident, const struct report_deed *deed,
	char at[REPORT_UNDO_TEXT]);

/* "at most 12", or "unknown". Returns at. */
char *report_at_most(struct report_number number, char at[UNITS_TEXT]);

/* "12", "12, and unknown of 3 incidents", or "unknown" when it is so of all `of`. Returns at. */
char *report_sum(struct report_sum sum, uint64_t of, char at[REPORT_SUM_TEXT]);

struct report_number report_number_of(
	bool (*ask)(const struct report_incident *incident, uint64_t *ret_count),
	const struct report_incident *incident);

/* "4 minutes", or "unknown". Returns at. */
char *report_delay(struct report_number seconds, char at[UNITS_TEXT]);

/* From its first mail until it was contained; not known of one that was not. */
struct report_number report_delay_of(int64_t first, int64_t contained);

#endif
