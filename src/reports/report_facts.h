/* report_facts.h - what the journal tells of one incident, or of all of a period, gathered for a
 * report: with what became of the mail that was held for it, and of each action. It only reads. */
#ifndef STANCH_REPORTS_REPORT_FACTS_H
#define STANCH_REPORTS_REPORT_FACTS_H

#include "base/attribute.h"
#include "formats/exim_id.h"
#include "reports/incidents.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPORT_SAMPLES       10 /* messages of an incident that are named */
#define REPORT_DEEDS         8
#define REPORT_INCIDENTS_MAX 1000 /* of a period; what is more is counted */
#define REPORT_COUNTED_S     60   /* between counting and containing; longer is too long */
#define REPORT_FIRST_MOST_S  ((int64_t)7 * 86400) /* before it was opened, its first mail may be */

struct report_sample {
	struct exim_id id;
	int64_t received;
	uint64_t recipients;
	enum message_state state;
};

struct report_hold {
	int64_t hold, created;
	char who[192];
	uint64_t by_state[MESSAGE_STATES];
	bool unfinished;
};

/* How one of its actions stands. */
struct report_deed {
	char responder[ACTION_NAME_MAX];
	enum action_state state;
	int64_t changed;
	char *words;   /* owned */
	char done[16]; /* of "secret": what was done, "change" or "suspend"; else "" */
};

/* Owns its bytes; report_incident_clear() frees them. */
struct report_incident {
	struct incident_story story;
	int64_t first; /* when the first mail of it came that is known */
	struct report_hold holds[INCIDENT_HOLDS_SHOWN];
	size_t hold_count;
	bool holds_known;                  /* false: there may be more than these */
	uint64_t by_state[MESSAGE_STATES]; /* over these holds */
	uint64_t early;                    /* held, and of those that sufficed for the verdict */
	uint64_t without_details;          /* held, and it is not known when they were accepted */
	struct report_sample samples[REPORT_SAMPLES];
	size_t sample_count;
	struct report_deed deeds[REPORT_DEEDS];
	size_t deed_count;
};

/* Into *ret, which the caller clears whatever comes. Errors as for incident_story_read(). */
MUST_USE int report_incident_read(
	struct journal *j, int64_t number, struct report_incident *ret, struct problem *problem);
void report_incident_clear(struct report_incident *incident);

/* That one of its actions; NULL: there is none. */
const struct report_deed *report_deed_of(
	const struct report_incident *incident, const char *responder);

/* Whether that is done now, as the world was last seen. */
bool report_is_done(const struct report_incident *incident, const char *responder);

/* Whether its password was changed, and is so. */
bool report_is_password_changed(const struct report_incident *incident);

/* Of the messages that were counted until the verdict, at most how many went out: those that were
 * not held. What was accepted in the second of the verdict may be of either side, and is not taken
 * off. false: it is not known, for one because it was contained long after they were counted. */
MUST_USE bool report_went_out(const struct report_incident *incident, uint64_t *ret_count);

/* What became of the held ones; false: it is not known. */
MUST_USE bool report_still_held(const struct report_incident *incident, uint64_t *ret_count);
MUST_USE bool report_put_back(const struct report_incident *incident, uint64_t *ret_count);

/* A number that may not be known. */
struct report_number {
	bool is_known;
	uint64_t count;
};

/* One of a period. */
struct report_row {
	struct incident incident;
	int64_t first;
	bool is_older; /* it was opened before the period, and not over when that began */
	struct report_number went_out, still_held, put_back;
	size_t troubles; /* actions that wait or have failed */
};

/* Owns its rows; report_period_clear() frees them. */
struct report_period {
	int64_t since, until;    /* seconds since 1970, `until` is not in it */
	struct report_row *rows; /* oldest first */
	size_t count;
	uint64_t left_out; /* incidents over REPORT_INCIDENTS_MAX, the oldest */
	uint64_t opened;   /* within the period, those left out with them */
	/* of the rows: */
	uint64_t contained;    /* within the period */
	uint64_t by_person;    /* of these, by a person's word */
	uint64_t false_alarms; /* dismissed or released */
	uint64_t waiting;      /* for a person, now */
	uint64_t open;         /* now */
	uint64_t troubles;     /* actions that wait or have failed */
	uint64_t held;         /* messages */
	struct report_sum {
		uint64_t count;   /* of those of which it is known */
		uint64_t unknown; /* contained incidents of which it is not */
	} went_out, still_held, put_back;
	/* from the first mail to the containment, in seconds; of those contained in it */
	struct report_number delay_median, delay_worst;
};

/* Into *ret, which the caller clears whatever comes. Errors as for casebook_each(). */
MUST_USE int report_period_read(struct journal *j, int64_t since, int64_t until,
	struct report_period *ret, struct problem *problem);
void report_period_clear(struct report_period *period);

#endif
