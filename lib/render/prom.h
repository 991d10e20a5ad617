/* SPDX-License-Identifier: MIT */
/*
 * Prometheus text exposition format 0.0.4: families with HELP and TYPE, samples
 * under them. Pure; the caller brings a buffer and the order.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#ifndef SLO_RENDER_PROM_H
#define SLO_RENDER_PROM_H

#include "base/buf.h"
#include "base/str.h"

#include <stdint.h>

#define SLO_PROM_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum slo_prom_type { SLO_PROM_COUNTER, SLO_PROM_GAUGE, SLO_PROM_HISTOGRAM };

struct slo_prom_label {
	const char *name;     /* [a-zA-Z_][a-zA-Z0-9_]* */
	struct slo_str value; /* any bytes: escaped, invalid UTF-8 replaced */
};

struct slo_prom {
	struct slo_buf *out;
	const char *family;   /* of the samples that follow */
	enum slo_prom_type type;
};

static inline struct slo_prom slo_prom_begin(struct slo_buf *out)
{
	return (struct slo_prom){ .out = out };
}

/** slo_prom_family - HELP and TYPE lines; samples until the next family belong to it. @name lives as long. */
void slo_prom_family(struct slo_prom *p, const char *name, enum slo_prom_type type, const char *help);

/** slo_prom_sample - one line; @labels ends with a NULL name, may be NULL. NaN and infinities are fine. */
void slo_prom_sample(struct slo_prom *p, const struct slo_prom_label *labels, double value);

/**
 * slo_prom_histogram - _bucket, _sum and _count lines
 * @bounds: @n upper bounds, ascending, without +Inf (which is @count)
 * @cumulative: observations <= bounds[i]
 */
void slo_prom_histogram(struct slo_prom *p, const struct slo_prom_label *labels, const double *bounds,
			const uint64_t *cumulative, int n, double sum, uint64_t count);

#endif
