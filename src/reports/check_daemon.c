#include "reports/check_daemon.h"

#include "base/json_text.h"
#include "base/printable.h"
#include "base/units.h"

#include <inttypes.h>
#include <stdarg.h>

static void set_range(const char *text, struct plugin_range *ret)
{
	if (plugin_range_parse(text, ret) < 0)
		__builtin_unreachable();
}

void check_daemon_begin(struct check_daemon *c)
{
	*c = (struct check_daemon){
		.lag = {.label = "lag", .unit = "s"}, .unread = {.label = "unread", .unit = "B"}};
	set_range("60", &c->lag.warning);
	set_range("600", &c->lag.critical);
	set_range("8388608", &c->unread.warning);
	set_range("67108864", &c->unread.critical);
}

static uint64_t count(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (uint64_t)n : 0;
}

static void trouble(struct check_daemon *c, enum plugin_status status, const char *format, ...)
	PRINTF_LIKE(3, 4);
static void trouble(struct check_daemon *c, enum plugin_status status, const char *format, ...)
{
	struct check_trouble *t = &c->troubles[c->trouble_count];
	va_list words;

	c->status = plugin_worse(c->status, status);
	if (c->trouble_count == CHECK_TROUBLES)
		return;
	c->trouble_count++;
	t->status = status;
	va_start(words, format);
	(void)vsnprintf(t->text, sizeof(t->text), format, words);
	va_end(words);
}

bool check_daemon_is_fresh(const json_t *status)
{
	const json_t *age = json_object_get(status, "watcher_age");

	return json_is_object(json_object_get(status, "watcher")) && json_is_integer(age) &&
	       json_integer_value(age) < CHECK_SILENT_S;
}

static void judge_logs(struct check_daemon *c, const json_t *watcher)
{
	const json_t *log;
	char path[128], bytes[UNITS_TEXT];
	size_t i;

	json_array_foreach(json_object_get(watcher, "logs"), i, log)
	{
		const char *text = json_string_value(json_object_get(log, "path"));
		(void)printable_text(slice_of(text != NULL ? text : "?"), path, sizeof(path));
		if (json_is_true(json_object_get(log, "absent")) && i == 0)
			trouble(c, PLUGIN_WARNING, "the log %s is not there", path);
		c->lost += count(log, "lost_bytes");
	}
	if (c->lost > 0)
		trouble(c, PLUGIN_WARNING, "%s of the logs were lost since it began",
			units_size_text(c->lost, bytes));
}

static void judge_watcher(struct check_daemon *c, const json_t *status)
{
	const json_t *watcher = json_object_get(status, "watcher");
	char age[UNITS_TEXT];

	c->silence = -1;
	if (!json_is_object(watcher)) {
		trouble(c, PLUGIN_CRITICAL, "the watcher has not said anything yet");
		return;
	}
	c->silence = (int64_t)count(status, "watcher_age");
	if (!check_daemon_is_fresh(status))
		trouble(c, PLUGIN_CRITICAL, "the watcher is silent for %s",
			units_age_text(c->silence, age));
	c->lag.value = count(watcher, "lag_seconds");
	c->unread.value = count(watcher, "unread_bytes");
	c->sources = count(watcher, "sources");
	c->losses = count(watcher, "queue_losses");
	if (!json_is_true(json_object_get(watcher, "ready"))) {
		trouble(c, PLUGIN_WARNING, "it is still reading what was written before");
		return;
	}
	enum plugin_status behind =
		plugin_worse(plugin_metric_status(&c->lag), plugin_metric_status(&c->unread));
	if (behind != PLUGIN_OK)
		trouble(c, behind, "it is behind the logs by %s",
			units_age_text((int64_t)c->lag.value, age));
	judge_logs(c, watcher);
}

void check_daemon_judge(struct check_daemon *c, const json_t *status)
{
	if (!json_is_true(json_object_get(status, "journal")))
		trouble(c, PLUGIN_CRITICAL, "its journal cannot be used: nothing is done");
	judge_watcher(c, status);
}

/* The worst first. */
static const struct check_trouble *worst(const struct check_daemon *c)
{
	for (size_t i = 0; i < c->trouble_count; i++)
		if (c->troubles[i].status == c->status)
			return &c->troubles[i];
	return NULL;
}

static void write_trouble(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) /* it is printable already */
		(void)fputc(*text == '|' ? '/' : *text, out);
}

void check_daemon_write(FILE *out, const struct check_daemon *c)
{
	const struct check_trouble *first = worst(c);

	(void)fprintf(out, "stanchd %s - ", plugin_status_name(c->status));
	if (first != NULL)
		write_trouble(out, first->text);
	else
		(void)fprintf(out, "it runs, %" PRIu64 " sources are known", c->sources);
	if (c->trouble_count > 1)
		(void)fprintf(out, ", and %zu more", c->trouble_count - 1);
	if (c->silence >= 0) {
		(void)fputs(" | ", out);
		plugin_metric_write(out, &c->lag);
		(void)fputc(' ', out);
		plugin_metric_write(out, &c->unread);
		(void)fprintf(out,
			" silence=%" PRId64 "s;;%" PRId64 ";0 lost=%" PRIu64
			"B;0;;0 sources=%" PRIu64 ";;;0",
			c->silence, CHECK_SILENT_S - 1, c->lost, c->sources);
	}
	(void)fputc('\n', out);
	for (size_t i = 0; i < c->trouble_count; i++) {
		if (&c->troubles[i] == first)
			continue;
		write_trouble(out, c->troubles[i].text);
		(void)fputc('\n', out);
	}
}

json_t *check_daemon_json(const struct check_daemon *c)
{
	json_t *o = json_object(), *troubles = json_array();
	bool is_known = c->silence >= 0;

	for (size_t i = 0; i < c->trouble_count; i++)
		(void)json_array_append_new(troubles, json_text(slice_of(c->troubles[i].text)));
	json_put(o, "status", json_string(plugin_status_name(c->status)));
	json_put(o, "lag_seconds", is_known ? json_integer((json_int_t)c->lag.value) : NULL);
	json_put(o, "unread_bytes", is_known ? json_integer((json_int_t)c->unread.value) : NULL);
	json_put(o, "lost_bytes", is_known ? json_integer((json_int_t)c->lost) : NULL);
	json_put(o, "silence", is_known ? json_integer(c->silence) : NULL);
	json_put(o, "troubles", troubles);
	return o;
}
