#include "programs/replay_input.h"

#include "base/memory.h"
#include "base/printable.h"
#include "reports/progress.h"
#include "sensors/json_facts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SAID_MOST  10 /* lines that are named; the rest is counted */
#define LINE_ROOM  ((size_t)8 << 20)
#define LOOK_EVERY 4096 /* lines between two looks at how far it is */
#define MEBIBYTE   ((uint64_t)1 << 20)
#define PATH_SHOWN 512

/* One reading. */
struct reading {
	struct context *context;
	const struct replay_source *source;
	struct ledger *ledger;
	replay_fact *take;
	void *take_context;
	struct replay_losses *losses;
	_Atomic uint64_t done, total; /* bytes; total 0: not known */
};

static void look(void *context, struct progress_state *ret)
{
	struct reading *r = context;

	*ret = (struct progress_state){
		.what = "MiB read", .done = r->done / MEBIBYTE, .total = r->total / MEBIBYTE};
}

static void complain(struct reading *r, const struct problem *problem)
{
	if (r->losses->lines < SAID_MOST)
		context_problem(r->context, problem);
	else if (r->losses->lines == SAID_MOST)
		context_warn(r->context, "further lines like that are counted, not shown");
	r->losses->lines++;
}

static void hand_on(struct reading *r, const struct fact *fact)
{
	if (fact->at_us <= r->source->until_us)
		r->take(r->take_context, fact);
}

/* ---- JSON lines ---- */

static void take_meta(struct reading *r, const struct json_facts *facts)
{
	size_t at = 0;
	struct slice domain;

	while (json_facts_hosted(facts, &at, &domain))
		ledger_set_hosted(r->ledger, domain, HOSTED_YES);
	if (at > 0)
		ledger_hosted_complete(r->ledger);
}

static void take_json(struct reading *r, struct json_facts *facts, struct slice line,
	const char *path, uint64_t number)
{
	struct problem why = {0}, problem;
	struct fact fact;

	switch (json_facts_read(facts, line, &fact, &why)) {
	case JSON_FACT:
		hand_on(r, &fact);
		break;
	case JSON_META:
		take_meta(r, facts);
		break;
	case JSON_DAMAGED:
		(void)problem_set(&problem, 0, "%s:%" PRIu64 ": %s", path, number, why.text);
		complain(r, &problem);
		break;
	case JSON_NOTHING:
		break;
	}
}

/* What is longer than the room is no fact: passed over up to its end. */
static bool skip_line(FILE *in)
{
	int c;

	do
		c = getc(in);
	while (c != EOF && c != '\n');
	return c != EOF;
}

static void read_json_lines(struct reading *r, FILE *in, const char *path)
{
	AUTO(json_facts) facts = json_facts_new();
	char *line = memory_new(1, LINE_ROOM);
	uint64_t number = 0;

	while (fgets(line, LINE_ROOM, in) != NULL) {
		size_t len = strlen(line);

		number++;
		r->done += len;
		if (len == LINE_ROOM - 1 && line[len - 1] != '\n') {
			struct problem problem;
			(void)problem_set(&problem, 0, "%s:%" PRIu64 ": longer than %zu MiB", path,
				number, (size_t)(LINE_ROOM / MEBIBYTE));
			complain(r, &problem);
			if (!skip_line(in))
				break;
			continue;
		}
		take_json(r, facts, (struct slice){line, len}, path, number);
	}
	free(line);
}

static void read_json(struct reading *r)
{
	char path[PATH_SHOWN];
	bool is_input = strcmp(r->source->facts, "-") == 0;
	FILE *in = is_input ? stdin : fopen(r->source->facts, "re");
	struct stat st;

	(void)printable_text(
		slice_of(is_input ? "standard input" : r->source->facts), path, sizeof(path));
	if (in == NULL) {
		context_warn(r->context, "cannot open %s: %s", path, strerror(errno));
		r->losses->problems++;
		return;
	}
	if (fstat(fileno(in), &st) == 0 && S_ISREG(st.st_mode))
		r->total = (uint64_t)st.st_size;
	read_json_lines(r, in, path);
	if (ferror(in)) {
		context_warn(r->context, "cannot read %s: %s", path, strerror(errno));
		r->losses->problems++;
	}
	if (!is_input)
		(void)fclose(in);
}

void replay_input_read(struct context *context, const struct replay_source *source,
	struct ledger *ledger, replay_fact *take, void *take_context, struct replay_losses *ret)
{
	struct reading r = {.context = context,
		.source = source,
		.ledger = ledger,
		.take = take,
		.take_context = take_context,
		.losses = ret};
	AUTO(progress)
	progress = progress_new(context->error_terminal && !context->global.quiet, look, &r);

	read_json(&r);
}
