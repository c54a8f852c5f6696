#include "systems/cpanel/mailbox.h"

#include <errno.h>

/* Asks where only "done" is awaited. */
static int tell(const struct cpanel_way *way, const struct cpanel_question *question,
	struct problem *problem)
{
	json_t *data = NULL;
	int err = cpanel_ask(way, question, &data, problem);

	json_decref(data);
	return err;
}

int cpanel_mailbox_look(const struct cpanel_way *way, const char *account,
	const struct panel_mailbox *mailbox, struct uapi_mailbox *ret, struct problem *problem)
{
	const struct cpanel_question question = {.account = account,
		.module = "Email",
		.function = "list_pops_with_disk",
		.arguments = {{"domain", slice_of(mailbox->domain)},
			{"get_restrictions", slice_of("1")}, {"no_disk", slice_of("1")}}};
	json_t *data = NULL;
	int err = cpanel_ask(way, &question, &data, problem);

	if (err < 0)
		return err;
	err = uapi_mailbox_find(data, slice_of(mailbox->address), ret, problem);
	json_decref(data);
	return err;
}

/* A password that is too weak is the likeliest reason that cPanel says no. */
static void add_strength(const struct cpanel_way *way, const char *account, struct problem *problem)
{
	struct problem said = *problem, unsaid = {0};
	unsigned strength;

	if (cpanel_required_strength(way, account, &strength, &unsaid) == 0)
		(void)problem_set(problem, 0, "%s (it wants passwords of strength %u of 100)",
			said.text, strength);
}

int cpanel_mailbox_set_password(const struct cpanel_way *way, const char *account,
	const struct panel_mailbox *mailbox, const struct secret *secret, struct problem *problem)
{
	const struct cpanel_question question = {.account = account,
		.module = "Email",
		.function = "passwd_pop",
		.arguments = {{"email", slice_of(mailbox->local)},
			{"domain", slice_of(mailbox->domain)}, {"password", secret_slice(secret)}}};
	int err = tell(way, &question, problem);

	if (err == -EIO)
		add_strength(way, account, problem);
	return err;
}

int cpanel_mailbox_has_password(const struct cpanel_way *way, const char *account,
	const struct panel_mailbox *mailbox, const struct secret *secret, bool *ret_has,
	struct problem *problem)
{
	const struct cpanel_question question = {.account = account,
		.module = "Email",
		.function = "verify_password",
		.arguments = {
			{"email", slice_of(mailbox->address)}, {"password", secret_slice(secret)}}};
	json_t *data = NULL;
	int err = cpanel_ask(way, &question, &data, problem);

	if (err < 0)
		return err;
	enum uapi_answer answer = uapi_answer_read(data);
	json_decref(data);
	if (answer == UAPI_NOT_SAID)
		return problem_set(problem, -EBADMSG,
			"cPanel does not say whether the password of %s is right",
			mailbox->address);
	*ret_has = answer == UAPI_YES;
	return 0;
}

int cpanel_mailbox_put(const struct cpanel_way *way, const char *account,
	const struct panel_mailbox *mailbox, enum panel_state state, bool is_on,
	struct problem *problem)
{
	static const char *const functions[][2] = {
		[PANEL_OUTGOING_SUSPENDED] = {"unsuspend_outgoing", "suspend_outgoing"},
		[PANEL_LOGIN_SUSPENDED] = {"unsuspend_login", "suspend_login"},
		[PANEL_OUTGOING_HELD] = {"release_outgoing", "hold_outgoing"},
	};
	const struct cpanel_question question = {.account = account,
		.module = "Email",
		.function = functions[state][is_on],
		.arguments = {{"email", slice_of(mailbox->address)}}};

	return tell(way, &question, problem);
}

int cpanel_required_strength(const struct cpanel_way *way, const char *account,
	unsigned *ret_strength, struct problem *problem)
{
	const struct cpanel_question question = {.account = account,
		.module = "PasswdStrength",
		.function = "get_required_strength",
		.arguments = {{"app", slice_of("pop")}}};
	json_t *data = NULL;
	int err = cpanel_ask(way, &question, &data, problem);

	if (err < 0)
		return err;
	const json_t *strength = json_object_get(data, "strength");
	bool is_one = json_is_integer(strength) && json_integer_value(strength) >= 0 &&
		      json_integer_value(strength) <= 100;
	if (is_one)
		*ret_strength = (unsigned)json_integer_value(strength);
	json_decref(data);
	return is_one ? 0
		      : problem_set(problem, -EBADMSG,
				"cPanel does not say how strong a password has to be");
}

int cpanel_end_sessions(const struct cpanel_way *way, const char *account, struct problem *problem)
{
	const struct cpanel_question question = {.account = account,
		.module = "Email",
		.function = "terminate_mailbox_sessions",
		.is_either = true};

	return tell(way, &question, problem);
}
