/* exim_log.h - one line of Exim's main log or reject log, taken apart.
 *
 * Source of the forms: Exim's receive.c, deliver.c, smtp_in.c and log.c at 4.80 to 4.99.1, its
 * specification, chapter "Log files", and lines that a 4.96 wrote. Much of a line is text that a
 * stranger chose, and blanks in it are not escaped: HELO, quoted local parts, Message-ID, Subject,
 * the other side's answers, a certificate's name, what an ident server said. So no tag is ever
 * searched for in the whole line. A line is read by its grammar, and where strangers' text could
 * shift the fields there must be exactly one way to read it; with none, or with two, the line is
 * EXIM_LOG_DAMAGED and nothing behind its id is believed.
 *
 * What this cannot see: a "logwrite" of the configuration that begins with a stranger's text.
 *
 * Nothing is allocated or copied; time grows with the length of the line. */
#ifndef STANCH_FORMATS_EXIM_LOG_H
#define STANCH_FORMATS_EXIM_LOG_H

#include "base/slice.h"
#include "formats/exim_id.h"
#include "formats/failure.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes of the longest entry that Exim writes, with its LF. */
#define EXIM_LOG_LINE_MAX 8192

enum exim_log_kind {
	EXIM_LOG_OTHER,   /* nothing that is of use here: time and id are read, not more */
	EXIM_LOG_DAMAGED, /* looks like one of the below and does not hold together */

	/* a message arrived: .arrival */
	EXIM_LOG_ACCEPTED,      /* <= */
	EXIM_LOG_FAKE_REJECTED, /* (= accepted, but the client was told that it was rejected */

	/* what became of one recipient: .delivery */
	EXIM_LOG_DELIVERED,      /* => the first address of a transaction */
	EXIM_LOG_DELIVERED_ALSO, /* -> a further one */
	EXIM_LOG_CUT_THROUGH,    /* >> delivered while it was received, before its <= */
	EXIM_LOG_NOT_DELIVERED,  /* *> suppressed by -N */
	EXIM_LOG_FAILED,         /* ** for good */
	EXIM_LOG_DEFERRED,       /* == to be tried again */

	/* what became of the message: .note */
	EXIM_LOG_COMPLETED,    /* left the queue; .note is empty or "QT=3s" */
	EXIM_LOG_FROZEN,       /* .note: by whom, "ACL", or "(delivery error message)", or empty */
	EXIM_LOG_STILL_FROZEN, /* "Message is frozen", once a queue run */
	EXIM_LOG_UNFROZEN,     /* .note: by whom or what */
	EXIM_LOG_REMOVED,      /* removed or cancelled; .note: by whom */
	EXIM_LOG_MOVED,        /* between queues; .note: "(q) input, msglog to input, msglog" */
	EXIM_LOG_LOCKED,       /* another process is handling it */
	EXIM_LOG_QUEUED,       /* no immediate delivery; .note: why */

	/* a client was turned away: .refusal */
	EXIM_LOG_REFUSED,

	/* a client's session: .session */
	EXIM_LOG_LOGIN_FAILED,
	EXIM_LOG_CONNECTED,
	EXIM_LOG_CLOSED,
	EXIM_LOG_LOST,    /* went away or said nothing for too long */
	EXIM_LOG_DROPPED, /* put out for too many mistakes */
	EXIM_LOG_NO_MAIL, /* ended without MAIL; a login that only tried the password, say */

	/* the server */
	EXIM_LOG_COMMAND,         /* "cwd=": Exim was called: .command */
	EXIM_LOG_COMMAND_MORE,    /* "...": further arguments of the line before */
	EXIM_LOG_DAEMON_STARTED,  /* .note: what follows, "pid=…" */
	EXIM_LOG_QUEUE_RUN_BEGUN, /* .note: what follows, "pid=…" */
	EXIM_LOG_QUEUE_RUN_ENDED,
	EXIM_LOG_KINDS
};

/* "accepted", "login failed", …: a fixed word of ours. */
const char *exim_log_kind_name(enum exim_log_kind kind);

/* As the line has it. Exim writes local time, so an hour comes twice when summer time ends, unless
 * the zone is written too (log_timezone). Each number is within its range; day 31 of any month and
 * second 60 may occur. */
struct exim_log_time {
	uint16_t year; /* 0: the line has no time, and all else is 0 */
	uint8_t month, day, hour, minute, second;
	bool has_zone;
	int16_t zone_minutes; /* east of UTC */
	uint32_t us;          /* 0 without millisec */
};

/* All slices here and below point into the line; .at is NULL for what is not in the line. */

/* Who was at the other end of an incoming session. */
struct exim_log_client {
	struct slice name; /* found by Exim in the DNS and verified */
	struct slice helo; /* as the client said it, without the () around it */
	struct slice ip;   /* without the [] around it; .at NULL: a local process */
	unsigned port;     /* 0: not logged */
	struct slice
		ident; /* U=: the login of a local process; over TCP what an ident server said */
	uint64_t connection; /* Ci=; 0: not logged (before 4.97) */
};

struct exim_log_login {
	struct slice authenticator; /* .at NULL: none */
	struct slice id;
	struct slice mail_auth; /* AUTH= of MAIL, with the selector smtp_mailauth */
};

struct exim_log_arrival {
	struct slice sender;    /* without <>, quotes kept; .len 0 for a bounce */
	struct slice bounce_of; /* R=: the id of the message that it returns */
	struct exim_log_client client;
	struct slice protocol;       /* esmtpsa, local, … */
	struct exim_log_login login; /* only with a protocol that is authenticated */
	struct slice cipher;         /* X= */
	uint64_t size;               /* bytes */
	struct slice queue;          /* Q= */
	struct slice message_id;     /* id=, without <> */
	bool message_id_made;        /* id*=: Exim made it */
	struct slice subject;        /* without the quotes; see exim_log_unescape() */
	struct slice raw_sender;     /* " from <…>", before rewriting */
	struct slice recipients;     /* see exim_log_recipient_next() */
	unsigned recipient_count;    /* of those in the line */
	bool recipients_cut;         /* there may be more than the line has room for */
};

/* After which command the other side's answer came. */
enum exim_log_step {
	EXIM_LOG_STEP_NONE, /* not said */
	EXIM_LOG_STEP_CONNECT,
	EXIM_LOG_STEP_HELO,
	EXIM_LOG_STEP_TLS,
	EXIM_LOG_STEP_AUTH,
	EXIM_LOG_STEP_MAIL,
	EXIM_LOG_STEP_RCPT,
	EXIM_LOG_STEP_DATA,
	EXIM_LOG_STEP_END_OF_DATA,
	EXIM_LOG_STEP_OTHER
};

struct exim_log_delivery {
	struct slice address;  /* without quotes; a local part, |command, /file or >address too */
	struct slice original; /* the recipient it was made from, quotes kept; .at NULL: the same */
	struct slice parents;  /* what lies between, "a, b" */
	struct slice sender;   /* F=, without <> */
	struct slice queue, router, transport;
	struct slice host; /* H=: as Exim looked it up */
	struct slice ip;
	unsigned port;
	bool reused;         /* not the first message on that connection */
	bool local;          /* delivered by a transport to a file, a pipe, …: no host */
	bool nowhere;        /* :blackhole: and its like: delivered, and thrown away */
	uint64_t size;       /* S= */
	int64_t queue_ms;    /* QT=; -1: not logged */
	int64_t delivery_ms; /* DT=; -1: not logged */
	struct slice answer; /* C=, without the quotes; see exim_log_unescape() */

	/* FAILED and DEFERRED only */
	struct slice text;          /* why, behind the colon */
	int error;                  /* in "defer (n)": an errno, or a negative number of Exim's */
	struct failure_reply reply; /* the other side's codes, zeros when it said nothing */
	enum exim_log_step step;
	enum failure failure;
};

enum exim_log_stage {
	EXIM_LOG_AT_CONNECT,
	EXIM_LOG_AT_HELO,
	EXIM_LOG_AT_AUTH,
	EXIM_LOG_AT_MAIL,
	EXIM_LOG_AT_RCPT,
	EXIM_LOG_AT_PREDATA, /* DATA itself */
	EXIM_LOG_AT_DATA,    /* after the message: the line's id never gets a <= */
	EXIM_LOG_AT_MIME,
	EXIM_LOG_AT_LOCAL, /* a message of a local process, not by SMTP */
	EXIM_LOG_AT_OTHER  /* VRFY, STARTTLS, local_scan(), … */
};

struct exim_log_refusal {
	struct exim_log_client client;
	struct exim_log_login login;
	enum exim_log_stage stage;
	bool temporary;
	bool has_sender;
	struct slice sender;  /* F=, without <> */
	struct slice address; /* of MAIL or RCPT, without <>; as the client wrote it */
	struct slice text;    /* the reason, which may hold text of the client's */
};

struct exim_log_session {
	struct exim_log_client client;
	struct exim_log_login login; /* LOGIN_FAILED: .id is the name that was tried (set_id) */
	unsigned code;               /* LOGIN_FAILED: 535 wrong, 435 could not look, 501, 553 */
	int64_t duration_ms;         /* D=; -1: not logged */
	unsigned count;              /* CONNECTED: open connections, this one included */
	struct slice commands;       /* NO_MAIL: "EHLO,AUTH,QUIT" */
	struct slice text; /* CLOSED: "QUIT"; LOST, DROPPED: how; LOGIN_FAILED: the answer */
};

struct exim_log_command {
	struct slice folder;    /* where the caller stood; for a script that of the script */
	unsigned count;         /* arguments, the program included */
	struct slice arguments; /* blanks between them; those with blanks or empty are in quotes */
};

struct exim_log_line {
	enum exim_log_kind kind;
	const char *damage; /* DAMAGED: what is wrong, a sentence of ours without its end */
	bool unfinished;    /* DAMAGED: an address in it goes on in the next line */
	struct exim_log_time time;
	uint64_t pid;      /* 0: not logged */
	struct exim_id id; /* .len 0: none */
	union {            /* by kind, see there */
		struct exim_log_arrival arrival;
		struct exim_log_delivery delivery;
		struct exim_log_refusal refusal;
		struct exim_log_session session;
		struct exim_log_command command;
		struct slice note;
	};
};

/* Takes a line, without its LF, apart. Always fills *ret; the part of the union that does not
 * belong to the kind is not to be read. A line without a time at its front (the headers in the
 * reject log) is EXIM_LOG_OTHER. */
void exim_log_parse(struct slice line, struct exim_log_line *ret);

/* The same for a line from which the time was left out (syslog_timestamp = no): ret->time is all
 * 0, for the caller to fill from the syslog header. */
void exim_log_parse_untimed(struct slice line, struct exim_log_line *ret);

/* A process of this server can give Exim an address with a line feed in its quotes, and up to 4.96
 * at least it is written as it is: the next lines of the log are then text of that process. What
 * came by SMTP holds no line feed. */
struct exim_log_reader {
	size_t open_bytes; /* of an entry whose quote is not closed yet; 0: there is none */
};

/* exim_log_parse() for lines in their order. Those that belong to an entry begun by such an address
 * are EXIM_LOG_DAMAGED, time and id of all but the first not read. *r begins as zeros. */
void exim_log_read(struct exim_log_reader *r, struct slice line, struct exim_log_line *ret);

/* The recipients in the order of the line, from rest = arrival->recipients, quotes kept. false at
 * the end. */
bool exim_log_recipient_next(struct slice *rest, struct slice *ret_address);

/* Undoes the escapes of .subject and .answer: \" \\ \n \r \t \b \v \f \ooo. Writes at most
 * escaped.len bytes to at and returns how many. What was no escape stays as it is. */
size_t exim_log_unescape(struct slice escaped, char *at);

#endif
