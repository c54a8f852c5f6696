/* starter.h - begins the watcher, the hand and, if page.listen is set, the clerk; begins them again
 * when one of them ends or gives no sign of life (watcher and hand together, the clerk alone),
 * reads the settings anew on SIGHUP, and ends them on SIGTERM. It reads nothing that a stranger
 * wrote. */
#ifndef STANCH_PROGRAMS_DAEMON_STARTER_H
#define STANCH_PROGRAMS_DAEMON_STARTER_H

#include "programs/daemon/plan.h"

struct starter_settings {
	const char *config;  /* NULL: SETTINGS_PATH if it is there */
	const char *program; /* the command stanch */
	bool levels;         /* of event_log_new() */
};

/* Runs until it is told to end. Returns the exit status. */
int starter_run(const struct starter_settings *settings);

/* Reads the settings and what depends on them. 0; or a negative errno and *problem. */
MUST_USE int starter_read(const struct starter_settings *starter, struct settings **ret_settings,
	struct daemon_plan **ret_plan, struct problem *problem);

#endif
