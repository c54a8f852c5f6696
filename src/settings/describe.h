/* describe.h - what is written about the settings, made of their table. */
#ifndef STANCH_SETTINGS_DESCRIBE_H
#define STANCH_SETTINGS_DESCRIBE_H

#include "settings/store.h"

#include <stdio.h>

/* Every group and setting for stanch.conf(5), in mdoc(7): a subsection each group. */
void describe_mdoc(const struct setting_table *table, FILE *out);

/* A file with every setting at its first value, as a comment that begins with "#" and no blank
 * behind it, below what it means. */
void describe_sample(const struct setting_table *table, FILE *out);

#endif
