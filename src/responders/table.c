#include "responders/table.h"

const struct responder *const responder_table[] = {NULL};
const size_t responder_table_count = 0;
