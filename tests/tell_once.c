/* tell_once CONF NOTE STAGE SOURCE: what tests/system/tell.sh runs. Tells of one stage of incident
 * 12 (suspected, contained, closed, released), or looks (check), with the settings of CONF; the new
 * password, if any, is read from standard input. The note is kept in the file NOTE. Prints the
 * error's number and what is said. */
#include "base/secret.h"
#include "responders/tell.h"
#include "settings/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct secret *read_secret(void)
{
	char text[SECRET_MAX + 1];
	ssize_t n = read(STDIN_FILENO, text, sizeof(text));
	struct secret *secret = n > 0 ? secret_new((struct slice){text, (size_t)n}) : NULL;

	secret_wipe(text, sizeof(text));
	return secret;
}

/* What has no name is of the first notice. */
static enum responding_stage stage_named(const char *name)
{
	for (unsigned i = RESPONDING_SUSPECTED; i <= RESPONDING_RELEASED; i++)
		if (strcmp(name, responding_stage_name((enum responding_stage)i)) == 0)
			return (enum responding_stage)i;
	return RESPONDING_CONTAINED;
}

static int run(const char *stage, struct responding *r, json_t *note, struct problem *said)
{
	if (strcmp(stage, "check") == 0)
		return responder_tell.check(r, note, said);
	if (r->stage == RESPONDING_RELEASED)
		return responder_tell.undo(r, note, said);
	return responder_tell.act(r, note, said);
}

int main(int argc, char **argv)
{
	struct settings *settings = NULL;
	struct problem said = {0};
	struct source source;

	if (argc != 5 || settings_read(argv[1], &settings, &said) < 0 ||
		source_parse(slice_of(argv[4]), &source) < 0) {
		(void)fprintf(stderr, "tell_once: %s\n", said.text);
		return 2;
	}
	json_t *note = json_load_file(argv[2], 0, NULL);
	if (note == NULL)
		note = json_object();
	struct responding r = {.values = settings_values(settings),
		.source = &source,
		.incident = 12,
		.stage = stage_named(argv[3]),
		.since = 1790000000,
		.reason = "sent to <many> strangers & was refused",
		.messages = 119,
		.recipients = 700,
		.held = 80,
		.secret = read_secret(),
		.secret_how = "changed"};
	int err = run(argv[3], &r, note, &said);
	(void)printf("%s %s\n", err == 0 ? "0" : strerrorname_np(-err), said.text);
	if (json_dump_file(note, argv[2], 0) != 0)
		return 2;
	json_decref(note);
	secret_free(r.secret);
	settings_free(settings);
	return err == 0 ? 0 : 1;
}
