#include "programs/daemon/feedback_watch.h"

#include "base/clock.h"
#include "base/memory.h"
#include "programs/daemon/events.h"
#include "sensors/feedback_folder.h"

#include <stdlib.h>
#include <string.h>

/* A turn of the loop is short. */
#define TURN_MAILS 16
#define AGAIN_MS   1000 /* whether the folder is there, and still the same */

struct feedback_watch {
	const struct daemon_part *part;
	struct loop *loop;
	const struct ledger *ledger;
	void (*found)(void *context, const struct fact *fact);
	void *context;
	struct feedback_folder *folder;
	struct loop_watch *watch;
	struct loop_timer *timer;
	uint64_t known, unknown; /* facts about messages that are remembered, and others */
	struct problem told;
};

/* Said once, until it is another one or over. */
static void trouble(struct feedback_watch *r, const struct problem *problem)
{
	if (strcmp(r->told.text, problem->text) == 0)
		return;
	r->told = *problem;
	if (problem->text[0] != '\0')
		EVENT_LOG(r->part->log, EVENT_FEEDBACK_TROUBLE, loop_now_ms(r->loop),
			event_text("error", slice_of(problem->text)));
}

static void take(void *context, const struct fact *fact)
{
	struct feedback_watch *r = context;

	if (fact->id.len > 0 ? ledger_has_message(r->ledger, fact->id)
			     : ledger_find(r->ledger, fact->source) != NULL)
		r->known++;
	else
		r->unknown++;
	r->found(r->context, fact);
}

static void read_folder(struct feedback_watch *r)
{
	struct problem problem = {0};
	int more = feedback_folder_read(r->folder, clock_now_us(), TURN_MAILS, take, r, &problem);

	trouble(r, &problem);
	loop_timer_start(r->timer, more > 0 ? 0 : AGAIN_MS, 0);
}

static void on_ready(void *context, unsigned ready)
{
	(void)ready;
	read_folder(context);
}

static void on_timer(void *context)
{
	read_folder(context);
}

struct feedback_watch *feedback_watch_new(const struct daemon_part *part, struct loop *loop,
	const struct ledger *ledger, void (*found)(void *context, const struct fact *fact),
	void *context)
{
	const char *path = part->plan->values->feedback.folder;
	const char *host = part->plan->host != NULL ? part->plan->host : "";
	struct feedback_watch *r;
	struct problem problem = {0};

	if (path == NULL)
		return NULL;
	r = memory_new(1, sizeof(*r));
	*r = (struct feedback_watch){
		.part = part, .loop = loop, .ledger = ledger, .found = found, .context = context};
	if (feedback_folder_new(
		    path, host, part->plan->values->feedback.notices, &r->folder, &problem) < 0) {
		trouble(r, &problem);
		free(r);
		return NULL;
	}
	r->timer = loop_timer_new(loop, on_timer, r);
	/* without it, the timer looks */
	if (loop_watch_new(loop, feedback_folder_fd(r->folder), on_ready, r, &r->watch) == 0)
		loop_watch_for(r->watch, LOOP_READ);
	loop_timer_start(r->timer, 0, 0);
	return r;
}

void feedback_watch_free(struct feedback_watch *r)
{
	if (r == NULL)
		return;
	loop_watch_free(r->watch);
	loop_timer_free(r->timer);
	feedback_folder_free(r->folder);
	free(r);
}

json_t *feedback_watch_state(const struct feedback_watch *r)
{
	const struct feedback_folder_counts c = feedback_folder_count(r->folder);

	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "mails", (json_int_t)c.mails,
		"complaints", (json_int_t)c.complaints, "bounces", (json_int_t)c.bounces, "notices",
		(json_int_t)c.notices, "others", (json_int_t)c.others, "history",
		(json_int_t)c.history, "passed_over", (json_int_t)c.passed_over, "known",
		(json_int_t)r->known, "unknown", (json_int_t)r->unknown);
}
