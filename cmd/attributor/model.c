/* SPDX-License-Identifier: MIT */
/* Which model judges, and where its parameters come from. */
#include "attributor.h"

#include "base/cleanup.h"
#include "io/writer.h"
#include "net/digest.h"

#include <errno.h>

enum { MODE_RULE = 1, MODEL_NOISYOR = 1 }; /* indices of options.c */

static int read_params(const char *path, struct slo_model_params *out, char hash[SLO_SHA256_HEX], struct slo_err *err)
{
	slo_autofree char *text = NULL;
	size_t len;
	int r = slo_file_read(path, SLO_PARAMS_FILE_MAX, &text, &len, err);

	if (r)
		return r;
	r = slo_params_read(slo_str_n(text, len), out, err);
	if (r)
		slo_err_at(err, "%s", path);
	else if (slo_sha256(slo_str_n(text, len), hash))
		r = slo_err_set(err, -ENOMEM, "out of memory");
	return r;
}

int model_choose(struct attributor *a, struct slo_err *err)
{
	const struct attributor_opts *o = a->o;
	static struct slo_model_params params;
	char hash[SLO_SHA256_HEX];
	int r;

	if (o->model[0] && (o->mode == MODE_RULE || o->bayes_model != MODEL_NOISYOR))
		return slo_err_set(err, -EINVAL, "--model is for --bayes-model=noisyor");
	a->model = o->mode == MODE_RULE ? &slo_model_rule : &slo_model_naive;
	if (o->mode == MODE_RULE || o->bayes_model != MODEL_NOISYOR)
		return 0;
	r = o->model[0] ? read_params(o->model, &params, hash, err) : 0;
	if (!r)
		slo_noisyor_model_init(&a->noisyor, o->model[0] ? &params : NULL);
	if (!r && o->model[0])
		slo_noisyor_model_file(&a->noisyor, hash);
	a->model = &a->noisyor.model;
	return r;
}
