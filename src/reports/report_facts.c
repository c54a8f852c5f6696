#include "reports/report_facts.h"

#include "base/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Rows of the casebook that are kept while it is read: newest first, so the oldest fall out. */
struct gathering {
	struct report_period *period;
	struct incident *found;
	size_t count;
};

/* ---- one incident ---- */

/* Times of facts and in ids are foreign: none is believed that lies far from the incident. */
static void take_first(struct report_incident *r, int64_t at)
{
	int64_t opened = r->story.incident.opened;

	if (at < r->first && at >= opened - REPORT_FIRST_MOST_S)
		r->first = at;
}

static void find_first(struct report_incident *r)
{
	const struct incident_story *s = &r->story;
	struct exim_id id;

	r->first = s->incident.opened;
	for (size_t i = 0; i < s->score_count; i++)
		take_first(r, s->scores[i].at_us / 1000000);
	for (size_t i = 0; i < s->evidence_count; i++)
		for (size_t k = 0; k < s->evidence[i].id_count; k++)
			if (exim_id_parse(slice_of(s->evidence[i].ids[k]), &id) == 0)
				take_first(r, exim_id_seconds(&id));
}

static bool keep_hold(void *context, const struct journal_hold *h)
{
	struct report_incident *r = context;
	struct report_hold *to = &r->holds[r->hold_count++];

	*to = (struct report_hold){
		.hold = h->hold, .created = h->created, .unfinished = h->unfinished};
	(void)journal_who_text(&h->who, to->who);
	for (size_t i = 0; i < MESSAGE_STATES; i++) {
		to->by_state[i] = h->by_state[i];
		r->by_state[i] += h->by_state[i];
	}
	return false;
}

/* The second of the latest message that `messages` has. */
static int64_t counted_until(const struct incident *incident)
{
	return incident->fact_us / 1000000;
}

static bool keep_message(void *context, const struct journal_message *m)
{
	struct report_incident *r = context;

	if (!m->details) {
		r->without_details++;
		return true;
	}
	if (m->received >= r->first && m->received < counted_until(&r->story.incident))
		r->early++;
	if (r->sample_count < REPORT_SAMPLES)
		r->samples[r->sample_count++] =
			(struct report_sample){m->id, m->received, m->recipient_count, m->state};
	return true;
}

/* What was only meant to be held, or stayed where it was, is none of them. */
#define STATES_HELD (~(1u << MESSAGE_INTENDED | 1u << MESSAGE_LEFT) & ((1u << MESSAGE_STATES) - 1))

static int read_holds(struct journal *j, struct report_incident *r, struct problem *problem)
{
	const struct incident_story *s = &r->story;
	int err = 0;

	r->holds_known = s->hold_count < INCIDENT_HOLDS_SHOWN;
	for (size_t i = 0; i < s->hold_count && err == 0; i++) {
		const struct journal_choice choice = {.hold = s->holds[i], .states = STATES_HELD};

		err = journal_each_hold(j, s->holds[i], keep_hold, r, problem);
		if (err == 0)
			err = journal_each_message(j, &choice, keep_message, r, problem);
	}
	return err;
}

static void read_note(struct report_deed *deed, const char *note)
{
	json_t *object = json_loads(note, 0, NULL);
	const char *done = json_string_value(json_object_get(object, "do"));

	if (done != NULL && strcmp(deed->responder, "secret") == 0)
		(void)snprintf(deed->done, sizeof(deed->done), "%s", done);
	json_decref(object);
}

static bool keep_deed(void *context, const struct incident_action *a)
{
	struct report_incident *r = context;
	struct report_deed *deed = &r->deeds[r->deed_count++];

	*deed = (struct report_deed){.state = a->state,
		.changed = a->changed,
		.words = memory_copy(a->words, strlen(a->words))};
	(void)snprintf(deed->responder, sizeof(deed->responder), "%s", a->responder);
	read_note(deed, a->note);
	return r->deed_count < REPORT_DEEDS;
}

int report_incident_read(
	struct journal *j, int64_t number, struct report_incident *ret, struct problem *problem)
{
	*ret = (struct report_incident){0};
	int err = incident_story_read(j, number, &ret->story, problem);

	if (err == 0) {
		find_first(ret);
		err = read_holds(j, ret, problem);
	}
	return err == 0 ? actions_each(j, number, keep_deed, ret, problem) : err;
}

void report_incident_clear(struct report_incident *incident)
{
	incident_story_clear(&incident->story);
	for (size_t i = 0; i < incident->deed_count; i++)
		free(incident->deeds[i].words);
	incident->deed_count = 0;
}

const struct report_deed *report_deed_of(
	const struct report_incident *incident, const char *responder)
{
	for (size_t i = 0; i < incident->deed_count; i++)
		if (strcmp(incident->deeds[i].responder, responder) == 0)
			return &incident->deeds[i];
	return NULL;
}

bool report_is_done(const struct report_incident *incident, const char *responder)
{
	const struct report_deed *deed = report_deed_of(incident, responder);

	return deed != NULL && deed->state == ACTION_DONE;
}

bool report_is_password_changed(const struct report_incident *incident)
{
	const struct report_deed *deed = report_deed_of(incident, "secret");

	return deed != NULL && deed->state == ACTION_DONE && strcmp(deed->done, "change") == 0;
}

bool report_went_out(const struct report_incident *r, uint64_t *ret_count)
{
	const struct incident *i = &r->story.incident;

	if (i->contained == 0 || i->messages == 0 || !r->holds_known || r->without_details > 0 ||
		r->early > i->messages || i->contained - counted_until(i) > REPORT_COUNTED_S)
		return false;
	*ret_count = i->messages - r->early;
	return true;
}

bool report_still_held(const struct report_incident *r, uint64_t *ret_count)
{
	if (!r->holds_known)
		return false;
	*ret_count = r->by_state[MESSAGE_HELD] + r->by_state[MESSAGE_RESTORING] +
		     r->by_state[MESSAGE_PURGING];
	return true;
}

bool report_put_back(const struct report_incident *r, uint64_t *ret_count)
{
	if (!r->holds_known)
		return false;
	*ret_count = r->by_state[MESSAGE_RESTORED] + r->by_state[MESSAGE_RELEASED];
	return true;
}

/* ---- a period ---- */

static bool is_within(const struct report_period *p, int64_t at)
{
	return at >= p->since && at < p->until;
}

/* Opened in the period, or before it and not over when it began. */
static bool is_of(const struct report_period *p, const struct incident *i)
{
	if (i->opened >= p->since)
		return i->opened < p->until;
	return incident_is_open(i->state) || i->closed >= p->since;
}

static bool gather(void *context, const struct incident *incident)
{
	struct gathering *g = context;

	if (!is_of(g->period, incident))
		return true;
	g->period->opened += is_within(g->period, incident->opened) ? 1 : 0;
	if (g->count == REPORT_INCIDENTS_MAX) {
		g->period->left_out++;
		return true;
	}
	if (g->count % 64 == 0)
		g->found = memory_grow(g->found, g->count + 64, sizeof(*g->found));
	g->found[g->count++] = *incident;
	return true;
}

static int compare_delays(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void find_delays(struct report_period *p)
{
	int64_t *delays = memory_new(p->count + 1, sizeof(*delays));
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		int64_t contained = p->rows[i].incident.contained;

		if (is_within(p, contained))
			delays[n++] =
				contained > p->rows[i].first ? contained - p->rows[i].first : 0;
	}
	if (n > 0) {
		qsort(delays, n, sizeof(*delays), compare_delays);
		p->delay_median = (struct report_number){
			true, (uint64_t)(n % 2 == 1 ? delays[n / 2]
						    : (delays[n / 2 - 1] + delays[n / 2]) / 2)};
		p->delay_worst = (struct report_number){true, (uint64_t)delays[n - 1]};
	}
	free(delays);
}

static void add_number(struct report_sum *sum, struct report_number one)
{
	if (one.is_known)
		sum->count += one.count;
	else
		sum->unknown++;
}

/* Of what was never contained nothing was held, and nothing left before it was contained. */
static void add_mail(struct report_period *p, const struct report_row *r)
{
	if (r->incident.contained == 0)
		return;
	add_number(&p->went_out, r->went_out);
	add_number(&p->still_held, r->still_held);
	add_number(&p->put_back, r->put_back);
	p->held += r->incident.held;
}

static void add_row(struct report_period *p, const struct report_row *r)
{
	const struct incident *i = &r->incident;
	bool contained = is_within(p, i->contained);

	p->contained += contained ? 1 : 0;
	p->by_person += contained && i->by_person ? 1 : 0;
	p->false_alarms += i->state == INCIDENT_DISMISSED || i->state == INCIDENT_RELEASED ? 1 : 0;
	p->waiting += i->state == INCIDENT_WAITING ? 1 : 0;
	p->open += incident_is_open(i->state) ? 1 : 0;
	p->troubles += r->troubles;
	add_mail(p, r);
}

static size_t troubles_of(const struct report_incident *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->deed_count; i++)
		n += r->deeds[i].state == ACTION_WAITING || r->deeds[i].state == ACTION_FAILED ? 1
											       : 0;
	return n;
}

static int read_row(struct journal *j, struct report_period *p, int64_t number,
	struct report_incident *whole, struct problem *problem)
{
	struct report_row *r = &p->rows[p->count];
	int err = report_incident_read(j, number, whole, problem);

	if (err == 0) {
		*r = (struct report_row){.incident = whole->story.incident,
			.first = whole->first,
			.is_older = whole->story.incident.opened < p->since,
			.troubles = troubles_of(whole)};
		r->went_out.is_known = report_went_out(whole, &r->went_out.count);
		r->still_held.is_known = report_still_held(whole, &r->still_held.count);
		r->put_back.is_known = report_put_back(whole, &r->put_back.count);
		p->count++;
		add_row(p, r);
	}
	report_incident_clear(whole);
	return err;
}

int report_period_read(struct journal *j, int64_t since, int64_t until, struct report_period *ret,
	struct problem *problem)
{
	const struct incident_choice all = {0};
	struct report_incident *whole = memory_new(1, sizeof(*whole));
	struct gathering g = {.period = ret};

	*ret = (struct report_period){.since = since, .until = until};
	int err = casebook_each(j, &all, gather, &g, problem);
	ret->rows = memory_new(g.count + 1, sizeof(*ret->rows));
	for (size_t i = g.count; i > 0 && err == 0; i--)
		err = read_row(j, ret, g.found[i - 1].number, whole, problem);
	find_delays(ret);
	free(g.found);
	free(whole);
	return err;
}

void report_period_clear(struct report_period *period)
{
	free(period->rows);
	period->rows = NULL;
	period->count = 0;
}
