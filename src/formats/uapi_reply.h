/* uapi_reply.h - what cPanel answers: JSON of the UAPI with or without an envelope, alone or within
 * an answer of WHM, or WHM's own. Success is only what says so itself, in every layer of it: the
 * status of HTTP says nothing. Parts of it repeat what we sent and what users chose, so it is
 * hostile even when the server is ours. */
#ifndef STANCH_FORMATS_UAPI_REPLY_H
#define STANCH_FORMATS_UAPI_REPLY_H

#include "base/attribute.h"
#include "base/problem.h"
#include "base/slice.h"

#include <jansson.h>

#define UAPI_REPLY_MAX ((size_t)4 << 20) /* bytes; a longer body is not looked at */

enum uapi_reply_kind {
	UAPI_ALONE,  /* of the UAPI: {"result": {"status": …}} or {"status": …} */
	UAPI_IN_WHM, /* the same in "data.uapi", with WHM's "metadata" around it */
	UAPI_WHM,    /* of WHM API 1: {"metadata": {"result": …}, "data": …} */
	UAPI_EITHER, /* of a function that answers in one of these ways */
};

/* Reads an answer. 0, and *ret_data is the "data" in it, a new reference (JSON's null where there
 * is none); or *problem and
 *   -EREMOTEIO it says that it failed, and in *problem why, in its own words
 *   -EMSGSIZE  it is longer than UAPI_REPLY_MAX
 *   -EBADMSG   it is not what cPanel answers, or a layer of it does not say whether it worked. */
MUST_USE int uapi_reply_read(
	struct slice body, enum uapi_reply_kind kind, json_t **ret_data, struct problem *problem);

/* What is told of a mailbox by Email::list_pops_with_disk. */
enum uapi_answer { UAPI_NOT_SAID, UAPI_NO, UAPI_YES };
struct uapi_mailbox {
	enum uapi_answer suspended_outgoing, suspended_login, hold_outgoing;
};

/* Looks for the address (without regard to case) in the list. 0 and *ret; or *problem and
 *   -ENOENT    it is not in the list
 *   -EBADMSG   this is no such list. */
MUST_USE int uapi_mailbox_find(const json_t *data, struct slice address, struct uapi_mailbox *ret,
	struct problem *problem);

/* 1, "1" or true: yes; 0, "0", "" or false: no. */
enum uapi_answer uapi_answer_read(const json_t *value);

#endif
