/* SPDX-License-Identifier: MIT */
/* The pieces of the host sampler: one file per kind of counter. */
#ifndef SLO_PROBE_HOST_INTERNAL_H
#define SLO_PROBE_HOST_INTERNAL_H

#include "base/buf.h"
#include "base/table.h"
#include "decode/proc.h"
#include "probe/cgroup.h"
#include "probe/host.h"
#include "probe/target.h"

enum { HOST_WHY = 160 };

/* What the last sample knows about one signal of one service. */
struct host_cell {
	int state;
	const char *provider;
	char why[HOST_WHY];
	uint64_t emitted; /* observations of this sample */
};

struct slo_host {
	struct slo_target *target;
	struct slo_obs_sink sink;
	char proc_root[256], sys_root[256];
	struct slo_cgroup_mounts mounts;
	struct slo_buf buf;
	bool enabled[SLO_SIGNAL__COUNT];
	struct host_cell cells[SLO_TARGET_SERVICES + 1][SLO_SIGNAL__COUNT]; /* [0]: SLO_SERVICE_NONE */
	uint64_t gen;                 /* of this sample, from 1 */
	int64_t wall_ns, last_wall_ns;
	int64_t interval_ns, last_mono_ns; /* since the sample before; 0 for the first */
	int64_t boot_ns, last_boot_ns;       /* since boot, the clock of process start times */
	uint64_t tick_ns;                    /* of a clock tick */
	int64_t cpus;
	struct slo_table threads;     /* host_threads.c */
	struct slo_table cgroups;     /* host_cgroups.c */
	struct slo_table disks;       /* host_system.c */
	uint64_t retransmits, retransmits_gen; /* host_net.c: at the sample of that number; 0 = none */
	bool packets;                 /* somebody captures them */
	struct slo_proc_cpu cpu;
	bool has_cpu;
	struct slo_proc_psi psi;      /* of the host */
	uint64_t psi_gen;
	int psi_err;                  /* why it could not be read */
	int64_t psi_delta_us;         /* since the sample before; -1 = that had none */
	struct slo_host_counters n;
};

/* One observation; the service is filled in by host_emit(). */
struct host_reading {
	int signal;
	const char *provider;
	double value;
	uint64_t times;
	int64_t pid, tid;
	const char *comm, *detail; /* NULL = none */
};

void slo_host_emit(struct slo_host *h, int service, const struct host_reading *r);

/** slo_host_emit_all - for every watched service, or for none when none is watched. */
void slo_host_emit_all(struct slo_host *h, const struct host_reading *r);

/** slo_host_cell - where @service's knowledge about @signal is kept. */
struct host_cell *slo_host_cell(struct slo_host *h, int service, int signal);

/**
 * slo_host_watched - the signal was read: value when something was emitted in this sample, else zero
 * @why: a note, or NULL
 */
void slo_host_watched(struct slo_host *h, int service, int signal, const char *provider, const char *why);
void slo_host_missing(struct slo_host *h, int service, int signal, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * slo_host_baseline - @provider works, but there is nothing to compare its reading with yet
 *
 * At the first sample of all, before which there is no window, that is zero; later on it is a gap.
 */
void slo_host_baseline(struct slo_host *h, int service, int signal, const char *provider);

/* The same for every service, or for none when none is watched. */
void slo_host_baseline_all(struct slo_host *h, int signal, const char *provider);
void slo_host_watched_all(struct slo_host *h, int signal, const char *provider, const char *why);
void slo_host_missing_all(struct slo_host *h, int signal, const char *why);

/** slo_host_forget - drop the entries of @t that this sample did not touch; their uint64_t gen is at @gen_at. */
void slo_host_forget(struct slo_host *h, struct slo_table *t, size_t gen_at);

int slo_host_threads_init(struct slo_host *h);
void slo_host_threads(struct slo_host *h, int service);
void slo_host_threads_forget(struct slo_host *h);

int slo_host_cgroups_init(struct slo_host *h);
void slo_host_cgroups(struct slo_host *h, int service);
void slo_host_cgroups_forget(struct slo_host *h);

int slo_host_disks_init(struct slo_host *h);
void slo_host_steal(struct slo_host *h);
void slo_host_read_pressure(struct slo_host *h);
void slo_host_pressure(struct slo_host *h, int service);
void slo_host_disks(struct slo_host *h);
void slo_host_retransmits(struct slo_host *h);

#endif
