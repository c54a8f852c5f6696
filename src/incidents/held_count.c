#include "incidents/held_count.h"

#include "incidents/journal_file.h"

#define PLACES 78 /* the last: behind those of measures.c */

enum statement { HELD, VERSION, STATEMENTS };
_Static_assert(PLACES + STATEMENTS <= JOURNAL_PLACES, "each has a place");

static const char *const statements[STATEMENTS] = {
	[HELD] = "SELECT count(*) FROM messages WHERE state = ?1",
	[VERSION] = "PRAGMA data_version",
};

static int read_number(struct journal *j, sqlite3_stmt *s, uint64_t *ret, struct problem *problem)
{
	int rc = sqlite3_step(s);
	uint64_t n = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
	int err = journal_finish_rows(j, s, rc, problem);

	if (err == 0)
		*ret = n;
	return err;
}

int held_count(struct journal *j, uint64_t *ret, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = journal_prepare(j, PLACES + HELD, statements[HELD], &s, problem);

	if (err < 0)
		return err;
	journal_bind_text(s, 1, message_state_name(MESSAGE_HELD));
	return read_number(j, s, ret, problem);
}

/* SQLite counts the commits of others, and we our own changes. */
int held_count_version(struct journal *j, uint64_t *ret, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	uint64_t of_others = 0;
	int err = journal_prepare(j, PLACES + VERSION, statements[VERSION], &s, problem);

	if (err == 0)
		err = read_number(j, s, &of_others, problem);
	if (err == 0)
		*ret = of_others << 32 | (uint32_t)sqlite3_total_changes(j->db);
	return err;
}
