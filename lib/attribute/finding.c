/* SPDX-License-Identifier: MIT */
#include "attribute/finding.h"

#include <assert.h>
#include <math.h>

static_assert((int)SLO_CAUSES == SLO_DOMAIN__COUNT, "causes are the domains");
static_assert((int)SLO_CAUSE_UNMODELLED == SLO_DOMAIN_UNKNOWN, "the unmodelled cause is called unknown");
static_assert((int)SLO_FINDING__COUNT <= SLO_FINDINGS_MAX, "the engine holds every finding");
static_assert((int)SLO_CLASSES == SLO_EVIDENCE__COUNT, "detectors are by evidence source");

#define HOST(id, text, fl, ...) \
	{ .name = text, .kind = SLO_FINDING_HOST, .signal = SLO_SIGNAL_##id, .floor = fl, .p = { __VA_ARGS__ } }
#define ANY(id, text, fl, ...) \
	{ .name = text, .kind = SLO_FINDING_ANY, .signal = SLO_SIGNAL_##id, .floor = fl, .p = { __VA_ARGS__ } }
#define PEER(id, who, text, fl, ...) \
	{ .name = text, .kind = SLO_FINDING_PEER, .signal = SLO_SIGNAL_##id, .role = SLO_ROLE_##who, .floor = fl, \
	  .p = { __VA_ARGS__ } }
#define APP(which, text, fl, ...) \
	{ .name = text, .kind = SLO_FINDING_APP, .signal = -1, .app = which, .floor = fl, .p = { __VA_ARGS__ } }

/*
 * Chosen by hand, not learned. HOST and ANY rows are the published table of the
 * naive model. PEER rows follow from it: a peer's own domain keeps its figure on
 * its own connections and is as rare as under "unknown" on those of others; those of
 * retrieval on its own connections, and all APP rows, are assumed. Floors: a
 * twentieth of the signal's threshold.
 */
const struct slo_finding_info slo_finding_info[SLO_FINDING__COUNT] = {
	/*                                                  dns  egr  cpu  mem  p.th p.er retr unknown */
	HOST(DNS_LATENCY, "dns_latency_ms", 2,             .95, .70, .10, .10, .10, .10, .15, .10),
	HOST(RUNQUEUE_DELAY, "runqueue_delay_ms", .5,      .10, .10, .90, .60, .10, .10, .10, .10),
	HOST(CPU_STEAL, "cpu_steal_pct", .1,               .10, .10, .90, .20, .10, .10, .10, .10),
	HOST(MEM_RECLAIM, "mem_reclaim_latency_ms", .25,   .05, .05, .15, .95, .05, .05, .05, .05),
	HOST(DISK_IO, "disk_io_latency_ms", .5,            .05, .05, .10, .85, .05, .05, .30, .05),
	HOST(SYSCALL_LATENCY, "syscall_latency_ms", 2.5,   .10, .20, .15, .10, .90, .60, .40, .10),
	HOST(CFS_THROTTLED, "cfs_throttled_ms", 2,         .10, .10, .85, .75, .10, .10, .10, .10),

	ANY(TCP_RETRANSMITS, "tcp_retransmits_total", .1,  .15, .90, .10, .10, .10, .15, .10, .10),
	PEER(TCP_RETRANSMITS, PROVIDER, "tcp_retransmits_total@provider", .1,
							   .15, .90, .10, .10, .10, .15, .10, .10),
	PEER(TCP_RETRANSMITS, RETRIEVAL, "tcp_retransmits_total@retrieval", .1,
							   .15, .90, .10, .10, .10, .10, .15, .10),
	PEER(TCP_RETRANSMITS, OTHER, "tcp_retransmits_total@other", .1,
							   .15, .90, .10, .10, .10, .10, .10, .10),

	ANY(CONNECT_LATENCY, "connect_latency_ms", 4,      .50, .85, .10, .10, .75, .40, .30, .10),
	PEER(CONNECT_LATENCY, PROVIDER, "connect_latency_ms@provider", 4,
							   .50, .85, .10, .10, .75, .40, .10, .10),
	PEER(CONNECT_LATENCY, RETRIEVAL, "connect_latency_ms@retrieval", 4,
							   .50, .85, .10, .10, .10, .10, .75, .10),
	PEER(CONNECT_LATENCY, OTHER, "connect_latency_ms@other", 4,
							   .50, .85, .10, .10, .10, .10, .10, .10),

	ANY(TLS_HANDSHAKE, "tls_handshake_ms", 3,          .10, .30, .10, .10, .80, .50, .20, .10),
	PEER(TLS_HANDSHAKE, PROVIDER, "tls_handshake_ms@provider", 3,
							   .10, .30, .10, .10, .80, .50, .10, .10),
	PEER(TLS_HANDSHAKE, RETRIEVAL, "tls_handshake_ms@retrieval", 3,
							   .10, .30, .10, .10, .10, .10, .60, .10),
	PEER(TLS_HANDSHAKE, OTHER, "tls_handshake_ms@other", 3,
							   .10, .30, .10, .10, .10, .10, .10, .10),

	ANY(CONNECT_ERRORS, "connect_errors_total", .05,   .10, .80, .05, .05, .60, .85, .15, .10),
	PEER(CONNECT_ERRORS, PROVIDER, "connect_errors_total@provider", .05,
							   .10, .80, .05, .05, .60, .85, .10, .10),
	PEER(CONNECT_ERRORS, RETRIEVAL, "connect_errors_total@retrieval", .05,
							   .10, .80, .05, .05, .10, .10, .60, .10),
	PEER(CONNECT_ERRORS, OTHER, "connect_errors_total@other", .05,
							   .10, .80, .05, .05, .10, .10, .10, .10),

	ANY(TLS_FAILS, "tls_handshake_fail_total", .05,    .05, .70, .05, .05, .30, .60, .10, .05),
	PEER(TLS_FAILS, PROVIDER, "tls_handshake_fail_total@provider", .05,
							   .05, .70, .05, .05, .30, .60, .05, .05),
	PEER(TLS_FAILS, RETRIEVAL, "tls_handshake_fail_total@retrieval", .05,
							   .05, .70, .05, .05, .05, .05, .30, .05),
	PEER(TLS_FAILS, OTHER, "tls_handshake_fail_total@other", .05,
							   .05, .70, .05, .05, .05, .05, .05, .05),

	APP(SLO_APP_RATE_LIMITED, "app.rate_limited", .01,   .02, .02, .02, .02, .90, .05, .02, .02),
	APP(SLO_APP_SERVER_ERROR, "app.server_error", .01,   .05, .10, .05, .05, .10, .90, .10, .03),
	APP(SLO_APP_TIMEOUT, "app.timeout", .01,             .30, .50, .15, .15, .20, .30, .30, .05),
	APP(SLO_APP_RETRIEVAL, "app.retrieval_ms", 10,       .30, .50, .30, .30, .05, .05, .90, .05),
	APP(SLO_APP_PROVIDER_LIMITED, "provider.rate_limited", .01,
							     .02, .02, .02, .02, .95, .05, .02, .02),
	APP(SLO_APP_PROVIDER_FAILED, "provider.failed", .01, .05, .30, .05, .05, .10, .95, .05, .03),
	APP(SLO_APP_DNS_FAILED, "dns.failed", .01,           .60, .05, .02, .02, .02, .02, .02, .02),
	APP(SLO_APP_RECLAIMS, "mem_reclaim.events", 2,       .02, .02, .05, .30, .02, .02, .02, .02),
	APP(SLO_APP_ARRIVALS, "load.arrivals", .5,           .05, .05, .05, .05, .05, .05, .05, .05),
	APP(SLO_APP_IN_FLIGHT, "load.in_flight", 1,          .05, .05, .05, .05, .05, .05, .05, .05),
};

static bool of_connections(int signal)
{
	for (int i = 0; i < SLO_FINDING__COUNT; i++)
		if (slo_finding_info[i].kind == SLO_FINDING_ANY && slo_finding_info[i].signal == signal)
			return true;
	return false;
}

static bool peers_known(const struct slo_facts *f)
{
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		const struct slo_fact *by = f->by_role[s];

		if (of_connections(s) && (by[SLO_ROLE_PROVIDER].told || by[SLO_ROLE_RETRIEVAL].told))
			return true;
	}
	return false;
}

/* Robust z of a fact against its own past; NaN without one. */
static double z_of(const struct slo_fact *f, double floor)
{
	return slo_robust_z(f->value, f->baseline, f->iqr, f->spread, floor);
}

/* @a says more than @b: captured before not, elevated before not, then the larger z, then the larger value. */
static bool louder(const struct slo_fact *a, const struct slo_fact *b, double floor)
{
	double za = z_of(a, floor), zb = z_of(b, floor);
	bool seen = b->state != SLO_STATE_NOT_CAPTURED;

	if (a->state == SLO_STATE_NOT_CAPTURED || !seen)
		return a->state != SLO_STATE_NOT_CAPTURED && !seen;
	if (a->elevated != b->elevated)
		return a->elevated;
	if (za > zb || zb > za)
		return za > zb;
	return a->value > b->value;
}

static const struct slo_fact *fact_of(const struct slo_facts *f, const struct slo_finding_info *info)
{
	static const int others[] = { SLO_ROLE_CLIENT, SLO_ROLE_RESOLVER };
	const struct slo_fact *by, *one;

	if (info->kind == SLO_FINDING_APP)
		return &f->app[info->app];
	if (info->kind != SLO_FINDING_PEER)
		return slo_facts_of(f, info->signal);
	by = f->by_role[info->signal];
	one = &by[info->role];
	for (size_t i = 0; info->role == SLO_ROLE_OTHER && i < SLO_ARRAY_LEN(others); i++)
		if (louder(&by[others[i]], one, info->floor))
			one = &by[others[i]];
	return one;
}

/* Some role of @signal has a past. */
static bool watched_before(const struct slo_facts *f, int signal)
{
	for (int r = 0; r < SLO_ROLE__COUNT; r++)
		if (!isnan(f->by_role[signal][r].baseline))
			return true;
	return false;
}

static double z_with_past(const struct slo_facts *f, const struct slo_finding_info *info, const struct slo_fact *fact)
{
	/* Of a peer's latency before it was ever seen nothing is known; of its events, that there were none. */
	if (info->kind == SLO_FINDING_PEER && slo_signal_info[info->signal].scalar == SLO_SCALAR_RATE &&
	    isnan(fact->baseline) && watched_before(f, info->signal))
		return slo_robust_z(fact->value, 0, NAN, NAN, info->floor);
	return z_of(fact, info->floor);
}

/* Where nobody connects or asks, nothing is known of how long it would take; a count of nothing is known to be 0. */
static bool takes_two(const struct slo_finding_info *info)
{
	return info->signal >= 0 && slo_signal_info[info->signal].scalar == SLO_SCALAR_LATENCY &&
	       (info->signal == SLO_SIGNAL_DNS_LATENCY || of_connections(info->signal));
}

static struct slo_measure measure(const struct slo_facts *f, const struct slo_finding_info *info)
{
	const struct slo_fact *fact = fact_of(f, info);
	struct slo_measure none = { .state = SLO_MEASURE_NONE, .z = NAN };

	if (takes_two(info) && fact->state != SLO_STATE_VALUE) {
		if (slo_facts_of(f, info->signal)->state != SLO_STATE_NOT_CAPTURED)
			none.state = SLO_MEASURE_IDLE;
		return none;
	}
	if (fact->state != SLO_STATE_NOT_CAPTURED)
		return (struct slo_measure){ .state = SLO_MEASURE_TAKEN, .class = fact->source,
					     .elevated = fact->elevated, .z = z_with_past(f, info, fact) };
	if (info->kind != SLO_FINDING_PEER)
		return none;
	fact = slo_facts_of(f, info->signal);
	if (fact->state == SLO_STATE_NOT_CAPTURED)
		return none;
	return (struct slo_measure){ .state = SLO_MEASURE_TAKEN, .class = fact->source, .elevated = false, .z = 0 };
}

static bool provider_read(const struct slo_facts *f)
{
	const struct slo_fact *p = &f->app[SLO_APP_PROVIDER_FAILED];

	return p->state != SLO_STATE_NOT_CAPTURED || !isnan(p->baseline);
}

/* Stands in for what the provider answers. */
static bool stands_in(const struct slo_finding_info *info)
{
	return info->kind == SLO_FINDING_APP && (info->app == SLO_APP_RATE_LIMITED || info->app == SLO_APP_SERVER_ERROR);
}

void slo_findings_measure(const struct slo_facts *f, struct slo_measure out[SLO_FINDING__COUNT])
{
	int silent = peers_known(f) ? SLO_FINDING_ANY : SLO_FINDING_PEER;
	bool read = provider_read(f);

	for (int i = 0; i < SLO_FINDING__COUNT; i++) {
		const struct slo_finding_info *info = &slo_finding_info[i];

		if (info->kind == silent || (read && stands_in(info)))
			out[i] = (struct slo_measure){ .state = SLO_MEASURE_NONE, .z = NAN };
		else
			out[i] = measure(f, info);
	}
}

int slo_finding_subject(int j)
{
	const struct slo_finding_info *info = &slo_finding_info[j];

	return info->kind == SLO_FINDING_APP ? SLO_SIGNAL__COUNT + info->app : info->signal;
}

const struct slo_fact *slo_finding_fact(const struct slo_facts *f, int j)
{
	return slo_finding_subject(j) < 0 ? NULL : fact_of(f, &slo_finding_info[j]);
}

int slo_finding_find(struct slo_str name)
{
	for (int i = 0; i < SLO_FINDING__COUNT; i++)
		if (slo_str_is(name, slo_finding_info[i].name))
			return i;
	return -1;
}
