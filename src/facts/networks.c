#include "facts/networks.h"

#include "base/memory.h"
#include "base/printable.h"
#include "base/units.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNTRY_MAX 8

/* Rows of one table, sorted by their first address; nested ones know the row around them. */
struct row {
	struct address first, last;
	uint32_t number;
	int32_t around; /* index of the row that holds this one; -1: none */
	char country[COUNTRY_MAX + 1];
};

struct networks {
	struct row *rows;
	size_t count, room;
	bool is_sorted;
};

int address_parse(struct slice text, struct address *ret)
{
	char copy[INET6_ADDRSTRLEN];
	struct address a = {.bytes = {[10] = 0xff, [11] = 0xff}};

	if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.at, '\0', text.len) != NULL)
		return -EINVAL;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	if (inet_pton(AF_INET, copy, a.bytes + 12) != 1 && inet_pton(AF_INET6, copy, a.bytes) != 1)
		return -EINVAL;
	*ret = a;
	return 0;
}

static bool is_ipv4(const struct address *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

char *address_text(const struct address *a, char at[ADDRESS_TEXT_MAX])
{
	_Static_assert(ADDRESS_TEXT_MAX >= INET6_ADDRSTRLEN, "each fits");
	at[0] = '\0';
	(void)inet_ntop(is_ipv4(a) ? AF_INET : AF_INET6, a->bytes + (is_ipv4(a) ? 12 : 0), at,
		ADDRESS_TEXT_MAX);
	return at;
}

struct address address_holder(const struct address *a)
{
	struct address holder = *a;

	if (!is_ipv4(a))
		memset(holder.bytes + sizeof(holder.bytes) / 2, 0, sizeof(holder.bytes) / 2);
	return holder;
}

bool address_same_holder(const struct address *a, const struct address *b)
{
	const struct address one = address_holder(a), other = address_holder(b);

	return memcmp(one.bytes, other.bytes, sizeof(one.bytes)) == 0;
}

static bool is_near_ipv4(const uint8_t b[4])
{
	return b[0] == 127 || b[0] == 10 || b[0] == 0 || (b[0] == 192 && b[1] == 168) ||
	       (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 169 && b[1] == 254);
}

bool address_is_near(const struct address *a)
{
	static const uint8_t loopback[16] = {[15] = 1};

	if (is_ipv4(a))
		return is_near_ipv4(a->bytes + 12);
	return memcmp(a->bytes, loopback, sizeof(loopback)) == 0 || (a->bytes[0] & 0xfe) == 0xfc ||
	       (a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80);
}

struct networks *networks_new(void)
{
	return memory_new(1, sizeof(struct networks));
}

void networks_free(struct networks *n)
{
	if (n == NULL)
		return;
	free(n->rows);
	free(n);
}

/* The first and the last address of the first `bits` bits of a. */
static void span(
	const struct address *a, unsigned bits, struct address *first, struct address *last)
{
	*first = *last = *a;
	for (unsigned i = 0; i < 16; i++) {
		unsigned kept = bits > i * 8 ? bits - i * 8 : 0;
		uint8_t mask = kept >= 8 ? 0xff : (uint8_t)(0xff00u >> kept);

		first->bytes[i] &= mask;
		last->bytes[i] = (uint8_t)(last->bytes[i] | (uint8_t)~mask);
	}
}

static int parse_prefix(struct slice prefix, struct address *first, struct address *last)
{
	size_t slash = slice_find(prefix, '/');
	struct address a;
	uint64_t bits = 0;
	int err = address_parse(slice_first(prefix, slash), &a);

	if (err < 0)
		return err;
	unsigned base = is_ipv4(&a) ? 96 : 0;
	if (slash == prefix.len)
		bits = 128 - base;
	else if (units_read_count(slice_after(prefix, slash + 1), 128 - base, &bits) < 0)
		return -EINVAL;
	span(&a, base + (unsigned)bits, first, last);
	return 0;
}

int networks_add(struct networks *n, struct slice prefix, uint32_t number, struct slice country)
{
	struct row row = {.number = number, .around = -1};

	if (country.len > COUNTRY_MAX || parse_prefix(prefix, &row.first, &row.last) < 0)
		return -EINVAL;
	for (size_t i = 0; i < country.len; i++)
		row.country[i] = slice_lower(country.at[i]);
	if (n->count == n->room) {
		n->room = n->room > 0 ? n->room * 2 : 256;
		n->rows = memory_grow(n->rows, n->room, sizeof(*n->rows));
	}
	n->rows[n->count++] = row;
	n->is_sorted = false;
	return 0;
}

struct networks *networks_of_this_host(void)
{
	struct networks *n = networks_new();

	(void)!networks_add(n, slice_of("127.0.0.0/8"), 1, (struct slice){0});
	(void)!networks_add(n, slice_of("::1"), 1, (struct slice){0});
	return n;
}

size_t networks_count(const struct networks *n)
{
	return n->count;
}

static int compare(const struct address *a, const struct address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* The wider before the narrower that begins with it. */
static int by_first(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = compare(&x->first, &y->first);

	return order != 0 ? order : -compare(&x->last, &y->last);
}

static void sort(struct networks *n)
{
	int32_t open = -1;

	if (n->count > 1)
		qsort(n->rows, n->count, sizeof(*n->rows), by_first);
	for (size_t i = 0; i < n->count; i++) {
		while (open >= 0 && compare(&n->rows[open].last, &n->rows[i].first) < 0)
			open = n->rows[open].around;
		n->rows[i].around = open;
		open = (int32_t)i;
	}
	n->is_sorted = true;
}

static const struct row *find(struct networks *n, const struct address *a)
{
	if (n == NULL || n->count == 0)
		return NULL;
	if (!n->is_sorted)
		sort(n);

	size_t low = 0, high = n->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(&n->rows[middle].first, a) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	int32_t at = (int32_t)low - 1;
	while (at >= 0 && compare(&n->rows[at].last, a) < 0)
		at = n->rows[at].around;
	return at >= 0 ? &n->rows[at] : NULL;
}

/* The same on every day and machine: it is kept with a source's habits. */
static uint32_t mix(const void *bytes, size_t len, uint32_t h)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * 16777619u;
	h ^= h >> 15;
	return h != 0 ? h : 1;
}

struct network networks_find(struct networks *n, const struct address *a)
{
	const struct row *row = find(n, a);
	struct network found = {0};

	if (row != NULL && row->country[0] != '\0')
		found.country = mix(row->country, strlen(row->country), 2166136261u);
	if (row != NULL && row->number != 0) {
		found.is_named = true;
		found.key = mix(&row->number, sizeof(row->number), 0x811c9dc5u);
	} else {
		found.key = is_ipv4(a) ? mix(a->bytes + 12, 2, 77) : mix(a->bytes, 4, 78);
	}
	return found;
}

char *networks_text(struct networks *n, const struct address *a, char at[NETWORK_TEXT])
{
	const struct row *row = find(n, a);
	char country[4 * COUNTRY_MAX + 1] = "", address[ADDRESS_TEXT_MAX];
	struct address first, last;

	if (row != NULL)
		printable_text(slice_of(row->country), country, sizeof(country));
	if (row != NULL && row->number != 0) {
		(void)snprintf(at, NETWORK_TEXT, "AS%u%s%s", row->number,
			country[0] != '\0' ? " " : "", country);
		return at;
	}
	span(a, is_ipv4(a) ? 112 : 32, &first, &last);
	(void)snprintf(at, NETWORK_TEXT, "%s/%d%s%s", address_text(&first, address),
		is_ipv4(a) ? 16 : 32, country[0] != '\0' ? " " : "", country);
	return at;
}
