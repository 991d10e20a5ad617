/* SPDX-License-Identifier: MIT */
/*
 * Whose observations count: the processes of the watched services, and the
 * cgroups that hold nothing else. A cgroup that the agent itself or another
 * service lives in as well (a login session, the root) says nothing about whose a process is.
 */
#include "probe/bpf_internal.h"

#include "base/table.h"
#include "base/time.h"
#include "probe/target.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REFRESH_S = 5 }; /* processes may be moved between cgroups */

struct wanted_set {
	struct bpf_entry tasks[BPF_TASKS], groups[BPF_CGROUPS]; /* values: slots */
	int owner[BPF_CGROUPS]; /* service of each of @groups */
	size_t tasks_count, groups_count;
};

static uint64_t directory_id(const struct slo_bpf *b, int64_t pid)
{
	enum slo_cgroup_tree tree = b->config->cgroup_v1 ? SLO_CGROUP_V1_CPU : SLO_CGROUP_V2;
	const char *root = b->o.target ? slo_target_proc_root(b->o.target) : "/proc";
	static _Thread_local struct slo_cgroup_paths paths; /* bpf_want.c has a thread */
	char dir[SLO_CGROUP_PATH + 256];
	struct stat st;

	if (slo_cgroup_of(root, pid, &paths) || strcmp(paths.path[tree], "/") == 0 || !paths.path[tree][0] ||
	    slo_cgroup_dir(&b->mounts, tree, paths.path[tree], dir, sizeof(dir)) || stat(dir, &st))
		return 0;
	return st.st_ino;
}

/* The slot of @service in @cgroup; its first one when there are too many. */
static uint32_t slot_for(struct slo_bpf *b, int service, uint64_t cgroup)
{
	uint32_t first = 0;

	for (uint32_t i = 1; i < b->slots_count; i++) {
		if (!b->slots[i].used) {
			b->slots[i] = (struct bpf_slot){ true, service, cgroup };
			return i;
		}
		if (b->slots[i].service != service)
			continue;
		if (b->slots[i].cgroup_id == cgroup)
			return i;
		if (!first)
			first = i;
	}
	b->watch_over++;
	return first;
}

static void want_process(struct slo_bpf *b, struct wanted_set *w, int service, int64_t pid, uint64_t own)
{
	uint64_t cgroup = directory_id(b, pid);
	uint32_t slot = slot_for(b, service, cgroup);
	size_t i;

	if (w->tasks_count < BPF_TASKS)
		w->tasks[w->tasks_count++] = (struct bpf_entry){ (uint64_t)pid, slot };
	else
		b->watch_over++;
	if (cgroup == 0 || cgroup == own)
		return;
	for (i = 0; i < w->groups_count && w->groups[i].key != cgroup; i++)
		;
	if (i == BPF_CGROUPS) {
		b->watch_over++;
	} else if (i == w->groups_count) {
		w->groups[i] = (struct bpf_entry){ cgroup, slot };
		w->owner[i] = service;
		w->groups_count++;
	} else if (w->owner[i] != service) {
		w->groups[i].value = 0; /* shared by two services: nobody's */
	}
}

static bool listed(const struct bpf_entry *want, size_t n, uint64_t key)
{
	for (size_t i = 0; i < n; i++)
		if (want[i].key == key)
			return want[i].value != 0;
	return false;
}

void bpf_sync_map(int fd, size_t key_size, size_t value_size, const struct bpf_entry *want, size_t n)
{
	union {
		uint64_t wide;
		uint32_t narrow;
	} key = { 0 }, next = { 0 }, value;
	bool more = bpf_map_get_next_key(fd, NULL, &next) == 0;

	while (more) {
		key = next;
		more = bpf_map_get_next_key(fd, &key, &next) == 0;
		if (!listed(want, n, key_size == sizeof(key.narrow) ? key.narrow : key.wide))
			bpf_map_delete_elem(fd, &key);
	}
	for (size_t i = 0; i < n; i++) {
		if (key_size == sizeof(key.narrow))
			key.narrow = (uint32_t)want[i].key;
		else
			key.wide = want[i].key;
		if (value_size == sizeof(value.narrow))
			value.narrow = (uint32_t)want[i].value;
		else
			value.wide = want[i].value;
		if (want[i].value)
			bpf_map_update_elem(fd, &key, &value, BPF_ANY);
	}
}

static void watch_ports(struct slo_bpf *b)
{
	for (size_t i = 0; i < slo_target_services(b->o.target); i++) {
		uint32_t port = slo_target_watch(b->o.target, (int)i)->port;
		uint32_t slot = slot_for(b, (int)i, 0);

		bpf_map_update_elem(b->shared[BPF_MAP_PORTS], &port, &slot, BPF_ANY);
	}
}

static uint64_t processes_hash(const struct slo_bpf *b)
{
	uint64_t h = 1;

	for (size_t s = 0; s < slo_target_services(b->o.target); s++) {
		const struct slo_target_proc *procs;
		size_t n = slo_target_procs(b->o.target, (int)s, &procs);

		for (size_t i = 0; i < n; i++) {
			uint64_t id[3] = { s, (uint64_t)procs[i].pid, procs[i].start_ticks };

			h = slo_hash(id, sizeof(id), h);
		}
	}
	return h;
}

bool bpf_watched(const struct slo_bpf *b, int64_t pid)
{
	uint32_t key = (uint32_t)pid, slot;
	uint64_t cgroup;

	if (b->config->all)
		return pid != b->config->self;
	if (bpf_map_lookup_elem(b->shared[BPF_MAP_TASKS], &key, &slot) == 0)
		return true;
	cgroup = directory_id(b, pid);
	return cgroup && bpf_map_lookup_elem(b->shared[BPF_MAP_CGROUPS], &cgroup, &slot) == 0;
}

void bpf_watch(struct slo_bpf *b, int64_t mono_ns)
{
	static struct wanted_set w;
	uint64_t hash, own;

	if (!b->o.target || b->slots_count == 1)
		return;
	hash = processes_hash(b);
	if (hash == b->watch_hash && mono_ns < b->watch_mono)
		return;
	b->watch_hash = hash;
	b->watch_mono = mono_ns + REFRESH_S * SLO_NS_PER_S;
	w.tasks_count = w.groups_count = 0;
	b->watch_over = 0;
	own = directory_id(b, getpid());
	watch_ports(b);
	for (size_t s = 0; s < slo_target_services(b->o.target); s++) {
		const struct slo_target_proc *procs;
		size_t n = slo_target_procs(b->o.target, (int)s, &procs);

		for (size_t i = 0; i < n; i++)
			want_process(b, &w, (int)s, procs[i].pid, own);
	}
	bpf_sync_map(b->shared[BPF_MAP_TASKS], 4, 4, w.tasks, w.tasks_count);
	bpf_sync_map(b->shared[BPF_MAP_CGROUPS], 8, 4, w.groups, w.groups_count);
	bpf_watch_quotas(b);
}

uint64_t slo_bpf_watch_over(const struct slo_bpf *b)
{
	return b->watch_over;
}
