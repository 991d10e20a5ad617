/* SPDX-License-Identifier: MIT */
#include "event/tables.h"
#include "guard/overhead.h"

#include <string.h>

static const struct slo_guard_action nothing = { .kind = SLO_GUARD_NOTHING };

void slo_guard_init(struct slo_guard *g, double max_pct, bool flows, const bool wanted[SLO_SIGNAL__COUNT])
{
	memset(g, 0, sizeof(*g));
	g->max_pct = max_pct;
	g->flows = flows;
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		g->sheddable[s] = !wanted || wanted[s];
}

/* The costlier of two signals; equal ones (not measured, mostly) by the contract's order. */
static bool costlier(const struct slo_guard_cost *cost, int a, int b)
{
	if (cost->signal_ns[a] != cost->signal_ns[b])
		return cost->signal_ns[a] > cost->signal_ns[b];
	return slo_signal_info[a].cost_rank < slo_signal_info[b].cost_rank;
}

static int costliest(const struct slo_guard *g, const struct slo_guard_cost *cost)
{
	int best = -1;

	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		if (g->sheddable[s] && (best < 0 || costlier(cost, s, best)))
			best = s;
	return best;
}

static struct slo_guard_action push(struct slo_guard *g, struct slo_guard_action a, int64_t ns, int64_t wall_ns)
{
	g->shed[g->level++] = (struct slo_guard_step){ a, 100.0 * (double)ns / (double)wall_ns };
	g->sheds++;
	return a;
}

static struct slo_guard_action shed(struct slo_guard *g, const struct slo_guard_cost *cost, int64_t wall_ns)
{
	int signal = costliest(g, cost);

	g->over = 0;
	if (g->flows && g->flow_level < SLO_GUARD_FLOW_LEVELS && (signal < 0 || cost->own_ns >= cost->signal_ns[signal]))
		return push(g, (struct slo_guard_action){ SLO_GUARD_FLOWS, ++g->flow_level, true }, cost->own_ns / 2,
			    wall_ns);
	if (signal < 0)
		return nothing;
	g->sheddable[signal] = false;
	return push(g, (struct slo_guard_action){ SLO_GUARD_SIGNAL, signal, true }, cost->signal_ns[signal], wall_ns);
}

static struct slo_guard_action restore(struct slo_guard *g)
{
	struct slo_guard_step *last;
	struct slo_guard_action a;

	g->under = 0;
	if (g->level == 0)
		return nothing;
	last = &g->shed[g->level - 1];
	if (g->max_pct > 0 && g->pct + last->pct > g->max_pct) {
		last->pct /= 2;
		return nothing;
	}
	a = last->action;
	a.shed = false;
	if (a.kind == SLO_GUARD_FLOWS)
		a.arg = --g->flow_level;
	else
		g->sheddable[a.arg] = true;
	g->level--;
	g->restores++;
	return a;
}

static int64_t total(const struct slo_guard_cost *cost)
{
	int64_t ns = cost->own_ns;

	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		ns += cost->signal_ns[s];
	return ns;
}

bool slo_guard_shed(const struct slo_guard *g, int signal)
{
	for (int i = 0; i < g->level; i++)
		if (g->shed[i].action.kind == SLO_GUARD_SIGNAL && g->shed[i].action.arg == signal)
			return true;
	return false;
}

void slo_guard_change(struct slo_guard *g, double max_pct, const bool wanted[SLO_SIGNAL__COUNT])
{
	g->max_pct = max_pct;
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		g->sheddable[s] = wanted[s] && !slo_guard_shed(g, s);
}

struct slo_guard_action slo_guard_update(struct slo_guard *g, const struct slo_guard_cost *cost, int64_t wall_ns)
{
	if (wall_ns <= 0)
		return nothing;
	if (g->max_pct <= 0)
		return restore(g); /* what was shed when there was a limit */
	g->pct = 100.0 * (double)total(cost) / (double)wall_ns;
	g->over = g->pct > g->max_pct ? g->over + 1 : 0;
	g->under = g->pct < g->max_pct * SLO_GUARD_LOW ? g->under + 1 : 0;
	if (g->over >= SLO_GUARD_TRIP)
		return shed(g, cost, wall_ns);
	if (g->under >= SLO_GUARD_RESTORE)
		return restore(g);
	return nothing;
}
