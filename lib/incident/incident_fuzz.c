/* SPDX-License-Identifier: MIT */
/*
 * Any well-formed records, in any order and with any numbers a record may hold: no incident line has a NaN, a
 * probability outside of [0, 1], or blames a named domain without evidence for it. Input: first a byte that chooses
 * the model, then records of eight bytes: kind (requests, window, probe) and service; signal or SLI; role and state;
 * when; how many; how many of them bad; how large; what failed. The model is the expert's, or one with detectors made of its links.
 */
#include "attribute/noisyor_model.h"
#include "incident/incident.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORD = 8, RECORDS_MAX = 96 };

#define S  INT64_C(1000000000)
#define T0 (INT64_C(1767225600) * S)

static const char *const names[] = { "a", "b", "c", "" };

static struct slo_config config;
static struct slo_noisyor_model model;
static int64_t now_s;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static bool is_share(double p)
{
	return p >= 0 && p <= 1;
}

static void on_line(void *arg, const struct slo_incident *i)
{
	struct slo_buf text;
	bool known = false;

	(void)arg;
	must(is_share(i->confidence));
	must(i->started_at <= i->timestamp);
	for (uint32_t h = 0; h < i->fault_hypotheses_count; h++) {
		must(is_share(i->fault_hypotheses[h].posterior));
		known |= slo_str_is(i->fault_hypotheses[h].domain, slo_enum_name(&slo_domain_enum, i->predicted_fault_domain)) &&
			 i->fault_hypotheses[h].evidence_count > 0;
	}
	must(i->predicted_fault_domain == SLO_DOMAIN_UNKNOWN || (known && i->evidence_count > 0));
	for (uint32_t e = 0; e < i->evidence_count; e++)
		must(i->evidence[e].state == SLO_STATE_NOT_CAPTURED || !isnan(i->evidence[e].value.num));
	must(i->burning_slis_count > 0 && i->cause_set_count > 0);
	must((i->abstained_count > 0) == (i->predicted_fault_domain == SLO_DOMAIN_UNKNOWN));
	for (uint32_t x = 0; x < i->exemplars_count; x++)
		must(i->exemplars[x].ts_unix_nano >= i->onset_ns && i->exemplars[x].ts_unix_nano < i->timestamp);
	slo_buf_init(&text, 1 << 20);
	must(slo_event_encode_payload(SLO_KIND_INCIDENT, i, &text) == 0);
	slo_buf_fini(&text);
}

/* Small, large, negative, and what a sensor should never say. */
static double number(uint8_t b)
{
	static const double odd[] = { 0, 1e-300, 1e300, -1, 1e9, 5e-324, 0.1, 1e15 };

	return b < 8 ? odd[b] : exp((b - 128) / 10.0);
}

static uint64_t many(uint8_t b)
{
	return b < 200 ? b : UINT64_C(1) << (b - 200);
}

static void fill_hist(struct slo_hist *h, double value, uint64_t count)
{
	slo_hist_init(h);
	slo_hist_add(h, fabs(value), count);
}

static struct slo_event window(const uint8_t *b)
{
	struct slo_event ev = { .kind = SLO_KIND_WINDOW };
	struct slo_window *w = &ev.window;
	double v = number(b[6]);

	w->start_ns = T0 + now_s * S;
	w->end_ns = w->start_ns + S;
	w->cluster = slo_str("c");
	w->node = slo_str("n");
	w->service = slo_str(names[b[0] >> 2 & 3]);
	w->signal = b[1] % SLO_SIGNAL__COUNT;
	w->role = b[2] % SLO_ROLE__COUNT;
	w->state = b[2] >> 4 & 3 ? SLO_STATE_VALUE : b[2] & 128 ? SLO_STATE_ZERO : SLO_STATE_NOT_CAPTURED;
	w->provider = slo_str(b[2] & 64 ? "bpf/tp_btf" : "packet");
	w->count = w->state == SLO_STATE_VALUE ? many(b[4]) + 1 : 0;
	w->failed = b[7] & 1 ? (int64_t)(w->count / 2) : SLO_ABSENT_I64;
	w->sum = w->min = w->max = NAN;
	if (w->state != SLO_STATE_VALUE)
		return ev;
	w->sum = v * (double)w->count;
	w->min = w->max = v;
	w->has_hist = b[7] & 2;
	if (w->has_hist)
		fill_hist(&w->hist, v, w->count);
	return ev;
}

static struct slo_event requests(const uint8_t *b)
{
	struct slo_event ev = { .kind = SLO_KIND_SLI_WINDOW };
	struct slo_sli_window *w = &ev.sli_window;
	double v = number(b[6]);

	w->start_ns = T0 + now_s * S;
	w->end_ns = w->start_ns + S;
	w->cluster = slo_str("c");
	w->node = slo_str("n");
	w->service = slo_str(names[b[0] >> 2 & 1]);
	w->sli = b[1] % SLO_SLI__COUNT;
	w->threshold = w->sli == SLO_SLI_TTFT ? 400 : NAN;
	w->valid = many(b[4]);
	w->bad = b[5] == 255 ? w->valid + 1 : w->valid * b[5] / 255;
	w->good = w->valid - (w->bad > w->valid ? w->valid : w->bad);
	w->has_bad_by = b[7] & 4;
	w->bad_by = (struct slo_bad_counts){ .rate_limited = b[7] & 8 ? w->bad : 0, .server_error = b[7] & 16 ? w->bad : 0,
					     .timeout = b[7] & 32 ? w->bad : 0 };
	w->sum = v * (double)w->valid;
	w->min = w->max = v;
	w->has_hist = w->valid && b[7] & 2;
	if (w->has_hist)
		fill_hist(&w->hist, v, w->valid);
	return ev;
}

static struct slo_event probe(const uint8_t *b)
{
	struct slo_event ev = { .kind = SLO_KIND_PROBE };

	ev.probe = (struct slo_probe_event){
		.ts_unix_nano = T0 + now_s * S + b[5] * (S / 256), .node = slo_str("n"),
		.service = slo_str(names[b[0] >> 2 & 3]), .signal = b[1] % SLO_SIGNAL__COUNT,
		.role = b[2] & 64 ? -1 : b[2] % SLO_ROLE__COUNT, .pid = b[4], .value = number(b[6]), .unit = slo_str("ms"),
		.errno_ = b[7] & 1 ? 110 : SLO_ABSENT_I64, .has_conn_tuple = b[7] & 2, .confidence = NAN, .source = -1,
	};
	if (ev.probe.has_conn_tuple)
		ev.probe.conn_tuple = (struct slo_conn_tuple){ slo_str("::1"), slo_str("::2"), b[4], b[5], slo_str("tcp") };
	return ev;
}

static void choose(uint8_t b)
{
	static struct slo_model_params p;
	struct slo_err err = { .what = "" };

	if (!config.objectives_count) {
		for (int i = 0; i < 2; i++)
			slo_objective_defaults(&config.objectives[i]);
		must(slo_objective_parse(&config.objectives[0], "ttft_ms<=400,target=0.9,short=2s,long=6s,burn=2,min_events=5", &err) == 0);
		must(slo_objective_parse(&config.objectives[1], "error_rate,target=0.9,short=2s,long=6s,burn=2,min_events=5", &err) == 0);
		config.objectives_count = 2;
	}
	slo_params_expert(&p);
	p.soft = b & 1;
	for (int j = 0; j < SLO_FINDING__COUNT; j++)
		for (int c = 0; c < SLO_CLASSES; c++)
			p.detector[j][c] = (struct slo_detector){ .a = -5.5, .b = 4, .rate = 0.1, .n = 9 };
	slo_noisyor_model_init(&model, &p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slo_incidents_opts o;
	struct slo_incidents *inc;
	struct slo_err err = { .what = "" };

	if (!size)
		return 0;
	choose(data[0]);
	slo_incidents_opts_default(&o);
	o.config = &config;
	o.model = data[0] & 2 ? &slo_model_naive : data[0] & 4 ? &slo_model_rule : &model.model;
	o.emit = on_line;
	o.update_every_ns = S;
	must(slo_incidents_new(&o, &inc, &err) == 0);
	now_s = 0;
	for (size_t i = 1; i + RECORD <= size && i < RECORDS_MAX * RECORD; i += RECORD) {
		const uint8_t *b = data + i;
		struct slo_event ev = b[0] & 2 ? probe(b) : b[0] & 1 ? window(b) : requests(b);

		slo_incidents_event(inc, &ev);
		now_s += b[3] < 128 ? b[3] & 3 : b[3] < 250 ? -(b[3] & 3) : 9;
	}
	slo_incidents_drain(inc);
	slo_incidents_free(inc);
	return 0;
}
