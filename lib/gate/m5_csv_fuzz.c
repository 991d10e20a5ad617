/* SPDX-License-Identifier: MIT */
/* Whatever is accepted is finite, not negative and has a name that ends. */
#include "gate/m5_csv.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(double v)
{
	if (!isnan(v) && (!isfinite(v) || v < 0))
		abort();
}

static struct slo_str next_line(struct slo_str *rest)
{
	const char *end = memchr(rest->p, '\n', rest->len);
	size_t n = end ? (size_t)(end - rest->p) : rest->len;
	struct slo_str line = slo_str_n(rest->p, n);

	*rest = slo_str_n(rest->p + n + (end != NULL), rest->len - n - (end != NULL));
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slo_str rest = slo_str_n((const char *)data, size);
	struct slo_m5_columns c;
	struct slo_m5_csv_row row;

	if (size == 0 || slo_m5_csv_head(next_line(&rest), data[0] & 1, &c, NULL))
		return 0;
	if (c.count < 1 || c.count > SLO_M5_COLUMNS_MAX || c.own >= c.count || c.node >= c.count)
		abort();
	while (rest.len) {
		if (slo_m5_csv_row(next_line(&rest), &c, &row, NULL))
			continue;
		check(row.own);
		check(row.bpf);
		check(row.total);
		if (!row.node[0] || strlen(row.node) > SLO_M5_NODE_MAX || (c.own >= 0 && isnan(row.own)))
			abort();
	}
	return 0;
}
