/* SPDX-License-Identifier: MIT */
/* The life of one service's incident, one tick at a time. */
#include "incident/internal.h"

#include "base/time.h"
#include "slo/burn.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Where all objectives of a service stand at one tick. */
struct stand {
	struct slo_burn_state burn[SLO_SLI__COUNT];
	bool known[SLO_SLI__COUNT];
	uint32_t burning; /* bit set: both windows burn */
	uint32_t enough;  /* of those, the short window holds min_events */
};

static void look(struct service *s, int64_t at_ns, struct stand *out)
{
	*out = (struct stand){ .burning = 0 };
	for (int i = 0; i < SLO_SLI__COUNT; i++) {
		if (!s->series[i])
			continue;
		slo_series_eval(s->series[i], at_ns, &out->burn[i]);
		out->known[i] = true;
		out->burning |= out->burn[i].burning ? 1u << i : 0;
		out->enough |= out->burn[i].burning && out->burn[i].enough ? 1u << i : 0;
	}
}

/* The SLI of @set with the largest burn rate over its long window. */
static int worst(const struct stand *now, uint32_t set)
{
	int best = -1;

	for (int i = 0; i < SLO_SLI__COUNT; i++)
		if (set & 1u << i && now->known[i] &&
		    (best < 0 || now->burn[i].lengthy.rate > now->burn[best].lengthy.rate))
			best = i;
	return best;
}

static int64_t onset(const struct service *s, uint32_t set, int64_t at_ns)
{
	int64_t first = at_ns;

	for (int i = 0; i < SLO_SLI__COUNT; i++) {
		int64_t one = set & 1u << i ? slo_series_onset(s->series[i]) : SLO_ABSENT_I64;

		if (one != SLO_ABSENT_I64 && one < first)
			first = one;
	}
	first += s->inc->o.onset_shift_ns;
	return first < at_ns ? first : at_ns;
}

static int64_t stale_after(const struct service *s)
{
	int64_t longest = 60;

	if (s->inc->o.stale_after_ns > 0)
		return s->inc->o.stale_after_ns;
	for (int i = 0; i < SLO_SLI__COUNT; i++)
		if (s->series[i] && s->series[i]->objective.long_s > longest)
			longest = s->series[i]->objective.long_s;
	return longest * SLO_NS_PER_S;
}

static int64_t hold(const struct service *s)
{
	int64_t longest = 5;

	for (int i = 0; i < SLO_SLI__COUNT; i++)
		if (s->life.slis & 1u << i && s->series[i]->objective.short_s > longest)
			longest = s->series[i]->objective.short_s;
	return longest * SLO_NS_PER_S;
}

static void attribute(struct service *s, const struct stand *now, int64_t at_ns, struct view *v)
{
	int64_t recent = at_ns - hold(s);
	int sli = worst(now, now->burning & s->life.slis ? now->burning & s->life.slis : s->life.slis);

	slo_store_facts(&s->store, recent > s->life.onset_ns ? recent : s->life.onset_ns, at_ns, &v->facts);
	slo_verdict_make(s->inc->o.model, &v->facts, &v->verdict);
	if (s->inc->o.judged)
		s->inc->o.judged(s->inc->o.arg, at_ns, s->life.onset_ns, &v->facts);
	v->sli = sli;
	v->burn = now->burn[sli];
}

static void name(struct service *s)
{
	uint64_t h = slo_hash(s->key, sizeof(s->key), 3);

	h = slo_hash(&s->life.started_ns, sizeof(s->life.started_ns), h);
	(void)!snprintf(s->life.id, sizeof(s->life.id), "inc-%016" PRIx64, h);
}

static void clear(struct service *s, int64_t from_ns, int64_t to_ns)
{
	slo_store_clear(&s->store, from_ns, to_ns);
	for (int i = 0; i < SLO_SLI__COUNT; i++)
		if (s->values[i])
			slo_track_clear(s->values[i], from_ns, to_ns);
}

/* Since @onset_ns all is trouble, and what came before is its baseline. */
static void divide(struct service *s, int64_t onset_ns)
{
	slo_store_forget(&s->store, onset_ns);
	slo_store_calm(&s->store, onset_ns);
	for (int i = 0; i < SLO_SLI__COUNT; i++) {
		if (!s->values[i])
			continue;
		slo_track_forget(s->values[i], onset_ns);
		slo_track_calm(s->values[i], onset_ns);
	}
}

static void open_incident(struct service *s, const struct stand *now, int64_t at_ns)
{
	struct life *l = &s->life;
	bool again = l->state == LIFE_RESOLVED && at_ns - l->resolved_ns <= s->inc->o.reopen_ns;
	int64_t skip_from = l->skip_from, skip_to = l->skip_to;
	bool adjacent = l->skip_to > l->skip_from && at_ns - l->skip_to < SLO_TRACK_RING * s->store.chunk_ns;

	if (!l->view)
		l->view = malloc(sizeof(*l->view));
	if (!l->view) {
		s->inc->stats.out_of_memory++;
		return;
	}
	if (!again)
		*l = (struct life){ .view = l->view };
	l->state = LIFE_OPEN;
	l->slis = now->burning;
	l->good_ns = 0;
	l->onset_ns = onset(s, now->burning, at_ns);
	if (!again) {
		l->started_ns = l->onset_ns;
		l->detected_ns = at_ns;
		name(s);
	}
	/* Chunks of an incident just before must not become past; what came between the two may. */
	if (adjacent)
		clear(s, skip_from, skip_to);
	l->skip_from = l->onset_ns;
	l->skip_to = INT64_MAX;
	slo_store_onset(&s->store, l->onset_ns, at_ns + hold(s));
	divide(s, l->onset_ns);
	s->inc->open++;
	attribute(s, now, at_ns, l->view);
	line_emit(s, SLO_INCIDENT_STATUS_OPEN, at_ns);
}

static bool causes_changed(const struct view *a, const struct view *b)
{
	return a->verdict.domain != b->verdict.domain || a->verdict.causes != b->verdict.causes;
}

static bool numbers_changed(const struct view *a, const struct view *b)
{
	const struct slo_burn_state *x = &a->burn, *y = &b->burn;

	return a->sli != b->sli || x->brief.valid != y->brief.valid || x->brief.bad != y->brief.bad ||
	       x->lengthy.valid != y->lengthy.valid || x->lengthy.bad != y->lengthy.bad ||
	       a->verdict.confidence != b->verdict.confidence;
}

static void update(struct service *s, const struct stand *now, int64_t at_ns, bool due)
{
	struct life *l = &s->life;
	struct view v;

	attribute(s, now, at_ns, &v);
	due = due || causes_changed(&v, l->view);
	due = due || (at_ns - l->line_ns >= s->inc->o.update_every_ns && numbers_changed(&v, l->view));
	if (!due)
		return;
	*l->view = v;
	line_emit(s, SLO_INCIDENT_STATUS_UPDATED, at_ns);
}

/* What the incident's own SLIs say at this tick. */
enum trend { NO_DATA, HOT, COOL, UNCLEAR };

static enum trend trend(const struct service *s, const struct stand *now, int64_t at_ns)
{
	bool cool = false, waiting = false;

	for (int i = 0; i < SLO_SLI__COUNT; i++) {
		const struct slo_burn_state *b = &now->burn[i];

		if (now->burning & 1u << i)
			return HOT;
		if (!(s->life.slis & 1u << i))
			continue;
		if (b->brief.bad && slo_burn_reached(b->brief.rate, b->need))
			return HOT;
		if (b->data)
			cool = true;
		else if (at_ns - s->series[i]->data_ns < stale_after(s))
			waiting = true; /* one SLI being fine says nothing about another that is silent */
	}
	if (cool)
		return waiting ? UNCLEAR : COOL;
	return NO_DATA;
}

static int64_t newest_data(const struct service *s)
{
	int64_t newest = INT64_MIN;

	for (int i = 0; i < SLO_SLI__COUNT; i++)
		if (s->life.slis & 1u << i && s->series[i]->data_ns > newest)
			newest = s->series[i]->data_ns;
	return newest;
}

static void resolve(struct service *s, const struct stand *now, int64_t at_ns)
{
	struct life *l = &s->life;

	l->view->sli = worst(now, l->slis);
	l->view->burn = now->burn[l->view->sli];
	s->inc->open -= l->state == LIFE_OPEN;
	l->state = LIFE_RESOLVED;
	l->resolved_ns = l->skip_to = at_ns;
	line_emit(s, SLO_INCIDENT_STATUS_RESOLVED, at_ns);
}

static void go_stale(struct service *s, int64_t at_ns)
{
	s->inc->open--;
	s->life.state = LIFE_STALE;
	line_emit(s, SLO_INCIDENT_STATUS_STALE, at_ns);
}

static void carry_on(struct service *s, const struct stand *now, int64_t at_ns)
{
	struct life *l = &s->life;
	bool stale = l->state == LIFE_STALE;

	switch (trend(s, now, at_ns)) {
	case HOT:
		l->slis |= now->burning;
		l->good_ns = 0;
		s->inc->open += stale;
		l->state = LIFE_OPEN;
		update(s, now, at_ns, stale);
		break;
	case COOL:
		l->good_ns += s->inc->tick_ns;
		/* The causes stay those of the trouble: what is seen now is the recovery. */
		if (l->good_ns >= hold(s))
			resolve(s, now, at_ns);
		break;
	case UNCLEAR:
		break;
	case NO_DATA:
		if (!stale && at_ns - newest_data(s) >= stale_after(s))
			go_stale(s, at_ns);
		break;
	}
}

void life_step(struct service *s, int64_t at_ns)
{
	struct life *l = &s->life;
	struct stand now;

	look(s, at_ns, &now);
	if (l->state == LIFE_OPEN || l->state == LIFE_STALE)
		carry_on(s, &now, at_ns);
	else if (now.enough)
		open_incident(s, &now, at_ns);
	slo_store_age(&s->store, at_ns, l->skip_from, l->skip_to);
	if (s->probes)
		probes_age(s->probes, at_ns,
			   l->state == LIFE_OPEN || l->state == LIFE_STALE ? l->onset_ns : INT64_MAX);
	for (int i = 0; i < SLO_SLI__COUNT; i++)
		if (s->values[i])
			slo_track_age(s->values[i], at_ns, l->skip_from, l->skip_to);
}

void life_orphan(struct service *s, int64_t at_ns)
{
	if (s->life.state == LIFE_OPEN)
		go_stale(s, at_ns);
}
