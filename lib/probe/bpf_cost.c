/* SPDX-License-Identifier: MIT */
/*
 * What the programs cost where they run. The kernel counts that only while
 * somebody asks, and counting costs something itself: it is switched on for a second now and then.
 */
#include "probe/bpf_internal.h"

#include "base/time.h"
#include "decode/kernel.h"

#include <errno.h>
#include <unistd.h>

enum { LOOK_S = 1, PAUSE_S = 9 };

static uint64_t run_ns(const struct bpf_probe *p)
{
	struct bpf_program *prog;
	uint64_t sum = 0;

	if (!p->obj)
		return 0;
	bpf_object__for_each_program(prog, p->obj) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);

		if (bpf_program__autoload(prog) && !bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size))
			sum += info.run_time_ns;
	}
	return sum;
}

static void begin_look(struct slo_bpf *b, int64_t mono_ns)
{
	b->cost.fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	b->cost.error = b->cost.fd < 0 ? -errno : 0;
	b->cost.since_mono = mono_ns;
	for (int i = 0; i < SLO_BPF__PROBES; i++)
		b->cost.before[i] = run_ns(&b->probes[i]);
}

static void end_look(struct slo_bpf *b, int64_t mono_ns)
{
	double s = (double)(mono_ns - b->cost.since_mono) / 1e9;

	for (int i = 0; i < SLO_BPF__PROBES; i++)
		b->cost.per_s[i] = (int64_t)((double)(run_ns(&b->probes[i]) - b->cost.before[i]) / s);
	close(b->cost.fd);
	b->cost.fd = -1;
	b->cost.next_mono = mono_ns + PAUSE_S * SLO_NS_PER_S;
}

void bpf_cost_tick(struct slo_bpf *b, int64_t mono_ns)
{
	if (b->cost.fd >= 0 && mono_ns - b->cost.since_mono >= LOOK_S * SLO_NS_PER_S)
		end_look(b, mono_ns);
	else if (b->cost.fd < 0 && mono_ns >= b->cost.next_mono && !b->cost.error)
		begin_look(b, mono_ns);
}

int slo_bpf_cost(const struct slo_bpf *b, int64_t per_s[SLO_SIGNAL__COUNT])
{
	for (int i = 0; i < SLO_BPF__PROBES; i++)
		if (b->probes[i].def && b->probes[i].attached)
			per_s[slo_kernel_probes[i].signal] = b->cost.per_s[i];
	return b->cost.error;
}
