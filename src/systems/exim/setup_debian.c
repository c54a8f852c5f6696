#include "systems/exim/setup_parts.h"

#include "base/printable.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const debian_sections[] = {
	"main", "acl", "router", "transport", "retry", "rewrite", "auth"};

static int link_into(const char *from, const char *to, struct problem *problem)
{
	if (symlink(from, to) < 0)
		return setup_failed(problem, -errno, "make the link", to);
	return 0;
}

/* The text that a file of that path shall have: NULL: it is none of those that change. */
static const struct changed_file *changed_at(const struct exim_setup *s, const char *path)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->files[i].shown.path, path) == 0)
			return &s->files[i];
	return NULL;
}

static int put_candidate(
	const struct exim_setup *s, const char *from, const char *to, struct problem *problem)
{
	const struct stat like = {.st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid()};
	char *real = realpath(from, NULL);
	const struct changed_file *f = changed_at(s, real != NULL ? real : from);
	int err = 0;

	free(real);
	if (f == NULL || !setup_is_changed(f))
		return access(from, F_OK) == 0 ? link_into(from, to, problem) : 0;
	if (f->after != NULL)
		err = whole_file_write(to, (struct slice){f->after, f->after_len}, &like);
	return err < 0 ? setup_failed(problem, err, "write", to) : 0;
}

static int copy_section(
	const struct exim_setup *s, const char *from, const char *to, struct problem *problem)
{
	DIR *folder = opendir(from);
	const struct dirent *entry;
	int err = 0;

	if (mkdir(to, 0700) < 0)
		err = setup_failed(problem, -errno, "make", to);
	while (folder != NULL && err == 0 && (entry = readdir(folder)) != NULL) {
		char one[PATH_MAX], other[PATH_MAX];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		err = setup_join(one, from, entry->d_name, problem);
		if (err == 0)
			err = setup_join(other, to, entry->d_name, problem);
		if (err == 0 && changed_at(s, one) == NULL)
			err = link_into(one, other, problem);
	}
	if (folder != NULL)
		(void)closedir(folder);
	return err;
}

/* A folder like Debian's, of links, with the changed files in it. */
static int copy_debian(const struct exim_setup *s, const char *to, struct problem *problem)
{
	static const char *const files[] = {
		"update-exim4.conf.conf", "exim4.conf.template", "exim4.conf.localmacros"};
	char from[PATH_MAX], at[PATH_MAX];
	int err = setup_join(at, to, "conf.d", problem);

	if (err == 0 && (mkdir(to, 0700) < 0 || mkdir(at, 0700) < 0))
		err = setup_failed(problem, -errno, "make", at);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && err == 0; i++) {
		err = setup_join(from, s->debian_folder, files[i], problem);
		if (err == 0)
			err = setup_join(at, to, files[i], problem);
		if (err == 0)
			err = put_candidate(s, from, at, problem);
	}
	for (size_t i = 0; i < sizeof(debian_sections) / sizeof(debian_sections[0]) && err == 0;
		i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "conf.d/%s", debian_sections[i]);
		err = setup_join(from, s->debian_folder, name, problem);
		if (err == 0)
			err = setup_join(at, to, name, problem);
		if (err == 0)
			err = copy_section(s, from, at, problem);
	}
	/* Those that are not there yet, too. */
	for (size_t i = 0; i < s->count && err == 0; i++) {
		const char *path = s->files[i].shown.path;
		size_t len = strlen(s->debian_folder);

		if (s->kind != EXIM_SETUP_DEBIAN_SPLIT)
			break;
		err = setup_join(at, to, path + len + 1, problem);
		if (err == 0)
			err = put_candidate(s, path, at, problem);
	}
	return err;
}

/* What update-exim4.conf makes of the folder as it is, or would be. */
int setup_debian_make(const struct exim_setup *s, const char *name, char config[PATH_MAX],
	struct problem *problem)
{
	char folder[PATH_MAX], *said = NULL;
	int err = setup_join(folder, s->work, name, problem);

	if (err == 0)
		err = copy_debian(s, folder, problem);
	if (err == 0)
		err = setup_join(config, folder, "generated", problem);
	if (err < 0)
		return err;
	const char *const arguments[] = {"-d", folder, "-o", config, NULL};

	err = setup_ask(DEBIAN_UPDATE, NULL, arguments, &said, problem);
	free(said);
	return err;
}

/* The last dc_use_split_config='true' of the file, which is read by a shell. */
int setup_debian_kind(struct exim_setup *s, struct problem *problem)
{
	static const char name[] = "dc_use_split_config=";
	char path[PATH_MAX];
	struct whole_file file = {0};
	struct slice rest, line;
	int err = setup_join(path, s->debian_folder, "update-exim4.conf.conf", problem);

	if (err == 0) {
		err = whole_file_read(path, 65536, &file);
		if (err < 0)
			err = setup_failed(problem, err, "read", path);
	}
	if (err < 0)
		return err;
	s->kind = EXIM_SETUP_DEBIAN_SINGLE;
	rest = (struct slice){file.text, file.len};
	while (slice_take_line(&rest, &line)) {
		struct slice value = slice_after(line, strlen(name));

		if (!slice_starts(line, name))
			continue;
		if (value.len >= 2 && (value.at[0] == '\'' || value.at[0] == '"'))
			value = slice_first(slice_after(value, 1), strlen("true"));
		s->kind = slice_equal_nocase(slice_trim(value), slice_of("true"))
				  ? EXIM_SETUP_DEBIAN_SPLIT
				  : EXIM_SETUP_DEBIAN_SINGLE;
	}
	whole_file_clear(&file);
	return 0;
}

/* Macros of Debian's that name the lists of three stages. */
static const char *const debian_macros[ACL_STAGES] = {
	[ACL_MAIL] = "MAIL", [ACL_RCPT] = "RCPT", [ACL_DATA] = "DATA"};

static void put_debian_main(FILE *out, const struct exim_setup *s)
{
	(void)fputs(
		"# Written by \"stanch setup exim\", which takes this file away with --remove.\n",
		out);
	for (size_t i = 0; i < ACL_STAGES; i++) {
		const char *name = debian_macros[i];
		const char *outer = acl_text_outer_name((enum acl_stage)i);
		char lower[8] = "";

		if (name == NULL) {
			(void)fprintf(out, "%s = %s\n", acl_text_option((enum acl_stage)i), outer);
			continue;
		}
		for (size_t k = 0; k < sizeof(lower) - 1 && name[k] != '\0'; k++)
			lower[k] = slice_lower(name[k]);
		(void)fprintf(out,
			".ifdef MAIN_ACL_CHECK_%s\n"
			"STANCH_THEN_%s = MAIN_ACL_CHECK_%s\n"
			"MAIN_ACL_CHECK_%s == %s\n"
			".else\n"
			"STANCH_THEN_%s = acl_check_%s\n"
			"MAIN_ACL_CHECK_%s = %s\n"
			".endif\n",
			name, name, name, name, outer, name, lower, name, outer);
	}
	(void)s;
}

static void put_debian_lists(FILE *out, const struct exim_setup *s)
{
	(void)fputs(
		"# Written by \"stanch setup exim\", which takes this file away with --remove.\n",
		out);
	acl_text_lists(out, &s->request.values);
	for (size_t i = 0; i < ACL_STAGES; i++) {
		char then[32] = "";

		if (debian_macros[i] != NULL)
			(void)snprintf(then, sizeof(then), "STANCH_THEN_%s", debian_macros[i]);
		acl_text_outer(out, (enum acl_stage)i, then[0] != '\0' ? then : NULL);
	}
}

static int plan_split_file(struct exim_setup *s, const char *name,
	void (*put)(FILE *out, const struct exim_setup *s), struct problem *problem)
{
	char path[PATH_MAX], *text = NULL;
	size_t len = 0;
	int err = setup_join(path, s->debian_folder, name, problem);

	if (err == 0)
		err = setup_take_file(s, path, problem);
	if (err < 0 || s->request.remove)
		return err;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return -ENOMEM;
	put(out, s);
	if (fclose(out) != 0) {
		free(text);
		return -ENOMEM;
	}
	setup_set_after(&s->files[s->count - 1], text, len);
	return 0;
}

/* Debian's own files have no list for these two; if the server's have, only a person can say how
 * they go together with ours. */
static int check_split(const struct exim_setup *s, struct problem *problem)
{
	static const enum acl_stage created[] = {ACL_PREDATA, ACL_NOT_SMTP};

	for (size_t i = 0; i < sizeof(created) / sizeof(created[0]); i++) {
		char shown[256];
		const char *name = setup_own_list(s->acls[created[i]]);

		if (name[0] != '\0' && !s->request.remove)
			return problem_set(problem, -EINVAL,
				"%s is set to %s in a file of yours: it must call ours by hand",
				acl_text_option(created[i]),
				printable_text(slice_of(name), shown, sizeof(shown)));
	}
	return 0;
}

int setup_debian_plan(struct exim_setup *s, struct problem *problem)
{
	char config[PATH_MAX], template[PATH_MAX];
	int err;

	(void)snprintf(s->work, sizeof(s->work), "/tmp/stanch-setup-XXXXXX");
	if (mkdtemp(s->work) == NULL) {
		err = -errno;
		s->work[0] = '\0';
		return setup_failed(problem, err, "make a folder in", "/tmp");
	}
	err = setup_debian_make(s, "before", config, problem);
	if (err == 0)
		err = setup_ask_lists(s, config, s->acls, problem);
	if (err < 0)
		return err;
	if (s->kind == EXIM_SETUP_DEBIAN_SPLIT) {
		err = check_split(s, problem);
		/* In this order, and for removal the other way round, each step loads. */
		if (err == 0)
			err = plan_split_file(s, "conf.d/acl/01_stanch", put_debian_lists, problem);
		if (err == 0)
			err = plan_split_file(s, "conf.d/main/01_stanch", put_debian_main, problem);
		return err;
	}
	err = setup_join(template, s->debian_folder, "exim4.conf.template", problem);
	if (err == 0)
		err = setup_take_file(s, template, problem);
	return err < 0 ? err : setup_edit_text(s, problem);
}
