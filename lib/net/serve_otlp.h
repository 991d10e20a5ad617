/* SPDX-License-Identifier: MIT */
/*
 * Spans to an OpenTelemetry collector: OTLP over HTTP, JSON encoding, one batch a
 * second from a thread of its own. A batch the collector does not take (or that is
 * answered with anything but 2xx) is tried once more where OTLP allows it (429, 502,
 * 503, 504, no connection) and then dropped and counted.
 * Source: OTLP specification 1.x, "OTLP/HTTP"; trace ids are hex in JSON, times are strings.
 */
#ifndef SLO_NET_SERVE_OTLP_H
#define SLO_NET_SERVE_OTLP_H

#include "base/buf.h"
#include "base/err.h"
#include "event/event.h"

struct slo_otlp;

/** slo_otlp_start - its strings outlive it; @queue_bytes of spans may wait. Return: 0; -EINVAL, -ENOMEM with @err. */
int slo_otlp_start(const char *url, const char *ca_file, const char *service, size_t queue_bytes, struct slo_otlp **out,
		   struct slo_err *err);

/** slo_otlp_add - queue one span; dropped and counted without room. */
void slo_otlp_add(struct slo_otlp *o, const struct slo_span *span);

/** slo_otlp_dropped - spans that found no room or never arrived, so far. */
uint64_t slo_otlp_dropped(struct slo_otlp *o);

/** slo_otlp_stop - one last batch, then release. NULL is allowed. */
void slo_otlp_stop(struct slo_otlp *o);

/** slo_otlp_encode - append one span as a JSON object of a ScopeSpans message. */
void slo_otlp_encode(const struct slo_span *span, struct slo_buf *out);

#endif
