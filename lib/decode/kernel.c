/* SPDX-License-Identifier: MIT */
#include "decode/dns.h"
#include "decode/kernel_internal.h"

#include "bpf/dns.h"
#include "bpf/hist.h"
#include "event/tables.h"

#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>

static const char *const outcomes[SLO_BPF__OUTCOMES] = {
	[SLO_BPF_OK] = "",
	[SLO_BPF_REFUSED] = "refused",
	[SLO_BPF_TIMED_OUT] = "timeout",
	[SLO_BPF_UNREACHABLE] = "unreachable",
	[SLO_BPF_RESET] = "reset",
	[SLO_BPF_ABORTED] = "aborted",
	[SLO_BPF_FAILED] = "failed",
};

const char *slo_kernel_outcome(int outcome)
{
	return outcome >= 0 && outcome < SLO_BPF__OUTCOMES ? outcomes[outcome] : "";
}

static void runqueue_detail(const struct slo_bpf_event *e, char *to, size_t size)
{
	static const char *const kinds[] = { "woken", "made", "preempted" };
	int n = snprintf(to, size, "%s, cpu %u after %.16s, %u runnable", kinds[e->info[2] < 3 ? e->info[2] : 0],
			 e->info[0], e->other, e->info[3]);

	if (e->part && n > 0 && (size_t)n < size)
		snprintf(to + n, size - (size_t)n, ", throttled %.1f ms", (double)e->part / 1e6);
}

const struct slo_kernel_probe slo_kernel_probes[SLO_BPF__PROBES] = {
	[SLO_BPF_RUNQUEUE] = { "runqueue", SLO_SIGNAL_RUNQUEUE_DELAY, -1, 1e6, runqueue_detail, 0 },
	[SLO_BPF_CONNECT] = { "connect", SLO_SIGNAL_CONNECT_LATENCY, SLO_SIGNAL_CONNECT_ERRORS, 1e6,
			      kernel_connect_detail, 0 },
	[SLO_BPF_RETRANSMIT] = { "retransmit", SLO_SIGNAL_TCP_RETRANSMITS, -1, 1, kernel_retransmit_detail, 0 },
	[SLO_BPF_DISK] = { "disk", SLO_SIGNAL_DISK_IO, -1, 1e6, kernel_disk_detail, 0 },
	[SLO_BPF_THROTTLE] = { "throttle", SLO_SIGNAL_CFS_THROTTLED, -1, 1e6, kernel_throttle_detail, 0 },
	[SLO_BPF_DNS] = { "dns", SLO_SIGNAL_DNS_LATENCY, -1, 1e6, kernel_dns_detail,
			  sizeof(struct slo_bpf_event_dns) },
	[SLO_BPF_TLS] = { "tls", SLO_SIGNAL_TLS_HANDSHAKE, SLO_SIGNAL_TLS_FAILS, 1e6, kernel_tls_detail, 0 },
	[SLO_BPF_RECLAIM] = { "reclaim", SLO_SIGNAL_MEM_RECLAIM, -1, 1e6, kernel_reclaim_detail, 0 },
	[SLO_BPF_SYSCALL] = { "syscall", SLO_SIGNAL_SYSCALL_LATENCY, -1, 1e6, kernel_syscall_detail, 0 },
};

/* An event has the local end first, a tuple the end that opened the connection. */
static void copy_tuple(const struct slo_bpf_event *e, struct slo_tuple *t)
{
	bool theirs = e->direction == SLO_DIRECTION_INGRESS;

	memcpy(t->src, theirs ? e->dst : e->src, sizeof(t->src));
	memcpy(t->dst, theirs ? e->src : e->dst, sizeof(t->dst));
	t->src_port = theirs ? e->dst_port : e->src_port;
	t->dst_port = theirs ? e->src_port : e->dst_port;
	t->proto = e->probe == SLO_BPF_DNS && !(e->info[1] & SLO_BPF_DNS_TCP) ? IPPROTO_UDP : IPPROTO_TCP;
}

static bool failed(const struct slo_bpf_event *e)
{
	return e->outcome != SLO_BPF_OK && e->outcome != SLO_BPF_ABORTED;
}

int slo_kernel_obs(const struct slo_bpf_event *e, int64_t end_ns, struct slo_obs *o)
{
	const struct slo_kernel_probe *p;

	if (e->probe >= SLO_BPF__PROBES || e->outcome >= SLO_BPF__OUTCOMES)
		return -EINVAL;
	p = &slo_kernel_probes[e->probe];
	*o = (struct slo_obs){
		.signal = p->signal, .service = SLO_SERVICE_NONE, .end_ns = end_ns, .times = 1,
		.value = (double)e->value / p->per_unit, .pid = e->tgid, .tid = e->tid, .cgroup_id = e->cgroup_id,
		.err = e->err > 0 ? e->err : 0, .has_tuple = e->family != 0,
		.failed = e->probe == SLO_BPF_DNS && (failed(e) || slo_dns_failed(e->info[0] & 0xf)),
	};
	if (p->errors >= 0 && failed(e)) {
		o->signal = p->errors;
		o->value = 1;
	}
	if (o->has_tuple)
		copy_tuple(e, &o->tuple);
	memcpy(o->comm, e->comm, sizeof(o->comm));
	o->comm[sizeof(o->comm) - 1] = '\0';
	if (p->detail)
		p->detail(e, o->detail, sizeof(o->detail));
	return 0;
}

void slo_kernel_add(struct slo_bpf_hist *to, const struct slo_bpf_hist *from, uint32_t epoch)
{
	uint32_t i = epoch & 1;
	bool first = to->epoch[0] != epoch;

	to->count += from->count;
	to->sum += from->sum;
	to->errors += from->errors;
	for (int k = 0; k < SLO_BPF_BUCKETS; k++)
		to->bucket[k] += from->bucket[k];
	if (from->epoch[i] != epoch)
		return;
	to->epoch[0] = epoch;
	if (first || from->max[i] > to->max[0])
		to->max[0] = from->max[i];
	if (first || from->min[i] < to->min[0])
		to->min[0] = from->min[i];
}

/* The middle of a bucket, in ms; the exact extremes bound it. */
static double middle_ms(uint32_t bucket)
{
	return (double)(slo_bpf_bucket_ns(bucket) + slo_bpf_bucket_ns(bucket + 1)) / 2e6;
}

static void fill_hist(const struct slo_bpf_hist *now, const struct slo_bpf_hist *before,
		      const struct slo_obs_summary *s, struct slo_hist *hist)
{
	slo_hist_init(hist);
	for (uint32_t k = 0; k < SLO_BPF_BUCKETS; k++) {
		uint32_t n = now->bucket[k] - before->bucket[k];

		if (n)
			slo_hist_add(hist, fmin(fmax(middle_ms(k), s->min), s->max), n);
	}
}

/* Without extremes of the interval (all of it fell between two epochs) the buckets' edges stand in. */
static void fill_extremes(double per_unit, const struct slo_bpf_hist *now, const struct slo_bpf_hist *before,
			  struct slo_obs_summary *s)
{
	double lowest = 0, highest = 0;
	bool any = false;

	for (uint32_t k = 0; k < SLO_BPF_BUCKETS; k++) {
		if (now->bucket[k] == before->bucket[k])
			continue;
		if (!any)
			lowest = (double)slo_bpf_bucket_ns(k);
		highest = (double)slo_bpf_bucket_ns(k + 1);
		any = true;
	}
	s->min = lowest / per_unit;
	s->max = highest / per_unit;
	if (now->max[0] && (double)now->max[0] / per_unit <= s->max)
		s->max = (double)now->max[0] / per_unit;
	if (now->max[0] && (double)now->min[0] / per_unit >= s->min)
		s->min = (double)now->min[0] / per_unit;
}

void slo_kernel_delta(int probe, const struct slo_bpf_hist *now, const struct slo_bpf_hist *before,
		      struct slo_hist *hist, struct slo_obs_summary *s, uint64_t *errors)
{
	const struct slo_kernel_probe *p = &slo_kernel_probes[probe];

	s->count = now->count - before->count;
	s->sum = (double)(now->sum - before->sum) / p->per_unit;
	*errors = now->errors - before->errors;
	s->hist = NULL;
	if (s->count == 0)
		return;
	if (p->per_unit <= 1) {
		s->min = s->max = s->sum / (double)s->count;
		return;
	}
	fill_extremes(p->per_unit, now, before, s);
	if (slo_signal_info[p->signal].scalar != SLO_SCALAR_LATENCY)
		return;
	fill_hist(now, before, s, hist);
	s->hist = hist;
}
