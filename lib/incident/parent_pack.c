/* SPDX-License-Identifier: MIT */
/* The incidents of a node in a checkpoint. */
#include "incident/internal.h"

#include "event/tables.h"

#include <stdlib.h>

static void pack_impact(struct slo_impact *i, struct slo_pack *p)
{
	int sli = p->out ? slo_enum_find(&slo_sli_enum, i->sli) : 0;

	SLO_PACK(p, sli);
	SLO_PACK(p, i->burn_rate);
	SLO_PACK(p, i->burn_rate_short);
	SLO_PACK(p, i->window_minutes);
	SLO_PACK(p, i->window_seconds);
	SLO_PACK(p, i->burn_need);
	SLO_PACK(p, i->short_seconds);
	SLO_PACK(p, i->value);
	SLO_PACK(p, i->baseline);
	SLO_PACK(p, i->threshold);
	SLO_PACK(p, i->target);
	SLO_PACK(p, i->valid);
	SLO_PACK(p, i->bad);
	p->bad = p->bad || sli < 0 || sli >= SLO_SLI__COUNT;
	if (p->out || p->bad)
		return;
	i->sli = slo_str(slo_sli_enum.names[sli]);
	i->unit = slo_str(slo_sli_info[sli].unit);
}

static bool lives(const struct child *c)
{
	return c->s->born == c->born;
}

static void pack_children(struct parent *par, struct service **all, uint32_t services, struct slo_pack *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < par->count; i++)
		n += lives(&par->children[i]);
	n = slo_pack_count(p, n, SLO_INCIDENT_NODE_SERVICES);
	for (uint32_t i = 0; n && !p->bad; i++) {
		struct child *c = &par->children[i];
		uint32_t at;

		if (p->out && !lives(c))
			continue;
		n--;
		at = slo_pack_count(p, p->out ? c->s->ordinal : 0, SLO_INCIDENT_SERVICES_MAX - 1);
		slo_pack_text(p, c->id, sizeof(c->id));
		p->bad = p->bad || (!p->out && at >= services);
		if (p->out || p->bad)
			continue;
		c->s = all[at];
		c->born = all[at]->born;
		par->count = i + 1;
	}
}

static void pack_one(struct slo_incidents *inc, struct parent *par, struct service **all, uint32_t services,
		     struct slo_pack *p)
{
	uint32_t state = slo_pack_count(p, par->state, LIFE_RESOLVED);

	par->state = (enum life_state)state;
	slo_pack_text(p, par->id, sizeof(par->id));
	slo_pack_when(p, &par->started_ns, 1);
	slo_pack_when(p, &par->detected_ns, 1);
	slo_pack_when(p, &par->resolved_ns, 1);
	SLO_PACK(p, par->update);
	SLO_PACK(p, par->gone);
	SLO_PACK(p, par->source);
	pack_children(par, all, services, p);
	view_pack(NULL, inc, &par->view, p);
	pack_impact(&par->impact, p);
	p->bad = p->bad || par->update < 0 || par->source < 0 || par->source >= SLO_SOURCE__COUNT;
}

void parent_pack(struct slo_incidents *inc, struct node *n, struct service **all, uint32_t services,
		 struct slo_pack *p)
{
	slo_pack_text(p, n->cluster, sizeof(n->cluster));
	slo_pack_text(p, n->name, sizeof(n->name));
	for (int level = 1; level < LEVEL__COUNT && !p->bad; level++) {
		bool any = n->parents[level];

		if (!slo_pack_bool(p, &any))
			continue;
		if (!p->out)
			n->parents[level] = calloc(1, sizeof(*n->parents[level]));
		p->bad = p->bad || !n->parents[level];
		if (!p->bad)
			pack_one(inc, n->parents[level], all, services, p);
	}
}
