/* table.h - every setting of stanch.conf, a row each. */
#ifndef STANCH_SETTINGS_TABLE_H
#define STANCH_SETTINGS_TABLE_H

#include "settings/store.h"

/* Fills a struct settings_values. */
extern const struct setting_table settings_table;

#endif
