#include "formats/whmcs_reply.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "base/secret.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGE_SHOWN 200 /* bytes of WHMCS's own words that are repeated */

/* ---- the reply as JSON ---- */

/* Overwrites the text that begins at at[0]; returns where it ends. */
static size_t blank_text(char *at, size_t len)
{
	size_t i = 0;

	for (; i < len && at[i] != '"'; i++) {
		if (at[i] == '\\' && i + 1 < len)
			at[i++] = '*';
		at[i] = '*';
	}
	return i;
}

static size_t skip_blanks(const char *at, size_t i, size_t len)
{
	while (i < len && strchr(" \t\r\n", at[i]) != NULL && at[i] != '\0')
		i++;
	return i;
}

static void blank_passwords(char *at, size_t len)
{
	static const char key[] = "\"password\"";
	const size_t key_len = sizeof(key) - 1;

	for (size_t i = 0; i + key_len < len; i++) {
		if (memcmp(at + i, key, key_len) != 0)
			continue;
		i = skip_blanks(at, i + key_len, len);
		if (i < len && at[i] == ':')
			i = skip_blanks(at, i + 1, len);
		if (i < len && at[i] == '"')
			i += 1 + blank_text(at + i + 1, len - i - 1);
	}
}

/* Without passwords, and '?' for each byte that is no UTF-8. */
static char *safe_copy(struct slice body)
{
	char *copy = memory_copy(body.at, body.len);

	blank_passwords(copy, body.len);
	printable_mend_utf8(copy, body.len);
	return copy;
}

/* A number from 1 on, or -1. */
static int64_t number(const json_t *value)
{
	struct slice s = json_slice(value);
	int64_t n = 0;

	if (json_is_integer(value))
		return json_integer_value(value) > 0 ? json_integer_value(value) : -1;
	if (s.len == 0 || s.len > 15)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return -1;
		n = n * 10 + (s.at[i] - '0');
	}
	return n > 0 ? n : -1;
}

static bool starts_with_any(struct slice s, const char *const *starts)
{
	for (; *starts != NULL; starts++)
		if (slice_equal_nocase(slice_first(s, strlen(*starts)), slice_of(*starts)))
			return true;
	return false;
}

static int say_error(const json_t *reply, struct problem *problem)
{
	static const char *const locked[] = {"Invalid IP", "Authentication Failed",
		"Invalid or missing credentials", "Invalid Permissions", "Access Denied", NULL};
	struct slice message = json_slice(json_object_get(reply, "message"));
	char shown[MESSAGE_SHOWN];
	int err = starts_with_any(message, locked) ? -EACCES : -EIO;

	return problem_set(problem, err, "WHMCS says no: %s",
		message.len > 0 ? printable_text(message, shown, sizeof(shown)) : "not why");
}

/* 0 and the reply of a success. */
static int read_reply(struct slice body, json_t **ret, struct problem *problem)
{
	if (body.len > WHMCS_REPLY_MAX)
		return problem_set(problem, -EMSGSIZE,
			"the reply of WHMCS is longer than %zu bytes", WHMCS_REPLY_MAX);
	char *copy = body.len > 0 ? safe_copy(body) : NULL;
	json_t *reply = copy != NULL ? json_loadb(copy, body.len, JSON_ALLOW_NUL, NULL) : NULL;
	if (copy != NULL)
		secret_wipe(copy, body.len);
	free(copy);
	struct slice result = json_slice(json_object_get(reply, "result"));
	int err = 0;
	if (slice_is(result, "error"))
		err = say_error(reply, problem);
	else if (!slice_is(result, "success"))
		err = problem_set(problem, -EBADMSG, "the reply is not one of WHMCS");
	if (err < 0)
		json_decref(reply);
	else
		*ret = reply;
	return err;
}

/* reply[outer][inner]: a list, or the one row of it; NULL when there is none. */
static const json_t *rows_of(const json_t *reply, const char *outer, const char *inner)
{
	return json_object_get(json_object_get(reply, outer), inner);
}

static size_t row_count(const json_t *rows)
{
	if (json_is_object(rows))
		return 1;
	return json_array_size(rows);
}

static const json_t *row_at(const json_t *rows, size_t i)
{
	return json_is_object(rows) ? rows : json_array_get(rows, i);
}

static int not_understood(struct problem *problem, const char *what)
{
	return problem_set(problem, -EBADMSG, "the reply of WHMCS %s", what);
}

/* ---- owners ---- */

static bool is_on_server(const json_t *product, const char *server)
{
	return slice_is(json_slice(json_object_get(product, "status")), "Active") &&
	       slice_equal_nocase(
		       json_slice(json_object_get(product, "serverhostname")), slice_of(server));
}

static int read_owner(
	const json_t *reply, const char *server, struct whmcs_owner *ret, struct problem *problem)
{
	const json_t *rows = rows_of(reply, "products", "product");
	int64_t total = number(json_object_get(reply, "totalresults"));
	struct whmcs_owner found = {0};

	if (row_count(rows) > WHMCS_ROWS_MAX || total > WHMCS_ROWS_MAX)
		return problem_set(
			problem, -EEXIST, "WHMCS knows more than %d such products", WHMCS_ROWS_MAX);
	for (size_t i = 0; i < row_count(rows); i++) {
		const json_t *row = row_at(rows, i);
		if (!is_on_server(row, server))
			continue;
		struct whmcs_owner owner = {number(json_object_get(row, "clientid")),
			number(json_object_get(row, "id"))};
		if (owner.client < 0 || owner.service < 0)
			return not_understood(problem, "has a product without its client");
		if (found.client > 0 && found.client != owner.client)
			return problem_set(problem, -EEXIST, "WHMCS knows several such clients");
		if (found.client == 0)
			found = owner;
	}
	if (found.client == 0)
		return problem_set(
			problem, -ENOENT, "WHMCS knows no active product of it on this server");
	*ret = found;
	return 0;
}

int whmcs_read_owner(
	struct slice body, const char *server, struct whmcs_owner *ret, struct problem *problem)
{
	json_t *reply = NULL;
	int err = read_reply(body, &reply, problem);

	if (err == 0)
		err = read_owner(reply, server, ret, problem);
	json_decref(reply);
	return err;
}

/* ---- tickets ---- */

/* One that people can read and copy: letters, digits, '-' and '#'; numbers may be numbers. */
static void read_number(const json_t *value, char at[WHMCS_NUMBER_MAX])
{
	struct slice s = json_slice(value);

	at[0] = '\0';
	if (number(value) > 0)
		(void)snprintf(at, WHMCS_NUMBER_MAX, "%lld", (long long)number(value));
	if (at[0] != '\0' || s.len >= WHMCS_NUMBER_MAX)
		return;
	for (size_t i = 0; i < s.len; i++) {
		char c = slice_lower(s.at[i]);
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '#')
			return;
	}
	if (s.len > 0)
		memcpy(at, s.at, s.len);
	at[s.len] = '\0';
}

static int read_one_ticket(const json_t *row, struct whmcs_ticket *ret, struct problem *problem)
{
	int64_t id = number(json_object_get(row, "id"));

	if (id < 0)
		return not_understood(problem, "has a ticket without its id");
	ret->id = id;
	read_number(json_object_get(row, "tid"), ret->number);
	return 0;
}

static int read_ticket(
	const json_t *reply, const char *mark, struct whmcs_ticket *ret, struct problem *problem)
{
	const json_t *rows = rows_of(reply, "tickets", "ticket");
	size_t count = row_count(rows);

	for (size_t i = 0; i < count && i < WHMCS_ROWS_MAX; i++) {
		const json_t *row = row_at(rows, i);
		struct slice subject = json_slice(json_object_get(row, "subject"));
		if (subject.len > 0 && memmem(subject.at, subject.len, mark, strlen(mark)) != NULL)
			return read_one_ticket(row, ret, problem);
	}
	return problem_set(problem, -ENOENT, "WHMCS knows no ticket with this mark");
}

int whmcs_read_ticket(
	struct slice body, const char *mark, struct whmcs_ticket *ret, struct problem *problem)
{
	json_t *reply = NULL;
	int err = read_reply(body, &reply, problem);

	if (err == 0)
		err = read_ticket(reply, mark, ret, problem);
	json_decref(reply);
	return err;
}

static int read_answer(const json_t *reply, const char *mark, struct problem *problem)
{
	const json_t *rows = rows_of(reply, "replies", "reply");
	size_t count = row_count(rows);

	for (size_t i = 0; i < count; i++) {
		struct slice message = json_slice(json_object_get(row_at(rows, i), "message"));
		if (message.len > 0 && memmem(message.at, message.len, mark, strlen(mark)) != NULL)
			return 0;
	}
	return problem_set(problem, -ENOENT, "the ticket has no answer with this mark");
}

int whmcs_read_answer(struct slice body, const char *mark, struct problem *problem)
{
	json_t *reply = NULL;
	int err = read_reply(body, &reply, problem);

	if (err == 0)
		err = read_answer(reply, mark, problem);
	json_decref(reply);
	return err;
}

int whmcs_read_opened(struct slice body, struct whmcs_ticket *ret, struct problem *problem)
{
	json_t *reply = NULL;
	int err = read_reply(body, &reply, problem);

	if (err == 0)
		err = read_one_ticket(reply, ret, problem);
	json_decref(reply);
	return err;
}

int whmcs_read_done(struct slice body, struct problem *problem)
{
	json_t *reply = NULL;
	int err = read_reply(body, &reply, problem);

	json_decref(reply);
	return err;
}

/* ---- clients ---- */

/* What has a control or a blank in it, or is too long, is none. */
static void read_word(const json_t *value, char *at, size_t size)
{
	struct slice s = json_slice(value);

	at[0] = '\0';
	if (s.len == 0 || s.len >= size)
		return;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] <= ' ' || (unsigned char)s.at[i] >= 0x7f)
			return;
	memcpy(at, s.at, s.len);
	at[s.len] = '\0';
}

int whmcs_read_client(struct slice body, struct whmcs_client *ret, struct problem *problem)
{
	json_t *reply = NULL;
	struct whmcs_client client;
	int err = read_reply(body, &reply, problem);

	if (err < 0)
		return err;
	const json_t *inner = json_object_get(reply, "client");
	const json_t *row = json_is_object(inner) ? inner : reply;
	read_word(json_object_get(row, "email"), client.email, sizeof(client.email));
	read_word(json_object_get(row, "language"), client.language, sizeof(client.language));
	json_decref(reply);
	if (client.email[0] == '\0')
		return problem_set(problem, -ENOENT, "WHMCS says no address of the client");
	*ret = client;
	return 0;
}
