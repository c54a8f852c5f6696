/* filter_options.h - the options by which messages are chosen, the same for every command:
 * COMMAND_SET("Which messages", filter_options, offsetof(struct x_settings, filter)). */
#ifndef STANCH_PROGRAMS_FILTER_OPTIONS_H
#define STANCH_PROGRAMS_FILTER_OPTIONS_H

#include "programs/options.h"

#define FILTER_OPTIONS 16

/* They fill a struct filter_settings (sensors/filter.h). */
extern const struct option_row filter_options[FILTER_OPTIONS];

#endif
