/* audit.h - what was ever done, a line each: for people, and as JSON. Foreign bytes are encoded
 * here. */
#ifndef STANCH_REPORTS_AUDIT_H
#define STANCH_REPORTS_AUDIT_H

#include "incidents/audit.h"
#include "reports/terminal.h"

#include <stdio.h>

/* When, what, of whom, by whom, and why. */
void audit_print(const struct terminal *t, const struct audit_entry *entry);

/* One object a line. Keys: at kind (opened step deed queue exemption) what who (null: the daemon)
 * who_known incident hold source from to state until words cursor; of queue also messages done
 * left missing conflict, null while it has not ended. Null: none. */
void audit_print_json(FILE *out, const struct audit_entry *entry);

#endif
