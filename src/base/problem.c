#include "base/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int problem_set(struct problem *p, int err, const char *format, ...)
{
	if (p == NULL)
		return err;

	va_list values;
	va_start(values, format);
	int n = vsnprintf(p->text, sizeof(p->text), format, values);
	va_end(values);
	if (n < 0)
		p->text[0] = '\0';
	else if ((size_t)n >= sizeof(p->text))
		memcpy(p->text + sizeof(p->text) - 4, "...", 4);
	return err;
}
