/* groups.h - what can be set, as a struct for each group. A room is handed the struct of its own
 * group and knows of no other. What each means, its bounds and its first value stand in
 * settings/table.c, and in stanch.conf(5), which is made of that.
 *
 * Texts belong to the struct settings that they came from; NULL is one that was not given. */
#ifndef STANCH_SETTINGS_GROUPS_H
#define STANCH_SETTINGS_GROUPS_H

#include "settings/row.h"

#include <stdbool.h>
#include <stdint.h>

struct general_settings {
	const char *spool;       /* NULL: Exim is asked */
	const char *exim;        /* NULL: it is looked for */
	const char *exim_config; /* NULL: Exim's own */
	const char *state;
	const char *hold_queue;
};

struct log_settings {
	struct setting_list files; /* none: Exim is asked */
	const char *syslog_name;
};

struct detect_settings {
	double alpha;             /* chance of a false containment, for each account and year */
	uint64_t suspect_bits;    /* 0: computed from alpha */
	const char *networks;     /* a file; NULL: none */
	const char *hosted;       /* a file; NULL: Exim is asked */
	uint64_t content_lookups; /* a minute */
};

struct rspamd_settings {
	const char *url; /* NULL: not asked */
	int64_t timeout; /* seconds */
};

struct hold_settings {
	bool enabled;
	bool backscatter;
	int64_t quiet_time; /* seconds */
	int64_t rescan;     /* seconds */
};

struct refuse_settings {
	bool enabled;
};

struct sessions_settings {
	bool enabled;
	unsigned means; /* place among the words of its row: both, destroy, signal */
	int64_t time;   /* seconds */
};

struct secret_settings {
	bool enabled;
};

struct tell_settings {
	bool enabled;
};

struct brake_settings {
	uint64_t per_hour;
	double share;
};

struct retention_settings {
	int64_t ledger; /* seconds */
};

struct policy_settings {
	const char *socket;
	int64_t answer_timeout; /* seconds */
};

struct control_settings {
	const char *socket;
	const char *group; /* NULL: root only */
};

struct daemon_settings {
	const char *user; /* NULL: Exim's */
	uint64_t memory;  /* bytes */
};

struct settings_values {
	struct general_settings general;
	struct log_settings log;
	struct detect_settings detect;
	struct rspamd_settings rspamd;
	struct hold_settings hold;
	struct refuse_settings refuse;
	struct sessions_settings sessions;
	struct secret_settings secret;
	struct tell_settings tell;
	struct brake_settings brake;
	struct retention_settings retention;
	struct policy_settings policy;
	struct control_settings control;
	struct daemon_settings daemon;
};

#endif
