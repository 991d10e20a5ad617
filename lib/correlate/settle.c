/* SPDX-License-Identifier: MIT */
/* What an event gives to the spans it belongs to. */
#include "correlate/internal.h"

#include "base/time.h"
#include "event/tables.h"

bool slo_join_is_context(int signal)
{
	static const bool shared[SLO_SIGNAL__COUNT] = {
		[SLO_SIGNAL_RUNQUEUE_DELAY] = true, [SLO_SIGNAL_CFS_THROTTLED] = true, [SLO_SIGNAL_CPU_STEAL] = true,
		[SLO_SIGNAL_MEM_RECLAIM] = true,    [SLO_SIGNAL_DISK_IO] = true,
	};

	return shared[signal];
}

static bool is_count(int signal)
{
	return slo_str_is(slo_str(slo_signal_info[signal].unit), "count");
}

/* Time a request spends on reaching somebody, not on its own work. */
static bool is_retrieval(int signal)
{
	return signal == SLO_SIGNAL_DNS_LATENCY || signal == SLO_SIGNAL_CONNECT_LATENCY || signal == SLO_SIGNAL_TLS_HANDSHAKE;
}

static void add_value(struct span *s, const struct event *e)
{
	struct slo_join_result *r = &s->r;

	if (!r->has[e->signal])
		r->value[e->signal] = e->value;
	else if (is_count(e->signal))
		r->value[e->signal] += e->value;
	else if (e->value > r->value[e->signal])
		r->value[e->signal] = e->value;
	r->has[e->signal] = true;
	r->sources |= 1u << e->source;
}

struct share {
	struct slo_join *j;
	const struct event *e;
};

static void give_context(void *arg, struct span *s)
{
	const struct share *h = arg;

	add_value(s, h->e);
	s->r.context++;
}

static void give_storm(void *arg, struct span *s)
{
	(void)arg;
	s->r.retry_storm = true;
}

/* The largest values stay. */
static void keep(struct kept *k, uint32_t most, double value, int tier)
{
	uint32_t at = 0;

	if (k->count < most) {
		at = k->count++;
	} else {
		for (uint32_t i = 1; i < most; i++)
			if (k->value[i] < k->value[at])
				at = i;
		if ((float)value <= k->value[at])
			return;
	}
	k->value[at] = (float)value;
	k->tier[at] = (uint8_t)tier;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void give_own(struct slo_join *j, const struct event *e, struct span *s, int tier)
{
	struct kept *k = &s->kept[e->signal];

	s->r.joined++;
	add_value(s, e);
	j->stats.fanout_dropped += k->count == j->o.fan_out;
	keep(k, j->o.fan_out, e->value, tier);
	if (is_retrieval(e->signal))
		j->stats.pieces_merged += pieces_add(&s->retrieval, later(e->start, s->start),
						     e->end < s->end ? e->end : s->end);
}

static void note_storm(struct slo_join *j, const struct event *e)
{
	uint64_t key = ident_key(&e->id, KEY_POD, 0);
	int64_t since;

	key = key ? key : ident_key(&e->id, KEY_SERVICE, 0);
	if (!key)
		return;
	since = storms_add(&j->storms, key, e->end, e->value > 1 ? (uint32_t)(e->value < 1000 ? e->value : 1000) : 1);
	if (since == SLO_ABSENT_I64)
		return;
	j->stats.storms++;
	/* Spans that ended longer ago may be done already. */
	since = later(since, e->end - j->o.hold_ns);
	match_context(j, e, since < e->lo ? since : e->lo, e->hi, give_storm, NULL);
}

static void tell(const struct slo_join *j, const struct event *e, const struct slo_join_decision *d)
{
	if (j->o.decided)
		j->o.decided(j->o.arg, e->tag, d);
}

static void settle_context(struct slo_join *j, const struct event *e)
{
	struct share h = { j, e };
	struct slo_join_decision d = { .tier = -1, .context = true };

	d.candidates = match_context(j, e, e->lo, e->hi, give_context, &h);
	j->stats.context += d.candidates > 0;
	j->stats.unmatched += d.candidates == 0;
	tell(j, e, &d);
}

void settle_event(struct slo_join *j, const struct event *e)
{
	struct slo_join_decision d = { .tier = -1 };
	uint64_t tags[SLO_JOIN_CANDIDATES];
	struct candidates c;

	if (e->signal == SLO_SIGNAL_TCP_RETRANSMITS)
		note_storm(j, e);
	if (slo_join_is_context(e->signal)) {
		settle_context(j, e);
		return;
	}
	match_event(j, e, &c);
	d.tier = c.tier;
	d.candidates = c.count;
	d.tags = tags;
	d.confidence = c.count ? j->o.precision[c.tier] / c.count : 0;
	if (!c.count)
		j->stats.unmatched++;
	else if (c.count == 1)
		j->stats.joined[c.tier]++;
	else
		j->stats.ambiguous[c.tier]++;
	for (uint32_t i = 0; i < c.count; i++) {
		struct span *s = &j->spans[c.items[i]];

		tags[i] = s->tag;
		if (c.count == 1)
			give_own(j, e, s, c.tier);
		/* Which ones were found of more than can be held is chance. */
		else if (c.count < SLO_JOIN_CANDIDATES)
			s->r.ambiguous++;
		if (s->r.candidates < c.count && c.count < SLO_JOIN_CANDIDATES)
			s->r.candidates = c.count;
	}
	tell(j, e, &d);
}

void settle_span(const struct slo_join *j, struct span *s)
{
	struct slo_join_result *r = &s->r;

	for (int g = 0; g < SLO_SIGNAL__COUNT; g++)
		for (uint32_t i = 0; i < s->kept[g].count; i++) {
			int tier = s->kept[g].tier[i];
			double trust = j->o.precision[tier];

			if (r->tier >= 0 && (trust < r->confidence || (trust <= r->confidence && tier >= r->tier)))
				continue;
			r->tier = tier;
			r->confidence = trust;
		}
	r->retrieval_ms = (double)pieces_ns(&s->retrieval) / 1e6;
}
