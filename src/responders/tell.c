#include "responders/tell.h"

#include "base/json_text.h"
#include "responders/telling.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The owner first: the administrator is told how that went. */
static const struct channel *const channels[] = {
	&channel_ticket, &channel_email, &channel_owner, &channel_administrator, &channel_webhook};
#define CHANNELS (sizeof(channels) / sizeof(channels[0]))

/* ---- the note ---- */

static json_t *object_in(json_t *object, const char *key)
{
	json_t *found = json_object_get(object, key);

	if (json_is_object(found))
		return found;
	json_put(object, key, json_object());
	return json_object_get(object, key);
}

static void keep_told(struct telling *t, const char *channel, const char *id)
{
	json_t *stage = object_in(object_in(t->note, "told"), responding_stage_name(t->stage));
	json_t *kept = object_in(stage, channel);

	json_put(kept, "id", json_text(slice_of(id)));
	json_put(kept, "times",
		json_integer(json_integer_value(json_object_get(kept, "times")) + 1));
}

static void keep_failed(struct telling *t, const char *channel, int err, const char *why)
{
	json_t *stage = object_in(object_in(t->note, "told"), responding_stage_name(t->stage));
	json_t *kept = object_in(stage, channel);

	json_put(kept, "error", json_integer(-err));
	json_put(kept, "why", json_text(slice_of(why)));
}

/* Of what is only suspected its owner hears nothing. */
static bool hears(
	const struct channel *c, const struct settings_values *v, enum responding_stage stage)
{
	return c->is_on(v) && !(c->is_owner && stage == RESPONDING_SUSPECTED);
}

/* A password that its owner does not have yet, and is to have by that one. */
static bool gives_secret(const struct responding *r, const struct channel *c)
{
	return r->stage == RESPONDING_CONTAINED && r->secret != NULL && !r->secret_told &&
	       c->gives_secret != NULL && c->gives_secret(r->values);
}

/* What has come of all of them. */
struct outcome {
	size_t told, before;
	int err; /* the first; one that another try may mend goes before the others */
	struct problem problem;
};

static bool is_for_a_while(int err)
{
	return err == -EAGAIN || err == -ETIMEDOUT;
}

static void add_error(struct outcome *o, const char *channel, int err, const char *why)
{
	if (o->err != 0 && (is_for_a_while(o->err) || !is_for_a_while(err)))
		return;
	o->err = problem_set(&o->problem, err, "%s: %s", channel, why);
}

/* An error of a channel in the terms of responder.h. */
static int plain_error(int err)
{
	switch (err) {
	case -EAGAIN:
	case -ETIMEDOUT:
	case -ENOENT:
	case -EACCES:
	case -EBADMSG:
	case -EINVAL:
		return err;
	case -EEXIST:
		return -ENOENT;
	case -EPROTO:
		return -EACCES;
	default:
		return -EIO;
	}
}

static void tell_one(struct telling *t, const struct channel *c, struct outcome *o)
{
	struct problem problem = {0};
	char id[TELLING_ID_MAX] = "";

	t->with_secret = gives_secret(t->r, c);
	int err = c->tell(t, id, &problem);

	if (err == 0) {
		keep_told(t, c->name, id);
		t->r->secret_told = t->r->secret_told || t->with_secret;
		o->told++;
		return;
	}
	err = plain_error(err);
	add_error(o, c->name, err, problem.text);
	if (!is_for_a_while(err))
		keep_failed(t, c->name, err, problem.text);
	if (c->is_owner && t->owner_said[0] == '\0')
		(void)snprintf(
			t->owner_said, sizeof(t->owner_said), "not told: %.200s", problem.text);
}

/* Who knows nothing of it is not told that it is over. */
static bool has_not_heard(const json_t *note, enum responding_stage stage, const char *channel)
{
	return stage > RESPONDING_CONTAINED &&
	       telling_id(note, RESPONDING_CONTAINED, channel) == NULL;
}

static void tell_if_needed(struct telling *t, const struct channel *c, struct outcome *o)
{
	const json_t *kept = telling_told(t->note, t->stage, c->name);
	int err = (int)-json_integer_value(json_object_get(kept, "error"));

	t->is_again = json_is_object(kept) && err == 0;
	if (t->is_again && !gives_secret(t->r, c)) {
		o->before++;
		return;
	}
	if (json_is_object(kept) && err != 0) {
		add_error(o, c->name, err, json_string_value(json_object_get(kept, "why")));
		return;
	}
	if (has_not_heard(t->note, t->stage, c->name))
		return;
	tell_one(t, c, o);
}

static int tell_all(struct telling *t, struct problem *said)
{
	struct outcome o = {0};
	size_t on = 0;

	for (size_t i = 0; i < CHANNELS; i++) {
		if (!hears(channels[i], t->values, t->stage))
			continue;
		on++;
		tell_if_needed(t, channels[i], &o);
	}
	if (on == 0 && t->stage != RESPONDING_SUSPECTED)
		return problem_set(said, -EINVAL,
			"nobody to tell: none of whmcs.url, tell.owner_mail, mail.administrator "
			"and webhook.url is set");
	if (o.err < 0)
		return problem_set(said, o.err, "%s", o.problem.text);
	(void)problem_set(said, 0, "told %zu of it (%zu had been told before)", o.told, o.before);
	return 0;
}

/* ---- the responder ---- */

static bool is_on(const struct settings_values *values)
{
	return values->tell.enabled;
}

static bool fits(const struct source *source)
{
	return source->kind != SOURCE_UNKNOWN;
}

/* The notices that somebody would get, of an incident that is none. */
static int try_notices(
	const struct settings_values *values, enum responding_stage stage, struct problem *said)
{
	struct source source;
	struct responding r = {.values = values,
		.source = &source,
		.stage = stage,
		.incident = 1,
		.reason = "none: this is a trial"};
	int err = 0;

	source_set(&source, SOURCE_MAILBOX, slice_of("ann@shop.example"));
	struct telling t = telling_begin(&r, NULL);
	for (unsigned reader = NOTICE_OWNER; reader <= NOTICE_ADMINISTRATOR && err == 0; reader++) {
		struct notice notice = {0};

		if (reader == NOTICE_ADMINISTRATOR || stage != RESPONDING_SUSPECTED)
			err = telling_notice(&t, (enum notice_reader)reader, &notice, said);
		notice_clear(&notice);
	}
	return err < 0 ? -EINVAL : 0;
}

static int prepare(const struct settings_values *values, struct problem *said)
{
	int err = 0;

	for (unsigned i = RESPONDING_SUSPECTED; i <= RESPONDING_RELEASED && err == 0; i++)
		err = try_notices(values, (enum responding_stage)i, said);
	for (size_t i = 0; i < CHANNELS && err == 0; i++)
		if (channels[i]->is_on(values))
			err = channels[i]->prepare(values, said);
	return err;
}

static void plan(const struct responding *r, struct problem *said)
{
	char whom[200] = "";
	size_t n = 0;

	for (size_t i = 0; i < CHANNELS; i++) {
		size_t len = strlen(whom);

		if (channels[i]->is_on(r->values))
			(void)snprintf(whom + len, sizeof(whom) - len, "%s%s", n++ > 0 ? ", " : "",
				channels[i]->plan);
	}
	(void)problem_set(said, 0, "would tell %s", n > 0 ? whom : "nobody: no way is set");
}

static int act(struct responding *r, json_t *note, struct problem *said)
{
	struct telling t = telling_begin(r, note);

	return tell_all(&t, said);
}

static int undo(const struct responding *r, json_t *note, struct problem *said)
{
	struct responding copy = *r;
	struct telling t = telling_begin(&copy, note);

	return tell_all(&t, said);
}

/* Mail that was handed over cannot be looked at again; the ticket was read back when it was opened.
 */
static int check(const struct responding *r, const json_t *note, struct problem *said)
{
	for (size_t i = 0; i < CHANNELS; i++) {
		const struct channel *c = channels[i];

		if (!hears(c, r->values, r->stage) || has_not_heard(note, r->stage, c->name))
			continue;
		if (telling_id(note, r->stage, c->name) == NULL)
			return problem_set(said, -ENOENT, "%s: not told", c->name);
		if (gives_secret(r, c))
			return problem_set(
				said, -ENOENT, "%s: not told of the new password", c->name);
	}
	return 0;
}

const struct responder responder_tell = {.name = "tell",
	.deed = "tell the owner and the administrator",
	.is_on = is_on,
	.fits = fits,
	.prepare = prepare,
	.plan = plan,
	.act = act,
	.check = check,
	.undo = undo};
