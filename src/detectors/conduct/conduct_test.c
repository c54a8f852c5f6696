#include "detectors/conduct/conduct.h"

#include "base/memory.h"
#include "facts/ledger.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT (INT64_C(1795436837) * 1000000)

/* One sighting, of a source without a past unless a test gives it one. */
struct scene {
	struct fact fact;
	struct habit habit;
	struct episode episode;
	struct sighting s;
};

static void begin(struct scene *x)
{
	*x = (struct scene){.fact = {.at_us = AT, .id = slice_of("1xVSnt-00005W-2T")}};
	x->s = (struct sighting){.fact = &x->fact,
		.habit = &x->habit,
		.episode = &x->episode,
		.source_kind = SOURCE_MAILBOX,
		.source_name = "ann@shop.test",
		.country_share = 1};
}

static size_t place_of(const char *name)
{
	size_t i = 0;

	while (strcmp(conduct_table()[i].name, name) != 0)
		i++;
	return i;
}

/* What that detector says of the scene; 0 when it is silent. */
static double bits_of(struct scene *x, const char *name)
{
	struct conduct_finding f = {0};

	return conduct_table()[place_of(name)].look(&x->s, &f) ? f.bits : 0;
}

/* Its sentence holds the words. */
static void check_said(struct scene *x, const char *name, const char *words)
{
	struct conduct_finding f = {0};
	struct evidence e = {0};
	struct episode_note note = {0};
	const struct conduct *row = &conduct_table()[place_of(name)];

	assert_true(row->look(&x->s, &f));
	note.bits = (float)f.bits;
	for (size_t i = 0; i < 3; i++)
		note.numbers[i] = (float)f.numbers[i];
	row->say(&x->episode, &note, &e);
	if (strstr(e.text, words) == NULL)
		print_message("%s: %s\n", name, e.text);
	assert_non_null(strstr(e.text, words));
}

static void to_strangers(struct scene *x, unsigned strangers, unsigned of_the_day)
{
	x->s.strangers = strangers;
	x->episode.day_strangers = (uint16_t)of_the_day;
	x->episode.stranger_messages = 1;
}

/* What is being offered counts as if it were taken, once, and a known network is no news of it. */
static void test_offers(void **state)
{
	struct scene x;

	(void)state;
	begin(&x);
	x.s.kind = SIGHTING_OFFER;
	x.s.strangers = 1;
	x.episode.day = (uint16_t)(AT / INT64_C(86400000000));
	x.episode.day_strangers = 100;
	x.episode.offered = 100;
	x.episode.offered_us = AT;
	check_said(&x, "burst", "200 new recipients in a day");
	x.fact.at_us = AT + EPISODE_OFFER_US + 1;
	check_said(&x, "burst", "100 new recipients in a day");

	x.s.network = NETWORK_NEW_COUNTRY;
	x.episode.networks = 1;
	double once = bits_of(&x, "new-network");
	assert_true(once > 3);
	assert_true(bits_of(&x, "new-network") == once);
	x.s.kind = SIGHTING_MESSAGE;
	assert_true(bits_of(&x, "new-network") == once);
	x.s.kind = SIGHTING_OFFER;
	x.s.network = NETWORK_KNOWN;
	assert_true(bits_of(&x, "new-network") == 0);
	assert_true(bits_of(&x, "strangers") == 0);
}

static double complaint_bits(double complaints, double delivered)
{
	struct scene x;

	begin(&x);
	x.s.kind = SIGHTING_OUTCOME;
	x.s.is_complaint = true;
	x.episode.complaints = (float)complaints;
	x.episode.delivered = (float)delivered;
	return bits_of(&x, "complaints");
}

/* One is worth some 4 bits, less of a source that writes to many, and all together no more than 10;
 * and however many there are, they are no reason of their own. */
static void test_complaints(void **state)
{
	struct scene x;

	(void)state;
	assert_true(complaint_bits(1, 1) > 3 && complaint_bits(1, 1) <= 4);
	assert_true(complaint_bits(2, 2) > complaint_bits(1, 1) && complaint_bits(2, 2) <= 8);
	assert_true(complaint_bits(5, 100) > 8);
	assert_true(complaint_bits(1, 100) < complaint_bits(1, 1));
	assert_true(complaint_bits(3, 30000) < 4);

	begin(&x);
	x.s.kind = SIGHTING_OUTCOME;
	assert_true(bits_of(&x, "complaints") == 0);
	x.s.is_complaint = true;
	x.episode.complaints = 1;
	check_said(&x, "complaints", "complaints about 1 message came back; 1 recipient took");
	x.episode.delivered = 40;
	for (int i = 1; i <= 30; i++) {
		x.episode.complaints = (float)i;
		(void)conduct_look(&x.s);
	}
	assert_true(conduct_family(&x.episode, CONDUCT_COMPLAINTS) == 10);
	assert_true(conduct_score(&x.episode) == 10);
	assert_int_equal(conduct_reasons(&x.episode, 4), 0);
	check_said(&x, "complaints", "complaints about 30 messages came back; 40 recipients took");
	struct evidence e[EPISODE_NOTES];
	assert_int_equal(conduct_evidence(&x.episode, e), 1);
	assert_string_equal(e[0].detector, "complaints");
	assert_string_equal(e[0].ids[0], "1xVSnt-00005W-2T");
	episode_clear(&x.episode);
}

static void test_table(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct conduct *c = conduct_table(); c->name != NULL; c++, n++) {
		assert_true(c->most > 0 && c->least <= 0 && c->family < CONDUCT_FAMILIES);
		assert_non_null(c->help);
		for (size_t k = 0; k < n; k++)
			assert_string_not_equal(c->name, conduct_table()[k].name);
	}
	assert_int_equal(n, EPISODE_NOTES);
}

/* Of nothing, nothing is said. */
static void test_silent(void **state)
{
	struct scene x;

	(void)state;
	for (int kind = SIGHTING_MESSAGE; kind <= SIGHTING_SCORE; kind++) {
		begin(&x);
		x.s.kind = (enum sighting_kind)kind;
		x.s.known = 1;
		assert_true(conduct_look(&x.s) == 0);
	}
}

static void test_bulk(void **state)
{
	struct scene x;

	(void)state;
	begin(&x);
	to_strangers(&x, 1, 2);
	assert_true(bits_of(&x, "burst") == 0);
	to_strangers(&x, 200, 200);
	assert_true(bits_of(&x, "burst") > 5);
	check_said(&x, "burst", "200 new recipients in a day");
	x.fact.is_automatic = true;
	assert_true(bits_of(&x, "burst") == 0);
	x.fact.is_automatic = false;
	x.habit.busy[0] = (struct habit_busy_day){.day = 1, .strangers = 190};
	x.habit.last_day = 2;
	assert_true(bits_of(&x, "burst") == 0); /* as on its busiest day */
	begin(&x);
	to_strangers(&x, 1, 1);
	double first = bits_of(&x, "strangers");
	x.episode.stranger_messages = 6;
	assert_true(first > 0 && bits_of(&x, "strangers") > first);
	check_said(&x, "strangers", "6 messages only to people");
	x.habit.shares[TRAIT_STRANGERS] = (struct habit_share){95, 100};
	assert_true(bits_of(&x, "strangers") < 0.5); /* it always does */
	x.s.known = 1;
	assert_true(bits_of(&x, "strangers") == 0);
	begin(&x);
	to_strangers(&x, 1, 1);
	x.episode.repeated = 3;
	assert_true(bits_of(&x, "same-text") == 0);
	x.s.repeats = true;
	double copies = bits_of(&x, "same-text");
	assert_true(copies > 4);
	check_said(&x, "same-text", "the same text 4 times");
	x.s.is_habitual_text = true;
	assert_true(bits_of(&x, "same-text") < copies / 2);
	x.habit.shares[TRAIT_REPEATED] = (struct habit_share){90, 100};
	assert_true(bits_of(&x, "same-text") < 0.5);
	begin(&x);
	to_strangers(&x, 1, 1);
	x.episode.in_order = 20;
	x.episode.out_of_order = 1;
	assert_true(bits_of(&x, "sorted-list") > 1);
	check_said(&x, "sorted-list", "20 of 21");
	x.episode.out_of_order = 20;
	assert_true(bits_of(&x, "sorted-list") == 0);
}

static void test_network(void **state)
{
	struct scene x;

	(void)state;
	begin(&x);
	x.habit.active_days = 60;
	x.habit.messages = 300;
	x.habit.shares[TRAIT_NEW_NETWORK] = (struct habit_share){1, 60};
	x.habit.shares[TRAIT_NEW_COUNTRY] = (struct habit_share){0, 60};
	x.s.network = NETWORK_SILENT;
	assert_true(bits_of(&x, "new-network") == 0);
	x.s.network = NETWORK_KNOWN;
	assert_true(bits_of(&x, "new-network") < 0);
	x.episode.networks = 1;
	x.s.network = NETWORK_NEW;
	double new_network = bits_of(&x, "new-network");
	begin(&x);
	x.habit.active_days = 60;
	x.habit.messages = 300;
	x.habit.shares[TRAIT_NEW_NETWORK] = (struct habit_share){1, 60};
	x.habit.shares[TRAIT_NEW_COUNTRY] = (struct habit_share){0, 60};
	x.episode.networks = 1;
	x.s.network = NETWORK_NEW_COUNTRY;
	x.s.country_share = 0.001;
	double new_country = bits_of(&x, "new-network");
	assert_true(new_network > 1);
	assert_true(new_country > new_network + 1);
	episode_keep_word(&x.episode.network_text, "AS7 xx");
	check_said(&x, "new-network", "AS7 xx");
	/* a traveller */
	episode_clear(&x.episode);
	begin(&x);
	x.habit.active_days = 60;
	x.habit.messages = 300;
	x.habit.shares[TRAIT_NEW_NETWORK] = (struct habit_share){40, 60};
	x.habit.shares[TRAIT_NEW_COUNTRY] = (struct habit_share){30, 60};
	x.episode.networks = 1;
	x.s.network = NETWORK_NEW_COUNTRY;
	assert_true(bits_of(&x, "new-network") < new_network);
}

static void test_outcomes(void **state)
{
	struct scene x;

	(void)state;
	begin(&x);
	x.s.kind = SIGHTING_OUTCOME;
	x.s.is_dead = true;
	x.episode.dead = 8;
	x.episode.delivered = 12;
	double bits = bits_of(&x, "dead-recipients");
	assert_true(bits > 4);
	check_said(&x, "dead-recipients", "8 of 20 recipients do not exist");
	x.episode.dead = 1;
	x.episode.delivered = 60;
	assert_true(bits_of(&x, "dead-recipients") < 1);
	x.episode.dead = 8;
	x.episode.delivered = 12;
	x.habit.shares[TRAIT_DEAD] = (struct habit_share){40, 100};
	assert_true(bits_of(&x, "dead-recipients") < bits); /* its lists are always stale */
	x.s.is_dead = false;
	x.episode.dead = 0;
	assert_true(bits_of(&x, "dead-recipients") == 0);
	begin(&x);
	x.s.kind = SIGHTING_OUTCOME;
	x.s.is_refused = true;
	x.episode.refused = 5;
	x.episode.delivered = 20;
	assert_int_equal(episode_refused_by(&x.episode, 11), 1);
	bits = bits_of(&x, "refused-content");
	assert_true(bits > 2);
	assert_int_equal(episode_refused_by(&x.episode, 12), 2);
	assert_int_equal(episode_refused_by(&x.episode, 12), 2);
	assert_true(bits_of(&x, "refused-content") >= bits);
	check_said(&x, "refused-content", "5");
}

static void test_senders(void **state)
{
	struct scene x;

	(void)state;
	begin(&x);
	to_strangers(&x, 1, 1);
	x.s.sender_hosted = HOSTED_UNKNOWN;
	assert_true(bits_of(&x, "outside-sender") == 0);
	x.s.sender_hosted = HOSTED_NO;
	double bits = bits_of(&x, "outside-sender");
	assert_true(bits > 2);
	x.habit.shares[TRAIT_FOREIGN_SENDER] = (struct habit_share){50, 50};
	assert_true(bits_of(&x, "outside-sender") < 0.1); /* as always */
	x.s.source_kind = SOURCE_HOST;                    /* a relay has all senders */
	x.habit.shares[TRAIT_FOREIGN_SENDER] = (struct habit_share){0};
	assert_true(bits_of(&x, "outside-sender") == 0);
	begin(&x);
	to_strangers(&x, 1, 1);
	x.s.new_sender = true;
	x.episode.new_senders = 7;
	assert_true(bits_of(&x, "new-senders") > 1);
	x.s.first_in_episode = true;
	assert_true(bits_of(&x, "new-senders") == 0);
}

static void test_content(void **state)
{
	struct scene x;

	(void)state;
	begin(&x);
	to_strangers(&x, 1, 1);
	x.fact.has_filter_score = true;
	x.episode.filter_sum = 24;
	x.episode.filtered = 3;
	assert_true(bits_of(&x, "filter-score") > 3);
	check_said(&x, "filter-score", "8.0");
	x.habit.filter_mean = 7; /* what it always sends */
	x.habit.filter_weight = 100;
	assert_true(bits_of(&x, "filter-score") < 0.5);
	begin(&x);
	to_strangers(&x, 1, 1);
	x.s.link = LINK_OWN;
	assert_true(bits_of(&x, "strange-link") < 0);
	x.s.link = LINK_HABIT;
	assert_true(bits_of(&x, "strange-link") == 0);
	x.s.link = LINK_SEEN;
	x.episode.link_uses = 4;
	double seen = bits_of(&x, "strange-link");
	x.s.link = LINK_STRANGE;
	assert_true(seen > 0 && bits_of(&x, "strange-link") > seen);
	episode_keep_word(&x.episode.link_host, "lucky.test");
	check_said(&x, "strange-link", "lucky.test");
	episode_clear(&x.episode);
	begin(&x);
	to_strangers(&x, 1, 1);
	assert_true(bits_of(&x, "shared-text") == 0 && bits_of(&x, "shared-link") == 0);
	x.s.text_customers = 2;
	x.s.link_customers = 2;
	double text = bits_of(&x, "shared-text"), link = bits_of(&x, "shared-link");
	assert_true(text > 4 && link > 4);
	x.s.is_bad_text = x.s.is_bad_link = true;
	assert_true(bits_of(&x, "shared-text") > text && bits_of(&x, "shared-link") > link);
}

static void test_place_and_time(void **state)
{
	struct scene x;

	(void)state;
	begin(&x);
	to_strangers(&x, 1, 1);
	x.s.source_kind = SOURCE_SCRIPT;
	x.s.source_name = "/home/a/public_html/index.php";
	assert_true(bits_of(&x, "odd-place") == 0);
	x.s.source_name = "/home/a/public_html/wp-content/uploads/x.php";
	assert_true(bits_of(&x, "odd-place") > 3);
	x.s.source_name = "/home/a/public_html/.cache/x.php";
	assert_true(bits_of(&x, "odd-place") > 3);
	x.s.source_kind = SOURCE_MAILBOX;
	assert_true(bits_of(&x, "odd-place") == 0);
	begin(&x);
	to_strangers(&x, 1, 1);
	for (unsigned h = 8; h < 18; h++)
		x.habit.hours[h] = 40;
	x.habit.messages = 400;
	x.fact.at_us = AT - AT % INT64_C(86400000000) + 3 * INT64_C(3600000000);
	assert_true(bits_of(&x, "odd-hour") > 0);
	check_said(&x, "odd-hour", "at 3 o'clock");
	x.fact.at_us += 9 * INT64_C(3600000000);
	assert_true(bits_of(&x, "odd-hour") < 0);
	x.habit.messages = 3;
	assert_true(bits_of(&x, "odd-hour") == 0);
	begin(&x);
	x.s.first_in_episode = true;
	x.s.network = NETWORK_NEW;
	x.s.guesses = 40;
	double anywhere = bits_of(&x, "login-guesses");
	x.s.guesses_here = 40;
	assert_true(anywhere > 0 && bits_of(&x, "login-guesses") > anywhere);
	check_said(&x, "login-guesses", "40 failed logins");
	x.s.network = NETWORK_KNOWN; /* the owner, who has forgotten it */
	assert_true(bits_of(&x, "login-guesses") == 0);
}

/* One family alone is no verdict, however much of it is seen. */
static void test_limits(void **state)
{
	struct scene x;
	struct evidence e[EPISODE_NOTES];

	(void)state;
	begin(&x);
	x.s.repeats = true;
	for (unsigned i = 0; i < 1000; i++) {
		to_strangers(&x, 1, 90);
		x.episode.stranger_messages = x.episode.repeated = (float)i;
		(void)conduct_look(&x.s);
	}
	double bulk = conduct_family(&x.episode, CONDUCT_BULK);
	assert_true(bulk <= 13);
	assert_true(conduct_score(&x.episode) == bulk);
	assert_int_equal(conduct_reasons(&x.episode, 4), 1);
	size_t n = conduct_evidence(&x.episode, e);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) {
		assert_true(e[i].text[0] != '\0' && strlen(e[i].detector) > 0);
		assert_string_equal(e[i].ids[0], "1xVSnt-00005W-2T");
	}
	for (size_t i = 0; i < x.episode.note_count; i++) {
		const struct episode_note *note = &x.episode.notes[i];
		assert_true((double)note->bits <= conduct_table()[note->detector].most);
		assert_true((double)note->bits >= conduct_table()[note->detector].least);
	}
	episode_clear(&x.episode);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_bulk),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_senders),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_place_and_time),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
