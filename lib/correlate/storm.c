/* SPDX-License-Identifier: MIT */
#include "correlate/storm.h"

#include "base/time.h"

struct pod {
	uint64_t key;
	int64_t at[SLO_JOIN_STORM_EVENTS]; /* the latest, ascending */
	uint32_t count;
};

int storms_init(struct storms *s, uint64_t seed)
{
	return slo_table_init(&s->pods, sizeof(uint64_t), sizeof(struct pod), STORM_PODS, seed);
}

void storms_fini(struct storms *s)
{
	slo_table_fini(&s->pods);
}

static void note(struct pod *p, int64_t at_ns)
{
	uint32_t i;

	if (p->count == SLO_JOIN_STORM_EVENTS) {
		if (at_ns <= p->at[0])
			return;
		for (i = 1; i < p->count; i++)
			p->at[i - 1] = p->at[i];
		p->count--;
	}
	for (i = p->count++; i > 0 && p->at[i - 1] > at_ns; i--)
		p->at[i] = p->at[i - 1];
	p->at[i] = at_ns;
}

int64_t storms_add(struct storms *s, uint64_t key, int64_t at_ns, uint32_t n)
{
	bool created = false;
	struct pod *p = slo_table_get(&s->pods, &key, &created, NULL, NULL);

	for (uint32_t i = 0; i < n && i < SLO_JOIN_STORM_EVENTS; i++)
		note(p, at_ns);
	if (p->count < SLO_JOIN_STORM_EVENTS)
		return SLO_ABSENT_I64;
	return p->at[p->count - 1] - p->at[0] <= SLO_JOIN_STORM_S * SLO_NS_PER_S ? p->at[0] : SLO_ABSENT_I64;
}
