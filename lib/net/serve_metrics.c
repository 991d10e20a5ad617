/* SPDX-License-Identifier: MIT */
#include "net/serve_metrics.h"

#include "base/time.h"
#include "render/prom.h"

const double slo_serve_bounds[SLO_SERVE_BOUNDS] = {
	0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 2, 4, 8, 16, 32,
};

void slo_serve_hist_add(struct slo_serve_hist *h, int64_t ns)
{
	double s = (double)ns / (double)SLO_NS_PER_S;
	int i = 0;

	while (i < SLO_SERVE_BOUNDS && s > slo_serve_bounds[i])
		i++;
	h->in[i]++;
	h->count++;
	h->sum += s;
}

static void write_hist(struct slo_prom *p, const struct slo_prom_label *l, const struct slo_serve_hist *h)
{
	uint64_t cumulative[SLO_SERVE_BOUNDS], n = 0;

	for (int i = 0; i < SLO_SERVE_BOUNDS; i++)
		cumulative[i] = n += h->in[i];
	slo_prom_histogram(p, l, slo_serve_bounds, cumulative, SLO_SERVE_BOUNDS, h->sum, h->count);
}

/* Every series is there from the start: a counter that begins with its first failure hides it from rate(). */
void slo_serve_write_metrics(const struct slo_serve_picture *m, const char *service, struct slo_buf *out)
{
	const struct {
		const char *status;
		uint64_t n;
	} by_status[] = {
		{ "ok", m->s.completed }, { "rate_limited", m->s.rejected }, { "client_error", m->s.bad },
		{ "server_error", m->failed }, { "aborted", m->cut },
	};
	struct slo_prom_label one[] = { { "service", slo_str(service) }, { NULL, { NULL, 0 } } };
	struct slo_prom p = slo_prom_begin(out);
	uint64_t ended = 0;

	slo_prom_family(&p, "llm_slo_requests_total", SLO_PROM_COUNTER, "Requests that ended, by what became of them.");
	for (size_t i = 0; i < SLO_ARRAY_LEN(by_status); i++) {
		const struct slo_prom_label two[] = { one[0],
						      { "status", slo_str(by_status[i].status) },
						      { NULL, { NULL, 0 } } };

		slo_prom_sample(&p, two, (double)by_status[i].n);
		ended += by_status[i].n;
	}
	slo_prom_family(&p, "llm_slo_errors_total", SLO_PROM_COUNTER,
			"Requests that failed: refused with 429, 503, broken off.");
	slo_prom_sample(&p, one, (double)(m->s.rejected + m->failed + m->cut));
	slo_prom_family(&p, "llm_slo_ttft_seconds", SLO_PROM_HISTOGRAM,
			"From a whole request to the first token of its answer, waiting for a worker included.");
	write_hist(&p, one, &m->ttft);
	slo_prom_family(&p, "llm_slo_request_duration_seconds", SLO_PROM_HISTOGRAM,
			"From a whole request to the end of its answer, of those that were completed.");
	write_hist(&p, one, &m->duration);
	slo_prom_family(&p, "llm_slo_requests_in_flight", SLO_PROM_GAUGE, "Requests that wait or are worked on.");
	slo_prom_sample(&p, one, m->s.requests > ended ? (double)(m->s.requests - ended) : 0);
}
