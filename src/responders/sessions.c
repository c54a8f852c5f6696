#include "responders/sessions.h"

#include "systems/dovecot/doveadm.h"
#include "systems/exim/sessions.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define DOVECOT_MS 10000

static bool is_on(const struct settings_values *values)
{
	return values->sessions.enabled;
}

static bool fits(const struct source *source)
{
	return source->kind == SOURCE_MAILBOX && source->len > 0;
}

static struct sessions_of sessions_of(const struct responding *r)
{
	return (struct sessions_of){.mailbox = r->source,
		.main_log = r->main_log,
		.since = r->since,
		.exim = r->values->general.exim};
}

/* The errors of systems/exim/sessions.h as responder.h has them. */
static int as_responder(int err)
{
	switch (err) {
	case 0:
	case -EACCES:
	case -EAGAIN:
	case -ETIMEDOUT:
		return err;
	case -EPERM:
		return -EACCES;
	case -EPROTO:
		return -EBADMSG;
	case -E2BIG:
	case -ENOENT: /* a log that was rotated and not begun again */
		return -EAGAIN;
	default:
		return -EIO;
	}
}

static int no_log(struct problem *said)
{
	return problem_set(
		said, -EINVAL, "where Exim's main log is, is not known: log.files has to name it");
}

static void plan(const struct responding *r, struct problem *said)
{
	struct sessions_of of = sessions_of(r);
	char name[SOURCE_TEXT_MAX];
	uint64_t open = 0;

	(void)source_text(r->source, name);
	if (r->main_log == NULL || sessions_count(&of, &open, NULL) < 0) {
		(void)problem_set(said, 0, "end the sessions that %s has open", name);
		return;
	}
	(void)problem_set(
		said, 0, "end the SMTP sessions that %s has open (%" PRIu64 " now)", name, open);
}

/* What Dovecot keeps for the mailbox: ended, or only counted. */
static int dovecot_sessions(
	const struct responding *r, bool ends, uint64_t *ret_count, struct problem *said)
{
	struct doveadm_options options;
	AUTO(secret) key = NULL;

	*ret_count = 0;
	if (!r->values->dovecot.enabled)
		return 0;
	int err = doveadm_options_read(&r->values->dovecot, &options, &key, said);
	if (err < 0)
		return err;
	options.time_ms = DOVECOT_MS;
	err = ends ? doveadm_kick(&options, r->source->name, ret_count, said)
		   : doveadm_who(&options, r->source->name, ret_count, said);
	return err == -ENOENT ? 0 : err;
}

static const char *sessions_word(uint64_t count)
{
	return count == 1 ? "session" : "sessions";
}

static void write_note(json_t *note, const struct sessions_ended *ended, uint64_t dovecot)
{
	(void)json_object_set_new(note, "found", json_integer((json_int_t)ended->found));
	(void)json_object_set_new(note, "destroyed", json_integer((json_int_t)ended->destroyed));
	(void)json_object_set_new(note, "signalled", json_integer((json_int_t)ended->signalled));
	(void)json_object_set_new(note, "left", json_integer((json_int_t)ended->left));
	(void)json_object_set_new(note, "dovecot", json_integer((json_int_t)dovecot));
}

/* Both are tried, whatever becomes of the other; the first failure is the one that is said. */
static int act(struct responding *r, json_t *note, struct problem *said)
{
	const struct sessions_settings *set = &r->values->sessions;
	struct sessions_of of = sessions_of(r);
	struct sessions_ended ended = {0};
	struct problem of_dovecot = {0};
	uint64_t dovecot = 0;

	if (r->main_log == NULL)
		return no_log(said);
	int err = as_responder(
		sessions_end(&of, (enum sessions_means)set->means, set->time * 1000, &ended, said));
	int dovecot_err = dovecot_sessions(r, true, &dovecot, &of_dovecot);
	write_note(note, &ended, dovecot);
	if (err < 0)
		return err;
	if (dovecot_err < 0)
		return problem_set(said, dovecot_err, "%s", of_dovecot.text);
	if (ended.left > 0)
		return problem_set(said, -EAGAIN,
			"of %" PRIu64 " SMTP %s %" PRIu64 " %s still open", ended.found,
			sessions_word(ended.found), ended.left, ended.left == 1 ? "is" : "are");
	return problem_set(said, 0,
		"ended %" PRIu64 " SMTP %s (%" PRIu64 " cut, %" PRIu64 " by signal) and %" PRIu64
		" of Dovecot's",
		ended.destroyed + ended.signalled, sessions_word(ended.destroyed + ended.signalled),
		ended.destroyed, ended.signalled, dovecot);
}

static int check(const struct responding *r, const json_t *note, struct problem *said)
{
	struct sessions_of of = sessions_of(r);
	uint64_t open = 0, dovecot = 0;

	(void)note;
	if (r->main_log == NULL)
		return no_log(said);
	int err = as_responder(sessions_count(&of, &open, said));
	if (err < 0)
		return err;
	if (open > 0)
		return problem_set(said, -ENOENT, "%" PRIu64 " SMTP %s open", open,
			open == 1 ? "session is" : "sessions are");
	err = dovecot_sessions(r, false, &dovecot, said);
	if (err < 0)
		return err;
	if (dovecot > 0)
		return problem_set(said, -ENOENT, "%" PRIu64 " %s of Dovecot's %s open", dovecot,
			sessions_word(dovecot), dovecot == 1 ? "is" : "are");
	return problem_set(said, 0, "no session is open");
}

const struct responder responder_sessions = {
	.name = "sessions",
	.deed = "end its sessions",
	.is_on = is_on,
	.fits = fits,
	.plan = plan,
	.act = act,
	.check = check,
};
