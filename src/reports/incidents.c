#include "reports/incidents.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "base/units.h"
#include "detectors/evidence.h"
#include "reports/evidence_json.h"
#include "reports/evidence_list.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLOT_MOST   60 /* columns */
#define PLOT_LEAST  20
#define PLOT_BESIDE 24 /* columns beside the plot */
#define LEVELS      8

/* ---- reading ---- */

static bool keep_step(void *context, const struct incident_step_row *row)
{
	struct incident_story *s = context;

	s->steps = memory_grow(s->steps, s->step_count + 1, sizeof(*s->steps));
	struct incident_story_step *step = &s->steps[s->step_count++];
	*step = (struct incident_story_step){
		.row = *row, .words = memory_copy(row->words, strlen(row->words))};
	step->row.words = step->words;
	return true;
}

static bool keep_deed(void *context, const struct incident_action *a)
{
	struct incident_story *s = context;

	s->deeds = memory_grow(s->deeds, s->deed_count + 1, sizeof(*s->deeds));
	struct incident_story_deed *deed = &s->deeds[s->deed_count++];
	*deed = (struct incident_story_deed){.at = a->changed,
		.state = a->state,
		.words = memory_copy(a->words, strlen(a->words))};
	(void)snprintf(deed->responder, sizeof(deed->responder), "%s", a->responder);
	return true;
}

int incident_story_read(
	struct journal *j, int64_t number, struct incident_story *ret, struct problem *problem)
{
	*ret = (struct incident_story){0};
	int err = casebook_find(j, number, &ret->incident, problem);

	if (err == 0)
		err = casebook_each_step(j, number, keep_step, ret, problem);
	if (err == 0)
		err = actions_each_step(j, number, keep_deed, ret, problem);
	if (err == 0)
		err = casebook_evidence(
			j, number, ret->evidence, CASEBOOK_EVIDENCE, &ret->evidence_count, problem);
	if (err == 0)
		err = casebook_scores(j, number, ret->scores, &ret->score_count, problem);
	if (err == 0)
		err = casebook_holds(
			j, number, ret->holds, INCIDENT_HOLDS_SHOWN, &ret->hold_count, problem);
	return err;
}

void incident_story_clear(struct incident_story *story)
{
	for (size_t i = 0; i < story->step_count; i++)
		free(story->steps[i].words);
	for (size_t i = 0; i < story->deed_count; i++)
		free(story->deeds[i].words);
	free(story->steps);
	free(story->deeds);
	story->steps = NULL;
	story->deeds = NULL;
	story->step_count = story->deed_count = 0;
}

/* ---- the list ---- */

static enum terminal_style style_of(enum incident_state state)
{
	switch (state) {
	case INCIDENT_WAITING:
	case INCIDENT_CONTAINED:
	case INCIDENT_CLEANING:
		return TERMINAL_RED;
	case INCIDENT_SUSPECTED:
	case INCIDENT_CLEAN:
		return TERMINAL_YELLOW;
	default:
		return TERMINAL_PLAIN;
	}
}

void incidents_print_row(const struct terminal *t, const struct incident *incident,
	const struct incidents_view *view, bool first)
{
	char age[UNITS_TEXT], held[UNITS_TEXT], name[SOURCE_TEXT_MAX];

	if (first)
		terminal_say(t, TERMINAL_BOLD, "%6s  %-9s  %-12s  %11s  %6s  %s\n", "number",
			"state", "since", "bits", "held", "source");
	(void)fprintf(t->out, "%6" PRId64 "  ", incident->number);
	terminal_say(t, style_of(incident->state), "%-9s", incident_state_name(incident->state));
	(void)fprintf(t->out, "  %-12s  %5.1f/%5.1f  %6s  %s\n",
		units_age_text(view->now - incident->opened, age), incident->score,
		incident->threshold, units_count_text(incident->held, held),
		source_text(&incident->source, name));
}

/* ---- the plot ---- */

/* Times of facts are foreign: they need not be in order. */
static void find_range(const struct incident_story *s, int64_t *ret_from, int64_t *ret_to)
{
	int64_t from = INT64_MAX, to = INT64_MIN;

	for (size_t i = 0; i < s->score_count; i++) {
		from = s->scores[i].at_us < from ? s->scores[i].at_us : from;
		to = s->scores[i].at_us > to ? s->scores[i].at_us : to;
	}
	*ret_from = from;
	*ret_to = to;
}

/* The highest score in each column; a column without any has that of the one before. */
static size_t fill_columns(
	const struct incident_story *s, int64_t from, int64_t to, double *columns, size_t count)
{
	double whole = (double)to - (double)from; /* as integers it may not fit */

	for (size_t i = 0; i < count; i++)
		columns[i] = -1;
	for (size_t i = 0; i < s->score_count; i++) {
		double part = whole > 0 ? ((double)s->scores[i].at_us - (double)from) / whole : 0;
		size_t at = (size_t)(fmin(1, fmax(0, part)) * (double)(count - 1));

		columns[at] = fmax(columns[at], s->scores[i].score);
	}
	for (size_t i = 1; i < count; i++)
		columns[i] = columns[i] < 0 ? columns[i - 1] : columns[i];
	return whole > 0 ? count : 1;
}

static void print_column(FILE *out, double share, bool unicode)
{
	static const char *const blocks[LEVELS + 1] = {" ", "\xe2\x96\x81", "\xe2\x96\x82",
		"\xe2\x96\x83", "\xe2\x96\x84", "\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87",
		"\xe2\x96\x88"};
	static const char plain[LEVELS + 1] = " ..::=*##";
	double level = fmin(LEVELS, fmax(0, ceil(share * LEVELS)));

	if (unicode)
		(void)fputs(blocks[(size_t)level], out);
	else
		(void)fputc(plain[(size_t)level], out);
}

static void print_plot(
	const struct terminal *t, const struct incident_story *s, const struct incidents_view *view)
{
	double columns[PLOT_MOST], most = s->incident.threshold;
	size_t count = t->width == 0 || t->width > PLOT_MOST + PLOT_BESIDE ? PLOT_MOST
		       : t->width > PLOT_LEAST + PLOT_BESIDE               ? t->width - PLOT_BESIDE
									   : PLOT_LEAST;
	char from_text[UNITS_TEXT], to_text[UNITS_TEXT];
	int64_t from, to;

	if (s->score_count == 0)
		return;
	find_range(s, &from, &to);
	size_t used = fill_columns(s, from, to, columns, count);
	for (size_t i = 0; i < used; i++)
		most = fmax(most, columns[i]);
	(void)fputs("    |", t->out);
	for (size_t i = 0; i < used; i++) {
		bool over = columns[i] >= s->incident.threshold;

		terminal_style(t, over ? TERMINAL_RED : TERMINAL_PLAIN);
		print_column(t->out, most > 0 ? columns[i] / most : 0, view->unicode);
		terminal_style(t, TERMINAL_PLAIN);
	}
	(void)fprintf(t->out, "| %.1f of %.1f bits\n", s->incident.score, s->incident.threshold);
	(void)fprintf(t->out, "     from %s to %s\n", units_time_text(from / 1000000, from_text),
		units_time_text(to / 1000000, to_text));
}

/* ---- one incident ---- */

static void print_head(const struct terminal *t, const struct incident_story *s)
{
	const struct incident *i = &s->incident;
	char name[SOURCE_TEXT_MAX], messages[UNITS_TEXT], recipients[UNITS_TEXT];

	terminal_say(t, TERMINAL_BOLD, "Incident %" PRId64 ": %s", i->number,
		source_text(&i->source, name));
	(void)fputs("   ", t->out);
	terminal_say(t, style_of(i->state), "%s\n", incident_state_name(i->state));
	(void)fprintf(t->out, "    %.1f bits of evidence; %.1f suffice\n", i->score, i->threshold);
	if (i->messages > 0)
		(void)fprintf(t->out, "    %s %s to %s %s up to then\n",
			units_count_text(i->messages, messages),
			evidence_plural(i->messages, "message", "messages"),
			units_count_text(i->recipients, recipients),
			evidence_plural(i->recipients, "recipient", "recipients"));
}

static void print_words(const struct terminal *t, const char *words)
{
	if (words[0] != '\0') {
		(void)fputs(": ", t->out);
		printable_write(t->out, slice_of(words));
	}
	(void)fputc('\n', t->out);
}

static void print_step(const struct terminal *t, const struct incident_step_row *r)
{
	char at[UNITS_TEXT], who[192];

	(void)fprintf(t->out, "  %s  %s by %s", units_time_text(r->at, at),
		incident_state_name(r->to),
		r->by_person ? journal_who_text(&r->who, who) : "the daemon");
	print_words(t, r->words);
}

static void print_deed(const struct terminal *t, const struct incident_story_deed *d)
{
	char at[UNITS_TEXT];
	bool failed = d->state == ACTION_FAILED || d->state == ACTION_WAITING;

	(void)fprintf(t->out, "  %s  ", units_time_text(d->at, at));
	terminal_say(t, failed ? TERMINAL_RED : TERMINAL_PLAIN, "%s %s", d->responder,
		action_state_name(d->state));
	print_words(t, d->words);
}

/* Both as they came, by their time. */
static void print_steps(const struct terminal *t, const struct incident_story *s)
{
	char at[UNITS_TEXT];
	size_t deed = 0;

	(void)fprintf(t->out, "  %s  opened\n", units_time_text(s->incident.opened, at));
	for (size_t i = 0; i < s->step_count; i++) {
		for (; deed < s->deed_count && s->deeds[deed].at < s->steps[i].row.at; deed++)
			print_deed(t, &s->deeds[deed]);
		print_step(t, &s->steps[i].row);
	}
	for (; deed < s->deed_count; deed++)
		print_deed(t, &s->deeds[deed]);
}

static void print_holds(const struct terminal *t, const struct incident_story *s)
{
	char n[UNITS_TEXT];

	if (s->hold_count == 0)
		return;
	(void)fprintf(t->out, "  held: %s %s, in hold", units_count_text(s->incident.held, n),
		evidence_plural(s->incident.held, "message", "messages"));
	for (size_t i = 0; i < s->hold_count; i++)
		(void)fprintf(t->out, "%s %" PRId64, i > 0 ? "," : "", s->holds[i]);
	(void)fputs(" (no hold ends by itself)\n", t->out);
}

/* Whether a person has to do something for it to be over. */
static void print_end(const struct terminal *t, const struct incident *i)
{
	if (incident_is_acted_on(i->state))
		(void)fputs("  over by itself when no more of it came for hold.quiet_time; "
			    "what is held stays held\n",
			t->out);
	else if (incident_is_open(i->state))
		(void)fputs("  over by itself after a day in which no more of it came\n", t->out);
}

/* What a person could do now, as it would be typed. */
static void print_next(
	const struct terminal *t, const struct incident_story *s, const struct incidents_view *view)
{
	static const struct {
		enum incident_event event;
		const char *verb, *help;
	} rows[] = {{INCIDENT_APPROVE, "hold", "take its mail out of the queue"},
		{INCIDENT_RELEASE, "release",
			"put its mail back; this evidence never counts again"},
		{INCIDENT_DISMISS, "dismiss", "it is no thief; this evidence never counts again"},
		{INCIDENT_CLOSE, "close", "over, and what is held stays held"}};
	enum incident_state to;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && view->hints; i++)
		if (incident_step(s->incident.state, rows[i].event, &to))
			(void)fprintf(t->out, "    stanch%s incident %s %-8" PRId64 " %s\n",
				view->options, rows[i].verb, s->incident.number, rows[i].help);
}

void incident_print(const struct terminal *t, const struct incident_story *story,
	const struct incidents_view *view)
{
	print_head(t, story);
	(void)fputc('\n', t->out);
	print_steps(t, story);
	(void)fputc('\n', t->out);
	print_plot(t, story, view);
	evidence_list_print(t, story->evidence, story->evidence_count, view->unicode);
	print_holds(t, story);
	print_end(t, &story->incident);
	print_next(t, story, view);
}

void incident_explain(const struct terminal *t, const struct incident_story *story,
	const struct incidents_view *view)
{
	print_head(t, story);
	print_plot(t, story, view);
	evidence_list_print(t, story->evidence, story->evidence_count, view->unicode);
}

/* ---- JSON ---- */

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

json_t *incident_story_json(const struct incident_story *story)
{
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
	return o;
}

void incident_story_print_json(FILE *out, const struct incident_story *story)
{
	json_line(out, incident_story_json(story));
}

bool incidents_unicode(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return strcasestr(value, "utf-8") != NULL ||
			       strcasestr(value, "utf8") != NULL;
	}
	return false;
}
