#include "base/json_text.h"

#include "base/memory.h"
#include "base/printable.h"
#include "base/secret.h"
#include "base/units.h"

#include <malloc.h>
#include <stdlib.h>

static json_t *or_end(json_t *value)
{
	if (value == NULL) {
		(void)fputs("stanch: out of memory\n", stderr);
		abort();
	}
	return value;
}

/* Bytes of valid UTF-8 in front. */
static size_t valid_length(struct slice raw)
{
	size_t n = 0, len;

	while ((len = printable_utf8_length(slice_after(raw, n))) > 0)
		n += len;
	return n;
}

static json_t *mended_text(struct slice raw, size_t valid)
{
	static const char digits[] = "0123456789abcdef";
	char *text = memory_new(raw.len, PRINTABLE_GROWTH);
	size_t len = 0;

	while (raw.len > 0) {
		memcpy(text + len, raw.at, valid);
		len += valid;
		raw = slice_after(raw, valid);
		if (raw.len == 0)
			break;
		unsigned char byte = (unsigned char)raw.at[0];
		text[len++] = '\\';
		text[len++] = 'x';
		text[len++] = digits[byte >> 4];
		text[len++] = digits[byte & 15];
		raw = slice_after(raw, 1);
		valid = valid_length(raw);
	}
	json_t *value = or_end(json_stringn(text, len));
	free(text);
	return value;
}

json_t *json_text(struct slice raw)
{
	size_t valid = valid_length(raw);

	if (valid == raw.len)
		return or_end(json_stringn_nocheck(raw.len > 0 ? raw.at : "", raw.len));
	return mended_text(raw, valid);
}

struct slice json_slice(const json_t *value)
{
	return json_is_string(value)
		       ? (struct slice){json_string_value(value), json_string_length(value)}
		       : (struct slice){0};
}

json_t *json_time(int64_t epoch_seconds)
{
	char at[UNITS_TEXT];

	return or_end(json_string(units_time_json(epoch_seconds, at)));
}

void json_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value != NULL ? value : json_null()) != 0)
		(void)or_end(NULL);
}

void json_line(FILE *out, json_t *object)
{
	(void)json_dumpf(object, out, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
	(void)fputc('\n', out);
	json_decref(object);
}

static void wipe_and_free(void *memory)
{
	if (memory != NULL)
		secret_wipe(memory, malloc_usable_size(memory));
	free(memory);
}

void json_wipe_what_is_freed(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
}
