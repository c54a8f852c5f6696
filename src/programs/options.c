#include "programs/options.h"

#include "base/printable.h"
#include "base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define SHOWN_MAX 80 /* bytes of a wrong word repeated in a message */

/* A row, and the settings it fills. */
struct found {
	const struct option_row *row;
	char *into;
};

static struct found find_name(const struct option_set *sets, size_t set_count, struct slice name)
{
	for (size_t i = 0; i < set_count; i++)
		for (size_t k = 0; k < sets[i].count; k++)
			if (slice_is(name, sets[i].rows[k].name))
				return (struct found){&sets[i].rows[k], sets[i].into};
	return (struct found){0};
}

static struct found find_letter(const struct option_set *sets, size_t set_count, char letter)
{
	for (size_t i = 0; i < set_count; i++)
		for (size_t k = 0; k < sets[i].count; k++)
			if (sets[i].rows[k].letter == letter)
				return (struct found){&sets[i].rows[k], sets[i].into};
	return (struct found){0};
}

static int refuse(
	struct problem *problem, const struct option_row *row, const char *value, const char *why)
{
	char shown[SHOWN_MAX];

	printable_text(slice_of(value), shown, sizeof(shown));
	return problem_set(problem, -EINVAL, "--%s: \"%s\" %s", row->name, shown, why);
}

static int refuse_count(
	struct problem *problem, const struct option_row *row, const char *value, int error)
{
	char shown[SHOWN_MAX];

	printable_text(slice_of(value), shown, sizeof(shown));
	if (error == -EINVAL)
		return problem_set(
			problem, -EINVAL, "--%s: \"%s\" is not a number", row->name, shown);
	if (row->most == 0)
		return problem_set(problem, -EINVAL, "--%s: %s is below %" PRIu64, row->name, shown,
			row->least);
	return problem_set(problem, -EINVAL, "--%s: %s is not %" PRIu64 " to %" PRIu64, row->name,
		shown, row->least, row->most);
}

static int refuse_choice(struct problem *problem, const struct option_row *row, const char *value)
{
	char list[256] = "";
	size_t len = 0;

	for (const char *const *c = row->choices; *c != NULL && len < sizeof(list); c++)
		len += (size_t)snprintf(
			list + len, sizeof(list) - len, "%s%s", len > 0 ? ", " : "", *c);
	char why[sizeof(list) + 16];
	(void)snprintf(why, sizeof(why), "is none of %s", list);
	return refuse(problem, row, value, why);
}

static int set_number(
	const struct option_row *row, char *at, const char *value, struct problem *problem)
{
	struct units_given given = {.given = true};
	int64_t seconds = 0;
	int r;

	if (row->kind == OPTION_COUNT) {
		r = units_read_count(
			slice_of(value), row->most > 0 ? row->most : UINT64_MAX, &given.value);
		if (r < 0 || given.value < row->least)
			return refuse_count(problem, row, value, r);
	} else if (row->kind == OPTION_AGE) {
		r = units_read_age(slice_of(value), &seconds);
		given.value = (uint64_t)seconds;
		if (r < 0)
			return refuse(problem, row, value,
				r == -ERANGE ? "is too long a time"
					     : "is no age such as 90s, 10m, 2h, 3d or 1w");
	} else {
		r = units_read_size(slice_of(value), &given.value);
		if (r < 0)
			return refuse(problem, row, value,
				r == -ERANGE ? "is too large"
					     : "is no size such as 500, 10K or 2M");
	}
	memcpy(at, &given, sizeof(given));
	return 0;
}

static int set_text(
	const struct option_row *row, char *at, const char *value, struct problem *problem)
{
	if (row->kind == OPTION_CHOICE) {
		const char *const *c = row->choices;
		while (*c != NULL && strcmp(*c, value) != 0)
			c++;
		if (*c == NULL)
			return refuse_choice(problem, row, value);
	}
	memcpy(at, &value, sizeof(value));
	return 0;
}

static bool is_number(const struct option_row *row)
{
	return row->kind == OPTION_COUNT || row->kind == OPTION_AGE || row->kind == OPTION_SIZE;
}

/* The second of two values would silently win, and a hold would take other mail than meant. */
static bool is_given(const struct option_row *row, const char *at)
{
	struct units_given given;
	const char *text;

	if (is_number(row)) {
		memcpy(&given, at, sizeof(given));
		return given.given;
	}
	memcpy(&text, at, sizeof(text));
	return text != NULL;
}

static int set_value(struct found found, const char *value, struct problem *problem)
{
	const struct option_row *row = found.row;
	char *at = found.into + row->offset;

	if (is_given(row, at))
		return problem_set(problem, -EINVAL, "--%s: is given twice", row->name);
	return is_number(row) ? set_number(row, at, value, problem)
			      : set_text(row, at, value, problem);
}

static void set_flag(struct found found)
{
	bool yes = true;

	memcpy(found.into + found.row->offset, &yes, sizeof(yes));
}

static int missing_value(struct problem *problem, const struct option_row *row)
{
	return problem_set(problem, -EINVAL, "--%s: needs a value: --%s %s", row->name, row->name,
		row->argument);
}

static int take_long(struct option_words *words, const struct option_set *sets, size_t set_count,
	const char *word, struct problem *problem)
{
	const char *equals = strchr(word, '=');
	struct slice name = {word, equals != NULL ? (size_t)(equals - word) : strlen(word)};
	struct found found = find_name(sets, set_count, name);
	char shown[SHOWN_MAX];
	int r = 0;

	if (found.row == NULL)
		return problem_set(problem, -EINVAL, "--%s: there is no such option here",
			printable_text(name, shown, sizeof(shown)));
	if (found.row->kind == OPTION_FLAG) {
		if (equals != NULL)
			return problem_set(
				problem, -EINVAL, "--%s: takes no value", found.row->name);
		set_flag(found);
		return OPTION_TAKEN_OPTION;
	}
	if (equals != NULL)
		r = set_value(found, equals + 1, problem);
	else if (words->next < words->count)
		r = set_value(found, words->at[words->next++], problem);
	else
		r = missing_value(problem, found.row);
	return r < 0 ? r : OPTION_TAKEN_OPTION;
}

static int take_letter(struct option_words *words, const struct option_set *sets, size_t set_count,
	struct problem *problem)
{
	char letter = *words->letters++;
	struct found found = find_letter(sets, set_count, letter);
	const char *value = words->letters;
	char shown[SHOWN_MAX];
	int r = 0;

	if (*words->letters == '\0')
		words->letters = NULL;
	if (found.row == NULL)
		return problem_set(problem, -EINVAL, "-%s: there is no such option here",
			printable_text((struct slice){&letter, 1}, shown, sizeof(shown)));
	if (found.row->kind == OPTION_FLAG) {
		set_flag(found);
		return OPTION_TAKEN_OPTION;
	}
	words->letters = NULL;
	if (*value != '\0')
		r = set_value(found, value, problem);
	else if (words->next < words->count)
		r = set_value(found, words->at[words->next++], problem);
	else
		r = missing_value(problem, found.row);
	return r < 0 ? r : OPTION_TAKEN_OPTION;
}

int options_take(struct option_words *words, const struct option_set *sets, size_t set_count,
	const char **ret_argument, struct problem *problem)
{
	if (words->letters != NULL)
		return take_letter(words, sets, set_count, problem);
	if (words->next == words->count)
		return OPTION_TAKEN_END;

	const char *word = words->at[words->next++];
	if (strcmp(word, "--") == 0 && !words->arguments_only) {
		words->arguments_only = true;
		if (words->next == words->count)
			return OPTION_TAKEN_END;
		word = words->at[words->next++];
	}
	if (words->arguments_only || word[0] != '-' || word[1] == '\0') {
		*ret_argument = word;
		return OPTION_TAKEN_ARGUMENT;
	}
	if (word[1] == '-')
		return take_long(words, sets, set_count, word + 2, problem);
	words->letters = word + 1;
	return take_letter(words, sets, set_count, problem);
}

static void put_blanks(FILE *out, unsigned n)
{
	(void)fprintf(out, "%*s", (int)n, "");
}

/* Bytes of text for one line: up to the last blank that fits, at least one word. */
static size_t line_length(const char *text, size_t room)
{
	size_t end = strcspn(text, "\n");

	if (end <= room)
		return end;
	size_t cut = 0;
	for (size_t i = 0; i <= room; i++)
		if (text[i] == ' ')
			cut = i;
	return cut > 0 ? cut : strcspn(text, " \n");
}

void options_wrap(FILE *out, const char *text, unsigned indent, unsigned width)
{
	size_t room = width > indent + 20 ? width - indent : 20;

	while (*text != '\0') {
		size_t n = line_length(text, room);
		if (n > 0)
			put_blanks(out, indent);
		(void)fprintf(out, "%.*s\n", (int)n, text);
		text += n;
		if (*text != '\0')
			text++;
	}
}

#define HELP_INDENT 26

void options_help(FILE *out, const struct option_set *set, unsigned width)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct option_row *row = &set->rows[i];
		char letter[] = {'-', row->letter, ',', '\0'};
		int n = fprintf(out, "  %s --%s%s%s", row->letter != 0 ? letter : "   ", row->name,
			row->argument != NULL ? " " : "",
			row->argument != NULL ? row->argument : "");
		if (n < 0 || n > HELP_INDENT - 2) {
			(void)fputc('\n', out);
			n = 0;
		}
		/* The first line goes beside the name. */
		size_t first =
			line_length(row->help, width > HELP_INDENT + 20 ? width - HELP_INDENT : 20);
		(void)fprintf(out, "%*s%.*s\n", HELP_INDENT - n, "", (int)first, row->help);
		if (row->help[first] != '\0')
			options_wrap(out, row->help + first + 1, HELP_INDENT, width);
	}
}
