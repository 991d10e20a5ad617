/* SPDX-License-Identifier: MIT */
/* Values of a report as jansson has them. */
#ifndef SLO_RENDER_JSON_H
#define SLO_RENDER_JSON_H

#include <jansson.h>
#include <math.h>

/** slo_json_number - JSON has no NaN and no infinity: what is no number is null. Return: as json_real(). */
static inline json_t *slo_json_number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

#endif
