/* cmd_page.c - stanch page: who may use the page and its API, and in which role. */
#include "base/json_text.h"
#include "base/memory.h"
#include "base/password_hash.h"
#include "base/printable.h"
#include "programs/context.h"
#include "programs/page_users_file.h"
#include "programs/typed_password.h"
#include "settings/groups.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKEN_BEGIN "stanch_" /* so that those who search files for secrets find one */
#define TOKEN_BYTES 32
#define TOKEN_MAX   (sizeof(TOKEN_BEGIN) + (size_t)2 * TOKEN_BYTES)

#define NEEDS_ROLE "a new one needs a --role: reader or operator"

struct page_command_settings {
	const char *role;
	bool proxy;
};

static const char *const roles[] = {"reader", "operator", NULL};

static const struct option_row rows[] = {
	{.name = "role",
		.argument = "ROLE",
		.kind = OPTION_CHOICE,
		.choices = roles,
		.offset = offsetof(struct page_command_settings, role),
		.help = "What they may: a reader sees everything and changes nothing, an operator "
			"also contains, releases and so on. A new one needs it."},
	{.name = "proxy",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct page_command_settings, proxy),
		.help = "The user has no password here: a proxy in front of the page checks who it "
			"is."},
};

/* What is to become of one line. */
struct change {
	struct context *context;
	const struct page_command_settings *settings;
	struct page_user user; /* way and hash are the new ones */
	bool is_new;           /* it was not there before */
};

static bool choose_role(struct change *c, const struct page_user *old, struct problem *problem)
{
	if (c->settings->role != NULL)
		return page_role_read(slice_of(c->settings->role), &c->user.role);
	if (old == NULL) {
		(void)problem_set(problem, -EINVAL, "a new one needs a --role: reader or operator");
		return false;
	}
	c->user.role = old->role;
	return true;
}

static char *put(void *context, struct slice text, struct problem *problem)
{
	struct change *c = context;
	struct page_user old;
	bool is_there = page_users_find(text, c->user.name, &old);

	if (is_there && (old.way == PAGE_TOKEN) != (c->user.way == PAGE_TOKEN)) {
		(void)problem_set(problem, -EINVAL,
			"%.*s is a %s: remove it first, or take another name",
			(int)c->user.name.len, c->user.name.at,
			old.way == PAGE_TOKEN ? "token" : "user");
		return NULL;
	}
	if (!choose_role(c, is_there ? &old : NULL, problem))
		return NULL;
	c->is_new = !is_there;
	return page_users_put(text, &c->user);
}

static char *take_out(void *context, struct slice text, struct problem *problem)
{
	struct change *c = context;
	char *made = page_users_remove(text, c->user.name);

	c->is_new = made == NULL;
	if (made == NULL)
		(void)problem_set(problem, -EINVAL, "there is no %.*s", (int)c->user.name.len,
			c->user.name.at);
	return made;
}

/* ---- the file ---- */

static const char *path_of(struct context *context)
{
	const struct settings_values *values = NULL;
	struct problem problem = {0};

	if (context_settings(context, &values, &problem) == 0)
		return values->page.users;
	context_problem(context, &problem);
	return NULL;
}

static int change_file(struct change *c, page_users_change *change)
{
	struct problem problem = {0};
	const char *path = path_of(c->context);

	if (path == NULL)
		return COMMAND_UNABLE;
	int err = page_users_file_change(path, change, c, &problem);
	if (err == 0)
		return COMMAND_DONE;
	context_problem(c->context, &problem);
	if (err != -EINVAL)
		return COMMAND_UNABLE;
	return change == take_out ? COMMAND_LEFT : COMMAND_USAGE;
}

static void say_user(const struct change *c, const char *token)
{
	const struct page_user *user = &c->user;

	if (c->context->global.json) {
		json_t *o = json_object();

		json_put(o, "name", json_text(user->name));
		json_put(o, "role", json_string(page_role_name(user->role)));
		json_put(o, "way", json_string(page_way_name(user->way)));
		if (token != NULL)
			json_put(o, "token", json_string(token));
		json_line(stdout, o);
		return;
	}
	if (token != NULL)
		(void)printf("%s\n", token);
	context_hint(c->context, "%.*s: %s%s%s", (int)user->name.len, user->name.at,
		page_role_name(user->role), c->is_new ? ", new" : "",
		token != NULL ? "; the token is not shown again" : "");
}

/* ---- the commands ---- */

/* Before somebody types a password for nothing. */
static bool lacks_role(const struct change *c)
{
	struct whole_file file = {0};
	struct problem problem = {0};
	struct page_user old;
	const char *path = c->settings->role == NULL ? path_of(c->context) : NULL;

	if (path == NULL)
		return false;
	int err = page_users_file_read(path, &file, &problem);
	bool lacks =
		err == -ENOENT || (err == 0 && !page_users_find((struct slice){file.text, file.len},
						       c->user.name, &old));
	whole_file_clear(&file);
	if (lacks)
		context_warn(c->context, NEEDS_ROLE);
	return lacks;
}

static int put_user(struct change *c)
{
	char hash[PASSWORD_HASH_MAX];
	AUTO(secret) secret = NULL;
	struct problem problem = {0};
	int err = 0;

	if (lacks_role(c))
		return COMMAND_USAGE;
	c->user.way = c->settings->proxy ? PAGE_PROXY : PAGE_PASSWORD;
	if (!c->settings->proxy) {
		err = typed_password(STDIN_FILENO, c->context->in_terminal, &secret, &problem);
		if (err == 0)
			err = password_hash_make("$y$", secret, hash, sizeof(hash), &problem);
		if (err == 0)
			c->user.hash = slice_of(hash);
	}
	if (err < 0) {
		context_problem(c->context, &problem);
		return COMMAND_UNABLE;
	}
	int status = change_file(c, put);
	if (status == COMMAND_DONE)
		say_user(c, NULL);
	return status;
}

static void make_token(char at[TOKEN_MAX])
{
	unsigned char bytes[TOKEN_BYTES];
	char hex[2 * TOKEN_BYTES + 1];

	if (sodium_init() < 0)
		abort();
	randombytes_buf(bytes, sizeof(bytes));
	(void)sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
	(void)snprintf(at, TOKEN_MAX, TOKEN_BEGIN "%s", hex);
	secret_wipe(bytes, sizeof(bytes));
	secret_wipe(hex, sizeof(hex));
}

static int put_token(struct change *c)
{
	char token[TOKEN_MAX], hash[PAGE_TOKEN_HASH];

	if (c->settings->proxy) {
		context_warn(c->context, "a token and a --proxy do not go together");
		return COMMAND_USAGE;
	}
	make_token(token);
	page_users_token_hash(slice_of(token), hash);
	c->user.way = PAGE_TOKEN;
	c->user.hash = slice_of(hash);
	int status = change_file(c, put);
	if (status == COMMAND_DONE)
		say_user(c, token);
	secret_wipe(token, sizeof(token));
	return status;
}

static int remove_one(struct change *c)
{
	return change_file(c, take_out);
}

static void list_one(struct context *context, const struct page_user *user)
{
	struct change c = {.context = context, .user = *user};

	if (context->global.json)
		say_user(&c, NULL);
	else
		(void)printf("%-24.*s %-8s by %s\n", (int)user->name.len, user->name.at,
			page_role_name(user->role), page_way_name(user->way));
}

static int list(struct context *context)
{
	struct whole_file file = {0};
	struct problem problem = {0};
	struct page_user user;
	unsigned line = 0;
	const char *path = path_of(context);

	if (path == NULL)
		return COMMAND_UNABLE;
	int err = page_users_file_read(path, &file, &problem);
	if (err < 0 && err != -ENOENT) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	struct slice rest = {file.text, file.len};
	while (page_users_next(&rest, &line, &user) > 0)
		list_one(context, &user);
	if (file.len == 0)
		context_hint(context, "nobody may use the page: stanch page user NAME --role ROLE");
	whole_file_clear(&file);
	return COMMAND_DONE;
}

static const struct {
	const char *word;
	int (*run)(struct change *c);
} words[] = {{"user", put_user}, {"token", put_token}, {"remove", remove_one}};

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	struct change c = {.context = context, .settings = settings};

	if (arguments->count == 1 && strcmp(arguments->at[0], "users") == 0)
		return list(context);
	if (arguments->count == 2)
		c.user.name = slice_of(arguments->at[1]);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && arguments->count == 2; i++) {
		if (strcmp(words[i].word, arguments->at[0]) != 0)
			continue;
		if (page_users_is_name(c.user.name))
			return words[i].run(&c);
		context_warn(context,
			"a name has 1 to %d letters, digits and \".\", \"_\", \"-\", \"+\", \"@\", "
			"and "
			"begins with a letter or digit",
			PAGE_USERS_NAME_MAX);
		return COMMAND_USAGE;
	}
	context_warn(context, "write users, or user, token or remove and a name");
	return COMMAND_USAGE;
}

const struct command command_page = {
	.name = "page",
	.arguments = "user|token|remove NAME|users",
	.arguments_most = 2,
	.help = "who may use the page and its API, and in which role",
	.about =
		"user makes a user of the page, or gives one another password or role: the "
		"password is asked for twice, or is the one line of standard input. token makes a "
		"token for a program and prints it, this once; made again, the old one is void. "
		"remove ends either, and what it has open. users lists them. What is written is in "
		"force at once.",
	.settings_size = sizeof(struct page_command_settings),
	.sets = {COMMAND_SET("Who", rows, 0)},
	.run = run,
};
