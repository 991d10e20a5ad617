/* SPDX-License-Identifier: MIT */
#include "event/tables.h"

#define LAT SLO_SCALAR_LATENCY
#define RATE SLO_SCALAR_RATE
#define MEAN SLO_SCALAR_MEAN

const struct slo_signal_info slo_signal_info[SLO_SIGNAL__COUNT] = {
	[SLO_SIGNAL_DNS_LATENCY] = { "ms", LAT, 40, 120, 40, "llm.ebpf.dns.latency_ms", 8 },
	[SLO_SIGNAL_TCP_RETRANSMITS] = { "count", RATE, 2, 5, 2, "llm.ebpf.tcp.retransmits", 9 },
	[SLO_SIGNAL_RUNQUEUE_DELAY] = { "ms", LAT, 10, 25, 10, "llm.ebpf.sched.runqueue_delay_ms", 3 },
	[SLO_SIGNAL_CONNECT_LATENCY] = { "ms", LAT, 80, 180, 80, "llm.ebpf.net.connect_latency_ms", 5 },
	[SLO_SIGNAL_TLS_HANDSHAKE] = { "ms", LAT, 60, 160, 60, "llm.ebpf.tls.handshake_ms", 1 },
	[SLO_SIGNAL_CPU_STEAL] = { "pct", MEAN, 2, 8, 2, "llm.ebpf.cpu.steal_pct", 7 },
	[SLO_SIGNAL_MEM_RECLAIM] = { "ms", LAT, 5, 20, 5, "llm.ebpf.mm.reclaim_latency_ms", 6 },
	[SLO_SIGNAL_DISK_IO] = { "ms", LAT, 10, 50, 10, "llm.ebpf.blk.io_latency_ms", 4 },
	[SLO_SIGNAL_SYSCALL_LATENCY] = { "ms", LAT, 50, 200, 50, "llm.ebpf.syscall.latency_ms", 2 },
	[SLO_SIGNAL_CONNECT_ERRORS] = { "count", RATE, 1, 3, 1, "llm.ebpf.net.connect_errors_total", 11 },
	[SLO_SIGNAL_TLS_FAILS] = { "count", RATE, 1, 3, 1, "llm.ebpf.tls.handshake_fail_total", 12 },
	[SLO_SIGNAL_CFS_THROTTLED] = { "ms", RATE, 40, 120, 40, "llm.ebpf.cpu.cfs_throttled_ms", 10 },
};

const struct slo_sli_info slo_sli_info[SLO_SLI__COUNT] = {
	[SLO_SLI_TTFT] = { "ms", true, 500, 1000 },
	[SLO_SLI_LATENCY] = { "ms", true, 700, 1500 },
	[SLO_SLI_THROUGHPUT] = { "tps", false, 30, 10 },
	[SLO_SLI_ERROR_RATE] = { "ratio", true, 0.02, 0.05 },
	[SLO_SLI_RETRIEVAL] = { "ms", true, 500, 1000 },
	[SLO_SLI_PROVIDER_ERROR_RATE] = { "ratio", true, 0.02, 0.05 },
};

static const int fault_domains[SLO_FAULT__COUNT] = {
	[SLO_FAULT_BASELINE] = SLO_DOMAIN_UNKNOWN,
	[SLO_FAULT_DNS_LATENCY] = SLO_DOMAIN_NETWORK_DNS,
	[SLO_FAULT_DNS_DROP] = SLO_DOMAIN_NETWORK_DNS,
	[SLO_FAULT_DNS_SERVFAIL] = SLO_DOMAIN_NETWORK_DNS,
	[SLO_FAULT_EGRESS_LOSS] = SLO_DOMAIN_NETWORK_EGRESS,
	[SLO_FAULT_EGRESS_DELAY] = SLO_DOMAIN_NETWORK_EGRESS,
	[SLO_FAULT_NETWORK_PARTITION] = SLO_DOMAIN_NETWORK_EGRESS,
	[SLO_FAULT_CPU_THROTTLE] = SLO_DOMAIN_CPU_THROTTLE,
	[SLO_FAULT_CPU_CONTENTION] = SLO_DOMAIN_CPU_THROTTLE,
	[SLO_FAULT_MEMORY_PRESSURE] = SLO_DOMAIN_MEMORY_PRESSURE,
	[SLO_FAULT_PROVIDER_THROTTLE] = SLO_DOMAIN_PROVIDER_THROTTLE,
	[SLO_FAULT_PROVIDER_ERROR] = SLO_DOMAIN_PROVIDER_ERROR,
	[SLO_FAULT_RETRIEVAL_SLOWDOWN] = SLO_DOMAIN_RETRIEVAL_BACKEND,
	[SLO_FAULT_DISK_SLOW] = SLO_DOMAIN_UNKNOWN,
	[SLO_FAULT_MIXED] = SLO_DOMAIN_UNKNOWN,
	[SLO_FAULT_MIXED_MULTI] = SLO_DOMAIN_UNKNOWN,
};

int slo_probe_status(int signal, double value)
{
	const struct slo_signal_info *s = &slo_signal_info[signal];

	if (value >= s->error)
		return SLO_PROBE_STATUS_ERROR;
	return value >= s->warn ? SLO_PROBE_STATUS_WARNING : SLO_PROBE_STATUS_OK;
}

int slo_sli_status(int sli, double value)
{
	const struct slo_sli_info *s = &slo_sli_info[sli];

	if (s->higher_is_bad ? value >= s->breach : value <= s->breach)
		return SLO_SLI_STATUS_BREACH;
	if (s->higher_is_bad ? value >= s->warn : value <= s->warn)
		return SLO_SLI_STATUS_WARNING;
	return SLO_SLI_STATUS_OK;
}

int slo_fault_domain(int fault)
{
	return fault >= 0 && fault < SLO_FAULT__COUNT ? fault_domains[fault] : SLO_DOMAIN_UNKNOWN;
}

int slo_fault_domain_of(struct slo_str label)
{
	return slo_fault_domain(slo_enum_find(&slo_fault_enum, label));
}
