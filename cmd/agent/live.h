/* SPDX-License-Identifier: MIT */
/* The live source: BPF probes, packet socket and procfs behind one aggregator. */
#ifndef SLO_AGENT_LIVE_H
#define SLO_AGENT_LIVE_H

#include "agent.h"

#include "decode/aggregate.h"
#include "guard/overhead.h"
#include "probe/bpf.h"
#include "probe/host.h"
#include "probe/identity.h"
#include "probe/ladder.h"
#include "probe/packet.h"
#include "probe/target.h"

enum { LIVE_LOCAL_MAX = 256 };

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

/** live_report_stats - write a stats record of all counters. */
void live_report_stats(struct live *l, bool final);

#endif
