#include "systems/stop_point.h"

#ifdef STANCH_STOP_POINTS

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[STOP_POINTS] = {
	[STOP_JOURNAL_OPENED] = "journal-opened",
	[STOP_HOLD_BEFORE_INTENT] = "hold-before-intent",
	[STOP_HOLD_AFTER_INTENT] = "hold-after-intent",
	[STOP_HOLD_LOCKED] = "hold-locked",
	[STOP_HOLD_BEFORE_HEADER] = "hold-before-header",
	[STOP_HOLD_AFTER_HEADER] = "hold-after-header",
	[STOP_HOLD_BEFORE_SECOND_PASS] = "hold-before-second-pass",
	[STOP_HOLD_AFTER_JOURNAL] = "hold-after-journal",
	[STOP_HOLD_AFTER_DATA] = "hold-after-data",
	[STOP_HOLD_AFTER_MSGLOG] = "hold-after-msglog",
	[STOP_HOLD_BEFORE_LOG] = "hold-before-log",
	[STOP_HOLD_AFTER_LOG] = "hold-after-log",
	[STOP_HOLD_AFTER_SYNC] = "hold-after-sync",
	[STOP_HOLD_AFTER_OUTCOME] = "hold-after-outcome",
	[STOP_RESTORE_BEFORE_INTENT] = "restore-before-intent",
	[STOP_RESTORE_AFTER_INTENT] = "restore-after-intent",
	[STOP_RESTORE_BEFORE_DATA] = "restore-before-data",
	[STOP_RESTORE_AFTER_DATA] = "restore-after-data",
	[STOP_RESTORE_AFTER_JOURNAL] = "restore-after-journal",
	[STOP_RESTORE_AFTER_MSGLOG] = "restore-after-msglog",
	[STOP_RESTORE_AFTER_HEADER] = "restore-after-header",
	[STOP_RESTORE_AFTER_LOG] = "restore-after-log",
	[STOP_RESTORE_AFTER_SYNC] = "restore-after-sync",
	[STOP_RESTORE_AFTER_OUTCOME] = "restore-after-outcome",
	[STOP_PURGE_BEFORE_INTENT] = "purge-before-intent",
	[STOP_PURGE_AFTER_INTENT] = "purge-after-intent",
	[STOP_PURGE_BEFORE_HEADER] = "purge-before-header",
	[STOP_PURGE_AFTER_HEADER] = "purge-after-header",
	[STOP_PURGE_AFTER_JOURNAL] = "purge-after-journal",
	[STOP_PURGE_AFTER_DATA] = "purge-after-data",
	[STOP_PURGE_AFTER_MSGLOG] = "purge-after-msglog",
	[STOP_PURGE_AFTER_LOG] = "purge-after-log",
	[STOP_PURGE_AFTER_SYNC] = "purge-after-sync",
	[STOP_PURGE_AFTER_OUTCOME] = "purge-after-outcome",
	[STOP_RECOVER_BEFORE_MESSAGE] = "recover-before-message",
	[STOP_RECOVER_AFTER_MESSAGE] = "recover-after-message",
	[STOP_RECOVER_BEFORE_OUTCOME] = "recover-before-outcome",
	[STOP_RECOVER_AFTER_OUTCOME] = "recover-after-outcome",
	[STOP_ACT_BEFORE_INTENT] = "act-before-intent",
	[STOP_ACT_AFTER_INTENT] = "act-after-intent",
	[STOP_ACT_AFTER_DEED] = "act-after-deed",
	[STOP_ACT_AFTER_LOOK] = "act-after-look",
	[STOP_ACT_AFTER_OUTCOME] = "act-after-outcome",
	[STOP_UNDO_BEFORE_INTENT] = "undo-before-intent",
	[STOP_UNDO_AFTER_INTENT] = "undo-after-intent",
	[STOP_UNDO_AFTER_DEED] = "undo-after-deed",
	[STOP_UNDO_AFTER_OUTCOME] = "undo-after-outcome",
};

void stop_point(enum stop_point point)
{
	static unsigned long passed; /* a test build's only, and only one point is counted */
	const char *wanted = getenv("STANCH_STOP_AT");
	size_t len = strlen(names[point]);
	unsigned long n = 1;

	if (wanted == NULL || strncmp(wanted, names[point], len) != 0)
		return;
	if (wanted[len] == ':')
		n = strtoul(wanted + len + 1, NULL, 10);
	else if (wanted[len] != '\0')
		return;
	if (++passed == n)
		kill(getpid(), SIGKILL);
}

bool stop_points_list(FILE *out)
{
	const char *wanted = getenv("STANCH_STOP_AT");

	if (wanted == NULL || strcmp(wanted, "list") != 0)
		return false;
	for (int i = 0; i < STOP_POINTS; i++)
		fprintf(out, "%s\n", names[i]);
	return true;
}

#else

bool stop_points_list(FILE *out)
{
	(void)out;
	return false;
}

#endif
