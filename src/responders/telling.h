/* telling.h - one notice on its way: what tell.c and its channels (tell_*.c) have in common. */
#ifndef STANCH_RESPONDERS_TELLING_H
#define STANCH_RESPONDERS_TELLING_H

#include "base/attribute.h"
#include "formats/whmcs_reply.h"
#include "responders/notice.h"
#include "responders/responder.h"

#define TELLING_HOST_MAX  65
#define TELLING_KEY_MAX   40
#define TELLING_MARK_MAX  400
#define TELLING_ID_MAX    200
#define TELLING_SAID_MAX  300
#define TELLING_VARIABLES 17

struct telling {
	struct responding *r;
	const struct settings_values *values;
	json_t *note;
	enum responding_stage stage;
	bool is_again; /* told of this stage before: now of another password */
	bool with_secret;
	char host[TELLING_HOST_MAX];
	char key[TELLING_KEY_MAX]; /* of the incident */
	char mark[TELLING_MARK_MAX];
	char owner_said[TELLING_SAID_MAX]; /* how the owner was told, for the administrator */
	struct whmcs_owner owner;
	struct whmcs_client client;
};

/* What a notice can say, with the texts that it is made of. */
struct telling_variables {
	struct template_variable rows[TELLING_VARIABLES];
	char source[SOURCE_TEXT_MAX], since[32], messages[32], recipients[32], held[32];
};

/* By which somebody is told; a file of its own, and a row in tell.c. */
struct channel {
	const char *name; /* in the note */
	const char *plan; /* whom, and how */
	bool is_owner;
	bool (*is_on)(const struct settings_values *values);
	bool (*gives_secret)(const struct settings_values *values); /* NULL: never */
	/* Whether its settings are right; as in struct responder. */
	int (*prepare)(const struct settings_values *values, struct problem *said);
	/* 0 and the id; or *problem and the error of responder.h. */
	int (*tell)(struct telling *t, char id[TELLING_ID_MAX], struct problem *problem);
};

extern const struct channel channel_ticket, channel_email, channel_owner, channel_administrator,
	channel_webhook;

struct telling telling_begin(struct responding *r, json_t *note);

/* v: not moved while it is used. */
void telling_fill(struct telling_variables *v, const struct telling *t);

/* As notice_make(). */
MUST_USE int telling_notice(const struct telling *t, enum notice_reader reader, struct notice *ret,
	struct problem *problem);

/* Of a mailbox; empty for other sources. */
struct slice telling_domain(const struct source *source);

int64_t telling_time_ms(const struct telling *t); /* for each answer */

/* What the note keeps of a channel and a stage: an object; NULL: nothing. By which id it told,
 * NULL: it has not. How often it did. */
const json_t *telling_told(const json_t *note, enum responding_stage stage, const char *channel);
const char *telling_id(const json_t *note, enum responding_stage stage, const char *channel);
json_int_t telling_times(const struct telling *t, const char *channel);

/* -EINVAL and *problem, which names the setting: it has no value. */
MUST_USE int telling_need(const char *value, const char *setting, struct problem *problem);

/* -EINVAL and *problem when there is such a file and it has no secret. path: NULL is fine. */
MUST_USE int telling_try_secret(const char *path, struct problem *problem);

/* Asks WHMCS for the owner and their address and language, once. As the calls of systems/whmcs.h.
 */
MUST_USE int telling_find_client(struct telling *t, struct problem *problem);

#endif
