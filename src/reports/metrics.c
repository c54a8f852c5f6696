#include "reports/metrics.h"

#include "base/attribute.h"
#include "incidents/measures.h"

#include <inttypes.h>
#include <string.h>

enum metric_type { COUNTER, GAUGE, HISTOGRAM, INFO };

/* Who knows it: it is said only while that one was heard lately. */
enum metric_of { OF_CLERK, OF_HAND, OF_WATCHER };

struct writer;

struct metric {
	const char *name;
	enum metric_type type;
	enum metric_of of;
	const char *unit; /* "" for none; else the name ends with it */
	const char *path; /* in the state: names with dots between */
	double scale;     /* 0: 1 */
	/* With labels the path leads to an object, whose keys are the label's values; with two
	 * labels to an object of objects. Of an INFO it leads to the label's value. */
	const char *labels[2];
	const char *const *words; /* the keys that count, ended by NULL; NULL: all */
	void (*write)(struct writer *w);
	const char *help;
};

struct writer {
	FILE *out;
	enum metrics_form form;
	const struct metrics_view *view;
	const struct metric *row;
	bool has_head; /* of the row's family */
};

static const char *const type_names[] = {
	[COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram", [INFO] = "info"};

/* ---- one family ---- */

/* The older form knows no infos, and has the suffixes in the name of the family. */
static const char *suffix_of(const struct metric *row)
{
	return row->type == COUNTER ? "_total" : row->type == INFO ? "_info" : "";
}

static void write_head(struct writer *w)
{
	const struct metric *row = w->row;
	bool is_open = w->form == METRICS_OPEN;
	const char *suffix = is_open ? "" : suffix_of(row);
	const char *type = !is_open && row->type == INFO ? "gauge" : type_names[row->type];

	if (w->has_head)
		return;
	w->has_head = true;
	(void)fprintf(w->out, "# TYPE %s%s %s\n", row->name, suffix, type);
	if (is_open && row->unit[0] != '\0')
		(void)fprintf(w->out, "# UNIT %s %s\n", row->name, row->unit);
	(void)fprintf(w->out, "# HELP %s%s %s\n", row->name, suffix, row->help);
}

/* labels: "" or "{…}". */
static void write_sample(struct writer *w, const char *suffix, const char *labels, double value)
{
	write_head(w);
	(void)fprintf(w->out, "%s%s%s %.15g\n", w->row->name, suffix, labels, value);
}

static bool is_label(const char *value)
{
	size_t n = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "-_. ");

	return n > 0 && n <= METRICS_LABEL_MAX && n == strlen(value);
}

/* A number, or a truth value as 1 or 0. */
static bool read_number(const json_t *value, double scale, double *ret)
{
	double factor = scale != 0 ? scale : 1;

	if (json_is_boolean(value))
		*ret = json_is_true(value) ? factor : 0;
	else if (json_is_number(value))
		*ret = json_number_value(value) * factor;
	else
		return false;
	return true;
}

static json_t *find(const json_t *top, const char *path)
{
	char key[METRICS_LABEL_MAX + 1];
	json_t *at = NULL;

	while (top != NULL && path[0] != '\0') {
		size_t n = strcspn(path, ".");

		(void)snprintf(key, sizeof(key), "%.*s", (int)n, path);
		top = at = json_object_get(top, key);
		path += n + (path[n] == '.');
	}
	return at;
}

#define LABELS_TEXT (2 * (METRICS_LABEL_MAX + 40))

static void write_number(struct writer *w, const json_t *value, const char *const pair[2])
{
	char labels[LABELS_TEXT] = "";
	double number;

	if (!read_number(value, w->row->scale, &number))
		return;
	if (pair[1] != NULL)
		(void)snprintf(labels, sizeof(labels), "{%s=\"%s\",%s=\"%s\"}", w->row->labels[0],
			pair[0], w->row->labels[1], pair[1]);
	else if (pair[0] != NULL)
		(void)snprintf(labels, sizeof(labels), "{%s=\"%s\"}", w->row->labels[0], pair[0]);
	write_sample(w, suffix_of(w->row), labels, number);
}

static bool counts(const struct metric *row, const char *key)
{
	if (row->words == NULL)
		return is_label(key);
	for (size_t i = 0; row->words[i] != NULL; i++)
		if (strcmp(row->words[i], key) == 0)
			return true;
	return false;
}

static void write_second(struct writer *w, json_t *object, const char *first)
{
	unsigned left = METRICS_LABELS_MOST;
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (!is_label(key))
			continue;
		write_number(w, value, (const char *[2]){first, key});
		if (--left == 0)
			break;
	}
}

static void write_labelled(struct writer *w, json_t *object)
{
	unsigned left = METRICS_LABELS_MOST;
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (!counts(w->row, key))
			continue;
		if (w->row->labels[1] != NULL)
			write_second(w, value, key);
		else
			write_number(w, value, (const char *[2]){key, NULL});
		if (--left == 0)
			break;
	}
}

static void write_info(struct writer *w, const char *value)
{
	char labels[LABELS_TEXT];

	if (value == NULL || !is_label(value))
		return;
	(void)snprintf(labels, sizeof(labels), "{%s=\"%s\"}", w->row->labels[0], value);
	write_sample(w, "_info", labels, 1);
}

static void write_from_state(struct writer *w)
{
	json_t *value = find(w->view->state, w->row->path);

	if (w->row->type == INFO)
		write_info(w, json_string_value(value));
	else if (w->row->labels[0] != NULL)
		write_labelled(w, value);
	else
		write_number(w, value, (const char *[2]){NULL, NULL});
}

/* ---- those of a form of their own ---- */

static void write_build(struct writer *w)
{
	write_info(w, STANCH_VERSION);
}

static void write_up(struct writer *w)
{
	write_sample(w, "", "", w->view->state != NULL);
}

static void write_age(struct writer *w)
{
	if (w->view->was_heard)
		write_sample(w, "", "", w->view->age);
}

static void write_memory(struct writer *w)
{
	if (w->view->state != NULL)
		write_labelled(w, find(w->view->state, w->row->path));
	if (w->view->clerk_bytes > 0)
		write_sample(w, "", "{part=\"clerk\"}", (double)w->view->clerk_bytes);
}

static void write_bucket(struct writer *w, const char *label, const char *bound, uint64_t count)
{
	char labels[LABELS_TEXT];

	(void)snprintf(
		labels, sizeof(labels), "{%s=\"%s\",le=\"%s\"}", w->row->labels[0], label, bound);
	write_sample(w, "_bucket", labels, (double)count);
}

static void write_delays(struct writer *w, const char *label, const json_t *delays)
{
	const json_t *classes = json_object_get(delays, "counts");
	char labels[LABELS_TEXT], bound[24];
	uint64_t sum = 0;

	if (json_array_size(classes) != MEASURES_DELAYS + 1)
		return;
	for (size_t i = 0; i < MEASURES_DELAYS; i++) {
		sum += (uint64_t)json_integer_value(json_array_get(classes, i));
		(void)snprintf(bound, sizeof(bound), "%" PRId64 ".0", measures_delay_bounds[i]);
		write_bucket(w, label, bound, sum);
	}
	sum += (uint64_t)json_integer_value(json_array_get(classes, MEASURES_DELAYS));
	write_bucket(w, label, "+Inf", sum);
	(void)snprintf(labels, sizeof(labels), "{%s=\"%s\"}", w->row->labels[0], label);
	write_sample(w, "_count", labels, (double)sum);
	write_sample(w, "_sum", labels, json_number_value(json_object_get(delays, "sum")));
}

static void write_histogram(struct writer *w)
{
	const json_t *all = find(w->view->state, w->row->path);

	for (size_t i = 0; w->row->words[i] != NULL; i++)
		write_delays(w, w->row->words[i], json_object_get(all, w->row->words[i]));
}

/* ---- the table ---- */

static const char *const answers[] = {"pass", "slow", "refuse", NULL};
static const char *const opinions[] = {"answered", "failed", "dropped", NULL};
static const char *const persons[] = {"daemon", "person", NULL};

static const struct metric table[] = {
	{.name = "stanch_build",
		.type = INFO,
		.unit = "",
		.labels = {"version"},
		.write = write_build,
		.help = "The version that answers."},
	{.name = "stanch_up",
		.type = GAUGE,
		.unit = "",
		.write = write_up,
		.help = "1: the daemon's state is of now. 0: it is old or was never told, and "
			"nothing more is said than that."},
	{.name = "stanch_state_age_seconds",
		.type = GAUGE,
		.unit = "seconds",
		.write = write_age,
		.help = "Since the hand has said how things are, which it does every second."},
	{.name = "stanch_process_resident_memory_bytes",
		.type = GAUGE,
		.unit = "bytes",
		.path = "memory",
		.labels = {"part"},
		.write = write_memory,
		.help = "Memory of each part of the daemon."},
	{.name = "stanch_mode",
		.type = INFO,
		.unit = "",
		.of = OF_HAND,
		.path = "mode",
		.labels = {"mode"},
		.help = "What is done by itself: observe, hold, cut off, cut off and hold."},
	{.name = "stanch_journal_usable",
		.type = GAUGE,
		.unit = "",
		.of = OF_HAND,
		.path = "journal",
		.help = "1: the journal can be used. 0: nothing is done."},
	{.name = "stanch_incidents",
		.type = GAUGE,
		.unit = "",
		.of = OF_HAND,
		.path = "incidents",
		.labels = {"state"},
		.help = "Open incidents by state; those in waiting wait for a person."},
	{.name = "stanch_incidents_opened",
		.type = COUNTER,
		.unit = "",
		.of = OF_HAND,
		.path = "measures.opened",
		.help = "Incidents in the journal."},
	{.name = "stanch_containment_delay_seconds",
		.type = HISTOGRAM,
		.unit = "seconds",
		.of = OF_HAND,
		.path = "measures.contained",
		.labels = {"by"},
		.words = persons,
		.write = write_histogram,
		.help = "From the first suspicion of an incident until it was contained, of all in "
			"the journal, by whose word: the daemon's or a person's."},
	{.name = "stanch_last_containment_timestamp_seconds",
		.type = GAUGE,
		.unit = "seconds",
		.of = OF_HAND,
		.path = "measures.last_contained",
		.help = "When a source was last contained, in seconds since 1970."},
	{.name = "stanch_containment_evidence",
		.type = COUNTER,
		.unit = "",
		.of = OF_HAND,
		.path = "measures.evidence",
		.labels = {"detector"},
		.help = "Contained incidents in the journal in which the detector had something to "
			"say."},
	{.name = "stanch_action_steps",
		.type = COUNTER,
		.unit = "",
		.of = OF_HAND,
		.path = "measures.actions",
		.labels = {"responder", "outcome"},
		.help = "What became of actions since the hand began, each try: intended, done, "
			"waiting (tried again), failed (a person has to look), undoing, undone."},
	{.name = "stanch_sources",
		.type = GAUGE,
		.unit = "",
		.of = OF_WATCHER,
		.path = "verdicts",
		.labels = {"verdict"},
		.help = "Sources that are remembered, by the verdict that stands against each now: "
			"nothing, suspect, contain."},
	{.name = "stanch_watcher_age_seconds",
		.type = GAUGE,
		.unit = "seconds",
		.of = OF_HAND,
		.path = "watcher_age",
		.help = "Since the watcher has said how things are, which it does every two "
			"seconds; past 30, what it knows is left out."},
	{.name = "stanch_watcher_ready",
		.type = GAUGE,
		.unit = "",
		.of = OF_WATCHER,
		.path = "watcher.ready",
		.help = "1: what was written before the daemon began is read."},
	{.name = "stanch_log_lag_seconds",
		.type = GAUGE,
		.unit = "seconds",
		.of = OF_WATCHER,
		.path = "watcher.lag_seconds",
		.help = "Age of the last log line that was read, while there are more to read; "
			"else 0."},
	{.name = "stanch_log_unread_bytes",
		.type = GAUGE,
		.unit = "bytes",
		.of = OF_WATCHER,
		.path = "watcher.unread_bytes",
		.help = "Of Exim's logs that are still to be read."},
	{.name = "stanch_log_lost_bytes",
		.type = COUNTER,
		.unit = "bytes",
		.of = OF_WATCHER,
		.path = "watcher.lost_bytes",
		.help = "Of Exim's logs that were gone before they could be read, since the "
			"watcher began."},
	{.name = "stanch_log_lines",
		.type = COUNTER,
		.unit = "",
		.of = OF_WATCHER,
		.path = "watcher.lines",
		.help = "Log lines that were read since the watcher began."},
	{.name = "stanch_log_damaged_lines",
		.type = COUNTER,
		.unit = "",
		.of = OF_WATCHER,
		.path = "watcher.damaged_lines",
		.help = "Log lines that should mean something and were not understood."},
	{.name = "stanch_facts",
		.type = COUNTER,
		.unit = "",
		.of = OF_WATCHER,
		.path = "watcher.facts_by_kind",
		.labels = {"kind"},
		.help = "Facts from all sensors since the watcher began, by what was observed."},
	{.name = "stanch_queue_messages",
		.type = GAUGE,
		.unit = "",
		.of = OF_WATCHER,
		.path = "watcher.queue_messages",
		.help = "Messages in Exim's queue, without those that are held; left out while it "
			"is not known."},
	{.name = "stanch_held_messages",
		.type = GAUGE,
		.unit = "",
		.of = OF_HAND,
		.path = "now.held",
		.help = "Messages that are held, of all holds; left out while it is not known."},
	{.name = "stanch_queue_lag_seconds",
		.type = GAUGE,
		.unit = "seconds",
		.of = OF_WATCHER,
		.path = "watcher.queue_lag_ms",
		.scale = 0.001,
		.help = "How old the latest message was when it was seen in the queue."},
	{.name = "stanch_queue_losses",
		.type = COUNTER,
		.unit = "",
		.of = OF_WATCHER,
		.path = "watcher.queue_losses",
		.help = "Times that the kernel dropped news of the queue, and it was listed anew."},
	{.name = "stanch_policy_answers",
		.type = COUNTER,
		.unit = "",
		.of = OF_WATCHER,
		.path = "watcher.policy",
		.labels = {"answer"},
		.words = answers,
		.help = "What Exim was answered at the policy socket since the watcher began."},
	{.name = "stanch_policy_wrong",
		.type = COUNTER,
		.unit = "",
		.of = OF_WATCHER,
		.path = "watcher.policy.wrong",
		.help = "Questions at the policy socket that were not understood."},
	{.name = "stanch_policy_late",
		.type = COUNTER,
		.unit = "",
		.of = OF_WATCHER,
		.path = "watcher.policy.late",
		.help = "Questions at the policy socket that were not finished in time."},
	{.name = "stanch_policy_beyond_limit",
		.type = COUNTER,
		.unit = "",
		.of = OF_WATCHER,
		.path = "watcher.policy.beyond_limit",
		.help = "Questions that were put off because their source has reached its limit of "
			"recipients."},
	{.name = "stanch_rspamd_messages",
		.type = COUNTER,
		.unit = "",
		.of = OF_WATCHER,
		.path = "watcher.rspamd",
		.labels = {"outcome"},
		.words = opinions,
		.help = "Messages about which rspamd was asked: answered, failed, or dropped "
			"because it is left alone."},
};

#define ROWS (sizeof(table) / sizeof(table[0]))

static bool is_known(const struct metrics_view *view, enum metric_of of)
{
	double age;

	if (of == OF_CLERK)
		return true;
	if (view->state == NULL)
		return false;
	if (of == OF_HAND)
		return true;
	return read_number(json_object_get(view->state, "watcher_age"), 0, &age) &&
	       age + view->age <= METRICS_WATCHER_STALE_S;
}

void metrics_write(FILE *out, enum metrics_form form, const struct metrics_view *view)
{
	struct writer w = {.out = out, .form = form, .view = view};

	for (size_t i = 0; i < ROWS; i++) {
		w.row = &table[i];
		w.has_head = false;
		if (!is_known(view, w.row->of))
			continue;
		if (w.row->write != NULL)
			w.row->write(&w);
		else
			write_from_state(&w);
	}
	if (form == METRICS_OPEN)
		(void)fputs("# EOF\n", out);
}

const char *metrics_type(enum metrics_form form)
{
	return form == METRICS_OPEN ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
				    : "text/plain; version=0.0.4; charset=utf-8";
}

size_t metrics_count(void)
{
	return ROWS;
}

const char *metrics_name(size_t i)
{
	return table[i].name;
}

void metrics_document(size_t i, FILE *out)
{
	const struct metric *row = &table[i];

	(void)fprintf(out, "| `%s%s` | %s | %s | ", row->name, suffix_of(row),
		type_names[row->type], row->unit);
	if (row->labels[0] != NULL)
		(void)fprintf(out, "`%s`", row->labels[0]);
	if (row->labels[1] != NULL)
		(void)fprintf(out, ", `%s`", row->labels[1]);
	(void)fprintf(out, " | %s |", row->help);
}
