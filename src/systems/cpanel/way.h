/* way.h - the two ways into a cPanel server: WHM's API over HTTPS with a token, and the command
 * uapi on the server itself. Both get their arguments where nobody else can read them: in the body
 * of a POST, which is in no access log, and as JSON on standard input. */
#ifndef STANCH_SYSTEMS_CPANEL_WAY_H
#define STANCH_SYSTEMS_CPANEL_WAY_H

#include "formats/uapi_reply.h"
#include "systems/panel.h"

/* All borrowed. */
struct cpanel_way {
	const char *url;            /* "https://host:2087"; NULL: the command */
	const char *user;           /* of the token: "root" */
	const struct secret *token; /* needed with url */
	const char *ca_file;        /* NULL: the system's */
	const char *command;        /* path of uapi */
	const char *whoowns;        /* path of the script that names a domain's account */
	int64_t time_ms;            /* of one call */
};

struct cpanel_argument {
	const char *name;
	struct slice value; /* printable ASCII */
};
#define CPANEL_ARGUMENTS_MAX 8

/* One function of the UAPI: whose, which, with what. */
struct cpanel_question {
	const char *account; /* as cpanel_account_of() gave it */
	const char *module, *function;
	struct cpanel_argument arguments[CPANEL_ARGUMENTS_MAX]; /* up to the first without a name */
	bool is_either; /* it is documented with an answer of WHM's kind, too */
};

/* Asks it. 0 and *ret_data as in formats/uapi_reply.h; or an error as in systems/panel.h. */
MUST_USE int cpanel_ask(const struct cpanel_way *way, const struct cpanel_question *question,
	json_t **ret_data, struct problem *problem);

/* The account that owns a domain. -ENOENT: none does. */
MUST_USE int cpanel_account_of(const struct cpanel_way *way, const char *domain,
	char ret_account[PANEL_NAME_MAX], struct problem *problem);

#endif
