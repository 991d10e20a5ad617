/* SPDX-License-Identifier: MIT */
/* An inference engine's /metrics as records. */
#include "collector.h"

#include "base/log.h"
#include "net/scrape.h"

#include <errno.h>
#include <inttypes.h>

static void report(void *arg, const struct slo_err *err)
{
	(void)arg;
	slo_warn_err(err);
}

static int scrape_open(struct collector *c, struct source *s, struct slo_err *err)
{
	const struct slo_scrape_opts o = {
		.url = s->where, .every_ns = c->o->scrape_every_ns, .report = report,
		.engine = { .cluster = slo_str(c->o->cluster), .namespace = slo_str(c->o->namespace),
			    .service = slo_str(c->o->service), .node = slo_str(c->o->node), .config = &c->config },
	};
	struct slo_scrape *scrape;
	int r = slo_scrape_start(&o, &scrape, err), fd;

	if (r) {
		slo_err_at(err, "--scrape %s", s->where);
		return r;
	}
	fd = slo_scrape_fd(scrape);
	r = fd < 0 ? fd : slo_reader_fd(fd, s->where, &s->filter.in);
	if (r) {
		slo_scrape_stop(scrape);
		return slo_err_set(err, r, "%s", slo_strerror(r));
	}
	s->state = scrape;
	s->filter.report = slo_warn_err;
	s->bare = -1;
	s->live = true;
	return 0;
}

static int scrape_read(struct collector *c, struct source *s, int timeout_ms)
{
	if (collector_stop)
		return SLO_READ_EOF;
	return source_ndjson.read(c, s, timeout_ms);
}

static int scrape_close(struct collector *c, struct source *s)
{
	struct slo_scrape *scrape = s->state;
	struct slo_scrape_stats n;

	slo_scrape_stats(scrape, &n);
	if (c->o->stats)
		slo_info("scrape %s: %" PRIu64 " scrapes, %" PRIu64 " failed, %" PRIu64 " windows", s->where, n.scrapes, n.failed,
			 n.engine.windows);
	slo_scrape_stop(scrape);
	return source_ndjson.close(c, s);
}

const struct source_kind source_scrape = { "scrape", scrape_open, scrape_read, scrape_close };
