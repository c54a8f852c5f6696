/* event_documents.c - part of the build: stanchd(8) out of its template on standard input, with its
 * line "@EVENTS@" filled in by the table of events. */
#include "base/mdoc.h"
#include "programs/daemon/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_events(FILE *out)
{
	static const char *const levels[] = {
		[EVENT_ERROR] = "error", [EVENT_WARNING] = "warning", [EVENT_INFO] = "info"};

	(void)fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < DAEMON_EVENTS; i++) {
		(void)fprintf(out, ".It Li %s Pq %s\n", daemon_events[i].name,
			levels[daemon_events[i].level]);
		mdoc_text(out, daemon_events[i].help);
	}
	(void)fputs(".El\n", out);
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		if (strcmp(line, "@EVENTS@\n") == 0)
			write_events(stdout);
		else
			(void)fputs(line, stdout);
	}
	free(line);
	return fflush(stdout) == 0 ? 0 : 1;
}
