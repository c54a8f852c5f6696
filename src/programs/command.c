#include "programs/command.h"

#include <string.h>

const struct command *const *command_table(void)
{
	static const struct command *const table[] = {
		&command_queue,
		&command_show,
		&command_sources,
		&command_check,
		&command_contain,
		&command_release,
		&command_hold,
		&command_holds,
		&command_restore,
		&command_purge,
		&command_status,
		&command_top,
		&command_incidents,
		&command_incident,
		&command_explain,
		&command_exempt,
		&command_replay,
		&command_feedback,
		&command_backscatter,
		&command_setup,
		&command_completion,
		NULL,
	};

	return table;
}

const struct command *command_find(const char *name)
{
	for (const struct command *const *c = command_table(); *c != NULL; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}
