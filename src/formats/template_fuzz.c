/* The first byte says how many bytes of what follows are the value of a variable; the rest is the
 * template. Laws: the text is bounded; a refusal is said and gives no text; a value alone never
 * brings a line, nor in HTML a bracket, nor a tag that is read again. */
#include "formats/template.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static void check(struct slice text, enum template_form form, const struct template_variable *v)
{
	struct template_text out = {0};
	struct problem p = {0};
	int err = template_render(text, "t", form, v, 2, &out, &p);

	must((err == 0) == (p.text[0] == '\0') && (err == 0) == (out.at != NULL));
	must(out.len <= TEMPLATE_TEXT_MAX && (err != 0 || out.at[out.len] == '\0'));
	template_text_clear(&out);
}

static void check_value(const struct template_variable *v)
{
	struct template_text out = {0};

	must(template_render(slice_of("{{a}}"), "t", TEMPLATE_HTML, v, 2, &out, NULL) == 0);
	must(strpbrk(out.at, "<>\"'\n\r") == NULL && strlen(out.at) == out.len);
	template_text_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct slice rest = {(const char *)data + 1, size - 1};
	struct template_variable v[] = {{"a", slice_first(rest, data[0])}, {"b", {0}}};

	check(slice_after(rest, data[0]), TEMPLATE_PLAIN, v);
	check(slice_after(rest, data[0]), TEMPLATE_HTML, v);
	check_value(v);
	return 0;
}
