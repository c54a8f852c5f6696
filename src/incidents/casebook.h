/* casebook.h - incidents on disk, in the journal's file: what was found of which source, what was
 * done about it and by whom; which sources are exempted, and what was forgiven. Each call that
 * changes something is one commit: what it said is there after a power cut, before anything is done
 * in the world.
 *
 *   incidents      a row each
 *   steps          each change of state, who, and why
 *   evidence       what each detector said last
 *   scores         how it grew: at most CASEBOOK_SCORES points of each incident
 *   incident_holds the holds that were made for it
 *   exemptions     sources that are never contained, until when and why
 *   exemption_steps  each exemption that was given or ended, by whom
 *   forgiven       up to when a person has released the evidence of a source
 *
 * Errors are those of journal_open(). Times are seconds since 1970, but those of facts, which are
 * microseconds. */
#ifndef STANCH_INCIDENTS_CASEBOOK_H
#define STANCH_INCIDENTS_CASEBOOK_H

#include "base/attribute.h"
#include "detectors/detector.h"
#include "facts/source.h"
#include "incidents/incident.h"
#include "incidents/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CASEBOOK_SCORES   200
#define CASEBOOK_EVIDENCE 32 /* of one incident */
#define CASEBOOK_WORDS    512

struct incident {
	int64_t number; /* from 1 */
	struct source source;
	enum incident_state state;
	int64_t opened, changed;
	int64_t contained, closed; /* 0: not */
	int64_t last_mail;         /* when the latest suspicious mail of it came; 0: not known */
	int64_t fact_us;           /* time of the latest fact that it rests on */
	double score, threshold;
	uint64_t messages, recipients; /* of the outbreak, before it was contained */
	uint64_t held;                 /* messages, over all its holds */
	bool by_person;                /* a person had it contained, not a verdict */
};

/* What a verdict says of a source. */
struct incident_finding {
	const struct source *source;
	double score, threshold;
	int64_t at_us;
	uint64_t messages, recipients;
	const struct evidence *evidence;
	size_t evidence_count;
};

/* who NULL: the daemon. words: printable, cut at CASEBOOK_WORDS. */
struct incident_doing {
	int64_t at;
	const struct journal_who *who;
	const char *words;
};

/* Whether the journal has a casebook: one of an older stanch that was only read has none. */
bool casebook_exists(struct journal *j);

/* A new incident, in INCIDENT_SUSPECTED. */
MUST_USE int casebook_open(struct journal *j, const struct incident_finding *finding,
	const struct incident_doing *doing, int64_t *ret_number, struct problem *problem);

/* Takes down what is known now. */
MUST_USE int casebook_judge(struct journal *j, int64_t number,
	const struct incident_finding *finding, struct problem *problem);

/* One step of its state. -EINVAL when the state that it is in has no such step: nothing is changed.
 * -ENOENT: there is no such incident. */
MUST_USE int casebook_step(struct journal *j, int64_t number, enum incident_event event,
	const struct incident_doing *doing, enum incident_state *ret_state,
	struct problem *problem);

MUST_USE int casebook_set_last_mail(
	struct journal *j, int64_t number, int64_t at, struct problem *problem);

/* A hold that was made for it, and how many messages it took (added to `held`). */
MUST_USE int casebook_add_hold(struct journal *j, int64_t number, int64_t hold, uint64_t messages,
	struct problem *problem);

/* ---- reading ---- */

struct incident_choice {
	int64_t number;              /* 0: any */
	const struct source *source; /* NULL: any */
	bool open_only;
	int64_t since;   /* opened or changed since then */
	unsigned states; /* 1 << enum incident_state, or-ed; 0: any */
};

/* Newest first. The visitor returns false to stop. */
typedef bool incident_visit(void *context, const struct incident *incident);
MUST_USE int casebook_each(struct journal *j, const struct incident_choice *choice,
	incident_visit *visit, void *context, struct problem *problem);

/* One of them. -ENOENT and *problem when there is none. */
MUST_USE int casebook_find(
	struct journal *j, int64_t number, struct incident *ret, struct problem *problem);

/* The open one of that source; *ret->number 0 when there is none. */
MUST_USE int casebook_find_open(struct journal *j, const struct source *source,
	struct incident *ret, struct problem *problem);

struct incident_step_row {
	int64_t at;
	enum incident_event event;
	enum incident_state from, to;
	bool by_person;
	struct journal_who who;
	const char *words; /* lent */
};
typedef bool incident_step_visit(void *context, const struct incident_step_row *row);
MUST_USE int casebook_each_step(struct journal *j, int64_t number, incident_step_visit *visit,
	void *context, struct problem *problem);

/* Most bits first; at most `most` into ret, their .detector lent until the journal is freed.
 * *ret_count. */
MUST_USE int casebook_evidence(struct journal *j, int64_t number, struct evidence *ret, size_t most,
	size_t *ret_count, struct problem *problem);

struct incident_score {
	int64_t at_us;
	double score;
};
MUST_USE int casebook_scores(struct journal *j, int64_t number,
	struct incident_score ret[CASEBOOK_SCORES], size_t *ret_count, struct problem *problem);

/* Numbers of its holds, oldest first; at most `most`. Holds of its source whose reason is
 * "incident N" are its own, too: what made them may have been killed before it linked them. */
MUST_USE int casebook_holds(struct journal *j, int64_t number, int64_t *ret, size_t most,
	size_t *ret_count, struct problem *problem);

/* Sources that are contained now, and containments without a person since then. */
MUST_USE int casebook_count(struct journal *j, int64_t since, uint64_t *ret_contained,
	uint64_t *ret_since, struct problem *problem);

/* ---- exemptions and what was forgiven ---- */

struct exemption {
	struct source source;
	int64_t since, until; /* until 0: until it is ended */
	struct journal_who who;
	const char *reason; /* lent */
};

/* One of the same source is replaced. */
MUST_USE int casebook_exempt(
	struct journal *j, const struct exemption *exemption, struct problem *problem);

/* -ENOENT when there is none. */
MUST_USE int casebook_end_exemption(struct journal *j, const struct source *source,
	const struct incident_doing *doing, struct problem *problem);

typedef bool exemption_visit(void *context, const struct exemption *exemption);

/* Those that hold at `now`, and with 0 all. */
MUST_USE int casebook_each_exemption(struct journal *j, int64_t now, exemption_visit *visit,
	void *context, struct problem *problem);
MUST_USE int casebook_is_exempt(struct journal *j, const struct source *source, int64_t now,
	bool *ret_exempt, struct problem *problem);

/* A person has released all evidence of that source up to then: it never counts again. */
MUST_USE int casebook_forgive(
	struct journal *j, const struct source *source, int64_t until_us, struct problem *problem);

typedef void forgiven_visit(void *context, const struct source *source, int64_t until_us);
MUST_USE int casebook_each_forgiven(
	struct journal *j, forgiven_visit *visit, void *context, struct problem *problem);

/* 0 when nothing was. */
MUST_USE int casebook_forgiven(struct journal *j, const struct source *source,
	int64_t *ret_until_us, struct problem *problem);

#endif
