#include "incidents/brake.h"
#include "incidents/incident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Every state and every event: what can happen, and all else cannot. */
static void test_every_step(void **state)
{
	/* a letter of the state behind it: Suspected Waiting cOntained cLeaning cleaN Closed
	 * Dismissed Released; '.' nothing */
	static const char *const rows[INCIDENT_STATES] = {
		/* verdict ask approve hold found nothing new-mail quiet dismiss release close */
		"OWO....CD.C", /* suspected */
		"O.O....CD.C", /* waiting */
		"...L....DRC", /* contained */
		"....LN...RC", /* cleaning */
		"......LC.RC", /* clean */
		".........R.", /* closed */
		"...........", /* dismissed */
		"...........", /* released */
	};
	static const char letters[] = "SWOLNCDR";

	(void)state;
	for (int from = 0; from < INCIDENT_STATES; from++)
		for (int event = 0; event < INCIDENT_EVENTS; event++) {
			enum incident_state to = INCIDENT_STATES;
			bool can = incident_step(
				(enum incident_state)from, (enum incident_event)event, &to);
			char want = rows[from][event];

			assert_int_equal(can, want != '.');
			assert_int_equal(
				to, can ? strchr(letters, want) - letters : INCIDENT_STATES);
		}
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < INCIDENT_STATES; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(incident_state_name((enum incident_state)i),
				incident_state_name((enum incident_state)k));
	for (int i = 0; i < INCIDENT_EVENTS; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(incident_event_name((enum incident_event)i),
				incident_event_name((enum incident_event)k));
	for (int i = 0; i < INCIDENT_STATES; i++) {
		enum incident_state got = INCIDENT_STATES;
		assert_true(incident_state_read(incident_state_name((enum incident_state)i), &got));
		assert_int_equal(got, i);
		assert_false(incident_state_read("Closed", &got));
		assert_int_equal(got, i);
	}
	for (int i = 0; i < INCIDENT_EVENTS; i++) {
		enum incident_event event = INCIDENT_EVENTS;
		assert_true(
			incident_event_read(incident_event_name((enum incident_event)i), &event));
		assert_int_equal(event, i);
		assert_false(incident_event_read("", &event));
	}
	assert_true(incident_is_open(INCIDENT_CLEAN) && !incident_is_open(INCIDENT_CLOSED));
	assert_true(
		incident_is_acted_on(INCIDENT_CLEAN) && !incident_is_acted_on(INCIDENT_WAITING));
}

static void test_brake(void **state)
{
	static const struct {
		uint64_t per_hour;
		double share;
		uint64_t last_hour, contained, active;
		const char *words; /* NULL: it may */
	} rows[] = {
		{10, 0.02, 0, 0, 0, NULL}, {10, 0.02, 9, 0, 100, NULL},
		{10, 0.02, 10, 0, 100, "brake.per_hour is 10"},
		{0, 1, 0, 0, 100, "brake.per_hour is 0"},
		{10, 0.02, 1, 1, 100, NULL},                      /* the second of 100 */
		{10, 0.02, 2, 2, 100, "2 of 100 active sources"}, /* the third would be 3 % */
		{10, 0, 0, 0, 5, NULL},                           /* one at a time always */
		{10, 0, 0, 1, 5, "brake.share is 0"},
		{10, 0.02, 1, 1, 0, NULL}, /* how many are active is not known */
	};
	char words[BRAKE_WORDS];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct brake_limits limits = {rows[i].per_hour, rows[i].share};
		const struct brake_state now = {
			rows[i].last_hour, rows[i].contained, rows[i].active};
		bool may = brake_allows(&limits, &now, words);

		assert_int_equal(may, rows[i].words == NULL);
		assert_int_equal(words[0] == '\0', may);
		if (rows[i].words != NULL)
			assert_non_null(strstr(words, rows[i].words));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_step),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_brake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
