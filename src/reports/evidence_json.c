#include "reports/evidence_json.h"

#include "base/json_text.h"

#include <math.h>

json_t *bits_json(double bits)
{
	return json_real(round(bits * 100) / 100);
}

json_t *evidence_json(const struct evidence *evidence, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct evidence *e = &evidence[i];
		json_t *o = json_object(), *ids = json_array();

		json_put(o, "detector", json_string(e->detector));
		json_put(o, "bits", bits_json(e->bits));
		json_put(o, "text", json_text(slice_of(e->text)));
		for (size_t k = 0; k < e->id_count; k++)
			(void)json_array_append_new(ids, json_text(slice_of(e->ids[k])));
		json_put(o, "ids", ids);
		(void)json_array_append_new(list, o);
	}
	return list;
}
