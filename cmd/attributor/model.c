/* SPDX-License-Identifier: MIT */
/* Which model judges, and where its parameters come from. */
#include "attributor.h"
#include "learn.h"

#include "base/cleanup.h"
#include "io/writer.h"

#include <errno.h>

enum { MODE_RULE = 1, MODEL_NOISYOR = 1 }; /* indices of options.c */

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

int model_choose(struct attributor *a, struct slo_err *err)
{
	const struct attributor_opts *o = a->o;
	static struct slo_model_params params;
	int r;

	if (o->model[0] && (o->mode == MODE_RULE || o->bayes_model != MODEL_NOISYOR))
		return slo_err_set(err, -EINVAL, "--model is for --bayes-model=noisyor");
	a->model = o->mode == MODE_RULE ? &slo_model_rule : &slo_model_naive;
	if (o->mode == MODE_RULE || o->bayes_model != MODEL_NOISYOR)
		return 0;
	r = o->model[0] ? model_read(o->model, &params, err) : 0;
	if (!r)
		slo_noisyor_model_init(&a->noisyor, o->model[0] ? &params : NULL);
	a->model = &a->noisyor.model;
	return r;
}
