/* Laws: it is not done without the word "results" in it; reading it twice gives the same. */
#include "formats/icinga2_reply.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = {(const char *)data, size};
	bool is_done = icinga2_reply_read(body) == 0;

	/* "\u0072esults" is the same word */
	if (is_done && memmem(data, size, "results", 7) == NULL && memchr(data, '\\', size) == NULL)
		abort();
	if ((icinga2_reply_read(body) == 0) != is_done)
		abort();
	return 0;
}
