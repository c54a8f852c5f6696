#include "reports/exim_list.h"

#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void put(FILE *out, struct slice raw)
{
	if (raw.len > 0)
		(void)fwrite(raw.at, 1, raw.len, out);
}

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)

/* Minutes up to 90, then hours up to 72, then days: rounded as Exim rounds. */
static void put_age(FILE *out, int64_t received, int64_t now)
{
	int64_t n = (now - received) / 60;
	char unit = 'm';

	if (n > 90) {
		n = (n + 30) / 60;
		unit = 'h';
		if (n > 72) {
			n = (n + 12) / 24;
			unit = 'd';
		}
	}
	(void)fprintf(out, "%2" PRId64 "%c ", n, unit);
}

static void put_size(FILE *out, int64_t size)
{
	if (size == 0)
		(void)fputs("     ", out);
	else if (size < KIB)
		(void)fprintf(out, "%5" PRId64, size);
	else if (size < 10 * KIB)
		(void)fprintf(out, "%4.1fK", (double)size / (double)KIB);
	else if (size < MIB)
		(void)fprintf(out, "%4" PRId64 "K", (size + KIB / 2) / KIB);
	else if (size < 10 * MIB)
		(void)fprintf(out, "%4.1fM", (double)size / (double)MIB);
	else
		(void)fprintf(out, "%4" PRId64 "M", (size + MIB / 2) / MIB);
}

/* What Exim could make of the file. */
enum reading { READ, READ_ENVELOPE, READ_NOTHING };

static enum reading reading_of(const struct scanned *m, bool sensed)
{
	if (!sensed || !m->header->envelope_read ||
		m->header->recipient_count > EXIM_LIST_RECIPIENTS_MAX)
		return READ_NOTHING;
	return m->header->damage.what != NULL ? READ_ENVELOPE : READ;
}

/* Less than nothing for a -D that is cut off within its name line: Exim prints that, too. */
static int64_t size_of(const struct scanned *m)
{
	if (m->data_size < 0)
		return 0;
	return (int64_t)m->header->fields_size + m->data_size -
	       (int64_t)exim_id_body_offset(&m->id) + 1;
}

static void put_damage(FILE *out, const struct scanned *m)
{
	(void)fputs("\n    ", out);
	if (m->header == NULL && m->error != 0)
		(void)fprintf(out, "*** spool read error: %s ***", strerror(-m->error));
	else
		(void)fprintf(out, "*** spool format error: size=%zu ***", m->file.len);
}

static void put_recipients(FILE *out, enum exim_list_form form, const struct queued *q)
{
	for (size_t i = 0; i < q->recipient_count; i++) {
		if (q->delivered[i] && form == EXIM_LIST_BPU)
			continue;
		(void)fputs(q->delivered[i] ? "        D " : "          ", out);
		put(out, q->recipients[i]);
		(void)fputc('\n', out);
	}
}

static int compare_slices(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	int order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);

	return order != 0 ? order : x->len < y->len ? -1 : x->len > y->len;
}

/* The recipients, sorted. The caller frees it. */
static struct slice *sorted_recipients(const struct queued *q)
{
	struct slice *sorted = memory_new(q->recipient_count, sizeof(*sorted));

	for (size_t i = 0; i < q->recipient_count; i++)
		sorted[i] = q->recipients[i];
	qsort(sorted, q->recipient_count, sizeof(*sorted), compare_slices);
	return sorted;
}

/* All addresses that are done, of the tree and the journal, sorted, as Exim's tree is. */
static struct slice *sorted_done(const struct scanned *m, size_t *ret_count)
{
	struct slice tree = m->header->delivered, journal = m->journal, name;
	size_t count = 0, room = m->header->delivered_count;

	for (size_t i = 0; i < journal.len; i++)
		room += journal.at[i] == '\n';
	struct slice *done = memory_new(room, sizeof(*done));
	while (count < room && exim_delivered_next(&tree, &name))
		done[count++] = name;
	while (count < room && slice_take_line(&journal, &name))
		done[count++] = name;
	qsort(done, count, sizeof(*done), compare_slices);
	*ret_count = count;
	return done;
}

static void put_made_addresses(FILE *out, const struct scanned *m, const struct queued *q)
{
	size_t count = 0;
	struct slice *done = sorted_done(m, &count), *recipients = sorted_recipients(q);

	for (size_t i = 0; i < count; i++) {
		if (i > 0 && slice_equal(done[i], done[i - 1]))
			continue;
		if (bsearch(&done[i], recipients, q->recipient_count, sizeof(*recipients),
			    compare_slices) != NULL)
			continue;
		(void)fputs("       +D ", out);
		put(out, done[i]);
		(void)fputc('\n', out);
	}
	free(done);
	free(recipients);
}

static void put_envelope(FILE *out, const struct scanned *m)
{
	(void)fputs(" <", out);
	put(out, m->header->sender);
	(void)fputc('>', out);
	if (m->header->flags & EXIM_SENDER_SET_UNTRUSTED) {
		(void)fputs(" (", out);
		put(out, m->header->login);
		(void)fputc(')', out);
	}
}

void exim_list_write(FILE *out, enum exim_list_form form, const struct scanned *m,
	const struct queued *q, bool sensed, int64_t now)
{
	enum reading reading = reading_of(m, sensed);

	if (form == EXIM_LIST_BPI) {
		(void)fprintf(out, "%s\n", m->id.text);
		return;
	}
	if (reading == READ_NOTHING) {
		(void)fprintf(out, "      %s", m->id.text);
		put_damage(out, m);
		(void)fputs("\n\n", out);
		return;
	}
	put_age(out, q->received, now);
	put_size(out, size_of(m));
	(void)fprintf(out, " %s", m->id.text);
	put_envelope(out, m);
	if (reading == READ_ENVELOPE)
		put_damage(out, m);
	if (q->frozen)
		(void)fputs(" *** frozen ***", out);
	(void)fputc('\n', out);
	put_recipients(out, form, q);
	if (form == EXIM_LIST_BPA)
		put_made_addresses(out, m, q);
	(void)fputc('\n', out);
}
