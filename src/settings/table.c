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

static const struct setting_row refuse_rows[] = {
	{.name = "refuse.enabled",
		.kind = SETTING_BOOL,
		.initial = "no",
		.offset = AT(refuse.enabled),
		.help = "Whether mail of a contained source is refused at its next command (stanch "
			"setup exim makes Exim ask)."},
};

static const struct setting_row sessions_rows[] = {
	{.name = "sessions.enabled",
		.kind = SETTING_BOOL,
		.initial = "no",
		.offset = AT(sessions.enabled),
		.help = "Whether the sessions that a contained mailbox has open are ended: its "
			"SMTP connections, and what Dovecot keeps for it."},
};

static const struct setting_row secret_rows[] = {
	{.name = "secret.enabled",
		.kind = SETTING_BOOL,
		.initial = "no",
		.offset = AT(secret.enabled),
		.help = "Whether the password of a contained mailbox is changed."},
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
		.help = "The number of the department that tickets are opened in."},
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

static const struct setting_row daemon_rows[] = {
	{.name = "daemon.user",
		.kind = SETTING_WORD,
		.initial = "",
		.offset = AT(daemon.user),
		.help = "The user that the daemon reads logs and queues as. Empty: the one that "
			"Exim runs as."},
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
	GROUP("hold", hold_rows, "What is done about a hijacked account."),
	GROUP("refuse", refuse_rows, "Turning a contained source away at the door."),
	GROUP("sessions", sessions_rows, "Ending what a contained mailbox has connected."),
	GROUP("secret", secret_rows, "Changing the stolen password."),
	GROUP("tell", tell_rows, "Telling the owner and the administrator."),
	GROUP("whmcs", whmcs_rows, "Tickets in WHMCS to the owner of a mailbox."),
	GROUP("mail", mail_rows, "How notices are sent by mail."),
	GROUP("webhook", webhook_rows, "Telling another system."),
	GROUP("brake", brake_rows,
		"How much may be done without asking. Beyond it, a person is asked."),
	GROUP("retention", retention_rows,
		"How long things are remembered. Held mail is kept until a person purges it."),
	GROUP("policy", policy_rows, "How Exim asks stanch."),
	GROUP("control", control_rows, "How people ask the daemon."),
	GROUP("daemon", daemon_rows, "What the daemon runs as."),
};

const struct setting_table settings_table = {
	groups, sizeof(groups) / sizeof(groups[0]), sizeof(struct settings_values)};
