/* SPDX-License-Identifier: MIT */
/* An incident in a checkpoint. */
#include "incident/internal.h"

#include <stdlib.h>

static void pack_burn(struct slo_burn *b, struct slo_pack *p)
{
	SLO_PACK(p, b->rate);
	SLO_PACK(p, b->valid);
	SLO_PACK(p, b->bad);
}

static void pack_fact(struct slo_fact *f, struct slo_pack *p)
{
	SLO_PACK(p, f->state);
	slo_pack_bool(p, &f->told);
	slo_pack_bool(p, &f->elevated);
	SLO_PACK(p, f->value);
	SLO_PACK(p, f->baseline);
	SLO_PACK(p, f->spread);
	SLO_PACK(p, f->iqr);
	SLO_PACK(p, f->threshold);
	SLO_PACK(p, f->source);
	p->bad = p->bad || f->state < 0 || f->state >= SLO_STATE__COUNT || f->source < 0 ||
		 f->source >= SLO_EVIDENCE__COUNT;
}

static void put_facts(struct slo_facts *f, uint8_t subject, uint8_t role, const struct slo_fact *fact)
{
	if (subject < SLO_SIGNAL__COUNT)
		f->by_role[subject][role] = *fact;
	else
		f->app[subject - SLO_SIGNAL__COUNT] = *fact;
}

static void pack_facts(struct service *s, struct kept_view *kept, struct slo_facts *facts, struct slo_pack *p)
{
	uint32_t n = slo_pack_count(p, kept ? kept->facts_n : 0, SLO_STORE_TRACKS);

	for (uint32_t i = 0; i < n && !p->bad; i++) {
		uint8_t subject = kept ? kept->facts[i].subject : 0, role = kept ? kept->facts[i].role : 0;
		struct slo_fact fact = kept ? kept->facts[i].fact : (struct slo_fact){ .told = false };

		SLO_PACK(p, subject);
		SLO_PACK(p, role);
		pack_fact(&fact, p);
		p->bad = p->bad || subject >= SLO_SUBJECT__COUNT || role >= SLO_ROLE__COUNT;
		if (p->out || p->bad)
			continue;
		if (fact.state == SLO_STATE_NOT_CAPTURED && s)
			fact.why = slo_store_why(&s->store, subject, role);
		put_facts(facts, subject, role, &fact);
	}
}

/* The verdict follows from the facts; by the model that is in use now. @s may be NULL: no reasons then. */
void view_pack(struct service *s, struct slo_incidents *inc, struct kept_view **view, struct slo_pack *p)
{
	struct kept_view *kept = *view;
	struct view v;
	bool any = kept;

	if (!slo_pack_bool(p, &any))
		return;
	slo_facts_clear(&v.facts);
	v.sli = kept ? kept->sli : 0;
	v.burn = kept ? kept->burn : (struct slo_burn_state){ .data = false };
	SLO_PACK(p, v.sli);
	pack_burn(&v.burn.brief, p);
	pack_burn(&v.burn.lengthy, p);
	SLO_PACK(p, v.burn.need);
	slo_pack_bool(p, &v.burn.data);
	slo_pack_bool(p, &v.burn.burning);
	slo_pack_bool(p, &v.burn.enough);
	pack_facts(s, kept, &v.facts, p);
	p->bad = p->bad || v.sli < 0 || v.sli >= SLO_SLI__COUNT;
	if (p->out || p->bad)
		return;
	slo_facts_choose(&v.facts);
	slo_verdict_make(inc->o.model, &v.facts, &v.verdict);
	*view = view_keep(&v);
	p->bad = !*view;
}

void life_pack(struct service *s, struct slo_pack *p)
{
	struct life *l = &s->life;
	int64_t skip_to;
	uint32_t state = slo_pack_count(p, l->state, LIFE_RESOLVED);

	l->state = (enum life_state)state;
	slo_pack_text(p, l->id, sizeof(l->id));
	slo_pack_when(p, &l->started_ns, 1);
	slo_pack_when(p, &l->onset_ns, 1);
	slo_pack_when(p, &l->detected_ns, 1);
	slo_pack_when(p, &l->resolved_ns, 1);
	slo_pack_when(p, &l->good_ns, 1);
	slo_pack_when(p, &l->line_ns, 1);
	slo_pack_when(p, &l->skip_from, 1);
	/* While it is open, the end of that is not known. */
	skip_to = l->skip_to == INT64_MAX ? SLO_PACK_NEVER : l->skip_to;
	slo_pack_time(p, &skip_to, 1);
	l->skip_to = skip_to == SLO_PACK_NEVER ? INT64_MAX : skip_to;
	SLO_PACK(p, l->update);
	SLO_PACK(p, l->slis);
	SLO_PACK(p, l->level);
	slo_pack_when(p, &l->level_ns, 1);
	slo_pack_text(p, l->parent_id, sizeof(l->parent_id));
	SLO_PACK(p, l->parent_node);
	view_pack(s, s->inc, &l->view, p);
	p->bad = p->bad || l->update < 0 || l->slis >> SLO_SLI__COUNT || l->level < 0 || l->level >= LEVEL__COUNT;
}

/* Return: false, with the incident forgotten, when all it was about is gone. */
bool life_check(struct service *s)
{
	struct life *l = &s->life;
	int any = -1;

	if (l->state != LIFE_OPEN && l->state != LIFE_STALE)
		return true;
	for (int i = 0; i < SLO_SLI__COUNT; i++) {
		if (!s->series[i])
			l->slis &= ~(1u << i);
		else if (l->slis & 1u << i)
			any = i;
	}
	if (any >= 0 && l->view) {
		if (!s->series[l->view->sli])
			l->view->sli = any;
		return true;
	}
	free(l->view);
	*l = (struct life){ .state = LIFE_NONE };
	return false;
}
