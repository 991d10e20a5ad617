/* SPDX-License-Identifier: MIT */
#include "gen/replay.h"

enum { TIMES = 2 };

/* The times of a record, the one it became known at first. Return: how many. */
static size_t times_of(struct slo_event *ev, int64_t *at[TIMES])
{
	switch (ev->kind) {
	case SLO_KIND_SLO:
		at[0] = &ev->slo.timestamp;
		return 1;
	case SLO_KIND_PROBE:
		at[0] = &ev->probe.ts_unix_nano;
		return 1;
	case SLO_KIND_WINDOW:
		at[0] = &ev->window.end_ns;
		at[1] = &ev->window.start_ns;
		return TIMES;
	case SLO_KIND_SLI_WINDOW:
		at[0] = &ev->sli_window.end_ns;
		at[1] = &ev->sli_window.start_ns;
		return TIMES;
	case SLO_KIND_SPAN:
		at[0] = &ev->span.end_ns;
		at[1] = &ev->span.start_ns;
		return TIMES;
	case SLO_KIND_STATS:
		at[0] = &ev->stats.timestamp;
		at[1] = &ev->stats.start_ns;
		return TIMES;
	case SLO_KIND_FAULT_LABEL:
		at[0] = &ev->fault_label.start_ns;
		at[1] = &ev->fault_label.end_ns;
		return TIMES;
	default:
		return 0;
	}
}

int64_t slo_replay_moment(const struct slo_event *ev)
{
	int64_t *at[TIMES];

	/* Only looked at. */
	return times_of((struct slo_event *)(uintptr_t)ev, at) ? *at[0] : 0;
}

bool slo_replay_shift(struct slo_event *ev, int64_t by_ns)
{
	int64_t *at[TIMES], moved[TIMES];
	size_t n = times_of(ev, at);

	for (size_t i = 0; i < n; i++)
		if (*at[i] != SLO_ABSENT_I64 && (__builtin_add_overflow(*at[i], by_ns, &moved[i]) || moved[i] < 0))
			return false;
	for (size_t i = 0; i < n; i++)
		if (*at[i] != SLO_ABSENT_I64)
			*at[i] = moved[i];
	return n > 0;
}

static void mark_labels(struct slo_sli_event *e)
{
	for (uint32_t i = 0; i < e->labels_count; i++)
		if (slo_str_is(e->labels[i].key, "source")) {
			if (!slo_str_is(e->labels[i].value, "synthetic"))
				e->labels[i].value = slo_str("replay");
			return;
		}
	if (e->labels_count < SLO_MAX_LABELS)
		e->labels[e->labels_count++] = (struct slo_pair){ slo_str("source"), slo_str("replay") };
}

void slo_replay_mark(struct slo_event *ev)
{
	int *source = ev->kind == SLO_KIND_PROBE        ? &ev->probe.source
		      : ev->kind == SLO_KIND_WINDOW     ? &ev->window.source
		      : ev->kind == SLO_KIND_SLI_WINDOW ? &ev->sli_window.source
							: NULL;

	if (ev->kind == SLO_KIND_SLO)
		mark_labels(&ev->slo);
	else if (source && *source != SLO_SOURCE_SYNTHETIC)
		*source = SLO_SOURCE_REPLAY;
}
