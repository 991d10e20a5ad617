/* SPDX-License-Identifier: MIT */
/* Plain scalars of the YAML 1.2 core schema. Private to the module. */
#ifndef SLO_YAML_SCALAR_H
#define SLO_YAML_SCALAR_H

#include "base/str.h"

#include <jansson.h>

/**
 * slo_yaml_scalar - what the plain scalar @s stands for
 * @why: set to a reason on failure
 *
 * Return: a new null, boolean, integer, real or string; NULL with @why set.
 * Source: YAML 1.2.2, 10.3.2 "Tag Resolution".
 */
json_t *slo_yaml_scalar(struct slo_str s, const char **why);

#endif
