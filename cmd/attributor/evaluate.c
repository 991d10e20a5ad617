/* SPDX-License-Identifier: MIT */
/* attributor evaluate: how good the model is on incidents it has not learned from, beside what is simple. */
#include "evaluate.h"
#include "learn.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "io/writer.h"

#include <errno.h>
#include <stdlib.h>

struct evaluate_opts {
	const char *test, *model, *out;
	int part, stream, output;
	int64_t seed, iterations;
	double confidence;
	bool brief;
};

static const char *const parts[] = { "train", "validation", "test", NULL };
static const char *const streams[] = { "tracing", "host", NULL };
static const char *const outputs[] = { "text", "json", "html", NULL };
static int (*const writers[])(const struct evaluation *, struct slo_buf *) = { evaluation_text, evaluation_json,
									       evaluation_html };

enum { REPORT_MAX = 16 << 20 };

#define OFF(m, C) SLO_OPT_OFF(struct evaluate_opts, m, C)

static const struct slo_opt options[] = {
	{ .type = SLO_OPT_HELP, .help = "Input" },
	{ .name = "test", .type = SLO_OPT_STR, .off = OFF(test, const char *), .metavar = "DIR",
	  .def = "testdata/incidents", .help = "Recorded set." },
	{ .name = "part", .type = SLO_OPT_CHOICE, .off = OFF(part, int), .metavar = "PART", .def = "test",
	  .choices = parts, .help = "Part of the set that is scored." },
	{ .name = "stream", .type = SLO_OPT_CHOICE, .off = OFF(stream, int), .metavar = "STREAM", .def = "tracing",
	  .choices = streams, .help = "Whose view of an incident the main table is about." },
	{ .name = "model", .type = SLO_OPT_STR, .off = OFF(model, const char *), .metavar = "FILE", .def = "",
	  .help = "Model to score; the expert's table without." },
	{ .type = SLO_OPT_HELP, .help = "Report" },
	{ .name = "brief", .type = SLO_OPT_FLAG, .off = OFF(brief, bool),
	  .help = "The main table only: no strata, shifted onsets, left out signals." },
	{ .name = "confidence", .type = SLO_OPT_NUM, .off = OFF(confidence, double), .metavar = "SHARE", .def = "0.95",
	  .lo = 0.5, .hi = 0.999, .help = "Of the intervals." },
	{ .name = "iterations", .type = SLO_OPT_INT, .off = OFF(iterations, int64_t), .metavar = "N", .def = "2000",
	  .lo = 100, .hi = 100000, .help = "Resamples of incidents for each interval." },
	{ .name = "seed", .type = SLO_OPT_INT, .off = OFF(seed, int64_t), .metavar = "N", .def = "1", .lo = 0,
	  .hi = 9e15, .help = "Of resampling and of the random baseline." },
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(output, int), .metavar = "FORMAT", .def = "text",
	  .choices = outputs, .help = "Form of the report." },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out, const char *), .metavar = "FILE", .def = "-",
	  .help = "Where the report goes; - is standard output." },
	SLO_OPT_END,
};

static int read_model(struct evaluation *e, const char *path, struct slo_noisyor_model *n, struct slo_err *err)
{
	slo_autofree struct slo_model_params *p = malloc(sizeof(*p));
	int r = p ? 0 : -ENOMEM;

	if (!r && path[0])
		r = model_read(path, p, err);
	if (r)
		return r;
	slo_noisyor_model_init(n, path[0] ? p : NULL);
	/* Nobody reads here what weighs how much, which takes longer than the verdict. */
	n->model.weighs = false;
	slo_str_copy(e->model, sizeof(e->model), slo_str(n->name));
	slo_str_copy(e->train_sha256, sizeof(e->train_sha256), slo_str(path[0] ? p->train_sha256 : ""));
	return 0;
}

/* Every method's answers; the part train is what some of the simple ones learn from. */
static int answer(struct evaluation *e, struct slo_err *err)
{
	struct cases_want w = { .dir = e->dir, .split = SLO_SPLIT_TRAIN, .stream = -1, .quiet = true };
	struct cases train;
	int r = cases_read(&train, &w, err);

	if (!r && !train.count)
		r = slo_err_set(err, -ENODATA, "%s: no incident in the part train, which the baselines learn from",
				e->dir);
	if (!r) {
		slo_str_copy(e->set_train_sha256, sizeof(e->set_train_sha256), slo_str(train.sha256));
		e->apart = e->split != SLO_SPLIT_TRAIN &&
			   (!e->train_sha256[0] || strcmp(e->train_sha256, train.sha256) == 0);
		r = evaluation_methods(e, &train);
	}
	cases_fini(&train);
	return r;
}

static int evaluate(struct evaluation *e, const char *model, bool brief, struct slo_noisyor_model *n,
		    struct slo_err *err)
{
	const struct cases_want w = { .dir = e->dir, .split = e->split, .stream = -1 };
	int r = read_model(e, model, n, err);

	e->noisyor = n;
	r = r ? r : cases_read(&e->cases, &w, err);
	if (r)
		return r;
	r = evaluation_choose(e);
	if (!r && !e->incidents)
		r = slo_err_set(err, -ENODATA, "%s: no incident in the part %s", e->dir, e->part);
	r = r ? r : answer(e, err);
	if (!r && !brief) {
		r = evaluation_strata(e);
		r = r ? r : evaluation_without(e);
		r = r ? r : evaluation_shifts(e, err);
	}
	return r ? slo_err_set(err, r, "%s", slo_strerror(r)) : 0;
}

static int write_report(const struct evaluate_opts *o, const struct evaluation *e, struct slo_err *err)
{
	struct slo_buf text;
	int r;

	slo_buf_init(&text, REPORT_MAX);
	r = writers[o->output](e, &text);
	r = r ? slo_err_set(err, r, "the report cannot be written: %s", slo_strerror(r)) : 0;
	if (!r && strcmp(o->out, "-") == 0)
		r = fwrite(text.data, 1, text.len, stdout) == text.len && fflush(stdout) == 0 ? 0 : -EIO;
	else if (!r)
		r = slo_file_replace(o->out, slo_buf_str(&text), err);
	slo_buf_fini(&text);
	return r;
}

static int run(void *opts, int argc, char **argv)
{
	const struct evaluate_opts *o = opts;
	slo_autofree struct evaluation *e = calloc(1, sizeof(*e));
	slo_autofree struct slo_noisyor_model *n = calloc(1, sizeof(*n));
	struct slo_err err = { .what = "" };
	int r;

	(void)argc;
	(void)argv;
	slo_log_init("attributor evaluate", false);
	if (!e || !n)
		return 1;
	e->dir = o->test;
	e->split = o->part;
	e->part = parts[o->part];
	e->stream = o->stream;
	e->confidence = o->confidence;
	e->iterations = (size_t)o->iterations;
	e->seed = o->seed;
	r = evaluate(e, o->model, o->brief, n, &err);
	if (!r && !e->apart)
		slo_warn("the model was not learned from the part train of this set: "
			 "what is scored here may be what it knows");
	r = r ? r : write_report(o, e, &err);
	for (int i = 0; i < METHOD__COUNT; i++)
		answers_free(&e->methods[i].answers);
	free(e->index);
	cases_fini(&e->cases);
	if (!r)
		return 0;
	slo_warn_err(&err);
	return r == -ENOMEM || r == -EIO ? 1 : 2;
}

const struct slo_cmd evaluate_cmd = {
	.name = "evaluate",
	.summary = "Score a model on recorded incidents it has not learned from, beside simple methods.",
	.opts = options,
	.opts_size = sizeof(struct evaluate_opts),
	.run = run,
	.epilog = "Exit status: 0 a report was written, 1 failed, 2 usage or unusable input.\n",
};
