/* SPDX-License-Identifier: MIT */
#include "net/serve_lookup.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/time.h"
#include "decode/dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

enum {
	QUERY_MAX = 512,
	ANSWER_MAX = 4096,
	LABEL_MAX = 63,
	NAME_MAX_WIRE = 255,
	LOOK_MS = 100,
	RCODE_NXDOMAIN = 3,
};

int slo_lookup_resolver(struct slo_lookup *l, const char *address, struct slo_err *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	const char *colon = strrchr(address, ':');
	char host[INET6_ADDRSTRLEN + 2];
	struct addrinfo *ai;
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (len > 2 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	if (!len || !slo_str_copy(host, sizeof(host), slo_str_n(address, len)) ||
	    getaddrinfo(host, colon + 1, &hints, &ai))
		return slo_err_set(err, -EINVAL, "want HOST:PORT, numeric");
	memcpy(&l->to, ai->ai_addr, ai->ai_addrlen);
	l->to_len = ai->ai_addrlen;
	freeaddrinfo(ai);
	return 0;
}

/* RFC 1035, 4.1: header with recursion desired, one question A IN. Return: bytes, 0 when @name is no host name. */
static size_t make_query(uint8_t *q, const char *name, uint16_t id)
{
	size_t n = 12;

	memset(q, 0, 12);
	q[0] = (uint8_t)(id >> 8);
	q[1] = (uint8_t)id;
	q[2] = 1; /* RD */
	q[5] = 1; /* QDCOUNT */
	while (*name) {
		size_t len = strcspn(name, ".");

		if (len == 0 || len > LABEL_MAX || n + len + 2 > 12 + NAME_MAX_WIRE)
			return 0;
		q[n++] = (uint8_t)len;
		memcpy(q + n, name, len);
		n += len;
		name += len + (name[len] == '.');
	}
	if (n == 12)
		return 0;
	memcpy(q + n, "\0\0\1\0\1", 5);
	return n + 5;
}

static const uint8_t *v4_of(const struct slo_dns *m)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	for (uint32_t i = 0; i < m->addr_count; i++)
		if (memcmp(m->addr[i], mapped, sizeof(mapped)) == 0)
			return m->addr[i] + sizeof(mapped);
	return NULL;
}

/* Return: as slo_lookup_do(); -EAGAIN for what is no answer to our question. */
static int take_answer(const uint8_t *p, size_t len, const char *name, uint16_t id, struct in_addr *out,
		       struct slo_err *err)
{
	const uint8_t *v4;
	struct slo_dns m;

	if (slo_dns_parse(p, len, &m) || !m.response || m.id != id)
		return -EAGAIN;
	if (m.rcode == RCODE_NXDOMAIN)
		return slo_err_set(err, -ENOENT, "%s: no such name", name);
	if (m.rcode || m.truncated)
		return slo_err_set(err, -EREMOTEIO, "%s: %s", name,
				   m.rcode ? slo_dns_rcode(m.rcode) : "the answer was cut short");
	v4 = v4_of(&m);
	if (!v4)
		return slo_err_set(err, -ENOENT, "%s: no IPv4 address", name);
	memcpy(out, v4, sizeof(*out));
	return 0;
}

static int await(const struct slo_lookup *l, int fd, const char *name, uint16_t id, struct in_addr *out,
		 struct slo_err *err)
{
	int64_t until = slo_now_mono_ns() + l->timeout_ns;
	uint8_t answer[ANSWER_MAX];
	int64_t left;

	while ((left = until - slo_now_mono_ns()) > 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t ms = left / SLO_NS_PER_MS + 1;
		ssize_t n;
		int ret;

		if (l->wanted && !l->wanted(l->arg))
			return -ECANCELED;
		if (poll(&p, 1, ms > LOOK_MS ? LOOK_MS : (int)ms) <= 0)
			continue;
		n = recv(fd, answer, sizeof(answer), 0);
		if (n < 0)
			return slo_err_set(err, -errno, "%s: %s", name, slo_strerror(-errno));
		ret = take_answer(answer, (size_t)n, name, id, out, err);
		if (ret != -EAGAIN)
			return ret;
	}
	return -ETIMEDOUT;
}

int slo_lookup_do(const struct slo_lookup *l, const char *name, uint16_t id, struct in_addr *out, struct slo_err *err)
{
	uint8_t query[QUERY_MAX];
	size_t len = make_query(query, name, id);
	slo_autoclose int fd = -1;
	int ret = -ETIMEDOUT;

	if (!len)
		return slo_err_set(err, -EINVAL, "%s: no host name", name);
	fd = socket(l->to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Connected: answers from elsewhere are not seen, and a refusal is. */
	if (fd < 0 || connect(fd, (const struct sockaddr *)(const void *)&l->to, l->to_len))
		return slo_err_set(err, -errno, "%s: %s", name, slo_strerror(-errno));
	if (l->ends)
		slo_ends_of(fd, false, l->ends);
	for (int i = 0; i < SLO_LOOKUP_TRIES && ret == -ETIMEDOUT; i++) {
		if (send(fd, query, len, 0) < 0)
			return slo_err_set(err, -errno, "%s: %s", name, slo_strerror(-errno));
		ret = await(l, fd, name, id, out, err);
	}
	return ret ? slo_err_set(err, ret, "%s: %s", name,
				 ret == -ETIMEDOUT ? "the resolver does not answer" : slo_strerror(ret))
		   : 0;
}
