/* top_dialogue.h - what keys do in `stanch top`: which page is shown, which row is chosen, which
 * command is to be run. Pure: the program paints, runs, and tells what came of it. */
#ifndef STANCH_PROGRAMS_TOP_DIALOGUE_H
#define STANCH_PROGRAMS_TOP_DIALOGUE_H

#include "base/attribute.h"
#include "reports/top.h"

#include <stdbool.h>
#include <stddef.h>

#define TOP_REASON_MAX 128 /* bytes with the NUL */
#define TOP_WORDS      8   /* of a command */
#define TOP_OUTPUT_MAX ((size_t)256 << 10)

/* Beside bytes as they are typed. */
enum top_key {
	TOP_KEY_UP = 0x100,
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_ENTER,
	TOP_KEY_ESCAPE,
	TOP_KEY_BACKSPACE,
};

enum top_mode {
	TOP_LISTS,
	TOP_HELP,
	TOP_RUNNING, /* a command: its words are told when it has ended */
	TOP_READING, /* what a command said */
	TOP_ASKING,  /* what would be done, and whether to do it */
	TOP_TYPING,  /* the reason, of what is asked about */
};

enum top_deed { TOP_EXPLAIN, TOP_CONTAIN, TOP_RELEASE, TOP_DISMISS };

/* What the program is to do behind a key. */
enum top_wish {
	TOP_NOTHING,
	TOP_QUIT,
	TOP_RUN,       /* the dialogue's command */
	TOP_INTERRUPT, /* the command that runs */
};

struct top_dialogue;

struct top_dialogue *top_dialogue_new(void);
void top_dialogue_free(struct top_dialogue *d); /* NULL is fine */
AUTO_FREE(top_dialogue)

enum top_mode top_dialogue_mode(const struct top_dialogue *d);

/* For top_arrange() and top_draw(). */
const struct top_choice *top_dialogue_choice(const struct top_dialogue *d);

/* A key, of a terminal with so many rows that shows `now` (NULL: nothing). */
enum top_wish top_dialogue_key(
	struct top_dialogue *d, int key, const struct now *now, unsigned rows);

/* The words of the command that is to run, borrowed until the next key; returns how many. */
size_t top_dialogue_words(const struct top_dialogue *d, const char *words[TOP_WORDS]);

/* The command has ended with that status (128 and more: by a signal), or could not be started (-1),
 * and has said that, of which TOP_OUTPUT_MAX bytes are kept. may_act: whether who runs this is one
 * who usually may. */
void top_dialogue_ended(struct top_dialogue *d, int status, struct slice said, bool may_act);

/* A new canvas of what is shown. */
struct canvas *top_dialogue_draw(struct top_dialogue *d, const struct top_state *state);

#endif
