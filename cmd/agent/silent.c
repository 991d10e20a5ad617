/* SPDX-License-Identifier: MIT */
/*
 * A probe that is attached but sees nothing must not look like one that has nothing to see. Every few seconds what each
 * saw is compared with what the kernel, or for DNS and TLS the packet source, counted of
 * the same. The ratio goes into the windows; a silent probe's place is taken by packets or procfs where they can.
 */
#include "live.h"

#include "base/log.h"
#include "base/time.h"
#include "decode/kernel.h"

#include <math.h>
#include <stdio.h>

enum { LOOK_S = 5 };

/* The signal whose probe measures @signal: failures go with what did not fail. */
static int main_signal(int signal)
{
	for (int i = 0; i < SLO_BPF__PROBES; i++)
		if (slo_kernel_probes[i].errors == signal)
			return slo_kernel_probes[i].signal;
	return signal;
}

static bool by_packets(int signal)
{
	return signal == SLO_SIGNAL_DNS_LATENCY || signal == SLO_SIGNAL_TLS_HANDSHAKE;
}

static const char *counter_of(int signal)
{
	return by_packets(signal) ? "packets" : slo_witness_name(signal);
}

/* Somebody else can measure what a silent probe does not. */
static bool has_other(const struct live *l, int signal)
{
	return slo_ladder_by_packet(signal) ? l->packet != NULL : slo_host_covers(signal);
}

bool live_silent(const struct live *l, int signal)
{
	return l->silent.silent[main_signal(signal)];
}

const char *live_silent_why(const struct live *l, int signal)
{
	return l->silent.why[main_signal(signal)];
}

static bool replaced(const struct live *l, int signal)
{
	return live_silent(l, signal) && has_other(l, signal);
}

static void take_summary(void *arg, const struct slo_obs_summary *s)
{
	struct live *l = arg;

	/* Throttling is compared by time: the kernel counts periods, the probe CPUs. */
	l->silent.told[s->service + 1][s->signal] += s->signal == SLO_SIGNAL_CFS_THROTTLED ? s->sum : (double)s->count;
	if (!replaced(l, s->signal))
		l->sink.summary(l->sink.arg, s);
}

static void take_exemplar(void *arg, const struct slo_obs *o)
{
	struct live *l = arg;

	if (!replaced(l, o->signal))
		l->sink.exemplar(l->sink.arg, o);
}

static void take_obs(void *arg, const struct slo_obs *o)
{
	struct live *l = arg;

	l->silent.told[o->service + 1][o->signal] += (double)o->times;
	if (!replaced(l, o->signal))
		l->sink.obs(l->sink.arg, o);
}

struct slo_obs_sink live_silent_sink(struct live *l)
{
	return (struct slo_obs_sink){ .arg = l, .obs = take_obs, .summary = take_summary, .exemplar = take_exemplar };
}

bool live_silent_packet(struct live *l, const struct slo_obs *o)
{
	if (by_packets(o->signal))
		l->silent.packets[o->service + 1][o->signal] += (double)o->times;
	return live_silent(l, o->signal);
}

void live_silent_open(struct live *l)
{
	struct slo_err err = { 0 };

	for (int s = 0; s <= SLO_TARGET_SERVICES; s++)
		for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
			slo_silent_init(&l->silent.cells[s][i]);
	if (l->bpf && slo_witness_new(&l->silent.witness, l->target, NULL, &err))
		slo_warn("probes cannot be compared with the kernel's counters: %s", err.what);
}

static double seen_of(const struct live *l, int cell, int signal)
{
	if (slo_witness_of_machine(signal))
		return (double)slo_bpf_looked(l->bpf, signal);
	return l->silent.told[cell][signal] +
	       (signal == SLO_SIGNAL_SYSCALL_LATENCY ? (double)slo_bpf_waits(l->bpf, cell - 1) : 0);
}

static double counted_of(struct live *l, const struct slo_witness_counts *counts, int cell, int signal)
{
	double before = l->silent.packets_before[cell][signal];

	if (!by_packets(signal))
		return counts->of[cell][signal];
	l->silent.packets_before[cell][signal] = l->silent.packets[cell][signal];
	return l->packet ? l->silent.packets[cell][signal] - before : NAN;
}

static void fell(struct live *l, const struct slo_silent *c, int cell, int signal)
{
	const char *name = slo_enum_name(&slo_signal_enum, signal), *counter = counter_of(signal);
	const char *other = slo_ladder_by_packet(signal) ? "packets" : "procfs and cgroups";

	l->silent.trips++;
	snprintf(l->silent.why[signal], sizeof(l->silent.why[signal]), "silent: %.0f seen, %.0f counted by %s",
		 c->bad_seen, c->bad_counted, counter);
	slo_warn("%s: attached but silent: %.0f seen, %.0f counted by %s%s%s; %s%s", name, c->bad_seen, c->bad_counted,
		 counter, cell ? " for " : "", cell ? l->watch[cell - 1].service : "",
		 has_other(l, signal) ? "measured from " : "not captured", has_other(l, signal) ? other : "");
}

static void look_at(struct live *l, const struct slo_witness_counts *counts, int cell, int signal, bool ready)
{
	struct slo_silent *c = &l->silent.cells[cell][signal];
	double seen = seen_of(l, cell, signal), more = seen - l->silent.seen_before[cell][signal];
	double counted = counted_of(l, counts, cell, signal);

	l->silent.seen_before[cell][signal] = seen;
	if (!ready || isnan(counted))
		return;
	switch (slo_silent_look(c, more, counted)) {
	case SLO_SILENT_FELL:
		fell(l, c, cell, signal);
		break;
	case SLO_SILENT_RECOVERED:
		slo_info("%s: its probe sees again", slo_enum_name(&slo_signal_enum, signal));
		break;
	default:
		break;
	}
}

/* Cells of a signal: the machine's or nobody's alone, or the services'. */
static int first_cell(const struct live *l, int signal)
{
	return slo_witness_of_machine(signal) || !l->services_count ? 0 : 1;
}

static int last_cell(const struct live *l, int signal)
{
	return first_cell(l, signal) ? (int)l->services_count : 0;
}

static void tell_coverage(struct live *l, const struct slo_witness_counts *counts, int signal)
{
	int from = main_signal(signal);
	bool unknown = replaced(l, signal) || counts->at_most[from];

	for (int cell = first_cell(l, from); cell <= last_cell(l, from); cell++)
		slo_agg_coverage(l->agg, cell ? cell - 1 : SLO_SERVICE_ALL, signal,
				 unknown ? NAN : l->silent.cells[cell][from].ratio);
}

static void judge(struct live *l, const struct slo_witness_counts *counts, int signal)
{
	struct live_silent *s = &l->silent;
	bool at_work = slo_bpf_attached(l->bpf, signal), silent = false;

	for (int cell = first_cell(l, signal); cell <= last_cell(l, signal); cell++) {
		if (!at_work)
			slo_silent_pause(&s->cells[cell][signal]);
		look_at(l, counts, cell, signal, at_work && s->at_work[signal]);
		silent |= s->cells[cell][signal].silent;
	}
	s->at_work[signal] = at_work;
	s->silent[signal] = silent;
}

void live_silent_look(struct live *l, int64_t wall_ns, int64_t mono_ns)
{
	static struct slo_witness_counts counts;
	uint64_t netns[SLO_WITNESS_NETNS];
	bool want[SLO_SIGNAL__COUNT];

	if (!l->silent.witness || mono_ns < l->silent.next_mono)
		return;
	l->silent.next_mono = mono_ns + LOOK_S * SLO_NS_PER_S;
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		want[s] = slo_bpf_attached(l->bpf, s);
	slo_witness_look(l->silent.witness, want, wall_ns, mono_ns, &counts);
	slo_bpf_netns(l->bpf, netns, slo_witness_netns(l->silent.witness, netns));
	for (int i = 0; i < SLO_BPF__PROBES; i++)
		judge(l, &counts, slo_kernel_probes[i].signal);
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		tell_coverage(l, &counts, s);
	live_enable_host(l);
}
