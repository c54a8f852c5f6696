#include "formats/links.h"

#include <libpsl.h>

#define HOST_MAX 253

static bool is_host_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || (c & 0x80) != 0;
}

/* The host at the beginning of s; empty when there is none. */
static struct slice host_of(struct slice s)
{
	struct slice authority = s;
	size_t len = 0;

	while (len < s.len && len < 512 && strchr("/?# \t\r\n\"'<>()", s.at[len]) == NULL)
		len++;
	authority.len = len;
	size_t user = slice_find_last(authority, '@');
	if (user < authority.len)
		authority = slice_after(authority, user + 1);
	len = 0;
	while (len < authority.len && len < HOST_MAX && is_host_byte(authority.at[len]))
		len++;
	authority.len = len;
	while (authority.len > 0 && authority.at[authority.len - 1] == '.')
		authority.len--;
	size_t dot = slice_find(authority, '.');
	return dot > 0 && dot < authority.len ? authority : (struct slice){0};
}

static bool starts_nocase(struct slice s, const char *word, size_t len)
{
	return s.len >= len && strncasecmp(s.at, word, len) == 0;
}

/* How many bytes of a link's beginning stand at the front of s; 0: none. */
static size_t scheme_length(struct slice s, bool word_begins)
{
	if (starts_nocase(s, "https://", 8))
		return 8;
	if (starts_nocase(s, "http://", 7))
		return 7;
	return word_begins && starts_nocase(s, "www.", 4) ? 4 : 0;
}

bool links_next(struct slice *rest, struct slice *ret_host)
{
	bool word_begins = true;

	for (size_t i = 0; i < rest->len; i++) {
		char c = rest->at[i];
		size_t skip = 0;

		if (c == 'h' || c == 'H' || c == 'w' || c == 'W')
			skip = scheme_length(slice_after(*rest, i), word_begins);
		word_begins = !is_host_byte(c);
		if (skip == 0)
			continue;
		struct slice host = host_of(slice_after(*rest, i + (skip == 4 ? 0 : skip)));
		if (host.len == 0)
			continue;
		*ret_host = host;
		*rest = slice_after(*rest, (size_t)(host.at + host.len - rest->at));
		return true;
	}
	*rest = (struct slice){0};
	return false;
}

/* No name ends in a number, so that one who does is an address (RFC 3696, section 2). */
static bool is_address(struct slice host)
{
	struct slice last = slice_after(host, slice_find_last(host, '.') + 1);

	for (size_t i = 0; i < last.len; i++)
		if (last.at[i] < '0' || last.at[i] > '9')
			return false;
	return true;
}

struct slice links_registered(struct slice host)
{
	char name[HOST_MAX + 1];

	if (host.len > HOST_MAX || is_address(host))
		return host;
	for (size_t i = 0; i < host.len; i++)
		name[i] = slice_lower(host.at[i]);
	name[host.len] = '\0';

	const char *registered = psl_registrable_domain(psl_builtin(), name);
	return registered != NULL ? slice_after(host, (size_t)(registered - name)) : host;
}
