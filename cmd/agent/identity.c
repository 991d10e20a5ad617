/* SPDX-License-Identifier: MIT */
/* Names of namespace, pod and container, found rather than given. What an option gives explicitly stands. */
#include "live.h"

#include <stdio.h>

/* A label somebody gave; the defaults only stand in where nothing is known. */
static bool given(const char *value, const char *standard)
{
	return strcmp(value, standard) != 0;
}

static void fill(const struct agent_opts *o, const struct slo_who *who, struct slo_agg_service *labels,
		 char id[16])
{
	if (who->namespace[0] && !given(o->namespace, "default"))
		labels->namespace = slo_str(who->namespace);
	if (who->pod[0] && !given(o->pod, "llm-slo-agent"))
		labels->pod = slo_str(who->pod);
	if (given(o->container, "agent"))
		return;
	if (who->container[0]) {
		labels->container = slo_str(who->container);
	} else if (who->workload.container_id[0]) {
		snprintf(id, 16, "%.12s", who->workload.container_id);
		labels->container = slo_str(id);
	}
}

void live_whose(void *arg, const struct slo_obs *o, struct slo_agg_service *labels)
{
	struct live *l = arg;
	static struct slo_who who;
	static char id[16];

	if (!l->identity)
		return;
	if ((o->cgroup_id && slo_identity_of_cgroup(l->identity, o->cgroup_id, &who)) ||
	    (o->pid && slo_identity_of_pid(l->identity, o->pid, &who)))
		fill(l->a->o, &who, labels, id);
}

void live_identify(struct live *l, int64_t mono_ns)
{
	if (!l->identity)
		return;
	slo_identity_refresh(l->identity, mono_ns);
	for (size_t i = 0; i < l->services_count; i++) {
		const struct slo_target_proc *procs;

		if (slo_target_procs(l->target, (int)i, &procs) > 0 &&
		    slo_identity_of_pid(l->identity, procs[0].pid, &l->who[i]))
			fill(l->a->o, &l->who[i], &l->services[i], l->container_id[i]);
	}
}
