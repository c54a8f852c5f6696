#include "reports/report_words.h"

#include "reports/incidents.h"

#include <inttypes.h>
#include <string.h>

char *report_source(const struct source *source, char at[REPORT_SOURCE_TEXT])
{
	(void)snprintf(at, REPORT_SOURCE_TEXT, "%s:%.*s", source_kind_name(source->kind),
		(int)source->len, source->name);
	return at;
}

char *report_who(const struct source *source, char at[REPORT_SOURCE_TEXT])
{
	(void)snprintf(at, REPORT_SOURCE_TEXT, "the %s %.*s", source_kind_name(source->kind),
		(int)source->len, source->name);
	return at;
}

const char *report_state_means(enum incident_state state)
{
	switch (state) {
	case INCIDENT_SUSPECTED:
		return "suspected: watched, and nothing was done";
	case INCIDENT_WAITING:
		return "waiting: a person has to say whether it is contained";
	case INCIDENT_CONTAINED:
		return "contained: its mail is about to be held";
	case INCIDENT_CLEANING:
		return "cleaning: its mail is being held as it comes";
	case INCIDENT_CLEAN:
		return "clean: the queue is clean, and it is watched whether it stays so";
	case INCIDENT_CLOSED:
		return "closed: it is over";
	case INCIDENT_DISMISSED:
		return "dismissed: a person said that it was no thief";
	case INCIDENT_RELEASED:
		return "released: a person let it send again, and its mail was put back";
	default:
		return "unknown";
	}
}

const char *report_cause(enum source_kind kind)
{
	switch (kind) {
	case SOURCE_MAILBOX:
		return "The mail was sent by SMTP with the login of one mailbox. Its password had "
		       "most likely been stolen; the owner did not send this mail.";
	case SOURCE_SCRIPT:
		return "The mail was made by one script in the web space of one customer, most "
		       "likely through a fault of it that a stranger used.";
	case SOURCE_LOGIN:
		return "The mail was given to this server by a program that ran under the login of "
		       "one customer, most likely a web site that a stranger had broken into.";
	case SOURCE_HOST:
		return "The mail was relayed for one host that may send through this server.";
	case SOURCE_BOUNCE:
		return "The mail was made by this server: delivery reports to forged senders.";
	default:
		return "Who gave the mail to this server is not known.";
	}
}

static const char *of_secret(const struct report_deed *deed)
{
	if (strcmp(deed->done, "change") == 0)
		return "The password was changed: the old one no longer works.";
	return deed->done[0] != '\0' ? "The login was suspended." : NULL;
}

const char *report_deed_says(const struct report_incident *incident, const struct report_deed *deed,
	char at[REPORT_DONE_TEXT])
{
	bool by_password = deed->state == ACTION_UNDONE && report_is_password_changed(incident);
	const char *says = NULL;

	if (strcmp(deed->responder, "refuse") == 0 && by_password)
		says = "The mail server refused the account until its password was changed.";
	else if (deed->state != ACTION_DONE)
		return NULL;
	else if (strcmp(deed->responder, "refuse") == 0)
		says = "The mail server refuses all mail of the account.";
	else if (strcmp(deed->responder, "sessions") == 0)
		says = "Its open connections were ended.";
	else if (strcmp(deed->responder, "secret") == 0)
		says = of_secret(deed);
	if (says != NULL)
		(void)snprintf(at, REPORT_DONE_TEXT, "%s", says);
	return says != NULL ? at : NULL;
}

bool report_is_kept_out(const struct report_incident *incident)
{
	const struct report_deed *secret = report_deed_of(incident, "secret");

	return report_is_done(incident, "refuse") ||
	       (secret != NULL && secret->state == ACTION_DONE && secret->done[0] != '\0');
}

char *report_undo(const struct report_incident *incident, const struct report_deed *deed,
	char at[REPORT_UNDO_TEXT])
{
	const char *words = NULL;

	if (deed->state == ACTION_UNDONE)
		words = "is undone";
	else if (strcmp(deed->responder, "sessions") == 0)
		words = "nothing to undo";
	else if (strcmp(deed->responder, "tell") == 0)
		words = "cannot be undone";
	else if (strcmp(deed->responder, "secret") == 0 && strcmp(deed->done, "change") == 0)
		words = "stays changed: the owner sets another";
	if (words != NULL)
		(void)snprintf(at, REPORT_UNDO_TEXT, "%s", words);
	else
		(void)snprintf(at, REPORT_UNDO_TEXT, "stanch incident release %" PRId64,
			incident->story.incident.number);
	return at;
}

struct report_number report_number_of(
	bool (*ask)(const struct report_incident *incident, uint64_t *ret_count),
	const struct report_incident *incident)
{
	struct report_number n = {0};

	n.is_known = ask(incident, &n.count);
	return n;
}

char *report_at_most(struct report_number number, char at[UNITS_TEXT])
{
	char count[UNITS_TEXT];

	if (!number.is_known)
		return report_count(number.is_known, number.count, at);
	(void)snprintf(at, UNITS_TEXT, "at most %.20s", units_count_text(number.count, count));
	return at;
}

char *report_sum(struct report_sum sum, uint64_t of, char at[REPORT_SUM_TEXT])
{
	char count[UNITS_TEXT];

	if (sum.unknown == 0)
		(void)snprintf(at, REPORT_SUM_TEXT, "%s", units_count_text(sum.count, count));
	else if (sum.unknown >= of)
		(void)snprintf(at, REPORT_SUM_TEXT, "unknown");
	else
		(void)snprintf(at, REPORT_SUM_TEXT, "%s, and unknown of %" PRIu64 " incident%s",
			units_count_text(sum.count, count), sum.unknown,
			sum.unknown == 1 ? "" : "s");
	return at;
}

char *report_delay(struct report_number seconds, char at[UNITS_TEXT])
{
	return seconds.is_known ? units_age_text((int64_t)seconds.count, at)
				: report_count(false, 0, at);
}

struct report_number report_delay_of(int64_t first, int64_t contained)
{
	if (contained == 0)
		return (struct report_number){0};
	return (struct report_number){true, contained > first ? (uint64_t)(contained - first) : 0};
}
