#include "reports/check_blocklists.h"

#include "base/json_text.h"
#include "base/units.h"

#include <inttypes.h>
#include <string.h>

static const char *const state_names[] = {"unsaid", "clean", "listed"};

void check_blocklists_begin(struct check_blocklists *c)
{
	*c = (struct check_blocklists){.listed = {.label = "listed", .unit = ""}};
	if (plugin_range_parse("0", &c->listed.critical) < 0)
		__builtin_unreachable();
}

void check_blocklists_judge(
	struct check_blocklists *c, const struct dns_list_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		c->listed.value += rows[i].state == DNS_LIST_LISTED;
		c->clean += rows[i].state == DNS_LIST_CLEAN;
		c->unsaid += rows[i].state == DNS_LIST_UNSAID;
	}
	c->status = plugin_metric_status(&c->listed);
	if (c->unsaid > 0 || count == 0)
		c->status = plugin_worse(c->status, PLUGIN_UNKNOWN);
}

static void write_row(FILE *out, const struct dns_list_row *row)
{
	plugin_text_write(out, slice_of(row->address));
	(void)fputs(
		row->state == DNS_LIST_LISTED ? " is listed at " : ": cannot say what is at ", out);
	plugin_text_write(out, slice_of(row->zone));
	(void)fputs(row->state == DNS_LIST_LISTED ? " as " : ", ", out);
	plugin_text_write(out, slice_of(row->words));
}

static const struct dns_list_row *find(
	const struct dns_list_row *rows, size_t count, enum dns_list_state state)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].state == state)
			return &rows[i];
	return NULL;
}

void check_blocklists_write(FILE *out, const struct check_blocklists *c,
	const struct dns_list_row *rows, size_t count, int64_t age)
{
	const struct dns_list_row *first = find(rows, count, DNS_LIST_LISTED);
	char text[UNITS_TEXT];

	if (first == NULL)
		first = find(rows, count, DNS_LIST_UNSAID);
	(void)fprintf(out, "Blocklists %s - ", plugin_status_name(c->status));
	if (first != NULL)
		write_row(out, first);
	else
		(void)fprintf(out, "%" PRIu64 " %s, none of our addresses is listed", c->clean,
			c->clean == 1 ? "answer" : "answers");
	if (c->listed.value + c->unsaid > 1)
		(void)fprintf(out, "; in all %" PRIu64 " listed, %" PRIu64 " not said",
			c->listed.value, c->unsaid);
	(void)fprintf(out, " (asked %s ago) | ", units_age_text(age, text));
	plugin_metric_write(out, &c->listed);
	(void)fprintf(out, " clean=%" PRIu64 ";;;0 unsaid=%" PRIu64 ";;;0\n", c->clean, c->unsaid);
	for (size_t i = 0; i < count; i++) {
		if (&rows[i] == first || rows[i].state == DNS_LIST_CLEAN)
			continue;
		write_row(out, &rows[i]);
		(void)fputc('\n', out);
	}
}

static json_t *rows_json(const struct dns_list_row *rows, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *o = json_object();
		json_put(o, "zone", json_text(slice_of(rows[i].zone)));
		json_put(o, "address", json_text(slice_of(rows[i].address)));
		json_put(o, "state", json_string(state_names[rows[i].state]));
		json_put(o, "words", json_text(slice_of(rows[i].words)));
		(void)json_array_append_new(array, o);
	}
	return array;
}

json_t *check_blocklists_json(const struct check_blocklists *c, const struct dns_list_row *rows,
	size_t count, int64_t age)
{
	json_t *o = json_object();

	json_put(o, "status", json_string(plugin_status_name(c->status)));
	json_put(o, "listed", json_integer((json_int_t)c->listed.value));
	json_put(o, "clean", json_integer((json_int_t)c->clean));
	json_put(o, "unsaid", json_integer((json_int_t)c->unsaid));
	json_put(o, "age", json_integer(age));
	json_put(o, "answers", rows_json(rows, count));
	return o;
}

json_t *check_blocklists_kept(const struct dns_list_row *rows, size_t count, int64_t asked)
{
	json_t *o = json_object();

	json_put(o, "asked", json_integer(asked));
	json_put(o, "answers", rows_json(rows, count));
	return o;
}

static bool is_text(const json_t *o, const char *key, const char *want)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL && strcmp(text, want) == 0;
}

static bool read_row(const json_t *o, struct dns_list_row *row)
{
	const char *words = json_string_value(json_object_get(o, "words"));
	size_t state = 0;

	while (state < sizeof(state_names) / sizeof(state_names[0]) &&
		!is_text(o, "state", state_names[state]))
		state++;
	if (state == sizeof(state_names) / sizeof(state_names[0]) || words == NULL ||
		strlen(words) >= sizeof(row->words) || !is_text(o, "zone", row->zone) ||
		!is_text(o, "address", row->address))
		return false;
	row->state = (enum dns_list_state)state;
	memcpy(row->words, words, strlen(words) + 1);
	return true;
}

bool check_blocklists_read(
	const json_t *kept, struct dns_list_row *rows, size_t count, int64_t now, int64_t *ret_age)
{
	const json_t *answers = json_object_get(kept, "answers");
	const json_t *asked = json_object_get(kept, "asked");
	int64_t age = now - (int64_t)json_integer_value(asked);

	if (!json_is_integer(asked) || age < 0 || age >= CHECK_BLOCKLISTS_AGE_S ||
		json_array_size(answers) != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_row(json_array_get(answers, i), &rows[i]))
			return false;
	*ret_age = age;
	return true;
}
