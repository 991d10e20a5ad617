/* SPDX-License-Identifier: MIT */
#include "event/event.h"

#define OPT SLO_REC_OPT
#define REQ 0
#define ANY SLO_ANY

static const struct slo_rec_field sli_event_fields[] = {
#define T struct slo_sli_event
	SLO_F_STR(T, event_id, REQ, "unique: <request_id>-<sli_name>"),
	SLO_F_TIME(T, timestamp, REQ, "when the value was known"),
	SLO_F_STR(T, cluster, REQ, "cluster label"),
	SLO_F_STR(T, namespace, REQ, "namespace label"),
	SLO_F_STR(T, workload, REQ, "workload label"),
	SLO_F_STR(T, service, REQ, "service the request was for"),
	SLO_F_STR(T, request_id, REQ, "request the value belongs to"),
	SLO_F_STR(T, trace_id, OPT, "W3C trace id, 32 hex digits"),
	SLO_F_ENUM(T, sli_name, REQ, &slo_sli_enum, "which SLI"),
	SLO_F_F64(T, sli_value, REQ, ANY, "the observation, in unit"),
	SLO_F_STR(T, unit, REQ, "ms, tps or ratio"),
	SLO_F_ENUM(T, status, REQ, &slo_sli_status_enum, "judged against the SLI's warning and breach thresholds"),
	SLO_F_STRMAP(T, labels, labels_count, OPT, "source (live, replay, synthetic, otlp), node, fault_label and others"),
#undef T
};
static SLO_REC_DEFINE(sli_event_rec, struct slo_sli_event, "slo", sli_event_fields, "One SLI observation of one request.");

static const struct slo_rec_field hist_fields[] = {
#define T struct slo_hist
	SLO_F_I32(T, scale, REQ, SLO_RANGE(SLO_HIST_SCALE_MIN, 20), "base is 2^(2^-scale)"),
	SLO_F_U64(T, zero, REQ, "observations at or below 1e-9"),
	SLO_F_I32(T, offset, REQ, ANY, "index of the first bucket"),
	SLO_F_U64S(T, counts, n, REQ, "observations per bucket (base^i, base^(i+1)]"),
#undef T
};
static SLO_REC_DEFINE(hist_rec, struct slo_hist, "hist", hist_fields, "Exponential histogram, OpenTelemetry layout.");

static const struct slo_rec_field bad_fields[] = {
#define T struct slo_bad_counts
	SLO_F_U64(T, rate_limited, REQ, "HTTP 429"),
	SLO_F_U64(T, server_error, REQ, "HTTP 5xx"),
	SLO_F_U64(T, timeout, REQ, "no answer in time"),
	SLO_F_U64(T, aborted, REQ, "connection ended inside the answer"),
	SLO_F_U64(T, slow, REQ, "over the threshold"),
#undef T
};
static SLO_REC_DEFINE(bad_rec, struct slo_bad_counts, "bad_by", bad_fields, "Bad requests by their first matching class.");

static const struct slo_rec_field sli_window_fields[] = {
#define T struct slo_sli_window
	SLO_F_I64(T, start_ns, REQ, SLO_RANGE(0, 9.2e18), "start of the interval, Unix ns"),
	SLO_F_I64(T, end_ns, REQ, SLO_RANGE(0, 9.2e18), "end of the interval, Unix ns, exclusive"),
	SLO_F_STR(T, cluster, REQ, "cluster label"),
	SLO_F_STR(T, node, REQ, "node the requests were seen on"),
	SLO_F_STR(T, namespace, REQ, "namespace label"),
	SLO_F_STR(T, service, REQ, "service label"),
	SLO_F_ENUM(T, sli, REQ, &slo_sli_enum, "which SLI"),
	SLO_F_STR(T, unit, REQ, "ms, tps or ratio"),
	SLO_F_F64(T, threshold, OPT, ANY, "value good was judged by, in unit"),
	SLO_F_U64(T, valid, REQ, "requests that count"),
	SLO_F_U64(T, good, REQ, "of those, within the objective"),
	SLO_F_U64(T, bad, REQ, "valid minus good"),
	SLO_F_OBJ_OPT(T, bad_by, has_bad_by, struct slo_bad_counts, &bad_rec, "why they were bad"),
	SLO_F_U64(T, lost, REQ, "observations known to be missing"),
	SLO_F_F64(T, sum, OPT, ANY, "sum of the observed values, in unit"),
	SLO_F_F64(T, min, OPT, ANY, "smallest observed value, in unit"),
	SLO_F_F64(T, max, OPT, ANY, "largest observed value, in unit"),
	SLO_F_OBJ_OPT(T, hist, has_hist, struct slo_hist, &hist_rec, "all observed values, in unit"),
	SLO_F_STR(T, why, OPT, "why requests could not be timed: tls, h2"),
	SLO_F_ENUM(T, source, REQ, &slo_source_enum, "where the observations come from"),
#undef T
};
static SLO_REC_DEFINE(sli_window_rec, struct slo_sli_window, "sli_window", sli_window_fields,
		      "Requests of one service in one interval, judged against one objective.");

static const struct slo_rec_field tuple_fields[] = {
#define T struct slo_conn_tuple
	SLO_F_STR(T, src_ip, REQ, "address of the side that opened the connection or sent the query"),
	SLO_F_STR(T, dst_ip, REQ, "address of the other side"),
	SLO_F_I32(T, src_port, REQ, SLO_RANGE(0, 65535), "port"),
	SLO_F_I32(T, dst_port, REQ, SLO_RANGE(0, 65535), "port"),
	SLO_F_STR(T, protocol, REQ, "tcp or udp"),
#undef T
};
static SLO_REC_DEFINE(tuple_rec, struct slo_conn_tuple, "conn_tuple", tuple_fields, "The connection observed.");

static const struct slo_rec_field probe_fields[] = {
#define T struct slo_probe_event
	SLO_F_I64(T, ts_unix_nano, REQ, SLO_RANGE(0, 9.2e18), "when the observation ended, Unix ns"),
	SLO_F_ENUM(T, signal, REQ, &slo_signal_enum, "which signal"),
	SLO_F_STR(T, node, REQ, "node label"),
	SLO_F_STR(T, namespace, REQ, "namespace label"),
	SLO_F_STR(T, pod, REQ, "pod label"),
	SLO_F_STR(T, container, REQ, "container label"),
	SLO_F_I64(T, pid, REQ, SLO_RANGE(0, 9.2e18), "process, 0 = not known"),
	SLO_F_I64(T, tid, REQ, SLO_RANGE(0, 9.2e18), "thread, 0 = not known"),
	SLO_F_OBJ_OPT(T, conn_tuple, has_conn_tuple, struct slo_conn_tuple, &tuple_rec, "the connection"),
	SLO_F_F64(T, value, REQ, ANY, "the observation, in unit"),
	SLO_F_STR(T, unit, REQ, "ms, count or pct"),
	SLO_F_ENUM(T, status, REQ, &slo_probe_status_enum, "judged against the signal's thresholds"),
	SLO_F_STR(T, trace_id, OPT, "W3C trace id"),
	SLO_F_STR(T, span_id, OPT, "W3C span id"),
	{ .key = "errno", .key_len = 5, .type = SLO_REC_I64, .flags = OPT, .off = SLO_REC_OFF(T, errno_, int64_t),
	  .doc = "positive errno of a failed operation" },
	SLO_F_F64(T, confidence, OPT, SLO_RANGE(0, 1), "confidence of the join to a trace"),
	SLO_F_STR(T, service, OPT, "watched service it belongs to"),
	SLO_F_STR(T, comm, OPT, "command name"),
	SLO_F_ENUM(T, role, OPT, &slo_role_enum, "who the peer is to the service"),
	SLO_F_STR(T, provider, OPT, "what measured it: packet, procfs, bpf"),
	SLO_F_STR(T, detail, OPT, "query name, outcome"),
	SLO_F_ENUM(T, source, OPT, &slo_source_enum, "absent = live"),
	SLO_F_I64(T, pid_start_ns, OPT, SLO_RANGE(0, 9.2e18), "when the process started, Unix ns"),
	SLO_F_I64(T, ns_pid, OPT, SLO_RANGE(0, 9.2e18), "the process by its number in its own pid namespace"),
	SLO_F_I64(T, netns_cookie, OPT, SLO_RANGE(0, 9.2e18), "cookie of the network namespace of the connection"),
	SLO_F_I64(T, clock_error_ns, OPT, SLO_RANGE(0, 9.2e18), "the times may be off by this much either way, ns"),
#undef T
};
static SLO_REC_DEFINE(probe_rec, struct slo_probe_event, "probe", probe_fields, "One kernel observation over its threshold.");

static const struct slo_rec_field window_fields[] = {
#define T struct slo_window
	SLO_F_I64(T, start_ns, REQ, SLO_RANGE(0, 9.2e18), "start of the interval, Unix ns"),
	SLO_F_I64(T, end_ns, REQ, SLO_RANGE(0, 9.2e18), "end of the interval, Unix ns, exclusive"),
	SLO_F_STR(T, cluster, REQ, "cluster label"),
	SLO_F_STR(T, node, REQ, "node label"),
	SLO_F_STR(T, namespace, REQ, "namespace label"),
	SLO_F_STR(T, pod, REQ, "pod label"),
	SLO_F_STR(T, container, REQ, "container label"),
	SLO_F_STR(T, service, REQ, "service label"),
	SLO_F_ENUM(T, signal, REQ, &slo_signal_enum, "which signal"),
	SLO_F_ENUM(T, role, REQ, &slo_role_enum, "who the peer is to the service"),
	SLO_F_STR(T, provider, REQ, "what measured it: packet, procfs, bpf; empty when not captured"),
	SLO_F_ENUM(T, state, REQ, &slo_state_enum, "value, zero (watched and nothing happened) or not_captured"),
	SLO_F_STR(T, why, OPT, "reason when not captured; silent: ... for a probe that is attached but sees nothing"),
	SLO_F_STR(T, unit, REQ, "ms, count or pct"),
	SLO_F_U64(T, lost, REQ, "observations known to be missing"),
	SLO_F_U64(T, count, REQ, "observations"),
	SLO_F_I64(T, failed, OPT, SLO_RANGE(0, 9.2e18),
		  "of count, those that failed: lookups without an answer, or with an error code other than NXDOMAIN; absent "
		  "when none did"),
	SLO_F_F64(T, sum, OPT, ANY, "sum of the observations, in unit"),
	SLO_F_F64(T, min, OPT, ANY, "smallest observation, in unit"),
	SLO_F_F64(T, max, OPT, ANY, "largest observation, in unit"),
	SLO_F_OBJ_OPT(T, hist, has_hist, struct slo_hist, &hist_rec, "all observations, in unit"),
	SLO_F_F64(T, p50, OPT, ANY, "derived from hist, in unit"),
	SLO_F_F64(T, p95, OPT, ANY, "derived from hist, in unit"),
	SLO_F_F64(T, p99, OPT, ANY, "derived from hist, in unit"),
	SLO_F_F64(T, coverage_ratio, OPT, SLO_RANGE(0, 1e12),
		  "what the probe saw divided by what a counter of the kernel's own counted of the same, over the last "
		  "seconds or more: 1 is all of it; over 1 where the counter's scope is narrower; absent without such a "
		  "counter or enough events"),
	SLO_F_ENUM(T, source, REQ, &slo_source_enum, "where the observations come from"),
#undef T
};
static SLO_REC_DEFINE(window_rec, struct slo_window, "window", window_fields,
		      "One signal of one service and peer role over one interval, over all observations.");

static const struct slo_rec_field span_fields[] = {
#define T struct slo_span
	SLO_F_STR(T, trace_id, REQ, "32 hex digits"),
	SLO_F_STR(T, span_id, REQ, "16 hex digits"),
	SLO_F_STR(T, parent_span_id, OPT, "16 hex digits"),
	SLO_F_STR(T, name, REQ, "operation"),
	SLO_F_STR(T, span_kind, REQ, "server, client, internal, producer or consumer"),
	SLO_F_I64(T, start_ns, REQ, SLO_RANGE(0, 9.2e18), "Unix ns"),
	SLO_F_I64(T, end_ns, REQ, SLO_RANGE(0, 9.2e18), "Unix ns"),
	SLO_F_STR(T, status, REQ, "unset, ok or error"),
	SLO_F_STR(T, service, REQ, "service.name"),
	SLO_F_STR(T, cluster, OPT, "cluster label"),
	SLO_F_STR(T, node, OPT, "node label"),
	SLO_F_STR(T, namespace, OPT, "namespace label"),
	SLO_F_STR(T, pod, OPT, "pod label"),
	SLO_F_STR(T, container, OPT, "container label"),
	SLO_F_I64(T, pid, OPT, SLO_RANGE(0, 9.2e18), "process"),
	SLO_F_OBJ_OPT(T, conn_tuple, has_conn_tuple, struct slo_conn_tuple, &tuple_rec, "connection of the span"),
	SLO_F_STRMAP(T, attributes, attributes_count, OPT, "span attributes as text"),
	SLO_F_I64(T, pid_start_ns, OPT, SLO_RANGE(0, 9.2e18), "when the process started, Unix ns"),
	SLO_F_I64(T, netns_cookie, OPT, SLO_RANGE(0, 9.2e18), "cookie of the network namespace of the connection"),
	SLO_F_I64(T, clock_error_ns, OPT, SLO_RANGE(0, 9.2e18), "the times may be off by this much either way, ns"),
	SLO_F_ENUM(T, tier, OPT, &slo_tier_enum, "what the most trusted kernel event joined to the span was joined by"),
	SLO_F_F64(T, confidence, OPT, SLO_RANGE(0, 1), "of that join"),
	SLO_F_I64(T, candidates, OPT, SLO_RANGE(0, 9.2e18), "most spans that one kernel event of this span fitted; 64 = 64 or more"),
	SLO_F_I64(T, ambiguous, OPT, SLO_RANGE(0, 9.2e18), "kernel events that fitted this span and others, and were joined to none"),
#undef T
};
static SLO_REC_DEFINE(span_rec, struct slo_span, "span", span_fields, "One OpenTelemetry span, flattened.");

static const struct slo_rec_field evidence_fields[] = {
#define T struct slo_evidence
	SLO_F_STR(T, signal, REQ, "signal or attribute"),
	SLO_F_VALUE(T, value, REQ, "what was observed, in unit"),
	SLO_F_ENUM(T, source, REQ, &slo_evidence_enum, "who observed it"),
	SLO_F_F64(T, baseline, OPT, ANY, "the same before the onset, in unit"),
	SLO_F_STR(T, unit, OPT, "unit of value and baseline"),
	SLO_F_F64(T, weight, OPT, ANY,
		  "nats for the first hypothesis: the logit of its posterior with this minus without it; negative speaks against it"),
	SLO_F_ENUM(T, state, OPT, &slo_state_enum, "value, zero or not_captured"),
	SLO_F_ENUM(T, role, OPT, &slo_role_enum, "peer role of the observations"),
	SLO_F_STR(T, finding, OPT, "what the model calls it, such as connect_latency_ms@provider"),
	SLO_F_BOOL(T, elevated, OPT, "at or over threshold, and over its own past"),
	SLO_F_F64(T, threshold, OPT, ANY, "elevated needs at least this, in unit"),
	SLO_F_F64(T, z, OPT, ANY, "robust distance from the baseline, in spreads of it"),
	SLO_F_F64(T, lambda, OPT, ANY, "natural logarithm of P(z | elevated) / P(z | not), what the model made of z"),
	SLO_F_STR(T, why, OPT, "why an observation had no say: no baseline, nobody trained its source"),
#undef T
};
static SLO_REC_DEFINE(evidence_rec, struct slo_evidence, "evidence", evidence_fields, "One observed fact.");

static const struct slo_rec_field impact_fields[] = {
#define T struct slo_impact
	SLO_F_STR(T, sli, REQ, "the worst burning SLI"),
	SLO_F_F64(T, burn_rate, REQ, ANY, "over the long window; 1 spends the error budget exactly by the period's end"),
	SLO_F_I64(T, window_minutes, REQ, SLO_RANGE(1, 9e15), "ceiling of window_seconds in minutes"),
	SLO_F_F64(T, window_seconds, OPT, ANY, "the long window"),
	SLO_F_F64(T, burn_rate_short, OPT, ANY, "over the short window"),
	SLO_F_F64(T, value, OPT, ANY, "p95 of the SLI in the short window, in unit"),
	SLO_F_F64(T, baseline, OPT, ANY, "p95 of the SLI before the onset, in unit"),
	SLO_F_F64(T, threshold, OPT, ANY, "of the objective, in unit"),
	SLO_F_F64(T, target, OPT, SLO_RANGE(0, 1), "share of requests that must be good"),
	SLO_F_STR(T, unit, OPT, "ms, tps or ratio"),
	SLO_F_I64(T, valid, OPT, ANY, "requests in the long window"),
	SLO_F_I64(T, bad, OPT, ANY, "of those, bad"),
	SLO_F_F64(T, short_seconds, OPT, ANY, "the short window"),
	SLO_F_F64(T, burn_need, OPT, ANY, "it burns while both windows reach this burn rate"),
#undef T
};
static SLO_REC_DEFINE(impact_rec, struct slo_impact, "slo_impact", impact_fields, "What the incident does to the objective.");

static const struct slo_rec_field weight_fields[] = {
#define T struct slo_weight
	SLO_F_STR(T, finding, REQ, "evidence.finding, or evidence.signal where there is none"),
	SLO_F_F64(T, weight, REQ, ANY, "nats: the logit of the posterior with it minus without it"),
#undef T
};
static SLO_REC_DEFINE(weight_rec, struct slo_weight, "weights", weight_fields, "What evidence does to a hypothesis.");

static const struct slo_rec_field limits_fields[] = {
#define T struct slo_limits
	SLO_F_F64(T, tau, OPT, SLO_RANGE(0, 1), "least posterior of a cause that is named"),
	SLO_F_F64(T, captured_share, OPT, SLO_RANGE(0, 1), "least captured_share"),
	SLO_F_F64(T, surprise, OPT, ANY, "largest surprise; absent: no limit"),
#undef T
};
static SLO_REC_DEFINE(limits_rec, struct slo_limits, "limits", limits_fields, "What a model asks for before it names a cause.");

static const struct slo_rec_field exemplar_fields[] = {
#define T struct slo_exemplar
	SLO_F_I64(T, ts_unix_nano, REQ, SLO_RANGE(0, 9.2e18), "when the observation ended, Unix ns"),
	SLO_F_ENUM(T, signal, REQ, &slo_signal_enum, "which signal"),
	SLO_F_ENUM(T, role, OPT, &slo_role_enum, "who the peer is to the service"),
	SLO_F_I64(T, pid, REQ, SLO_RANGE(0, 9.2e18), "process, 0 = not known"),
	SLO_F_I64(T, tid, REQ, SLO_RANGE(0, 9.2e18), "thread, 0 = not known"),
	SLO_F_STR(T, comm, OPT, "command name"),
	SLO_F_OBJ_OPT(T, conn_tuple, has_conn_tuple, struct slo_conn_tuple, &tuple_rec, "the connection"),
	SLO_F_F64(T, value, REQ, ANY, "the observation, in unit: how long, for signals of latency"),
	SLO_F_STR(T, unit, REQ, "ms, count or pct"),
	SLO_F_STR(T, trace_id, OPT, "W3C trace id"),
	{ .key = "errno", .key_len = 5, .type = SLO_REC_I64, .flags = OPT, .off = SLO_REC_OFF(T, errno_, int64_t),
	  .doc = "positive errno of a failed operation" },
	SLO_F_STR(T, detail, OPT, "query name, outcome"),
#undef T
};
static SLO_REC_DEFINE(exemplar_rec, struct slo_exemplar, "exemplars", exemplar_fields,
		      "A kernel observation that speaks for a cause.");

static const struct slo_rec_field hypothesis_fields[] = {
#define T struct slo_hypothesis
	SLO_F_STR(T, domain, REQ, "fault domain"),
	SLO_F_F64(T, posterior, REQ, SLO_RANGE(0, 1), "probability"),
	SLO_F_STRS(T, evidence, evidence_count, REQ, "elevated signals that speak for it"),
	SLO_F_F64(T, prior, OPT, SLO_RANGE(0, 1), "probability without any evidence"),
	SLO_F_OBJS(T, weights, weights_count, struct slo_weight, OPT, &weight_rec,
		   "what each finding does to it, the largest first; they do not add up to the posterior"),
#undef T
};
static SLO_REC_DEFINE(hypothesis_rec, struct slo_hypothesis, "fault_hypotheses", hypothesis_fields, "One possible cause.");

static const struct slo_rec_field incident_fields[] = {
#define T struct slo_incident
	SLO_F_STR(T, incident_id, REQ, "stable over the life of the incident"),
	SLO_F_TIME(T, timestamp, REQ, "of this update"),
	SLO_F_STR(T, cluster, REQ, "cluster label"),
	SLO_F_STR(T, namespace, OPT, "namespace label"),
	SLO_F_STR(T, service, REQ, "service whose objective is missed"),
	SLO_F_ENUM(T, predicted_fault_domain, REQ, &slo_domain_enum, "most probable domain"),
	SLO_F_F64(T, confidence, REQ, SLO_RANGE(0, 1), "its probability"),
	SLO_F_OBJS(T, evidence, evidence_count, struct slo_evidence, REQ, &evidence_rec, "what was observed, strongest first"),
	SLO_F_OBJ(T, slo_impact, struct slo_impact, &impact_rec, "the worst burning SLI"),
	SLO_F_STRS(T, trace_ids, trace_ids_count, OPT, "traces of affected requests"),
	SLO_F_STRS(T, request_ids, request_ids_count, OPT, "affected requests"),
	SLO_F_OBJS(T, fault_hypotheses, fault_hypotheses_count, struct slo_hypothesis, OPT, &hypothesis_rec,
		   "possible causes by descending probability"),
	SLO_F_ENUM(T, status, OPT, &slo_incident_status_enum, "open, updated, resolved, stale"),
	SLO_F_TIME(T, started_at, OPT, "start of the first breaching window"),
	SLO_F_TIME(T, detected_at, OPT, "when the incident was opened"),
	SLO_F_TIME(T, resolved_at, OPT, "when the objective was met again"),
	SLO_F_STR(T, attribution_mode, OPT, "bayes or rule"),
	SLO_F_STR(T, model, OPT, "probability model"),
	SLO_F_ENUM(T, detail, OPT, &slo_detail_enum, "kind of CPU shortage: quota, contention, steal"),
	SLO_F_ENUM(T, source, OPT, &slo_source_enum, "where the observations come from"),
	SLO_F_I64(T, update, OPT, ANY, "0 for the first line of an incident, then counting"),
	SLO_F_OBJS(T, burning_slis, burning_slis_count, struct slo_impact, OPT, &impact_rec,
		   "every SLI of the service that burns, the worst first; when resolved, every one that did"),
	SLO_F_I64(T, onset_ns, OPT, SLO_RANGE(0, 9.2e18), "start of the present breach, Unix ns"),
	SLO_F_ENUM(T, onset_method, OPT, &slo_onset_enum,
		   "how it was found: change, the most likely change point of the share of bad requests"),
	SLO_F_ENUMS(T, cause_set, cause_set_count, OPT, &slo_domain_enum, "what is blamed; several causes may be at work"),
	SLO_F_ENUMS(T, map_set, map_set_count, OPT, &slo_domain_enum,
		    "most probable set of causes, unknown for an unmodelled one; absent beside map_probability: the empty set"),
	SLO_F_F64(T, map_probability, OPT, SLO_RANGE(0, 1), "probability of map_set, before calibration"),
	SLO_F_F64(T, no_named_cause, OPT, SLO_RANGE(0, 1), "probability that no named cause is at work"),
	SLO_F_STR(T, model_version, OPT, "of the model: sha256:… of its file, or builtin-N"),
	SLO_F_STR(T, model_train_sha256, OPT, "SHA-256 of the incidents the model was trained on"),
	SLO_F_F64(T, captured_share, OPT, SLO_RANGE(0, 1), "share of the evidence's weight that had a say"),
	SLO_F_F64(T, surprise, OPT, ANY, "-ln P(evidence) under the model"),
	SLO_F_OBJ_OPT(T, limits, has_limits, struct slo_limits, &limits_rec, "what the model asks for before it names a cause"),
	SLO_F_ENUMS(T, abstained, abstained_count, OPT, &slo_abstention_enum,
		    "why no named domain is blamed; absent when one is"),
	SLO_F_OBJS(T, exemplars, exemplars_count, struct slo_exemplar, OPT, &exemplar_rec,
		   "the largest kernel observations since the onset that speak for the causes"),
#undef T
};
static SLO_REC_DEFINE(incident_rec, struct slo_incident, "incident", incident_fields, "One attribution of one incident.");

static const struct slo_rec_field fault_label_fields[] = {
#define T struct slo_fault_label
	SLO_F_STR(T, label_id, REQ, "the same in the start and the end record of one injection"),
	SLO_F_ENUM(T, fault, REQ, &slo_fault_enum, "what was injected"),
	SLO_F_ENUM(T, domain, REQ, &slo_domain_enum, "the domain it belongs to"),
	SLO_F_ENUM(T, detail, OPT, &slo_detail_enum, "kind of CPU shortage"),
	SLO_F_F64(T, severity, REQ, SLO_RANGE(0, 1), "0 to 1"),
	SLO_F_I64(T, start_ns, REQ, SLO_RANGE(0, 9.2e18), "in force from, Unix ns"),
	SLO_F_I64(T, end_ns, OPT, SLO_RANGE(0, 9.2e18), "in force until, Unix ns; absent while in force"),
	SLO_F_STR(T, target, REQ, "what it was done to"),
	SLO_F_STR(T, mechanism, REQ, "how"),
	SLO_F_STR(T, service, OPT, "service it aims at"),
	SLO_F_STRMAP(T, params, params_count, OPT, "parameters in force"),
	SLO_F_STR(T, undo, OPT, "ok, or what could not be undone"),
#undef T
};
static SLO_REC_DEFINE(fault_label_rec, struct slo_fault_label, "fault_label", fault_label_fields, "What was really injected.");

static const struct slo_rec_field fault_sample_fields[] = {
#define T struct slo_fault_sample
	SLO_F_STR(T, incident_id, REQ, "unique"),
	SLO_F_TIME(T, timestamp, REQ, "of the incident"),
	SLO_F_STR(T, cluster, REQ, "cluster label"),
	SLO_F_STR(T, namespace, REQ, "namespace label"),
	SLO_F_STR(T, service, REQ, "service label"),
	SLO_F_STR(T, fault_label, REQ, "truth: what was injected; never read before predicting"),
	SLO_F_STR(T, expected_domain, OPT, "truth: one domain"),
	SLO_F_STRS(T, expected_domains, expected_domains_count, OPT, "truth: several domains"),
	SLO_F_NUMMAP(T, signals, signals_count, OPT, "observed scalar per signal; a missing signal was not captured"),
	SLO_F_F64(T, confidence, REQ, SLO_RANGE(0, 1), "of the source"),
	SLO_F_F64(T, burn_rate, REQ, ANY, "of the worst SLI"),
	SLO_F_I64(T, window_minutes, REQ, SLO_RANGE(1, 9e15), "window of burn_rate"),
	SLO_F_STR(T, request_id, REQ, "an affected request"),
	SLO_F_STR(T, trace_id, REQ, "its trace"),
#undef T
};
static SLO_REC_DEFINE(fault_sample_rec, struct slo_fault_sample, "fault_sample", fault_sample_fields,
		      "One incident as scalars, with its truth.");

static const struct slo_rec_field raw_sample_fields[] = {
#define T struct slo_raw_sample
	SLO_F_TIME(T, timestamp, REQ, "of the request"),
	SLO_F_STR(T, cluster, REQ, "cluster label"),
	SLO_F_STR(T, namespace, REQ, "namespace label"),
	SLO_F_STR(T, workload, REQ, "workload label"),
	SLO_F_STR(T, service, REQ, "service label"),
	SLO_F_STR(T, node, OPT, "node label"),
	SLO_F_STR(T, request_id, REQ, "the request"),
	SLO_F_STR(T, trace_id, REQ, "its trace"),
	SLO_F_F64(T, ttft_ms, REQ, ANY, "time to first token, ms"),
	SLO_F_F64(T, request_latency_ms, REQ, ANY, "whole request, ms"),
	SLO_F_F64(T, token_throughput_tps, REQ, ANY, "tokens per second"),
	SLO_F_F64(T, error_rate, REQ, ANY, "share of failed requests, 0..1"),
	SLO_F_STR(T, fault_label, OPT, "truth: what was injected"),
	SLO_F_ENUM(T, source, OPT, &slo_source_enum, "where the measurements come from"),
#undef T
};
static SLO_REC_DEFINE(raw_sample_rec, struct slo_raw_sample, "raw_sample", raw_sample_fields, "Measurements of one request.");

static const struct slo_rec_field pair_side_fields[] = {
#define T struct slo_pair_side
	SLO_F_STR(T, signal, OPT, "signal name; on the signal side"),
	SLO_F_STR(T, trace_id, OPT, "trace"),
	SLO_F_STR(T, service, OPT, "service"),
	SLO_F_STR(T, node, OPT, "node"),
	SLO_F_STR(T, pod, OPT, "pod"),
	SLO_F_I64(T, pid, OPT, SLO_RANGE(0, 9.2e18), "process"),
	SLO_F_STR(T, conn_tuple, OPT, "src:port->dst:port/proto"),
	SLO_F_TIME(T, timestamp, OPT, "when"),
	SLO_F_F64(T, value, OPT, ANY, "value of the signal"),
	SLO_F_STR(T, span_id, OPT, "span, 16 hex digits"),
	SLO_F_STR(T, parent_span_id, OPT, "its parent"),
	SLO_F_F64(T, duration_ms, OPT, SLO_RANGE(0, 1e12), "of a span, from timestamp on, ms; absent = an instant"),
	SLO_F_I64(T, pid_start_ns, OPT, SLO_RANGE(0, 9.2e18), "when the process started, Unix ns"),
	SLO_F_I64(T, netns_cookie, OPT, SLO_RANGE(0, 9.2e18), "cookie of the network namespace of the connection"),
	SLO_F_I64(T, clock_error_ns, OPT, SLO_RANGE(0, 9.2e18), "the times may be off by this much either way, ns"),
#undef T
};
static SLO_REC_DEFINE(pair_side_rec, struct slo_pair_side, "pair_side", pair_side_fields, "One side of a labelled pair.");

static const struct slo_rec_field labeled_pair_fields[] = {
#define T struct slo_labeled_pair
	SLO_F_STR(T, case_id, REQ, "unique"),
	SLO_F_OBJ(T, span, struct slo_pair_side, &pair_side_rec, "the span"),
	SLO_F_OBJ(T, signal, struct slo_pair_side, &pair_side_rec, "the kernel event"),
	SLO_F_BOOL(T, expected_match, REQ, "truth: they belong together"),
	SLO_F_STR(T, expected_tier, OPT, "truth: how they should be joined"),
#undef T
};
static SLO_REC_DEFINE(labeled_pair_rec, struct slo_labeled_pair, "labeled_pair", labeled_pair_fields,
		      "A span and a kernel event, with the truth whether they belong together.");

static const struct slo_rec_field stats_fields[] = {
#define T struct slo_stats
	SLO_F_TIME(T, timestamp, REQ, "when the counters were read"),
	SLO_F_STR(T, tool, REQ, "which tool"),
	SLO_F_STR(T, node, OPT, "node label"),
	SLO_F_I64(T, start_ns, REQ, SLO_RANGE(0, 9.2e18), "counting since, Unix ns"),
	SLO_F_BOOL(T, final, REQ, "last report of a run"),
	SLO_F_NUMMAP(T, counters, counters_count, REQ, "drop reasons and totals"),
#undef T
};
static SLO_REC_DEFINE(stats_rec, struct slo_stats, "stats", stats_fields, "Counters of one tool since it started.");

const struct slo_rec *const slo_event_rec[SLO_KIND__COUNT] = {
	[SLO_KIND_SLO] = &sli_event_rec,
	[SLO_KIND_SLI_WINDOW] = &sli_window_rec,
	[SLO_KIND_PROBE] = &probe_rec,
	[SLO_KIND_WINDOW] = &window_rec,
	[SLO_KIND_SPAN] = &span_rec,
	[SLO_KIND_INCIDENT] = &incident_rec,
	[SLO_KIND_FAULT_LABEL] = &fault_label_rec,
	[SLO_KIND_FAULT_SAMPLE] = &fault_sample_rec,
	[SLO_KIND_RAW_SAMPLE] = &raw_sample_rec,
	[SLO_KIND_LABELED_PAIR] = &labeled_pair_rec,
	[SLO_KIND_STATS] = &stats_rec,
};
