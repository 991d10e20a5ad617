/* SPDX-License-Identifier: MIT */
#include "probe/bpf_internal.h"

#include "base/time.h"
#include "decode/kernel.h"
#include "event/tables.h"
#include "probe/target.h"

#include <bpf/btf.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SLOTS_PER_SERVICE = 4, /* cgroups of one service with rows of their own; the rest share slot 0 of the service */
};

static bool measures(const struct bpf_def *d, int signal)
{
	const struct slo_kernel_probe *k = &slo_kernel_probes[d->probe];

	return k->signal == signal || k->errors == signal;
}

struct bpf_probe *bpf_probe_of(const struct slo_bpf *b, int signal)
{
	for (int i = 0; i < SLO_BPF__PROBES; i++)
		if (b->probes[i].def && measures(b->probes[i].def, signal))
			return (struct bpf_probe *)(uintptr_t)&b->probes[i];
	return NULL;
}

bool bpf_wanted(const struct slo_bpf_opts *o, const struct bpf_def *d)
{
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		if (o->wanted[s] && measures(d, s))
			return true;
	return false;
}

bool slo_bpf_can(int signal)
{
	for (size_t i = 0; i < slo_bpf_defs_count; i++)
		if (measures(&slo_bpf_defs[i], signal))
			return true;
	return false;
}

/* Every item of --disable-rung must mean something. */
int slo_bpf_check_disabled(const char *list, struct slo_err *err)
{
	while (list && *list) {
		size_t n = strcspn(list, ",");
		const char *colon = memchr(list, ':', n);
		struct slo_str probe = colon ? slo_str_n(list, (size_t)(colon - list)) : slo_str(NULL);
		struct slo_str rung = colon ? slo_str_n(colon + 1, n - probe.len - 1) : slo_str_n(list, n);

		if (n > 0 && !bpf_rung_known(probe, rung))
			return slo_err_set(err, -EINVAL, "no probe has a rung %.*s", (int)n, list);
		list += n + (list[n] == ',');
	}
	return 0;
}

static void fill_config(struct slo_bpf *b)
{
	for (int i = 0; i < SLO_BPF__PROBES; i++) {
		const struct slo_kernel_probe *k = &slo_kernel_probes[i];

		double from = b->o.threshold[k->signal] > 0 ? b->o.threshold[k->signal] : slo_signal_info[k->signal].warn;

		b->config->threshold[i] = (uint64_t)(from * k->per_unit);
	}
	b->config->connect_timeout_ns = (uint64_t)(b->o.connect_timeout_ns ? b->o.connect_timeout_ns : 30 * SLO_NS_PER_S);
	memcpy(b->config->dns_port, b->o.dns_port, sizeof(b->config->dns_port));
	if (!b->config->dns_port[0])
		b->config->dns_port[0] = 53;
	b->config->wakeup_bytes = (b->o.ring_bytes ? b->o.ring_bytes : 1 << 20) / 4;
	b->config->epoch = 1;
	b->config->self = (uint32_t)getpid();
	b->config->all = b->slots_count == 1;
	b->config->cgroup_v1 = b->mounts.tree[SLO_CGROUP_V1_CPU].found;
}

static uint32_t slots_needed(const struct slo_bpf_opts *o)
{
	size_t n = o->target ? slo_target_services(o->target) * SLOTS_PER_SERVICE + 1 : 1;

	return n < SLO_BPF_SLOTS ? (uint32_t)n : SLO_BPF_SLOTS;
}

/* Probes waiting to be loaded. */
struct loaders {
	struct slo_bpf *b;
	struct bpf_probe *waiting[SLO_BPF__PROBES];
	atomic_uint next;
	uint32_t count;
};

static void *load_some(void *arg)
{
	struct loaders *l = arg;
	uint32_t i;

	while ((i = atomic_fetch_add(&l->next, 1)) < l->count)
		bpf_climb(l->b, l->waiting[i]);
	return NULL;
}

/*
 * Most of it is reading the kernel's types, once for each object: two at a time take half as
 * long. In one arena, or what the second thread read would stay; what is left is given back.
 */
static void load_all(struct slo_bpf *b)
{
	struct loaders l = { .b = b };
	pthread_t second;
	bool helped;

	for (size_t i = 0; i < slo_bpf_defs_count; i++) {
		struct bpf_probe *p = &b->probes[slo_bpf_defs[i].probe];

		if (!bpf_wanted(&b->o, &slo_bpf_defs[i]))
			continue;
		p->def = &slo_bpf_defs[i];
		l.waiting[l.count++] = p;
	}
	mallopt(M_ARENA_MAX, 1);
	b->kernel_types = btf__load_vmlinux_btf();
	helped = l.count > 1 && pthread_create(&second, NULL, load_some, &l) == 0;
	load_some(&l);
	if (helped)
		pthread_join(second, NULL);
	btf__free(b->kernel_types);
	b->kernel_types = NULL;
	malloc_trim(0);
}

/* Without shared maps there are no probes at all, and the reason is every probe's. */
static void give_up(struct slo_bpf *b, const struct slo_err *why)
{
	for (size_t i = 0; i < slo_bpf_defs_count; i++) {
		struct bpf_probe *p = &b->probes[slo_bpf_defs[i].probe];

		if (!bpf_wanted(&b->o, &slo_bpf_defs[i]))
			continue;
		p->def = &slo_bpf_defs[i];
		p->rung = -1;
		for (int r = 0; r < SLO_BPF_RUNGS && p->def->rungs[r].name; r++)
			slo_str_copy(p->why[r], SLO_BPF_WHY, slo_str(why->what));
	}
}

static struct slo_bpf *make(const struct slo_bpf_opts *o)
{
	struct slo_bpf *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->o = *o;
	if (!b->o.dns_timeout_ns)
		b->o.dns_timeout_ns = 5 * SLO_NS_PER_S;
	for (int i = 0; i < BPF__SHARED; i++)
		b->shared[i] = -1;
	for (int i = 0; i < SLO_BPF__PROBES; i++) {
		b->probes[i].rung = b->probes[i].rows_fd = b->probes[i].starts_fd = -1;
	}
	b->cost.fd = -1;
	b->slots_count = slots_needed(o);
	b->slots[0] = (struct bpf_slot){ .used = true, .service = SLO_SERVICE_NONE };
	b->cpus = libbpf_num_possible_cpus();
	if (b->cpus < 1)
		b->cpus = 1;
	b->cpu_rows = calloc((size_t)b->cpus, sizeof(struct slo_bpf_hist));
	if (!b->cpu_rows) {
		free(b);
		return NULL;
	}
	return b;
}

int slo_bpf_open(struct slo_bpf **out, const struct slo_bpf_opts *o, struct slo_err *err)
{
	struct slo_err why = { 0 };
	int r = slo_bpf_check_disabled(o->disable, err);
	struct slo_bpf *b;

	if (r)
		return r;
	b = make(o);
	if (!b)
		return -ENOMEM;
	slo_cgroup_find(&b->mounts, o->target ? slo_target_proc_root(o->target) : "/proc", NULL, NULL);
	slo_clock_sync(&b->clock);
	b->clock_mono = slo_now_mono_ns();
	if (bpf_make_shared(b, &why)) {
		give_up(b, &why);
	} else {
		fill_config(b);
		bpf_watch(b, b->clock_mono);
		load_all(b);
		bpf_watch_quotas(b); /* its map is the probe's own: there only now */
	}
	*out = b;
	return 0;
}

void slo_bpf_close(struct slo_bpf *b)
{
	if (!b)
		return;
	bpf_want_close(b);
	for (int i = 0; i < SLO_BPF__PROBES; i++)
		bpf_unload(&b->probes[i]);
	ring_buffer__free(b->ring);
	if (b->config)
		munmap(b->config, sizeof(*b->config));
	for (int i = 0; i < BPF__SHARED; i++)
		if (b->shared[i] >= 0)
			close(b->shared[i]);
	if (b->cost.fd >= 0)
		close(b->cost.fd);
	free(b->cpu_rows);
	free(b);
}

void slo_bpf_stop(struct slo_bpf *b)
{
	bpf_want_close(b);
	for (int i = 0; i < SLO_BPF__PROBES; i++)
		bpf_detach(&b->probes[i]);
}

int slo_bpf_fd(const struct slo_bpf *b)
{
	for (int i = 0; i < SLO_BPF__PROBES; i++)
		if (b->probes[i].obj)
			return ring_buffer__epoll_fd(b->ring);
	return -1;
}

void slo_bpf_enable(struct slo_bpf *b, int signal, bool on)
{
	struct bpf_probe *p = bpf_probe_of(b, signal);
	char why[SLO_BPF_WHY];

	/* A probe of two signals belongs to its first one: errors go where latency goes. */
	if (!p || !p->obj || slo_kernel_probes[p->def->probe].signal != signal || on == p->attached)
		return;
	if (on)
		bpf_attach(b, p, why);
	else
		bpf_detach(p);
}

void slo_bpf_settle(struct slo_bpf *b)
{
	for (int i = 0; i < SLO_BPF__PROBES; i++)
		if (b->probes[i].def && b->probes[i].def->more)
			b->probes[i].def->more->settle(&b->probes[i]);
}

const char *slo_bpf_best_rung(int signal, const char *disable)
{
	for (size_t i = 0; i < slo_bpf_defs_count; i++) {
		const struct bpf_def *d = &slo_bpf_defs[i];

		for (int r = 0; measures(d, signal) && r < SLO_BPF_RUNGS && d->rungs[r].name; r++)
			if (!bpf_disabled(disable, slo_kernel_probes[d->probe].name, d->rungs[r].name))
				return d->rungs[r].name;
	}
	return "";
}

const char *slo_bpf_rung(const struct slo_bpf *b, int signal)
{
	const struct bpf_probe *p = bpf_probe_of(b, signal);

	return p && p->rung >= 0 ? p->provider : "";
}

bool slo_bpf_applies(const struct slo_bpf *b, int service, int signal)
{
	const struct bpf_probe *p = bpf_probe_of(b, signal);
	const struct slo_target_proc *procs;
	size_t n;

	if (!p || p->rung < 0)
		return false;
	if (service < 0 || !b->o.target || !p->def->more || !p->def->more->applies)
		return true;
	n = slo_target_procs(b->o.target, service, &procs);
	for (size_t i = 0; i < n; i++)
		if (p->def->more->applies(p, procs[i].pid))
			return true;
	return false;
}

const char *slo_bpf_why(const struct slo_bpf *b, int signal, int i, const char **rung)
{
	const struct bpf_probe *p = bpf_probe_of(b, signal);

	if (!p || i < 0 || i >= SLO_BPF_RUNGS || !p->def->rungs[i].name)
		return NULL;
	*rung = p->def->rungs[i].name;
	return p->rung >= 0 && i >= p->rung ? "" : p->why[i];
}
