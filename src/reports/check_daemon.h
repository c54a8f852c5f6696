/* check_daemon.h - what a monitoring plugin says of the daemon, from what it answers to "status".
 * Pure. */
#ifndef STANCH_REPORTS_CHECK_DAEMON_H
#define STANCH_REPORTS_CHECK_DAEMON_H

#include "reports/plugin.h"

#include <jansson.h>

#define CHECK_SILENT_S    INT64_C(30) /* the watcher says how it is every two seconds */
#define CHECK_TROUBLES    8
#define CHECK_TROUBLE_MAX 256

/* A thing that is wrong, in words, and how bad it is. */
struct check_trouble {
	enum plugin_status status;
	char text[CHECK_TROUBLE_MAX]; /* foreign bytes in it are printable */
};

struct check_daemon {
	/* Given, with their ranges (check_daemon_begin()). */
	struct plugin_metric lag;    /* seconds */
	struct plugin_metric unread; /* bytes of the logs */

	/* Found. */
	uint64_t lost, sources, losses;
	int64_t silence; /* seconds since the watcher spoke; -1: never */
	struct check_trouble troubles[CHECK_TROUBLES];
	size_t trouble_count;
	enum plugin_status status;
};

/* Labels, and the ranges where the caller gives none: a minute and 8 MiB behind is a WARNING, ten
 * minutes and 64 MiB is CRITICAL. */
void check_daemon_begin(struct check_daemon *c);

/* Whether what the watcher has last said is of now. */
bool check_daemon_is_fresh(const json_t *status);

void check_daemon_judge(struct check_daemon *c, const json_t *status);

/* The first line, and a line for each trouble. */
void check_daemon_write(FILE *out, const struct check_daemon *c);
json_t *check_daemon_json(const struct check_daemon *c);

#endif
