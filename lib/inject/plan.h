/* SPDX-License-Identifier: MIT */
/* The plans of the faults. Private to the module; see fault.h. */
#ifndef SLO_INJECT_PLAN_H
#define SLO_INJECT_PLAN_H

#include "inject/fault.h"

typedef int slo_plan_fn(const struct slo_fault_spec *spec, double strength, const struct slo_plan_env *env,
			struct slo_plan *out, struct slo_err *err);

slo_plan_fn slo_plan_dns_latency, slo_plan_dns_drop, slo_plan_dns_servfail, slo_plan_egress_loss, slo_plan_egress_delay,
	slo_plan_partition, slo_plan_throttle, slo_plan_contention, slo_plan_memory, slo_plan_disk,
	slo_plan_provider_throttle, slo_plan_provider_error, slo_plan_retrieval;

/** slo_plan_step - a zeroed step of @kind at the end of @p; NULL when it is full. */
struct slo_step *slo_plan_step(struct slo_plan *p, int kind, struct slo_err *err);

/** slo_plan_own_netns - -EPERM unless the target's network namespace is its own or the host was allowed. */
int slo_plan_own_netns(const struct slo_fault_spec *spec, struct slo_err *err);

/** slo_plan_tool - -ENOTSUP unless @name is installed. */
int slo_plan_tool(const char *name, struct slo_err *err);

/** slo_plan_relay - a proxy for the peers of @spec, in their way or at an address of its own. */
int slo_plan_relay(const struct slo_fault_spec *spec, const struct slo_plan_env *env, const struct slo_relay *r,
		   struct slo_plan *p, struct slo_err *err);

/** slo_plan_way - the nft table of @s that leads to proxies at these ports, where slo_relay_open() put them. */
int slo_plan_way(const struct slo_relay *r, const int *ports, struct slo_step *s, struct slo_err *err);

/** slo_plan_netns_name - the namespace for a label. */
void slo_plan_netns_name(const struct slo_fault_spec *spec, char *to, size_t size);

#endif
