/* SPDX-License-Identifier: MIT */
/* Whatever a server answers: no crash, bounds kept, and views that stay inside. */
#include "net/prom_api.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slo_prom_api_answer a;
	struct slo_err err = { "", "" };
	uint32_t points = 0;
	int ret;

	slo_prom_api_answer_init(&a);
	ret = slo_prom_api_parse((const char *)data, size, &a, &err);
	if (ret && (ret != -EBADMSG || !err.what[0]))
		abort();
	for (uint32_t i = 0; i < a.series_count; i++) {
		if (a.series[i].first != points || !memchr(a.series[i].labels, 0, sizeof(a.series[i].labels)))
			abort();
		points += a.series[i].count;
	}
	if (ret == 0 && points != a.points_count)
		abort();
	slo_prom_api_answer_fini(&a);
	return 0;
}
