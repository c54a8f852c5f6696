#include "systems/mail_out.h"

#include "base/memory.h"
#include "base/printable.h"
#include "formats/mail_message.h"
#include "systems/child_program.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define URL_MAX      256
#define TRY_LATER    75 /* EX_TEMPFAIL of sysexits.h */
#define ADDRESS_ROOM (MAIL_ADDRESS_MAX + 3)
#define OUTPUT_SHOWN 200 /* bytes of sendmail's words that are repeated */

/* What is left to send. */
struct sending {
	struct slice rest;
};

/* What fails only when memory ends. */
static void must(bool holds)
{
	if (!holds) {
		(void)fputs("stanch: libcurl: out of memory\n", stderr);
		abort();
	}
}

/* ---- SMTP ---- */

static const char *scheme_of(const char *url)
{
	if (strlen(url) >= URL_MAX || url[strcspn(url, "@?# \t\r\n")] != '\0')
		return NULL;
	if (strncmp(url, "smtps://", 8) == 0)
		return "smtps";
	return strncmp(url, "smtp://", 7) == 0 ? "smtp" : NULL;
}

static size_t give(char *at, size_t size, size_t n, void *context)
{
	struct sending *s = context;
	struct slice some = slice_first(s->rest, size * n);

	if (some.len > 0)
		memcpy(at, some.at, some.len);
	s->rest = slice_after(s->rest, some.len);
	return some.len;
}

static bool set_limits(CURL *e, const struct mail_out *out, const char *scheme)
{
	long tls = out->needs_tls || out->user != NULL ? CURLUSESSL_ALL : CURLUSESSL_NONE;

	return curl_easy_setopt(e, CURLOPT_URL, out->url) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, scheme) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_USE_SSL, tls) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)out->time_ms) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)out->time_ms) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
}

static void set_mail(CURL *e, const struct mail_out *out, const char *sender,
	struct curl_slist *recipients, struct sending *s)
{
	char from[ADDRESS_ROOM];

	(void)snprintf(from, sizeof(from), "<%s>", sender);
	must(curl_easy_setopt(e, CURLOPT_MAIL_FROM, from) == CURLE_OK);
	must(curl_easy_setopt(e, CURLOPT_MAIL_RCPT, recipients) == CURLE_OK);
	must(curl_easy_setopt(e, CURLOPT_UPLOAD, 1L) == CURLE_OK);
	must(curl_easy_setopt(e, CURLOPT_READFUNCTION, give) == CURLE_OK);
	must(curl_easy_setopt(e, CURLOPT_READDATA, s) == CURLE_OK);
	must(curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->rest.len) == CURLE_OK);
	if (out->user == NULL)
		return;
	must(curl_easy_setopt(e, CURLOPT_USERNAME, out->user) == CURLE_OK);
	must(curl_easy_setopt(e, CURLOPT_PASSWORD,
		     out->password != NULL ? secret_text(out->password) : "") == CURLE_OK);
}

static int error_of(CURL *e, CURLcode code, const struct sending *s)
{
	long status = 0;

	(void)curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
	switch (code) {
	case CURLE_LOGIN_DENIED:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_USE_SSL_FAILED:
		return -EACCES;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		return -EINVAL;
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
		return s->rest.len == 0 ? -ETIMEDOUT : -EAGAIN;
	default:
		if (status >= 500 && status <= 599)
			return -EIO;
		return s->rest.len == 0 && status < 400 ? -ETIMEDOUT : -EAGAIN;
	}
}

static int end_smtp(CURL *e, CURLcode code, const struct mail_out *out, const struct sending *s,
	struct problem *problem)
{
	long status = 0;

	if (code == CURLE_OK)
		return 0;
	(void)curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
	return problem_set(problem, error_of(e, code, s), "%s: %s (its last answer: %ld)", out->url,
		curl_easy_strerror(code), status);
}

static int send_smtp(const struct mail_out *out, const char *sender, const char *recipient,
	struct slice message, struct problem *problem)
{
	const char *scheme = scheme_of(out->url);
	struct sending s = {message};
	char to[ADDRESS_ROOM];
	int err;

	if (scheme == NULL)
		return problem_set(problem, -EINVAL,
			"where mail is sent must be smtp:// or smtps:// and a host, without a "
			"login");
	must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	CURL *e = curl_easy_init();
	(void)snprintf(to, sizeof(to), "<%s>", recipient);
	struct curl_slist *recipients = curl_slist_append(NULL, to);
	must(e != NULL && recipients != NULL);
	if (set_limits(e, out, scheme)) {
		set_mail(e, out, sender, recipients, &s);
		err = end_smtp(e, curl_easy_perform(e), out, &s, problem);
	} else {
		err = problem_set(problem, -EINVAL, "this libcurl cannot send over %s", scheme);
	}
	curl_easy_cleanup(e);
	curl_slist_free_all(recipients);
	curl_global_cleanup();
	return err;
}

/* ---- sendmail ---- */

static int end_sendmail(const char *path, const struct child_answer *answer, struct problem *p)
{
	char said[OUTPUT_SHOWN];

	if (answer->status == 0)
		return 0;
	return problem_set(p, answer->status == TRY_LATER ? -EAGAIN : -EIO,
		"%s ends with status %d: %s", path, answer->status,
		printable_text(slice_trim((struct slice){answer->output, answer->len}), said,
			sizeof(said)));
}

/* Lines end in LF there. */
static int send_locally(const struct mail_out *out, const char *sender, const char *recipient,
	struct slice message, struct problem *problem)
{
	const char *const words[] = {out->sendmail, "-oi", "-f", sender, "--", recipient, NULL};
	char *copy = memory_new(1, message.len + 1);
	struct child_answer answer = {0};
	size_t len = 0;

	for (size_t i = 0; i < message.len; i++)
		if (message.at[i] != '\r')
			copy[len++] = message.at[i];
	const struct child_program program = {
		.words = words, .input = {copy, len}, .time_ms = out->time_ms};
	int err = child_program_run(&program, &answer, problem);
	secret_wipe(copy, len);
	free(copy);
	if (err == 0)
		err = end_sendmail(out->sendmail, &answer, problem);
	else if (err == -EMSGSIZE)
		err = -ETIMEDOUT;
	else if (err != -ETIMEDOUT)
		err = -EINVAL;
	child_answer_clear(&answer);
	return err;
}

int mail_out_send(const struct mail_out *out, const char *sender, const char *recipient,
	struct slice message, struct problem *problem)
{
	if (!mail_address_is_plain(slice_of(sender)) || !mail_address_is_plain(slice_of(recipient)))
		return problem_set(problem, -EINVAL, "a mail needs plain addresses");
	if (out->time_ms < 1)
		return problem_set(problem, -EINVAL, "a mail needs a time limit");
	if (out->url != NULL)
		return send_smtp(out, sender, recipient, message, problem);
	if (out->sendmail == NULL)
		return problem_set(problem, -EINVAL, "neither mail.url nor mail.sendmail is set");
	return send_locally(out, sender, recipient, message, problem);
}
