/* SPDX-License-Identifier: MIT */
/*
 * toolkit.yaml: what an operator decides once for a service, as opposed to the
 * options of one run. Unknown keys are errors that name file, line and the
 * nearest known key.
 */
#ifndef SLO_CONFIG_CONFIG_H
#define SLO_CONFIG_CONFIG_H

#include "base/err.h"
#include "base/str.h"
#include "event/enum.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
	SLO_MAX_OBJECTIVES = 64,
	SLO_MAX_PEERS = 64,
	SLO_MAX_CONFIG_KEYS = 1024, /* remembered origins: more than all keys of full lists */
};

/* One objective. A service pattern "*" is for every service without its own. */
struct slo_objective {
	char service[64];
	int sli;            /* enum SLO_SLI */
	double threshold;   /* good up to this value (throughput: from it on), in the SLI's unit; 0 for error rates */
	double target;      /* share of valid requests that must be good, in (0, 1) */
	int64_t short_s;    /* short window, s */
	int64_t long_s;     /* long window, s */
	double burn;        /* both windows must reach this burn rate; NaN = derive it from the period and budget */
	double budget_pct;  /* share of the period's budget the long window may spend when burn is derived, % */
	int64_t period_s;   /* budget period, s */
	int64_t min_events; /* valid requests a short window needs to open an incident */
};

/* Who a remote address, port or name is. */
struct slo_peer {
	int role;             /* enum SLO_ROLE */
	uint16_t port;        /* 0 = any */
	bool has_net;
	uint8_t net[16];      /* IPv6 or v4-mapped, network order */
	uint8_t prefix;       /* bits of net that count, 0..128 */
	char name[128];       /* DNS name or suffix ".example.com"; "" = any */
};

struct slo_config {
	char api_version[64], kind[32];
	bool signal_enabled[SLO_SIGNAL__COUNT]; /* signal_set; an empty list means none */
	int64_t events_per_second_limit, burst_limit;
	int64_t correlation_window_ms;
	struct {
		int64_t hold_ms, slack_ms, fan_out;
		double precision[SLO_TIER__COUNT]; /* share of joins that are right */
	} correlation;
	char otlp_endpoint[256];
	double max_overhead_pct;    /* of one core */
	struct {
		bool enabled;
		char url[256], secret_file[256], format[16], spool_dir[256];
		char url_file[256], ca_file[256], allow_hosts[512]; /* hosts: commas between */
		int64_t timeout_ms, spool_max_bytes, spool_max_age_s;
		bool allow_http;
	} webhook;
	struct {
		bool enabled, fail_open;
		char prometheus_url[256], preset[16], selector[256], bearer_token_file[256], ca_file[256];
		double ttft_p95_ms, error_rate, burn_rate;
		int64_t window_s, min_samples;
	} cdgate;
	struct slo_objective objectives[SLO_MAX_OBJECTIVES];
	uint32_t objectives_count;
	struct slo_peer peers[SLO_MAX_PEERS];
	uint32_t peers_count;
	/* where each key was set; for "config print --origin" */
	struct {
		char key[40]; /* "peers[3].role" */
		int line;        /* 0 = default */
	} origins[SLO_MAX_CONFIG_KEYS];
	uint32_t origins_count;
	char path[256];          /* "" = built-in defaults */
};

/** slo_config_defaults - the documented defaults: all twelve signals, ttft and error objectives for "*". */
void slo_config_defaults(struct slo_config *c);

/**
 * slo_config_load - defaults overlaid by the file
 * @path: a file that must exist
 *
 * Return: 0; -ENOENT and other errno when it cannot be read; -EINVAL for bad
 * content, all with @err. @c is unchanged on failure.
 */
int slo_config_load(struct slo_config *c, const char *path, struct slo_err *err);

/** slo_config_parse - the same from memory; @name stands in messages. */
int slo_config_parse(struct slo_config *c, const char *text, size_t len, const char *name, struct slo_err *err);

/**
 * slo_config_find - load @explicit_path when given (an error when missing), else
 * config/toolkit.yaml or /etc/llm-slo/toolkit.yaml when one exists, else defaults.
 */
int slo_config_find(struct slo_config *c, const char *explicit_path, struct slo_err *err);

/** slo_config_print - as YAML that reads back equal; with @origin each line says where its value comes from. */
int slo_config_print(const struct slo_config *c, bool origin, FILE *to);

/**
 * slo_config_diff - call @changed with the path of each key ("sampling.burst_limit", "objectives") that is not the same in both
 *
 * A list is one key. Where a value was set, and in which file, does not matter. Return: how many.
 */
size_t slo_config_diff(const struct slo_config *a, const struct slo_config *b,
		       void (*changed)(void *arg, const char *path), void *arg);

/** slo_config_objective - the objective of @service for @sli: its own, else "*"'s, else NULL. */
const struct slo_objective *slo_config_objective(const struct slo_config *c, struct slo_str service, int sli);

/** slo_objective_defaults - "*", ttft_ms <= 800 for 95 % of requests, 300 s and 3600 s, 2 % of 30 days, 20 requests. */
void slo_objective_defaults(struct slo_objective *o);

/**
 * slo_objective_parse - "ttft_ms<=400,target=0.95,short=5s,long=30s,burn=2,min_events=20[,service=chat]"
 *
 * The form of the --objective option: the SLI first, its bound ("<=", for throughput ">=") left out for error
 * rates; unset parts keep what @o holds (start from slo_objective_defaults()). burn=auto derives it;
 * budget=PCT and period=DURATION set what it is derived from.
 * Return: 0; -EINVAL with @err, also for a burn rate that the target makes unreachable. @o is then unchanged.
 */
int slo_objective_parse(struct slo_objective *o, const char *text, struct slo_err *err);

/**
 * slo_config_override - take objectives given as options
 * @specs: @n texts as for slo_objective_parse(), on top of slo_objective_defaults()
 *
 * Each takes the place of the configured objective of the same service and SLI, or is added.
 * Return: 0, -EINVAL for a bad text, -E2BIG beyond SLO_MAX_OBJECTIVES; with @err.
 */
int slo_config_override(struct slo_config *c, const char *const *specs, size_t n, struct slo_err *err);

/** slo_objective_burn - the burn rate that both windows must reach: as given, or budget_pct/100 * period/long. */
double slo_objective_burn(const struct slo_objective *o);

/**
 * slo_config_role - the role of a peer (enum SLO_ROLE)
 * @addr: IPv6 or v4-mapped, network order
 * @name: DNS name it was looked up by; may be absent
 *
 * The first entry whose conditions all hold decides; SLO_ROLE_OTHER when none does.
 */
int slo_config_role(const struct slo_config *c, const uint8_t addr[16], uint16_t port, struct slo_str name);

#endif
