/* SPDX-License-Identifier: MIT */
/* Building the live source from the options, and what its callbacks know. */
#include "live.h"

#include "base/num.h"
#include "base/time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/random.h>

static int role_of(void *arg, const uint8_t addr[16], uint16_t port, struct slo_str name)
{
	const struct live *l = arg;

	return slo_config_role(&l->a->config, addr, port, name);
}

static int owner_of(void *arg, const struct slo_tuple *tuple)
{
	const struct live *l = arg;

	return slo_target_owner(l->target, tuple);
}

static bool is_local(void *arg, const uint8_t addr[16])
{
	const struct live *l = arg;

	for (size_t i = 0; i < l->local_count; i++)
		if (memcmp(l->local[i], addr, 16) == 0)
			return true;
	return false;
}

static void note_uncaptured(void *arg, int service, uint16_t port, enum slo_not_captured why)
{
	struct live *l = arg;

	(void)port;
	if (service >= 0 && service < SLO_TARGET_SERVICES)
		l->uncaptured[service] = why;
}

void live_refresh_local(struct live *l)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct ifaddrs *all, *i;

	if (getifaddrs(&all))
		return;
	l->local_count = 0;
	for (i = all; i && l->local_count < LIVE_LOCAL_MAX; i = i->ifa_next) {
		uint8_t *to = l->local[l->local_count];

		if (!i->ifa_addr)
			continue;
		if (i->ifa_addr->sa_family == AF_INET) {
			memcpy(to, mapped, sizeof(mapped));
			memcpy(to + 12, &((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr, 4);
			l->local_count++;
		} else if (i->ifa_addr->sa_family == AF_INET6) {
			memcpy(to, &((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr, 16);
			l->local_count++;
		}
	}
	freeifaddrs(all);
}

static int parse_watches(struct live *l, struct slo_err *err)
{
	const struct agent_opts *o = l->a->o;

	if (o->watch.count > SLO_TARGET_SERVICES)
		return slo_err_set(err, -E2BIG, "--watch: at most %d services", SLO_TARGET_SERVICES);
	for (size_t i = 0; i < o->watch.count; i++) {
		struct slo_target_watch *w = &l->watch[i];

		if (slo_watch_parse(o->watch.items[i], w, err)) {
			slo_err_at(err, "--watch %s", o->watch.items[i]);
			return -EINVAL;
		}
		if (!strchr(o->watch.items[i], '='))
			slo_str_copy(w->service, sizeof(w->service), slo_str(o->service));
		l->services[i] = (struct slo_agg_service){
			.name = slo_str(w->service), .namespace = slo_str(o->namespace),
			.workload = slo_str(o->workload), .pod = slo_str(o->pod),
			.container = slo_str(o->container),
		};
	}
	l->services_count = o->watch.count;
	return 0;
}

static int open_aggregator(struct live *l, slo_emit_fn *emit)
{
	const struct agent_opts *o = l->a->o;
	const struct slo_agg_opts opts = {
		.cluster = slo_str(o->cluster), .node = slo_str(o->node), .namespace = slo_str(o->namespace),
		.pod = slo_str(o->pod), .container = slo_str(o->container), .services = l->services,
		.services_count = l->services_count, .config = &l->a->config, .source = SLO_SOURCE_LIVE,
		.sample_good = (uint32_t)o->sample_good, .emit = emit, .emit_arg = l->a, .whose = live_whose,
		.whose_arg = l,
	};

	return slo_agg_new(&l->agg, &opts);
}

static int parse_dns_ports(const struct agent_opts *o, struct slo_flow_opts *f, struct slo_err *err)
{
	if (o->dns_ports.count > SLO_FLOW_MAX_PORTS)
		return slo_err_set(err, -E2BIG, "--dns-port: at most %d ports", SLO_FLOW_MAX_PORTS);
	for (size_t i = 0; i < o->dns_ports.count; i++) {
		int64_t port;

		if (slo_parse_i64(slo_str(o->dns_ports.items[i]), &port) || port < 1 || port > 65535)
			return slo_err_set(err, -EINVAL, "--dns-port %s: want a port, 1 to 65535",
					   o->dns_ports.items[i]);
		f->dns_port[i] = (uint16_t)port;
		f->dns_count = (uint32_t)i + 1;
	}
	return 0;
}

/* A request without its first token for longer than the objective allows is bad already. */
int64_t live_overdue_ns(const struct live *l, size_t service)
{
	const struct slo_objective *o = slo_config_objective(&l->a->config, l->services[service].name, SLO_SLI_TTFT);

	return o ? (int64_t)(o->threshold * 1e6) + 1 : 0;
}

/* A signal that tracing measures is not measured a second time from packets. */
static void packet_obs(void *arg, const struct slo_obs *o)
{
	struct live *l = arg;

	if (live_silent_packet(l, o) || !l->bpf || !slo_bpf_applies(l->bpf, o->service, o->signal))
		l->sink.obs(l->sink.arg, o);
}

static void packet_request(void *arg, const struct slo_request *r)
{
	struct live *l = arg;

	l->sink.request(l->sink.arg, r);
}

static void packet_ttft(void *arg, const struct slo_request *r)
{
	struct live *l = arg;

	l->sink.ttft(l->sink.arg, r);
}

static void packet_exchange(void *arg, const struct slo_exchange *e)
{
	struct live *l = arg;

	l->sink.exchange(l->sink.arg, e);
}

static int open_tracker(struct live *l, struct slo_err *err)
{
	const struct agent_opts *o = l->a->o;
	const struct slo_obs_sink sink = { .arg = l, .obs = packet_obs, .request = packet_request,
					   .ttft = packet_ttft, .exchange = packet_exchange };
	struct slo_flow_opts f;
	int r;

	slo_flow_opts_defaults(&f);
	r = parse_dns_ports(o, &f, err);
	if (r)
		return r;
	for (size_t i = 0; i < l->services_count; i++)
		f.watch[f.watch_count++] = (struct slo_watch){ l->watch[i].port, (int)i, live_overdue_ns(l, i) };
	f.dns_timeout_ns = o->dns_timeout_ms * 1000000;
	f.connect_timeout_ns = o->connect_timeout_ms * 1000000;
	f.request_timeout_ns = o->request_timeout_ms * 1000000;
	if (getrandom(&f.seed, sizeof(f.seed), GRND_NONBLOCK) < 0)
		f.seed = (uint64_t)l->a->started_ns;
	f.arg = l;
	f.role = role_of;
	f.owner = owner_of;
	f.local = is_local;
	f.not_captured = note_uncaptured;
	return slo_flow_new(&f, &sink, &l->tracker, err);
}

/* Without packets the agent goes on with what /proc tells; the reason is kept for every signal it loses. */
static void open_packets(struct live *l)
{
	struct slo_packet_opts p;
	struct slo_err err = { 0 };

	slo_packet_opts_defaults(&p);
	p.block_count = (uint32_t)(l->a->o->ring_kib * 1024 / p.block_size);
	if (p.block_count == 0)
		p.block_count = 1;
	if (slo_packet_open(&p, l->tracker, &l->packet, &err))
		slo_str_copy(l->packet_why, sizeof(l->packet_why), slo_str(err.what));
}

static void emit_exemplar(void *arg, const struct slo_event *ev)
{
	agent_emit(arg, ev);
}

/* The name a peer was last looked up by is known from packets, where there are any. */
static int peer_role(void *arg, const uint8_t addr[16], uint16_t port)
{
	const struct live *l = arg;

	return slo_config_role(&l->a->config, addr, port, slo_flow_name(l->tracker, addr));
}

_Static_assert((int)SLO_BPF_DNS_PORTS >= (int)SLO_FLOW_MAX_PORTS, "every --dns-port fits");

static int open_probes(struct live *l, struct slo_err *err)
{
	const struct agent_opts *o = l->a->o;
	struct slo_bpf_opts b = {
		.disable = o->disable_rung, .ring_bytes = (uint32_t)o->event_ring_kib * 1024,
		.connect_timeout_ns = o->connect_timeout_ms * 1000000,
		.dns_timeout_ns = o->dns_timeout_ms * 1000000, .target = l->target, .sink = live_silent_sink(l),
		.arg = l, .role = peer_role,
	};

	struct slo_flow_opts f;
	int r;

	if (o->mode == AGENT_MODE_HOST)
		return 0;
	if (b.ring_bytes & (b.ring_bytes - 1))
		return slo_err_set(err, -EINVAL, "--event-ring-kib %lld: want a power of two",
				   (long long)o->event_ring_kib);
	slo_flow_opts_defaults(&f);
	r = parse_dns_ports(o, &f, err);
	if (r)
		return r;
	memcpy(b.dns_port, f.dns_port, f.dns_count * sizeof(f.dns_port[0]));
	memcpy(b.wanted, l->a->enabled, sizeof(b.wanted));
	r = slo_bpf_open(&l->bpf, &b, err);
	if (r)
		slo_err_at(err, "--disable-rung");
	return r;
}

void live_enable_host(struct live *l)
{
	const struct slo_sources sources = live_sources(l);

	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		slo_host_enable(l->host, s, l->a->enabled[s] && !slo_guard_shed(&l->guard, s) &&
				(!slo_ladder_traced(&sources, s) || live_silent(l, s)));
}

int live_open(struct live *l, struct slo_err *err)
{
	if (parse_watches(l, err))
		return 2;
	if (slo_target_new(&l->target, l->watch, l->services_count, NULL, err) || open_aggregator(l, emit_exemplar))
		return 1;
	l->sink = slo_agg_sink(l->agg);
	slo_identity_open(&l->identity, NULL, NULL);
	if (slo_host_new(&l->host, l->target, &l->sink, NULL, err))
		return 1;
	live_refresh_local(l);
	if (open_tracker(l, err))
		return 2;
	/* Finds the processes whose observations the probes are to count. */
	slo_target_refresh(l->target, slo_now_mono_ns());
	live_identify(l, slo_now_mono_ns());
	if (open_probes(l, err))
		return 2;
	live_enable_host(l);
	slo_host_sample(l->host, slo_now_wall_ns(), slo_now_mono_ns());
	open_packets(l);
	live_silent_open(l);
	slo_host_packets(l->host, l->packet != NULL);
	slo_guard_init(&l->guard, l->a->o->disable_guard ? 0 : l->a->config.max_overhead_pct, l->packet != NULL,
		       l->a->enabled);
	return 0;
}

void live_close(struct live *l)
{
	if (l->packet)
		slo_packet_close(l->packet);
	slo_bpf_close(l->bpf);
	slo_flow_free(l->tracker);
	slo_witness_free(l->silent.witness);
	slo_host_free(l->host);
	slo_agg_free(l->agg);
	slo_identity_close(l->identity);
	slo_target_free(l->target);
}
