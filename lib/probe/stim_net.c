/* SPDX-License-Identifier: MIT */
/* stim: TCP clients that time their own connections and ask the kernel what became of their packets. */
#include "probe/stim.h"

#include "probe/stim_addr.h"

#include <errno.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 16384, DRAIN_SECONDS = 20 };

struct net_options {
	const char *to;
	int64_t count, timeout_ns, bytes, seconds_ns;
	double rate;
	bool non_blocking;
};

static int tcp_info(int fd, struct tcp_info *out)
{
	socklen_t len = sizeof(*out);

	memset(out, 0, sizeof(*out));
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, out, &len) ? -errno : 0;
}

/* --- connect --- */

enum outcome { OK, REFUSED, RESET, TIMEOUT, UNREACHABLE, OTHER, OUTCOMES };

static const char *const outcome_names[OUTCOMES] = { "ok", "refused", "reset", "timeout", "unreachable", "other" };

struct tally {
	int64_t outcomes[OUTCOMES];
	int64_t syn_retransmits; /* of all attempts, TCP_INFO when the attempt was over */
	int64_t late;            /* attempts that began over a period after their time: the rate was not kept */
	struct stim_times ok, failed;
	int last_errno; /* of OTHER */
};

static enum outcome outcome_of(int err)
{
	static const struct {
		int err;
		enum outcome outcome;
	} table[] = {
		{ 0, OK }, { ECONNREFUSED, REFUSED }, { ECONNRESET, RESET }, { ETIMEDOUT, TIMEOUT },
		{ EINPROGRESS, TIMEOUT }, { EAGAIN, TIMEOUT }, { EHOSTUNREACH, UNREACHABLE },
		{ ENETUNREACH, UNREACHABLE },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(table); i++) {
		if (table[i].err == err)
			return table[i].outcome;
	}
	return OTHER;
}

/* Wait for a connection under way. Return: 0, or the errno it ended with. */
static int await_connect(int fd, int64_t timeout_ns)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int64_t end = stim_now() + timeout_ns, left;
	socklen_t len = sizeof(int);
	int err = 0, n;

	do {
		left = end - stim_now();
		n = poll(&p, 1, left > 0 ? (int)((left + SLO_NS_PER_MS - 1) / SLO_NS_PER_MS) : 0);
	} while (n < 0 && errno == EINTR && !stim_stop);
	if (n <= 0)
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) ? errno : err;
}

static int open_socket(const struct stim_addr *to, const struct net_options *o)
{
	const struct timeval limit = { .tv_sec = o->timeout_ns / SLO_NS_PER_S,
				       .tv_usec = o->timeout_ns % SLO_NS_PER_S / SLO_NS_PER_US };
	int fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | (o->non_blocking ? SOCK_NONBLOCK : 0), 0);

	/* connect() gives up after the time limit of sending. */
	if (fd >= 0 && !o->non_blocking && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Return: the socket, with the errno the attempt ended with and its duration; -1 with errno when there is none. */
static int attempt(const struct stim_addr *to, const struct net_options *o, int *err, int64_t *took)
{
	int fd = open_socket(to, o);
	int64_t began = stim_now();

	if (fd < 0)
		return -1;
	*err = connect(fd, &to->any, to->len) ? errno : 0;
	if (o->non_blocking && *err == EINPROGRESS)
		*err = await_connect(fd, o->timeout_ns);
	*took = stim_now() - began;
	return fd;
}

static int connect_once(const struct stim_addr *to, const struct net_options *o, struct tally *t)
{
	struct tcp_info info;
	enum outcome outcome;
	int64_t took;
	int err, fd = attempt(to, o, &err, &took);

	if (fd < 0)
		return stim_error("socket");
	outcome = outcome_of(err);
	t->outcomes[outcome]++;
	if (outcome == OTHER)
		t->last_errno = err;
	stim_times_add(outcome == OK ? &t->ok : &t->failed, took);
	if (!tcp_info(fd, &info))
		t->syn_retransmits += info.tcpi_total_retrans;
	close(fd);
	return 0;
}

static int put_connects(const struct tally *t, int64_t began)
{
	int64_t wall = stim_now() - began;

	stim_open("connect", began);
	stim_ms("wall_ms", wall);
	stim_int("count", t->ok.count + t->failed.count);
	for (int i = 0; i < OUTCOMES; i++)
		stim_int(outcome_names[i], t->outcomes[i]);
	if (t->last_errno)
		stim_str("other_error", strerror(t->last_errno));
	stim_put_times("connect", &t->ok);
	stim_put_times("failed", &t->failed);
	stim_int("syn_retransmits", t->syn_retransmits);
	stim_int("late", t->late);
	return stim_close();
}

static int run_connect(void *opts, int argc, char **argv)
{
	const struct net_options *o = opts;
	struct tally t = { .outcomes = { 0 } };
	int64_t began, period = (int64_t)((double)SLO_NS_PER_S / o->rate), due;
	struct stim_addr to;

	(void)argc, (void)argv;
	if (stim_addr_parse(o->to, &to))
		return 2;
	began = stim_now();
	for (int64_t i = 0; i < o->count && !stim_stop; i++) {
		due = began + i * period;
		stim_sleep_until(due);
		t.late += stim_now() > due + period;
		if (connect_once(&to, o, &t))
			return 1;
	}
	return put_connects(&t, began);
}

#define OFF(m, C) SLO_OPT_OFF(struct net_options, m, C)
#define OPT_TO \
	{ .name = "to", .type = SLO_OPT_STR, .off = OFF(to, const char *), .metavar = "ADDR:PORT", \
	  .help = "Server: 127.0.0.1:80 or [::1]:80." }

static const struct slo_opt connect_opts[] = {
	OPT_TO,
	{ .name = "count", .type = SLO_OPT_INT, .off = OFF(count, int64_t), .metavar = "N", .def = "10", .lo = 1,
	  .hi = STIM_MAX_COUNT, .help = "How many connections, one after another." },
	{ .name = "rate", .type = SLO_OPT_NUM, .off = OFF(rate, double), .metavar = "R", .def = "20", .lo = 0.01,
	  .hi = 1e6, .help = "Connections begun per second; slower when one takes longer." },
	{ .name = "timeout-ms", .type = SLO_OPT_DURATION, .off = OFF(timeout_ns, int64_t), .metavar = "MS",
	  .def = "5000", .lo = 1, .hi = 300000, .unit_ns = SLO_NS_PER_MS, .help = "When an attempt is given up." },
	{ .name = "non-blocking", .type = SLO_OPT_FLAG, .off = OFF(non_blocking, bool),
	  .help = "Non-blocking connect() and poll(), rather than a connect() that waits." },
	SLO_OPT_END,
};
const struct slo_cmd stim_cmd_connect = {
	.name = "connect",
	.summary = "TCP connections at a pace, each closed at once",
	.opts = connect_opts,
	.opts_size = sizeof(struct net_options),
	.run = run_connect,
};

/* --- send --- */

/* Writes to the socket until enough bytes or time. Return: bytes accepted by it, or negative errno. */
static int64_t push(int fd, int64_t bytes, int64_t end)
{
	static const char zeros[CHUNK];
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int64_t done = 0;

	while (done < bytes && stim_now() < end && !stim_stop) {
		int64_t want = bytes - done < CHUNK ? bytes - done : CHUNK;
		ssize_t n = send(fd, zeros, (size_t)want, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			done += n;
		else if (errno == EAGAIN)
			poll(&p, 1, 100);
		else if (errno != EINTR)
			return -errno;
	}
	return done;
}

/* Until everything is acknowledged: only then are the counts final. Return: whether it was. */
static bool drained(int fd, struct tcp_info *info)
{
	int64_t end = stim_now() + DRAIN_SECONDS * SLO_NS_PER_S;

	for (;;) {
		if (tcp_info(fd, info))
			return false;
		if (!info->tcpi_unacked && !info->tcpi_notsent_bytes)
			return true;
		if (stim_now() >= end || stim_stop)
			return false;
		stim_sleep_until(stim_now() + 5 * SLO_NS_PER_MS);
	}
}

static int run_send(void *opts, int argc, char **argv)
{
	struct net_options *o = opts;
	struct tcp_info info, at_start;
	struct stim_addr to;
	int64_t began, took, sent;
	int err, fd;
	bool all;

	(void)argc, (void)argv;
	if (stim_addr_parse(o->to, &to))
		return 2;
	began = stim_now();
	fd = attempt(&to, o, &err, &took);
	if (fd < 0 || err) {
		errno = fd < 0 ? errno : err;
		return stim_error(o->to);
	}
	tcp_info(fd, &at_start);
	sent = push(fd, o->bytes, stim_now() + o->seconds_ns);
	if (sent < 0) {
		errno = (int)-sent;
		return stim_error(o->to);
	}
	all = drained(fd, &info);
	close(fd);
	stim_open("send", began);
	stim_ms("wall_ms", stim_now() - began);
	stim_ms("connect_ms", took);
	stim_int("bytes", sent);
	stim_int("total_retrans", info.tcpi_total_retrans);
	stim_int("syn_retransmits", at_start.tcpi_total_retrans);
	stim_int("segs_out", info.tcpi_segs_out);
	stim_int("data_segs_out", info.tcpi_data_segs_out);
	stim_int("acknowledged", all);
	return stim_close();
}

static const struct slo_opt send_opts[] = {
	OPT_TO,
	{ .name = "bytes", .type = SLO_OPT_INT, .off = OFF(bytes, int64_t), .metavar = "N", .def = "1000000",
	  .lo = 1, .hi = 1e12, .help = "How much to send." },
	{ .name = "seconds", .type = SLO_OPT_DURATION, .off = OFF(seconds_ns, int64_t), .metavar = "S", .def = "30",
	  .lo = 0.001, .hi = STIM_MAX_SECONDS, .unit_ns = SLO_NS_PER_S,
	  .help = "Stop sending after so long; acknowledgements are waited for 20 s more." },
	{ .name = "timeout-ms", .type = SLO_OPT_DURATION, .off = OFF(timeout_ns, int64_t), .metavar = "MS",
	  .def = "20000", .lo = 1, .hi = 300000, .unit_ns = SLO_NS_PER_MS,
	  .help = "When the attempt to connect is given up." },
	SLO_OPT_END,
};
const struct slo_cmd stim_cmd_send = {
	.name = "send",
	.summary = "data over one TCP connection",
	.opts = send_opts,
	.opts_size = sizeof(struct net_options),
	.run = run_send,
};
