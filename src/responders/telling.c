#include "responders/telling.h"

#include "base/json_text.h"
#include "settings/secret_file.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool is_host_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
}

/* This server's name, in letters, digits, '-' and '.'. */
static void read_host(char at[TELLING_HOST_MAX])
{
	size_t len = 0;
	char name[TELLING_HOST_MAX] = "";

	(void)gethostname(name, sizeof(name) - 1);
	for (const char *c = name; *c != '\0'; c++)
		if (is_host_byte(slice_lower(*c)))
			at[len++] = slice_lower(*c);
	at[len] = '\0';
	if (len == 0)
		(void)snprintf(at, TELLING_HOST_MAX, "localhost");
}

/* The incident's number; without one, the source and when it began. */
static void make_key(const struct responding *r, char at[TELLING_KEY_MAX])
{
	unsigned char hash[crypto_generichash_BYTES_MIN];
	char hex[2 * sizeof(hash) + 1], text[SOURCE_TEXT_MAX], whole[SOURCE_TEXT_MAX + 32];

	if (r->incident > 0) {
		(void)snprintf(at, TELLING_KEY_MAX, "%lld", (long long)r->incident);
		return;
	}
	(void)snprintf(
		whole, sizeof(whole), "%lld %s", (long long)r->since, source_text(r->source, text));
	(void)crypto_generichash(
		hash, sizeof(hash), (const unsigned char *)whole, strlen(whole), NULL, 0);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	(void)snprintf(at, TELLING_KEY_MAX, "%s", hex);
}

struct slice telling_domain(const struct source *source)
{
	struct slice name = {source->name, source->len};

	return source->kind == SOURCE_MAILBOX ? slice_after(name, slice_find_last(name, '@') + 1)
					      : (struct slice){0};
}

struct telling telling_begin(struct responding *r, json_t *note)
{
	struct telling t = {.r = r, .values = r->values, .note = note, .stage = r->stage};

	read_host(t.host);
	make_key(r, t.key);
	(void)snprintf(t.mark, sizeof(t.mark), "[stanch:%s:%s]",
		t.values->whmcs.server != NULL ? t.values->whmcs.server : t.host, t.key);
	return t;
}

static const char *language_of(const struct telling *t)
{
	static const struct {
		const char *name, *language;
	} known[] = {{"english", "en"}, {"german", "de"}, {"czech", "cs"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(t->client.language, known[i].name) == 0)
			return known[i].language;
	return t->values->tell.language != NULL ? t->values->tell.language : "en";
}

static const char *counted(uint64_t n, char at[32])
{
	at[0] = '\0';
	if (n > 0)
		(void)snprintf(at, 32, "%llu", (unsigned long long)n);
	return at;
}

static const char *dated(int64_t seconds, char at[32])
{
	time_t time = (time_t)seconds;
	struct tm tm;

	at[0] = '\0';
	if (seconds > 0 && gmtime_r(&time, &tm) != NULL)
		(void)strftime(at, 32, "%Y-%m-%d %H:%M UTC", &tm);
	return at;
}

static struct slice text_of(const char *text)
{
	return text != NULL ? slice_of(text) : (struct slice){0};
}

static bool is_password_changed(const struct responding *r)
{
	return r->secret_how != NULL && strcmp(r->secret_how, "changed") == 0;
}

/* v: not moved while it is used. */
void telling_fill(struct telling_variables *v, const struct telling *t)
{
	const struct responding *r = t->r;
	const struct slice none = {0}, name = {r->source->name, r->source->len};
	const struct template_variable rows[TELLING_VARIABLES] = {
		{"source", slice_of(source_text(r->source, v->source))},
		{"name", name},
		{"mailbox", r->source->kind == SOURCE_MAILBOX ? name : none},
		{"domain", telling_domain(r->source)},
		{"incident", slice_of(t->key)},
		{"stage", slice_of(responding_stage_name(t->stage))},
		{"since", slice_of(dated(r->since, v->since))},
		{"messages", slice_of(counted(r->messages, v->messages))},
		{"recipients", slice_of(counted(r->recipients, v->recipients))},
		{"held", slice_of(counted(r->held, v->held))},
		{"reason", text_of(r->reason)},
		{"secret_how", text_of(r->secret_how)},
		{"password_changed", slice_of(is_password_changed(r) ? "yes" : "")},
		{"again", slice_of(t->is_again ? "yes" : "")},
		{"secret", t->with_secret && r->secret != NULL ? secret_slice(r->secret) : none},
		{"owner", slice_of(t->owner_said)},
		{"server", slice_of(t->host)},
	};

	memcpy(v->rows, rows, sizeof(rows));
}

int telling_notice(const struct telling *t, enum notice_reader reader, struct notice *ret,
	struct problem *problem)
{
	struct telling_variables v;

	telling_fill(&v, t);
	return notice_make(t->values->tell.templates,
		reader == NOTICE_OWNER ? language_of(t) : t->values->tell.language, reader,
		t->stage, v.rows, TELLING_VARIABLES, ret, problem);
}

int64_t telling_time_ms(const struct telling *t)
{
	return t->values->tell.timeout * 1000;
}

const json_t *telling_told(const json_t *note, enum responding_stage stage, const char *channel)
{
	const json_t *of_stage =
		json_object_get(json_object_get(note, "told"), responding_stage_name(stage));

	return json_object_get(of_stage, channel);
}

const char *telling_id(const json_t *note, enum responding_stage stage, const char *channel)
{
	return json_string_value(json_object_get(telling_told(note, stage, channel), "id"));
}

json_int_t telling_times(const struct telling *t, const char *channel)
{
	return json_integer_value(
		json_object_get(telling_told(t->note, t->stage, channel), "times"));
}

int telling_need(const char *value, const char *name, struct problem *problem)
{
	return value != NULL ? 0 : problem_set(problem, -EINVAL, "%s is not set", name);
}

int telling_try_secret(const char *path, struct problem *said)
{
	AUTO(secret) secret = NULL;

	return path == NULL || secret_file_read(path, &secret, said) == 0 ? 0 : -EINVAL;
}
