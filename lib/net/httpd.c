/* SPDX-License-Identifier: MIT */
/* The loop and its connections; what is answered is in httpd_request.c. */
#include "net/httpd_internal.h"

#include "base/time.h"
#include "io/writer.h"
#include "net/listen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SWEEP_MS = 1000,           /* between two looks for connections that take too long */
	PEM_MAX = 1 << 20,
	MEMORY = 32768,            /* of a connection, for headers and one piece of a body */
	STACK = 256 * 1024,
};

static void on_connection(void *arg, struct MHD_Connection *c, void **own, enum MHD_ConnectionNotificationCode what)
{
	struct slo_httpd *h = arg;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*own)
			((struct slo_httpd_client *)*own)->c = NULL;
		h->connected--;
		return;
	}
	h->connected++;
	for (size_t i = 0; i < SLO_HTTPD_CONNECTIONS; i++)
		if (!h->clients[i].c) {
			h->clients[i] = (struct slo_httpd_client){ c, slo_now_mono_ns() };
			*own = &h->clients[i];
			return;
		}
}

static int fd_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

/*
 * The library stops reading at a short read and waits for the next edge of
 * epoll; an end of the stream that came together with the last bytes gives none.
 */
static void remind_of_end(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };
	int unread = 0;

	if (poll(&p, 1, 0) == 1 && (p.revents & POLLRDHUP) && ioctl(fd, FIONREAD, &unread) == 0 && unread == 0)
		shutdown(fd, SHUT_RD);
}

/* Once a second: who takes too long, and who is gone. The library then finds an end of the stream like any other. */
static void sweep(struct slo_httpd *h)
{
	int64_t now = slo_now_mono_ns();

	if (now - h->swept_ns < SWEEP_MS * SLO_NS_PER_MS)
		return;
	h->swept_ns = now;
	for (size_t i = 0; i < SLO_HTTPD_CONNECTIONS; i++) {
		struct slo_httpd_client *k = &h->clients[i];

		if (!k->c)
			continue;
		remind_of_end(fd_of(k->c));
		if (now - k->since_ns < h->request_ns)
			continue;
		shutdown(fd_of(k->c), SHUT_RDWR);
		k->since_ns = now;
		atomic_fetch_add(&h->cut, 1);
	}
}

/* Wait for something to do, at most @most_ms (-1 = for ever), and do it. */
static void turn(struct slo_httpd *h, int most_ms)
{
	struct pollfd p[2] = { { .fd = h->epoll, .events = POLLIN }, { .fd = h->wake, .events = POLLIN } };
	MHD_UNSIGNED_LONG_LONG due;
	int before = h->connected;

	if (MHD_get_timeout(h->daemon, &due) == MHD_YES && (most_ms < 0 || due < (MHD_UNSIGNED_LONG_LONG)most_ms))
		most_ms = (int)due;
	poll(p, 2, most_ms);
	MHD_run(h->daemon);
	/* At its limit the library does not watch for connections, and begins again only when it is next called. */
	if (h->connected < before)
		MHD_run(h->daemon);
}

static void finish(struct slo_httpd *h)
{
	int64_t until = slo_now_mono_ns() + SLO_HTTPD_GRACE_S * SLO_NS_PER_S;
	eventfd_t seen;

	eventfd_read(h->wake, &seen);
	while (h->under_way > 0 && slo_now_mono_ns() < until)
		turn(h, 50);
}

static void *serve(void *arg)
{
	struct slo_httpd *h = arg;
	int fd;

	pthread_setname_np(pthread_self(), "httpd");
	while (!atomic_load(&h->stopping)) {
		turn(h, h->connected ? SWEEP_MS : -1);
		sweep(h);
	}
	fd = MHD_quiesce_daemon(h->daemon);
	if (fd >= 0)
		close(fd);
	finish(h);
	return NULL;
}

static void quiet(void *arg, const char *fmt, va_list ap)
{
	(void)arg;
	(void)fmt;
	(void)ap;
}

/* Certificate and key, where they are asked for, as options of the library; NUL-terminated. */
static int read_tls(const struct slo_httpd_opts *o, char **cert, char **key, struct slo_err *err)
{
	size_t len;
	int r;

	if (!o->cert_file && !o->key_file)
		return 0;
	if (!o->cert_file || !o->key_file)
		return slo_err_set(err, -EINVAL, "TLS: want a certificate and its key");
	if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		return slo_err_set(err, -ENOTSUP, "TLS: this libmicrohttpd is built without it");
	r = slo_file_read(o->cert_file, PEM_MAX, cert, &len, err);
	return r ? r : slo_file_read(o->key_file, PEM_MAX, key, &len, err);
}

static int start_daemon(struct slo_httpd *h, int fd, char *cert, char *key, struct slo_err *err)
{
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, key },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	const union MHD_DaemonInfo *info;

	h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ITC | (cert ? MHD_USE_TLS : 0), 0, NULL, NULL,
				     slo_httpd_on_request, h,
				     MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL,
				     MHD_OPTION_LISTEN_SOCKET, fd,
				     MHD_OPTION_CONNECTION_LIMIT, (unsigned int)SLO_HTTPD_CONNECTIONS,
				     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)SLO_HTTPD_IDLE_S,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
				     MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
				     MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
				     MHD_OPTION_NOTIFY_COMPLETED, slo_httpd_on_completed, h,
				     MHD_OPTION_ARRAY, cert ? tls : none,
				     MHD_OPTION_END);
	if (!h->daemon)
		return cert ? slo_err_set(err, -EINVAL, "TLS: certificate or key refused")
			    : slo_err_set(err, -EIO, "the HTTP server does not start");
	info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	h->epoll = info ? info->epoll_fd : -1;
	return 0;
}

/* Nobody's signal handler runs on the server's thread. */
int slo_httpd_run(struct slo_httpd *h)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	r = pthread_create(&h->thread, &attr, serve, h);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	h->running = r == 0;
	return -r;
}

static int start(struct slo_httpd *h, const struct slo_httpd_opts *o, struct slo_err *err)
{
	char *cert = NULL, *key = NULL;
	int fd = -1, r = read_tls(o, &cert, &key, err);

	if (!r) {
		fd = slo_listen(o->listen, &h->port, err);
		r = fd < 0 ? fd : start_daemon(h, fd, cert, key, err);
	}
	if (r && fd >= 0)
		close(fd);
	free(cert);
	free(key);
	if (r)
		return r;
	h->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->wake < 0)
		return -errno;
	return o->held ? 0 : slo_httpd_run(h);
}

int slo_httpd_start(const struct slo_httpd_opts *o, struct slo_httpd **out, struct slo_err *err)
{
	struct slo_httpd *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return slo_err_set(err, -ENOMEM, "out of memory");
	h->routes = o->routes;
	h->arg = o->arg;
	h->body_max = o->body_max;
	h->reply_max = o->reply_max ? o->reply_max : 1 << 20;
	h->request_ns = o->request_ns ? o->request_ns : SLO_HTTPD_REQUEST_S * SLO_NS_PER_S;
	h->bodies_max = o->bodies_max;
	h->on_refused = o->refused;
	h->wake = -1;
	r = start(h, o, err);
	if (r) {
		slo_httpd_stop(h);
		return slo_err_set(err, r, "%s", slo_strerror(r));
	}
	*out = h;
	return 0;
}

void slo_httpd_stop(struct slo_httpd *h)
{
	if (!h)
		return;
	if (h->running) {
		atomic_store(&h->stopping, true);
		eventfd_write(h->wake, 1);
		pthread_join(h->thread, NULL);
	}
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	if (h->wake >= 0)
		close(h->wake);
	free(h);
}

int slo_httpd_port(const struct slo_httpd *h)
{
	return h->port;
}

void slo_httpd_stats(const struct slo_httpd *h, struct slo_httpd_stats *out)
{
	*out = (struct slo_httpd_stats){
		atomic_load(&h->requests), atomic_load(&h->refused), atomic_load(&h->failed), atomic_load(&h->cut),
	};
}
