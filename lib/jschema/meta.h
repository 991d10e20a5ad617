/* SPDX-License-Identifier: MIT */
/* The meta-schemas that every store knows. */
#ifndef SLO_JSCHEMA_META_H
#define SLO_JSCHEMA_META_H

#include "base/str.h"

/* A document as pieces of JSON text with a NULL behind them. */
struct slo_jmetatext {
	const char *uri;
	const char *const *lines;
};

extern const struct slo_jmetatext slo_jmeta_draft7[], slo_jmeta_2020[];
extern const size_t slo_jmeta_draft7_count, slo_jmeta_2020_count;

#endif
