/* SPDX-License-Identifier: MIT */
/*
 * TLS handshakes, from the first bytes of segments: ClientHello to the client's first application data.
 *
 * In TLS 1.3 that is the client's Finished (RFC 8446, 5.1: it is sent as
 * application data, perhaps after a change_cipher_spec); in TLS 1.2 it is the first request, so
 * a client that connects ahead of use measures its own pause. A handshake whose
 * client alert is encrypted (TLS 1.3) looks like a success.
 */
#include <errno.h>
#include <string.h>

#include "decode/flow_internal.h"

enum { RECORD_CCS = 20, RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, RECORD_DATA = 23, CLIENT_HELLO = 1 };

static bool record(const uint8_t *b, uint32_t n, uint8_t type)
{
	return n >= 5 && b[0] == type && b[1] == 3 && b[2] <= 4;
}

static bool is_hello(const struct slo_packet *p)
{
	return p->cap >= 6 && record(p->payload, p->cap, RECORD_HANDSHAKE) && p->payload[5] == CLIENT_HELLO;
}

/* In the clear, so the handshake was not over; an encrypted one is longer. */
static bool is_alert(const struct slo_packet *p)
{
	return record(p->payload, p->cap, RECORD_ALERT) && p->payload[3] == 0 && p->payload[4] == 2;
}

static bool is_data(const struct slo_packet *p)
{
	static const uint8_t ccs[] = { RECORD_CCS, 3, 3, 0, 1, 1 };

	if (p->cap > sizeof(ccs) && memcmp(p->payload, ccs, sizeof(ccs)) == 0)
		return record(p->payload + sizeof(ccs), p->cap - (uint32_t)sizeof(ccs), RECORD_DATA);
	return record(p->payload, p->cap, RECORD_DATA);
}

static void report(struct slo_flow_tracker *t, struct flow *f, const struct segment *s, bool failed)
{
	struct slo_obs o = { .provider = "packet", .end_ns = s->f->ts_ns, .times = 1, .err = failed ? ECONNABORTED : 0,
			     .has_tuple = true, .tuple = flow_oriented(f) };

	f->tls = TLS_OVER;
	if (f->tls_gen.clock != t->gen.clock || s->f->ts_ns < f->tls_ns)
		return;
	o.signal = failed ? SLO_SIGNAL_TLS_FAILS : SLO_SIGNAL_TLS_HANDSHAKE;
	o.value = failed ? 1 : flow_ms(s->f->ts_ns - f->tls_ns);
	t->c.tls_failures += failed;
	t->c.tls_handshakes += !failed;
	flow_parties(t, &o.tuple, f->watch, &o);
	flow_emit(t, &o);
}

void flow_tls_packet(struct slo_flow_tracker *t, struct flow *f, const struct segment *s)
{
	const struct slo_packet *p = s->p;
	const struct flow_dir *d = &f->dir[s->dir];
	bool from_client = s->dir == f->client;

	if (p->len == 0 || f->tls == TLS_OVER)
		return;
	if (f->tls == TLS_NONE) {
		/* only the first bytes after a SYN: in the middle of a connection anything can look like this */
		if (!from_client || !d->first_known || p->seq != d->first)
			return;
		f->tls = is_hello(p) ? TLS_HELLO : TLS_OVER;
		f->tls_ns = s->f->ts_ns;
		f->tls_gen = t->gen;
	} else if (is_alert(p)) {
		report(t, f, s, true);
	} else if (from_client && record(p->payload, p->cap, RECORD_ALERT)) {
		f->tls = TLS_OVER; /* complete, and closed without having been used */
	} else if (from_client && is_data(p)) {
		report(t, f, s, false);
	}
}

void flow_tls_closed(struct slo_flow_tracker *t, struct flow *f, const struct segment *s)
{
	if (f->tls == TLS_HELLO && f->tls_gen.loss == t->gen.loss)
		report(t, f, s, true);
}
