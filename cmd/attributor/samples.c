/* SPDX-License-Identifier: MIT */
/* Fault samples in, one incident each out; afterwards, and only then, the truth and the score. */
#include "attributor.h"

#include "attribute/score.h"
#include "base/log.h"
#include "base/num.h"
#include "base/time.h"
#include "predict.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

struct samples {
	struct attributor *a;
	struct slo_score score;
	uint64_t counts[SLO_DOMAIN__COUNT]; /* predictions per domain */
	uint64_t skipped_signals, unknown_truths;
	bool webhook;     /* there was one */
	bool broken;
};

static struct question question_of(const struct slo_fault_sample *s)
{
	return (struct question){
		.incident_id = s->incident_id, .cluster = s->cluster, .namespace = s->namespace,
		.service = s->service, .request_id = s->request_id, .trace_id = s->trace_id,
		.timestamp = s->timestamp, .burn_rate = s->burn_rate, .window_minutes = s->window_minutes,
		.signals = s->signals, .signals_count = s->signals_count,
	};
}

static void take(struct samples *s)
{
	static struct slo_incident line;
	const struct slo_fault_sample *sample = &s->a->ev.fault_sample;
	struct question q = question_of(sample);
	struct slo_verdict v;
	struct slo_truth truth;

	s->skipped_signals += predict(s->a->sample_model, &q, &v, &line);
	s->broken = !attributor_write(s->a, &line);
	s->counts[v.domain]++;
	s->unknown_truths += !slo_truth_read(sample, &truth);
	slo_score_add(&s->score, &v, &truth);
}

static void take_line(struct samples *s, struct slo_str line, int bare)
{
	struct attributor *a = s->a;
	struct slo_err err = { .what = "" };
	int r = slo_event_decode(&a->ctx, line.p, line.len, bare, 1u << SLO_KIND_FAULT_SAMPLE, &a->ev, &err);

	if (r < 0)
		attributor_note(a, line, &err);
	else if (r == SLO_EVENT_SKIPPED)
		a->skipped++;
	else
		take(s);
}

static int follow(struct samples *s, int bare)
{
	struct slo_reader *in = s->a->filter.in;
	struct slo_err err = { .what = "" };
	struct slo_str line;

	while (!s->broken) {
		int r = slo_reader_next(in, &line, attributor_stop ? 0 : 1000);

		if (r == SLO_READ_LINE)
			take_line(s, line, bare);
		else if (r == SLO_READ_TOO_LONG)
			attributor_note(s->a, slo_str(NULL), &err);
		else if (r == SLO_READ_EOF || (r == SLO_READ_TIMEOUT && attributor_stop))
			break;
		else if (r < 0) {
			slo_warn("%s: %s", slo_reader_name(in), slo_reader_why(in, r));
			return 1;
		}
	}
	return 0;
}

/* Sorted by the names, as every reader of the file expects. */
static int compare_names(const void *a, const void *b)
{
	return strcmp(slo_domain_enum.names[*(const int *)a], slo_domain_enum.names[*(const int *)b]);
}

static void sorted_domains(int out[SLO_DOMAIN__COUNT])
{
	for (int i = 0; i < SLO_DOMAIN__COUNT; i++)
		out[i] = i;
	qsort(out, SLO_DOMAIN__COUNT, sizeof(out[0]), compare_names);
}

static void put_text(struct slo_buf *b, const char *key, const char *text)
{
	slo_buf_addf(b, ",\n  \"%s\": ", key);
	slo_json_add_str(b, slo_str(text));
}

static void put_number(struct slo_buf *b, const char *key, double v)
{
	slo_buf_addf(b, ",\n  \"%s\": ", key);
	slo_json_add_f64(b, v);
}

static int64_t generated_at(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	int64_t s;

	if (epoch && slo_parse_i64(slo_str(epoch), &s) == 0 && s >= 0 && s < INT64_C(9000000000))
		return s * SLO_NS_PER_S;
	return slo_now_wall_ns() / SLO_NS_PER_S * SLO_NS_PER_S;
}

static void write_summary(const struct samples *s, struct slo_buf *b)
{
	const struct attributor_opts *o = s->a->o;
	int domains[SLO_DOMAIN__COUNT];
	char when[SLO_RFC3339_MAX];
	const char *between = "";

	slo_buf_addf(b, "{\n  \"generated_at\": \"%.*s\"", (int)slo_fmt_rfc3339(when, generated_at()), when);
	slo_buf_addf(b, ",\n  \"total_samples\": %" PRIu64, s->score.n);
	put_number(b, "accuracy", slo_score_accuracy(&s->score));
	if (s->score.has_sets) {
		put_number(b, "partial_accuracy", slo_score_partial(&s->score));
		put_number(b, "coverage_accuracy", slo_score_coverage(&s->score));
	}
	put_text(b, "attribution_mode", s->a->sample_model->mode);
	put_text(b, "model", s->a->sample_model->name);
	slo_buf_adds(b, ",\n  \"predicted_domain_counts\": {");
	sorted_domains(domains);
	for (int i = 0; i < SLO_DOMAIN__COUNT; i++) {
		if (!s->counts[domains[i]])
			continue;
		slo_buf_addf(b, "%s\n    \"%s\": %" PRIu64, between, slo_domain_enum.names[domains[i]],
			     s->counts[domains[i]]);
		between = ",";
	}
	slo_buf_addf(b, "%s}", *between ? "\n  " : "");
	slo_buf_addf(b, ",\n  \"malformed_lines\": %" PRIu64, s->a->filter.malformed);
	slo_buf_addf(b, ",\n  \"webhook_enabled\": %s,\n  \"webhook_strict\": %s", s->webhook ? "true" : "false",
		     o->webhook_strict ? "true" : "false");
	slo_buf_addf(b, ",\n  \"webhook_delivery_errors\": %" PRIu64, s->a->undelivered);
	put_text(b, "input_path", o->input);
	put_text(b, "output_path", o->out);
	if (o->confusion_out[0])
		put_text(b, "confusion_path", o->confusion_out);
	slo_buf_adds(b, "\n}");
}

static void write_confusion(const struct samples *s, struct slo_buf *b)
{
	int domains[SLO_DOMAIN__COUNT];

	sorted_domains(domains);
	slo_buf_adds(b, "actual,predicted,count\n");
	for (int i = 0; i < SLO_DOMAIN__COUNT; i++)
		for (int k = 0; k < SLO_DOMAIN__COUNT; k++) {
			uint64_t n = s->score.matrix.count[domains[i]][domains[k]];

			if (n)
				slo_buf_addf(b, "%s,%s,%" PRIu64 "\n", slo_domain_enum.names[domains[i]],
					     slo_domain_enum.names[domains[k]], n);
		}
}

static int write_file(const struct samples *s, const char *path,
		      void (*print)(const struct samples *s, struct slo_buf *b))
{
	struct slo_err err = { .what = "" };
	struct slo_buf b;
	int r;

	if (!path[0])
		return 0;
	slo_buf_init(&b, 1 << 16);
	print(s, &b);
	r = b.err ? slo_err_set(&err, b.err, "%s: %s", path, slo_strerror(b.err)) : slo_mkdirs(path);
	r = r ? slo_err_set(&err, r, "%s: %s", path, slo_strerror(r)) : slo_file_replace(path, slo_buf_str(&b), &err);
	slo_buf_fini(&b);
	if (r)
		slo_warn_err(&err);
	return r ? 1 : 0;
}

static void report(const struct samples *s)
{
	if (s->skipped_signals)
		slo_info("%" PRIu64 " signals of unknown name or without a finite value", s->skipped_signals);
	if (s->unknown_truths)
		slo_info("%" PRIu64 " samples expect a domain nobody knows: scored as unknown", s->unknown_truths);
	if (s->a->o->stats || attributor_stop)
		slo_info("%" PRIu64 " samples, %" PRIu64 " records not used", s->score.n, s->a->skipped);
}

int samples_run(struct attributor *a, int bare, bool empty)
{
	struct samples s = { .a = a, .webhook = a->webhook != NULL };
	int status = 0;

	slo_score_init(&s.score);
	if (!empty) {
		take(&s);
		status = follow(&s, bare);
	}
	webhook_end(a); /* the summary says how that went */
	status |= write_file(&s, a->o->confusion_out, write_confusion);
	status |= write_file(&s, a->o->summary_out, write_summary);
	report(&s);
	return status;
}
