/* SPDX-License-Identifier: MIT */
/* Hand-built frames and a recording sink for the tests of this folder and the bench. */
#ifndef SLO_DECODE_TEST_FRAMES_H
#define SLO_DECODE_TEST_FRAMES_H

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "decode/flow.h"

enum { TF_MAX = 70000, TF_RECORDS = 512 };

#define TF_T0 (INT64_C(1700000000) * SLO_NS_PER_S)
#define TF_MS SLO_NS_PER_MS

/* One end of a conversation: 10.0.0.@host or fd00::@host. */
struct tf_end {
	uint8_t host;
	uint16_t port;
	bool v6;
};

struct tf {
	uint8_t buf[TF_MAX];
	size_t len;
};

static inline void tf_add(struct tf *f, const void *p, size_t n)
{
	memcpy(f->buf + f->len, p, n);
	f->len += n;
}

static inline void tf_16(struct tf *f, uint32_t v)
{
	const uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	tf_add(f, b, 2);
}

static inline void tf_32(struct tf *f, uint32_t v)
{
	tf_16(f, v >> 16);
	tf_16(f, v & 0xffff);
}

static inline void tf_addr6(struct tf *f, uint8_t host)
{
	uint8_t a[16] = { 0xfd };

	a[15] = host;
	tf_add(f, a, 16);
}

/* An IP header for @len bytes of @proto. */
static inline void tf_ip(struct tf *f, struct tf_end s, struct tf_end d, uint8_t proto, size_t len)
{
	const uint8_t v4[] = { 0x45, 0 },
		      rest[] = { 0, 1, 0x40, 0, 64, proto, 0, 0, 10, 0, 0, s.host, 10, 0, 0, d.host };
	const uint8_t v6[] = { 0x60, 0, 0, 0 }, hop[] = { proto, 64 };

	f->len = 0;
	if (!s.v6) {
		tf_add(f, v4, 2);
		tf_16(f, (uint32_t)(20 + len));
		tf_add(f, rest, sizeof(rest));
		return;
	}
	tf_add(f, v6, 4);
	tf_16(f, (uint32_t)len);
	tf_add(f, hop, 2);
	tf_addr6(f, s.host);
	tf_addr6(f, d.host);
}

static inline void tf_tcp(struct tf *f, struct tf_end s, struct tf_end d, uint8_t flags, uint32_t seq, uint32_t ack,
			  const void *data, size_t len)
{
	const uint8_t fixed[] = { 0x50, flags, 0x10, 0, 0, 0, 0, 0 };

	tf_ip(f, s, d, IPPROTO_TCP, 20 + len);
	tf_16(f, s.port);
	tf_16(f, d.port);
	tf_32(f, seq);
	tf_32(f, ack);
	tf_add(f, fixed, sizeof(fixed));
	tf_add(f, data ? data : "", len);
}

static inline void tf_udp(struct tf *f, struct tf_end s, struct tf_end d, const void *data, size_t len)
{
	tf_ip(f, s, d, IPPROTO_UDP, 8 + len);
	tf_16(f, s.port);
	tf_16(f, d.port);
	tf_16(f, (uint32_t)(8 + len));
	tf_16(f, 0);
	tf_add(f, data, len);
}

/* A DNS message with one question, @name with dots, and one A record when @answer is not 0. */
static inline size_t tf_dns(uint8_t *to, uint16_t id, uint16_t flags, const char *name, uint32_t answer)
{
	struct tf *f = calloc(1, sizeof(*f));
	size_t n;

	tf_16(f, id);
	tf_16(f, flags);
	tf_16(f, 1);
	tf_16(f, answer != 0);
	tf_32(f, 0);
	while (*name) {
		uint8_t label = (uint8_t)strcspn(name, ".");

		tf_add(f, &label, 1);
		tf_add(f, name, label);
		name += label + (name[label] == '.');
	}
	tf_add(f, "", 1);
	tf_32(f, 0x00010001);
	if (answer) {
		tf_16(f, 0xc00c);
		tf_32(f, 0x00010001);
		tf_32(f, 60);
		tf_16(f, 4);
		tf_32(f, answer);
	}
	n = f->len;
	memcpy(to, f->buf, n);
	free(f);
	return n;
}

/* What came out of a tracker. */
struct tf_record {
	struct slo_obs obs[TF_RECORDS];
	struct slo_request req[TF_RECORDS];
	size_t obs_count, req_count;
};

static inline void tf_obs(void *arg, const struct slo_obs *o)
{
	struct tf_record *r = arg;

	if (r->obs_count < TF_RECORDS)
		r->obs[r->obs_count++] = *o;
}

static inline void tf_req(void *arg, const struct slo_request *q)
{
	struct tf_record *r = arg;

	if (r->req_count < TF_RECORDS)
		r->req[r->req_count++] = *q;
}

static inline void tf_give(struct slo_flow_tracker *t, const struct tf *f, int64_t ts_ns, uint32_t ifindex,
			   uint8_t type, size_t snap)
{
	/* an own allocation of the exact size, so that a sanitizer sees any read past it */
	size_t cap = f->len < snap ? f->len : snap;
	uint8_t *copy = malloc(cap ? cap : 1);
	struct slo_frame frame = { .data = copy, .caplen = (uint32_t)cap, .wirelen = (uint32_t)f->len, .ts_ns = ts_ns,
				   .ifindex = ifindex, .pkttype = type, .link = SLO_LINK_IP };

	memcpy(copy, f->buf, cap);
	slo_flow_packet(t, &frame);
	free(copy);
}

#endif
