/* Laws: everything handed out lies inside the file; counts agree with what the iterators give; what
 * is sound is read the same from a copy elsewhere in memory. */
#include "formats/exim_header.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static void inside(struct slice file, struct slice part)
{
	must(part.len == 0 ||
		(part.at >= file.at && part.len <= (size_t)(file.at + file.len - part.at)));
}

static void check_lists(struct slice file, const struct exim_header *h)
{
	struct slice rest = h->recipients, name, again = h->recipients, domain;
	struct exim_recipient r;
	size_t n = 0;

	for (; exim_recipient_next(&rest, &r); n++) {
		must(exim_recipients_next(&again, 1, &name, &domain) == 1);
		must(slice_equal(name, r.address));
		inside(name, domain);
		must(r.address.len > 0);
		inside(h->recipients, r.address);
		inside(h->recipients, r.errors_to);
		inside(h->recipients, r.orcpt);
	}
	must(n == h->recipient_count);

	rest = h->delivered;
	for (n = 0; exim_delivered_next(&rest, &name); n++)
		inside(file, name);
	must(n == h->delivered_count || h->delivered.len == 0);

	struct exim_field field;
	uint64_t sum = 0;
	rest = h->fields;
	while (exim_field_next(&rest, &field)) {
		inside(file, field.text);
		sum += field.type != '*' ? field.text.len : 0;
	}
	must(h->damage.what != NULL || (sum == h->fields_size && rest.len == 0));
	inside(file, exim_field_value(h, "subject"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* the file names itself: the id is taken from its first line, so that the rest is reached
	 */
	struct slice file = {(const char *)data, size};
	struct exim_header h;
	struct exim_id id;

	if (exim_id_of_file(slice_first(file, EXIM_ID_OLD + 2), &id) != EXIM_FILE_HEADER &&
		exim_id_of_file(slice_first(file, EXIM_ID_NEW + 2), &id) != EXIM_FILE_HEADER)
		(void)exim_id_parse(slice_of("1xVSmQ-00076x-1r"), &id);

	int err = exim_header_parse(file, &id, &h);
	must((err == 0) == (h.damage.what == NULL));
	must(h.damage.offset <= size);
	must(h.envelope_read || err != 0);
	inside(file, h.login);
	inside(file, h.sender);
	inside(file, h.auth_id);
	inside(file, h.host_auth);
	inside(file, h.host_address);
	inside(file, h.interface_address);
	inside(file, h.fields);
	check_lists(file, &h);
	return 0;
}
