#include "formats/whmcs_vars.h"

#include "base/memory.h"
#include "base/secret.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define PREFIX    "stanch_"
#define PLAIN_MAX (WHMCS_VARS_MAX / 4 * 3 - 8)

/* An array as serialize() writes it: a:2:{s:3:"key";s:5:"value";…}. Lengths are in bytes, so that
 * nothing in a value can end it. */
struct array {
	char *at; /* PLAIN_MAX */
	size_t len;
	bool is_too_long;
};

static void add(struct array *a, const char *begin, struct slice text, const char *end)
{
	size_t left = PLAIN_MAX - a->len;
	int n = snprintf(a->at + a->len, left, "s:%zu:\"%s%.*s\";%s", strlen(begin) + text.len,
		begin, (int)text.len, text.at, end);

	a->is_too_long = a->is_too_long || n < 0 || (size_t)n >= left;
	a->len += a->is_too_long ? 0 : (size_t)n;
}

/* As HTML text. */
static int add_value(
	struct array *a, const struct template_variable *variable, struct problem *problem)
{
	char tag[TEMPLATE_NAME_SHOWN + 8];
	struct template_text text = {0};

	(void)snprintf(tag, sizeof(tag), "{{%s}}", variable->name);
	int err = template_render(
		slice_of(tag), "customvars", TEMPLATE_HTML, variable, 1, &text, problem);
	if (err == 0)
		add(a, "", (struct slice){text.at, text.len}, "");
	template_text_clear(&text);
	return err;
}

int whmcs_vars_write(const struct template_variable *variables, size_t count,
	struct template_text *ret, struct problem *problem)
{
	struct array a = {.at = memory_new(1, PLAIN_MAX)};
	int err = 0;

	a.len = (size_t)snprintf(a.at, PLAIN_MAX, "a:%zu:{", count);
	for (size_t i = 0; i < count && err == 0; i++) {
		add(&a, PREFIX, slice_of(variables[i].name), "");
		err = add_value(&a, &variables[i], problem);
	}
	if (err == 0 && (a.is_too_long || a.len + 2 > PLAIN_MAX))
		err = problem_set(problem, -EMSGSIZE, "the variables are too long for WHMCS");
	if (err == 0) {
		a.at[a.len++] = '}';
		*ret = (struct template_text){.at = memory_new(1, WHMCS_VARS_MAX)};
		(void)sodium_bin2base64(ret->at, WHMCS_VARS_MAX, (const unsigned char *)a.at, a.len,
			sodium_base64_VARIANT_ORIGINAL);
		ret->len = strlen(ret->at);
	}
	secret_wipe(a.at, PLAIN_MAX);
	free(a.at);
	return err;
}
