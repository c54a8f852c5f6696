#include "systems/exim/setup_parts.h"

#include "base/printable.h"
#include "systems/child_program.h"
#include "systems/exim/config_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FOLDER_ACLS    "etc/exim/acls"
#define PROGRAM_BUILD  "scripts/buildeximconf"
#define PROGRAM_START  "scripts/restartsrv_exim"
#define SAYS_LOADS     "Dry Run ok"
#define SAYS_BUILT     "Configuration file passes test!"
#define FILE_NAME      "custom_begin_00_stanch_"
#define LOCALOPTS_MAX  ((size_t)1 << 20)
#define SECONDS_OF_ONE 120

/* A file of this ending is taken in the place of the other by a dry run, and by nothing else. */
#define FOR_DRY_RUN ".dry_run"

/* Where a file of ours can be, in the folder of the block. Of the two for recipients, the one that
 * comes first in the server's list is taken. */
static const struct place {
	enum acl_stage stage;
	const char *block, *file;
} places[CPANEL_PLACES] = {
	{ACL_MAIL, "ACL_MAIL_PRE_BLOCK", FILE_NAME "mail"},
	{ACL_RCPT, "ACL_PRE_RECIPIENT_BLOCK", FILE_NAME "rcpt"},
	{ACL_RCPT, "ACL_RECIPIENT_BLOCK", FILE_NAME "rcpt"},
	{ACL_PREDATA, "ACL_SMTP_PREDATA_BLOCK", FILE_NAME "predata"},
	{ACL_DATA, "ACL_CHECK_MESSAGE_PRE_BLOCK", FILE_NAME "data"},
	{ACL_NOT_SMTP, "ACL_NOT_SMTP_BLOCK", FILE_NAME "local"},
};

static const char file_mark[] =
	"# Written by \"stanch setup exim\", which takes this file away with --remove.\n";

/* ---- cPanel's programs ---- */

static int run_program(const struct exim_setup *s, const char *name, const char *option,
	struct child_answer *ret, struct problem *problem)
{
	char path[PATH_MAX];
	const char *const words[] = {path, option, NULL};
	const int64_t given_ms = s->request.cpanel_time_ms;
	const struct child_program program = {
		.words = words,
		.time_ms = given_ms > 0 ? given_ms : (int64_t)SECONDS_OF_ONE * 1000,
	};
	int err = setup_join(path, s->cpanel_folder, name, problem);

	return err < 0 ? err : child_program_run(&program, ret, problem);
}

/* Whether it ends well and says the words; NULL: whatever it says. */
static int run_and_hear(const struct exim_setup *s, const char *name, const char *option,
	const char *words, struct problem *problem)
{
	struct child_answer answer = {0};
	char shown[400];
	int err = run_program(s, name, option, &answer, problem);

	if (err < 0)
		return err;
	if (answer.status != 0 || (words != NULL && memmem(answer.output, answer.len, words,
							    strlen(words)) == NULL)) {
		struct slice said = slice_trim((struct slice){answer.output, answer.len});

		/* What went wrong is said last. */
		if (said.len > 300)
			said = slice_after(said, said.len - 300);
		err = problem_set(problem, -EIO, "cPanel's %s failed (status %d): %s", name,
			answer.status,
			said.len > 0 ? printable_text(said, shown, sizeof(shown))
				     : "it said nothing");
	}
	child_answer_clear(&answer);
	return err;
}

/* ---- files ---- */

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* Under the name that no build takes up, whole or not. */
static int put_beside(const char *path, const char *text, size_t len)
{
	char beside[PATH_MAX];
	int fd, err;

	if (snprintf(beside, sizeof(beside), "%s" FOR_DRY_RUN, path) >= (int)sizeof(beside))
		return -ENAMETOOLONG;
	(void)unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text, len);
	if (err == 0 && fchmod(fd, 0644) < 0)
		err = -errno;
	if (close(fd) < 0 && err == 0)
		err = -errno;
	if (err < 0)
		(void)unlink(beside);
	return err;
}

static void remove_beside(const char *path)
{
	char beside[PATH_MAX];

	if (snprintf(beside, sizeof(beside), "%s" FOR_DRY_RUN, path) < (int)sizeof(beside))
		(void)unlink(beside);
}

int setup_cpanel_put(const char *path, const char *text, size_t len)
{
	char beside[PATH_MAX];
	int err;

	if (text == NULL)
		return whole_file_remove(path);
	err = put_beside(path, text, len);
	if (err < 0)
		return err;
	(void)snprintf(beside, sizeof(beside), "%s" FOR_DRY_RUN, path);
	if (rename(beside, path) < 0) {
		err = -errno;
		(void)unlink(beside);
		return err;
	}
	return whole_file_sync_folder(path);
}

/* ---- what is tried before it is live ---- */

int setup_cpanel_try(const struct exim_setup *s, struct problem *problem)
{
	int err = 0;

	for (size_t i = 0; i < s->count && err == 0; i++) {
		const struct changed_file *f = &s->files[i];

		if (!setup_is_changed(f))
			continue;
		/* An empty one stands for a file that goes away. */
		err = put_beside(f->shown.path, f->after, f->after != NULL ? f->after_len : 0);
		if (err < 0)
			err = setup_failed(problem, err, "write beside", f->shown.path);
	}
	if (err == 0)
		err = run_and_hear(s, PROGRAM_BUILD, "--acl_dry_run", SAYS_LOADS, problem);
	for (size_t i = 0; i < s->count; i++)
		if (setup_is_changed(&s->files[i]))
			remove_beside(s->files[i].shown.path);
	if (err == 0 && !s->request.remove)
		err = setup_probe(s, s->config, problem);
	return err;
}

/* ---- where the blocks are in the live configuration ---- */

/* The last line may have no end. */
static bool take_line(struct slice *rest, struct slice *ret_line)
{
	if (slice_take_line(rest, ret_line))
		return true;
	*ret_line = *rest;
	*rest = slice_after(*rest, rest->len);
	return ret_line->len > 0;
}

struct found {
	struct slice list; /* its name */
	size_t at;         /* line */
	bool is_late;      /* who has logged in may have been accepted by then */
};

static bool is_begin_of(struct slice line, const char *block)
{
	struct slice name;

	if (!slice_starts(line, "#BEGIN "))
		return false;
	name = slice_trim(slice_after(line, strlen("#BEGIN ")));
	if (name.len != strlen(block))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if ((name.at[i] == '-' ? '_' : name.at[i]) != block[i])
			return false;
	return true;
}

static bool is_verb(struct slice word)
{
	static const char *const verbs[] = {
		"accept", "defer", "deny", "discard", "drop", "require", "warn"};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (slice_is(word, verbs[i]))
			return true;
	return false;
}

static struct slice first_word(struct slice line)
{
	size_t n = 0;

	while (n < line.len && line.at[n] != ' ' && line.at[n] != '\t')
		n++;
	return slice_first(line, n);
}

static bool find_block(struct slice text, const char *block, struct found *ret)
{
	struct slice rest = text, line;
	bool accepts = false;

	*ret = (struct found){0};
	for (; take_line(&rest, &line); ret->at++) {
		struct slice word;

		line = slice_trim(line);
		if (is_begin_of(line, block))
			return true;
		word = first_word(line);
		if (line.len == 0 || line.at[0] == '#')
			continue;
		if (word.len == line.len && line.at[line.len - 1] == ':') {
			ret->list = slice_first(line, line.len - 1);
			ret->is_late = accepts = false;
			continue;
		}
		if (is_verb(word)) {
			accepts = slice_is(word, "accept");
			line = slice_trim(slice_after(line, word.len));
		}
		if (accepts && slice_starts(line, "authenticated"))
			ret->is_late = true;
	}
	return false;
}

static void note(struct exim_setup *s, const char *format, const char *a, const char *b)
{
	if (s->note_count < NOTES_MAX) {
		(void)snprintf(s->notes[s->note_count], sizeof(s->notes[0]), format, a, b);
		s->note_count++;
	}
}

/* The first place of the stage in its list, or none when the server asks no list at that stage:
 * cPanel leaves out a list that is empty, and with us in it alone it would refuse whatever we let
 * pass. */
static int choose_place(struct exim_setup *s, enum acl_stage stage, struct slice config,
	bool chosen[CPANEL_PLACES], struct problem *problem)
{
	const char *list = s->acls[stage], *option = acl_text_option(stage);
	struct found best = {0}, found;
	size_t take = CPANEL_PLACES;
	char shown[128];

	if (list[0] == '\0') {
		note(s, "%s%s names no list here: nothing of ours is asked there", option, "");
		return 0;
	}
	for (size_t i = 0; i < CPANEL_PLACES; i++) {
		if (places[i].stage != stage || !find_block(config, places[i].block, &found) ||
			!slice_is(found.list, list))
			continue;
		if (take == CPANEL_PLACES || found.at < best.at) {
			best = found;
			take = i;
		}
	}
	(void)printable_text(slice_of(list), shown, sizeof(shown));
	if (take == CPANEL_PLACES)
		return problem_set(problem, -EINVAL,
			"the list %s of %s has no place of cPanel's for a file of ours", shown,
			option);
	if (best.is_late)
		return problem_set(problem, -EINVAL,
			"the list %s of %s accepts who has logged in before %s: only a person can "
			"say how ours goes before it",
			shown, option, places[take].block);
	chosen[take] = true;
	return 0;
}

static int choose_places(struct exim_setup *s, bool chosen[CPANEL_PLACES], struct problem *problem)
{
	struct whole_file config = {0};
	int err = whole_file_read(s->config, CONFIG_TEXT_MAX, &config);

	if (err < 0)
		return setup_failed(problem, err, "read", s->config);
	for (enum acl_stage stage = 0; stage < ACL_STAGES && err == 0; stage++)
		err = choose_place(
			s, stage, (struct slice){config.text, config.len}, chosen, problem);
	whole_file_clear(&config);
	return err;
}

/* ---- the plan ---- */

/* As cPanel reads a number: what does not begin with one is 0. */
static bool is_zero(struct slice value)
{
	size_t i = value.len > 0 && value.at[0] == '-' ? 1 : 0;

	while (i < value.len && value.at[i] == '0')
		i++;
	return i == value.len || value.at[i] < '1' || value.at[i] > '9';
}

/* "acl_NAME=0", or without a value, switches it off; the last line counts. */
static bool is_off_in(
	const struct exim_setup *s, const char *ending, const char *name, bool was_off)
{
	char path[PATH_MAX], option[128];
	struct whole_file file = {0};
	struct slice rest, line;
	bool is_off = was_off;

	(void)snprintf(option, sizeof(option), "acl_%s", name);
	if (snprintf(path, sizeof(path), "%s.%s", s->config, ending) >= (int)sizeof(path) ||
		whole_file_read(path, LOCALOPTS_MAX, &file) < 0)
		return was_off;
	rest = (struct slice){file.text, file.len};
	while (take_line(&rest, &line)) {
		size_t equals = slice_find(line, '=');

		if (slice_is(slice_trim(slice_first(line, equals)), option))
			is_off = is_zero(slice_trim(slice_after(line, equals + 1)));
	}
	whole_file_clear(&file);
	return is_off;
}

static bool is_off(const struct exim_setup *s, const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	return is_off_in(s, "localopts.shadow", name, is_off_in(s, "localopts", name, false));
}

static int make_text(const struct exim_setup *s, enum acl_stage stage, struct changed_file *f)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return -ENOMEM;
	(void)fputs(file_mark, out);
	acl_text_inside(out, stage, &s->request.values);
	if (fclose(out) != 0) {
		free(text);
		return -ENOMEM;
	}
	setup_set_after(f, text, len);
	return 0;
}

/* Reads one more that may change. A link is not ours, and nothing is written through it. */
static int take_place(
	struct exim_setup *s, const struct place *place, bool wanted, struct problem *problem)
{
	struct changed_file *f = &s->files[s->count];
	char path[PATH_MAX], shown[512];
	int err;

	if (snprintf(path, sizeof(path), "%s/" FOLDER_ACLS "/%s/%s", s->cpanel_folder, place->block,
		    place->file) >= (int)sizeof(path))
		return setup_failed(problem, -ENAMETOOLONG, "use", s->cpanel_folder);
	/* Of a run that was killed: a dry run of WHM's would take it. */
	remove_beside(path);
	err = whole_file_read(path, CONFIG_TEXT_MAX, &f->before);
	(void)printable_text(slice_of(path), shown, sizeof(shown));
	if (err == -ENOENT && !wanted)
		return 0;
	if (err == -ELOOP || err == -EINVAL ||
		(err == 0 &&
			!slice_starts((struct slice){f->before.text, f->before.len}, file_mark))) {
		whole_file_clear(&f->before);
		if (wanted)
			return problem_set(problem, -EINVAL,
				"%s is not of stanch's making, and is left alone", shown);
		note(s, "%s is not of stanch's making, and is left alone%s", shown, "");
		return 0;
	}
	if (err < 0 && err != -ENOENT)
		return setup_failed(problem, err, "read", path);
	f->shown.path = strdup(path);
	if (f->shown.path == NULL)
		return -ENOMEM;
	f->shown.before = f->before.text;
	s->count++;
	if (!wanted)
		return 0;
	if (is_off(s, path))
		note(s, "%s is switched off in WHM (acl_%s), which stays as it is", shown,
			place->file);
	return make_text(s, place->stage, f);
}

int setup_cpanel_plan(struct exim_setup *s, struct problem *problem)
{
	bool chosen[CPANEL_PLACES] = {false};
	int err = setup_ask_lists(s, s->config, s->acls, problem);

	if (err == 0 && !s->request.remove)
		err = choose_places(s, chosen, problem);
	for (size_t i = 0; i < CPANEL_PLACES && err == 0; i++)
		err = take_place(s, &places[i], chosen[i], problem);
	return err;
}

/* ---- making it live ---- */

/* A builder that says all is well may have made something else. */
static int check_built(const struct exim_setup *s, struct problem *problem)
{
	char acls[ACL_STAGES][VALUE_MAX];
	struct whole_file config = {0};
	int err = setup_loads(s, s->config, problem);

	if (err == 0)
		err = setup_ask_lists(s, s->config, acls, problem);
	for (size_t i = 0; i < ACL_STAGES && err == 0; i++)
		if (strcmp(acls[i], s->acls[i]) != 0)
			err = problem_set(problem, -EIO,
				"what cPanel built has another list for %s",
				acl_text_option((enum acl_stage)i));
	if (err < 0)
		return err;
	err = whole_file_read(s->config, CONFIG_TEXT_MAX, &config);
	if (err < 0)
		return setup_failed(problem, err, "read", s->config);
	for (size_t i = 0; i < s->count && err == 0; i++) {
		const struct changed_file *f = &s->files[i];
		const char *text = f->after != NULL ? f->after : f->before.text;
		size_t len = f->after != NULL ? f->after_len : f->before.len;
		bool is_there;

		/* The last line end is the builder's. */
		while (len > 0 && text[len - 1] == '\n')
			len--;
		is_there = memmem(config.text, config.len, text, len) != NULL;
		if (is_there != (f->after != NULL && !is_off(s, f->shown.path)))
			err = problem_set(problem, -EIO, "what cPanel built %s %.400s",
				is_there ? "still has" : "does not have", f->shown.path);
	}
	whole_file_clear(&config);
	return err;
}

static int build(const struct exim_setup *s, struct problem *problem)
{
	return run_and_hear(s, PROGRAM_BUILD, NULL, SAYS_BUILT, problem);
}

/* The files as they were before they were written, and what cPanel makes of them. */
static int put_back(const struct exim_setup *s, struct problem *problem)
{
	int err = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct changed_file *f = &s->files[i];
		int one;

		if (!setup_is_changed(f))
			continue;
		one = setup_cpanel_put(f->shown.path, f->before.text, f->before.len);
		if (one < 0)
			err = setup_failed(problem, one, "put back", f->shown.path);
	}
	return err < 0 ? err : build(s, problem);
}

int setup_cpanel_reload(const struct exim_setup *s, struct problem *problem)
{
	struct problem why = {0}, second = {0};
	int err = build(s, &why);

	if (err == 0)
		err = check_built(s, &why);
	if (err < 0) {
		if (put_back(s, &second) < 0)
			return problem_set(problem, -EIO,
				"%.300s; putting back what was failed, too: %.300s", why.text,
				second.text);
		return problem_set(
			problem, -ECANCELED, "%.600s; it is put back as it was", why.text);
	}
	err = run_and_hear(s, PROGRAM_START, NULL, NULL, &why);
	if (err < 0)
		return problem_set(problem, err,
			"the new configuration is in place, but Exim was not started anew: %.600s",
			why.text);
	return 0;
}
