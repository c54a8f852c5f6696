/* Law: what is read is written back as the same bytes. */
#include "formats/log_position.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};
	struct log_position position;
	char again[LOG_POSITION_TEXT];

	if (log_position_parse(text, &position) != 0)
		return 0;
	if (position.count == 0 || position.count > LOG_POSITION_MARKS)
		abort();
	if (!slice_is(text, log_position_text(&position, again)))
		abort();
	return 0;
}
