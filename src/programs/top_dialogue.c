#include "programs/top_dialogue.h"

#include "base/memory.h"
#include "base/printable.h"
#include "programs/command.h"
#include "reports/top_pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON   "seen in stanch top"
#define NOTE_MAX 256

struct top_dialogue {
	enum top_mode mode;
	struct top_choice choice;

	/* What is, or was, to be done, and to whom. */
	enum top_deed deed;
	bool is_plan; /* only what would be done */
	struct source source;
	int64_t incident; /* 0: of a source without one that is known */
	char reason[TOP_REASON_MAX];
	char source_text[SOURCE_TEXT_MAX], incident_text[24];

	/* What the command said. */
	char *text;
	size_t len, from;
	char note[NOTE_MAX]; /* how it ended, if not well */
};

static const struct deed {
	const char *verb;
	const char *done;
} deeds[] = {
	[TOP_EXPLAIN] = {"explain", ""},
	[TOP_CONTAIN] = {"contain", "contained"},
	[TOP_RELEASE] = {"release", "released"},
	[TOP_DISMISS] = {"dismiss", "dismissed"},
};

struct top_dialogue *top_dialogue_new(void)
{
	struct top_dialogue *d = memory_new(1, sizeof(*d));

	(void)snprintf(d->reason, sizeof(d->reason), REASON);
	return d;
}

void top_dialogue_free(struct top_dialogue *d)
{
	if (d == NULL)
		return;
	free(d->text);
	free(d);
}

enum top_mode top_dialogue_mode(const struct top_dialogue *d)
{
	return d->mode;
}

const struct top_choice *top_dialogue_choice(const struct top_dialogue *d)
{
	return &d->choice;
}

/* ---- commands ---- */

/* By its number where it has one: a source may have had several. To contain is of the source, whose
 * incident is taken if it is open. */
static size_t words_to_whom(const struct top_dialogue *d, const char *words[TOP_WORDS])
{
	bool by_number = d->incident != 0 && d->deed != TOP_CONTAIN;
	size_t n = 0;

	if (by_number && d->deed != TOP_EXPLAIN)
		words[n++] = "incident";
	words[n++] = deeds[d->deed].verb;
	words[n++] = by_number ? d->incident_text : d->source_text;
	return n;
}

size_t top_dialogue_words(const struct top_dialogue *d, const char *words[TOP_WORDS])
{
	size_t n = words_to_whom(d, words);

	if (d->deed == TOP_EXPLAIN)
		return n;
	words[n++] = d->is_plan ? "--dry-run" : "--yes";
	words[n++] = "--reason";
	words[n++] = d->reason;
	return n;
}

static enum top_wish run(struct top_dialogue *d, bool is_plan)
{
	d->is_plan = is_plan;
	d->mode = TOP_RUNNING;
	d->from = 0;
	return TOP_RUN;
}

/* The newest one of a source that a person may still say something about. */
static int64_t open_incident(const struct now *now, const struct source *source)
{
	int64_t newest = 0;

	for (size_t i = 0; i < now->incidents.count; i++) {
		const struct standing_incident *one = &now->incidents.at[i];

		if (incident_is_open(one->state) && source_equal(&one->source, source) &&
			one->number > newest)
			newest = one->number;
	}
	return newest;
}

/* false: nobody is chosen. */
static bool take_chosen(struct top_dialogue *d, const struct now *now)
{
	struct top_rows rows;

	top_arrange(now, &d->choice, &rows);
	const struct standing_incident *incident = top_chosen_incident(&rows);
	const struct now_source *source = top_chosen_source(&rows);
	if (incident == NULL && source == NULL)
		return false;
	top_move(&d->choice, &rows, 0); /* it stays chosen when rows change places */
	d->source = incident != NULL ? incident->source : source->source;
	d->incident = incident != NULL ? incident->number : open_incident(now, &source->source);
	(void)source_text(&d->source, d->source_text);
	(void)snprintf(d->incident_text, sizeof(d->incident_text), "%" PRId64, d->incident);
	return true;
}

static enum top_wish begin(struct top_dialogue *d, enum top_deed deed, const struct now *now)
{
	if (now == NULL || !take_chosen(d, now)) {
		(void)snprintf(d->choice.said, sizeof(d->choice.said), "nothing is chosen");
		return TOP_NOTHING;
	}
	if (deed == TOP_DISMISS && d->incident == 0) {
		(void)snprintf(d->choice.said, sizeof(d->choice.said),
			"it has no incident that is open: there is nothing to dismiss");
		return TOP_NOTHING;
	}
	d->deed = deed;
	return run(d, deed != TOP_EXPLAIN);
}

/* ---- how they ended ---- */

static void note_of(struct top_dialogue *d, int status, bool may_act)
{
	const char *right =
		may_act ? "" : " You may not have the right to: run stanch top as root.";

	d->note[0] = '\0';
	if (status == -1)
		(void)snprintf(d->note, sizeof(d->note), "It could not be started.");
	else if (status >= 128)
		(void)snprintf(d->note, sizeof(d->note),
			"It was ended by signal %d: see what it has done with e.", status - 128);
	else if (status == COMMAND_UNABLE || status == COMMAND_USAGE)
		(void)snprintf(d->note, sizeof(d->note), "It could not do that.%s", right);
	else if (status == COMMAND_LEFT && !d->is_plan && d->deed != TOP_EXPLAIN)
		(void)snprintf(d->note, sizeof(d->note),
			"Not all of it is done: it was said what.%s", right);
	else if (status == COMMAND_DONE && !d->is_plan && d->deed != TOP_EXPLAIN)
		(void)snprintf(d->note, sizeof(d->note), "Done: it is %s.", deeds[d->deed].done);
}

void top_dialogue_ended(struct top_dialogue *d, int status, struct slice said, bool may_act)
{
	static const char nothing[] = "It said nothing.\n";

	said = said.len > 0 ? slice_first(said, TOP_OUTPUT_MAX) : slice_of(nothing);
	note_of(d, status, may_act);
	free(d->text);
	d->len = strlen(d->note) + (d->note[0] != '\0' ? 2 : 0);
	d->text = memory_new(d->len + said.len + 1, 1);
	if (d->note[0] != '\0')
		(void)snprintf(d->text, d->len + 1, "%s\n\n", d->note);
	memcpy(d->text + d->len, said.at, said.len);
	d->len += said.len;
	d->from = 0;
	/* a plan ends with "left", for nothing was done */
	bool can_be_done = status == COMMAND_DONE || status == COMMAND_LEFT;
	d->mode = d->is_plan && can_be_done ? TOP_ASKING : TOP_READING;
}

/* ---- keys ---- */

/* Bytes of a UTF-8 character go together. */
static void take_back(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
		len--;
	text[len > 0 ? len - 1 : 0] = '\0';
}

static void type(char *text, size_t size, int key)
{
	size_t len = strlen(text);

	if (key == TOP_KEY_BACKSPACE)
		take_back(text);
	else if (key >= ' ' && key < 0x100 && key != 0x7f && len + 1 < size) {
		text[len] = (char)key;
		text[len + 1] = '\0';
	}
}

static enum top_wish key_in_filter(struct top_dialogue *d, int key)
{
	if (key == TOP_KEY_ENTER)
		d->choice.is_typing = false;
	else if (key == TOP_KEY_ESCAPE) {
		d->choice.is_typing = false;
		d->choice.filter[0] = '\0';
	} else
		type(d->choice.filter, sizeof(d->choice.filter), key);
	return TOP_NOTHING;
}

/* false: it does not move anything. */
static bool rows_of_key(int key, unsigned rows, long *ret)
{
	long page = rows > 4 ? (long)rows - 4 : 1;

	switch (key) {
	case TOP_KEY_UP:
	case 'k':
		*ret = -1;
		return true;
	case TOP_KEY_DOWN:
	case 'j':
		*ret = 1;
		return true;
	case TOP_KEY_PAGE_UP:
		*ret = -page;
		return true;
	case TOP_KEY_PAGE_DOWN:
	case ' ':
		*ret = page;
		return true;
	case TOP_KEY_HOME:
		*ret = -(long)TOP_OUTPUT_MAX;
		return true;
	case TOP_KEY_END:
		*ret = (long)TOP_OUTPUT_MAX;
		return true;
	default:
		return false;
	}
}

static enum top_wish other_key_in_lists(struct top_dialogue *d, int key, const struct now *now)
{
	struct top_rows rows;

	switch (key) {
	case '\t':
		top_arrange(now, &d->choice, &rows);
		if (!top_change_list(&d->choice, &rows))
			(void)snprintf(
				d->choice.said, sizeof(d->choice.said), "the other list is empty");
		return TOP_NOTHING;
	case 's':
		d->choice.order = TOP_BY_SUSPICION;
		return TOP_NOTHING;
	case 'h':
		d->choice.order = TOP_BY_HOUR;
		return TOP_NOTHING;
	case '/':
		d->choice.filter[0] = '\0';
		d->choice.is_typing = true;
		return TOP_NOTHING;
	case TOP_KEY_ESCAPE:
		d->choice.filter[0] = '\0';
		return TOP_NOTHING;
	case 'p':
		d->choice.is_paused = !d->choice.is_paused;
		return TOP_NOTHING;
	case '?':
		d->mode = TOP_HELP;
		d->from = 0;
		return TOP_NOTHING;
	default:
		return TOP_NOTHING;
	}
}

static enum top_wish key_in_lists(
	struct top_dialogue *d, int key, const struct now *now, unsigned rows)
{
	struct top_rows shown;
	long by;

	if (d->choice.is_typing)
		return key_in_filter(d, key);
	d->choice.said[0] = '\0';
	if (rows_of_key(key, rows, &by)) {
		top_arrange(now, &d->choice, &shown);
		top_move(&d->choice, &shown, by);
		return TOP_NOTHING;
	}
	switch (key) {
	case 'q':
		return TOP_QUIT;
	case TOP_KEY_ENTER:
	case 'e':
		return begin(d, TOP_EXPLAIN, now);
	case 'c':
		return begin(d, TOP_CONTAIN, now);
	case 'r':
		return begin(d, TOP_RELEASE, now);
	case 'd':
		return begin(d, TOP_DISMISS, now);
	default:
		return other_key_in_lists(d, key, now);
	}
}

static enum top_wish back(struct top_dialogue *d, const char *said)
{
	d->mode = TOP_LISTS;
	(void)snprintf(d->choice.said, sizeof(d->choice.said), "%s", said);
	return TOP_NOTHING;
}

/* Past the end: top_dialogue_draw(), which knows the width, brings it back. */
static bool scroll(struct top_dialogue *d, int key, unsigned rows)
{
	long by;

	if (!rows_of_key(key, rows, &by))
		return false;
	d->from = by < 0 && (size_t)-by > d->from ? 0 : (size_t)((long)d->from + by);
	return true;
}

static enum top_wish key_in_text(struct top_dialogue *d, int key, unsigned rows)
{
	if (scroll(d, key, rows))
		return TOP_NOTHING;
	if (key == 'q' || key == TOP_KEY_ESCAPE || key == TOP_KEY_ENTER || key == 'e' ||
		(key == '?' && d->mode == TOP_HELP))
		return back(d, d->mode == TOP_HELP ? "" : d->note);
	return TOP_NOTHING;
}

/* Only y does it: not a key that was meant for another page. */
static enum top_wish key_in_question(struct top_dialogue *d, int key, unsigned rows)
{
	if (scroll(d, key, rows))
		return TOP_NOTHING;
	if (key == 'y')
		return run(d, false);
	if (key == 'w')
		d->mode = TOP_TYPING;
	if (key == 'n' || key == 'q' || key == TOP_KEY_ESCAPE)
		return back(d, "nothing was done");
	return TOP_NOTHING;
}

static enum top_wish key_in_reason(struct top_dialogue *d, int key)
{
	if (key != TOP_KEY_ENTER && key != TOP_KEY_ESCAPE) {
		type(d->reason, sizeof(d->reason), key);
		return TOP_NOTHING;
	}
	d->mode = TOP_ASKING;
	if (d->reason[0] == '\0' || key == TOP_KEY_ESCAPE) /* to contain needs one */
		(void)snprintf(d->reason, sizeof(d->reason), REASON);
	return TOP_NOTHING;
}

enum top_wish top_dialogue_key(
	struct top_dialogue *d, int key, const struct now *now, unsigned rows)
{
	switch (d->mode) {
	case TOP_LISTS:
		return key_in_lists(d, key, now, rows);
	case TOP_HELP:
	case TOP_READING:
		return key_in_text(d, key, rows);
	case TOP_ASKING:
		return key_in_question(d, key, rows);
	case TOP_TYPING:
		return key_in_reason(d, key);
	case TOP_RUNNING:
		return key == TOP_KEY_ESCAPE ? TOP_INTERRUPT : TOP_NOTHING;
	}
	return TOP_NOTHING;
}

/* ---- what is shown ---- */

#define TITLE_MAX (SOURCE_TEXT_MAX + 64)
#define FOOT_MAX  (4 * TOP_REASON_MAX + 128)

static void make_title(const struct top_dialogue *d, char at[TITLE_MAX])
{
	bool is_asked = d->mode == TOP_ASKING || d->mode == TOP_TYPING;

	if (d->mode == TOP_HELP)
		(void)snprintf(at, TITLE_MAX, "stanch top: keys and signs");
	else
		(void)snprintf(at, TITLE_MAX, "%s %s%s", deeds[d->deed].verb, d->source_text,
			is_asked ? " ?" : "");
}

static void make_foot(const struct top_dialogue *d, char at[FOOT_MAX])
{
	char reason[4 * TOP_REASON_MAX];

	switch (d->mode) {
	case TOP_RUNNING:
		(void)snprintf(at, FOOT_MAX, "%s Esc interrupts it",
			d->is_plan               ? "asking what would be done ..."
			: d->deed == TOP_EXPLAIN ? "reading ..."
						 : "at work ...");
		return;
	case TOP_ASKING:
		(void)snprintf(at, FOOT_MAX, "type y to %s it, n not to; w: why (%s)",
			deeds[d->deed].verb,
			printable_text(slice_of(d->reason), reason, sizeof(reason)));
		return;
	case TOP_TYPING:
		(void)snprintf(at, FOOT_MAX, "why: ");
		return;
	default:
		(void)snprintf(at, FOOT_MAX, "q back  Up Down PgUp PgDn scroll");
		return;
	}
}

static struct slice text_of(const struct top_dialogue *d)
{
	if (d->mode == TOP_HELP)
		return slice_of(top_help);
	/* what was said before is of another command, or of a plan that is being carried out */
	if (d->mode == TOP_RUNNING && (d->is_plan || d->deed == TOP_EXPLAIN))
		return (struct slice){0};
	return (struct slice){d->text, d->len};
}

struct canvas *top_dialogue_draw(struct top_dialogue *d, const struct top_state *state)
{
	char title[TITLE_MAX], foot[FOOT_MAX];

	if (d->mode == TOP_LISTS)
		return top_draw(state, &d->choice);
	make_title(d, title);
	make_foot(d, foot);
	struct top_page page = {.title = title,
		.text = text_of(d),
		.from = d->from,
		.foot = foot,
		.is_question = d->mode == TOP_ASKING || d->mode == TOP_RUNNING,
		.typed = d->mode == TOP_TYPING ? d->reason : NULL};
	d->from = page.from = top_page_from(&page, state->columns, state->rows);
	return top_page_draw(&page, state->columns, state->rows);
}
