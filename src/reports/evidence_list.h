/* evidence_list.h - evidence for people, a line for each reason, the same wherever it is shown. */
#ifndef STANCH_REPORTS_EVIDENCE_LIST_H
#define STANCH_REPORTS_EVIDENCE_LIST_H

#include "detectors/detector.h"
#include "reports/terminal.h"

#include <stdbool.h>
#include <stddef.h>

/* Bits, a bar of them, the sentence, and ids that show it. unicode: the terminal shows block
 * characters. */
void evidence_list_print(
	const struct terminal *t, const struct evidence *evidence, size_t count, bool unicode);

#endif
