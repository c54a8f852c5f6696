#include "reports/audit.h"

#include "base/json_text.h"
#include "base/printable.h"
#include "base/units.h"
#include "detectors/evidence.h"

#include <inttypes.h>
#include <string.h>

/* ---- for people ---- */

/* Words of the journal are ours, but somebody else may have changed the file. */
static void print_plain(FILE *out, const char *text)
{
	printable_write(out, slice_of(text));
}

static bool has_ended(const struct audit_entry *e)
{
	return e->place.kind == AUDIT_QUEUE && strcmp(e->state, "unfinished") != 0;
}

static void print_queue(FILE *out, const struct audit_entry *e)
{
	const struct journal_counts *c = &e->counts;
	char done[UNITS_TEXT], all[UNITS_TEXT];

	print_plain(out, e->what);
	if (e->hold != 0)
		(void)fprintf(out, " %" PRId64, e->hold);
	if (!has_ended(e)) {
		(void)fputs(" (not finished)", out);
		return;
	}
	(void)fprintf(out, " (%s of %s %s%s)", units_count_text(c->done, done),
		units_count_text(c->messages, all),
		evidence_plural(c->messages, "message", "messages"),
		strcmp(e->state, "recovered") == 0 ? ", finished after it was interrupted" : "");
}

static void print_exemption(FILE *out, const struct audit_entry *e)
{
	char until[UNITS_TEXT];

	if (strcmp(e->what, "exempt") != 0)
		(void)fputs("exemption ended", out);
	else if (e->until != 0)
		(void)fprintf(out, "exempted until %s", units_time_text(e->until, until));
	else
		(void)fputs("exempted", out);
}

static void print_incident(FILE *out, const struct audit_entry *e)
{
	(void)fprintf(out, "incident %" PRId64 " ", e->incident);
	if (e->place.kind == AUDIT_DEED) {
		print_plain(out, e->what);
		(void)fputc(' ', out);
	}
	print_plain(out, e->place.kind == AUDIT_OPENED ? "opened"
			 : e->place.kind == AUDIT_DEED ? e->state
						       : e->to);
}

static void print_who(FILE *out, const struct audit_entry *e)
{
	char who[192];

	if (e->by != AUDIT_BY_UNKNOWN)
		(void)fprintf(out, " by %s",
			e->by == AUDIT_BY_DAEMON ? "the daemon" : journal_who_text(&e->who, who));
}

void audit_print(const struct terminal *t, const struct audit_entry *entry)
{
	char at[UNITS_TEXT];

	(void)fprintf(t->out, "%s  ", units_time_text(entry->place.at, at));
	terminal_style(t, TERMINAL_BOLD);
	if (entry->place.kind == AUDIT_QUEUE)
		print_queue(t->out, entry);
	else if (entry->place.kind == AUDIT_EXEMPTION)
		print_exemption(t->out, entry);
	else
		print_incident(t->out, entry);
	terminal_style(t, TERMINAL_PLAIN);
	if (entry->source.len > 0) {
		(void)fputs("  ", t->out);
		printable_write(t->out, entry->source);
	}
	print_who(t->out, entry);
	if (entry->words[0] != '\0') {
		(void)fputs(": ", t->out);
		print_plain(t->out, entry->words);
	}
	(void)fputc('\n', t->out);
}

/* ---- JSON ---- */

static json_t *text_or_null(const char *text)
{
	return text[0] != '\0' ? json_text(slice_of(text)) : NULL;
}

static json_t *number_or_null(int64_t number)
{
	return number != 0 ? json_integer(number) : NULL;
}

static void put_counts(json_t *o, const struct audit_entry *e)
{
	const struct {
		const char *key;
		uint64_t count;
	} rows[] = {{"messages", e->counts.messages}, {"done", e->counts.done},
		{"left", e->counts.left}, {"missing", e->counts.missing},
		{"conflict", e->counts.conflict}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_put(o, rows[i].key,
			has_ended(e) ? json_integer((json_int_t)rows[i].count) : NULL);
}

void audit_print_json(FILE *out, const struct audit_entry *entry)
{
	json_t *o = json_object();
	char who[192], cursor[AUDIT_CURSOR_MAX];

	json_put(o, "at", json_time(entry->place.at));
	json_put(o, "kind", json_string(audit_kind_name(entry->place.kind)));
	json_put(o, "what", text_or_null(entry->what));
	json_put(o, "who",
		entry->by == AUDIT_BY_PERSON
			? json_text(slice_of(journal_who_text(&entry->who, who)))
			: NULL);
	json_put(o, "who_known", json_boolean(entry->by != AUDIT_BY_UNKNOWN));
	json_put(o, "incident", number_or_null(entry->incident));
	json_put(o, "hold", number_or_null(entry->hold));
	json_put(o, "source", entry->source.len > 0 ? json_text(entry->source) : NULL);
	json_put(o, "from", text_or_null(entry->from));
	json_put(o, "to", text_or_null(entry->to));
	json_put(o, "state", text_or_null(entry->state));
	json_put(o, "until", entry->until != 0 ? json_time(entry->until) : NULL);
	json_put(o, "words", json_text(slice_of(entry->words)));
	json_put(o, "cursor", json_string(audit_cursor_text(&entry->place, cursor)));
	if (entry->place.kind == AUDIT_QUEUE)
		put_counts(o, entry);
	json_line(out, o);
}
