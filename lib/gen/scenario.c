/* SPDX-License-Identifier: MIT */
#include "gen/scenario.h"
#include "event/tables.h"

#include <stdio.h>
#include <string.h>

enum { SLIS = 4 };

static const int mixed_cycle[] = {
	SLO_FAULT_PROVIDER_THROTTLE, SLO_FAULT_DNS_LATENCY, SLO_FAULT_CPU_THROTTLE, SLO_FAULT_MEMORY_PRESSURE,
	SLO_FAULT_NETWORK_PARTITION,
};

static const int multi_cycle[][2] = {
	{ SLO_FAULT_PROVIDER_THROTTLE, SLO_FAULT_DNS_LATENCY },
	{ SLO_FAULT_CPU_THROTTLE, SLO_FAULT_MEMORY_PRESSURE },
	{ SLO_FAULT_NETWORK_PARTITION, SLO_FAULT_DNS_LATENCY },
	{ SLO_FAULT_PROVIDER_THROTTLE, SLO_FAULT_NETWORK_PARTITION },
};

/* Contract 7.1; the fault whose row it is names the scenario. */
static const struct {
	int fault;
	double sli[SLIS]; /* ttft_ms, request_latency_ms, token_throughput_tps, error_rate */
} scenarios[SLO_SCENARIOS] = {
	{ SLO_FAULT_BASELINE, { 340, 720, 36, 0.005 } },
	{ SLO_FAULT_PROVIDER_THROTTLE, { 980, 2100, 7, 0.14 } },
	{ SLO_FAULT_DNS_LATENCY, { 820, 1600, 18, 0.03 } },
	{ SLO_FAULT_CPU_THROTTLE, { 700, 1350, 11, 0.05 } },
	{ SLO_FAULT_MEMORY_PRESSURE, { 650, 1250, 13, 0.04 } },
	{ SLO_FAULT_NETWORK_PARTITION, { 1200, 3500, 3, 0.25 } },
	{ SLO_FAULT_MIXED, { 0 } }, /* the row of the fault whose turn it is */
	{ SLO_FAULT_MIXED_MULTI, { 1450, 4200, 2, 0.31 } },
};

/* Contract 7.2: where a fault has no value of its own it has the baseline's. */
static const double baseline[SLO_SIGNAL__COUNT] = {
	[SLO_SIGNAL_DNS_LATENCY] = 12, [SLO_SIGNAL_TCP_RETRANSMITS] = 0.2, [SLO_SIGNAL_RUNQUEUE_DELAY] = 4,
	[SLO_SIGNAL_CONNECT_LATENCY] = 18, [SLO_SIGNAL_CONNECT_ERRORS] = 0, [SLO_SIGNAL_TLS_HANDSHAKE] = 22,
	[SLO_SIGNAL_TLS_FAILS] = 0, [SLO_SIGNAL_CPU_STEAL] = 0.6, [SLO_SIGNAL_CFS_THROTTLED] = 5,
	[SLO_SIGNAL_MEM_RECLAIM] = 0.5, [SLO_SIGNAL_DISK_IO] = 2, [SLO_SIGNAL_SYSCALL_LATENCY] = 5,
};

static const struct {
	int fault, signal;
	double value;
	int err; /* positive errno */
} profile[] = {
	{ SLO_FAULT_DNS_LATENCY, SLO_SIGNAL_DNS_LATENCY, 220, 0 },
	{ SLO_FAULT_DNS_LATENCY, SLO_SIGNAL_CONNECT_LATENCY, 130, 0 },
	{ SLO_FAULT_CPU_THROTTLE, SLO_SIGNAL_RUNQUEUE_DELAY, 28, 0 },
	{ SLO_FAULT_CPU_THROTTLE, SLO_SIGNAL_CPU_STEAL, 9, 0 },
	{ SLO_FAULT_CPU_THROTTLE, SLO_SIGNAL_CFS_THROTTLED, 170, 0 },
	{ SLO_FAULT_MEMORY_PRESSURE, SLO_SIGNAL_RUNQUEUE_DELAY, 14, 0 },
	{ SLO_FAULT_MEMORY_PRESSURE, SLO_SIGNAL_CFS_THROTTLED, 90, 0 },
	{ SLO_FAULT_MEMORY_PRESSURE, SLO_SIGNAL_MEM_RECLAIM, 25, 0 },
	{ SLO_FAULT_MEMORY_PRESSURE, SLO_SIGNAL_DISK_IO, 60, 0 },
	{ SLO_FAULT_PROVIDER_THROTTLE, SLO_SIGNAL_CONNECT_LATENCY, 45, 0 },
	{ SLO_FAULT_PROVIDER_THROTTLE, SLO_SIGNAL_CONNECT_ERRORS, 1, 110 },
	{ SLO_FAULT_PROVIDER_THROTTLE, SLO_SIGNAL_TLS_HANDSHAKE, 55, 0 },
	{ SLO_FAULT_PROVIDER_THROTTLE, SLO_SIGNAL_SYSCALL_LATENCY, 250, 0 },
	{ SLO_FAULT_NETWORK_PARTITION, SLO_SIGNAL_DNS_LATENCY, 180, 0 },
	{ SLO_FAULT_NETWORK_PARTITION, SLO_SIGNAL_TCP_RETRANSMITS, 12, 0 },
	{ SLO_FAULT_NETWORK_PARTITION, SLO_SIGNAL_CONNECT_LATENCY, 350, 0 },
	{ SLO_FAULT_NETWORK_PARTITION, SLO_SIGNAL_CONNECT_ERRORS, 3, 113 },
	{ SLO_FAULT_NETWORK_PARTITION, SLO_SIGNAL_TLS_FAILS, 2, 0 },
};

/* Contract 5: the order probes are emitted in, and which of them carry a connection. */
static const struct {
	int signal;
	bool tuple;
} order[] = {
	{ SLO_SIGNAL_DNS_LATENCY, true },      { SLO_SIGNAL_TCP_RETRANSMITS, true },
	{ SLO_SIGNAL_RUNQUEUE_DELAY, false },  { SLO_SIGNAL_CONNECT_LATENCY, true },
	{ SLO_SIGNAL_CONNECT_ERRORS, true },   { SLO_SIGNAL_TLS_HANDSHAKE, true },
	{ SLO_SIGNAL_TLS_FAILS, true },        { SLO_SIGNAL_CPU_STEAL, false },
	{ SLO_SIGNAL_CFS_THROTTLED, false },   { SLO_SIGNAL_MEM_RECLAIM, false },
	{ SLO_SIGNAL_DISK_IO, false },         { SLO_SIGNAL_SYSCALL_LATENCY, false },
};

static const char provider[] = "synthetic";

const char *slo_scenario_name(int scenario)
{
	return scenario >= 0 && scenario < SLO_SCENARIOS ? slo_fault_enum.names[scenarios[scenario].fault] : NULL;
}

int slo_scenario_find(struct slo_str name)
{
	for (int i = 0; i < SLO_SCENARIOS; i++)
		if (slo_str_is(name, slo_scenario_name(i)))
			return i;
	return -1;
}

int slo_scenario_fault(int scenario, uint64_t index, int *second)
{
	int fault = scenarios[scenario].fault, other = -1;

	if (fault == SLO_FAULT_MIXED) {
		fault = mixed_cycle[index % SLO_ARRAY_LEN(mixed_cycle)];
	} else if (fault == SLO_FAULT_MIXED_MULTI) {
		const int *pair = multi_cycle[index % SLO_ARRAY_LEN(multi_cycle)];

		fault = pair[0];
		other = pair[1];
	}
	if (second)
		*second = other;
	return fault;
}

static double of_fault(int signal, int fault, int *err)
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(profile); i++) {
		if (profile[i].fault != fault || profile[i].signal != signal)
			continue;
		*err = profile[i].err;
		return profile[i].value;
	}
	*err = 0;
	return baseline[signal];
}

static double of_faults(int signal, int fault, int second, int *err)
{
	int other_err;
	double value = of_fault(signal, fault, err), other;

	if (second < 0)
		return value;
	other = of_fault(signal, second, &other_err);
	if (other <= value)
		return value;
	*err = other_err;
	return other;
}

double slo_scenario_signal(int signal, int fault, int second)
{
	int err;

	return of_faults(signal, fault, second, &err);
}

static const double *slis_of(int scenario, uint64_t index)
{
	int fault = scenarios[scenario].fault;

	if (fault == SLO_FAULT_MIXED)
		fault = slo_scenario_fault(scenario, index, NULL);
	for (int i = 0; i < SLO_SCENARIOS; i++)
		if (scenarios[i].fault == fault)
			return scenarios[i].sli;
	return scenarios[0].sli;
}

/* What the events of this group call their fault: both at once have a label of their own. */
static struct slo_str label_of(int scenario, uint64_t index)
{
	int fault = scenarios[scenario].fault;

	if (fault == SLO_FAULT_MIXED)
		fault = slo_scenario_fault(scenario, index, NULL);
	return slo_str(slo_fault_enum.names[fault]);
}

void slo_scenario_slo(int scenario, uint64_t index, const struct slo_scenario_labels *l, int64_t wall_ns,
		      slo_scenario_emit_fn *emit, void *arg)
{
	const double *v = slis_of(scenario, index);
	char request_id[48], trace_id[48], event_id[80];

	snprintf(request_id, sizeof(request_id), "collector-req-%04llu", (unsigned long long)index + 1);
	snprintf(trace_id, sizeof(trace_id), "collector-trace-%04llu", (unsigned long long)index + 1);
	for (int i = 0; i < SLIS; i++) {
		struct slo_event ev;
		struct slo_sli_event *e = &ev.slo;

		ev.kind = SLO_KIND_SLO;
		slo_rec_clear(slo_event_rec[SLO_KIND_SLO], e);
		snprintf(event_id, sizeof(event_id), "%s-%s", request_id, slo_sli_enum.names[i]);
		e->event_id = slo_str(event_id);
		e->timestamp = wall_ns;
		e->cluster = l->cluster;
		e->namespace = l->namespace;
		e->workload = l->workload;
		e->service = l->service;
		e->request_id = slo_str(request_id);
		e->trace_id = slo_str(trace_id);
		e->sli_name = i;
		e->sli_value = v[i];
		e->unit = slo_str(slo_sli_info[i].unit);
		e->status = slo_sli_status(i, v[i]);
		e->labels[e->labels_count++] = (struct slo_pair){ slo_str("source"), slo_str("synthetic") };
		if (l->node.len)
			e->labels[e->labels_count++] = (struct slo_pair){ slo_str("node"), l->node };
		e->labels[e->labels_count++] = (struct slo_pair){ slo_str("fault_label"), label_of(scenario, index) };
		emit(arg, &ev);
	}
}

void slo_scenario_probes(int scenario, uint64_t index, const struct slo_scenario_labels *l, int64_t wall_ns,
			 const bool wanted[SLO_SIGNAL__COUNT], slo_scenario_emit_fn *emit, void *arg)
{
	int second, fault = slo_scenario_fault(scenario, index, &second), err;
	struct slo_str label = label_of(scenario, index);

	for (size_t i = 0; i < SLO_ARRAY_LEN(order); i++) {
		int signal = order[i].signal;
		struct slo_event ev;
		struct slo_probe_event *p = &ev.probe;

		if (wanted && !wanted[signal])
			continue;
		ev.kind = SLO_KIND_PROBE;
		slo_rec_clear(slo_event_rec[SLO_KIND_PROBE], p);
		p->ts_unix_nano = wall_ns;
		p->signal = signal;
		p->node = l->node;
		p->namespace = l->namespace;
		p->pod = l->pod;
		p->container = l->container;
		p->pid = p->tid = 0;
		p->value = of_faults(signal, fault, second, &err);
		p->unit = slo_str(slo_signal_info[signal].unit);
		p->status = slo_probe_status(signal, p->value);
		if (err)
			p->errno_ = err;
		p->service = l->service;
		p->provider = slo_str(provider);
		p->detail = label;
		p->source = SLO_SOURCE_SYNTHETIC;
		p->has_conn_tuple = order[i].tuple;
		if (order[i].tuple)
			p->conn_tuple = (struct slo_conn_tuple){ slo_str("10.244.0.10"), slo_str("10.244.0.53"), 42424,
								 443, slo_str("tcp") };
		emit(arg, &ev);
	}
}

static void fill_window(struct slo_window *w, int signal, double value)
{
	w->state = value > 0 ? SLO_STATE_VALUE : SLO_STATE_ZERO;
	w->count = value > 0;
	if (value <= 0)
		return;
	w->sum = w->min = w->max = value;
	if (slo_signal_info[signal].scalar != SLO_SCALAR_LATENCY)
		return;
	w->has_hist = true;
	slo_hist_init(&w->hist);
	slo_hist_add(&w->hist, value, 1);
	w->p50 = w->p95 = w->p99 = value;
}

void slo_scenario_windows(int scenario, uint64_t index, const struct slo_scenario_labels *l, int64_t start_ns,
			  int64_t end_ns, const bool wanted[SLO_SIGNAL__COUNT], slo_scenario_emit_fn *emit, void *arg)
{
	int second, fault = slo_scenario_fault(scenario, index, &second);

	for (int signal = 0; signal < SLO_SIGNAL__COUNT; signal++) {
		struct slo_event ev;
		struct slo_window *w = &ev.window;

		if (wanted && !wanted[signal])
			continue;
		ev.kind = SLO_KIND_WINDOW;
		slo_rec_clear(slo_event_rec[SLO_KIND_WINDOW], w);
		w->start_ns = start_ns;
		w->end_ns = end_ns;
		w->cluster = l->cluster;
		w->node = l->node;
		w->namespace = l->namespace;
		w->pod = l->pod;
		w->container = l->container;
		w->service = l->service;
		w->signal = signal;
		w->role = signal == SLO_SIGNAL_DNS_LATENCY ? SLO_ROLE_RESOLVER : SLO_ROLE_OTHER;
		w->provider = slo_str(provider);
		w->unit = slo_str(slo_signal_info[signal].unit);
		w->lost = 0;
		w->source = SLO_SOURCE_SYNTHETIC;
		fill_window(w, signal, slo_scenario_signal(signal, fault, second));
		emit(arg, &ev);
	}
}

void slo_scenario_raw(int scenario, uint64_t index, const struct slo_scenario_labels *l, int64_t wall_ns,
		      char ids[64], struct slo_raw_sample *out)
{
	const double *v = slis_of(scenario, index);

	slo_rec_clear(slo_event_rec[SLO_KIND_RAW_SAMPLE], out);
	snprintf(ids, 32, "collector-req-%04llu", (unsigned long long)(index + 1) % 1000000000);
	snprintf(ids + 32, 32, "collector-trace-%04llu", (unsigned long long)(index + 1) % 1000000000);
	out->timestamp = wall_ns;
	out->cluster = l->cluster;
	out->namespace = l->namespace;
	out->workload = l->workload;
	out->service = l->service;
	if (l->node.len)
		out->node = l->node;
	out->request_id = slo_str(ids);
	out->trace_id = slo_str(ids + 32);
	out->ttft_ms = v[SLO_SLI_TTFT];
	out->request_latency_ms = v[SLO_SLI_LATENCY];
	out->token_throughput_tps = v[SLO_SLI_THROUGHPUT];
	out->error_rate = v[SLO_SLI_ERROR_RATE];
	out->fault_label = label_of(scenario, index);
	out->source = SLO_SOURCE_SYNTHETIC;
}
