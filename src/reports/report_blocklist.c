/* report_blocklist.c - what the operator of a blocklist asks for before he takes an address off:
 * which address, what was wrong, when it ended, what was done about it, how he can check it, and
 * whom to ask. Sober, and without the name of any customer. */
#include "base/memory.h"
#include "reports/report_readers.h"
#include "reports/report_words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* "192.0.2.1, 192.0.2.2", owned by the caller. */
static char *addresses_text(const struct report_about_us *us)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		abort();
	for (size_t i = 0; i < us->address_count; i++)
		(void)fprintf(out, "%s%s", i > 0 ? ", " : "", us->addresses[i]);
	if (fclose(out) != 0)
		abort();
	return text;
}

struct report_page *report_blocklist(const struct report_about_us *us)
{
	struct report_page *p = report_page_new("Request for delisting", us->server, us->now, "en");
	char *addresses = addresses_text(us);

	report_value(p, us->address_count == 1 ? "Address" : "Addresses", "%s", addresses);
	report_value(p, "Server", "%s", us->server);
	report_value(p, "Contact", "%s", us->contact != NULL ? us->contact : "unknown");
	report_say(p,
		"We ask you to remove the %s above from your list. What follows is taken "
		"from the journal of the program that stopped the mail.",
		us->address_count == 1 ? "address" : "addresses");
	free(addresses);
	return p;
}

static void add_times(struct report_page *p, const struct report_incident *r)
{
	const struct incident *i = &r->story.incident;
	char at[REPORT_TIME_TEXT], n[UNITS_TEXT];

	report_value(p, "First such message", "%s", report_time(r->first, at));
	report_value(p, "Stopped", "%s", report_time(i->contained, at));
	report_value(p, "From first to stopped", "%s",
		report_delay(report_delay_of(r->first, i->contained), n));
	report_value(p, "Accepted by then", "%s messages",
		report_count(i->messages > 0, i->messages, n));
	report_value(p, "Of these went out", "%s",
		report_at_most(report_number_of(report_went_out, r), n));
	report_value(p, "Taken out of the queue", "%s messages, with what came after",
		units_count_text(i->held, n));
}

static void add_done(struct report_page *p, const struct report_incident *r)
{
	char text[REPORT_DONE_TEXT], at[REPORT_TIME_TEXT];

	report_section(p, "What was done so that it does not happen again");
	for (size_t i = 0; i < r->deed_count; i++) {
		const char *says = report_deed_says(r, &r->deeds[i], text);

		if (says != NULL)
			report_item(p, "%s: %s", report_time(r->deeds[i].changed, at), says);
	}
	if (r->story.incident.held > 0)
		report_item(p, "The mail that was in the queue was taken out of it.");
	if (!r->story.incident.by_person)
		report_item(p, "Each message that this server accepts is watched by a program that "
			       "stops an account by itself. It stopped this one.");
	if (!report_is_kept_out(r))
		report_say(p, "A change of the password or of the account is not on record.");
	if (r->story.incident.state == INCIDENT_RELEASED)
		report_say(p, "The account may send again since %s.",
			report_time(r->story.incident.closed, at));
}

static void add_samples(struct report_page *p, const struct report_incident *r)
{
	static const char *const columns[] = {"=message id here", "accepted", "#recipients", NULL};
	char at[UNITS_TEXT];

	report_section(p, "Evidence");
	if (r->sample_count == 0) {
		report_say(p, "No message of it was in the queue any more when it was stopped.");
		return;
	}
	report_say(p, "These ids stand in the Received fields of the messages, and in our logs. "
		      "What the messages said is not kept with them.");
	report_table(p, "Messages of it that were kept from going out", columns);
	for (size_t i = 0; i < r->sample_count; i++) {
		report_cell(p, "%s", r->samples[i].id.text);
		report_cell(p, "%s", units_time_json(r->samples[i].received, at));
		report_cell(p, "%" PRIu64, r->samples[i].recipients);
	}
}

void report_blocklist_add(struct report_page *page, const struct report_incident *incident)
{
	const struct incident *i = &incident->story.incident;

	report_section(page, "What happened (our reference: %" PRId64 ")", i->number);
	report_say(page, "%s", report_cause(i->source.kind));
	add_times(page, incident);
	add_done(page, incident);
	add_samples(page, incident);
}

void report_blocklist_end(struct report_page *page, const struct report_about_us *us)
{
	if (us->contact == NULL)
		return;
	report_section(page, "Contact");
	report_say(page, "Questions, and samples of such mail that you may share, reach us at %s.",
		us->contact);
}
