#include "programs/daemon/plan.h"

#include "base/memory.h"
#include "base/printable.h"
#include "facts/networks.h"
#include "incidents/ledger_store.h"
#include "programs/daemon/limits.h"
#include "systems/exim/mainlog.h"
#include "systems/http_tls.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void daemon_plan_free(struct daemon_plan *plan)
{
	if (plan == NULL)
		return;
	for (size_t i = 0; i < plan->log_count; i++)
		free(plan->logs[i].path);
	context_end(&plan->context);
	free(plan->spool);
	free(plan->zone);
	free(plan->host);
	free(plan->exim);
	free(plan->exim_login);
	free(plan->program);
	free(plan);
}

static char *copy(const char *text)
{
	return memory_copy(text, strlen(text));
}

static void add_log(struct daemon_plan *p, const char *path, bool is_reject)
{
	if (p->log_count == PLAN_LOGS)
		return;
	p->logs[p->log_count].path = copy(path);
	p->logs[p->log_count++].is_reject = is_reject;
}

/* A reject log has "reject" in its name, as Exim calls it. */
static void add_given_logs(struct daemon_plan *p)
{
	const struct setting_list *files = &p->values->log.files;

	for (size_t i = 0; i < files->count; i++) {
		const char *slash = strrchr(files->at[i], '/');
		add_log(p, files->at[i],
			strstr(slash != NULL ? slash : files->at[i], "reject") != NULL);
	}
}

static void add_logs_of_exim(struct daemon_plan *p, const struct exim_settings *exim)
{
	char *main_path = exim_log_path(exim, "main"), *reject = exim_log_path(exim, "reject");

	if (main_path != NULL)
		add_log(p, main_path, false);
	if (reject != NULL)
		add_log(p, reject, true);
	free(main_path);
	free(reject);
}

static int find_user(struct daemon_plan *p, struct problem *problem)
{
	const char *name = p->values->daemon.user != NULL ? p->values->daemon.user : p->exim_login;
	const struct passwd *user = getpwnam(name);

	p->watcher_login = name;
	p->watcher_uid = geteuid();
	p->watcher_gid = getegid();
	if (geteuid() != 0)
		return 0;
	if (user == NULL)
		return problem_set(problem, -ENOENT,
			"there is no user \"%s\" to read logs and queue as: name one as "
			"daemon.user",
			name);
	p->watcher_uid = user->pw_uid;
	p->watcher_gid = user->pw_gid;
	p->changes_user = user->pw_uid != 0;
	return 0;
}

/* Who owns the spool, Exim runs as: its name, or "" when it has none. */
static int find_owner(struct daemon_plan *p, struct problem *problem)
{
	struct stat s;

	if (stat(p->spool, &s) < 0)
		return problem_set(problem, -errno, "cannot look at the spool %s: %s", p->spool,
			strerror(errno));
	const struct passwd *owner = getpwuid(s.st_uid);
	p->exim_login = copy(owner != NULL ? owner->pw_name : "");
	p->exim_uid = s.st_uid;
	p->exim_gid = s.st_gid;
	return 0;
}

static int find_spool(
	struct daemon_plan *p, const struct exim_settings *exim, struct problem *problem)
{
	const char *spool = p->values->general.spool != NULL ? p->values->general.spool
			    : exim != NULL                   ? exim->spool
							     : exim_known_spool();

	if (spool == NULL)
		return problem_set(problem, -ENOENT,
			"no Exim to ask where its spool is, and none in the known places: name it "
			"as general.spool");
	if (access(spool, X_OK) < 0)
		return problem_set(problem, -errno, "cannot look into the spool %s: %s", spool,
			strerror(errno));
	p->spool = copy(spool);
	return find_owner(p, problem);
}

/* The spool of a new Exim has no folder for messages yet: it is waited for. */
static int ask_exim(struct daemon_plan *p, struct problem *problem)
{
	const struct exim_settings *exim = NULL;
	struct exim_program program;
	struct problem unasked = {0};

	if (context_exim(&p->context, &program, &unasked) == 0)
		p->exim = copy(program.path);
	if (p->exim != NULL && context_exim_settings(&p->context, &exim, &unasked) < 0)
		exim = NULL;
	int err = find_spool(p, exim, problem);
	if (err < 0)
		return err;
	add_given_logs(p);
	if (p->log_count == 0 && exim != NULL)
		add_logs_of_exim(p, exim);
	if (exim != NULL && exim->timezone[0] != '\0')
		p->zone = copy(exim->timezone);
	if (exim != NULL)
		p->host = copy(exim->host);
	if (p->log_count == 0)
		return problem_set(problem, -ENOENT, "no log to follow%s%s: name it as log.files",
			exim == NULL ? ", because Exim cannot be asked: "
				     : ": it logs to syslog only",
			unasked.text);
	return 0;
}

/* What the clerk is needs no name, and no rights that a name has. */
static int find_clerk(struct daemon_plan *p, struct problem *problem)
{
	const char *name = p->values->daemon.clerk_user;
	const struct passwd *user = getpwnam(name);

	p->clerk_uid = geteuid();
	p->clerk_gid = getegid();
	if (!p->has_clerk || geteuid() != 0)
		return 0;
	if (user == NULL)
		return problem_set(problem, -ENOENT,
			"there is no user \"%s\" to answer HTTP as: name one as "
			"daemon.clerk_user",
			name);
	if (user->pw_uid == 0)
		return problem_set(problem, -EINVAL,
			"daemon.clerk_user: \"%s\" has root's rights, and is to have none", name);
	p->clerk_uid = user->pw_uid;
	p->clerk_gid = user->pw_gid;
	p->clerk_changes_user = true;
	return 0;
}

static int read_page(struct daemon_plan *p, struct problem *problem)
{
	const char *listen = p->values->page.listen;
	char shown[100];

	p->has_clerk = listen != NULL;
	if (listen == NULL || listen_address_read(listen, &p->clerk_listen) == 0)
		return 0;
	(void)printable_text(slice_of(listen), shown, sizeof(shown));
	return problem_set(problem, -EINVAL,
		"page.listen: \"%s\" is no address with a port, such as 127.0.0.1:9494 or "
		"[::1]:9494",
		shown);
}

static bool is_loopback(const struct listen_address *at)
{
	AUTO(networks) here = networks_of_this_host();

	return networks_find(here, &at->address).is_named;
}

const char *daemon_plan_page_note(const struct daemon_plan *plan)
{
	const struct page_settings *page = &plan->values->page;

	if (!plan->has_clerk || page->certificate != NULL || page->proxy_from.count > 0 ||
		is_loopback(&plan->clerk_listen))
		return NULL;
	return "page.listen can be reached from other hosts, and there is neither "
	       "page.certificate nor page.proxy_from: from there nobody can log in to the page";
}

/* The key is not read here: every part would inherit it. */
static int check_tls(const struct page_settings *page, struct problem *problem)
{
	if ((page->certificate == NULL) != (page->key == NULL))
		return problem_set(problem, -EINVAL,
			"page.certificate and page.key: both are needed for TLS, or none");
	return page->key == NULL ? 0 : http_tls_look(page->certificate, page->key, problem);
}

/* name: of the setting, for who wrote it. */
static int check_networks(const char *name, const struct setting_list *hosts, size_t *ret_entry,
	struct problem *problem)
{
	AUTO(networks) tried = networks_new();
	char shown[100];

	for (size_t i = 0; i < hosts->count; i++) {
		if (networks_add(tried, slice_of(hosts->at[i]), 1, (struct slice){0}) == 0)
			continue;
		*ret_entry = i;
		(void)printable_text(slice_of(hosts->at[i]), shown, sizeof(shown));
		return problem_set(problem, -EINVAL,
			"%s: \"%s\" is neither an address nor a network such as 10.1.0.0/16", name,
			shown);
	}
	return 0;
}

/* Entries of which the settings themselves know only that they are texts. */
static int check_lists(const struct settings *settings, struct problem *problem)
{
	const struct settings_values *values = settings_values(settings);
	size_t entry;

	if (limits_check(&values->limits, &entry, problem) < 0)
		return settings_refuse_entry(settings, "limits.sources", entry, problem);
	if (check_networks("log.relay_hosts", &values->log.relay_hosts, &entry, problem) < 0)
		return settings_refuse_entry(settings, "log.relay_hosts", entry, problem);
	if (check_networks("page.metrics_from", &values->page.metrics_from, &entry, problem) < 0)
		return settings_refuse_entry(settings, "page.metrics_from", entry, problem);
	if (check_networks("page.proxy_from", &values->page.proxy_from, &entry, problem) < 0)
		return settings_refuse_entry(settings, "page.proxy_from", entry, problem);
	return 0;
}

int daemon_plan_new(const struct settings *settings, const char *program, struct daemon_plan **ret,
	struct problem *problem)
{
	AUTO(daemon_plan) p = memory_new(1, sizeof(*p));
	const struct general_settings *general;

	p->values = settings_values(settings);
	general = &p->values->general;
	p->context.global = (struct global_settings){.spool = general->spool,
		.exim = general->exim,
		.exim_config = general->exim_config,
		.state = general->state,
		.hold_queue = general->hold_queue,
		.config = settings_path(settings),
		.control = p->values->control.socket,
		.quiet = true};
	int err = check_lists(settings, problem);
	if (err == 0)
		err = read_page(p, problem);
	if (err == 0)
		err = check_tls(&p->values->page, problem);
	if (err == 0)
		err = context_prepare(&p->context, problem);
	if (err == 0)
		err = ask_exim(p, problem);
	if (err == 0)
		err = find_user(p, problem);
	if (err == 0)
		err = find_clerk(p, problem);
	if (err < 0)
		return err;
	p->global = p->context.global;
	p->global.spool = p->spool;
	p->program = copy(program);
	*ret = p;
	p = NULL;
	return 0;
}

/* mode: of a folder that is made; one that is there stays as it is. */
static int make_folder(const char *path, mode_t mode, struct problem *problem)
{
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return problem_set(
			problem, -errno, "cannot make the folder %s: %s", path, strerror(errno));
	return 0;
}

static int make_folder_of(const char *socket, struct problem *problem)
{
	char folder[256];
	const char *slash = strrchr(socket, '/');

	(void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - socket), socket);
	return folder[0] != '\0' ? make_folder(folder, 0755, problem) : 0;
}

int daemon_plan_make_folders(const struct daemon_plan *plan, struct problem *problem)
{
	const char *state = plan->values->general.state;
	char ledger[PATH_MAX];
	int err = make_folder(state, 0711, problem);

	(void)snprintf(ledger, sizeof(ledger), "%s/" LEDGER_STORE_FOLDER, state);
	if (err == 0)
		err = make_folder(ledger, 0700, problem);
	/* the watcher passes through the state folder, and owns what is in its own */
	if (err == 0 && plan->changes_user &&
		(chmod(state, 0711) < 0 || chown(ledger, plan->watcher_uid, plan->watcher_gid) < 0))
		err = problem_set(problem, -errno, "cannot hand %s over to its user: %s", ledger,
			strerror(errno));
	if (err == 0)
		err = make_folder_of(plan->values->control.socket, problem);
	if (err == 0)
		err = make_folder_of(plan->values->policy.socket, problem);
	return err;
}

bool daemon_plan_cuts_off(const struct settings_values *values)
{
	return values->refuse.enabled || values->sessions.enabled || values->secret.enabled;
}

const char *daemon_plan_mode(const struct settings_values *values)
{
	if (daemon_plan_cuts_off(values))
		return values->hold.enabled ? "cut off and hold" : "cut off";
	return values->hold.enabled ? "hold" : "observe";
}
