#include "responders/refuse.h"

#include "base/json_text.h"
#include "base/printable.h"
#include "systems/exim/program.h"
#include "systems/exim/refusals.h"
#include "systems/exim/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool is_on(const struct settings_values *values)
{
	return values->refuse.enabled;
}

static struct refusals places_of(const struct settings_values *values)
{
	return (struct refusals){
		values->refuse.folder, values->refuse.lsearch_file, values->refuse.text};
}

/* Where it was refused stands in the note: the settings may be others by now. */
static struct refusals places_of_note(const struct settings_values *values, const json_t *note)
{
	struct refusals places = places_of(values);
	const char *folder = json_string_value(json_object_get(note, "folder"));
	const char *file = json_string_value(json_object_get(note, "lsearch_file"));

	if (folder != NULL) {
		places.folder = folder;
		places.lsearch_file = file;
	}
	return places;
}

/* What an administrator can help with is told from what may pass. */
static int answer(int err)
{
	switch (err) {
	case 0:
	case -ENOENT:
	case -EAGAIN:
	case -EINVAL:
		return err;
	case -EPERM:
	case -EACCES:
	case -EROFS:
		return -EACCES;
	default:
		return -EIO;
	}
}

/* The administrator has an access list of his own for it. */
static bool has_list(const struct responding *r)
{
	return r->values->refuse.lsearch_file != NULL && r->source->kind == SOURCE_MAILBOX;
}

static void plan(const struct responding *r, struct problem *said)
{
	char name[SOURCE_TEXT_MAX], folder[512];

	(void)problem_set(said, 0, "Exim would refuse %.400s, by a file in %s%s",
		source_text(r->source, name),
		printable_text(slice_of(r->values->refuse.folder), folder, sizeof(folder)),
		has_list(r) ? " and a line in refuse.lsearch_file" : "");
}

/* A refusal that nobody looks at is none. An Exim that cannot be asked may look all the same. */
static int check_looked_at(const struct responding *r, struct problem *said)
{
	const struct general_settings *general = &r->values->general;
	struct problem unsaid = {0};
	char *path = NULL;
	int err = exim_program_find(general->exim, &path);

	if (err == 0) {
		const struct exim_program program = {path, general->exim_config};
		err = exim_setup_looks(&program, r->values->refuse.folder, &unsaid);
	}
	free(path);
	if (err == -ENOENT && unsaid.text[0] != '\0')
		return problem_set(said, -EINVAL, "%s", unsaid.text);
	return 0;
}

static int act(struct responding *r, json_t *note, struct problem *said)
{
	const struct refusals places = places_of(r->values);
	struct refusal refusal = {
		.source = *r->source, .when = (int64_t)time(NULL), .incident = r->incident};
	char name[SOURCE_TEXT_MAX];
	int err = 0;

	if (!has_list(r))
		err = check_looked_at(r, said);
	if (err < 0)
		return err;
	(void)printable_text(slice_of(r->reason), refusal.why, sizeof(refusal.why));
	/* Before it is done: whatever comes of it, the undo knows where to look. */
	json_put(note, "folder", json_text(slice_of(places.folder)));
	json_put(note, "lsearch_file",
		places.lsearch_file != NULL ? json_text(slice_of(places.lsearch_file)) : NULL);
	err = refusals_add(&places, &refusal, said);
	if (err < 0)
		return answer(err);
	return problem_set(said, 0, "Exim refuses %.400s from its next command on",
		source_text(r->source, name));
}

static int check(const struct responding *r, const json_t *note, struct problem *said)
{
	const struct refusals places = places_of_note(r->values, note);

	return answer(refusals_has(&places, r->source, said));
}

static int undo(const struct responding *r, json_t *note, struct problem *said)
{
	const struct refusals places = places_of_note(r->values, note);
	char name[SOURCE_TEXT_MAX];
	int err = refusals_remove(&places, r->source, said);

	if (err < 0)
		return answer(err);
	return problem_set(
		said, 0, "Exim takes mail of %.400s again", source_text(r->source, name));
}

const struct responder responder_refuse = {
	.name = "refuse",
	.deed = "refuse its mail",
	.is_on = is_on,
	.fits = refusal_fits,
	.plan = plan,
	.act = act,
	.check = check,
	.undo = undo,
};
