/* SPDX-License-Identifier: MIT */
/* Options and configuration of the gate. */
#include "cdgate.h"

#include "base/log.h"
#include "base/time.h"
#include "gate/preset.h"

#include <errno.h>

#define OFF(m, C) SLO_OPT_OFF(struct cdgate_opts, m, C)
#define LIST(m) OFF(m, struct slo_opt_list)
#define TEXT(m) OFF(m, const char *)
#define NUM(m) OFF(m, double)
#define TIME(m) OFF(m, int64_t)
#define WEEK_S (7.0 * 86400)

static const char *const outputs[] = { "text", "json", "junit", "github", "nagios", NULL };
static const char *const methods[] = { "auto", "get", "post", NULL };

/* What both ways of asking share. A help text that ends in "Otherwise KEY." is about the configuration. */
#define GATE_OPTS \
	{ .type = SLO_OPT_HELP, .help = "Objectives" }, \
	{ .name = "config", .type = SLO_OPT_STR, .off = TEXT(config), .metavar = "FILE", \
	  .help = "Configuration; otherwise config/toolkit.yaml or /etc/llm-slo/toolkit.yaml, or else the " \
		  "defaults." }, \
	{ .name = "ttft-p95-ms", .type = SLO_OPT_NUM, .off = NUM(ttft_p95_ms), .metavar = "MS", .lo = 0, .hi = 1e9, \
	  .help = "Highest p95 of the time to the first token that passes, in ms. Otherwise cdgate.ttft_p95_ms." }, \
	{ .name = "error-rate", .type = SLO_OPT_NUM, .off = NUM(error_rate), .metavar = "RATIO", .lo = 0, .hi = 1, \
	  .help = "Highest share of failed requests that passes, 0 to 1. Otherwise cdgate.error_rate." }, \
	{ .name = "burn-rate", .type = SLO_OPT_NUM, .off = NUM(burn_rate), .metavar = "X", .lo = 0, .hi = 1e6, \
	  .help = "Highest burn rate that passes; both windows must be over it to fail. Otherwise " \
		  "cdgate.burn_rate." }, \
	{ .name = "slo-target", .type = SLO_OPT_NUM, .off = NUM(target), .metavar = "RATIO", .lo = 0, .hi = 1, \
	  .help = "Share of requests that must not fail, for burn rates. Otherwise that of the error_rate " \
		  "objective of service *, or 0.95." }, \
	{ .name = "skip", .type = SLO_OPT_LIST, .off = LIST(skip), .metavar = "NAME", \
	  .help = "Leave a metric out: ttft_p95_ms, error_rate, burn_rate." }, \
	{ .name = "query", .type = SLO_OPT_LIST, .off = LIST(queries), .metavar = "NAME=PROMQL", \
	  .help = "One more metric; $selector and $window are filled in." }, \
	{ .name = "threshold", .type = SLO_OPT_LIST, .off = LIST(thresholds), .metavar = "NAME<=NUMBER", \
	  .help = "What a --query must be to pass: <=, <, >=, >, == or != a number. Each needs one." }, \
	{ .name = "samples", .type = SLO_OPT_LIST, .off = LIST(samples), .metavar = "NAME=PROMQL", \
	  .help = "How many requests a --query rests on, for --min-samples." }, \
	{ .type = SLO_OPT_HELP, .help = "What is looked at" }, \
	{ .name = "preset", .type = SLO_OPT_STR, .off = TEXT(preset_text), .metavar = "NAME", \
	  .help = "Whose metric names: llm-slo, llm-slo-ms, vllm, otel, tgi, none. Otherwise cdgate.preset." }, \
	{ .name = "selector", .type = SLO_OPT_STR, .off = TEXT(selector), .metavar = "MATCHERS", \
	  .help = "Labels of the service, as service=chat,pod=~chat-.*. Otherwise cdgate.selector." }, \
	{ .name = "window", .type = SLO_OPT_DURATION, .off = TIME(window_ns), .metavar = "TIME", \
	  .unit_ns = SLO_NS_PER_S, .lo = 0.001, .hi = 31 * 86400.0, \
	  .help = "Of rates and percentiles, and the short one of burn rates. Otherwise cdgate.window_s." }, \
	{ .name = "long-window", .type = SLO_OPT_DURATION, .off = TIME(long_window_ns), .metavar = "TIME", \
	  .unit_ns = SLO_NS_PER_S, .lo = 0, .hi = 31 * 86400.0, .def = "0", \
	  .help = "The long one of burn rates; 0 is twelve times the short one." }, \
	{ .name = "min-samples", .type = SLO_OPT_NUM, .off = NUM(min_samples), .metavar = "N", .lo = 0, .hi = 1e9, \
	  .help = "Requests in the window without which there is no verdict. Otherwise cdgate.min_samples." }, \
	{ .name = "max-age", .type = SLO_OPT_DURATION, .off = TIME(max_age_ns), .metavar = "TIME", .def = "150s", \
	  .unit_ns = SLO_NS_PER_S, .lo = 0, .hi = WEEK_S, \
	  .help = "Oldest the newest sample may be; 0 does not look. Not for --query." }, \
	{ .name = "baseline", .type = SLO_OPT_STR, .off = TEXT(baseline), .metavar = "MATCHERS", \
	  .help = "Compare with these series besides: the stable version, where --selector is the canary." }, \
	{ .name = "baseline-tolerance", .type = SLO_OPT_NUM, .off = NUM(tolerance), .metavar = "RATIO", .def = "0.25", \
	  .lo = 0, .hi = 100, .help = "How much worse than the baseline passes; 0.25 is a quarter." }, \
	{ .type = SLO_OPT_HELP, .help = "Prometheus" }, \
	{ .name = "prometheus-url", .type = SLO_OPT_STR, .off = TEXT(prometheus_url), .metavar = "URL", \
	  .help = "Server to ask; a path prefix is kept. Otherwise cdgate.prometheus_url." }, \
	{ .name = "timeout", .type = SLO_OPT_DURATION, .off = TIME(timeout_ns), .metavar = "TIME", .def = "10s", \
	  .unit_ns = SLO_NS_PER_S, .lo = 0.001, .hi = 3600, \
	  .help = "Longest time for all queries of one measurement; a bare number is seconds." }, \
	{ .name = "method", .type = SLO_OPT_CHOICE, .off = OFF(method, int), .choices = methods, .def = "auto", \
	  .help = "How queries are sent; auto posts those that are too long for a line." }, \
	{ .name = "header", .type = SLO_OPT_LIST, .off = LIST(headers), .metavar = "NAME:VALUE", \
	  .help = "One more header, as X-Scope-OrgID: team. No secrets: others see a command line." }, \
	{ .name = "bearer-token-file", .type = SLO_OPT_STR, .off = TEXT(bearer_file), .metavar = "FILE", \
	  .help = "Token for Prometheus. Otherwise cdgate.bearer_token_file." }, \
	{ .name = "basic-auth-file", .type = SLO_OPT_STR, .off = TEXT(basic_file), .metavar = "FILE", \
	  .help = "user:password for Prometheus." }, \
	{ .name = "ca-file", .type = SLO_OPT_STR, .off = TEXT(ca_file), .metavar = "FILE", \
	  .help = "Authorities to believe in place of the system's. Otherwise cdgate.ca_file." }, \
	{ .name = "cert-file", .type = SLO_OPT_STR, .off = TEXT(cert_file), .metavar = "FILE", \
	  .help = "Client certificate to show." }, \
	{ .name = "key-file", .type = SLO_OPT_STR, .off = TEXT(key_file), .metavar = "FILE", \
	  .help = "Its key." }, \
	{ .name = "fail-open", .type = SLO_OPT_FLAG, .off = OFF(fail_open, bool), \
	  .help = "Pass when Prometheus is unavailable; seen violations still fail. Otherwise cdgate.fail_open." }

const struct slo_opt cdgate_check_opts[] = {
	GATE_OPTS,
	{ .type = SLO_OPT_HELP, .help = "Measurements" },
	{ .name = "count", .type = SLO_OPT_INT, .off = TIME(count), .metavar = "N", .def = "1", .lo = 1, .hi = 10000,
	  .help = "Measurements of each metric; those that ended in an error are made again." },
	{ .name = "interval", .type = SLO_OPT_DURATION, .off = TIME(interval_ns), .metavar = "TIME", .def = "10s",
	  .unit_ns = SLO_NS_PER_S, .lo = 0, .hi = 86400, .help = "Time from one measurement to the next." },
	{ .name = "initial-delay", .type = SLO_OPT_DURATION, .off = TIME(initial_delay_ns), .metavar = "TIME",
	  .def = "0", .unit_ns = SLO_NS_PER_S, .lo = 0, .hi = 86400, .help = "Time before the first." },
	{ .name = "failure-limit", .type = SLO_OPT_INT, .off = TIME(failure_limit), .metavar = "N", .def = "0", .lo = 0,
	  .hi = 10000, .help = "Violations of a metric that do not fail it yet." },
	{ .name = "inconclusive-limit", .type = SLO_OPT_INT, .off = TIME(inconclusive_limit), .metavar = "N",
	  .def = "0", .lo = 0, .hi = 10000, .help = "Measurements without a verdict that are put up with." },
	{ .name = "consecutive-error-limit", .type = SLO_OPT_INT, .off = TIME(error_limit), .metavar = "N", .def = "0",
	  .lo = 0, .hi = 10000, .help = "Errors in a row that do not end it yet." },
	{ .type = SLO_OPT_HELP, .help = "Output" },
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(output, int), .choices = outputs, .def = "text",
	  .help = "Form of the verdict; github also appends to $GITHUB_STEP_SUMMARY." },
	{ .name = "dry-run", .type = SLO_OPT_FLAG, .off = OFF(dry_run, bool),
	  .help = "Print the queries and ask nothing; exit 0." },
	SLO_OPT_END,
};

const struct slo_opt cdgate_serve_opts[] = {
	GATE_OPTS,
	{ .type = SLO_OPT_HELP, .help = "Server" },
	{ .name = "listen", .type = SLO_OPT_STR, .off = TEXT(listen), .metavar = "HOST:PORT", .def = "127.0.0.1:8089",
	  .help = "Where to answer deployment controllers over HTTP; port 0 takes a free one." },
	{ .name = "port-file", .type = SLO_OPT_STR, .off = TEXT(port_file), .metavar = "FILE",
	  .help = "Write the port in use to this file once requests are taken." },
	SLO_OPT_END,
};

static bool given(const char *name)
{
	return slo_opts_origin(name) != SLO_ORIGIN_DEFAULT;
}

static const char *text_of(const char *option, const char *value, const char *configured)
{
	const char *use = given(option) ? value : configured;

	return use && use[0] ? use : NULL;
}

/* The target that burn rates are about: that of the configured objective. */
static double target_of(const struct cdgate *g)
{
	const struct slo_objective *obj = slo_config_objective(&g->config, slo_str("*"), SLO_SLI_ERROR_RATE);

	if (given("slo-target"))
		return g->o->target;
	return obj ? obj->target : 0.95;
}

static void take_numbers(struct cdgate *g)
{
	const struct cdgate_opts *o = g->o;
	struct slo_gate_opts *w = &g->want;

	w->ttft_p95_ms = given("ttft-p95-ms") ? o->ttft_p95_ms : g->config.cdgate.ttft_p95_ms;
	w->error_rate = given("error-rate") ? o->error_rate : g->config.cdgate.error_rate;
	w->burn_rate = given("burn-rate") ? o->burn_rate : g->config.cdgate.burn_rate;
	w->min_samples = given("min-samples") ? o->min_samples : (double)g->config.cdgate.min_samples;
	w->window_ns = given("window") ? o->window_ns : g->config.cdgate.window_s * SLO_NS_PER_S;
	w->long_window_ns = o->long_window_ns ? o->long_window_ns : 12 * w->window_ns;
	w->max_age_ns = o->max_age_ns;
	w->tolerance = o->tolerance;
	w->target = target_of(g);
	g->fail_open = given("fail-open") ? o->fail_open : g->config.cdgate.fail_open;
	g->patience = (struct slo_gate_patience){ .count = o->count > 0 ? (uint32_t)o->count : 1,
						  .failure_limit = (uint32_t)o->failure_limit,
						  .inconclusive_limit = (uint32_t)o->inconclusive_limit,
						  .error_limit = (uint32_t)o->error_limit };
}

/* "NAME=TEXT". Return: TEXT, with the name copied, or NULL. */
static const char *split(const char *item, char name[SLO_GATE_NAME_MAX])
{
	const char *eq = strchr(item, '=');

	if (!eq || !slo_str_copy(name, SLO_GATE_NAME_MAX, slo_str_n(item, (size_t)(eq - item))) || !eq[1])
		return NULL;
	return eq + 1;
}

static struct slo_gate_custom *find_custom(struct cdgate *g, const char *name)
{
	for (size_t i = 0; i < g->want.custom_count; i++) {
		if (strcmp(g->want.custom[i].name, name) == 0)
			return &g->want.custom[i];
	}
	return NULL;
}

static int take_queries(struct cdgate *g, struct slo_err *err)
{
	const struct slo_opt_list *l = &g->o->queries;

	for (size_t i = 0; i < l->count; i++) {
		struct slo_gate_custom *c = &g->want.custom[g->want.custom_count];

		if (i == SLO_GATE_CUSTOM)
			return slo_err_set(err, -EINVAL, "--query: more than %d", SLO_GATE_CUSTOM);
		c->promql = split(l->items[i], g->custom_names[i]);
		c->name = g->custom_names[i];
		c->op = SLO_GATE__OPS;
		if (!c->promql)
			return slo_err_set(err, -EINVAL, "--query: %.80s: want NAME=PROMQL", l->items[i]);
		if (find_custom(g, c->name))
			return slo_err_set(err, -EINVAL, "--query: %s: given twice", c->name);
		g->want.custom_count++;
	}
	return 0;
}

static int take_thresholds(struct cdgate *g, struct slo_err *err)
{
	char name[SLO_GATE_NAME_MAX];
	struct slo_gate_custom *c;

	for (size_t i = 0; i < g->o->thresholds.count; i++) {
		double limit;
		int op;

		if (slo_gate_custom_threshold(g->o->thresholds.items[i], name, &op, &limit, err)) {
			slo_err_at(err, "--threshold");
			return -EINVAL;
		}
		c = find_custom(g, name);
		if (!c || c->op != SLO_GATE__OPS)
			return slo_err_set(err, -EINVAL, "--threshold: %s: %s", name,
					   c ? "given twice" : "no such --query");
		c->op = op;
		c->threshold = limit;
	}
	for (size_t i = 0; i < g->want.custom_count; i++) {
		if (g->want.custom[i].op == SLO_GATE__OPS)
			return slo_err_set(err, -EINVAL, "--query: %s: has no --threshold", g->want.custom[i].name);
	}
	for (size_t i = 0; i < g->o->samples.count; i++) {
		const char *promql = split(g->o->samples.items[i], name);

		c = promql ? find_custom(g, name) : NULL;
		if (!c)
			return slo_err_set(err, -EINVAL,
					   "--samples: %.80s: want NAME=PROMQL with the name of a --query",
					   g->o->samples.items[i]);
		c->samples = promql;
	}
	return 0;
}

static int take_selectors(struct cdgate *g, struct slo_err *err)
{
	const char *s = text_of("selector", g->o->selector, g->config.cdgate.selector);

	if (s && slo_gate_selector(s, g->selector, err)) {
		slo_err_at(err, given("selector") ? "--selector" : "cdgate.selector");
		return -EINVAL;
	}
	g->want.selector = g->selector;
	if (!g->o->baseline)
		return 0;
	if (slo_gate_selector(g->o->baseline, g->baseline, err)) {
		slo_err_at(err, "--baseline");
		return -EINVAL;
	}
	if (strcmp(g->baseline, g->selector) == 0)
		return slo_err_set(err, -EINVAL, "--baseline: the same series as --selector");
	g->want.baseline = g->baseline;
	return 0;
}

static int take_skip(struct cdgate *g, struct slo_err *err)
{
	static const char *const names[] = { "ttft_p95_ms", "error_rate", "burn_rate" };

	for (size_t i = 0; i < g->o->skip.count; i++) {
		bool known = false;

		for (size_t k = 0; k < SLO_ARRAY_LEN(names); k++)
			known = known || strcmp(names[k], g->o->skip.items[i]) == 0;
		if (!known)
			return slo_err_set(err, -EINVAL,
					   "--skip: %.80s: want one of ttft_p95_ms, error_rate, burn_rate",
					   g->o->skip.items[i]);
		g->skip[i] = g->o->skip.items[i];
	}
	g->want.skip = g->skip;
	return 0;
}

static int open_client(struct cdgate *g, struct slo_err *err)
{
	const struct cdgate_opts *o = g->o;
	struct slo_fetch_opts f = { .allow_http = true, .timeout_ns = o->timeout_ns, .basic_file = o->basic_file,
				    .cert_file = o->cert_file, .key_file = o->key_file };

	g->url = text_of("prometheus-url", o->prometheus_url, g->config.cdgate.prometheus_url);
	if (!g->url || (strncmp(g->url, "http://", 7) != 0 && strncmp(g->url, "https://", 8) != 0))
		return slo_err_set(err, -EINVAL, "--prometheus-url: want an http:// or https:// address");
	f.bearer_file = text_of("bearer-token-file", o->bearer_file,
				o->basic_file ? "" : g->config.cdgate.bearer_token_file);
	f.ca_file = text_of("ca-file", o->ca_file, g->config.cdgate.ca_file);
	for (size_t i = 0; i < o->headers.count; i++)
		g->headers[i] = o->headers.items[i];
	slo_fetch_answer_init(&g->body, 0);
	slo_prom_api_answer_init(&g->answer);
	return slo_fetch_new(&f, &g->fetch, err);
}

int cdgate_open(struct cdgate *g, const struct cdgate_opts *o)
{
	struct slo_err err = { "", "" };
	int ret;

	g->o = o;
	ret = slo_config_find(&g->config, o->config, &err);
	if (!ret) {
		take_numbers(g);
		g->want.preset = text_of("preset", o->preset_text, g->config.cdgate.preset);
		ret = take_selectors(g, &err);
	}
	if (!ret)
		ret = take_skip(g, &err);
	if (!ret)
		ret = take_queries(g, &err);
	if (!ret)
		ret = take_thresholds(g, &err);
	if (!ret)
		ret = open_client(g, &err);
	if (!ret)
		return 0;
	slo_err_set(&err, ret, "%s", slo_strerror(ret));
	slo_warn_err(&err);
	return EXIT_USAGE;
}

void cdgate_close(struct cdgate *g)
{
	slo_fetch_free(g->fetch);
	g->fetch = NULL;
	slo_fetch_answer_fini(&g->body);
	slo_prom_api_answer_fini(&g->answer);
}
