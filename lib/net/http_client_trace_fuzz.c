/* SPDX-License-Identifier: MIT */
/* Whatever a trace holds, its rows are in order and in bounds, and a refusal says where. */
#include "net/http_client_trace.h"

#include "net/http_client.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slo_err err = { .what = "" };
	struct slo_trace t = { NULL, 0 };
	int64_t last = 0;

	if (slo_trace_parse(slo_str_n((const char *)data, len), "trace.csv", &t, &err)) {
		if (t.rows || !err.what[0] || !err.where[0])
			abort();
		return 0;
	}
	if (t.n == 0 || t.rows[0].at_ns != 0)
		abort();
	for (size_t i = 0; i < t.n; i++) {
		const struct slo_trace_row *r = &t.rows[i];

		if (r->at_ns < last || r->prompt_tokens < 1 || r->prompt_tokens > SLO_CLIENT_PROMPT_MAX ||
		    r->max_tokens < 1 || r->max_tokens > SLO_TRACE_OUTPUT_MAX)
			abort();
		last = r->at_ns;
	}
	slo_trace_fini(&t);
	return 0;
}
