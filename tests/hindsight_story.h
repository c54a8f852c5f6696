/* hindsight_story.h - a past with one thief in it, for tests of what is told of the past. */
#ifndef STANCH_TESTS_HINDSIGHT_STORY_H
#define STANCH_TESTS_HINDSIGHT_STORY_H

#include "incidents/hindsight.h"

#include <stdint.h>
#include <stdio.h>

#define STORY_SECOND INT64_C(1000000)
#define STORY_BEGIN  (INT64_C(1795500000) * STORY_SECOND)

/* A script that was there for a while sends to strangers who do not exist. Its name is hostile. */
static inline struct hindsight *hindsight_story(
	struct watch *w, hindsight_tell *tell, void *context)
{
	struct hindsight *h = hindsight_new(w, 0, tell, context);
	struct source source;

	source_set(&source, SOURCE_SCRIPT, slice_of("/home/a/\x1b[2Juploads/.x/\"s<b>.php"));
	for (unsigned i = 0; i < 400; i++) {
		int64_t at =
			STORY_BEGIN + (i < 20 ? (int64_t)i * 86400 : 86400 * 20 + i) * STORY_SECOND;
		char id[32], to[40];
		(void)snprintf(id, sizeof(id), "1\x1b%04u-0", i);
		(void)snprintf(to, sizeof(to), "u%u@v%u.test", i < 20 ? i % 3 : i * 7, i % 9);
		struct slice recipient = slice_of(to);
		const struct fact fact = {.kind = FACT_ACCEPTED,
			.at_us = at,
			.id = slice_of(id),
			.source = &source,
			.sender = slice_of("x@elsewhere.test"),
			.login = slice_of("www"),
			.body = slice_of(
				i < 20 ? "the weekly report of the shop is here for you to read"
				       : "win a prize now at http://\x1bwin.test/ and be rich for "
					 "all of your life, my friend"),
			.recipients = &recipient,
			.recipient_count = 1,
			.recipient_total = 1};
		const struct fact out = {.kind = i < 20 ? FACT_DELIVERED : FACT_FAILED,
			.at_us = at + 1,
			.id = slice_of(id),
			.recipient = recipient,
			.failure = i < 20 ? FAILURE_OTHER : FAILURE_USER_UNKNOWN};
		hindsight_take(h, &fact);
		hindsight_take(h, &out);
	}
	return h;
}

#endif
