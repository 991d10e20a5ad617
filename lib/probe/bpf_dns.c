/* SPDX-License-Identifier: MIT */
/* DNS queries nobody answered: no event of the kernel's tells of them, only the time that has passed. */
#include "probe/bpf_internal.h"

#include "base/time.h"
#include "bpf/dns.h"
#include "decode/kernel.h"
#include "decode/kernel_dns.h"

static uint64_t losses(const struct bpf_probe *p, uint32_t kind)
{
	struct bpf_map *map = bpf_object__find_map_by_name(p->obj, "dns_losses");
	uint64_t n = 0;

	if (map)
		bpf_map_lookup_elem(bpf_map__fd(map), &kind, &n);
	return n;
}

static void tell(struct slo_bpf *b, const struct bpf_probe *p, const struct slo_bpf_dns_query *q)
{
	struct slo_bpf_event_dns e;
	struct slo_obs o;

	slo_kernel_dns_timeout(q, (uint64_t)b->o.dns_timeout_ns, &e);
	if (q->slot >= b->slots_count || slo_kernel_obs(&e.e, slo_clock_wall(&b->clock, e.e.end_ns), &o)) {
		b->malformed++;
		return;
	}
	o.service = b->slots[q->slot].service;
	o.role = p->def->role;
	o.provider = p->provider;
	if (b->o.sink.obs)
		b->o.sink.obs(b->o.sink.arg, &o);
}

/* Whoever takes it out of the map tells of it: an answer may come at this very moment. */
static void end_query(struct slo_bpf *b, struct bpf_probe *p, const struct slo_bpf_dns_key *key,
		      const struct slo_bpf_dns_query *q, uint64_t unreadable)
{
	if (bpf_map_delete_elem(p->starts_fd, key))
		return;
	p->swept++;
	if (!p->attached || !q->committed || q->unreadable != unreadable || q->ns < b->config->since[SLO_BPF_DNS])
		p->voided++;
	else
		tell(b, p, q);
}

void bpf_dns_sweep(struct slo_bpf *b, struct bpf_probe *p)
{
	uint64_t now = (uint64_t)slo_now_boot_ns(), unreadable = losses(p, SLO_BPF_DNS_UNREADABLE);
	struct slo_bpf_dns_key key, next;
	bool more = p->starts_fd >= 0 && bpf_map_get_next_key(p->starts_fd, NULL, &next) == 0;

	p->replaced = losses(p, SLO_BPF_DNS_REPLACED);
	for (int i = 0; more && i < 2 * SLO_BPF_DNS_QUERIES; i++) {
		struct slo_bpf_dns_query q;

		key = next;
		more = bpf_map_get_next_key(p->starts_fd, &key, &next) == 0;
		if (bpf_map_lookup_elem(p->starts_fd, &key, &q))
			continue;
		if (!p->attached || now >= q.ns + (uint64_t)b->o.dns_timeout_ns)
			end_query(b, p, &key, &q, unreadable);
	}
}
