#include "formats/http_accept.h"

#include <stdbool.h>

enum fit { FIT_NONE, FIT_ALL, FIT_TYPE, FIT_EXACT };

/* Up to the first `end` outside of double quotes, which is taken off *rest, too. */
static struct slice take_until(struct slice *rest, char end)
{
	bool is_quoted = false;
	size_t n = 0;

	for (; n < rest->len && (is_quoted || rest->at[n] != end); n++) {
		if (rest->at[n] == '"')
			is_quoted = !is_quoted;
		else if (is_quoted && rest->at[n] == '\\' && n + 1 < rest->len)
			n++;
	}
	struct slice taken = slice_first(*rest, n);
	*rest = slice_after(*rest, n + 1);
	return taken;
}

static bool is_word(struct slice s, const char *word)
{
	return slice_equal_nocase(s, slice_of(word));
}

static enum fit fit_of(struct slice range, const struct http_type *want)
{
	size_t slash = slice_find(range, '/');
	struct slice type = slice_first(range, slash), subtype = slice_after(range, slash + 1);

	if (slash == range.len)
		return FIT_NONE;
	if (slice_is(type, "*"))
		return slice_is(subtype, "*") ? FIT_ALL : FIT_NONE;
	if (!is_word(type, want->type))
		return FIT_NONE;
	if (slice_is(subtype, "*"))
		return FIT_TYPE;
	return is_word(subtype, want->subtype) ? FIT_EXACT : FIT_NONE;
}

/* "1", "0.5", "0.125"; what is none of these is no wish at all. */
static unsigned read_weight(struct slice s)
{
	unsigned weight = 0, place = 100;

	if (s.len == 0 || s.len > 5 || (s.at[0] != '0' && s.at[0] != '1') ||
		(s.len > 1 && s.at[1] != '.'))
		return 0;
	weight = s.at[0] == '1' ? HTTP_ACCEPT_MOST : 0;
	for (size_t i = 2; i < s.len; i++, place /= 10) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return 0;
		weight += (unsigned)(s.at[i] - '0') * place;
	}
	return weight <= HTTP_ACCEPT_MOST ? weight : 0;
}

static struct slice unquoted(struct slice s)
{
	if (s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"')
		return (struct slice){s.at + 1, s.len - 2};
	return s;
}

static enum fit read_range(struct slice range, const struct http_type *want, unsigned *ret_weight)
{
	enum fit fit = fit_of(slice_trim(take_until(&range, ';')), want);

	*ret_weight = HTTP_ACCEPT_MOST;
	while (fit != FIT_NONE && range.len > 0) {
		struct slice parameter = take_until(&range, ';');
		size_t equals = slice_find(parameter, '=');
		struct slice name = slice_trim(slice_first(parameter, equals));
		struct slice value = slice_trim(slice_after(parameter, equals + 1));

		if (is_word(name, "q"))
			*ret_weight = read_weight(value);
		else if (is_word(name, "version") && !slice_is(unquoted(value), want->version))
			fit = FIT_NONE;
	}
	return fit;
}

unsigned http_accept_weight(struct slice field, const struct http_type *type)
{
	enum fit best = FIT_NONE;
	unsigned weight = 0;

	if (slice_trim(field).len == 0)
		return HTTP_ACCEPT_MOST;
	for (unsigned i = 0; i < HTTP_ACCEPT_RANGES && field.len > 0; i++) {
		unsigned of_range = 0;
		enum fit fit = read_range(take_until(&field, ','), type, &of_range);

		if (fit == FIT_NONE || fit < best)
			continue;
		if (fit > best || of_range > weight)
			weight = of_range;
		best = fit;
	}
	return weight;
}

static unsigned read_coding_weight(struct slice parameters)
{
	unsigned weight = HTTP_ACCEPT_MOST;

	while (parameters.len > 0) {
		struct slice parameter = take_until(&parameters, ';');
		size_t equals = slice_find(parameter, '=');

		if (is_word(slice_trim(slice_first(parameter, equals)), "q"))
			weight = read_weight(slice_trim(slice_after(parameter, equals + 1)));
	}
	return weight;
}

unsigned http_accept_coding(struct slice field, const char *coding)
{
	unsigned weight = 0;
	bool is_named = false;

	for (unsigned i = 0; i < HTTP_ACCEPT_RANGES && field.len > 0; i++) {
		struct slice range = take_until(&field, ',');
		struct slice name = slice_trim(take_until(&range, ';'));
		unsigned of_range = read_coding_weight(range);

		if (is_word(name, coding)) {
			weight = is_named && weight > of_range ? weight : of_range;
			is_named = true;
		} else if (slice_is(name, "*") && !is_named) {
			weight = of_range;
		}
	}
	return weight;
}
