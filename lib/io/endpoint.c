/* SPDX-License-Identifier: MIT */
#include "io/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { BACKLOG = 128, SOCKET_MODE = 0660 };

int slo_endpoint_parse(const char *text, struct slo_endpoint *out, struct slo_err *err)
{
	static const struct {
		const char *prefix;
		enum slo_endpoint_kind kind;
	} schemes[] = { { "unix:", SLO_ENDPOINT_UNIX }, { "unix-listen:", SLO_ENDPOINT_UNIX_LISTEN } };
	struct slo_endpoint e = { .kind = strcmp(text, "-") == 0 ? SLO_ENDPOINT_STD : SLO_ENDPOINT_FILE, .path = text };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t n = strlen(schemes[i].prefix);

		if (strncmp(text, schemes[i].prefix, n) == 0) {
			e.kind = schemes[i].kind;
			e.path = text + n;
		}
	}
	if (e.path[0] == '\0')
		return slo_err_set(err, -EINVAL, "endpoint \"%s\": no path", text);
	*out = e;
	return 0;
}

static int address(const char *path, struct sockaddr_un *to, struct slo_err *err)
{
	size_t n = strlen(path);

	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n >= sizeof(to->sun_path)) {
		slo_err_set(err, 0, "path of a unix socket is limited to %zu bytes", sizeof(to->sun_path) - 1);
		slo_err_at(err, "%s", path);
		return -ENAMETOOLONG;
	}
	memcpy(to->sun_path, path, n);
	return 0;
}

static int new_socket(int flags, struct slo_err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		return slo_err_set(err, -errno, "socket: %s", slo_strerror(-errno));
	return fd;
}

static int connect_to(int fd, const struct sockaddr_un *to)
{
	const void *sa = to;

	return connect(fd, sa, sizeof(*to)) < 0 ? -errno : 0;
}

int slo_unix_connect(const char *path, struct slo_err *err)
{
	slo_autoclose int fd = -1;
	struct sockaddr_un to;
	int rc = address(path, &to, err);

	if (rc < 0)
		return rc;
	fd = new_socket(0, err);
	if (fd < 0)
		return fd;
	rc = connect_to(fd, &to);
	if (rc < 0) {
		slo_err_set(err, rc, "cannot connect: %s", slo_strerror(rc));
		slo_err_at(err, "%s", path);
		return rc;
	}
	return SLO_TAKE_FD(fd);
}

/* Something is at @to. Remove it if it is a socket nobody listens on. */
static int remove_stale(const struct sockaddr_un *to, struct slo_err *err)
{
	slo_autoclose int fd = -1;
	struct stat st;
	int rc;

	if (lstat(to->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : slo_err_set(err, -errno, "%s", slo_strerror(-errno));
	if (!S_ISSOCK(st.st_mode))
		return slo_err_set(err, -EEXIST, "exists and is not a socket; not replaced");
	/* Non-blocking: a live listener whose backlog is full says EAGAIN instead of making us wait. */
	fd = new_socket(SOCK_NONBLOCK, err);
	if (fd < 0)
		return fd;
	rc = connect_to(fd, to);
	if (rc != -ECONNREFUSED)
		return slo_err_set(err, rc == -EACCES ? rc : -EADDRINUSE,
				   rc == -EACCES ? "socket of another user" : "another process listens there");
	if (unlink(to->sun_path) < 0 && errno != ENOENT)
		return slo_err_set(err, -errno, "cannot remove the stale socket: %s", slo_strerror(-errno));
	return 0;
}

static int bind_to(int fd, const struct sockaddr_un *to)
{
	const void *sa = to;

	return bind(fd, sa, sizeof(*to)) < 0 ? -errno : 0;
}

static int bind_and_listen(int fd, const struct sockaddr_un *to, struct slo_err *err)
{
	int rc;

	/* bind() creates the file with the mode of the socket less the umask: it is never open wider than this. */
	if (fchmod(fd, SOCKET_MODE) < 0)
		return slo_err_set(err, -errno, "fchmod: %s", slo_strerror(-errno));
	rc = bind_to(fd, to);
	if (rc == -EADDRINUSE) {
		rc = remove_stale(to, err);
		if (rc < 0)
			return rc;
		rc = bind_to(fd, to);
	}
	if (rc < 0)
		return slo_err_set(err, rc, "cannot bind: %s", slo_strerror(rc));
	if (chmod(to->sun_path, SOCKET_MODE) < 0 || listen(fd, BACKLOG) < 0) {
		rc = -errno;
		unlink(to->sun_path);
		return slo_err_set(err, rc, "cannot listen: %s", slo_strerror(rc));
	}
	return 0;
}

int slo_listener_open(struct slo_listener *l, const char *path, struct slo_err *err)
{
	slo_autoclose int fd = -1;
	slo_autofree char *copy = strdup(path);
	struct sockaddr_un to;
	struct stat st = { 0 };
	int rc = address(path, &to, err);

	*l = (struct slo_listener){ .fd = -1, .spare = -1 };
	if (rc < 0)
		return rc;
	fd = new_socket(SOCK_NONBLOCK, err);
	if (fd < 0 || !copy)
		return fd < 0 ? fd : -ENOMEM;
	rc = bind_and_listen(fd, &to, err);
	if (rc < 0) {
		slo_err_at(err, "%s", path);
		return rc;
	}
	(void)!lstat(path, &st);
	*l = (struct slo_listener){ .fd = SLO_TAKE_FD(fd), .spare = open("/dev/null", O_RDONLY | O_CLOEXEC),
				    .path = SLO_TAKE(copy), .dev = st.st_dev, .ino = st.st_ino };
	return 0;
}

/*
 * A client nobody can accept would keep poll() from ever waiting. (accept4() wants
 * its descriptor first, so it also fails like this when nobody waits.)
 */
static int turn_away(struct slo_listener *l)
{
	int rc = -EMFILE, fd;

	if (l->spare < 0)
		return -ENFILE;
	close(l->spare);
	fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		rc = -EAGAIN;
	else
		close(fd);
	l->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return rc;
}

int slo_listener_accept(struct slo_listener *l)
{
	int fd;

	do
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd >= 0)
		return fd;
	if (errno != EMFILE && errno != ENFILE)
		return -errno;
	return turn_away(l);
}

void slo_listener_close(struct slo_listener *l)
{
	struct stat st;

	if (l->fd < 0)
		return;
	if (lstat(l->path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->path);
	close(l->fd);
	if (l->spare >= 0)
		close(l->spare);
	free(l->path);
	*l = (struct slo_listener){ .fd = -1, .spare = -1 };
}
