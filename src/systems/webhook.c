#include "systems/webhook.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "systems/http_call.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* Slack's and Mattermost's links, mentions and commands all begin with one of these (Slack's own
 * encoding: https://api.slack.com/reference/surfaces/formatting#escaping). "@" gets a word joiner
 * behind it: Mattermost would call everybody. */
static void add_chat(char **at, char c)
{
	const char *instead = NULL;

	if (c == '&')
		instead = "&amp;";
	else if (c == '<')
		instead = "&lt;";
	else if (c == '>')
		instead = "&gt;";
	else if (c == '@')
		instead = "@\xe2\x81\xa0";
	if (instead == NULL) {
		*(*at)++ = c;
		return;
	}
	memcpy(*at, instead, strlen(instead));
	*at += strlen(instead);
}

static json_t *chat_text(struct slice text)
{
	enum { GROWTH = 5 };
	char *copy = memory_new(text.len + 1, GROWTH), *end = copy;

	for (size_t i = 0; i < text.len; i++)
		add_chat(&end, text.at[i]);
	json_t *value = json_text((struct slice){copy, (size_t)(end - copy)});
	free(copy);
	return value;
}

char *webhook_body(
	enum webhook_form form, const json_t *object, struct slice text, struct slice html)
{
	json_t *made = form == WEBHOOK_STANCH ? json_deep_copy(object) : json_object();

	if (form == WEBHOOK_SLACK)
		json_put(made, "text", chat_text(text));
	if (form == WEBHOOK_MATRIX) {
		json_put(made, "text", json_text(text));
		json_put(made, "html", json_text(html));
	}
	char *dumped = json_dumps(made, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(made);
	if (dumped == NULL)
		abort(); /* memory has ended: all texts in it are UTF-8 */
	return dumped;
}

char *webhook_sign(const struct secret *key, int64_t timestamp, struct slice body,
	char at[WEBHOOK_SIGNATURE_MAX])
{
	crypto_auth_hmacsha256_state state;
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	char hex[2 * sizeof(mac) + 1], front[32];
	struct slice k = secret_slice(key);

	(void)snprintf(front, sizeof(front), "%lld.", (long long)timestamp);
	(void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)k.at, k.len);
	(void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)front, strlen(front));
	(void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.at, body.len);
	(void)crypto_auth_hmacsha256_final(&state, mac);
	secret_wipe(&state, sizeof(state));
	(void)sodium_bin2hex(hex, sizeof(hex), mac, sizeof(mac));
	(void)snprintf(at, WEBHOOK_SIGNATURE_MAX, "sha256=%s", hex);
	return at;
}

/* In words of our own: those of the call name the URL. */
static int way_error(int err, struct problem *problem)
{
	switch (err) {
	case -ECONNREFUSED:
		return problem_set(problem, -EAGAIN, "the webhook cannot be reached");
	case -ETIMEDOUT:
	case -EIO:
	case -EMSGSIZE:
		return problem_set(problem, -ETIMEDOUT,
			"the webhook gave no whole answer; whether it has the message is not "
			"known");
	case -EPROTO:
		return problem_set(
			problem, -EACCES, "the certificate of the webhook is not one to trust");
	default:
		return problem_set(problem, -EINVAL, "webhook.url cannot be used");
	}
}

static int status_error(long status, struct problem *problem)
{
	int err = -EIO;

	if (status >= 200 && status <= 299)
		return 0;
	if (status == 429 || (status >= 500 && status <= 599))
		err = -EAGAIN;
	else if (status == 401 || status == 403)
		err = -EACCES;
	return problem_set(problem, err, "the webhook answers with HTTP status %ld", status);
}

int webhook_send(const struct webhook *w, struct slice body, int64_t now, struct problem *problem)
{
	char signature[WEBHOOK_SIGNATURE_MAX];
	char signed_line[WEBHOOK_SIGNATURE_MAX + 32], time_line[64];
	const char *headers[4] = {"Content-Type: application/json"};
	struct http_reply reply = {0};

	if (w->key != NULL) {
		(void)snprintf(signed_line, sizeof(signed_line), "X-Stanch-Signature: %s",
			webhook_sign(w->key, now, body, signature));
		(void)snprintf(
			time_line, sizeof(time_line), "X-Stanch-Timestamp: %lld", (long long)now);
		headers[1] = signed_line;
		headers[2] = time_line;
	}
	const struct http_call call = {
		.url = w->url, .headers = headers, .body = body, .time_ms = w->time_ms};
	int err = http_call(&call, &reply, NULL);
	if (err < 0)
		return way_error(err, problem);
	long status = reply.status;
	http_reply_clear(&reply);
	return status_error(status, problem);
}
