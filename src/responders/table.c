#include "responders/table.h"

#include "responders/refuse.h"
#include "responders/secret.h"
#include "responders/sessions.h"
#include "responders/tell.h"

const struct responder *const responder_table[] = {
	&responder_refuse, &responder_sessions, &responder_secret, &responder_tell};
const size_t responder_table_count = sizeof(responder_table) / sizeof(responder_table[0]);
