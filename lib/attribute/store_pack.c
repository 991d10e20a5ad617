/* SPDX-License-Identifier: MIT */
/* The tracks of a service in a checkpoint. */
#include "attribute/facts.h"

/* Read a track that there is no room for, to get past it. */
static void pass_over(const struct slo_store *s, enum slo_scalar how, struct slo_pack *p)
{
	struct slo_track_budget spare = { .max = SIZE_MAX };
	struct slo_track *t = slo_track_new(s->chunk_ns, 1, how, &spare);

	p->bad = p->bad || !t;
	if (!t)
		return;
	slo_track_pack(t, p);
	slo_track_free(t);
}

bool slo_store_pack_track(const struct slo_store *s, struct slo_track **t, enum slo_scalar how, struct slo_pack *p)
{
	if (p->out)
		return slo_track_pack(*t, p);
	if (!*t)
		*t = slo_track_new(s->chunk_ns, s->ahead, how, s->budget);
	if (*t)
		return slo_track_pack(*t, p);
	pass_over(s, how, p);
	return false;
}

uint32_t slo_store_pack(struct slo_store *s, struct slo_pack *p)
{
	uint32_t n = 0, lost = 0;

	for (uint32_t i = 0; i < SLO_STORE_TRACKS; i++)
		n += *slo_store_at(s, i) != NULL;
	n = slo_pack_count(p, n, SLO_STORE_TRACKS);
	for (uint32_t i = 0; n && i < SLO_STORE_TRACKS; i++) {
		uint32_t at = i;

		if (p->out && !*slo_store_at(s, i))
			continue;
		n--;
		at = slo_pack_count(p, at, SLO_STORE_TRACKS - 1);
		p->bad = p->bad || (!p->out && *slo_store_at(s, at)); /* twice */
		if (!p->bad)
			lost += !slo_store_pack_track(s, slo_store_at(s, at), slo_store_how(at), p);
	}
	return lost;
}

const char *slo_store_why(const struct slo_store *s, int subject, int role)
{
	const struct slo_track *t = subject < SLO_SIGNAL__COUNT ? s->tracks[subject][role]
								: s->apps[subject - SLO_SIGNAL__COUNT];

	return t && t->why && t->why[0] ? t->why : NULL;
}
