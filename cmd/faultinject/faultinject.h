/* SPDX-License-Identifier: MIT */
#ifndef FAULTINJECT_H
#define FAULTINJECT_H

#include "inject/measure.h"
#include "inject/drill.h"
#include "inject/session.h"
#include "io/writer.h"
#include "opt/opt.h"

#include <signal.h>

enum { RUN_FAULTS_MAX = SLO_DRILL_FAULTS_MAX };

struct run_opts {
	int64_t pid;
	struct slo_opt_list targets, peers, resolvers;
	const char *provider, *retrieval, *listen, *device, *disk, *resolv_conf;
	bool tree, yes_this_host;
	double severity, strength;
	int64_t duration_ns, start_after_ns, retry_after_s;
	int via;
	const char *scenario_file, *service, *out, *journal_dir;
};

struct raw_opts {
	int scenario, emit;
	int64_t count;
	const char *out, *cluster, *namespace, *workload, *service, *node;
};

extern const struct slo_cmd faultinject_run, faultinject_list, faultinject_undo;

/** faultinject_raw - the samples of the published tool. Return: exit status. */
int faultinject_raw(const struct raw_opts *o);

/**
 * faultinject_spec - what the options and the scenario's row say of one fault
 *
 * Return: 0; -EINVAL with @err.
 */
int faultinject_spec(const struct run_opts *o, const struct slo_drill_fault *row, struct slo_fault_spec *out,
		     struct slo_err *err);

/* A fault in force and its label. */
struct running {
	struct slo_fault_spec spec;
	struct slo_session s;
	struct slo_measure before;
	char service[128];
	int64_t start_ns;
	char label_id[96];
};

/** running_start - say that it is in force. Return: 0; a negative errno when the label cannot be written. */
int running_start(struct running *r, const char *out, struct slo_writer *w);

/** running_end - undo, say how that went, close. Return: 0, or 1 when something is left. */
int running_end(struct running *r, const char *ended_by, struct slo_writer *w);

#endif
