/* SPDX-License-Identifier: MIT */
/* The live source: BPF probes, packet socket and procfs behind one aggregator. */
#ifndef SLO_AGENT_LIVE_H
#define SLO_AGENT_LIVE_H

#include "agent.h"

#include "decode/aggregate.h"
#include "guard/overhead.h"
#include "guard/silent.h"
#include "probe/bpf.h"
#include "probe/host.h"
#include "probe/identity.h"
#include "probe/ladder.h"
#include "probe/packet.h"
#include "probe/target.h"
#include "probe/witness.h"

enum { LIVE_LOCAL_MAX = 256 };

/* By service (0 = nobody's, or the machine) and signal. */
typedef double live_cells[SLO_TARGET_SERVICES + 1][SLO_SIGNAL__COUNT];

/* What probes saw beside what others counted of the same: silent.c. */
struct live_silent {
	struct slo_witness *witness;     /* NULL = nothing to compare with */
	struct slo_silent cells[SLO_TARGET_SERVICES + 1][SLO_SIGNAL__COUNT];
	live_cells told, packets;        /* by the probes' summaries, and by the packet source; since the start */
	live_cells seen_before, packets_before; /* at the last look */
	bool at_work[SLO_SIGNAL__COUNT]; /* at the last look */
	bool silent[SLO_SIGNAL__COUNT];
	char why[SLO_SIGNAL__COUNT][96];
	uint64_t trips;                  /* times a probe fell silent */
	int64_t next_mono;
};

struct live {
	struct agent *a;
	struct slo_target_watch watch[SLO_TARGET_SERVICES];
	struct slo_agg_service services[SLO_TARGET_SERVICES];
	size_t services_count;
	struct slo_target *target;
	struct slo_identity *identity;      /* NULL when nothing can be told */
	struct slo_who who[SLO_TARGET_SERVICES]; /* what the labels of services point into */
	char container_id[SLO_TARGET_SERVICES][16];
	struct slo_host *host;
	struct slo_agg *agg;
	struct slo_flow_tracker *tracker;
	struct slo_obs_sink sink;           /* of the aggregator */
	struct slo_bpf *bpf;                /* NULL when tracing was not asked for */
	struct slo_packet_src *packet;      /* NULL when packets cannot be captured */
	char packet_why[192];               /* then the reason */
	struct slo_guard guard;
	struct live_silent silent;
	uint64_t reloads, reload_failed;
	bool asked[SLO_SIGNAL__COUNT];      /* for the first time, by the last reload */
	bool loaded, was_loading;           /* a probe was, since then; was being, when the guard last looked */
	enum slo_not_captured uncaptured[SLO_TARGET_SERVICES]; /* ports whose requests cannot be timed */
	uint8_t local[LIVE_LOCAL_MAX][16];  /* this host's addresses, v4 mapped */
	size_t local_count;
	/* time, ns */
	int64_t interval_ns;
	int64_t window_start, window_end;   /* wall clock */
	int64_t last_sample_mono, last_cpu, next_stats_mono, next_tick_mono;
	uint64_t lost_before;               /* packets known missing when the window began */
	double cpu_pct, bpf_pct;            /* of one core, last interval: the agent's own, its programs' in the kernel */
	int64_t windows;                    /* flushed */
	int ring_high;                      /* exemplars found in the probes' ring at once, since the last window */
	int64_t bpf_run_ns[SLO_SIGNAL__COUNT]; /* what the probes' programs took since the start, as far as it is counted */
};

/** live_open - build everything; packets are optional, the rest is not. Return: 0 or exit status. */
int live_open(struct live *l, struct slo_err *err);
void live_close(struct live *l);

/** live_refresh_local - read the addresses of this network namespace. */
void live_refresh_local(struct live *l);

/** live_capture_states - tell the aggregator what each source watches. */
void live_capture_states(struct live *l);

/** live_print_providers - the table of providers, on stderr. */
void live_print_providers(const struct live *l);

/** live_whose - the labels of the process of an observation; for struct slo_agg_opts. */
void live_whose(void *arg, const struct slo_obs *o, struct slo_agg_service *labels);

/** live_identify - follow containers; the labels of services change with them. */
void live_identify(struct live *l, int64_t mono_ns);

/** live_sources - what was opened, for the ladder. */
struct slo_sources live_sources(const struct live *l);

/** live_core_full - whether tracing measures every signal it can; the reasons are logged where it does not. */
bool live_core_full(const struct live *l);

/** live_drops - what was lost so far, by reason; those of the output are left alone. */
void live_drops(struct live *l, uint64_t drops[SLO_DROP__COUNT]);

/** live_publish - tell the metrics of the window that was just flushed. */
void live_publish(struct live *l);

/** live_enable_host - have the sampler of procfs measure what tracing does not. */
void live_enable_host(struct live *l);

/** live_overdue_ns - from when on a request of @service without its first token is bad; 0 = never. */
int64_t live_overdue_ns(const struct live *l, size_t service);

/** live_reload - after SIGHUP: read the configuration again and follow it. Between two windows only. */
void live_reload(struct live *l);

/** live_silent_open - compare the probes with the kernel's own counters from now on. */
void live_silent_open(struct live *l);

/** live_silent_sink - where probes put what they saw: it is counted, then handed on to the aggregator. */
struct slo_obs_sink live_silent_sink(struct live *l);

/** live_silent_packet - count what the packet source saw. Return: whether it measures in place of a silent probe. */
bool live_silent_packet(struct live *l, const struct slo_obs *o);

/** live_silent_look - compare, when it is time; after the probes were flushed. */
void live_silent_look(struct live *l, int64_t wall_ns, int64_t mono_ns);

/** live_silent - the probe of @signal is attached but sees nothing. */
bool live_silent(const struct live *l, int signal);

/** live_silent_why - then the reason, for windows. */
const char *live_silent_why(const struct live *l, int signal);

/**
 * live_confine - give up what is not needed any more: capabilities, the user with --user, system calls
 *
 * All is open by then. Threads that are to be confined as well are started after it. Return: 0 or exit status.
 */
int live_confine(struct live *l);

/** live_report_stats - write a stats record of all counters. */
void live_report_stats(struct live *l, bool final);

#endif
