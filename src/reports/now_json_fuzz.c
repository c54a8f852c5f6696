/* The law of now_json_read(): whatever the document is, it is refused or read; what was read is
 * written as one that is read as the same. */
#include "reports/now_json.h"

#include "base/sketch.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void write_and_read(const struct now *n)
{
	struct now again = {0};
	json_t *written = now_json(n), *twice;

	must(json_dumpb(written, NULL, 0, JSON_COMPACT) <= NOW_JSON_MAX);
	must(now_json_read(written, &again) == 0);
	must(again.queue == n->queue && again.is_ready == n->is_ready);
	must(again.incidents.count <= n->incidents.count);
	twice = now_json(&again);
	must(json_object_size(twice) == json_object_size(written));
	json_decref(written);
	json_decref(twice);
	now_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_error_t error;
	json_t *object = json_loadb((const char *)data, size, JSON_ALLOW_NUL, &error);
	struct now n = {0};

	if (object != NULL && now_json_read(object, &n) == 0)
		write_and_read(&n);
	now_clear(&n);
	json_decref(object);
	return 0;
}
