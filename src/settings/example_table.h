/* example_table.h - for the tests of this room: a table with a row of each kind. */
#ifndef STANCH_SETTINGS_EXAMPLE_TABLE_H
#define STANCH_SETTINGS_EXAMPLE_TABLE_H

#include "settings/store.h"

struct example {
	bool yes;
	uint64_t count, free, bytes;
	int64_t seconds;
	double share;
	unsigned colour;
	const char *text, *needed, *word, *path, *url;
	struct setting_list texts, paths;
};

static const char *const example_colours[] = {"red", "green", "blue", NULL};

#define EXAMPLE_AT(member) offsetof(struct example, member)

static const struct setting_row example_number_rows[] = {
	{"number.yes", SETTING_BOOL, false, "no", NULL, NULL, NULL, EXAMPLE_AT(yes), "A truth."},
	{"number.count", SETTING_COUNT, false, "10", "2", "20", NULL, EXAMPLE_AT(count),
		"A count. It is bounded."},
	{"number.free", SETTING_COUNT, false, "0", NULL, NULL, NULL, EXAMPLE_AT(free), "Free."},
	{"number.seconds", SETTING_SECONDS, false, "15m", "1m", "2h", NULL, EXAMPLE_AT(seconds),
		"A time."},
	{"number.bytes", SETTING_BYTES, false, "256M", "1K", "1G", NULL, EXAMPLE_AT(bytes),
		"A size."},
	{"number.share", SETTING_SHARE, false, "0.02", "0.01", "0.5", NULL, EXAMPLE_AT(share),
		"A share."},
	{"number.colour", SETTING_CHOICE, false, "green", NULL, NULL, example_colours,
		EXAMPLE_AT(colour), "A colour."},
};

static const struct setting_row example_word_rows[] = {
	{"word.text", SETTING_TEXT, false, "", NULL, "10", NULL, EXAMPLE_AT(text), "A text."},
	{"word.needed", SETTING_TEXT, false, "x", NULL, NULL, NULL, EXAMPLE_AT(needed), "Another."},
	{"word.word", SETTING_WORD, false, "exim", NULL, NULL, NULL, EXAMPLE_AT(word), "A word."},
	{"word.path", SETTING_PATH, false, "", NULL, NULL, NULL, EXAMPLE_AT(path), "A path."},
	{"word.url", SETTING_URL, false, "", NULL, NULL, NULL, EXAMPLE_AT(url), "A URL."},
	{"word.texts", SETTING_TEXT, true, "", NULL, NULL, NULL, EXAMPLE_AT(texts), "Texts."},
	{"word.paths", SETTING_PATH, true, "", NULL, NULL, NULL, EXAMPLE_AT(paths), "Paths."},
};

#define EXAMPLE_COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct setting_group example_groups[] = {
	{"number", "What is counted.", example_number_rows, EXAMPLE_COUNT(example_number_rows)},
	{"word", "What is written.", example_word_rows, EXAMPLE_COUNT(example_word_rows)},
};

static const struct setting_table example_table = {
	example_groups, EXAMPLE_COUNT(example_groups), sizeof(struct example)};

/* The row of that full name. */
static inline struct setting_at example_at(const char *name)
{
	struct setting_at at = {0};

	while (setting_there(&example_table, at) &&
		strcmp(setting_row(&example_table, at)->name, name) != 0)
		at = setting_next(&example_table, at);
	return at;
}

#endif
