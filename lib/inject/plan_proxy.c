/* SPDX-License-Identifier: MIT */
/* Faults that a proxy brings: put in the way of an endpoint by nft, or the endpoint's configured address itself. */
#include "inject/plan.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "io/writer.h"

#include <errno.h>
#include <math.h>

enum { DNS_PORT = 53, RESOLV_MAX = 65536 };

/* The name servers of a resolv.conf, those of IPv6 with a zone left out. */
static int read_resolvers(const char *path, struct slo_relay *r, struct slo_err *err)
{
	slo_autofree char *text = NULL;
	size_t len;
	int ret = slo_file_read(path, RESOLV_MAX, &text, &len, err);

	for (const char *line = text; !ret && *line && r->upstreams < SLO_RELAY_UPSTREAMS_MAX;
	     line += strcspn(line, "\n"), line += *line == '\n') {
		char addr[INET6_ADDRSTRLEN];

		if (sscanf(line, "nameserver %45s", addr) == 1 && strcspn(addr, "%") == strlen(addr) &&
		    slo_host_port_parse(addr, &r->upstream[r->upstreams], NULL) == 0)
			r->upstream[r->upstreams++].port = DNS_PORT;
	}
	if (!ret && !r->upstreams)
		ret = slo_err_set(err, -EINVAL, "%s names no resolver: give one with --resolver", path);
	return ret;
}

static int upstreams(const struct slo_fault_spec *spec, struct slo_relay *r, struct slo_err *err)
{
	for (int i = 0; i < spec->peers_count; i++) {
		struct slo_host_port *h = &r->upstream[r->upstreams++];

		*h = spec->peers[i];
		if (r->udp && !h->port)
			h->port = DNS_PORT;
		if (!h->family || !h->port || h->bits != (h->family == AF_INET ? 32 : 128))
			return slo_err_set(err, -EINVAL, "an endpoint is a numeric ADDRESS:PORT");
	}
	return r->upstreams ? 0 : read_resolvers(spec->resolv_conf ? spec->resolv_conf : "/etc/resolv.conf", r, err);
}

/* DNS at port 53 keeps its port, and both ways the proxy's address, so that it stays DNS to whoever watches packets. */
static void rewrite(struct slo_buf *b, const struct slo_relay *r, const int *ports, bool back)
{
	for (int i = 0; i < r->upstreams; i++)
		for (int udp = 0; ports[i] == DNS_PORT && udp < 2; udp++) {
			const char *proto = udp ? "udp" : "tcp";

			if (back)
				slo_buf_addf(b, "\t\tip saddr " SLO_RELAY_DNS_ADDR " %s sport 53 ip saddr set %s\n", i + 1,
					     proto, r->upstream[i].addr);
			else
				slo_buf_addf(b, "\t\tip daddr %s %s dport 53 counter notrack ip daddr set "
					     SLO_RELAY_DNS_ADDR "\n", r->upstream[i].addr, proto, i + 1);
		}
}

static void redirect(struct slo_buf *b, const struct slo_relay *r, const int *ports)
{
	for (int i = 0; i < r->upstreams; i++)
		for (int udp = slo_relay_transparent(r, i); ports[i] != DNS_PORT && udp < (r->udp ? 2 : 1); udp++)
			slo_buf_addf(b, "\t\t%s daddr %s %s dport %d ct mark set 0x%x counter redirect to :%d\n",
				     r->upstream[i].family == AF_INET6 ? "ip6" : "ip", r->upstream[i].addr,
				     udp ? "udp" : "tcp", r->upstream[i].port, SLO_STEP_MARK, ports[i]);
}

/* Connections to loopback are handed over as they are: to whoever watches packets they still go to the endpoint. */
static void hand_over(struct slo_buf *b, const struct slo_relay *r, const int *ports)
{
	for (int i = 0; i < r->upstreams; i++)
		if (ports[i] != DNS_PORT && slo_relay_transparent(r, i))
			slo_buf_addf(b, r->upstream[i].family == AF_INET6 ?
				     "\t\tip6 daddr %s tcp dport %d counter tproxy ip6 to [::1]:%d\n" :
				     "\t\tip daddr %s tcp dport %d counter tproxy ip to 127.0.0.1:%d\n",
				     r->upstream[i].addr, r->upstream[i].port, ports[i]);
}

int slo_plan_way(const struct slo_relay *r, const int *ports, struct slo_step *s, struct slo_err *err)
{
	struct slo_buf b;
	int ret;

	slo_buf_init(&b, sizeof(s->script) - 1);
	slo_buf_addf(&b, "table inet %s {\n\tchain out {\n\t\ttype nat hook output priority -100; policy accept;\n"
		     "\t\tmeta mark 0x%x return\n", s->name, SLO_STEP_MARK);
	redirect(&b, r, ports);
	slo_buf_addf(&b, "\t}\n\tchain there {\n\t\ttype route hook output priority -300; policy accept;\n"
		     "\t\tmeta mark 0x%x return\n", SLO_STEP_MARK);
	rewrite(&b, r, ports, false);
	slo_buf_adds(&b, "\t}\n\tchain back {\n\t\ttype filter hook input priority 300; policy accept;\n");
	rewrite(&b, r, ports, true);
	slo_buf_addf(&b, "\t}\n\tchain arrive {\n\t\ttype filter hook prerouting priority -150; policy accept;\n"
		     "\t\tmeta mark 0x%x return\n", SLO_STEP_MARK);
	hand_over(&b, r, ports);
	slo_buf_adds(&b, "\t}\n}\n");
	ret = b.err ? slo_err_set(err, b.err, "too many endpoints") : 0;
	if (!ret)
		slo_str_copy(s->script, sizeof(s->script), slo_buf_str(&b));
	slo_buf_fini(&b);
	return ret;
}

static int way(const struct slo_fault_spec *spec, const struct slo_plan_env *env, const struct slo_relay *r,
	       struct slo_plan *p, struct slo_err *err)
{
	static const int not_yet[SLO_RELAY_UPSTREAMS_MAX];
	struct slo_step *s = slo_plan_step(p, SLO_STEP_NFT, err);

	if (!s)
		return -E2BIG;
	s->ns = spec->ns;
	s->nat = true;
	snprintf(s->name, sizeof(s->name), SLO_STEP_NFT_PREFIX "%s", env->name);
	for (char *c = s->name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	return slo_plan_way(r, not_yet, s, err);
}

int slo_plan_relay(const struct slo_fault_spec *spec, const struct slo_plan_env *env, const struct slo_relay *r,
		   struct slo_plan *p, struct slo_err *err)
{
	struct slo_helper_job *job = &p->jobs[0];
	struct slo_step *s;
	int ret;

	job->kind = SLO_HELPER_RELAY;
	job->ns = spec->ns;
	job->relay = *r;
	job->relay.listen = spec->listen;
	ret = upstreams(spec, &job->relay, err);
	if (!ret && spec->listen.family && job->relay.upstreams != 1)
		ret = slo_err_set(err, -EINVAL, "--listen is for one endpoint");
	if (ret)
		return ret;
	if (!(s = slo_plan_step(p, SLO_STEP_HELPER, err)))
		return -E2BIG;
	slo_str_copy(s->name, sizeof(s->name), slo_str("proxy"));
	p->jobs_count = 1;
	p->mechanism = spec->listen.family ? "proxy" : "proxy behind an nft redirect";
	if (spec->listen.family)
		return 0;
	job->relay.mark = SLO_STEP_MARK;
	return way(spec, env, &job->relay, p, err);
}

static int proxied(const struct slo_fault_spec *spec, const struct slo_plan_env *env, const struct slo_relay *r,
		   const char *option, struct slo_plan *p, struct slo_err *err)
{
	int ret = 0;

	slo_plan_netns_name(spec, p->target, sizeof(p->target));
	if (!spec->peers_count)
		return slo_err_set(err, -EINVAL, "--%s is required: ADDRESS:PORT of the endpoint", option);
	/* A proxy on an address of its own touches nothing of the host's. */
	if (!spec->listen.family)
		ret = slo_plan_own_netns(spec, err);
	if (!ret && !spec->listen.family)
		ret = slo_plan_tool("nft", err);
	return ret ? ret : slo_plan_relay(spec, env, r, p, err);
}

int slo_plan_provider_throttle(const struct slo_fault_spec *spec, double pct, const struct slo_plan_env *env,
			       struct slo_plan *p, struct slo_err *err)
{
	const struct slo_relay r = { .act = SLO_RELAY_THROTTLE, .share_pm = (int)lround(pct * 10),
				     .retry_after_s = spec->retry_after_s };

	return proxied(spec, env, &r, "provider", p, err);
}

int slo_plan_provider_error(const struct slo_fault_spec *spec, double pct, const struct slo_plan_env *env,
			    struct slo_plan *p, struct slo_err *err)
{
	const struct slo_relay r = { .act = SLO_RELAY_ERROR, .share_pm = (int)lround(pct * 10) };

	return proxied(spec, env, &r, "provider", p, err);
}

int slo_plan_retrieval(const struct slo_fault_spec *spec, double ms, const struct slo_plan_env *env,
		       struct slo_plan *p, struct slo_err *err)
{
	const struct slo_relay r = { .act = SLO_RELAY_DELAY, .share_pm = 1000, .delay_ns = llround(ms * 1e6) };

	return proxied(spec, env, &r, "retrieval", p, err);
}
