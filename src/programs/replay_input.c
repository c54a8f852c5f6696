#include "programs/replay_input.h"

#include "base/memory.h"
#include "base/printable.h"
#include "formats/log_name.h"
#include "reports/progress.h"
#include "sensors/json_facts.h"
#include "sensors/log_facts.h"
#include "systems/log_archive.h"

#include <dirent.h>
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

/* ---- logs ---- */

/* Logs in one folder are those of one server; of main and reject log each is a sequence of files.
 */
struct log_set {
	char *folder; /* owned */
	enum log_facts_log log;
	char **paths; /* owned */
	size_t count;
	struct log_facts
		*facts; /* shared by both logs of a server; owned by the main or only one */
	bool owns_facts;
};

struct log_reading {
	struct reading *reading;
	struct log_set *sets;
	size_t count;
};

/* How main and reject logs are called: by Exim's default and Debian, by cPanel, by FreeBSD. */
static const struct {
	const char *pattern;
	enum log_facts_log log;
} log_names[] = {
	{"mainlog", LOG_FACTS_MAIN},
	{"mainlog-%D", LOG_FACTS_MAIN},
	{"mainlog%D", LOG_FACTS_MAIN},
	{"exim_mainlog", LOG_FACTS_MAIN},
	{"main.log", LOG_FACTS_MAIN},
	{"exim_main.log", LOG_FACTS_MAIN},
	{"rejectlog", LOG_FACTS_REJECT},
	{"rejectlog-%D", LOG_FACTS_REJECT},
	{"rejectlog%D", LOG_FACTS_REJECT},
	{"exim_rejectlog", LOG_FACTS_REJECT},
	{"reject.log", LOG_FACTS_REJECT},
};

static bool is_log_name(const char *name, enum log_facts_log *ret_log)
{
	struct log_name parsed;

	for (size_t i = 0; i < sizeof(log_names) / sizeof(log_names[0]); i++)
		if (log_name_parse(slice_of(log_names[i].pattern), slice_of(name), &parsed)) {
			*ret_log = log_names[i].log;
			return true;
		}
	return false;
}

static void add_relays(struct log_facts *facts, const struct setting_list *relays)
{
	for (size_t i = 0; relays != NULL && i < relays->count; i++)
		(void)!log_facts_add_relay(facts, slice_of(relays->at[i]));
}

static struct log_set *set_of(struct log_reading *l, struct slice folder, enum log_facts_log log)
{
	struct log_set *set = NULL;
	struct log_facts *facts = NULL;

	for (size_t i = 0; i < l->count; i++) {
		if (!slice_is(folder, l->sets[i].folder))
			continue;
		facts = l->sets[i].facts;
		if (l->sets[i].log == log)
			return &l->sets[i];
	}
	l->sets = memory_grow(l->sets, l->count + 1, sizeof(*l->sets));
	set = &l->sets[l->count++];
	*set = (struct log_set){.folder = memory_copy(folder.at, folder.len),
		.log = log,
		.facts = facts,
		.owns_facts = facts == NULL};
	if (facts == NULL && log_facts_new(l->reading->source->zone, &set->facts) < 0)
		set->facts = NULL; /* it was tried before */
	if (facts == NULL && set->facts != NULL)
		add_relays(set->facts, l->reading->source->relays);
	return set;
}

static void add_path(struct log_reading *l, const char *path)
{
	struct slice whole = slice_of(path);
	size_t slash = slice_find_last(whole, '/');
	const char *name = slash < whole.len ? path + slash + 1 : path;
	struct slice folder = slash < whole.len ? slice_first(whole, slash) : slice_of(".");
	enum log_facts_log log = LOG_FACTS_MAIN;

	(void)is_log_name(name, &log);
	struct log_set *set = set_of(l, folder, log);
	set->paths = memory_grow(set->paths, set->count + 1, sizeof(char *));
	set->paths[set->count++] = memory_copy(path, whole.len);
}

/* All main logs of a folder: a reject log repeats what they say. */
static int add_folder(struct log_reading *l, const char *path, DIR *folder)
{
	const struct dirent *entry;
	enum log_facts_log log;
	int found = 0;

	while ((entry = readdir(folder)) != NULL) {
		if (!is_log_name(entry->d_name, &log) || log != LOG_FACTS_MAIN)
			continue;
		char *file = memory_new(strlen(path) + strlen(entry->d_name) + 2, 1);
		(void)sprintf(file, "%s/%s", path, entry->d_name);
		add_path(l, file);
		free(file);
		found++;
	}
	return found;
}

static void add_argument(struct log_reading *l, const char *path)
{
	DIR *folder = opendir(path);
	char shown[PATH_SHOWN];

	if (folder == NULL) { /* a file, or what will be told when it is opened */
		add_path(l, path);
		return;
	}
	if (add_folder(l, path, folder) == 0) {
		context_warn(l->reading->context,
			"no main log in %s: name the files, if they are called otherwise",
			printable_text(slice_of(path), shown, sizeof(shown)));
		l->reading->losses->problems++;
	}
	(void)closedir(folder);
}

static void take_line(void *context, size_t server, struct slice line)
{
	struct log_reading *l = context;
	const struct log_set *set = &l->sets[server];
	struct fact fact;

	if (log_facts_take(set->facts, set->log, line, &fact)) {
		hand_on(l->reading, &fact);
		return;
	}
	if (log_facts_damage(set->facts) == NULL)
		return;
	struct problem problem;
	char shown[120], folder[PATH_SHOWN];
	(void)problem_set(&problem, 0, "%s: %s: \"%s\"",
		printable_text(slice_of(set->folder), folder, sizeof(folder)),
		log_facts_damage(set->facts), printable_text(line, shown, sizeof(shown)));
	complain(l->reading, &problem);
}

static void take_problem(void *context, const struct log_archive_problem *problem)
{
	struct log_reading *l = context;

	context_problem(l->reading->context, &problem->said);
	l->reading->losses->problems++;
}

static int64_t time_of(void *context, struct slice line)
{
	struct log_reading *l = context;
	int64_t at = log_facts_time(l->sets[0].facts, line);

	return at == INT64_MIN ? LOG_ARCHIVE_NO_TIME : at;
}

static void read_archive(struct log_reading *l)
{
	struct log_archive_server *servers = memory_new(l->count, sizeof(*servers));
	const struct log_archive_visitor visitor = {
		.line = take_line, .problem = take_problem, .time = time_of, .context = l};

	for (size_t i = 0; i < l->count; i++)
		servers[i] = (struct log_archive_server){
			.paths = (const char *const *)l->sets[i].paths, .count = l->sets[i].count};
	AUTO(log_archive) archive = log_archive_new(servers, l->count, &visitor);
	for (bool more = true; more;) {
		more = log_archive_read(archive, LOOK_EVERY);
		const struct log_archive_progress p = log_archive_progress(archive);
		l->reading->done = p.used_bytes;
		l->reading->total = p.total_known ? p.total_bytes : 0;
	}
	const struct log_archive_progress p = log_archive_progress(archive);
	l->reading->losses->lines += p.long_lines;
	free(servers);
}

static void read_logs(struct reading *r)
{
	struct log_reading l = {.reading = r};
	AUTO(log_facts) zone_tried = NULL;
	char shown[64];

	if (log_facts_new(r->source->zone, &zone_tried) < 0) {
		context_warn(r->context, "--zone: there is no time zone \"%s\" here",
			printable_text(slice_of(r->source->zone), shown, sizeof(shown)));
		r->losses->problems++;
		return;
	}
	for (size_t i = 0; i < r->source->logs->count; i++)
		add_argument(&l, r->source->logs->at[i]);
	if (l.count > 0)
		read_archive(&l);
	for (size_t i = 0; i < l.count; i++) {
		for (size_t k = 0; k < l.sets[i].count; k++)
			free(l.sets[i].paths[k]);
		free(l.sets[i].paths);
		free(l.sets[i].folder);
		if (l.sets[i].owns_facts)
			log_facts_free(l.sets[i].facts);
	}
	free(l.sets);
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

	if (source->facts != NULL)
		read_json(&r);
	else
		read_logs(&r);
}
