/* patterns.h - the detectors, one a file of the same name; the table in detector.c tells of each.
 */
#ifndef STANCH_DETECTORS_PATTERNS_H
#define STANCH_DETECTORS_PATTERNS_H

#include "detectors/detector.h"

bool fanout_look(const struct detector_input *in, struct evidence *ret);
bool foreign_sender_look(const struct detector_input *in, struct evidence *ret);
bool many_senders_look(const struct detector_input *in, struct evidence *ret);
bool same_body_look(const struct detector_input *in, struct evidence *ret);
bool ordered_recipients_look(const struct detector_input *in, struct evidence *ret);
bool many_hosts_look(const struct detector_input *in, struct evidence *ret);
bool list_mail_look(const struct detector_input *in, struct evidence *ret);
bool own_domain_look(const struct detector_input *in, struct evidence *ret);
bool few_recipients_look(const struct detector_input *in, struct evidence *ret);
bool inbound_look(const struct detector_input *in, struct evidence *ret);

#endif
