/* SPDX-License-Identifier: MIT */
/* Choosing among recorded incidents. */
#include "gen/recorded.h"

#include <errno.h>
#include <stdlib.h>

#include "event/tables.h"

/* "mixed" takes turns in the contract's order. */
static const int turns[SLO_RECORDED_TURNS] = {
	SLO_FAULT_PROVIDER_THROTTLE, SLO_FAULT_DNS_LATENCY, SLO_FAULT_CPU_THROTTLE, SLO_FAULT_MEMORY_PRESSURE,
	SLO_FAULT_NETWORK_PARTITION,
};

static bool is(const char *scenario, int fault)
{
	return strcmp(scenario, slo_fault_enum.names[fault]) == 0;
}

static bool is_any(const char *scenario)
{
	return !scenario || strcmp(scenario, "any") == 0;
}

/* @fault is what the incident is a case of. */
static bool of_fault(const struct slo_recorded *r, const struct slo_recorded_filter *f, struct slo_str fault)
{
	if (!slo_recorded_has_fault(r, fault))
		return false;
	if (f->stratum >= 0)
		return true;
	return r->faults_count == 1 && (r->stratum == SLO_STRATUM_SINGLE || r->stratum == SLO_STRATUM_OUTSIDE);
}

static bool of_turns(const struct slo_recorded *r, const struct slo_recorded_filter *f, int turn)
{
	for (int i = 0; i < SLO_RECORDED_TURNS; i++)
		if ((turn < 0 || turn == i) && of_fault(r, f, slo_str(slo_fault_enum.names[turns[i]])))
			return true;
	return false;
}

static bool of_scenario(const struct slo_recorded *r, const struct slo_recorded_filter *f, int turn)
{
	const char *s = f->scenario;

	if (is_any(s))
		return true;
	if (is(s, SLO_FAULT_BASELINE))
		return r->stratum == SLO_STRATUM_HEALTHY;
	if (is(s, SLO_FAULT_MIXED_MULTI))
		return r->stratum == SLO_STRATUM_DUAL || r->stratum == SLO_STRATUM_TRIPLE;
	if (is(s, SLO_FAULT_MIXED))
		return of_turns(r, f, turn);
	return of_fault(r, f, slo_str(s));
}

bool slo_recorded_matches(const struct slo_recorded *r, const struct slo_recorded_filter *f, int turn)
{
	return (f->split < 0 || r->split == f->split) && (f->stratum < 0 || r->stratum == f->stratum) &&
	       (f->domain < 0 || slo_recorded_has_domain(r, f->domain)) &&
	       (!f->place || slo_str_is(r->place, f->place)) &&
	       (!f->profile || slo_str_is(r->profile, f->profile)) &&
	       (f->stream < 0 || slo_recorded_stream(r, f->stream).p) && of_scenario(r, f, turn);
}

static int by_id(const void *a, const void *b, void *arg)
{
	const struct slo_recorded_set *set = arg;
	struct slo_str x = set->items[*(const uint32_t *)a].id, y = set->items[*(const uint32_t *)b].id;
	int order = memcmp(x.p, y.p, x.len < y.len ? x.len : y.len);

	return order ? order : (x.len > y.len) - (x.len < y.len);
}

/* Fisher and Yates: every order is as likely. */
static void shuffle(struct slo_recorded_hat *h, struct slo_rng *g)
{
	for (uint32_t i = h->count; i > 1; i--) {
		uint32_t j = (uint32_t)slo_rng_below(g, i), held = h->items[i - 1];

		h->items[i - 1] = h->items[j];
		h->items[j] = held;
	}
	h->next = 0;
}

/* Return: 0 or -ENOMEM; a hat with nothing in it needs no memory. */
static int fill(struct slo_recorded_hat *h, struct slo_recorded_set *set, const struct slo_recorded_filter *f, int turn)
{
	h->items = set->count ? calloc(set->count, sizeof(*h->items)) : NULL;
	h->count = 0;
	if (set->count && !h->items)
		return -ENOMEM;
	for (uint32_t i = 0; i < set->count; i++)
		if (slo_recorded_matches(&set->items[i], f, turn))
			h->items[h->count++] = i;
	if (h->count)
		qsort_r(h->items, h->count, sizeof(*h->items), by_id, set);
	return 0;
}

int slo_recorded_choice_init(struct slo_recorded_choice *c, const struct slo_recorded_set *set,
			     const struct slo_recorded_filter *f, uint64_t seed)
{
	bool mixed = f->scenario && is(f->scenario, SLO_FAULT_MIXED);
	struct slo_recorded_set view = *set;

	*c = (struct slo_recorded_choice){ .turn = 0 };
	slo_rng_seed(&c->rng, seed);
	for (int turn = 0; turn < (mixed ? SLO_RECORDED_TURNS : 1); turn++) {
		struct slo_recorded_hat *h = &c->hats[c->hats_count];

		if (fill(h, &view, f, turn)) {
			slo_recorded_choice_fini(c);
			return -ENOMEM;
		}
		shuffle(h, &c->rng);
		if (h->count)
			c->hats_count++;
		else
			free(h->items);
	}
	for (uint32_t i = 0; i < set->count; i++)
		c->distinct += slo_recorded_matches(&set->items[i], f, -1);
	return 0;
}

void slo_recorded_choice_fini(struct slo_recorded_choice *c)
{
	for (uint32_t i = 0; i < c->hats_count; i++)
		free(c->hats[i].items);
	*c = (struct slo_recorded_choice){ .turn = 0 };
}

int64_t slo_recorded_choice_next(struct slo_recorded_choice *c)
{
	struct slo_recorded_hat *h;

	if (c->hats_count == 0)
		return -1;
	h = &c->hats[c->turn];
	c->turn = (c->turn + 1) % c->hats_count;
	if (h->next == h->count)
		shuffle(h, &c->rng);
	return h->items[h->next++];
}
