#include "systems/exim/setup_parts.h"

#include "base/memory.h"
#include "base/printable.h"
#include "systems/exim/config_edit.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *state, int type, struct FTW *where)
{
	(void)state, (void)type, (void)where;
	return remove(path);
}

static void remove_folder(const char *path)
{
	(void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void exim_setup_free(struct exim_setup *setup)
{
	if (setup == NULL)
		return;
	if (setup->work[0] != '\0')
		remove_folder(setup->work);
	for (size_t i = 0; i < FILES_MAX; i++) {
		free(setup->files[i].shown.path);
		whole_file_clear(&setup->files[i].before);
		free(setup->files[i].after);
		free(setup->files[i].backup);
	}
	free(setup->config);
	free(setup->debian_folder);
	free(setup->cpanel_folder);
	free(setup);
}

int setup_failed(struct problem *problem, int err, const char *what, const char *path)
{
	char shown[512];

	return problem_set(problem, err, "cannot %s %s: %s", what,
		printable_text(slice_of(path), shown, sizeof(shown)), strerror(-err));
}

int setup_join(char at[PATH_MAX], const char *folder, const char *name, struct problem *problem)
{
	return snprintf(at, PATH_MAX, "%s/%s", folder, name) < PATH_MAX
		       ? 0
		       : setup_failed(problem, -ENAMETOOLONG, "use", folder);
}

/* ---- the files that change ---- */

/* Adds it to those that may change. It may be a link to where it really is; that one is changed. */
int setup_take_file(struct exim_setup *s, const char *path, struct problem *problem)
{
	struct changed_file *f = &s->files[s->count];
	char *real = realpath(path, NULL);
	bool is_new = real == NULL && errno == ENOENT;
	int err = 0;

	if (is_new)
		real = memory_copy(path, strlen(path));
	if (real == NULL)
		return setup_failed(problem, -errno, "find", path);
	f->shown.path = real;
	if (!is_new)
		err = whole_file_read(real, CONFIG_TEXT_MAX, &f->before);
	if (err < 0)
		return setup_failed(problem, err, "read", real);
	f->shown.before = f->before.text;
	s->count++;
	return 0;
}

void setup_set_after(struct changed_file *f, char *text, size_t len)
{
	f->after = text;
	f->after_len = len;
	f->shown.after = text;
}

bool setup_is_changed(const struct changed_file *f)
{
	if ((f->before.text == NULL) != (f->after == NULL))
		return true;
	return f->after != NULL && !slice_equal((struct slice){f->before.text, f->before.len},
					   (struct slice){f->after, f->after_len});
}

/* Ours do not count as the server's own. */
const char *setup_own_list(const char *name)
{
	return strncmp(name, "stanch_", strlen("stanch_")) == 0 ? "" : name;
}

/* The text of one file that has all sections, with our lines or without. */
int setup_edit_text(struct exim_setup *s, struct problem *problem)
{
	struct changed_file *f = &s->files[s->count - 1];
	const char *acls[ACL_STAGES];
	struct problem why = {0};
	char *bare, *text = NULL, shown[512];
	size_t bare_len, len = 0;
	int err;

	if (f->before.text == NULL)
		return setup_failed(problem, -ENOENT, "read", f->shown.path);
	for (size_t i = 0; i < ACL_STAGES; i++)
		acls[i] = setup_own_list(s->acls[i]);
	err = config_edit_remove(
		(struct slice){f->before.text, f->before.len}, &bare, &bare_len, &why);
	if (err == 0 && s->request.remove) {
		setup_set_after(f, bare, bare_len);
		return 0;
	}
	if (err == 0) {
		err = config_edit_insert((struct slice){bare, bare_len}, &s->request.values, acls,
			&text, &len, &why);
		free(bare);
	}
	if (err < 0)
		return problem_set(problem, err, "%s: %s",
			printable_text(slice_of(f->shown.path), shown, sizeof(shown)), why.text);
	setup_set_after(f, text, len);
	return 0;
}

/* ---- what is tried before it is live ---- */

/* The options must name what was planned: a part of the text may not count (".ifdef"). */
static int check_lists(const struct exim_setup *s, const char *config, struct problem *problem)
{
	char acls[ACL_STAGES][VALUE_MAX];
	int err = setup_ask_lists(s, config, acls, problem);

	for (size_t i = 0; i < ACL_STAGES && err == 0; i++) {
		bool ours = (s->kind == EXIM_SETUP_DEBIAN_SPLIT) ||
			    (setup_own_list(s->acls[i])[0] == '\0' && i != ACL_RCPT);
		const char *want = s->request.remove ? setup_own_list(acls[i])
				   : ours            ? acl_text_outer_name((enum acl_stage)i)
						     : s->acls[i];

		if (strcmp(acls[i], want) != 0)
			err = problem_set(problem, -EINVAL,
				"with the change, %s would be \"%.100s\" and not \"%.100s\"",
				acl_text_option((enum acl_stage)i), acls[i], want);
	}
	return err;
}

static int check_candidate(const struct exim_setup *s, const char *config, struct problem *problem)
{
	int err = setup_loads(s, config, problem);

	if (err == 0)
		err = check_lists(s, config, problem);
	if (err == 0 && !s->request.remove)
		err = setup_probe(s, config, problem);
	return err;
}

/* Beside the file, where its relative includes mean the same. */
static int try_plain(const struct exim_setup *s, struct problem *problem)
{
	const struct changed_file *f = &s->files[0];
	char path[PATH_MAX];
	int err;

	if (snprintf(path, sizeof(path), "%s.stanch-try", f->shown.path) >= (int)sizeof(path))
		return setup_failed(problem, -ENAMETOOLONG, "use", f->shown.path);
	err = whole_file_write(path, (struct slice){f->after, f->after_len}, &f->before.state);
	if (err < 0)
		return setup_failed(problem, err, "write", path);
	err = check_candidate(s, path, problem);
	(void)unlink(path);
	return err;
}

static int try_debian(const struct exim_setup *s, struct problem *problem)
{
	char config[PATH_MAX];
	int err = setup_debian_make(s, "after", config, problem);

	return err < 0 ? err : check_candidate(s, config, problem);
}

/* ---- the whole ---- */

static int find_kind(struct exim_setup *s, struct problem *problem)
{
	const char *folder = s->request.debian_folder;
	int err = setup_ask_config(s, problem);

	if (err < 0)
		return err;
	if (folder == NULL && strcmp(s->config, DEBIAN_GENERATED) == 0)
		folder = DEBIAN_FOLDER;
	if (folder != NULL) {
		s->debian_folder = realpath(folder, NULL);
		if (s->debian_folder == NULL)
			return setup_failed(problem, -errno, "find", folder);
		return setup_debian_kind(s, problem);
	}
	folder = s->request.cpanel_folder;
	if (folder == NULL && strcmp(s->config, "/etc/exim.conf") == 0 &&
		access(CPANEL_FOLDER, F_OK) == 0)
		folder = CPANEL_FOLDER;
	s->kind = folder != NULL ? EXIM_SETUP_CPANEL : EXIM_SETUP_PLAIN;
	if (folder != NULL) {
		s->cpanel_folder = realpath(folder, NULL);
		if (s->cpanel_folder == NULL)
			return setup_failed(problem, -errno, "find", folder);
	}
	return 0;
}

static int plan_plain(struct exim_setup *s, struct problem *problem)
{
	int err = setup_ask_lists(s, s->config, s->acls, problem);

	if (err == 0)
		err = setup_take_file(s, s->config, problem);
	return err < 0 ? err : setup_edit_text(s, problem);
}

static bool changes_anything(const struct exim_setup *s)
{
	return exim_setup_file(s, 0) != NULL;
}

static void set_reload(struct exim_setup *s)
{
	if (s->cpanel_folder != NULL)
		(void)snprintf(s->reload, sizeof(s->reload),
			"%s/scripts/buildeximconf && %s/scripts/restartsrv_exim", s->cpanel_folder,
			s->cpanel_folder);
	else if (s->debian_folder == NULL)
		(void)snprintf(s->reload, sizeof(s->reload),
			"kill -HUP of Exim's daemon, or its service's reload");
	else if (strcmp(s->debian_folder, DEBIAN_FOLDER) == 0)
		(void)snprintf(
			s->reload, sizeof(s->reload), "update-exim4.conf && service exim4 reload");
	else
		(void)snprintf(s->reload, sizeof(s->reload),
			"update-exim4.conf -d %s, and the reload of its Exim", s->debian_folder);
}

int exim_setup_plan(
	const struct exim_setup_request *request, struct exim_setup **ret, struct problem *problem)
{
	struct exim_setup *s = memory_new(1, sizeof(*s));
	int err;

	s->request = *request;
	err = acl_text_check(&request->values, problem);
	if (err == 0)
		err = find_kind(s, problem);
	if (err == 0 && s->debian_folder != NULL)
		err = setup_debian_plan(s, problem);
	else if (err == 0)
		err = s->cpanel_folder != NULL ? setup_cpanel_plan(s, problem)
					       : plan_plain(s, problem);
	if (err == 0 && changes_anything(s))
		err = s->debian_folder != NULL   ? try_debian(s, problem)
		      : s->cpanel_folder != NULL ? setup_cpanel_try(s, problem)
						 : try_plain(s, problem);
	if (err < 0) {
		exim_setup_free(s);
		return err;
	}
	set_reload(s);
	*ret = s;
	return 0;
}

enum exim_setup_kind exim_setup_kind(const struct exim_setup *setup)
{
	return setup->kind;
}

const char *exim_setup_kind_name(enum exim_setup_kind kind)
{
	static const char *const names[] = {
		[EXIM_SETUP_PLAIN] = "plain",
		[EXIM_SETUP_DEBIAN_SINGLE] = "debian-single",
		[EXIM_SETUP_DEBIAN_SPLIT] = "debian-split",
		[EXIM_SETUP_CPANEL] = "cpanel",
	};

	return names[kind];
}

const struct exim_setup_file *exim_setup_file(const struct exim_setup *setup, size_t index)
{
	for (size_t i = 0; i < setup->count; i++)
		if (setup_is_changed(&setup->files[i]) && index-- == 0)
			return &setup->files[i].shown;
	return NULL;
}

const char *exim_setup_note(const struct exim_setup *setup, size_t index)
{
	return index < setup->note_count ? setup->notes[index] : NULL;
}

const char *exim_setup_reload_command(const struct exim_setup *setup)
{
	return setup->reload;
}
