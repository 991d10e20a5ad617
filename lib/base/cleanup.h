/* SPDX-License-Identifier: MIT */
/*
 * Scope-bound ownership: a local declared with one of these attributes is
 * released when it leaves scope; SLO_TAKE() hands it to somebody else.
 */
#ifndef SLO_BASE_CLEANUP_H
#define SLO_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void slo_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void slo_cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void slo_cleanup_fclose(FILE *const *f)
{
	if (*f)
		fclose(*f);
}

#define slo_autofree   __attribute__((cleanup(slo_cleanup_free)))
#define slo_autoclose  __attribute__((cleanup(slo_cleanup_close)))
#define slo_autofclose __attribute__((cleanup(slo_cleanup_fclose)))

/* The value of pointer @p, leaving NULL behind. */
#define SLO_TAKE(p) \
	__extension__({ \
		__typeof__(p) slo_taken_ = (p); \
		(p) = NULL; \
		slo_taken_; \
	})
/* The value of descriptor @fd, leaving -1 behind. */
#define SLO_TAKE_FD(fd) \
	__extension__({ \
		int slo_taken_ = (fd); \
		(fd) = -1; \
		slo_taken_; \
	})

#endif
