/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "decode/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slo_dns m;
	uint8_t *copy = malloc(size ? size : 1);

	memcpy(copy, data, size);
	if (slo_dns_parse(copy, size, &m) == 0) {
		if (!memchr(m.name, 0, sizeof(m.name)) || m.addr_count > SLO_DNS_MAX_ADDRS)
			abort();
		for (const char *c = m.name; *c; c++)
			if (*c <= ' ' || *c >= 0x7f)
				abort();
	}
	free(copy);
	return 0;
}
