/* SPDX-License-Identifier: MIT */
/* Shared by bpf.c, bpf_load.c, bpf_read.c, bpf_watch.c; one entry of slo_bpf_defs for each object in bpf/. */
#ifndef SLO_PROBE_BPF_INTERNAL_H
#define SLO_PROBE_BPF_INTERNAL_H

#include "probe/bpf.h"
#include "probe/cgroup.h"
#include "probe/clock.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

enum {
	BPF_PROGRAMS = 16,  /* most programs of one rung */
	BPF_TASKS = 4096,   /* watched processes */
	BPF_CGROUPS = 1024, /* watched cgroups */
	BPF_PORTS = 64,
	BPF_CLOCK_S = 30,   /* how often the wall clock is read again */
};

struct bpf_rung {
	const char *name;    /* the kind of hook: what --disable-rung takes and windows carry */
	/* All are loaded and attached; one that starts with '?' only where its target exists. */
	const char *programs[BPF_PROGRAMS];
	const char *unused[4]; /* maps this rung has no use for: not made */
};

struct bpf_probe;
struct slo_bpf;

/* For programs that have no one place to be attached to (SEC "uprobe", "uretprobe"). */
struct bpf_more {
	/* After the others are attached. Return: 0, or negative errno with @why: the rung is not taken. */
	int (*attach)(struct slo_bpf *b, struct bpf_probe *p, char why[SLO_BPF_WHY]);
	void (*detach)(struct bpf_probe *p);
	void (*free)(struct bpf_probe *p);
	void (*settle)(struct bpf_probe *p); /* wait for threads of its own */
	/* With every drain, ten times a second: follow what there is to be attached to. */
	void (*refresh)(struct slo_bpf *b, struct bpf_probe *p, int64_t mono_ns);
	void (*stats)(const struct slo_bpf *b, const struct bpf_probe *p, struct slo_bpf_stats *out);
	/* Whether it can see anything of @pid at all. */
	bool (*applies)(const struct bpf_probe *p, int64_t pid);
};

struct bpf_def {
	int probe;           /* enum slo_bpf_probe */
	const unsigned char *object, *object_end;
	bool peers;          /* histograms by peer; else by slot */
	bool everybody;      /* what nobody watched does is counted as the host's even when services are watched */
	const struct bpf_more *more; /* NULL = every program is attached by its section */
	int role;            /* enum SLO_ROLE of all peers; SLO_ROLE_OTHER = by address */
	const char *waits;   /* map of rows by slot of what took time but is no latency: in the counters only; NULL = none */
	const char *starts;  /* hash map of observations under way, whose evictions are counted; NULL = none */
	void (*sweep)(struct slo_bpf *b, struct bpf_probe *p); /* before each flush: what only the lapse of time tells */
	struct bpf_rung rungs[SLO_BPF_RUNGS];
};

extern const struct bpf_def slo_bpf_defs[];
extern const size_t slo_bpf_defs_count;

struct bpf_probe {
	const struct bpf_def *def;
	struct bpf_object *obj; /* NULL = not loaded */
	struct bpf_link *links[BPF_PROGRAMS];
	int links_count;
	int rung;               /* index; -1 = none */
	bool attached;
	char provider[24];      /* "bpf/tp_btf" */
	char why[SLO_BPF_RUNGS][SLO_BPF_WHY];
	int rows_fd, starts_fd; /* maps; -1 = none */
	void *more;             /* of def->more */
	uint64_t swept, voided; /* starts taken out by the sweep; those not told of */
	uint64_t replaced;      /* starts overwritten by others */
	void *before;           /* last look: array by slot, or struct slo_table by peer */
};

enum bpf_shared { BPF_CONFIG, BPF_COUNTERS, BPF_RING, BPF_MAP_TASKS, BPF_MAP_CGROUPS, BPF_MAP_PORTS, BPF__SHARED };

struct bpf_slot {
	bool used;
	int service;
	uint64_t cgroup_id;
};

/* Run time of the programs, looked at now and then. */
struct bpf_cost {
	int fd;                  /* open while the kernel counts; -1 = it does not */
	int error;               /* why it cannot: negative errno */
	int64_t since_mono, next_mono;
	uint64_t before[SLO_BPF__PROBES];
	int64_t per_s[SLO_BPF__PROBES]; /* ns per second, at the last look */
};

struct slo_bpf {
	struct slo_bpf_opts o;
	int shared[BPF__SHARED]; /* descriptors of the maps every object shares; -1 = not made */
	struct slo_bpf_config *config; /* mapped */
	struct ring_buffer *ring;
	struct bpf_probe probes[SLO_BPF__PROBES]; /* by enum; def NULL = no such probe */
	struct bpf_slot slots[SLO_BPF_SLOTS];
	uint32_t slots_count;    /* rows the kernel has */
	uint64_t watch_over;     /* processes and cgroups that had no room of their own when last looked at */
	uint64_t watch_hash;     /* of the processes the maps were filled from */
	int64_t watch_mono, clock_mono;
	struct slo_cgroup_mounts mounts;
	struct slo_clock clock;
	struct bpf_cost cost;
	int cpus;
	unsigned char *cpu_rows; /* room for one row of all CPUs */
	struct btf *kernel_types; /* while probes are loaded */
	struct bpf_loader *loader; /* bpf_want.c; NULL = nothing is being loaded */
	uint64_t malformed;      /* events that could not be decoded */
	int drained;
};

/** bpf_make_shared - the maps every object uses. Return: 0 or negative errno with @err. */
int bpf_make_shared(struct slo_bpf *b, struct slo_err *err);

/** bpf_climb - take the best rung of @p that works; the reasons of those that do not are kept. */
void bpf_climb(struct slo_bpf *b, struct bpf_probe *p);
void bpf_unload(struct bpf_probe *p);

/** bpf_attach - Return: 0 or negative errno. */
int bpf_attach(struct slo_bpf *b, struct bpf_probe *p, char why[SLO_BPF_WHY]);
void bpf_detach(struct bpf_probe *p);

/** bpf_rung_known - some probe has this rung; @probe NULL = any. */
bool bpf_rung_known(struct slo_str probe, struct slo_str rung);

/* An entry of a map of the kernel; with @value 0 it is not to be there. */
struct bpf_entry {
	uint64_t key, value;
};

/** bpf_sync_map - make the map hold exactly @want; keys and values of 4 or 8 bytes. */
void bpf_sync_map(int fd, size_t key_size, size_t value_size, const struct bpf_entry *want, size_t n);

/** bpf_disabled - @disable, a list as of --disable-rung, has "RUNG" or "PROBE:RUNG". */
bool bpf_disabled(const char *disable, const char *probe, const char *rung);

/** bpf_watch - tell the kernel whose observations count. */
void bpf_watch(struct slo_bpf *b, int64_t mono_ns);

/** bpf_cost_tick - begin or end a look at what the programs cost. */
void bpf_cost_tick(struct slo_bpf *b, int64_t mono_ns);
/** bpf_watch_quotas - tell the throttle probe which cgroups the services' processes are in, and those above. */
void bpf_watch_quotas(struct slo_bpf *b);

/** bpf_watched - what process @pid does counts, as the kernel would have it. */
bool bpf_watched(const struct slo_bpf *b, int64_t pid);

/** bpf_explain - "WHAT: REASON" for a failed libbpf call, the verifier's words included. Return: @neg_errno. */
int bpf_explain(char why[SLO_BPF_WHY], const char *what, int neg_errno);

extern const struct bpf_more bpf_tls;

/** bpf_wanted - one of the probe's signals is asked for. */
bool bpf_wanted(const struct slo_bpf_opts *o, const struct bpf_def *d);

/** bpf_want_close - wait for what is being loaded, and drop it. */
void bpf_want_close(struct slo_bpf *b);

/** bpf_read_counters - add the counters of @probe on all CPUs to @sum. */
void bpf_read_counters(const struct slo_bpf *b, int probe, struct slo_bpf_counters *sum);

/** bpf_probe_of - the probe that measures @signal, NULL when there is none. */
struct bpf_probe *bpf_probe_of(const struct slo_bpf *b, int signal);

int bpf_read_open(struct slo_bpf *b, struct bpf_probe *p);
void bpf_read_close(struct bpf_probe *p);
int bpf_on_event(void *arg, void *data, size_t size);

/** bpf_dns_sweep - tell of queries without an answer. */
void bpf_dns_sweep(struct slo_bpf *b, struct bpf_probe *p);

#endif
