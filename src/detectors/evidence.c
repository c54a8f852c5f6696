#include "detectors/evidence.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void evidence_say(struct evidence *e, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, in the line above */
	int n = vsnprintf(e->text, sizeof(e->text), format, values);
	va_end(values);
	if (n < 0)
		e->text[0] = '\0';
}

void evidence_add_id(struct evidence *e, const char *id)
{
	if (e->id_count == EVIDENCE_IDS || id[0] == '\0')
		return;
	(void)snprintf(e->ids[e->id_count++], sizeof(e->ids[0]), "%s", id);
}

void evidence_add_samples(struct evidence *e, const struct tally_source *s)
{
	for (size_t i = 0; i < s->sample_count && i < EVIDENCE_IDS; i++)
		evidence_add_id(e, s->samples[i].id);
}

char *evidence_count(const struct sketch *s, char at[EVIDENCE_COUNT_TEXT])
{
	char number[UNITS_TEXT];

	(void)snprintf(at, EVIDENCE_COUNT_TEXT, "%s%s", sketch_is_exact(s) ? "" : "about ",
		units_count_text(sketch_count(s), number));
	return at;
}

const char *evidence_plural(uint64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}
