#include "incidents/journal_file.h"

#include "base/memory.h"
#include "base/printable.h"
#include "facts/networks.h"
#include "formats/page_users.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGE_TTY "page " /* and the address, in the place of a terminal: none begins so */

enum statement {
	ADD_HOLD,
	ADD_ACTION,
	ADD_MESSAGE,
	ADD_MESSAGE_AGAIN,
	SET_DETAILS,
	SET_STATE,
	SET_STATES,
	ADD_PROBLEM,
	END_ACTION,
	EACH_HOLD,
	EACH_UNFINISHED,
	EACH_MESSAGE,
	EACH_MESSAGE_OF_HOLD,
	EACH_MESSAGE_OF_ID,
	STATEMENTS
};

#define MESSAGE_COLUMNS                                                                            \
	"SELECT m.hold, m.id, m.state, m.from_queue, m.from_letter, m.msglog_letter, m.source,"    \
	" m.sender, m.recipients, m.recipient_count, m.received, m.action FROM messages m"
#define MESSAGE_CHOICE                                                                             \
	" AND (?2 = 0 OR m.action = ?2) AND (?4 = 0 OR (SELECT created FROM holds h"               \
	" WHERE h.hold = m.hold) < ?4)"

_Static_assert(STATEMENTS <= JOURNAL_PLACES, "each has a place");

static const char *const statements[STATEMENTS] = {
	[ADD_HOLD] =
		"INSERT INTO holds(created, uid, user, sudo_user, tty, reason, selector, source,"
		" spool, queue) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
	[ADD_ACTION] = "INSERT INTO actions(kind, hold, began, uid, user, sudo_user, tty, request)"
		       " VALUES(?1, NULLIF(?2, 0), ?3, ?4, ?5, ?6, ?7, ?8)",
	[ADD_MESSAGE] = "INSERT INTO messages(hold, id, state, action, from_queue, from_letter,"
			" msglog_letter, source, sender, recipients, recipient_count, received)"
			" VALUES(?1, ?2, ?3, ?12, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[ADD_MESSAGE_AGAIN] = "UPDATE messages SET state = ?3, action = ?12, from_queue = ?4,"
			      " from_letter = ?5, msglog_letter = ?6 WHERE hold = ?1 AND id = ?2",
	[SET_DETAILS] = "UPDATE messages SET state = ?3, msglog_letter = ?6, source = ?7,"
			" sender = ?8, recipients = ?9, recipient_count = ?10, received = ?11"
			" WHERE hold = ?1 AND id = ?2",
	[SET_STATE] = "UPDATE messages SET state = ?3, action = ?4 WHERE hold = ?1 AND id = ?2",
	[SET_STATES] = "UPDATE messages SET state = ?4, action = ?5 WHERE hold = ?1"
		       " AND (?2 = 0 OR action = ?2) AND state = ?3",
	[ADD_PROBLEM] = "INSERT INTO problems(action, hold, id, why) VALUES(?1, ?2, ?3, ?4)",
	[END_ACTION] = "UPDATE actions SET ended = ?2, messages = ?3, done = ?4, left_alone = ?5,"
		       " missing = ?6, conflict = ?7, recovered = ?8 WHERE action = ?1",
	[EACH_HOLD] =
		"SELECT h.hold, h.created, h.uid, h.user, h.sudo_user, h.tty, h.reason, h.selector,"
		" h.source, h.spool, h.queue, EXISTS(SELECT 1 FROM actions a WHERE a.ended IS NULL"
		" AND (a.hold = h.hold OR a.hold IS NULL)), m.state, count(m.id), min(m.received)"
		" FROM holds h LEFT JOIN messages m ON m.hold = h.hold WHERE ?1 = 0 OR h.hold = ?1"
		" GROUP BY h.hold, m.state ORDER BY h.hold",
	[EACH_UNFINISHED] =
		"SELECT action, kind, ifnull(hold, 0), began, uid, user, sudo_user, tty,"
		" request FROM actions WHERE ended IS NULL ORDER BY action",
	[EACH_MESSAGE] = MESSAGE_COLUMNS " WHERE ?1 = 0" MESSAGE_CHOICE " ORDER BY m.hold, m.id",
	[EACH_MESSAGE_OF_HOLD] =
		MESSAGE_COLUMNS " WHERE m.hold = ?1" MESSAGE_CHOICE " ORDER BY m.id",
	[EACH_MESSAGE_OF_ID] = MESSAGE_COLUMNS
	" WHERE m.id = ?3 AND (?1 = 0 OR m.hold = ?1)" MESSAGE_CHOICE " ORDER BY m.hold",
};

static const char *const state_names[MESSAGE_STATES] = {
	[MESSAGE_INTENDED] = "intended",
	[MESSAGE_HELD] = "held",
	[MESSAGE_LEFT] = "left",
	[MESSAGE_RESTORING] = "restoring",
	[MESSAGE_RESTORED] = "restored",
	[MESSAGE_PURGING] = "purging",
	[MESSAGE_PURGED] = "purged",
	[MESSAGE_RELEASED] = "released",
	[MESSAGE_GONE] = "gone",
};

const char *message_state_name(enum message_state state)
{
	return state_names[state];
}

static const char *const kind_names[ACTION_KINDS] = {
	[ACTION_HOLD] = "hold", [ACTION_RESTORE] = "restore", [ACTION_PURGE] = "purge"};

const char *action_kind_name(enum action_kind kind)
{
	return kind_names[kind];
}

/* What the daemon has said of a user of the page; false: nothing that can be. */
static bool read_page_who(const char *said, struct journal_who *ret)
{
	struct slice name = slice_of(said);
	size_t blank = slice_find(name, ' ');
	struct slice address = slice_after(name, blank + 1);
	struct address sound;

	name = slice_first(name, blank);
	if (!page_users_is_name(name) || address_parse(address, &sound) < 0)
		return false;
	(void)snprintf(ret->user, sizeof(ret->user), "%.*s", (int)name.len, name.at);
	(void)snprintf(ret->tty, sizeof(ret->tty), PAGE_TTY "%.*s", (int)address.len, address.at);
	return true;
}

void journal_who_now(struct journal_who *ret)
{
	const struct passwd *p = getpwuid(getuid());
	const char *sudo = getenv("SUDO_USER"), *page = getenv(JOURNAL_PAGE_WHO);

	*ret = (struct journal_who){.uid = getuid()};
	if (page != NULL && sudo == NULL && read_page_who(page, ret))
		return;
	if (p != NULL)
		(void)snprintf(ret->user, sizeof(ret->user), "%s", p->pw_name);
	else
		(void)snprintf(ret->user, sizeof(ret->user), "uid %u", (unsigned)ret->uid);
	if (sudo != NULL)
		(void)snprintf(ret->sudo_user, sizeof(ret->sudo_user), "%s", sudo);
	for (int fd = 0; fd < 3 && ret->tty[0] == '\0'; fd++)
		if (ttyname_r(fd, ret->tty, sizeof(ret->tty)) != 0)
			ret->tty[0] = '\0';
}

char *journal_who_text(const struct journal_who *who, char at[192])
{
	char user[72], sudo[72], from[72];

	printable_text(slice_of(who->user), user, sizeof(user));
	printable_text(slice_of(who->sudo_user), sudo, sizeof(sudo));
	if (slice_starts(slice_of(who->tty), PAGE_TTY)) {
		printable_text(
			slice_after(slice_of(who->tty), strlen(PAGE_TTY)), from, sizeof(from));
		(void)snprintf(at, 192, "%s (page, %s)", user, from);
		return at;
	}
	if (sudo[0] != '\0')
		(void)snprintf(at, 192, "%s (sudo by %s)", user, sudo);
	else
		(void)snprintf(at, 192, "%s", user);
	return at;
}

static int prepare(
	struct journal *j, enum statement which, sqlite3_stmt **ret, struct problem *problem)
{
	return journal_prepare(j, which, statements[which], ret, problem);
}

static void bind_id(sqlite3_stmt *s, int at, const struct exim_id *id)
{
	sqlite3_bind_text(s, at, id->text, id->len, SQLITE_STATIC);
}

int journal_add_hold(struct journal *j, const struct journal_hold *hold, int64_t *ret_hold,
	struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, ADD_HOLD, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, hold->created);
	journal_bind_who(s, 2, &hold->who);
	journal_bind_text(s, 6, hold->reason);
	journal_bind_text(s, 7, hold->selector);
	journal_bind_text(s, 8, hold->source);
	journal_bind_text(s, 9, hold->spool);
	journal_bind_text(s, 10, hold->queue);
	err = journal_finish(j, s, problem);
	if (err == 0)
		*ret_hold = sqlite3_last_insert_rowid(j->db);
	return err;
}

int journal_add_action(struct journal *j, const struct journal_action *action, int64_t *ret_action,
	struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, ADD_ACTION, &s, problem);

	if (err < 0)
		return err;
	journal_bind_text(s, 1, kind_names[action->kind]);
	sqlite3_bind_int64(s, 2, action->hold);
	sqlite3_bind_int64(s, 3, action->began);
	journal_bind_who(s, 4, &action->who);
	journal_bind_text(s, 8, action->request);
	err = journal_finish(j, s, problem);
	if (err == 0)
		*ret_action = sqlite3_last_insert_rowid(j->db);
	return err;
}

static void bind_letter(sqlite3_stmt *s, int at, const char *letter)
{
	sqlite3_bind_text(s, at, letter, *letter != 0 ? 1 : 0, SQLITE_STATIC);
}

/* ?1, ?2 and ?6 to ?11, which adding and completing have in common. */
static void bind_message(sqlite3_stmt *s, const struct journal_message *m)
{
	sqlite3_bind_int64(s, 1, m->hold);
	bind_id(s, 2, &m->id);
	bind_letter(s, 6, &m->msglog_letter);
	if (!m->details)
		return; /* unbound is NULL */
	journal_bind_slice(s, 7, m->source);
	journal_bind_slice(s, 8, m->sender);
	journal_bind_slice(s, 9, slice_first(m->recipients, JOURNAL_RECIPIENTS_MAX));
	sqlite3_bind_int64(s, 10, (int64_t)m->recipient_count);
	sqlite3_bind_int64(s, 11, m->received);
}

static int bind_to_add(struct journal *j, enum statement which,
	const struct journal_message *message, sqlite3_stmt **ret, struct problem *problem)
{
	int err = prepare(j, which, ret, problem);

	if (err < 0)
		return err;
	bind_message(*ret, message);
	journal_bind_text(*ret, 3, state_names[message->state]);
	journal_bind_text(*ret, 4, message->queue);
	bind_letter(*ret, 5, &message->letter);
	sqlite3_bind_int64(*ret, 12, message->action);
	return 0;
}

/* Two statements, because one for both (ON CONFLICT) makes SQLite keep a journal of each, a third
 * of the time of an intent. */
int journal_add_message(
	struct journal *j, const struct journal_message *message, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = bind_to_add(j, ADD_MESSAGE, message, &s, problem);

	if (err < 0)
		return err;
	int rc = sqlite3_step(s);
	if (rc != SQLITE_CONSTRAINT ||
		sqlite3_extended_errcode(j->db) != SQLITE_CONSTRAINT_PRIMARYKEY)
		return journal_finish_step(j, s, rc, problem);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	err = bind_to_add(j, ADD_MESSAGE_AGAIN, message, &s, problem);
	return err == 0 ? journal_finish(j, s, problem) : err;
}

int journal_set_details(
	struct journal *j, const struct journal_message *message, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, SET_DETAILS, &s, problem);

	if (err < 0)
		return err;
	bind_message(s, message);
	journal_bind_text(s, 3, state_names[message->state]);
	return journal_finish(j, s, problem);
}

int journal_set_state(struct journal *j, int64_t hold, const struct exim_id *id,
	enum message_state state, int64_t action, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, SET_STATE, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, hold);
	bind_id(s, 2, id);
	journal_bind_text(s, 3, state_names[state]);
	sqlite3_bind_int64(s, 4, action);
	return journal_finish(j, s, problem);
}

int journal_set_states(struct journal *j, int64_t hold, int64_t action, enum message_state from,
	enum message_state to, int64_t by, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, SET_STATES, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, hold);
	sqlite3_bind_int64(s, 2, action);
	journal_bind_text(s, 3, state_names[from]);
	journal_bind_text(s, 4, state_names[to]);
	sqlite3_bind_int64(s, 5, by);
	return journal_finish(j, s, problem);
}

int journal_add_problem(struct journal *j, int64_t action, int64_t hold, const struct exim_id *id,
	const char *why, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, ADD_PROBLEM, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, action);
	sqlite3_bind_int64(s, 2, hold);
	bind_id(s, 3, id);
	journal_bind_text(s, 4, why);
	return journal_finish(j, s, problem);
}

int journal_end_action(struct journal *j, int64_t action, int64_t ended,
	const struct journal_counts *counts, bool recovered, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int err = prepare(j, END_ACTION, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, action);
	sqlite3_bind_int64(s, 2, ended);
	sqlite3_bind_int64(s, 3, (int64_t)counts->messages);
	sqlite3_bind_int64(s, 4, (int64_t)counts->done);
	sqlite3_bind_int64(s, 5, (int64_t)counts->left);
	sqlite3_bind_int64(s, 6, (int64_t)counts->missing);
	sqlite3_bind_int64(s, 7, (int64_t)counts->conflict);
	sqlite3_bind_int(s, 8, recovered);
	return journal_finish(j, s, problem);
}

/* Text of the row's own, because the rows of one hold are gathered before the visitor sees it. */
struct hold_row {
	struct journal_hold hold;
	char *texts[5];
};

static void row_clear(struct hold_row *row)
{
	for (int i = 0; i < 5; i++)
		free(row->texts[i]);
	*row = (struct hold_row){0};
}

static void row_begin(struct hold_row *row, sqlite3_stmt *s)
{
	row_clear(row);
	row->hold.hold = sqlite3_column_int64(s, 0);
	row->hold.created = sqlite3_column_int64(s, 1);
	journal_column_who(s, 2, &row->hold.who);
	for (int i = 0; i < 5; i++) {
		struct slice text = journal_column_slice(s, 6 + i);

		row->texts[i] = memory_copy(text.at, text.len);
	}
	row->hold.reason = row->texts[0];
	row->hold.selector = row->texts[1];
	row->hold.source = row->texts[2];
	row->hold.spool = row->texts[3];
	row->hold.queue = row->texts[4];
	row->hold.unfinished = sqlite3_column_int(s, 11) != 0;
}

static void row_count(struct hold_row *row, sqlite3_stmt *s)
{
	int state = journal_column_name(s, 12, state_names, MESSAGE_STATES);
	uint64_t n = (uint64_t)sqlite3_column_int64(s, 13);

	row->hold.messages += n;
	if (state < 0)
		return;
	row->hold.by_state[state] += n;
	if (state == MESSAGE_HELD)
		row->hold.oldest = sqlite3_column_int64(s, 14);
}

int journal_each_hold(struct journal *j, int64_t hold, journal_hold_visit *visit, void *context,
	struct problem *problem)
{
	struct hold_row row = {0};
	sqlite3_stmt *s = NULL;
	bool more = true;
	int rc, err = prepare(j, EACH_HOLD, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, hold);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW && more) {
		if (row.hold.hold != sqlite3_column_int64(s, 0)) {
			if (row.hold.hold != 0)
				more = visit(context, &row.hold);
			row_begin(&row, s);
		}
		row_count(&row, s);
	}
	if (more && rc == SQLITE_DONE && row.hold.hold != 0)
		visit(context, &row.hold);
	row_clear(&row);
	return journal_finish_rows(j, s, rc, problem);
}

int journal_each_unfinished(
	struct journal *j, journal_action_visit *visit, void *context, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	int rc, err = prepare(j, EACH_UNFINISHED, &s, problem);

	if (err < 0)
		return err;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		int kind = journal_column_name(s, 1, kind_names, ACTION_KINDS);
		struct journal_action a = {
			.action = sqlite3_column_int64(s, 0),
			.kind = (enum action_kind)kind,
			.hold = sqlite3_column_int64(s, 2),
			.began = sqlite3_column_int64(s, 3),
			.request = journal_column_text(s, 8),
		};

		journal_column_who(s, 4, &a.who);
		if (kind >= 0 && !visit(context, &a))
			break;
	}
	return journal_finish_rows(j, s, rc, problem);
}

static bool read_message(sqlite3_stmt *s, struct journal_message *ret)
{
	int state = journal_column_name(s, 2, state_names, MESSAGE_STATES);

	*ret = (struct journal_message){
		.hold = sqlite3_column_int64(s, 0),
		.state = (enum message_state)state,
		.queue = journal_column_text(s, 3),
		.letter = journal_column_text(s, 4)[0],
		.msglog_letter = journal_column_text(s, 5)[0],
		.details = sqlite3_column_type(s, 6) != SQLITE_NULL,
	};
	/* What was changed by hand so that it is no id, no state or no letter is left alone. */
	if (state < 0 || exim_id_parse(journal_column_slice(s, 1), &ret->id) < 0 ||
		(ret->letter != 0 && !exim_id_is_digit(ret->letter)) ||
		(ret->msglog_letter != 0 && !exim_id_is_digit(ret->msglog_letter)) ||
		(ret->queue[0] != '\0' && !exim_spool_is_queue_name(ret->queue)))
		return false;
	ret->source = journal_column_slice(s, 6);
	ret->sender = journal_column_slice(s, 7);
	ret->recipients = journal_column_slice(s, 8);
	ret->recipient_count = (uint64_t)sqlite3_column_int64(s, 9);
	ret->received = sqlite3_column_int64(s, 10);
	ret->action = sqlite3_column_int64(s, 11);
	return true;
}

int journal_each_message(struct journal *j, const struct journal_choice *choice,
	journal_message_visit *visit, void *context, struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	enum statement which = choice->id != NULL  ? EACH_MESSAGE_OF_ID
			       : choice->hold != 0 ? EACH_MESSAGE_OF_HOLD
						   : EACH_MESSAGE;
	int rc, err = prepare(j, which, &s, problem);

	if (err < 0)
		return err;
	sqlite3_bind_int64(s, 1, choice->hold);
	sqlite3_bind_int64(s, 2, choice->action);
	if (choice->id != NULL)
		bind_id(s, 3, choice->id);
	sqlite3_bind_int64(s, 4, choice->held_before);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct journal_message m;

		if (!read_message(s, &m)) {
			journal_finish_rows(j, s, rc, NULL);
			return problem_set(problem, -EBADMSG,
				"%s holds a message that is none: it was changed by hand", j->path);
		}
		if (choice->states != 0 && (choice->states >> m.state & 1) == 0)
			continue;
		if (!visit(context, &m))
			break;
	}
	return journal_finish_rows(j, s, rc, problem);
}
