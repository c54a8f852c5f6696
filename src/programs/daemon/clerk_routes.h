/* clerk_routes.h - what can be asked for at the API of the page: the one table of its paths, of who
 * may ask, and of what may stand behind the '?'. docs/openapi.json describes the same, and a test
 * holds the two together. */
#ifndef STANCH_PROGRAMS_DAEMON_CLERK_ROUTES_H
#define STANCH_PROGRAMS_DAEMON_CLERK_ROUTES_H

#include "base/attribute.h"
#include "formats/http_query.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum clerk_who { CLERK_ANYBODY, CLERK_READER, CLERK_OPERATOR };

enum clerk_deed {
	CLERK_LOGIN,
	CLERK_LOGOUT,
	CLERK_SESSION,
	CLERK_NOW,
	CLERK_EVENTS,
	CLERK_READ, /* the hand is asked for `what` */
	CLERK_DO
};

enum clerk_kind { CLERK_TEXT, CLERK_NUMBER, CLERK_FLAG };

struct clerk_argument {
	const char *name; /* NULL: the end */
	enum clerk_kind kind;
	bool is_needed;
	unsigned long long least, most; /* of a number */
	const char *const *words;       /* of a text: these alone, ended by NULL; NULL: any */
};

struct clerk_route {
	bool is_post;
	const char *path; /* with "{incident}" at its end: a number stands there */
	enum clerk_who who;
	enum clerk_deed deed;
	const char *what;                       /* of CLERK_READ */
	const struct clerk_argument *arguments; /* NULL: none */
};

extern const struct clerk_route clerk_routes[];
extern const size_t clerk_route_count;

/* NULL: nothing is there, or not with that method; then *ret_allowed is what is allowed, or NULL.
 * A number that is part of the path is put into args, which is a JSON object. */
const struct clerk_route *clerk_route_find(
	bool is_post, const char *path, json_t *args, const char **ret_allowed);

/* Puts what stands in the query into args: numbers, and true or false for flags. NULL; or what is
 * wrong, a sentence. */
MUST_USE const char *clerk_route_read(
	const struct clerk_route *route, const struct http_query *query, json_t *args);

#endif
