/* SPDX-License-Identifier: MIT */
/* OTLP in JSON; the first byte chooses the signal. */
#include "net/otlp_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_body(SLO_OTLP_JSON, data, size);
}
