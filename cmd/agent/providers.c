/* SPDX-License-Identifier: MIT */
/* Who measures what: told to the aggregator every interval, and to the user once. */
#include "live.h"

#include "base/log.h"
#include "probe/facts.h"

struct slo_sources live_sources(const struct live *l)
{
	return (struct slo_sources){
		.bpf = l->bpf, .bpf_why = "not in this --capability-mode", .packet = l->packet != NULL,
		.packet_why = l->packet_why, .host = l->host,
	};
}

/* Its zero is none: whoever else can measure the signal does, or nobody. */
static struct slo_choice in_place_of_silent(const struct live *l, const struct slo_sources *sources, int service, int signal)
{
	struct slo_sources rest = *sources;
	struct slo_choice c;

	rest.bpf = NULL;
	c = slo_ladder_choose(&rest, service, signal);
	if (c.by == SLO_BY_NOBODY)
		c.why = live_silent_why(l, signal);
	return c;
}

static void capture(struct live *l, const struct slo_sources *sources, int service, int signal)
{
	struct slo_choice c = slo_ladder_choose(sources, service, signal);

	/* What tracing cannot see of this service's processes, packets may. */
	if (c.by == SLO_BY_BPF && l->packet && slo_ladder_by_packet(signal) && !slo_bpf_applies(l->bpf, service, signal))
		c.provider = "packet";
	if (c.by == SLO_BY_BPF && live_silent(l, signal))
		c = in_place_of_silent(l, sources, service, signal);
	slo_agg_capture(l->agg, service, signal, c.state, c.provider, c.why);
}

void live_capture_states(struct live *l)
{
	struct slo_sources sources = live_sources(l);

	for (int signal = 0; signal < SLO_SIGNAL__COUNT; signal++)
		for (int service = SLO_SERVICE_NONE; service < (int)l->services_count; service++)
			capture(l, &sources, service, signal);
}

bool live_core_full(const struct live *l)
{
	struct slo_sources sources = live_sources(l);
	struct slo_buf why;
	bool full = true;

	slo_buf_init(&why, 4096);
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		if (!l->a->enabled[s] || slo_ladder_optional(s) || slo_ladder_traced(&sources, s))
			continue;
		slo_buf_reset(&why);
		slo_ladder_passed_over(&sources, s, &why);
		slo_warn("--capability-mode core_full: %s is not traced: %.*s", slo_enum_name(&slo_signal_enum, s),
			 SLO_STR_ARG(slo_buf_str(&why)));
		full = false;
	}
	slo_buf_fini(&why);
	return full;
}

static void print_row(const char *signal, const char *provider, struct slo_str note)
{
	fprintf(stderr, "  %-25s %-14s %.*s\n", signal, provider, SLO_STR_ARG(note));
}

static void print_signal(const struct live *l, const struct slo_sources *sources, int signal, struct slo_buf *note)
{
	const char *name = slo_enum_name(&slo_signal_enum, signal);
	struct slo_choice c;

	slo_buf_reset(note);
	if (!l->a->enabled[signal]) {
		print_row(name, "off", slo_str("disabled by option or configuration"));
		return;
	}
	c = slo_ladder_choose(sources, l->services_count ? 0 : SLO_SERVICE_NONE, signal);
	slo_ladder_passed_over(sources, signal, note);
	if (c.by == SLO_BY_NOBODY)
		slo_buf_addf(note, "%s%s", note->len ? "; " : "", c.why);
	print_row(name, c.by == SLO_BY_NOBODY ? "none" : c.provider, slo_buf_str(note));
}

/* What refuses tracing as a whole deserves its name. */
static void print_lockdown(const struct live *l)
{
	struct slo_facts f;

	if (!l->bpf)
		return;
	slo_facts_read(&f, "", NULL);
	if (f.lockdown == SLO_LOCKDOWN_CONFIDENTIALITY || f.lockdown == SLO_LOCKDOWN_OTHER)
		slo_info("kernel lockdown is %s: BPF programs may not read the kernel's memory", f.lockdown_text);
}

void live_print_providers(const struct live *l)
{
	struct slo_sources sources = live_sources(l);
	struct slo_buf note;

	slo_info("providers:");
	print_row("SIGNAL", "TAKEN", slo_str("BETTER, BUT NOT TAKEN"));
	slo_buf_init(&note, 4096);
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		print_signal(l, &sources, s, &note);
	slo_buf_fini(&note);
	print_lockdown(l);
	for (size_t i = 0; i < l->services_count; i++) {
		const struct slo_target_proc *procs;
		size_t n = slo_target_procs(l->target, (int)i, &procs);

		slo_info("watching port %u as %s: %zu process%s%s%s", l->watch[i].port, l->watch[i].service, n,
			 n == 1 ? "" : "es", n ? "" : "; ", slo_target_why(l->target, (int)i));
	}
}
