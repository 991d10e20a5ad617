/* SPDX-License-Identifier: MIT */
/* Shared by identity.c (asking), identity_walk.c (the cgroup tree) and identity_names.c (log directories). */
#ifndef SLO_PROBE_IDENTITY_INTERNAL_H
#define SLO_PROBE_IDENTITY_INTERNAL_H

#include "base/table.h"
#include "probe/identity.h"

#include <dirent.h>
#include <sys/stat.h>

enum {
	IDENTITY_LOGS = 2,
	IDENTITY_PID_S = 60,     /* how long a process is remembered after it was seen; pids are used again */
	IDENTITY_CGROUP_S = 600, /* likewise a cgroup that is gone; ids are not */
};

struct identity_cgroup {
	uint64_t id;         /* the key */
	uint64_t path_hash;  /* a v1 cgroup may be renamed */
	int64_t seen_ns;     /* in the tree, or asked for */
	struct slo_who who;
};

struct identity_pid {
	int64_t pid;         /* the key */
	int64_t seen_ns;
	struct slo_who who;
};

/* What a log's name told, by pod uid or by container id. */
struct identity_name {
	char key[SLO_CONTAINER_ID_SIZE];
	char namespace[64], pod[254], container[64];
};

struct identity_walk {
	bool active, walked;         /* in the middle of one; there was one */
	bool missed;                 /* an id was asked for in vain since it began */
	DIR *dir;                    /* being read */
	char path[SLO_IDENTITY_PATH]; /* its path below the top, "" = the top */
	char **pending;              /* paths to read: the last one first, so that few wait */
	size_t pending_count, pending_cap;
	int64_t began_ns;            /* this walk, or the last one */
	int64_t cost_ns;             /* CPU time of this walk so far, or of the last one */
	int64_t due_ns, missed_due_ns;
};

struct identity_log {
	char path[320];
	DIR *dir;                    /* being read */
	bool read_once;
	struct timespec mtime;       /* when it was opened last */
	int64_t read_ns;
	int (*parse)(struct slo_str name, struct slo_workload_names *n);
	struct slo_table names;      /* struct identity_name */
};

struct slo_identity {
	char proc_root[256];
	struct slo_cgroup_mounts mounts;
	enum slo_cgroup_tree tree;
	char why[256];
	bool namespaced;             /* paths in /proc begin at our own cgroup namespace */
	int root_fd;                 /* the top of the mounted hierarchy, -1 = none */
	char root_link[512];         /* its path as /proc/self/fd has it */
	char base[256];              /* the cgroup path of the top, "" for the root, "/.." when it is hidden */
	bool handles;
	uint32_t handles_left;
	uint32_t budget;
	int64_t rescan_ns, now_ns;
	struct slo_table cgroups, pids;
	struct identity_walk walk;
	struct identity_log logs[IDENTITY_LOGS]; /* pods, containers */
	struct slo_identity_counters n;
};

/**
 * slo_identity_learn - remember what cgroup @id is
 * @path: its whole path, in the terms of slo_identity.base
 *
 * Does not count as use of what is known already. Return: the entry, or NULL when @path is malformed.
 */
struct identity_cgroup *slo_identity_learn(struct slo_identity *d, uint64_t id, const char *path);

/** slo_identity_learn_below - the same for a path below the top of the mounted hierarchy, "" for the top. */
struct identity_cgroup *slo_identity_learn_below(struct slo_identity *d, uint64_t id, const char *rest);

/** slo_identity_walk_top - open the hierarchy and find out where it hangs; fills in why when there is none. */
void slo_identity_walk_top(struct slo_identity *d);
void slo_identity_walk_step(struct slo_identity *d);
void slo_identity_walk_end(struct slo_identity *d);

/** slo_identity_by_handle - look @id up without a walk. Return: the entry or NULL. */
struct identity_cgroup *slo_identity_by_handle(struct slo_identity *d, uint64_t id);

/** slo_identity_names_init - @host_root: at most 255 bytes. Return: 0 or -ENOMEM. */
int slo_identity_names_init(struct slo_identity *d, const char *host_root);
void slo_identity_names_fini(struct slo_identity *d);
void slo_identity_names_step(struct slo_identity *d);

/** slo_identity_name - fill in the names of @who that are missing and known by now. */
void slo_identity_name(const struct slo_identity *d, struct slo_who *who);

#endif
