#include "responders/secret.h"

#include "base/json_text.h"
#include "base/printable.h"
#include "responders/secret_backend.h"
#include "systems/dovecot/doveadm.h"
#include "systems/login_check.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define LOGIN_TRIES    5
#define LOGIN_AGAIN_MS 500

/* One row for each of secret.do. */
static const struct deed {
	const char *name;  /* in the configuration and the journal */
	const char *verb;  /* "change the password of" */
	const char *is_so; /* what is then so: "its login is suspended" */
	const char *how;   /* for those who are told */
} deeds[SECRET_DEEDS] = {
	[SECRET_CHANGE] = {"change", "change the password of", "its password is changed",
		"changed"},
	[SECRET_SUSPEND_OUTGOING] = {"suspend-outgoing", "suspend the outgoing mail of",
		"its outgoing mail is suspended", "suspended"},
	[SECRET_SUSPEND_LOGIN] = {"suspend-login", "suspend the login of", "its login is suspended",
		"login suspended"},
	[SECRET_HOLD] = {"hold", "hold the outgoing mail of", "its outgoing mail is held", "held"},
	[SECRET_NOTHING] = {"none", "do nothing about the password of", "nothing is done", NULL},
};

/* What is to be done, where, and for whom. */
struct task {
	enum secret_deed deed;
	const struct secret_backend *backend;
	struct panel_mailbox mailbox;
};

static bool is_on(const struct settings_values *values)
{
	return values->secret.enabled && values->secret.deed != SECRET_NOTHING;
}

static bool fits(const struct source *source)
{
	return source->kind == SOURCE_MAILBOX;
}

/* ---- where its password is kept ---- */

/* "DOMAIN BACKEND" in two. */
static bool split_row(const char *row, struct slice *ret_domain, struct slice *ret_backend)
{
	struct slice text = slice_trim(slice_of(row));

	*ret_domain = slice_first(text, slice_find(text, ' '));
	*ret_backend = slice_trim(slice_after(text, ret_domain->len));
	return ret_backend->len > 0 && slice_find(*ret_backend, ' ') == ret_backend->len;
}

static int find_backend(const struct settings_values *values, const struct panel_mailbox *mailbox,
	const struct secret_backend **ret, struct problem *said)
{
	const struct setting_list *rows = &values->secret.domains;
	struct slice name = slice_of(values->secret.backend != NULL ? values->secret.backend : "");
	char shown[200];

	for (size_t i = 0; i < rows->count; i++) {
		struct slice row_domain, row_backend;
		if (!split_row(rows->at[i], &row_domain, &row_backend))
			return problem_set(said, -EINVAL,
				"secret.domains: \"%s\" is not a domain and a back end",
				printable_text(slice_of(rows->at[i]), shown, sizeof(shown)));
		if (!slice_equal_nocase(row_domain, slice_of(mailbox->domain)))
			continue;
		name = row_backend;
		break;
	}
	if (name.len == 0)
		return problem_set(said, -EINVAL,
			"neither secret.backend nor secret.domains says where the password of %s "
			"is",
			mailbox->address);
	*ret = secret_backend_named(name);
	if (*ret == NULL)
		return problem_set(said, -EINVAL, "there is no back end \"%s\" for passwords",
			printable_text(name, shown, sizeof(shown)));
	return 0;
}

/* What the journal says was done counts, whatever is configured by now. */
static int take_from_note(const json_t *note, struct task *task, struct problem *said)
{
	const char *deed = json_string_value(json_object_get(note, "do"));
	const char *backend = json_string_value(json_object_get(note, "backend"));

	if (deed == NULL || backend == NULL)
		return 0;
	for (size_t i = 0; i < SECRET_DEEDS; i++)
		if (strcmp(deeds[i].name, deed) == 0)
			task->deed = (enum secret_deed)i;
	task->backend = secret_backend_named(slice_of(backend));
	if (task->backend == NULL)
		return problem_set(said, -EINVAL,
			"the back end for passwords that was used is not there any more");
	return 0;
}

static int begin(
	const struct responding *r, const json_t *note, struct task *ret, struct problem *said)
{
	struct slice name = {r->source->name, r->source->len};
	int err = panel_mailbox_read(name, &ret->mailbox, said);

	ret->deed = (enum secret_deed)r->values->secret.deed;
	ret->backend = NULL;
	if (err == 0 && note != NULL)
		err = take_from_note(note, ret, said);
	if (err == 0 && ret->backend == NULL)
		err = find_backend(r->values, &ret->mailbox, &ret->backend, said);
	if (ret->backend == NULL)
		return err < 0 ? err : -EINVAL;
	return err;
}

static void plan(const struct responding *r, struct problem *said)
{
	struct task task = {0};

	if (begin(r, NULL, &task, said) == 0)
		(void)problem_set(said, 0, "would %s %s, by %s", deeds[task.deed].verb,
			task.mailbox.address, task.backend->name);
}

/* ---- a new password ---- */

/* Their own words may repeat what they were given. */
static int hide(const struct secret *secret, int err, struct problem *said)
{
	if (strstr(said->text, secret_text(secret)) == NULL)
		return err;
	secret_wipe(said->text, sizeof(said->text));
	return problem_set(said, err, "it failed, and the reason given has the new password in it");
}

/* A server may go on for a moment with what it has read before: one that refuses is asked again. */
static int log_in(const struct login_check *check, struct problem *said)
{
	enum login_result result = LOGIN_REFUSED;
	int err = 0;

	for (int i = 0; i < LOGIN_TRIES && err == 0 && result == LOGIN_REFUSED; i++) {
		if (i > 0)
			(void)poll(NULL, 0, LOGIN_AGAIN_MS);
		err = login_check(check, &result, said);
	}
	if (err == 0 && result == LOGIN_REFUSED)
		return problem_set(said, -EIO, "%s does not let %s in with the new password",
			check->url, check->user);
	return err;
}

/* Logs in as its owner would, everywhere. What cannot be asked now proves nothing, either way. */
static int try_login(const struct responding *r, const struct task *task,
	const struct secret *secret, bool *ret_tried, struct problem *said)
{
	const struct setting_list *urls = &r->values->secret.check;

	for (size_t i = 0; i < urls->count; i++) {
		const struct login_check check = {.url = urls->at[i],
			.user = task->mailbox.address,
			.secret = secret,
			.time_ms = r->values->secret.timeout * 1000};
		int err = log_in(&check, said);

		if (err == -EIO || err == -EINVAL)
			return err;
		*ret_tried = *ret_tried || err == 0;
	}
	return 0;
}

/* Dovecot may let the old password in until it has forgotten it. */
static int flush_cache(const struct responding *r, const struct task *task, struct problem *said)
{
	struct doveadm_options options;
	AUTO(secret) key = NULL;

	if (!r->values->dovecot.enabled)
		return 0;
	int err = doveadm_options_read(&r->values->dovecot, &options, &key, said);
	if (err < 0)
		return err;
	options.time_ms = r->values->secret.timeout * 1000;
	err = doveadm_flush(&options, task->mailbox.address, said);
	return err == -ENOENT ? 0 : err;
}

/* 0: it is the password, as far as anybody can tell; *ret_proved says whether somebody could. */
static int prove(const struct responding *r, const struct task *task, const struct secret *secret,
	bool *ret_proved, struct problem *said)
{
	bool is_so = true;
	int err = task->backend->check(
		r->values, &task->mailbox, SECRET_CHANGE, secret, &is_so, said);

	if (err == 0 && !is_so)
		return problem_set(said, -EIO,
			"%s says that the password of %s is changed, but it is not the new one",
			task->backend->name, task->mailbox.address);
	if (err == 0)
		err = try_login(r, task, secret, ret_proved, said);
	*ret_proved = *ret_proved || task->backend->can_tell;
	return err;
}

static int change(struct responding *r, const struct task *task, struct problem *said)
{
	AUTO(secret) fresh = secret_make();
	bool is_proved = false;
	int err = task->backend->set(r->values, &task->mailbox, fresh, said);

	if (err == 0)
		err = flush_cache(r, task, said);
	if (err == 0)
		err = prove(r, task, fresh, &is_proved, said);
	if (err < 0)
		return hide(fresh, err, said);
	secret_free(r->secret);
	r->secret = fresh;
	r->secret_told = false;
	fresh = NULL;
	return problem_set(said, 0, "changed the password of %s, by %s%s", task->mailbox.address,
		task->backend->name,
		is_proved ? "" : "; whether it is in force could not be tried");
}

/* ---- kept from sending ---- */

static int is_in_force(
	const struct responding *r, const struct task *task, bool *ret_is_so, struct problem *said)
{
	if (task->backend->suspend == NULL)
		return problem_set(said, -EINVAL, "%s cannot %s a mailbox", task->backend->name,
			deeds[task->deed].verb);
	return task->backend->check(r->values, &task->mailbox, task->deed, NULL, ret_is_so, said);
}

static int suspend(
	const struct responding *r, const struct task *task, json_t *note, struct problem *said)
{
	bool is_so = false;
	bool is_first = json_object_get(note, "do") == NULL;
	int err = is_in_force(r, task, &is_so, said);

	if (err == 0 && is_so) {
		if (is_first)
			json_put(note, "already", json_true());
		return problem_set(said, 0, "of %s, %s already, by %s", task->mailbox.address,
			deeds[task->deed].is_so, task->backend->name);
	}
	if (err == 0)
		err = task->backend->suspend(r->values, &task->mailbox, task->deed, said);
	if (err == 0)
		err = is_in_force(r, task, &is_so, said);
	if (err < 0)
		return err;
	if (!is_so)
		return problem_set(said, -EIO, "%s says that of %s, %s, but it is not so",
			task->backend->name, task->mailbox.address, deeds[task->deed].is_so);
	return problem_set(said, 0, "of %s, %s, by %s", task->mailbox.address,
		deeds[task->deed].is_so, task->backend->name);
}

/* ---- the responder ---- */

static void put_mark(const struct responding *r, const struct task *task, json_t *note)
{
	char mark[PASSWORD_HASH_MARK];
	struct problem unseen;

	(void)json_object_del(note, "mark");
	if (task->deed == SECRET_CHANGE && task->backend->mark != NULL &&
		task->backend->mark(r->values, &task->mailbox, mark, &unseen) == 0)
		json_put(note, "mark", json_string(mark));
}

/* Whether somebody has set the password since: a thief in a session of webmail may. */
static int compare_mark(const struct responding *r, const struct task *task, const json_t *note,
	struct problem *said)
{
	const char *was = json_string_value(json_object_get(note, "mark"));
	char mark[PASSWORD_HASH_MARK];

	if (was == NULL || task->backend->mark == NULL)
		return 0;
	int err = task->backend->mark(r->values, &task->mailbox, mark, said);
	if (err == 0 && strcmp(mark, was) != 0)
		return problem_set(said, -ENOENT, "somebody else has set the password of %s since",
			task->mailbox.address);
	return err;
}

static int act(struct responding *r, json_t *note, struct problem *said)
{
	struct task task = {0};
	int err = begin(r, note, &task, said);

	if (err < 0)
		return err;
	if (task.deed == SECRET_NOTHING)
		return problem_set(said, 0, "nothing is to be done about its password");
	err = task.deed == SECRET_CHANGE ? change(r, &task, said) : suspend(r, &task, note, said);
	if (err < 0)
		return err;
	r->secret_how = deeds[task.deed].how;
	put_mark(r, &task, note);
	json_put(note, "do", json_string(deeds[task.deed].name));
	json_put(note, "backend", json_string(task.backend->name));
	(void)json_object_del(note, "undone");
	return 0;
}

static int check(const struct responding *r, const json_t *note, struct problem *said)
{
	struct task task = {0};
	bool is_so = false;
	int err = begin(r, note, &task, said);

	if (err < 0)
		return err;
	if (task.deed == SECRET_NOTHING)
		return 0;
	if (json_object_get(note, "do") == NULL)
		return problem_set(
			said, -ENOENT, "nothing was done about %s", task.mailbox.address);
	err = task.backend->check(r->values, &task.mailbox, task.deed, r->secret, &is_so, said);
	if (err < 0)
		return r->secret != NULL ? hide(r->secret, err, said) : err;
	if (!is_so)
		return problem_set(said, -ENOENT, "of %s, it is not so that %s",
			task.mailbox.address, deeds[task.deed].is_so);
	err = compare_mark(r, &task, note, said);
	if (err < 0)
		return err;
	return problem_set(said, 0, "of %s, %s%s", task.mailbox.address, deeds[task.deed].is_so,
		task.deed == SECRET_CHANGE && json_object_get(note, "mark") == NULL &&
				(r->secret == NULL || !task.backend->can_tell)
			? "; whether that is still in force cannot be tried"
			: "");
}

static int lift(const struct responding *r, const struct task *task, struct problem *said)
{
	bool is_so = false;
	int err = is_in_force(r, task, &is_so, said);

	if (err == 0 && is_so)
		err = task->backend->resume(r->values, &task->mailbox, task->deed, said);
	if (err == 0 && is_so)
		err = is_in_force(r, task, &is_so, said);
	if (err < 0)
		return err;
	if (is_so)
		return problem_set(said, -EIO, "%s says that it is lifted, but of %s, %s still",
			task->backend->name, task->mailbox.address, deeds[task->deed].is_so);
	return problem_set(said, 0, "of %s, it is no longer so that %s", task->mailbox.address,
		deeds[task->deed].is_so);
}

static int undo(const struct responding *r, json_t *note, struct problem *said)
{
	struct task task = {0};
	int err = begin(r, note, &task, said);

	if (err < 0)
		return err;
	if (json_object_get(note, "do") == NULL)
		return problem_set(said, 0, "nothing was done about %s", task.mailbox.address);
	if (task.deed == SECRET_CHANGE)
		return problem_set(said, 0,
			"the password of %s stays changed: whoever stole the old one has it still",
			task.mailbox.address);
	if (json_is_true(json_object_get(note, "already")))
		return problem_set(said, 0, "of %s, %s as it was before the incident, and stays so",
			task.mailbox.address, deeds[task.deed].is_so);
	err = lift(r, &task, said);
	if (err == 0)
		json_put(note, "undone", json_true());
	return err;
}

static int check_backend(struct slice name, const char *setting, struct problem *said)
{
	char shown[200];

	if (secret_backend_named(name) != NULL)
		return 0;
	return problem_set(said, -EINVAL, "%s: there is no back end \"%s\" for passwords", setting,
		printable_text(name, shown, sizeof(shown)));
}

static int prepare(const struct settings_values *values, struct problem *said)
{
	const struct setting_list *rows = &values->secret.domains;
	struct slice domain, backend;
	char shown[200];
	int err = 0;

	if (values->secret.backend != NULL)
		err = check_backend(slice_of(values->secret.backend), "secret.backend", said);
	for (size_t i = 0; i < rows->count && err == 0; i++) {
		if (split_row(rows->at[i], &domain, &backend))
			err = check_backend(backend, "secret.domains", said);
		else
			err = problem_set(said, -EINVAL,
				"secret.domains: \"%s\" is not a domain and a back end",
				printable_text(slice_of(rows->at[i]), shown, sizeof(shown)));
	}
	if (err == 0 && values->secret.backend == NULL && rows->count == 0)
		err = problem_set(said, -EINVAL,
			"neither secret.backend nor secret.domains says where passwords are");
	return err;
}

const struct responder responder_secret = {.name = "secret",
	.deed = "change its password",
	.is_on = is_on,
	.fits = fits,
	.prepare = prepare,
	.plan = plan,
	.act = act,
	.check = check,
	.undo = undo};
