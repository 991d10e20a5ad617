/* SPDX-License-Identifier: MIT */
/* What the service was seen to do. */
#include "metrics/write.h"

#include "metrics/internal.h"

struct row {
	struct slo_prom *p;
	const struct metrics_owner *o;
};

static void write_labelled(const struct row *r, const char *name, const char *value, uint64_t n)
{
	struct metrics_labels l = metrics_labels_of(r->o);

	metrics_set(&l, 0, name, value);
	slo_prom_sample(r->p, l.l, (double)n);
}

/* Bad requests whose class the record did not say are in @valid - @good only. */
static void write_requests(const struct row *r)
{
	const struct metrics_sli *s = &r->o->slis[SLO_SLI_ERROR_RATE];
	const struct slo_bad_counts *b = &s->bad_by;

	if (!s->seen)
		return;
	write_labelled(r, "status", "ok", s->good);
	write_labelled(r, "status", slo_bad_enum.names[SLO_BAD_RATE_LIMITED], b->rate_limited);
	write_labelled(r, "status", slo_bad_enum.names[SLO_BAD_SERVER_ERROR], b->server_error);
	write_labelled(r, "status", slo_bad_enum.names[SLO_BAD_TIMEOUT], b->timeout);
	write_labelled(r, "status", slo_bad_enum.names[SLO_BAD_ABORTED], b->aborted);
}

static void write_errors(const struct row *r)
{
	const struct metrics_sli *s = &r->o->slis[SLO_SLI_ERROR_RATE];

	if (s->seen)
		write_labelled(r, NULL, NULL, s->valid - s->good);
}

static void write_valid(const struct row *r)
{
	for (int i = 0; i < SLO_METRICS_SLIS; i++)
		if (r->o->slis[i].seen)
			write_labelled(r, "sli", slo_sli_enum.names[i], r->o->slis[i].valid);
}

static void write_good(const struct row *r)
{
	for (int i = 0; i < SLO_METRICS_SLIS; i++)
		if (r->o->slis[i].seen)
			write_labelled(r, "sli", slo_sli_enum.names[i], r->o->slis[i].good);
}

static const struct {
	const char *family, *help;
	void (*write)(const struct row *r);
} counters[] = {
	{ "llm_slo_requests_total",
	  "Requests of the service by what became of them; answers of 4xx other than 429 are ok.", write_requests },
	{ "llm_slo_errors_total", "Requests of the service that failed: 429, 5xx, no answer in time, connection lost.",
	  write_errors },
	{ "llm_slo_sli_valid_total", "Requests that count for the SLI.", write_valid },
	{ "llm_slo_sli_good_total", "Of those, the ones within the objective.", write_good },
};

static const struct {
	int sli;
	double per_unit; /* the family's unit, in that of the windows */
	const char *family, *help;
} histograms[] = {
	{ SLO_SLI_TTFT, 1e3, "llm_slo_ttft_seconds", "From the end of a request to the first content of its answer." },
	{ SLO_SLI_TTFT, 1, "llm_slo_ttft_ms", "The same in milliseconds, under its published name." },
	{ SLO_SLI_LATENCY, 1e3, "llm_slo_request_duration_seconds",
	  "From the start of a request to the end of its answer." },
	{ SLO_SLI_THROUGHPUT, 1, "llm_slo_tokens_per_sec", "Content chunks per second of streamed answers." },
};

static void write_histogram(const struct row *r, size_t i)
{
	const struct metrics_sli *s = &r->o->slis[histograms[i].sli];
	struct metrics_labels l = metrics_labels_of(r->o);

	if (s->seen)
		metrics_write_hist(r->p, &l, &s->h, &metrics_sli[histograms[i].sli], histograms[i].per_unit);
}

void metrics_write_slis(const struct slo_metrics *m, struct slo_prom *p)
{
	struct row r = { .p = p };

	for (size_t i = 0; i < SLO_ARRAY_LEN(counters); i++) {
		slo_prom_family(p, counters[i].family, SLO_PROM_COUNTER, counters[i].help);
		for (int at = 0; (r.o = metrics_next_owner(m, &at));)
			counters[i].write(&r);
	}
	for (size_t i = 0; i < SLO_ARRAY_LEN(histograms); i++) {
		slo_prom_family(p, histograms[i].family, SLO_PROM_HISTOGRAM, histograms[i].help);
		for (int at = 0; (r.o = metrics_next_owner(m, &at));)
			write_histogram(&r, i);
	}
}
