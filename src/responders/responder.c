#include "responders/responder.h"

const char *responding_stage_name(enum responding_stage stage)
{
	static const char *const names[] = {[RESPONDING_SUSPECTED] = "suspected",
		[RESPONDING_CONTAINED] = "contained",
		[RESPONDING_CLOSED] = "closed",
		[RESPONDING_RELEASED] = "released"};

	return names[stage];
}
