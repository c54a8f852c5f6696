/* evidence_json.h - evidence as JSON, the same wherever it is shown. */
#ifndef STANCH_REPORTS_EVIDENCE_JSON_H
#define STANCH_REPORTS_EVIDENCE_JSON_H

#include "detectors/detector.h"

#include <jansson.h>
#include <stddef.h>

/* A new list of objects with detector, bits (rounded to hundredths), text, ids. */
json_t *evidence_json(const struct evidence *evidence, size_t count);

/* Bits rounded to hundredths. */
json_t *bits_json(double bits);

#endif
