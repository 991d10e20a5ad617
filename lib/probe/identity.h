/* SPDX-License-Identifier: MIT */
/*
 * Whose cgroup, whose process? Container id and pod uid come from cgroup
 * paths, the names of namespace, pod and container from the names of the kubelet's
 * log directories: no API server, no runtime socket.
 *
 * Kernel events carry the id of a cgroup (the inode of its directory), often of
 * a process that is gone when the event is read. An id is looked up at
 * once through its file handle where the kernel lets us (CAP_DAC_READ_SEARCH);
 * besides, the cgroup tree is walked bit by bit, so that the ids of cgroups that are gone
 * later are known before. What was learnt stays until it is the least recently used.
 *
 * One object speaks for one hierarchy: ids of different hierarchies may be equal.
 * Not thread-safe.
 */
#ifndef SLO_PROBE_IDENTITY_H
#define SLO_PROBE_IDENTITY_H

#include "base/err.h"
#include "decode/workload.h"
#include "probe/cgroup.h"

enum {
	SLO_IDENTITY_CGROUPS = 8192,  /* most cgroups remembered */
	SLO_IDENTITY_PIDS = 4096,     /* most processes remembered */
	SLO_IDENTITY_PODS = 4096,     /* most names of pods, and of containers, remembered */
	SLO_IDENTITY_PENDING = 8192,  /* most directories found and not read yet */
	SLO_IDENTITY_DEPTH = 32,      /* deepest directory read */
	SLO_IDENTITY_PATH = 1024,     /* longest path below the root of a hierarchy, with its NUL */
	SLO_IDENTITY_HANDLES = 256,   /* most ids looked up by handle between two refreshes */
};

struct slo_identity_opts {
	const char *proc_root;  /* NULL = "/proc" */
	const char *host_root;  /* put in front of cgroup mount points, /var/log/pods and
	                         * /var/log/containers; NULL = "". A symbolic link in there must be relative. */
	bool v2;                /* ids are those of v2 even where v1 has the cpu controller (hybrid) */
	uint32_t budget;        /* directory entries read per refresh; 0 = 2000 */
	int64_t rescan_ns;      /* walk the cgroup tree this often; 0 = 10 s; after a miss a walk may
	                         * begin a second after the last one */
	bool no_handles;        /* never look an id up by handle */
};

/* Strings are "" where nothing is known. */
struct slo_who {
	uint64_t cgroup_id;     /* 0 = not known */
	struct slo_workload workload;
	char namespace[64], pod[254], container[64];
};

/* Since the start, but for the first group. */
struct slo_identity_counters {
	uint64_t cgroups, pids, pod_names, container_names; /* remembered now */
	uint64_t hits;              /* ids and processes answered */
	uint64_t misses;            /* not answered */
	uint64_t handles;           /* ids looked up by handle, with or without success */
	uint64_t handles_over;      /* not looked up by handle: more than SLO_IDENTITY_HANDLES since the last refresh */
	uint64_t remembered;        /* processes answered after they were gone */
	uint64_t outside;           /* processes outside of our cgroup namespace, not answered */
	uint64_t walks;             /* walks over the cgroup tree completed */
	uint64_t dirs;              /* directories read in walks */
	uint64_t pending_over;      /* directories not read: more than SLO_IDENTITY_PENDING waited */
	uint64_t too_deep;          /* directories left out: beyond SLO_IDENTITY_DEPTH or SLO_IDENTITY_PATH */
	uint64_t unreadable;        /* directories that could not be opened and were there still */
	uint64_t malformed;         /* paths and log names that could not be parsed */
	uint64_t cgroups_evicted, pids_evicted, names_evicted; /* pushed out of a full table */
};

struct slo_identity;

/**
 * slo_identity_open - find the hierarchy; nothing else is read yet
 * @opts: strings are copied; NULL = all defaults
 *
 * A host without cgroups, or where they cannot be read, is no error: see slo_identity_why().
 * The hierarchy is that of the v1 cpu controller where it is mounted, else v2.
 * Return: 0, -ENOMEM, or -ENAMETOOLONG with @err.
 */
int slo_identity_open(struct slo_identity **out, const struct slo_identity_opts *opts, struct slo_err *err);
void slo_identity_close(struct slo_identity *d);

/**
 * slo_identity_of_cgroup - whose cgroup is that?
 * @id: kernfs id, which is the inode of the cgroup's directory (64-bit kernels)
 *
 * Names may be missing at first and there later. A miss makes the next walk come sooner.
 * Return: false when it is not known (yet); @out is unchanged then.
 */
bool slo_identity_of_cgroup(struct slo_identity *d, uint64_t id, struct slo_who *out);

/**
 * slo_identity_of_pid - whose process is that?
 *
 * Looks at /proc each time: a pid may be another process now. One that is gone
 * is answered from memory if it was asked for within the last minute. Of several hierarchies the path that says most
 * counts; cgroup_id is set when it is that of our hierarchy.
 * Return: false when not known; @out is unchanged then, except that its workload.kind is
 * SLO_WORKLOAD_OUTSIDE when the process lies outside of our cgroup namespace and its
 * path tells nothing.
 */
bool slo_identity_of_pid(struct slo_identity *d, int64_t pid, struct slo_who *out);

/**
 * slo_identity_refresh - follow the cgroup tree and the log directories
 * @mono_ns: now
 *
 * Reads at most opts.budget directory entries of each; walks take at most a third of a percent of
 * the time. To be called once a second or so, also when nothing was asked.
 */
void slo_identity_refresh(struct slo_identity *d, int64_t mono_ns);

/** slo_identity_why - why ids of cgroups cannot be told; "" when they can. */
const char *slo_identity_why(const struct slo_identity *d);

/** slo_identity_tree - the hierarchy whose ids are understood. */
enum slo_cgroup_tree slo_identity_tree(const struct slo_identity *d);

void slo_identity_counters(const struct slo_identity *d, struct slo_identity_counters *out);

#endif
