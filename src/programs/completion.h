/* completion.h - completion of the command line for shells, made of the tables. */
#ifndef STANCH_PROGRAMS_COMPLETION_H
#define STANCH_PROGRAMS_COMPLETION_H

#include <stdio.h>

void completion_bash(FILE *out);
void completion_zsh(FILE *out);
void completion_fish(FILE *out);

#endif
