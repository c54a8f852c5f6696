/* manual.h - what is written about the commands, made of their tables: --help, and the OPTIONS
 * sections of the manual pages. */
#ifndef STANCH_PROGRAMS_MANUAL_H
#define STANCH_PROGRAMS_MANUAL_H

#include "base/attribute.h"
#include "programs/command.h"

#include <stdio.h>

/* The help of one command, or of the program when command is NULL. */
void manual_help(FILE *out, const struct command *command, unsigned width);

#endif
