#include "systems/directadmin.h"

#include "base/printable.h"
#include "formats/directadmin_reply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define URL_MAX  1200
#define USER_MAX ((size_t)PANEL_NAME_MAX * 2)

/* The user behind "domain:" in a line of the file of owners; empty when the line is another's. */
static struct slice owner_in(struct slice line, const char *domain)
{
	size_t colon = slice_find(line, ':');

	if (!slice_equal_nocase(slice_trim(slice_first(line, colon)), slice_of(domain)))
		return (struct slice){0};
	return slice_trim(slice_after(line, colon + 1));
}

/* "admin|owner", or "admin" where nobody else is known to own the domain. */
static int login_name(const struct directadmin *panel, const char *domain, char ret[USER_MAX],
	struct problem *problem)
{
	char *line = NULL, shown[300];
	size_t room = 0;
	FILE *file = panel->owners != NULL ? fopen(panel->owners, "re") : NULL;
	int err = file == NULL && panel->owners != NULL && errno != ENOENT ? -errno : 0;
	size_t n = (size_t)snprintf(ret, USER_MAX, "%s", panel->user);

	while (file != NULL) {
		ssize_t len = getline(&line, &room, file);
		if (len <= 0)
			break;
		struct slice owner = owner_in((struct slice){line, (size_t)len}, domain);
		if (owner.len == 0)
			continue;
		if (owner.len < PANEL_NAME_MAX && n < PANEL_NAME_MAX &&
			!slice_is(owner, panel->user))
			(void)snprintf(ret + n, USER_MAX - n, "|%.*s", (int)owner.len, owner.at);
		break;
	}
	free(line);
	if (file != NULL)
		(void)fclose(file);
	if (err < 0)
		return problem_set(problem, -EINVAL, "cannot read %s: %s",
			printable_text(slice_of(panel->owners), shown, sizeof(shown)),
			strerror(-err));
	return 0;
}

/* POSTs the form as the owner of the domain. */
static int post(const struct directadmin *panel, const char *domain, const struct panel_text *form,
	struct http_reply *ret, char ret_url[URL_MAX], struct problem *problem)
{
	char user[USER_MAX];
	size_t slash = panel->url != NULL ? strlen(panel->url) : 0;
	int err;

	if (panel->url == NULL || panel->user == NULL || panel->key == NULL)
		return problem_set(problem, -EINVAL,
			"DirectAdmin needs directadmin.url, directadmin.user and "
			"directadmin.key_file");
	while (slash > 0 && panel->url[slash - 1] == '/')
		slash--;
	if (form->is_full || strlen(panel->user) >= PANEL_NAME_MAX ||
		snprintf(ret_url, URL_MAX, "%.*s/CMD_API_POP", (int)slash, panel->url) >= URL_MAX)
		return problem_set(problem, -EINVAL, "what DirectAdmin is to be asked is too long");
	err = login_name(panel, domain, user, problem);
	if (err < 0)
		return err;

	const struct http_call call = {.url = ret_url,
		.user = user,
		.password = secret_text(panel->key),
		.ca_file = panel->ca_file,
		.body = {form->at, form->len},
		.time_ms = panel->time_ms};
	return panel_call(&call, ret, problem);
}

int directadmin_look(const struct directadmin *panel, const struct panel_mailbox *mailbox,
	bool *ret_suspended, struct problem *problem)
{
	struct panel_text form = {0};
	struct http_reply reply = {0};
	char url[URL_MAX];
	bool suspended = false;
	int err;

	panel_text_add_form(&form, "action", slice_of("full_list"));
	panel_text_add_form(&form, "domain", slice_of(mailbox->domain));
	err = post(panel, mailbox->domain, &form, &reply, url, problem);
	if (err < 0)
		return err;
	err = directadmin_mailbox_find((struct slice){reply.body, reply.len},
		slice_of(mailbox->local), &suspended, problem);
	err = panel_judge(&reply, url, err, problem);
	http_reply_clear(&reply);
	if (err == 0)
		*ret_suspended = suspended;
	return err;
}

int directadmin_set_password(const struct directadmin *panel, const struct panel_mailbox *mailbox,
	const struct secret *secret, struct problem *problem)
{
	struct panel_text form = {0};
	struct http_reply reply = {0};
	char url[URL_MAX];
	int err;

	panel_text_add_form(&form, "action", slice_of("modify"));
	panel_text_add_form(&form, "domain", slice_of(mailbox->domain));
	panel_text_add_form(&form, "user", slice_of(mailbox->local));
	panel_text_add_form(&form, "newuser", slice_of(mailbox->local));
	panel_text_add_form(&form, "passwd", secret_slice(secret));
	panel_text_add_form(&form, "passwd2", secret_slice(secret));
	err = post(panel, mailbox->domain, &form, &reply, url, problem);
	panel_text_wipe(&form);
	if (err < 0)
		return err;
	err = directadmin_reply_read((struct slice){reply.body, reply.len}, problem);
	err = panel_judge(&reply, url, err, problem);
	http_reply_clear(&reply);
	return err;
}
