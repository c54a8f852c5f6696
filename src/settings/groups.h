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
	struct setting_list relay_hosts; /* addresses and networks */
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

struct feedback_settings {
	bool notices;
	const char *folder; /* NULL: none */
};

struct hold_settings {
	bool enabled;
	bool backscatter;
	int64_t quiet_time; /* seconds */
	int64_t rescan;     /* seconds */
};

/* What a client is told whose mail is refused, if stanch.conf does not say otherwise. */
#define REFUSE_TEXT "Sending is stopped: this account seems hijacked. Ask your provider."

/* In the order of the words of refuse.suspects. */
enum refuse_suspects { SUSPECTS_PASS, SUSPECTS_DEFER };

struct refuse_settings {
	bool enabled;
	unsigned suspects; /* enum refuse_suspects */
	const char *folder;
	const char *lsearch_file; /* NULL: none */
	const char *text;
};

struct sessions_settings {
	bool enabled;
	unsigned means; /* place among the words of its row: both, destroy, signal */
	int64_t time;   /* seconds */
};

struct secret_settings {
	bool enabled;
	const char *backend;         /* NULL: only the domains that are named have one */
	struct setting_list domains; /* "DOMAIN BACKEND" */
	unsigned deed;               /* enum secret_deed of responders/secret_backend.h */
	const char *program;         /* NULL: none */
	int64_t timeout;             /* seconds */
	struct setting_list check;   /* URLs at which the logins are tried; none: they are not */
};

struct cpanel_settings {
	const char *url; /* NULL: the command */
	const char *user;
	const char *token_file; /* NULL: none */
	const char *account;    /* NULL: cPanel is asked */
	const char *command;
	const char *whoowns;
	const char *ca_file; /* NULL: the system's */
	bool end_sessions;
};

struct directadmin_settings {
	const char *url; /* NULL: not there */
	const char *user;
	const char *key_file; /* NULL: none */
	const char *owners;
	const char *ca_file; /* NULL: the system's */
};

struct plesk_settings {
	const char *url;      /* NULL: not there */
	const char *key_file; /* NULL: none */
	const char *ca_file;  /* NULL: the system's */
	bool may_set;
};

struct sql_settings {
	unsigned server;      /* enum sql_server_kind of systems/sql_table.h */
	const char *database; /* NULL: not there */
	const char *host;     /* NULL: the usual socket */
	uint64_t port;        /* 0: the usual one */
	const char *user;
	const char *password_file; /* NULL: none */
	const char *set, *get, *suspend, *resume, *suspended;
	const char *scheme; /* NULL: that of the old one */
};

struct dovecot_settings {
	bool enabled;
	const char *url;           /* NULL: the program is run */
	const char *key_file;      /* NULL: the password is used */
	const char *user;          /* NULL: "doveadm" */
	const char *password_file; /* NULL: none */
	const char *program;
	const char *config;      /* NULL: its own */
	const char *passwd_file; /* NULL: passwords are not in one */
};

enum tell_secret_by { TELL_SECRET_NONE, TELL_SECRET_WHMCS, TELL_SECRET_MAIL };
enum tell_owner_mail { TELL_OWNER_NONE, TELL_OWNER_WHMCS, TELL_OWNER_FILE };

struct tell_settings {
	bool enabled;
	bool suspects;
	unsigned secret_by;  /* enum tell_secret_by */
	unsigned owner_mail; /* enum tell_owner_mail */
	const char *owners;  /* a file; NULL: none */
	const char *templates;
	const char *language;
	int64_t timeout; /* seconds */
};

struct whmcs_settings {
	const char *url; /* NULL: not asked */
	const char *identifier;
	const char *secret_file;
	const char *accesskey_file; /* NULL: none */
	uint64_t department;        /* 0: none */
	const char *email;          /* NULL: none is sent */
	const char *server;
	const char *admin;
};

struct mail_settings {
	const char *url; /* NULL: sendmail */
	bool tls;
	const char *user; /* NULL: no login */
	const char *password_file;
	const char *sendmail;
	const char *sender;
	const char *administrator; /* NULL: none */
};

struct webhook_settings {
	const char *url;         /* NULL: none */
	const char *secret_file; /* NULL: not signed */
	unsigned form;           /* stanch, slack, matrix */
};

struct brake_settings {
	uint64_t per_hour;
	double share;
};

struct retention_settings {
	int64_t ledger; /* seconds */
};

#define LIMITS_RECIPIENTS_MOST 1000000000

struct limits_settings {
	uint64_t recipients;         /* 0: as many as anyone likes */
	int64_t time;                /* seconds */
	struct setting_list sources; /* "SOURCE NUMBER" */
};

struct policy_settings {
	const char *socket;
	int64_t answer_timeout; /* seconds */
};

struct control_settings {
	const char *socket;
	const char *group; /* NULL: root only */
};

struct blocklists_settings {
	struct setting_list zones, addresses; /* none: nothing is asked */
	const char *resolver;                 /* NULL: the system's */
	const char *cache;
};

struct page_settings {
	const char *listen; /* "ADDRESS:PORT"; NULL: there is no page, and no clerk */
	bool metrics;
	struct setting_list metrics_from; /* addresses and networks; none: this host */
	const char *users;                /* never NULL: the file of formats/page_users.h */
	int64_t session, idle;            /* seconds: how long one lasts, and unused */
	const char *certificate, *key;    /* NULL: without TLS */
	struct setting_list proxy_from;   /* addresses and networks that may name the user */
	const char *proxy_user;           /* the field in which they do */
};

struct daemon_settings {
	const char *user;       /* NULL: Exim's */
	const char *clerk_user; /* never NULL */
	uint64_t memory;        /* bytes */
};

struct settings_values {
	struct general_settings general;
	struct log_settings log;
	struct detect_settings detect;
	struct rspamd_settings rspamd;
	struct feedback_settings feedback;
	struct hold_settings hold;
	struct refuse_settings refuse;
	struct sessions_settings sessions;
	struct secret_settings secret;
	struct cpanel_settings cpanel;
	struct directadmin_settings directadmin;
	struct plesk_settings plesk;
	struct sql_settings sql;
	struct dovecot_settings dovecot;
	struct tell_settings tell;
	struct whmcs_settings whmcs;
	struct mail_settings mail;
	struct webhook_settings webhook;
	struct brake_settings brake;
	struct retention_settings retention;
	struct limits_settings limits;
	struct policy_settings policy;
	struct control_settings control;
	struct blocklists_settings blocklists;
	struct page_settings page;
	struct daemon_settings daemon;
};

#endif
