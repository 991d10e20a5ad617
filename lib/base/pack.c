/* SPDX-License-Identifier: MIT */
#include "base/pack.h"

#include <string.h>

void slo_pack_bytes(struct slo_pack *p, void *v, size_t n)
{
	if (p->out) {
		slo_buf_add(p->out, v, n);
		return;
	}
	p->bad = p->bad || p->in.len < n;
	if (p->bad) {
		memset(v, 0, n);
		return;
	}
	memcpy(v, p->in.p, n);
	p->in.p += n;
	p->in.len -= n;
}

uint32_t slo_pack_count(struct slo_pack *p, uint32_t n, uint32_t max)
{
	SLO_PACK(p, n);
	p->bad = p->bad || (!p->out && n > max);
	return p->bad ? 0 : n;
}

void slo_pack_text(struct slo_pack *p, char *text, size_t size)
{
	uint32_t len = slo_pack_count(p, p->out ? (uint32_t)strlen(text) : 0, (uint32_t)size - 1);

	slo_pack_bytes(p, text, len);
	if (p->out)
		return;
	text[len] = '\0';
	p->bad = p->bad || strlen(text) != len;
}

bool slo_pack_bool(struct slo_pack *p, bool *v)
{
	uint8_t b = *v;

	SLO_PACK(p, b);
	p->bad = p->bad || b > 1;
	*v = b == 1;
	return *v;
}

void slo_pack_time(struct slo_pack *p, int64_t *t, int64_t unit_ns)
{
	const int64_t most = INT64_C(4102444800) * 1000000000 / unit_ns;

	SLO_PACK(p, *t);
	if (p->out || *t == SLO_PACK_NEVER)
		return;
	/* Rings begin a little before what they hold. */
	if (*t < -(INT64_C(1) << 20) || *t > most) {
		p->bad = true;
		*t = SLO_PACK_NEVER;
	}
}

void slo_pack_when(struct slo_pack *p, int64_t *t, int64_t unit_ns)
{
	slo_pack_time(p, t, unit_ns);
	if (p->out || *t != SLO_PACK_NEVER)
		return;
	p->bad = true;
	*t = 0;
}
