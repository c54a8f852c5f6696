/* settings.h - what is in force: stanch.conf, and the first value of whatever it does not say.
 *
 * No file is needed. A reload reads into a new object; the caller changes over when that has
 * worked, and frees the old one when no room has its texts any more. */
#ifndef STANCH_SETTINGS_SETTINGS_H
#define STANCH_SETTINGS_SETTINGS_H

#include "base/attribute.h"
#include "base/problem.h"
#include "settings/groups.h"

#include <jansson.h>
#include <stdio.h>

#define SETTINGS_PATH "/etc/stanch/stanch.conf"

struct settings; /* owns the texts of its values */

/* All at their first values. */
struct settings *settings_new(void);

/* Reads a file. Returns 0 and gives *ret to the caller; or an error as in settings/conf_file.h
 * (-ENOENT: there is none, which is no fault where nobody named one) or settings/conf_reader.h
 * (-EBADMSG: what is in it), and *problem says it. */
MUST_USE int settings_read(const char *path, struct settings **ret, struct problem *problem);

void settings_free(struct settings *settings); /* NULL is fine */
AUTO_FREE(settings)

/* Valid as long as the settings. */
const struct settings_values *settings_values(const struct settings *settings);

/* The file that they were read from; NULL: none. Valid as long as the settings. */
const char *settings_path(const struct settings *settings);

/* What is wrong with an entry of a list and could only be seen by who knows what it is for: puts
 * the file and the line of it before what *problem says, as for all other mistakes. name: of the
 * list, "limits.sources". Returns -EBADMSG. */
int settings_refuse_entry(
	const struct settings *settings, const char *name, size_t entry, struct problem *problem);

/* What is in force and where it is from, a new reference:
 *   {"file": PATH or null, "settings": {"hold.quiet_time": {"value": 900, "unit": "seconds",
 *    "from": "default"}, "hold.enabled": {"value": true, "from": "file", "line": 7}, ...}}
 * Values are numbers, truth values, texts (null: none) and lists of texts; "unit" is "seconds" or
 * "bytes" where there is one; "line" is left out where it is not known (an empty list). */
json_t *settings_json(const struct settings *settings);

/* The same as a file that reads as these settings. Errors are the stream's. */
void settings_write(const struct settings *settings, FILE *out);

/* The rows for stanch.conf(5), and a file to begin with: settings/describe.h. */
void settings_manual(FILE *out);
void settings_sample(FILE *out);

#endif
