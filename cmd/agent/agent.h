/* SPDX-License-Identifier: MIT */
/* What the files of the agent share: its options and its three sources. */
#ifndef SLO_AGENT_AGENT_H
#define SLO_AGENT_AGENT_H

#include "config/config.h"
#include "event/event.h"
#include "io/writer.h"
#include "opt/opt.h"
#include "probe/privs.h"

#include <signal.h>

enum agent_kind { AGENT_KIND_SLO, AGENT_KIND_PROBE, AGENT_KIND_BOTH, AGENT_KIND_ALL };
enum agent_output { AGENT_OUTPUT_STDOUT, AGENT_OUTPUT_JSONL, AGENT_OUTPUT_OTLP };
enum agent_speed { AGENT_SPEED_FASTEST, AGENT_SPEED_RECORDED };
enum agent_caps { AGENT_CAPS_TEXT, AGENT_CAPS_NAMES, AGENT_CAPS_JSON };
enum agent_mode { AGENT_MODE_AUTO, AGENT_MODE_CORE_FULL, AGENT_MODE_HOST, AGENT_MODE_MIN, AGENT_MODE_BCC };

struct agent_opts {
	/* labels */
	const char *cluster, *namespace, *workload, *service, *node, *pod, *container;
	/* what to watch */
	struct slo_opt_list watch;
	const char *source, *scenario, *disable_signals, *config;
	int replay_speed; /* enum agent_speed */
	struct slo_opt_list objectives;
	int mode;
	int64_t interval_ms, count, request_timeout_ms, dns_timeout_ms, connect_timeout_ms;
	struct slo_opt_list dns_ports;
	const char *disable_rung;
	int64_t sample_good, ring_kib, event_ring_kib;
	bool disable_guard, probe_smoke;
	/* rights */
	bool print_caps, no_seccomp;
	int caps_format; /* enum agent_caps */
	const char *user;
	/* where to put it */
	int event_kind, output;
	const char *output_path, *out;
	int64_t queue_kib, stats_interval_s;
	bool quiet;
	const char *metrics_bind; /* "" or "off" = nowhere */
	bool dns_metric;
	/* the published tool's options that mean nothing here, or not yet */
	const char *ignored;
	int64_t ignored_int;
	bool ignored_flag;
};

/* Everything a source needs. */
struct agent {
	const struct agent_opts *o;
	struct slo_config config;
	bool enabled[SLO_SIGNAL__COUNT]; /* signals asked for */
	struct slo_privs_user user;      /* of --user */
	struct slo_writer *out;
	struct slo_buf line;             /* the record being written */
	uint64_t emitted[SLO_KIND__COUNT];
	uint64_t encode_failed;
	int64_t started_ns;              /* wall clock */
	int write_error;                 /* first error of the output, 0 = none */
	struct agent_metrics *metrics;   /* NULL = nobody is told */
};

/* Set by SIGTERM and SIGINT, and by SIGHUP. */
extern volatile sig_atomic_t agent_stop, agent_hup;

/**
 * agent_configure - the configuration as file and options make it
 * @enabled: signals asked for by both; the configuration has no other ones
 *
 * Return: 0 or negative errno with @err; @c and @enabled may be changed then.
 */
int agent_configure(const struct agent_opts *o, struct slo_config *c, bool enabled[SLO_SIGNAL__COUNT],
		    struct slo_err *err);

/**
 * agent_emit - write one record, unless --event-kind leaves it out
 *
 * A failed write is kept in @a->write_error and ends the sources' loops.
 */
void agent_emit(struct agent *a, const struct slo_event *ev);

/** agent_emit_stats - write a stats record of the counters in @n pairs plus what was emitted. */
void agent_emit_stats(struct agent *a, const struct slo_num_pair *pairs, uint32_t n, int64_t now_ns, bool final);

/* Sources: each runs until stopped, counted out, or its input ends. Return: exit status. */
int agent_run_live(struct agent *a);
int agent_run_synthetic(struct agent *a, const char *scenario);
int agent_run_replay(struct agent *a, const char *path);

/** agent_print_caps - the capabilities that the options ask for, on standard output. Return: exit status. */
int agent_print_caps(const struct agent *a);

/** agent_smoke - load, attach and fire every probe that is wanted, on standard output. Return: exit status. */
int agent_smoke(const struct agent *a);

#endif
