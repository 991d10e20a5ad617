/* SPDX-License-Identifier: MIT */
/* Faults of the packets themselves: netem bands behind filters, and nft drops. */
#include "inject/plan.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <math.h>

enum { DEVICES_MAX = 8, DNS_PORT = 53, PORT_BITS = 8 };

static bool is_device(struct slo_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", s.p[i]))
			return false;
	return s.len > 0 && s.len < 16;
}

/* The devices named in "tc qdisc show". */
static int devices_of(const char *shown, char (*names)[16], size_t *n, struct slo_err *err)
{
	*n = 0;
	for (const char *p = shown; (p = strstr(p, " dev ")); p++) {
		struct slo_str s = slo_str_n(p + 5, strcspn(p + 5, " \n"));
		bool known = false;

		for (size_t i = 0; i < *n; i++)
			known |= slo_str_is(s, names[i]);
		if (known || !is_device(s))
			continue;
		if (*n == DEVICES_MAX)
			return slo_err_set(err, -E2BIG, "more than %d network devices: name one with --device", DEVICES_MAX);
		slo_str_copy(names[(*n)++], 16, s);
	}
	return *n ? 0 : slo_err_set(err, -ENODEV, "no network device in this namespace");
}

/* The first band no fault of ours uses on any device. */
static int free_band(const char *shown, struct slo_err *err)
{
	char word[32];

	for (int b = 2; b < SLO_STEP_BANDS; b++) {
		snprintf(word, sizeof(word), "qdisc netem %x:", SLO_STEP_QDISC + b);
		if (!strstr(shown, word))
			return b;
	}
	return slo_err_set(err, -EBUSY, "as many faults as there can be are in force on the device");
}

static void add_filter(struct slo_buf *b, const struct slo_step *s, const struct slo_host_port *h, int port, bool six)
{
	const char *ip = six ? "ip6" : "ip";

	slo_buf_addf(b, "tc filter add dev %s parent %x: protocol %s prio %d u32", s->name, SLO_STEP_QDISC,
		     six ? "ipv6" : "ip", 2 * s->band + six);
	if (h && h->family)
		slo_buf_addf(b, " match %s dst %s/%d", ip, h->addr, h->bits);
	if (port)
		slo_buf_addf(b, " match %s dport %d 0xffff", ip, port);
	if (!port && !(h && h->family))
		slo_buf_adds(b, " match u32 0 0");
	slo_buf_addf(b, " flowid %x:%x\n", SLO_STEP_QDISC, s->band);
}

/* tc's filters for the peers; @port stands where a peer names none (0 = any). */
static int filters(struct slo_step *s, const struct slo_fault_spec *spec, int port, struct slo_err *err)
{
	static const struct slo_host_port any = { .family = 0 };
	struct slo_buf b;
	int n = spec->peers_count ? spec->peers_count : 1, ret;

	slo_buf_init(&b, sizeof(s->script) - 1);
	for (int i = 0; i < n; i++) {
		const struct slo_host_port *h = spec->peers_count ? &spec->peers[i] : &any;

		for (int six = 0; six < 2; six++)
			if (!h->family || (h->family == AF_INET6) == six)
				add_filter(&b, s, h, h->port ? h->port : port, six);
	}
	ret = b.err ? slo_err_set(err, b.err, "too many peers") : 0;
	if (!ret)
		slo_str_copy(s->script, sizeof(s->script), slo_buf_str(&b));
	slo_buf_fini(&b);
	return ret;
}

static int plan_netem(const struct slo_fault_spec *spec, const struct slo_plan_env *env, struct slo_plan *p,
		      const char *what, int port, struct slo_err *err)
{
	slo_autofree char *shown = calloc(1, SLO_TOOL_OUT_MAX);
	char names[DEVICES_MAX][16];
	size_t n = 1;
	int band, ret;

	if (!shown)
		return -ENOMEM;
	ret = slo_step_line(env->io, &spec->ns, "tc qdisc show", shown, SLO_TOOL_OUT_MAX);
	if (ret)
		return slo_err_set(err, ret < 0 ? ret : -EIO, "tc: %.*s", (int)strcspn(shown, "\n"), shown);
	if (spec->device && !is_device(slo_str(spec->device)))
		return slo_err_set(err, -EINVAL, "--device %s: no name of a network device", spec->device);
	if (spec->device)
		slo_str_copy(names[0], sizeof(names[0]), slo_str(spec->device));
	else if ((ret = devices_of(shown, names, &n, err)))
		return ret;
	if ((band = free_band(shown, err)) < 0)
		return band;
	for (size_t i = 0; i < n && !ret; i++) {
		struct slo_step *s = slo_plan_step(p, SLO_STEP_NETEM, err);

		if (!s)
			return -E2BIG;
		s->ns = spec->ns;
		s->band = band;
		slo_str_copy(s->name, sizeof(s->name), slo_str(names[i]));
		slo_str_copy(s->value, sizeof(s->value), slo_str(what));
		ret = filters(s, spec, port, err);
	}
	p->mechanism = "netem";
	return ret;
}

/* --- nft ----------------------------------------------------------------- */

static void nft_peer(struct slo_buf *b, const struct slo_host_port *h, int port, bool from_it)
{
	if (h->family)
		slo_buf_addf(b, "%s %caddr %s/%d ", h->family == AF_INET6 ? "ip6" : "ip", from_it ? 's' : 'd', h->addr, h->bits);
	slo_buf_adds(b, "meta l4proto { tcp, udp } ");
	if (port)
		slo_buf_addf(b, "th %cport %d ", from_it ? 's' : 'd', port);
}

static void nft_chain(struct slo_buf *b, const char *hook)
{
	slo_buf_addf(b, "\tchain %s {\n\t\ttype filter hook %s priority -5; policy accept;\n", hook, hook);
}

/*
 * A packet dropped where it is sent fails the sender's call instead of being
 * lost: so what goes over loopback is dropped when it arrives, and of what goes
 * elsewhere the answer is.
 */
static void nft_loss(struct slo_buf *b, const struct slo_host_port *h, int port, double pct)
{
	for (int answer = 0; answer < 2; answer++) {
		slo_buf_addf(b, "\t\tiifname %s \"lo\" ", answer ? "!=" : "");
		nft_peer(b, h, port, answer);
		if (pct < 100)
			slo_buf_addf(b, "numgen random mod 1000 < %d ", (int)lround(pct * 10));
		slo_buf_adds(b, "counter drop\n");
	}
}

/* Connections whose own port is in the share: bits 1 to 3 of it, as bit 0 is not evenly used by connect(). */
static void nft_cut(struct slo_buf *b, const struct slo_host_port *h, int port, double pct, bool from_it)
{
	int n = (int)lround(pct * PORT_BITS / 100);

	slo_buf_adds(b, "\t\t");
	nft_peer(b, h, port, from_it);
	if (n < PORT_BITS)
		slo_buf_addf(b, "th %cport & 0xe < %d ", from_it ? 'd' : 's', 2 * (n < 1 ? 1 : n));
	slo_buf_adds(b, "counter drop\n");
}

static int finish_nft(const struct slo_fault_spec *spec, const struct slo_plan_env *env, struct slo_plan *p,
		      struct slo_buf *b, struct slo_err *err)
{
	struct slo_step *s = slo_plan_step(p, SLO_STEP_NFT, err);
	int ret = b->err;

	if (s && !ret) {
		s->ns = spec->ns;
		snprintf(s->name, sizeof(s->name), SLO_STEP_NFT_PREFIX "%s", env->name);
		for (char *c = s->name; *c; c++)
			*c = *c == '-' ? '_' : *c;
		if (snprintf(s->script, sizeof(s->script), "table inet %s {\n%s}\n", s->name, b->data) >= (int)sizeof(s->script))
			ret = slo_err_set(err, -E2BIG, "too many peers");
	}
	slo_buf_fini(b);
	return s ? ret : -E2BIG;
}

static const struct slo_host_port *peer(const struct slo_fault_spec *spec, int i)
{
	static const struct slo_host_port any = { .family = 0 };

	return spec->peers_count ? &spec->peers[i] : &any;
}

static int plan_nft_loss(const struct slo_fault_spec *spec, const struct slo_plan_env *env, struct slo_plan *p,
			 double pct, int port, struct slo_err *err)
{
	int n = spec->peers_count ? spec->peers_count : 1;
	struct slo_buf b;

	slo_buf_init(&b, SLO_STEP_SCRIPT_MAX);
	nft_chain(&b, "input");
	for (int i = 0; i < n; i++)
		nft_loss(&b, peer(spec, i), peer(spec, i)->port ? peer(spec, i)->port : port, pct);
	slo_buf_adds(&b, "\t}\n");
	p->mechanism = "nft drop on arrival";
	return finish_nft(spec, env, p, &b, err);
}

/* --- the faults ---------------------------------------------------------- */

static int prepare(const struct slo_fault_spec *spec, const char *tool, struct slo_plan *p, struct slo_err *err)
{
	int ret = slo_plan_own_netns(spec, err);

	slo_plan_netns_name(spec, p->target, sizeof(p->target));
	return ret ? ret : slo_plan_tool(tool, err);
}

static bool by_netem(const struct slo_fault_spec *spec, const struct slo_plan_env *env)
{
	return spec->via == SLO_VIA_NETEM || (spec->via == SLO_VIA_AUTO && env->netem);
}

static int lossy(const struct slo_fault_spec *spec, double pct, int port, const struct slo_plan_env *env,
		 struct slo_plan *p, struct slo_err *err)
{
	bool netem = by_netem(spec, env);
	char what[64];
	int ret = prepare(spec, netem ? "tc" : "nft", p, err);

	snprintf(what, sizeof(what), "loss %.10g%%", pct);
	if (ret)
		return ret;
	return netem ? plan_netem(spec, env, p, what, port, err) : plan_nft_loss(spec, env, p, pct, port, err);
}

static int slow(const struct slo_fault_spec *spec, double ms, int port, const struct slo_plan_env *env,
		struct slo_plan *p, struct slo_err *err)
{
	const struct slo_relay r = { .act = SLO_RELAY_DELAY, .share_pm = 1000, .udp = port == DNS_PORT,
				     .delay_ns = llround(ms * 1e6) };
	bool netem = by_netem(spec, env);
	char what[64];
	int ret = prepare(spec, netem ? "tc" : "nft", p, err);

	snprintf(what, sizeof(what), "delay %.10gms", ms);
	if (ret)
		return ret;
	if (!netem && port != DNS_PORT)
		p->unit = "ms added to each request";
	return netem ? plan_netem(spec, env, p, what, port, err) : slo_plan_relay(spec, env, &r, p, err);
}

int slo_plan_dns_latency(const struct slo_fault_spec *spec, double ms, const struct slo_plan_env *env,
			 struct slo_plan *p, struct slo_err *err)
{
	return slow(spec, ms, DNS_PORT, env, p, err);
}

int slo_plan_dns_drop(const struct slo_fault_spec *spec, double pct, const struct slo_plan_env *env,
		      struct slo_plan *p, struct slo_err *err)
{
	return lossy(spec, pct, DNS_PORT, env, p, err);
}

int slo_plan_dns_servfail(const struct slo_fault_spec *spec, double pct, const struct slo_plan_env *env,
			  struct slo_plan *p, struct slo_err *err)
{
	const struct slo_relay r = { .act = SLO_RELAY_SERVFAIL, .share_pm = (int)lround(pct * 10), .udp = true };
	int ret = prepare(spec, "nft", p, err);

	return ret ? ret : slo_plan_relay(spec, env, &r, p, err);
}

static int want_peer(const struct slo_fault_spec *spec, struct slo_err *err)
{
	return spec->peers_count ? 0 : slo_err_set(err, -EINVAL, "--peer is required: ADDRESS, ADDRESS/BITS, ADDRESS:PORT or :PORT");
}

int slo_plan_egress_loss(const struct slo_fault_spec *spec, double pct, const struct slo_plan_env *env,
			 struct slo_plan *p, struct slo_err *err)
{
	int ret = want_peer(spec, err);

	return ret ? ret : lossy(spec, pct, 0, env, p, err);
}

int slo_plan_egress_delay(const struct slo_fault_spec *spec, double ms, const struct slo_plan_env *env,
			  struct slo_plan *p, struct slo_err *err)
{
	int ret = want_peer(spec, err);

	if (!ret && !by_netem(spec, env) && (!spec->peers[0].family || !spec->peers[0].port))
		ret = slo_err_set(err, -ENOTSUP,
				  "needs sch_netem, which this kernel does not have; without it only a peer ADDRESS:PORT can be delayed");
	return ret ? ret : slow(spec, ms, 0, env, p, err);
}

int slo_plan_partition(const struct slo_fault_spec *spec, double pct, const struct slo_plan_env *env,
		       struct slo_plan *p, struct slo_err *err)
{
	int ret = want_peer(spec, err);
	struct slo_buf b;

	if (!ret)
		ret = prepare(spec, "nft", p, err);
	if (ret)
		return ret;
	slo_buf_init(&b, SLO_STEP_SCRIPT_MAX);
	/* TCP takes a refused segment for a lost one; UDP would fail the call, so there only the answers go. */
	nft_chain(&b, "output");
	slo_buf_adds(&b, "\t\tmeta l4proto udp accept\n");
	for (int i = 0; i < spec->peers_count; i++)
		nft_cut(&b, peer(spec, i), peer(spec, i)->port, pct, false);
	slo_buf_adds(&b, "\t}\n");
	nft_chain(&b, "input");
	for (int i = 0; i < spec->peers_count; i++)
		nft_cut(&b, peer(spec, i), peer(spec, i)->port, pct, true);
	slo_buf_adds(&b, "\t}\n");
	p->mechanism = "nft drop";
	return finish_nft(spec, env, p, &b, err);
}
