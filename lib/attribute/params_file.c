/* SPDX-License-Identifier: MIT */
/* Parameters as text and back. The record codec checks types and ranges; what belongs together is checked here. */
#include "attribute/params.h"

#include "base/cleanup.h"
#include "rec/rec.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COEFFICIENT_MAX = 1000000 };

struct file_part {
	struct slo_str sha256;
	uint64_t incidents;
};

struct file_cause {
	int cause;
	double prior;
	uint64_t n;
};

struct file_link {
	int cause;
	double w;
	uint64_t n;
};

struct file_detector {
	int class;
	double a, b, rate;
	uint64_t n;
};

struct file_finding {
	struct slo_str name;
	double leak;
	uint64_t n;
	struct file_link links[SLO_CAUSES];
	uint32_t links_count;
	struct file_detector detectors[SLO_CLASSES];
	uint32_t detectors_count;
};

struct file_calibration {
	double a, b;
	uint64_t n;
};

struct file_abstain {
	double tau, captured, surprise;
};

struct file {
	struct slo_str v, model, name, finding_set;
	int soft_evidence;
	struct file_part training, validation;
	struct file_calibration calibration;
	struct file_abstain abstain;
	struct file_cause causes[SLO_CAUSES];
	uint32_t causes_count;
	struct file_finding findings[SLO_FINDINGS_MAX];
	uint32_t findings_count;
};

#define T struct file_part
static const struct slo_rec_field part_fields[] = {
	SLO_F_STR(T, sha256, 0, "SHA-256 of the incidents' manifest lines, hex; empty when there were none"),
	SLO_F_U64(T, incidents, 0, "number of incidents"),
};
static SLO_REC_DEFINE(part_rec, T, "incidents", part_fields, "what numbers were made from");
#undef T

#define T struct file_cause
static const struct slo_rec_field cause_fields[] = {
	SLO_F_ENUM(T, cause, 0, &slo_domain_enum, "fault domain; unknown is the unmodelled cause"),
	SLO_F_F64(T, prior, 0, SLO_RANGE(0, 1), "probability that it is at work in an incident; neither 0 nor 1"),
	SLO_F_U64(T, n, 0, "training incidents with it"),
};
static SLO_REC_DEFINE(cause_rec, T, "cause", cause_fields, "a cause");
#undef T

#define T struct file_link
static const struct slo_rec_field link_fields[] = {
	SLO_F_ENUM(T, cause, 0, &slo_domain_enum, "fault domain; unknown is the unmodelled cause"),
	SLO_F_F64(T, w, 0, SLO_RANGE(0, 1), "probability that it alone elevates the finding; not 1"),
	SLO_F_U64(T, n, 0, "training measurements with it"),
};
static SLO_REC_DEFINE(link_rec, T, "link", link_fields, "from a cause to a finding");
#undef T

#define T struct file_detector
static const struct slo_rec_field detector_fields[] = {
	SLO_F_ENUM(T, class, 0, &slo_evidence_enum, "who measures"),
	SLO_F_F64(T, a, 0, SLO_RANGE(-COEFFICIENT_MAX, COEFFICIENT_MAX), "intercept"),
	SLO_F_F64(T, b, 0, SLO_RANGE(0, COEFFICIENT_MAX), "slope on ln(1 + max(z, 0))"),
	SLO_F_F64(T, rate, 0, SLO_RANGE(0, 1), "share of elevated measurements in training; neither 0 nor 1"),
	SLO_F_U64(T, n, 0, "training measurements; at least 1"),
};
static SLO_REC_DEFINE(detector_rec, T, "detector", detector_fields,
		      "P(elevated | z) = 1 / (1 + exp(-(a + b ln(1 + max(z, 0)))))");
#undef T

#define T struct file_finding
static const struct slo_rec_field finding_fields[] = {
	SLO_F_STR(T, name, 0, "of the finding set's list, in its order"),
	SLO_F_F64(T, leak, 0, SLO_RANGE(0, 1), "probability that it is elevated without any cause; neither 0 nor 1"),
	SLO_F_U64(T, n, 0, "fault-free training measurements"),
	SLO_F_OBJS(T, links, links_count, struct file_link, 0, &link_rec, "one for each cause"),
	SLO_F_OBJS(T, detectors, detectors_count, struct file_detector, 0, &detector_rec,
		   "one for each source it was trained with; another source's measurements are not used"),
};
static SLO_REC_DEFINE(finding_rec, T, "finding", finding_fields, "a finding");
#undef T

#define T struct file_calibration
static const struct slo_rec_field calibration_fields[] = {
	SLO_F_F64(T, a, 0, SLO_RANGE(-COEFFICIENT_MAX, COEFFICIENT_MAX), "intercept"),
	SLO_F_F64(T, b, 0, SLO_RANGE(0, COEFFICIENT_MAX), "slope; 1 with an intercept of 0 changes nothing"),
	SLO_F_U64(T, n, 0, "validation marginals it was fitted on"),
};
static SLO_REC_DEFINE(calibration_rec, T, "calibration", calibration_fields, "on the logit of each marginal");
#undef T

#define T struct file_abstain
static const struct slo_rec_field abstain_fields[] = {
	SLO_F_F64(T, tau, 0, SLO_RANGE(0, 1), "unknown when no named cause reaches this calibrated marginal"),
	SLO_F_F64(T, captured, 0, SLO_RANGE(0, 1),
		  "unknown when less than this share of the findings' weight was captured"),
	SLO_F_F64(T, surprise, SLO_REC_OPT, SLO_RANGE(-COEFFICIENT_MAX, COEFFICIENT_MAX),
		  "unknown when -ln P(x) is more; absent: no limit"),
};
static SLO_REC_DEFINE(abstain_rec, T, "abstain", abstain_fields, "when the answer is unknown");
#undef T

#define T struct file
static const struct slo_rec_field fields[] = {
	SLO_F_STR(T, v, 0, "version of this format, 1.x"),
	SLO_F_STR(T, model, 0, "noisyor"),
	SLO_F_STR(T, name, 0, "of these parameters, as incidents carry it"),
	SLO_F_STR(T, finding_set, 0, "name of the list of findings"),
	SLO_F_BOOL(T, soft_evidence, 0,
		   "likelihood ratios of detectors; false: elevated or not, by the signals' thresholds"),
	SLO_F_OBJ(T, training, struct file_part, &part_rec, "what priors, leaks, links and detectors come from"),
	SLO_F_OBJ(T, validation, struct file_part, &part_rec, "what calibration and abstention come from"),
	SLO_F_OBJ(T, calibration, struct file_calibration, &calibration_rec, "calibration of the marginals"),
	SLO_F_OBJ(T, abstain, struct file_abstain, &abstain_rec, "when the answer is unknown"),
	SLO_F_OBJS(T, causes, causes_count, struct file_cause, 0, &cause_rec, "each cause once"),
	SLO_F_OBJS(T, findings, findings_count, struct file_finding, 0, &finding_rec, "each finding once, in order"),
};
SLO_REC_DEFINE(slo_params_rec, T, "attribution model", fields, "Parameters of the noisy-OR attribution model.");
#undef T

static void put_causes(const struct slo_model_params *p, struct file *f)
{
	f->causes_count = SLO_CAUSES;
	for (int k = 0; k < SLO_CAUSES; k++)
		f->causes[k] = (struct file_cause){ k, p->nor.prior[k], p->prior_n[k] };
}

static void put_finding(const struct slo_model_params *p, uint32_t j, struct file_finding *f)
{
	*f = (struct file_finding){ .name = slo_str(slo_finding_info[j].name), .leak = p->nor.leak[j],
				    .n = p->leak_n[j], .links_count = SLO_CAUSES };
	for (int k = 0; k < SLO_CAUSES; k++)
		f->links[k] = (struct file_link){ k, p->nor.link[j][k], p->link_n[j][k] };
	for (int c = 0; c < SLO_CLASSES; c++) {
		const struct slo_detector *d = &p->detector[j][c];

		if (d->n)
			f->detectors[f->detectors_count++] = (struct file_detector){ c, d->a, d->b, d->rate, d->n };
	}
}

/* Compact JSON with the outer three levels on lines of their own. */
static void indent(struct slo_str text, struct slo_buf *out)
{
	enum { LEVELS = 3 };
	int depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];
		bool open = !quoted && (c == '{' || c == '['), close = !quoted && (c == '}' || c == ']');

		if (quoted && c == '\\')
			slo_buf_addc(out, text.p[i++]);
		else if (c == '"')
			quoted = !quoted;
		depth -= close;
		if (close && depth < LEVELS && text.p[i - 1] != '[')
			slo_buf_addf(out, "\n%*s", 2 * depth, "");
		slo_buf_addc(out, text.p[i]);
		depth += open;
		if (((open && text.p[i + 1] != ']') || (!quoted && c == ',')) && depth <= LEVELS)
			slo_buf_addf(out, "\n%*s", 2 * depth, "");
		else if (!quoted && (c == ':' || c == ','))
			slo_buf_addc(out, ' ');
	}
	slo_buf_addc(out, '\n');
}

int slo_params_write(const struct slo_model_params *p, struct slo_buf *out)
{
	slo_autofree struct file *f = calloc(1, sizeof(*f));
	struct slo_buf compact;
	int r;

	if (!f)
		return -ENOMEM;
	f->v = slo_str("1.0");
	f->model = slo_str("noisyor");
	f->name = slo_str(p->name);
	f->finding_set = slo_str(SLO_FINDING_SET);
	f->soft_evidence = p->soft;
	f->training = (struct file_part){ slo_str(p->train_sha256), p->train_n };
	f->validation = (struct file_part){ slo_str(p->validation_sha256), p->validation_n };
	f->calibration = (struct file_calibration){ p->calibration.a, p->calibration.b, p->calibration.n };
	f->abstain = (struct file_abstain){ p->abstain.tau, p->abstain.captured,
					    isinf(p->abstain.surprise) ? NAN : p->abstain.surprise };
	put_causes(p, f);
	f->findings_count = SLO_FINDING__COUNT;
	for (uint32_t j = 0; j < f->findings_count; j++)
		put_finding(p, j, &f->findings[j]);
	slo_buf_init(&compact, SLO_PARAMS_FILE_MAX);
	r = slo_rec_encode(&slo_params_rec, f, &compact);
	if (!r)
		indent(slo_buf_str(&compact), out);
	slo_buf_fini(&compact);
	return r ? r : out->err;
}

/* @where: the member's path. Return: -EINVAL. */
static int refuse(struct slo_err *err, const char *what, const char *where, ...) __attribute__((format(printf, 3, 4)));
static int refuse(struct slo_err *err, const char *what, const char *where, ...)
{
	char path[sizeof(err->where)];
	va_list ap;

	va_start(ap, where);
	(void)!vsnprintf(path, sizeof(path), where, ap);
	va_end(ap);
	slo_err_at(err, "%s", path);
	return slo_err_set(err, -EINVAL, "%s", what);
}

/* The same for a text that is not the wanted one. */
static int mismatch(struct slo_err *err, const char *want, struct slo_str found, const char *where)
{
	slo_err_at(err, "%s", where);
	return slo_err_set(err, -EINVAL, "want %s, found %.*s", want, SLO_STR_ARG(found));
}

static const char improper[] = "want a probability that is neither 0 nor 1";
static const char incomplete[] = "want each fault domain once";

static bool proper(double p)
{
	return p > 0 && p < 1;
}

static bool is_hash(struct slo_str s)
{
	if (s.len != 0 && s.len != SLO_PARAMS_HASH_MAX - 1)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("0123456789abcdef", s.p[i]))
			return false;
	return true;
}

static int check_head(const struct file *f, struct slo_err *err)
{
	if (f->v.len < 2 || memcmp(f->v.p, "1.", 2) != 0)
		return mismatch(err, "version 1.x", f->v, "v");
	if (!slo_str_is(f->model, "noisyor"))
		return mismatch(err, "noisyor", f->model, "model");
	if (!slo_str_is(f->finding_set, SLO_FINDING_SET))
		return mismatch(err, SLO_FINDING_SET ", which are this version's findings", f->finding_set,
				"finding_set");
	if (f->name.len == 0 || f->name.len >= SLO_PARAMS_NAME_MAX)
		return refuse(err, "want 1 to 63 bytes", "name");
	if (!is_hash(f->training.sha256) || !is_hash(f->validation.sha256))
		return refuse(err, "want 64 hexadecimal digits in lower case, or none", "%s.sha256",
			      is_hash(f->training.sha256) ? "validation" : "training");
	if (f->training.incidents && !f->training.sha256.len)
		return refuse(err, "what was learned names what it was learned from", "training.sha256");
	return 0;
}

static int take_causes(const struct file *f, struct slo_model_params *p, struct slo_err *err)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < f->causes_count; i++) {
		const struct file_cause *c = &f->causes[i];

		if (!proper(c->prior))
			return refuse(err, improper, "causes[%u].prior", i);
		if (seen >> c->cause & 1)
			return refuse(err, "told twice", "causes[%u].cause", i);
		seen |= 1u << c->cause;
		p->nor.prior[c->cause] = c->prior;
		p->prior_n[c->cause] = c->n;
	}
	return seen == SLO_CAUSE_SETS - 1 ? 0 : refuse(err, incomplete, "causes");
}

static int take_links(const struct file_finding *f, uint32_t j, struct slo_model_params *p, struct slo_err *err)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < f->links_count; i++) {
		const struct file_link *l = &f->links[i];

		if (l->w >= 1)
			return refuse(err, "want less than 1", "findings[%u].links[%u].w", j, i);
		if (seen >> l->cause & 1)
			return refuse(err, "told twice", "findings[%u].links[%u].cause", j, i);
		seen |= 1u << l->cause;
		p->nor.link[j][l->cause] = l->w;
		p->link_n[j][l->cause] = l->n;
	}
	return seen == SLO_CAUSE_SETS - 1 ? 0 : refuse(err, incomplete, "findings[%u].links", j);
}

static int take_detectors(const struct file_finding *f, uint32_t j, struct slo_model_params *p, struct slo_err *err)
{
	for (uint32_t i = 0; i < f->detectors_count; i++) {
		const struct file_detector *d = &f->detectors[i];

		if (p->detector[j][d->class].n)
			return refuse(err, "told twice", "findings[%u].detectors[%u].class", j, i);
		if (!proper(d->rate))
			return refuse(err, improper, "findings[%u].detectors[%u].rate", j, i);
		if (!d->n)
			return refuse(err, "want at least 1", "findings[%u].detectors[%u].n", j, i);
		p->detector[j][d->class] = (struct slo_detector){ d->a, d->b, d->rate, d->n };
	}
	return 0;
}

static int take_finding(const struct file_finding *f, uint32_t j, struct slo_model_params *p, struct slo_err *err)
{
	char where[32];
	int r;

	(void)!snprintf(where, sizeof(where), "findings[%u].name", j);
	if (j >= SLO_FINDING__COUNT || !slo_str_is(f->name, slo_finding_info[j].name))
		return mismatch(err, j < SLO_FINDING__COUNT ? slo_finding_info[j].name : "no more findings", f->name,
				where);
	if (!proper(f->leak))
		return refuse(err, improper, "findings[%u].leak", j);
	p->nor.leak[j] = f->leak;
	p->leak_n[j] = f->n;
	r = take_links(f, j, p, err);
	return r ? r : take_detectors(f, j, p, err);
}

static int take(const struct file *f, struct slo_model_params *p, struct slo_err *err)
{
	int r = check_head(f, err);

	if (r)
		return r;
	*p = (struct slo_model_params){
		.soft = f->soft_evidence, .nor = { .findings = SLO_FINDING__COUNT },
		.calibration = { f->calibration.a, f->calibration.b, f->calibration.n },
		.abstain = { f->abstain.tau, f->abstain.captured,
			     isnan(f->abstain.surprise) ? INFINITY : f->abstain.surprise },
		.train_n = f->training.incidents, .validation_n = f->validation.incidents,
	};
	slo_str_copy(p->name, sizeof(p->name), f->name);
	slo_str_copy(p->train_sha256, sizeof(p->train_sha256), f->training.sha256);
	slo_str_copy(p->validation_sha256, sizeof(p->validation_sha256), f->validation.sha256);
	r = take_causes(f, p, err);
	for (uint32_t j = 0; j < f->findings_count && !r; j++)
		r = take_finding(&f->findings[j], j, p, err);
	if (!r && f->findings_count != SLO_FINDING__COUNT)
		return refuse(err, "findings are missing at its end", "findings");
	return r;
}

int slo_params_read(struct slo_str text, struct slo_model_params *out, struct slo_err *err)
{
	slo_autofree struct file *f = calloc(1, sizeof(*f));
	slo_autofree struct slo_model_params *p = malloc(sizeof(*p));
	struct slo_rec_ctx ctx;
	int r;

	if (!f || !p)
		return slo_err_set(err, -ENOMEM, "out of memory");
	slo_rec_ctx_init(&ctx);
	r = slo_rec_decode(&ctx, &slo_params_rec, text.p, text.len, f, err);
	if (!r && ctx.unknown)
		r = slo_err_set(err, -EINVAL, "%llu members that this version does not know",
				(unsigned long long)ctx.unknown);
	if (!r && ctx.truncated)
		r = slo_err_set(err, -EINVAL, "a list of causes, findings, links or detectors is too long");
	r = r ? r : take(f, p, err);
	if (!r)
		*out = *p;
	slo_rec_ctx_fini(&ctx);
	return r;
}
