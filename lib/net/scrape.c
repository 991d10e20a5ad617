/* SPDX-License-Identifier: MIT */
#include "net/scrape.h"

#include "base/time.h"
#include "net/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LINES_MAX = 1 << 20, TOLD_MAX = 256 };

struct slo_scrape {
	struct slo_scrape_opts o;
	struct slo_fetch *fetch;       /* the thread's, like what follows */
	struct slo_fetch_answer page;
	struct slo_engine *engine;
	struct slo_buf lines;
	uint64_t reports;
	char told[TOLD_MAX];               /* what was said of the engine last */
	int in, out, wake;             /* @out: the thread writes; @in: somebody reads, -1 = handed over */
	atomic_bool stopping;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;          /* of what follows */
	struct slo_scrape_stats n;
};

static bool stopped(void *arg)
{
	return ((struct slo_scrape *)arg)->stopping;
}

static void tell(struct slo_scrape *s, const char *what)
{
	struct slo_err err = { .what = "" };

	if (!s->o.report)
		return;
	slo_err_set(&err, 0, "%s", what);
	slo_err_at(&err, "scrape of %.100s", s->o.engine.service.p ? s->o.engine.service.p : "?");
	s->o.report(s->o.arg, &err);
}

static void keep_line(void *arg, const struct slo_event *ev)
{
	struct slo_scrape *s = arg;

	slo_event_encode(ev, &s->lines);
}

/* Until all of it is written, or the end. */
static void write_lines(struct slo_scrape *s)
{
	struct slo_str left = slo_buf_str(&s->lines);

	while (left.len && !s->stopping) {
		ssize_t n = write(s->out, left.p, left.len);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd p[2] = { { .fd = s->out, .events = POLLOUT },
					       { .fd = s->wake, .events = POLLIN } };

			poll(p, 2, -1);
		} else if (n < 0 && errno != EINTR) {
			return; /* nobody reads any more */
		} else if (n > 0) {
			left.p += n;
			left.len -= (size_t)n;
		}
	}
}

/* Which engine it is, and what its metrics do not tell. */
static void describe(const struct slo_engine *e, char to[TOLD_MAX])
{
	static const int slis[] = { SLO_SLI_TTFT, SLO_SLI_LATENCY, SLO_SLI_THROUGHPUT, SLO_SLI_ERROR_RATE };
	size_t at, missing = 0;

	if (!slo_engine_name(e)) {
		(void)!snprintf(to, TOLD_MAX, "no metrics of vLLM, SGLang, TGI or llama.cpp: no SLI can be had");
		return;
	}
	at = (size_t)snprintf(to, TOLD_MAX, "%s; its metrics do not tell:", slo_engine_name(e));
	for (size_t i = 0; i < SLO_ARRAY_LEN(slis); i++) {
		if (slo_engine_has(e, slis[i]))
			continue;
		missing++;
		at += (size_t)snprintf(to + at, TOLD_MAX - at, " %s", slo_sli_enum.names[slis[i]]);
	}
	if (!missing)
		(void)!snprintf(to, TOLD_MAX, "%s; its metrics tell all SLIs", slo_engine_name(e));
}

/* Once, and again when it has become another thing. */
static void tell_engine(struct slo_scrape *s)
{
	char now[TOLD_MAX];

	describe(s->engine, now);
	if (strcmp(now, s->told) == 0)
		return;
	memcpy(s->told, now, strlen(now) + 1);
	tell(s, now);
}

static int ask(struct slo_scrape *s, struct slo_err *err)
{
	static const char *const headers[] = { "Accept: text/plain; version=0.0.4", NULL };
	const struct slo_fetch_request r = { .url = s->o.url, .headers = headers };
	int ret = slo_fetch_do(s->fetch, &r, &s->page, stopped, s, err);

	if (ret)
		return ret;
	if (s->page.status != 200)
		return slo_err_set(err, -EBADMSG, "HTTP %ld", s->page.status);
	slo_buf_reset(&s->lines);
	return slo_engine_take(s->engine, slo_buf_str(&s->page.body), slo_now_wall_ns(), keep_line, s, err);
}

static void scrape(struct slo_scrape *s)
{
	struct slo_err err = { .what = "" };
	int r = ask(s, &err);

	pthread_mutex_lock(&s->lock);
	s->n.scrapes++;
	s->n.failed += r != 0;
	slo_engine_stats(s->engine, &s->n.engine);
	pthread_mutex_unlock(&s->lock);
	if (!r) {
		tell_engine(s);
		write_lines(s);
	} else if (!s->stopping && s->reports++ < SLO_SCRAPE_REPORTS) {
		tell(s, err.what);
	}
}

static void *run(void *arg)
{
	struct slo_scrape *s = arg;
	int64_t due = slo_now_mono_ns();

	pthread_setname_np(pthread_self(), "scrape");
	while (!s->stopping) {
		struct pollfd p = { .fd = s->wake, .events = POLLIN };
		int64_t now;

		scrape(s);
		now = slo_now_mono_ns();
		due += s->o.every_ns;
		due = due > now ? due : now;
		poll(&p, 1, (int)((due - now + SLO_NS_PER_MS - 1) / SLO_NS_PER_MS));
	}
	close(s->out);
	s->out = -1;
	return NULL;
}

static int set_up(struct slo_scrape *s, struct slo_err *err)
{
	const struct slo_fetch_opts f = { .ca_file = s->o.ca_file && s->o.ca_file[0] ? s->o.ca_file : NULL,
					  .bearer_file =
						  s->o.bearer_file && s->o.bearer_file[0] ? s->o.bearer_file : NULL,
					  .allow_http = true,
					  .timeout_ns = s->o.timeout_ns,
					  .body_max = SLO_SCRAPE_PAGE_MAX };
	int r = slo_fetch_new(&f, &s->fetch, err), fds[2];

	r = r ? r : slo_engine_new(&s->o.engine, &s->engine);
	if (r)
		return r;
	if (strncmp(s->o.url, "http://", 7) != 0 && strncmp(s->o.url, "https://", 8) != 0)
		return slo_err_set(err, -EINVAL, "%s is no http:// or https:// address", s->o.url);
	s->wake = eventfd(0, EFD_CLOEXEC);
	if (s->wake < 0 || pipe2(fds, O_CLOEXEC))
		return -errno;
	s->in = fds[0];
	s->out = fds[1];
	return fcntl(s->out, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

/* Nobody's signal handler runs on it; SIGPIPE of a reader that is gone is blocked with the others. */
static int start_thread(struct slo_scrape *s)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = -pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	s->started = r == 0;
	return r;
}

int slo_scrape_start(const struct slo_scrape_opts *o, struct slo_scrape **out, struct slo_err *err)
{
	struct slo_scrape *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return slo_err_set(err, -ENOMEM, "out of memory");
	s->o = *o;
	s->o.every_ns = o->every_ns ? o->every_ns : SLO_SCRAPE_EVERY_S * SLO_NS_PER_S;
	s->o.timeout_ns = o->timeout_ns ? o->timeout_ns : SLO_SCRAPE_TIMEOUT_S * SLO_NS_PER_S;
	s->in = s->out = s->wake = -1;
	pthread_mutex_init(&s->lock, NULL);
	slo_fetch_answer_init(&s->page, SLO_SCRAPE_PAGE_MAX);
	slo_buf_init(&s->lines, LINES_MAX);
	r = set_up(s, err);
	r = r ? r : start_thread(s);
	if (r) {
		slo_scrape_stop(s);
		return slo_err_set(err, r, "%s", slo_strerror(r));
	}
	*out = s;
	return 0;
}

int slo_scrape_fd(struct slo_scrape *s)
{
	int fd = s->in;

	s->in = -1;
	return fd;
}

void slo_scrape_stats(struct slo_scrape *s, struct slo_scrape_stats *out)
{
	pthread_mutex_lock(&s->lock);
	*out = s->n;
	pthread_mutex_unlock(&s->lock);
}

void slo_scrape_stop(struct slo_scrape *s)
{
	if (!s)
		return;
	s->stopping = true;
	if (s->started) {
		eventfd_write(s->wake, 1);
		pthread_join(s->thread, NULL);
	}
	if (s->in >= 0)
		close(s->in);
	if (s->out >= 0)
		close(s->out);
	if (s->wake >= 0)
		close(s->wake);
	slo_fetch_free(s->fetch);
	slo_fetch_answer_fini(&s->page);
	slo_engine_free(s->engine);
	slo_buf_fini(&s->lines);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
