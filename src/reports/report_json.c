#include "reports/report_json.h"

#include "base/json_text.h"
#include "reports/report_words.h"

#include <string.h>

static json_t *counted(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *number_json(struct report_number n)
{
	return n.is_known ? counted(n.count) : NULL;
}

/* Null when it is not known of all. */
static json_t *sum_json(struct report_sum sum)
{
	return sum.unknown == 0 ? counted(sum.count) : NULL;
}

static json_t *time_or_null(int64_t at)
{
	return at != 0 ? json_time(at) : NULL;
}

/* The casebook keeps 0 for what it was not told. */
static void put_mail(json_t *o, const struct incident *i)
{
	json_put(o, "messages", i->messages > 0 ? counted(i->messages) : NULL);
	json_put(o, "recipients", i->recipients > 0 ? counted(i->recipients) : NULL);
}

static void put_numbers(json_t *o, const struct report_incident *r)
{
	const struct incident *i = &r->story.incident;

	put_mail(o, i);
	json_put(o, "first_mail", time_or_null(r->first));
	json_put(o, "seconds_to_containment", number_json(report_delay_of(r->first, i->contained)));
	json_put(o, "went_out_at_most", number_json(report_number_of(report_went_out, r)));
	json_put(o, "still_held", number_json(report_number_of(report_still_held, r)));
	json_put(o, "put_back", number_json(report_number_of(report_put_back, r)));
	json_put(o, "purged", r->holds_known ? counted(r->by_state[MESSAGE_PURGED]) : NULL);
	json_put(o, "password_changed", json_boolean(report_is_password_changed(r)));
}

static json_t *deeds_json(const struct report_incident *r)
{
	json_t *list = json_array();
	char undo[REPORT_UNDO_TEXT];

	for (size_t i = 0; i < r->deed_count; i++) {
		const struct report_deed *deed = &r->deeds[i];
		json_t *o = json_object();

		json_put(o, "responder", json_text(slice_of(deed->responder)));
		json_put(o, "state", json_string(action_state_name(deed->state)));
		json_put(o, "changed", time_or_null(deed->changed));
		json_put(o, "words", json_text(slice_of(deed->words)));
		json_put(o, "undo", json_text(slice_of(report_undo(r, deed, undo))));
		(void)json_array_append_new(list, o);
	}
	return list;
}

static json_t *holds_json(const struct report_incident *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->hold_count; i++) {
		const struct report_hold *h = &r->holds[i];
		json_t *o = json_object();

		json_put(o, "hold", json_integer(h->hold));
		json_put(o, "made", time_or_null(h->created));
		json_put(o, "by", json_text(slice_of(h->who)));
		json_put(o, "still_held", counted(h->by_state[MESSAGE_HELD]));
		json_put(o, "put_back",
			counted(h->by_state[MESSAGE_RESTORED] + h->by_state[MESSAGE_RELEASED]));
		json_put(o, "purged", counted(h->by_state[MESSAGE_PURGED]));
		json_put(o, "unfinished", json_boolean(h->unfinished));
		(void)json_array_append_new(list, o);
	}
	return list;
}

static json_t *samples_json(const struct report_incident *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->sample_count; i++) {
		json_t *o = json_object();

		json_put(o, "id", json_text(slice_of(r->samples[i].id.text)));
		json_put(o, "accepted", time_or_null(r->samples[i].received));
		json_put(o, "recipients", counted(r->samples[i].recipients));
		json_put(o, "state", json_string(message_state_name(r->samples[i].state)));
		(void)json_array_append_new(list, o);
	}
	return list;
}

json_t *report_incident_json(const struct report_incident *incident)
{
	json_t *o = incident_story_json(&incident->story);

	put_numbers(o, incident);
	json_put(o, "actions_now", deeds_json(incident));
	json_put(o, "held_in", holds_json(incident));
	json_put(o, "held_messages", samples_json(incident));
	return o;
}

json_t *report_nameless_json(const struct report_incident *incident)
{
	const struct incident *i = &incident->story.incident;
	json_t *o = json_object();

	json_put(o, "incident", json_integer(i->number));
	json_put(o, "kind", json_string(source_kind_name(i->source.kind)));
	json_put(o, "state", json_string(incident_state_name(i->state)));
	json_put(o, "contained", time_or_null(i->contained));
	json_put(o, "closed", time_or_null(i->closed));
	json_put(o, "held", counted(i->held));
	put_numbers(o, incident);
	json_put(o, "refused", json_boolean(report_is_done(incident, "refuse")));
	json_put(o, "sessions_ended", json_boolean(report_is_done(incident, "sessions")));
	json_put(o, "held_messages", samples_json(incident));
	return o;
}

static json_t *row_json(const struct report_row *r)
{
	json_t *o = incident_json(&r->incident);

	put_mail(o, &r->incident);
	json_put(o, "first_mail", time_or_null(r->first));
	json_put(o, "seconds_to_containment",
		number_json(report_delay_of(r->first, r->incident.contained)));
	json_put(o, "went_out_at_most", number_json(r->went_out));
	json_put(o, "still_held", number_json(r->still_held));
	json_put(o, "put_back", number_json(r->put_back));
	json_put(o, "actions_not_done", counted(r->troubles));
	return o;
}

json_t *report_period_json(const struct report_period *period)
{
	json_t *o = json_object(), *rows = json_array();

	json_put(o, "since", json_time(period->since));
	json_put(o, "until", json_time(period->until));
	json_put(o, "opened", counted(period->opened));
	json_put(o, "contained", counted(period->contained));
	json_put(o, "by_person", counted(period->by_person));
	json_put(o, "let_go", counted(period->false_alarms));
	json_put(o, "waiting", counted(period->waiting));
	json_put(o, "open", counted(period->open));
	json_put(o, "actions_not_done", counted(period->troubles));
	json_put(o, "seconds_to_containment_median", number_json(period->delay_median));
	json_put(o, "seconds_to_containment_worst", number_json(period->delay_worst));
	json_put(o, "went_out_at_most", sum_json(period->went_out));
	json_put(o, "went_out_unknown", counted(period->went_out.unknown));
	json_put(o, "held", counted(period->held));
	json_put(o, "still_held", sum_json(period->still_held));
	json_put(o, "put_back", sum_json(period->put_back));
	json_put(o, "left_out", counted(period->left_out));
	for (size_t i = 0; i < period->count; i++)
		(void)json_array_append_new(rows, row_json(&period->rows[i]));
	json_put(o, "incidents", rows);
	return o;
}

static json_t *text_json(const struct template_text *text)
{
	return text->at != NULL ? json_text((struct slice){text->at, text->len}) : NULL;
}

json_t *report_customer_json(const struct notice *notice)
{
	json_t *o = json_object();

	json_put(o, "title", text_json(&notice->subject));
	json_put(o, "language", json_string(notice->language));
	json_put(o, "text", text_json(&notice->plain));
	json_put(o, "html", text_json(&notice->html));
	return o;
}
