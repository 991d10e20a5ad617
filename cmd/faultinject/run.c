/* SPDX-License-Identifier: MIT */
/* One subcommand per fault; those that are not built say so. */
#include "faultinject.h"

#include "cpu_throttle.h"

#include "event/enum.h"

#define LATER "this fault comes in a later release; 'faultinject list' shows what is there"

#define CMD_ITEM(id, text) static const struct slo_cmd later_##id = { .name = text, .summary = "not built yet", .not_built = LATER };
CMD_ITEM(DNS_LATENCY, "dns_latency")
CMD_ITEM(DNS_DROP, "dns_drop")
CMD_ITEM(DNS_SERVFAIL, "dns_servfail")
CMD_ITEM(EGRESS_DROP, "egress_drop")
CMD_ITEM(EGRESS_DELAY, "egress_delay")
CMD_ITEM(NETWORK_PARTITION, "network_partition")
CMD_ITEM(CPU_CONTENTION, "cpu_contention")
CMD_ITEM(MEMORY_PRESSURE, "memory_pressure")
CMD_ITEM(PROVIDER_THROTTLE, "provider_throttle")
CMD_ITEM(PROVIDER_ERROR, "provider_error")
CMD_ITEM(RETRIEVAL_SLOWDOWN, "retrieval_slowdown")
CMD_ITEM(DISK_SLOW, "disk_slow")
CMD_ITEM(MIXED, "mixed")
CMD_ITEM(MIXED_MULTI, "mixed_multi")

static const struct slo_cmd *const subs[] = {
	&faultinject_cpu_throttle,
	&later_DNS_LATENCY, &later_DNS_DROP, &later_DNS_SERVFAIL, &later_EGRESS_DROP, &later_EGRESS_DELAY,
	&later_NETWORK_PARTITION, &later_CPU_CONTENTION, &later_MEMORY_PRESSURE, &later_PROVIDER_THROTTLE,
	&later_PROVIDER_ERROR, &later_RETRIEVAL_SLOWDOWN, &later_DISK_SLOW, &later_MIXED, &later_MIXED_MULTI, NULL,
};

const struct slo_cmd *faultinject_built(int fault)
{
	return fault == SLO_FAULT_CPU_THROTTLE ? &faultinject_cpu_throttle : NULL;
}

const struct slo_cmd faultinject_run = {
	.name = "run",
	.summary = "bring one fault into force for a while",
	.subs = subs,
};
