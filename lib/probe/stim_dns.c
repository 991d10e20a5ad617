/* SPDX-License-Identifier: MIT */
/* stim: a DNS client that asks in each of the ways resolvers do, and times its own answers. */
#include "probe/stim.h"

#include "probe/stim_addr.h"
#include "probe/stim_dns.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum how { CONNECTED, UNCONNECTED, SENDMMSG, THREAD, WRITE, TCP, HOWS };
static const char *const how_names[] = { "connected", "unconnected", "sendmmsg", "thread", "write", "tcp", NULL };

struct dns_options {
	const char *to, *name;
	int how;
	int64_t count, timeout_ns, tries, read_after_ns;
	double rate;
	bool pair, peek, one_socket, split;
};

/* One query under way. */
struct asked {
	uint16_t id;
	size_t len;
	uint8_t bytes[STIM_DNS_MAX + 2]; /* the message after its length */
	int64_t sent, answered;          /* monotonic */
	int64_t sent_wall;
};

struct client {
	const struct dns_options *o;
	struct stim_addr to;
	int fd;
	struct asked asked[2];
	int n; /* queries of one exchange */
	int64_t arrived_wall; /* the last answer, by the kernel's own stamp; 0 = not known */
	uint16_t next_id;
	int64_t queries, answers, timeouts, strays, peeks, send_errors, late;
	struct stim_times dns, arrive;
};

size_t stim_dns_query(uint8_t to[STIM_DNS_MAX], uint16_t id, const char *name, uint16_t type)
{
	size_t at = STIM_DNS_HEADER;

	memset(to, 0, STIM_DNS_HEADER);
	to[0] = (uint8_t)(id >> 8);
	to[1] = (uint8_t)id;
	to[2] = 1; /* recursion desired */
	to[5] = 1; /* questions */
	while (*name) {
		size_t label = strcspn(name, ".");

		if (label == 0 || label > 63 || at + label + 6 > STIM_DNS_HEADER + 255)
			return 0;
		to[at++] = (uint8_t)label;
		memcpy(to + at, name, label);
		at += label;
		name += label + (name[label] == '.');
	}
	to[at++] = 0;
	to[at++] = 0;
	to[at++] = (uint8_t)type;
	to[at++] = 0;
	to[at++] = 1; /* IN */
	return at;
}

static int64_t wall_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * SLO_NS_PER_S + t.tv_nsec;
}

static bool is_connected(const struct dns_options *o)
{
	return o->how != UNCONNECTED && o->how != THREAD;
}

static int open_client(struct client *c)
{
	int on = 1;

	c->fd = socket(c->to.any.sa_family, (c->o->how == TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || (is_connected(c->o) && connect(c->fd, &c->to.any, c->to.len)))
		return stim_error(c->o->to);
	if (setsockopt(c->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)))
		return stim_error("SO_TIMESTAMPNS");
	return 0;
}

static void make_queries(struct client *c)
{
	c->n = c->o->pair ? 2 : 1;
	for (int i = 0; i < c->n; i++) {
		struct asked *a = &c->asked[i];

		*a = (struct asked){ .id = c->next_id++ };
		a->len = stim_dns_query(a->bytes + 2, a->id, c->o->name, i ? STIM_DNS_AAAA : STIM_DNS_A);
		a->bytes[0] = (uint8_t)(a->len >> 8);
		a->bytes[1] = (uint8_t)a->len;
	}
}

static bool send_one(const struct client *c, struct asked *a)
{
	struct iovec v[2] = { { a->bytes, 2 }, { a->bytes + 2, a->len } };

	if (c->o->how == TCP && c->o->split)
		return writev(c->fd, v, 2) > 0;
	if (c->o->how == TCP)
		return send(c->fd, a->bytes, a->len + 2, MSG_NOSIGNAL) > 0;
	if (c->o->how == WRITE)
		return write(c->fd, a->bytes + 2, a->len) > 0;
	if (is_connected(c->o))
		return send(c->fd, a->bytes + 2, a->len, 0) > 0;
	return sendto(c->fd, a->bytes + 2, a->len, 0, &c->to.any, c->to.len) > 0;
}

/* Return: whether all went out. */
static bool send_queries(struct client *c)
{
	struct mmsghdr m[2] = { 0 };
	struct iovec v[2];
	bool sent = true;

	for (int i = 0; i < c->n; i++) {
		if (!c->asked[i].sent) {
			c->asked[i].sent_wall = wall_now();
			c->asked[i].sent = stim_now();
		}
		v[i] = (struct iovec){ c->asked[i].bytes + 2, c->asked[i].len };
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &v[i], .msg_iovlen = 1 };
		if (c->o->how != SENDMMSG)
			sent &= c->asked[i].answered || send_one(c, &c->asked[i]);
	}
	return c->o->how == SENDMMSG ? sendmmsg(c->fd, m, (unsigned int)c->n, 0) == c->n : sent;
}

static bool all_answered(const struct client *c)
{
	for (int i = 0; i < c->n; i++)
		if (!c->asked[i].answered)
			return false;
	return true;
}

static int64_t wall_of(struct msghdr *m)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		struct timespec t;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&t, CMSG_DATA(h), sizeof(t));
		return t.tv_sec * SLO_NS_PER_S + t.tv_nsec;
	}
	return 0;
}

/* A message of ours; after its length over TCP, read apart as the C library does. */
static ssize_t read_message(struct client *c, uint8_t q[STIM_DNS_MAX])
{
	_Alignas(struct cmsghdr) char control[128];
	struct iovec v = { q, STIM_DNS_MAX };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	uint8_t prefix[2];
	ssize_t n;

	if (c->o->how == TCP) {
		if (recv(c->fd, prefix, 2, MSG_WAITALL) != 2)
			return -1;
		v.iov_len = (size_t)(prefix[0] << 8 | prefix[1]);
		if (v.iov_len > STIM_DNS_MAX)
			return -1;
	}
	n = recvmsg(c->fd, &m, c->o->how == TCP ? MSG_WAITALL : 0);
	c->arrived_wall = n > 0 ? wall_of(&m) : 0;
	return n;
}

/* By id and the first letter of the name, which is what forged answers get wrong. */
static bool is_answer(const struct asked *a, const uint8_t *q, ssize_t n)
{
	return !a->answered && n >= STIM_DNS_HEADER && (q[0] << 8 | q[1]) == a->id &&
	       (n == STIM_DNS_HEADER || (q[13] | 32) == a->bytes[15]);
}

/* Return: whether it was one of ours. */
static bool take_answer(struct client *c)
{
	uint8_t q[STIM_DNS_MAX];
	ssize_t n = read_message(c, q);
	int64_t now = stim_now();

	for (int i = 0; i < c->n; i++) {
		struct asked *a = &c->asked[i];

		if (!is_answer(a, q, n))
			continue;
		a->answered = now;
		c->answers++;
		stim_times_add(&c->dns, now - a->sent);
		stim_times_add(&c->arrive, c->arrived_wall ? c->arrived_wall - a->sent_wall : now - a->sent);
		return true;
	}
	c->strays++;
	return false;
}

static void look_and_wait(struct client *c)
{
	uint8_t q[STIM_DNS_MAX];

	if (c->o->peek)
		c->peeks += recv(c->fd, q, sizeof(q), MSG_PEEK) > 0;
	if (c->o->read_after_ns)
		stim_sleep_until(stim_now() + c->o->read_after_ns);
}

/* Until all are answered or @end. */
static void await_answers(struct client *c, int64_t end)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	while (!all_answered(c) && !stim_stop) {
		int64_t left = end - stim_now();

		if (left <= 0)
			return;
		if (poll(&p, 1, (int)(left / SLO_NS_PER_MS) + 1) <= 0)
			continue;
		if (p.revents & ~POLLIN)
			return;
		look_and_wait(c);
		take_answer(c);
	}
}

/* In recv() before the query leaves, as some run times have it. */
static void *receiver(void *arg)
{
	struct client *c = arg;
	struct timeval limit = { .tv_sec = c->o->timeout_ns / SLO_NS_PER_S,
				 .tv_usec = c->o->timeout_ns % SLO_NS_PER_S / SLO_NS_PER_US };

	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	while (!all_answered(c) && take_answer(c))
		;
	return NULL;
}

static void exchange_by_thread(struct client *c)
{
	pthread_t t;

	if (pthread_create(&t, NULL, receiver, c))
		return;
	stim_sleep_until(stim_now() + 20 * SLO_NS_PER_MS);
	c->send_errors += !send_queries(c);
	pthread_join(t, NULL);
}

static int exchange(struct client *c)
{
	if (c->fd < 0 && open_client(c))
		return 1;
	make_queries(c);
	if (c->o->how == THREAD) {
		exchange_by_thread(c);
	} else {
		for (int64_t i = 0; i < c->o->tries && !all_answered(c) && !stim_stop; i++) {
			c->send_errors += !send_queries(c);
			await_answers(c, stim_now() + c->o->timeout_ns);
		}
	}
	c->queries += c->n;
	for (int i = 0; i < c->n; i++)
		c->timeouts += !c->asked[i].answered;
	if (!c->o->one_socket) {
		close(c->fd);
		c->fd = -1;
	}
	return 0;
}

static int put_client(const struct client *c, int64_t began)
{
	stim_open("dns", began);
	stim_ms("wall_ms", stim_now() - began);
	stim_int("queries", c->queries);
	stim_int("answers", c->answers);
	stim_int("timeouts", c->timeouts);
	stim_int("send_errors", c->send_errors);
	stim_int("strays", c->strays);
	stim_int("peeks", c->peeks);
	stim_put_times("dns", &c->dns);
	stim_put_times("arrive", &c->arrive);
	stim_int("late", c->late);
	return stim_close();
}

static int run_dns(void *opts, int argc, char **argv)
{
	static struct client c;
	const struct dns_options *o = opts;
	int64_t began, period = (int64_t)((double)SLO_NS_PER_S / o->rate), due;
	uint8_t probe[STIM_DNS_MAX];

	(void)argc, (void)argv;
	c.o = o;
	c.fd = -1;
	c.next_id = (uint16_t)getpid();
	if (stim_addr_parse(o->to, &c.to))
		return 2;
	if (!stim_dns_query(probe, 0, o->name, STIM_DNS_A)) {
		fprintf(stderr, "stim: --name: no DNS name: %s\n", o->name);
		return 2;
	}
	began = stim_now();
	for (int64_t i = 0; i < o->count && !stim_stop; i++) {
		due = began + i * period;
		stim_sleep_until(due);
		c.late += stim_now() > due + period;
		if (exchange(&c))
			return 1;
	}
	return put_client(&c, began);
}

#define OFF(m, C) SLO_OPT_OFF(struct dns_options, m, C)

static const struct slo_opt dns_opts[] = {
	{ .name = "to", .type = SLO_OPT_STR, .off = OFF(to, const char *), .metavar = "ADDR:PORT",
	  .def = "127.0.0.1:53", .help = "Server." },
	{ .name = "name", .type = SLO_OPT_STR, .off = OFF(name, const char *), .metavar = "NAME", .def = "d5.example",
	  .help = "What to ask for; see dns-serve." },
	{ .name = "how", .type = SLO_OPT_CHOICE, .off = OFF(how, int), .metavar = "HOW", .def = "connected",
	  .choices = how_names, .help = "How to send and receive; thread: another one is in recv() already." },
	{ .name = "count", .type = SLO_OPT_INT, .off = OFF(count, int64_t), .metavar = "N", .def = "5", .lo = 1,
	  .hi = STIM_MAX_COUNT, .help = "Exchanges, one after another." },
	{ .name = "rate", .type = SLO_OPT_NUM, .off = OFF(rate, double), .metavar = "R", .def = "20", .lo = 0.01,
	  .hi = 1e6, .help = "Exchanges begun per second; slower when one takes longer." },
	{ .name = "timeout-ms", .type = SLO_OPT_DURATION, .off = OFF(timeout_ns, int64_t), .metavar = "MS",
	  .def = "2000", .lo = 1, .hi = 300000, .unit_ns = SLO_NS_PER_MS, .help = "When a try is given up." },
	{ .name = "tries", .type = SLO_OPT_INT, .off = OFF(tries, int64_t), .metavar = "N", .def = "1", .lo = 1,
	  .hi = 100, .help = "Times a query is sent, with the same id by the same socket." },
	{ .name = "read-after-ms", .type = SLO_OPT_DURATION, .off = OFF(read_after_ns, int64_t), .metavar = "MS",
	  .def = "0", .lo = 0, .hi = 60000, .unit_ns = SLO_NS_PER_MS,
	  .help = "Leave an answer that has arrived alone for so long." },
	{ .name = "pair", .type = SLO_OPT_FLAG, .off = OFF(pair, bool), .help = "Ask for A and AAAA at once." },
	{ .name = "peek", .type = SLO_OPT_FLAG, .off = OFF(peek, bool),
	  .help = "Look at each answer before it is taken." },
	{ .name = "one-socket", .type = SLO_OPT_FLAG, .off = OFF(one_socket, bool),
	  .help = "The same socket for all, rather than one each." },
	{ .name = "split", .type = SLO_OPT_FLAG, .off = OFF(split, bool),
	  .help = "Over TCP: length and message in buffers of their own." },
	SLO_OPT_END,
};
const struct slo_cmd stim_cmd_dns = {
	.name = "dns",
	.summary = "DNS queries, timed from the first send to the answer in hand",
	.opts = dns_opts,
	.opts_size = sizeof(struct dns_options),
	.run = run_dns,
};
