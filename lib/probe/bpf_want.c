/* SPDX-License-Identifier: MIT */
/*
 * Probes that somebody asks for when the others are at work. Loading takes too long for whoever must empty a ring in
 * time, so a thread does it, on a struct of its own; the probe is one of ours only when it is done.
 */
#include "probe/bpf_internal.h"

#include <bpf/btf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct bpf_loader {
	struct slo_bpf *b;
	struct bpf_probe probe;
	pthread_t thread;
	atomic_bool done;
};

static void *load(void *arg)
{
	struct bpf_loader *l = arg;

	l->b->kernel_types = btf__load_vmlinux_btf();
	bpf_climb(l->b, &l->probe);
	btf__free(l->b->kernel_types);
	l->b->kernel_types = NULL;
	atomic_store(&l->done, true);
	return NULL;
}

/* The next probe that is wanted and was not tried yet; one at a time. What was tried before would fail again. */
static void load_next(struct slo_bpf *b)
{
	const struct bpf_def *d = NULL;
	struct bpf_loader *l;

	for (size_t i = 0; i < slo_bpf_defs_count && !d; i++)
		if (!b->probes[slo_bpf_defs[i].probe].def && bpf_wanted(&b->o, &slo_bpf_defs[i]))
			d = &slo_bpf_defs[i];
	l = d ? calloc(1, sizeof(*l)) : NULL;
	if (!l)
		return;
	l->b = b;
	l->probe = (struct bpf_probe){ .def = d, .rung = -1, .rows_fd = -1, .starts_fd = -1 };
	if (pthread_create(&l->thread, NULL, load, l) == 0)
		b->loader = l;
	else
		free(l);
}

void slo_bpf_want(struct slo_bpf *b, const bool signals[SLO_SIGNAL__COUNT])
{
	memcpy(b->o.wanted, signals, sizeof(b->o.wanted));
	if (b->config && !b->loader)
		load_next(b);
}

bool slo_bpf_loading(const struct slo_bpf *b)
{
	return b->loader != NULL;
}

bool slo_bpf_take_loaded(struct slo_bpf *b)
{
	struct bpf_loader *l = b->loader;

	if (!l || !atomic_load(&l->done))
		return false;
	pthread_join(l->thread, NULL);
	b->probes[l->probe.def->probe] = l->probe;
	b->loader = NULL;
	free(l);
	bpf_watch_quotas(b); /* its map is a probe's own */
	load_next(b);
	return true;
}

void bpf_want_close(struct slo_bpf *b)
{
	if (!b->loader)
		return;
	pthread_join(b->loader->thread, NULL);
	bpf_unload(&b->loader->probe);
	free(b->loader);
	b->loader = NULL;
}
