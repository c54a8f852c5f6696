/* policy_question.h - what Exim asks before it accepts something: one line, written by the
 * ${readsocket} of an ACL (docs/policy.md), each value with its length in front, so that no byte of
 * a stranger's can become a field:
 *
 *   stanch/1 rcpt id=13:ann@shop.test from=13:ann@shop.test to=10:bob@far.co ip=9:192.0.2.7 n=1:3
 * LF
 *
 * It ends with its LF, or where the sender ends the connection. */
#ifndef STANCH_FORMATS_POLICY_QUESTION_H
#define STANCH_FORMATS_POLICY_QUESTION_H

#include "base/attribute.h"
#include "base/slice.h"

#include <stdint.h>

/* Longest question in bytes, with its LF: an address has at most 320, a HELO 255. */
#define POLICY_QUESTION_MAX 4096

enum policy_event {
	POLICY_MAIL,  /* MAIL FROM */
	POLICY_RCPT,  /* RCPT TO */
	POLICY_DATA,  /* all recipients are known, the text is not, or is (acl_smtp_predata, _data)
		       */
	POLICY_LOCAL, /* a local process gives a message (acl_not_smtp) */
	POLICY_EVENTS
};

struct policy_question {
	enum policy_event event;
	struct slice auth_id;    /* id= $authenticated_id; all may be empty or missing */
	struct slice sender;     /* from= $sender_address */
	struct slice recipient;  /* to= $local_part@$domain */
	struct slice client;     /* ip= $sender_host_address */
	struct slice helo;       /* helo= $sender_helo_name */
	struct slice message_id; /* msg= $message_exim_id */
	struct slice login;      /* login= of the local process, $sender_ident */
	uint64_t recipients;     /* n= $rcpt_count */
	int64_t at_us;           /* at= $tod_epoch_l, microseconds since 1970; 0: not said */
};

/* Reads it. Fields that are not known are passed over. Returns 0 and *ret, which points into bytes;
 * or -EAGAIN when it is not all there yet; or -EBADMSG with *ret_at, the offset of what is wrong,
 * and *ret_why, a fixed sentence. */
MUST_USE int policy_question_parse(
	struct slice bytes, struct policy_question *ret, size_t *ret_at, const char **ret_why);

#endif
