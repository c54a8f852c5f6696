#include "settings/describe.h"

#include "base/mdoc.h"

#include <string.h>

#define COLUMNS 78 /* of a comment, without the TAB before it */

/* ---- manual ---- */

static bool is_empty(const struct setting_row *row)
{
	return row->initial[0] == '\0';
}

static void mdoc_row(const struct setting_row *row, FILE *out)
{
	char range[SETTING_RANGE_TEXT];

	(void)fprintf(out, ".It Ic %s\n", setting_row_own_name(row));
	mdoc_text(out, row->help);
	setting_range_text(row, range);
	(void)fprintf(out, "It is %s", range);
	if (is_empty(row))
		(void)fputs(", by default empty.\n", out);
	else
		(void)fprintf(out, ", by default\n.Li %s .\n", row->initial);
}

void describe_mdoc(const struct setting_table *table, FILE *out)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct setting_group *group = &table->groups[i];
		(void)fprintf(out, ".Ss %s\n", group->name);
		mdoc_text(out, group->help);
		(void)fputs(".Bl -tag -width Ds\n", out);
		for (size_t k = 0; k < group->count; k++)
			mdoc_row(&group->rows[k], out);
		(void)fputs(".El\n", out);
	}
}

/* ---- sample ---- */

/* Wrapped at blanks, each line as a comment. */
static void comment(const char *before, const char *text, FILE *out)
{
	while (*text != '\0') {
		size_t len = strlen(text);
		if (len > COLUMNS) {
			len = COLUMNS;
			while (len > 0 && text[len] != ' ')
				len--;
			if (len == 0)
				len = strcspn(text, " ");
		}
		(void)fprintf(out, "%s# %.*s\n", before, (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
}

static void sample_row(const struct setting_store *first, struct setting_at at,
	const struct setting_row *row, FILE *out)
{
	char range[SETTING_RANGE_TEXT], text[SETTING_RANGE_TEXT + 8];

	comment("\t", row->help, out);
	(void)snprintf(text, sizeof(text), "(%s)", setting_range_text(row, range));
	comment("\t", text, out);
	(void)fprintf(out, "\t#%s = ", setting_row_own_name(row));
	setting_store_write(first, at, out);
	(void)fputc('\n', out);
}

void describe_sample(const struct setting_table *table, FILE *out)
{
	AUTO(setting_store) first = setting_store_new(table);

	for (size_t i = 0; i < table->count; i++) {
		const struct setting_group *group = &table->groups[i];
		(void)fputc('\n', out);
		comment("", group->help, out);
		(void)fprintf(out, "%s {\n", group->name);
		for (size_t k = 0; k < group->count; k++) {
			if (k > 0)
				(void)fputc('\n', out);
			sample_row(first, (struct setting_at){i, k}, &group->rows[k], out);
		}
		(void)fputs("}\n", out);
	}
}
