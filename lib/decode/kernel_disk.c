/* SPDX-License-Identifier: MIT */
/* Disk I/O and CPU throttling in words. */
#include "decode/kernel_internal.h"

#include "bpf/disk.h"

#include <stdio.h>

enum { OP_MASK = 0xff, OP_WRITE = 1 }; /* REQ_OP_* of linux/blk_types.h, the same since 4.10 */

/* A write of nothing is a flush of the device's cache. */
static const char *operation(uint32_t op, uint32_t bytes)
{
	static const char *const names[] = {
		[0] = "read",	 [1] = "write",		[2] = "flush",  [3] = "discard",
		[5] = "erase",	 [9] = "write-zeroes",	[34] = "command", [35] = "command",
	};

	op &= OP_MASK;
	if (op == OP_WRITE && bytes == 0)
		return "flush";
	return op < SLO_ARRAY_LEN(names) && names[op] ? names[op] : "other";
}

void kernel_disk_detail(const struct slo_bpf_event *e, char *to, size_t size)
{
	uint32_t bytes = e->info[1], stages = e->info[3];
	char disk[sizeof(e->other) + 1], moved[24] = "", queued[32] = "";

	snprintf(disk, sizeof(disk), "%.16s", e->other);
	if (disk[0] == '\0')
		snprintf(disk, sizeof(disk), "%u:%u", e->info[0] >> 20, e->info[0] & 0xfffff);
	if (bytes)
		snprintf(moved, sizeof(moved), " %u bytes", bytes);
	if (stages & DISK_ISSUED)
		snprintf(queued, sizeof(queued), ", queued %.1f ms", (double)e->part / 1e6);
	snprintf(to, size, "%s %s%s%s%s", disk, operation(e->info[2], bytes), moved, queued,
		 stages & DISK_REQUEUED ? ", requeued" : "");
}

void kernel_throttle_detail(const struct slo_bpf_event *e, char *to, size_t size)
{
	snprintf(to, size, "%.16s on cpu %u, quota %.6g of %.6g ms", e->other, e->info[0], e->info[1] / 1e3,
		 e->info[2] / 1e3);
}
