#include "reports/backscatter.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "base/units.h"
#include "detectors/evidence.h"
#include "formats/mail_text.h"

#include <stdlib.h>

/* ---- on a terminal ---- */

struct backscatter_report {
	bool all;
	size_t shown[BACKSCATTER_KINDS];
	FILE *streams[BACKSCATTER_KINDS]; /* of texts; NULL when memory could not be had */
	char *texts[BACKSCATTER_KINDS];
	size_t lens[BACKSCATTER_KINDS];
};

struct backscatter_report *backscatter_report_new(bool all)
{
	struct backscatter_report *r = memory_new(1, sizeof(*r));

	r->all = all;
	for (int k = 0; k < BACKSCATTER_KINDS; k++)
		r->streams[k] = open_memstream(&r->texts[k], &r->lens[k]);
	return r;
}

void backscatter_report_free(struct backscatter_report *r)
{
	if (r == NULL)
		return;
	for (int k = 0; k < BACKSCATTER_KINDS; k++) {
		if (r->streams[k] != NULL)
			(void)fclose(r->streams[k]);
		free(r->texts[k]);
	}
	free(r);
}

/* A header field as a person reads it, on one line, not longer than a line is. */
static void print_field(FILE *out, const char *name, const char *value)
{
	char shown[160];

	if (value[0] == '\0')
		return;
	char *decoded = mail_text_field(slice_of(value));
	(void)fprintf(out, "        %s: %s\n", name,
		printable_text(slice_of(decoded), shown, sizeof(shown)));
	free(decoded);
}

static void print_returned(FILE *out, const struct returned_mail *m)
{
	print_field(out, "From", m->from);
	print_field(out, "Subject", m->subject);
	print_field(out, "Message-ID", m->message_id);
	if (m->recipient_count > 0)
		print_field(out, "Failed", m->recipients[0]);
}

bool backscatter_report_add(void *report, const struct bounce *bounce)
{
	struct backscatter_report *r = report;
	enum backscatter_kind kind = bounce->verdict->kind;
	FILE *out = r->streams[kind];
	char to[160], when[UNITS_TEXT];

	if (out == NULL || (!r->all && r->shown[kind] >= BACKSCATTER_SHOWN))
		return true;
	r->shown[kind]++;
	(void)fprintf(out, "    %s  %s  to %s%s\n", bounce->id->text,
		units_time_text(bounce->received, when), printable_text(bounce->to, to, sizeof(to)),
		bounce->frozen ? "  (frozen)" : "");
	(void)fprintf(out, "        %s\n", bounce->verdict->why);
	if (bounce->returned != NULL)
		print_returned(out, bounce->returned);
	return true;
}

static const char *const meanings[BACKSCATTER_KINDS] = {
	[BACKSCATTER_PROVED] = "proved backscatter: of a source under suspicion, or of held mail",
	[BACKSCATTER_JOE_JOB] = "joe-job: what they return never passed here",
	[BACKSCATTER_HONEST] = "honest: a sender here is waiting for them",
	[BACKSCATTER_UNKNOWN] = "not known: left alone",
};

static void print_kind(const struct terminal *t, const struct backscatter_report *r,
	const struct bounces_result *result, enum backscatter_kind kind)
{
	char n[UNITS_TEXT];

	if (result->kinds[kind] == 0)
		return;
	terminal_say(t, kind == BACKSCATTER_PROVED ? TERMINAL_RED : TERMINAL_BOLD, "%s %s",
		units_count_text(result->kinds[kind], n), meanings[kind]);
	(void)fputc('\n', t->out);
	if (r->streams[kind] != NULL && fflush(r->streams[kind]) == 0)
		(void)fwrite(r->texts[kind], 1, r->lens[kind], t->out);
	if (result->kinds[kind] > r->shown[kind])
		(void)fprintf(t->out, "    and %s more: stanch backscatter --all\n",
			units_count_text(result->kinds[kind] - r->shown[kind], n));
	(void)fputc('\n', t->out);
}

void backscatter_report_print(const struct terminal *t, const struct backscatter_report *r,
	const struct bounces_result *result, const char *options, bool hints)
{
	char n[UNITS_TEXT];

	if (result->bounces == 0)
		(void)fputs("No bounces.\n", t->out);
	for (int k = 0; k < BACKSCATTER_KINDS; k++)
		print_kind(t, r, result, (enum backscatter_kind)k);
	if (result->unreadable > 0)
		(void)fprintf(t->out, "%s %s damaged and not judged.\n",
			units_count_text(result->unreadable, n),
			evidence_plural(result->unreadable, "bounce is", "bounces are"));
	if (result->left_out > 0)
		(void)fprintf(t->out, "%s more were not judged: only so many at a time.\n",
			units_count_text(result->left_out, n));
	if (hints && result->kinds[BACKSCATTER_PROVED] > 0)
		(void)fprintf(t->out,
			"Next, to take the proved ones out of delivery:\n"
			"    stanch%s hold --backscatter\n",
			options);
}

/* ---- JSON ---- */

static json_t *json_returned(const struct returned_mail *m)
{
	if (m == NULL)
		return NULL;
	json_t *o = json_object(), *failed = json_array();
	size_t kept = m->recipient_count < RETURNED_MAIL_RECIPIENTS ? m->recipient_count
								    : RETURNED_MAIL_RECIPIENTS;

	for (size_t i = 0; i < kept; i++)
		(void)json_array_append_new(failed, json_text(slice_of(m->recipients[i])));
	json_put(o, "exim_id", m->has_exim_id ? json_text(slice_of(m->exim_id.text)) : NULL);
	json_put(o, "message_id", json_text(slice_of(m->message_id)));
	json_put(o, "from", json_text(slice_of(m->from)));
	json_put(o, "subject", json_text(slice_of(m->subject)));
	json_put(o, "envelope_sender", json_text(slice_of(m->envelope_sender)));
	json_put(o, "failed_recipients", failed);
	json_put(o, "passed_here", json_boolean(m->passed_here));
	return o;
}

bool backscatter_print_json(void *out, const struct bounce *bounce)
{
	json_t *o = json_object();

	json_put(o, "id", json_text(slice_of(bounce->id->text)));
	json_put(o, "queue", json_text(slice_of(bounce->queue)));
	json_put(o, "to", json_text(bounce->to));
	json_put(o, "received", json_time(bounce->received));
	json_put(o, "frozen", json_boolean(bounce->frozen));
	json_put(o, "verdict", json_text(slice_of(backscatter_kind_name(bounce->verdict->kind))));
	json_put(o, "why", json_text(slice_of(bounce->verdict->why)));
	json_put(o, "returned", json_returned(bounce->returned));
	json_line(out, o);
	return true;
}
