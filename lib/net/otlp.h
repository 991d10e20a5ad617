/* SPDX-License-Identifier: MIT */
/* What both ends of OTLP over HTTP share: signals and encodings, by name, path and content type. */
#ifndef SLO_NET_OTLP_H
#define SLO_NET_OTLP_H

#include "base/str.h"

enum slo_otlp_signal { SLO_OTLP_LOGS, SLO_OTLP_METRICS, SLO_OTLP_TRACES, SLO_OTLP_SIGNALS };
enum slo_otlp_encoding { SLO_OTLP_PROTOBUF, SLO_OTLP_JSON, SLO_OTLP_ENCODINGS };

enum {
	SLO_OTLP_BODY_MAX = 20 << 20, /* bytes of a body before compression: what OTLP asks clients to keep to */
	SLO_OTLP_PORT = 4318,
};

struct slo_otlp_signal_info {
	const char *name;     /* "logs" */
	const char *path;     /* "/v1/logs" */
	const char *variable; /* "LOGS", as in OTEL_EXPORTER_OTLP_LOGS_ENDPOINT */
	const char *rejected; /* member of a partial success in JSON: "rejectedLogRecords" */
};

extern const struct slo_otlp_signal_info slo_otlp_signal_info[SLO_OTLP_SIGNALS];

/* "application/x-protobuf", "application/json". */
extern const char *const slo_otlp_content_type[SLO_OTLP_ENCODINGS];

/** slo_otlp_encoding_of - the encoding of a Content-Type, parameters aside; -1 for any other. */
int slo_otlp_encoding_of(const char *content_type);

#endif
