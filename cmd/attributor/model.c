/* SPDX-License-Identifier: MIT */
/* Which model judges, and where its parameters come from. */
#include "attributor.h"
#include "base/embed.h"
#include "learn.h"

#include "base/cleanup.h"
#include "io/writer.h"
#include "net/digest.h"

#include <errno.h>

enum { MODE_RULE = 1, MODEL_AUTO = 0, MODEL_NAIVE = 1 }; /* indices of options.c */

int model_read(const char *path, struct slo_model_params *out, struct slo_err *err)
{
	slo_autofree char *text = NULL;
	size_t len;
	int r = slo_file_read(path, SLO_PARAMS_FILE_MAX, &text, &len, err);

	if (r)
		return r;
	r = slo_params_read(slo_str_n(text, len), out, err);
	if (r)
		slo_err_at(err, "%s", path);
	return r;
}

/* The model that was learned from the recorded set when this version was made: it depends on no path. */
static int shipped(struct slo_model_params *out, struct slo_err *err)
{
	const struct embedded_file *f = &embedded_files[0];
	int r = slo_params_read(slo_str_n((const char *)f->data, f->len), out, err);

	if (r)
		slo_err_at(err, "the shipped %s", f->name);
	return r;
}

/* The hash that names the parameters: of the file, or of what is part of the program. */
static int hash_of(const char *file, char hex[SLO_SHA256_HEX], struct slo_err *err)
{
	const struct embedded_file *f = &embedded_files[0];

	if (file[0])
		return slo_sha256_file(file, hex, err);
	if (slo_sha256(slo_str_n((const char *)f->data, f->len), hex))
		return slo_err_set(err, -ENOMEM, "out of memory");
	return 0;
}

/* A sample has no past, which is what a learned model compares with: there the expert's thresholds judge. */
static int noisyor(struct attributor *a, struct slo_err *err)
{
	static struct slo_model_params params;
	const char *file = a->o->model;
	bool expert = strcmp(file, "expert") == 0;
	int r = expert ? 0 : file[0] ? model_read(file, &params, err) : shipped(&params, err);
	bool named = !expert && strcmp(file, "-") != 0; /* standard input is read once */
	char hash[SLO_SHA256_HEX];

	r = r || !named ? r : hash_of(file, hash, err);
	if (r)
		return r;
	slo_noisyor_model_init(&a->noisyor, expert ? NULL : &params);
	if (named)
		slo_noisyor_model_file(&a->noisyor, hash);
	slo_noisyor_model_init(&a->expert, NULL);
	a->model = &a->noisyor.model;
	a->sample_model = file[0] ? &a->noisyor.model : &a->expert.model;
	return 0;
}

int model_choose(struct attributor *a, struct slo_err *err)
{
	const struct attributor_opts *o = a->o;
	int r = 0;

	if (o->model[0] && (o->mode == MODE_RULE || o->bayes_model == MODEL_NAIVE))
		return slo_err_set(err, -EINVAL, "--model is for --bayes-model=noisyor");
	a->model = a->sample_model = o->mode == MODE_RULE ? &slo_model_rule : &slo_model_naive;
	if (o->mode != MODE_RULE && o->bayes_model != MODEL_NAIVE)
		r = noisyor(a, err);
	if (o->bayes_model == MODEL_AUTO && o->mode != MODE_RULE && !o->model[0])
		a->sample_model = &slo_model_naive;
	return r;
}
