/* stanchd.c - the daemon: reads its options and hands over to the starter. */
#include "base/event_log.h"
#include "programs/daemon/starter.h"
#include "responders/table.h"
#include "systems/http_tls.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"Usage: stanchd [--config FILE] [--check-config] [--version] [--help]\n\n"
	"Watches Exim's logs and queue, finds hijacked accounts within a few messages, and holds\n"
	"their mail if hold.enabled says so. Stays in the foreground; logs to standard error.\n\n"
	"  --config FILE    settings, instead of " SETTINGS_PATH "\n"
	"  --check-config   read them, say what is wrong or what is in force, and end\n"
	"  --version        print the version and end\n"
	"  --help           print this and end\n\n"
	"SIGHUP reads the settings anew, SIGTERM ends it. stanchd(8) has the rest.\n";

/* The command stanch, beside this program; else the one of the same installation. */
static int find_stanch(char at[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", at, PATH_MAX - sizeof("/../bin/stanch"));

	if (n < 0)
		return -errno;
	at[n] = '\0';
	char *slash = strrchr(at, '/');
	size_t room = (size_t)(at + PATH_MAX - slash);
	(void)snprintf(slash, room, "/stanch");
	if (access(at, X_OK) == 0)
		return 0;
	(void)snprintf(slash, room, "/../bin/stanch");
	return access(at, X_OK) == 0 ? 0 : -errno;
}

/* Whether key and certificate can be used. */
static int check_tls(const struct page_settings *page, struct problem *problem)
{
	AUTO(http_tls) tls = NULL;

	return page->key == NULL ? 0 : http_tls_read(page->certificate, page->key, &tls, problem);
}

static int check_config(const struct starter_settings *starter)
{
	AUTO(settings) settings = NULL;
	AUTO(daemon_plan) plan = NULL;
	struct problem problem = {0};

	if (starter_read(starter, &settings, &plan, &problem) < 0) {
		(void)fprintf(stderr, "stanchd: %s\n", problem.text);
		return 2;
	}
	if (check_tls(&plan->values->page, &problem) < 0) {
		(void)fprintf(stderr, "stanchd: %s\n", problem.text);
		return 2;
	}
	settings_write(settings, stdout);
	if (daemon_plan_page_note(plan) != NULL)
		(void)fprintf(stderr, "stanchd: %s\n", daemon_plan_page_note(plan));
	const struct responder *unready = responder_unready(settings_values(settings), &problem);
	if (unready != NULL) {
		(void)fprintf(stderr, "stanchd: %s could not do its work: %s\n", unready->name,
			problem.text);
		return 2;
	}
	return fflush(stdout) == 0 ? 0 : 3;
}

int main(int argc, char **argv)
{
	char stanch[PATH_MAX];
	struct starter_settings starter = {.program = stanch,
		.levels = event_log_is_journal(STDERR_FILENO, getenv("JOURNAL_STREAM"))};
	bool check = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			starter.config = argv[++i];
		} else if (strncmp(argv[i], "--config=", 9) == 0) {
			starter.config = argv[i] + 9;
		} else if (strcmp(argv[i], "--check-config") == 0) {
			check = true;
		} else if (strcmp(argv[i], "--version") == 0) {
			(void)puts("stanchd " STANCH_VERSION);
			return 0;
		} else if (strcmp(argv[i], "--help") == 0) {
			(void)fputs(usage, stdout);
			return 0;
		} else {
			(void)fputs(usage, stderr);
			return 2;
		}
	}
	if (find_stanch(stanch) < 0) {
		(void)fprintf(stderr, "stanchd: the command stanch is not beside it\n");
		return 3;
	}
	return check ? check_config(&starter) : starter_run(&starter);
}
