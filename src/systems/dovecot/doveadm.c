#include "systems/dovecot/doveadm.h"

#include "base/clock.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "formats/doveadm_reply.h"
#include "settings/secret_file.h"
#include "systems/child_program.h"
#include "systems/http_call.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROGRAM     "/usr/bin/doveadm"
#define HTTP_USER   "doveadm"
#define PATH        "/doveadm/v1"
#define URL_MAX     512
#define KEY_HEADER  "Authorization: X-Dovecot-API "
#define HEADER_MAX  (sizeof(KEY_HEADER) + sodium_base64_ENCODED_LEN(SECRET_MAX, 1))
#define SAID_MAX    200  /* bytes of the program's words that are repeated */
#define GONE_WITHIN 3000 /* milliseconds that sessions get to end */
#define LOOK_AGAIN  50   /* milliseconds */
#define SIGNALLED   128  /* exit codes from here on are none of its own */

/* One call from outside. */
struct asking {
	const struct doveadm_options *options;
	const char *mailbox;
	char shown[DOVEADM_MAILBOX_MAX + 1]; /* printable, perhaps cut */
	int64_t until_ms;
};

static void wait_ms(int64_t ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	(void)nanosleep(&t, NULL);
}

/* ---- names ---- */

/* As Dovecot reads it: with a network's bits or without, in brackets or not, and all the short
 * forms of inet_aton(3). */
static bool is_address(const char *name)
{
	char text[DOVEADM_MAILBOX_MAX + 1];
	struct in_addr v4;
	struct in6_addr v6;
	size_t len = strcspn(name, "/");

	if (len > 0 && name[0] == '[') {
		name++;
		len = strcspn(name, "]/");
	}
	(void)snprintf(text, sizeof(text), "%.*s", (int)len, name);
	return inet_aton(text, &v4) != 0 || inet_pton(AF_INET6, text, &v6) == 1;
}

static bool is_text(struct slice name)
{
	while (name.len > 0) {
		size_t n = printable_utf8_length(name);

		if (n == 0 || (unsigned char)name.at[0] < ' ' || name.at[0] == 0x7f)
			return false;
		name = slice_after(name, n);
	}
	return true;
}

bool doveadm_name_is_safe(const char *mailbox)
{
	struct slice name = slice_of(mailbox);

	return name.len > 0 && name.len <= DOVEADM_MAILBOX_MAX && is_text(name) &&
	       strpbrk(mailbox, "*?\\") == NULL && mailbox[0] != '-' && !is_address(mailbox);
}

static int begin(struct asking *ret, const struct doveadm_options *options, const char *mailbox,
	struct problem *problem)
{
	ret->options = options;
	ret->mailbox = mailbox;
	ret->until_ms = clock_now_ms() + options->time_ms;
	printable_text(slice_of(mailbox), ret->shown, sizeof(ret->shown));
	if (!doveadm_name_is_safe(mailbox))
		return problem_set(problem, -EINVAL,
			"Dovecot would not take \"%s\" for the name of one mailbox", ret->shown);
	return 0;
}

static int time_left(const struct asking *a, int64_t *ret_ms, struct problem *problem)
{
	*ret_ms = a->until_ms - clock_now_ms();
	if (*ret_ms <= 0)
		return problem_set(problem, -ETIMEDOUT, "Dovecot took longer than %lld ms",
			(long long)a->options->time_ms);
	return 0;
}

/* ---- what it says ---- */

static int read_refusal(const struct asking *a, const struct doveadm_reply *reply,
	const char *command, const char *words, struct problem *problem)
{
	static const struct {
		int exit_code, err;
	} codes[] = {{DOVEADM_EXIT_NO_USER, -ENOENT}, {DOVEADM_EXIT_NOT_FOUND, -ENOENT},
		{DOVEADM_EXIT_TEMPORARY, -EAGAIN}, {DOVEADM_EXIT_DENIED, -EACCES}};
	int err = -EIO;

	if (reply->error[0] == '\0')
		return 0;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (reply->exit_code == codes[i].exit_code)
			err = codes[i].err;
	return problem_set(problem, err, "Dovecot does not do \"%s\" for %s: %s %d%s%s", command,
		a->shown, reply->error, reply->exit_code, words[0] != '\0' ? ": " : "", words);
}

/* ---- over HTTP ---- */

/* [[command, {"separateConnections": true, field: [mailbox]}, tag]]; field NULL: of everybody. */
static char *body_of(const struct asking *a, const char *command, const char *field, bool is_list)
{
	json_t *values = json_object(), *names = json_array(), *one = json_array(),
	       *all = json_array();

	if (is_list)
		json_put(values, "separateConnections", json_true());
	(void)json_array_append_new(names, json_text(slice_of(a->mailbox)));
	if (field != NULL)
		json_put(values, field, json_incref(names));
	json_decref(names);
	(void)json_array_append_new(one, json_text(slice_of(command)));
	(void)json_array_append_new(one, values);
	(void)json_array_append_new(one, json_text(slice_of(DOVEADM_TAG)));
	(void)json_array_append_new(all, one);
	char *body = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	if (body == NULL) {
		(void)fputs("stanch: out of memory\n", stderr);
		abort();
	}
	return body;
}

/* http_call() has said it. */
static int fail_call(int err)
{
	switch (err) {
	case -ETIMEDOUT:
	case -EINVAL:
		return err;
	case -ECONNREFUSED:
		return -EAGAIN;
	case -EMSGSIZE:
		return -EBADMSG;
	case -EPROTO:
		return -EIO;
	default:
		return -ETIMEDOUT; /* the connection ended: not known */
	}
}

static int read_status(long status, const char *url, struct problem *problem)
{
	int err = -EBADMSG;

	if (status == 200)
		return 0;
	if (status == 401 || status == 403)
		err = -EACCES;
	else if (status >= 500)
		err = -EAGAIN;
	return problem_set(problem, err, "%s answers with HTTP status %ld%s", url, status,
		err == -EACCES ? ": the key or password is not good" : "");
}

static int send_call(const struct asking *a, const struct http_call *call,
	struct doveadm_reply *ret, struct problem *problem)
{
	struct http_reply reply = {0};
	int err = http_call(call, &reply, problem);

	if (err < 0)
		return fail_call(err);
	err = read_status(reply.status, call->url, problem);
	if (err == 0)
		err = doveadm_reply_read(
			(struct slice){reply.body, reply.len}, slice_of(a->mailbox), ret, problem);
	http_reply_clear(&reply);
	return err == -EMSGSIZE ? -EBADMSG : err;
}

static void write_key(const char *key, char at[HEADER_MAX])
{
	(void)snprintf(at, HEADER_MAX, "%s", KEY_HEADER);
	(void)sodium_bin2base64(at + sizeof(KEY_HEADER) - 1, HEADER_MAX - sizeof(KEY_HEADER) + 1,
		(const unsigned char *)key, strlen(key), sodium_base64_VARIANT_ORIGINAL);
}

static int post(const struct asking *a, const char *body, struct doveadm_reply *ret,
	struct problem *problem)
{
	const struct doveadm_options *o = a->options;
	char key[HEADER_MAX] = "", url[URL_MAX];
	const char *headers[] = {"Content-Type: application/json", NULL, NULL};
	struct http_call call = {.url = url, .headers = headers, .body = slice_of(body)};
	size_t len = strlen(o->url);

	while (len > 0 && o->url[len - 1] == '/')
		len--;
	if (len + sizeof(PATH) > sizeof(url) || (o->key != NULL && strlen(o->key) > SECRET_MAX))
		return problem_set(problem, -EINVAL, "the URL or key of Dovecot is too long");
	(void)snprintf(url, sizeof(url), "%.*s%s", (int)len, o->url, PATH);
	if (o->key != NULL) {
		write_key(o->key, key);
		headers[1] = key;
	} else if (o->password != NULL) {
		call.user = o->user != NULL ? o->user : HTTP_USER;
		call.password = o->password;
	}
	int err = time_left(a, &call.time_ms, problem);
	if (err == 0)
		err = send_call(a, &call, ret, problem);
	secret_wipe(key, sizeof(key));
	return err;
}

static int ask_http(const struct asking *a, const char *command, const char *field, bool is_list,
	struct doveadm_reply *ret, struct problem *problem)
{
	char *body = body_of(a, command, field, is_list);
	int err = post(a, body, ret, problem);

	free(body);
	return err;
}

/* ---- by the program ---- */

/* Its first line that says something, for a person. */
static void first_words(const struct child_answer *answer, char at[SAID_MAX])
{
	struct slice all = slice_trim((struct slice){answer->output, answer->len});

	printable_text(slice_first(all, slice_find(all, '\n')), at, SAID_MAX);
}

static int read_answer(const struct asking *a, const struct child_answer *answer,
	const char *command, bool is_list, struct doveadm_reply *ret, struct problem *problem)
{
	char words[SAID_MAX];
	struct doveadm_reply reply = {.exit_code = answer->status};

	if (answer->status >= SIGNALLED)
		return problem_set(problem, -ETIMEDOUT, "doveadm was ended by a signal");
	if (answer->status != 0) {
		(void)snprintf(reply.error, sizeof(reply.error), "exitCode");
		first_words(answer, words);
		return read_refusal(a, &reply, command, words, problem);
	}
	*ret = reply;
	if (!is_list)
		return 0;
	return doveadm_table_read(
		(struct slice){answer->output, answer->len}, slice_of(a->mailbox), ret, problem);
}

static int fail_run(int err)
{
	if (err == -ETIMEDOUT || err == -EAGAIN || err == -EACCES)
		return err;
	return err == -EMSGSIZE ? -EBADMSG : -EIO;
}

/* command: its words, ended by NULL. */
static int ask_program(const struct asking *a, const char *const *command, bool is_list,
	struct doveadm_reply *ret, struct problem *problem)
{
	const char *words[16];
	struct child_answer answer = {0};
	struct child_program program = {.words = words};
	size_t n = 0;

	words[n++] = a->options->program != NULL ? a->options->program : PROGRAM;
	if (a->options->config != NULL) {
		words[n++] = "-c";
		words[n++] = a->options->config;
	}
	words[n++] = "-f";
	words[n++] = "tab";
	for (size_t i = 0; command[i] != NULL && n < 12; i++)
		words[n++] = command[i];
	words[n++] = "--";
	words[n++] = a->mailbox;
	words[n] = NULL;
	int err = time_left(a, &program.time_ms, problem);
	if (err < 0)
		return err;
	err = child_program_run(&program, &answer, problem);
	if (err < 0)
		return fail_run(err);
	err = read_answer(a, &answer, command[0], is_list, ret, problem);
	child_answer_clear(&answer);
	return err;
}

/* ---- commands ---- */

static int list(const struct asking *a, uint64_t *ret_sessions, struct problem *problem)
{
	static const char *const command[] = {"who", "-1", NULL};
	struct doveadm_reply reply = {0};
	int err = a->options->url != NULL ? ask_http(a, command[0], "mask", true, &reply, problem)
					  : ask_program(a, command, true, &reply, problem);

	if (err == 0)
		err = read_refusal(a, &reply, command[0], "", problem);
	if (err < 0)
		return err;
	if (reply.others > 0)
		return problem_set(problem, -EBADMSG,
			"asked for the sessions of %s, Dovecot lists those of others, too",
			a->shown);
	*ret_sessions = reply.own;
	return 0;
}

/* Over HTTP, 2.3 ends the whole process of a session, with the sessions of others that it may have
 * (a client_limit of more than 1); the program does not. */
static int check_alone(const struct asking *a, struct problem *problem)
{
	struct doveadm_reply reply = {0};
	int err = ask_http(a, "who", NULL, true, &reply, problem);

	if (err == 0)
		err = read_refusal(a, &reply, "who", "", problem);
	if (err == 0 && reply.is_shared)
		return problem_set(problem, -EIO,
			"a Dovecot process of %s has sessions of others, too, that would end with "
			"its "
			"own",
			a->shown);
	return err;
}

static int kick(const struct asking *a, struct problem *problem)
{
	static const char *const command[] = {"kick", NULL};
	struct doveadm_reply reply = {0};
	struct problem said = {0};
	int err = a->options->url != NULL ? ask_http(a, command[0], "mask", false, &reply, &said)
					  : ask_program(a, command, false, &reply, &said);

	if (err == 0)
		err = read_refusal(a, &reply, command[0], "", &said);
	if (err == -ENOENT)
		return 0; /* the last session has ended by itself */
	return err < 0 ? problem_set(problem, err, "%s", said.text) : 0;
}

static int wait_until_gone(const struct asking *a, uint64_t before, struct problem *problem)
{
	const int64_t until = clock_now_ms() + GONE_WITHIN;
	uint64_t left = before;
	int err = list(a, &left, problem);

	for (int64_t pause = LOOK_AGAIN; err == 0 && left > 0 && clock_now_ms() + pause < until;
		pause *= 2) {
		wait_ms(pause);
		err = list(a, &left, problem);
	}
	if (err == 0 && left > 0)
		return problem_set(problem, -EAGAIN,
			"%s had %llu sessions; Dovecot was told to end them, and %llu are there",
			a->shown, (unsigned long long)before, (unsigned long long)left);
	return err;
}

int doveadm_who(const struct doveadm_options *options, const char *mailbox, uint64_t *ret_sessions,
	struct problem *problem)
{
	struct asking a;
	int err = begin(&a, options, mailbox, problem);

	return err < 0 ? err : list(&a, ret_sessions, problem);
}

int doveadm_kick(const struct doveadm_options *options, const char *mailbox, uint64_t *ret_ended,
	struct problem *problem)
{
	struct asking a;
	uint64_t before = 0;
	int err = begin(&a, options, mailbox, problem);

	if (err == 0)
		err = list(&a, &before, problem);
	if (err == 0 && before > 0 && options->url != NULL)
		err = check_alone(&a, problem);
	if (err == 0 && before > 0)
		err = kick(&a, problem);
	if (err == 0 && before > 0)
		err = wait_until_gone(&a, before, problem);
	if (err == 0)
		*ret_ended = before;
	return err;
}

static int flush(const struct asking *a, struct problem *problem)
{
	static const char *const command[] = {"auth", "cache", "flush", NULL};
	/* as 2.3 names it, and 2.4 */
	static const char *const fields[] = {"user", "userMask"};
	struct doveadm_reply reply = {0};
	int err = 0;

	if (a->options->url == NULL)
		return ask_program(a, command, false, &reply, problem);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		err = ask_http(a, "authCacheFlush", fields[i], false, &reply, problem);
		if (err < 0 || strcmp(reply.error, "invalidRequest") != 0)
			break;
	}
	return err < 0 ? err : read_refusal(a, &reply, "auth cache flush", "", problem);
}

int doveadm_flush(
	const struct doveadm_options *options, const char *mailbox, struct problem *problem)
{
	struct asking a;
	int err = begin(&a, options, mailbox, problem);

	return err < 0 ? err : flush(&a, problem);
}

int doveadm_options_read(const struct dovecot_settings *settings, struct doveadm_options *ret,
	struct secret **ret_secret, struct problem *problem)
{
	const char *file =
		settings->key_file != NULL ? settings->key_file : settings->password_file;
	struct doveadm_options options = {.url = settings->url,
		.user = settings->user,
		.program = settings->program,
		.config = settings->config};
	struct secret *secret = NULL;

	if (settings->url != NULL && file == NULL)
		return problem_set(problem, -EINVAL,
			"dovecot.url needs dovecot.key_file or dovecot.password_file");
	int err = settings->url != NULL ? secret_file_read(file, &secret, problem) : 0;
	if (err < 0)
		return err == -ENOENT ? -EINVAL : err;
	if (secret != NULL && settings->key_file != NULL)
		options.key = secret_text(secret);
	else if (secret != NULL)
		options.password = secret_text(secret);
	*ret = options;
	*ret_secret = secret;
	return 0;
}
