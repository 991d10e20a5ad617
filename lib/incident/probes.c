/* SPDX-License-Identifier: MIT */
/*
 * Kernel observations over their threshold, kept as examples: the largest of
 * each chunk, signal and peer role, so that what is shown does not depend on the
 * order they came in. A chunk is shown once it is over, when all of it that is not late
 * is there; what leaves the ring during an incident competes for the largest since its onset.
 */
#include "incident/internal.h"

#include <math.h>
#include <stdlib.h>

enum {
	PROBES_PER_CHUNK = 2,     /* of one signal and role */
	PROBES_SHOWN = 3,         /* of one signal */
	PROBES_BUCKETS_MAX = 48,  /* of one service, all signals and roles: 28 KiB */
};

/* A copy without pointers; text that is longer is cut. */
struct probe {
	int64_t ts, pid, tid, errno_; /* errno_: 0 = none */
	double value;
	int signal, role;
	bool has_tuple;
	uint16_t src_port, dst_port;
	char protocol[8], unit[8], comm[16], src_ip[46], dst_ip[46], trace[33], detail[80];
};

struct bucket {
	int64_t index;           /* chunk number since the epoch */
	uint32_t n;
	struct probe items[PROBES_PER_CHUNK]; /* the largest first */
};

/* The chunks of one signal and role. */
struct ring {
	struct bucket *chunks[SLO_TRACK_RING];
	struct bucket *since;    /* of the incident, what left the ring */
};

struct probes {
	struct slo_track_budget *budget;
	int64_t width_ns;
	uint32_t buckets;        /* in use */
	struct ring *rings[SLO_SIGNAL__COUNT][SLO_ROLE__COUNT]; /* made when first needed */
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static struct bucket **chunk_at(struct ring *r, int64_t index)
{
	int64_t i = index % SLO_TRACK_RING;

	return &r->chunks[i < 0 ? i + SLO_TRACK_RING : i];
}

static void *charged(struct slo_track_budget *b, size_t size)
{
	void *p = b->used + size <= b->max ? calloc(1, size) : NULL;

	b->used += p ? size : 0;
	return p;
}

struct probes *probes_new(struct slo_track_budget *budget, int64_t width_ns)
{
	struct probes *x = charged(budget, sizeof(*x));

	if (x) {
		x->budget = budget;
		x->width_ns = width_ns;
	}
	return x;
}

static void drop(struct probes *x, struct bucket **b)
{
	if (!*b)
		return;
	free(*b);
	*b = NULL;
	x->buckets--;
	x->budget->used -= sizeof(**b);
}

static void drop_ring(struct probes *x, struct ring *r)
{
	if (!r)
		return;
	for (int i = 0; i < SLO_TRACK_RING; i++)
		drop(x, &r->chunks[i]);
	drop(x, &r->since);
	x->budget->used -= sizeof(*r);
	free(r);
}

void probes_free(struct probes *x)
{
	if (!x)
		return;
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++)
			drop_ring(x, x->rings[s][r]);
	x->budget->used -= sizeof(*x);
	free(x);
}

static bool room(struct probes *x, struct bucket **b)
{
	if (*b)
		return true;
	if (x->buckets == PROBES_BUCKETS_MAX)
		return false;
	*b = charged(x->budget, sizeof(**b));
	x->buckets += *b != NULL;
	return *b != NULL;
}

/* @a is shown rather than @b: the larger, and among equals one and the same whoever came first. */
static int compare(const struct probe *a, const struct probe *b)
{
	const int64_t x[] = { a->ts, a->pid, a->tid, a->src_port, a->dst_port, a->errno_ };
	const int64_t y[] = { b->ts, b->pid, b->tid, b->src_port, b->dst_port, b->errno_ };
	int c;

	if (a->value > b->value || a->value < b->value)
		return a->value > b->value ? -1 : 1;
	for (size_t i = 0; i < SLO_ARRAY_LEN(x); i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	c = strcmp(a->dst_ip, b->dst_ip);
	c = c ? c : strcmp(a->trace, b->trace);
	return c ? c : strcmp(a->detail, b->detail);
}

static void offer(struct bucket *b, const struct probe *p)
{
	uint32_t at = b->n;

	while (at && compare(p, &b->items[at - 1]) < 0)
		at--;
	if (at == PROBES_PER_CHUNK)
		return;
	b->n += b->n < PROBES_PER_CHUNK;
	for (uint32_t k = b->n - 1; k > at; k--)
		b->items[k] = b->items[k - 1];
	b->items[at] = *p;
}

static void copy(const struct slo_probe_event *e, struct probe *p)
{
	const struct slo_conn_tuple *c = &e->conn_tuple;

	*p = (struct probe){ .ts = e->ts_unix_nano, .pid = e->pid, .tid = e->tid, .value = e->value, .signal = e->signal,
			     .role = e->role < 0 ? SLO_ROLE_OTHER : e->role, .has_tuple = e->has_conn_tuple,
			     .errno_ = e->errno_ == SLO_ABSENT_I64 ? 0 : e->errno_ };
	slo_str_copy(p->unit, sizeof(p->unit), e->unit);
	slo_str_copy(p->comm, sizeof(p->comm), e->comm);
	slo_str_copy(p->trace, sizeof(p->trace), e->trace_id);
	slo_str_copy(p->detail, sizeof(p->detail), e->detail);
	if (!p->has_tuple)
		return;
	slo_str_copy(p->src_ip, sizeof(p->src_ip), c->src_ip);
	slo_str_copy(p->dst_ip, sizeof(p->dst_ip), c->dst_ip);
	slo_str_copy(p->protocol, sizeof(p->protocol), c->protocol);
	p->src_port = (uint16_t)c->src_port;
	p->dst_port = (uint16_t)c->dst_port;
}

bool probes_add(struct probes *x, const struct slo_probe_event *e)
{
	struct ring **r = &x->rings[e->signal][e->role < 0 ? SLO_ROLE_OTHER : e->role];
	int64_t index = floor_div(e->ts_unix_nano, x->width_ns);
	struct bucket **b;
	struct probe one;

	if (!*r)
		*r = charged(x->budget, sizeof(**r));
	if (!*r)
		return false;
	b = chunk_at(*r, index);
	/* A flood in one chunk ends here: nothing is copied. */
	if (*b && ((*b)->index > index || ((*b)->index == index && (*b)->n == PROBES_PER_CHUNK &&
					   e->value < (*b)->items[PROBES_PER_CHUNK - 1].value)))
		return true;
	if (!isfinite(e->value))
		return true;
	if (!room(x, b))
		return false;
	if ((*b)->index != index)
		(*b)->n = 0;
	(*b)->index = index;
	copy(e, &one);
	offer(*b, &one);
	return true;
}

/* What is worth keeping of a chunk that leaves. */
static void keep(struct probes *x, struct ring *r, const struct bucket *b, int64_t onset_ns)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->items[i].ts >= onset_ns && room(x, &r->since))
			offer(r->since, &b->items[i]);
}

static void age_ring(struct probes *x, struct ring *r, int64_t oldest, int64_t onset_ns)
{
	if (onset_ns == INT64_MAX)
		drop(x, &r->since);
	for (int i = 0; i < SLO_TRACK_RING; i++) {
		if (!r->chunks[i] || r->chunks[i]->index >= oldest)
			continue;
		if (onset_ns != INT64_MAX)
			keep(x, r, r->chunks[i], onset_ns);
		drop(x, &r->chunks[i]);
	}
}

void probes_age(struct probes *x, int64_t at_ns, int64_t onset_ns)
{
	int64_t oldest = floor_div(at_ns, x->width_ns) - SLO_TRACK_RECENT;

	for (int s = 0; s < SLO_SIGNAL__COUNT && x->buckets; s++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++)
			if (x->rings[s][r])
				age_ring(x, x->rings[s][r], oldest, onset_ns);
}

/* The largest of a signal so far. */
struct best {
	const struct probe *items[PROBES_SHOWN];
	uint32_t n;
};

static void consider(struct best *best, const struct bucket *b, int64_t from_ns, int64_t to_ns)
{
	for (uint32_t i = 0; b && i < b->n; i++) {
		const struct probe *p = &b->items[i];
		uint32_t at = best->n;

		while (at && compare(p, best->items[at - 1]) < 0)
			at--;
		if (p->ts < from_ns || p->ts >= to_ns || at == PROBES_SHOWN)
			continue;
		best->n += best->n < PROBES_SHOWN;
		for (uint32_t k = best->n - 1; k > at; k--)
			best->items[k] = best->items[k - 1];
		best->items[at] = p;
	}
}

static struct slo_str text(const char *s)
{
	return slo_str(s[0] ? s : NULL);
}

static void put(const struct probe *p, struct slo_exemplar *e)
{
	*e = (struct slo_exemplar){ .ts_unix_nano = p->ts, .signal = p->signal, .role = p->role, .pid = p->pid,
				    .tid = p->tid, .comm = text(p->comm), .has_conn_tuple = p->has_tuple,
				    .value = p->value, .unit = slo_str(p->unit), .trace_id = text(p->trace),
				    .detail = text(p->detail), .errno_ = p->errno_ ? p->errno_ : SLO_ABSENT_I64 };
	if (p->has_tuple)
		e->conn_tuple = (struct slo_conn_tuple){ .src_ip = slo_str(p->src_ip), .dst_ip = slo_str(p->dst_ip),
							 .src_port = p->src_port, .dst_port = p->dst_port,
							 .protocol = slo_str(p->protocol) };
}

uint32_t probes_fill(const struct probes *x, int signal, uint32_t roles, int64_t from_ns, int64_t to_ns,
		     struct slo_exemplar *out, uint32_t max)
{
	int64_t whole = floor_div(to_ns, x->width_ns) * x->width_ns; /* chunks that are over */
	struct best best = { .n = 0 };
	uint32_t n;

	for (int r = 0; r < SLO_ROLE__COUNT; r++) {
		const struct ring *ring = x->rings[signal][r];

		if (!ring || !(roles >> r & 1))
			continue;
		for (int i = 0; i < SLO_TRACK_RING; i++)
			consider(&best, ring->chunks[i], from_ns, whole);
		consider(&best, ring->since, from_ns, whole);
	}
	n = best.n < max ? best.n : max;
	for (uint32_t i = 0; i < n; i++)
		put(best.items[i], &out[i]);
	return n;
}
