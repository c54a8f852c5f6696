/* manual_page.c - part of the build: makes a manual page out of its template on standard input, by
 * the tables of the program. Its argument is the command, or nothing for stanch(1). */
#include "programs/manual.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;

	if (argc > 1 && command == NULL) {
		(void)fprintf(stderr, "manual_page: there is no command \"%s\"\n", argv[1]);
		return 1;
	}
	if (manual_page(stdin, stdout, command) < 0) {
		(void)fputs("manual_page: the template has an unknown @...@ line\n", stderr);
		return 1;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
