#include "reports/evidence_list.h"

#include "base/printable.h"

#include <math.h>

#define BAR_BITS    20.0 /* a bar of full length */
#define BAR_COLUMNS 10

static void print_bar(const struct terminal *t, double bits, bool unicode)
{
	size_t full = (size_t)fmin(BAR_COLUMNS, ceil(fabs(bits) / BAR_BITS * BAR_COLUMNS));

	terminal_style(t, bits > 0 ? TERMINAL_RED : TERMINAL_PLAIN);
	for (size_t i = 0; i < BAR_COLUMNS; i++)
		if (i >= full)
			(void)fputc(' ', t->out);
		else
			(void)fputs(bits <= 0 ? "-" : unicode ? "\xe2\x96\x88" : "#", t->out);
	terminal_style(t, TERMINAL_PLAIN);
}

void evidence_list_print(
	const struct terminal *t, const struct evidence *evidence, size_t count, bool unicode)
{
	for (size_t i = 0; i < count; i++) {
		const struct evidence *e = &evidence[i];

		(void)fprintf(t->out, "    %+5.1f ", e->bits);
		print_bar(t, e->bits, unicode);
		(void)fputc(' ', t->out);
		printable_write(t->out, slice_of(e->text));
		for (size_t k = 0; k < e->id_count; k++) {
			(void)fputs(k == 0 ? "  (" : " ", t->out);
			printable_write(t->out, slice_of(e->ids[k]));
		}
		(void)fputs(e->id_count > 0 ? ")\n" : "\n", t->out);
	}
}
