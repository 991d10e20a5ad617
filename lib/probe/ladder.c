/* SPDX-License-Identifier: MIT */
#include "probe/ladder.h"

#include "probe/bpf.h"
#include "probe/host.h"

bool slo_ladder_by_packet(int signal)
{
	switch (signal) {
	case SLO_SIGNAL_DNS_LATENCY:
	case SLO_SIGNAL_TCP_RETRANSMITS:
	case SLO_SIGNAL_CONNECT_LATENCY:
	case SLO_SIGNAL_CONNECT_ERRORS:
	case SLO_SIGNAL_TLS_HANDSHAKE:
	case SLO_SIGNAL_TLS_FAILS:
		return true;
	default:
		return false;
	}
}

bool slo_ladder_optional(int signal)
{
	return signal == SLO_SIGNAL_CPU_STEAL || signal == SLO_SIGNAL_CFS_THROTTLED;
}

bool slo_ladder_traced(const struct slo_sources *s, int signal)
{
	return s->bpf && slo_bpf_rung(s->bpf, signal)[0];
}

static struct slo_choice by_packet(const struct slo_sources *s)
{
	if (s->packet)
		return (struct slo_choice){ SLO_BY_PACKET, SLO_STATE_ZERO, "packet", "" };
	return (struct slo_choice){ SLO_BY_NOBODY, SLO_STATE_NOT_CAPTURED, "", s->packet_why };
}

static struct slo_choice by_host(const struct slo_sources *s, int service, int signal)
{
	const char *why = "";
	int state = slo_host_state(s->host, service, signal, &why);

	if (state == SLO_STATE_NOT_CAPTURED)
		return (struct slo_choice){ SLO_BY_NOBODY, state, "", why };
	return (struct slo_choice){ SLO_BY_HOST, state, slo_host_provider(s->host, service, signal), why };
}

/* Where packets are not to be had: the kernel counts retransmits for everybody to read. */
static bool counted_instead(const struct slo_sources *s, int service, int signal)
{
	return !s->packet && slo_host_covers(signal) && by_host(s, service, signal).by == SLO_BY_HOST;
}

struct slo_choice slo_ladder_choose(const struct slo_sources *s, int service, int signal)
{
	if (slo_ladder_traced(s, signal))
		return (struct slo_choice){ SLO_BY_BPF, SLO_STATE_ZERO, slo_bpf_rung(s->bpf, signal), "" };
	return slo_ladder_by_packet(signal) && !counted_instead(s, service, signal) ? by_packet(s) :
	       by_host(s, service, signal);
}

void slo_ladder_passed_over(const struct slo_sources *s, int signal, struct slo_buf *out)
{
	const char *rung, *why, *sep = "";

	if (signal == SLO_SIGNAL_CPU_STEAL)
		return; /* the kernel has no hook for it: /proc/stat is the best there is */
	if (!slo_bpf_can(signal) || !s->bpf) {
		slo_buf_addf(out, "tracing: %s", slo_bpf_can(signal) ? s->bpf_why : "not built yet");
		sep = "; ";
	}
	for (int i = 0; s->bpf && (why = slo_bpf_why(s->bpf, signal, i, &rung)) && why[0]; i++) {
		slo_buf_addf(out, "%s%s: %s", sep, rung, why);
		sep = "; ";
	}
	if (slo_ladder_by_packet(signal) && slo_host_covers(signal) && !s->packet && !slo_ladder_traced(s, signal))
		slo_buf_addf(out, "%s%s", sep, s->packet_why);
}
