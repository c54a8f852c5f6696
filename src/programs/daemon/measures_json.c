#include "programs/daemon/measures_json.h"

#include "base/json_text.h"

static json_t *delays(const struct measures_delays *d)
{
	json_t *o = json_object(), *counts = json_array();

	for (size_t i = 0; i <= MEASURES_DELAYS; i++)
		(void)json_array_append_new(counts, json_integer((json_int_t)d->counts[i]));
	json_put(o, "counts", counts);
	json_put(o, "sum", json_integer(d->sum));
	return o;
}

static json_t *states(const struct measures_named *responder)
{
	json_t *o = json_object();

	for (int i = 0; i < ACTION_STATES; i++)
		json_put(o, action_state_name((enum action_state)i),
			json_integer((json_int_t)responder->counts[i]));
	return o;
}

json_t *measures_json(const struct measures *m)
{
	json_t *contained, *evidence, *actions, *o;

	if (!m->is_whole)
		return NULL;
	contained = json_object();
	evidence = json_object();
	actions = json_object();
	o = json_object();
	json_put(contained, "daemon", delays(&m->by_daemon));
	json_put(contained, "person", delays(&m->by_person));
	for (size_t i = 0; i < m->detector_count; i++)
		json_put(evidence, m->detectors[i].name,
			json_integer((json_int_t)m->detectors[i].counts[0]));
	for (size_t i = 0; i < m->responder_count; i++)
		json_put(actions, m->responders[i].name, states(&m->responders[i]));
	json_put(o, "opened", json_integer((json_int_t)m->opened));
	json_put(o, "last_contained",
		m->last_contained > 0 ? json_integer(m->last_contained) : NULL);
	json_put(o, "contained", contained);
	json_put(o, "evidence", evidence);
	json_put(o, "actions", actions);
	return o;
}
