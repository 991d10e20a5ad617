/* SPDX-License-Identifier: MIT */
/* What both directions of spans need. Private to the otlp files. */
#ifndef SLO_NET_OTLP_SPAN_H
#define SLO_NET_OTLP_SPAN_H

#include "rec/rec.h"

/* Attributes for what a field cannot hold. */
#define OTLP_SPAN_ESCAPE "llm_slo.attribute."
#define OTLP_SPAN_PARENT "llm_slo.parent_span_id"
#define OTLP_SPAN_KIND   "llm_slo.span_kind"
#define OTLP_SPAN_STATUS "llm_slo.status"

extern const struct slo_enum otlp_span_kind_enum;   /* by SpanKind; 0 is "" */
extern const struct slo_enum otlp_span_status_enum; /* by StatusCode */

/** otlp_span_reserved - an attribute of this name is not one of the span's own. */
bool otlp_span_reserved(struct slo_str key);

#endif
