/* SPDX-License-Identifier: MIT */
/*
 * Which cgroups' CPU quotas hold a watched service back: those its processes are
 * in, and all above them. Unlike what is counted for a process, it does not
 * matter who else is in them: a throttle stops them all.
 */
#include "probe/bpf_internal.h"

#include "probe/target.h"

#include <sys/stat.h>

enum { DEPTH_MAX = 32 };

struct quotas {
	struct bpf_entry q[BPF_CGROUPS]; /* by cgroup; bit i: slot i's service is held back by it */
	size_t n;
};

static uint64_t slots_of(const struct slo_bpf *b, int service)
{
	uint64_t slots = 0;

	for (uint32_t i = 1; i < b->slots_count; i++)
		if (b->slots[i].used && b->slots[i].service == service)
			slots |= 1ULL << i;
	return slots;
}

/* The service's row for this cgroup, else its first. */
static uint64_t slot_bit(const struct slo_bpf *b, int service, uint64_t cgroup)
{
	uint64_t slots = slots_of(b, service);

	for (uint32_t i = 1; i < b->slots_count; i++)
		if (slots & 1ULL << i && b->slots[i].cgroup_id == cgroup)
			return 1ULL << i;
	return slots & (~slots + 1);
}

static void add(struct slo_bpf *b, struct quotas *all, uint64_t cgroup, int service)
{
	size_t i = 0;

	while (i < all->n && all->q[i].key != cgroup)
		i++;
	if (i == BPF_CGROUPS) {
		b->watch_over++;
		return;
	}
	if (i == all->n)
		all->q[all->n++] = (struct bpf_entry){ cgroup, 0 };
	if (!(all->q[i].value & slots_of(b, service)))
		all->q[i].value |= slot_bit(b, service, cgroup);
}

static void add_path(struct slo_bpf *b, struct quotas *all, int64_t pid, int service)
{
	enum slo_cgroup_tree tree = b->config->cgroup_v1 ? SLO_CGROUP_V1_CPU : SLO_CGROUP_V2;
	size_t top = strlen(b->mounts.prefix) + strlen(b->mounts.tree[tree].point);
	static struct slo_cgroup_paths paths;
	char dir[SLO_CGROUP_PATH + 256];
	struct stat st;

	if (slo_cgroup_of(slo_target_proc_root(b->o.target), pid, &paths) ||
	    slo_cgroup_dir(&b->mounts, tree, paths.path[tree], dir, sizeof(dir)) < 0)
		return;
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		char *slash;

		if (stat(dir, &st) == 0)
			add(b, all, st.st_ino, service);
		slash = strrchr(dir, '/');
		if (!slash || (size_t)(slash - dir) < top)
			return;
		*slash = '\0';
	}
}

void bpf_watch_quotas(struct slo_bpf *b)
{
	struct bpf_object *obj = b->probes[SLO_BPF_THROTTLE].obj;
	struct bpf_map *map = obj ? bpf_object__find_map_by_name(obj, "quotas") : NULL;
	static struct quotas all;

	if (!map || !b->o.target)
		return;
	all.n = 0;
	for (size_t s = 0; s < slo_target_services(b->o.target); s++) {
		const struct slo_target_proc *procs;
		size_t n = slo_target_procs(b->o.target, (int)s, &procs);

		for (size_t i = 0; i < n; i++)
			add_path(b, &all, procs[i].pid, (int)s);
	}
	bpf_sync_map(bpf_map__fd(map), 8, 8, all.q, all.n);
}
