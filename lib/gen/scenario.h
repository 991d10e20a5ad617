/* SPDX-License-Identifier: MIT */
/*
 * Synthetic scenarios: the fixed profiles of the published toolkit (its
 * contract, tables 7.1 and 7.2), for demonstrations and for trying out a
 * pipeline. Nothing here was measured; every event says source = synthetic and
 * names its fault_label.
 *
 * mixed: provider_throttle, dns_latency, cpu_throttle, memory_pressure,
 * network_partition in turn. mixed_multi: two faults at once, in turn
 * provider_throttle + dns_latency, cpu_throttle + memory_pressure,
 * network_partition + dns_latency, provider_throttle + network_partition; a
 * signal has the larger of the two profiles' values (a convention of this
 * generator), the SLIs those of the contract's mixed_multi row.
 */
#ifndef SLO_GEN_SCENARIO_H
#define SLO_GEN_SCENARIO_H

#include "event/event.h"

enum { SLO_SCENARIOS = 8 };

/** slo_scenario_name - of 0 .. SLO_SCENARIOS - 1: baseline, provider_throttle, dns_latency, …; NULL beyond. */
const char *slo_scenario_name(int scenario);

/** slo_scenario_find - by name; -1 when there is none. */
int slo_scenario_find(struct slo_str name);

/**
 * slo_scenario_fault - the fault of event group @index (enum SLO_FAULT)
 * @second: the other fault of mixed_multi, else -1; NULL is allowed
 */
int slo_scenario_fault(int scenario, uint64_t index, int *second);

/** slo_scenario_signal - the profile value of @signal under @fault (and @second, or -1), in the signal's unit. */
double slo_scenario_signal(int signal, int fault, int second);

/* Borrowed; must outlive the calls. */
struct slo_scenario_labels {
	struct slo_str cluster, node, namespace, pod, container, workload, service;
};

typedef void slo_scenario_emit_fn(void *arg, const struct slo_event *ev);

/**
 * slo_scenario_slo - the `slo` events of request @index (from 0): ttft_ms,
 * request_latency_ms, token_throughput_tps, error_rate
 * @wall_ns: their time
 *
 * Events and their strings are valid during the call of @emit only.
 */
void slo_scenario_slo(int scenario, uint64_t index, const struct slo_scenario_labels *l, int64_t wall_ns,
		      slo_scenario_emit_fn *emit, void *arg);

/** slo_scenario_probes - one `probe` per signal with @wanted[signal] (NULL = all), in the contract's order. */
void slo_scenario_probes(int scenario, uint64_t index, const struct slo_scenario_labels *l, int64_t wall_ns,
			 const bool wanted[SLO_SIGNAL__COUNT], slo_scenario_emit_fn *emit, void *arg);

/** slo_scenario_windows - one `window` of one observation per such signal over [@start_ns, @end_ns). */
void slo_scenario_windows(int scenario, uint64_t index, const struct slo_scenario_labels *l, int64_t start_ns,
			  int64_t end_ns, const bool wanted[SLO_SIGNAL__COUNT], slo_scenario_emit_fn *emit, void *arg);

/** slo_scenario_raw - the same request as a raw_sample; @ids holds its strings (at least 64 bytes). */
void slo_scenario_raw(int scenario, uint64_t index, const struct slo_scenario_labels *l, int64_t wall_ns,
		      char ids[64], struct slo_raw_sample *out);

#endif
