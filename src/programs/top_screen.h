/* top_screen.h - the terminal of `stanch top`, by curses: it paints canvases, reads keys, and gives
 * the terminal back as it was at every end, be it a signal or a fault. */
#ifndef STANCH_PROGRAMS_TOP_SCREEN_H
#define STANCH_PROGRAMS_TOP_SCREEN_H

#include "base/attribute.h"
#include "reports/canvas.h"

#include <stdbool.h>

struct top_screen;

/* Takes the terminal of standard input and output. NULL: it is none that can be painted on. */
struct top_screen *top_screen_new(bool color);
void top_screen_free(struct top_screen *s); /* NULL is fine; gives the terminal back */
AUTO_FREE(top_screen)

/* As it is now. */
void top_screen_size(struct top_screen *s, unsigned *ret_columns, unsigned *ret_rows);

/* Whether it shows block characters. */
bool top_screen_unicode(const struct top_screen *s);

void top_screen_paint(struct top_screen *s, const struct canvas *c);

/* Waits so long for a key, for a change of its size, for a signal, or for `descriptor` (-1: none)
 * to become readable. */
void top_screen_wait(struct top_screen *s, int descriptor, int timeout_ms);

/* The next key that was typed: a byte, or enum top_key; 0: none. */
int top_screen_key(struct top_screen *s);

/* The signal that asks the program to end; 0: none did. A terminal that has gone is SIGHUP. */
int top_screen_signal(const struct top_screen *s);

#endif
