/* SPDX-License-Identifier: MIT */
/* What the flow_*.c files share. Private to them. */
#ifndef SLO_DECODE_FLOW_INTERNAL_H
#define SLO_DECODE_FLOW_INTERNAL_H

#include "base/table.h"
#include "decode/dns.h"
#include "decode/flow.h"
#include "decode/http.h"

enum { FLOW_TICK_STEPS = 4096 };

/* Generations at the time something began; see slo_flow_void(). */
struct flow_gen {
	uint32_t loss, clock;
};

/* Where a packet was captured. */
struct flow_home {
	uint32_t ifindex;
	uint8_t pkttype;
};

/* The two ends of a TCP connection, the smaller one first. */
struct flow_key {
	uint8_t a[16], b[16];
	uint16_t port_a, port_b;
};

struct flow_dir {
	struct flow_home home;
	bool seen, fin;
	bool started;              /* @next is known */
	bool first_known;          /* the SYN was seen: @first is the first byte of the stream */
	uint32_t first;
	uint16_t window;           /* last one advertised by this side */
	uint32_t next;             /* highest sequence number seen, plus one */
	uint32_t hole_from, hole_to; /* bytes before @next that were not seen; equal = none */
};

enum flow_peer { PEER_UNASKED = -2, PEER_NONE = -1 };

enum flow_tls { TLS_NONE, TLS_HELLO, TLS_OVER };

/* One TCP connection as far as headers tell. */
struct flow {
	struct flow_key key;
	uint8_t client;            /* direction whose sender opened the connection */
	bool client_known;         /* a SYN or SYN-ACK was seen; otherwise guessed */
	bool closed, http_done;
	int16_t watch;             /* index into the watched ports, or -1 */
	int8_t peer;               /* enum flow_peer, else the role of the other end */
	uint8_t tls;               /* enum flow_tls */
	struct flow_gen tls_gen;
	int64_t tls_ns;            /* of the ClientHello */
	int64_t closed_ns;         /* when it ended; tells connections in one place of the table apart */
	struct flow_dir dir[2];    /* [0]: sent by a */
};

/* One packet on its way through the TCP stages. */
struct segment {
	const struct slo_packet *p;
	const struct slo_frame *f;
	unsigned int dir;          /* of the flow */
};

struct held;

struct slo_flow_tracker {
	struct slo_flow_opts o;
	struct slo_obs_sink sink;
	struct slo_flow_counters c;
	struct flow_gen gen;
	struct slo_table dns, names, connects, flows, conns, requests, waits, gave_up, asked, answered;
	void *wait_due;            /* oldest entry of @waits not looked at yet */
	int64_t overdue_min_ns;    /* least overdue_ns of any watch entry; 0 = none has one */
	struct closed_flow *closed; /* ring of o.max_flows: those that ended, oldest first */
	uint32_t closed_first, closed_count;
	struct held *held;         /* pool of o.max_held */
	uint32_t held_free;        /* first free one */
	uint64_t conn_ids;
	uint64_t active_answers;   /* answers in progress */
	uint64_t request_seq[SLO_FLOW_MAX_PORTS]; /* by the first watch entry of a service */
	uint8_t why[SLO_FLOW_MAX_PORTS];          /* enum slo_not_captured, by watch entry */
};

/* flow.c */
void flow_emit(struct slo_flow_tracker *t, const struct slo_obs *o);
void flow_parties(struct slo_flow_tracker *t, const struct slo_tuple *tuple, int watch, struct slo_obs *o);
int flow_watched(const struct slo_flow_tracker *t, uint16_t port, const uint8_t addr[16]);
struct slo_tuple flow_tuple(const struct slo_packet *p);
struct slo_tuple flow_oriented(const struct flow *f);
double flow_ms(int64_t ns);
static inline bool flow_same_home(const struct flow_home *h, const struct slo_frame *f)
{
	return h->ifindex == f->ifindex && h->pkttype == f->pkttype;
}

static inline struct flow_home flow_home_of(const struct slo_frame *f)
{
	return (struct flow_home){ f->ifindex, f->pkttype };
}

/* flow_dns.c */
int flow_dns_init(struct slo_flow_tracker *t);
void flow_dns_fini(struct slo_flow_tracker *t);
bool flow_dns_is(const struct slo_flow_tracker *t, const struct slo_packet *p);
void flow_dns_packet(struct slo_flow_tracker *t, const struct slo_packet *p, const struct slo_frame *f);
void flow_dns_unreachable(struct slo_flow_tracker *t, const struct slo_packet *quoted, int err,
			  const struct slo_frame *f);
bool flow_dns_tick(struct slo_flow_tracker *t, int64_t now_ns);
uint64_t flow_dns_pending(const struct slo_flow_tracker *t);

/* flow_connect.c */
int flow_connect_init(struct slo_flow_tracker *t);
void flow_connect_fini(struct slo_flow_tracker *t);
void flow_connect_packet(struct slo_flow_tracker *t, const struct slo_packet *p, const struct slo_frame *f);
void flow_connect_unreachable(struct slo_flow_tracker *t, const struct slo_packet *quoted, int err,
			      const struct slo_frame *f);
bool flow_connect_tick(struct slo_flow_tracker *t, int64_t now_ns);

/* flow_tcp.c */
int flow_tcp_init(struct slo_flow_tracker *t);
void flow_tcp_fini(struct slo_flow_tracker *t);
void flow_tcp_packet(struct slo_flow_tracker *t, const struct slo_packet *p, const struct slo_frame *f);

/* flow_tcp_tick - forget connections that ended long enough ago. Return: there are more of them. */
bool flow_tcp_tick(struct slo_flow_tracker *t, int64_t now_ns);

/* flow_tls.c */
void flow_tls_packet(struct slo_flow_tracker *t, struct flow *f, const struct segment *s);

/* flow_tls_closed - the connection ended: a handshake still open has failed. */
void flow_tls_closed(struct slo_flow_tracker *t, struct flow *f, const struct segment *s);

/* flow_peer.c */
int flow_peer_init(struct slo_flow_tracker *t);
void flow_peer_fini(struct slo_flow_tracker *t);

/* flow_peer_packet - before the sequence numbers of @s are taken in. */
void flow_peer_packet(struct slo_flow_tracker *t, struct flow *f, const struct segment *s);

/* flow_peer_reset - the ports are used by a new connection. */
void flow_peer_reset(struct slo_flow_tracker *t, const struct flow *f);
bool flow_peer_tick(struct slo_flow_tracker *t, int64_t now_ns);

/* flow_http.c */
int flow_http_init(struct slo_flow_tracker *t);
void flow_http_fini(struct slo_flow_tracker *t);
void flow_http_packet(struct slo_flow_tracker *t, struct flow *f, const struct segment *s);

/* flow_http_reset - the ports are used by a new connection: nothing is known about how the old one ended. */
void flow_http_reset(struct slo_flow_tracker *t, struct flow *f);

#endif
