/* SPDX-License-Identifier: MIT */
/*
 * cfs_throttled_ms and, where a cgroup has its own memory.pressure,
 * mem_reclaim_latency_ms. Each cgroup is read once a sample, however many services
 * and processes are in it.
 */
#include "probe/host_internal.h"
#include "probe/procfs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	DEPTH_MAX = 32,               /* ancestors looked at */
	CLOCK_SLACK_MS = 10,          /* file stamps come from a clock that ticks */
};

struct cgroup {
	uint64_t dev, ino;            /* the key */
	uint64_t gen;
	uint32_t asked_throttle, asked_pressure; /* bit per service, of this sample */
	bool has_throttle, has_pressure;         /* there is a reading */
	bool cpu_delta, memory_delta;            /* and one before it */
	uint64_t throttled_ns, throttled_delta_ns;
	uint64_t some_us, some_delta_us;
};

int slo_host_cgroups_init(struct slo_host *h)
{
	return slo_table_init(&h->cgroups, offsetof(struct cgroup, gen), sizeof(struct cgroup), SLO_HOST_CGROUPS, 0);
}

void slo_host_cgroups_forget(struct slo_host *h)
{
	slo_host_forget(h, &h->cgroups, offsetof(struct cgroup, gen));
}

/*
 * Was this cgroup made after the last sample? Its inode is stamped when it is
 * made (or, rarely, loaded again); a counter that could not have grown to
 * its value since then gives the second case away.
 */
static bool made_since(const struct slo_host *h, const struct stat *st, uint64_t counted_ns)
{
	int64_t made = st->st_ctim.tv_sec * INT64_C(1000000000) + st->st_ctim.tv_nsec;

	return h->gen > 1 && made >= h->last_wall_ns - CLOCK_SLACK_MS * INT64_C(1000000) &&
	       counted_ns <= (uint64_t)(h->interval_ns > 0 ? h->interval_ns : 0) * (uint64_t)h->cpus;
}

static void advance(uint64_t *last, bool *has, uint64_t now, bool from_zero, bool *has_delta, uint64_t *delta)
{
	*has_delta = *has || from_zero;
	*delta = *has && now >= *last ? now - *last : !*has && from_zero ? now : 0;
	*last = now;
	*has = true;
}

static void read_throttle(struct slo_host *h, struct cgroup *c, const char *dir, const struct stat *st)
{
	struct slo_proc_throttle t = { 0 };
	int r = slo_procfs_read(&h->buf, "%s/cpu.stat", dir);

	if (r == 0)
		r = slo_proc_throttle(slo_buf_str(&h->buf), &t);
	if (r < 0 || !t.has) {
		h->n.malformed += r == -EINVAL;
		c->has_throttle = c->cpu_delta = false;
		return;
	}
	advance(&c->throttled_ns, &c->has_throttle, t.throttled_ns,
		!c->has_throttle && made_since(h, st, t.throttled_ns), &c->cpu_delta, &c->throttled_delta_ns);
}

static void read_pressure(struct slo_host *h, struct cgroup *c, const char *dir, const struct stat *st)
{
	struct slo_proc_psi p;
	int r = slo_procfs_read(&h->buf, "%s/memory.pressure", dir);

	if (r == 0)
		r = slo_proc_psi(slo_buf_str(&h->buf), &p);
	if (r < 0) {
		h->n.malformed += r == -EINVAL;
		c->has_pressure = c->memory_delta = false;
		return;
	}
	advance(&c->some_us, &c->has_pressure, p.some_us, !c->has_pressure && made_since(h, st, p.some_us * 1000),
		&c->memory_delta, &c->some_delta_us);
}

/* The cgroup at @dir with the readings of this sample; NULL when it is gone or there is no room. */
static struct cgroup *look(struct slo_host *h, const char *dir)
{
	struct cgroup key = { 0 }, *c;
	struct stat st;
	bool created;

	if (stat(dir, &st) < 0)
		return NULL;
	key.dev = st.st_dev;
	key.ino = st.st_ino;
	c = slo_table_find(&h->cgroups, &key);
	if (!c && h->cgroups.count == h->cgroups.max) {
		h->n.cgroups_over++;
		return NULL;
	}
	c = slo_table_get(&h->cgroups, &key, &created, NULL, NULL);
	if (c->gen == h->gen)
		return c;
	if (c->gen + 1 != h->gen)
		c->has_throttle = c->has_pressure = false;
	c->gen = h->gen;
	c->asked_throttle = c->asked_pressure = 0;
	read_throttle(h, c, dir, &st);
	read_pressure(h, c, dir, &st);
	return c;
}

/* What one service's cgroups gave. */
struct gather {
	int service;
	bool readable, delta; /* some cgroup had the file; and a reading before */
};

static void throttled(struct slo_host *h, const char *provider, const char *dir, size_t mount_len, struct gather *g)
{
	struct cgroup *c = look(h, dir);
	struct host_reading r = { .signal = SLO_SIGNAL_CFS_THROTTLED, .provider = provider, .times = 1 };

	if (!c || c->asked_throttle & 1u << g->service)
		return;
	c->asked_throttle |= 1u << g->service;
	g->readable |= c->has_throttle;
	g->delta |= c->cpu_delta;
	if (!c->cpu_delta || c->throttled_delta_ns == 0)
		return;
	r.value = (double)c->throttled_delta_ns / 1e6;
	r.detail = dir[mount_len] ? dir + mount_len : "/";
	slo_host_emit(h, g->service, &r);
}

/* The cgroup of a process and its ancestors, up to where the hierarchy is mounted. */
static void walk_up(struct slo_host *h, enum slo_cgroup_tree tree, const struct slo_cgroup_paths *paths,
		    struct gather *g)
{
	const char *provider = tree == SLO_CGROUP_V2 ? "cgroup2" : "cgroup1";
	size_t top = strlen(h->mounts.prefix) + strlen(h->mounts.tree[tree].point);
	char dir[SLO_PROCFS_PATH];

	if (slo_cgroup_dir(&h->mounts, tree, paths->path[tree], dir, sizeof(dir)) < 0)
		return;
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		char *slash;

		throttled(h, provider, dir, top, g);
		slash = strrchr(dir, '/');
		if (!slash || (size_t)(slash - dir) < top)
			return;
		*slash = '\0';
	}
}

/* Quotas live where the cpu controller is: in its own hierarchy, or in v2 when that offers it. */
static int cpu_tree(struct slo_host *h)
{
	const struct slo_cgroup_mount *v2 = &h->mounts.tree[SLO_CGROUP_V2];
	struct slo_str text, f;

	if (h->mounts.tree[SLO_CGROUP_V1_CPU].found)
		return SLO_CGROUP_V1_CPU;
	if (!v2->found || slo_procfs_read(&h->buf, "%s%s/cgroup.controllers", h->mounts.prefix, v2->point) < 0)
		return -1;
	text = slo_buf_str(&h->buf);
	while (text.len > 0) {
		const char *end = memchr(text.p, ' ', text.len);

		f = slo_str_n(text.p, end ? (size_t)(end - text.p) : text.len);
		while (f.len > 0 && f.p[f.len - 1] == '\n')
			f.len--;
		if (slo_str_is(f, "cpu"))
			return SLO_CGROUP_V2;
		text = slo_str_n(end ? end + 1 : text.p + text.len, end ? text.len - (size_t)(end - text.p) - 1 : 0);
	}
	return -1;
}

static void throttle_state(struct slo_host *h, int tree, const struct gather *g)
{
	const int signal = SLO_SIGNAL_CFS_THROTTLED;

	if (tree < 0)
		slo_host_missing(h, g->service, signal, "no cpu controller is mounted");
	else if (!g->readable && tree == SLO_CGROUP_V1_CPU)
		slo_host_missing(h, g->service, signal, "cannot read cpu.stat of the service's cgroup");
	else if (g->readable && !g->delta)
		slo_host_baseline(h, g->service, signal, tree == SLO_CGROUP_V2 ? "cgroup2" : "cgroup1");
	else
		slo_host_watched(h, g->service, signal, tree == SLO_CGROUP_V2 ? "cgroup2" : "cgroup1", NULL);
}

/* The pressure of the service's own cgroup; at the root it is the host's, which host_system.c reads. */
static void pressure(struct slo_host *h, const struct slo_cgroup_paths *paths, struct gather *g)
{
	struct host_reading r = { .signal = SLO_SIGNAL_MEM_RECLAIM, .provider = "cgroup2", .times = 1 };
	char dir[SLO_PROCFS_PATH];
	struct cgroup *c;

	if (strcmp(paths->path[SLO_CGROUP_V2], "/") == 0 ||
	    slo_cgroup_dir(&h->mounts, SLO_CGROUP_V2, paths->path[SLO_CGROUP_V2], dir, sizeof(dir)) < 0)
		return;
	c = look(h, dir);
	if (!c || c->asked_pressure & 1u << g->service)
		return;
	c->asked_pressure |= 1u << g->service;
	g->readable |= c->has_pressure;
	g->delta |= c->memory_delta;
	if (!c->memory_delta || c->some_delta_us == 0)
		return;
	r.value = (double)c->some_delta_us / 1e3;
	r.detail = paths->path[SLO_CGROUP_V2];
	slo_host_emit(h, g->service, &r);
}

static void pressure_state(struct slo_host *h, const struct gather *g)
{
	if (!g->readable)
		slo_host_pressure(h, g->service);
	else if (!g->delta)
		slo_host_baseline(h, g->service, SLO_SIGNAL_MEM_RECLAIM, "cgroup2");
	else
		slo_host_watched(h, g->service, SLO_SIGNAL_MEM_RECLAIM, "cgroup2", NULL);
}

void slo_host_cgroups(struct slo_host *h, int service)
{
	bool cpu = h->enabled[SLO_SIGNAL_CFS_THROTTLED], memory = h->enabled[SLO_SIGNAL_MEM_RECLAIM];
	struct gather quota = { .service = service }, stall = quota;
	const struct slo_target_proc *procs;
	size_t n = slo_target_procs(h->target, service, &procs);
	int tree = cpu ? cpu_tree(h) : -1;

	for (size_t i = 0; i < n && (cpu || memory); i++) {
		struct slo_cgroup_paths paths;

		if (slo_cgroup_of(h->proc_root, procs[i].pid, &paths) < 0)
			continue;
		if (cpu && tree >= 0)
			walk_up(h, (enum slo_cgroup_tree)tree, &paths, &quota);
		if (memory)
			pressure(h, &paths, &stall);
	}
	if (cpu && n == 0)
		slo_host_missing(h, service, SLO_SIGNAL_CFS_THROTTLED, "%s", slo_target_why(h->target, service));
	else if (cpu)
		throttle_state(h, tree, &quota);
	if (memory)
		pressure_state(h, &stall);
}
