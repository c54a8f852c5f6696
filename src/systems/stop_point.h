/* stop_point.h - named places at which a crash test may kill the process. Without the build option
 * stop_points they are nothing at all.
 *
 * STANCH_STOP_AT=name[:n] in the environment raises SIGKILL on the process itself at the n-th
 * passing (from 1) of that point: no handler, no clean-up, as when the power goes. */
#ifndef STANCH_SYSTEMS_STOP_POINT_H
#define STANCH_SYSTEMS_STOP_POINT_H

#include <stdbool.h>
#include <stdio.h>

enum stop_point {
	STOP_JOURNAL_OPENED,
	STOP_HOLD_BEFORE_INTENT,
	STOP_HOLD_AFTER_INTENT,
	STOP_HOLD_LOCKED,
	STOP_HOLD_BEFORE_HEADER,
	STOP_HOLD_AFTER_HEADER,
	STOP_HOLD_BEFORE_SECOND_PASS,
	STOP_HOLD_AFTER_JOURNAL,
	STOP_HOLD_AFTER_DATA,
	STOP_HOLD_AFTER_MSGLOG,
	STOP_HOLD_BEFORE_LOG,
	STOP_HOLD_AFTER_LOG,
	STOP_HOLD_AFTER_SYNC,
	STOP_HOLD_AFTER_OUTCOME,
	STOP_RESTORE_BEFORE_INTENT,
	STOP_RESTORE_AFTER_INTENT,
	STOP_RESTORE_BEFORE_DATA,
	STOP_RESTORE_AFTER_DATA,
	STOP_RESTORE_AFTER_JOURNAL,
	STOP_RESTORE_AFTER_MSGLOG,
	STOP_RESTORE_AFTER_HEADER,
	STOP_RESTORE_AFTER_LOG,
	STOP_RESTORE_AFTER_SYNC,
	STOP_RESTORE_AFTER_OUTCOME,
	STOP_PURGE_BEFORE_INTENT,
	STOP_PURGE_AFTER_INTENT,
	STOP_PURGE_BEFORE_HEADER,
	STOP_PURGE_AFTER_HEADER,
	STOP_PURGE_AFTER_JOURNAL,
	STOP_PURGE_AFTER_DATA,
	STOP_PURGE_AFTER_MSGLOG,
	STOP_PURGE_AFTER_LOG,
	STOP_PURGE_AFTER_SYNC,
	STOP_PURGE_AFTER_OUTCOME,
	STOP_RECOVER_BEFORE_MESSAGE,
	STOP_RECOVER_AFTER_MESSAGE,
	STOP_RECOVER_BEFORE_OUTCOME,
	STOP_RECOVER_AFTER_OUTCOME,
	STOP_POINTS
};

#ifdef STANCH_STOP_POINTS
void stop_point(enum stop_point point);
#else
static inline void stop_point(enum stop_point point)
{
	(void)point;
}
#endif

/* Prints all names, one a line, when the build has stop points and STANCH_STOP_AT is "list"; then
 * the answer is true, and the program has nothing more to do. */
bool stop_points_list(FILE *out);

#endif
