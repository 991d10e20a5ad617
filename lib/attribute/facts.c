/* SPDX-License-Identifier: MIT */
#include "attribute/facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void slo_facts_clear(struct slo_facts *f)
{
	*f = (struct slo_facts){ .captured = false };
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++)
			f->by_role[s][r] = (struct slo_fact){ .state = SLO_STATE_NOT_CAPTURED, .value = NAN,
							      .baseline = NAN, .spread = NAN, .iqr = NAN,
							      .threshold = slo_signal_info[s].elevated };
}

void slo_fact_judge(struct slo_fact *f)
{
	f->elevated = f->state != SLO_STATE_NOT_CAPTURED && f->value >= f->threshold;
	if (f->elevated && !isnan(f->baseline))
		f->elevated = f->value > f->baseline + fmax(0.05 * fabs(f->baseline), 3 * f->spread);
}

/* @a speaks for its signal rather than @b. */
static bool louder(const struct slo_fact *a, const struct slo_fact *b)
{
	bool a_seen = a->state != SLO_STATE_NOT_CAPTURED, b_seen = b->state != SLO_STATE_NOT_CAPTURED;

	if (a->elevated != b->elevated)
		return a->elevated;
	if (a_seen != b_seen)
		return a_seen;
	if (!a_seen)
		return a->told && !b->told;
	return a->value > b->value;
}

void slo_facts_choose(struct slo_facts *f)
{
	f->captured = false;
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		f->role[s] = 0;
		for (int r = 1; r < SLO_ROLE__COUNT; r++)
			if (louder(&f->by_role[s][r], slo_facts_of(f, s)))
				f->role[s] = r;
		if (slo_facts_of(f, s)->state != SLO_STATE_NOT_CAPTURED)
			f->captured = true;
	}
}

uint32_t slo_facts_from_sample(const struct slo_num_pair *signals, uint32_t count, struct slo_facts *out)
{
	uint32_t skipped = 0;

	slo_facts_clear(out);
	for (uint32_t i = 0; i < count; i++) {
		int signal = slo_enum_find(&slo_signal_enum, signals[i].key);
		struct slo_fact *f;

		if (signal < 0 || !isfinite(signals[i].value)) {
			skipped++;
			continue;
		}
		f = &out->by_role[signal][SLO_ROLE_OTHER];
		f->state = signals[i].value == 0 ? SLO_STATE_ZERO : SLO_STATE_VALUE;
		f->told = true;
		f->value = signals[i].value;
		f->source = SLO_EVIDENCE_APPLICATION;
		slo_fact_judge(f);
	}
	slo_facts_choose(out);
	return skipped;
}

void slo_store_init(struct slo_store *s, int64_t chunk_ns, struct slo_track_budget *budget)
{
	memset(s, 0, sizeof(*s));
	s->chunk_ns = chunk_ns;
	s->budget = budget;
}

void slo_store_fini(struct slo_store *s)
{
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++) {
			slo_track_free(s->tracks[i][r]);
			s->tracks[i][r] = NULL;
		}
}

static int evidence_source(struct slo_str provider)
{
	if (provider.len >= 3 && memcmp(provider.p, "bpf", 3) == 0)
		return SLO_EVIDENCE_EBPF;
	return slo_str_is(provider, "otel") ? SLO_EVIDENCE_OTEL : SLO_EVIDENCE_HOST;
}

void slo_store_add(struct slo_store *s, const struct slo_window *w)
{
	struct slo_track **t = &s->tracks[w->signal][w->role];

	if (!*t)
		*t = slo_track_new(s->chunk_ns, slo_signal_info[w->signal].scalar, s->budget);
	if (!*t) {
		s->refused++;
		return;
	}
	if (!slo_track_add(*t, w)) {
		s->late++;
		return;
	}
	if (w->state == SLO_STATE_NOT_CAPTURED)
		slo_str_copy((*t)->why, sizeof((*t)->why), w->why);
	else
		(*t)->source = evidence_source(w->provider);
}

void slo_store_onset(struct slo_store *s, int64_t onset_ns, int64_t until_ns)
{
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++)
			if (s->tracks[i][r])
				slo_track_onset(s->tracks[i][r], onset_ns, until_ns);
}

void slo_store_age(struct slo_store *s, int64_t at_ns, int64_t skip_from, int64_t skip_to)
{
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++)
			if (s->tracks[i][r])
				slo_track_age(s->tracks[i][r], at_ns, skip_from, skip_to);
}

void slo_store_forget(struct slo_store *s, int64_t from_ns)
{
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++)
			if (s->tracks[i][r])
				slo_track_forget(s->tracks[i][r], from_ns);
}

static void judge(const struct slo_merged *m, struct slo_track *t, struct slo_fact *f)
{
	f->state = slo_merged_state(m);
	f->told = m->windows || m->blind;
	f->value = slo_merged_scalar(m, t->how);
	f->source = t->source;
	if (f->state == SLO_STATE_NOT_CAPTURED) {
		f->why = t->why[0] ? t->why : NULL;
		return;
	}
	f->baseline = slo_track_baseline(t, &f->spread);
	f->iqr = slo_track_iqr(t);
	slo_fact_judge(f);
}

/* Does @a say more than @b? */
static bool says_more(const struct slo_fact *a, const struct slo_fact *b)
{
	if (a->elevated != b->elevated)
		return a->elevated;
	if ((a->state == SLO_STATE_NOT_CAPTURED) != (b->state == SLO_STATE_NOT_CAPTURED))
		return b->state == SLO_STATE_NOT_CAPTURED;
	return a->value > b->value;
}

/* What began the trouble and what is seen lately may differ: a cause may join, or leave its effects behind. */
static void track_fact(struct slo_store *s, struct slo_track *t, int64_t from_ns, int64_t to_ns,
		       struct slo_fact *f)
{
	struct slo_merged m = { .hist = &s->scratch };
	struct slo_fact beginning = *f;

	slo_track_merge(t, from_ns, to_ns, &m);
	judge(&m, t, f);
	slo_track_beginning(t, to_ns, &m);
	judge(&m, t, &beginning);
	if (beginning.told && says_more(&beginning, f))
		*f = beginning;
}

void slo_store_facts(struct slo_store *s, int64_t from_ns, int64_t to_ns, struct slo_facts *out)
{
	slo_facts_clear(out);
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++)
			if (s->tracks[i][r])
				track_fact(s, s->tracks[i][r], from_ns, to_ns, &out->by_role[i][r]);
	slo_facts_choose(out);
}
