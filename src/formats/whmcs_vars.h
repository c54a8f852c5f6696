/* whmcs_vars.h - variables for an email template of WHMCS: the "customvars" of its SendEmail, which
 * are the Base64 of an array as PHP's serialize() writes it. A template finds {$stanch_mailbox}
 * there. What it makes of a value is its own affair, so each comes as HTML text, without markup. */
#ifndef STANCH_FORMATS_WHMCS_VARS_H
#define STANCH_FORMATS_WHMCS_VARS_H

#include "base/attribute.h"
#include "formats/template.h"

#include <stddef.h>

#define WHMCS_VARS_MAX ((size_t)64 << 10) /* bytes of all of them, encoded */

/* Every variable is in it; those without a value as "". 0 and *ret; or *problem and
 *   -EMSGSIZE  longer than WHMCS_VARS_MAX. */
MUST_USE int whmcs_vars_write(const struct template_variable *variables, size_t count,
	struct template_text *ret, struct problem *problem);

#endif
