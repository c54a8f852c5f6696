#include "reports/report_readers.h"

#include "base/file_bytes.h"
#include "reports/report_json.h"
#include "reports/report_words.h"
#include "systems/whole_file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define AT     INT64_C(1795436837) /* 2026-11-23 12:27:17 UTC */
#define GOLDEN SOURCE_ROOT "/tests/golden/"
#define BIG    ((size_t)1 << 20)

static const char *const addresses[] = {"192.0.2.25", "2001:db8::25"};
static const struct report_about_us us = {.server = "mx1.example.com",
	.contact = "postmaster@example.com",
	.addresses = addresses,
	.address_count = 2,
	.templates = SHIPPED_TEMPLATES,
	.language = "en",
	.now = AT + 86400};

/* ---- an incident ---- */

static void add_step(struct report_incident *r, enum incident_event event, enum incident_state to,
	int64_t at, const char *words)
{
	struct incident_story *s = &r->story;
	struct incident_story_step *steps = realloc(s->steps, (s->step_count + 1) * sizeof(*steps));

	assert_non_null(steps);
	s->steps = steps;
	steps += s->step_count++;
	*steps = (struct incident_story_step){.words = strdup(words)};
	steps->row = (struct incident_step_row){
		.at = at, .event = event, .to = to, .words = steps->words};
}

static void add_deed(struct report_incident *r, const char *responder, enum action_state state,
	const char *done, const char *words)
{
	struct incident_story *s = &r->story;
	struct incident_story_deed *deeds = realloc(s->deeds, (s->deed_count + 1) * sizeof(*deeds));
	struct report_deed *now = &r->deeds[r->deed_count++];

	assert_non_null(deeds);
	s->deeds = deeds;
	deeds += s->deed_count++;
	*deeds =
		(struct incident_story_deed){.at = AT + 12, .state = state, .words = strdup(words)};
	(void)snprintf(deeds->responder, sizeof(deeds->responder), "%s", responder);
	*now = (struct report_deed){.state = state, .changed = AT + 12, .words = strdup(words)};
	(void)snprintf(now->responder, sizeof(now->responder), "%s", responder);
	(void)snprintf(now->done, sizeof(now->done), "%s", done);
}

static void add_evidence(struct report_incident *r, double bits, const char *text, const char *id)
{
	struct evidence *e = &r->story.evidence[r->story.evidence_count++];

	*e = (struct evidence){.detector = "burst", .bits = bits};
	(void)snprintf(e->text, sizeof(e->text), "%s", text);
	for (; e->id_count < 2 && id != NULL; e->id_count++)
		(void)snprintf(e->ids[e->id_count], sizeof(e->ids[0]), "%s%zu", id, e->id_count);
}

static void fill_mail(struct report_incident *r)
{
	r->first = AT - 40;
	r->holds_known = true;
	r->by_state[MESSAGE_HELD] = 75;
	r->by_state[MESSAGE_RESTORED] = 5;
	r->early = 9;
	r->holds[r->hold_count++] = (struct report_hold){.hold = 3, .created = AT + 9};
	(void)snprintf(r->holds[0].who, sizeof(r->holds[0].who), "root");
	memcpy(r->holds[0].by_state, r->by_state, sizeof(r->by_state));
	for (size_t i = 0; i < 2; i++) {
		struct report_sample *m = &r->samples[r->sample_count++];

		*m = (struct report_sample){.received = AT - 1 + (int64_t)i,
			.recipients = 5 + i,
			.state = MESSAGE_HELD};
		assert_int_equal(
			exim_id_parse(
				slice_of(i == 0 ? "1xTvf4-0001Ie-02" : "1xTvf5-0001If-00"), &m->id),
			0);
	}
	for (size_t i = 0; i < 8; i++)
		r->story.scores[r->story.score_count++] = (struct incident_score){
			(AT - 40 + 5 * (int64_t)i) * 1000000, 4.1 * (double)(i + 1)};
}

/* name: of a mailbox; foreign: words of others, which stand in every place that has some. */
static struct report_incident *filled(const char *name, const char *foreign)
{
	struct report_incident *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->story.incident = (struct incident){.number = 7,
		.state = INCIDENT_CLEAN,
		.opened = AT,
		.changed = AT + 20,
		.contained = AT + 8,
		.last_mail = AT + 9,
		.score = 32.8,
		.fact_us = (AT + 7) * 1000000,
		.threshold = 21.5,
		.messages = 12,
		.recipients = 60,
		.held = 80};
	source_set(&r->story.incident.source, SOURCE_MAILBOX, slice_of(name));
	fill_mail(r);
	add_evidence(r, 19.3, foreign, "1xTvf4-0001Ie-0");
	add_evidence(r, 14.5, "logged in from 14 networks of 9 countries within an hour", NULL);
	add_evidence(r, -1, "has sent here for 3 years", NULL);
	add_step(r, INCIDENT_VERDICT, INCIDENT_CONTAINED, AT + 8, foreign);
	add_step(r, INCIDENT_HOLD, INCIDENT_CLEANING, AT + 9, "");
	add_step(r, INCIDENT_NOTHING, INCIDENT_CLEAN, AT + 20, "");
	add_deed(r, "refuse", ACTION_DONE, "", foreign);
	add_deed(r, "sessions", ACTION_DONE, "", "ended 8 SMTP sessions, and none is left");
	add_deed(r, "secret", ACTION_DONE, "change", "changed the password, by passwd-file");
	add_deed(r, "tell", ACTION_FAILED, "", foreign);
	return r;
}

static void emptied(struct report_incident *r)
{
	report_incident_clear(r);
	free(r);
}

/* ---- what is written of it ---- */

enum reader { ADMINISTRATOR, MANAGER, BLOCKLIST, CUSTOMER };

static void write_customer(
	FILE *out, const struct report_incident *r, const char *language, bool is_html)
{
	struct report_about_us about = us;
	struct notice notice = {0};
	struct problem p = {0};

	about.language = language;
	if (report_customer(r, &about, &notice, &p) < 0)
		fail_msg("%s", p.text);
	assert_string_equal(notice.language, language);
	(is_html ? report_customer_html : report_customer_text)(out, &notice);
	notice_clear(&notice);
}

static struct report_page *page_of(const struct report_incident *r, enum reader reader)
{
	if (reader == ADMINISTRATOR)
		return report_administrator(r, &us);
	if (reader == MANAGER)
		return report_manager(r, &us);
	struct report_page *p = report_blocklist(&us);
	report_blocklist_add(p, r);
	report_blocklist_end(p, &us);
	return p;
}

/* Owned by the caller. */
static char *written(
	const struct report_incident *r, enum reader reader, const char *language, bool is_html)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	if (reader == CUSTOMER) {
		write_customer(out, r, language, is_html);
	} else {
		AUTO(report_page) page = page_of(r, reader);
		(is_html ? report_page_html : report_page_text)(out, page);
	}
	assert_int_equal(fclose(out), 0);
	return text;
}

/* As the file that is kept, which STANCH_GOLDEN=write makes anew. */
static void compare(const char *name, const char *text)
{
	const char *word = getenv("STANCH_GOLDEN");
	const struct stat like = {.st_mode = 0644, .st_uid = geteuid(), .st_gid = getegid()};
	struct whole_file file = {0};
	char path[400];

	(void)snprintf(path, sizeof(path), GOLDEN "%s", name);
	if (word != NULL && strcmp(word, "write") == 0)
		assert_int_equal(whole_file_write(path, slice_of(text), &like), 0);
	if (whole_file_read(path, BIG, &file) < 0)
		fail_msg("%s cannot be read", path);
	if (strcmp(file.text, text) != 0) {
		size_t at = 0;

		while (file.text[at] == text[at])
			at++;
		fail_msg("%s differs at byte %zu: got ...%.60s, want ...%.60s", path, at, text + at,
			file.text + at);
	}
	whole_file_clear(&file);
}

static const struct {
	const char *name;
	enum reader reader;
	const char *language;
} forms[] = {{"report-administrator", ADMINISTRATOR, ""}, {"report-manager", MANAGER, ""},
	{"report-blocklist", BLOCKLIST, ""}, {"report-customer-en", CUSTOMER, "en"},
	{"report-customer-de", CUSTOMER, "de"}, {"report-customer-cs", CUSTOMER, "cs"}};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static void each_form_is_as_it_was(void **state)
{
	struct report_incident *r = filled("ann@shop.test", "296 new recipients within a minute");
	char name[80];

	(void)state;
	for (size_t i = 0; i < FORMS; i++)
		for (int is_html = 0; is_html <= 1; is_html++) {
			char *text = written(r, forms[i].reader, forms[i].language, is_html);

			(void)snprintf(name, sizeof(name), "%s.%s", forms[i].name,
				is_html ? "html" : "txt");
			compare(name, text);
			free(text);
		}
	emptied(r);
}

static const char hostile[] = "<script>alert(1)</script>\" onload='x\x1b[2J\xff{{name}}";

static void foreign_text_is_encoded_in_each_form(void **state)
{
	struct report_incident *r = filled("\"><img src=x onerror=alert(1)>@x.test", hostile);

	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		char *html = written(r, forms[i].reader, forms[i].language, true);
		char *text = written(r, forms[i].reader, forms[i].language, false);

		assert_null(strstr(html, "<script"));
		assert_null(strstr(html, "<img"));
		assert_null(strstr(html, "onload='"));
		assert_null(strchr(html, '\x1b'));
		assert_null(strchr(text, '\x1b'));
		assert_null(strstr(text, "\xff"));
		free(html);
		free(text);
	}
	emptied(r);
}

/* What the others are told of it is what they may know. */
static void nobody_is_told_too_much(void **state)
{
	static const char *const inside[] = {
		"bits", "21.5", "passwd-file", "SECRETWORD", "detector", "root", "SMTP sessions"};
	struct report_incident *r = filled("ann@shop.test", "SECRETWORD of other@shop.test");

	(void)state;
	for (size_t i = 0; i < FORMS; i++)
		for (int is_html = 0; is_html <= 1; is_html++) {
			char *text = written(r, forms[i].reader, forms[i].language, is_html);

			if (forms[i].reader == BLOCKLIST)
				assert_null(strstr(text, "shop.test"));
			assert_int_equal(
				strstr(text, "other@") != NULL, forms[i].reader == ADMINISTRATOR);
			for (size_t k = 0; k < sizeof(inside) / sizeof(inside[0]); k++)
				if (forms[i].reader >= BLOCKLIST && strstr(text, inside[k]) != NULL)
					fail_msg("%s tells of %s", forms[i].name, inside[k]);
			free(text);
		}
	json_t *o = report_nameless_json(r);
	char *text = json_dumps(o, 0);
	assert_null(strstr(text, "shop.test"));
	assert_null(strstr(text, "SECRETWORD"));
	free(text);
	json_decref(o);
	emptied(r);
}

static void check_has(const struct report_incident *r, enum reader reader, const char *text)
{
	char *all = written(r, reader, "en", false);

	if (strstr(all, text) == NULL)
		fail_msg("\"%s\" is not in:\n%s", text, all);
	free(all);
}

static void check_has_not(const struct report_incident *r, enum reader reader, const char *text)
{
	char *all = written(r, reader, "en", false);

	if (strstr(all, text) != NULL)
		fail_msg("\"%s\" is in:\n%s", text, all);
	free(all);
}

static void what_is_not_known_is_said(void **state)
{
	struct report_incident *r = filled("ann@shop.test", "x");

	(void)state;
	r->story.incident.messages = r->story.incident.recipients = 0;
	r->holds_known = false;
	check_has(r, ADMINISTRATOR, "  Messages accepted       unknown");
	check_has(r, ADMINISTRATOR, "  Recipients              unknown");
	check_has(r, ADMINISTRATOR, "  Of these went out       unknown");
	check_has(r, ADMINISTRATOR, "  Still held              unknown");
	check_has(r, ADMINISTRATOR, "  Put back                unknown");
	check_has(r, ADMINISTRATOR, "  Purged                  unknown");
	check_has(r, MANAGER, "went out:");
	check_has(r, MANAGER, "  Messages still held     unknown");
	check_has(r, BLOCKLIST, "  Accepted by then        unknown messages");
	check_has(r, BLOCKLIST, "  Of these went out       unknown");
	check_has(r, CUSTOMER, "  Messages in your name  unknown");
	check_has(r, CUSTOMER, "  Recipients             unknown");
	json_t *o = report_incident_json(r);
	static const char *const keys[] = {
		"messages", "recipients", "went_out_at_most", "still_held", "put_back", "purged"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_true(json_is_null(json_object_get(o, keys[i])));
	json_decref(o);
	emptied(r);
}

/* Only what was seen to be so is told as done. */
static void what_was_not_done_is_not_told(void **state)
{
	static const char refused[] = "The mail server refuses";
	static const char changed[] = "The password was changed";
	struct report_incident *r = filled("ann@shop.test", "x");

	(void)state;
	check_has(r, BLOCKLIST, refused);
	check_has(r, BLOCKLIST, changed);
	check_has_not(r, BLOCKLIST, "on record");
	check_has(r, CUSTOMER, "We changed the password");
	for (size_t i = 0; i < r->deed_count; i++)
		r->deeds[i].state = ACTION_INTENDED;
	check_has_not(r, BLOCKLIST, refused);
	check_has_not(r, BLOCKLIST, changed);
	check_has(r, BLOCKLIST, "is not on record");
	check_has_not(r, CUSTOMER, "We changed the password");
	check_has_not(r, CUSTOMER, "refuses");
	check_has_not(r, MANAGER, refused);
	/* who may send again is not refused */
	r->deeds[0].state = ACTION_DONE;
	check_has(r, CUSTOMER, "refuses");
	r->story.incident.state = INCIDENT_RELEASED;
	check_has_not(r, CUSTOMER, "refuses");
	check_has(r, CUSTOMER, "We let it send again");
	r->story.incident.state = INCIDENT_CLEAN;
	/* the end of the incident undoes the refusal, because the password keeps him out */
	r->deeds[0].state = ACTION_UNDONE;
	r->deeds[2].state = ACTION_DONE;
	check_has(r, BLOCKLIST, "The mail server refused the");
	r->deeds[2].state = ACTION_UNDONE;
	check_has_not(r, BLOCKLIST, "server refused the");
	emptied(r);
}

static void what_was_not_stopped_is_told_so(void **state)
{
	struct report_incident *r = filled("ann@shop.test", "x");

	(void)state;
	r->story.incident.state = INCIDENT_WAITING;
	r->story.incident.contained = 0;
	r->story.incident.held = 0;
	check_has(r, ADMINISTRATOR, "! Nothing has been done about it");
	check_has(r, MANAGER, "It has not been stopped.");
	check_has_not(r, MANAGER, "stolen");
	check_has(r, CUSTOMER, "We are not");
	check_has_not(r, CUSTOMER, "stolen.");
	check_has_not(r, CUSTOMER, "We stopped");
	emptied(r);
}

/* ---- a period ---- */

static void fill_period(struct report_period *p, struct report_row *rows, size_t count)
{
	*p = (struct report_period){.since = AT - (int64_t)7 * 86400,
		.until = AT + 86400,
		.rows = rows,
		.count = count,
		.opened = count,
		.contained = 2,
		.false_alarms = 1,
		.waiting = 1,
		.open = 2,
		.held = 92,
		.went_out = {3, 1},
		.still_held = {80, 0},
		.put_back = {12, 0},
		.delay_median = {true, 48},
		.delay_worst = {true, 400}};
	for (size_t i = 0; i < count; i++) {
		struct incident *n = &rows[i].incident;

		rows[i].first = AT - (int64_t)i * 90000 - 40;
		*n = (struct incident){.number = (int64_t)i + 1,
			.state = i == 1 ? INCIDENT_WAITING : INCIDENT_CLOSED,
			.opened = AT - (int64_t)i * 90000,
			.contained = i == 1 ? 0 : AT - (int64_t)i * 90000 + 8,
			.held = i == 1 ? 0 : 46};
		source_set(
			&n->source, SOURCE_MAILBOX, slice_of(i == 0 ? "ann@shop.test" : hostile));
		rows[i].went_out = (struct report_number){i == 0, 3};
	}
}

static void a_period_is_as_it_was(void **state)
{
	struct report_row rows[3] = {0};
	struct report_period period;

	(void)state;
	fill_period(&period, rows, 3);
	AUTO(report_page) p = report_period(&period, &us);
	for (int is_html = 0; is_html <= 1; is_html++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		assert_non_null(out);
		(is_html ? report_page_html : report_page_text)(out, p);
		assert_int_equal(fclose(out), 0);
		assert_null(strstr(text, is_html ? "<script" : "\x1b"));
		compare(is_html ? "report-period.html" : "report-period.txt", text);
		free(text);
	}
}

static void what_is_older_is_not_opened_in_it(void **state)
{
	struct report_row rows[1] = {0};
	struct report_period period;

	(void)state;
	fill_period(&period, rows, 1);
	period.since = AT + 60;
	rows[0].is_older = true;
	rows[0].incident.contained = 0;
	rows[0].incident.held = 0;
	AUTO(report_page) p = report_period(&period, &us);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	report_page_text(out, p);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "Incidents opened, each hour"));
	assert_null(strchr(text, '#'));
	free(text);
}

static void a_sum_says_of_how_many_it_is_not_known(void **state)
{
	char at[REPORT_SUM_TEXT];

	(void)state;
	assert_string_equal(report_sum((struct report_sum){1200, 0}, 3, at), "1,200");
	assert_string_equal(
		report_sum((struct report_sum){7, 1}, 3, at), "7, and unknown of 1 incident");
	assert_string_equal(
		report_sum((struct report_sum){7, 2}, 3, at), "7, and unknown of 2 incidents");
	assert_string_equal(report_sum((struct report_sum){0, 3}, 3, at), "unknown");
}

static void a_period_for_programs(void **state)
{
	struct report_row rows[3] = {0};
	struct report_period period;

	(void)state;
	fill_period(&period, rows, 3);
	json_t *o = report_period_json(&period);
	assert_int_equal(json_integer_value(json_object_get(o, "opened")), 3);
	assert_int_equal(json_integer_value(json_object_get(o, "let_go")), 1);
	assert_true(
		json_is_null(json_object_get(o, "went_out_at_most"))); /* of one it is not known */
	assert_int_equal(json_integer_value(json_object_get(o, "still_held")), 80);
	json_t *first = json_array_get(json_object_get(o, "incidents"), 0);
	assert_int_equal(json_integer_value(json_object_get(first, "went_out_at_most")), 3);
	assert_int_equal(json_integer_value(json_object_get(first, "seconds_to_containment")), 48);
	json_decref(o);
}

static void a_period_of_nothing(void **state)
{
	const struct report_period none = {.since = AT, .until = AT + 86400};

	(void)state;
	AUTO(report_page) p = report_period(&none, &us);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	report_page_text(out, p);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "No incident was opened, and none was left from before."));
	assert_null(strstr(text, "median"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_as_it_was),
		cmocka_unit_test(foreign_text_is_encoded_in_each_form),
		cmocka_unit_test(nobody_is_told_too_much),
		cmocka_unit_test(what_is_not_known_is_said),
		cmocka_unit_test(what_was_not_done_is_not_told),
		cmocka_unit_test(what_was_not_stopped_is_told_so),
		cmocka_unit_test(a_period_is_as_it_was),
		cmocka_unit_test(what_is_older_is_not_opened_in_it),
		cmocka_unit_test(a_sum_says_of_how_many_it_is_not_known),
		cmocka_unit_test(a_period_for_programs),
		cmocka_unit_test(a_period_of_nothing),
	};

	if (setenv("TZ", "CET-1", 1) != 0)
		return 1;
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
