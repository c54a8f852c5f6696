#include "settings/table.h"

#include "settings/groups.h"

#define AT(member) offsetof(struct settings_values, member)

/* A path that a socket can be bound to: sun_path of unix(7), without its NUL. */
#define SOCKET_PATH_MOST "107"

static const struct setting_row general_rows[] = {
	{.name = "general.spool",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(general.spool),
		.help = "Exim's spool folder. Empty: Exim is asked for its spool_directory."},
	{.name = "general.exim",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(general.exim),
		.help = "The Exim binary. Empty: exim4 or exim, in /usr/sbin and PATH."},
	{.name = "general.exim_config",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(general.exim_config),
		.help = "The configuration that Exim is asked with (its option -C). Empty: the one "
			"that it was built for."},
	{.name = "general.state",
		.kind = SETTING_PATH,
		.initial = "/var/lib/stanch",
		.offset = AT(general.state),
		.help = "The folder for the journal and for what is remembered of each account."},
	{.name = "general.hold_queue",
		.kind = SETTING_WORD,
		.initial = "stanch",
		.offset = AT(general.hold_queue),
		.help = "The named queue of Exim's that held mail is moved to."},
};

static const struct setting_row log_rows[] = {
	{.name = "log.files",
		.kind = SETTING_PATH,
		.is_list = true,
		.initial = "",
		.offset = AT(log.files),
		.help = "Exim's main log and reject log. Empty: Exim is asked for its "
			"log_file_path."},
	{.name = "log.syslog_name",
		.kind = SETTING_WORD,
		.initial = "exim",
		.offset = AT(log.syslog_name),
		.help = "The name that Exim logs with where it logs to syslog (its "
			"syslog_processname)."},
	{.name = "log.relay_hosts",
		.kind = SETTING_TEXT,
		.is_list = true,
		.initial = "",
		.offset = AT(log.relay_hosts),
		.help = "Addresses and networks that may send without a login, such as "
			"\"10.1.0.0/16\" (Exim's relay_from_hosts): the mail of each is judged as "
			"its own. stanch replay takes them from here, too."},
};

static const struct setting_row detect_rows[] = {
	{.name = "detect.alpha",
		.kind = SETTING_SHARE,
		.initial = "0.0001",
		.least = "0.000000001",
		.most = "0.1",
		.offset = AT(detect.alpha),
		.help = "How likely it may be that an honest account is contained within a year. "
			"Less means that it takes more mail to be sure."},
	{.name = "detect.suspect_bits",
		.kind = SETTING_COUNT,
		.initial = "0",
		.least = "0",
		.most = "100",
		.offset = AT(detect.suspect_bits),
		.help = "An account with so many bits of evidence is shown as suspicious. 0: the "
			"number follows from detect.alpha."},
	{.name = "detect.networks",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(detect.networks),
		.help = "A file with networks and who runs them, by which unusual places of a "
			"login are told. Empty: without."},
	{.name = "detect.hosted",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(detect.hosted),
		.help = "A file with the domains that are hosted here, one a line. Empty: Exim is "
			"asked."},
	{.name = "detect.content_lookups",
		.kind = SETTING_COUNT,
		.initial = "120",
		.least = "0",
		.most = "6000",
		.offset = AT(detect.content_lookups),
		.help = "How many messages a minute may be looked into, over all accounts. 0: "
			"none."},
};

static const struct setting_row rspamd_rows[] = {
	{.name = "rspamd.url",
		.kind = SETTING_URL,
		.initial = "",
		.offset = AT(rspamd.url),
		.help = "Where rspamd's worker is asked about a message. Empty: it is not asked."},
	{.name = "rspamd.timeout",
		.kind = SETTING_SECONDS,
		.initial = "2s",
		.least = "1s",
		.most = "1m",
		.offset = AT(rspamd.timeout),
		.help = "How long its answer is waited for."},
};

static const struct setting_row feedback_rows[] = {
	{.name = "feedback.notices",
		.kind = SETTING_BOOL,
		.initial = "no",
		.offset = AT(feedback.notices),
		.help = "Whether notices of a relay about a hijacked login (MailChannels) are "
			"believed. Whoever can mail into the folder can write one, so only where "
			"nobody else can."},
	{.name = "feedback.folder",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(feedback.folder),
		.help = "A Maildir into which complaints (ARF) and delivery reports (DSN) are "
			"delivered, by a mail server or by stanch feedback --to. It is read as the "
			"user that the daemon reads queues as, and never changed. Empty: none."},
};

static const struct setting_row hold_rows[] = {
	{.name = "hold.enabled",
		.kind = SETTING_BOOL,
		.initial = "no",
		.offset = AT(hold.enabled),
		.help = "Whether the mail of an account that is likely hijacked is held. no: it is "
			"only said what would be held."},
	{.name = "hold.backscatter",
		.kind = SETTING_BOOL,
		.initial = "yes",
		.offset = AT(hold.backscatter),
		.help = "Whether bounces that are proved to return spam are held with it."},
	{.name = "hold.quiet_time",
		.kind = SETTING_SECONDS,
		.initial = "15m",
		.least = "1m",
		.most = "7d",
		.offset = AT(hold.quiet_time),
		.help = "How long no more spam of an account must have come before its incident is "
			"over."},
	{.name = "hold.rescan",
		.kind = SETTING_SECONDS,
		.initial = "10s",
		.least = "1s",
		.most = "1h",
		.offset = AT(hold.rescan),
		.help = "How often the queue is looked over for more mail of an account whose "
			"incident is not over."},
};

static const char *const refuse_suspects[] = {"pass", "defer", NULL};

static const struct setting_row refuse_rows[] = {
	{.name = "refuse.enabled",
		.kind = SETTING_BOOL,
		.initial = "no",
		.offset = AT(refuse.enabled),
		.help = "Whether mail of a contained source is refused at its next command (stanch "
			"setup exim makes Exim ask)."},
	{.name = "refuse.suspects",
		.kind = SETTING_CHOICE,
		.initial = "pass",
		.words = refuse_suspects,
		.offset = AT(refuse.suspects),
		.help = "What Exim is answered about a source with an open incident that is not "
			"refused: one that is only suspected, or waits for a person. pass: nothing "
			"is done. defer: its recipients are put off (451, tried again later) until "
			"the incident is over: stanch incident dismiss ends it, and so does a day "
			"without a new suspicion."},
	{.name = "refuse.folder",
		.kind = SETTING_PATH,
		.initial = "/var/lib/stanch-refused",
		.offset = AT(refuse.folder),
		.help = "The folder with a file for each refused source, which Exim looks for "
			"itself. stanch setup exim writes its name into Exim's configuration."},
	{.name = "refuse.lsearch_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(refuse.lsearch_file),
		.help = "A file that refused mailboxes are written into as well, for a "
			"configuration that looks them up there, such as the "
			"blocked_authenticated_users of BlockCracking. Empty: none."},
	{.name = "refuse.text",
		.kind = SETTING_TEXT,
		.initial = REFUSE_TEXT,
		.most = "200",
		.offset = AT(refuse.text),
		.help = "What the customer's mail program shows when its mail is refused."},
};

static const char *const sessions_means[] = {"both", "destroy", "signal", NULL};

static const struct setting_row sessions_rows[] = {
	{.name = "sessions.enabled",
		.kind = SETTING_BOOL,
		.initial = "no",
		.offset = AT(sessions.enabled),
		.help = "Whether the sessions that a contained mailbox has open are ended: its "
			"SMTP connections, and what Dovecot keeps for it."},
	{.name = "sessions.means",
		.kind = SETTING_CHOICE,
		.initial = "both",
		.words = sessions_means,
		.offset = AT(sessions.means),
		.help = "How an SMTP session is ended. destroy: its connection is cut, whatever it "
			"is doing. signal: Exim is told to end it, which it does when it waits for "
			"the next command. both: it is cut, and told where the kernel cannot cut."},
	{.name = "sessions.time",
		.kind = SETTING_SECONDS,
		.initial = "2s",
		.least = "1s",
		.most = "1m",
		.offset = AT(sessions.time),
		.help = "How long that is tried before the rest is left for another time."},
};

/* In the order of enum secret_deed. */
static const char *const secret_deeds[] = {
	"change", "suspend-outgoing", "suspend-login", "hold", "none", NULL};

static const struct setting_row secret_rows[] = {
	{.name = "secret.enabled",
		.kind = SETTING_BOOL,
		.initial = "no",
		.offset = AT(secret.enabled),
		.help = "Whether the password of a contained mailbox is changed, or what secret.do "
			"says instead."},
	{.name = "secret.do",
		.kind = SETTING_CHOICE,
		.initial = "change",
		.words = secret_deeds,
		.offset = AT(secret.deed),
		.help = "What is done about it: a new password; its outgoing mail rejected; its "
			"login refused; its outgoing mail held by the panel; nothing."},
	{.name = "secret.backend",
		.kind = SETTING_WORD,
		.initial = "",
		.offset = AT(secret.backend),
		.help = "Where passwords are kept: passwd-file, cpanel, directadmin, plesk, sql "
			"or program. Empty: only for the domains in secret.domains."},
	{.name = "secret.domains",
		.kind = SETTING_TEXT,
		.is_list = true,
		.initial = "",
		.offset = AT(secret.domains),
		.help = "Domains whose passwords are kept elsewhere, each as \"DOMAIN BACKEND\"."},
	{.name = "secret.program",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(secret.program),
		.help = "The program that is the back end \"program\". It is called with a word "
			"(set, check, suspend, resume) and the mailbox, and gets the password on "
			"its standard input."},
	{.name = "secret.timeout",
		.kind = SETTING_SECONDS,
		.initial = "30s",
		.least = "1s",
		.most = "5m",
		.offset = AT(secret.timeout),
		.help = "How long one call of a panel or program may take."},
	{.name = "secret.check",
		.kind = SETTING_TEXT,
		.is_list = true,
		.initial = "",
		.most = "255",
		.offset = AT(secret.check),
		.help = "Where it is tried whether the new password is let in and the old one is "
			"not, such as smtp://127.0.0.1:587 and imap://127.0.0.1:143: imap, imaps, "
			"pop3, pop3s, smtp or smtps, with STARTTLS as imap+starttls and so on. "
			"Empty: it is not tried."},
};

static const struct setting_row cpanel_rows[] = {
	{.name = "cpanel.url",
		.kind = SETTING_URL,
		.initial = "",
		.offset = AT(cpanel.url),
		.help = "Where WHM is, such as https://host.example:2087. Empty: cPanel's own "
			"commands on this server are used."},
	{.name = "cpanel.user",
		.kind = SETTING_WORD,
		.initial = "root",
		.offset = AT(cpanel.user),
		.help = "The user of WHM that the token belongs to."},
	{.name = "cpanel.token_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(cpanel.token_file),
		.help = "A file with the API token of WHM, which nobody else may read."},
	{.name = "cpanel.account",
		.kind = SETTING_WORD,
		.initial = "",
		.offset = AT(cpanel.account),
		.help = "The account that all mailboxes belong to. Empty: cPanel is asked for the "
			"one that owns the domain."},
	{.name = "cpanel.command",
		.kind = SETTING_PATH,
		.initial = "/usr/local/cpanel/bin/uapi",
		.offset = AT(cpanel.command),
		.help = "cPanel's command uapi, for when there is no cpanel.url."},
	{.name = "cpanel.whoowns",
		.kind = SETTING_PATH,
		.initial = "/scripts/whoowns",
		.offset = AT(cpanel.whoowns),
		.help = "cPanel's script that names the account that owns a domain, likewise."},
	{.name = "cpanel.ca_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(cpanel.ca_file),
		.help = "The certificates that WHM's has to be signed by. Empty: the system's."},
	{.name = "cpanel.end_sessions",
		.kind = SETTING_BOOL,
		.initial = "no",
		.offset = AT(cpanel.end_sessions),
		.help = "Whether IMAP and POP3 sessions are ended after a change, which cPanel "
			"does for all mailboxes of the account at once."},
};

static const struct setting_row directadmin_rows[] = {
	{.name = "directadmin.url",
		.kind = SETTING_URL,
		.initial = "",
		.offset = AT(directadmin.url),
		.help = "Where DirectAdmin is, such as https://host.example:2222."},
	{.name = "directadmin.user",
		.kind = SETTING_WORD,
		.initial = "admin",
		.offset = AT(directadmin.user),
		.help = "The user that the key belongs to."},
	{.name = "directadmin.key_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(directadmin.key_file),
		.help = "A file with a login key of the user's, which nobody else may read."},
	{.name = "directadmin.owners",
		.kind = SETTING_PATH,
		.initial = "/etc/virtual/domainowners",
		.offset = AT(directadmin.owners),
		.help = "The file that says which user owns a domain: DirectAdmin is asked in that "
			"user's name. When it is not there, in the name of directadmin.user."},
	{.name = "directadmin.ca_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(directadmin.ca_file),
		.help = "The certificates that DirectAdmin's has to be signed by. Empty: the "
			"system's."},
};

static const struct setting_row plesk_rows[] = {
	{.name = "plesk.url",
		.kind = SETTING_URL,
		.initial = "",
		.offset = AT(plesk.url),
		.help = "Where Plesk is, such as https://host.example:8443."},
	{.name = "plesk.key_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(plesk.key_file),
		.help = "A file with a secret key for Plesk's XML API, which nobody else may "
			"read."},
	{.name = "plesk.ca_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(plesk.ca_file),
		.help = "The certificates that Plesk's has to be signed by. Empty: the system's."},
	{.name = "plesk.may_set",
		.kind = SETTING_BOOL,
		.initial = "no",
		.offset = AT(plesk.may_set),
		.help = "Whether passwords may be changed by the XML API's update/set. It is "
			"documented to replace what is not named in it: try it on a mailbox that "
			"nobody needs."},
};

/* In the order of enum sql_server_kind. */
static const char *const sql_servers[] = {"sqlite", "postgresql", "mariadb", NULL};

static const struct setting_row sql_rows[] = {
	{.name = "sql.server",
		.kind = SETTING_CHOICE,
		.initial = "mariadb",
		.words = sql_servers,
		.offset = AT(sql.server),
		.help = "What keeps the table; mariadb is for MySQL, too."},
	{.name = "sql.database",
		.kind = SETTING_TEXT,
		.initial = "postfix",
		.offset = AT(sql.database),
		.help = "The name of the database; of SQLite, its file."},
	{.name = "sql.host",
		.kind = SETTING_TEXT,
		.initial = "",
		.most = "255",
		.offset = AT(sql.host),
		.help = "The server's name or address; or where its UNIX socket is: its path for "
			"MariaDB, its folder for PostgreSQL. Empty: the usual socket of this "
			"machine."},
	{.name = "sql.port",
		.kind = SETTING_COUNT,
		.initial = "0",
		.least = "0",
		.most = "65535",
		.offset = AT(sql.port),
		.help = "The server's port. 0: the usual one."},
	{.name = "sql.user",
		.kind = SETTING_TEXT,
		.initial = "stanch",
		.most = "255",
		.offset = AT(sql.user),
		.help = "Who we are at the server."},
	{.name = "sql.password_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(sql.password_file),
		.help = "A file with our password there, which nobody else may read. Empty: none "
			"is needed."},
	{.name = "sql.set",
		.kind = SETTING_TEXT,
		.initial = "UPDATE mailbox SET password = :hash WHERE username = :mailbox",
		.offset = AT(sql.set),
		.help = "The statement that changes a password. :mailbox, :local and :domain "
			"stand for the mailbox and its parts, :hash for the new hash; values are "
			"never put into the text. It has to change one row, or is rolled back."},
	{.name = "sql.get",
		.kind = SETTING_TEXT,
		.initial = "SELECT password FROM mailbox WHERE username = :mailbox",
		.offset = AT(sql.get),
		.help = "The statement that gives one row, with the hash in its first column."},
	{.name = "sql.suspend",
		.kind = SETTING_TEXT,
		.initial = "UPDATE mailbox SET active = false WHERE username = :mailbox",
		.offset = AT(sql.suspend),
		.help = "The statement that keeps a mailbox from logging in."},
	{.name = "sql.resume",
		.kind = SETTING_TEXT,
		.initial = "UPDATE mailbox SET active = true WHERE username = :mailbox",
		.offset = AT(sql.resume),
		.help = "The statement that lifts that."},
	{.name = "sql.suspended",
		.kind = SETTING_TEXT,
		.initial = "SELECT NOT active FROM mailbox WHERE username = :mailbox",
		.offset = AT(sql.suspended),
		.help = "The statement that gives one row, with whether it is suspended in its "
			"first column: true or false, 1 or 0."},
	{.name = "sql.scheme",
		.kind = SETTING_WORD,
		.initial = "",
		.offset = AT(sql.scheme),
		.help = "The scheme of new hashes: SHA512-CRYPT, SHA256-CRYPT, BLF-CRYPT, "
			"ARGON2ID, or CRYPT. Empty: that of the old hash, with its word in "
			"braces or without it, or SHA512-CRYPT where that is not a good one."},
};

static const struct setting_row dovecot_rows[] = {
	{.name = "dovecot.enabled",
		.kind = SETTING_BOOL,
		.initial = "no",
		.offset = AT(dovecot.enabled),
		.help = "Whether Dovecot is told: to end the sessions that it has of a contained "
			"mailbox (sessions.enabled), and to forget its old password "
			"(secret.enabled)."},
	{.name = "dovecot.url",
		.kind = SETTING_URL,
		.initial = "",
		.offset = AT(dovecot.url),
		.help = "Dovecot's HTTP interface for doveadm, such as http://127.0.0.1:8080 "
			"(service doveadm, inet_listener http). Empty: the program doveadm is "
			"run."},
	{.name = "dovecot.key_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(dovecot.key_file),
		.help = "A file that has the key of that interface in it (doveadm_api_key) and "
			"that others cannot read. Empty: dovecot.password_file is used."},
	{.name = "dovecot.user",
		.kind = SETTING_TEXT,
		.initial = "doveadm",
		.offset = AT(dovecot.user),
		.help = "The name that goes with the password. Dovecot knows this one only."},
	{.name = "dovecot.password_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(dovecot.password_file),
		.help = "A file that has the password of that interface in it (doveadm_password) "
			"and that others cannot read."},
	{.name = "dovecot.program",
		.kind = SETTING_PATH,
		.initial = "/usr/bin/doveadm",
		.offset = AT(dovecot.program),
		.help = "The program doveadm."},
	{.name = "dovecot.config",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(dovecot.config),
		.help = "The configuration that it is run with (its option -c). Empty: its own."},
	{.name = "dovecot.passwd_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(dovecot.passwd_file),
		.help = "The passwd-file in which the mailboxes' passwords stand. Empty: they do "
			"not stand in one."},
};

static const char *const tell_secret_words[] = {"none", "whmcs", "mail", NULL};
static const char *const tell_owner_words[] = {"none", "whmcs", "file", NULL};
static const char *const webhook_forms[] = {"stanch", "slack", "matrix", NULL};

static const struct setting_row tell_rows[] = {
	{.name = "tell.enabled",
		.kind = SETTING_BOOL,
		.initial = "no",
		.offset = AT(tell.enabled),
		.help = "Whether the owner and the administrator are told of an incident."},
	{.name = "tell.suspects",
		.kind = SETTING_BOOL,
		.initial = "no",
		.offset = AT(tell.suspects),
		.help = "Whether the administrator is told of a source that is only suspicious, "
			"too. Of one that waits for a word of yours you are always told."},
	{.name = "tell.secret_by",
		.kind = SETTING_CHOICE,
		.initial = "none",
		.words = tell_secret_words,
		.offset = AT(tell.secret_by),
		.help = "By which way the owner is given a new password. mail: only to an address "
			"that is not the mailbox itself."},
	{.name = "tell.owner_mail",
		.kind = SETTING_CHOICE,
		.initial = "none",
		.words = tell_owner_words,
		.offset = AT(tell.owner_mail),
		.help = "Whether the owner is told by mail, and where the address is from: whmcs: "
			"the client's there. file: tell.owners."},
	{.name = "tell.owners",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(tell.owners),
		.help = "A file with lines of a domain, a blank and the address of its owner."},
	{.name = "tell.templates",
		.kind = SETTING_PATH,
		.initial = "/etc/stanch/templates",
		.offset = AT(tell.templates),
		.help = "The folder with templates of your own, which are taken before those that "
			"stanch brings."},
	{.name = "tell.language",
		.kind = SETTING_WORD,
		.initial = "en",
		.offset = AT(tell.language),
		.help = "The language of notices where that of the client is not known: a folder "
			"of templates."},
	{.name = "tell.timeout",
		.kind = SETTING_SECONDS,
		.initial = "10s",
		.least = "1s",
		.most = "2m",
		.offset = AT(tell.timeout),
		.help = "How long each answer of those by whom people are told is waited for."},
};

static const struct setting_row whmcs_rows[] = {
	{.name = "whmcs.url",
		.kind = SETTING_URL,
		.initial = "",
		.offset = AT(whmcs.url),
		.help = "Where the API of WHMCS is: its includes/api.php. Empty: no tickets."},
	{.name = "whmcs.identifier",
		.kind = SETTING_TEXT,
		.initial = "",
		.offset = AT(whmcs.identifier),
		.help = "The identifier of the API credentials."},
	{.name = "whmcs.secret_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(whmcs.secret_file),
		.help = "A file with their secret."},
	{.name = "whmcs.accesskey_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(whmcs.accesskey_file),
		.help = "A file with the access key, where WHMCS has one set. Empty: none."},
	{.name = "whmcs.department",
		.kind = SETTING_COUNT,
		.initial = "0",
		.least = "0",
		.most = "1000000000",
		.offset = AT(whmcs.department),
		.help = "The number of the department that tickets are opened in. 0: none is "
			"opened, if there is whmcs.email."},
	{.name = "whmcs.email",
		.kind = SETTING_TEXT,
		.initial = "",
		.most = "255",
		.offset = AT(whmcs.email),
		.help = "The name of an email template of WHMCS, one for products, that it sends "
			"to the owner; what it can say stands in docs/notices.md. Empty: none."},
	{.name = "whmcs.server",
		.kind = SETTING_WORD,
		.initial = "",
		.offset = AT(whmcs.server),
		.help = "The hostname of this server as WHMCS knows it. Products on others are not "
			"looked at."},
	{.name = "whmcs.admin",
		.kind = SETTING_TEXT,
		.initial = "",
		.offset = AT(whmcs.admin),
		.help = "The administrator in whose name tickets are answered."},
};

static const struct setting_row mail_rows[] = {
	{.name = "mail.url",
		.kind = SETTING_TEXT,
		.initial = "",
		.offset = AT(mail.url),
		.help = "The server that mail is handed to: smtp:// or smtps://, a host and "
			"perhaps a port. Empty: mail.sendmail."},
	{.name = "mail.tls",
		.kind = SETTING_BOOL,
		.initial = "yes",
		.offset = AT(mail.tls),
		.help = "Whether nothing is sent to an smtp:// server without STARTTLS. With a "
			"login it never is."},
	{.name = "mail.user",
		.kind = SETTING_TEXT,
		.initial = "",
		.offset = AT(mail.user),
		.help = "The user to log in as. Empty: no login."},
	{.name = "mail.password_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(mail.password_file),
		.help = "A file with the password of that user."},
	{.name = "mail.sendmail",
		.kind = SETTING_PATH,
		.initial = "/usr/sbin/sendmail",
		.offset = AT(mail.sendmail),
		.help = "The program that mail is handed to where there is no mail.url."},
	{.name = "mail.sender",
		.kind = SETTING_TEXT,
		.initial = "",
		.offset = AT(mail.sender),
		.help = "The address that notices are from."},
	{.name = "mail.administrator",
		.kind = SETTING_TEXT,
		.initial = "",
		.offset = AT(mail.administrator),
		.help = "The address of the administrator, who is told of every incident. Empty: "
			"none."},
};

static const struct setting_row webhook_rows[] = {
	{.name = "webhook.url",
		.kind = SETTING_URL,
		.initial = "",
		.offset = AT(webhook.url),
		.help = "Where each incident is posted to as JSON. Empty: nowhere."},
	{.name = "webhook.secret_file",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(webhook.secret_file),
		.help = "A file with the key that it is signed with. Empty: it is not signed."},
	{.name = "webhook.form",
		.kind = SETTING_CHOICE,
		.initial = "stanch",
		.words = webhook_forms,
		.offset = AT(webhook.form),
		.help = "What is posted: stanch's own object, a text for Slack and Mattermost, or "
			"one for Matrix."},
};

static const struct setting_row brake_rows[] = {
	{.name = "brake.per_hour",
		.kind = SETTING_COUNT,
		.initial = "10",
		.least = "0",
		.most = "10000",
		.offset = AT(brake.per_hour),
		.help = "How many accounts may be contained within an hour without asking. 0: "
			"none."},
	{.name = "brake.share",
		.kind = SETTING_SHARE,
		.initial = "0.02",
		.least = "0",
		.most = "1",
		.offset = AT(brake.share),
		.help = "Which share of the accounts that sent mail lately may be contained at the "
			"same time without asking."},
};

static const struct setting_row retention_rows[] = {
	{.name = "retention.ledger",
		.kind = SETTING_SECONDS,
		.initial = "120d",
		.least = "1d",
		.most = "3650d",
		.offset = AT(retention.ledger),
		.help = "How long it is remembered how an account sends that does not send any "
			"more."},
};

static const struct setting_row limits_rows[] = {
	{.name = "limits.recipients",
		.kind = SETTING_COUNT,
		.initial = "0",
		.least = "0",
		.most = "1000000000",
		.offset = AT(limits.recipients),
		.help = "How many recipients a source that sends may offer within limits.time. "
			"Those beyond it are put off (451). 0: as many as it likes."},
	{.name = "limits.time",
		.kind = SETTING_SECONDS,
		.initial = "1h",
		.least = "1s",
		.most = "7d",
		.offset = AT(limits.time),
		.help = "The time that limits.recipients and limits.sources are for."},
	{.name = "limits.sources",
		.kind = SETTING_TEXT,
		.is_list = true,
		.initial = "",
		.offset = AT(limits.sources),
		.help = "Sources with a limit of their own, each as \"SOURCE NUMBER\", such as "
			"\"mailbox:news@shop.test 5000\"; 0: no limit for that one."},
};

static const struct setting_row policy_rows[] = {
	{.name = "policy.socket",
		.kind = SETTING_PATH,
		.initial = "/run/stanch/policy",
		.most = SOCKET_PATH_MOST,
		.offset = AT(policy.socket),
		.help = "The socket at which Exim asks whether an account may send."},
	{.name = "policy.answer_timeout",
		.kind = SETTING_SECONDS,
		.initial = "2s",
		.least = "1s",
		.most = "30s",
		.offset = AT(policy.answer_timeout),
		.help = "How long an answer may take. Afterwards the account may send."},
};

static const struct setting_row control_rows[] = {
	{.name = "control.socket",
		.kind = SETTING_PATH,
		.initial = "/run/stanch/control",
		.most = SOCKET_PATH_MOST,
		.offset = AT(control.socket),
		.help = "The socket at which the command stanch asks the daemon."},
	{.name = "control.group",
		.kind = SETTING_WORD,
		.initial = "",
		.offset = AT(control.group),
		.help = "The group whose members may use it. Empty: root only."},
};

static const struct setting_row blocklists_rows[] = {
	{.name = "blocklists.zones",
		.kind = SETTING_WORD,
		.is_list = true,
		.initial = "",
		.offset = AT(blocklists.zones),
		.help = "DNS blocklists that \"stanch check --mode blocklists\" asks, such as "
			"zen.spamhaus.org. Each has to pass the test of RFC 5782 first. Ask only "
			"those whose terms allow it."},
	{.name = "blocklists.addresses",
		.kind = SETTING_TEXT,
		.is_list = true,
		.initial = "",
		.most = "45",
		.offset = AT(blocklists.addresses),
		.help = "The addresses from which this server sends."},
	{.name = "blocklists.resolver",
		.kind = SETTING_TEXT,
		.initial = "",
		.most = "64",
		.offset = AT(blocklists.resolver),
		.help = "ADDRESS:PORT of the resolver to ask. Empty: the system's. Many lists "
			"refuse "
			"what comes through a public resolver."},
	{.name = "blocklists.cache",
		.kind = SETTING_PATH,
		.initial = "/var/cache/stanch/blocklists.json",
		.offset = AT(blocklists.cache),
		.help = "Where the answers are kept, for half an hour, by the user who runs the "
			"check. Where they cannot be, nothing is asked."},
};

static const struct setting_row page_rows[] = {
	{.name = "page.listen",
		.kind = SETTING_TEXT,
		.initial = "",
		.most = "64",
		.offset = AT(page.listen),
		.help = "Where the daemon answers HTTP: an address and a port, such as "
			"127.0.0.1:9494 or [::1]:9494. Nobody can log in from another host "
			"unless there is TLS (page.certificate) or a proxy (page.proxy_from). "
			"Empty: nowhere, and the process for it is not started."},
	{.name = "page.metrics",
		.kind = SETTING_BOOL,
		.initial = "yes",
		.offset = AT(page.metrics),
		.help = "Whether /metrics is served there, for Prometheus. It names no account."},
	{.name = "page.metrics_from",
		.kind = SETTING_TEXT,
		.is_list = true,
		.initial = "",
		.most = "64",
		.offset = AT(page.metrics_from),
		.help = "Addresses and networks, such as 192.0.2.9 or 10.1.0.0/16, that may read "
			"/metrics. Empty: this host alone (127.0.0.0/8 and ::1)."},
	{.name = "page.users",
		.kind = SETTING_PATH,
		.initial = "/etc/stanch/page.users",
		.offset = AT(page.users),
		.help = "Who may use the page and its API, in which role, and the hashes of their "
			"passwords and tokens. \"stanch page\" writes it; it belongs to root, and "
			"others cannot read it."},
	{.name = "page.session",
		.kind = SETTING_SECONDS,
		.initial = "12h",
		.least = "5m",
		.most = "30d",
		.offset = AT(page.session),
		.help = "How long somebody who has logged in stays so."},
	{.name = "page.idle",
		.kind = SETTING_SECONDS,
		.initial = "1h",
		.least = "1m",
		.most = "30d",
		.offset = AT(page.idle),
		.help = "How long without having used it. An open page uses it."},
	{.name = "page.certificate",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(page.certificate),
		.help = "A file with this host's certificate, and those that lead to its root, in "
			"PEM: HTTP is answered with TLS only. It is read at each start and reload. "
			"Empty: without TLS."},
	{.name = "page.key",
		.kind = SETTING_PATH,
		.initial = "",
		.offset = AT(page.key),
		.help = "The private key of page.certificate, in PEM, without a password. The file "
			"must belong to root, and others may not read it."},
	{.name = "page.proxy_from",
		.kind = SETTING_TEXT,
		.is_list = true,
		.initial = "",
		.most = "64",
		.offset = AT(page.proxy_from),
		.help = "Addresses and networks of web servers in front of the page. Passwords are "
			"taken from there; and, with page.proxy_user, names of users."},
	{.name = "page.proxy_user",
		.kind = SETTING_WORD,
		.initial = "",
		.offset = AT(page.proxy_user),
		.help = "The field of a request in which a proxy (page.proxy_from) names the user, "
			"such as X-Remote-User. Empty: none is believed. The proxy must take it "
			"out of what its clients send; what else can connect from there can be "
			"anybody that was made with stanch page user --proxy."},
};

static const struct setting_row daemon_rows[] = {
	{.name = "daemon.user",
		.kind = SETTING_WORD,
		.initial = "",
		.offset = AT(daemon.user),
		.help = "The user that the daemon reads logs and queues as. Empty: the one that "
			"Exim runs as."},
	{.name = "daemon.clerk_user",
		.kind = SETTING_WORD,
		.initial = "nobody",
		.offset = AT(daemon.clerk_user),
		.help = "The user that answers HTTP (page.listen). It needs no right to anything; "
			"one of its own is best."},
	{.name = "daemon.memory",
		.kind = SETTING_BYTES,
		.initial = "256M",
		.least = "32M",
		.most = "64G",
		.offset = AT(daemon.memory),
		.help = "How much memory it may use. With less it remembers fewer of the accounts "
			"that do not stand out."},
};

#define GROUP(name, rows, help)                                                                    \
	{                                                                                          \
		name, help, rows, sizeof(rows) / sizeof((rows)[0])                                 \
	}

static const struct setting_group groups[] = {
	GROUP("general", general_rows, "Where Exim is, and where stanch keeps what it knows."),
	GROUP("log", log_rows, "Where Exim writes down what it does."),
	GROUP("detect", detect_rows, "When an account is taken for hijacked."),
	GROUP("rspamd", rspamd_rows, "A second opinion about what a message says."),
	GROUP("feedback", feedback_rows, "Complaints and bounces that come back by mail."),
	GROUP("hold", hold_rows, "What is done about a hijacked account."),
	GROUP("refuse", refuse_rows, "Turning a contained source away at the door."),
	GROUP("sessions", sessions_rows, "Ending what a contained mailbox has connected."),
	GROUP("secret", secret_rows, "Changing the stolen password."),
	GROUP("cpanel", cpanel_rows, "How cPanel is asked, where it has the passwords."),
	GROUP("directadmin", directadmin_rows,
		"How DirectAdmin is asked, where it has the passwords."),
	GROUP("plesk", plesk_rows, "How Plesk is asked, where it has the passwords."),
	GROUP("sql", sql_rows, "A table of an SQL server, where it has the passwords."),
	GROUP("dovecot", dovecot_rows, "How Dovecot is asked and told."),
	GROUP("tell", tell_rows, "Telling the owner and the administrator."),
	GROUP("whmcs", whmcs_rows, "Tickets in WHMCS to the owner of a mailbox."),
	GROUP("mail", mail_rows, "How notices are sent by mail."),
	GROUP("webhook", webhook_rows, "Telling another system."),
	GROUP("brake", brake_rows,
		"How much may be done without asking. Beyond it, a person is asked."),
	GROUP("retention", retention_rows,
		"How long things are remembered. Held mail is kept until a person purges it."),
	GROUP("limits", limits_rows, "How many recipients a source may offer, if Exim asks."),
	GROUP("policy", policy_rows, "How Exim asks stanch."),
	GROUP("control", control_rows, "How people ask the daemon."),
	GROUP("blocklists", blocklists_rows, "Whether this server's addresses are on blocklists."),
	GROUP("page", page_rows, "What is seen over HTTP."),
	GROUP("daemon", daemon_rows, "What the daemon runs as."),
};

const struct setting_table settings_table = {
	groups, sizeof(groups) / sizeof(groups[0]), sizeof(struct settings_values)};
