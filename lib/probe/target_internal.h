/* SPDX-License-Identifier: MIT */
/* Shared by target.c (who is a service) and target_owner.c (whose is a connection). */
#ifndef SLO_PROBE_TARGET_INTERNAL_H
#define SLO_PROBE_TARGET_INTERNAL_H

#include "base/buf.h"
#include "base/table.h"
#include "probe/target.h"

enum {
	TARGET_FILE_MAX = 16 << 20, /* bytes of one /proc/net file that are looked at */
	TARGET_LOCAL_ADDRS = 256,
	TARGET_SOCKETS_PER_SCAN = 65536,
};

struct target_service {
	struct slo_target_watch watch;
	struct slo_target_proc *procs; /* SLO_TARGET_PROCS of them */
	size_t procs_count;
	uint64_t listeners[SLO_TARGET_LISTENERS]; /* inodes */
	size_t listeners_count;
	char why[128];
};

/* An open socket of one of our processes. */
struct target_socket {
	uint64_t inode;
	int service;
};

struct target_owner {
	struct slo_table table;      /* struct owner_entry by struct slo_tuple (src = local end) */
	struct target_socket *sockets; /* scratch of a scan, sorted by inode */
	size_t sockets_count, sockets_cap;
	uint8_t local[TARGET_LOCAL_ADDRS][16];
	size_t local_count;
	int64_t due_ns, udp_due_ns;  /* no scan before */
};

struct slo_target {
	char proc_root[256];
	int64_t rescan_ns, owner_ns;
	struct target_service services[SLO_TARGET_SERVICES];
	size_t count;
	struct slo_buf buf;
	uint64_t own_netns;
	uint64_t netns[SLO_TARGET_NETNS]; /* looked into during a scan */
	size_t netns_count;
	bool scanned;
	int64_t scan_ns;      /* last scan */
	int64_t scan_cost_ns; /* of the last scan */
	struct target_owner owner;
	struct slo_target_counters n;
};

/** slo_target_netns - inode of the network namespace of @pid ("self" for 0), 0 = not known. */
uint64_t slo_target_netns(const struct slo_target *t, int64_t pid);

/** slo_target_sockets - call @each for every socket inode @pid holds. Return: 0 or negative errno. */
int slo_target_sockets(struct slo_target *t, int64_t pid, void (*each)(void *arg, uint64_t inode), void *arg);

int slo_target_owner_init(struct slo_target *t);
void slo_target_owner_fini(struct slo_target *t);

#endif
