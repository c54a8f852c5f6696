/* check_state.c - stanch check of the incidents and of the daemon, and what the modes share. */
#include "base/json_text.h"
#include "base/printable.h"
#include "programs/check.h"
#include "programs/daemon/control.h"
#include "reports/check_daemon.h"
#include "reports/check_incidents.h"
#include "reports/standing_json.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#define ASK_MS 3000

/* ---- what the modes share ---- */

int check_read_range(
	const char *option, const char *text, struct plugin_range *ret, struct problem *problem)
{
	char shown[64];

	if (text == NULL || plugin_range_parse(text, ret) == 0)
		return 0;
	return problem_set(problem, -EINVAL,
		"--%s: \"%s\" is no range such as 10, 10:, ~:10, 10:20 "
		"or @10:20",
		option, printable_text(slice_of(text), shown, sizeof(shown)));
}

void check_write_problem(FILE *out, const struct problem *problem)
{
	for (const char *c = problem->text; *c != '\0'; c++)
		(void)fputc(*c == '|' ? '/' : *c, out);
	(void)fputc('\n', out);
}

static int no_answer(const struct check_run *run, int err, struct problem *problem)
{
	char shown[256];

	(void)printable_text(slice_of(run->context->global.control), shown, sizeof(shown));
	if (err == -ENOENT || err == -ECONNREFUSED)
		return problem_set(problem, -ENOENT, "no daemon runs: nobody serves %s", shown);
	if (err == -EPERM || err == -EACCES)
		return problem_set(problem, -EACCES,
			"the daemon does not hear this user, who is not in its control.group");
	return problem_set(
		problem, -ETIMEDOUT, "the daemon at %s does not answer: %s", shown, strerror(-err));
}

int check_ask_status(const struct check_run *run, json_t **ret_status, struct problem *problem)
{
	int err = control_ask(run->context->global.control, "status", ASK_MS, ret_status);

	return err < 0 ? no_answer(run, err, problem) : 0;
}

int check_ask_standing(const struct check_run *run, struct standing *ret, struct problem *problem)
{
	json_t *answer = NULL;
	int err = control_ask(run->context->global.control, "incidents", ASK_MS, &answer);

	if (err < 0)
		return no_answer(run, err, problem);
	err = standing_json_read(answer, ret);
	json_decref(answer);
	return err < 0 ? problem_set(problem, err, "the daemon does not say what its incidents are")
		       : 0;
}

/* ---- incidents ---- */

struct incidents {
	struct check_incidents judged;
	struct standing standing;
	char whence[96];
	struct problem doubt; /* why new incidents might not be seen; "": they are */
};

static int ask_incidents(const struct check_run *run, struct incidents *i, struct problem *problem)
{
	json_t *status = NULL;
	int err = check_ask_status(run, &status, problem);

	if (err < 0)
		return err;
	if (!check_daemon_is_fresh(status))
		(void)problem_set(&i->doubt, 0, "stanchd sees nothing new: its watcher is silent");
	else if (!json_is_true(json_object_get(json_object_get(status, "watcher"), "ready")))
		(void)problem_set(&i->doubt, 0, "stanchd is still reading what was written before");
	json_decref(status);
	(void)snprintf(i->whence, sizeof(i->whence), "stanchd, now");
	return check_ask_standing(run, &i->standing, problem);
}

/* Of a daemon that does not run there is what it has written: true of then, and of nothing later.
 */
static int read_incidents(const struct check_run *run, struct incidents *i, struct problem *problem)
{
	AUTO(journal) journal = NULL;

	i->doubt = *problem;
	int err = journal_open(
		run->context->global.state, JOURNAL_READ, "stanch check", &journal, problem);
	if (err == 0 && !casebook_exists(journal))
		err = -ENOENT;
	if (err == -ENOENT)
		return problem_set(problem, err, "%s, and there is no journal", i->doubt.text);
	if (err == 0)
		err = standing_read(journal, (int64_t)time(NULL), &i->standing, problem);
	(void)snprintf(i->whence, sizeof(i->whence), "the journal; no daemon answers");
	return err;
}

static int incidents_ranges(
	const struct check_run *run, struct check_incidents *c, struct problem *problem)
{
	const struct check_settings *s = run->settings;
	int r = check_read_range("warning", s->warning, &c->recent.warning, problem);

	if (r == 0)
		r = check_read_range("critical", s->critical, &c->asking.critical, problem);
	if (s->recent.given)
		c->recent_s = (int64_t)s->recent.value;
	return r;
}

static void write_incidents(const struct check_run *run, const struct incidents *i, int64_t now)
{
	if (run->context->global.json) {
		json_t *o = check_incidents_json(&i->judged, &i->standing);
		json_put(o, "by", json_string(i->whence));
		json_put(o, "problem",
			i->doubt.text[0] != '\0' ? json_text(slice_of(i->doubt.text)) : NULL);
		json_line(run->out, o);
		return;
	}
	check_incidents_write(run->out, &i->judged, &i->standing, i->whence, now);
	if (i->doubt.text[0] != '\0')
		check_write_problem(run->out, &i->doubt);
}

int check_incidents_mode(const struct check_run *run, struct problem *problem)
{
	struct incidents i = {.whence = ""};
	int64_t now = (int64_t)time(NULL);

	check_incidents_begin(&i.judged);
	int r = incidents_ranges(run, &i.judged, problem);
	if (r < 0)
		return r;
	r = ask_incidents(run, &i, problem);
	if (r < 0 && r != -EACCES)
		r = read_incidents(run, &i, problem);
	if (r < 0)
		return r;
	check_incidents_judge(&i.judged, &i.standing, now);
	if (i.doubt.text[0] != '\0') /* that there is none is not known */
		i.judged.status = plugin_worse(i.judged.status, PLUGIN_UNKNOWN);
	write_incidents(run, &i, now);
	standing_clear(&i.standing);
	return (int)i.judged.status;
}

/* ---- the daemon ---- */

static int daemon_ranges(
	const struct check_run *run, struct check_daemon *c, struct problem *problem)
{
	const struct check_settings *s = run->settings;
	int r = check_read_range("warning", s->warning, &c->lag.warning, problem);

	if (r == 0)
		r = check_read_range("critical", s->critical, &c->lag.critical, problem);
	if (r == 0)
		r = check_read_range(
			"unread-warning", s->unread_warning, &c->unread.warning, problem);
	if (r == 0)
		r = check_read_range(
			"unread-critical", s->unread_critical, &c->unread.critical, problem);
	return r;
}

static int write_dead(const struct check_run *run, const struct problem *why)
{
	if (run->context->global.json) {
		json_t *o = json_object();
		json_put(o, "status", json_string(plugin_status_name(PLUGIN_CRITICAL)));
		json_put(o, "problem", json_text(slice_of(why->text)));
		json_line(run->out, o);
	} else {
		(void)fprintf(run->out, "stanchd %s - ", plugin_status_name(PLUGIN_CRITICAL));
		check_write_problem(run->out, why);
	}
	return PLUGIN_CRITICAL;
}

int check_daemon_mode(const struct check_run *run, struct problem *problem)
{
	struct check_daemon c;
	json_t *status = NULL;

	check_daemon_begin(&c);
	int r = daemon_ranges(run, &c, problem);
	if (r < 0)
		return r;
	r = check_ask_status(run, &status, problem);
	if (r == -EACCES)
		return r; /* it may be well */
	if (r < 0)
		return write_dead(run, problem);
	check_daemon_judge(&c, status);
	json_decref(status);
	if (run->context->global.json)
		json_line(run->out, check_daemon_json(&c));
	else
		check_daemon_write(run->out, &c);
	return (int)c.status;
}
