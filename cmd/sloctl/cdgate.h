/* SPDX-License-Identifier: MIT */
/* The gate as sloctl runs it: options and configuration, the questions, the rounds, the forms of a verdict. */
#ifndef SLOCTL_CDGATE_H
#define SLOCTL_CDGATE_H

#include "config/config.h"
#include "gate/judge.h"
#include "gate/selector.h"
#include "net/prom_api.h"
#include "opt/opt.h"

#include <jansson.h>

enum {
	EXIT_USAGE = 2,
	ATTEMPTS_MAX = 256,           /* rounds that are listed; later ones are judged, and counted */
	CDGATE_REPORT_MAX = 4 << 20,  /* bytes of a report */
};

/* What check and serve share comes first in both option structs. */
struct cdgate_opts {
	const char *config, *prometheus_url, *preset_text, *selector, *baseline;
	const char *bearer_file, *basic_file, *ca_file, *cert_file, *key_file;
	double ttft_p95_ms, error_rate, burn_rate, target, min_samples, tolerance;
	int64_t timeout_ns, window_ns, long_window_ns, max_age_ns;
	int method;
	bool fail_open;
	struct slo_opt_list queries, thresholds, samples, skip, headers;
	/* of check alone */
	int output;
	int64_t interval_ns, initial_delay_ns, count, failure_limit, inconclusive_limit, error_limit;
	bool dry_run;
	/* of serve alone */
	const char *listen, *port_file;
};

extern const struct slo_opt cdgate_check_opts[], cdgate_serve_opts[];

/* A metric in one round. */
struct cdgate_attempt {
	int64_t at_ns;
	double value;
	int outcome;
	char reason[160];
};

/* A gate that is set up. */
struct cdgate {
	const struct cdgate_opts *o;
	struct slo_config config;
	char selector[SLO_GATE_SELECTOR_MAX], baseline[SLO_GATE_SELECTOR_MAX];
	char custom_names[SLO_GATE_CUSTOM][SLO_GATE_NAME_MAX];
	const char *skip[SLO_OPT_LIST_MAX + 1], *headers[SLO_OPT_LIST_MAX + 1];
	struct slo_gate_opts want;
	struct slo_gate_patience patience;
	const char *url;
	bool fail_open;
	struct slo_fetch *fetch;
	struct slo_fetch_answer body;
	struct slo_prom_api_answer answer;
};

/* What came of a gate's rounds. */
struct cdgate_verdict {
	const struct cdgate *gate;
	struct slo_gate_plan plan;
	struct slo_gate_tally tallies[SLO_GATE_METRICS];
	struct slo_gate_measure last[SLO_GATE_METRICS];
	struct slo_gate_reading *readings;   /* of the last round, one for each query */
	struct cdgate_attempt *attempts;     /* [round][metric], rounds up to ATTEMPTS_MAX */
	uint64_t rounds;
	int64_t started_ns, finished_ns;
	struct slo_gate_result result;
};

/**
 * cdgate_open - configuration and options into a gate
 *
 * Prints what is wrong. Return: 0, or the exit status: EXIT_USAGE.
 */
int cdgate_open(struct cdgate *g, const struct cdgate_opts *o);
void cdgate_close(struct cdgate *g);

/** cdgate_verdict_open - the plan of @g, with another @selector unless NULL. Return: 0, -EINVAL, -ENOMEM. */
int cdgate_verdict_open(struct cdgate_verdict *v, const struct cdgate *g, const char *selector, struct slo_err *err);
void cdgate_verdict_close(struct cdgate_verdict *v);

/** cdgate_ask - put all queries of the plan, within the timeout, and fill v->readings. */
void cdgate_ask(struct cdgate *g, struct cdgate_verdict *v);

/** cdgate_run - rounds until there is a verdict. */
void cdgate_run(struct cdgate *g, struct cdgate_verdict *v);

/** cdgate_threshold - what the metric is held to, for people: "<= 800". */
void cdgate_threshold(const struct slo_gate_metric *m, const struct slo_gate_measure *what, char *to, size_t size);

/** cdgate_query - the metric's PromQL. */
const char *cdgate_query(const struct cdgate_verdict *v, const struct slo_gate_metric *m);

/** cdgate_verdict_of - the outcome of metric @i over all rounds. */
int cdgate_verdict_of(const struct cdgate_verdict *v, size_t i);

/** cdgate_decider - the measurement that speaks for metric @i: the last one of the outcome that decided. */
const struct slo_gate_measure *cdgate_decider(const struct cdgate_verdict *v, size_t i);

void cdgate_put_plan(const struct cdgate_verdict *v, bool json, struct slo_buf *out);
void cdgate_put_text(const struct cdgate_verdict *v, struct slo_buf *out);
void cdgate_put_nagios(const struct cdgate_verdict *v, struct slo_buf *out);
void cdgate_put_junit(const struct cdgate_verdict *v, struct slo_buf *out);
void cdgate_put_github(const struct cdgate_verdict *v, struct slo_buf *out);

/** cdgate_put_summary - a table in Markdown, for $GITHUB_STEP_SUMMARY. */
void cdgate_put_summary(const struct cdgate_verdict *v, struct slo_buf *out);

/** cdgate_json - the whole verdict; NULL when out of memory. */
json_t *cdgate_json(const struct cdgate_verdict *v);
void cdgate_put_json(const struct cdgate_verdict *v, struct slo_buf *out);

int cdgate_serve_run(void *opts, int argc, char **argv);

#endif
