/* SPDX-License-Identifier: MIT */
/* What the kernel counts of TCP, for whoever may neither trace nor capture packets. */
#include "probe/host_internal.h"
#include "probe/procfs.h"

enum { TIMES_MAX = 1000000 }; /* segments one reading may stand for */

void slo_host_packets(struct slo_host *h, bool captured)
{
	h->packets = captured;
	if (captured)
		slo_host_missing_all(h, SLO_SIGNAL_TCP_RETRANSMITS, "measured from packets");
}

void slo_host_retransmits(struct slo_host *h)
{
	const int signal = SLO_SIGNAL_TCP_RETRANSMITS;
	struct host_reading r = { .signal = signal, .provider = "snmp", .value = 1 };
	bool had = h->retransmits_gen > 0 && h->retransmits_gen + 1 == h->gen;
	uint64_t now;
	int err;

	if (!h->enabled[signal] || h->packets)
		return;
	err = slo_procfs_read(&h->buf, "%s/net/snmp", h->proc_root);
	if (!err)
		err = slo_proc_group(slo_buf_str(&h->buf), "Tcp", "RetransSegs", &now);
	if (err) {
		h->n.read_errors++;
		slo_host_missing_all(h, signal, slo_strerror(err));
		return;
	}
	if (had && now > h->retransmits) {
		r.times = now - h->retransmits < TIMES_MAX ? now - h->retransmits : TIMES_MAX;
		slo_host_emit_all(h, &r);
	}
	if (had)
		slo_host_watched_all(h, signal, r.provider, "whole network namespace");
	else
		slo_host_baseline_all(h, signal, r.provider);
	h->retransmits = now;
	h->retransmits_gen = h->gen;
}
