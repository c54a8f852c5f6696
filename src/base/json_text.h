/* json_text.h - foreign bytes as JSON, and one JSON object a line.
 *
 * JSON holds Unicode text only. Valid UTF-8 is kept; each byte that is none becomes the four
 * characters \xNN. A backslash stays single, so that addresses compare as they are: only a text
 * that itself holds "\xNN" cannot be told from the byte. */
#ifndef STANCH_BASE_JSON_TEXT_H
#define STANCH_BASE_JSON_TEXT_H

#include "base/attribute.h"
#include "base/slice.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* A new reference; memory that ends ends the process, so it is never NULL. */
json_t *json_text(struct slice raw) __attribute__((returns_nonnull));

/* The bytes of a text, borrowed; .at is NULL for what is none, and for NULL. */
struct slice json_slice(const json_t *value);

/* "2026-11-23T12:05:50Z". A new reference. */
json_t *json_time(int64_t epoch_seconds) __attribute__((returns_nonnull));

/* Sets object[key] to value and takes the reference; value may be NULL for JSON's null. */
void json_put(json_t *object, const char *key, json_t *value);

/* From here on, all that jansson frees in this process is wiped: for one that is told passwords in
 * JSON. */
void json_wipe_what_is_freed(void);

/* Writes the object as one line, keys in the order they were put, all that is not ASCII as \uNNNN:
 * the line is safe on a terminal, too. Takes the reference. Errors are the stream's. */
void json_line(FILE *out, json_t *object);

#endif
