#include "responders/table.h"

#include "responders/refuse.h"
#include "responders/secret.h"
#include "responders/sessions.h"
#include "responders/tell.h"

const struct responder *const responder_table[] = {
	&responder_refuse, &responder_sessions, &responder_secret, &responder_tell};
const size_t responder_table_count = sizeof(responder_table) / sizeof(responder_table[0]);

const struct responder *responder_unready(
	const struct settings_values *values, struct problem *said)
{
	for (size_t i = 0; i < responder_table_count; i++) {
		const struct responder *r = responder_table[i];

		if (r->is_on(values) && r->prepare != NULL && r->prepare(values, said) < 0)
			return r;
	}
	return NULL;
}
