#include "programs/daemon/deeds.h"

#include "base/json_text.h"
#include "base/printable.h"
#include "incidents/casebook.h"
#include "programs/daemon/events.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

int deeds_start(struct loop *loop, const struct daemon_part *part, int64_t incident,
	job_ended *ended, void *context, struct job **ret, struct problem *problem)
{
	char number[24];
	const char *const words[] = {"incident", "act", number};

	(void)snprintf(number, sizeof(number), "%" PRId64, incident);
	return job_start(loop, part->plan, words, 3, ended, context, ret, problem);
}

struct saying {
	const struct daemon_part *part;
	int64_t now_ms, incident;
	char name[SOURCE_TEXT_MAX];
};

static void say_deed(const struct saying *s, const json_t *deed)
{
	char words[CASEBOOK_WORDS];
	const char *state = json_string_value(json_object_get(deed, "state"));
	const char *responder = json_string_value(json_object_get(deed, "name"));
	const char *said = json_string_value(json_object_get(deed, "words"));

	if (state == NULL || responder == NULL || said == NULL)
		return;
	bool well = strcmp(state, "done") == 0 || strcmp(state, "undone") == 0;
	EVENT_LOG(s->part->log, well ? EVENT_DONE : EVENT_NOT_DONE, s->now_ms,
		event_text("source", slice_of(s->name)), event_number("incident", s->incident),
		event_text("what", slice_of(responder)), event_text("state", slice_of(state)),
		event_text(
			"words", slice_of(printable_text(slice_of(said), words, sizeof(words)))));
}

enum deeds_left deeds_say(const struct daemon_part *part, struct loop *loop,
	const struct source *source, int64_t incident, struct slice output, int status)
{
	struct saying s = {.part = part, .now_ms = loop_now_ms(loop), .incident = incident};
	json_t *o = own_command_last(output.at, output.len, "responders"),
	       *deeds = json_object_get(o, "responders");
	enum deeds_left left = DEEDS_UNKNOWN;

	(void)source_text(source, s.name);
	for (size_t i = 0; i < json_array_size(deeds); i++)
		say_deed(&s, json_array_get(deeds, i));
	if (o != NULL)
		left = json_is_string(json_object_get(o, "next")) ? DEEDS_LATER : DEEDS_NOTHING;
	else
		EVENT_LOG(part->log, EVENT_NOT_DONE, s.now_ms,
			event_text("source", slice_of(s.name)), event_number("incident", incident),
			event_number("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1));
	json_decref(o);
	return left;
}
