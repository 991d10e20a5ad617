/* SPDX-License-Identifier: MIT */
#include "inject/fault.h"

#include "base/str.h"
#include "inject/plan.h"
#include "inject/process.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define NETEM_OR "tc and nft; netem, else "

static const struct slo_fault_info faults[] = {
	{ SLO_FAULT_DNS_LATENCY, "ms added to each query", { 25, 50, 100, 200, 400 }, 1, 30000, "netns",
	  NETEM_OR "a forwarder behind an nft redirect", slo_plan_dns_latency },
	{ SLO_FAULT_DNS_DROP, "% of queries lost", { 10, 25, 50, 75, 100 }, 1, 100, "netns",
	  NETEM_OR "an nft drop", slo_plan_dns_drop },
	{ SLO_FAULT_DNS_SERVFAIL, "% of queries answered SERVFAIL", { 10, 25, 50, 75, 100 }, 1, 100, "netns",
	  "nft redirect", slo_plan_dns_servfail },
	{ SLO_FAULT_EGRESS_LOSS, "% of packets lost", { 2, 5, 10, 20, 40 }, 0.1, 100, "netns, --peer",
	  NETEM_OR "an nft drop", slo_plan_egress_loss },
	{ SLO_FAULT_EGRESS_DELAY, "ms added to each packet", { 20, 50, 100, 200, 400 }, 1, 30000, "netns, --peer",
	  NETEM_OR "a proxy that delays requests", slo_plan_egress_delay },
	{ SLO_FAULT_NETWORK_PARTITION, "% of connections cut off", { 25, 50, 75, 87.5, 100 }, 12.5, 100, "netns, --peer",
	  "nft", slo_plan_partition },
	{ SLO_FAULT_CPU_THROTTLE, "% of a core left", { 60, 40, 25, 15, 8 }, 2, 100, "process or cgroup",
	  "cpu cgroup", slo_plan_throttle },
	{ SLO_FAULT_CPU_CONTENTION, "competitors' weight, default 1", { 1, 2, 4, 9, 19 }, 1, 100, "process or cgroup",
	  "cpu cgroup", slo_plan_contention },
	{ SLO_FAULT_MEMORY_PRESSURE, "% of memory in use cut off", { 1, 2, 4, 7, 10 }, 0.5, 50, "process or cgroup",
	  "memory cgroup of its own", slo_plan_memory },
	{ SLO_FAULT_PROVIDER_THROTTLE, "% of requests answered 429", { 20, 40, 60, 80, 100 }, 1, 100, "netns, --provider",
	  "nft redirect, or --listen", slo_plan_provider_throttle },
	{ SLO_FAULT_PROVIDER_ERROR, "% of requests failed", { 10, 25, 50, 75, 100 }, 1, 100, "netns, --provider",
	  "nft redirect, or --listen", slo_plan_provider_error },
	{ SLO_FAULT_RETRIEVAL_SLOWDOWN, "ms added to each request", { 50, 100, 200, 400, 800 }, 1, 30000,
	  "netns, --retrieval", "nft redirect, or --listen", slo_plan_retrieval },
	{ SLO_FAULT_DISK_SLOW, "reads and writes a second left", { 200, 100, 50, 20, 10 }, 1, 100000,
	  "process or cgroup, --disk", "io cgroup of its own", slo_plan_disk },
};

const struct slo_fault_info *slo_fault_find(int fault)
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(faults); i++)
		if (faults[i].fault == fault)
			return &faults[i];
	return NULL;
}

double slo_fault_strength(const struct slo_fault_info *f, double severity)
{
	double at = severity < 1 ? 0 : severity > SLO_SEVERITIES ? SLO_SEVERITIES - 1 : severity - 1;
	int below = at >= SLO_SEVERITIES - 1 ? SLO_SEVERITIES - 2 : (int)at;

	return f->levels[below] + (at - below) * (f->levels[below + 1] - f->levels[below]);
}

double slo_fault_severity(const struct slo_fault_info *f, double strength)
{
	bool rising = f->levels[1] > f->levels[0];

	if (rising ? strength <= f->levels[0] : strength >= f->levels[0])
		return 1;
	for (int i = 1; i < SLO_SEVERITIES; i++) {
		double from = f->levels[i - 1], to = f->levels[i];

		if (rising ? strength <= to : strength >= to)
			return i + (strength - from) / (to - from);
	}
	return SLO_SEVERITIES;
}

struct slo_step *slo_plan_step(struct slo_plan *p, int kind, struct slo_err *err)
{
	struct slo_step *s = &p->steps[p->steps_count];

	if (p->steps_count == SLO_STEPS_MAX) {
		slo_err_set(err, -E2BIG, "more than %d changes would be needed", SLO_STEPS_MAX);
		return NULL;
	}
	memset(s, 0, sizeof(*s));
	s->kind = kind;
	p->steps_count++;
	return s;
}

int slo_plan_tool(const char *name, struct slo_err *err)
{
	char path[128];

	return slo_tool_find(name, path, sizeof(path)) ? slo_err_set(err, -ENOTSUP, "needs %s, which is not installed", name)
						       : 0;
}

int slo_plan_own_netns(const struct slo_fault_spec *spec, struct slo_err *err)
{
	if (spec->yes_this_host || !slo_netns_is_host(&spec->ns))
		return 0;
	return slo_err_set(err, -EPERM,
			   "this would touch the machine's own network namespace: name another with --target netns:NAME or "
			   "--target pid:PID, or say --yes-this-host");
}

void slo_plan_netns_name(const struct slo_fault_spec *spec, char *to, size_t size)
{
	snprintf(to, size, "netns:%s", spec->ns.ino ? spec->ns.path : "own");
}

static int check_process(int64_t pid, struct slo_err *err)
{
	int64_t ticks;
	bool kthread;
	int ret;

	if (pid <= 1 || pid == getpid())
		return slo_err_set(err, -EPERM, "process %lld must not be touched", (long long)pid);
	ret = slo_process_stat(pid, &ticks, &kthread);
	if (ret)
		return slo_err_set(err, ret, "process %lld: %s", (long long)pid,
				   ret == -ENOENT ? "no such process" : slo_strerror(ret));
	return kthread ? slo_err_set(err, -EPERM, "process %lld is a kernel thread", (long long)pid) : 0;
}

int slo_fault_plan(const struct slo_fault_spec *spec, const struct slo_plan_env *env, struct slo_plan *out,
		   struct slo_err *err)
{
	const struct slo_fault_info *f = slo_fault_find(spec->fault);
	double strength = f ? spec->strength > 0 ? spec->strength : slo_fault_strength(f, spec->severity) : 0;
	int ret;

	if (!f)
		return slo_err_set(err, -ENOTSUP, "%s: no fault to inject", slo_enum_name(&slo_fault_enum, spec->fault));
	if (strength < f->lo || strength > f->hi)
		return slo_err_set(err, -EINVAL, "strength %g: want %g to %g (%s)", strength, f->lo, f->hi, f->unit);
	memset(out, 0, sizeof(*out));
	ret = spec->pid ? check_process(spec->pid, err) : 0;
	return ret ? ret : f->plan(spec, strength, env, out, err);
}
