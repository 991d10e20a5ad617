/* SPDX-License-Identifier: MIT */
/* Listening, and the queries over UDP. */
#include "inject/relay_internal.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

enum { DATAGRAM_MAX = 4096, ANSWER_WITHIN_S = 10, DNS_HEADER = 12, RCODE_SERVFAIL = 2, OPEN_TRIES = 8 };

/* A query that waits to be passed on, or for its answer. */
struct query {
	struct sockaddr_storage client;
	socklen_t client_len;
	int upstream, fd;          /* fd -1 = not passed on yet */
	int64_t send_ns, until_ns; /* monotonic */
	size_t len;
	uint8_t bytes[DATAGRAM_MAX];
};

bool slo_relay_chosen(uint64_t n, int share_pm)
{
	uint64_t share = (uint64_t)share_pm;

	n %= 1000;
	return (n + 1) * share / 1000 > n * share / 1000;
}

bool relay_count(const struct slo_relay *r)
{
	bool chosen = slo_relay_chosen(atomic_fetch_add(&r->stats->requests, 1), r->share_pm);

	if (chosen)
		atomic_fetch_add(&r->stats->acted, 1);
	if (chosen && r->act == SLO_RELAY_DELAY)
		atomic_fetch_add(&r->stats->delay_ns, (uint64_t)r->delay_ns);
	return chosen;
}

int relay_dial(const struct slo_relay *r, int i, int type)
{
	struct sockaddr_storage to;
	socklen_t len = slo_host_port_sock(&r->upstream[i], &to);
	slo_autoclose int fd = socket(r->upstream[i].family, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || (r->mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &r->mark, sizeof(r->mark))) ||
	    connect(fd, (struct sockaddr *)&to, len))
		return -errno;
	return SLO_TAKE_FD(fd);
}

bool slo_relay_transparent(const struct slo_relay *r, int i)
{
	const char *addr = r->upstream[i].addr;

	return r->mark && (strncmp(addr, "127.", 4) == 0 || strcmp(addr, "::1") == 0);
}

/* What comes for another address is taken as well. */
static int make_transparent(int fd, int family)
{
	int one = 1, r = family == AF_INET6 ? setsockopt(fd, SOL_IPV6, IPV6_TRANSPARENT, &one, sizeof(one)) :
					      setsockopt(fd, SOL_IP, IP_TRANSPARENT, &one, sizeof(one));

	return r ? -errno : 0;
}

/* Loopback of the family, or what was asked for; a port that is free for @type is not for the other one always. */
static int listen_on(const struct slo_host_port *at, int type)
{
	struct sockaddr_storage to;
	socklen_t len = slo_host_port_sock(at, &to);
	slo_autoclose int fd = socket(at->family, type | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0)
		return -errno;
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&to, len) || (type == SOCK_STREAM && listen(fd, 512)))
		return -errno;
	return SLO_TAKE_FD(fd);
}

static int port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &len))
		return 0;
	return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&a)->sin6_port
					     : ((struct sockaddr_in *)(void *)&a)->sin_port);
}

static int open_pair(const struct slo_relay *r, struct slo_host_port at, int *tcp, int *udp, int *port)
{
	int tries = at.port ? 1 : OPEN_TRIES, fd = -EADDRINUSE;
	struct slo_host_port same;

	*udp = -1;
	while (tries-- > 0) {
		*tcp = listen_on(&at, SOCK_STREAM);
		if (*tcp < 0)
			return *tcp;
		*port = port_of(*tcp);
		if (!r->udp)
			return 0;
		same = at;
		same.port = *port;
		fd = listen_on(&same, SOCK_DGRAM);
		if (fd >= 0) {
			*udp = fd;
			return 0;
		}
		close(*tcp);
	}
	return fd;
}

static int open_for(const struct slo_relay *r, int i, struct slo_relay_ports *p)
{
	struct slo_host_port at = r->listen;
	int ret;

	if (at.family)
		return open_pair(r, at, &p->tcp[i], &p->udp[i], &p->port[i]);
	at.family = r->upstream[i].family;
	if (r->mark && r->udp && at.family == AF_INET && r->upstream[i].port == 53) {
		struct slo_host_port dns = { .family = AF_INET, .port = 53 };

		snprintf(dns.addr, sizeof(dns.addr), SLO_RELAY_DNS_ADDR, i + 1);
		if (open_pair(r, dns, &p->tcp[i], &p->udp[i], &p->port[i]) == 0)
			return 0;
	}
	slo_str_copy(at.addr, sizeof(at.addr), slo_str(at.family == AF_INET6 ? "::1" : "127.0.0.1"));
	ret = open_pair(r, at, &p->tcp[i], &p->udp[i], &p->port[i]);
	if (ret || !slo_relay_transparent(r, i))
		return ret;
	ret = make_transparent(p->tcp[i], at.family);
	if (ret)
		close(p->tcp[i]);
	if (ret && p->udp[i] >= 0)
		close(p->udp[i]);
	return ret;
}

int slo_relay_open(const struct slo_relay *r, struct slo_relay_ports *p)
{
	for (int i = 0; i < SLO_RELAY_UPSTREAMS_MAX; i++)
		p->tcp[i] = p->udp[i] = -1;
	for (int i = 0; i < r->upstreams; i++) {
		int ret = open_for(r, i, p);

		if (ret) {
			p->tcp[i] = -1;
			for (int k = 0; k < i; k++) {
				close(p->tcp[k]);
				if (p->udp[k] >= 0)
					close(p->udp[k]);
			}
			return ret;
		}
	}
	return 0;
}

/* --- queries ------------------------------------------------------------- */

struct queries {
	const struct slo_relay *r;
	const struct slo_relay_ports *p;
	struct query *q; /* [SLO_RELAY_QUERIES_MAX], the first @count in use */
	size_t count;
};

static void forget(struct queries *s, size_t i)
{
	if (s->q[i].fd >= 0)
		close(s->q[i].fd);
	s->q[i] = s->q[--s->count];
}

static void refuse(const struct queries *s, const struct query *q)
{
	uint8_t bytes[DATAGRAM_MAX];

	if (q->len < DNS_HEADER)
		return;
	memcpy(bytes, q->bytes, q->len);
	bytes[2] |= 0x80; /* an answer */
	bytes[3] = (uint8_t)((bytes[3] & 0xf0) | RCODE_SERVFAIL);
	sendto(s->p->udp[q->upstream], bytes, q->len, 0, (const struct sockaddr *)&q->client, q->client_len);
}

static void take_query(struct queries *s, int i)
{
	struct query *q = &s->q[s->count];
	bool chosen;
	ssize_t n;

	if (s->count == SLO_RELAY_QUERIES_MAX) {
		recv(s->p->udp[i], &(char){ 0 }, 1, MSG_DONTWAIT);
		atomic_fetch_add(&s->r->stats->over, 1);
		return;
	}
	q->client_len = sizeof(q->client);
	n = recvfrom(s->p->udp[i], q->bytes, sizeof(q->bytes), MSG_DONTWAIT, (struct sockaddr *)&q->client, &q->client_len);
	if (n <= 0)
		return;
	q->len = (size_t)n;
	q->upstream = i;
	q->fd = -1;
	q->send_ns = slo_now_mono_ns();
	chosen = relay_count(s->r);
	if (chosen && s->r->act == SLO_RELAY_SERVFAIL)
		refuse(s, q);
	if (chosen && s->r->act != SLO_RELAY_DELAY)
		return;
	if (chosen)
		q->send_ns += s->r->delay_ns;
	q->until_ns = q->send_ns + ANSWER_WITHIN_S * SLO_NS_PER_S;
	s->count++;
}

static void pass_on(struct queries *s, struct query *q)
{
	q->fd = relay_dial(s->r, q->upstream, SOCK_DGRAM);
	if (q->fd < 0 || send(q->fd, q->bytes, q->len, 0) < 0) {
		atomic_fetch_add(&s->r->stats->failed, 1);
		q->until_ns = 0;
	}
}

static bool answer(struct queries *s, const struct query *q)
{
	uint8_t bytes[65536];
	ssize_t n = recv(q->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0)
		return errno != EAGAIN && errno != EINTR;
	sendto(s->p->udp[q->upstream], bytes, (size_t)n, 0, (const struct sockaddr *)&q->client, q->client_len);
	return true;
}

/* Pass on what is due, forget what is too old. Return: ms until the next is due, -1 = nothing waits. */
static int turn(struct queries *s)
{
	int64_t now = slo_now_mono_ns(), next = INT64_MAX;

	for (size_t i = s->count; i-- > 0;) {
		struct query *q = &s->q[i];

		if (q->fd < 0 && q->send_ns <= now)
			pass_on(s, q);
		if (q->until_ns <= now) {
			forget(s, i);
			continue;
		}
		if (q->fd < 0 && q->send_ns < next)
			next = q->send_ns;
		else if (q->until_ns < next)
			next = q->until_ns;
	}
	return next == INT64_MAX ? -1 : (int)((next - now + SLO_NS_PER_MS - 1) / SLO_NS_PER_MS);
}

static nfds_t gather(const struct queries *s, struct pollfd *fds)
{
	nfds_t n = 0;

	for (int i = 0; i < s->r->upstreams; i++)
		fds[n++] = (struct pollfd){ s->p->tcp[i], POLLIN, 0 };
	for (int i = 0; i < s->r->upstreams; i++)
		fds[n++] = (struct pollfd){ s->p->udp[i], POLLIN, 0 };
	for (size_t i = 0; i < s->count; i++)
		fds[n++] = (struct pollfd){ s->q[i].fd, POLLIN, 0 };
	return n;
}

int slo_relay_run(const struct slo_relay *r, const struct slo_relay_ports *p)
{
	struct queries s = { r, p, calloc(SLO_RELAY_QUERIES_MAX, sizeof(struct query)), 0 };
	slo_autofree struct pollfd *fds = calloc(SLO_RELAY_QUERIES_MAX + 2 * SLO_RELAY_UPSTREAMS_MAX, sizeof(*fds));

	if (!s.q || !fds)
		return -ENOMEM;
	for (;;) {
		int wait_ms = turn(&s), up = r->upstreams;
		size_t count = s.count;

		if (poll(fds, gather(&s, fds), wait_ms) < 0 && errno != EINTR)
			return -errno;
		for (size_t i = count; i-- > 0;)
			if (fds[2 * up + (int)i].revents && answer(&s, &s.q[i]))
				forget(&s, i);
		for (int i = 0; i < up; i++) {
			if (fds[i].revents & POLLIN)
				relay_serve_tcp(r, i, accept4(p->tcp[i], NULL, NULL, SOCK_CLOEXEC));
			if (fds[up + i].revents & POLLIN)
				take_query(&s, i);
		}
	}
}
