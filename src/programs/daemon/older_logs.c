#include "programs/daemon/older_logs.h"

#include "base/memory.h"
#include "formats/log_name.h"
#include "programs/daemon/events.h"
#include "systems/log_archive.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURN_LINES 4000 /* nobody waits for an answer yet */

struct older_logs {
	const struct daemon_part *part;
	struct loop *loop;
	struct older_logs_reader reader;
	struct log_archive *archive;
	struct loop_timer *timer;
};

struct found {
	char **paths; /* owned */
	size_t count;
};

static void keep_path(struct found *found, const char *folder, const char *name)
{
	size_t room = strlen(folder) + strlen(name) + 2;
	char *path = memory_new(room, 1);

	(void)snprintf(path, room, "%s/%s", folder, name);
	found->paths = memory_grow(found->paths, found->count + 1, sizeof(char *));
	found->paths[found->count++] = path;
}

static void find_in(DIR *d, const char *folder, const char *pattern, struct found *ret)
{
	const struct dirent *entry;
	struct log_name name;
	time_t now = time(NULL);
	struct tm local;
	char live[PATH_MAX];

	if (log_name_expand(slice_of(pattern), localtime_r(&now, &local), live, sizeof(live)) < 0)
		return;
	while ((entry = readdir(d)) != NULL)
		if (log_name_parse(slice_of(pattern), slice_of(entry->d_name), &name) &&
			strcmp(entry->d_name, live) != 0)
			keep_path(ret, folder, entry->d_name);
}

static void find_older(const char *path, struct found *ret)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	(void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	DIR *d = opendir(folder[0] != '\0' ? folder : "/");
	if (d == NULL)
		return;
	find_in(d, folder, slash + 1, ret);
	(void)closedir(d);
}

static void take_line(void *context, size_t server, struct slice line)
{
	struct older_logs *o = context;

	(void)server;
	o->reader.line(o->reader.context, line);
}

static int64_t take_time(void *context, struct slice line)
{
	struct older_logs *o = context;

	return o->reader.time(o->reader.context, line);
}

static void take_problem(void *context, const struct log_archive_problem *problem)
{
	struct older_logs *o = context;

	EVENT_LOG(o->part->log, EVENT_LOG_TROUBLE, loop_now_ms(o->loop),
		event_text("path", slice_of(problem->path)),
		event_text("error", slice_of(problem->said.text)));
}

static void read_some(void *context)
{
	struct older_logs *o = context;

	if (log_archive_read(o->archive, TURN_LINES)) {
		loop_timer_start(o->timer, 0, 0);
		return;
	}
	const struct log_archive_progress p = log_archive_progress(o->archive);
	o->reader.done(o->reader.context, p.lines);
}

static void open_archive(struct older_logs *o, const struct found *found)
{
	const struct log_archive_visitor visitor = {
		.line = take_line, .problem = take_problem, .time = take_time, .context = o};
	const struct log_archive_server server = {
		.paths = (const char *const *)found->paths, .count = found->count};

	o->archive = log_archive_new(&server, 1, &visitor);
	o->timer = loop_timer_new(o->loop, read_some, o);
	loop_timer_start(o->timer, 0, 0);
}

struct older_logs *older_logs_new(
	const struct daemon_part *part, struct loop *loop, const struct older_logs_reader *reader)
{
	const struct daemon_plan *plan = part->plan;
	struct older_logs *o = NULL;
	struct found found = {0};

	for (size_t i = 0; i < plan->log_count; i++)
		if (!plan->logs[i].is_reject)
			find_older(plan->logs[i].path, &found);
	if (found.count > 0) {
		o = memory_new(1, sizeof(*o));
		*o = (struct older_logs){.part = part, .loop = loop, .reader = *reader};
		open_archive(o, &found);
	}
	for (size_t i = 0; i < found.count; i++)
		free(found.paths[i]);
	free(found.paths);
	return o;
}

void older_logs_free(struct older_logs *o)
{
	if (o == NULL)
		return;
	loop_timer_free(o->timer);
	log_archive_free(o->archive);
	free(o);
}
