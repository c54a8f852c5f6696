#include "reports/remembered.h"

#include "base/json_text.h"
#include "base/printable.h"
#include "base/units.h"
#include "detectors/conduct/conduct.h"
#include "reports/evidence_json.h"
#include "reports/evidence_list.h"

#define SECOND_US INT64_C(1000000)

static size_t evidence_of(const struct ledger_source *s, struct evidence ret[EPISODE_NOTES])
{
	const struct episode *e = ledger_worst_episode(s);

	return e != NULL ? conduct_evidence(e, ret) : 0;
}

static double score_of(const struct ledger_source *s)
{
	const struct episode *e = ledger_worst_episode(s);

	return e != NULL ? conduct_score(e) : 0;
}

static void print_past(const struct terminal *t, const struct ledger_source *s)
{
	const struct habit *h = &s->habit;
	char a[UNITS_TEXT], b[UNITS_TEXT];

	if (h->messages == 0) {
		(void)fputs("  it has got mail, and sent none\n", t->out);
		return;
	}
	(void)fprintf(t->out, "  %s messages on %u days, from %s", units_count_text(h->messages, a),
		h->active_days, units_time_text(s->first_us / SECOND_US, b));
	(void)fprintf(t->out, " to %s\n", units_time_text(s->last_us / SECOND_US, a));
	(void)fprintf(t->out, "  knows %u people; at most %u new ones on a day before today\n",
		h->known.count, habit_busiest(h));
	if (s->contained_us != 0)
		(void)fprintf(t->out, "  found to send spam at %s\n",
			units_time_text(s->contained_us / SECOND_US, a));
	if (s->forgiven_us != 0)
		(void)fprintf(t->out, "  released by a person at %s\n",
			units_time_text(s->forgiven_us / SECOND_US, a));
}

void remembered_print(
	const struct terminal *t, const struct ledger_source *s, const struct remembered_view *view)
{
	struct evidence evidence[EPISODE_NOTES];
	size_t count = evidence_of(s, evidence);
	char name[SOURCE_TEXT_MAX], saved[UNITS_TEXT];
	struct source source;

	ledger_source_copy(s, &source);
	terminal_say(t, TERMINAL_BOLD, "%s", source_text(&source, name));
	(void)fprintf(
		t->out, "   no incident; remembered at %s\n", units_time_text(view->saved, saved));
	print_past(t, s);
	if (view->past != NULL)
		source_past_print(t, view->past, view->now, view->unicode);
	(void)fprintf(t->out, "\n  %.1f bits of evidence now; %.1f suffice\n", score_of(s),
		view->suffice);
	evidence_list_print(t, evidence, count, view->unicode);
}

static json_t *time_or_null(int64_t at_us)
{
	return at_us != 0 ? json_time(at_us / SECOND_US) : NULL;
}

void remembered_print_json(
	FILE *out, const struct ledger_source *s, const struct remembered_view *view)
{
	struct evidence evidence[EPISODE_NOTES];
	size_t count = evidence_of(s, evidence);
	char name[SOURCE_TEXT_MAX];
	struct source source;
	json_t *o = json_object();

	ledger_source_copy(s, &source);
	json_put(o, "source", json_text(slice_of(source_text(&source, name))));
	json_put(o, "kind", json_string(source_kind_name(source.kind)));
	json_put(o, "name", json_text((struct slice){source.name, source.len}));
	json_put(o, "saved", json_time(view->saved));
	json_put(o, "first", time_or_null(s->first_us));
	json_put(o, "last", time_or_null(s->last_us));
	json_put(o, "messages", json_integer(s->habit.messages));
	json_put(o, "active_days", json_integer(s->habit.active_days));
	json_put(o, "people", json_integer(s->habit.known.count));
	json_put(o, "busiest", json_integer(habit_busiest(&s->habit)));
	json_put(o, "contained", time_or_null(s->contained_us));
	json_put(o, "score", bits_json(score_of(s)));
	json_put(o, "threshold", bits_json(view->suffice));
	json_put(o, "evidence", evidence_json(evidence, count));
	json_put(o, "days", view->past != NULL ? source_past_json(view->past) : NULL);
	json_line(out, o);
}
