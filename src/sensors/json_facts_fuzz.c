/* The law of json_facts.h: what is read is within its bounds, and reading it twice gives the same;
 * damage is said. */
#include "sensors/json_facts.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool same(struct slice a, struct slice b)
{
	return slice_equal(a, b);
}

static void check_fact(const struct fact *f)
{
	must(f->kind < FACT_KINDS && f->at_us >= 0 && f->failure < FAILURES);
	must(f->recipient_count <= FACT_RECIPIENTS_MAX && f->recipient_count <= f->recipient_total);
	size_t bytes = 0;
	for (size_t i = 0; i < f->recipient_count; i++)
		bytes += strnlen(f->recipients[i].at, f->recipients[i].len) <= f->recipients[i].len;
	must(bytes == f->recipient_count); /* each can be read */
	must(f->source == NULL || f->source->len <= SOURCE_NAME_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(json_facts) one = json_facts_new();
	AUTO(json_facts) two = json_facts_new();
	struct slice rest = {(const char *)data, size}, line;

	while (slice_take_line(&rest, &line)) {
		struct problem p = {0}, q = {0};
		struct fact a = {0}, b = {0};
		enum json_facts_answer answer = json_facts_read(one, line, &a, &p);

		must(json_facts_read(two, line, &b, &q) == answer);
		must((answer == JSON_DAMAGED) == (p.text[0] != '\0'));
		if (answer != JSON_FACT)
			continue;
		check_fact(&a);
		must(a.kind == b.kind && a.at_us == b.at_us && same(a.id, b.id));
		must(a.recipient_count == b.recipient_count && same(a.client, b.client));
		must((a.source == NULL) == (b.source == NULL));
		must(a.source == NULL || source_equal(a.source, b.source));
		must(same(a.sender, b.sender) && same(a.body, b.body) && same(a.user, b.user));
	}
	return 0;
}
