#include "settings/row.h"

#include "base/printable.h"
#include "base/units.h"

#include <errno.h>
#include <stdio.h>

#define SHOWN_MAX 80 /* bytes of a wrong value repeated in a message */

struct slice setting_row_group(const struct setting_row *row)
{
	struct slice name = slice_of(row->name);

	return slice_first(name, slice_find(name, '.'));
}

const char *setting_row_own_name(const struct setting_row *row)
{
	const char *dot = strchr(row->name, '.');

	return dot != NULL ? dot + 1 : row->name;
}

bool setting_is_text(enum setting_kind kind)
{
	return kind == SETTING_TEXT || kind == SETTING_WORD || kind == SETTING_PATH ||
	       kind == SETTING_URL;
}

static int refuse(const struct setting_row *row, struct slice written, const char *why,
	struct problem *problem)
{
	char shown[SHOWN_MAX];

	printable_text(written, shown, sizeof(shown));
	return problem_set(problem, -EINVAL, "%s: \"%s\" %s", row->name, shown, why);
}

/* ---- numbers ---- */

/* Reads into number and share alike, so that bounds are compared in one way. -EINVAL when it is
 * none, -ERANGE when it is more than any row allows. */
static int read_number(enum setting_kind kind, struct slice text, double *ret, uint64_t *ret_whole)
{
	int64_t seconds = 0;
	uint64_t whole = 0;
	double share = 0;
	int r;

	if (kind == SETTING_SHARE) {
		r = units_read_share(text, &share);
	} else if (kind == SETTING_SECONDS) {
		r = units_read_age(text, &seconds);
		whole = (uint64_t)seconds;
	} else if (kind == SETTING_BYTES) {
		r = units_read_size(text, &whole);
	} else {
		r = units_read_count(text, UINT64_MAX, &whole);
	}
	if (r < 0)
		return r;
	*ret = share;
	*ret_whole = whole;
	return 0;
}

static const char *not_a_number(enum setting_kind kind)
{
	switch (kind) {
	case SETTING_SECONDS:
		return "is no time such as 90s, 15m, 2h, 30d or 1w";
	case SETTING_BYTES:
		return "is no size such as 500, 10K, 256M or 1G";
	case SETTING_SHARE:
		return "is no share from 0 to 1 such as 0.02";
	default:
		return "is no number";
	}
}

/* Less than 0, 0 or more than 0, as the value is below, at or above the bound. A row's bounds are
 * readable: a test goes over all of them. */
static int compare(const struct setting_row *row, const struct setting_value *v, const char *bound)
{
	uint64_t whole = 0;
	double share = 0;

	if (read_number(row->kind, slice_of(bound), &share, &whole) < 0)
		return 0;
	if (row->kind == SETTING_SHARE)
		return v->share < share ? -1 : v->share > share;
	return v->number < whole ? -1 : v->number > whole;
}

static int refuse_bound(const struct setting_row *row, struct slice written, const char *which,
	const char *bound, struct problem *problem)
{
	char why[SHOWN_MAX];

	(void)snprintf(why, sizeof(why), "is %s %s", which, bound);
	return refuse(row, written, why, problem);
}

static int read_bounded(const struct setting_row *row, struct slice written,
	struct setting_value *ret, struct problem *problem)
{
	struct setting_value v = {0};
	int r = read_number(row->kind, written, &v.share, &v.number);

	if (r == -ERANGE && row->most != NULL)
		return refuse_bound(row, written, "above", row->most, problem);
	if (r == -ERANGE)
		return refuse(row, written, "is too large", problem);
	if (r < 0)
		return refuse(row, written, not_a_number(row->kind), problem);
	if (row->least != NULL && compare(row, &v, row->least) < 0)
		return refuse_bound(row, written, "below", row->least, problem);
	if (row->most != NULL && compare(row, &v, row->most) > 0)
		return refuse_bound(row, written, "above", row->most, problem);
	*ret = v;
	return 0;
}

/* ---- words ---- */

static int read_bool(const struct setting_row *row, struct slice written, struct setting_value *ret,
	struct problem *problem)
{
	bool yes = slice_is(written, "yes");

	if (!yes && !slice_is(written, "no"))
		return refuse(row, written, "is neither yes nor no", problem);
	*ret = (struct setting_value){.number = yes};
	return 0;
}

static void list_words(const struct setting_row *row, const char *between, char *at, size_t size)
{
	size_t len = 0;

	at[0] = '\0';
	for (const char *const *word = row->words; *word != NULL && len < size; word++)
		len += (size_t)snprintf(
			at + len, size - len, "%s%s", word != row->words ? between : "", *word);
}

static int read_choice(const struct setting_row *row, struct slice written,
	struct setting_value *ret, struct problem *problem)
{
	char words[SETTING_RANGE_TEXT], why[SETTING_RANGE_TEXT + 16];

	for (unsigned i = 0; row->words[i] != NULL; i++) {
		if (!slice_is(written, row->words[i]))
			continue;
		*ret = (struct setting_value){.number = i};
		return 0;
	}
	list_words(row, ", ", words, sizeof(words));
	(void)snprintf(why, sizeof(why), "is none of %s", words);
	return refuse(row, written, why, problem);
}

/* ---- texts ---- */

static bool is_word(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = slice_lower(text.at[i]);
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
		if (!is_plain && (i == 0 || (c != '-' && c != '.')))
			return false;
	}
	return text.len <= SETTING_WORD_MAX;
}

static bool is_url(struct slice text)
{
	struct slice host = {0};

	if (slice_starts(text, "http://"))
		host = slice_after(text, strlen("http://"));
	else if (slice_starts(text, "https://"))
		host = slice_after(text, strlen("https://"));
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~')
			return false;
	return host.len > 0 && strchr("/:?#", host.at[0]) == NULL;
}

/* What is wrong with a text that is not empty; NULL: nothing. */
static const char *text_fault(enum setting_kind kind, struct slice text)
{
	switch (kind) {
	case SETTING_WORD:
		return is_word(text) ? NULL
				     : "is no word of at most 64 letters, digits, '_', '-' and '.' "
				       "that begins with none of the last two";
	case SETTING_PATH:
		return text.at[0] == '/' ? NULL : "is no absolute path: it must begin with /";
	case SETTING_URL:
		return is_url(text) ? NULL : "is no URL such as http://127.0.0.1:11333";
	default:
		return NULL;
	}
}

static uint64_t text_most(const struct setting_row *row)
{
	uint64_t most = row->kind == SETTING_PATH ? SETTING_PATH_MAX : SETTING_TEXT_MAX;

	if (row->most != NULL && units_read_count(slice_of(row->most), most, &most) < 0)
		return most;
	return most;
}

static int read_text(const struct setting_row *row, struct slice written, struct setting_value *ret,
	struct problem *problem)
{
	bool may_be_empty = row->initial[0] == '\0' && !row->is_list;
	char why[SHOWN_MAX];

	if (written.len == 0 && !may_be_empty)
		return problem_set(problem, -EINVAL, "%s: must not be empty", row->name);
	if (written.len > text_most(row)) {
		(void)snprintf(why, sizeof(why), "is longer than %llu bytes",
			(unsigned long long)text_most(row));
		return refuse(row, written, why, problem);
	}
	const char *fault = written.len > 0 ? text_fault(row->kind, written) : NULL;
	if (fault != NULL)
		return refuse(row, written, fault, problem);
	*ret = (struct setting_value){.text = written};
	return 0;
}

int setting_read(const struct setting_row *row, struct slice written, struct setting_value *ret,
	struct problem *problem)
{
	switch (row->kind) {
	case SETTING_BOOL:
		return read_bool(row, written, ret, problem);
	case SETTING_CHOICE:
		return read_choice(row, written, ret, problem);
	case SETTING_COUNT:
	case SETTING_SECONDS:
	case SETTING_BYTES:
	case SETTING_SHARE:
		return read_bounded(row, written, ret, problem);
	default:
		return read_text(row, written, ret, problem);
	}
}

/* ---- the manual ---- */

static const char *kind_text(enum setting_kind kind)
{
	static const char *const texts[] = {
		[SETTING_BOOL] = "yes or no",
		[SETTING_COUNT] = "a number",
		[SETTING_SECONDS] = "a time",
		[SETTING_BYTES] = "a size",
		[SETTING_SHARE] = "a share",
		[SETTING_TEXT] = "a text",
		[SETTING_WORD] = "a word",
		[SETTING_PATH] = "an absolute path",
		[SETTING_URL] = "a URL",
	};

	return texts[kind];
}

static const char *list_text(enum setting_kind kind)
{
	return kind == SETTING_PATH   ? "a list of absolute paths"
	       : kind == SETTING_WORD ? "a list of words"
				      : "a list of texts";
}

char *setting_range_text(const struct setting_row *row, char at[SETTING_RANGE_TEXT])
{
	if (row->kind == SETTING_CHOICE)
		list_words(row, " or ", at, SETTING_RANGE_TEXT);
	else if (row->is_list)
		(void)snprintf(at, SETTING_RANGE_TEXT, "%s", list_text(row->kind));
	else if (setting_is_text(row->kind) || (row->least == NULL && row->most == NULL))
		(void)snprintf(at, SETTING_RANGE_TEXT, "%s", kind_text(row->kind));
	else if (row->most == NULL)
		(void)snprintf(
			at, SETTING_RANGE_TEXT, "%s from %s", kind_text(row->kind), row->least);
	else
		(void)snprintf(at, SETTING_RANGE_TEXT, "%s from %s to %s", kind_text(row->kind),
			row->least != NULL ? row->least : "0", row->most);
	return at;
}
