/* report_administrator.c - everything that is known, for who runs the server. */
#include "base/memory.h"
#include "reports/report_readers.h"
#include "reports/report_words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void add_trouble(struct report_page *p, const struct report_incident *r)
{
	if (r->story.incident.state == INCIDENT_WAITING)
		report_warn(p,
			"Nothing has been done about it: a person has to say so, with \"stanch "
			"incident hold %" PRId64 "\" or \"stanch incident dismiss %" PRId64 "\".",
			r->story.incident.number, r->story.incident.number);
	for (size_t i = 0; i < r->deed_count; i++)
		if (r->deeds[i].state == ACTION_FAILED || r->deeds[i].state == ACTION_WAITING)
			report_warn(p, "%s %s: %s", r->deeds[i].responder,
				r->deeds[i].state == ACTION_FAILED ? "has failed"
								   : "waits and is tried again",
				r->deeds[i].words);
	if (!r->holds_known)
		report_warn(p,
			"More holds were made for it than are read here: what became of its held "
			"mail is not known as a whole.");
}

static void add_times(struct report_page *p, const struct report_incident *r)
{
	const struct incident *i = &r->story.incident;
	char at[REPORT_TIME_TEXT], age[UNITS_TEXT];

	report_value(p, "First mail known", "%s", report_time(r->first, at));
	report_value(p, "Opened", "%s", report_time(i->opened, at));
	if (i->contained == 0) {
		report_value(p, "Contained", "not");
	} else {
		report_value(p, "Contained", "%s, %s", report_time(i->contained, at),
			i->by_person ? "by a person's word" : "by the daemon");
		report_value(p, "From first mail to then", "%s",
			report_delay(report_delay_of(r->first, i->contained), age));
	}
	if (i->last_mail != 0)
		report_value(p, "Latest mail of it", "%s", report_time(i->last_mail, at));
	report_value(p, "Over", "%s", i->closed != 0 ? report_time(i->closed, at) : "not");
}

static void add_mail(struct report_page *p, const struct report_incident *r)
{
	const struct incident *i = &r->story.incident;
	char n[UNITS_TEXT];

	report_value(p, "Messages accepted", "%s (before it was contained)",
		report_count(i->messages > 0, i->messages, n));
	report_value(p, "Of these went out", "%s",
		report_at_most(report_number_of(report_went_out, r), n));
	report_value(p, "Recipients", "%s", report_count(i->recipients > 0, i->recipients, n));
	report_value(p, "Messages held", "%s", units_count_text(i->held, n));
	struct report_number still = report_number_of(report_still_held, r);
	report_value(p, "Still held", "%s", report_count(still.is_known, still.count, n));
	struct report_number back = report_number_of(report_put_back, r);
	report_value(p, "Put back", "%s", report_count(back.is_known, back.count, n));
	report_value(
		p, "Purged", "%s", report_count(r->holds_known, r->by_state[MESSAGE_PURGED], n));
}

static void add_summary(struct report_page *p, const struct report_incident *r)
{
	const struct incident *i = &r->story.incident;
	char source[REPORT_SOURCE_TEXT];

	add_trouble(p, r);
	report_value(p, "Source", "%s", report_source(&i->source, source));
	report_value(p, "State", "%s", report_state_means(i->state));
	report_value(p, "Evidence", "%.1f bits; %.1f suffice", i->score, i->threshold);
	add_times(p, r);
	add_mail(p, r);
}

static char *ids_text(const struct evidence *e, char at[EVIDENCE_IDS * (EXIM_ID_NEW + 2)])
{
	size_t len = 0, room = sizeof(char[EVIDENCE_IDS * (EXIM_ID_NEW + 2)]);

	at[0] = '\0';
	for (size_t k = 0; k < e->id_count && k < EVIDENCE_IDS; k++)
		len += (size_t)snprintf(at + len, room - len, "%s%s", k > 0 ? " " : "", e->ids[k]);
	return at;
}

static void add_plot(struct report_page *p, const struct incident_story *s)
{
	struct report_plot plot = {.kind = REPORT_LINE, .limit = s->incident.threshold};

	for (size_t i = 0; i < s->score_count && plot.count < REPORT_POINTS_MAX; i++)
		plot.points[plot.count++] = (struct report_point){
			.at = s->scores[i].at_us / 1000000, .value = s->scores[i].score};
	report_plot(p, "Evidence in bits, as it grew", &plot);
}

static void add_evidence(struct report_page *p, const struct incident_story *s)
{
	static const char *const columns[] = {
		"#bits", "what was seen", "=messages that show it", "detector", NULL};
	char ids[EVIDENCE_IDS * (EXIM_ID_NEW + 2)];

	report_section(p, "Evidence");
	add_plot(p, s);
	if (s->evidence_count == 0)
		report_say(p, "No evidence is kept of it%s.",
			s->incident.by_person ? ": a person had it contained" : "");
	report_table(
		p, "Each reason with its weight; what is below 0 speaks for the source", columns);
	for (size_t i = 0; i < s->evidence_count; i++) {
		report_cell(p, "%+.1f", s->evidence[i].bits);
		report_cell(p, "%s", s->evidence[i].text);
		report_cell(p, "%s", ids_text(&s->evidence[i], ids));
		report_cell(p, "%s", s->evidence[i].detector);
	}
}

static void add_step(struct report_page *p, const struct incident_step_row *step)
{
	char who[192];

	report_cell_time(p, step->at);
	report_cell(p, "%s", incident_state_name(step->to));
	report_cell(p, "%s", step->by_person ? journal_who_text(&step->who, who) : "the daemon");
	report_cell(p, "%s", step->words);
}

static void add_deed_step(struct report_page *p, const struct incident_story_deed *deed)
{
	report_cell_time(p, deed->at);
	report_cell(p, "%s: %s", deed->responder, action_state_name(deed->state));
	report_cell(p, "-");
	report_cell(p, "%s", deed->words);
}

static void add_time_line(struct report_page *p, const struct report_incident *r)
{
	static const char *const columns[] = {"when", "what", "by", "in words", NULL};
	const struct incident_story *s = &r->story;
	size_t deed = 0;

	report_section(p, "Time line");
	report_table(p, "Each step, as it was taken", columns);
	report_cell_time(p, s->incident.opened);
	report_cell(p, "opened");
	report_cell(p, "-");
	report_cell(p, "-");
	for (size_t i = 0; i < s->step_count; i++) {
		for (; deed < s->deed_count && s->deeds[deed].at < s->steps[i].row.at; deed++)
			add_deed_step(p, &s->deeds[deed]);
		add_step(p, &s->steps[i].row);
	}
	for (; deed < s->deed_count; deed++)
		add_deed_step(p, &s->deeds[deed]);
}

static void add_deeds(struct report_page *p, const struct report_incident *r)
{
	static const char *const columns[] = {
		"action", "outcome", "since", "in words", "undo", NULL};
	enum incident_state released;
	char undo[REPORT_UNDO_TEXT];

	report_section(p, "Actions");
	if (r->deed_count == 0)
		report_say(p, "Besides holding its mail nothing was done.");
	if (incident_step(r->story.incident.state, INCIDENT_RELEASE, &released))
		report_value(p, "To undo all of it", "stanch incident release %" PRId64,
			r->story.incident.number);
	report_table(p, "How each stands now; done means that it was seen to be so", columns);
	for (size_t i = 0; i < r->deed_count; i++) {
		report_cell(p, "%s", r->deeds[i].responder);
		report_cell(p, "%s", action_state_name(r->deeds[i].state));
		report_cell_time(p, r->deeds[i].changed);
		report_cell(p, "%s", r->deeds[i].words);
		report_cell(p, "%s", report_undo(r, &r->deeds[i], undo));
	}
}

static void add_holds(struct report_page *p, const struct report_incident *r)
{
	static const char *const columns[] = {
		"hold", "made", "by", "#still held", "#put back", "#purged", "undo", NULL};

	if (r->hold_count == 0)
		return;
	report_table(p, "Its mail was taken out of the queue in these holds", columns);
	for (size_t i = 0; i < r->hold_count; i++) {
		const struct report_hold *h = &r->holds[i];

		report_cell(p, "%" PRId64 "%s", h->hold, h->unfinished ? " (unfinished)" : "");
		report_cell_time(p, h->created);
		report_cell(p, "%s", h->who);
		report_cell(p, "%" PRIu64, h->by_state[MESSAGE_HELD]);
		report_cell(p, "%" PRIu64,
			h->by_state[MESSAGE_RESTORED] + h->by_state[MESSAGE_RELEASED]);
		report_cell(p, "%" PRIu64, h->by_state[MESSAGE_PURGED]);
		report_cell(p, "stanch restore %" PRId64, h->hold);
	}
}

static void add_samples(struct report_page *p, const struct report_incident *r)
{
	static const char *const columns[] = {
		"=message", "accepted", "#recipients", "where it is now", NULL};

	if (r->sample_count == 0)
		return;
	report_table(p, "The first messages of those that were held", columns);
	for (size_t i = 0; i < r->sample_count; i++) {
		report_cell(p, "%s", r->samples[i].id.text);
		report_cell_time(p, r->samples[i].received);
		report_cell(p, "%" PRIu64, r->samples[i].recipients);
		report_cell(p, "%s", message_state_name(r->samples[i].state));
	}
}

static void add_all(struct report_page *p, const struct report_incident *r)
{
	add_summary(p, r);
	add_evidence(p, &r->story);
	add_time_line(p, r);
	add_deeds(p, r);
	add_holds(p, r);
	add_samples(p, r);
}

struct report_page *report_administrator(
	const struct report_incident *incident, const struct report_about_us *us)
{
	const struct incident *i = &incident->story.incident;
	char title[REPORT_SOURCE_TEXT + 64], source[REPORT_SOURCE_TEXT];

	(void)snprintf(title, sizeof(title), "Incident %" PRId64 ": %s", i->number,
		report_source(&i->source, source));
	struct report_page *p = report_page_new(title, us->server, us->now, "en");
	add_all(p, incident);
	return p;
}

void report_administrator_add(struct report_page *page, const struct report_incident *incident)
{
	char source[REPORT_SOURCE_TEXT];

	report_sheet(page, "Incident %" PRId64 ": %s", incident->story.incident.number,
		report_source(&incident->story.incident.source, source));
	add_all(page, incident);
}
