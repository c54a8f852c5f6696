/* makespool - makes an Exim spool of many messages whose senders are known.
 *
 *   makespool --dir SPOOL --messages N [options]
 *
 *   --dir SPOOL      the spool; SPOOL/input must not be there yet
 *   --messages N     1 to 4,000,000
 *   --accounts K     hijacked accounts, 1 to 10,000 (50); four times as many honest ones
 *   --split, --flat  input/X/ID-H by the sixth character of the id (the default), or input/ID-H
 *   --ids old|new    ids of 16 characters (default) or of 23
 *   --msglog         a message log for each message too
 *   --seed S         (1)
 *   --time T         second since 1970 at which the newest message came (1790000000)
 *   --span S         seconds between the oldest and the newest (259200)
 *   --owner USER     whose files they are (Debian-exim, if there is one and we are root)
 *   --truth FILE     a line for each source: what a correct reader must find
 *   --list FILE      a line for each message, its id first
 *   --threads T      1 to 64 (1)
 *
 * The same options give the same bytes; --threads changes nothing, --split and --flat only where
 * the files are.
 *
 * 85 of 100 messages are spam of the hijacked accounts, of which the k-th sends 1/k as much as the
 * first, to 2 to 100 recipients, with bodies of 1 to 8 KiB. Seven of ten have been tried; of those
 * a little over half are partly delivered and carry a tree of delivered names. Three of a hundred
 * are frozen. Six of ten that came by SMTP came over TLS, with our certificate in the file. Every
 * tenth account is a login whose script submits locally. 10 of 100 messages are frozen bounces. The
 * rest is honest: half from mailboxes that logged in, half relayed by hosts. */
#include "folders.h"
#include "letter.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <pthread.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

enum { THREADS_MAX = 64, ACCOUNTS_MAX = 10000, SHARE = 256 };

struct orders {
	const char *dir, *owner, *truth, *list;
	bool split, msglog;
	uint32_t threads;
};

struct tally {
	uint64_t messages, recipients, delivered, frozen, header_bytes, data_bytes;
};

/* What all threads share. */
struct job {
	const struct orders *orders;
	const struct world *world;
	struct folders input, msglog;
	uid_t uid;
	gid_t gid;
	bool change_owner;
	atomic_uint next;           /* number of the first message that nobody has taken */
	struct letter_facts *facts; /* by number */
};

static _Noreturn void fail(const char *what)
{
	folders_fail("makespool", what);
}

static void put_file(int folder, const char *name, const struct ink *content)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	if (fd < 0)
		fail(name);
	if (write(fd, content->start, content->len) != (ssize_t)content->len)
		fail(name);
	if (close(fd) < 0)
		fail(name);
}

/* -H last, as Exim does. */
static void put_letter(const struct job *job, const struct letter *l)
{
	char name[LETTER_ID_MAX + 3];
	int folder = folders_of(&job->input, l->id);

	if (job->orders->msglog)
		put_file(folders_of(&job->msglog, l->id), l->id, &l->log);
	(void)snprintf(name, sizeof(name), "%s-D", l->id);
	put_file(folder, name, &l->data);
	(void)snprintf(name, sizeof(name), "%s-H", l->id);
	put_file(folder, name, &l->header);
}

/* The file system's idea of the user is a thread's own in Linux: files are born with their owner,
 * without a call for each. */
static void become_owner(const struct job *job)
{
	if (!job->change_owner)
		return;
	setfsgid(job->gid);
	setfsuid(job->uid);
	if ((uid_t)setfsuid((uid_t)-1) != job->uid) {
		errno = EPERM;
		fail(job->orders->owner);
	}
}

static void *work(void *argument)
{
	struct job *job = argument;
	struct letter *l = letter_new();
	uint32_t messages = job->world->messages;

	become_owner(job);
	for (;;) {
		uint32_t first = atomic_fetch_add(&job->next, SHARE);

		for (uint32_t i = first; i < first + SHARE && i < messages; i++) {
			letter_write(job->world, i, l);
			put_letter(job, l);
			job->facts[i] = l->facts;
		}
		if (first + SHARE >= messages)
			break;
	}
	letter_free(l);
	return NULL;
}

static void run_threads(struct job *job)
{
	pthread_t threads[THREADS_MAX];
	uint32_t count = job->orders->threads;

	for (uint32_t i = 0; i < count; i++) {
		errno = pthread_create(&threads[i], NULL, work, job);
		if (errno != 0)
			fail("a thread");
	}
	for (uint32_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

/* ---- folders ---- */

static void make_folder(const struct job *job, const char *path, bool may_exist)
{
	if (mkdir(path, 0750) < 0) {
		if (errno != EEXIST || !may_exist)
			fail(path);
		return;
	}
	if (job->change_owner && chown(path, job->uid, job->gid) < 0)
		fail(path);
}

static struct folders make_folders(const struct job *job, const char *leaf)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", job->orders->dir, leaf);
	make_folder(job, path, false);
	for (int i = 0; job->orders->split && i < FOLDERS_SPLIT; i++) {
		(void)snprintf(
			path, sizeof(path), "%s/%s/%c", job->orders->dir, leaf, ink_digits62[i]);
		make_folder(job, path, false);
	}
	return folders_open(job->orders->dir, leaf);
}

static void find_owner(struct job *job)
{
	const char *name = job->orders->owner;
	bool asked = name != NULL;
	const struct passwd *user;

	if (!asked && geteuid() != 0)
		return;
	errno = 0;
	user = getpwnam(asked ? name : "Debian-exim");
	if (user == NULL && asked) {
		errno = errno != 0 ? errno : ENOENT;
		fail(name);
	}
	if (user == NULL)
		return;
	job->uid = user->pw_uid;
	job->gid = user->pw_gid;
	job->change_owner = true;
}

/* ---- what is true ---- */

static FILE *create(const char *path)
{
	FILE *f = fopen(path, "we");

	if (f == NULL)
		fail(path);
	return f;
}

static void finish(FILE *f, const char *path)
{
	if (ferror(f) || fclose(f) != 0)
		fail(path);
}

static void add(struct tally *t, const struct letter_facts *f)
{
	t->messages++;
	t->recipients += f->recipients;
	t->delivered += f->delivered;
	t->frozen += f->frozen;
	t->header_bytes += f->header_bytes;
	t->data_bytes += f->data_bytes;
}

static void print_tally(FILE *out, const char *source, const char *class, const struct tally *t)
{
	(void)fprintf(out, "%s\t%s\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\n", source, class,
		(unsigned long long)t->messages, (unsigned long long)t->recipients,
		(unsigned long long)t->delivered, (unsigned long long)t->frozen,
		(unsigned long long)t->header_bytes, (unsigned long long)t->data_bytes);
}

static void write_truth(const struct job *job)
{
	const struct world *w = job->world;
	uint32_t sources = world_sources(w);
	struct tally *tallies = calloc(sources, sizeof(*tallies)), all = {0};
	FILE *out = create(job->orders->truth);
	char name[80];

	if (tallies == NULL)
		fail("truth");
	for (uint32_t i = 0; i < w->messages; i++) {
		add(&tallies[job->facts[i].source], &job->facts[i]);
		add(&all, &job->facts[i]);
	}
	(void)fputs(
		"#source\tclass\tmessages\trecipients\tdelivered\tfrozen\tbytes_H\tbytes_D\n", out);
	for (uint32_t s = 0; s < sources; s++) {
		if (tallies[s].messages == 0)
			continue;
		world_source_name(w, s, name);
		print_tally(out, name, letter_class_name(world_source_class(w, s)), &tallies[s]);
	}
	print_tally(out, "total", "all", &all);
	free(tallies);
	finish(out, job->orders->truth);
}

static void write_list(const struct job *job)
{
	FILE *out = create(job->orders->list);
	char id[LETTER_ID_MAX + 1], name[80];

	for (uint32_t i = 0; i < job->world->messages; i++) {
		const struct letter_facts *f = &job->facts[i];

		letter_id(job->world, i, id);
		world_source_name(job->world, f->source, name);
		(void)fprintf(out, "%s\t%s\t%u\t%u\t%d\t%u\t%u\n", id, name, f->recipients,
			f->delivered, f->frozen, f->header_bytes, f->data_bytes);
	}
	finish(out, job->orders->list);
}

/* ---- command line ---- */

static _Noreturn void usage(void)
{
	(void)fputs("usage: makespool --dir SPOOL --messages N [--accounts K] [--split|--flat]\n"
		    "                 [--ids old|new] [--msglog] [--seed S] [--time T] [--span S]\n"
		    "                 [--owner USER] [--truth FILE] [--list FILE] [--threads T]\n",
		stderr);
	exit(2);
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < least || n > most) {
		(void)fprintf(stderr, "makespool: %s is not a number from %llu to %llu\n", text,
			(unsigned long long)least, (unsigned long long)most);
		exit(2);
	}
	return n;
}

static bool one_of_two(const char *text, const char *no, const char *yes)
{
	if (strcmp(text, yes) == 0)
		return true;
	if (strcmp(text, no) != 0)
		usage();
	return false;
}

/* The largest time that six base-62 digits hold is in the year 3769; four digits of years do. */
static const uint64_t time_max = 50000000000;

static void take_option(int option, struct orders *o, struct world *w)
{
	switch (option) {
	case 'd':
		o->dir = optarg;
		return;
	case 'n':
		w->messages = (uint32_t)number(optarg, 1, LETTER_MESSAGES_MAX);
		return;
	case 'k':
		w->hijacked = (uint32_t)number(optarg, 1, ACCOUNTS_MAX);
		return;
	case 's':
	case 'f':
		o->split = option == 's';
		return;
	case 'i':
		w->new_ids = one_of_two(optarg, "old", "new");
		return;
	case 'm':
		o->msglog = true;
		return;
	case 'S':
		w->seed = number(optarg, 0, UINT64_MAX);
		return;
	case 't':
		w->newest = (int64_t)number(optarg, 0, time_max);
		return;
	case 'p':
		w->span = (int64_t)number(optarg, 0, time_max);
		return;
	case 'o':
		o->owner = optarg;
		return;
	case 'T':
		o->truth = optarg;
		return;
	case 'l':
		o->list = optarg;
		return;
	case 'j':
		o->threads = (uint32_t)number(optarg, 1, THREADS_MAX);
		return;
	default:
		usage();
	}
}

static void read_options(int argc, char **argv, struct orders *o, struct world *w)
{
	static const struct option options[] = {{"dir", required_argument, NULL, 'd'},
		{"messages", required_argument, NULL, 'n'},
		{"accounts", required_argument, NULL, 'k'}, {"split", no_argument, NULL, 's'},
		{"flat", no_argument, NULL, 'f'}, {"ids", required_argument, NULL, 'i'},
		{"msglog", no_argument, NULL, 'm'}, {"seed", required_argument, NULL, 'S'},
		{"time", required_argument, NULL, 't'}, {"span", required_argument, NULL, 'p'},
		{"owner", required_argument, NULL, 'o'}, {"truth", required_argument, NULL, 'T'},
		{"list", required_argument, NULL, 'l'}, {"threads", required_argument, NULL, 'j'},
		{0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(option, o, w);
	if (optind != argc || o->dir == NULL || w->messages == 0 || w->span > w->newest)
		usage();
	w->honest = 4 * w->hijacked;
}

static void make(struct job *job)
{
	umask(0);
	find_owner(job);
	make_folder(job, job->orders->dir, true);
	job->input = make_folders(job, "input");
	if (job->orders->msglog)
		job->msglog = make_folders(job, "msglog");
	job->facts = calloc(job->world->messages, sizeof(*job->facts));
	if (job->facts == NULL)
		fail("messages");
	run_threads(job);
}

int main(int argc, char **argv)
{
	struct orders orders = {.split = true, .threads = 1};
	struct world world = {
		.seed = 1, .hijacked = 50, .newest = 1790000000, .span = 3L * 24 * 60 * 60};
	struct job job = {.orders = &orders, .world = &world};

	read_options(argc, argv, &orders, &world);
	world_furnish(&world);
	make(&job);
	umask(022);
	if (orders.truth != NULL)
		write_truth(&job);
	if (orders.list != NULL)
		write_list(&job);
	free(job.facts);
	world_free(&world);
	return 0;
}
