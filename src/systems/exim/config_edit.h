/* config_edit.h - our lines in the text of an Exim configuration, each group of them between
 *
 *   # stanch: begin
 *   # stanch: end
 *
 * and all other bytes as they were. Only text is looked at; whether Exim loads it, only Exim knows.
 *
 * Source: Exim specification, "The Exim run time configuration file". */
#ifndef STANCH_SYSTEMS_EXIM_CONFIG_EDIT_H
#define STANCH_SYSTEMS_EXIM_CONFIG_EDIT_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"
#include "systems/exim/acl_text.h"

#define CONFIG_TEXT_MAX ((size_t)8 << 20) /* bytes */

/* The text without our groups: what was there before. 0, and *ret (the caller frees it) with
 * *ret_len bytes; or -EBADMSG and *problem: one begins and does not end, or ends and did not begin.
 */
MUST_USE int config_edit_remove(
	struct slice text, char **ret, size_t *ret_len, struct problem *problem);

/* The text, which has no group of ours, with our lists and the calls in them. acls: what the option
 * of each stage names in it, "" where it names nothing. A list of ours stands in for one that is
 * missing, except at RCPT: without its list Exim refuses all recipients, and that stays.
 * 0 as above; or *problem and
 *   -ENOENT   a list that an option names is not in this text
 *   -EINVAL   an option names its list in a way that only a person can follow
 *   -EBADMSG  the text has no sections. */
MUST_USE int config_edit_insert(struct slice text, const struct acl_text_values *values,
	const char *const acls[ACL_STAGES], char **ret, size_t *ret_len, struct problem *problem);

#endif
