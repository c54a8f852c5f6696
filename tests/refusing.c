/* refusing: the hands of tests/system/refuse.sh.
 *
 * refusing add|remove|has FOLDER SOURCE [LSEARCH-FILE]
 *	as systems/exim/refusals.h has them; prints what went wrong. SOURCE as a person types it.
 * refusing list FOLDER
 * refusing name SOURCE
 *	the file's name in the folder of its kind
 * refusing answer SOCKET FILE
 *	answers every question with what FILE says then; "hang": never. Prints the questions.
 *
 * Ends with 1 when it did not work. */
#include "systems/exim/refusals.h"
#include "systems/whole_file.h"

#include "base/memory.h"
#include "base/printable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int say(int err, const struct problem *problem)
{
	if (err < 0)
		(void)fprintf(stderr, "refusing: %s\n", problem->text);
	return err < 0;
}

static bool show(void *context, const struct refusal *refusal)
{
	char line[REFUSAL_LINE_MAX];

	(void)context;
	(void)fputs(refusal_write_line(refusal, line), stdout);
	return true;
}

static int list(const char *folder)
{
	const struct refusals places = {folder, NULL, NULL};
	struct problem problem = {0};
	size_t strange = 0;
	int err = refusals_each(&places, show, NULL, &strange, &problem);

	if (strange > 0)
		(void)printf("%zu strange\n", strange);
	return say(err, &problem);
}

static int name(const char *typed)
{
	struct source source;
	char at[REFUSAL_NAME_MAX];

	if (source_parse(slice_of(typed), &source) < 0)
		return 1;
	(void)puts(strchr(refusal_file_name(&source, at), '/') + 1);
	return 0;
}

static int change(const char *what, const struct refusals *places, const char *typed)
{
	struct refusal refusal = {.when = time(NULL), .incident = 7, .why = "because of a test"};
	struct problem problem = {0};
	int err = 1;

	if (source_parse(slice_of(typed), &refusal.source) < 0)
		return 1;
	if (strcmp(what, "add") == 0)
		err = refusals_add(places, &refusal, &problem);
	else if (strcmp(what, "remove") == 0)
		err = refusals_remove(places, &refusal.source, &problem);
	else if (strcmp(what, "has") == 0)
		err = refusals_has(places, &refusal.source, &problem);
	return err > 0 || say(err, &problem) != 0;
}

/* ---- what a daemon could answer ---- */

static void answer_one(int peer, const char *path)
{
	char question[4097];
	size_t len = 0;
	ssize_t n;
	struct whole_file file = {0};

	while (len < sizeof(question) - 1 &&
		(n = read(peer, question + len, sizeof(question) - 1 - len)) > 0)
		len += (size_t)n;
	printable_write(stdout, slice_trim((struct slice){question, len}));
	(void)puts("");
	(void)fflush(stdout);
	if (whole_file_read(path, 4096, &file) < 0)
		return;
	if (strncmp(file.text, "hang", 4) == 0)
		sleep(3);
	else if (write(peer, file.text, file.len) < 0)
		perror("write");
	whole_file_clear(&file);
}

static int answer(const char *path, const char *file)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	(void)unlink(path);
	if (listener < 0 || bind(listener, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
		listen(listener, 64) < 0) {
		perror(path);
		return 1;
	}
	for (;;) {
		int peer = accept(listener, NULL, NULL);

		if (peer < 0)
			continue;
		answer_one(peer, file);
		close(peer);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "list") == 0 && argc == 3)
		return list(argv[2]);
	if (strcmp(what, "name") == 0 && argc == 3)
		return name(argv[2]);
	if (strcmp(what, "answer") == 0 && argc == 4)
		return answer(argv[2], argv[3]);
	if (argc != 4 && argc != 5)
		return 2;
	return change(what, &(struct refusals){argv[2], argc == 5 ? argv[4] : NULL, NULL}, argv[3]);
}
