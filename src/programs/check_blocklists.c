/* check_blocklists.c - stanch check of our addresses at DNS blocklists. */
#include "reports/check_blocklists.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "base/printable.h"
#include "programs/check.h"
#include "settings/groups.h"
#include "systems/whole_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ASK_MS   INT64_C(8000) /* within the ten seconds of a plugin */
#define KEPT_MAX ((size_t)4 << 20)

static struct dns_list_row *blank_rows(const struct blocklists_settings *b)
{
	size_t n = b->addresses.count;
	struct dns_list_row *rows = memory_new(b->zones.count * n + 1, sizeof(*rows));

	for (size_t i = 0; i < b->zones.count * n; i++)
		rows[i] = (struct dns_list_row){
			.zone = b->zones.at[i / n], .address = b->addresses.at[i % n]};
	return rows;
}

/* Whatever is wrong with the file, it is written anew. */
static bool read_kept(const struct blocklists_settings *b, struct dns_list_row *rows, size_t count,
	int64_t now, int64_t *ret_age)
{
	struct whole_file file = {0};

	if (whole_file_read(b->cache, KEPT_MAX, &file) < 0)
		return false;
	json_t *kept = json_loadb(file.text, file.len, JSON_REJECT_DUPLICATES, NULL);
	whole_file_clear(&file);
	bool is_read = check_blocklists_read(kept, rows, count, now, ret_age);
	json_decref(kept);
	return is_read;
}

static int keep(const struct blocklists_settings *b, const struct dns_list_row *rows, size_t count,
	int64_t now, struct problem *problem)
{
	const struct stat like = {
		.st_mode = S_IFREG | 0600, .st_uid = geteuid(), .st_gid = getegid()};
	json_t *kept = check_blocklists_kept(rows, count, now);
	char *text = json_dumps(kept, JSON_COMPACT | JSON_ENSURE_ASCII), shown[256];

	json_decref(kept);
	if (text == NULL)
		abort(); /* memory has ended */
	int err = whole_file_write(b->cache, slice_of(text), &like);
	free(text);
	if (err < 0)
		return problem_set(problem, err,
			"lists are not asked where the answer cannot be kept: %s: %s",
			printable_text(slice_of(b->cache), shown, sizeof(shown)), strerror(-err));
	return 0;
}

/* Before it asks it has written: who cannot keep an answer would ask each minute. */
static int ask(const struct blocklists_settings *b, struct dns_list_row **rows, size_t *count,
	int64_t now, struct problem *problem)
{
	const struct dns_lists_question question = {.zones = b->zones.at,
		.zone_count = b->zones.count,
		.addresses = b->addresses.at,
		.address_count = b->addresses.count,
		.server = b->resolver,
		.time_ms = ASK_MS};
	struct dns_list_row *answers = NULL;

	int err = keep(b, NULL, 0, now, problem);
	if (err == 0)
		err = dns_lists_ask(&question, &answers, count, problem);
	if (err < 0)
		return err;
	free(*rows);
	*rows = answers;
	return keep(b, answers, *count, now, problem);
}

static int write_answer(const struct check_run *run, const struct dns_list_row *rows, size_t count,
	int64_t age, struct problem *problem)
{
	struct check_blocklists c;

	check_blocklists_begin(&c);
	int r = check_read_range("warning", run->settings->warning, &c.listed.warning, problem);
	if (r == 0)
		r = check_read_range(
			"critical", run->settings->critical, &c.listed.critical, problem);
	if (r < 0)
		return r;
	check_blocklists_judge(&c, rows, count);
	if (run->context->global.json)
		json_line(run->out, check_blocklists_json(&c, rows, count, age));
	else
		check_blocklists_write(run->out, &c, rows, count, age);
	return (int)c.status;
}

int check_blocklists_mode(const struct check_run *run, struct problem *problem)
{
	const struct settings_values *values = NULL;
	int64_t now = (int64_t)time(NULL), age = 0;
	int r = context_settings(run->context, &values, problem);

	if (r < 0)
		return r;
	const struct blocklists_settings *b = &values->blocklists;
	size_t count = b->zones.count * b->addresses.count;
	if (count == 0)
		return problem_set(problem, -EINVAL,
			"blocklists.zones and blocklists.addresses say what is to be asked, and "
			"where");
	struct dns_list_row *rows = blank_rows(b);
	if (!read_kept(b, rows, count, now, &age))
		r = ask(b, &rows, &count, now, problem);
	if (r == 0)
		r = write_answer(run, rows, count, age, problem);
	free(rows);
	return r;
}
