/* SPDX-License-Identifier: MIT */
/* Spans and events for the tests of this module. */
#ifndef SLO_CORRELATE_TESTING_H
#define SLO_CORRELATE_TESTING_H

#include "config/config.h"
#include "correlate/join.h"

#define MS INT64_C(1000000)
#define T0 (INT64_C(1795364000000) * MS)

static inline struct slo_span span_at(int64_t from_ms, int64_t to_ms)
{
	struct slo_span s;

	slo_rec_clear(slo_event_rec[SLO_KIND_SPAN], &s);
	s.name = slo_str("GET /");
	s.span_kind = slo_str("server");
	s.status = slo_str("ok");
	s.service = slo_str("chat");
	s.start_ns = T0 + from_ms * MS;
	s.end_ns = T0 + to_ms * MS;
	return s;
}

static inline struct slo_probe_event probe_at(int signal, int64_t at_ms, double value)
{
	struct slo_probe_event p;

	slo_rec_clear(slo_event_rec[SLO_KIND_PROBE], &p);
	p.ts_unix_nano = T0 + at_ms * MS;
	p.signal = signal;
	p.value = value;
	p.pid = p.tid = 0;
	return p;
}

static inline struct slo_conn_tuple tuple_of(int32_t port)
{
	return (struct slo_conn_tuple){ slo_str("10.0.0.1"), slo_str("10.0.0.2"), port, 443, slo_str("tcp") };
}

/* The defaults of toolkit.yaml, without slack, so that the arithmetic of a test is plain. */
static inline struct slo_join_opts plain_opts(void)
{
	static struct slo_config config;
	struct slo_join_opts o;

	slo_config_defaults(&config);
	slo_join_opts_default(&o, &config);
	o.slack_ns = 0;
	o.max_spans = 4096;
	o.max_events = 16384;
	return o;
}

#endif
