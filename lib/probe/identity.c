/* SPDX-License-Identifier: MIT */
#include "probe/identity.h"
#include "base/time.h"
#include "probe/identity_internal.h"
#include "probe/procfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { RESCAN_S = 10, BUDGET = 2000 };

/* The first cgroup namespace: PROC_CGROUP_INIT_INO of linux/proc_ns.h. */
static const char init_namespace[] = "cgroup:[4026531835]";

/* The host's mounts, seen from a container, may stand in its own list as well. */
static void strip_prefix(struct slo_cgroup_mounts *m)
{
	size_t n = strlen(m->prefix);

	for (int t = 0; n > 0 && t < SLO_CGROUP__COUNT; t++) {
		char *point = m->tree[t].point;

		if (strncmp(point, m->prefix, n) == 0 && point[n] == '/')
			memmove(point, point + n, strlen(point + n) + 1);
	}
}

static void find_tree(struct slo_identity *d, bool v2, const char *host_root)
{
	struct slo_err err = { 0 };
	char link[64];

	d->namespaced = slo_procfs_link(link, sizeof(link), "%s/self/ns/cgroup", d->proc_root) == 0 &&
			strcmp(link, init_namespace) != 0;
	if (slo_cgroup_find(&d->mounts, d->proc_root, host_root, &err)) {
		snprintf(d->why, sizeof(d->why), "%.255s", err.what);
		return;
	}
	strip_prefix(&d->mounts);
	d->tree = !v2 && d->mounts.tree[SLO_CGROUP_V1_CPU].found ? SLO_CGROUP_V1_CPU : SLO_CGROUP_V2;
	slo_identity_walk_top(d);
}

static int init(struct slo_identity *d, const struct slo_identity_opts *o, struct slo_err *err)
{
	const char *host_root = o->host_root ? o->host_root : "";
	int r;

	d->root_fd = -1;
	d->tree = SLO_CGROUP_V2;
	d->budget = o->budget ? o->budget : BUDGET;
	d->rescan_ns = o->rescan_ns ? o->rescan_ns : RESCAN_S * SLO_NS_PER_S;
	d->handles = !o->no_handles;
	d->handles_left = SLO_IDENTITY_HANDLES;
	if (!slo_str_copy(d->proc_root, sizeof(d->proc_root), slo_str(o->proc_root ? o->proc_root : "/proc")))
		return slo_err_set(err, -ENAMETOOLONG, "path too long: %.200s", o->proc_root);
	if (strlen(host_root) >= sizeof(d->mounts.prefix))
		return slo_err_set(err, -ENAMETOOLONG, "path too long: %.200s", host_root);
	if (slo_table_init(&d->cgroups, sizeof(uint64_t), sizeof(struct identity_cgroup), SLO_IDENTITY_CGROUPS, 0) ||
	    slo_table_init(&d->pids, sizeof(int64_t), sizeof(struct identity_pid), SLO_IDENTITY_PIDS, 0))
		return -ENOMEM;
	r = slo_identity_names_init(d, host_root);
	if (r)
		return r;
	find_tree(d, o->v2, host_root);
	return 0;
}

int slo_identity_open(struct slo_identity **out, const struct slo_identity_opts *opts, struct slo_err *err)
{
	static const struct slo_identity_opts defaults;
	struct slo_identity *d = calloc(1, sizeof(*d));
	int r = d ? init(d, opts ? opts : &defaults, err) : -ENOMEM;

	if (r) {
		slo_identity_close(d);
		return r;
	}
	*out = d;
	return 0;
}

void slo_identity_close(struct slo_identity *d)
{
	if (!d)
		return;
	slo_identity_walk_end(d);
	slo_identity_names_fini(d);
	slo_table_fini(&d->pids);
	slo_table_fini(&d->cgroups);
	free(d);
}

struct identity_cgroup *slo_identity_learn(struct slo_identity *d, uint64_t id, const char *path)
{
	struct identity_cgroup *e = slo_table_find(&d->cgroups, &id);
	uint64_t hash = slo_hash(path, strlen(path), 0);
	struct slo_workload w;
	bool created;

	if (e)
		e->seen_ns = d->now_ns;
	if (e && e->path_hash == hash)
		return e;
	if (slo_workload_parse(slo_str(path), &w)) {
		d->n.malformed++;
		return NULL;
	}
	e = slo_table_get(&d->cgroups, &id, &created, NULL, NULL);
	e->path_hash = hash;
	e->seen_ns = d->now_ns;
	memset(&e->who, 0, sizeof(e->who));
	e->who.cgroup_id = id;
	e->who.workload = w;
	return e;
}

struct identity_cgroup *slo_identity_learn_below(struct slo_identity *d, uint64_t id, const char *rest)
{
	char path[sizeof(d->base) + SLO_IDENTITY_PATH + 1];

	snprintf(path, sizeof(path), "%s%s%s", d->base, rest[0] || !d->base[0] ? "/" : "", rest);
	return slo_identity_learn(d, id, path);
}

/* What could not be told because of our cgroup namespace is no answer, but says so. */
static bool answer(struct slo_identity *d, struct slo_who *who, struct slo_who *out)
{
	if (who->workload.kind == SLO_WORKLOAD_OUTSIDE) {
		d->n.outside++;
		out->workload.kind = SLO_WORKLOAD_OUTSIDE;
		return false;
	}
	slo_identity_name(d, who);
	d->n.hits++;
	*out = *who;
	return true;
}

bool slo_identity_of_cgroup(struct slo_identity *d, uint64_t id, struct slo_who *out)
{
	struct identity_cgroup *e = slo_table_find(&d->cgroups, &id);

	if (!e && id)
		e = slo_identity_by_handle(d, id);
	if (!e) {
		d->n.misses++;
		d->walk.missed |= id != 0;
		return false;
	}
	slo_table_touch(&d->cgroups, e);
	e->seen_ns = d->now_ns;
	return answer(d, &e->who, out);
}

/* A path of /proc in the terms of the root of the hierarchy: within a namespace nobody knows what is above. */
static bool anchored(const struct slo_identity *d, const char *path, char *out, size_t size)
{
	int n = snprintf(out, size, "%s%s", d->namespaced ? "/.." : "",
			 d->namespaced && strcmp(path, "/") == 0 ? "" : path);

	return n > 0 && (size_t)n < size;
}

/* The number of the directory of @path in our hierarchy, 0 = not to be had. */
static uint64_t directory_id(const struct slo_identity *d, const char *path)
{
	char dir[SLO_CGROUP_PATH + 512];
	struct stat st;

	/* The hierarchy of the host is mounted, but our paths are those of our namespace. */
	if (d->namespaced && strcmp(d->base, "/..") != 0)
		return 0;
	if (slo_cgroup_dir(&d->mounts, d->tree, path, dir, sizeof(dir)) || stat(dir, &st) < 0)
		return 0;
	return st.st_ino;
}

/* The hierarchy whose path says most; ours when equal. */
static bool choose(struct slo_identity *d, const struct slo_cgroup_paths *paths, struct slo_who *who)
{
	enum slo_cgroup_tree best = SLO_CGROUP__COUNT;
	char path[SLO_CGROUP_PATH + 4];
	struct slo_workload w;

	memset(who, 0, sizeof(*who));
	for (int t = 0; t < SLO_CGROUP__COUNT; t++) {
		if (!paths->path[t][0] || !anchored(d, paths->path[t], path, sizeof(path)))
			continue;
		if (slo_workload_parse(slo_str(path), &w)) {
			d->n.malformed++;
			continue;
		}
		if (w.kind > who->workload.kind || (w.kind == who->workload.kind && t == (int)d->tree)) {
			who->workload = w;
			best = (enum slo_cgroup_tree)t;
		}
	}
	if (best == d->tree && anchored(d, paths->path[best], path, sizeof(path))) {
		who->cgroup_id = directory_id(d, paths->path[best]);
		if (who->cgroup_id)
			slo_identity_learn(d, who->cgroup_id, path);
	}
	return best != SLO_CGROUP__COUNT;
}

bool slo_identity_of_pid(struct slo_identity *d, int64_t pid, struct slo_who *out)
{
	struct slo_cgroup_paths paths;
	struct identity_pid *e = slo_table_find(&d->pids, &pid);
	struct slo_who who;
	bool created;

	if (slo_cgroup_of(d->proc_root, pid, &paths) == 0 && choose(d, &paths, &who)) {
		e = slo_table_get(&d->pids, &pid, &created, NULL, NULL);
		e->who = who;
		e->seen_ns = d->now_ns;
		return answer(d, &e->who, out);
	}
	if (e && d->now_ns - e->seen_ns <= IDENTITY_PID_S * SLO_NS_PER_S) {
		d->n.remembered++;
		return answer(d, &e->who, out);
	}
	d->n.misses++;
	return false;
}

/* The least recently used process is the one seen longest ago. */
static void forget_pids(struct slo_identity *d)
{
	struct identity_pid *e;

	while ((e = slo_table_oldest(&d->pids)) && d->now_ns - e->seen_ns > IDENTITY_PID_S * SLO_NS_PER_S)
		slo_table_del(&d->pids, e);
}

void slo_identity_refresh(struct slo_identity *d, int64_t mono_ns)
{
	d->now_ns = mono_ns;
	forget_pids(d);
	d->handles_left = SLO_IDENTITY_HANDLES;
	slo_identity_names_step(d);
	slo_identity_walk_step(d);
}

const char *slo_identity_why(const struct slo_identity *d)
{
	return d->why;
}

enum slo_cgroup_tree slo_identity_tree(const struct slo_identity *d)
{
	return d->tree;
}

void slo_identity_counters(const struct slo_identity *d, struct slo_identity_counters *out)
{
	*out = d->n;
	out->cgroups = d->cgroups.count;
	out->pids = d->pids.count;
	out->pod_names = d->logs[0].names.count;
	out->container_names = d->logs[1].names.count;
	out->cgroups_evicted = d->cgroups.evicted;
	out->pids_evicted = d->pids.evicted;
	out->names_evicted = d->logs[0].names.evicted + d->logs[1].names.evicted;
}
