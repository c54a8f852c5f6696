#include "programs/daemon/clerk_routes.h"

#include "base/json_text.h"
#include "base/units.h"

#include <limits.h>
#include <string.h>

#define NUMBER_MOST 999999999999ULL

static const char *const queue_places[] = {
	"any", "id", "sender", "recipient", "source", "subject", NULL};

static const struct clerk_argument of_history[] = {
	{.name = "from", .kind = CLERK_NUMBER, .most = NUMBER_MOST},
	{.name = "to", .kind = CLERK_NUMBER, .most = NUMBER_MOST}, {.name = NULL}};
static const struct clerk_argument of_incidents[] = {
	{.name = "all", .kind = CLERK_FLAG}, {.name = "source"}, {.name = NULL}};
static const struct clerk_argument of_source[] = {
	{.name = "source", .is_needed = true}, {.name = NULL}};
static const struct clerk_argument of_queue[] = {{.name = "q"},
	{.name = "in", .words = queue_places}, {.name = "frozen", .kind = CLERK_FLAG},
	{.name = "limit", .kind = CLERK_NUMBER, .least = 1, .most = 200}, {.name = "after"},
	{.name = NULL}};
static const struct clerk_argument of_message[] = {
	{.name = "id", .is_needed = true}, {.name = NULL}};
static const struct clerk_argument of_audit[] = {
	{.name = "limit", .kind = CLERK_NUMBER, .least = 1, .most = 200}, {.name = "before"},
	{.name = NULL}};

#define READ(path_, what_, arguments_)                                                             \
	{                                                                                          \
		.path = (path_), .who = CLERK_READER, .deed = CLERK_READ, .what = (what_),         \
		.arguments = (arguments_)                                                          \
	}

const struct clerk_route clerk_routes[] = {
	{.is_post = true, .path = "/api/login", .who = CLERK_ANYBODY, .deed = CLERK_LOGIN},
	{.is_post = true, .path = "/api/logout", .who = CLERK_READER, .deed = CLERK_LOGOUT},
	{.path = "/api/session", .who = CLERK_READER, .deed = CLERK_SESSION},
	{.path = "/api/now", .who = CLERK_READER, .deed = CLERK_NOW},
	{.path = "/api/events", .who = CLERK_READER, .deed = CLERK_EVENTS},
	READ("/api/history", "history", of_history),
	READ("/api/incidents", "incidents", of_incidents),
	READ("/api/incidents/{incident}", "incident", NULL),
	READ("/api/source", "source", of_source),
	READ("/api/queue", "queue", of_queue),
	READ("/api/message", "message", of_message),
	READ("/api/holds", "holds", NULL),
	READ("/api/exemptions", "exemptions", NULL),
	READ("/api/blocklists", "blocklists", NULL),
	READ("/api/audit", "audit", of_audit),
	READ("/api/replays", "replays", NULL),
	{.is_post = true, .path = "/api/actions", .who = CLERK_OPERATOR, .deed = CLERK_DO},
};

const size_t clerk_route_count = sizeof(clerk_routes) / sizeof(clerk_routes[0]);

/* Whether the path is that of the route; a number at its end goes to *ret_number. */
static bool is_path(const struct clerk_route *route, const char *path, uint64_t *ret_number)
{
	const char *brace = strchr(route->path, '{');
	size_t n = brace != NULL ? (size_t)(brace - route->path) : 0;

	if (brace == NULL)
		return strcmp(route->path, path) == 0;
	return strncmp(route->path, path, n) == 0 &&
	       units_read_count(slice_of(path + n), NUMBER_MOST, ret_number) == 0;
}

const struct clerk_route *clerk_route_find(
	bool is_post, const char *path, json_t *args, const char **ret_allowed)
{
	uint64_t number = 0;

	*ret_allowed = NULL;
	for (size_t i = 0; i < clerk_route_count; i++) {
		const struct clerk_route *route = &clerk_routes[i];

		if (!is_path(route, path, &number))
			continue;
		*ret_allowed = route->is_post ? "POST" : "GET, HEAD";
		if (route->is_post != is_post)
			return NULL;
		if (strchr(route->path, '{') != NULL)
			json_put(args, "incident", json_integer((json_int_t)number));
		return route;
	}
	return NULL;
}

static bool is_word_of(const char *const *words, const char *value)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, value) == 0)
			return true;
	return false;
}

/* NULL: it is none. */
static json_t *read_value(const struct clerk_argument *a, const char *value)
{
	uint64_t number;

	if (a->kind == CLERK_TEXT)
		return a->words == NULL || is_word_of(a->words, value) ? json_string(value) : NULL;
	if (a->kind == CLERK_FLAG)
		return strcmp(value, "1") == 0   ? json_true()
		       : strcmp(value, "0") == 0 ? json_false()
						 : NULL;
	if (units_read_count(slice_of(value), a->most, &number) < 0 || number < a->least)
		return NULL;
	return json_integer((json_int_t)number);
}

static const struct clerk_argument *argument_of(const struct clerk_route *route, const char *name)
{
	const struct clerk_argument *a = route->arguments;

	while (a != NULL && a->name != NULL && strcmp(a->name, name) != 0)
		a++;
	return a != NULL && a->name != NULL ? a : NULL;
}

const char *clerk_route_read(
	const struct clerk_route *route, const struct http_query *query, json_t *args)
{
	for (size_t i = 0; i < query->count; i++) {
		const struct clerk_argument *a = argument_of(route, query->at[i].name);

		if (a == NULL)
			return "There is something behind the '?' that cannot be asked for here.";
		json_t *value = read_value(a, query->at[i].value);
		if (value == NULL)
			return "A value behind the '?' is none that can be asked for.";
		json_put(args, a->name, value);
	}
	for (const struct clerk_argument *a = route->arguments; a != NULL && a->name != NULL; a++)
		if (a->is_needed && json_object_get(args, a->name) == NULL)
			return "What is asked for has to be named behind the '?'.";
	return NULL;
}
