/* Laws: what is taken is one statement of plain bytes without a comment, and has as many marks
 * outside its quotes as it has parameters; what is refused is said. */
#include "formats/sql_statement.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool law)
{
	if (!law)
		abort();
}

static size_t count_marks(const char *text, char mark)
{
	size_t marks = 0;
	char quote = '\0';

	for (const char *c = text; *c != '\0'; c++) {
		must((*c >= ' ' && *c <= '~' && *c != '\\') || *c == '\t' || *c == '\n');
		if (quote != '\0') {
			quote = *c == quote ? '\0' : quote;
			continue;
		}
		if (*c == '\'' || *c == '"' || *c == '`')
			quote = *c;
		must(*c != ';' && *c != '#' && strncmp(c, "--", 2) != 0 &&
			strncmp(c, "/*", 2) != 0);
		marks += *c == mark ? 1 : 0;
	}
	must(quote == '\0');
	return marks;
}

static void check(struct slice written, enum sql_marks marks, char mark)
{
	struct sql_statement s = {0};
	struct problem p = {0};
	int err = sql_statement_read(written, marks, &s, &p);

	must((err == 0) == (p.text[0] == '\0'));
	if (err < 0)
		return;
	must(s.count <= SQL_PARAMETERS_MAX && strlen(s.text) <= written.len);
	must(count_marks(s.text, mark) == s.count);
	for (size_t i = 0; i < s.count; i++)
		must(s.parameters[i] < SQL_PLACES && sql_statement_has(&s, s.parameters[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice written = {(const char *)data, size};

	check(written, SQL_QUESTION_MARKS, '?');
	check(written, SQL_NUMBERS, '$');
	return 0;
}
