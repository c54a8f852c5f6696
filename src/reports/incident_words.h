/* incident_words.h - what a person may say of an incident, as it is typed and as the page does it.
 */
#ifndef STANCH_REPORTS_INCIDENT_WORDS_H
#define STANCH_REPORTS_INCIDENT_WORDS_H

#include "incidents/incident.h"

struct incident_word_row {
	enum incident_event event; /* that it is allowed in the state says incident_step() */
	const char *verb;          /* of stanch incident; NULL ends the table */
	const char *action;        /* of a page's button */
	const char *help;
};
extern const struct incident_word_row incident_words[];

#endif
