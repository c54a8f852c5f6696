/* The law of ledger_read(): whatever the bytes are, it is refused or read; what was read is written
 * as the same bytes, but for what the order of places in tables leaves open, and reads again. */
#include "facts/ledger.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	hash_set_seed(42);
	AUTO(ledger) l = ledger_new(100, 1024);

	if (ledger_read(l, (struct slice){(const char *)data, size}) < 0)
		return 0;
	size_t len;
	char *image = ledger_write(l, &len);
	AUTO(ledger) again = ledger_new(100, 1024);
	must(ledger_read(again, (struct slice){image, len}) == 0);
	must(ledger_count(again) == ledger_count(l));
	free(image);
	return 0;
}
