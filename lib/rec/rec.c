/* SPDX-License-Identifier: MIT */
#include "rec/decode.h"

enum { SCRATCH_MAX = 1 << 20 /* the longest line the reader hands out */ };

void slo_rec_ctx_init(struct slo_rec_ctx *c)
{
	*c = (struct slo_rec_ctx){ .unknown = 0 };
	slo_buf_init(&c->scratch, SCRATCH_MAX);
}

void slo_rec_ctx_fini(struct slo_rec_ctx *c)
{
	slo_buf_fini(&c->scratch);
}

/* @name ends within @s's length exactly. */
static bool is_name(const char *name, struct slo_str s)
{
	size_t i = 0;

	while (i < s.len && name[i] && name[i] == s.p[i])
		i++;
	return i == s.len && !name[i];
}

int slo_enum_find(const struct slo_enum *e, struct slo_str s)
{
	for (int i = 0; i < e->count; i++)
		if (is_name(e->names[i], s))
			return i;
	return -1;
}

const char *slo_enum_name(const struct slo_enum *e, int v)
{
	return v >= 0 && v < e->count ? e->names[v] : "?";
}

void slo_rec_clear_field(const struct slo_rec_field *f, char *out)
{
	static const struct slo_str no_string;
	static const struct slo_value no_value;
	void *at = out + f->off;

	switch (f->type) {
	case SLO_REC_STR:
		memcpy(at, &no_string, sizeof(no_string));
		break;
	case SLO_REC_F64:
		*(double *)at = SLO_ABSENT_F64;
		break;
	case SLO_REC_I64:
	case SLO_REC_TIME:
		*(int64_t *)at = SLO_ABSENT_I64;
		break;
	case SLO_REC_I32:
		*(int32_t *)at = SLO_ABSENT_I32;
		break;
	case SLO_REC_U64:
		*(uint64_t *)at = 0;
		break;
	case SLO_REC_BOOL:
	case SLO_REC_ENUM:
		*(int *)at = -1;
		break;
	case SLO_REC_VALUE:
		memcpy(at, &no_value, sizeof(no_value));
		break;
	case SLO_REC_OBJ:
		if (f->flags & SLO_REC_OPT)
			*(bool *)(out + f->count_off) = false;
		slo_rec_clear(f->sub, at);
		break;
	default:
		*(uint32_t *)(void *)(out + f->count_off) = 0;
	}
}

void slo_rec_clear(const struct slo_rec *r, void *out)
{
	for (uint32_t i = 0; i < r->count; i++)
		slo_rec_clear_field(&r->fields[i], out);
}
