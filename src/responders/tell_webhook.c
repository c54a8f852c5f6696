/* tell_webhook.c - another system, by a webhook. */
#include "base/json_text.h"
#include "responders/telling.h"
#include "settings/secret_file.h"
#include "systems/webhook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct slice text_of(const char *text)
{
	return text != NULL ? slice_of(text) : (struct slice){0};
}

static json_t *object_of(const struct telling *t, const char *id)
{
	const struct responding *r = t->r;
	char source[SOURCE_TEXT_MAX];
	json_t *o = json_object();

	json_put(o, "id", json_text(slice_of(id)));
	json_put(o, "stage", json_text(slice_of(responding_stage_name(t->stage))));
	json_put(o, "server", json_text(slice_of(t->host)));
	json_put(o, "incident", json_integer(r->incident));
	json_put(o, "source", json_text(slice_of(source_text(r->source, source))));
	json_put(o, "since", r->since > 0 ? json_time(r->since) : NULL);
	json_put(o, "messages", json_integer((json_int_t)r->messages));
	json_put(o, "recipients", json_integer((json_int_t)r->recipients));
	json_put(o, "held", json_integer((json_int_t)r->held));
	json_put(o, "reason", json_text(text_of(r->reason)));
	json_put(o, "password", r->secret_how != NULL ? json_text(slice_of(r->secret_how)) : NULL);
	return o;
}

static int post(const struct telling *t, struct slice body, struct problem *problem)
{
	const struct webhook_settings *s = &t->values->webhook;
	struct secret *key = NULL;

	if (s->secret_file != NULL && secret_file_read(s->secret_file, &key, problem) < 0)
		return -EINVAL;
	const struct webhook w = {s->url, key, (enum webhook_form)s->form, telling_time_ms(t)};
	int err = webhook_send(&w, body, (int64_t)time(NULL), problem);
	secret_free(key);
	return err;
}

static int tell_by_webhook(struct telling *t, char id[TELLING_ID_MAX], struct problem *problem)
{
	struct notice notice = {0};
	int err = telling_notice(t, NOTICE_ADMINISTRATOR, &notice, problem);

	if (err < 0)
		return err;
	(void)snprintf(id, TELLING_ID_MAX, "stanch.%s.%s@%s", t->key,
		responding_stage_name(t->stage), t->host);
	json_t *object = object_of(t, id);
	struct slice plain = {notice.plain.at, notice.plain.len};
	struct slice html = {notice.html.at, notice.html.len};
	char *body = webhook_body((enum webhook_form)t->values->webhook.form, object, plain, html);
	err = post(t, slice_of(body), problem);
	free(body);
	json_decref(object);
	notice_clear(&notice);
	return err;
}

static bool has_webhook(const struct settings_values *v)
{
	return v->webhook.url != NULL;
}

static int prepare(const struct settings_values *values, struct problem *said)
{
	return telling_try_secret(values->webhook.secret_file, said);
}

const struct channel channel_webhook = {.name = "webhook",
	.plan = "a webhook",
	.is_on = has_webhook,
	.prepare = prepare,
	.tell = tell_by_webhook};
