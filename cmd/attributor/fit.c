/* SPDX-License-Identifier: MIT */
/* attributor fit: learn the parameters of the noisy-OR model from recorded incidents. */
#include "cases.h"
#include "learn.h"

#include "attribute/fit.h"
#include "attribute/noisyor_model.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "io/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define SURPRISE_QUANTILE 0.99
#define CAPTURED_LEAST    0.5
enum { PER_INCIDENT = 3 };

struct fit_opts {
	const char *train, *validate, *out, *name;
	int stream;
	double risk;
};

static const char *const streams[] = { "tracing", "host", "both", NULL };

#define OFF(m, C) SLO_OPT_OFF(struct fit_opts, m, C)

static const struct slo_opt options[] = {
	{ .type = SLO_OPT_HELP, .help = "Input" },
	{ .name = "train", .type = SLO_OPT_STR, .off = OFF(train, const char *), .metavar = "DIR",
	  .def = "testdata/incidents",
	  .help = "Recorded set whose part train is learned from." },
	{ .name = "validate", .type = SLO_OPT_STR, .off = OFF(validate, const char *), .metavar = "DIR",
	  .def = "", .help = "Recorded set whose part validation calibrates; by default that of --train." },
	{ .name = "stream", .type = SLO_OPT_CHOICE, .off = OFF(stream, int), .metavar = "STREAM", .def = "both",
	  .choices = streams, .help = "Whose view of an incident to learn from." },
	{ .type = SLO_OPT_HELP, .help = "Model" },
	{ .name = "risk", .type = SLO_OPT_NUM, .off = OFF(risk, double), .metavar = "SHARE", .def = "0.05", .lo = 0,
	  .hi = 1,
	  .help = "Abstain where, on the validation part, a larger share of the answers would be wrong." },
	{ .name = "name", .type = SLO_OPT_STR, .off = OFF(name, const char *), .metavar = "NAME", .def = "learned",
	  .help = "Name of the model, which incidents carry." },
	{ .type = SLO_OPT_HELP, .help = "Output" },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out, const char *), .metavar = "FILE", .def = "-",
	  .help = "The model, JSON; - is standard output." },
	SLO_OPT_END,
};

/* What there is to learn from: cases, and the measurements they point to. */
struct lesson {
	struct slo_fit_case *cases;
	struct slo_measure (*x)[SLO_FINDING__COUNT];
	size_t count;
};

static void take(struct lesson *l, uint32_t truth)
{
	l->cases[l->count] = (struct slo_fit_case){ .truth = truth, .x = l->x[l->count] };
	l->count++;
}

/* And once more for what is seen only where nobody can read the provider's answers, with nothing else in it. */
static void add(struct lesson *l, uint32_t truth, const struct moment *m)
{
	struct slo_facts unread = m->facts;
	struct slo_measure *x = l->x[l->count], *y = l->x[l->count + 1];

	slo_findings_measure(&m->facts, x);
	take(l, truth);
	unread.app[SLO_APP_PROVIDER_LIMITED].state = unread.app[SLO_APP_PROVIDER_FAILED].state = SLO_STATE_NOT_CAPTURED;
	unread.app[SLO_APP_PROVIDER_FAILED].baseline = NAN;
	slo_findings_measure(&unread, y);
	for (int j = 0; j < SLO_FINDING__COUNT; j++)
		if (x[j].state != SLO_MEASURE_NONE)
			y[j].state = SLO_MEASURE_NONE;
	take(l, truth);
}

static bool teaches(const struct item *it)
{
	return it->truth.positive && it->truth.truth && it->count;
}

/* The opening, the end of the fault, and half way: what a model is asked about. */
static void add_item(struct lesson *l, const struct item *it)
{
	uint32_t last = teaches(it) ? it->count - 1 : 0;

	for (uint32_t i = 0; teaches(it) && i < PER_INCIDENT; i++)
		add(l, it->truth.truth, &it->moments[last * i / (PER_INCIDENT - 1)]);
	for (uint32_t i = 0; i < it->quiet_count; i++)
		add(l, 0, &it->quiet[i]);
}

static int make_lesson(const struct cases *c, struct lesson *l)
{
	size_t most = 0;

	for (size_t i = 0; i < c->count; i++)
		most += 2 * (PER_INCIDENT + c->items[i].quiet_count);
	l->count = 0;
	l->cases = calloc(most + 1, sizeof(*l->cases));
	l->x = calloc(most + 1, sizeof(*l->x));
	if (!l->cases || !l->x)
		return -ENOMEM;
	for (size_t i = 0; i < c->count; i++)
		add_item(l, &c->items[i]);
	return 0;
}

static int learn(const struct cases *train, struct slo_model_params *p, struct slo_err *err)
{
	slo_autofree struct slo_model_params *expert = malloc(sizeof(*expert));
	struct lesson l = { .count = 0 };
	struct slo_fit_opts o;
	struct slo_fit_report report;
	int r = expert ? make_lesson(train, &l) : -ENOMEM;

	slo_fit_opts_default(&o);
	if (!r) {
		slo_params_expert(expert);
		r = slo_fit_params(expert, l.cases, l.count, &o, p, &report);
	}
	if (!r && report.unfinished)
		slo_warn("%" PRIu32 " findings had not settled after %d steps", report.unfinished, o.steps);
	r = r ? r : slo_fit_surprise(p, l.cases, l.count, SURPRISE_QUANTILE, &p->abstain.surprise);
	p->abstain.captured = CAPTURED_LEAST;
	free(l.cases);
	free(l.x);
	return r ? slo_err_set(err, r, r == -EINVAL ? "no incident to learn from" : "%s", slo_strerror(r)) : 0;
}

/* Marginals of every domain at the last moment of every validation incident. */
struct marginals {
	double *p, *not_p, *confidence;
	bool *there, *wrong;
	size_t count, answers;
};

static void add_marginals(struct marginals *m, const struct slo_noisyor_model *n, const struct item *it)
{
	struct slo_measure x[SLO_FINDING__COUNT];
	static struct slo_noisyor_view v;
	int top = 0;

	if (!teaches(it))
		return;
	slo_findings_measure(&it->moments[it->count - 1].facts, x);
	slo_noisyor_judge(n, x, &v);
	for (int k = 0; k < SLO_CAUSE_UNMODELLED; k++) {
		m->p[m->count] = v.marginal[k];
		m->not_p[m->count] = v.not_marginal[k];
		m->there[m->count++] = it->truth.truth >> k & 1;
		top = v.marginal[k] > v.marginal[top] ? k : top;
	}
	m->confidence[m->answers] = v.marginal[top];
	m->wrong[m->answers++] = !(it->truth.truth >> top & 1);
}

static int judge_all(const struct cases *c, const struct slo_model_params *p, struct marginals *m)
{
	slo_autofree struct slo_noisyor_model *n = malloc(sizeof(*n));

	m->count = m->answers = 0;
	if (!n)
		return -ENOMEM;
	slo_noisyor_model_init(n, p);
	for (size_t i = 0; i < c->count; i++)
		add_marginals(m, n, &c->items[i]);
	return 0;
}

static int calibrate(const struct cases *c, double risk, struct slo_model_params *p, struct slo_err *err)
{
	size_t most = c->count * SLO_CAUSES + 1;
	slo_autofree double *a = calloc(most, sizeof(*a)), *b = calloc(most, sizeof(*b)), *f = calloc(most, sizeof(*f));
	slo_autofree bool *there = calloc(most, sizeof(*there)), *wrong = calloc(most, sizeof(*wrong));
	struct marginals m = { a, b, f, there, wrong, 0, 0 };
	int r = a && b && f && there && wrong ? judge_all(c, p, &m) : -ENOMEM;

	r = r ? r : slo_fit_platt(m.p, m.not_p, m.there, m.count, &p->calibration);
	/* Once more, with what is calibrated. */
	r = r ? r : judge_all(c, p, &m);
	r = r ? r : slo_fit_tau(m.confidence, m.wrong, m.answers, risk, &p->abstain.tau);
	if (!r && !m.answers)
		r = slo_err_set(err, -ENODATA, "no incident in the part validation");
	return r ? slo_err_set(err, r, "%s", slo_strerror(r)) : 0;
}

static uint64_t incidents(const struct cases *c)
{
	uint64_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		n += teaches(&c->items[i]);
	return n;
}

static int write_model(const struct slo_model_params *p, const char *to, struct slo_err *err)
{
	struct slo_buf text;
	int r;

	slo_buf_init(&text, SLO_PARAMS_FILE_MAX);
	r = slo_params_write(p, &text);
	r = r ? slo_err_set(err, r, "the model cannot be written: %s", slo_strerror(r)) : 0;
	if (!r && strcmp(to, "-") == 0)
		r = fwrite(text.data, 1, text.len, stdout) == text.len && fflush(stdout) == 0 ? 0 : -errno;
	else if (!r)
		r = slo_file_replace(to, slo_buf_str(&text), err);
	slo_buf_fini(&text);
	return r;
}

static int fit(const struct fit_opts *o, struct slo_model_params *p, struct slo_err *err)
{
	struct cases_want w = { .dir = o->train, .split = SLO_SPLIT_TRAIN,
				.stream = o->stream < SLO_STREAM__COUNT ? o->stream : -1, .quiet = true };
	struct cases train, validation = { .count = 0 };
	int r = cases_read(&train, &w, err);

	r = r ? r : learn(&train, p, err);
	if (!r) {
		p->train_n = incidents(&train);
		slo_str_copy(p->train_sha256, sizeof(p->train_sha256), slo_str(train.sha256));
		w = (struct cases_want){ .dir = o->validate[0] ? o->validate : o->train, .split = SLO_SPLIT_VALIDATION,
					 .stream = w.stream };
		r = cases_read(&validation, &w, err);
	}
	r = r ? r : calibrate(&validation, o->risk, p, err);
	if (!r) {
		p->validation_n = incidents(&validation);
		slo_str_copy(p->validation_sha256, sizeof(p->validation_sha256), slo_str(validation.sha256));
		slo_info("learned from %" PRIu64 " views of incidents, calibrated on %" PRIu64 "; abstains below %.3f",
			 p->train_n, p->validation_n, p->abstain.tau);
	}
	cases_fini(&train);
	cases_fini(&validation);
	return r;
}

static int run(void *opts, int argc, char **argv)
{
	const struct fit_opts *o = opts;
	slo_autofree struct slo_model_params *p = calloc(1, sizeof(*p));
	struct slo_err err = { .what = "" };
	int r;

	(void)argc;
	(void)argv;
	slo_log_init("attributor fit", false);
	r = p ? fit(o, p, &err) : slo_err_set(&err, -ENOMEM, "out of memory");
	if (!r) {
		slo_str_copy(p->name, sizeof(p->name), slo_str(o->name));
		r = write_model(p, o->out, &err);
	}
	if (!r)
		return 0;
	slo_warn_err(&err);
	return r == -ENOMEM || r == -EIO ? 1 : 2;
}

const struct slo_cmd fit_cmd = {
	.name = "fit",
	.summary = "Learn the parameters of the noisy-OR model from recorded incidents.",
	.opts = options,
	.opts_size = sizeof(struct fit_opts),
	.run = run,
	.epilog = "Nothing of the part test is read. Exit status: 0 a model was written, 1 failed, 2 usage or unusable input.\n",
};
