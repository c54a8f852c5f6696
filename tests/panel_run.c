/* panel_run CONFIGURATION MAILBOX FOLDER STEP: one call of the responder "secret", for
 * tests/system/panels.sh. STEP: plan, act, check, undo. Prints "ERROR what it says". FOLDER/note is
 * the journal's note between the calls, FOLDER/secret the secret that was handed on, with "how"
 * behind it: only a test writes it down. */
#include "responders/secret.h"
#include "settings/secret_file.h"
#include "settings/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_ROOM 1000

static void fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "panel_run: %s: %s\n", what, why);
	exit(2);
}

static void write_secret(const char *path, const struct responding *r)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct slice text = secret_slice(r->secret);

	if (fd < 0 || write(fd, text.at, text.len) != (ssize_t)text.len || close(fd) != 0)
		fail(path, strerror(errno));
}

static int step(const char *name, struct responding *r, json_t *note, struct problem *said)
{
	if (strcmp(name, "act") == 0)
		return responder_secret.act(r, note, said);
	if (strcmp(name, "check") == 0)
		return responder_secret.check(r, note, said);
	if (strcmp(name, "undo") == 0)
		return responder_secret.undo(r, note, said);
	responder_secret.plan(r, said);
	return 0;
}

int main(int argc, char **argv)
{
	AUTO(settings) settings = NULL;
	struct problem problem = {0}, said = {0};
	struct source source;
	char note_path[PATH_ROOM], secret_path[PATH_ROOM];

	if (argc != 5 || strlen(argv[3]) > PATH_ROOM - 20)
		fail("usage", "panel_run CONFIGURATION MAILBOX FOLDER STEP");
	if (settings_read(argv[1], &settings, &problem) < 0)
		fail(argv[1], problem.text);
	source_set(&source, SOURCE_MAILBOX, slice_of(argv[2]));
	(void)snprintf(note_path, sizeof(note_path), "%s/note", argv[3]);
	(void)snprintf(secret_path, sizeof(secret_path), "%s/secret", argv[3]);

	json_t *note = json_load_file(note_path, 0, NULL);
	if (note == NULL)
		note = json_object();
	struct responding r = {
		.values = settings_values(settings), .source = &source, .reason = ""};
	if (access(secret_path, F_OK) == 0 &&
		secret_file_read(secret_path, &r.secret, &problem) < 0)
		fail(secret_path, problem.text);

	int err = step(argv[4], &r, note, &said);
	printf("%s %s\n", err < 0 ? strerrorname_np(-err) : "OK", said.text);
	if (json_dump_file(note, note_path, 0) != 0)
		fail(note_path, "cannot be written");
	if (err == 0 && r.secret != NULL)
		write_secret(secret_path, &r);
	secret_free(r.secret);
	json_decref(note);
	return 0;
}
