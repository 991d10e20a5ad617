/* SPDX-License-Identifier: MIT */
/* attributor evaluate: how good the model is on incidents it has not learned from, beside what is simple. */
#include "evaluate.h"
#include "learn.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/time.h"
#include "io/writer.h"

#include <errno.h>
#include <math.h>
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
static const char *const outputs[] = { "text", "json", NULL };
static int (*const writers[])(const struct evaluation *, struct slo_buf *) = { evaluation_text, evaluation_json };

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

static const struct {
	const char *name, *about;
} methods[METHOD__COUNT] = {
	[METHOD_MODEL] = { "model", "noisy-OR, the model under test" },
	[METHOD_NAIVE] = { "naive", "exclusive naive Bayes by the published table" },
	[METHOD_RULES] = { "rules", "ordered threshold rules" },
	[METHOD_LOUDEST] = { "largest-z", "domain of the largest robust z; is told when the fault was" },
	[METHOD_OVR] = { "logistic", "ridge logistic regression, one domain against the others, same findings" },
	[METHOD_MAJORITY] = { "majority", "what most training incidents were" },
	[METHOD_RANDOM] = { "random", "one of eight domains" },
};

/* The answers of one stream, both halves; @want decides about each incident. */
static size_t pick(const struct evaluation *e, int stream, bool (*want)(const struct item *it, int arg), int arg,
		   uint32_t *index)
{
	size_t n = 0;

	for (size_t i = 0; i < 2 * e->cases.count; i++) {
		const struct item *it = &e->cases.items[i % e->cases.count];

		if (it->stream == stream && (!want || want(it, arg)))
			index[n++] = (uint32_t)i;
	}
	return n;
}

static struct stratum *stratum_new(struct evaluation *e, const char *group, struct slo_str label)
{
	struct stratum *s = &e->strata[e->strata_count];

	if (e->strata_count == STRATA_MAX) {
		e->strata_over++;
		return NULL;
	}
	s->group = group;
	slo_str_copy(s->label, sizeof(s->label), label);
	e->strata_count++;
	return s;
}

static int stratum_score(struct evaluation *e, const char *group, struct slo_str label, int stream,
			 bool (*want)(const struct item *it, int arg), int arg)
{
	slo_autofree uint32_t *index = malloc((2 * e->cases.count + 1) * sizeof(*index));
	const struct answers *a = &e->methods[METHOD_MODEL].answers;
	struct stratum *s;
	size_t n = index ? pick(e, stream, want, arg, index) : 0;

	if (!index)
		return -ENOMEM;
	s = n ? stratum_new(e, group, label) : NULL;
	return s ? slo_eval_score(a->cases, index, n, &s->eval) : 0;
}

static bool of_domain(const struct item *it, int domain)
{
	return it->truth.truth >> domain & 1 && it->truth.positive;
}

static bool of_severity(const struct item *it, int severity)
{
	int64_t most = 0;

	for (uint32_t i = 0; i < it->rec->faults_count; i++)
		most = it->rec->faults[i].severity > most ? it->rec->faults[i].severity : most;
	return most == severity && it->truth.positive;
}

static bool of_stratum(const struct item *it, int stratum)
{
	return it->rec->stratum == stratum;
}

/* Names that occur in a set, each once. */
struct names {
	const struct evaluation *e;
	struct slo_str (*of)(const struct slo_recorded *r);
};

static struct slo_str place_of(const struct slo_recorded *r)
{
	return r->place;
}

static struct slo_str profile_of(const struct slo_recorded *r)
{
	return r->profile;
}

static struct slo_str (*named)(const struct slo_recorded *r);
static struct slo_str named_as;

static bool of_name(const struct item *it, int arg)
{
	(void)arg;
	return slo_str_eq(named(it->rec), named_as);
}

static bool seen_before(const struct evaluation *e, size_t i, struct slo_str (*of)(const struct slo_recorded *r))
{
	for (size_t k = 0; k < i; k++)
		if (slo_str_eq(of(e->cases.items[k].rec), of(e->cases.items[i].rec)))
			return true;
	return false;
}

static int strata_by_name(struct evaluation *e, const char *group, struct slo_str (*of)(const struct slo_recorded *r))
{
	int r = 0;

	named = of;
	for (size_t i = 0; i < e->cases.count && !r; i++) {
		if (seen_before(e, i, of))
			continue;
		named_as = of(e->cases.items[i].rec);
		r = stratum_score(e, group, named_as, e->stream, of_name, 0);
	}
	return r;
}

static int score_strata(struct evaluation *e)
{
	int r = 0;

	for (int s = 0; s < SLO_STRATUM__COUNT && !r; s++)
		r = stratum_score(e, "kind", slo_str(slo_enum_name(&slo_stratum_enum, s)), e->stream, of_stratum, s);
	for (int d = 0; d < SLO_DOMAIN__COUNT && !r; d++)
		r = stratum_score(e, "domain", slo_str(slo_enum_name(&slo_domain_enum, d)), e->stream, of_domain, d);
	for (int s = 1; s <= 5 && !r; s++) {
		char label[8];

		(void)!snprintf(label, sizeof(label), "%d", s);
		r = stratum_score(e, "severity", slo_str(label), e->stream, of_severity, s);
	}
	r = r ? r : strata_by_name(e, "place", place_of);
	r = r ? r : strata_by_name(e, "profile", profile_of);
	for (int s = 0; s < SLO_STREAM__COUNT && !r; s++)
		r = stratum_score(e, "stream", slo_str(slo_enum_name(&slo_stream_enum, s)), s, NULL, 0);
	return r;
}

/* The model's answers to @c, of the main stream, in @to. */
static int score_again(const struct evaluation *e, const struct cases *c, const struct slo_model *m, int without,
		       struct slo_eval *to)
{
	struct answers a;
	int r = answers_new(&a, c);

	if (!r) {
		answers_model(&a, c, m, without);
		r = slo_eval_score(a.cases, e->index, e->index_count, to);
	}
	answers_free(&a);
	return r;
}

static int score_without(struct evaluation *e, const struct slo_model *m)
{
	int r = 0;

	for (int s = 0; s < m->subjects && !r; s++) {
		struct stratum *to = &e->without[e->without_count++];

		to->group = "without";
		slo_str_copy(to->label, sizeof(to->label), slo_str(slo_subject_name(s)));
		r = score_again(e, &e->cases, m, s, &to->eval);
	}
	return r;
}

/* The recordings are 45 s long: an onset 60 s off would lie outside of them, so they are shifted by what fits. */
static int score_shifts(struct evaluation *e, const struct evaluate_opts *o, const struct slo_model *m,
			struct slo_err *err)
{
	static const int seconds[] = { -15, -10, -5, 5, 10, 15 };
	int r = 0;

	for (size_t i = 0; i < SLO_ARRAY_LEN(seconds) && !r; i++) {
		struct cases_want w = { .dir = o->test, .split = o->part, .stream = -1,
					.onset_shift_ns = seconds[i] * SLO_NS_PER_S };
		struct stratum *to = &e->shifts[e->shifts_count++];
		struct cases shifted;

		to->group = "onset";
		(void)!snprintf(to->label, sizeof(to->label), "%+d s", seconds[i]);
		r = cases_read(&shifted, &w, err);
		r = r ? r : score_again(e, &shifted, m, -1, &to->eval);
		cases_fini(&shifted);
	}
	return r;
}

static int answer_all(struct evaluation *e, const struct cases *train, const struct slo_model *m)
{
	slo_autofree struct ovr *ovr = malloc(sizeof(*ovr));
	const struct cases *c = &e->cases;
	struct slo_rng rng;
	int r = ovr ? ovr_fit(ovr, train) : -ENOMEM;

	for (int i = 0; i < METHOD__COUNT && !r; i++) {
		e->methods[i].name = methods[i].name;
		e->methods[i].about = methods[i].about;
		r = answers_new(&e->methods[i].answers, c);
	}
	if (r)
		return r;
	slo_rng_seed(&rng, (uint64_t)e->seed);
	answers_model(&e->methods[METHOD_MODEL].answers, c, m, -1);
	answers_model(&e->methods[METHOD_NAIVE].answers, c, &slo_model_naive, -1);
	answers_model(&e->methods[METHOD_RULES].answers, c, &slo_model_rule, -1);
	answers_loudest(&e->methods[METHOD_LOUDEST].answers, c);
	answers_ovr(&e->methods[METHOD_OVR].answers, c, ovr);
	answers_majority(&e->methods[METHOD_MAJORITY].answers, c, train);
	answers_random(&e->methods[METHOD_RANDOM].answers, c, &rng);
	return 0;
}

static int score_methods(struct evaluation *e)
{
	struct slo_rng rng;
	int r = 0;

	for (int i = 0; i < METHOD__COUNT && !r; i++) {
		struct scored *s = &e->methods[i];

		r = slo_eval_score(s->answers.cases, e->index, e->index_count, &s->eval);
		for (int f = 0; f < SLO_EVAL__COUNT && !r; f++) {
			slo_rng_seed(&rng, (uint64_t)e->seed + (uint64_t)f);
			r = slo_eval_interval(s->answers.cases, e->index, e->index_count, (enum slo_eval_figure)f,
					      e->iterations, e->confidence, &rng, &s->interval[f]);
		}
	}
	return r;
}

static int read_model(struct evaluation *e, const char *path, struct slo_noisyor_model *n, struct slo_err *err)
{
	slo_autofree struct slo_model_params *p = malloc(sizeof(*p));
	int r = p ? 0 : -ENOMEM;

	if (!r && path[0])
		r = model_read(path, p, err);
	if (r)
		return r;
	slo_noisyor_model_init(n, path[0] ? p : NULL);
	slo_str_copy(e->model, sizeof(e->model), slo_str(n->name));
	slo_str_copy(e->train_sha256, sizeof(e->train_sha256), slo_str(path[0] ? p->train_sha256 : ""));
	return 0;
}

static int evaluate(const struct evaluate_opts *o, struct evaluation *e, struct slo_noisyor_model *n, struct slo_err *err)
{
	struct cases_want w = { .dir = o->test, .split = SLO_SPLIT_TRAIN, .stream = -1, .quiet = true };
	struct cases train;
	int r = read_model(e, o->model, n, err);

	r = r ? r : cases_read(&train, &w, err);
	if (r)
		return r;
	w = (struct cases_want){ .dir = o->test, .split = o->part, .stream = -1 };
	r = cases_read(&e->cases, &w, err);
	e->index = r ? NULL : malloc((2 * e->cases.count + 1) * sizeof(*e->index));
	if (!r && !e->index)
		r = -ENOMEM;
	if (!r) {
		e->apart = o->part != SLO_SPLIT_TRAIN &&
			   (!e->train_sha256[0] || strcmp(e->train_sha256, train.sha256) == 0);
		e->index_count = pick(e, o->stream, NULL, 0, e->index);
		e->incidents = e->index_count / 2;
		r = e->incidents ? answer_all(e, &train, &n->model) : slo_err_set(err, -ENODATA, "no incident");
	}
	cases_fini(&train);
	r = r ? r : score_methods(e);
	if (!r && !o->brief) {
		r = score_strata(e);
		r = r ? r : score_without(e, &n->model);
		r = r ? r : score_shifts(e, o, &n->model, err);
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
	e->part = parts[o->part];
	e->stream = o->stream;
	e->confidence = o->confidence;
	e->iterations = (size_t)o->iterations;
	e->seed = o->seed;
	r = evaluate(o, e, n, &err);
	if (!r && !e->apart)
		slo_warn("the model was not learned from the part train of this set: what is scored here may be what it knows");
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
