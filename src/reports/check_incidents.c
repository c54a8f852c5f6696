#include "reports/check_incidents.h"

#include "base/json_text.h"
#include "base/units.h"
#include "reports/standing_json.h"

#include <inttypes.h>

#define NONE "0"

void check_incidents_begin(struct check_incidents *c)
{
	*c = (struct check_incidents){.asking = {.label = "asking", .unit = ""},
		.recent = {.label = "recent", .unit = ""},
		.recent_s = CHECK_RECENT_S};
	if (plugin_range_parse(NONE, &c->asking.critical) < 0 ||
		plugin_range_parse(NONE, &c->recent.warning) < 0)
		__builtin_unreachable();
}

static bool is_cleaned(const struct standing_incident *i)
{
	return i->state == INCIDENT_CONTAINED || i->state == INCIDENT_CLEANING;
}

static bool is_recent(
	const struct check_incidents *c, const struct standing_incident *i, int64_t now)
{
	if (i->state == INCIDENT_RELEASED || i->state == INCIDENT_DISMISSED)
		return false;
	return is_cleaned(i) || (i->contained > 0 && now - i->contained < c->recent_s);
}

/* What failed of one that is over is old at some time, though nobody looked. */
static bool is_failed(
	const struct check_incidents *c, const struct standing_incident *i, int64_t now)
{
	return i->failed > 0 && (incident_is_open(i->state) || now - i->changed < c->recent_s);
}

static bool is_shown(
	const struct check_incidents *c, const struct standing_incident *i, int64_t now)
{
	return incident_is_open(i->state) || is_recent(c, i, now) || is_failed(c, i, now);
}

void check_incidents_judge(struct check_incidents *c, const struct standing *s, int64_t now)
{
	for (size_t n = 0; n < s->count; n++) {
		const struct standing_incident *i = &s->at[n];
		bool failed = is_failed(c, i, now), waits = i->state == INCIDENT_WAITING;
		c->open += incident_is_open(i->state);
		c->suspected += i->state == INCIDENT_SUSPECTED;
		c->waiting += waits;
		c->cleaning += is_cleaned(i);
		c->failed += failed ? i->failed : 0;
		c->asking.value += waits || failed;
		c->recent.value += is_recent(c, i, now);
	}
	c->status =
		plugin_worse(plugin_metric_status(&c->asking), plugin_metric_status(&c->recent));
	if (s->left_out > 0) /* who knows what they are */
		c->status = plugin_worse(c->status, PLUGIN_WARNING);
}

static const char *plural(uint64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

/* "", or ", " from the second part on. */
static const char *comma(bool *is_behind)
{
	const char *text = *is_behind ? ", " : "";

	*is_behind = true;
	return text;
}

static void write_summary(FILE *out, const struct check_incidents *c, const struct standing *s)
{
	char age[UNITS_TEXT];
	bool some = false;

	if (c->waiting > 0)
		(void)fprintf(out, "%s%" PRIu64 " %s for a person", comma(&some), c->waiting,
			plural(c->waiting, "waits", "wait"));
	if (c->failed > 0)
		(void)fprintf(out, "%s%" PRIu64 " %s failed", comma(&some), c->failed,
			plural(c->failed, "action has", "actions have"));
	if (c->recent.value > 0)
		(void)fprintf(out, "%s%" PRIu64 " contained in %s", comma(&some), c->recent.value,
			units_age_text(c->recent_s, age));
	if (c->suspected > 0)
		(void)fprintf(out, "%s%" PRIu64 " suspected", comma(&some), c->suspected);
	if (s->left_out > 0)
		(void)fprintf(out, "%s%" PRIu64 " more", comma(&some), s->left_out);
	if (!some && c->open > 0)
		(void)fprintf(out, "%s%" PRIu64 " open, clean", comma(&some), c->open);
	if (!some)
		(void)fputs("none is open", out);
}

static void write_number(FILE *out, const char *label, uint64_t value)
{
	const struct plugin_metric m = {.label = label, .unit = "", .value = value};

	(void)fputc(' ', out);
	plugin_metric_write(out, &m);
}

static void write_row(FILE *out, const struct standing_incident *i, int64_t now)
{
	char age[UNITS_TEXT];

	(void)fprintf(out, "%" PRId64 " %s ", i->number, incident_state_name(i->state));
	(void)fprintf(out, "%s:", source_kind_name(i->source.kind));
	plugin_text_write(out, (struct slice){i->source.name, i->source.len});
	(void)fprintf(out, ", opened %s ago, %" PRIu64 " held",
		units_age_text(now - i->opened, age), i->held);
	if (i->failed > 0)
		(void)fprintf(out, ", %" PRIu64 " %s failed", i->failed,
			plural(i->failed, "action has", "actions have"));
	(void)fprintf(out, ": stanch incident show %" PRId64 "\n", i->number);
}

void check_incidents_write_rows(
	FILE *out, const struct check_incidents *c, const struct standing *s, int64_t now)
{
	for (size_t i = 0; i < s->count; i++)
		if (is_shown(c, &s->at[i], now))
			write_row(out, &s->at[i], now);
}

void check_incidents_write(FILE *out, const struct check_incidents *c, const struct standing *s,
	const char *whence, int64_t now)
{
	(void)fprintf(out, "Incidents %s - ", plugin_status_name(c->status));
	write_summary(out, c, s);
	(void)fprintf(out, " (%s) | ", whence);
	plugin_metric_write(out, &c->asking);
	(void)fputc(' ', out);
	plugin_metric_write(out, &c->recent);
	write_number(out, "open", c->open);
	write_number(out, "suspected", c->suspected);
	write_number(out, "waiting", c->waiting);
	write_number(out, "cleaning", c->cleaning);
	write_number(out, "failed", c->failed);
	(void)fputc('\n', out);
	check_incidents_write_rows(out, c, s, now);
}

json_t *check_incidents_json(const struct check_incidents *c, const struct standing *s)
{
	json_t *o = json_object(), *rows = standing_json(s);

	json_put(o, "status", json_string(plugin_status_name(c->status)));
	json_put(o, "asking", json_integer((json_int_t)c->asking.value));
	json_put(o, "recent", json_integer((json_int_t)c->recent.value));
	json_put(o, "open", json_integer((json_int_t)c->open));
	json_put(o, "suspected", json_integer((json_int_t)c->suspected));
	json_put(o, "waiting", json_integer((json_int_t)c->waiting));
	json_put(o, "cleaning", json_integer((json_int_t)c->cleaning));
	json_put(o, "failed", json_integer((json_int_t)c->failed));
	(void)json_object_update(o, rows);
	json_decref(rows);
	return o;
}
