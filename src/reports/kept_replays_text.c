/* kept_replays_text.c - what is kept of a replay: made, and shown. */
#include "base/json_text.h"
#include "base/printable.h"
#include "base/units.h"
#include "detectors/evidence.h"
#include "reports/evidence_json.h"
#include "reports/kept_replays.h"

#include <inttypes.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)

/* ---- making ---- */

static json_t *time_of(int64_t us)
{
	return json_time(us / SECOND_US);
}

static void put_mail(
	json_t *o, const struct hindsight_mail *m, const char *messages, const char *recipients)
{
	json_put(o, messages, json_integer((json_int_t)m->messages));
	json_put(o, recipients, json_integer((json_int_t)m->recipients));
}

static json_t *finding_json(const struct hindsight_finding *f)
{
	json_t *o = json_object();
	char text[SOURCE_TEXT_MAX];

	json_put(o, "source", json_text(slice_of(source_text(&f->source, text))));
	json_put(o, "kind", json_string(source_kind_name(f->source.kind)));
	json_put(o, "name", json_text((struct slice){f->source.name, f->source.len}));
	json_put(o, "at", time_of(f->at_us));
	json_put(o, "begun", time_of(f->begun_us));
	json_put(o, "last", time_of(f->last_us));
	json_put(o, "score", bits_json(f->score));
	json_put(o, "threshold", bits_json(f->threshold));
	put_mail(o, &f->before, "messages", "recipients");
	put_mail(o, &f->after, "messages_stopped", "recipients_stopped");
	put_mail(o, &f->beside, "messages_beside", "recipients_beside");
	json_put(o, "why", f->evidence_count > 0 ? json_text(slice_of(f->evidence[0].text)) : NULL);
	return o;
}

/* The first of them, and how many are not among them. */
static void put_findings(json_t *o, const struct hindsight_finding *const *f, size_t count,
	size_t most, const char *key, const char *left_out)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < count && i < most; i++)
		(void)json_array_append_new(rows, finding_json(f[i]));
	json_put(o, left_out, json_integer((json_int_t)(count > most ? count - most : 0)));
	json_put(o, key, rows);
}

static void put_run(json_t *o, const struct replay_run *run)
{
	json_t *logs = json_array();
	char who[192];
	size_t kept = run->log_count < KEPT_LOGS ? run->log_count : KEPT_LOGS;

	for (size_t i = 0; i < kept; i++)
		(void)json_array_append_new(logs, json_text(slice_of(run->logs[i])));
	json_put(o, "at", json_time(run->at));
	json_put(o, "who", json_text(slice_of(journal_who_text(run->who, who))));
	json_put(o, "logs", logs);
	json_put(o, "logs_left_out", json_integer((json_int_t)(run->log_count - kept)));
	json_put(o, "facts", run->facts != NULL ? json_text(slice_of(run->facts)) : NULL);
	json_put(o, "since", run->since_us != 0 ? time_of(run->since_us) : NULL);
	json_put(o, "until", run->until_us != INT64_MAX ? time_of(run->until_us) : NULL);
}

json_t *kept_replay_object(
	struct hindsight *h, const struct hindsight_view *view, const struct replay_run *run)
{
	const struct hindsight_totals all = hindsight_totals(h);
	struct hindsight_mail stopped = {0};
	json_t *o = json_object();
	size_t n, contained = 0;
	const struct hindsight_finding *const *f = hindsight_findings(h, &n);

	for (; contained < n && f[contained]->is_contained; contained++) {
		stopped.messages += f[contained]->after.messages;
		stopped.recipients += f[contained]->after.recipients;
	}
	put_run(o, run);
	json_put(o, "alpha", json_real(view->alpha));
	json_put(o, "contain_bits", bits_json(view->contain_bits));
	json_put(o, "first", time_of(all.first_us));
	json_put(o, "last", time_of(all.last_us));
	put_mail(o, &all.mail, "messages", "recipients");
	json_put(o, "sources", json_integer((json_int_t)all.sources));
	json_put(o, "contained", json_integer((json_int_t)all.contained));
	json_put(o, "near", json_integer((json_int_t)all.near));
	json_put(o, "not_kept", json_integer((json_int_t)all.not_kept));
	json_put(o, "left_out", json_integer((json_int_t)view->left_out));
	put_mail(o, &stopped, "messages_stopped", "recipients_stopped");
	put_findings(o, f, contained, KEPT_FINDINGS, "findings", "findings_left_out");
	put_findings(o, f + contained, n - contained, KEPT_NEAR, "near_ones", "near_left_out");
	return o;
}

/* ---- showing ---- */

/* The file may have been changed by hand: what is missing is shown as "?". */
static void print_text(FILE *out, const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	printable_write(out, slice_of(text != NULL ? text : "?"));
}

static char *count_text(const json_t *o, const char *key, char at[UNITS_TEXT])
{
	const json_t *value = json_object_get(o, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		(void)snprintf(at, UNITS_TEXT, "?");
		return at;
	}
	return units_count_text((uint64_t)json_integer_value(value), at);
}

static void print_logs(FILE *out, const json_t *o)
{
	const json_t *logs = json_object_get(o, "logs"), *log;
	char n[UNITS_TEXT];
	size_t i;

	if (json_is_string(json_object_get(o, "facts")))
		print_text(out, o, "facts");
	json_array_foreach(logs, i, log)
	{
		(void)fputs(i > 0 ? " " : "", out);
		if (json_is_string(log))
			printable_write(out, slice_of(json_string_value(log)));
	}
	if (json_integer_value(json_object_get(o, "logs_left_out")) > 0)
		(void)fprintf(out, " and %s more", count_text(o, "logs_left_out", n));
}

void kept_replay_print_row(const struct terminal *t, const json_t *object, bool first)
{
	char contained[UNITS_TEXT], near[UNITS_TEXT], stopped[UNITS_TEXT];

	if (first)
		terminal_say(t, TERMINAL_BOLD, "%-18s  %9s  %6s  %18s  %s\n", "replay", "contained",
			"near", "recipients stopped", "logs");
	terminal_cell(t->out, json_slice(json_object_get(object, "replay")), 18);
	(void)fprintf(t->out, "  %9s  %6s  %18s  ", count_text(object, "contained", contained),
		count_text(object, "near", near),
		count_text(object, "recipients_stopped", stopped));
	print_logs(t->out, object);
	(void)fputc('\n', t->out);
}

static void print_finding(const struct terminal *t, const json_t *o, bool is_contained)
{
	char messages[UNITS_TEXT], recipients[UNITS_TEXT], stopped[UNITS_TEXT], more[UNITS_TEXT];

	terminal_style(t, is_contained ? TERMINAL_RED : TERMINAL_YELLOW);
	print_text(t->out, o, "source");
	terminal_style(t, TERMINAL_PLAIN);
	(void)fprintf(t->out, "   %.1f of %.1f bits ",
		json_number_value(json_object_get(o, "score")),
		json_number_value(json_object_get(o, "threshold")));
	print_text(t->out, o, "at");
	(void)fprintf(t->out, ", after %s messages to %s recipients",
		count_text(o, "messages", messages), count_text(o, "recipients", recipients));
	if (is_contained)
		(void)fprintf(t->out, "; stopped: %s to %s more",
			count_text(o, "messages_stopped", stopped),
			count_text(o, "recipients_stopped", more));
	(void)fputs("\n    ", t->out);
	print_text(t->out, o, "why");
	(void)fputc('\n', t->out);
}

static void print_findings(
	const struct terminal *t, const json_t *o, const char *key, const char *left_out)
{
	bool is_contained = strcmp(key, "findings") == 0;
	const json_t *rows = json_object_get(o, key), *row;
	char n[UNITS_TEXT];
	size_t i;

	terminal_say(t, TERMINAL_BOLD,
		is_contained ? "Would have been contained: %s\n" : "Came near: %s\n",
		count_text(o, is_contained ? "contained" : "near", n));
	json_array_foreach(rows, i, row)
	{
		print_finding(t, row, is_contained);
	}
	if (json_integer_value(json_object_get(o, left_out)) > 0)
		(void)fprintf(
			t->out, "and %s more that are not kept\n", count_text(o, left_out, n));
	(void)fputc('\n', t->out);
}

void kept_replay_print(const struct terminal *t, const json_t *object)
{
	char messages[UNITS_TEXT], recipients[UNITS_TEXT], sources[UNITS_TEXT], lines[UNITS_TEXT];

	terminal_style(t, TERMINAL_BOLD);
	(void)fputs("Replay of ", t->out);
	print_text(t->out, object, "first");
	(void)fputs(" to ", t->out);
	print_text(t->out, object, "last");
	terminal_style(t, TERMINAL_PLAIN);
	(void)fputs(", run ", t->out);
	print_text(t->out, object, "at");
	(void)fputs(" by ", t->out);
	print_text(t->out, object, "who");
	(void)fputs("\nof ", t->out);
	print_logs(t->out, object);
	(void)fprintf(t->out,
		"\n%s messages to %s recipients of %s sources; contained from %.1f bits on (alpha "
		"%g)\n",
		count_text(object, "messages", messages),
		count_text(object, "recipients", recipients),
		count_text(object, "sources", sources),
		json_number_value(json_object_get(object, "contain_bits")),
		json_number_value(json_object_get(object, "alpha")));
	if (json_integer_value(json_object_get(object, "left_out")) != 0)
		(void)fprintf(t->out, "%s lines could not be read\n",
			count_text(object, "left_out", lines));
	(void)fputc('\n', t->out);
	print_findings(t, object, "findings", "findings_left_out");
	print_findings(t, object, "near_ones", "near_left_out");
}

void kept_replay_print_json(FILE *out, json_t *object, bool whole)
{
	json_t *copy = json_copy(object);

	if (!whole) {
		(void)json_object_del(copy, "findings");
		(void)json_object_del(copy, "near_ones");
	}
	json_line(out, copy);
}
