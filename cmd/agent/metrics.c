/* SPDX-License-Identifier: MIT */
/* The server of /metrics, /healthz and /readyz, and what it shares with the loop. */
#include "metrics.h"

#include "base/log.h"
#include "base/num.h"
#include "base/time.h"
#include "metrics/metrics.h"
#include "net/httpd.h"
#include "render/prom.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
	TEXT_MAX = 4 << 20, /* all series there can be need less than half of it */
	READY_MAX = 16384,
	LATE_S = 10, /* a loop that was silent for so long, and for three intervals, is not alive */
	STARTING_S = 120, /* probes may take a while to load */
	CPU_MS = 50,
};

enum stage { STARTING, RUNNING, READY, FAILED, STOPPING };

/* What is served; swapped as a whole. */
struct page {
	struct slo_buf metrics, ready;
};

struct agent_metrics {
	struct slo_httpd *http;
	int64_t started_ns, late_ns;
	/* of the loop */
	struct slo_metrics *series;
	struct page next;
	int64_t published_ns; /* monotonic */
	int64_t cpu_since_ns, cpu_then_ns; /* monotonic; CPU time then */
	double cpu_pct;
	uint64_t unpublished; /* pages that were not swapped in */
	struct agent_report last;
	/* shared */
	pthread_mutex_t lock;
	struct page page; /* under @lock */
	atomic_int stage; /* enum stage */
	_Atomic int64_t beat_ns; /* monotonic */
};

static void get_metrics(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	struct agent_metrics *m = arg;

	(void)rq;
	re->content_type = SLO_PROM_CONTENT_TYPE;
	pthread_mutex_lock(&m->lock);
	slo_buf_add(&re->body, m->page.metrics.data, m->page.metrics.len);
	pthread_mutex_unlock(&m->lock);
	agent_metrics_process(m->started_ns, &re->body);
}

static void get_health(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	struct agent_metrics *m = arg;
	int64_t age = slo_now_mono_ns() - atomic_load(&m->beat_ns);
	bool starting = atomic_load(&m->stage) == STARTING;
	int64_t limit = starting ? STARTING_S * SLO_NS_PER_S : m->late_ns;

	(void)rq;
	if (age <= limit) {
		slo_buf_adds(&re->body, "ok\n");
		return;
	}
	re->status = 503;
	slo_buf_addf(&re->body, "%s for %.1f s (limit %.1f s)\n",
		     starting ? "has been starting" : "the loop has not come round", (double)age / 1e9,
		     (double)limit / 1e9);
}

static void get_ready(void *arg, const struct slo_httpd_request *rq, struct slo_httpd_reply *re)
{
	static const char *const words[] = {
		[STARTING] = "not ready: sources are being opened\n",
		[RUNNING] = "not ready: no window was written yet\n",
		[READY] = "ready\n",
		[FAILED] = "not ready: the output failed\n",
		[STOPPING] = "not ready: stopping\n",
	};
	struct agent_metrics *m = arg;
	int stage = atomic_load(&m->stage);

	(void)rq;
	re->status = stage == READY ? 200 : 503;
	slo_buf_adds(&re->body, words[stage]);
	pthread_mutex_lock(&m->lock);
	slo_buf_add(&re->body, m->page.ready.data, m->page.ready.len);
	pthread_mutex_unlock(&m->lock);
}

static const struct slo_httpd_route routes[] = {
	{ "GET", "/metrics", get_metrics },
	{ "GET", "/healthz", get_health },
	{ "GET", "/readyz", get_ready },
	{ NULL, NULL, NULL },
};

static void init_page(struct page *p)
{
	slo_buf_init(&p->metrics, TEXT_MAX);
	slo_buf_init(&p->ready, READY_MAX);
}

static void fini_page(struct page *p)
{
	slo_buf_fini(&p->metrics);
	slo_buf_fini(&p->ready);
}

static int new_metrics(struct agent *a)
{
	const struct slo_metrics_opts o = { .source = agent_source(a), .dns = a->o->dns_metric };
	struct agent_metrics *m = calloc(1, sizeof(*m));
	int64_t three = 3 * a->o->interval_ms * SLO_NS_PER_MS;

	if (!m)
		return -ENOMEM;
	if (slo_metrics_new(&m->series, &o)) {
		free(m);
		return -ENOMEM;
	}
	pthread_mutex_init(&m->lock, NULL);
	init_page(&m->page);
	init_page(&m->next);
	m->started_ns = a->started_ns;
	m->late_ns = three > LATE_S * SLO_NS_PER_S ? three : LATE_S * SLO_NS_PER_S;
	m->published_ns = slo_now_mono_ns();
	atomic_store(&m->beat_ns, m->published_ns);
	a->metrics = m;
	return 0;
}

int agent_metrics_open(struct agent *a, struct slo_err *err)
{
	struct slo_httpd_opts o = {
		.listen = a->o->metrics_bind, .routes = routes, .reply_max = TEXT_MAX + READY_MAX, .held = true
	};
	struct slo_err why = { 0 };
	int64_t port;
	int r;

	if (!o.listen[0] || strcmp(o.listen, "off") == 0)
		return 0;
	r = new_metrics(a);
	if (r)
		return slo_err_set(err, r, "out of memory");
	o.arg = a->metrics;
	r = slo_httpd_start(&o, &a->metrics->http, &why);
	if (!r) {
		if (slo_parse_i64(slo_str(strrchr(o.listen, ':') + 1), &port) == 0 && port == 0)
			slo_info("metrics on port %d", slo_httpd_port(a->metrics->http));
		agent_metrics_publish(a, NULL);
		return 0;
	}
	agent_metrics_close(a);
	slo_err_at(&why, "--metrics-bind");
	if (slo_opts_origin("metrics-bind") != SLO_ORIGIN_DEFAULT) {
		if (err)
			*err = why;
		return r;
	}
	/* Nobody asked for this address: two agents on a host are no mistake. */
	slo_warn("%s: %s; going on without metrics", why.where, why.what);
	return 0;
}

static int64_t cpu_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * SLO_NS_PER_S + ts.tv_nsec;
}

void agent_metrics_serve(struct agent *a)
{
	int r = a->metrics ? slo_httpd_run(a->metrics->http) : 0;

	if (r)
		slo_warn("--metrics-bind: nobody will be answered: %s", slo_strerror(r));
	if (!a->metrics)
		return;
	/* What opening the sources took is no overhead of measuring. */
	a->metrics->cpu_since_ns = slo_now_mono_ns();
	a->metrics->cpu_then_ns = cpu_now_ns();
	atomic_store(&a->metrics->stage, RUNNING);
	agent_metrics_beat(a);
}

void agent_metrics_note(struct agent *a, const struct slo_event *ev)
{
	if (a->metrics)
		slo_metrics_add(a->metrics->series, ev);
}

void agent_metrics_beat(struct agent *a)
{
	if (a->metrics)
		atomic_store(&a->metrics->beat_ns, slo_now_mono_ns());
}

/* The server holds the lock while it copies: the next window will do as well as this one. */
static void swap_in(struct agent_metrics *m)
{
	struct page was;

	if (m->next.metrics.err || pthread_mutex_trylock(&m->lock)) {
		m->unpublished++;
		return;
	}
	was = m->page;
	m->page = m->next;
	m->next = was;
	pthread_mutex_unlock(&m->lock);
}

/* Over less than that, a share says nothing. */
static void look_at_cpu(struct agent_metrics *m)
{
	int64_t cpu = cpu_now_ns(), wall = m->published_ns - m->cpu_since_ns;

	if (m->cpu_since_ns == 0 || wall < CPU_MS * SLO_NS_PER_MS)
		return;
	m->cpu_pct = 100.0 * (double)(cpu - m->cpu_then_ns) / (double)wall;
	m->cpu_then_ns = cpu;
	m->cpu_since_ns = m->published_ns;
}

void agent_metrics_publish(struct agent *a, const struct agent_report *r)
{
	struct agent_metrics *m = a->metrics;
	if (!m)
		return;
	if (r)
		m->last = *r;
	else
		memcpy(m->last.enabled, a->enabled, sizeof(a->enabled));
	if (!r)
		m->last.packet_ring = m->last.bpf_ring = NAN;
	m->published_ns = slo_now_mono_ns();
	look_at_cpu(m);
	m->last.unpublished = m->unpublished;
	slo_buf_reset(&m->next.metrics);
	slo_buf_reset(&m->next.ready);
	agent_metrics_write(a, m->series, &m->last, m->cpu_pct + m->last.kernel_pct, slo_now_wall_ns(),
			    &m->next.metrics);
	agent_metrics_signals(a, m->series, &m->last, &m->next.ready);
	swap_in(m);
	agent_metrics_beat(a);
	if (a->write_error)
		atomic_store(&m->stage, FAILED);
	else if (atomic_load(&m->stage) == RUNNING)
		atomic_store(&m->stage, READY);
}

void agent_metrics_due(struct agent *a)
{
	struct agent_metrics *m = a->metrics;

	if (!m)
		return;
	if (slo_now_mono_ns() - m->published_ns >= a->o->interval_ms * SLO_NS_PER_MS ||
	    atomic_load(&m->stage) == RUNNING)
		agent_metrics_publish(a, NULL);
	else
		agent_metrics_beat(a);
}

void agent_metrics_stopping(struct agent *a)
{
	if (a->metrics)
		atomic_store(&a->metrics->stage, STOPPING);
}

void agent_metrics_close(struct agent *a)
{
	struct agent_metrics *m = a->metrics;

	if (!m)
		return;
	slo_httpd_stop(m->http);
	slo_metrics_free(m->series);
	fini_page(&m->page);
	fini_page(&m->next);
	pthread_mutex_destroy(&m->lock);
	free(m);
	a->metrics = NULL;
}
