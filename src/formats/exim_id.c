#include "formats/exim_id.h"

#include <errno.h>

/* Where the two hyphens stand. */
#define FIRST_HYPHEN      6
#define SECOND_HYPHEN_OLD 13
#define SECOND_HYPHEN_NEW 18

/* Looked up, because the name of every file in a folder goes through here. */
#define FIVE(c) [c] = true, [(c) + 1] = true, [(c) + 2] = true, [(c) + 3] = true, [(c) + 4] = true
static const bool is_digit62[256] = {
	FIVE('0'), FIVE('5'),                                                /* 0 to 9 */
	FIVE('A'), FIVE('F'), FIVE('K'), FIVE('P'), FIVE('U'), ['Z'] = true, /* A to Z */
	FIVE('a'), FIVE('f'), FIVE('k'), FIVE('p'), FIVE('u'), ['z'] = true, /* a to z */
};
#undef FIVE

bool exim_id_is_digit(char c)
{
	return is_digit62[(unsigned char)c];
}

static unsigned digit_value(char c)
{
	if (c <= '9')
		return (unsigned)(c - '0');
	if (c <= 'Z')
		return (unsigned)(c - 'A') + 10;
	return (unsigned)(c - 'a') + 36;
}

static bool are_digits(const char *at, size_t len)
{
	bool all = true;

	for (size_t i = 0; i < len; i++)
		all = all && is_digit62[(unsigned char)at[i]];
	return all;
}

static bool is_id(const char *at, size_t len)
{
	size_t second = len == EXIM_ID_OLD ? SECOND_HYPHEN_OLD : SECOND_HYPHEN_NEW;

	if (len != EXIM_ID_OLD && len != EXIM_ID_NEW)
		return false;
	return at[FIRST_HYPHEN] == '-' && at[second] == '-' && are_digits(at, FIRST_HYPHEN) &&
	       are_digits(at + FIRST_HYPHEN + 1, second - FIRST_HYPHEN - 1) &&
	       are_digits(at + second + 1, len - second - 1);
}

int exim_id_parse(struct slice text, struct exim_id *ret_id)
{
	if (!is_id(text.at, text.len))
		return -EBADMSG;

	ret_id->len = (uint8_t)text.len;
	memset(ret_id->text, 0, sizeof(ret_id->text));
	memcpy(ret_id->text, text.at, text.len);
	return 0;
}

enum exim_file exim_id_of_file(struct slice name, struct exim_id *ret_id)
{
	if (name.len != EXIM_ID_OLD + 2 && name.len != EXIM_ID_NEW + 2)
		return EXIM_FILE_NONE;
	if (name.at[name.len - 2] != '-')
		return EXIM_FILE_NONE;

	enum exim_file file;
	switch (name.at[name.len - 1]) {
	case 'H':
		file = EXIM_FILE_HEADER;
		break;
	case 'D':
		file = EXIM_FILE_DATA;
		break;
	case 'J':
		file = EXIM_FILE_JOURNAL;
		break;
	default:
		return EXIM_FILE_NONE;
	}
	return exim_id_parse(slice_first(name, name.len - 2), ret_id) == 0 ? file : EXIM_FILE_NONE;
}

static uint64_t base62(const char *at, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value * 62 + digit_value(at[i]);
	return value;
}

int64_t exim_id_seconds(const struct exim_id *id)
{
	return (int64_t)base62(id->text, FIRST_HYPHEN);
}

uint64_t exim_id_process(const struct exim_id *id)
{
	size_t second = id->len == EXIM_ID_OLD ? SECOND_HYPHEN_OLD : SECOND_HYPHEN_NEW;
	return base62(id->text + FIRST_HYPHEN + 1, second - FIRST_HYPHEN - 1);
}

char exim_id_letter(const struct exim_id *id)
{
	return id->text[FIRST_HYPHEN - 1];
}

size_t exim_id_body_offset(const struct exim_id *id)
{
	return (size_t)id->len + 3; /* "-D" and the LF */
}

int exim_id_compare(const struct exim_id *a, const struct exim_id *b)
{
	return strcmp(a->text, b->text);
}

int exim_id_compare_time(const struct exim_id *a, const struct exim_id *b)
{
	int by_second = memcmp(a->text, b->text, FIRST_HYPHEN);
	if (by_second != 0)
		return by_second;

	size_t rest_a = a->len == EXIM_ID_OLD ? SECOND_HYPHEN_OLD : SECOND_HYPHEN_NEW;
	size_t rest_b = b->len == EXIM_ID_OLD ? SECOND_HYPHEN_OLD : SECOND_HYPHEN_NEW;
	return strcmp(a->text + rest_a + 1, b->text + rest_b + 1);
}
