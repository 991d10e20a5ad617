/* SPDX-License-Identifier: MIT */
/* stim: TLS handshakes with a server of its own, timed by the client and by the server. */
#include "probe/stim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct tls_options {
	const char *by;
	int64_t count, port, delay_ns, abandon_ns, wait_ns, hold_ns, again;
	bool non_blocking, resume, verify, unasked, own_bio, tls12;
};

/* What one side saw of its own handshakes. */
struct tls_tally {
	int64_t ok, failed, abandoned, resumed, calls, want;
	struct stim_times times;
};

enum by { CONNECT, HANDSHAKE, WRITE, READ, BYS };

static const char *const by_names[BYS] = { "connect", "handshake", "write", "read" };

static int tls_error(const char *what)
{
	char reason[256] = "?";

	ERR_error_string_n(ERR_get_error(), reason, sizeof(reason));
	fprintf(stderr, "stim: %s: %s\n", what, reason);
	return 1;
}

/* --- the server ------------------------------------------------------------------ */

/* A certificate nobody else signed, for one process' life. */
static int certify(SSL_CTX *ctx)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	int ok;

	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -86400);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"stim", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	ok = X509_sign(cert, key, EVP_sha256()) && SSL_CTX_use_certificate(ctx, cert) == 1 &&
	     SSL_CTX_use_PrivateKey(ctx, key) == 1;
	X509_free(cert);
	EVP_PKEY_free(key);
	return ok ? 0 : tls_error("certificate");
}

static void serve_one(SSL_CTX *ctx, int fd, const struct tls_options *o, struct tls_tally *t)
{
	SSL *s = SSL_new(ctx);
	int64_t began;
	char c;

	SSL_set_fd(s, fd);
	stim_sleep_until(stim_now() + o->delay_ns);
	began = stim_now();
	t->calls++;
	if (SSL_accept(s) == 1) {
		t->ok++;
		t->resumed += SSL_session_reused(s);
		stim_times_add(&t->times, stim_now() - began);
		/* The client speaks first, except where it only reads. */
		if (strcmp(o->by, by_names[READ]) == 0 || SSL_read(s, &c, 1) == 1)
			SSL_write(s, "y", 1);
		SSL_read(s, &c, 1);
		SSL_shutdown(s);
	} else {
		t->failed++;
	}
	SSL_free(s);
	close(fd);
}

/* Until its parent closes @until. */
static int serve(int listener, int until, int report, const struct tls_options *o)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	struct tls_tally t = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!ctx || certify(ctx))
		return 1;
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"stim", 4);
	for (;;) {
		struct pollfd p[2] = { { .fd = listener, .events = POLLIN }, { .fd = until, .events = POLLIN } };
		int fd;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		fd = p[0].revents ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;
		if (fd >= 0)
			serve_one(ctx, fd, o, &t);
		else if (p[1].revents)
			break;
	}
	return write(report, &t, sizeof(t)) == sizeof(t) ? 0 : 1;
}

/* --- the client ------------------------------------------------------------------- */

static int drive(SSL *s, enum by by)
{
	char c;

	switch (by) {
	case CONNECT:
		return SSL_connect(s);
	case HANDSHAKE:
		return SSL_do_handshake(s);
	case WRITE:
		return SSL_write(s, "x", 1);
	default:
		return SSL_read(s, &c, 1);
	}
}

static bool wants_more(int kind)
{
	return kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE;
}

/* Wait until the socket is ready. Return: false when the client's patience is over first. */
static bool await_socket(int fd, int kind, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = kind == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT };
	int64_t left = until - stim_now();

	return left > 0 && poll(&p, 1, (int)(left / SLO_NS_PER_MS) + 1) > 0;
}

static void complete(SSL *s, const struct tls_options *o, enum by by, struct tls_tally *t, int64_t began)
{
	char c;

	stim_times_add(&t->times, stim_now() - began);
	t->ok++;
	t->resumed += SSL_session_reused(s);
	/* What is over already is no handshake. */
	for (int64_t i = 0; i < o->again; i++)
		SSL_do_handshake(s);
	fcntl(SSL_get_fd(s), F_SETFL, 0);
	if (by != WRITE && by != READ)
		SSL_write(s, "x", 1);
	if (by != READ || o->non_blocking)
		SSL_read(s, &c, 1);
}

static void handshake(SSL *s, int fd, const struct tls_options *o, enum by by, struct tls_tally *t)
{
	int64_t began = stim_now(), until = began + (o->abandon_ns ? o->abandon_ns : 60 * SLO_NS_PER_S);
	int r, kind;

	for (;;) {
		r = drive(s, by);
		t->calls++;
		if (SSL_is_init_finished(s)) {
			complete(s, o, by, t, began);
			return;
		}
		if (o->unasked && !o->non_blocking) {
			t->failed++;
			return;
		}
		kind = SSL_get_error(s, r);
		if (!wants_more(kind)) {
			t->failed++;
			return;
		}
		t->want++;
		if (!await_socket(fd, kind, until)) {
			t->abandoned++;
			return;
		}
	}
}

/* A BIO on the socket made by hand, as programs do that do not call SSL_set_fd. */
static void give_socket(SSL *s, int fd, bool own_bio)
{
	BIO *bio;

	if (!own_bio) {
		SSL_set_fd(s, fd);
		return;
	}
	bio = BIO_new_socket(fd, BIO_NOCLOSE);
	SSL_set_bio(s, bio, bio);
}

static int connect_to(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)to, sizeof(*to))) {
		close(fd);
		return -1;
	}
	return fd;
}

static int client_once(SSL_CTX *ctx, const struct sockaddr_in *to, const struct tls_options *o, enum by by,
		       SSL_SESSION **session, struct tls_tally *t)
{
	int fd = connect_to(to);
	SSL *s = SSL_new(ctx);

	if (fd < 0 || !s)
		return stim_error("connect");
	give_socket(s, fd, o->own_bio);
	if (by != CONNECT)
		SSL_set_connect_state(s);
	if (*session)
		SSL_set_session(s, *session);
	if (o->non_blocking)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	handshake(s, fd, o, by, t);
	if (o->resume && SSL_is_init_finished(s)) {
		SSL_shutdown(s); /* a session cut off is not resumed */
		SSL_SESSION_free(*session);
		*session = SSL_get1_session(s);
	}
	SSL_free(s);
	close(fd);
	return 0;
}

static int client(const struct sockaddr_in *to, const struct tls_options *o, enum by by, struct tls_tally *t)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL_SESSION *session = NULL;
	int r = 0;

	if (!ctx)
		return tls_error("client");
	SSL_CTX_set_verify(ctx, o->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (o->tls12)
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	stim_sleep_until(stim_now() + o->wait_ns);
	for (int64_t i = 0; i < o->count && !stim_stop && !r; i++)
		r = client_once(ctx, to, o, by, &session, t);
	stim_sleep_until(stim_now() + o->hold_ns);
	SSL_SESSION_free(session);
	SSL_CTX_free(ctx);
	return r;
}

/* What this process' SSL_do_handshake begins with: a breakpoint, where somebody probes it. */
static int64_t first_byte(void)
{
	const unsigned char *code = dlsym(RTLD_DEFAULT, "SSL_do_handshake");

	return code ? *code : -1;
}

/* --- both ------------------------------------------------------------------------------ */

static int listen_local(int64_t port, struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	socklen_t len = sizeof(*at);

	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)at, len) || listen(fd, 64) || getsockname(fd, (struct sockaddr *)at, &len))
		return -1;
	return fd;
}

static void put_side(const char *side, const struct tls_tally *t)
{
	const struct {
		const char *name;
		int64_t value;
	} rows[] = {
		{ "ok", t->ok },       { "failed", t->failed }, { "abandoned", t->abandoned },
		{ "resumed", t->resumed }, { "calls", t->calls },   { "want", t->want },
	};
	char name[64];

	for (size_t i = 0; i < SLO_ARRAY_LEN(rows); i++) {
		snprintf(name, sizeof(name), "%s_%s", side, rows[i].name);
		stim_int(name, rows[i].value);
	}
	snprintf(name, sizeof(name), "%s_sum_ms", side);
	stim_ms(name, t->times.sum_ns);
	stim_put_times(side, &t->times);
}

static int parse_by(const char *text)
{
	for (int i = 0; i < BYS; i++)
		if (strcmp(text, by_names[i]) == 0)
			return i;
	fprintf(stderr, "stim: --by: connect, handshake, write or read is wanted\n");
	return -1;
}

static int run_tls(void *opts, int argc, char **argv)
{
	const struct tls_options *o = opts;
	struct tls_tally mine = { 0 }, theirs = { 0 };
	int64_t began = stim_now(), code;
	int until[2], report[2], listener, by = parse_by(o->by), r, status = 1;
	struct sockaddr_in at;
	pid_t server;

	(void)argc, (void)argv;
	if (by < 0)
		return 2;
	listener = listen_local(o->port, &at);
	if (listener < 0 || pipe2(until, O_CLOEXEC) || pipe2(report, O_CLOEXEC))
		return stim_error("listen");
	server = fork();
	if (server < 0)
		return stim_error("fork");
	if (server == 0) {
		close(until[1]);
		_exit(serve(listener, until[0], report[1], o));
	}
	close(listener);
	close(report[1]);
	r = client(&at, o, (enum by)by, &mine);
	code = first_byte();
	close(until[1]);
	if (read(report[0], &theirs, sizeof(theirs)) != sizeof(theirs) || waitpid(server, &status, 0) < 0 || status)
		return stim_error("server");
	stim_open("tls", began);
	stim_int("port", ntohs(at.sin_port));
	stim_int("client_pid", getpid());
	stim_int("server_pid", server);
	stim_int("first_byte", code);
	put_side("client", &mine);
	put_side("server", &theirs);
	return r ? r : stim_close();
}

#define OFF(m, C) SLO_OPT_OFF(struct tls_options, m, C)
#define OPT_MS(NAME, MEMBER, DEF, HELP) \
	{ .name = NAME, .type = SLO_OPT_DURATION, .off = OFF(MEMBER, int64_t), .metavar = "MS", .def = DEF, .lo = 0, \
	  .hi = 300000, .unit_ns = SLO_NS_PER_MS, .help = HELP }

static const struct slo_opt tls_opts[] = {
	{ .name = "by", .type = SLO_OPT_STR, .off = OFF(by, const char *), .metavar = "CALL", .def = "connect",
	  .help = "What drives the client's handshake: connect, handshake, write or read." },
	{ .name = "count", .type = SLO_OPT_INT, .off = OFF(count, int64_t), .metavar = "N", .def = "10", .lo = 1,
	  .hi = STIM_MAX_COUNT, .help = "How many handshakes, one after another." },
	{ .name = "port", .type = SLO_OPT_INT, .off = OFF(port, int64_t), .metavar = "PORT", .def = "0", .lo = 0,
	  .hi = 65535, .help = "Port of the server; 0 is any." },
	OPT_MS("server-delay-ms", delay_ns, "0", "How long the server lets the client's first message wait."),
	OPT_MS("abandon-ms", abandon_ns, "0", "The client gives up after so long; needs --non-blocking."),
	OPT_MS("wait-ms", wait_ns, "0", "Wait before the first handshake."),
	OPT_MS("hold-ms", hold_ns, "0", "Wait after the last one."),
	{ .name = "again", .type = SLO_OPT_INT, .off = OFF(again, int64_t), .metavar = "N", .def = "0", .lo = 0,
	  .hi = 1000, .help = "Calls of SSL_do_handshake on each handshake that is over." },
	{ .name = "non-blocking", .type = SLO_OPT_FLAG, .off = OFF(non_blocking, bool),
	  .help = "The client's socket does not block; it polls." },
	{ .name = "resume", .type = SLO_OPT_FLAG, .off = OFF(resume, bool), .help = "Resume the session before." },
	{ .name = "verify", .type = SLO_OPT_FLAG, .off = OFF(verify, bool),
	  .help = "The client checks the certificate, which nobody it trusts has signed." },
	{ .name = "unasked", .type = SLO_OPT_FLAG, .off = OFF(unasked, bool),
	  .help = "The client does not call SSL_get_error when a blocking handshake fails." },
	{ .name = "own-bio", .type = SLO_OPT_FLAG, .off = OFF(own_bio, bool), .help = "Do not use SSL_set_fd." },
	{ .name = "tls12", .type = SLO_OPT_FLAG, .off = OFF(tls12, bool), .help = "At most TLS 1.2." },
	SLO_OPT_END,
};

const struct slo_cmd stim_cmd_tls = {
	.name = "tls",
	.summary = "TLS handshakes between two processes of its own",
	.opts = tls_opts,
	.opts_size = sizeof(struct tls_options),
	.run = run_tls,
};
