/* manual.h - what is written about the commands, made of their tables: --help, and the OPTIONS
 * sections of the manual pages. */
#ifndef STANCH_PROGRAMS_MANUAL_H
#define STANCH_PROGRAMS_MANUAL_H

#include "base/attribute.h"
#include "programs/command.h"

#include <stdio.h>

/* The help of one command, or of the program when command is NULL. */
void manual_help(FILE *out, const struct command *command, unsigned width);

/* Parts of a manual page in mdoc(7); command NULL: of stanch(1) itself. */
void manual_synopsis(FILE *out, const struct command *command);
void manual_options(FILE *out, const struct command *command); /* without the global ones */
void manual_commands(FILE *out);                               /* one line each */

/* A whole page: template with each line "@NAME@" (command and its one line), "@SYNOPSIS@",
 * "@OPTIONS@" and "@COMMANDS@" filled in. -EINVAL for any other "@...@" line. */
MUST_USE int manual_page(FILE *template, FILE *out, const struct command *command);

#endif
