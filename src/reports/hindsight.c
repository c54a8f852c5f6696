#include "reports/hindsight.h"

#include "base/json_text.h"
#include "base/printable.h"
#include "base/units.h"
#include "detectors/evidence.h"
#include "reports/evidence_json.h"

#include <string.h>

#define EVIDENCE_SHOWN 3  /* of a contained source */
#define NEAR_SHOWN     12 /* without --explain */
#define SECOND_US      INT64_C(1000000)

/* ---- for people ---- */

/* "3 messages to 9 recipients" */
#define MAIL_TEXT (2 * UNITS_TEXT + 32)
static char *mail_text(const struct hindsight_mail *m, char at[MAIL_TEXT])
{
	char messages[UNITS_TEXT], recipients[UNITS_TEXT];

	(void)snprintf(at, MAIL_TEXT, "%s %s to %s %s", units_count_text(m->messages, messages),
		evidence_plural(m->messages, "message", "messages"),
		units_count_text(m->recipients, recipients),
		evidence_plural(m->recipients, "recipient", "recipients"));
	return at;
}

static char *time_text(int64_t us, char at[UNITS_TEXT])
{
	return units_time_text(us / SECOND_US, at);
}

static void print_head(const struct terminal *t, const struct hindsight_totals *all,
	const struct hindsight_view *view)
{
	char first[UNITS_TEXT], last[UNITS_TEXT], age[UNITS_TEXT], mail[MAIL_TEXT], n[UNITS_TEXT];

	terminal_say(t, TERMINAL_BOLD, "Replay of %s to %s", time_text(all->first_us, first),
		time_text(all->last_us, last));
	(void)fprintf(t->out, " (%s)\n%s of %s %s\n",
		units_age_text((all->last_us - all->first_us) / SECOND_US, age),
		mail_text(&all->mail, mail), units_count_text(all->sources, n),
		evidence_plural(all->sources, "source", "sources"));
	(void)fprintf(t->out,
		"Rules: contained from %.1f bits of evidence on, with two reasons at least: an "
		"honest\n"
		"account by mistake with a chance of at most 1 in %.0f a year (alpha %g).\n",
		view->contain_bits, 1 / view->alpha, view->alpha);
	if (view->left_out > 0)
		terminal_say(t, TERMINAL_YELLOW,
			"%s lines could not be read: what follows is not all.\n",
			units_count_text(view->left_out, n));
	(void)fputs("Nothing was changed.\n\n", t->out);
}

static void print_evidence(const struct terminal *t, const struct hindsight_finding *f, size_t most)
{
	for (size_t i = 0; i < f->evidence_count && i < most; i++) {
		const struct evidence *e = &f->evidence[i];

		(void)fprintf(t->out, "    %+5.1f  %s", e->bits, e->text);
		for (size_t k = 0; k < e->id_count; k++) {
			(void)fputs(k == 0 ? "  (" : " ", t->out);
			printable_write(t->out, slice_of(e->ids[k]));
		}
		(void)fputs(e->id_count > 0 ? ")\n" : "\n", t->out);
	}
}

static void print_contained(const struct terminal *t, const struct hindsight_finding *f,
	const struct hindsight_view *view)
{
	char name[SOURCE_TEXT_MAX], at[UNITS_TEXT], last[UNITS_TEXT], mail[MAIL_TEXT];

	terminal_say(t, TERMINAL_RED, "%s", source_text(&f->source, name));
	(void)fprintf(t->out, "   contained %s, after %s (%.1f bits)\n", time_text(f->at_us, at),
		mail_text(&f->before, mail), f->score);
	if (f->after.messages > 0)
		(void)fprintf(t->out, "    stopped: %s more, the last %s\n",
			mail_text(&f->after, mail), time_text(f->last_us, last));
	else
		(void)fputs("    nothing more came\n", t->out);
	if (f->beside.messages > 0)
		(void)fprintf(t->out, "    beside it, from where its owner writes: %s\n",
			mail_text(&f->beside, mail));
	print_evidence(t, f, view->explain ? SIZE_MAX : EVIDENCE_SHOWN);
	(void)fputc('\n', t->out);
}

static void print_near(const struct terminal *t, const struct hindsight_finding *f,
	const struct hindsight_view *view)
{
	char name[SOURCE_TEXT_MAX], at[UNITS_TEXT], mail[MAIL_TEXT];

	terminal_say(t, TERMINAL_YELLOW, "%s", source_text(&f->source, name));
	(void)fprintf(t->out, "   %.1f of %.1f bits %s, with %s\n", f->score, f->threshold,
		time_text(f->at_us, at), mail_text(&f->before, mail));
	print_evidence(t, f, view->explain ? SIZE_MAX : 1);
}

static void print_sums(const struct terminal *t, const struct hindsight_finding *const *f, size_t n)
{
	struct hindsight_mail before = {0}, after = {0};
	char a[MAIL_TEXT], b[MAIL_TEXT];

	for (size_t i = 0; i < n && f[i]->is_contained; i++) {
		before.messages += f[i]->before.messages;
		before.recipients += f[i]->before.recipients;
		after.messages += f[i]->after.messages;
		after.recipients += f[i]->after.recipients;
	}
	(void)fprintf(t->out,
		"In all: %s before they were contained; %s would have been stopped.\n\n",
		mail_text(&before, a), mail_text(&after, b));
}

static size_t print_all_contained(const struct terminal *t,
	const struct hindsight_finding *const *f, size_t n, const struct hindsight_view *view)
{
	char count[UNITS_TEXT];
	size_t contained = 0;

	while (contained < n && f[contained]->is_contained)
		contained++;
	if (contained == 0) {
		(void)fputs("No source would have been contained.\n\n", t->out);
		return 0;
	}
	terminal_say(t, TERMINAL_BOLD, "%s %s would have been contained\n",
		units_count_text(contained, count),
		evidence_plural(contained, "source", "sources"));
	print_sums(t, f, n);
	for (size_t i = 0; i < contained; i++)
		print_contained(t, f[i], view);
	return contained;
}

void hindsight_print(
	const struct terminal *t, struct hindsight *h, const struct hindsight_view *view)
{
	const struct hindsight_totals all = hindsight_totals(h);
	size_t n, near, shown;
	const struct hindsight_finding *const *f = hindsight_findings(h, &n);
	char count[UNITS_TEXT];

	print_head(t, &all, view);
	size_t contained = print_all_contained(t, f, n, view);
	near = n - contained;
	if (near == 0) {
		(void)fputs("No other source came near.\n", t->out);
		return;
	}
	terminal_say(t, TERMINAL_BOLD, "%s %s came near, nearest first\n",
		units_count_text(near, count), evidence_plural(near, "other", "others"));
	shown = view->explain || near < NEAR_SHOWN ? near : NEAR_SHOWN;
	for (size_t i = 0; i < shown; i++)
		print_near(t, f[contained + i], view);
	if (shown < near)
		(void)fprintf(t->out, "and %s more: --explain shows all\n",
			units_count_text(near - shown, count));
	if (all.not_kept > 0)
		(void)fprintf(t->out, "%s findings were too many to keep.\n",
			units_count_text(all.not_kept, count));
}

/* ---- JSON ---- */

static const char *kind_word(enum source_kind kind)
{
	switch (kind) {
	case SOURCE_MAILBOX:
		return "auth";
	case SOURCE_LOGIN:
		return "user";
	case SOURCE_UNKNOWN:
	case SOURCE_KINDS:
		return "unknown";
	case SOURCE_SCRIPT:
	case SOURCE_HOST:
	case SOURCE_BOUNCE:
		break;
	}
	return source_kind_name(kind);
}

static json_t *begin_line(
	const struct source *s, int64_t at_us, const char *action, double score, double threshold)
{
	json_t *o = json_object();
	char text[SOURCE_TEXT_MAX];

	json_put(o, "time", json_real((double)at_us / 1e6));
	json_put(o, "kind", json_string(kind_word(s->kind)));
	json_put(o, "account", json_text((struct slice){s->name, s->len}));
	json_put(o, "action", json_string(action));
	json_put(o, "score", bits_json(score));
	json_put(o, "threshold", bits_json(threshold));
	json_put(o, "source", json_text(slice_of(source_text(s, text))));
	return o;
}

static void put_mail(
	json_t *o, const struct hindsight_mail *m, const char *messages, const char *recipients)
{
	json_put(o, messages, json_integer((json_int_t)m->messages));
	json_put(o, recipients, json_integer((json_int_t)m->recipients));
}

static void put_finding(json_t *o, const struct hindsight_finding *f)
{
	json_put(o, "why", f->evidence_count > 0 ? json_text(slice_of(f->evidence[0].text)) : NULL);
	put_mail(o, &f->before, "messages", "recipients");
	json_put(o, "evidence", evidence_json(f->evidence, f->evidence_count));
}

void hindsight_print_event(FILE *out, enum hindsight_word word, const struct watch_result *result,
	const struct hindsight_finding *finding)
{
	static const char *const actions[] = {"score", "warn", "contain"};
	struct source source;

	ledger_source_copy(result->sighting.source, &source);
	json_t *o = begin_line(&source, result->sighting.fact->at_us, actions[word], result->score,
		result->threshold);
	if (finding != NULL)
		put_finding(o, finding);
	json_line(out, o);
}

void hindsight_print_end(FILE *out, struct hindsight *h, const struct hindsight_view *view)
{
	const struct hindsight_totals all = hindsight_totals(h);
	size_t n;
	const struct hindsight_finding *const *f = hindsight_findings(h, &n);

	for (size_t i = 0; i < n; i++) {
		json_t *o = begin_line(&f[i]->source, f[i]->at_us,
			f[i]->is_contained ? "outcome" : "near", f[i]->score, f[i]->threshold);
		put_finding(o, f[i]);
		json_put(o, "begun", json_real((double)f[i]->begun_us / 1e6));
		json_put(o, "last", json_real((double)f[i]->last_us / 1e6));
		put_mail(o, &f[i]->after, "messages_stopped", "recipients_stopped");
		put_mail(o, &f[i]->beside, "messages_beside", "recipients_beside");
		json_line(out, o);
	}
	json_t *o = json_object();
	json_put(o, "time", json_real((double)all.last_us / 1e6));
	json_put(o, "kind", json_string("replay"));
	json_put(o, "account", json_string(""));
	json_put(o, "action", json_string("total"));
	json_put(o, "first", json_real((double)all.first_us / 1e6));
	put_mail(o, &all.mail, "messages", "recipients");
	json_put(o, "sources", json_integer((json_int_t)all.sources));
	json_put(o, "contained", json_integer((json_int_t)all.contained));
	json_put(o, "near", json_integer((json_int_t)all.near));
	json_put(o, "left_out", json_integer((json_int_t)view->left_out));
	json_line(out, o);
}
