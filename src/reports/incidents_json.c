/* incidents_json.c - incidents for programs. */
#include "base/json_text.h"
#include "reports/evidence_json.h"
#include "reports/incident_words.h"
#include "reports/incidents.h"

static json_t *time_or_null(int64_t at)
{
	return at != 0 ? json_time(at) : NULL;
}

json_t *incident_json(const struct incident *i)
{
	json_t *o = json_object();
	char text[SOURCE_TEXT_MAX];

	json_put(o, "incident", json_integer(i->number));
	json_put(o, "source", json_text(slice_of(source_text(&i->source, text))));
	json_put(o, "kind", json_string(source_kind_name(i->source.kind)));
	json_put(o, "name", json_text((struct slice){i->source.name, i->source.len}));
	json_put(o, "state", json_string(incident_state_name(i->state)));
	json_put(o, "opened", json_time(i->opened));
	json_put(o, "changed", json_time(i->changed));
	json_put(o, "contained", time_or_null(i->contained));
	json_put(o, "closed", time_or_null(i->closed));
	json_put(o, "last_mail", time_or_null(i->last_mail));
	json_put(o, "score", bits_json(i->score));
	json_put(o, "threshold", bits_json(i->threshold));
	json_put(o, "messages", json_integer((json_int_t)i->messages));
	json_put(o, "recipients", json_integer((json_int_t)i->recipients));
	json_put(o, "held", json_integer((json_int_t)i->held));
	json_put(o, "by_person", json_boolean(i->by_person));
	return o;
}

void incident_print_json(FILE *out, const struct incident *incident)
{
	json_line(out, incident_json(incident));
}

static json_t *steps_json(const struct incident_story *s)
{
	json_t *list = json_array();
	char who[192];

	for (size_t i = 0; i < s->step_count; i++) {
		const struct incident_step_row *r = &s->steps[i].row;
		json_t *o = json_object();

		json_put(o, "at", json_time(r->at));
		json_put(o, "event", json_string(incident_event_name(r->event)));
		json_put(o, "from", json_string(incident_state_name(r->from)));
		json_put(o, "to", json_string(incident_state_name(r->to)));
		json_put(o, "who",
			r->by_person ? json_text(slice_of(journal_who_text(&r->who, who))) : NULL);
		json_put(o, "words", json_text(slice_of(r->words)));
		(void)json_array_append_new(list, o);
	}
	return list;
}

static json_t *deeds_json(const struct incident_story *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->deed_count; i++) {
		json_t *o = json_object();

		json_put(o, "at", json_time(s->deeds[i].at));
		json_put(o, "responder", json_string(s->deeds[i].responder));
		json_put(o, "state", json_string(action_state_name(s->deeds[i].state)));
		json_put(o, "words", json_text(slice_of(s->deeds[i].words)));
		(void)json_array_append_new(list, o);
	}
	return list;
}

static json_t *domains_json(const struct recipient_domains *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->count; i++) {
		json_t *o = json_object();

		json_put(o, "domain", json_text(slice_of(d->at[i].name)));
		json_put(o, "recipients", json_integer((json_int_t)d->at[i].recipients));
		(void)json_array_append_new(list, o);
	}
	return list;
}

static json_t *samples_json(const struct incident_story *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->sample_count && i < INCIDENT_SAMPLES; i++)
		(void)json_array_append_new(list, json_text(slice_of(s->samples[i])));
	return list;
}

/* ---- what a person may do ---- */

/* kind: "incident" or "hold", which the number is of. words: what is typed up to it. */
static json_t *choice_json(const char *action, const char *kind, int64_t number, const char *words,
	const char *help, const struct incidents_view *view)
{
	json_t *o = json_object(),
	       *command = json_sprintf("stanch%s %s %lld", view->options, words, (long long)number);

	json_put(o, "action", json_string(action));
	json_put(o, kind, json_integer(number));
	json_put(o, "command", command); /* NULL when an option is no UTF-8 */
	json_put(o, "help", json_string(help));
	return o;
}

static json_t *word_json(const struct incident_word_row *w, const struct incident_story *s,
	const struct incidents_view *view)
{
	char words[64];

	(void)snprintf(words, sizeof(words), "incident %s", w->verb);
	return choice_json(w->action, "incident", s->incident.number, words, w->help, view);
}

/* undo: what takes back what was done; else what else may be said. */
static json_t *words_json(
	const struct incident_story *s, bool undo, const struct incidents_view *view)
{
	json_t *list = json_array();
	enum incident_state to;

	for (const struct incident_word_row *w = incident_words; w->verb != NULL; w++)
		if (incident_step(s->incident.state, w->event, &to) &&
			(w->event == INCIDENT_RELEASE) == undo)
			(void)json_array_append_new(list, word_json(w, s, view));
	return list;
}

static json_t *undo_json(const struct incident_story *s, const struct incidents_view *view)
{
	json_t *list = words_json(s, true, view);

	for (size_t i = 0; i < s->hold_count; i++)
		if (s->held_now[i] > 0)
			(void)json_array_append_new(
				list, choice_json("restore", "hold", s->holds[i], "restore",
					      "put the mail of that hold back", view));
	return list;
}

/* ---- since when ---- */

#define DAY_US INT64_C(86400000000)

/* A time of a fact that is odd: what is too far from when it was opened is not believed. */
static void see_odd(const struct incident_story *s, int64_t at_us, int64_t *first_us)
{
	int64_t opened_us = s->incident.opened * 1000000;

	if (at_us < *first_us && at_us > opened_us - 30 * DAY_US)
		*first_us = at_us;
}

/* The earliest that is known: of the messages that the evidence names, and of its growth. */
static json_t *first_odd_json(const struct incident_story *s)
{
	int64_t first_us = INT64_MAX;
	struct exim_id id;

	for (size_t i = 0; i < s->score_count; i++)
		see_odd(s, s->scores[i].at_us, &first_us);
	for (size_t i = 0; i < s->evidence_count; i++)
		for (size_t k = 0; k < s->evidence[i].id_count; k++)
			if (exim_id_parse(slice_of(s->evidence[i].ids[k]), &id) == 0)
				see_odd(s, exim_id_seconds(&id) * 1000000, &first_us);
	return first_us != INT64_MAX ? json_time(first_us / 1000000) : NULL;
}

json_t *incident_story_json(const struct incident_story *story)
{
	const struct recipient_domains *d = &story->domains;
	json_t *o = incident_json(&story->incident), *scores = json_array(), *holds = json_array();

	json_put(o, "steps", steps_json(story));
	json_put(o, "actions", deeds_json(story));
	json_put(o, "evidence", evidence_json(story->evidence, story->evidence_count));
	for (size_t i = 0; i < story->score_count; i++) {
		json_t *one = json_object();
		json_put(one, "time", json_real((double)story->scores[i].at_us / 1e6));
		json_put(one, "score", bits_json(story->scores[i].score));
		(void)json_array_append_new(scores, one);
	}
	json_put(o, "scores", scores);
	for (size_t i = 0; i < story->hold_count; i++)
		(void)json_array_append_new(holds, json_integer(story->holds[i]));
	json_put(o, "holds", holds);
	json_put(o, "first_odd", first_odd_json(story));
	json_put(o, "samples", samples_json(story));
	json_put(o, "recipient_domains", domains_json(d));
	json_put(o, "recipient_domains_left_out", json_integer((json_int_t)d->left_out));
	json_put(o, "recipient_domains_of", json_integer((json_int_t)d->messages));
	json_put(o, "recipient_domains_uncounted", json_integer((json_int_t)d->uncounted));
	return o;
}

void incident_story_print_json(
	FILE *out, const struct incident_story *story, const struct incidents_view *view)
{
	json_t *o = incident_story_json(story);

	json_put(o, "undo", undo_json(story, view));
	json_put(o, "choices", words_json(story, false, view));
	json_line(out, o);
}
