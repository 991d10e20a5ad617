/* SPDX-License-Identifier: MIT */
/* Records out: the filter of --event-kind, encoding, and the agent's own counters. */
#include "metrics.h"

#include "base/log.h"

/* Exemplars may be dropped for a slow reader before anything else is. */
static enum slo_write_class class_of(int kind)
{
	return kind == SLO_KIND_SLO || kind == SLO_KIND_PROBE ? SLO_WRITE_EXEMPLAR : SLO_WRITE_WINDOW;
}

static bool wanted(const struct agent *a, int kind)
{
	int want = a->o->event_kind;

	if (kind == SLO_KIND_SLO || kind == SLO_KIND_SLI_WINDOW)
		return want != AGENT_KIND_PROBE;
	if (kind == SLO_KIND_PROBE || kind == SLO_KIND_WINDOW)
		return want != AGENT_KIND_SLO;
	return true;
}

void agent_emit(struct agent *a, const struct slo_event *ev)
{
	int r;

	agent_metrics_note(a, ev); /* measured is measured, whatever --event-kind leaves out */
	if (!wanted(a, ev->kind) || a->write_error)
		return;
	slo_buf_reset(&a->line);
	if (slo_event_encode(ev, &a->line)) {
		a->encode_failed++;
		return;
	}
	r = slo_writer_line(a->out, slo_buf_str(&a->line), class_of(ev->kind));
	if (r)
		a->write_error = r;
	else
		a->emitted[ev->kind]++;
}

static void add(struct slo_stats *s, const char *key, double value)
{
	if (s->counters_count < SLO_MAX_COUNTERS)
		s->counters[s->counters_count++] = (struct slo_num_pair){ slo_str(key), value };
}

static const struct {
	int kind;
	const char *key;
} emitted_keys[] = {
	{ SLO_KIND_SLO, "emitted_slo" },       { SLO_KIND_SLI_WINDOW, "emitted_sli_window" },
	{ SLO_KIND_PROBE, "emitted_probe" },   { SLO_KIND_WINDOW, "emitted_window" },
};

void agent_emit_stats(struct agent *a, const struct slo_num_pair *pairs, uint32_t n, int64_t now_ns, bool final)
{
	const struct slo_writer_stats *w = slo_writer_stats(a->out);
	struct slo_event ev = { .kind = SLO_KIND_STATS };
	struct slo_stats *s = &ev.stats;

	s->timestamp = now_ns;
	s->tool = slo_str("agent");
	s->node = slo_str(a->o->node);
	s->start_ns = a->started_ns;
	s->final = final;
	for (size_t i = 0; i < SLO_ARRAY_LEN(emitted_keys); i++)
		add(s, emitted_keys[i].key, (double)a->emitted[emitted_keys[i].kind]);
	add(s, "drop_queue_full", (double)(w->dropped[SLO_WRITE_EXEMPLAR] + w->dropped[SLO_WRITE_WINDOW]));
	add(s, "drop_emit", (double)a->encode_failed);
	for (uint32_t i = 0; i < n && s->counters_count < SLO_MAX_COUNTERS; i++)
		s->counters[s->counters_count++] = pairs[i];
	agent_emit(a, &ev);
}
