/* SPDX-License-Identifier: MIT */
/* The loop of the live source: packets as they come, everything else once an interval. */
#include "live.h"
#include "metrics.h"

#include "base/log.h"
#include "base/time.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

enum {
	PACKETS_PER_TURN = 8192, /* handled before time and signals are looked at again */
	TICK_MS = 100,           /* how often what is pending is checked for timeouts */
	FIRST_MS = 250,          /* the first window is no longer, so that a reader soon knows we are there */
	LAG_MS = 150,            /* three times what the kernel may keep a packet before it hands it over */
};

static int64_t cpu_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * SLO_NS_PER_S + ts.tv_nsec;
}

/* The window that holds @now, from @from on: windows start at multiples of the interval, but for the first two. */
static void start_window(struct live *l, int64_t now, int64_t from)
{
	int64_t boundary = now / l->interval_ns * l->interval_ns;

	l->window_start = from > boundary && from <= now ? from : boundary;
	l->window_end = boundary + l->interval_ns;
}

static void start_first_window(struct live *l, int64_t now)
{
	int64_t soon = (now / (FIRST_MS * SLO_NS_PER_MS) + 1) * FIRST_MS * SLO_NS_PER_MS;

	start_window(l, now, now);
	if (soon < l->window_end)
		l->window_end = soon;
}

static void drain(struct live *l)
{
	int n = slo_bpf_drain(l->bpf);

	if (n > l->ring_high)
		l->ring_high = n;
}

static uint64_t lost_so_far(struct live *l)
{
	struct slo_packet_stats p = { 0 };

	if (l->packet)
		slo_packet_stats(l->packet, &p);
	return p.ring_dropped + p.shed;
}

/* A port whose requests cannot be timed must not look like one without requests. */
static void emit_window(void *arg, const struct slo_event *ev)
{
	struct live *l = arg;

	if (ev->kind == SLO_KIND_SLI_WINDOW && ev->sli_window.sli <= SLO_SLI_ERROR_RATE) {
		for (size_t i = 0; i < l->services_count; i++) {
			static struct slo_event marked;

			if (!l->uncaptured[i] || !slo_str_eq(ev->sli_window.service, l->services[i].name))
				continue;
			marked = *ev;
			marked.sli_window.why = slo_str(slo_not_captured_name(l->uncaptured[i]));
			agent_emit(l->a, &marked);
			return;
		}
	}
	agent_emit(l->a, ev);
}

static void act(struct live *l, struct slo_guard_action action)
{
	if (action.kind == SLO_GUARD_FLOWS) {
		slo_info("overhead %.1f %% of a core (limit %.1f): following 1 in %d flows", l->guard.pct,
			 l->guard.max_pct, 1 << action.arg);
		slo_packet_shed(l->packet, (unsigned int)action.arg);
	} else if (action.kind == SLO_GUARD_SIGNAL) {
		slo_info("overhead %.1f %% of a core (limit %.1f): %s %s", l->guard.pct, l->guard.max_pct,
			 slo_enum_name(&slo_signal_enum, action.arg), action.shed ? "stopped" : "taken up again");
		slo_agg_enable(l->agg, action.arg, !action.shed);
		if (l->bpf) /* what the configuration has left out meanwhile stays off */
			slo_bpf_enable(l->bpf, action.arg, !action.shed && l->a->enabled[action.arg]);
		live_enable_host(l);
	}
}

static void watch_overhead(struct live *l, int64_t mono)
{
	int64_t cpu = cpu_now_ns(), wall = mono - l->last_sample_mono;
	struct slo_guard_cost cost = { .own_ns = cpu - l->last_cpu };
	bool loading = l->bpf && slo_bpf_loading(l->bpf);

	if (wall <= 0)
		return;
	l->cpu_pct = 100.0 * (double)cost.own_ns / (double)wall;
	if (l->bpf)
		slo_bpf_cost(l->bpf, cost.signal_ns);
	l->bpf_pct = 0;
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		cost.signal_ns[s] = (int64_t)((double)cost.signal_ns[s] * (double)wall / 1e9);
		l->bpf_run_ns[s] += cost.signal_ns[s];
		l->bpf_pct += 100.0 * (double)cost.signal_ns[s] / (double)wall;
	}
	/* What loading a probe takes is over soon, and nothing that could be shed. */
	if (!loading && !l->was_loading)
		act(l, slo_guard_update(&l->guard, &cost, wall));
	l->was_loading = loading;
	l->last_cpu = cpu;
	l->last_sample_mono = mono;
}

/* Where the window ends: after a stall it holds what was seen meanwhile, so it is that much longer. */
static int64_t end_of_window(const struct live *l, int64_t wall)
{
	int64_t boundary = wall / l->interval_ns * l->interval_ns;

	if (wall < l->window_end)
		return wall;
	return boundary > l->window_end ? boundary : l->window_end;
}

static void end_window(struct live *l, int64_t wall)
{
	int64_t mono = slo_now_mono_ns();
	uint64_t lost = lost_so_far(l);

	slo_host_sample(l->host, wall, mono);
	if (l->bpf) {
		drain(l);
		slo_bpf_flush(l->bpf, mono);
	}
	live_silent_look(l, wall, mono);
	live_identify(l, mono);
	live_capture_states(l);
	if (lost > l->lost_before)
		slo_agg_lost(l->agg, lost - l->lost_before);
	l->lost_before = lost;
	slo_agg_flush(l->agg, l->window_start, end_of_window(l, wall), emit_window, l);
	l->windows++;
	live_reload(l);
	watch_overhead(l, mono);
	if (mono >= l->next_stats_mono) {
		live_report_stats(l, false);
		l->next_stats_mono = mono + l->a->o->stats_interval_s * SLO_NS_PER_S;
		live_refresh_local(l);
	}
	live_publish(l);
	start_window(l, wall, l->window_end);
}

/*
 * Packets up to now, then, ten times a second, what is overdue. That is only
 * judged on an empty ring, and as of a moment ago: an answer may still be in
 * the ring, or in a block the kernel has not handed over yet.
 */
static void take_packets(struct live *l)
{
	int n = l->packet ? slo_packet_poll(l->packet, PACKETS_PER_TURN) : 0;

	if (n >= 0 && n < PACKETS_PER_TURN && slo_now_mono_ns() >= l->next_tick_mono) {
		if (l->bpf)
			drain(l);
		slo_flow_tick(l->tracker, slo_now_wall_ns() - LAG_MS * SLO_NS_PER_MS);
		slo_host_subsample(l->host, slo_now_wall_ns());
		l->next_tick_mono = slo_now_mono_ns() + TICK_MS * SLO_NS_PER_MS;
	}
}

/* The probes' ring wakes nobody until it fills up: it is emptied on every tick. */
static void wait_for_work(struct live *l)
{
	int64_t left = (l->window_end - slo_now_wall_ns()) / SLO_NS_PER_MS + 1;
	struct pollfd p[2] = {
		{ .fd = l->packet ? slo_packet_fd(l->packet) : -1, .events = POLLIN },
		{ .fd = l->bpf ? slo_bpf_fd(l->bpf) : -1, .events = POLLIN },
	};

	poll(p, 2, left < 0 ? 0 : left > TICK_MS ? TICK_MS : (int)left);
	if (p[1].revents)
		drain(l);
}

static void loop(struct live *l)
{
	while (!agent_stop && !l->a->write_error) {
		int64_t wall;
		int r;

		wait_for_work(l);
		agent_metrics_beat(l->a);
		take_packets(l);
		wall = slo_now_wall_ns();
		/* A wall clock set back far would leave the window open for as long. */
		if (wall >= l->window_end || wall < l->window_start - l->interval_ns)
			end_window(l, wall);
		r = slo_writer_pump(l->a->out);
		if (r)
			l->a->write_error = r;
		if (l->a->o->count && l->windows >= l->a->o->count)
			break;
	}
}

int agent_run_live(struct agent *a)
{
	static struct live l;
	struct slo_err err = { 0 };
	int status;

	l.a = a;
	l.interval_ns = a->o->interval_ms * SLO_NS_PER_MS;
	status = live_open(&l, &err);
	if (status) {
		slo_warn_err(&err);
		live_close(&l);
		return status;
	}
	live_capture_states(&l);
	if (!a->o->quiet)
		live_print_providers(&l);
	if (a->o->mode == AGENT_MODE_CORE_FULL && !live_core_full(&l)) {
		live_close(&l);
		return 1;
	}
	status = live_confine(&l);
	if (status) {
		live_close(&l);
		return status;
	}
	l.last_sample_mono = slo_now_mono_ns();
	l.last_cpu = cpu_now_ns();
	l.next_stats_mono = l.last_sample_mono + a->o->stats_interval_s * SLO_NS_PER_S;
	agent_metrics_serve(a);
	start_first_window(&l, slo_now_wall_ns());
	loop(&l);
	take_packets(&l);
	if (l.bpf)
		slo_bpf_stop(l.bpf);
	if (!a->o->count || l.windows < a->o->count)
		end_window(&l, slo_now_wall_ns());
	live_report_stats(&l, true);
	live_close(&l);
	return 0;
}
