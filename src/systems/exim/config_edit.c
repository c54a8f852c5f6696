#include "systems/exim/config_edit.h"

#include "base/memory.h"
#include "base/printable.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define BEGIN      "# stanch: begin"
#define END        "# stanch: end"
#define POINTS_MAX 64 /* places in the text at which something is put in */

/* One line of the file after the other, and what it is to Exim. */
struct reader {
	struct slice rest;
	size_t at;          /* bytes before `line` */
	struct slice line;  /* with its LF */
	struct slice words; /* without blanks on both sides */
	bool is_comment;
	bool goes_on; /* the line before ended in a backslash: this is not a beginning */
	bool will_go_on;
};

static bool next_line(struct reader *r)
{
	if (r->rest.len == 0)
		return false;
	r->at += r->line.len;
	r->line = slice_first(r->rest, slice_find(r->rest, '\n') + 1);
	r->rest = slice_after(r->rest, r->line.len);
	r->words = slice_trim(r->line);
	r->goes_on = r->will_go_on;
	r->is_comment = r->words.len > 0 && r->words.at[0] == '#';
	/* A comment between two halves of a line is passed over. */
	if (!r->is_comment)
		r->will_go_on = r->words.len > 0 && r->words.at[r->words.len - 1] == '\\';
	return true;
}

int config_edit_remove(struct slice text, char **ret, size_t *ret_len, struct problem *problem)
{
	struct reader r = {.rest = text};
	char *at = memory_new(text.len + 1, 1);
	size_t n = 0;
	bool inside = false;

	while (next_line(&r)) {
		bool begins = slice_is(r.words, BEGIN), ends = slice_is(r.words, END);

		if (begins == inside && (begins || ends)) {
			free(at);
			return problem_set(problem, -EBADMSG, "\"%s\" and \"%s\" do not alternate",
				BEGIN, END);
		}
		if (!inside && !begins) {
			memcpy(at + n, r.line.at, r.line.len);
			n += r.line.len;
		}
		inside = begins || (inside && !ends);
	}
	if (inside) {
		free(at);
		return problem_set(problem, -EBADMSG, "\"%s\" has no \"%s\"", BEGIN, END);
	}
	*ret = at;
	*ret_len = n;
	return 0;
}

/* ---- insertion ---- */

enum point_kind { POINT_OPTIONS, POINT_SECTION, POINT_LISTS, POINT_CALLS };

struct point {
	size_t at; /* bytes of the text before it */
	enum point_kind kind;
	enum acl_stage stage; /* of POINT_CALLS */
};

struct plan {
	const struct acl_text_values *values;
	const char *const *acls;
	struct point points[POINTS_MAX];
	size_t count;
	size_t main_end; /* where the first section begins; SIZE_MAX: there is none */
	bool has_lists;  /* "begin acl" was seen */
	bool found[ACL_STAGES];
};

static bool is_created(const struct plan *p, enum acl_stage stage)
{
	return p->acls[stage][0] == '\0' && stage != ACL_RCPT;
}

static int add_point(struct plan *p, size_t at, enum point_kind kind, enum acl_stage stage,
	struct problem *problem)
{
	if (p->count == POINTS_MAX)
		return problem_set(problem, -EINVAL, "the same lists come too often");
	p->points[p->count++] = (struct point){at, kind, stage};
	return 0;
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* A list that is one word, and that no other stage has: it could not tell for which it is asked. */
static int check_name(const struct plan *p, enum acl_stage stage, struct problem *problem)
{
	char shown[256];
	struct slice name = slice_of(p->acls[stage]);

	for (size_t i = 0; i < name.len; i++)
		if (!is_name_byte(name.at[i]))
			return problem_set(problem, -EINVAL,
				"%s is \"%s\", which is no list's name: it must call ours by hand",
				acl_text_option(stage), printable_text(name, shown, sizeof(shown)));
	for (size_t other = 0; other < ACL_STAGES; other++)
		if (other != stage && name.len > 0 && slice_is(name, p->acls[other]))
			return problem_set(problem, -EINVAL,
				"%s and %s name the same list, %s: it must call ours by hand",
				acl_text_option(stage), acl_text_option((enum acl_stage)other),
				p->acls[stage]);
	return 0;
}

/* "begin acl": the name of the section. */
static bool begins_section(struct slice words, struct slice *ret_name)
{
	size_t n = strlen("begin");

	if (!slice_starts(words, "begin") || words.len == n ||
		(words.at[n] != ' ' && words.at[n] != '\t'))
		return false;
	*ret_name = slice_trim(slice_after(words, n));
	return true;
}

/* "acl_check_mail:": the list whose lines follow. */
static int look_for_label(struct plan *p, const struct reader *r, struct problem *problem)
{
	size_t colon = slice_find(r->words, ':');
	struct slice name = slice_trim(slice_first(r->words, colon));
	int err = 0;

	for (size_t stage = 0; stage < ACL_STAGES && err == 0; stage++) {
		if (colon == r->words.len || name.len == 0 || !slice_is(name, p->acls[stage]))
			continue;
		if (colon + 1 < r->words.len || r->line.at[r->line.len - 1] != '\n')
			return problem_set(problem, -EINVAL,
				"the list %s has something in its first line: it must call ours by "
				"hand",
				p->acls[stage]);
		p->found[stage] = true;
		err = add_point(
			p, r->at + r->line.len, POINT_CALLS, (enum acl_stage)stage, problem);
	}
	return err;
}

static int look_through(struct plan *p, struct slice text, struct problem *problem)
{
	struct reader r = {.rest = text};
	bool in_lists = false;
	int err = 0;

	while (err == 0 && next_line(&r)) {
		struct slice section;

		if (r.is_comment || r.goes_on || r.words.len == 0)
			continue;
		if (begins_section(r.words, &section)) {
			in_lists = slice_is(section, "acl");
			if (p->main_end == SIZE_MAX)
				p->main_end = r.at;
			if (in_lists && r.line.at[r.line.len - 1] != '\n')
				return problem_set(problem, -EBADMSG, "it ends in \"begin acl\"");
			p->has_lists = p->has_lists || in_lists;
			if (in_lists)
				err = add_point(
					p, r.at + r.line.len, POINT_LISTS, ACL_MAIL, problem);
		} else if (in_lists) {
			err = look_for_label(p, &r, problem);
		}
	}
	if (err == 0 && p->main_end == SIZE_MAX)
		err = problem_set(problem, -EBADMSG, "it has no line \"begin ...\"");
	return err;
}

static int check_found(const struct plan *p, struct problem *problem)
{
	for (size_t stage = 0; stage < ACL_STAGES; stage++)
		if (p->acls[stage][0] != '\0' && !p->found[stage])
			return problem_set(problem, -ENOENT,
				"the list %s, which %s names, is not in it: it must call ours by "
				"hand",
				p->acls[stage], acl_text_option((enum acl_stage)stage));
	return 0;
}

static void put_options(FILE *out, const struct plan *p)
{
	for (size_t stage = 0; stage < ACL_STAGES; stage++)
		if (is_created(p, (enum acl_stage)stage))
			(void)fprintf(out, "%s = %s\n", acl_text_option((enum acl_stage)stage),
				acl_text_outer_name((enum acl_stage)stage));
}

static void put_lists(FILE *out, const struct plan *p)
{
	(void)fputs("# Written by \"stanch setup exim\", which takes it out again with --remove.\n",
		out);
	acl_text_lists(out, p->values);
	for (size_t stage = 0; stage < ACL_STAGES; stage++)
		if (is_created(p, (enum acl_stage)stage))
			acl_text_outer(out, (enum acl_stage)stage, NULL);
}

static void put_point(FILE *out, const struct plan *p, const struct point *point)
{
	const char *indent = point->kind == POINT_CALLS ? "  " : "";

	(void)fprintf(out, "%s" BEGIN "\n", indent);
	switch (point->kind) {
	case POINT_OPTIONS:
		put_options(out, p);
		break;
	case POINT_SECTION:
		put_options(out, p);
		(void)fputs("begin acl\n", out);
		put_lists(out, p);
		break;
	case POINT_LISTS:
		put_lists(out, p);
		break;
	case POINT_CALLS:
		acl_text_calls(out, point->stage);
		break;
	}
	(void)fprintf(out, "%s" END "\n", indent);
}

static bool has_created(const struct plan *p)
{
	for (size_t stage = 0; stage < ACL_STAGES; stage++)
		if (is_created(p, (enum acl_stage)stage))
			return true;
	return false;
}

static void put_text(FILE *out, struct slice text)
{
	if (text.len > 0)
		(void)fwrite(text.at, 1, text.len, out);
}

/* The points come in the order of the text, but for the first, which is the end of the main part.
 */
static int write_out(const struct plan *p, struct slice text, char **ret, size_t *ret_len)
{
	char *made = NULL;
	size_t len = 0, done = p->main_end;
	FILE *out = open_memstream(&made, &len);

	if (out == NULL)
		return -errno;
	put_text(out, slice_first(text, done));
	if (!p->has_lists || has_created(p))
		put_point(out, p,
			&(struct point){.kind = p->has_lists ? POINT_OPTIONS : POINT_SECTION});
	for (size_t i = 0; i < p->count; i++) {
		put_text(out, (struct slice){text.at + done, p->points[i].at - done});
		done = p->points[i].at;
		put_point(out, p, &p->points[i]);
	}
	put_text(out, slice_after(text, done));
	if (fclose(out) != 0) {
		free(made);
		return -ENOMEM;
	}
	*ret = made;
	*ret_len = len;
	return 0;
}

int config_edit_insert(struct slice text, const struct acl_text_values *values,
	const char *const acls[ACL_STAGES], char **ret, size_t *ret_len, struct problem *problem)
{
	struct plan p = {.values = values, .acls = acls, .main_end = SIZE_MAX};
	int err = 0;

	for (size_t stage = 0; stage < ACL_STAGES && err == 0; stage++)
		err = check_name(&p, (enum acl_stage)stage, problem);
	if (err == 0)
		err = look_through(&p, text, problem);
	if (err == 0)
		err = check_found(&p, problem);
	if (err < 0)
		return err;
	err = write_out(&p, text, ret, ret_len);
	return err < 0 ? problem_set(problem, err, "cannot write the new text: %s", strerror(-err))
		       : 0;
}
