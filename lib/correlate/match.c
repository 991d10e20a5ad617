/* SPDX-License-Identifier: MIT */
/* The spans that one event fits. */
#include "correlate/internal.h"

struct gather {
	const struct slo_join *j;
	const struct event *e;
	struct candidates *out;
	bool process; /* of the connection tier: only where the process is the same as well */
	bool opener;  /* of the connection tier: the end it was opened from will do */
};

/* Ended in time to be known now whatever order the input came in. */
static bool in_time(const struct slo_join *j, const struct event *e, const struct span *s)
{
	return s->end <= e->end + j->o.hold_ns;
}

static bool take(void *arg, uint32_t item)
{
	struct gather *g = arg;
	const struct span *s = &g->j->spans[item];
	struct candidates *c = g->out;

	if (!in_time(g->j, g->e, s) ||
	    !(g->opener ? ident_same_opener(&s->id, &g->e->id) : ident_fits(&s->id, &g->e->id, c->tier)) ||
	    (g->process && !ident_same_process(&s->id, &g->e->id)))
		return true;
	for (uint32_t i = 0; (c->tier == SLO_TIER_PROCESS || g->opener) && i < c->count; i++)
		if (c->items[i] == item) /* by the host's and by the container's own number; by either end */
			return true;
	if (c->count == SLO_JOIN_CANDIDATES) {
		c->more = true;
		return false;
	}
	c->items[c->count++] = item;
	return true;
}

static void visit(struct gather *g, const uint64_t *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i] && !index_visit(&g->j->index, keys[i], g->e->lo, g->e->hi, take, g))
			return;
}

/* By the end a connection was opened from, whichever end the event takes for that. */
static void gather_opener(struct gather *g)
{
	struct ident other_way = g->e->id;
	uint64_t keys[2] = { ident_key(&g->e->id, KEY_FROM, 0), 0 };

	other_way.from = other_way.to;
	keys[1] = ident_key(&other_way, KEY_FROM, 0);
	g->opener = true;
	visit(g, keys, SLO_ARRAY_LEN(keys));
	g->opener = false;
}

static void gather(struct gather *g, int tier)
{
	const struct ident *id = &g->e->id;
	uint64_t keys[3] = { 0, 0, 0 };

	switch (tier) {
	case SLO_TIER_TRACE:
		keys[0] = ident_key(id, KEY_TRACE, 0);
		break;
	case SLO_TIER_PROCESS:
		keys[0] = ident_key(id, KEY_POD_PID, id->pid);
		keys[1] = id->ns_pid != id->pid ? ident_key(id, KEY_POD_PID, id->ns_pid) : 0;
		keys[2] = ident_key(id, KEY_NODE_PID, id->pid);
		break;
	case SLO_TIER_CONNECTION:
		keys[0] = ident_key(id, KEY_TUPLE, 0);
		break;
	default:
		keys[0] = ident_key(id, KEY_SERVICE, 0);
		break;
	}
	*g->out = (struct candidates){ .tier = tier };
	visit(g, keys, SLO_ARRAY_LEN(keys));
	if (tier == SLO_TIER_CONNECTION && !g->out->count)
		gather_opener(g);
}

static bool overlaps(const struct span *s, const struct event *e)
{
	return s->start <= e->end && e->start <= s->end;
}

/* Spans of one trace share a clock: where one really overlaps the event, slack speaks for no other of them. */
static bool outdone(const struct slo_join *j, const struct event *e, const struct candidates *c, const struct span *s)
{
	if (overlaps(s, e) || !s->id.trace)
		return false;
	for (uint32_t i = 0; i < c->count; i++) {
		const struct span *other = &j->spans[c->items[i]];

		if (other->id.trace == s->id.trace && overlaps(other, e))
			return true;
	}
	return false;
}

/* What it called counts in its place: the event happened in there. */
static bool called_another(const struct slo_join *j, const struct event *e, const struct candidates *c,
			   const struct span *s)
{
	for (uint32_t i = 0; s->id.span && i < c->count; i++) {
		const struct span *called = &j->spans[c->items[i]];

		if (called != s && called->id.parent == s->id.span && called->id.trace == s->id.trace &&
		    overlaps(called, e) == overlaps(s, e))
			return true;
	}
	return false;
}

static void drop_relatives(const struct slo_join *j, const struct event *e, struct candidates *c)
{
	uint32_t items[RELATIVES_MAX], n = 0;

	if (c->count < 2 || c->count > RELATIVES_MAX)
		return;
	for (uint32_t i = 0; i < c->count; i++) {
		const struct span *s = &j->spans[c->items[i]];

		if (!outdone(j, e, c, s) && !called_another(j, e, c, s))
			items[n++] = c->items[i];
	}
	/* Spans that call each other in a circle are no family. */
	for (uint32_t i = 0; i < n; i++)
		c->items[i] = items[i];
	c->count = n ? n : c->count;
}

/* Keep those on the connection or of the process of the event, if there are any. */
static void narrow(const struct slo_join *j, const struct event *e, struct candidates *c)
{
	static const int by[] = { SLO_TIER_PROCESS, SLO_TIER_CONNECTION };

	for (size_t k = 0; k < SLO_ARRAY_LEN(by) && c->count > 1 && !c->more; k++) {
		uint32_t items[SLO_JOIN_CANDIDATES], n = 0;

		for (uint32_t i = 0; i < c->count; i++)
			if (ident_fits(&j->spans[c->items[i]].id, &e->id, by[k]))
				items[n++] = c->items[i];
		for (uint32_t i = 0; i < n; i++)
			c->items[i] = items[i];
		c->count = n ? n : c->count;
	}
}

void match_event(const struct slo_join *j, const struct event *e, struct candidates *out)
{
	struct gather g = { .j = j, .e = e, .out = out };

	for (int tier = 0; tier < SLO_TIER__COUNT; tier++) {
		gather(&g, tier);
		if (!out->count)
			continue;
		if (out->count > 1 && tier == SLO_TIER_PROCESS && e->id.tuple) {
			struct candidates finer = { .tier = -1 };
			struct gather f = { .j = j, .e = e, .out = &finer, .process = true };

			gather(&f, SLO_TIER_CONNECTION);
			if (finer.count)
				*out = finer;
		}
		drop_relatives(j, e, out);
		if (tier == SLO_TIER_TRACE)
			narrow(j, e, out);
		return;
	}
	*out = (struct candidates){ .tier = -1 };
}

struct reach {
	const struct slo_join *j;
	const struct event *e;
	void (*fn)(void *arg, struct span *s);
	void *arg;
	uint32_t count;
	bool pods; /* only where the pod is not another one */
};

static bool touch(void *arg, uint32_t item)
{
	struct reach *r = arg;
	struct span *s = &r->j->spans[item];

	if (!in_time(r->j, r->e, s) || ident_apart(&s->id, &r->e->id, r->pods))
		return true;
	r->fn(r->arg, s);
	r->count++;
	return true;
}

uint32_t match_context(const struct slo_join *j, const struct event *e, int64_t lo, int64_t hi,
		       void (*fn)(void *arg, struct span *s), void *arg)
{
	static const enum key scopes[] = { KEY_POD, KEY_SERVICE, KEY_NODE };
	struct reach r = { j, e, fn, arg, 0, true };

	for (size_t i = 0; i < SLO_ARRAY_LEN(scopes) && !r.count; i++) {
		/* What happened to one pod or service is not its neighbours' affair; what the machine lacks is. */
		if (scopes[i] == KEY_NODE && (e->id.pod || e->id.service) && e->signal != SLO_SIGNAL_CPU_STEAL)
			break;
		r.pods = scopes[i] != KEY_NODE;
		index_visit(&j->index, ident_key(&e->id, scopes[i], 0), lo, hi, touch, &r);
	}
	return r.count;
}
