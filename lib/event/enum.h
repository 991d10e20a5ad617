/* SPDX-License-Identifier: MIT */
/*
 * The closed vocabularies of the records: one list each, which yields the
 * enumerators, their names and their count.
 */
#ifndef SLO_EVENT_ENUM_H
#define SLO_EVENT_ENUM_H

#include "rec/rec.h"

/* Record kinds of the envelope. */
#define SLO_KINDS(X) \
	X(SLO, "slo") \
	X(SLI_WINDOW, "sli_window") \
	X(PROBE, "probe") \
	X(WINDOW, "window") \
	X(SPAN, "span") \
	X(INCIDENT, "incident") \
	X(FAULT_LABEL, "fault_label") \
	X(FAULT_SAMPLE, "fault_sample") \
	X(RAW_SAMPLE, "raw_sample") \
	X(LABELED_PAIR, "labeled_pair") \
	X(STATS, "stats")

/* Kernel signals; order of emission and of every table over signals. */
#define SLO_SIGNALS(X) \
	X(DNS_LATENCY, "dns_latency_ms") \
	X(TCP_RETRANSMITS, "tcp_retransmits_total") \
	X(RUNQUEUE_DELAY, "runqueue_delay_ms") \
	X(CONNECT_LATENCY, "connect_latency_ms") \
	X(TLS_HANDSHAKE, "tls_handshake_ms") \
	X(CPU_STEAL, "cpu_steal_pct") \
	X(MEM_RECLAIM, "mem_reclaim_latency_ms") \
	X(DISK_IO, "disk_io_latency_ms") \
	X(SYSCALL_LATENCY, "syscall_latency_ms") \
	X(CONNECT_ERRORS, "connect_errors_total") \
	X(TLS_FAILS, "tls_handshake_fail_total") \
	X(CFS_THROTTLED, "cfs_throttled_ms")

#define SLO_SLIS(X) \
	X(TTFT, "ttft_ms") \
	X(LATENCY, "request_latency_ms") \
	X(THROUGHPUT, "token_throughput_tps") \
	X(ERROR_RATE, "error_rate") \
	X(RETRIEVAL, "retrieval_latency_ms") \
	X(PROVIDER_ERROR_RATE, "provider_error_rate")

#define SLO_DOMAINS(X) \
	X(NETWORK_DNS, "network_dns") \
	X(NETWORK_EGRESS, "network_egress") \
	X(CPU_THROTTLE, "cpu_throttle") \
	X(MEMORY_PRESSURE, "memory_pressure") \
	X(PROVIDER_THROTTLE, "provider_throttle") \
	X(PROVIDER_ERROR, "provider_error") \
	X(RETRIEVAL_BACKEND, "retrieval_backend") \
	X(UNKNOWN, "unknown")

/* State of one SLI observation (slo) and of one kernel observation (probe). */
#define SLO_SLI_STATUSES(X)   X(OK, "ok") X(WARNING, "warning") X(BREACH, "breach")
#define SLO_PROBE_STATUSES(X) X(OK, "ok") X(WARNING, "warning") X(ERROR, "error")

/* Who the other end of an observation is to the service. */
#define SLO_ROLES(X) \
	X(OTHER, "other") X(CLIENT, "client") X(PROVIDER, "provider") X(RETRIEVAL, "retrieval") X(RESOLVER, "resolver")

/* What a window knows about its signal. */
#define SLO_STATES(X) \
	X(VALUE, "value")               /* something was observed */ \
	X(ZERO, "zero")                 /* watched, and nothing happened */ \
	X(NOT_CAPTURED, "not_captured") /* nobody was watching; see why */

/* Why a request was not good. First match wins, in this order. */
#define SLO_BAD_CLASSES(X) \
	X(RATE_LIMITED, "rate_limited") /* HTTP 429 */ \
	X(SERVER_ERROR, "server_error") /* HTTP 5xx */ \
	X(TIMEOUT, "timeout")           /* no answer in time */ \
	X(ABORTED, "aborted")           /* connection ended inside the answer */ \
	X(SLOW, "slow")                 /* over the objective's threshold */

#define SLO_INCIDENT_STATUSES(X) X(OPEN, "open") X(UPDATED, "updated") X(RESOLVED, "resolved") X(STALE, "stale")

/* Where an event comes from; slo events carry it as labels.source. */
#define SLO_SOURCES(X) X(LIVE, "live") X(REPLAY, "replay") X(SYNTHETIC, "synthetic") X(OTLP, "otlp")

#define SLO_EVIDENCE_SOURCES(X) X(EBPF, "ebpf") X(OTEL, "otel") X(KUBERNETES, "kubernetes") X(APPLICATION, "application") X(HOST, "host")

/* Fault labels: what an injector can do, and what the benchmark files name. */
#define SLO_FAULTS(X) \
	X(BASELINE, "baseline") \
	X(DNS_LATENCY, "dns_latency") X(DNS_DROP, "dns_drop") X(DNS_SERVFAIL, "dns_servfail") \
	X(EGRESS_LOSS, "egress_loss") X(EGRESS_DELAY, "egress_delay") X(NETWORK_PARTITION, "network_partition") \
	X(CPU_THROTTLE, "cpu_throttle") X(CPU_CONTENTION, "cpu_contention") \
	X(MEMORY_PRESSURE, "memory_pressure") \
	X(PROVIDER_THROTTLE, "provider_throttle") X(PROVIDER_ERROR, "provider_error") \
	X(RETRIEVAL_SLOWDOWN, "retrieval_slowdown") \
	X(DISK_SLOW, "disk_slow") \
	X(MIXED, "mixed") X(MIXED_MULTI, "mixed_multi")

/* How the beginning of an incident was found. */
#define SLO_ONSETS(X) \
	X(CHANGE, "change") /* the most likely change point of the share of bad requests */

/* Why nothing named is blamed; several may hold. */
#define SLO_ABSTENTIONS(X) \
	X(NOTHING_CAPTURED, "nothing_captured") /* no evidence at all */ \
	X(LITTLE_CAPTURED, "little_captured")   /* too little of the evidence's weight was captured */ \
	X(SURPRISING, "surprising")             /* nothing like it was in the training set */ \
	X(NOTHING_NAMED, "nothing_named")       /* that no named cause is at work is more probable than each of them */ \
	X(BELOW_TAU, "below_tau")               /* no named cause is probable enough */ \
	X(NO_SUPPORT, "no_support")             /* the most probable domain has no elevated signal that speaks for it */

#define SLO_FAULT_DETAILS(X) X(NONE, "none") X(QUOTA, "quota") X(CONTENTION, "contention") X(STEAL, "steal")
#define SLO_DIRECTIONS(X)    X(EGRESS, "egress") X(INGRESS, "ingress") X(LOCAL, "local")

/* What a kernel event and a span were joined by, strongest first. */
#define SLO_TIERS(X) \
	X(TRACE, "trace_id")         /* both carry the trace id */ \
	X(PROCESS, "process")        /* process number, told apart by pod or node, start time, namespaces */ \
	X(CONNECTION, "connection")  /* addresses and ports, within one pod, node or network namespace */ \
	X(SERVICE, "service_node")   /* service and node */

/* Why an observation or a record was lost; the keys of a stats record. */
#define SLO_DROPS(X) \
	X(RATE_LIMIT, "rate_limit")     /* exemplars over the configured rate */ \
	X(QUEUE_FULL, "queue_full")     /* the reader of our output was too slow */ \
	X(RING_FULL, "ring_full")       /* the kernel's packet ring or ring buffer was full */ \
	X(SHED, "shed")                 /* packets of flows shed by the overhead guard */ \
	X(EVICTED, "evicted")           /* flow or transaction pushed out of a full table */ \
	X(MALFORMED, "malformed")       /* packets that could not be dissected */ \
	X(EMIT, "emit")                 /* could not be written */

#define SLO_ENUM_DECLARE(prefix, LIST) \
	enum prefix { LIST(prefix##_ITEM) prefix##__COUNT }
#define SLO_KIND_ITEM(id, name)            SLO_KIND_##id,
#define SLO_SIGNAL_ITEM(id, name)          SLO_SIGNAL_##id,
#define SLO_SLI_ITEM(id, name)             SLO_SLI_##id,
#define SLO_DOMAIN_ITEM(id, name)          SLO_DOMAIN_##id,
#define SLO_SLI_STATUS_ITEM(id, name)      SLO_SLI_STATUS_##id,
#define SLO_PROBE_STATUS_ITEM(id, name)    SLO_PROBE_STATUS_##id,
#define SLO_ROLE_ITEM(id, name)            SLO_ROLE_##id,
#define SLO_STATE_ITEM(id, name)           SLO_STATE_##id,
#define SLO_BAD_ITEM(id, name)             SLO_BAD_##id,
#define SLO_INCIDENT_STATUS_ITEM(id, name) SLO_INCIDENT_STATUS_##id,
#define SLO_SOURCE_ITEM(id, name)          SLO_SOURCE_##id,
#define SLO_EVIDENCE_ITEM(id, name)        SLO_EVIDENCE_##id,
#define SLO_FAULT_ITEM(id, name)           SLO_FAULT_##id,
#define SLO_DETAIL_ITEM(id, name)          SLO_DETAIL_##id,
#define SLO_ONSET_ITEM(id, name)           SLO_ONSET_##id,
#define SLO_ABSTENTION_ITEM(id, name)      SLO_ABSTENTION_##id,
#define SLO_DIRECTION_ITEM(id, name)       SLO_DIRECTION_##id,
#define SLO_TIER_ITEM(id, name)            SLO_TIER_##id,
#define SLO_DROP_ITEM(id, name)            SLO_DROP_##id,

SLO_ENUM_DECLARE(SLO_KIND, SLO_KINDS);
SLO_ENUM_DECLARE(SLO_SIGNAL, SLO_SIGNALS);
SLO_ENUM_DECLARE(SLO_SLI, SLO_SLIS);
SLO_ENUM_DECLARE(SLO_DOMAIN, SLO_DOMAINS);
SLO_ENUM_DECLARE(SLO_SLI_STATUS, SLO_SLI_STATUSES);
SLO_ENUM_DECLARE(SLO_PROBE_STATUS, SLO_PROBE_STATUSES);
SLO_ENUM_DECLARE(SLO_ROLE, SLO_ROLES);
SLO_ENUM_DECLARE(SLO_STATE, SLO_STATES);
SLO_ENUM_DECLARE(SLO_BAD, SLO_BAD_CLASSES);
SLO_ENUM_DECLARE(SLO_INCIDENT_STATUS, SLO_INCIDENT_STATUSES);
SLO_ENUM_DECLARE(SLO_SOURCE, SLO_SOURCES);
SLO_ENUM_DECLARE(SLO_EVIDENCE, SLO_EVIDENCE_SOURCES);
SLO_ENUM_DECLARE(SLO_FAULT, SLO_FAULTS);
SLO_ENUM_DECLARE(SLO_DETAIL, SLO_FAULT_DETAILS);
SLO_ENUM_DECLARE(SLO_ONSET, SLO_ONSETS);
SLO_ENUM_DECLARE(SLO_ABSTENTION, SLO_ABSTENTIONS);
SLO_ENUM_DECLARE(SLO_DIRECTION, SLO_DIRECTIONS);
SLO_ENUM_DECLARE(SLO_TIER, SLO_TIERS);
SLO_ENUM_DECLARE(SLO_DROP, SLO_DROPS);

extern const struct slo_enum slo_kind_enum, slo_signal_enum, slo_sli_enum, slo_domain_enum, slo_sli_status_enum,
	slo_probe_status_enum, slo_role_enum, slo_state_enum, slo_bad_enum, slo_incident_status_enum,
	slo_source_enum, slo_evidence_enum, slo_fault_enum, slo_detail_enum, slo_direction_enum, slo_drop_enum,
	slo_onset_enum, slo_abstention_enum, slo_tier_enum;

#endif
