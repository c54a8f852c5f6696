/* Any bytes as a mail: what comes out is UTF-8, and as long as it says. */
#include "base/printable.h"
#include "formats/mail_text.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_utf8(const char *text, size_t len)
{
	struct slice rest = {text, len};

	while (rest.len > 0) {
		size_t n = printable_utf8_length(rest);
		if (n == 0)
			abort();
		rest = slice_after(rest, n);
	}
}

/* Header and body are parted at the first empty line, as in a mail. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = {(const char *)data, size};
	const char *gap = size > 0 ? memmem(data, size, "\n\n", 2) : NULL;
	size_t header_len = gap != NULL ? (size_t)(gap - all.at) + 1 : size;
	AUTO(mail_text)
	m = mail_text_read(slice_first(all, header_len), slice_after(all, header_len + 1));

	must_be_utf8(m->text, m->text_len);
	must_be_utf8(m->subject, strlen(m->subject));
	must_be_utf8(m->from, strlen(m->from));
	for (size_t i = 0; i < m->attachment_count; i++)
		must_be_utf8(m->attachments[i].name, strlen(m->attachments[i].name));
	return 0;
}
