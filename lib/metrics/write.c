/* SPDX-License-Identifier: MIT */
#include "metrics/write.h"

#include "event/tables.h"
#include "metrics/internal.h"

/* Signals that are no latency: a family each, of the sum of what was observed, times @scale. */
static const struct {
	int signal;
	enum slo_prom_type type;
	double scale;
	const char *family, *help;
} sums[] = {
	{ SLO_SIGNAL_TCP_RETRANSMITS, SLO_PROM_COUNTER, 1, "llm_slo_tcp_retransmits_total",
	  "TCP segments sent again." },
	{ SLO_SIGNAL_CONNECT_ERRORS, SLO_PROM_COUNTER, 1, "llm_slo_connect_errors_total",
	  "TCP connections that could not be made." },
	{ SLO_SIGNAL_TLS_FAILS, SLO_PROM_COUNTER, 1, "llm_slo_tls_handshake_fail_total",
	  "TLS handshakes that failed." },
	{ SLO_SIGNAL_CFS_THROTTLED, SLO_PROM_COUNTER, 1e-3, "llm_slo_cfs_throttled_seconds_total",
	  "Time the service's cgroup was held back by its CPU quota." },
	{ SLO_SIGNAL_CPU_STEAL, SLO_PROM_GAUGE, 1e-2, "llm_slo_cpu_steal_ratio",
	  "Share of the last window in which the hypervisor ran somebody else." },
};

struct metrics_labels metrics_labels_of(const struct metrics_owner *o)
{
	return (struct metrics_labels){ {
		{ "service", slo_str(o->service) },
		{ "namespace", slo_str(o->namespace) },
		{ "source", slo_str(slo_source_enum.names[o->source]) },
	} };
}

void metrics_set(struct metrics_labels *to, int more, const char *name, const char *value)
{
	to->l[METRICS_OWNER_LABELS + more] = (struct slo_prom_label){ name, slo_str(value) };
}

const struct metrics_owner *metrics_next_owner(const struct slo_metrics *m, int *at)
{
	while (*at <= SLO_METRICS_OWNERS)
		if (m->owners[(*at)++])
			return m->owners[*at - 1];
	return NULL;
}

static bool stale(const struct slo_metrics *m, int64_t told_ns)
{
	return m->newest_ns - told_ns > METRICS_STALE_S * INT64_C(1000000000);
}

void metrics_write_hist(struct slo_prom *p, const struct metrics_labels *l, const struct metrics_hist *h,
			const struct metrics_bounds *b, double per_unit)
{
	double at[METRICS_BUCKETS];

	for (int i = 0; i < b->n; i++)
		at[i] = b->at[i] / per_unit;
	slo_prom_histogram(p, l->l, at, h->cumulative, b->n, h->sum / per_unit, h->count);
}

static void write_latencies(const struct slo_metrics *m, struct slo_prom *p)
{
	const struct metrics_owner *o;
	int at = 0;

	slo_prom_family(p, "llm_slo_signal_latency_seconds", SLO_PROM_HISTOGRAM,
			"Kernel signals that are durations, all observations; signal names as in records.");
	while ((o = metrics_next_owner(m, &at))) {
		struct metrics_labels l = metrics_labels_of(o);

		for (int i = 0; i < SLO_SIGNAL__COUNT * SLO_ROLE__COUNT; i++) {
			int signal = i / SLO_ROLE__COUNT, role = i % SLO_ROLE__COUNT;
			const struct metrics_cell *c = &o->cells[signal][role];

			if (!c->seen || slo_signal_info[signal].scalar != SLO_SCALAR_LATENCY)
				continue;
			metrics_set(&l, 0, "signal", slo_signal_enum.names[signal]);
			metrics_set(&l, 1, "role", slo_role_enum.names[role]);
			metrics_write_hist(p, &l, &c->h, &metrics_latency_ms, 1e3);
		}
	}
}

static void write_sum(const struct slo_metrics *m, struct slo_prom *p, size_t row)
{
	const struct metrics_owner *o;
	int at = 0;

	slo_prom_family(p, sums[row].family, sums[row].type, sums[row].help);
	while ((o = metrics_next_owner(m, &at))) {
		struct metrics_labels l = metrics_labels_of(o);

		for (int role = 0; role < SLO_ROLE__COUNT; role++) {
			const struct metrics_cell *c = &o->cells[sums[row].signal][role];
			bool gauge = sums[row].type == SLO_PROM_GAUGE;

			if (!c->seen || (gauge && (c->h.count == 0 || stale(m, c->last_ns))))
				continue;
			metrics_set(&l, 0, "role", slo_role_enum.names[role]);
			slo_prom_sample(p, l.l, (gauge ? c->last : c->h.sum) * sums[row].scale);
		}
	}
}

static bool told(const struct slo_metrics *m, const struct metrics_owner *o, int signal)
{
	return o->signals[signal].state >= 0 && !stale(m, o->told_ns[signal]);
}

static void write_states(const struct slo_metrics *m, struct slo_prom *p)
{
	const struct metrics_owner *o;
	int at = 0;

	slo_prom_family(p, "llm_slo_signal_state", SLO_PROM_GAUGE,
			"1 for what the last window knew of the signal: value, zero (watched, and nothing happened) or "
			"not_captured.");
	while ((o = metrics_next_owner(m, &at))) {
		struct metrics_labels l = metrics_labels_of(o);

		for (int i = 0; i < SLO_SIGNAL__COUNT * SLO_STATE__COUNT; i++) {
			int signal = i / SLO_STATE__COUNT, state = i % SLO_STATE__COUNT;

			if (!told(m, o, signal))
				continue;
			metrics_set(&l, 0, "signal", slo_signal_enum.names[signal]);
			metrics_set(&l, 1, "state", slo_state_enum.names[state]);
			slo_prom_sample(p, l.l, o->signals[signal].state == state);
		}
	}
}

static void write_providers(const struct slo_metrics *m, struct slo_prom *p)
{
	const struct metrics_owner *o;
	int at = 0;

	slo_prom_family(p, "llm_slo_signal_provider_info", SLO_PROM_GAUGE, "Who measures the signal now; always 1.");
	while ((o = metrics_next_owner(m, &at))) {
		struct metrics_labels l = metrics_labels_of(o);

		for (int i = 0; i < SLO_SIGNAL__COUNT; i++) {
			if (!told(m, o, i) || !o->signals[i].provider[0])
				continue;
			metrics_set(&l, 0, "signal", slo_signal_enum.names[i]);
			metrics_set(&l, 1, "provider", o->signals[i].provider);
			slo_prom_sample(p, l.l, 1);
		}
	}
}

/* llm_ebpf_*: the published names, labels and bounds. */
static void write_published(const struct slo_metrics *m, struct slo_prom *p)
{
	slo_prom_family(
		p, "llm_ebpf_probe_events_total", SLO_PROM_COUNTER,
		"Kernel observations by the thresholds they exceed; of signals without a histogram, by their mean.");
	for (int i = 0; i < SLO_SIGNAL__COUNT * SLO_PROBE_STATUS__COUNT; i++) {
		int signal = i / SLO_PROBE_STATUS__COUNT, status = i % SLO_PROBE_STATUS__COUNT;
		const struct slo_prom_label l[] = {
			{ "signal", slo_str(slo_signal_enum.names[signal]) },
			{ "status", slo_str(slo_probe_status_enum.names[status]) },
			{ .name = NULL },
		};

		if (slo_metrics_signal(m, signal).state >= 0)
			slo_prom_sample(p, l, (double)m->events[signal][status]);
	}
	if (!m->o.dns)
		return;
	slo_prom_family(p, "llm_ebpf_dns_latency_ms", SLO_PROM_HISTOGRAM,
			"DNS queries until their answer, in milliseconds.");
	for (int i = 0; i <= SLO_METRICS_PODS; i++) {
		const struct metrics_pod *d = &m->pods[i];
		const struct slo_prom_label l[] = { { "node", slo_str(d->node) },
						    { "pod", slo_str(d->pod) },
						    { "namespace", slo_str(d->namespace) },
						    { .name = NULL } };

		if (i < m->pods_count || (i == SLO_METRICS_PODS && m->pods_over))
			slo_prom_histogram(p, l, metrics_dns_ms.at, d->h.cumulative, metrics_dns_ms.n, d->h.sum,
					   d->h.count);
	}
}

void slo_metrics_write(const struct slo_metrics *m, struct slo_prom *p)
{
	write_latencies(m, p);
	for (size_t i = 0; i < SLO_ARRAY_LEN(sums); i++)
		write_sum(m, p, i);
	write_states(m, p);
	write_providers(m, p);
	metrics_write_slis(m, p);
	if (m->o.source == SLO_SOURCE_LIVE)
		write_published(m, p);
	slo_prom_family(
		p, "llm_slo_agent_folded_series_total", SLO_PROM_COUNTER,
		"Observations and requests counted under the label value other, for want of a series of their own.");
	slo_prom_sample(p, NULL, (double)m->folded);
}
