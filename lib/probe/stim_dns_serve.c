/* SPDX-License-Identifier: MIT */
/*
 * stim: a DNS server that does what the name it is asked for says. The first label is a list of words with '-' between
 * them: dMS (answer after MS milliseconds), never, tc, servfail, nxdomain, bare (no question in the answer), twice,
 * upper (the name in capitals), forged (first an answer with another name), lastN (only the Nth try of a query).
 * Over TCP "tc" is ignored, as that is what it is for.
 */
#include "probe/stim.h"

#include "probe/stim_addr.h"
#include "probe/stim_dns.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_WAITING = 1024, MAX_CLIENTS = 64, TRIES = 256, POLL_MS = 100 };

struct serve_options {
	const char *at;
	int64_t seconds_ns;
};

struct words {
	int64_t delay_ns;
	bool never, tc, servfail, nxdomain, bare, twice, upper, forged;
	int64_t last;
};

/* An answer that is not due yet. */
struct waiting {
	int64_t due;
	int fd;
	bool tcp;
	struct stim_addr to;
	size_t len;
	uint8_t bytes[STIM_DNS_MAX + 2];
};

struct tries {
	uint16_t id, port;
	int64_t n;
};

static struct {
	struct pollfd fds[MAX_CLIENTS + 2]; /* UDP, listening TCP, clients */
	nfds_t used;
	struct waiting waiting[MAX_WAITING];
	size_t waiting_count;
	struct tries tries[TRIES];
	int64_t queries, tcp_queries, answers, malformed, no_room;
} s;

static struct words read_words(const uint8_t *label)
{
	struct words w = { 0 };
	char text[64] = "", *save = NULL;

	memcpy(text, label + 1, label[0]);
	for (char *t = strtok_r(text, "-", &save); t; t = strtok_r(NULL, "-", &save)) {
		if (t[0] == 'd' && isdigit((unsigned char)t[1]))
			w.delay_ns = atoll(t + 1) * SLO_NS_PER_MS;
		else if (strncmp(t, "last", 4) == 0)
			w.last = atoll(t + 4);
		w.never |= !strcmp(t, "never");
		w.tc |= !strcmp(t, "tc");
		w.servfail |= !strcmp(t, "servfail");
		w.nxdomain |= !strcmp(t, "nxdomain");
		w.bare |= !strcmp(t, "bare");
		w.twice |= !strcmp(t, "twice");
		w.upper |= !strcmp(t, "upper");
		w.forged |= !strcmp(t, "forged");
	}
	return w;
}

static void queue(const struct waiting *a)
{
	if (s.waiting_count == MAX_WAITING)
		s.no_room++;
	else
		s.waiting[s.waiting_count++] = *a;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* The query turned into its answer, without records: nobody looks at them. */
static void make_answer(struct waiting *a, const uint8_t *q, size_t len, const struct words *w)
{
	uint8_t *p = a->bytes + 2;
	unsigned int flags = 0x8180u | (w->tc && !a->tcp ? 0x200u : 0u) | (w->servfail ? 2u : 0u) |
			     (w->nxdomain ? 3u : 0u);

	memcpy(p, q, len);
	put16(p + 2, (uint16_t)flags);
	memset(p + 6, 0, 6);
	for (size_t i = STIM_DNS_HEADER; w->upper && i + 4 < len; i++)
		p[i] = (uint8_t)toupper(p[i]);
	if (w->bare) {
		put16(p + 4, 0);
		len = STIM_DNS_HEADER;
	}
	put16(a->bytes, (uint16_t)len);
	a->len = len;
}

/* Return: which try of a query this is, from 1. */
static int64_t count_try(uint16_t id, uint16_t port)
{
	struct tries *t = &s.tries[(id ^ port) % TRIES];

	if (t->id != id || t->port != port)
		*t = (struct tries){ id, port, 0 };
	return ++t->n;
}

static void take_query(int fd, bool tcp, const struct stim_addr *from, const uint8_t *q, size_t len)
{
	struct waiting a = { .fd = fd, .tcp = tcp, .to = *from };
	struct words w;

	s.queries++;
	s.tcp_queries += tcp;
	if (len < STIM_DNS_HEADER + 6 || len > STIM_DNS_MAX || q[STIM_DNS_HEADER] > 63 ||
	    STIM_DNS_HEADER + 1u + q[STIM_DNS_HEADER] > len) {
		s.malformed++;
		return;
	}
	w = read_words(q + STIM_DNS_HEADER);
	if (w.never || (w.last && count_try((uint16_t)(q[0] << 8 | q[1]), from->v4.sin_port) != w.last))
		return;
	make_answer(&a, q, len, &w);
	a.due = stim_now() + w.delay_ns;
	if (w.forged) {
		struct waiting forged = a;

		forged.bytes[2 + STIM_DNS_HEADER + 1] ^= 1;
		forged.due -= w.delay_ns;
		queue(&forged);
	}
	queue(&a);
	if (w.twice)
		queue(&a);
}

static void send_due(void)
{
	int64_t now = stim_now();

	for (size_t i = 0; i < s.waiting_count;) {
		struct waiting *a = &s.waiting[i];

		if (a->due > now) {
			i++;
			continue;
		}
		if (a->tcp)
			s.answers += send(a->fd, a->bytes, a->len + 2, MSG_NOSIGNAL) > 0;
		else
			s.answers += sendto(a->fd, a->bytes + 2, a->len, 0, &a->to.any, a->to.len) > 0;
		*a = s.waiting[--s.waiting_count];
	}
}

static int wait_ms(int64_t end)
{
	int64_t first = end;

	for (size_t i = 0; i < s.waiting_count; i++)
		if (s.waiting[i].due < first)
			first = s.waiting[i].due;
	first -= stim_now();
	return first < 0 ? 0 : first > POLL_MS * SLO_NS_PER_MS ? POLL_MS : (int)(first / SLO_NS_PER_MS);
}

static void take_udp(void)
{
	uint8_t q[STIM_DNS_MAX];
	ssize_t n;

	do {
		struct stim_addr from = { .len = sizeof(from.v6) };

		n = recvfrom(s.fds[0].fd, q, sizeof(q), MSG_DONTWAIT, &from.any, &from.len);
		if (n > 0)
			take_query(s.fds[0].fd, false, &from, q, (size_t)n);
	} while (n > 0);
}

/* Whole messages, as many as one read has. Return: whether the client goes on. */
static bool take_tcp(int fd)
{
	const struct stim_addr nobody = { .len = 0 };
	uint8_t q[4 * STIM_DNS_MAX];
	ssize_t n = recv(fd, q, sizeof(q), MSG_DONTWAIT);

	for (size_t at = 0; n > 2 && at + 2 < (size_t)n;) {
		size_t len = (size_t)(q[at] << 8 | q[at + 1]);

		if (at + 2 + len > (size_t)n)
			break;
		take_query(fd, true, &nobody, q + at + 2, len);
		at += 2 + len;
	}
	return n > 0 || (n < 0 && errno == EAGAIN);
}

static void forget_client(nfds_t i)
{
	for (size_t k = 0; k < s.waiting_count;) {
		if (s.waiting[k].fd == s.fds[i].fd)
			s.waiting[k] = s.waiting[--s.waiting_count];
		else
			k++;
	}
	close(s.fds[i].fd);
	s.fds[i] = s.fds[--s.used];
}

static void serve_ready(void)
{
	int fd;

	if (s.fds[0].revents)
		take_udp();
	for (nfds_t i = s.used; i-- > 2;)
		if (s.fds[i].revents && !take_tcp(s.fds[i].fd))
			forget_client(i);
	if (!s.fds[1].revents)
		return;
	fd = accept4(s.fds[1].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0 && s.used < SLO_ARRAY_LEN(s.fds))
		s.fds[s.used++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	else if (fd >= 0)
		close(fd);
}

static int bind_to(const struct stim_addr *at, int type)
{
	int fd = socket(at->any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) || bind(fd, &at->any, at->len) ||
	    (type == SOCK_STREAM && listen(fd, 64))) {
		close(fd);
		return -1;
	}
	return fd;
}

static int run_serve(void *opts, int argc, char **argv)
{
	const struct serve_options *o = opts;
	int64_t began = stim_now(), end = began + o->seconds_ns;
	struct stim_addr at;

	(void)argc, (void)argv;
	if (stim_addr_parse(o->at, &at))
		return 2;
	s.fds[0] = (struct pollfd){ .fd = bind_to(&at, SOCK_DGRAM), .events = POLLIN };
	s.fds[1] = (struct pollfd){ .fd = bind_to(&at, SOCK_STREAM), .events = POLLIN };
	s.used = 2;
	if (s.fds[0].fd < 0 || s.fds[1].fd < 0)
		return stim_error(o->at);
	fprintf(stderr, "stim: DNS at %s\n", o->at);
	while (!stim_stop && stim_now() < end) {
		if (poll(s.fds, s.used, wait_ms(end)) > 0)
			serve_ready();
		send_due();
	}
	stim_open("dns-serve", began);
	stim_ms("wall_ms", stim_now() - began);
	stim_int("queries", s.queries);
	stim_int("tcp_queries", s.tcp_queries);
	stim_int("answers", s.answers);
	stim_int("malformed", s.malformed);
	stim_int("dropped_for_want_of_room", s.no_room);
	return stim_close();
}

#define OFF(m, C) SLO_OPT_OFF(struct serve_options, m, C)

static const struct slo_opt serve_opts[] = {
	{ .name = "to", .type = SLO_OPT_STR, .off = OFF(at, const char *), .metavar = "ADDR:PORT",
	  .def = "127.0.0.1:53", .help = "Where to serve, over UDP and TCP: 127.0.0.1:53 or [::1]:53." },
	{ .name = "seconds", .type = SLO_OPT_DURATION, .off = OFF(seconds_ns, int64_t), .metavar = "S", .def = "60",
	  .lo = 0.001, .hi = STIM_MAX_SECONDS, .unit_ns = SLO_NS_PER_S, .help = "How long; SIGTERM ends it too." },
	SLO_OPT_END,
};
const struct slo_cmd stim_cmd_dns_serve = {
	.name = "dns-serve",
	.summary = "a DNS server that does what the first label of a name says",
	.opts = serve_opts,
	.opts_size = sizeof(struct serve_options),
	.run = run_serve,
	.epilog = "Words of the label, with '-' between them: dMS never tc servfail nxdomain bare twice upper forged "
		  "lastN.",
};
