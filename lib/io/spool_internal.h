/* SPDX-License-Identifier: MIT */
/* What the files of the spool share. */
#ifndef SLO_IO_SPOOL_INTERNAL_H
#define SLO_IO_SPOOL_INTERNAL_H

#include "io/spool.h"

#include <pthread.h>

struct slo_spool {
	struct slo_spool_opts o;
	char *path;
	int dir[2];              /* by enum slo_spool_where */
	int lock_fd;
	pthread_mutex_t lock;    /* of what follows */
	bool locked;
	uint64_t puts, about_n, about_bytes; /* what waits, by our own count */
	int64_t last_ns;         /* time in the name given last */
	struct slo_spool_stats stats;
};

#endif
