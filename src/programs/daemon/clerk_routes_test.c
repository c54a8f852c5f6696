/* The table of routes against itself, and against docs/openapi.json, which describes the same. */
#include "programs/daemon/clerk_routes.h"

#include "page/page_asset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct clerk_route *find(bool is_post, const char *path, const char **ret_allowed)
{
	json_t *args = json_object();
	const struct clerk_route *route = clerk_route_find(is_post, path, args, ret_allowed);

	json_decref(args);
	return route;
}

static void test_found(void **state)
{
	const char *allowed = "";
	json_t *args = json_object();

	(void)state;
	assert_string_equal(find(false, "/api/now", &allowed)->path, "/api/now");
	assert_string_equal(allowed, "GET, HEAD");
	assert_null(find(true, "/api/now", &allowed));
	assert_string_equal(allowed, "GET, HEAD");
	assert_null(find(false, "/api/actions", &allowed));
	assert_string_equal(allowed, "POST");
	assert_null(find(false, "/api/none", &allowed));
	assert_null(allowed);
	assert_null(find(false, "/api/incidents/{incident}", &allowed));
	assert_null(find(false, "/api/incidents/1000000000000", &allowed));
	assert_string_equal(
		clerk_route_find(false, "/api/incidents/17", args, &allowed)->what, "incident");
	assert_int_equal(json_integer_value(json_object_get(args, "incident")), 17);
	json_decref(args);
}

/* Only the login is for anybody, and what changes something is asked for by POST. */
static void test_who(void **state)
{
	(void)state;
	for (size_t i = 0; i < clerk_route_count; i++) {
		const struct clerk_route *r = &clerk_routes[i];

		assert_int_equal(r->who == CLERK_ANYBODY, r->deed == CLERK_LOGIN);
		assert_int_equal(r->who == CLERK_OPERATOR, r->deed == CLERK_DO);
		assert_int_equal(r->is_post,
			r->deed == CLERK_LOGIN || r->deed == CLERK_LOGOUT || r->deed == CLERK_DO);
		assert_int_equal(r->what != NULL, r->deed == CLERK_READ);
		assert_int_equal(strncmp(r->path, "/api/", 5), 0);
	}
}

static const char *read(const char *path, const char *query_text, json_t *args)
{
	struct http_query query;
	const char *allowed;

	assert_int_equal(http_query_read(slice_of(query_text), &query), 0);
	return clerk_route_read(find(false, path, &allowed), &query, args);
}

static void test_arguments(void **state)
{
	json_t *args = json_object();

	(void)state;
	assert_null(read("/api/audit", "limit=200&before=abc", args));
	assert_int_equal(json_integer_value(json_object_get(args, "limit")), 200);
	assert_string_equal(json_string_value(json_object_get(args, "before")), "abc");
	assert_null(read("/api/incidents", "all=0", args));
	assert_true(json_is_false(json_object_get(args, "all")));
	assert_non_null(read("/api/audit", "limit=201", args));
	assert_non_null(read("/api/audit", "limit=0", args));
	assert_non_null(read("/api/audit", "limit=", args));
	assert_non_null(read("/api/audit", "limit=1x", args));
	assert_non_null(read("/api/incidents", "all=yes", args));
	assert_non_null(read("/api/holds", "limit=1", args));
	assert_non_null(read("/api/source", "", args));
	assert_non_null(read("/api/queue", "in=", args));
	json_decref(args);
}

/* ---- what is described ---- */

static json_t *description(void)
{
	const struct page_asset *a = page_asset_find("/api/openapi.json");
	json_t *o = json_loadb(a->plain.at, a->plain.len, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(o);
	return o;
}

static const json_t *described_argument(const json_t *operation, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(operation, "parameters"), i,
		one) if (strcmp(json_string_value(json_object_get(one, "name")), name) ==
			 0) return one;
	return NULL;
}

static void check_words(const char *const *words, const json_t *schema)
{
	const json_t *list = json_object_get(schema, "enum");
	size_t n = 0;

	for (; words[n] != NULL; n++)
		assert_string_equal(json_string_value(json_array_get(list, n)), words[n]);
	assert_int_equal(json_array_size(list), n);
}

static void check_argument(const struct clerk_argument *a, const json_t *described)
{
	const json_t *schema = json_object_get(described, "schema");

	assert_non_null(described);
	assert_int_equal(json_is_true(json_object_get(described, "required")), a->is_needed);
	assert_string_equal(json_string_value(json_object_get(schema, "type")),
		a->kind == CLERK_TEXT ? "string" : "integer");
	if (a->words != NULL)
		check_words(a->words, schema);
	if (a->kind == CLERK_NUMBER)
		assert_int_equal(json_integer_value(json_object_get(schema, "minimum")), a->least);
	if (json_object_get(schema, "maximum") != NULL)
		assert_int_equal(json_integer_value(json_object_get(schema, "maximum")), a->most);
}

static void check_route(const struct clerk_route *r, const json_t *operation)
{
	size_t count = r->deed == CLERK_LOGOUT || r->deed == CLERK_DO ||
		       strchr(r->path, '{') != NULL; /* X-Stanch-CSRF, or the number */

	assert_non_null(operation);
	for (const struct clerk_argument *a = r->arguments; a != NULL && a->name != NULL; a++) {
		check_argument(a, described_argument(operation, a->name));
		count++;
	}
	assert_int_equal(json_array_size(json_object_get(operation, "parameters")), count);
	assert_int_equal(json_object_get(operation, "security") != NULL, r->who == CLERK_ANYBODY);
}

static void test_described(void **state)
{
	json_t *all = description();
	json_t *paths = json_object_get(all, "paths"), *methods;
	const char *path;
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < clerk_route_count; i++) {
		methods = json_object_get(paths, clerk_routes[i].path);
		check_route(&clerk_routes[i],
			json_object_get(methods, clerk_routes[i].is_post ? "post" : "get"));
	}
	json_object_foreach(paths, path, methods)
	{
		count += json_object_size(methods);
	}
	assert_int_equal(count, clerk_route_count + 1); /* the description itself */
	assert_non_null(json_object_get(paths, "/api/openapi.json"));
	json_decref(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
