#include "reports/history_json.h"

#include "base/json_text.h"
#include "base/units.h"

#include <errno.h>
#include <string.h>

#define DAY 86400

static json_t *number_or_null(int64_t n)
{
	return n == MINUTE_UNKNOWN ? json_null() : json_integer(n);
}

/* The numbers at that place of each point. */
static json_t *series(const struct history_series *s, size_t offset)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->count; i++) {
		int64_t n;

		memcpy(&n, (const char *)&s->at[i] + offset, sizeof(n));
		(void)json_array_append_new(list, number_or_null(n));
	}
	return list;
}

json_t *history_json(const struct history_series *s)
{
	json_t *o = json_object();

	json_put(o, "from", json_integer(s->from));
	json_put(o, "to", json_integer(s->to));
	json_put(o, "step", json_integer(s->step));
	json_put(o, "at", series(s, offsetof(struct history_point, at)));
	json_put(o, "queue", series(s, offsetof(struct history_point, queue)));
	json_put(o, "queue_most", series(s, offsetof(struct history_point, queue_most)));
	json_put(o, "held", series(s, offsetof(struct history_point, held)));
	for (size_t i = 0; i < MINUTE_COUNTS; i++)
		json_put(o, minute_count_name((enum minute_count)i),
			series(s, offsetof(struct history_point, counts) + i * sizeof(int64_t)));
	json_put(o, "counted", series(s, offsetof(struct history_point, minutes)));
	return o;
}

static bool read_time(const json_t *args, const char *key, int64_t without, int64_t *ret)
{
	const json_t *value = json_object_get(args, key);
	uint64_t n;

	*ret = without;
	if (value == NULL || json_is_null(value))
		return true;
	if (json_is_integer(value)) {
		*ret = json_integer_value(value);
		return *ret >= 0;
	}
	if (!json_is_string(value) || units_read_count(json_slice(value), INT64_MAX, &n) < 0)
		return false;
	*ret = (int64_t)n;
	return true;
}

int history_answer(
	struct history *h, const json_t *args, int64_t now, json_t **ret, struct problem *problem)
{
	struct history_series s;
	int64_t from, to;

	if (!read_time(args, "to", now, &to) || !read_time(args, "from", to - DAY, &from))
		return problem_set(
			problem, -EINVAL, "from and to are seconds since 1970, and nothing else");
	int err = history_read(h, from, to, now, &s, problem);
	if (err < 0)
		return err;
	*ret = history_json(&s);
	history_series_clear(&s);
	return 0;
}
