#include "sensors/json_facts.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "formats/feedback_report.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

struct json_facts {
	json_t *object; /* what the last fact points into */
	char **relays;  /* addresses that may relay, owned */
	size_t relay_count;
	struct source source;
	struct slice recipients[FACT_RECIPIENTS_MAX];
};

struct json_facts *json_facts_new(void)
{
	return memory_new(1, sizeof(struct json_facts));
}

static void forget_relays(struct json_facts *j)
{
	for (size_t i = 0; i < j->relay_count; i++)
		free(j->relays[i]);
	free(j->relays);
	j->relays = NULL;
	j->relay_count = 0;
}

void json_facts_free(struct json_facts *j)
{
	if (j == NULL)
		return;
	json_decref(j->object);
	forget_relays(j);
	free(j);
}

static struct slice text(const json_t *object, const char *key)
{
	return json_slice(json_object_get(object, key));
}

/* Bytes of a message; more is no size. */
#define SIZE_MOST 1e15

static bool number(const json_t *object, const char *key, double *ret)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_number(value))
		return false;
	*ret = json_number_value(value);
	return true;
}

#define RELAYS_MAX 10000

static void keep_relays(struct json_facts *j)
{
	const json_t *list = json_object_get(j->object, "relay_hosts"), *value;
	size_t i;

	forget_relays(j);
	json_array_foreach(list, i, value)
	{
		if (!json_is_string(value) || j->relay_count == RELAYS_MAX)
			continue;
		j->relays = memory_grow(j->relays, j->relay_count + 1, sizeof(char *));
		j->relays[j->relay_count++] =
			memory_copy(json_string_value(value), json_string_length(value));
	}
}

static bool is_relay(const struct json_facts *j, struct slice ip)
{
	for (size_t i = 0; i < j->relay_count; i++)
		if (slice_is(ip, j->relays[i]))
			return true;
	return false;
}

static bool is_system_folder(struct slice cwd)
{
	return slice_is(cwd, "/") || slice_is(cwd, "/root") || slice_starts(cwd, "/var/spool/") ||
	       slice_is(cwd, "/tmp") || slice_is(cwd, "/var/tmp");
}

/* By what proves it, in order: a login over SMTP, then the script or its folder, the user, the
 * relaying host. */
static bool find_source(struct json_facts *j, const json_t *o)
{
	struct slice auth = text(o, "auth"), user = text(o, "user"), script = text(o, "script");
	struct slice cwd = text(o, "cwd"), ip = text(o, "ip");

	if (auth.len > 0)
		source_set(&j->source, SOURCE_MAILBOX, auth);
	else if (script.len > 0)
		source_set(&j->source, SOURCE_SCRIPT, script);
	else if (user.len > 0 && cwd.len > 0 && !is_system_folder(cwd))
		source_set(&j->source, SOURCE_SCRIPT, cwd);
	else if (user.len > 0)
		source_set(&j->source, SOURCE_LOGIN, user);
	else if (is_relay(j, ip))
		source_set(&j->source, SOURCE_HOST, ip);
	else
		return false;
	return true;
}

static void read_recipients(struct json_facts *j, const json_t *o, struct fact *f)
{
	const json_t *list = json_object_get(o, "rcpt"), *value;
	size_t i;

	f->recipients = j->recipients;
	if (json_is_string(list)) {
		j->recipients[f->recipient_count++] = text(o, "rcpt");
		f->recipient_total = 1;
		return;
	}
	json_array_foreach(list, i, value)
	{
		if (!json_is_string(value))
			continue;
		f->recipient_total++;
		if (f->recipient_count == FACT_RECIPIENTS_MAX)
			continue;
		j->recipients[f->recipient_count++] =
			(struct slice){json_string_value(value), json_string_length(value)};
	}
}

static void read_accepted(struct json_facts *j, const json_t *o, struct fact *f)
{
	double size = 0;

	f->kind = FACT_ACCEPTED;
	f->sender = text(o, "from");
	f->client = text(o, "ip");
	f->helo = text(o, "helo");
	f->cipher = text(o, "tls");
	f->login = text(o, "user");
	f->message_id = text(o, "msgid");
	f->subject = text(o, "subj");
	f->body = text(o, "body");
	f->bounce_of = text(o, "bounce_of");
	f->is_automatic = json_object_get(o, "auto") != NULL;
	f->is_list = json_object_get(o, "list") != NULL;
	f->has_filter_score = number(o, "cf", &f->filter_score);
	if (number(o, "size", &size) && size > 0 && size < SIZE_MOST)
		f->size = (uint64_t)size;
	read_recipients(j, o, f);
	if (f->bounce_of.len > 0)
		source_set(&j->source, SOURCE_BOUNCE, slice_of("local"));
	if (f->bounce_of.len > 0 || find_source(j, o))
		f->source = &j->source;
}

static void read_outcome(const json_t *o, struct fact *f, enum fact_kind kind)
{
	double local = 0;

	f->kind = kind;
	f->recipient = text(o, "rcpt");
	f->forwarded_for = text(o, "for");
	f->is_local = number(o, "local", &local) && local > 0;
	f->is_reported = kind == FACT_FAILED && json_object_get(o, "reported") != NULL;
	if (kind != FACT_DELIVERED)
		f->failure = failure_of_text(text(o, "text"));
}

static void read_refused(struct json_facts *j, const json_t *o, struct fact *f)
{
	f->kind = FACT_REFUSED;
	f->recipient = text(o, "rcpt");
	f->sender = text(o, "from");
	f->client = text(o, "ip");
	f->failure = json_object_get(o, "text") != NULL ? failure_of_text(text(o, "text"))
							: FAILURE_DOMAIN_UNKNOWN;
	if (find_source(j, o))
		f->source = &j->source;
}

/* One that does not say of which type it is accuses; one of a type that does not is none. */
static bool is_complaint(const json_t *o)
{
	struct slice type = text(o, "type");

	return type.len == 0 || feedback_type_accuses(feedback_type_of(type));
}

/* About a message, or about whoever sends. */
static void read_complaint(struct json_facts *j, const json_t *o, struct fact *f)
{
	f->kind = FACT_COMPLAINED;
	if (text(o, "id").len == 0 && find_source(j, o))
		f->source = &j->source;
}

static bool read_event(struct json_facts *j, const json_t *o, struct fact *f)
{
	struct slice event = text(o, "ev");

	if (slice_is(event, "recv"))
		read_accepted(j, o, f);
	else if (slice_is(event, "dlv"))
		read_outcome(o, f, FACT_DELIVERED);
	else if (slice_is(event, "defer"))
		read_outcome(o, f, FACT_DEFERRED);
	else if (slice_is(event, "fail"))
		read_outcome(o, f, FACT_FAILED);
	else if (slice_is(event, "complaint") && is_complaint(o))
		read_complaint(j, o, f);
	else if (slice_is(event, "rej"))
		read_refused(j, o, f);
	else if (slice_is(event, "authfail")) {
		f->kind = FACT_LOGIN_FAILED;
		f->client = text(o, "ip");
		f->helo = text(o, "helo");
		f->user = text(o, "user");
	} else {
		return false;
	}
	return true;
}

enum json_facts_answer json_facts_read(
	struct json_facts *j, struct slice line, struct fact *ret_fact, struct problem *problem)
{
	json_error_t error;
	struct fact f = {0};
	double at = 0;

	json_decref(j->object);
	j->object = NULL;
	line = slice_trim(line);
	if (line.len == 0)
		return JSON_NOTHING;
	j->object = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!json_is_object(j->object)) {
		(void)problem_set(problem, -1, "not a JSON object (byte %d)", error.position);
		return JSON_DAMAGED;
	}
	if (slice_is(text(j->object, "ev"), "meta")) {
		keep_relays(j);
		return JSON_META;
	}
	if (!number(j->object, "t", &at) || !isfinite(at) || at < 0 || at > 1e11) {
		(void)problem_set(problem, -1, "no time \"t\"");
		return JSON_DAMAGED;
	}
	f.at_us = (int64_t)(at * 1e6 + 0.5);
	f.id = text(j->object, "id");
	if (!read_event(j, j->object, &f))
		return JSON_NOTHING;
	*ret_fact = f;
	return JSON_FACT;
}

bool json_facts_hosted(const struct json_facts *j, size_t *at, struct slice *ret_domain)
{
	const json_t *list = json_object_get(j->object, "hosted");
	const json_t *value = json_array_get(list, (*at)++);

	while (value != NULL && !json_is_string(value))
		value = json_array_get(list, (*at)++);
	if (value == NULL)
		return false;
	*ret_domain = (struct slice){json_string_value(value), json_string_length(value)};
	return true;
}
