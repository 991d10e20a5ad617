/* SPDX-License-Identifier: MIT */
/*
 * The configuration: at the start, and again at SIGHUP while everything goes on.
 * What refers to it by pointer (objectives, peers) has the new one at once; what took a copy is told.
 */
#include "live.h"

#include "base/log.h"
#include "decode/kernel.h"

#include <errno.h>

enum { LIST_MAX = 512 };

/* The signals of the configuration without those named in --disable-signals. */
static int choose_signals(const struct agent_opts *o, const struct slo_config *c, bool enabled[SLO_SIGNAL__COUNT],
			  struct slo_err *err)
{
	const char *p = o->disable_signals;

	memcpy(enabled, c->signal_enabled, sizeof(c->signal_enabled));
	while (*p) {
		size_t n = strcspn(p, ",");
		struct slo_str name = slo_str_n(p, n);
		int signal;

		while (name.len > 0 && name.p[0] == ' ')
			name = slo_str_n(name.p + 1, name.len - 1);
		signal = slo_enum_find(&slo_signal_enum, name);
		if (signal < 0 && name.len > 0) {
			slo_err_at(err, "--disable-signals");
			return slo_err_set(err, -EINVAL, "unknown signal %.*s", SLO_STR_ARG(name));
		}
		if (signal >= 0)
			enabled[signal] = false;
		p += n + (p[n] == ',');
	}
	for (int s = 0; o->mode >= AGENT_MODE_MIN && s < SLO_SIGNAL__COUNT; s++)
		enabled[s] &= s == SLO_SIGNAL_DNS_LATENCY || s == SLO_SIGNAL_TCP_RETRANSMITS;
	return 0;
}

int agent_configure(const struct agent_opts *o, struct slo_config *c, bool enabled[SLO_SIGNAL__COUNT],
		    struct slo_err *err)
{
	int r = slo_config_find(c, o->config && o->config[0] ? o->config : NULL, err);

	if (!r)
		r = slo_config_override(c, o->objectives.items, o->objectives.count, err);
	if (!r)
		r = choose_signals(o, c, enabled, err);
	/* The aggregator has windows for exactly these. */
	if (!r)
		memcpy(c->signal_enabled, enabled, sizeof(c->signal_enabled));
	return r;
}

/* Keys that changed: ours, and those of other tools in the same file. */
struct changes {
	struct slo_buf ours, others;
	size_t n;
};

static bool is_ours(const char *path)
{
	static const char *const ours[] = { "signal_set", "sampling.", "safety.", "objectives", "peers" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(ours); i++)
		if (strncmp(path, ours[i], strlen(ours[i])) == 0)
			return true;
	return false;
}

static void note_change(void *arg, const char *path)
{
	struct changes *ch = arg;
	struct slo_buf *to = is_ours(path) ? &ch->ours : &ch->others;

	slo_buf_addf(to, "%s%s", to->len ? ", " : "", path);
	ch->n += to == &ch->ours;
}

/* A probe of two signals is at work while one of them is wanted. */
static void enable_probes(struct live *l)
{
	for (int i = 0; l->bpf && i < SLO_BPF__PROBES; i++) {
		const struct slo_kernel_probe *k = &slo_kernel_probes[i];
		bool want = l->a->enabled[k->signal] || (k->errors >= 0 && l->a->enabled[k->errors]);

		slo_bpf_enable(l->bpf, k->signal, want && !slo_guard_shed(&l->guard, k->signal));
	}
}

static void apply(struct live *l)
{
	const struct slo_config *c = &l->a->config;

	slo_agg_reload(l->agg);
	for (size_t i = 0; i < l->services_count; i++)
		slo_flow_overdue(l->tracker, (int)i, live_overdue_ns(l, i));
	slo_guard_change(&l->guard, l->a->o->disable_guard ? 0 : c->max_overhead_pct, l->a->enabled);
	if (l->bpf)
		slo_bpf_want(l->bpf, l->a->enabled);
	enable_probes(l);
	live_enable_host(l);
}

static void report(const struct live *l, const struct changes *ch)
{
	slo_info("reloaded %s: %zu setting%s changed%s%.*s%s%.*s", l->a->config.path, ch->n, ch->n == 1 ? "" : "s",
		 ch->n ? ": " : "", SLO_STR_ARG(slo_buf_str(&ch->ours)),
		 ch->others.len ? "; not the agent's: " : "", SLO_STR_ARG(slo_buf_str(&ch->others)));
}

/* Probes for signals that nobody had asked for. What attaching takes may have been given up since the start. */
static void take_loaded(struct live *l)
{
	struct slo_sources sources = live_sources(l);

	while (slo_bpf_take_loaded(l->bpf))
		l->loaded = true;
	if (!l->loaded || slo_bpf_loading(l->bpf))
		return;
	l->loaded = false;
	enable_probes(l);
	live_enable_host(l);
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		if (l->asked[s] && slo_bpf_can(s) && !slo_ladder_traced(&sources, s))
			slo_warn("%s: cannot be traced as the agent is now; that may take a restart",
				 slo_enum_name(&slo_signal_enum, s));
	memset(l->asked, 0, sizeof(l->asked));
}

static void take_over(struct live *l, const struct slo_config *next, const bool enabled[SLO_SIGNAL__COUNT])
{
	struct changes ch = { 0 };

	slo_buf_init(&ch.ours, LIST_MAX);
	slo_buf_init(&ch.others, LIST_MAX);
	slo_config_diff(&l->a->config, next, note_change, &ch);
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		l->asked[s] = enabled[s] && !l->a->enabled[s];
	l->a->config = *next;
	memcpy(l->a->enabled, enabled, sizeof(l->a->enabled));
	if (ch.n)
		apply(l);
	report(l, &ch);
	slo_buf_fini(&ch.ours);
	slo_buf_fini(&ch.others);
}

void live_reload(struct live *l)
{
	static struct slo_config next;
	bool enabled[SLO_SIGNAL__COUNT];
	struct slo_err err = { 0 };
	int r;

	if (l->bpf)
		take_loaded(l);
	if (!agent_hup)
		return;
	agent_hup = 0;
	r = agent_configure(l->a->o, &next, enabled, &err);
	/* No file anywhere means the defaults at the start; now it means that there is nothing to read. */
	if (!r && !next.path[0])
		r = slo_err_set(&err, -ENOENT, "there is neither --config nor a file in one of the usual places");
	if (!r) {
		l->reloads++;
		take_over(l, &next, enabled);
		return;
	}
	l->reload_failed++;
	slo_warn("%s%s%s; not reloaded, what was in force stays", err.where, err.where[0] ? ": " : "", err.what);
}
