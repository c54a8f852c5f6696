/* plan.h - what the starter has found out, once, for the parts of the daemon: where Exim and its
 * logs are, who reads them, and the settings in force. */
#ifndef STANCH_PROGRAMS_DAEMON_PLAN_H
#define STANCH_PROGRAMS_DAEMON_PLAN_H

#include "base/attribute.h"
#include "base/event_log.h"
#include "base/problem.h"
#include "programs/context.h"
#include "programs/daemon/listen_address.h"
#include "settings/settings.h"

#include <stdbool.h>
#include <sys/types.h>

#define PLAN_LOGS 8

struct daemon_plan {
	const struct settings_values *values; /* of the settings, which are borrowed */
	struct global_settings global;        /* as for a command of stanch */
	char *spool;
	struct {
		char *path;
		bool is_reject;
	} logs[PLAN_LOGS];
	size_t log_count;
	char *zone;       /* of the logs; NULL: this system's */
	char *host;       /* how Exim calls itself in Received lines; NULL: it cannot be asked */
	char *exim;       /* NULL: there is none to ask */
	char *exim_login; /* owner of the spool */
	uid_t exim_uid;
	gid_t exim_gid;
	char *program;             /* the command stanch */
	const char *watcher_login; /* who reads; lent */
	uid_t watcher_uid;
	gid_t watcher_gid;
	bool changes_user; /* the starter is root and the watcher is not to be */
	bool has_clerk;
	struct listen_address clerk_listen;
	bool clerk_changes_user;
	uid_t clerk_uid;
	gid_t clerk_gid;
	struct context context; /* private */
};

/* settings: borrowed until daemon_plan_free(). program: path of the command stanch, borrowed for
 * the call. 0; or a negative errno and *problem says what was looked for. */
MUST_USE int daemon_plan_new(const struct settings *settings, const char *program,
	struct daemon_plan **ret, struct problem *problem);
void daemon_plan_free(struct daemon_plan *plan); /* NULL is fine */
AUTO_FREE(daemon_plan)

/* Whether anything is switched on that keeps a source from sending. */
bool daemon_plan_cuts_off(const struct settings_values *values);

/* What is done by itself: observe, hold, cut off, or cut off and hold. Lent for ever. */
const char *daemon_plan_mode(const struct settings_values *values);

/* What somebody who sets up the page should know, a sentence; NULL: nothing. Lent for ever. */
const char *daemon_plan_page_note(const struct daemon_plan *plan);

/* Makes what has to be there: the state folder with `ledger` in it for the watcher, and the folders
 * of the sockets. 0, or a negative errno and *problem. */
MUST_USE int daemon_plan_make_folders(const struct daemon_plan *plan, struct problem *problem);

#endif
