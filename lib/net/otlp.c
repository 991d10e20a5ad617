/* SPDX-License-Identifier: MIT */
#include "net/otlp.h"

#include <strings.h>

const struct slo_otlp_signal_info slo_otlp_signal_info[SLO_OTLP_SIGNALS] = {
	[SLO_OTLP_LOGS] = { "logs", "/v1/logs", "LOGS", "rejectedLogRecords" },
	[SLO_OTLP_METRICS] = { "metrics", "/v1/metrics", "METRICS", "rejectedDataPoints" },
	[SLO_OTLP_TRACES] = { "traces", "/v1/traces", "TRACES", "rejectedSpans" },
};

const char *const slo_otlp_content_type[SLO_OTLP_ENCODINGS] = {
	[SLO_OTLP_PROTOBUF] = "application/x-protobuf",
	[SLO_OTLP_JSON] = "application/json",
};

int slo_otlp_encoding_of(const char *content_type)
{
	size_t len;

	content_type += strspn(content_type, " \t");
	len = strcspn(content_type, "; \t");
	for (int e = 0; e < SLO_OTLP_ENCODINGS; e++)
		if (strlen(slo_otlp_content_type[e]) == len &&
		    strncasecmp(slo_otlp_content_type[e], content_type, len) == 0)
			return e;
	return -1;
}
