/* SPDX-License-Identifier: MIT */
#include "probe/clock.h"

#include "base/time.h"

#include <time.h>

enum { READINGS = 5 };

int64_t slo_now_boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * SLO_NS_PER_S + ts.tv_nsec;
}

void slo_clock_take(struct slo_clock *c, int64_t wall_before_ns, int64_t boot_ns, int64_t wall_after_ns)
{
	int64_t width = wall_after_ns - wall_before_ns;

	/* Negative: the wall clock was set back in between. */
	if (width < 0 || (width + 1) / 2 >= c->error_ns)
		return;
	c->error_ns = (width + 1) / 2;
	c->offset_ns = wall_before_ns + width / 2 - boot_ns;
}

void slo_clock_sync(struct slo_clock *c)
{
	struct slo_clock best = { .offset_ns = c->offset_ns, .error_ns = INT64_MAX };

	for (int i = 0; i < READINGS; i++) {
		int64_t before = slo_now_wall_ns(), boot = slo_now_boot_ns();

		slo_clock_take(&best, before, boot, slo_now_wall_ns());
	}
	*c = best;
}
