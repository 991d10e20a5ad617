/* SPDX-License-Identifier: MIT */
/* Facts in as little memory as those that say something need. */
#include "incident/internal.h"

#include <stdlib.h>

enum { ALL = SLO_SIGNAL__COUNT * SLO_ROLE__COUNT + SLO_APP__COUNT };

static const struct slo_fact *nth(const struct slo_facts *f, int i)
{
	int app = i - SLO_SIGNAL__COUNT * SLO_ROLE__COUNT;

	return app < 0 ? &f->by_role[i / SLO_ROLE__COUNT][i % SLO_ROLE__COUNT] : &f->app[app];
}

struct kept_view *view_keep(const struct view *v)
{
	struct kept_view *out;
	uint32_t n = 0;

	for (int i = 0; i < ALL; i++)
		n += nth(&v->facts, i)->told;
	out = malloc(sizeof(*out) + n * sizeof(out->facts[0]));
	if (!out)
		return NULL;
	*out = (struct kept_view){ .verdict = v->verdict, .sli = v->sli, .burn = v->burn };
	for (int i = 0; i < ALL; i++) {
		int app = i - SLO_SIGNAL__COUNT * SLO_ROLE__COUNT;

		if (!nth(&v->facts, i)->told)
			continue;
		out->facts[out->facts_n].subject =
			(uint8_t)(app < 0 ? i / SLO_ROLE__COUNT : SLO_SIGNAL__COUNT + app);
		out->facts[out->facts_n].role = (uint8_t)(app < 0 ? i % SLO_ROLE__COUNT : 0);
		out->facts[out->facts_n++].fact = *nth(&v->facts, i);
	}
	return out;
}

void view_facts(const struct kept_view *v, struct slo_facts *out)
{
	slo_facts_clear(out);
	for (uint32_t i = 0; i < v->facts_n; i++) {
		uint8_t subject = v->facts[i].subject;

		if (subject < SLO_SIGNAL__COUNT)
			out->by_role[subject][v->facts[i].role] = v->facts[i].fact;
		else
			out->app[subject - SLO_SIGNAL__COUNT] = v->facts[i].fact;
	}
	slo_facts_choose(out);
}
