/* SPDX-License-Identifier: MIT */
/* Opening what the agent opens, to see what it would get. */
#include "probe/prober.h"

#include "base/cleanup.h"
#include "base/time.h"
#include "probe/bpf.h"
#include "probe/host.h"
#include "probe/packet.h"
#include "probe/target.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { RING_BLOCKS = 4 }; /* whether a ring can be had is the question, not how large */

/* What is open while looking. */
struct look {
	struct slo_target *target;
	struct slo_host *host;
	struct slo_flow_tracker *tracker;
	struct slo_packet_src *packet;
	struct slo_bpf *bpf;
	int listener;
	int services; /* watched: 1, or 0 without a listener */
};

static void drop_obs(void *arg, const struct slo_obs *o)
{
	(void)arg;
	(void)o;
}

static void drop_request(void *arg, const struct slo_request *r)
{
	(void)arg;
	(void)r;
}

static void drop_summary(void *arg, const struct slo_obs_summary *s)
{
	(void)arg;
	(void)s;
}

static const struct slo_obs_sink drop = { .obs = drop_obs, .request = drop_request, .summary = drop_summary,
					  .exemplar = drop_obs };

static int try_bpf_syscall(void)
{
	slo_autoclose int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "slo_try", 4, 4, 1, NULL);

	return fd < 0 ? fd : 0;
}

/* A service of our own: some signals are measured for processes, not for hosts. */
static void listen_somewhere(struct look *l, struct slo_target_watch *w)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);

	l->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->listener < 0 || bind(l->listener, (struct sockaddr *)&a, sizeof(a)) || listen(l->listener, 1) ||
	    getsockname(l->listener, (struct sockaddr *)&a, &len))
		return;
	w->port = ntohs(a.sin_port);
	slo_str_copy(w->service, sizeof(w->service), slo_str("prober"));
	l->services = 1;
}

static void open_packets(struct look *l, struct slo_prober *p)
{
	struct slo_packet_opts o;
	struct slo_err err = { 0 };

	slo_packet_opts_defaults(&o);
	o.block_count = RING_BLOCKS;
	p->packet_err = slo_packet_open(&o, l->tracker, &l->packet, &err);
	if (p->packet_err)
		slo_str_copy(p->packet_why, sizeof(p->packet_why), slo_str(err.what));
}

/* In the agent's order: the sampler measures what tracing does not. */
static int open_sources(struct look *l, struct slo_prober *p)
{
	struct slo_target_watch watch;
	struct slo_flow_opts flow;
	struct slo_bpf_opts bpf = { .sink = drop };
	struct slo_err err = { 0 };
	int r;

	listen_somewhere(l, &watch);
	r = slo_target_new(&l->target, &watch, (size_t)l->services, NULL, &err);
	if (!r)
		r = slo_host_new(&l->host, l->target, &drop, NULL, &err);
	slo_flow_opts_defaults(&flow);
	if (!r)
		r = slo_flow_new(&flow, &drop, &l->tracker, &err);
	if (r)
		return r;
	slo_target_refresh(l->target, slo_now_mono_ns());
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		bpf.wanted[s] = true;
	bpf.target = l->target;
	r = slo_bpf_open(&l->bpf, &bpf, &err);
	if (r)
		return r;
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		slo_host_enable(l->host, s, !slo_bpf_rung(l->bpf, s)[0]);
	slo_host_sample(l->host, slo_now_wall_ns(), slo_now_mono_ns());
	open_packets(l, p);
	slo_host_packets(l->host, l->packet != NULL);
	/* What windows carry is known from the second sample on; the first only takes baselines. */
	slo_host_sample(l->host, slo_now_wall_ns(), slo_now_mono_ns());
	return 0;
}

static void close_sources(struct look *l)
{
	if (l->packet)
		slo_packet_close(l->packet);
	slo_bpf_close(l->bpf);
	slo_flow_free(l->tracker);
	slo_host_free(l->host);
	slo_target_free(l->target);
	if (l->listener >= 0)
		close(l->listener);
}

static void ask(const struct look *l, const struct slo_sources *sources, int signal, struct slo_prober_signal *out)
{
	struct slo_choice c = slo_ladder_choose(sources, l->services ? 0 : SLO_SERVICE_NONE, signal);
	struct slo_buf over;

	slo_buf_init(&over, SLO_CHECK_TEXT * 8);
	slo_ladder_passed_over(sources, signal, &over);
	out->by = c.by;
	out->tried = slo_bpf_can(signal) && c.by != SLO_BY_BPF;
	slo_str_copy(out->provider, sizeof(out->provider), slo_str(c.provider));
	slo_str_copy(out->why, sizeof(out->why), slo_str(c.why));
	slo_str_copy(out->passed_over, sizeof(out->passed_over), slo_buf_str(&over));
	slo_buf_fini(&over);
}

int slo_prober_look(struct slo_prober *p)
{
	struct look l = { .listener = -1 };
	struct slo_sources sources;
	int r;

	memset(p, 0, sizeof(*p));
	slo_facts_read(&p->facts, "", getenv("PATH"));
	p->bpf_err = try_bpf_syscall();
	slo_hooks_try(p->hooks);
	r = open_sources(&l, p);
	if (!r) {
		sources = (struct slo_sources){ .bpf = l.bpf, .packet = l.packet != NULL, .packet_why = p->packet_why,
						.host = l.host };
		for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
			ask(&l, &sources, s, &p->signals[s]);
	}
	close_sources(&l);
	return r;
}
