/* SPDX-License-Identifier: MIT */
/*
 * Which processes are a watched service: port -> listening sockets ->
 * processes that hold them -> threads and cgroups; and, the other way round,
 * which watched service owns the local end of a connection.
 *
 * A service is every process that holds a listening socket of its port: forked
 * workers that inherited it are included, process 1 is left out when others
 * hold the socket as well (socket activation). A port that nobody listens on in
 * our own network namespace is looked for in the others. All state is a
 * snapshot: processes are known by pid and start time, so that a reused pid is
 * a new process.
 */
#ifndef SLO_PROBE_TARGET_H
#define SLO_PROBE_TARGET_H

#include "base/err.h"
#include "decode/obs.h"

#include <stdio.h>

enum {
	SLO_TARGET_SERVICES = 16,     /* most watched services */
	SLO_TARGET_PROCS = 256,       /* most processes of one service; the rest is counted */
	SLO_TARGET_LISTENERS = 64,    /* most listening sockets of one service */
	SLO_TARGET_NETNS = 256,       /* most network namespaces looked into */
	SLO_TARGET_SOCKETS = 32768,   /* most sockets in the owner table, least recently seen goes first */
};

struct slo_target_watch {
	uint16_t port;      /* host order, 1 .. 65535 */
	char service[64];   /* never empty: "port-8080" when the user gave no name */
};

struct slo_target_proc {
	int64_t pid;
	uint64_t start_ticks; /* since boot; with pid names one process */
	uint64_t netns;       /* inode of its network namespace, 0 = not known */
	char comm[16];
};

struct slo_target_opts {
	const char *proc_root;   /* NULL = "/proc"; tests pass a recorded tree */
	int64_t rescan_ns;       /* look for new workers this often; 0 = 5 s */
	int64_t owner_ns;        /* refresh the owner table at most this often; 0 = 1 s */
};

/* Since the start. */
struct slo_target_counters {
	uint64_t scans;          /* walks over all processes */
	uint64_t procs_over;     /* processes beyond SLO_TARGET_PROCS at the last scan */
	uint64_t denied;         /* processes whose descriptors could not be read at the last scan */
	uint64_t malformed;      /* lines that could not be parsed */
	uint64_t owner_scans;    /* refreshes of the owner table */
	uint64_t owner_misses;   /* local ends nobody of ours was seen to own */
	uint64_t owner_evicted;  /* owner entries pushed out of the full table */
};

struct slo_target;

/** slo_watch_parse - "8080" or "8080=chat". Return: 0 or -EINVAL with @err. */
int slo_watch_parse(const char *text, struct slo_target_watch *w, struct slo_err *err);

/**
 * slo_target_new - watch @n services
 * @w:    copied; @n is 0 to SLO_TARGET_SERVICES; the index into it is the service number everywhere
 * @opts: copied except for the string; NULL = all defaults
 *
 * Nothing is read yet. Return: 0, -ENOMEM, or -E2BIG with @err.
 */
int slo_target_new(struct slo_target **out, const struct slo_target_watch *w, size_t n,
		   const struct slo_target_opts *opts, struct slo_err *err);
void slo_target_free(struct slo_target *t);

/**
 * slo_target_refresh - follow restarts
 *
 * Cheap while the processes found last still live: a walk over all processes
 * happens when one of them is gone (or none was found, then at most once a
 * second) and every @rescan_ns. Return: 0, or negative errno when proc_root
 * cannot be read.
 */
int slo_target_refresh(struct slo_target *t, int64_t now_mono_ns);

size_t slo_target_services(const struct slo_target *t);
const struct slo_target_watch *slo_target_watch(const struct slo_target *t, int service);

/** slo_target_procs - processes of @service as of the last refresh; valid until the next one. */
size_t slo_target_procs(const struct slo_target *t, int service, const struct slo_target_proc **out);

/** slo_target_why - why @service has no processes ("nobody listens on port 8080"); "" when it has some. */
const char *slo_target_why(const struct slo_target *t, int service);

/**
 * slo_target_owner - whose connection is this?
 *
 * Return: the service whose process has the local end of @tuple open, the
 * opener (src) looked at first; SLO_SERVICE_NONE when not known, as for a socket
 * that was opened and closed between two looks. A connection to a local address
 * and a port that one of ours listens on is that service's.
 * Looks at the sockets again when an answer is missing: at most once per owner_ns (UDP
 * sockets alone, which live short, ten times as often) and never for more
 * than a third of a percent of the time.
 */
int slo_target_owner(struct slo_target *t, const struct slo_tuple *tuple);

void slo_target_counters(const struct slo_target *t, struct slo_target_counters *out);

/** slo_target_proc_root - as given at init. */
const char *slo_target_proc_root(const struct slo_target *t);

#endif
