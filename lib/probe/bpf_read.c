/* SPDX-License-Identifier: MIT */
/* The two ways out of the kernel: exemplars from the ring, counts from the histograms. */
#include "probe/bpf_internal.h"

#include "base/table.h"
#include "base/time.h"
#include "decode/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	IDLE_FLUSHES = 60, /* a peer without observations for so many loses its row */
	PEER_ROWS_MAX = 2 * SLO_BPF_PEERS,
};

/* What a peer's row held at the last look. */
struct peer_row {
	struct slo_bpf_peer key;
	uint32_t idle;
	struct slo_bpf_hist hist;
};

static int role_of(const struct slo_bpf *b, const uint8_t addr[16], uint16_t port)
{
	return b->o.role ? b->o.role(b->o.arg, addr, port) : SLO_ROLE_OTHER;
}

int bpf_read_open(struct slo_bpf *b, struct bpf_probe *p)
{
	struct bpf_map *rows = bpf_object__find_map_by_name(p->obj, p->def->peers ? "peers" : "slots");
	struct bpf_map *starts = p->def->starts ? bpf_object__find_map_by_name(p->obj, p->def->starts) : NULL;

	p->rows_fd = rows ? bpf_map__fd(rows) : -1;
	p->starts_fd = starts && bpf_map__autocreate(starts) ? bpf_map__fd(starts) : -1;
	if (!p->def->peers) {
		p->before = calloc(b->slots_count, sizeof(struct slo_bpf_hist));
		return p->before ? 0 : -ENOMEM;
	}
	p->before = calloc(1, sizeof(struct slo_table));
	return p->before ? slo_table_init(p->before, sizeof(struct slo_bpf_peer), sizeof(struct peer_row),
					  PEER_ROWS_MAX, 0) : -ENOMEM;
}

void bpf_read_close(struct bpf_probe *p)
{
	if (p->before && p->def->peers)
		slo_table_fini(p->before);
	free(p->before);
	p->before = NULL;
	p->rows_fd = p->starts_fd = -1;
}

/* The remote end decides the role, except that clients of ours are clients. */
static int event_role(const struct slo_bpf *b, const struct slo_bpf_event *e)
{
	const struct bpf_def *d = b->probes[e->probe].def;

	if (d && d->role != SLO_ROLE_OTHER)
		return d->role;
	if (e->family == 0)
		return SLO_ROLE_OTHER;
	return e->direction == SLO_DIRECTION_INGRESS ? SLO_ROLE_CLIENT : role_of(b, e->dst, e->dst_port);
}

int bpf_on_event(void *arg, void *data, size_t size)
{
	struct slo_bpf *b = arg;
	const struct slo_bpf_event *e = data;
	struct slo_obs o;

	if (size < sizeof(*e) || e->probe >= SLO_BPF__PROBES || size < slo_kernel_probes[e->probe].event_size ||
	    e->slot >= b->slots_count || slo_kernel_obs(e, slo_clock_wall(&b->clock, e->end_ns), &o)) {
		b->malformed++;
		return 0;
	}
	if (!b->probes[e->probe].def)
		return 0; /* being loaded: not one of ours yet */
	o.service = b->slots[e->slot].service;
	o.role = event_role(b, e);
	o.provider = b->probes[e->probe].provider;
	b->drained++;
	b->o.sink.exemplar(b->o.sink.arg, &o);
	return 0;
}

int slo_bpf_drain(struct slo_bpf *b)
{
	int64_t now = slo_now_mono_ns();

	b->drained = 0;
	if (b->ring)
		ring_buffer__consume(b->ring);
	for (int i = 0; i < SLO_BPF__PROBES; i++)
		if (b->probes[i].attached && b->probes[i].def->more)
			b->probes[i].def->more->refresh(b, &b->probes[i], now);
	return b->drained;
}

/* Hand on what @now has more than @before, for one owner and role. */
static bool tell(struct slo_bpf *b, const struct bpf_probe *p, uint32_t slot, int role,
		 const struct slo_bpf_hist *now, const struct slo_bpf_hist *before)
{
	const struct slo_kernel_probe *k = &slo_kernel_probes[p->def->probe];
	static struct slo_hist hist;
	struct slo_obs_summary s = { .signal = k->signal, .service = b->slots[slot].service, .role = role,
				     .provider = p->provider };
	uint64_t errors;

	slo_kernel_delta(p->def->probe, now, before, &hist, &s, &errors);
	if (k->errors < 0)
		s.failed = errors;
	if (s.count)
		b->o.sink.summary(b->o.sink.arg, &s);
	if (errors && k->errors >= 0)
		b->o.sink.summary(b->o.sink.arg, &(struct slo_obs_summary){
			.signal = k->errors, .service = s.service, .role = role, .provider = p->provider,
			.count = errors, .sum = (double)errors, .min = 1, .max = 1 });
	return s.count || errors;
}

static void flush_slots(struct slo_bpf *b, struct bpf_probe *p, uint32_t epoch)
{
	struct slo_bpf_hist *before = p->before;

	for (uint32_t slot = 0; slot < b->slots_count; slot++) {
		const struct slo_bpf_hist *rows = (const void *)b->cpu_rows;
		static struct slo_bpf_hist now;

		if (!b->slots[slot].used || bpf_map_lookup_elem(p->rows_fd, &slot, b->cpu_rows))
			continue;
		memset(&now, 0, sizeof(now));
		for (int cpu = 0; cpu < b->cpus; cpu++)
			slo_kernel_add(&now, &rows[cpu], epoch);
		tell(b, p, slot, SLO_ROLE_OTHER, &now, &before[slot]);
		before[slot] = now;
	}
}

static void flush_peer(struct slo_bpf *b, struct bpf_probe *p, const struct slo_bpf_peer *key, uint32_t epoch)
{
	static struct slo_bpf_hist raw, now;
	struct peer_row *row;
	bool made;
	int role;

	if (key->slot >= b->slots_count || bpf_map_lookup_elem(p->rows_fd, key, &raw))
		return;
	memset(&now, 0, sizeof(now));
	slo_kernel_add(&now, &raw, epoch);
	row = slo_table_get(p->before, key, &made, NULL, NULL);
	role = p->def->role != SLO_ROLE_OTHER ? p->def->role : key->client ? SLO_ROLE_CLIENT : key->port ? role_of(b, key->addr, key->port) : SLO_ROLE_OTHER;
	row->idle = tell(b, p, key->slot, role, &now, &row->hist) ? 0 : row->idle + 1;
	row->hist = now;
	if (row->idle < IDLE_FLUSHES)
		return;
	bpf_map_delete_elem(p->rows_fd, key);
	slo_table_del(p->before, row);
}

/* Keys first, rows after: a row deleted on the way would start the walk afresh. */
static void flush_peers(struct slo_bpf *b, struct bpf_probe *p, uint32_t epoch)
{
	static struct slo_bpf_peer keys[SLO_BPF_PEERS];
	size_t n = 0;
	const void *from = NULL;

	while (n < SLO_BPF_PEERS && bpf_map_get_next_key(p->rows_fd, from, &keys[n]) == 0) {
		from = &keys[n];
		n++;
	}
	for (size_t i = 0; i < n; i++)
		flush_peer(b, p, &keys[i], epoch);
}

void slo_bpf_flush(struct slo_bpf *b, int64_t mono_ns)
{
	uint32_t epoch;

	if (!b->config)
		return;
	if (mono_ns - b->clock_mono >= BPF_CLOCK_S * SLO_NS_PER_S) {
		slo_clock_sync(&b->clock);
		b->clock_mono = mono_ns;
	}
	epoch = b->config->epoch;
	__atomic_store_n(&b->config->epoch, epoch + 1, __ATOMIC_RELEASE);
	for (int i = 0; i < SLO_BPF__PROBES; i++) {
		struct bpf_probe *p = &b->probes[i];

		if (!p->obj)
			continue;
		if (p->def->sweep)
			p->def->sweep(b, p);
		if (p->def->peers)
			flush_peers(b, p, epoch);
		else
			flush_slots(b, p, epoch);
	}
	bpf_watch(b, mono_ns);
	bpf_cost_tick(b, mono_ns);
}

void bpf_read_counters(const struct slo_bpf *b, int probe, struct slo_bpf_counters *sum)
{
	struct slo_bpf_counters *all = calloc((size_t)b->cpus, sizeof(*all));
	uint32_t key = (uint32_t)probe;

	if (!all || bpf_map_lookup_elem(b->shared[BPF_COUNTERS], &key, all)) {
		free(all);
		return;
	}
	for (int i = 0; i < b->cpus; i++) {
		const uint64_t *from = (const void *)&all[i];
		uint64_t *to = (void *)sum;

		for (size_t k = 0; k < sizeof(*sum) / sizeof(*to); k++)
			to[k] += from[k];
	}
	free(all);
}

uint64_t slo_bpf_lost(const struct slo_bpf *b)
{
	uint64_t lost = b->malformed;

	for (int i = 0; i < SLO_BPF__PROBES; i++) {
		struct slo_bpf_counters n = { 0 };

		if (!b->probes[i].obj)
			continue;
		bpf_read_counters(b, i, &n);
		lost += n.ring_full;
	}
	return lost;
}

static uint64_t under_way(int fd)
{
	uint32_t key[16], next[16];
	uint64_t n = 0;
	const void *from = NULL;

	while (n < SLO_BPF_STARTS && bpf_map_get_next_key(fd, from, next) == 0) {
		memcpy(key, next, sizeof(key));
		from = key;
		n++;
	}
	return n;
}

/* Read the counters too. What began or ended meanwhile must not look evicted, so the map is looked at on both sides. */
static uint64_t evictions(const struct slo_bpf *b, const struct bpf_probe *p, struct slo_bpf_counters *n)
{
	uint64_t before = p->starts_fd >= 0 ? under_way(p->starts_fd) : 0, after, left;

	bpf_read_counters(b, p->def->probe, n);
	if (p->starts_fd < 0)
		return 0;
	after = under_way(p->starts_fd);
	left = n->inserted - n->removed - p->swept;
	if (after < before)
		after = before;
	return left > after && left <= n->inserted ? left - after : 0;
}

static void add_waits(const struct slo_bpf *b, const struct bpf_probe *p, struct slo_bpf_stats *out)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(p->obj, p->def->waits);
	const struct slo_bpf_hist *rows = (const void *)b->cpu_rows;
	uint64_t count = 0, ns = 0;

	for (uint32_t slot = 0; map && slot < b->slots_count; slot++) {
		if (bpf_map_lookup_elem(bpf_map__fd(map), &slot, b->cpu_rows))
			continue;
		for (int cpu = 0; cpu < b->cpus; cpu++) {
			count += rows[cpu].count;
			ns += rows[cpu].sum;
		}
	}
	out->more[out->more_count].name = "waits";
	out->more[out->more_count++].value = count;
	out->more[out->more_count].name = "wait_ms";
	out->more[out->more_count++].value = ns / 1000000;
}

int slo_bpf_stats(const struct slo_bpf *b, int probe, struct slo_bpf_stats *out)
{
	const struct bpf_probe *p = &b->probes[probe];
	struct bpf_program *prog;

	if (!p->obj)
		return -ENOENT;
	*out = (struct slo_bpf_stats){ 0 };
	out->evicted = evictions(b, p, &out->kernel);
	out->voided = p->voided + p->replaced;
	if (p->def->waits)
		add_waits(b, p, out);
	if (p->def->more)
		p->def->more->stats(b, p, out);
	bpf_object__for_each_program(prog, p->obj) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);

		if (!bpf_program__autoload(prog) || bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size))
			continue;
		out->missed += info.recursion_misses;
		out->run_count += info.run_cnt;
		out->run_ns += info.run_time_ns;
	}
	return 0;
}
