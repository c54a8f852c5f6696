/* cmd_setup.c - stanch setup exim: Exim's configuration asks stanch, and no longer does. */
#include "base/json_text.h"
#include "base/printable.h"
#include "programs/context.h"
#include "settings/settings.h"
#include "systems/exim/refusals.h"
#include "systems/exim/setup.h"

#include <errno.h>
#include <stdio.h>

struct setup_settings {
	const char *config, *debian_folder, *cpanel_folder;
	bool write, remove, dry_run, reload;
};

static const struct option_row rows[] = {
	{.name = "write",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct setup_settings, write),
		.help = "Put it into the configuration. Nothing is changed that Exim would not "
			"load; the file as it was stays beside it, as FILE.stanch-DATE."},
	{.name = "remove",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct setup_settings, remove),
		.help = "Take out again exactly what was put in."},
	{.name = "dry-run",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct setup_settings, dry_run),
		.help = "With one of these: try it all, have Exim load what would come out, and "
			"change nothing."},
	{.name = "reload",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct setup_settings, reload),
		.help = "And make it live: tell Exim's daemon to read its configuration. Without, "
			"the command for it is shown."},
	{.name = "config",
		.argument = "FILE",
		.kind = OPTION_FILE,
		.offset = offsetof(struct setup_settings, config),
		.help = "The stanch.conf that names the socket, the folder and the queue "
			"(" SETTINGS_PATH ", if it is there)."},
	{.name = "debian-folder",
		.argument = "DIR",
		.kind = OPTION_FOLDER,
		.offset = offsetof(struct setup_settings, debian_folder),
		.help = "A folder like Debian's /etc/exim4, of which update-exim4.conf makes the "
			"configuration. Without, it is found out."},
	{.name = "cpanel-folder",
		.argument = "DIR",
		.kind = OPTION_FOLDER,
		.offset = offsetof(struct setup_settings, cpanel_folder),
		.help = "A folder like cPanel's /usr/local/cpanel, whose buildeximconf makes the "
			"configuration. Without, it is found out."},
};

/* What --hold-queue is when it was not given. */
static const char settings_first_queue[] = "stanch";

/* The file that was named must be there; the usual one need not. */
static int read_settings(const struct context *context, const char *path, struct settings **ret)
{
	struct problem problem = {0};
	int err = settings_read(path != NULL ? path : SETTINGS_PATH, ret, &problem);

	if (err == -ENOENT && path == NULL) {
		*ret = settings_new();
		return 0;
	}
	if (err < 0)
		context_problem(context, &problem);
	return err;
}

static const char *change_of(const struct exim_setup_file *f)
{
	return f->before == NULL ? "create" : f->after == NULL ? "delete" : "change";
}

static void print_json(const struct exim_setup *setup, bool written, bool live)
{
	json_t *o = json_object(), *files = json_array(), *notes = json_array();
	const struct exim_setup_file *f;

	for (size_t i = 0; (f = exim_setup_file(setup, i)) != NULL; i++) {
		json_t *file = json_object();

		json_put(file, "file", json_text(slice_of(f->path)));
		json_put(file, "change", json_string(change_of(f)));
		json_put(file, "backup", f->backup != NULL ? json_text(slice_of(f->backup)) : NULL);
		(void)json_array_append_new(files, file);
	}
	json_put(o, "kind", json_string(exim_setup_kind_name(exim_setup_kind(setup))));
	for (size_t i = 0; exim_setup_note(setup, i) != NULL; i++)
		(void)json_array_append_new(notes, json_text(slice_of(exim_setup_note(setup, i))));
	json_put(o, "files", files);
	json_put(o, "notes", notes);
	json_put(o, "written", json_boolean(written));
	json_put(o, "live", json_boolean(live));
	json_put(o, "reload", json_text(slice_of(exim_setup_reload_command(setup))));
	json_line(stdout, o);
}

static void print_path(const char *text)
{
	printable_write(stdout, slice_of(text));
}

static void print_files(const struct exim_setup *setup, bool written)
{
	const struct exim_setup_file *f;

	for (size_t i = 0; (f = exim_setup_file(setup, i)) != NULL; i++) {
		(void)printf("%s ", written ? "written:" : change_of(f));
		print_path(f->path);
		if (f->backup != NULL) {
			(void)fputs(", as it was: ", stdout);
			print_path(f->backup);
		}
		(void)putchar('\n');
	}
	if (exim_setup_file(setup, 0) == NULL)
		(void)puts("nothing to change");
	for (size_t i = 0; exim_setup_note(setup, i) != NULL; i++)
		(void)printf("note: %s\n", exim_setup_note(setup, i));
}

/* For a person: the files that are ours alone, as they would be. */
static void print_texts(const struct exim_setup *setup)
{
	const struct exim_setup_file *f;

	for (size_t i = 0; (f = exim_setup_file(setup, i)) != NULL; i++) {
		if (f->after == NULL)
			continue;
		(void)fputs("# ", stdout);
		print_path(f->path);
		(void)printf("\n%s\n", f->after);
	}
}

/* For a person: all that would be put in. */
static void print_fragments(const struct acl_text_values *values)
{
	(void)puts("# Exim's configuration, main part, for a stage that has no list yet (never for "
		   "RCPT):");
	for (size_t i = 0; i < ACL_STAGES; i++)
		if (i != ACL_RCPT)
			(void)printf("#   %s = %s\n", acl_text_option((enum acl_stage)i),
				acl_text_outer_name((enum acl_stage)i));
	(void)puts("\n# At the top of the list of each stage that has one:");
	for (size_t i = 0; i < ACL_STAGES; i++) {
		(void)printf("# %s\n", acl_text_option((enum acl_stage)i));
		acl_text_calls(stdout, (enum acl_stage)i);
	}
	(void)puts("\n# Behind \"begin acl\":");
	acl_text_lists(stdout, values);
	for (size_t i = 0; i < ACL_STAGES; i++)
		if (i != ACL_RCPT)
			acl_text_outer(stdout, (enum acl_stage)i, NULL);
}

static int unable(const struct context *context, int err, const struct problem *problem)
{
	context_problem(context, problem);
	return err == -ENOENT || err == -EINVAL || err == -EBADMSG ? COMMAND_LEFT : COMMAND_UNABLE;
}

/* The folder is there before Exim is told of it. */
static int write_it(struct context *context, const struct setup_settings *s,
	struct exim_setup *setup, const struct settings_values *values)
{
	const struct refusals places = {values->refuse.folder, NULL, values->refuse.text};
	struct problem problem = {0};
	int err = s->remove ? 0 : refusals_prepare(&places, &problem);

	if (err == 0)
		err = exim_setup_write(setup, &problem);
	if (err < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	return COMMAND_DONE;
}

/* written: false when it was put back. */
static int reload(
	struct context *context, const struct exim_setup *setup, bool *written, bool *ret_live)
{
	struct problem problem = {0};
	int err = exim_setup_reload(setup, &problem);

	*ret_live = err == 0;
	*written = *written && err != -ECANCELED;
	if (err < 0)
		context_problem(context, &problem);
	return err == 0 ? COMMAND_DONE : err == -ESRCH ? COMMAND_LEFT : COMMAND_UNABLE;
}

static int carry_out(struct context *context, const struct setup_settings *s,
	struct exim_setup *setup, const struct settings_values *values)
{
	bool changes = exim_setup_file(setup, 0) != NULL, live = false, written = false;
	int status = COMMAND_DONE;

	if ((s->write || s->remove) && !s->dry_run) {
		status = write_it(context, s, setup, values);
		if (status != COMMAND_DONE)
			return status;
		written = changes;
		if (s->reload)
			status = reload(context, setup, &written, &live);
	}
	if (context->global.json) {
		print_json(setup, written, live);
		return status;
	}
	print_files(setup, written);
	if (written && !live)
		(void)printf("to make it live: %s\n", exim_setup_reload_command(setup));
	return status;
}

static int set_up(struct context *context, const struct setup_settings *s,
	const struct settings_values *values)
{
	struct exim_setup_request request = {
		.debian_folder = s->debian_folder,
		.cpanel_folder = s->cpanel_folder,
		.values = {values->refuse.folder, values->policy.socket,
			values->general.hold_queue},
		.remove = s->remove,
	};
	struct problem problem = {0};
	struct exim_setup *made = NULL;
	int err;

	if (strcmp(context->global.hold_queue, settings_first_queue) != 0)
		request.values.hold_queue = context->global.hold_queue;
	struct general_settings general = values->general;
	context_join_exim(context, &general);
	err = context_exim(context, &request.program, &problem);
	if (err == 0)
		err = acl_text_check(&request.values, &problem);
	if (err < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	err = exim_setup_plan(&request, &made, &problem);
	bool shows = !s->write && !s->remove && !context->global.json;
	bool is_cpanel = err == 0 && exim_setup_kind(made) == EXIM_SETUP_CPANEL;

	if (shows && !is_cpanel)
		print_fragments(&request.values);
	if (err < 0)
		return unable(context, err, &problem);
	AUTO(exim_setup) setup = made;

	if (shows && is_cpanel)
		print_texts(setup);
	if (!s->write && !s->remove && !context->global.json)
		(void)printf("# What \"stanch setup exim --write\" would do here (%s):\n",
			exim_setup_kind_name(exim_setup_kind(setup)));
	return carry_out(context, s, setup, values);
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	const struct setup_settings *s = settings;
	struct settings *read = NULL;

	if (arguments->count == 0 || strcmp(arguments->at[0], "exim") != 0) {
		context_warn(context, "set up what? \"stanch setup exim\"");
		return COMMAND_USAGE;
	}
	if (s->write && s->remove) {
		context_warn(context, "--write or --remove?");
		return COMMAND_USAGE;
	}
	if ((s->dry_run || s->reload) && !s->write && !s->remove) {
		context_warn(context, "--dry-run and --reload go with --write or --remove");
		return COMMAND_USAGE;
	}
	if (read_settings(context, s->config, &read) < 0)
		return COMMAND_UNABLE;
	AUTO(settings) owned = read;

	return set_up(context, s, settings_values(owned));
}

const struct command command_setup = {
	.name = "setup",
	.arguments = "exim",
	.arguments_most = 1,
	.help = "make Exim refuse what stanch says",
	.about = "Shows what Exim's configuration needs so that it refuses the mail of contained "
		 "sources, and what would be changed on this server for it. With --write, does it.",
	.settings_size = sizeof(struct setup_settings),
	.sets = {COMMAND_SET(NULL, rows, 0)},
	.run = run,
};
