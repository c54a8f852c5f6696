#include "formats/http_cookie.h"

bool http_cookie_find(struct slice field, const char *name, struct slice *ret)
{
	struct slice found = {0};
	unsigned count = 0;

	while (field.len > 0) {
		size_t n = slice_find(field, ';');
		struct slice pair = slice_trim(slice_first(field, n));
		size_t equals = slice_find(pair, '=');

		if (equals < pair.len && slice_is(slice_first(pair, equals), name)) {
			found = slice_after(pair, equals + 1);
			count++;
		}
		field = slice_after(field, n + 1);
	}
	if (count != 1)
		return false;
	*ret = found;
	return true;
}
