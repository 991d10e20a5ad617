/* SPDX-License-Identifier: MIT */
/* Read, judge, write, say it with the exit status. */
#include "m5gate.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/time.h"
#include "io/writer.h"

#include <errno.h>
#include <stdlib.h>

static struct slo_m5_limits limits_of(const struct options *o)
{
	return (struct slo_m5_limits){
		.overhead_pct = o->max_overhead_pct,
		.variance_pct = o->max_variance_pct,
		.ttft_pct = o->ttft_regression_pct,
		.tokens_pct = o->tokens_regression_pct,
		.errors_pp = o->error_increase_pp,
		.alpha = o->alpha,
		.min_delta = o->min_cliffs_delta,
		.min_runs = (size_t)o->min_runs,
		.min_samples = (size_t)o->min_samples,
		.bootstrap_iters = (size_t)o->bootstrap_iters,
		.seed = (uint64_t)o->seed,
	};
}

static int status_of(const struct report *r)
{
	static const int mapped[] = { EXIT_INCONCLUSIVE, EXIT_NO, EXIT_PASS, EXIT_PASS };

	if (r->verdict != SLO_M5_INCONCLUSIVE)
		return r->verdict == SLO_M5_PASS ? EXIT_PASS : EXIT_NO;
	/* Too little evidence may be let through; none at all is never a pass. */
	if (r->result.missing && mapped[r->o->on_inconclusive] == EXIT_PASS)
		return EXIT_INCONCLUSIVE;
	return mapped[r->o->on_inconclusive];
}

typedef void write_fn(struct slo_buf *to, const struct report *r);

static int write_one(const struct report *r, write_fn *fn, const char *path, struct slo_err *err)
{
	struct slo_buf text;
	int ret;

	if (!path || !path[0])
		return 0;
	slo_buf_init(&text, REPORT_MAX);
	fn(&text, r);
	ret = text.err ? slo_err_set(err, text.err, "%s", slo_strerror(text.err))
		       : slo_file_replace(path, slo_buf_str(&text), err);
	slo_buf_fini(&text);
	return ret;
}

static int write_all(const struct report *r, struct slo_err *err)
{
	static write_fn *const stdout_fn[] = {
		[OUTPUT_TEXT] = report_text,   [OUTPUT_JSON] = report_json,	[OUTPUT_MARKDOWN] = report_markdown,
		[OUTPUT_JUNIT] = report_junit, [OUTPUT_GITHUB] = report_github,
	};
	int ret = write_one(r, report_json, r->o->out_json, err);

	if (!ret)
		ret = write_one(r, report_markdown, r->o->out_md, err);
	if (!ret)
		ret = write_one(r, report_junit, r->o->out_junit, err);
	if (!ret)
		ret = write_one(r, stdout_fn[r->o->output], "-", err);
	/* Who reads stdout may stop reading; the verdict stands. */
	return ret == -EPIPE ? 0 : ret;
}

/* Return: false after a message. */
static bool may_compare(const struct report *r)
{
	const char *name = NULL, *scenario = "";

	if (r->o->allow_same_source)
		return true;
	for (size_t i = 0; !name && i < r->b->count; i++) {
		name = slo_m5_copied_run(&r->b->scenarios[i]);
		scenario = r->b->scenarios[i].name;
	}
	if (r->from->same_source)
		slo_warn("%s: candidate and baseline are the same source: this compares nothing (--allow-same-source "
			 "does it "
			 "all the same)",
			 r->from->manifest);
	else if (name)
		slo_warn("%s/%s/%s: the samples are those of a run of the baseline: the same source "
			 "(--allow-same-source compares them all the same)",
			 r->from->candidate_root, scenario, name);
	return !r->from->same_source && !name;
}

/* Return: the exit status. */
static int judge(struct report *r)
{
	struct slo_err err = { "", "" };
	int ret = slo_m5_evaluate(r->limits, r->b->scenarios, r->b->count, &r->b->costs, &r->result);

	if (ret) {
		slo_warn("%s", slo_strerror(ret));
		return EXIT_NO;
	}
	r->verdict = slo_m5_worse(r->from->verdict, r->result.verdict);
	r->status = status_of(r);
	r->now_ns = slo_now_wall_ns();
	findings_collect(r);
	ret = write_all(r, &err);
	if (ret)
		slo_warn_err(&err);
	else if (r->verdict == SLO_M5_INCONCLUSIVE && r->o->on_inconclusive == MAP_WARN)
		slo_warn("inconclusive: the candidate was neither shown to be good enough nor to be worse");
	slo_m5_result_fini(&r->result);
	return ret ? EXIT_NO : r->status;
}

static int with_benchmark(struct report *r, struct benchmark *b)
{
	struct slo_err err = { "", "" };

	if (benchmark_load(b, r->from->candidate_root, r->from->baseline_root, &err)) {
		slo_warn_err(&err);
		return EXIT_NO;
	}
	return may_compare(r) ? judge(r) : EXIT_USAGE;
}

int m5gate_run(void *opts, int argc, char **argv)
{
	static struct benchmark b;
	static struct provenance from;
	static struct report r;
	const struct options *o = opts;
	struct slo_m5_limits limits = limits_of(o);
	struct slo_err err = { "", "" };
	int ret;

	(void)argc;
	(void)argv;
	r = (struct report){ .o = o, .from = &from, .b = &b, .limits = &limits };
	if (benchmark_init(&b, o->scenarios, &err)) {
		slo_warn_err(&err);
		return EXIT_USAGE;
	}
	if (provenance_find(&from, o, &err)) {
		slo_warn_err(&err);
		return EXIT_NO;
	}
	ret = with_benchmark(&r, &b);
	benchmark_free(&b);
	return ret;
}
