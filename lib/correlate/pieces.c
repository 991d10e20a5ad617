/* SPDX-License-Identifier: MIT */
#include "correlate/internal.h"

#include <string.h>

/* Join the two neighbours with the smallest gap between them. */
static void close_gap(struct pieces *p)
{
	uint32_t best = 1;

	for (uint32_t i = 2; i < p->count; i++)
		if (p->at[i].from - p->at[i - 1].to < p->at[best].from - p->at[best - 1].to)
			best = i;
	p->at[best - 1].to = p->at[best].to;
	memmove(&p->at[best], &p->at[best + 1], (p->count - best - 1) * sizeof(p->at[0]));
	p->count--;
}

/* Behind the last. Return: whether a gap had to be closed. */
static bool append(struct pieces *p, int64_t from, int64_t to)
{
	bool full = p->count == SPAN_PIECES;

	if (full)
		close_gap(p);
	p->at[p->count++] = (struct piece){ from, to };
	return full;
}

bool pieces_add(struct pieces *p, int64_t from, int64_t to)
{
	const struct pieces old = *p;
	bool closed = false;
	uint32_t i = 0;

	if (to <= from)
		return false;
	p->count = 0;
	for (; i < old.count && old.at[i].to < from; i++)
		closed |= append(p, old.at[i].from, old.at[i].to);
	for (; i < old.count && old.at[i].from <= to; i++) {
		from = old.at[i].from < from ? old.at[i].from : from;
		to = old.at[i].to > to ? old.at[i].to : to;
	}
	closed |= append(p, from, to);
	for (; i < old.count; i++)
		closed |= append(p, old.at[i].from, old.at[i].to);
	return closed;
}

int64_t pieces_ns(const struct pieces *p)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < p->count; i++)
		sum += p->at[i].to - p->at[i].from;
	return sum;
}
