/* row_json.h - the value of one setting and where it is from, as JSON. */
#ifndef STANCH_SETTINGS_ROW_JSON_H
#define STANCH_SETTINGS_ROW_JSON_H

#include "settings/row.h"
#include "settings/store.h"

#include <jansson.h>

/* {"value": ..., "unit": ..., "from": "default" or "file", "line": ...}, a new reference; see
 * settings/settings.h. values: the struct that the row's offset is of. */
json_t *setting_row_json(
	const struct setting_row *row, const void *values, struct setting_origin origin);

#endif
