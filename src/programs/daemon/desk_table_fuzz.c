/* Laws: whatever is asked, a word of a command is one of ours, or behind an option that takes it,
 * or a number, an id or a source with its kind in front; and only one thing is done, to one object.
 */
#include "programs/daemon/desk_table.h"

#include "base/json_text.h"
#include "facts/source.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static const char *const options[] = {"--quiet", "--all", "--yes", "--dry-run", "--remove",
	"--kept", "--mode=blocklists", "--timeout=20", NULL};
static const char *const with_value[] = {"--reason=", "--for=", "--before=", "--limit=", NULL};

static bool is_option(const char *word)
{
	for (size_t i = 0; options[i] != NULL; i++)
		if (strcmp(word, options[i]) == 0)
			return true;
	for (size_t i = 0; with_value[i] != NULL; i++)
		if (strncmp(word, with_value[i], strlen(with_value[i])) == 0)
			return true;
	return false;
}

static void check_word(const char *word)
{
	struct source source;

	must(word[0] != '\0' && strpbrk(word, "\n\r\x1b") == NULL);
	if (word[0] == '-')
		must(is_option(word));
	else if (strchr(word, ':') != NULL)
		must(source_parse(slice_of(word), &source) == 0);
	else
		must(strlen(word) <= 23);
}

static void check_errand(struct desk_errand *e)
{
	char object[DESK_OBJECT_MAX];

	must(e->commands <= DESK_COMMANDS);
	for (size_t i = 0; i < e->commands; i++) {
		must(e->counts[i] >= 1 && e->counts[i] <= DESK_WORDS && e->words[i][0][0] != '-');
		for (size_t k = 0; k < e->counts[i]; k++)
			check_word(e->words[i][k]);
	}
	(void)desk_errand_object(e, object);
	desk_errand_clear(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *o = json_loadb((const char *)data, size,
		JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	const char *what = json_string_value(json_object_get(o, "what"));
	struct desk_errand e = {0};
	struct problem p = {0};

	int status = desk_table_do(o, &e, &p);
	must((status == 0) == (p.text[0] == '\0'));
	if (status == 0) {
		must(e.commands == 1 && desk_errand_role(&e) == PAGE_OPERATOR);
		check_errand(&e);
	}
	p.text[0] = '\0';
	if (what != NULL && desk_table_read(what, json_object_get(o, "args"), &e, &p) == 0)
		check_errand(&e);
	json_decref(o);
	return 0;
}
