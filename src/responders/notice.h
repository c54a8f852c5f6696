/* notice.h - what is told of an incident, in the words of a template: to its owner or to the
 * administrator, at each stage of it, in a language. docs/notices.md says how they are written. */
#ifndef STANCH_RESPONDERS_NOTICE_H
#define STANCH_RESPONDERS_NOTICE_H

#include "base/attribute.h"
#include "base/problem.h"
#include "formats/template.h"
#include "responders/responder.h"

#include <stdbool.h>
#include <stddef.h>

#define NOTICE_LANGUAGE_MAX 16

enum notice_reader { NOTICE_OWNER, NOTICE_ADMINISTRATOR };
/* Owned; html.at is NULL when there is none. */
struct notice {
	struct template_text subject, plain, html;
	char language[NOTICE_LANGUAGE_MAX + 1]; /* whose template it was */
};
void notice_clear(struct notice *notice); /* wiped */

/* The template is READER-STAGE.txt, and READER-STAGE.html beside it if there is one, of the first
 * of these that has it: folder/language, the same of what stanch was installed with, folder/en, the
 * installed en, those that it was built with. A language is letters, digits, '-' and '_'; another
 * is taken for "en". 0 and *ret; or *problem, which names the file, and its line where that is
 * known, and -EINVAL (the template is not right), -EMSGSIZE (too long) or what reading it fails
 * with. */
MUST_USE int notice_make(const char *folder, const char *language, enum notice_reader reader,
	enum responding_stage stage, const struct template_variable *variables, size_t count,
	struct notice *ret, struct problem *problem);

/* The same of a template of another name than READER-STAGE. */
MUST_USE int notice_make_named(const char *folder, const char *language, const char *name,
	const struct template_variable *variables, size_t count, struct notice *ret,
	struct problem *problem);

/* Whether that can be the name of a language: letters, digits, '-' and '_'. */
bool notice_is_language(const char *language);

#endif
