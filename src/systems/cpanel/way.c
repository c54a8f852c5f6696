#include "systems/cpanel/way.h"

#include "base/printable.h"
#include "systems/child_program.h"

#include <errno.h>
#include <stdio.h>

#define URL_MAX    1200
#define HEADER_MAX (PANEL_NAME_MAX + SECRET_MAX + 64)
#define USER_MAX   (PANEL_NAME_MAX + 16) /* "--user=…" */

/* ---- over HTTPS ---- */

static int check_way(const struct cpanel_way *way, struct problem *problem)
{
	if (way->token == NULL || way->user == NULL)
		return problem_set(
			problem, -EINVAL, "cpanel.url needs cpanel.user and cpanel.token_file");
	if (strlen(way->user) >= PANEL_NAME_MAX)
		return problem_set(problem, -EINVAL, "cpanel.user is too long");
	return 0;
}

/* POSTs the form to a function of WHM's and reads the answer. */
static int post(const struct cpanel_way *way, const char *function, const struct panel_text *form,
	enum uapi_reply_kind kind, json_t **ret_data, struct problem *problem)
{
	char url[URL_MAX], header[HEADER_MAX];
	const char *const headers[] = {header, NULL};
	struct http_call call = {.url = url,
		.headers = headers,
		.ca_file = way->ca_file,
		.body = {form->at, form->len},
		.time_ms = way->time_ms};
	struct http_reply reply = {0};
	size_t slash = strlen(way->url);
	int err = check_way(way, problem);

	if (err < 0)
		return err;
	while (slash > 0 && way->url[slash - 1] == '/')
		slash--;
	if (form->is_full || snprintf(url, sizeof(url), "%.*s/json-api/%s", (int)slash, way->url,
				     function) >= (int)sizeof(url))
		return problem_set(problem, -EINVAL, "what cPanel is to be asked is too long");
	(void)snprintf(header, sizeof(header), "Authorization: whm %s:%s", way->user,
		secret_text(way->token));
	err = panel_call(&call, &reply, problem);
	secret_wipe(header, sizeof(header));
	if (err < 0)
		return err;

	json_t *data = NULL;
	err = uapi_reply_read((struct slice){reply.body, reply.len}, kind, &data, problem);
	err = panel_judge(&reply, url, err, problem);
	http_reply_clear(&reply);
	if (err < 0)
		json_decref(data);
	else
		*ret_data = data;
	return err;
}

static int ask_whm(const struct cpanel_way *way, const struct cpanel_question *q, json_t **ret_data,
	struct problem *problem)
{
	struct panel_text form = {0};

	panel_text_add_form(&form, "api.version", slice_of("1"));
	panel_text_add_form(&form, "cpanel.user", slice_of(q->account));
	panel_text_add_form(&form, "cpanel.module", slice_of(q->module));
	panel_text_add_form(&form, "cpanel.function", slice_of(q->function));
	for (size_t i = 0; i < CPANEL_ARGUMENTS_MAX && q->arguments[i].name != NULL; i++)
		panel_text_add_form(&form, q->arguments[i].name, q->arguments[i].value);
	int err = post(way, "uapi_cpanel", &form, q->is_either ? UAPI_EITHER : UAPI_IN_WHM,
		ret_data, problem);
	panel_text_wipe(&form);
	return err;
}

/* ---- on the server ---- */

static void put_arguments(struct panel_text *t, const struct cpanel_question *q)
{
	panel_text_add(t, "{");
	for (size_t i = 0; i < CPANEL_ARGUMENTS_MAX && q->arguments[i].name != NULL; i++) {
		panel_text_add(t, i > 0 ? "," : "");
		panel_text_add_json(t, slice_of(q->arguments[i].name));
		panel_text_add(t, ":");
		panel_text_add_json(t, q->arguments[i].value);
	}
	panel_text_add(t, "}");
}

/* What it said is not repeated: when it did not understand its input, it may be that. */
static int read_answer(const struct cpanel_way *way, const struct child_answer *answer,
	enum uapi_reply_kind kind, json_t **ret_data, struct problem *problem)
{
	char name[PANEL_NAME_MAX];
	int err = uapi_reply_read(
		(struct slice){answer->output, answer->len}, kind, ret_data, problem);

	if (err == -EREMOTEIO)
		return -EIO;
	if (err < 0)
		return problem_set(problem, -EBADMSG,
			"%s ended with status %d, and what it said cannot be understood",
			printable_text(slice_of(way->command), name, sizeof(name)), answer->status);
	return 0;
}

static int run(
	const struct child_program *program, struct child_answer *ret, struct problem *problem)
{
	int err = child_program_run(program, ret, problem);

	if (err == -EMSGSIZE)
		return -EBADMSG;
	return err == -ENOENT || err == -EACCES || err == -E2BIG ? -EINVAL : err;
}

static int ask_command(const struct cpanel_way *way, const struct cpanel_question *q,
	json_t **ret_data, struct problem *problem)
{
	char user[USER_MAX];
	const char *const words[] = {
		way->command, "--input=json", "--output=json", user, q->module, q->function, NULL};
	struct panel_text input = {0};
	struct child_program program = {.words = words, .time_ms = way->time_ms};
	struct child_answer answer = {0};
	int err;

	(void)snprintf(user, sizeof(user), "--user=%s", q->account);
	put_arguments(&input, q);
	program.input = (struct slice){input.at, input.len};
	err = input.is_full
		      ? problem_set(problem, -EINVAL, "what cPanel is to be asked is too long")
		      : run(&program, &answer, problem);
	panel_text_wipe(&input);
	if (err < 0)
		return err;
	err = read_answer(way, &answer, q->is_either ? UAPI_EITHER : UAPI_ALONE, ret_data, problem);
	child_answer_clear(&answer);
	return err;
}

int cpanel_ask(const struct cpanel_way *way, const struct cpanel_question *question,
	json_t **ret_data, struct problem *problem)
{
	if (way->url != NULL)
		return ask_whm(way, question, ret_data, problem);
	return ask_command(way, question, ret_data, problem);
}

/* ---- whose a domain is ---- */

/* cPanel's own form of it: lower case, and nothing that could be taken for something else. */
static int take_account(struct slice name, const char *domain, char ret_account[PANEL_NAME_MAX],
	struct problem *problem)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-.";
	char shown[PANEL_NAME_MAX];
	bool is_name = name.len > 0 && name.len < 64 && name.at[0] != '-' && name.at[0] != '.';

	if (name.len == 0)
		return problem_set(problem, -ENOENT, "cPanel knows no account that owns %s",
			printable_text(slice_of(domain), shown, sizeof(shown)));
	for (size_t i = 0; is_name && i < name.len; i++)
		is_name = name.at[i] != '\0' && strchr(letters, name.at[i]) != NULL;
	if (!is_name)
		return problem_set(problem, -EBADMSG,
			"what cPanel names as the account that owns %s is none",
			printable_text(slice_of(domain), shown, sizeof(shown)));
	memcpy(ret_account, name.at, name.len);
	ret_account[name.len] = '\0';
	return 0;
}

static int account_by_whm(const struct cpanel_way *way, const char *domain,
	char ret_account[PANEL_NAME_MAX], struct problem *problem)
{
	struct panel_text form = {0};
	json_t *data = NULL;
	int err;

	panel_text_add_form(&form, "api.version", slice_of("1"));
	panel_text_add_form(&form, "domain", slice_of(domain));
	err = post(way, "domainuserdata", &form, UAPI_WHM, &data, problem);
	if (err < 0)
		return err;

	const char *user =
		json_string_value(json_object_get(json_object_get(data, "userdata"), "user"));
	err = take_account(slice_of(user != NULL ? user : ""), domain, ret_account, problem);
	json_decref(data);
	return err;
}

static int account_by_script(const struct cpanel_way *way, const char *domain,
	char ret_account[PANEL_NAME_MAX], struct problem *problem)
{
	const char *const words[] = {way->whoowns, domain, NULL};
	struct child_program program = {.words = words, .time_ms = way->time_ms};
	struct child_answer answer = {0};
	int err = run(&program, &answer, problem);

	if (err < 0)
		return err;
	struct slice said = {answer.output, answer.len};
	said = slice_trim(slice_first(said, slice_find(said, '\n')));
	err = take_account(said, domain, ret_account, problem);
	child_answer_clear(&answer);
	return err;
}

int cpanel_account_of(const struct cpanel_way *way, const char *domain,
	char ret_account[PANEL_NAME_MAX], struct problem *problem)
{
	if (way->url != NULL)
		return account_by_whm(way, domain, ret_account, problem);
	return account_by_script(way, domain, ret_account, problem);
}
