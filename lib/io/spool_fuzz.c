/* SPDX-License-Identifier: MIT */
/* Whatever is in a spool file is read without harm; what is read prints as it was. */
#include "io/spool.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slo_spool_message m, again;
	struct slo_buf b;

	if (slo_spool_parse(slo_str_n((const char *)data, len), &m))
		return 0;
	slo_buf_init(&b, 4 << 20);
	slo_spool_print(&b, &m);
	if (b.err || slo_spool_parse(slo_buf_str(&b), &again) || !slo_str_eq(m.body, again.body) ||
	    strcmp(m.id, again.id) != 0 || m.time_ns != again.time_ns)
		abort();
	slo_buf_fini(&b);
	return 0;
}
