/* Whatever the document says and whatever the size is, each piece of the view is in its place, and
 * none has a control in it. */
#include "reports/top.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct canvas *c)
{
	for (size_t i = 0; i < canvas_count(c); i++) {
		struct canvas_piece p = canvas_at(c, i);

		if (p.row >= canvas_rows(c) || p.column + p.columns > canvas_columns(c))
			abort();
		for (size_t k = 0; k < p.text.len; k++)
			if ((unsigned char)p.text.at[k] < ' ' || p.text.at[k] == 0x7f)
				abort();
	}
}

static void draw(const struct now *now, const uint8_t sizes[4])
{
	const struct top_state state = {.now = now,
		.clock = now->at + sizes[2],
		.unicode = (sizes[3] & 1) != 0,
		.plain = (sizes[3] & 2) != 0,
		.columns = sizes[0],
		.rows = sizes[1]};
	const struct top_choice choice = {.list = (sizes[3] & 4) != 0 ? TOP_SOURCES : TOP_INCIDENTS,
		.order = (sizes[3] & 8) != 0 ? TOP_BY_HOUR : TOP_BY_SUSPICION,
		.is_paused = (sizes[3] & 16) != 0,
		.is_typing = (sizes[3] & 32) != 0};
	AUTO(canvas) c = top_draw(&state, &choice);

	check(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct now now = {0};
	json_t *document;

	if (size < 4)
		return 0;
	document = json_loadb((const char *)data + 4, size - 4, 0, NULL);
	if (document != NULL && now_json_read(document, &now) == 0)
		draw(&now, data);
	json_decref(document);
	now_clear(&now);
	return 0;
}
