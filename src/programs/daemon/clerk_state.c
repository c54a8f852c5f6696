#include "programs/daemon/clerk_state.h"

#include "base/json_text.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct clerk_state {
	json_t *latest; /* NULL: none */
	int64_t at_ms;
};

struct clerk_state *clerk_state_new(void)
{
	return memory_new(1, sizeof(struct clerk_state));
}

void clerk_state_free(struct clerk_state *s)
{
	if (s == NULL)
		return;
	json_decref(s->latest);
	free(s);
}

bool clerk_state_take(struct clerk_state *s, const json_t *object, int64_t now_ms)
{
	const char *word = json_string_value(json_object_get(object, "say"));
	const json_t *at = json_object_get(object, "at_ms");

	if (word == NULL || strcmp(word, "state") != 0 || !json_is_integer(at) ||
		json_integer_value(at) > now_ms ||
		(s->latest != NULL && json_integer_value(at) < s->at_ms))
		return false;
	json_decref(s->latest);
	s->latest = json_deep_copy(object);
	s->at_ms = json_integer_value(at);
	return true;
}

bool clerk_state_age(const struct clerk_state *s, int64_t now_ms, int64_t *ret_ms)
{
	if (s->latest == NULL)
		return false;
	*ret_ms = now_ms - s->at_ms;
	return true;
}

const json_t *clerk_state_fresh(const struct clerk_state *s, int64_t now_ms)
{
	int64_t age_ms;

	return clerk_state_age(s, now_ms, &age_ms) && age_ms <= CLERK_STATE_FRESH_MS ? s->latest
										     : NULL;
}

json_t *clerk_state_now(const struct clerk_state *s, int64_t now_ms)
{
	json_t *said = s->latest != NULL ? json_object_get(s->latest, "now") : NULL;
	int64_t age_ms = now_ms - s->at_ms;

	if (!json_is_object(said))
		return NULL;
	json_t *now = json_copy(said);
	json_put(now, "age_ms", json_integer(age_ms));
	json_put(now, "is_old", json_boolean(age_ms > CLERK_STATE_FRESH_MS));
	return now;
}
