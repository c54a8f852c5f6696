#include "responders/notice.h"

#include "base/file_bytes.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_ROOM 4400

/* A file of templates that stanch was built with, in English. */
static const struct {
	const char *name, *text;
} built_in[] = {
#include "responders/built_in_templates.inc"
};

static const char *const readers[] = {
	[NOTICE_OWNER] = "owner", [NOTICE_ADMINISTRATOR] = "administrator"};

/* A template that was found. */
struct found {
	char name[PATH_ROOM]; /* for problems */
	char *text;
	size_t len;
};

void notice_clear(struct notice *notice)
{
	template_text_clear(&notice->subject);
	template_text_clear(&notice->plain);
	template_text_clear(&notice->html);
}

/* ---- files ---- */

static int read_open(int fd, struct found *f, struct problem *problem)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return problem_set(problem, -EINVAL, "%s:1: is no plain file", f->name);
	f->text = memory_new(1, TEMPLATE_MAX + 2);
	ssize_t n = file_read_bytes(fd, f->text, TEMPLATE_MAX + 1);
	if (n < 0)
		return problem_set(problem, (int)n, "%s: cannot be read", f->name);
	f->len = (size_t)n;
	if (f->len <= TEMPLATE_MAX)
		return 0;
	return problem_set(
		problem, -EMSGSIZE, "%s:1: is longer than %zu bytes", f->name, TEMPLATE_MAX);
}

/* -ENOENT without a problem when there is no such file. */
static int read_file(const char *folder, const char *language, const char *name, struct found *ret,
	struct problem *problem)
{
	*ret = (struct found){0};
	(void)snprintf(ret->name, sizeof(ret->name), "%s/%s/%s", folder, language, name);
	int fd = open(ret->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return -ENOENT;
	if (fd < 0)
		return problem_set(problem, -errno, "%s: cannot be opened", ret->name);
	int err = read_open(fd, ret, problem);
	(void)close(fd);
	if (err < 0) {
		free(ret->text);
		ret->text = NULL;
	}
	return err;
}

static int read_built_in(const char *name, struct found *ret)
{
	*ret = (struct found){0};
	(void)snprintf(ret->name, sizeof(ret->name), "built in: %s", name);
	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++) {
		if (strcmp(built_in[i].name, name) != 0)
			continue;
		ret->len = strlen(built_in[i].text);
		ret->text = memory_copy(built_in[i].text, ret->len);
		return 0;
	}
	return -ENOENT;
}

/* ---- texts ---- */

struct making {
	const char *stem; /* "owner-contained" */
	const struct template_variable *variables;
	size_t count;
	struct problem *problem;
};

static struct template_text copied(struct slice s)
{
	return (struct template_text){memory_copy(s.at != NULL ? s.at : "", s.len), s.len};
}

/* "Subject: …", an empty line, the text. No value brings a line of its own, so the lines are those
 * of the template. */
static int make_plain(const struct making *m, const struct found *f, struct notice *ret)
{
	struct template_text whole = {0};
	struct slice subject, empty;
	int err = template_render((struct slice){f->text, f->len}, f->name, TEMPLATE_PLAIN,
		m->variables, m->count, &whole, m->problem);

	if (err < 0)
		return err;
	struct slice rest = {whole.at, whole.len};
	if (slice_starts(rest, "Subject: ") && slice_take_line(&rest, &subject) &&
		slice_take_line(&rest, &empty) && slice_trim(empty).len == 0) {
		ret->subject = copied(slice_trim(slice_after(subject, strlen("Subject: "))));
		ret->plain = copied(rest);
	} else {
		err = problem_set(m->problem, -EINVAL,
			"%s:1: must begin with a line \"Subject: ...\" and an empty one", f->name);
	}
	template_text_clear(&whole);
	return err;
}

static int make_html(const struct making *m, const struct found *f, struct notice *ret)
{
	return template_render((struct slice){f->text, f->len}, f->name, TEMPLATE_HTML,
		m->variables, m->count, &ret->html, m->problem);
}

/* From one folder of a language; folder NULL: the built-in ones. -ENOENT: there is none. */
static int make_from(
	const struct making *m, const char *folder, const char *language, struct notice *ret)
{
	char name[64];
	struct found f;

	(void)snprintf(name, sizeof(name), "%s.txt", m->stem);
	int err = folder != NULL ? read_file(folder, language, name, &f, m->problem)
				 : read_built_in(name, &f);
	if (err < 0)
		return err;
	err = make_plain(m, &f, ret);
	free(f.text);
	if (err < 0)
		return err;
	(void)snprintf(name, sizeof(name), "%s.html", m->stem);
	err = folder != NULL ? read_file(folder, language, name, &f, m->problem)
			     : read_built_in(name, &f);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	err = make_html(m, &f, ret);
	free(f.text);
	return err;
}

bool notice_is_language(const char *s)
{
	size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return len > 0 && len <= NOTICE_LANGUAGE_MAX && s[len] == '\0';
}

int notice_make_named(const char *folder, const char *language, const char *name,
	const struct template_variable *variables, size_t count, struct notice *ret,
	struct problem *problem)
{
	const char *const first = notice_is_language(language) ? language : "en";
	const struct {
		const char *folder, *language;
	} places[] = {{folder, first}, {STANCH_TEMPLATES, first}, {folder, "en"},
		{STANCH_TEMPLATES, "en"}, {NULL, "en"}};
	const struct making m = {name, variables, count, problem};
	struct notice made = {0};
	int err = -ENOENT;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && err == -ENOENT; i++) {
		err = make_from(&m, places[i].folder, places[i].language, &made);
		(void)snprintf(made.language, sizeof(made.language), "%s", places[i].language);
	}
	if (err < 0)
		notice_clear(&made);
	else
		*ret = made;
	return err;
}

int notice_make(const char *folder, const char *language, enum notice_reader reader,
	enum responding_stage stage, const struct template_variable *variables, size_t count,
	struct notice *ret, struct problem *problem)
{
	char name[40];

	(void)snprintf(name, sizeof(name), "%s-%s", readers[reader], responding_stage_name(stage));
	return notice_make_named(folder, language, name, variables, count, ret, problem);
}
