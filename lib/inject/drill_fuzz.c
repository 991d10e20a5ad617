/* SPDX-License-Identifier: MIT */
/* A scenario that is accepted keeps its bounds. */
#include "inject/drill.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slo_err err = { .what = "" };
	struct slo_drill d;

	if (slo_drill_parse((const char *)data, len, "fuzz", &d, &err)) {
		if (!err.what[0])
			abort();
		return 0;
	}
	if (!d.count || d.count > SLO_DRILL_ROUNDS_MAX || d.fault_s <= 0)
		abort();
	for (size_t i = 0; i < d.count; i++)
		for (size_t k = 0; k < d.rounds[i].count; k++)
			if (k >= SLO_DRILL_FAULTS_MAX || (d.rounds[i].faults[k].severity > 0) == (d.rounds[i].faults[k].strength > 0))
				abort();
	return 0;
}
