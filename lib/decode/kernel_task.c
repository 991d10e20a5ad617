/* SPDX-License-Identifier: MIT */
#include "decode/kernel_internal.h"

#include "base/str.h"
#include "bpf/event.h"
#include "bpf/reclaim.h"
#include "bpf/syscall.h"

#include <stdio.h>

static const char *const reclaim_kinds[SLO_RECLAIM__KINDS] = {
	[SLO_RECLAIM_DIRECT] = "direct reclaim",
	[SLO_RECLAIM_MEMCG] = "memcg reclaim",
	[SLO_RECLAIM_NODE] = "node reclaim",
	[SLO_RECLAIM_HIGH] = "memory.high sleep",
	[SLO_RECLAIM_THROTTLED] = "throttled",
};

/* include/linux/mmzone.h, enum vmscan_throttle_state */
static const char *const throttles[] = { "writeback", "isolated", "no progress", "congested" };

void kernel_reclaim_detail(const struct slo_bpf_event *e, char *to, size_t size)
{
	const char *kind = e->info[0] < SLO_RECLAIM__KINDS ? reclaim_kinds[e->info[0]] : "?", *sep = ", throttled: ";
	char part[48] = "";
	int n;

	if (e->part)
		snprintf(part, sizeof(part), ", %.1f ms of it reclaim", (double)e->part / 1e6);
	n = snprintf(to, size, "%s%s, %u page%s", kind, part, e->info[1], e->info[1] == 1 ? "" : "s");
	for (unsigned i = 0; i < SLO_ARRAY_LEN(throttles) && n > 0 && (size_t)n < size; i++) {
		if (!(e->info[2] & (1u << i)))
			continue;
		n += snprintf(to + n, size - (size_t)n, "%s%s", sep, throttles[i]);
		sep = " and ";
	}
}

void kernel_syscall_detail(const struct slo_bpf_event *e, char *to, size_t size)
{
	static const char *const ops[SLO_SYS__OPS] = { "?", "read", "write", "sync" };

	snprintf(to, size, "%s (%u) of %.16s%s, descriptor %u", ops[e->info[0] < SLO_SYS__OPS ? e->info[0] : 0],
		 e->info[2], e->other, e->info[1] == SLO_SYS_DEVICE ? " (device)" : "", e->info[3]);
}
