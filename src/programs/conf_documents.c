/* conf_documents.c - part of the build: what is written about stanch.conf, by the table of
 * settings. "manual": stanch.conf(5) out of its template on standard input, with its line
 * "@SETTINGS@" filled in; "sample": a file with every setting at its default. */
#include "settings/settings.h"

#include <stdlib.h>
#include <string.h>

static void write_manual(FILE *template, FILE *out)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, template) > 0) {
		if (strcmp(line, "@SETTINGS@\n") == 0)
			settings_manual(out);
		else
			(void)fputs(line, out);
	}
	free(line);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "manual") == 0) {
		write_manual(stdin, stdout);
	} else if (argc == 2 && strcmp(argv[1], "sample") == 0) {
		settings_sample(stdout);
	} else {
		(void)fputs("usage: conf_documents manual|sample\n", stderr);
		return 2;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
