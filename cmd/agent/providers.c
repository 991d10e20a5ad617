/* SPDX-License-Identifier: MIT */
/* Who measures what: told to the aggregator every interval, and to the user once. */
#include "live.h"

#include "base/log.h"

bool live_covers_packet(int signal)
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

static void packet_state(struct live *l, int signal)
{
	if (l->packet)
		slo_agg_capture(l->agg, SLO_SERVICE_ALL, signal, SLO_STATE_ZERO, "packet", NULL);
	else
		slo_agg_capture(l->agg, SLO_SERVICE_ALL, signal, SLO_STATE_NOT_CAPTURED, "", l->packet_why);
}

static void host_state(struct live *l, int service, int signal)
{
	const char *why = "";
	int state = slo_host_state(l->host, service, signal, &why);

	slo_agg_capture(l->agg, service, signal, state, slo_host_provider(l->host, service, signal), why);
}

void live_capture_states(struct live *l)
{
	for (int signal = 0; signal < SLO_SIGNAL__COUNT; signal++) {
		if (live_covers_packet(signal)) {
			packet_state(l, signal);
			continue;
		}
		for (size_t i = 0; i < l->services_count; i++)
			host_state(l, (int)i, signal);
		host_state(l, SLO_SERVICE_NONE, signal);
	}
}

/* What is better than what was taken, and why it was not. */
static const char *better(int signal)
{
	switch (signal) {
	case SLO_SIGNAL_CPU_STEAL:
		return "";
	default:
		return "bpf: not built yet";
	}
}

static void print_row(const char *signal, const char *provider, const char *note)
{
	fprintf(stderr, "  %-25s %-14s %s\n", signal, provider, note);
}

void live_print_providers(const struct live *l)
{
	slo_info("providers:");
	print_row("SIGNAL", "TAKEN", "NOT TAKEN, AND WHY");
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		const char *name = slo_enum_name(&slo_signal_enum, s), *why = "", *provider;
		int service = l->services_count ? 0 : SLO_SERVICE_NONE;

		if (!l->a->enabled[s]) {
			print_row(name, "off", "disabled by option or configuration");
		} else if (live_covers_packet(s)) {
			print_row(name, l->packet ? "packet" : "none", l->packet ? better(s) : l->packet_why);
		} else if (slo_host_state(l->host, service, s, &why) == SLO_STATE_NOT_CAPTURED) {
			print_row(name, "none", why);
		} else {
			provider = slo_host_provider(l->host, service, s);
			print_row(name, provider, better(s));
		}
	}
	for (size_t i = 0; i < l->services_count; i++) {
		const struct slo_target_proc *procs;
		size_t n = slo_target_procs(l->target, (int)i, &procs);

		slo_info("watching port %u as %s: %zu process%s%s%s", l->watch[i].port, l->watch[i].service, n,
			 n == 1 ? "" : "es", n ? "" : "; ", slo_target_why(l->target, (int)i));
	}
}
