/* hand_parts.h - what the files of the hand share: hand.c, which decides and acts, and
 * hand_asked.c, which tells. */
#ifndef STANCH_PROGRAMS_DAEMON_HAND_PARTS_H
#define STANCH_PROGRAMS_DAEMON_HAND_PARTS_H

#include "incidents/casebook.h"
#include "incidents/measures.h"
#include "programs/daemon/clerk_link.h"
#include "programs/daemon/control.h"
#include "programs/daemon/desk.h"
#include "programs/daemon/job.h"
#include "programs/daemon/late.h"
#include "programs/daemon/now.h"
#include "programs/daemon/parts.h"
#include "programs/daemon/queue_desk.h"
#include "programs/daemon/talk.h"
#include "programs/daemon/turned_away.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* An open incident, and one that was closed while something is still done about it. */
struct outbreak {
	struct hand *hand;
	struct incident incident;
	int64_t judged_at;  /* when its verdict was last noted */
	int64_t look_at;    /* when its mail is to be looked for; 0: not */
	int64_t told_at;    /* something of it was logged that is said again */
	bool is_in_journal; /* as an open one, when it was last looked */
	bool is_exempt;     /* likewise, its source */
	bool is_refused;    /* what the watcher was told of its source: refuse it; */
	bool is_put_off;    /* put its mail off */
	int64_t act_at;     /* when what is due of it is to be done; 0: nothing is */
	int64_t act_pause;  /* seconds until it is looked at again */
	struct job *acting; /* does it now */
	struct outbreak *next;
};

struct hand {
	const struct daemon_part *part;
	const struct settings_values *values;
	struct loop *loop;
	struct loop_timer *turn, *pulse;
	struct talk *talk;
	struct control *control;
	struct clerk_link *clerk; /* NULL: there is none, nor the next three */
	struct page_access *access;
	struct desk *desk;
	struct queue_desk *queue;
	struct measures measures; /* for the clerk */
	struct now_keeper *now;
	struct journal *journal; /* NULL: it cannot be used now */
	int64_t journal_at;      /* when it was tried */
	struct outbreak *outbreaks;
	size_t outbreak_count, acting_count;
	struct turned_away *turned_away;
	struct late *late;
	struct {
		struct job *job; /* NULL: nothing is being held */
		int64_t number;  /* of the incident; 0: likewise */
		int64_t begun;
	} holding;
	json_t *watcher_state;
	int64_t watcher_at;
	bool is_ready, told_begin;
};

static inline int64_t hand_now_s(void)
{
	return (int64_t)time(NULL);
}

/* hand.c: looks at all now. */
void hand_turn(struct hand *h);

/* hand_asked.c: how things are, for the keeper of now. */
struct now_view hand_view(const struct hand *h);

/* hand_asked.c: is there for those who ask, until hand_asked_end(). */
void hand_asked_begin(struct hand *h);
void hand_asked_end(struct hand *h);

#endif
