/* SPDX-License-Identifier: MIT */
/* The series of metrics.h as text. */
#ifndef SLO_METRICS_WRITE_H
#define SLO_METRICS_WRITE_H

#include "metrics/metrics.h"
#include "render/prom.h"

/**
 * slo_metrics_write - append every family
 *
 * Families named llm_slo_* carry the label source, those of requests only what the service was seen to do.
 * Families named llm_ebpf_* have the published toolkit's labels, which cannot say where a number comes from: they
 * are written for a live source only.
 */
void slo_metrics_write(const struct slo_metrics *m, struct slo_prom *p);

#endif
