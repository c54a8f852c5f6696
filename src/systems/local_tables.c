#include "systems/local_tables.h"

#include "base/printable.h"
#include "base/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 1024
#define DOMAIN_MAX     253

/* One row; a negative errno and what is wrong with it. */
typedef int take_row(void *context, struct slice row, const char **ret_why);

static int read_rows(
	FILE *in, const char *path, take_row *take, void *context, struct problem *problem)
{
	char *line = NULL;
	size_t room = 0, number = 0;
	ssize_t len;
	int err = 0;

	while (err == 0 && (len = getline(&line, &room, in)) >= 0) {
		struct slice row = {line, (size_t)len};
		const char *why = "too long a line";

		number++;
		row = slice_trim(slice_first(row, slice_find(row, '#')));
		if (row.len == 0)
			continue;
		err = row.len > LINE_MAX_BYTES || number > LOCAL_TABLES_ROWS_MAX
			      ? -EFBIG
			      : take(context, row, &why);
		if (err < 0)
			(void)problem_set(problem, err, "%s:%zu: %s", path, number, why);
	}
	if (err == 0 && ferror(in))
		err = problem_set(problem, -EIO, "cannot read %s", path);
	free(line);
	return err;
}

static int read_table(const char *path, take_row *take, void *context, struct problem *problem)
{
	FILE *in = fopen(path, "re");

	if (in == NULL)
		return problem_set(problem, -errno, "cannot open %s: %s", path, strerror(errno));
	int err = read_rows(in, path, take, context, problem);
	(void)fclose(in);
	return err;
}

static struct slice take_word(struct slice *rest)
{
	size_t len = 0;

	*rest = slice_trim(*rest);
	while (len < rest->len && rest->at[len] != ' ' && rest->at[len] != '\t')
		len++;
	struct slice word = slice_first(*rest, len);
	*rest = slice_trim(slice_after(*rest, len));
	return word;
}

static int take_network(void *context, struct slice row, const char **ret_why)
{
	struct slice prefix = take_word(&row), text = take_word(&row), country = take_word(&row);
	uint64_t number = 0;

	if (text.len > 2 && slice_equal_nocase(slice_first(text, 2), slice_of("as")))
		text = slice_after(text, 2);
	if (!slice_is(text, "-") && units_read_count(text, UINT32_MAX, &number) < 0) {
		*ret_why = "the second word is no number of a network (0 or -: not known)";
		return -EINVAL;
	}
	*ret_why = "no row PREFIX NUMBER [COUNTRY], such as 192.0.2.0/24 64500 de";
	if (row.len > 0)
		return -EINVAL;
	return networks_add(context, prefix, (uint32_t)number, country);
}

int local_tables_networks(const char *path, struct networks *networks, struct problem *problem)
{
	return read_table(path, take_network, networks, problem);
}

struct hosted_reader {
	void (*each)(void *context, struct slice domain);
	void *context;
};

static int take_domain(void *context, struct slice row, const char **ret_why)
{
	const struct hosted_reader *r = context;

	for (size_t i = 0; i < row.len; i++)
		if ((unsigned char)row.at[i] <= ' ' || row.at[i] == '@') {
			*ret_why = "not one domain a line";
			return -EINVAL;
		}
	*ret_why = "no domain is that long";
	if (row.len > DOMAIN_MAX)
		return -EINVAL;
	r->each(r->context, row);
	return 0;
}

int local_tables_hosted(const char *path, void (*each)(void *context, struct slice domain),
	void *context, struct problem *problem)
{
	struct hosted_reader reader = {each, context};

	return read_table(path, take_domain, &reader, problem);
}
