/* SPDX-License-Identifier: MIT */
/* What probes saw besides what they tell of: for the comparison with the kernel's own counters. */
#include "probe/bpf_internal.h"

bool slo_bpf_attached(const struct slo_bpf *b, int signal)
{
	const struct bpf_probe *p = bpf_probe_of(b, signal);

	return p && p->attached;
}

uint64_t slo_bpf_looked(const struct slo_bpf *b, int signal)
{
	const struct bpf_probe *p = bpf_probe_of(b, signal);
	struct slo_bpf_counters n = { 0 };

	if (!p || !p->obj)
		return 0;
	bpf_read_counters(b, p->def->probe, &n);
	return n.looked;
}

uint64_t slo_bpf_waits(const struct slo_bpf *b, int service)
{
	const struct bpf_probe *p = bpf_probe_of(b, SLO_SIGNAL_SYSCALL_LATENCY);
	const struct bpf_map *map = p && p->obj ? bpf_object__find_map_by_name(p->obj, p->def->waits) : NULL;
	const struct slo_bpf_hist *rows = (const void *)b->cpu_rows;
	uint64_t count = 0;

	for (uint32_t slot = 0; map && slot < b->slots_count; slot++) {
		if (!b->slots[slot].used || b->slots[slot].service != service ||
		    bpf_map_lookup_elem(bpf_map__fd(map), &slot, b->cpu_rows))
			continue;
		for (int cpu = 0; cpu < b->cpus; cpu++)
			count += rows[cpu].count;
	}
	return count;
}

void slo_bpf_netns(struct slo_bpf *b, const uint64_t *inodes, size_t n)
{
	for (size_t i = 0; b->config && i < SLO_BPF_NETNS; i++)
		b->config->netns[i] = i < n ? (uint32_t)inodes[i] : 0;
}
