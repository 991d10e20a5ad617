/* SPDX-License-Identifier: MIT */
/*
 * Workers that compute answers, and the bounded queue in front of them.
 *
 * A job belongs to two sides: the connection that reads its output and the worker
 * that writes it; each releases it once.
 */
#ifndef SLO_NET_SERVE_POOL_H
#define SLO_NET_SERVE_POOL_H

#include "net/serve.h"
#include "net/serve_burn.h"
#include "net/serve_chat.h"
#include "net/serve_dist.h"
#include "net/serve_metrics.h"
#include "net/serve_spans.h"

#include <stddef.h>

enum slo_job_state {
	SLO_JOB_RUNNING, /* waiting or being worked on */
	SLO_JOB_DONE,    /* output complete */
	SLO_JOB_CUT,     /* ended early: the server stops or the output overflowed */
};

struct slo_job;
struct slo_pool;

/* What the pool borrows; all of it outlives the pool. */
struct slo_pool_opts {
	const struct slo_serve_opts *serve;
	const struct slo_burn *burn;
	const struct slo_dist *ttft, *gap; /* waits beside the CPU time */
	struct slo_spans *spans;           /* NULL = none */
};

/** slo_pool_start - its workers. Return: 0; the errors of slo_calls_new(); a negative errno. */
int slo_pool_start(const struct slo_pool_opts *o, struct slo_pool **out, struct slo_err *err);

/** slo_pool_stop - cut every job off; from here on waiting for a job returns at once. */
void slo_pool_stop(struct slo_pool *p);

/** slo_pool_free - join the workers and release; every job must have been released by its connection. NULL is allowed. */
void slo_pool_free(struct slo_pool *p);

/**
 * slo_pool_submit - queue one request
 * @a: copied; its model must outlive the job; number and time of creation are filled in
 * @parent: the caller's trace context; an empty trace id when there is none
 * @ends: of the connection it came by; copied
 *
 * Return: 0; -EBUSY when the queue is full (counted as rejected); -ENOMEM; -ESHUTDOWN.
 */
int slo_pool_submit(struct slo_pool *p, const struct slo_chat_answer *a, const struct slo_trace_context *parent,
		    const struct slo_ends *ends, struct slo_job **out);

/**
 * slo_job_status - what to answer with, waiting up to @wait_ms
 * @why: words for a status other than 200; valid until the job is released
 * @retry_after_s: set when a service called said so; else unchanged
 *
 * Return: the HTTP status; 0 when it is not known yet; -1 when the server stops.
 */
int slo_job_status(struct slo_job *j, int wait_ms, const char **why, int64_t *retry_after_s);

/**
 * slo_job_read - take output that is ready, waiting up to @wait_ms for some
 * @got: bytes copied; 0 when none came in time
 *
 * Return: enum slo_job_state; DONE and CUT only once all output was taken.
 */
enum slo_job_state slo_job_read(struct slo_job *j, char *to, size_t max, int wait_ms, size_t *got);

/** slo_job_release - the connection is through with it: early (then the work is given up), or after the end. */
void slo_job_release(struct slo_job *j);

/** slo_pool_count_bad - one request that was refused as wrong. */
void slo_pool_count_bad(struct slo_pool *p);

/** slo_pool_count_failed - one request that was refused with 503. */
void slo_pool_count_failed(struct slo_pool *p);

void slo_pool_read_stats(struct slo_pool *p, struct slo_serve_stats *out);

/** slo_pool_picture - everything /metrics tells, at one moment. */
void slo_pool_picture(struct slo_pool *p, struct slo_serve_picture *out);

#endif
