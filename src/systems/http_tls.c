#include "systems/http_tls.h"

#include "base/file_bytes.h"
#include "base/memory.h"
#include "base/printable.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SHOWN 512

static int check_file(int fd, const char *shown, mode_t forbidden, struct problem *problem)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return problem_set(
			problem, -errno, "cannot look at %s: %s", shown, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return problem_set(problem, -EINVAL, "%s is no plain file", shown);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return problem_set(problem, -EACCES,
			"%s belongs to user %u, but must belong to root or to user %u", shown,
			(unsigned)st.st_uid, (unsigned)geteuid());
	if ((st.st_mode & forbidden) != 0)
		return problem_set(problem, -EACCES,
			"%s has mode %04o, so that others can change it, or read a key in it",
			shown, (unsigned)st.st_mode & 07777);
	if (st.st_size == 0 || st.st_size > (off_t)HTTP_TLS_FILE_MAX)
		return problem_set(
			problem, -EINVAL, "%s is empty or too long to be what it should", shown);
	return 0;
}

/* A descriptor, or a negative errno. */
static int open_file(const char *path, mode_t forbidden, struct problem *problem)
{
	char shown[PATH_SHOWN];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	printable_text(slice_of(path), shown, sizeof(shown));
	if (fd < 0)
		return problem_set(problem, -errno, "cannot open %s: %s", shown, strerror(errno));
	int err = check_file(fd, shown, forbidden, problem);
	if (err < 0) {
		(void)close(fd);
		return err;
	}
	return fd;
}

static const mode_t of_certificate = S_IWGRP | S_IWOTH, of_key = S_IWGRP | S_IWOTH | S_IROTH;

static int look(const char *path, mode_t forbidden, struct problem *problem)
{
	int fd = open_file(path, forbidden, problem);

	return fd < 0 ? fd : close(fd);
}

int http_tls_look(const char *certificate, const char *key, struct problem *problem)
{
	int err = look(certificate, of_certificate, problem);

	return err == 0 ? look(key, of_key, problem) : err;
}

/* With a NUL behind it. */
static int read_file(const char *path, mode_t forbidden, char **ret, struct problem *problem)
{
	int fd = open_file(path, forbidden, problem);

	if (fd < 0)
		return fd;
	char *text = memory_new(1, HTTP_TLS_FILE_MAX + 1);
	ssize_t n = file_read_bytes(fd, text, HTTP_TLS_FILE_MAX);
	(void)close(fd);
	if (n < 0) {
		free(text);
		return problem_set(
			problem, (int)n, "cannot read a file of TLS: %s", strerror((int)-n));
	}
	*ret = text;
	return 0;
}

static int check_pair(const struct http_tls *tls, const char *path, struct problem *problem)
{
	gnutls_certificate_credentials_t both;
	union {
		const char *text;
		unsigned char *at;
	} certificate = {tls->certificate}, key = {tls->key}; /* which are not written to */
	const gnutls_datum_t certificate_bytes = {
		certificate.at, (unsigned)strlen(tls->certificate)};
	const gnutls_datum_t key_bytes = {key.at, (unsigned)strlen(tls->key)};
	char shown[PATH_SHOWN];

	if (gnutls_certificate_allocate_credentials(&both) < 0)
		return problem_set(problem, -ENOMEM, "there is no memory for a certificate");
	int err = gnutls_certificate_set_x509_key_mem(
		both, &certificate_bytes, &key_bytes, GNUTLS_X509_FMT_PEM);
	gnutls_certificate_free_credentials(both);
	if (err >= 0)
		return 0;
	printable_text(slice_of(path), shown, sizeof(shown));
	return problem_set(problem, -EINVAL, "%s and its key cannot be used for TLS: %s", shown,
		gnutls_strerror(err));
}

int http_tls_read(
	const char *certificate, const char *key, struct http_tls **ret, struct problem *problem)
{
	AUTO(http_tls) tls = memory_new(1, sizeof(*tls));
	int err = read_file(certificate, of_certificate, &tls->certificate, problem);

	if (err == 0)
		err = read_file(key, of_key, &tls->key, problem);
	if (err == 0)
		err = check_pair(tls, certificate, problem);
	if (err < 0)
		return err;
	*ret = tls;
	tls = NULL;
	return 0;
}

void http_tls_free(struct http_tls *tls)
{
	if (tls == NULL)
		return;
	if (tls->key != NULL)
		secret_wipe(tls->key, HTTP_TLS_FILE_MAX);
	free(tls->key);
	free(tls->certificate);
	free(tls);
}
