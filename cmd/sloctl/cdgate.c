/* SPDX-License-Identifier: MIT */
/* sloctl cdgate: may a deployment go on, judged by what Prometheus knows. */
#include "cdgate.h"

#include "sloctl.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_JUNIT, OUTPUT_GITHUB, OUTPUT_NAGIOS };
enum { SUMMARY_MAX = 512 << 10 }; /* bytes; GitHub refuses a summary over 1 MiB */

static void (*const forms[])(const struct cdgate_verdict *v, struct slo_buf *out) = {
	cdgate_put_text, cdgate_put_json, cdgate_put_junit, cdgate_put_github, cdgate_put_nagios,
};

/* Its own exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. */
static int nagios_status(struct slo_gate_result r)
{
	return r.outcome == SLO_GATE_FAIL ? 2 : r.outcome != SLO_GATE_PASS ? 3 : r.degraded ? 1 : 0;
}

/* The page of the job, besides its log. Not being able to write it changes no verdict. */
static void append_summary(const struct cdgate_verdict *v)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	int fd = path && path[0] ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644) : -1;
	struct slo_buf b;

	if (!path || !path[0])
		return;
	slo_buf_init(&b, SUMMARY_MAX);
	cdgate_put_summary(v, &b);
	if (fd < 0 || b.err || write(fd, b.data, b.len) != (ssize_t)b.len)
		slo_warn("%s: cannot be written", path);
	if (fd >= 0)
		close(fd);
	slo_buf_fini(&b);
}

static int put(const struct cdgate_opts *o, const struct cdgate_verdict *v)
{
	struct slo_buf b;
	int ret;

	slo_buf_init(&b, CDGATE_REPORT_MAX);
	if (o->dry_run)
		cdgate_put_plan(v, o->output == OUTPUT_JSON, &b);
	else
		forms[o->output](v, &b);
	ret = b.err ? b.err : put_out(slo_buf_str(&b));
	slo_buf_fini(&b);
	if (ret && ret != -EPIPE) {
		slo_warn("standard output: %s", slo_strerror(ret));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static int judge(struct cdgate *g, struct cdgate_verdict *v)
{
	int status;

	if (g->o->dry_run)
		return put(g->o, v);
	cdgate_run(g, v);
	if (v->result.degraded)
		slo_warn("WARNING: Prometheus could not be asked and --fail-open is on: this passes WITHOUT having "
			 "been checked");
	status = g->o->output == OUTPUT_NAGIOS ? nagios_status(v->result) : slo_gate_exit_status(v->result.outcome);
	if (g->o->output == OUTPUT_GITHUB)
		append_summary(v);
	/* A verdict nobody can read is none: it must not pass. */
	return put(g->o, v) && status == 0 ? EXIT_FAILURE : status;
}

static int check_run(void *opts, int argc, char **argv)
{
	const struct cdgate_opts *o = opts;
	struct cdgate *g = calloc(1, sizeof(*g));
	struct cdgate_verdict *v = calloc(1, sizeof(*v));
	struct slo_err err = { "", "" };
	int status;

	(void)argc;
	(void)argv;
	status = g && v ? cdgate_open(g, o) : EXIT_USAGE;
	if (!status && cdgate_verdict_open(v, g, NULL, &err)) {
		slo_warn_err(&err);
		status = EXIT_USAGE;
	}
	/* What watches for 3 as "I do not know" would take 2 for a violation. */
	if (status)
		status = o->output == OUTPUT_NAGIOS ? 3 : status;
	else
		status = judge(g, v);
	if (v)
		cdgate_verdict_close(v);
	if (g)
		cdgate_close(g);
	free(v);
	free(g);
	return status;
}

static const struct slo_cmd check_cmd = {
	.name = "check",
	.summary = "Asks, and answers with its exit status.",
	.opts = cdgate_check_opts,
	.opts_size = sizeof(struct cdgate_opts),
	.run = check_run,
	.epilog = "Exit status: 0 every metric was seen and holds, 1 one is violated, 2 usage or configuration,\n"
		  "3 not known (no data, NaN, stale, too few requests, warnings), 4 Prometheus did not answer or\n"
		  "answered with an error. A violation that was seen wins over all of these. With --output nagios:\n"
		  "0 OK, 1 passed only because of --fail-open, 2 violated, 3 everything else.",
};
static const struct slo_cmd serve_cmd = {
	.name = "serve",
	.summary = "Answers deployment controllers over HTTP.",
	.opts = cdgate_serve_opts,
	.opts_size = sizeof(struct cdgate_opts),
	.run = cdgate_serve_run,
	.epilog = "GET /check is for the web metric of Argo Rollouts: 200 and a JSON verdict, 503 when Prometheus "
		  "failed.\n"
		  "POST /check is for the webhooks of Flagger: 200 when it passes, otherwise 412 and why.\n"
		  "POST /rollback is for its rollback hook: 200 only when a violation was seen.\n"
		  "GET /healthz says that it runs. A selector in the query (GET) or in metadata.selector (POST)\n"
		  "replaces --selector.",
};
static const struct slo_cmd *const subs[] = { &check_cmd, &serve_cmd, NULL };

const struct slo_cmd cdgate_cmd = {
	.name = "cdgate",
	.summary = "Gates a deployment on its objectives.",
	.subs = subs,
};
