/* SPDX-License-Identifier: MIT */
/*
 * From the kernel's boot clock to wall time. The offset is read between two
 * readings of the wall clock, whose distance bounds the error; it is taken
 * again now and then, because the wall clock is steered and may be set.
 */
#ifndef SLO_PROBE_CLOCK_H
#define SLO_PROBE_CLOCK_H

#include <stdint.h>

struct slo_clock {
	int64_t offset_ns; /* wall minus boot */
	int64_t error_ns;  /* bound of the error of offset_ns */
};

/** slo_clock_take - use a reading of the boot clock made between two of the wall clock, if it is narrower than @c has. */
void slo_clock_take(struct slo_clock *c, int64_t wall_before_ns, int64_t boot_ns, int64_t wall_after_ns);

/** slo_clock_sync - take the narrowest of a few readings, forgetting what @c held. */
void slo_clock_sync(struct slo_clock *c);

/** slo_clock_wall - the wall time of boot time @boot_ns. */
static inline int64_t slo_clock_wall(const struct slo_clock *c, uint64_t boot_ns)
{
	return (int64_t)boot_ns + c->offset_ns;
}

/** slo_now_boot_ns - CLOCK_BOOTTIME. */
int64_t slo_now_boot_ns(void);

#endif
