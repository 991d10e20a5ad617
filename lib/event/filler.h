/* SPDX-License-Identifier: MIT */
/* For tests only: records of any kind, filled by their table. */
#ifndef SLO_EVENT_FILLER_H
#define SLO_EVENT_FILLER_H

#include "event/event.h"

#include <stdio.h>

/* What to put into the next members; counts up, so that no two are the same. */
struct filler {
	bool full;           /* optional members too */
	unsigned int n;
	char text[2000][24]; /* the strings */
};

static inline struct slo_str filler_str(struct filler *w)
{
	char *to = w->text[w->n % 2000];

	snprintf(to, sizeof(w->text[0]), "t%u \"\xc3\xa9\n", w->n++);
	return slo_str(to);
}

/* Within the table's range. */
static inline double filler_num(struct filler *w, const struct slo_rec_field *f)
{
	double share = (double)(w->n++ % 97) / 97;

	return f->lo == 0 && f->hi == 0 ? share * 1000 - 20 : f->lo + share * (f->hi < 1e9 ? f->hi - f->lo : 1e9);
}

static inline void filler_record(struct filler *w, const struct slo_rec *r, char *out);

static inline void filler_one(struct filler *w, const struct slo_rec_field *f, void *at)
{
	struct slo_pair *p = at;
	struct slo_num_pair *q = at;
	struct slo_value *v = at;

	switch (f->type) {
	case SLO_REC_STR: case SLO_REC_STRS:
		*(struct slo_str *)at = filler_str(w);
		break;
	case SLO_REC_F64:
		*(double *)at = filler_num(w, f);
		break;
	case SLO_REC_I64:
		*(int64_t *)at = 1 + (int64_t)filler_num(w, f);
		break;
	case SLO_REC_TIME:
		*(int64_t *)at = INT64_C(1771666200123000000) + w->n++;
		break;
	case SLO_REC_I32:
		*(int32_t *)at = (int32_t)filler_num(w, f);
		break;
	case SLO_REC_U64: case SLO_REC_U64S:
		*(uint64_t *)at = w->n++;
		break;
	case SLO_REC_BOOL:
		*(int *)at = (int)(w->n++ & 1);
		break;
	case SLO_REC_ENUM: case SLO_REC_ENUMS:
		*(int *)at = (int)(w->n++ % (unsigned int)f->en->count);
		break;
	case SLO_REC_VALUE:
		v->type = SLO_VALUE_STR + (int)(w->n % 3);
		v->boolean = 1;
		v->num = 0.25 * w->n;
		v->str = filler_str(w);
		break;
	case SLO_REC_STRMAP:
		*p = (struct slo_pair){ filler_str(w), filler_str(w) };
		break;
	case SLO_REC_NUMMAP:
		*q = (struct slo_num_pair){ filler_str(w), filler_num(w, f) };
		break;
	default:
		filler_record(w, f->sub, at);
	}
}

static inline void filler_record(struct filler *w, const struct slo_rec *r, char *out)
{
	slo_rec_clear(r, out);
	for (uint32_t i = 0; i < r->count; i++) {
		const struct slo_rec_field *f = &r->fields[i];

		if (f->flags & SLO_REC_OPT && !w->full)
			continue;
		if (f->type < SLO_REC_OBJS) {
			filler_one(w, f, out + f->off);
			if (f->type == SLO_REC_OBJ && f->flags & SLO_REC_OPT)
				*(bool *)(out + f->count_off) = true;
			continue;
		}
		*(uint32_t *)(void *)(out + f->count_off) = w->full ? f->max : 0;
		for (uint32_t k = 0; w->full && k < f->max; k++)
			filler_one(w, f, out + f->off + (size_t)k * f->stride);
	}
}

/* A whole event. */
static inline void filler_event(struct filler *w, int kind, bool full, struct slo_event *ev)
{
	w->full = full;
	w->n = 0;
	ev->kind = kind;
	filler_record(w, slo_event_rec[kind], (char *)&ev->slo);
}

#endif
