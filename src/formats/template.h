/* template.h - a text with places for values, as notices are written in:
 *
 *   {{mailbox}}                 the value of a variable
 *   {{#secret}}…{{/secret}}     only when the variable has a value
 *   {{^secret}}…{{/secret}}     only when it has none
 *
 * The values are foreign: each is encoded for the form that is written, in one pass, so that it
 * becomes neither markup nor a line nor a variable of its own. A tag of a part that stands alone on
 * its line takes the line with it. */
#ifndef STANCH_FORMATS_TEMPLATE_H
#define STANCH_FORMATS_TEMPLATE_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <stddef.h>

#define TEMPLATE_MAX        ((size_t)64 << 10)  /* bytes of a template */
#define TEMPLATE_TEXT_MAX   ((size_t)256 << 10) /* bytes that may come of it */
#define TEMPLATE_VALUE_MAX  1024                /* bytes of a value; more is cut with "..." */
#define TEMPLATE_DEPTH_MAX  8                   /* parts within parts */
#define TEMPLATE_NAME_SHOWN 64                  /* bytes of a tag that a problem repeats */

enum template_form {
	TEMPLATE_PLAIN, /* a value through base/printable.h: no control, no line of its own */
	TEMPLATE_HTML,  /* likewise, and without markup: in text and in quoted attributes */
};

/* Borrowed. */
struct template_variable {
	const char *name;
	struct slice value; /* empty: not set */
};

struct template_text {
	char *at; /* a NUL behind it; never NULL after success */
	size_t len;
};
void template_text_clear(struct template_text *text); /* wiped, for it may have a secret in it */

/* name: the template's file, for problems, which begin with "name:line: ". 0 and *ret; or *problem
 * and
 *   -EINVAL   the template is not right: an unknown variable, a part without its end, …
 *   -EMSGSIZE it is longer than TEMPLATE_MAX, or the text than TEMPLATE_TEXT_MAX. */
MUST_USE int template_render(struct slice text, const char *name, enum template_form form,
	const struct template_variable *variables, size_t count, struct template_text *ret,
	struct problem *problem);

#endif
