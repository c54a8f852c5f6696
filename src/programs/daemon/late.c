#include "programs/daemon/late.h"

#include "base/memory.h"
#include "incidents/actions.h"
#include "programs/daemon/deeds.h"
#include "programs/daemon/events.h"

#include <stdlib.h>

#define LOOK_S 60

struct late {
	const struct daemon_part *part;
	struct loop *loop;
	struct job *job; /* NULL: nothing is being done */
	int64_t look_at;
	int64_t incident; /* of the job; 0: none was found */
	struct source source;
};

struct late *late_new(const struct daemon_part *part, struct loop *loop)
{
	struct late *l = memory_new(1, sizeof(*l));

	l->part = part;
	l->loop = loop;
	return l;
}

void late_free(struct late *l)
{
	if (l == NULL)
		return;
	job_free(l->job);
	free(l);
}

static void on_ended(void *context, const char *output, size_t len, int status)
{
	struct late *l = context;

	l->job = NULL;
	(void)deeds_say(
		l->part, l->loop, &l->source, l->incident, (struct slice){output, len}, status);
}

static bool take_first(void *context, int64_t incident, const struct source *source)
{
	struct late *l = context;

	l->incident = incident;
	l->source = *source;
	return false;
}

int late_turn(struct late *l, struct journal *journal, int64_t now, struct problem *problem)
{
	struct problem unstarted = {0};
	int err;

	if (l->job != NULL || now < l->look_at)
		return 0;
	l->look_at = now + LOOK_S;
	l->incident = 0;
	err = actions_each_left(journal, now, take_first, l, problem);
	if (err < 0 || l->incident == 0)
		return err;
	l->look_at = now; /* there may be more */
	if (deeds_start(l->loop, l->part, l->incident, on_ended, l, &l->job, &unstarted) < 0) {
		l->look_at = now + LOOK_S;
		EVENT_LOG(l->part->log, EVENT_NOT_DONE, loop_now_ms(l->loop),
			event_number("incident", l->incident),
			event_text("words", slice_of(unstarted.text)));
	}
	return 0;
}
