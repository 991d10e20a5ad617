/* SPDX-License-Identifier: MIT */
/* The probe and the packet source read any bytes alike. */
#include <stdlib.h>
#include <string.h>

#include "bpf/dns.h"
#include "decode/dns.h"
#include "decode/kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is)
{
	if (!is)
		abort();
}

/* As a message: judged by the other decoder. */
static void as_message(const uint8_t *data, size_t size)
{
	uint8_t window[SLO_BPF_DNS_WINDOW] = { 0 };
	uint32_t n = size < sizeof(window) ? (uint32_t)size : (uint32_t)sizeof(window);
	struct slo_bpf_dns_msg m;
	struct slo_dns d;

	memcpy(window, data, n);
	require(slo_bpf_dns_read(window, n, &m) == (slo_dns_parse(data, size, &d) == 0));
}

/* As an event: no name, however broken, leaves its bounds or prints what is not printable. */
static void as_event(const uint8_t *data, size_t size)
{
	struct slo_bpf_event_dns e = { 0 };
	struct slo_obs o;

	memcpy(&e, data, size < sizeof(e) ? size : sizeof(e));
	e.e.probe = SLO_BPF_DNS;
	if (slo_kernel_obs(&e.e, 1, &o))
		return;
	require(memchr(o.detail, 0, sizeof(o.detail)) != NULL && o.detail[0] != '\0');
	for (const char *c = o.detail; *c; c++)
		require(*c >= ' ' && *c < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_message(data, size);
	as_event(data, size);
	return 0;
}
