/* SPDX-License-Identifier: MIT */
/* What the agent knows of itself, as text. */
#include "metrics.h"

#include "base/version.h"
#include "decode/kernel.h"
#include "metrics/write.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

int agent_source(const struct agent *a)
{
	const char *s = a->o->source;

	if (a->o->scenario[0] || strncmp(s, "synthetic:", 10) == 0)
		return SLO_SOURCE_SYNTHETIC;
	return strncmp(s, "replay:", 7) == 0 ? SLO_SOURCE_REPLAY : SLO_SOURCE_LIVE;
}

static void gauge(struct slo_prom *p, const char *name, const char *help, double value)
{
	slo_prom_family(p, name, SLO_PROM_GAUGE, help);
	slo_prom_sample(p, NULL, value);
}

static void counter(struct slo_prom *p, const char *name, const char *help, double value)
{
	slo_prom_family(p, name, SLO_PROM_COUNTER, help);
	slo_prom_sample(p, NULL, value);
}

static void labelled(struct slo_prom *p, const char *label, const char *value, double sample)
{
	const struct slo_prom_label l[] = { { label, slo_str(value) }, { .name = NULL } };

	slo_prom_sample(p, l, sample);
}

/* 1 for the name number @which (-1 = none), 0 for the others. */
static void one_hot(struct slo_prom *p, const char *label, const char *const *names, int n, int which)
{
	for (int i = 0; i < n; i++)
		labelled(p, label, names[i], i == which);
}

static void write_modes(const struct agent *a, struct slo_prom *p)
{
	static const char *const kinds[] = { "slo", "probe", "both" };
	static const char *const modes[] = { "auto", "core_full", "host", "min" };
	int kind = a->o->event_kind == AGENT_KIND_ALL ? AGENT_KIND_BOTH : a->o->event_kind;
	int mode = a->o->mode == AGENT_MODE_BCC ? AGENT_MODE_MIN : a->o->mode, source = agent_source(a);

	slo_prom_family(p, "llm_slo_agent_event_kind", SLO_PROM_GAUGE, "1 for what --event-kind selects.");
	one_hot(p, "kind", kinds, SLO_ARRAY_LEN(kinds), kind);
	slo_prom_family(p, "llm_slo_agent_capability_mode", SLO_PROM_GAUGE,
			"1 for --capability-mode; all 0 where nothing is measured live.");
	one_hot(p, "mode", modes, SLO_ARRAY_LEN(modes), source == SLO_SOURCE_LIVE ? mode : -1);
	slo_prom_family(
		p, "llm_slo_agent_source", SLO_PROM_GAUGE,
		"1 for where records come from: live, or replay and synthetic, of which nothing was measured here.");
	one_hot(p, "source", slo_source_enum.names, SLO_SOURCE_SYNTHETIC + 1, source);
}

static void write_records(const struct agent *a, const struct agent_report *r, struct slo_prom *p)
{
	const struct slo_writer_stats *w = slo_writer_stats(a->out);
	uint64_t drops[SLO_DROP__COUNT];

	memcpy(drops, r->drops, sizeof(drops));
	drops[SLO_DROP_QUEUE_FULL] = w->dropped[SLO_WRITE_EXEMPLAR] + w->dropped[SLO_WRITE_WINDOW];
	drops[SLO_DROP_EMIT] = a->encode_failed;
	slo_prom_family(p, "llm_slo_agent_dropped_events_total", SLO_PROM_COUNTER,
			"What was lost on the way from the kernel to the reader, by reason.");
	for (int i = 0; i < SLO_DROP__COUNT; i++)
		labelled(p, "reason", slo_drop_enum.names[i], (double)drops[i]);
	slo_prom_family(p, "llm_slo_agent_records_total", SLO_PROM_COUNTER, "Records handed to the output.");
	for (int i = 0; i < SLO_KIND__COUNT; i++)
		if (i <= SLO_KIND_WINDOW || i == SLO_KIND_STATS)
			labelled(p, "kind", slo_kind_enum.names[i], (double)a->emitted[i]);
	gauge(p, "llm_slo_agent_write_queue_lines", "Records that wait for a slow reader of the output.",
	      (double)w->pending);
}

static void write_live(const struct agent_report *r, struct slo_prom *p)
{
	const double rings[] = { r->packet_ring, r->bpf_ring };
	static const char *const names[] = { "packet", "bpf" };

	counter(p, "llm_slo_agent_windows_flushed_total", "Intervals whose windows were written.", (double)r->windows);
	gauge(p, "llm_slo_agent_shed_level", "Steps the overhead guard has shed.", r->shed_level);
	gauge(p, "llm_slo_agent_flow_shed_level", "One flow in 2^n is followed.", r->flow_level);
	slo_prom_family(
		p, "llm_slo_agent_ring_fill_ratio", SLO_PROM_GAUGE,
		"Share of the ring that waited to be read: packet at the end of the last window, bpf at most in it.");
	for (size_t i = 0; i < SLO_ARRAY_LEN(rings); i++)
		if (!isnan(rings[i]))
			labelled(p, "ring", names[i], rings[i]);
	slo_prom_family(p, "llm_slo_agent_bpf_run_seconds_total", SLO_PROM_COUNTER,
			"Estimated run time of the probe's programs: the kernel counts it one second in ten.");
	for (int i = 0; i < SLO_BPF__PROBES; i++)
		if (r->traced[i])
			labelled(p, "probe", slo_kernel_probes[i].name, r->run_s[i]);
}

void agent_metrics_write(const struct agent *a, const struct slo_metrics *series, const struct agent_report *r,
			 double cpu_pct, int64_t now_ns, struct slo_buf *out)
{
	struct slo_prom p = slo_prom_begin(out);

	gauge(&p, "llm_slo_agent_up", "Always 1.", 1);
	gauge(&p, "llm_slo_agent_heartbeat", "Unix time of the last window, in seconds.",
	      (double)(now_ns / 1000000) / 1e3);
	gauge(&p, "llm_slo_agent_cpu_overhead_pct",
	      "Percent of one core over the last interval: the agent, and its programs in the kernel.", cpu_pct);
	write_modes(a, &p);
	slo_prom_family(&p, "llm_slo_agent_signal_enabled", SLO_PROM_GAUGE,
			"1 for a signal that is wanted and not shed.");
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		labelled(&p, "signal", slo_signal_enum.names[i], r->enabled[i]);
	write_records(a, r, &p);
	counter(&p, "llm_slo_agent_unpublished_total",
		"Windows this page did not show at once: it was being read, or too large.", (double)r->unpublished);
	if (agent_source(a) == SLO_SOURCE_LIVE)
		write_live(r, &p);
	slo_metrics_write(series, &p);
}

static double resident_bytes(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return NAN;
	if (fscanf(f, "%*s %ld", &pages) != 1)
		pages = 0;
	fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	double n = -3; /* ".", ".." and the one that reads */

	if (!d)
		return NAN;
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

void agent_metrics_process(int64_t started_ns, struct slo_buf *out)
{
	struct slo_prom p = slo_prom_begin(out);
	const struct slo_prom_label version[] = { { "version", slo_str(slo_version()) }, { .name = NULL } };
	struct rusage u = { 0 };

	getrusage(RUSAGE_SELF, &u);
	slo_prom_family(&p, "llm_slo_agent_build_info", SLO_PROM_GAUGE, "The version that runs; always 1.");
	slo_prom_sample(&p, version, 1);
	counter(&p, "process_cpu_seconds_total", "User and system time of the process.",
		seconds(u.ru_utime) + seconds(u.ru_stime));
	gauge(&p, "process_resident_memory_bytes", "Memory in use, rings included.", resident_bytes());
	gauge(&p, "process_open_fds", "Open file descriptors.", open_fds());
	gauge(&p, "process_start_time_seconds", "Unix time of the start.", (double)(started_ns / 1000000) / 1e3);
}

void agent_metrics_signals(const struct agent *a, const struct slo_metrics *series, const struct agent_report *r,
			   struct slo_buf *out)
{
	slo_buf_addf(out, "source %s\n", slo_source_enum.names[agent_source(a)]);
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++) {
		const struct slo_metrics_signal s = slo_metrics_signal(series, i);

		slo_buf_addf(out, "%s ", slo_signal_enum.names[i]);
		if (!r->enabled[i])
			slo_buf_addf(out, "%s\n", a->enabled[i] ? "shed by the overhead guard" : "off");
		else if (s.state < 0)
			slo_buf_adds(out, "no window yet\n");
		else if (s.state == SLO_STATE_NOT_CAPTURED)
			slo_buf_addf(out, "not captured: %s\n", s.why);
		else
			slo_buf_addf(out, "captured by %s\n", s.provider);
	}
}
