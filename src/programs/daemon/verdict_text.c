#include "programs/daemon/verdict_text.h"

#include "base/json_text.h"
#include "base/printable.h"
#include "detectors/conduct/conduct.h"

#include <math.h>
#include <string.h>

#define BITS_MOST  1000.0
#define COUNT_MOST INT64_C(1000000000000)
#define AT_MOST_US INT64_C(10000000000000000) /* the year 2286 */

json_t *verdict_write_source(const struct source *source)
{
	char text[SOURCE_TEXT_MAX];

	return json_text(slice_of(source_text(source, text)));
}

static json_t *write_evidence(const struct episode *episode)
{
	struct evidence all[EPISODE_NOTES];
	size_t n = conduct_evidence(episode, all);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object(), *ids = json_array();

		json_put(o, "detector", json_string(all[i].detector));
		json_put(o, "bits", json_real(all[i].bits));
		json_put(o, "text", json_text(slice_of(all[i].text)));
		for (size_t k = 0; k < all[i].id_count; k++)
			(void)json_array_append_new(ids, json_text(slice_of(all[i].ids[k])));
		json_put(o, "ids", ids);
		(void)json_array_append_new(list, o);
	}
	return list;
}

json_t *verdict_write(const struct watch_result *result, uint64_t active)
{
	const struct episode *e = result->sighting.episode;
	struct source source;
	json_t *o = json_object();

	ledger_source_copy(result->sighting.source, &source);
	json_put(o, "say", json_string("verdict"));
	json_put(o, "source", verdict_write_source(&source));
	json_put(o, "verdict",
		json_string(result->verdict == VERDICT_CONTAIN ? "contain" : "suspect"));
	json_put(o, "score", json_real(result->score));
	json_put(o, "threshold", json_real(result->threshold));
	json_put(o, "at_us", json_integer(result->sighting.fact->at_us));
	json_put(o, "messages", json_integer((json_int_t)lround((double)e->to_strangers)));
	json_put(o, "recipients", json_integer((json_int_t)lround((double)e->strangers)));
	json_put(o, "active", json_integer((json_int_t)active));
	json_put(o, "evidence", write_evidence(e));
	return o;
}

static bool read_bits(const json_t *o, const char *key, double *ret)
{
	const json_t *value = json_object_get(o, key);
	double bits = json_number_value(value);

	if (!json_is_number(value) || !isfinite(bits) || fabs(bits) > BITS_MOST)
		return false;
	*ret = bits;
	return true;
}

static bool read_count(const json_t *o, const char *key, int64_t most, uint64_t *ret)
{
	const json_t *value = json_object_get(o, key);
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < 0 || n > most)
		return false;
	*ret = (uint64_t)n;
	return true;
}

bool verdict_read_source(const json_t *o, struct source *ret)
{
	const char *text = json_string_value(json_object_get(o, "source"));

	return text != NULL && strlen(text) < SOURCE_TEXT_MAX &&
	       source_parse(slice_of(text), ret) == 0 && ret->kind != SOURCE_UNKNOWN;
}

static void read_ids(const json_t *list, struct evidence *ret)
{
	const json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
	{
		struct exim_id id;
		const char *text = json_string_value(value);

		if (text == NULL || ret->id_count == EVIDENCE_IDS ||
			exim_id_parse(slice_of(text), &id) < 0)
			continue;
		memcpy(ret->ids[ret->id_count++], id.text, sizeof(id.text));
	}
}

/* The watcher's text is encoded already; what is not printable in it is encoded once more. */
static void read_text(const char *text, char at[EVIDENCE_TEXT])
{
	struct slice rest = slice_of(text);

	for (size_t i = 0; i < rest.len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
			(void)printable_text(rest, at, EVIDENCE_TEXT);
			return;
		}
	rest = slice_first(rest, EVIDENCE_TEXT - 1);
	memcpy(at, rest.at, rest.len);
	at[rest.len] = '\0';
}

static bool read_one(const json_t *o, struct evidence *ret)
{
	const char *detector = json_string_value(json_object_get(o, "detector"));
	const char *text = json_string_value(json_object_get(o, "text"));

	*ret = (struct evidence){0};
	if (detector == NULL || text == NULL || !read_bits(o, "bits", &ret->bits))
		return false;
	const struct conduct *known = conduct_find(detector);
	if (known == NULL)
		return false;
	ret->detector = known->name;
	read_text(text, ret->text);
	read_ids(json_object_get(o, "ids"), ret);
	return true;
}

bool verdict_read(const json_t *o, struct verdict_said *ret, const char **ret_why)
{
	const char *word = json_string_value(json_object_get(o, "verdict"));
	const json_t *list = json_object_get(o, "evidence"), *value;
	struct incident_finding *f = &ret->finding;
	uint64_t at_us;
	size_t i;

	*f = (struct incident_finding){.source = &ret->source, .evidence = ret->evidence};
	*ret_why = "it names no source";
	if (!verdict_read_source(o, &ret->source))
		return false;
	*ret_why = "its verdict is none that is known";
	if (word == NULL || (strcmp(word, "contain") != 0 && strcmp(word, "suspect") != 0))
		return false;
	ret->is_contain = word[0] == 'c';
	*ret_why = "a number is missing or out of bounds";
	if (!read_bits(o, "score", &f->score) || !read_bits(o, "threshold", &f->threshold) ||
		!read_count(o, "at_us", AT_MOST_US, &at_us) ||
		!read_count(o, "messages", COUNT_MOST, &f->messages) ||
		!read_count(o, "recipients", COUNT_MOST, &f->recipients) ||
		!read_count(o, "active", COUNT_MOST, &ret->active))
		return false;
	f->at_us = (int64_t)at_us;
	json_array_foreach(list, i, value)
	{
		if (f->evidence_count < CASEBOOK_EVIDENCE &&
			read_one(value, &ret->evidence[f->evidence_count]))
			f->evidence_count++;
	}
	*ret_why = "it has no evidence";
	return f->evidence_count > 0;
}
