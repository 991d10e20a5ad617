/* SPDX-License-Identifier: MIT */
#include "decode/kernel_dns.h"

#include "bpf/dns.h"
#include "decode/dns.h"
#include "decode/kernel_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool is_stub(const uint8_t addr[16])
{
	static const uint8_t v4[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127 };

	return memcmp(addr, v4, sizeof(v4)) == 0 || memcmp(addr, &in6addr_loopback, 16) == 0;
}

void kernel_dns_detail(const struct slo_bpf_event *e, char *to, size_t size)
{
	const struct slo_bpf_event_dns *d = (const struct slo_bpf_event_dns *)(const void *)e;
	uint8_t rcode = e->info[0] & 0xf;
	char name[SLO_DNS_NAME_MAX], retries[16] = "";

	slo_dns_text(d->wire, sizeof(d->wire), e->info[3], name);
	if (e->info[2] > 0)
		snprintf(retries, sizeof(retries), " retries=%u", e->info[2] < 99 ? e->info[2] : 99);
	snprintf(to, size, "%s%s%s%s%s%s%s", name, rcode ? " " : "", rcode ? slo_dns_rcode(rcode) : "",
		 e->info[1] & SLO_BPF_DNS_TRUNCATED ? " tc" : "", e->info[1] & SLO_BPF_DNS_TCP ? " tcp" : "",
		 is_stub(e->dst) ? " stub" : "", retries);
}

void slo_kernel_dns_timeout(const struct slo_bpf_dns_query *q, uint64_t timeout_ns, struct slo_bpf_event_dns *e)
{
	*e = (struct slo_bpf_event_dns){
		.e = { .end_ns = q->ns + timeout_ns, .value = timeout_ns, .cgroup_id = q->cgroup_id, .tgid = q->tgid,
		       .tid = q->tid, .err = ETIMEDOUT, .slot = q->slot, .probe = SLO_BPF_DNS, .family = q->family,
		       .outcome = SLO_BPF_TIMED_OUT, .src_port = q->src_port, .dst_port = q->dst_port,
		       .info = { 0, q->tcp ? SLO_BPF_DNS_TCP : 0, q->tries ? q->tries - 1 : 0, q->name_len } },
	};
	memcpy(e->e.src, q->src, sizeof(e->e.src));
	memcpy(e->e.dst, q->dst, sizeof(e->e.dst));
	memcpy(e->e.comm, q->comm, sizeof(e->e.comm));
	memcpy(e->wire, q->wire, sizeof(e->wire));
}
