#include "reports/sources.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/units.h"
#include "detectors/evidence.h"
#include "reports/evidence_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void shell_word_write(FILE *out, const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "@%+=:,./_-";

	if (word[0] != '\0' && strspn(word, safe) == strlen(word)) {
		(void)fputs(word, out);
		return;
	}
	(void)fputc('\'', out);
	for (; *word != '\0'; word++)
		if (*word == '\'')
			(void)fputs("'\\''", out);
		else
			(void)fputc(*word, out);
	(void)fputc('\'', out);
}

static bool is_suspect(const struct survey_source *s)
{
	return s->score >= SCORE_SUSPECT;
}

static struct slice source_slice(const struct survey_source *s, char at[SOURCE_TEXT_MAX])
{
	return slice_of(source_text(&s->tally->source, at));
}

/* ---- one source with its evidence ---- */

static void print_counts(FILE *out, const struct tally_source *t)
{
	char a[UNITS_TEXT], b[UNITS_TEXT], c[EVIDENCE_COUNT_TEXT], d[EVIDENCE_COUNT_TEXT],
		e[EVIDENCE_COUNT_TEXT];

	(void)fprintf(out, "    %s %s, %s %s in %s %s, %s %s", units_count_text(t->messages, a),
		evidence_plural(t->messages, "message", "messages"),
		units_count_text(t->recipients, b),
		evidence_plural(t->recipients, "recipient", "recipients"),
		evidence_count(&t->domains, c),
		evidence_plural(sketch_count(&t->domains), "domain", "domains"),
		evidence_count(&t->senders, d),
		evidence_plural(sketch_count(&t->senders), "sender", "senders"));
	if (sketch_count(&t->hosts) > 0)
		(void)fprintf(out, ", from %s %s", evidence_count(&t->hosts, e),
			evidence_plural(sketch_count(&t->hosts), "address", "addresses"));
	(void)fputc('\n', out);
}

static void print_times(FILE *out, const struct tally_source *t)
{
	char first[UNITS_TEXT], last[UNITS_TEXT], n[UNITS_TEXT];

	(void)fprintf(out, "    received %s", units_time_text(t->first, first));
	if (t->last != t->first)
		(void)fprintf(out, " to %s", units_time_text(t->last, last));
	if (t->delivered > 0)
		(void)fprintf(out, ", %s delivered so far", units_count_text(t->delivered, n));
	if (t->frozen > 0)
		(void)fprintf(out, ", %s frozen", units_count_text(t->frozen, n));
	if (t->damaged > 0)
		(void)fprintf(out, ", %s damaged", units_count_text(t->damaged, n));
	if (t->messages_missed_max > 0)
		(void)fprintf(out, ", up to %s more not counted",
			units_count_text(t->messages_missed_max, n));
	(void)fputc('\n', out);
}

/* Text that is ours or encoded, broken at blanks; what follows the first line is indented. */
static void print_wrapped(const struct terminal *t, const char *text, unsigned indent)
{
	size_t room = t->width > indent + 20 ? t->width - indent : 0;

	while (room > 0 && strlen(text) > room) {
		size_t n = room;
		while (n > 0 && text[n] != ' ')
			n--;
		if (n == 0)
			break;
		(void)fprintf(t->out, "%.*s\n%*s", (int)n, text, (int)indent, "");
		text += n + 1;
	}
	(void)fprintf(t->out, "%s\n", text);
}

#define IDS_TEXT (EVIDENCE_IDS * (EXIM_ID_NEW + 2) + 8)

/* "  (id id id)" into at; "" when it has none. */
static void ids_text(const struct evidence *e, char at[IDS_TEXT])
{
	size_t n = 0;

	at[0] = '\0';
	for (size_t k = 0; k < e->id_count; k++)
		n += (size_t)snprintf(
			at + n, IDS_TEXT - n, "%s%s", k == 0 ? "  (" : " ", e->ids[k]);
	if (e->id_count > 0)
		(void)snprintf(at + n, IDS_TEXT - n, ")");
}

/* Examples that stand on the line before are not said again. */
static void print_evidence(const struct terminal *t, const struct judgement *j)
{
	char ids[IDS_TEXT], before[IDS_TEXT] = "";

	for (size_t i = 0; i < j->count; i++) {
		const struct evidence *e = &j->evidence[i];
		char line[EVIDENCE_TEXT + IDS_TEXT];

		ids_text(e, ids);
		(void)snprintf(
			line, sizeof(line), "%s%s", e->text, strcmp(ids, before) != 0 ? ids : "");
		memcpy(before, ids, sizeof(before));
		(void)fprintf(t->out, "    %+5.1f  ", e->bits);
		print_wrapped(t, line, 11);
	}
}

/* A script that is named in most of the samples, and in how many. */
struct claim {
	const char *script;
	size_t samples;
};

static struct claim most_claimed(const struct content *c)
{
	struct claim best = {0};

	for (size_t i = 0; c != NULL && i < c->count; i++) {
		struct claim now = {c->samples[i].script, 0};

		for (size_t k = 0; k < c->count && now.script[0] != '\0'; k++)
			now.samples += strcmp(c->samples[k].script, now.script) == 0;
		if (now.samples > best.samples)
			best = now;
	}
	return best;
}

static void print_claim(const struct terminal *t, const struct content *c)
{
	struct claim claim = most_claimed(c);

	if (claim.samples > 0)
		(void)fprintf(t->out,
			"    claims to come from %s (%zu of %zu sampled; a script can write this "
			"itself)\n",
			claim.script, claim.samples, c->count);
}

static void print_explained(
	const struct terminal *t, const struct survey *s, const struct survey_source *source)
{
	struct judgement j;
	char name[SOURCE_TEXT_MAX];
	enum terminal_style style = source->score >= SCORE_LIKELY ? TERMINAL_RED
				    : is_suspect(source)          ? TERMINAL_YELLOW
								  : TERMINAL_BOLD;

	survey_judge(s, source, &j);
	(void)source_text(&source->tally->source, name);
	terminal_style(t, style);
	(void)fprintf(t->out, "%s", name);
	terminal_style(t, TERMINAL_PLAIN);
	(void)fprintf(t->out, "   %.1f bits%s%s\n", source->score,
		score_word(source->score)[0] != '\0' ? ", " : "", score_word(source->score));
	print_counts(t->out, source->tally);
	print_times(t->out, source->tally);
	print_claim(t, source->content);
	print_evidence(t, &j);
	(void)fputc('\n', t->out);
}

/* ---- the table of the others ---- */

#define ROW_BEFORE_SOURCE 60 /* columns */

static void print_row(const struct terminal *t, const struct survey_source *source,
	const struct sources_view *view)
{
	const struct tally_source *s = source->tally;
	char a[UNITS_TEXT], b[UNITS_TEXT], c[UNITS_TEXT], d[UNITS_TEXT], age[UNITS_TEXT];
	char name[SOURCE_TEXT_MAX];
	struct slice text = source_slice(source, name);
	size_t left = t->width > 72 ? t->width - ROW_BEFORE_SOURCE : 0;

	/* A source's text is encoded already: cut it, do not encode it again. */
	if (left > 0 && text.len > left) {
		left -= 3;
		while (left > 0 && ((unsigned char)name[left] & 0xc0) == 0x80)
			left--; /* not within a character */
		memcpy(name + left, "...", 4);
	}
	(void)fprintf(t->out, "%6.1f %9s %10s %8s %8s %12s  %s\n", source->score,
		units_count_text(s->messages, a), units_count_text(s->recipients, b),
		units_count_text(sketch_count(&s->domains), c),
		units_count_text(sketch_count(&s->senders), d),
		units_age_text(view->now - s->first, age), name);
}

static void print_table(const struct terminal *t, const struct survey *s, size_t from, size_t to,
	const struct sources_view *view)
{
	if (from >= to)
		return;
	terminal_say(t, TERMINAL_DIM, "%6s %9s %10s %8s %8s %12s  %s\n", "BITS", "MESSAGES",
		"RECIPIENTS", "DOMAINS", "SENDERS", "OLDEST", "SOURCE");
	for (size_t i = from; i < to; i++)
		print_row(t, &s->sources[i], view);
	(void)fputc('\n', t->out);
}

/* ---- what else must be said ---- */

static void print_left_out(const struct terminal *t, const struct survey *s, size_t shown)
{
	char a[UNITS_TEXT], b[UNITS_TEXT];
	uint64_t messages = 0;

	for (size_t i = shown; i < s->source_count; i++)
		messages += s->sources[i].tally->messages;
	if (shown < s->source_count)
		(void)fprintf(t->out, "%s more %s with %s %s: stanch sources --all\n",
			units_count_text(s->source_count - shown, a),
			evidence_plural(s->source_count - shown, "source", "sources"),
			units_count_text(messages, b),
			evidence_plural(messages, "message", "messages"));
	if (s->rest.messages > 0)
		(void)fprintf(t->out,
			"At most %s further sources with %s messages in all found no room in the "
			"count.\n",
			units_count_text(s->rest.sources_max, a),
			units_count_text(s->rest.messages, b));
}

static void print_not_understood(const struct terminal *t, const struct survey *s)
{
	char n[UNITS_TEXT];
	uint64_t unknown = 0;

	for (size_t i = 0; i < s->source_count; i++)
		if (s->sources[i].tally->source.kind == SOURCE_UNKNOWN)
			unknown += s->sources[i].tally->messages;
	if (unknown > 0)
		(void)fprintf(t->out, "%s %s not say who sent it.\n", units_count_text(unknown, n),
			evidence_plural(unknown, "message does", "messages do"));
	if (s->damaged > 0)
		(void)fprintf(t->out, "%s %s damaged: counted as far as they could be read.\n",
			units_count_text(s->damaged, n),
			evidence_plural(s->damaged, "message is", "messages are"));
	if (s->uncertain > 0)
		(void)fprintf(t->out, "Of %s %s it cannot be said whether it is meant.\n",
			units_count_text(s->uncertain, n),
			evidence_plural(s->uncertain, "message", "messages"));
	if (!s->domains_known && s->source_count > 0)
		(void)fprintf(t->out,
			"Which sender domains are hosted here is not known (%s): senders are "
			"judged "
			"by their number only.\n",
			s->domains_problem.text[0] != '\0' ? s->domains_problem.text
							   : "no Exim was asked");
}

static void print_next(const struct terminal *t, const struct survey *s, size_t suspects,
	const struct sources_view *view)
{
	struct source local;
	char name[SOURCE_TEXT_MAX];

	if (!view->hints)
		return;
	if (suspects > 0)
		(void)fprintf(t->out,
			"Next, to take mail out of delivery until stanch restore puts "
			"it back:\n");
	for (size_t i = 0; i < suspects && i < SOURCES_EXPLAINED; i++) {
		if (s->sources[i].tally->source.kind == SOURCE_UNKNOWN)
			continue;
		(void)fprintf(t->out, "    stanch%s hold ", view->options);
		shell_word_write(t->out, source_text(&s->sources[i].tally->source, name));
		(void)fputc('\n', t->out);
	}
	source_set(&local, SOURCE_BOUNCE, slice_of("local"));
	if (survey_find(s, &local) != NULL)
		(void)fprintf(t->out, "To see what the bounces return:\n    stanch%s backscatter\n",
			view->options);
}

void sources_print(
	const struct terminal *t, const struct survey *s, const struct sources_view *view)
{
	size_t suspects = 0, explained, shown;

	while (suspects < s->source_count && is_suspect(&s->sources[suspects]))
		suspects++;
	explained = view->explain_all ? s->source_count : suspects;
	if (!view->all && explained > SOURCES_EXPLAINED)
		explained = SOURCES_EXPLAINED;
	shown = view->all || s->source_count - explained < SOURCES_LISTED
			? s->source_count
			: explained + SOURCES_LISTED;

	if (s->source_count == 0)
		(void)fputs("No messages.\n", t->out);
	for (size_t i = 0; i < explained; i++)
		print_explained(t, s, &s->sources[i]);
	print_table(t, s, explained, shown, view);
	if (suspects == 0 && s->source_count > 0)
		(void)fputs("No source is suspicious.\n", t->out);
	print_left_out(t, s, shown);
	print_not_understood(t, s);
	print_next(t, s, suspects, view);
}

/* ---- JSON ---- */

static json_t *json_foreign(const struct survey *s, const struct tally_source *t)
{
	if (!s->domains_known)
		return NULL;
	json_t *list = json_array();
	for (size_t i = 0; i < t->sender_domain_count; i++)
		if (domain_table_hosted(s->domains, t->sender_domains[i].name) == HOSTED_NO)
			(void)json_array_append_new(
				list, json_text(slice_of(t->sender_domains[i].name)));
	return list;
}

static json_t *json_claims(const struct content *c)
{
	json_t *list = json_array();
	struct claim claim = most_claimed(c);

	if (claim.samples > 0)
		(void)json_array_append_new(list, json_text(slice_of(claim.script)));
	return list;
}

static json_t *json_count(uint64_t n)
{
	return json_integer(n < INT64_MAX ? (json_int_t)n : INT64_MAX);
}

static void print_json(FILE *out, const struct survey *s, const struct survey_source *source)
{
	const struct tally_source *t = source->tally;
	struct judgement j;
	char name[SOURCE_TEXT_MAX];
	json_t *o = json_object();

	survey_judge(s, source, &j);
	json_put(o, "source", json_text(source_slice(source, name)));
	json_put(o, "kind", json_text(slice_of(source_kind_name(t->source.kind))));
	json_put(o, "name", json_text((struct slice){t->source.name, t->source.len}));
	json_put(o, "messages", json_count(t->messages));
	json_put(o, "recipients", json_count(t->recipients));
	json_put(o, "pending", json_count(t->recipients - t->delivered));
	json_put(o, "recipient_domains", json_count(sketch_count(&t->domains)));
	json_put(o, "senders", json_count(sketch_count(&t->senders)));
	json_put(o, "foreign_senders", json_foreign(s, t));
	json_put(o, "hosts", json_count(sketch_count(&t->hosts)));
	json_put(o, "first", json_time(t->first));
	json_put(o, "last", json_time(t->last));
	json_put(o, "frozen", json_count(t->frozen));
	json_put(o, "damaged", json_count(t->damaged));
	json_put(o, "score", bits_json(source->score));
	json_put(o, "evidence", evidence_json(j.evidence, j.count));
	json_put(o, "script_claims", json_claims(source->content));
	json_line(out, o);
}

void sources_print_json(FILE *out, const struct survey *s)
{
	for (size_t i = 0; i < s->source_count; i++)
		print_json(out, s, &s->sources[i]);
}
