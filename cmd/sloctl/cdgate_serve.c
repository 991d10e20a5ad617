/* SPDX-License-Identifier: MIT */
/* sloctl cdgate serve: the gate for deployment controllers that ask over HTTP. */
#include "cdgate.h"

#include "sloctl.h"

#include "base/log.h"
#include "base/num.h"
#include "io/writer.h"
#include "net/httpd.h"
#include "render/json.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

enum {
	STATUS_OK = 200,
	STATUS_BAD = 400,
	STATUS_NOT_MET = 412,      /* the gate says no, or does not know */
	STATUS_UNAVAILABLE = 503,
	REQUEST_MAX = 64 << 10,    /* bytes; what Flagger posts is some hundred */
};

/* A verdict of one measurement. Return: NULL after an answer that says why there is none. */
static struct cdgate_verdict *judge(struct cdgate *g, const char *selector, struct slo_httpd_reply *re)
{
	char clean[SLO_GATE_SELECTOR_MAX];
	struct cdgate_verdict *v = calloc(1, sizeof(*v));
	struct slo_err err = { "", "" };
	int ret = v ? 0 : -ENOMEM;

	if (!ret && selector)
		ret = slo_gate_selector(selector, clean, &err);
	if (!ret)
		ret = cdgate_verdict_open(v, g, selector ? clean : NULL, &err);
	if (!ret) {
		cdgate_run(g, v);
		if (v->result.degraded)
			slo_warn("WARNING: Prometheus could not be asked and --fail-open is on: passed WITHOUT having "
				 "been checked");
		return v;
	}
	re->status = ret == -EINVAL ? STATUS_BAD : STATUS_UNAVAILABLE;
	slo_buf_addf(&re->body, "%s\n", err.what[0] ? err.what : slo_strerror(ret));
	if (v)
		cdgate_verdict_close(v);
	free(v);
	return NULL;
}

static void done(struct cdgate_verdict *v)
{
	cdgate_verdict_close(v);
	free(v);
}

/* For jsonPath: what a condition of Argo Rollouts looks at is under "data". */
static json_t *data_of(const struct cdgate_verdict *v)
{
	json_t *data = json_pack("{sb ss sb}", "ok", v->result.outcome == SLO_GATE_PASS, "verdict",
				 slo_gate_outcome_names[v->result.outcome], "degraded", v->result.degraded);

	for (size_t i = 0; data && i < v->plan.metrics_count; i++) {
		double value = cdgate_decider(v, i)->value;

		json_object_set_new(data, v->plan.metrics[i].name, slo_json_number(value));
	}
	return data;
}

/* A status that is not 200 is an error to Argo Rollouts: only Prometheus failing is one. */
static void on_argo(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	struct cdgate_verdict *v = judge(arg, slo_httpd_query(rq, "selector"), re);
	json_t *all;
	char *text;

	if (!v)
		return;
	all = cdgate_json(v);
	json_object_set_new(all, "data", data_of(v));
	text = all ? json_dumps(all, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
	slo_buf_adds(&re->body, text ? text : "{}");
	re->content_type = "application/json";
	re->status = text && v->result.outcome != SLO_GATE_ERROR ? STATUS_OK : STATUS_UNAVAILABLE;
	free(text);
	json_decref(all);
	done(v);
}

/* What Flagger posts. Return: the selector in its metadata, NULL = none; false for what is no JSON object. */
static bool read_flagger(const struct slo_httpd_request *rq, json_t **root, const char **selector)
{
	*selector = NULL;
	*root = NULL;
	if (!rq->body.len)
		return true;
	*root = json_loadb(rq->body.p, rq->body.len, JSON_REJECT_DUPLICATES, NULL);
	*selector = json_string_value(json_object_get(json_object_get(*root, "metadata"), "selector"));
	return json_is_object(*root);
}

static void answer_flagger(struct cdgate *g, const struct slo_httpd_request *rq, struct slo_httpd_reply *re,
			   bool rollback)
{
	const char *selector;
	json_t *root;
	struct cdgate_verdict *v;

	if (!read_flagger(rq, &root, &selector)) {
		re->status = STATUS_BAD;
		slo_buf_adds(&re->body, "want a JSON object\n");
	} else {
		v = judge(g, selector, re);
		if (v) {
			/* 200 of a rollback hook means "roll back": only what was seen to be wrong may say that. */
			re->status = v->result.outcome == (rollback ? SLO_GATE_FAIL : SLO_GATE_PASS) ? STATUS_OK
												     : STATUS_NOT_MET;
			cdgate_put_nagios(v, &re->body);
			done(v);
		}
	}
	json_decref(root);
}

static void on_flagger(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	answer_flagger(arg, rq, re, false);
}

static void on_rollback(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	answer_flagger(arg, rq, re, true);
}

static void on_health(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	(void)arg;
	(void)rq;
	slo_buf_adds(&re->body, "ok\n");
}

static const struct slo_httpd_route routes[] = {
	{ "GET", "/check", on_argo },
	{ "POST", "/check", on_flagger },
	{ "POST", "/rollback", on_rollback },
	{ "GET", "/healthz", on_health },
	{ NULL, NULL, NULL },
};

static int announce(const struct cdgate_opts *o, const struct slo_httpd *h)
{
	char text[SLO_NUM_MAX + 1];
	struct slo_err err = { "", "" };
	size_t n = slo_fmt_i64(text, slo_httpd_port(h));

	slo_info("answering on port %d", slo_httpd_port(h));
	if (!o->port_file)
		return 0;
	text[n++] = '\n';
	if (slo_file_replace(o->port_file, slo_str_n(text, n), &err) == 0)
		return 0;
	slo_warn_err(&err);
	return EXIT_FAILURE;
}

static int serve(struct cdgate *g)
{
	const struct slo_httpd_opts ho = {
		.listen = g->o->listen, .routes = routes, .arg = g, .body_max = REQUEST_MAX
	};
	struct slo_err err = { "", "" };
	struct slo_httpd *h;
	sigset_t stop;
	int signo, ret;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	ret = slo_httpd_start(&ho, &h, &err);
	if (ret) {
		slo_warn_err(&err);
		return ret == -EINVAL ? EXIT_USAGE : EXIT_FAILURE;
	}
	ret = announce(g->o, h);
	if (!ret)
		sigwait(&stop, &signo);
	slo_httpd_stop(h);
	return ret;
}

int cdgate_serve_run(void *opts, int argc, char **argv)
{
	struct cdgate *g = calloc(1, sizeof(*g));
	struct cdgate_verdict *v = calloc(1, sizeof(*v));
	struct slo_err err = { "", "" };
	int status;

	(void)argc;
	(void)argv;
	status = g && v ? cdgate_open(g, opts) : EXIT_USAGE;
	/* A plan that cannot be made is said now, not to the first who asks. */
	if (!status && cdgate_verdict_open(v, g, NULL, &err)) {
		slo_warn_err(&err);
		status = EXIT_USAGE;
	}
	if (v)
		cdgate_verdict_close(v);
	if (!status)
		status = serve(g);
	if (g)
		cdgate_close(g);
	free(v);
	free(g);
	return status;
}
