#include "programs/daemon/desk_table.h"

#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "base/units.h"
#include "facts/source.h"
#include "formats/exim_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REASON_MAX  240 /* bytes; the journal keeps about that much */
#define TEXT_MAX    200
#define CURSOR_MAX  120
#define ARGS_MOST   8 /* of a row */
#define SAID_MAX    16384
#define AUDIT_LIMIT 100

/* ---- arguments ---- */

enum arg_kind {
	ARG_SOURCE, /* kind:name, or an address: written anew in full */
	ARG_NUMBER, /* 1 to most */
	ARG_MOMENT, /* seconds since 1970 */
	ARG_YES,    /* true, 1, "1"; false, 0, "0" */
	ARG_ID,     /* of a message */
	ARG_TEXT,   /* printable, up to most bytes */
	ARG_CURSOR, /* letters, digits and a few marks, as those who gave it write it */
	ARG_AGE,    /* "3d" */
	ARG_CHOICE
};

struct arg {
	const char *name;
	enum arg_kind kind;
	bool is_needed;
	json_int_t most;
	const char *const *choices;
};

static bool read_number(const json_t *value, json_int_t most, json_int_t *ret)
{
	struct slice text = json_slice(value);
	uint64_t n = 0;

	if (json_is_integer(value))
		*ret = json_integer_value(value);
	else if (text.at != NULL && units_read_count(text, INT64_MAX, &n) == 0)
		*ret = (json_int_t)n;
	else
		return false;
	return *ret >= 0 && *ret <= most;
}

/* Printable as it is, and one line: what would have to be encoded is refused. A backslash is let
 * be: it would only be doubled. */
static bool is_plain(struct slice text)
{
	char plain[REASON_MAX], shown[PRINTABLE_GROWTH * REASON_MAX + 8];

	if (text.len > sizeof(plain))
		return false;
	for (size_t i = 0; i < text.len; i++)
		plain[i] = (char)(text.at[i] == '\\' ? '/' : text.at[i]);
	struct slice seen = {plain, text.len};
	return slice_equal(slice_of(printable_text(seen, shown, sizeof(shown))), seen);
}

static bool is_cursor(struct slice text)
{
	if (text.len == 0 || text.len > CURSOR_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!exim_id_is_digit(text.at[i]) &&
			(text.at[i] == '\0' || strchr(".:,_=+/-", text.at[i]) == NULL))
			return false;
	return true;
}

static json_t *read_source(struct slice text)
{
	char written[SOURCE_TEXT_MAX];
	struct source source;

	return text.len < SOURCE_TEXT_MAX && source_parse(text, &source) == 0
		       ? json_text(slice_of(source_text(&source, written)))
		       : NULL;
}

static json_t *read_choice(const struct arg *arg, struct slice text)
{
	for (size_t i = 0; arg->choices[i] != NULL; i++)
		if (slice_is(text, arg->choices[i]))
			return json_string(arg->choices[i]);
	return NULL;
}

static json_t *read_age(struct slice text)
{
	char written[UNITS_TEXT];
	int64_t seconds;

	return units_read_age(text, &seconds) == 0 && seconds > 0
		       ? json_string(units_age_written(seconds, written))
		       : NULL;
}

static json_t *read_id(struct slice text)
{
	struct exim_id id;

	return exim_id_parse(text, &id) == 0 ? json_string(id.text) : NULL;
}

static json_t *read_yes(const json_t *value)
{
	json_int_t n = 0;

	if (json_is_boolean(value))
		return json_boolean(json_is_true(value));
	return read_number(value, 1, &n) ? json_boolean(n == 1) : NULL;
}

/* What it is, written anew; NULL: it is none of its kind. */
static json_t *read_arg(const struct arg *arg, const json_t *value)
{
	struct slice text = json_slice(value);
	json_int_t n = 0;

	if (arg->kind == ARG_NUMBER)
		return read_number(value, arg->most, &n) && n > 0 ? json_integer(n) : NULL;
	if (arg->kind == ARG_MOMENT)
		return read_number(value, INT64_C(1) << 40, &n) ? json_integer(n) : NULL;
	if (arg->kind == ARG_YES)
		return read_yes(value);
	if (text.at == NULL)
		return NULL;
	if (arg->kind == ARG_SOURCE)
		return read_source(text);
	if (arg->kind == ARG_ID)
		return read_id(text);
	if (arg->kind == ARG_AGE)
		return read_age(text);
	if (arg->kind == ARG_CHOICE)
		return read_choice(arg, text);
	if (arg->kind == ARG_CURSOR)
		return is_cursor(text) ? json_text(text) : NULL;
	return text.len <= (size_t)arg->most && is_plain(text) ? json_text(text) : NULL;
}

static const struct arg *find_arg(const struct arg *args, const char *name)
{
	for (size_t i = 0; i < ARGS_MOST && args[i].name != NULL; i++)
		if (strcmp(args[i].name, name) == 0)
			return &args[i];
	return NULL;
}

/* The names are foreign as well. */
static int refuse_arg(struct problem *problem, const char *name, const char *why)
{
	char shown[48];

	return problem_set(
		problem, 400, "%s: %s", printable_text(slice_of(name), shown, sizeof(shown)), why);
}

static int take_arg(const struct arg *args, const char *name, const json_t *value, json_t *into,
	struct problem *problem)
{
	const struct arg *arg = find_arg(args, name);

	if (arg == NULL)
		return refuse_arg(problem, name, "there is no such argument here");
	if (json_is_null(value))
		return 0;
	json_t *read = read_arg(arg, value);
	if (read == NULL)
		return refuse_arg(problem, name, "cannot be understood");
	json_put(into, arg->name, read);
	return 0;
}

static int take_args(
	const struct arg *args, const json_t *given, json_t *into, struct problem *problem)
{
	union {
		const json_t *kept;
		json_t *walked; /* jansson's iterator wants it so, and changes nothing */
	} u = {given};
	const char *name;
	json_t *value;
	int err = 0;

	if (given != NULL && !json_is_object(given))
		return problem_set(problem, 400, "the arguments are no object");
	json_object_foreach(u.walked, name, value)
	{
		err = take_arg(args, name, value, into, problem);
		if (err != 0)
			return err;
	}
	for (size_t i = 0; i < ARGS_MOST && args[i].name != NULL; i++)
		if (args[i].is_needed && json_object_get(into, args[i].name) == NULL)
			return refuse_arg(problem, args[i].name, "is missing");
	return 0;
}

/* ---- rows ---- */

typedef void words_of(struct desk_errand *e);
typedef json_t *body_of(const struct desk_errand *e, const struct desk_output *outputs, size_t room,
	int *ret_status);

struct desk_row {
	const char *name;
	enum page_role role;
	struct arg args[ARGS_MOST];
	words_of *words; /* NULL: somebody else in the hand answers it */
	body_of *body;
};

static const char *text_arg(const struct desk_errand *e, const char *name)
{
	return json_string_value(json_object_get(e->args, name));
}

static bool is_set(const struct desk_errand *e, const char *name)
{
	return json_is_true(json_object_get(e->args, name));
}

static json_int_t number_arg(const struct desk_errand *e, const char *name)
{
	return json_integer_value(json_object_get(e->args, name));
}

static void say(struct desk_errand *e, const char *word)
{
	size_t which = e->commands - 1;

	if (e->counts[which] < DESK_WORDS)
		e->words[which][e->counts[which]++] = memory_copy(word, strlen(word));
}

static void begin(struct desk_errand *e, const char *command)
{
	e->commands++;
	say(e, command);
}

static void say_number(struct desk_errand *e, const char *name)
{
	char at[24];

	(void)snprintf(at, sizeof(at), "%" JSON_INTEGER_FORMAT, number_arg(e, name));
	say(e, at);
}

/* "--name=value": whatever it begins with, it is that option's. */
static void say_option(struct desk_errand *e, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 4;
	char *word = memory_new(size, 1);

	(void)snprintf(word, size, "--%s=%s", name, value);
	say(e, word);
	free(word);
}

void desk_errand_clear(struct desk_errand *e)
{
	for (size_t i = 0; i < DESK_COMMANDS; i++)
		for (size_t k = 0; k < e->counts[i]; k++)
			free(e->words[i][k]);
	json_decref(e->args);
	*e = (struct desk_errand){0};
}

/* ---- what commands have left ---- */

json_t *desk_error(const char *sentence)
{
	json_t *o = json_object();

	json_put(o, "error", json_text(slice_of(sentence)));
	return o;
}

/* As it was said, on lines of their own, each printable. */
static json_t *said_json(struct slice errors)
{
	char *all = memory_new(SAID_MAX, 1), line[1024];
	size_t len = 0;

	while (errors.len > 0 && len < SAID_MAX - sizeof(line)) {
		size_t end = slice_find(errors, '\n');

		printable_text(slice_first(errors, end), line, sizeof(line));
		len += (size_t)snprintf(
			all + len, SAID_MAX - len, "%s%s", len > 0 ? "\n" : "", line);
		errors = slice_after(errors, end + 1);
	}
	json_t *said = json_text((struct slice){all, len});
	free(all);
	return said;
}

static json_t *failed(const struct desk_output *output, int *ret_status)
{
	json_t *o = json_object(), *said = said_json(output->errors);

	json_put(o, "error",
		json_string_length(said) > 0
			? said
			: json_string("the command for it has failed, and did not say why"));
	if (json_object_get(o, "error") != said)
		json_decref(said);
	*ret_status = output->exit == 1 ? 404 : 503;
	return o;
}

static json_t *next_object(struct slice *rest)
{
	struct slice line;

	while (slice_take_line(rest, &line)) {
		json_t *o = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, NULL);

		if (json_is_object(o))
			return o;
		json_decref(o);
	}
	return NULL;
}

/* The last object; NULL: there is none. Of those that have that key; "": of all. */
static json_t *last_object(const struct desk_output *output, const char *key)
{
	struct slice rest = output->lines;
	json_t *last = NULL, *o;

	while ((o = next_object(&rest)) != NULL) {
		if (key[0] != '\0' && json_object_get(o, key) == NULL) {
			json_decref(o);
			continue;
		}
		json_decref(last);
		last = o;
	}
	return last;
}

static size_t size_of(const json_t *o)
{
	return json_dumpb(o, NULL, 0, JSON_COMPACT) + 1;
}

/* All objects that fit, from the front or, when the newest are last, from the end. */
static json_t *rows_of(
	const struct desk_output *output, size_t room, bool newest_last, size_t *ret_left_out)
{
	struct slice rest = output->lines;
	json_t *rows = json_array(), *o;
	size_t size = 0, left_out = output->lines_lost;

	while ((o = next_object(&rest)) != NULL) {
		size_t more = size_of(o);

		while (newest_last && size + more > room && json_array_size(rows) > 0) {
			size -= size_of(json_array_get(rows, 0));
			(void)json_array_remove(rows, 0);
			left_out++;
		}
		if (size + more > room) {
			room = newest_last ? room : 0; /* none behind one that is left out */
			left_out++;
			json_decref(o);
			continue;
		}
		size += more;
		(void)json_array_append_new(rows, o);
	}
	*ret_left_out = left_out;
	return rows;
}

static bool went_well(const struct desk_output *output)
{
	return output->exit == 0 || output->exit == 1;
}

/* Why what a command has left may not be all. */
static void put_said(json_t *o, const struct desk_output *output)
{
	if (output->exit != 0 && output->errors.len > 0)
		json_put(o, "said", said_json(output->errors));
	else if (!went_well(output))
		json_put(o, "said", json_string("The command for it has ended too early."));
}

/* {KEY: rows, "left_out"}; what was not well is said. */
static json_t *list_body(const struct desk_output *output, const char *key, size_t room,
	bool newest_last, int *ret_status)
{
	size_t left_out;
	json_t *rows = rows_of(output, room, newest_last, &left_out);

	if (!went_well(output) && json_array_size(rows) == 0) {
		json_decref(rows);
		json_t *body = failed(output, ret_status);
		*ret_status = 503;
		return body;
	}
	json_t *o = json_object();
	json_put(o, key, rows);
	json_put(o, "left_out", json_integer((json_int_t)left_out));
	put_said(o, output);
	*ret_status = 200;
	return o;
}

static json_t *object_body(const struct desk_errand *e, const struct desk_output *outputs,
	size_t room, int *ret_status)
{
	json_t *o = last_object(outputs, "");

	(void)e, (void)room;
	if (o == NULL)
		return failed(outputs, ret_status);
	*ret_status = 200;
	return o;
}

/* ---- what is read ---- */

static void incidents_words(struct desk_errand *e)
{
	begin(e, "incidents");
	say(e, "--quiet");
	if (is_set(e, "all"))
		say(e, "--all");
	if (text_arg(e, "source") != NULL)
		say(e, text_arg(e, "source"));
}

static json_t *incidents_body(const struct desk_errand *e, const struct desk_output *outputs,
	size_t room, int *ret_status)
{
	(void)e;
	return list_body(outputs, "incidents", room, false, ret_status);
}

static void incident_words(struct desk_errand *e)
{
	begin(e, "incident");
	say(e, "--quiet");
	say(e, "show");
	say_number(e, "incident");
}

static void source_words(struct desk_errand *e)
{
	begin(e, "incidents");
	say(e, "--quiet");
	say(e, "--all");
	say(e, text_arg(e, "source"));
	begin(e, "explain");
	say(e, "--quiet");
	say(e, text_arg(e, "source"));
}

/* Behind the stories of its incidents, explain says what is remembered. */
static json_t *source_body(const struct desk_errand *e, const struct desk_output *outputs,
	size_t room, int *ret_status)
{
	json_t *remembered = last_object(&outputs[1], "saved");
	size_t size = remembered != NULL ? size_of(remembered) : 0;
	bool is_too_long = size > room / 2;

	if (is_too_long) {
		json_decref(remembered);
		remembered = NULL;
		size = 0;
	}
	json_t *o = list_body(&outputs[0], "incidents", room - size, false, ret_status);
	if (*ret_status != 200) {
		json_decref(remembered);
		return o;
	}
	json_put(o, "source", json_incref(json_object_get(e->args, "source")));
	json_put(o, "days", json_incref(json_object_get(remembered, "days")));
	json_put(o, "remembered", remembered);
	if (is_too_long)
		json_put(o, "said",
			json_string("What is remembered of it is too long to be shown here."));
	else if (!went_well(&outputs[1]))
		put_said(o, &outputs[1]);
	return o;
}

static void message_words(struct desk_errand *e)
{
	begin(e, "show");
	say(e, "--quiet");
	say(e, text_arg(e, "id"));
}

bool desk_errand_reads_mail(const struct desk_errand *e)
{
	return e->row->words == message_words;
}

static void holds_words(struct desk_errand *e)
{
	begin(e, "holds");
	say(e, "--quiet");
}

static json_t *holds_body(const struct desk_errand *e, const struct desk_output *outputs,
	size_t room, int *ret_status)
{
	(void)e;
	return list_body(outputs, "holds", room, true, ret_status);
}

static void exemptions_words(struct desk_errand *e)
{
	begin(e, "exempt");
	say(e, "--quiet");
}

static json_t *exemptions_body(const struct desk_errand *e, const struct desk_output *outputs,
	size_t room, int *ret_status)
{
	(void)e;
	return list_body(outputs, "exemptions", room, false, ret_status);
}

static void blocklists_words(struct desk_errand *e)
{
	begin(e, "check");
	say(e, "--mode=blocklists");
	say(e, "--timeout=20");
}

static json_t *listing_json(const json_t *answer)
{
	json_t *o = json_object();
	const char *state = json_string_value(json_object_get(answer, "state"));

	json_put(o, "address", json_incref(json_object_get(answer, "address")));
	json_put(o, "zone", json_incref(json_object_get(answer, "zone")));
	json_put(o, "listed",
		state != NULL && (strcmp(state, "listed") == 0 || strcmp(state, "clean") == 0)
			? json_boolean(strcmp(state, "listed") == 0)
			: NULL);
	json_put(o, "text", json_incref(json_object_get(answer, "words")));
	return o;
}

/* What stanch check says of them, whatever it ends with; nothing asked is nothing known. */
static json_t *blocklists_body(const struct desk_errand *e, const struct desk_output *outputs,
	size_t room, int *ret_status)
{
	json_t *answer = last_object(outputs, ""), *lists = json_array(), *o = json_object();
	const json_t *answers = json_object_get(answer, "answers");
	json_t *age = json_object_get(answer, "age"), *why = json_object_get(answer, "problem");

	(void)e, (void)room;
	for (size_t i = 0; i < json_array_size(answers); i++)
		(void)json_array_append_new(lists, listing_json(json_array_get(answers, i)));
	json_put(o, "lists", lists);
	json_put(o, "checked_at",
		json_is_integer(age)
			? json_integer((json_int_t)time(NULL) - json_integer_value(age))
			: NULL);
	if (why != NULL)
		json_put(o, "said", json_incref(why));
	*ret_status = 200;
	if (answer == NULL) {
		json_decref(o);
		o = failed(outputs, ret_status);
		*ret_status = 503;
	}
	json_decref(answer);
	return o;
}

static void audit_words(struct desk_errand *e)
{
	char limit[24];

	begin(e, "audit");
	say(e, "--quiet");
	(void)snprintf(limit, sizeof(limit), "%" JSON_INTEGER_FORMAT,
		number_arg(e, "limit") > 0 ? number_arg(e, "limit") : AUDIT_LIMIT);
	say_option(e, "limit", limit);
	if (text_arg(e, "before") != NULL)
		say_option(e, "before", text_arg(e, "before"));
}

/* There may be more behind the last when there were as many as were wanted, or some were left out.
 */
static json_t *audit_body(const struct desk_errand *e, const struct desk_output *outputs,
	size_t room, int *ret_status)
{
	json_t *o = list_body(outputs, "entries", room, false, ret_status);
	const json_t *rows = json_object_get(o, "entries");
	size_t count = json_array_size(rows);
	size_t limit = number_arg(e, "limit") > 0 ? (size_t)number_arg(e, "limit") : AUDIT_LIMIT;
	json_t *cursor =
		count > 0 ? json_object_get(json_array_get(rows, count - 1), "cursor") : NULL;

	if (*ret_status != 200)
		return o;
	bool is_more = count >= limit || json_integer_value(json_object_get(o, "left_out")) > 0;
	json_put(o, "next", is_more && cursor != NULL ? json_incref(cursor) : NULL);
	(void)json_object_del(o, "left_out");
	return o;
}

static void replays_words(struct desk_errand *e)
{
	begin(e, "replay");
	say(e, "--quiet");
	say(e, "--kept");
}

static json_t *replays_body(const struct desk_errand *e, const struct desk_output *outputs,
	size_t room, int *ret_status)
{
	(void)e;
	return list_body(outputs, "replays", room, false, ret_status);
}

static const char *const queue_fields[] = {
	"any", "id", "sender", "recipient", "source", "subject", NULL};

static const struct desk_row reads[] = {
	{"history", PAGE_READER,
		{{.name = "from", .kind = ARG_MOMENT}, {.name = "to", .kind = ARG_MOMENT}}, NULL,
		NULL},
	{"incidents", PAGE_READER,
		{{.name = "all", .kind = ARG_YES}, {.name = "source", .kind = ARG_SOURCE}},
		incidents_words, incidents_body},
	{"incident", PAGE_READER,
		{{.name = "incident", .kind = ARG_NUMBER, .is_needed = true, .most = INT64_MAX}},
		incident_words, object_body},
	{"source", PAGE_READER, {{.name = "source", .kind = ARG_SOURCE, .is_needed = true}},
		source_words, source_body},
	{"queue", PAGE_READER,
		{{.name = "q", .kind = ARG_TEXT, .most = TEXT_MAX},
			{.name = "in", .kind = ARG_CHOICE, .choices = queue_fields},
			{.name = "frozen", .kind = ARG_YES},
			{.name = "limit", .kind = ARG_NUMBER, .most = 200},
			{.name = "after", .kind = ARG_CURSOR}},
		NULL, NULL},
	{"message", PAGE_READER, {{.name = "id", .kind = ARG_ID, .is_needed = true}}, message_words,
		object_body},
	{"holds", PAGE_READER, {{0}}, holds_words, holds_body},
	{"exemptions", PAGE_READER, {{0}}, exemptions_words, exemptions_body},
	{"blocklists", PAGE_READER, {{0}}, blocklists_words, blocklists_body},
	{"audit", PAGE_READER,
		{{.name = "limit", .kind = ARG_NUMBER, .most = 500},
			{.name = "before", .kind = ARG_CURSOR}},
		audit_words, audit_body},
	{"replays", PAGE_READER, {{0}}, replays_words, replays_body},
};

/* ---- what is done ---- */

/* The reason, and that nobody is asked. */
static void say_doing(struct desk_errand *e)
{
	if (text_arg(e, "reason") != NULL)
		say_option(e, "reason", text_arg(e, "reason"));
	say(e, e->is_dry ? "--dry-run" : "--yes");
}

static void contain_words(struct desk_errand *e)
{
	bool is_source = text_arg(e, "source") != NULL;

	begin(e, is_source ? "contain" : "incident");
	say_doing(e);
	if (is_source) {
		say(e, text_arg(e, "source"));
		return;
	}
	say(e, "hold");
	say_number(e, "incident");
}

static void release_words(struct desk_errand *e)
{
	bool is_source = text_arg(e, "source") != NULL;

	begin(e, is_source ? "release" : "incident");
	say_doing(e);
	if (is_source) {
		say(e, text_arg(e, "source"));
		return;
	}
	say(e, "release");
	say_number(e, "incident");
}

static void dismiss_words(struct desk_errand *e)
{
	begin(e, "incident");
	say_doing(e);
	say(e, "dismiss");
	say_number(e, "incident");
}

/* Both take no reason: it is in the log. */
static void restore_words(struct desk_errand *e)
{
	begin(e, "restore");
	say(e, e->is_dry ? "--dry-run" : "--yes");
	say_number(e, "hold");
}

static void purge_words(struct desk_errand *e)
{
	begin(e, "purge");
	say(e, e->is_dry ? "--dry-run" : "--yes");
	say_number(e, "hold");
}

static void exempt_words(struct desk_errand *e)
{
	begin(e, "exempt");
	say_option(e, "reason", text_arg(e, "reason"));
	if (text_arg(e, "for") != NULL)
		say_option(e, "for", text_arg(e, "for"));
	say(e, text_arg(e, "source"));
}

static void unexempt_words(struct desk_errand *e)
{
	begin(e, "exempt");
	say(e, "--remove");
	say(e, text_arg(e, "source"));
}

/* What a command prints for people, a question that it would ask, is said, too. */
static json_t *plain_lines(const struct desk_output *output)
{
	char *all = memory_new(SAID_MAX, 1);
	struct slice rest = output->lines, line;
	size_t len = 0;

	while (slice_take_line(&rest, &line) && len + line.len + 2 < SAID_MAX / 2) {
		json_t *o = json_loadb(line.at, line.len, 0, NULL);

		if (o == NULL && line.len > 0) {
			memcpy(all + len, line.at, line.len);
			len += line.len;
			all[len++] = '\n';
		}
		json_decref(o);
	}
	size_t more = output->errors.len < SAID_MAX - len ? output->errors.len : SAID_MAX - len;
	if (more > 0)
		memcpy(all + len, output->errors.at, more);
	json_t *said = said_json((struct slice){all, len + more});
	free(all);
	return said;
}

static json_t *done_body(const struct desk_errand *e, const struct desk_output *outputs,
	size_t room, int *ret_status)
{
	json_t *o = json_object();
	size_t left_out;
	json_t *rows = rows_of(outputs, room, false, &left_out);

	json_put(o, "exit", json_integer(outputs->exit));
	json_put(o, "done", json_boolean(outputs->exit == 0 && !e->is_dry));
	json_put(o, "output", rows);
	if (left_out > 0)
		json_put(o, "left_out", json_integer((json_int_t)left_out));
	json_put(o, "said", plain_lines(outputs));
	*ret_status = 200;
	return o;
}

/* Parts of the rows. */
#define ACTION_ARG                                                                                 \
	{                                                                                          \
		.name = "action", .kind = ARG_TEXT, .is_needed = true, .most = 16                  \
	}
#define SOURCE_ARG                                                                                 \
	{                                                                                          \
		.name = "source", .kind = ARG_SOURCE                                               \
	}
#define INCIDENT_ARG                                                                               \
	{                                                                                          \
		.name = "incident", .kind = ARG_NUMBER, .most = INT64_MAX                          \
	}
#define HOLD_ARG                                                                                   \
	{                                                                                          \
		.name = "hold", .kind = ARG_NUMBER, .most = INT64_MAX                              \
	}
#define REASON_ARG                                                                                 \
	{                                                                                          \
		.name = "reason", .kind = ARG_TEXT, .most = REASON_MAX                             \
	}
#define WHY_ARG                                                                                    \
	{                                                                                          \
		.name = "reason", .kind = ARG_TEXT, .is_needed = true, .most = REASON_MAX          \
	}
#define DRY_ARG                                                                                    \
	{                                                                                          \
		.name = "dry_run", .kind = ARG_YES                                                 \
	}

static const struct desk_row deeds[] = {
	{"contain", PAGE_OPERATOR, {ACTION_ARG, SOURCE_ARG, INCIDENT_ARG, WHY_ARG, DRY_ARG},
		contain_words, done_body},
	{"release", PAGE_OPERATOR, {ACTION_ARG, SOURCE_ARG, INCIDENT_ARG, REASON_ARG, DRY_ARG},
		release_words, done_body},
	{"restore", PAGE_OPERATOR, {ACTION_ARG, HOLD_ARG, REASON_ARG, DRY_ARG}, restore_words,
		done_body},
	{"dismiss", PAGE_OPERATOR, {ACTION_ARG, INCIDENT_ARG, REASON_ARG, DRY_ARG}, dismiss_words,
		done_body},
	{"exempt", PAGE_OPERATOR,
		{ACTION_ARG, SOURCE_ARG, WHY_ARG, {.name = "for", .kind = ARG_AGE}}, exempt_words,
		done_body},
	{"unexempt", PAGE_OPERATOR, {ACTION_ARG, SOURCE_ARG, REASON_ARG}, unexempt_words,
		done_body},
	{"purge", PAGE_OPERATOR, {ACTION_ARG, HOLD_ARG, REASON_ARG, DRY_ARG}, purge_words,
		done_body},
};

/* ---- reading a question ---- */

static const struct desk_row *find_row(const struct desk_row *rows, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

static int begin_errand(const struct desk_row *row, const json_t *args, struct desk_errand *ret,
	struct problem *problem)
{
	*ret = (struct desk_errand){.row = row, .args = json_object()};
	int status = take_args(row->args, args, ret->args, problem);

	if (status != 0)
		desk_errand_clear(ret);
	return status;
}

int desk_table_read(
	const char *what, const json_t *args, struct desk_errand *ret, struct problem *problem)
{
	const struct desk_row *row =
		find_row(reads, sizeof(reads) / sizeof(reads[0]), slice_of(what));
	struct desk_errand e;

	if (row == NULL)
		return problem_set(problem, 404, "there is nothing of that name to be read");
	int status = begin_errand(row, args, &e, problem);
	if (status != 0)
		return status;
	if (row->words != NULL)
		row->words(&e);
	*ret = e;
	return 0;
}

static int count_objects(const struct desk_errand *e)
{
	return (text_arg(e, "source") != NULL) + (number_arg(e, "incident") > 0) +
	       (number_arg(e, "hold") > 0);
}

static int check_deed(const struct desk_errand *e, struct problem *problem)
{
	const char *reason = text_arg(e, "reason");

	if (count_objects(e) != 1)
		return problem_set(problem, 400,
			"to what? One source, incident or hold that it can be done to");
	if (find_arg(e->row->args, "reason")->is_needed && reason[0] == '\0')
		return problem_set(problem, 400, "reason: is missing");
	return 0;
}

int desk_table_do(const json_t *args, struct desk_errand *ret, struct problem *problem)
{
	struct slice action = json_slice(json_object_get(args, "action"));
	const struct desk_row *row =
		action.at != NULL ? find_row(deeds, sizeof(deeds) / sizeof(deeds[0]), action)
				  : NULL;
	struct desk_errand e;

	if (row == NULL)
		return problem_set(problem, 400, "action: there is none of that name");
	int status = begin_errand(row, args, &e, problem);
	if (status != 0)
		return status;
	status = check_deed(&e, problem);
	if (status != 0) {
		desk_errand_clear(&e);
		return status;
	}
	e.is_dry = is_set(&e, "dry_run");
	row->words(&e);
	*ret = e;
	return 0;
}

/* ---- the row's ---- */

const char *desk_errand_name(const struct desk_errand *e)
{
	return e->row->name;
}

enum page_role desk_errand_role(const struct desk_errand *e)
{
	return e->row->role;
}

char *desk_errand_object(const struct desk_errand *e, char at[DESK_OBJECT_MAX])
{
	at[0] = '\0';
	if (text_arg(e, "source") != NULL)
		(void)snprintf(at, DESK_OBJECT_MAX, "%s", text_arg(e, "source"));
	else if (number_arg(e, "incident") > 0)
		(void)snprintf(at, DESK_OBJECT_MAX, "incident %" JSON_INTEGER_FORMAT,
			number_arg(e, "incident"));
	else if (number_arg(e, "hold") > 0)
		(void)snprintf(
			at, DESK_OBJECT_MAX, "hold %" JSON_INTEGER_FORMAT, number_arg(e, "hold"));
	return at;
}

json_t *desk_errand_body(const struct desk_errand *e, const struct desk_output *outputs,
	size_t room, int *ret_status)
{
	return e->row->body(e, outputs, room, ret_status);
}
