#include "formats/mail_address.h"

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* RFC 5322, 3.2.3: atoms between dots. */
static bool is_local_part(struct slice s)
{
	const struct slice marks = slice_of("!#$%&'*+-/=?^_`{|}~");
	char before = '.';

	for (size_t i = 0; i < s.len; before = s.at[i++]) {
		bool is_atext = is_alnum(s.at[i]) || slice_find(marks, s.at[i]) < marks.len;
		if (!is_atext && (s.at[i] != '.' || before == '.'))
			return false;
	}
	return before != '.' && s.at[0] != '-';
}

static bool is_domain(struct slice s)
{
	char before = '.';

	for (size_t i = 0; i < s.len; before = s.at[i++]) {
		bool is_edge = before == '.' || i + 1 == s.len || s.at[i + 1] == '.';
		if (!is_alnum(s.at[i]) && (is_edge || s.at[i] != '-') &&
			(s.at[i] != '.' || before == '.'))
			return false;
	}
	return s.len > 0 && before != '.';
}

bool mail_address_is_atoms(struct slice address)
{
	size_t at = slice_find(address, '@');

	return at < address.len && is_local_part(slice_first(address, at)) &&
	       is_domain(slice_after(address, at + 1));
}

bool mail_address_is_plain(struct slice address)
{
	return address.len <= MAIL_ADDRESS_MAX && mail_address_is_atoms(address);
}
