/* report_customer.c - for the customer, in the words of a template and in his language: his own
 * mailbox, and nothing of others. */
#include "base/markup.h"
#include "reports/report_readers.h"
#include "reports/report_words.h"

#include <inttypes.h>
#include <string.h>

#define TEMPLATE "report-customer"

/* What the template can say, with the texts that it is made of. */
struct words {
	struct template_variable rows[20];
	size_t count;
	char incident[UNITS_TEXT], messages[UNITS_TEXT], recipients[UNITS_TEXT];
	char held[UNITS_TEXT], still_held[UNITS_TEXT], put_back[UNITS_TEXT];
	char first[REPORT_TIME_TEXT], contained[REPORT_TIME_TEXT], over[REPORT_TIME_TEXT];
	char made[REPORT_TIME_TEXT];
};

static void set(struct words *w, const char *name, struct slice value)
{
	w->rows[w->count++] = (struct template_variable){name, value};
}

static void set_flag(struct words *w, const char *name, bool is_set)
{
	set(w, name, slice_of(is_set ? "yes" : ""));
}

static void set_count(
	struct words *w, const char *name, struct report_number n, char at[UNITS_TEXT])
{
	at[0] = '\0';
	if (n.is_known && n.count > 0)
		(void)snprintf(at, UNITS_TEXT, "%" PRIu64, n.count);
	set(w, name, slice_of(at));
}

static void set_time(struct words *w, const char *name, int64_t at, char text[REPORT_TIME_TEXT])
{
	text[0] = '\0';
	set(w, name, slice_of(at != 0 ? report_time(at, text) : ""));
}

static struct report_number known(uint64_t n)
{
	return (struct report_number){true, n};
}

static void set_who(struct words *w, const struct source *source)
{
	const struct slice name = {source->name, source->len};
	const bool is_mailbox = source->kind == SOURCE_MAILBOX;

	set(w, "name", name);
	set(w, "mailbox", is_mailbox ? name : (struct slice){0});
}

static void set_mail(struct words *w, const struct report_incident *r)
{
	const struct incident *i = &r->story.incident;

	set_count(w, "messages", known(i->messages), w->messages);
	set_count(w, "recipients", known(i->recipients), w->recipients);
	set_count(w, "held", known(i->held), w->held);
	set_count(w, "still_held", report_number_of(report_still_held, r), w->still_held);
	set_count(w, "put_back", report_number_of(report_put_back, r), w->put_back);
}

static void set_deeds(struct words *w, const struct report_incident *r)
{
	const struct report_deed *secret = report_deed_of(r, "secret");
	bool is_released = r->story.incident.state == INCIDENT_RELEASED;
	bool is_set = secret != NULL && secret->state == ACTION_DONE && secret->done[0] != '\0';

	set_flag(w, "password_changed", report_is_password_changed(r));
	set_flag(w, "suspended", is_set && !report_is_password_changed(r));
	set_flag(w, "sessions_ended", report_is_done(r, "sessions"));
	set_flag(w, "refused", report_is_done(r, "refuse") && !is_released);
	set_flag(w, "released", is_released);
}

static void fill(struct words *w, const struct report_incident *r, const struct report_about_us *us)
{
	const struct incident *i = &r->story.incident;

	*w = (struct words){0};
	set_who(w, &i->source);
	set_count(w, "incident", known((uint64_t)i->number), w->incident);
	set(w, "server", slice_of(us->server));
	set(w, "contact", slice_of(us->contact != NULL ? us->contact : ""));
	set_time(w, "first", r->first, w->first);
	set_time(w, "contained", i->contained, w->contained);
	set_time(w, "over", i->closed, w->over);
	set_time(w, "made", us->now, w->made);
	set_mail(w, r);
	set_deeds(w, r);
}

int report_customer(const struct report_incident *incident, const struct report_about_us *us,
	struct notice *ret, struct problem *problem)
{
	struct words w;

	fill(&w, incident, us);
	return notice_make_named(
		us->templates, us->language, TEMPLATE, w.rows, w.count, ret, problem);
}

/* A template of one's own may have no HTML: then its text stands there as it is, encoded for a page
 * where its values are for a terminal already. */
static void write_plain(FILE *out, const struct template_text *plain)
{
	(void)fputs("<pre>", out);
	for (size_t i = 0; i < plain->len; i++) {
		const char *entity = markup_entity(plain->at[i]);

		if (entity != NULL)
			(void)fputs(entity, out);
		else
			(void)fputc(plain->at[i], out);
	}
	(void)fputs("</pre>\n", out);
}

void report_customer_html(FILE *out, const struct notice *notice)
{
	report_html_begin(out, notice->subject.at, notice->language);
	if (notice->html.at != NULL)
		(void)fwrite(notice->html.at, 1, notice->html.len, out);
	else
		write_plain(out, &notice->plain);
	report_html_end(out);
}

void report_customer_text(FILE *out, const struct notice *notice)
{
	(void)fprintf(out, "%s\n\n", notice->subject.at);
	(void)fwrite(notice->plain.at, 1, notice->plain.len, out);
}
