/* SPDX-License-Identifier: MIT */
#include "net/otlp_in.h"

#include "net/otlp_reader.h"

#include <stdio.h>
#include <stdlib.h>

static void emit_made(void *arg, const struct slo_event *ev)
{
	struct slo_otlp_in *in = arg;

	in->n.records[ev->kind]++;
	in->o.emit(in->o.arg, ev);
}

static int make_windows(struct slo_otlp_in *in)
{
	struct otlp_windows_opts w = { .emit = emit_made, .arg = in, .config = in->o.config,
				       .window_ns = in->o.window_ns, .lateness_ns = in->o.lateness_ns };

	if (in->o.window_ns < 0 || !in->o.config)
		return 0;
	return otlp_windows_new(&w, &in->windows);
}

int slo_otlp_in_new(const struct slo_otlp_in_opts *o, struct slo_otlp_in **out)
{
	struct slo_otlp_in *in = calloc(1, sizeof(*in));
	int r;

	if (!in)
		return -ENOMEM;
	in->o = *o;
	if (in->o.window_ns == 0)
		in->o.window_ns = SLO_OTLP_IN_WINDOW_S * INT64_C(1000000000);
	if (in->o.lateness_ns == 0)
		in->o.lateness_ns = SLO_OTLP_IN_LATENESS_S * INT64_C(1000000000);
	r = slo_otlp_decoder_new(&o->limits, &in->decoder);
	if (r == 0)
		r = make_windows(in);
	if (r) {
		slo_otlp_in_free(in);
		return r;
	}
	*out = in;
	return 0;
}

void slo_otlp_in_free(struct slo_otlp_in *in)
{
	if (!in)
		return;
	otlp_windows_free(in->windows);
	slo_otlp_decoder_free(in->decoder);
	free(in);
}

const Otlp__AnyValue *otlp_find(size_t n, Otlp__KeyValue *const *list, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (list[i]->value && strcmp(otlp_key(list[i]), key) == 0)
			return list[i]->value;
	return NULL;
}

struct slo_str otlp_find_text(size_t n, Otlp__KeyValue *const *list, const char *key)
{
	const Otlp__AnyValue *v = otlp_find(n, list, key);

	return slo_str(v && v->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE ? v->string_value : NULL);
}

int64_t otlp_find_int(size_t n, Otlp__KeyValue *const *list, const char *key)
{
	const Otlp__AnyValue *v = otlp_find(n, list, key);

	return v && v->value_case == OTLP__ANY_VALUE__VALUE_INT_VALUE ? v->int_value : SLO_ABSENT_I64;
}

void otlp_origin_of(const Otlp__Resource *r, struct otlp_origin *out)
{
	static const struct {
		int label;
		const char *name;
	} others[] = {
		{ OTLP_NODE, OTLP_HOST_NAME },
		{ OTLP_NAMESPACE, OTLP_SERVICE_NAMESPACE },
	};
	static const char *const workloads[] = { "k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name",
						 "k8s.job.name", "k8s.cronjob.name" };

	*out = (struct otlp_origin){ .pid = SLO_ABSENT_I64 };
	if (!r)
		return;
	for (int i = 0; i < OTLP_LABEL__COUNT; i++)
		out->labels[i] = otlp_find_text(r->n_attributes, r->attributes, otlp_labels[i]);
	for (size_t i = 0; i < SLO_ARRAY_LEN(others); i++)
		if (!out->labels[others[i].label].p)
			out->labels[others[i].label] = otlp_find_text(r->n_attributes, r->attributes, others[i].name);
	for (size_t i = 0; i < SLO_ARRAY_LEN(workloads) && !out->workload.p; i++)
		out->workload = otlp_find_text(r->n_attributes, r->attributes, workloads[i]);
	out->pid = otlp_find_int(r->n_attributes, r->attributes, "process.pid");
}

bool otlp_is_ours(const Otlp__InstrumentationScope *s)
{
	return s && s->name && strcmp(s->name, SLO_OTLP_SCOPE) == 0;
}

void otlp_begin(struct slo_otlp_in *in, int kind, const struct otlp_origin *from)
{
	const struct slo_rec *rec = slo_event_rec[kind];
	char *out = (char *)&in->ev.slo;

	in->ev.kind = kind;
	slo_rec_clear(rec, out);
	for (uint32_t i = 0; i < rec->count; i++) {
		const struct otlp_name *n = &otlp_names[kind].names[i];

		if (n->where == OTLP_IN_RESOURCE)
			*(struct slo_str *)(void *)(out + rec->fields[i].off) = from->labels[n->label];
	}
}

int otlp_whole(const struct slo_otlp_in *in, struct slo_err *err)
{
	int r = in->decoder->arena.err;

	return r ? slo_err_set(err, r, "no room in memory") : 0;
}

void otlp_emit(struct slo_otlp_in *in)
{
	emit_made(in, &in->ev);
}

void otlp_reject(struct slo_otlp_in *in, const char *what, struct slo_err *err)
{
	in->n.rejected++;
	if (in->rejected++ == 0)
		(void)!snprintf(in->why, sizeof(in->why), "%.60s: %.100s%s%.200s", what, err->where,
				err->where[0] ? ": " : "", err->what);
}

static void read_request(struct slo_otlp_in *in, const struct slo_otlp_request *r, struct slo_otlp_answer *answer)
{
	in->rejected = 0;
	in->why[0] = '\0';
	if (in->windows)
		otlp_windows_body(in->windows);
	if (r->signal == SLO_OTLP_LOGS)
		otlp_logs_in(in, r->logs);
	else if (r->signal == SLO_OTLP_METRICS)
		otlp_metrics_in(in, r->metrics);
	else
		otlp_spans_in(in, r->traces);
	slo_otlp_arena_reset(&in->decoder->arena); /* a large body is not kept until the next one */
	if (answer)
		*answer = (struct slo_otlp_answer){ .rejected = (int64_t)in->rejected, .message = slo_str(in->why) };
}

int slo_otlp_in_body(struct slo_otlp_in *in, int signal, int encoding, struct slo_str body,
		     struct slo_otlp_answer *answer, struct slo_err *err)
{
	struct slo_otlp_request request;
	int r = slo_otlp_decode(in->decoder, signal, encoding, body, &request, err);

	if (r == 0)
		read_request(in, &request, answer);
	return r;
}

int slo_otlp_in_line(struct slo_otlp_in *in, struct slo_str line, struct slo_otlp_answer *answer, struct slo_err *err)
{
	struct slo_otlp_request request;
	int r = slo_otlp_decode_line(in->decoder, line, &request, err);

	if (r == 0)
		read_request(in, &request, answer);
	return r;
}

void slo_otlp_in_advance(struct slo_otlp_in *in, int64_t watermark_ns)
{
	if (in->windows)
		otlp_windows_advance(in->windows, watermark_ns);
}

void slo_otlp_in_drain(struct slo_otlp_in *in)
{
	if (in->windows)
		otlp_windows_drain(in->windows);
}

void slo_otlp_in_counters(const struct slo_otlp_in *in, struct slo_otlp_in_counters *out)
{
	*out = in->n;
	slo_otlp_decoder_counters(in->decoder, &out->codec);
	if (in->windows) {
		out->late = in->windows->late;
		out->windows_evicted = in->windows->evicted;
		out->requests_dropped = in->windows->dropped;
	}
}
