/* SPDX-License-Identifier: MIT */
#include "event/tables.h"
#include "guard/overhead.h"

#include <string.h>

static int signal_of_rank(int rank)
{
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		if (slo_signal_info[s].cost_rank == rank)
			return s;
	return -1;
}

void slo_guard_init(struct slo_guard *g, double max_pct, bool flows, const bool wanted[SLO_SIGNAL__COUNT])
{
	memset(g, 0, sizeof(*g));
	g->max_pct = max_pct;
	for (int level = 1; flows && level <= SLO_GUARD_FLOW_LEVELS; level++)
		g->steps[g->count++] = (struct slo_guard_action){ SLO_GUARD_FLOWS, level, true };
	for (int rank = 1; rank <= SLO_SIGNAL__COUNT; rank++) {
		int signal = signal_of_rank(rank);

		if (signal >= 0 && (!wanted || wanted[signal]))
			g->steps[g->count++] = (struct slo_guard_action){ SLO_GUARD_SIGNAL, signal, true };
	}
}

static struct slo_guard_action shed(struct slo_guard *g)
{
	g->over = 0;
	if (g->level == g->count)
		return (struct slo_guard_action){ .kind = SLO_GUARD_NOTHING };
	g->sheds++;
	return g->steps[g->level++];
}

static struct slo_guard_action restore(struct slo_guard *g)
{
	struct slo_guard_action a;

	g->under = 0;
	if (g->level == 0)
		return (struct slo_guard_action){ .kind = SLO_GUARD_NOTHING };
	g->restores++;
	a = g->steps[--g->level];
	a.shed = false;
	if (a.kind == SLO_GUARD_FLOWS)
		a.arg--;
	return a;
}

struct slo_guard_action slo_guard_update(struct slo_guard *g, int64_t cpu_ns, int64_t wall_ns)
{
	if (wall_ns <= 0 || g->max_pct <= 0)
		return (struct slo_guard_action){ .kind = SLO_GUARD_NOTHING };
	g->pct = 100.0 * (double)cpu_ns / (double)wall_ns;
	g->over = g->pct > g->max_pct ? g->over + 1 : 0;
	g->under = g->pct < g->max_pct * SLO_GUARD_LOW ? g->under + 1 : 0;
	if (g->over >= SLO_GUARD_TRIP)
		return shed(g);
	if (g->under >= SLO_GUARD_RESTORE)
		return restore(g);
	return (struct slo_guard_action){ .kind = SLO_GUARD_NOTHING };
}
