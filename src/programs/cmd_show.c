/* cmd_show.c - stanch show: one message, in the queue or held. */
#include "base/memory.h"
#include "base/printable.h"
#include "formats/exim_id.h"
#include "formats/mail_text.h"
#include "programs/become_reader.h"
#include "programs/context.h"
#include "reports/show.h"
#include "sensors/queue.h"
#include "systems/exim/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct show_settings {
	bool raw, all;
	const char *reader;
};

#define AT(field) offsetof(struct show_settings, field)

static const struct option_row rows[] = {
	{.name = "raw",
		.kind = OPTION_FLAG,
		.offset = AT(raw),
		.help = "Write the bytes of Exim's two files as they are, first -H, then -D."},
	{.name = "all",
		.kind = OPTION_FLAG,
		.offset = AT(all),
		.help = "Show every recipient, and all of the text."},
	{.name = "reader",
		.argument = "LOGIN",
		.kind = OPTION_TEXT,
		.offset = AT(reader),
		.help = "As root: become that user before the message is read."},
};

static int refuse(const struct context *context, int status, const char *word, const char *why)
{
	char shown[128];

	context_warn(context, "%s: %s", printable_text(slice_of(word), shown, sizeof(shown)), why);
	return status;
}

/* ---- --raw ---- */

static int copy_file(const struct spool_folder *folder, const char *name)
{
	char buffer[65536];
	ssize_t n;

	int fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		(void)fwrite(buffer, 1, (size_t)n, stdout);
	int r = n < 0 ? -errno : 0;
	(void)close(fd);
	return r;
}

static int print_raw(
	const struct context *context, const struct spool_folder *folder, const struct exim_id *id)
{
	static const char kinds[] = "HD";
	char name[EXIM_ID_NEW + 3];
	int status = COMMAND_DONE;

	for (const char *kind = kinds; *kind != '\0'; kind++) {
		(void)snprintf(name, sizeof(name), "%s-%c", id->text, *kind);
		int r = copy_file(folder, name);
		if (r < 0)
			status = refuse(context, COMMAND_UNABLE, name, strerror(-r));
	}
	return status;
}

/* ---- for people and programs ---- */

static struct mail_text *read_text(
	const struct scanned *m, const struct spool_folder *folder, int *ret_error)
{
	char *body = memory_new(MAIL_TEXT_BODY_MAX, 1);
	int64_t n = exim_read_body(folder, &m->id, body, MAIL_TEXT_BODY_MAX);
	struct mail_text *text = NULL;

	if (n >= 0)
		text = mail_text_of_exim(m->header, (struct slice){body, (size_t)n});
	else
		*ret_error = (int)n;
	free(body);
	return text;
}

static int print_message(struct context *context, const struct show_settings *settings,
	const struct spool_folder *folder, const struct exim_id *id)
{
	AUTO(message_buffer) buffer = message_buffer_new();
	AUTO(queue_sensor) sensor = queue_sensor_new(context_exim_login(context));
	const struct terminal terminal = {stdout, context->color, context->width};
	struct scanned m;
	struct queued q;

	if (exim_read_message(folder, id, buffer, &m) == -ENOENT)
		return refuse(context, COMMAND_LEFT, id->text, "has just left the queue");
	struct show show = {.m = &m,
		.q = &q,
		.hold_queue = context->global.hold_queue,
		.all = settings->all,
		.now = time(NULL)};
	show.sensed = queue_sense(sensor, &m, &q);
	AUTO(mail_text) text = show.sensed ? read_text(&m, folder, &show.body_error) : NULL;
	show.text = text;
	if (context->global.json)
		show_json(stdout, &show);
	else
		show_print(&terminal, &show);
	return m.error != 0 ? refuse(context, COMMAND_UNABLE, id->text, "could not be read in full")
			    : COMMAND_DONE;
}

static int run(
	struct context *context, const void *settings, const struct command_arguments *arguments)
{
	const struct show_settings *show = settings;
	struct exim_spool *spool = NULL;
	struct problem problem = {0};
	struct exim_id id;

	if (arguments->count == 0)
		return refuse(context, COMMAND_USAGE, "ID", "name a message");
	if (exim_id_parse(slice_of(arguments->at[0]), &id) < 0)
		return refuse(context, COMMAND_USAGE, arguments->at[0], "is no message id");
	if (show->reader != NULL && become_reader(show->reader, &problem) < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	if (context_spool(context, &spool, &problem) < 0) {
		context_problem(context, &problem);
		return COMMAND_UNABLE;
	}
	const struct spool_folder *folder = exim_spool_find(spool, NULL, &id);
	if (folder == NULL)
		return refuse(context, COMMAND_LEFT, id.text, "is neither in the queue nor held");
	return show->raw ? print_raw(context, folder, &id)
			 : print_message(context, show, folder, &id);
}

const struct command command_show = {
	.name = "show",
	.arguments = "ID",
	.arguments_most = 1,
	.help = "show one message",
	.about = "Shows one message, in the queue or held: who sent it and how that is known, whom "
		 "it "
		 "is for and who has it already, its headers and the beginning of its text, "
		 "decoded, "
		 "and the names of what is attached. Of a damaged message it shows what could be "
		 "read, "
		 "and what is wrong at which place.\n",
	.settings_size = sizeof(struct show_settings),
	.sets = {COMMAND_SET(NULL, rows, 0)},
	.run = run,
};
