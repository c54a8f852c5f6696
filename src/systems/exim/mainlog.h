/* mainlog.h - lines of ours in Exim's main log, written the way Exim writes them, so that exigrep,
 * panels and log analysers see where a message went.
 *
 * The file is opened anew for each batch, because it may have been rotated meanwhile (and may then
 * not exist until the next line: it is made with the owner and mode that Exim gives it). Source:
 * Exim's log.c; its specification, chapter "Log files". */
#ifndef STANCH_SYSTEMS_EXIM_MAINLOG_H
#define STANCH_SYSTEMS_EXIM_MAINLOG_H

#include "base/attribute.h"
#include "base/problem.h"
#include "systems/exim/program.h"
#include "systems/exim/spool.h"

#include <stddef.h>
#include <stdint.h>

struct mainlog;

/* settings: what Exim said about itself, NULL when it could not be asked; borrowed.
 *
 * When the spool is not the one that Exim's configuration names (a copy, or Exim could not be
 * asked), no log of the live server is touched: lines go to <spool>/log/mainlog if that file
 * exists, else nowhere, and mainlog_place() says so. Never fails: a place that cannot be written is
 * found out by mainlog_write(). */
struct mainlog *mainlog_new(const struct exim_spool *spool, const struct exim_settings *settings);
void mainlog_free(struct mainlog *log); /* NULL is fine; what was not written is dropped */
AUTO_FREE(mainlog)

/* Where the lines go, for a person: a path, "syslog", "… and syslog"; NULL: nowhere. */
const char *mainlog_place(const struct mainlog *log);

/* Adds "<time> <id> <text>" to the batch; now_us is the time in microseconds since 1970. text is
 * ours, without foreign bytes but those that went through base/printable.h; what is longer than a
 * log line of Exim's (8192 bytes) is cut. */
void mainlog_add(struct mainlog *log, int64_t now_us, const char *id, const char *text);

/* Writes the batch: whole lines at a time, so that none is mixed with one of Exim's. Returns 0,
 * also when there is no place; or fills *problem and returns a negative errno. A line of which only
 * a part could be written (the disk is full) is cut off again; the batch is empty afterwards. */
MUST_USE int mainlog_write(struct mainlog *log, struct problem *problem);

/* The time in the way of Exim's settings: "2026-11-23 12:27:17", with ".617", " +0000", as they
 * ask. Returns the bytes written to at (at most MAINLOG_TIME_MAX with the NUL). */
#define MAINLOG_TIME_MAX 64
size_t mainlog_time(const struct mainlog *log, int64_t now_us, char at[MAINLOG_TIME_MAX]);

#endif
