/* SPDX-License-Identifier: MIT */
#include "net/otlp_names.h"

#include "event/tables.h"
#include "net/otlp_codec.h"

#define FIELD(k)            { k, OTLP_IN_FIELD, NULL, NULL, 0 }
#define RESOURCE(k, l)      { k, OTLP_IN_RESOURCE, NULL, NULL, l }
#define ATTRIBUTE(k, n)     { k, OTLP_IN_ATTRIBUTE, n, NULL, 0 }
#define MEASURED(k, n)      { k, OTLP_IN_MEASURED, n, NULL, 0 }
#define SPREAD(k, n)        { k, OTLP_IN_SPREAD, n, NULL, 0 }
#define TIME(k, n)          { k, OTLP_IN_TIME, n, NULL, 0 }
#define TRACE(k, n)         { k, OTLP_IN_TRACE, n, NULL, 0 }
#define SPAN(k, n)          { k, OTLP_IN_SPAN, n, NULL, 0 }
#define PARTS(k, p)         { k, OTLP_IN_PARTS, NULL, p, 0 }
#define MEASURED_PARTS(k, p) { k, OTLP_IN_MEASURED_PARTS, NULL, p, 0 }

const char *const otlp_labels[OTLP_LABEL__COUNT] = {
	[OTLP_CLUSTER] = "k8s.cluster.name",
	[OTLP_NODE] = "k8s.node.name",
	[OTLP_NAMESPACE] = "k8s.namespace.name",
	[OTLP_POD] = "k8s.pod.name",
	[OTLP_CONTAINER] = "k8s.container.name",
	[OTLP_SERVICE] = "service.name",
};

#define CLUSTER   RESOURCE("cluster", OTLP_CLUSTER)
#define NODE      RESOURCE("node", OTLP_NODE)
#define NAMESPACE RESOURCE("namespace", OTLP_NAMESPACE)
#define POD       RESOURCE("pod", OTLP_POD)
#define CONTAINER RESOURCE("container", OTLP_CONTAINER)
#define SERVICE   RESOURCE("service", OTLP_SERVICE)

static const struct otlp_name bad_parts[] = {
	ATTRIBUTE("rate_limited", "llm_slo.bad.rate_limited"),
	ATTRIBUTE("server_error", "llm_slo.bad.server_error"),
	ATTRIBUTE("timeout", "llm_slo.bad.timeout"),
	ATTRIBUTE("aborted", "llm_slo.bad.aborted"),
	ATTRIBUTE("slow", "llm_slo.bad.slow"),
};

static const struct otlp_name tuple_parts[] = {
	ATTRIBUTE("src_ip", "net.src.ip"),
	ATTRIBUTE("dst_ip", "net.dst.ip"),
	ATTRIBUTE("src_port", "net.src.port"),
	ATTRIBUTE("dst_port", "net.dst.port"),
	ATTRIBUTE("protocol", "net.transport"),
};

static const struct otlp_name impact_parts[] = {
	ATTRIBUTE("sli", "llm_slo.impact.sli"),
	ATTRIBUTE("burn_rate", "llm_slo.impact.burn_rate"),
	ATTRIBUTE("window_minutes", "llm_slo.impact.window_minutes"),
	ATTRIBUTE("window_seconds", "llm_slo.impact.window_seconds"),
	ATTRIBUTE("burn_rate_short", "llm_slo.impact.burn_rate_short"),
	ATTRIBUTE("value", "llm_slo.impact.value"),
	ATTRIBUTE("baseline", "llm_slo.impact.baseline"),
	ATTRIBUTE("threshold", "llm_slo.impact.threshold"),
	ATTRIBUTE("target", "llm_slo.impact.target"),
	ATTRIBUTE("unit", "llm_slo.impact.unit"),
	ATTRIBUTE("valid", "llm_slo.impact.valid"),
	ATTRIBUTE("bad", "llm_slo.impact.bad"),
	ATTRIBUTE("short_seconds", "llm_slo.impact.short_seconds"),
	ATTRIBUTE("burn_need", "llm_slo.impact.burn_need"),
};

static const struct otlp_name slo_names[] = {
	ATTRIBUTE("event_id", "event.id"),
	TIME("timestamp", "llm_slo.timestamp"),
	CLUSTER,
	NAMESPACE,
	ATTRIBUTE("workload", "workload"),
	SERVICE,
	ATTRIBUTE("request_id", "request.id"),
	TRACE("trace_id", "llm_slo.trace_id"),
	ATTRIBUTE("sli_name", "sli.name"),
	ATTRIBUTE("sli_value", "sli.value"),
	ATTRIBUTE("unit", "sli.unit"),
	ATTRIBUTE("status", "sli.status"),
	SPREAD("labels", "label."),
};

static const struct otlp_name sli_window_names[] = {
	FIELD("start_ns"),
	FIELD("end_ns"),
	CLUSTER,
	NODE,
	NAMESPACE,
	SERVICE,
	FIELD("sli"),
	FIELD("unit"),
	ATTRIBUTE("threshold", "llm_slo.threshold"),
	MEASURED("valid", "llm_slo.valid"),
	MEASURED("good", "llm_slo.good"),
	MEASURED("bad", "llm_slo.bad"),
	MEASURED_PARTS("bad_by", bad_parts),
	MEASURED("lost", "llm_slo.lost"),
	MEASURED("sum", "llm_slo.sum"),
	MEASURED("min", "llm_slo.min"),
	MEASURED("max", "llm_slo.max"),
	FIELD("hist"),
	ATTRIBUTE("why", "llm_slo.why"),
	ATTRIBUTE("source", "llm_slo.source"),
};

static const struct otlp_name probe_names[] = {
	TIME("ts_unix_nano", "llm_slo.ts_unix_nano"),
	ATTRIBUTE("signal", "signal"),
	NODE,
	NAMESPACE,
	POD,
	CONTAINER,
	ATTRIBUTE("pid", "pid"),
	ATTRIBUTE("tid", "tid"),
	PARTS("conn_tuple", tuple_parts),
	ATTRIBUTE("value", "value"),
	ATTRIBUTE("unit", "unit"),
	ATTRIBUTE("status", "status"),
	TRACE("trace_id", "llm_slo.trace_id"),
	SPAN("span_id", "llm_slo.span_id"),
	ATTRIBUTE("errno", "errno"),
	ATTRIBUTE("confidence", "llm.ebpf.correlation_confidence"),
	SERVICE,
	ATTRIBUTE("comm", "process.executable.name"),
	ATTRIBUTE("role", "llm_slo.role"),
	ATTRIBUTE("provider", "llm_slo.provider"),
	ATTRIBUTE("detail", "llm_slo.detail"),
	ATTRIBUTE("source", "llm_slo.source"),
	ATTRIBUTE("pid_start_ns", "llm_slo.pid_start_ns"),
	ATTRIBUTE("ns_pid", "llm_slo.ns_pid"),
	ATTRIBUTE("netns_cookie", "llm_slo.netns_cookie"),
	ATTRIBUTE("clock_error_ns", "llm_slo.clock_error_ns"),
};

static const struct otlp_name window_names[] = {
	FIELD("start_ns"),
	FIELD("end_ns"),
	CLUSTER,
	NODE,
	NAMESPACE,
	POD,
	CONTAINER,
	SERVICE,
	FIELD("signal"),
	ATTRIBUTE("role", "llm_slo.role"),
	ATTRIBUTE("provider", "llm_slo.provider"),
	ATTRIBUTE("state", "llm_slo.state"),
	ATTRIBUTE("why", "llm_slo.why"),
	FIELD("unit"),
	MEASURED("lost", "llm_slo.lost"),
	MEASURED("count", "llm_slo.count"),
	MEASURED("failed", "llm_slo.failed"),
	MEASURED("sum", "llm_slo.sum"),
	MEASURED("min", "llm_slo.min"),
	MEASURED("max", "llm_slo.max"),
	FIELD("hist"),
	MEASURED("p50", "llm_slo.p50"),
	MEASURED("p95", "llm_slo.p95"),
	MEASURED("p99", "llm_slo.p99"),
	MEASURED("coverage_ratio", "llm_slo.coverage_ratio"),
	ATTRIBUTE("source", "llm_slo.source"),
};

static const struct otlp_name span_names[] = {
	FIELD("trace_id"),
	FIELD("span_id"),
	FIELD("parent_span_id"),
	FIELD("name"),
	FIELD("span_kind"),
	FIELD("start_ns"),
	FIELD("end_ns"),
	FIELD("status"),
	SERVICE,
	CLUSTER,
	NODE,
	NAMESPACE,
	POD,
	CONTAINER,
	ATTRIBUTE("pid", "process.pid"),
	PARTS("conn_tuple", tuple_parts),
	FIELD("attributes"),
	ATTRIBUTE("pid_start_ns", "llm_slo.pid_start_ns"),
	ATTRIBUTE("netns_cookie", "llm_slo.netns_cookie"),
	ATTRIBUTE("clock_error_ns", "llm_slo.clock_error_ns"),
	ATTRIBUTE("tier", "llm.ebpf.correlation_tier"),
	ATTRIBUTE("confidence", "llm.ebpf.correlation_confidence"),
	ATTRIBUTE("candidates", "llm_slo.candidates"),
	ATTRIBUTE("ambiguous", "llm_slo.ambiguous"),
};

static const struct otlp_name incident_names[] = {
	ATTRIBUTE("incident_id", "llm_slo.incident_id"),
	TIME("timestamp", "llm_slo.timestamp"),
	CLUSTER,
	NAMESPACE,
	SERVICE,
	ATTRIBUTE("predicted_fault_domain", "llm_slo.predicted_fault_domain"),
	ATTRIBUTE("confidence", "llm_slo.confidence"),
	ATTRIBUTE("evidence", "llm_slo.evidence"),
	PARTS("slo_impact", impact_parts),
	ATTRIBUTE("trace_ids", "llm_slo.trace_ids"),
	ATTRIBUTE("request_ids", "llm_slo.request_ids"),
	ATTRIBUTE("fault_hypotheses", "llm_slo.fault_hypotheses"),
	ATTRIBUTE("status", "llm_slo.status"),
	ATTRIBUTE("started_at", "llm_slo.started_at"),
	ATTRIBUTE("detected_at", "llm_slo.detected_at"),
	ATTRIBUTE("resolved_at", "llm_slo.resolved_at"),
	ATTRIBUTE("attribution_mode", "llm_slo.attribution_mode"),
	ATTRIBUTE("model", "llm_slo.model"),
	ATTRIBUTE("detail", "llm_slo.detail"),
	ATTRIBUTE("source", "llm_slo.source"),
	ATTRIBUTE("update", "llm_slo.update"),
	ATTRIBUTE("parent_id", "llm_slo.parent_id"),
	ATTRIBUTE("children", "llm_slo.children"),
	ATTRIBUTE("burning_slis", "llm_slo.burning_slis"),
	ATTRIBUTE("onset_ns", "llm_slo.onset_ns"),
	ATTRIBUTE("onset_method", "llm_slo.onset_method"),
	ATTRIBUTE("cause_set", "llm_slo.cause_set"),
	ATTRIBUTE("map_set", "llm_slo.map_set"),
	ATTRIBUTE("map_probability", "llm_slo.map_probability"),
	ATTRIBUTE("no_named_cause", "llm_slo.no_named_cause"),
	ATTRIBUTE("model_version", "llm_slo.model_version"),
	ATTRIBUTE("model_train_sha256", "llm_slo.model_train_sha256"),
	ATTRIBUTE("captured_share", "llm_slo.captured_share"),
	ATTRIBUTE("surprise", "llm_slo.surprise"),
	ATTRIBUTE("limits", "llm_slo.limits"),
	ATTRIBUTE("abstained", "llm_slo.abstained"),
	ATTRIBUTE("exemplars", "llm_slo.exemplars"),
};

static const struct otlp_name fault_label_names[] = {
	ATTRIBUTE("label_id", "llm_slo.label_id"),
	ATTRIBUTE("fault", "llm_slo.fault"),
	ATTRIBUTE("domain", "llm_slo.domain"),
	ATTRIBUTE("detail", "llm_slo.detail"),
	ATTRIBUTE("severity", "llm_slo.severity"),
	TIME("start_ns", "llm_slo.start_ns"),
	ATTRIBUTE("end_ns", "llm_slo.end_ns"),
	ATTRIBUTE("target", "llm_slo.target"),
	ATTRIBUTE("mechanism", "llm_slo.mechanism"),
	SERVICE,
	SPREAD("params", "llm_slo.param."),
	ATTRIBUTE("undo", "llm_slo.undo"),
};

static const struct otlp_name fault_sample_names[] = {
	ATTRIBUTE("incident_id", "llm_slo.incident_id"),
	TIME("timestamp", "llm_slo.timestamp"),
	CLUSTER,
	NAMESPACE,
	SERVICE,
	ATTRIBUTE("fault_label", "llm_slo.fault_label"),
	ATTRIBUTE("expected_domain", "llm_slo.expected_domain"),
	ATTRIBUTE("expected_domains", "llm_slo.expected_domains"),
	ATTRIBUTE("signals", "llm_slo.signals"),
	ATTRIBUTE("confidence", "llm_slo.confidence"),
	ATTRIBUTE("burn_rate", "llm_slo.burn_rate"),
	ATTRIBUTE("window_minutes", "llm_slo.window_minutes"),
	ATTRIBUTE("request_id", "request.id"),
	TRACE("trace_id", "llm_slo.trace_id"),
};

static const struct otlp_name raw_sample_names[] = {
	TIME("timestamp", "llm_slo.timestamp"),
	CLUSTER,
	NAMESPACE,
	ATTRIBUTE("workload", "workload"),
	SERVICE,
	NODE,
	ATTRIBUTE("request_id", "request.id"),
	TRACE("trace_id", "llm_slo.trace_id"),
	ATTRIBUTE("ttft_ms", "llm.slo.ttft_ms"),
	ATTRIBUTE("request_latency_ms", "llm.slo.request_latency_ms"),
	ATTRIBUTE("token_throughput_tps", "llm.slo.tokens_per_sec"),
	ATTRIBUTE("error_rate", "llm.slo.error_rate"),
	ATTRIBUTE("fault_label", "llm_slo.fault_label"),
	ATTRIBUTE("source", "llm_slo.source"),
};

static const struct otlp_name labeled_pair_names[] = {
	ATTRIBUTE("case_id", "llm_slo.case_id"),
	ATTRIBUTE("span", "llm_slo.span"),
	ATTRIBUTE("signal", "llm_slo.signal"),
	ATTRIBUTE("expected_match", "llm_slo.expected_match"),
	ATTRIBUTE("expected_tier", "llm_slo.expected_tier"),
};

static const struct otlp_name stats_names[] = {
	FIELD("timestamp"),
	ATTRIBUTE("tool", "llm_slo.tool"),
	NODE,
	FIELD("start_ns"),
	ATTRIBUTE("final", "llm_slo.final"),
	FIELD("counters"),
};

#define KIND(list, signal, event) { event, signal, list, SLO_ARRAY_LEN(list) }

const struct otlp_names otlp_names[SLO_KIND__COUNT] = {
	[SLO_KIND_SLO] = KIND(slo_names, SLO_OTLP_LOGS, "llm_slo.slo"),
	[SLO_KIND_SLI_WINDOW] = KIND(sli_window_names, SLO_OTLP_METRICS, NULL),
	[SLO_KIND_PROBE] = KIND(probe_names, SLO_OTLP_LOGS, "llm_slo.probe"),
	[SLO_KIND_WINDOW] = KIND(window_names, SLO_OTLP_METRICS, NULL),
	[SLO_KIND_SPAN] = KIND(span_names, SLO_OTLP_TRACES, NULL),
	[SLO_KIND_INCIDENT] = KIND(incident_names, SLO_OTLP_LOGS, "llm_slo.incident.attribution"),
	[SLO_KIND_FAULT_LABEL] = KIND(fault_label_names, SLO_OTLP_LOGS, "llm_slo.fault_label"),
	[SLO_KIND_FAULT_SAMPLE] = KIND(fault_sample_names, SLO_OTLP_LOGS, "llm_slo.fault_sample"),
	[SLO_KIND_RAW_SAMPLE] = KIND(raw_sample_names, SLO_OTLP_LOGS, "llm_slo.raw_sample"),
	[SLO_KIND_LABELED_PAIR] = KIND(labeled_pair_names, SLO_OTLP_LOGS, "llm_slo.labeled_pair"),
	[SLO_KIND_STATS] = KIND(stats_names, SLO_OTLP_METRICS, NULL),
};

static const char *const sli_metrics[SLO_SLI__COUNT] = {
	[SLO_SLI_TTFT] = "llm.slo.ttft_ms",
	[SLO_SLI_LATENCY] = "llm.slo.request_latency_ms",
	[SLO_SLI_THROUGHPUT] = "llm.slo.tokens_per_sec",
	[SLO_SLI_ERROR_RATE] = "llm.slo.error_rate",
	[SLO_SLI_RETRIEVAL] = "llm.slo.retrieval_latency_ms",
	[SLO_SLI_PROVIDER_ERROR_RATE] = "llm.slo.provider_error_rate",
};

const char *otlp_sli_metric(int sli)
{
	return sli_metrics[sli];
}

int otlp_sli_of(const char *metric)
{
	for (int i = 0; i < SLO_SLI__COUNT; i++)
		if (strcmp(metric, sli_metrics[i]) == 0)
			return i;
	return -1;
}

int otlp_signal_of(const char *metric)
{
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		if (strcmp(metric, slo_signal_info[i].attribute) == 0)
			return i;
	return -1;
}

const char *otlp_unit(const char *unit)
{
	static const char *const units[][2] = {
		{ "count", "{event}" }, { "pct", "%" }, { "tps", "{token}/s" }, { "ratio", "1" },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(units); i++)
		if (strcmp(unit, units[i][0]) == 0)
			return units[i][1];
	return unit;
}

bool otlp_is_hex(struct slo_str s, size_t digits)
{
	bool zero = true;

	if (s.len != digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (!(s.p[i] >= '0' && s.p[i] <= '9') && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
		zero = zero && s.p[i] == '0';
	}
	return !zero;
}
