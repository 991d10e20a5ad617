/* SPDX-License-Identifier: MIT */
#include "probe/host.h"
#include "probe/host_internal.h"
#include "probe/procfs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What this source says about the signals that are not its own; NULL = it measures them. */
static const char *const not_ours[SLO_SIGNAL__COUNT] = {
	[SLO_SIGNAL_DNS_LATENCY] = "needs packets",
	[SLO_SIGNAL_CONNECT_LATENCY] = "needs packets",
	[SLO_SIGNAL_CONNECT_ERRORS] = "needs packets",
	[SLO_SIGNAL_TLS_HANDSHAKE] = "needs packets or tracing",
	[SLO_SIGNAL_TLS_FAILS] = "needs packets or tracing",
	[SLO_SIGNAL_SYSCALL_LATENCY] = "needs tracing",
};

bool slo_host_covers(int signal)
{
	return signal >= 0 && signal < SLO_SIGNAL__COUNT && !not_ours[signal];
}

static void first_state(struct slo_host *h, int service, int signal)
{
	/* These are read from a service's threads and cgroups only. */
	bool of_services = signal == SLO_SIGNAL_CFS_THROTTLED || signal == SLO_SIGNAL_RUNQUEUE_DELAY;
	const char *why = service < 0 && of_services ? "no service is watched" : "not sampled yet";

	slo_host_missing(h, service, signal, "%s", not_ours[signal] ? not_ours[signal] : why);
}

int slo_host_new(struct slo_host **out, struct slo_target *target, const struct slo_obs_sink *sink,
		 const struct slo_host_opts *opts, struct slo_err *err)
{
	static const struct slo_host_opts defaults = { 0 };
	struct slo_host *h = calloc(1, sizeof(*h));
	const char *proc;
	int r;

	if (!h)
		return -ENOMEM;
	if (!opts)
		opts = &defaults;
	proc = opts->proc_root ? opts->proc_root : slo_target_proc_root(target);
	slo_buf_init(&h->buf, 1 << 20);
	h->psi_err = -ENODATA;
	h->target = target;
	h->sink = *sink;
	slo_str_copy(h->proc_root, sizeof(h->proc_root), slo_str(proc));
	slo_str_copy(h->sys_root, sizeof(h->sys_root), slo_str(opts->sys_root ? opts->sys_root : "/sys"));
	h->tick_ns = 1000000000ULL / (uint64_t)(sysconf(_SC_CLK_TCK) > 0 ? sysconf(_SC_CLK_TCK) : 100);
	h->cpus = sysconf(_SC_NPROCESSORS_ONLN) > 0 ? sysconf(_SC_NPROCESSORS_ONLN) : 1;
	r = slo_cgroup_find(&h->mounts, h->proc_root, opts->cgroup_prefix, err);
	if (r == 0)
		r = slo_host_threads_init(h);
	if (r == 0)
		r = slo_host_cgroups_init(h);
	if (r == 0)
		r = slo_host_disks_init(h);
	if (r < 0) {
		slo_host_free(h);
		return r;
	}
	for (int signal = 0; signal < SLO_SIGNAL__COUNT; signal++) {
		h->enabled[signal] = true;
		for (int s = SLO_SERVICE_NONE; s < (int)slo_target_services(target); s++)
			first_state(h, s, signal);
	}
	*out = h;
	return 0;
}

void slo_host_free(struct slo_host *h)
{
	if (!h)
		return;
	slo_table_fini(&h->threads);
	slo_table_fini(&h->cgroups);
	slo_table_fini(&h->disks);
	slo_buf_fini(&h->buf);
	free(h);
}

struct host_cell *slo_host_cell(struct slo_host *h, int service, int signal)
{
	return &h->cells[service + 1][signal];
}

void slo_host_emit(struct slo_host *h, int service, const struct host_reading *r)
{
	struct slo_obs o = {
		.signal = r->signal, .service = service, .role = SLO_ROLE_OTHER, .provider = r->provider,
		.end_ns = h->wall_ns, .value = r->value, .times = r->times, .pid = r->pid, .tid = r->tid,
	};

	slo_str_copy(o.comm, sizeof(o.comm), slo_str(r->comm ? r->comm : ""));
	slo_str_copy(o.detail, sizeof(o.detail), slo_str(r->detail ? r->detail : ""));
	slo_host_cell(h, service, r->signal)->emitted++;
	h->n.observations++;
	h->sink.obs(h->sink.arg, &o);
}

/* First and one past the last service that a host-wide reading is repeated for. */
static int all_from(const struct slo_host *h)
{
	return slo_target_services(h->target) ? 0 : SLO_SERVICE_NONE;
}

static int all_to(const struct slo_host *h)
{
	return (int)slo_target_services(h->target);
}

void slo_host_emit_all(struct slo_host *h, const struct host_reading *r)
{
	for (int s = all_from(h); s < all_to(h); s++)
		slo_host_emit(h, s, r);
}

void slo_host_watched(struct slo_host *h, int service, int signal, const char *provider, const char *why)
{
	struct host_cell *c = slo_host_cell(h, service, signal);

	c->state = c->emitted ? SLO_STATE_VALUE : SLO_STATE_ZERO;
	c->provider = provider;
	slo_str_copy(c->why, sizeof(c->why), slo_str(why ? why : ""));
}

void slo_host_missing(struct slo_host *h, int service, int signal, const char *fmt, ...)
{
	struct host_cell *c = slo_host_cell(h, service, signal);
	va_list ap;

	c->state = SLO_STATE_NOT_CAPTURED;
	c->provider = "";
	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
}

void slo_host_baseline(struct slo_host *h, int service, int signal, const char *provider)
{
	static const char why[] = "the baseline was taken, values follow with the next sample";

	if (h->gen == 1)
		slo_host_watched(h, service, signal, provider, why);
	else
		slo_host_missing(h, service, signal, "%s", why);
}

void slo_host_baseline_all(struct slo_host *h, int signal, const char *provider)
{
	for (int s = all_from(h); s < all_to(h); s++)
		slo_host_baseline(h, s, signal, provider);
}

void slo_host_watched_all(struct slo_host *h, int signal, const char *provider, const char *why)
{
	for (int s = all_from(h); s < all_to(h); s++)
		slo_host_watched(h, s, signal, provider, why);
}

void slo_host_missing_all(struct slo_host *h, int signal, const char *why)
{
	for (int s = all_from(h); s < all_to(h); s++)
		slo_host_missing(h, s, signal, "%s", why);
}

void slo_host_forget(struct slo_host *h, struct slo_table *t, size_t gen_at)
{
	unsigned char *e = slo_table_oldest(t);

	while (e) {
		uint64_t gen;
		unsigned char *next = slo_table_newer(t, e);

		memcpy(&gen, e + gen_at, sizeof(gen));
		if (gen == h->gen)
			return;
		slo_table_del(t, e);
		e = next;
	}
}

static int64_t boot_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

int slo_host_sample(struct slo_host *h, int64_t wall_ns, int64_t mono_ns)
{
	int r = slo_target_refresh(h->target, mono_ns);

	if (r < 0)
		return r;
	h->gen++;
	h->interval_ns = h->gen > 1 ? mono_ns - h->last_mono_ns : 0;
	h->wall_ns = wall_ns;
	h->boot_ns = boot_now_ns();
	h->n.samples++;
	h->n.threads = h->n.threads_over = 0;
	for (size_t s = 0; s < SLO_ARRAY_LEN(h->cells); s++)
		for (size_t i = 0; i < SLO_SIGNAL__COUNT; i++)
			h->cells[s][i].emitted = 0;
	slo_host_steal(h);
	slo_host_disks(h);
	slo_host_retransmits(h);
	slo_host_read_pressure(h);
	for (int s = 0; s < (int)slo_target_services(h->target); s++) {
		slo_host_threads(h, s);
		slo_host_cgroups(h, s);
	}
	if (slo_target_services(h->target) == 0 && h->enabled[SLO_SIGNAL_MEM_RECLAIM])
		slo_host_pressure(h, SLO_SERVICE_NONE);
	slo_host_threads_forget(h);
	slo_host_cgroups_forget(h);
	h->last_mono_ns = mono_ns;
	h->last_wall_ns = wall_ns;
	h->last_boot_ns = h->boot_ns;
	return 0;
}

void slo_host_enable(struct slo_host *h, int signal, bool on)
{
	if (signal < 0 || signal >= SLO_SIGNAL__COUNT || h->enabled[signal] == on)
		return;
	h->enabled[signal] = on;
	for (int s = SLO_SERVICE_NONE; s < (int)slo_target_services(h->target); s++) {
		if (on)
			first_state(h, s, signal);
		else
			slo_host_missing(h, s, signal, "switched off");
	}
	/* What is sampled again later starts from a new baseline. */
	if (signal == SLO_SIGNAL_CPU_STEAL)
		h->has_cpu = false;
}

int slo_host_state(const struct slo_host *h, int service, int signal, const char **why)
{
	const struct host_cell *c = &h->cells[service + 1][signal];

	*why = c->why;
	return c->state;
}

const char *slo_host_provider(const struct slo_host *h, int service, int signal)
{
	return h->cells[service + 1][signal].provider;
}

void slo_host_counters(const struct slo_host *h, struct slo_host_counters *out)
{
	*out = h->n;
}
