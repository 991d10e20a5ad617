/* SPDX-License-Identifier: MIT */
/* The subcommands of the attributor that learn and score. */
#ifndef ATTRIBUTOR_LEARN_H
#define ATTRIBUTOR_LEARN_H

#include "attribute/params.h"
#include "opt/opt.h"

extern const struct slo_cmd fit_cmd, evaluate_cmd;

/** model_read - the parameters in a file. Return: 0; a negative errno with @err. */
int model_read(const char *path, struct slo_model_params *out, struct slo_err *err);

#endif
