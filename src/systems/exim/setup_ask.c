#include "systems/exim/setup_parts.h"

#include "base/memory.h"
#include "base/printable.h"
#include "systems/exim/refusal_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PROBE_MAILBOX "Ann+spring@Shop.test"

/* Runs it to its end; what it said is in a text that the caller frees. */
int setup_ask(const char *program, const char *config, const char *const *arguments,
	char **ret_said, struct problem *problem)
{
	const struct exim_program p = {program, config};
	struct exim_question *question = NULL;
	struct slice said;
	int err = exim_question_begin(&p, arguments, false, &question, problem);

	if (err < 0)
		return err;
	AUTO(exim_question) q = question;

	err = exim_question_hear(q, NULL, NULL, &said, problem);
	if (err == 0)
		err = exim_question_end(q, problem);
	if (err == 0)
		*ret_said = memory_copy(said.len > 0 ? said.at : "", said.len);
	return err;
}

int setup_loads(const struct exim_setup *s, const char *config, struct problem *problem)
{
	static const char *const arguments[] = {"-bV", NULL};
	char *said = NULL;
	int err = setup_ask(s->request.program.path, config, arguments, &said, problem);

	free(said);
	return err;
}

/* The value of "name = value" in what -bP said. */
static bool value_of(const char *said, const char *name, char at[VALUE_MAX])
{
	struct slice rest = slice_of(said), line;

	while (slice_take_line(&rest, &line)) {
		size_t equals = slice_find(line, '=');
		struct slice value = slice_trim(slice_after(line, equals + 1));

		if (equals == line.len || !slice_is(slice_trim(slice_first(line, equals)), name))
			continue;
		if (value.len >= VALUE_MAX)
			return false;
		if (value.len > 0)
			memcpy(at, value.at, value.len);
		at[value.len] = '\0';
		return true;
	}
	return false;
}

int setup_ask_lists(const struct exim_setup *s, const char *config,
	char acls[ACL_STAGES][VALUE_MAX], struct problem *problem)
{
	const char *arguments[ACL_STAGES + 2] = {"-bP"};
	char *said = NULL;
	int err = 0;

	for (size_t i = 0; i < ACL_STAGES; i++)
		arguments[i + 1] = acl_text_option((enum acl_stage)i);
	err = setup_ask(s->request.program.path, config, arguments, &said, problem);
	for (size_t i = 0; i < ACL_STAGES && err == 0; i++)
		if (!value_of(said, acl_text_option((enum acl_stage)i), acls[i]))
			err = problem_set(problem, -EIO, "Exim does not say its %s",
				acl_text_option((enum acl_stage)i));
	free(said);
	return err;
}

/* "Configuration file is /etc/exim/exim.conf" of -bV. */
int setup_ask_config(struct exim_setup *s, struct problem *problem)
{
	static const char *const arguments[] = {"-bV", NULL};
	static const char mark[] = "Configuration file is ";
	char *said = NULL;
	int err;

	if (s->request.program.config != NULL) {
		s->config =
			memory_copy(s->request.program.config, strlen(s->request.program.config));
		return 0;
	}
	err = setup_ask(s->request.program.path, NULL, arguments, &said, problem);
	if (err != 0)
		return err;
	struct slice rest = slice_of(said), line;

	while (s->config == NULL && slice_take_line(&rest, &line)) {
		struct slice path = slice_trim(slice_after(line, strlen(mark)));

		if (slice_starts(line, mark) && path.len > 0)
			s->config = memory_copy(path.at, path.len);
	}
	free(said);
	return s->config != NULL
		       ? 0
		       : problem_set(problem, -EIO, "Exim does not say which file it reads");
}

/* Exim must compute the names of files as we do, and know all that the lists ask for. */
int setup_probe(const struct exim_setup *s, const char *config, struct problem *problem)
{
	char *text = NULL, *said = NULL, want[REFUSAL_NAME_MAX + 16];
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct source source;
	char name[REFUSAL_NAME_MAX];
	int err;

	if (out == NULL)
		return -ENOMEM;
	acl_text_probe(out, PROBE_MAILBOX);
	if (fclose(out) != 0) {
		free(text);
		return -ENOMEM;
	}
	source_set(&source, SOURCE_MAILBOX, slice_of(PROBE_MAILBOX));
	(void)snprintf(
		want, sizeof(want), "%s known", strchr(refusal_file_name(&source, name), '/') + 1);
	const char *const arguments[] = {"-be", text, NULL};

	err = setup_ask(s->request.program.path, config, arguments, &said, problem);
	if (err == 0 && !slice_is(slice_trim(slice_of(said)), want)) {
		char shown[256];
		err = problem_set(problem, -ENOTSUP, "this Exim cannot do what the lists need: %s",
			printable_text(slice_trim(slice_of(said)), shown, sizeof(shown)));
	}
	free(text);
	free(said);
	return err;
}

int setup_ask_pid_file(const struct exim_setup *s, char at[VALUE_MAX], struct problem *problem)
{
	static const char *const arguments[] = {"-bP", "pid_file_path", "spool_directory", NULL};
	char *said = NULL, spool[VALUE_MAX];
	int err = setup_ask(
		s->request.program.path, s->request.program.config, arguments, &said, problem);

	if (err != 0)
		return err;
	if (!value_of(said, "pid_file_path", at) || !value_of(said, "spool_directory", spool))
		err = problem_set(problem, -EIO, "Exim does not say its pid_file_path");
	else if (at[0] == '\0')
		(void)snprintf(at, VALUE_MAX, "%.*s/exim-daemon.pid",
			VALUE_MAX - (int)sizeof("/exim-daemon.pid"), spool);
	free(said);
	return err;
}

int exim_setup_looks(
	const struct exim_program *program, const char *folder, struct problem *problem)
{
	static const char *const arguments[] = {"-bP", "config", NULL};
	char *said = NULL, want[PATH_MAX], shown[512];
	int err = setup_join(want, folder, "mailbox/${sha256:", problem);

	if (err == 0)
		err = setup_ask(program->path, program->config, arguments, &said, problem);
	if (err == 0 && strstr(said, want) == NULL)
		err = problem_set(problem, -ENOENT,
			"Exim's configuration does not look into %s: stanch setup exim --write "
			"makes it",
			printable_text(slice_of(folder), shown, sizeof(shown)));
	free(said);
	return err;
}
