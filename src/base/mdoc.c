#include "base/mdoc.h"

#include <stdbool.h>
#include <string.h>

void mdoc_text(FILE *out, const char *text)
{
	bool at_start = true;

	for (const char *c = text; *c != '\0'; c++) {
		if (at_start && (*c == '.' || *c == '\''))
			(void)fputs("\\&", out);
		if (*c == '\\')
			(void)fputs("\\e", out);
		else
			(void)fputc(*c, out);
		at_start = *c == '\n';
		if (strchr(".?!", *c) != NULL && c[1] == ' ' && c[2] != '\0' && c > text &&
			c[-1] != ' ') {
			(void)fputc('\n', out);
			at_start = true;
			c++;
		}
	}
	if (!at_start)
		(void)fputc('\n', out);
}
