#include "formats/doveadm_reply.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "base/units.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_MOST 255

static void count_row(struct slice name, struct slice mailbox, struct doveadm_reply *reply)
{
	if (slice_equal_nocase(name, mailbox))
		reply->own++;
	else
		reply->others++;
}

/* A number, or, as all values of newer versions are, a text. */
static int exit_code_of(const json_t *value)
{
	uint64_t code = 0;

	if (json_is_integer(value) && json_integer_value(value) > 0 &&
		json_integer_value(value) <= EXIT_MOST)
		return (int)json_integer_value(value);
	if (json_is_string(value) && units_read_count(json_slice(value), EXIT_MOST, &code) == 0)
		return (int)code;
	return 0;
}

static bool count_rows(const json_t *rows, struct slice mailbox, struct doveadm_reply *reply)
{
	size_t i;
	const json_t *row;

	if (!json_is_array(rows))
		return false;
	json_array_foreach(rows, i, row)
	{
		const json_t *name = json_object_get(row, "username");

		if (!json_is_object(row) || (name != NULL && !json_is_string(name)))
			return false;
		if (name != NULL)
			count_row(json_slice(name), mailbox, reply);
	}
	return true;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The process of a row, if it is one of the mailbox's (is_own) or of another; 0: it is not. */
static uint64_t process_of(const json_t *row, struct slice mailbox, bool is_own)
{
	struct slice name = json_slice(json_object_get(row, "username"));
	uint64_t pid = 0;

	if (name.len == 0 || slice_equal_nocase(name, mailbox) != is_own ||
		units_read_count(json_slice(json_object_get(row, "pid")), UINT32_MAX, &pid) < 0)
		return 0;
	return pid;
}

static bool has_shared(const json_t *rows, struct slice mailbox, const struct doveadm_reply *reply)
{
	size_t i, count = 0;
	const json_t *row;
	bool found = false;

	if (reply->own == 0 || reply->others == 0)
		return false;
	uint64_t *pids = memory_new(reply->own, sizeof(*pids));
	json_array_foreach(rows, i, row)
	{
		uint64_t pid = process_of(row, mailbox, true);
		if (pid > 0 && count < reply->own)
			pids[count++] = pid;
	}
	qsort(pids, count, sizeof(*pids), compare);
	json_array_foreach(rows, i, row)
	{
		uint64_t pid = process_of(row, mailbox, false);
		if (pid > 0 && bsearch(&pid, pids, count, sizeof(*pids), compare) != NULL)
			found = true;
	}
	free(pids);
	return found;
}

static bool read_rows(const json_t *rows, struct slice mailbox, struct doveadm_reply *reply)
{
	if (!count_rows(rows, mailbox, reply))
		return false;
	reply->is_shared = has_shared(rows, mailbox, reply);
	return true;
}

static bool read_error(const json_t *said, struct doveadm_reply *reply)
{
	struct slice type = json_slice(json_object_get(said, "type"));

	if (type.len == 0)
		return false;
	printable_text(type, reply->error, sizeof(reply->error));
	reply->exit_code = exit_code_of(json_object_get(said, "exitCode"));
	return true;
}

/* ["doveadmResponse", [...], tag] or ["error", {...}, tag] */
static bool read_answer(const json_t *answer, struct slice mailbox, struct doveadm_reply *reply)
{
	struct slice kind = json_slice(json_array_get(answer, 0));
	const json_t *said = json_array_get(answer, 1);

	if (json_array_size(answer) != 3 ||
		!slice_is(json_slice(json_array_get(answer, 2)), DOVEADM_TAG))
		return false;
	if (slice_is(kind, "doveadmResponse"))
		return read_rows(said, mailbox, reply);
	return slice_is(kind, "error") && read_error(said, reply);
}

static int check_length(struct slice s, struct problem *problem)
{
	if (s.len > DOVEADM_REPLY_MAX)
		return problem_set(problem, -EMSGSIZE, "Dovecot's answer is longer than %zu bytes",
			DOVEADM_REPLY_MAX);
	return 0;
}

int doveadm_reply_read(
	struct slice body, struct slice mailbox, struct doveadm_reply *ret, struct problem *problem)
{
	struct doveadm_reply reply = {0};
	int err = check_length(body, problem);

	if (err < 0)
		return err;
	json_t *answers = json_loadb(body.len > 0 ? body.at : "", body.len, 0, NULL);
	bool is_read = json_array_size(answers) == 1 &&
		       read_answer(json_array_get(answers, 0), mailbox, &reply);
	json_decref(answers);
	if (!is_read)
		return problem_set(problem, -EBADMSG,
			"what answers is not what Dovecot answers to one command of doveadm's");
	*ret = reply;
	return 0;
}

/* ---- the program's ---- */

static bool take_any_line(struct slice *rest, struct slice *ret_line)
{
	if (slice_take_line(rest, ret_line))
		return true;
	*ret_line = *rest;
	*rest = (struct slice){0};
	return ret_line->len > 0;
}

int doveadm_table_read(struct slice output, struct slice mailbox, struct doveadm_reply *ret,
	struct problem *problem)
{
	struct doveadm_reply reply = {0};
	struct slice line;
	bool has_names = false;
	int err = check_length(output, problem);

	if (err < 0)
		return err;
	while (take_any_line(&output, &line)) {
		size_t tab = slice_find(line, '\t');

		if (tab == line.len)
			continue;
		if (has_names)
			count_row(slice_first(line, tab), mailbox, &reply);
		else
			has_names = slice_is(slice_first(line, tab), "username");
	}
	if (!has_names)
		return problem_set(problem, -EBADMSG,
			"what doveadm printed has no row with the names of its columns");
	*ret = reply;
	return 0;
}
