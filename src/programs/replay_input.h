/* replay_input.h - where the facts of a replay come from: logs, rotated and packed, of one server
 * or several, or facts as JSON lines; and the tables that go with them. */
#ifndef STANCH_PROGRAMS_REPLAY_INPUT_H
#define STANCH_PROGRAMS_REPLAY_INPUT_H

#include "base/attribute.h"
#include "facts/ledger.h"
#include "programs/context.h"
#include "settings/groups.h"

#include <stdbool.h>
#include <stdint.h>

struct replay_source {
	const struct command_arguments *logs; /* files and folders */
	const char *facts;                    /* a file, "-"; NULL: the logs */
	const char *zone;                     /* of the logs; NULL: this system's */
	const struct setting_list *relays;    /* addresses and networks; NULL: none */
	int64_t until_us;                     /* later facts are left out; INT64_MAX: none */
};

/* What could not be used. */
struct replay_losses {
	uint64_t lines;    /* that should mean something and could not be read */
	uint64_t problems; /* files, or parts of them, that could not be */
};

typedef void replay_fact(void *context, const struct fact *fact);

/* Hands all facts to `take`, in the order of time. hosted is told which domains are hosted here as
 * the facts say so. What goes wrong is said on standard error, and counted. */
void replay_input_read(struct context *context, const struct replay_source *source,
	struct ledger *ledger, replay_fact *take, void *take_context, struct replay_losses *ret);

#endif
