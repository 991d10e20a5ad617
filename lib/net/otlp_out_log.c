/* SPDX-License-Identifier: MIT */
/* Records that are log records. */
#include "event/tables.h"
#include "net/otlp_batch.h"

#include <stdio.h>

/* SeverityNumber of OpenTelemetry. */
enum severity { INFO = 9, WARN = 13, ERROR = 17 };

static enum severity severity_of(int kind, const void *record)
{
	static const enum severity sli[] = { INFO, WARN, ERROR }, probe[] = { INFO, WARN, ERROR };
	static const enum severity incident[] = { ERROR, ERROR, INFO, WARN };
	int status;

	switch (kind) {
	case SLO_KIND_SLO:
		return sli[((const struct slo_sli_event *)record)->status];
	case SLO_KIND_PROBE:
		return probe[((const struct slo_probe_event *)record)->status];
	case SLO_KIND_INCIDENT:
		status = ((const struct slo_incident *)record)->status;
		return status < 0 ? ERROR : incident[status];
	default:
		return INFO;
	}
}

/* One line for people; the published toolkit's, where it has one. */
static size_t body_of(int kind, const void *record, char *to, size_t size)
{
	const struct slo_sli_event *e = record;
	const struct slo_probe_event *p = record;
	const struct slo_incident *i = record;
	int n = 0;

	if (kind == SLO_KIND_SLO)
		n = snprintf(to, size, "sli=%s value=%.6f status=%s service=%.*s",
			     slo_enum_name(&slo_sli_enum, e->sli_name), e->sli_value,
			     slo_enum_name(&slo_sli_status_enum, e->status), SLO_STR_ARG(e->service));
	else if (kind == SLO_KIND_PROBE)
		n = snprintf(to, size, "signal=%s value=%.6f status=%s pod=%.*s",
			     slo_enum_name(&slo_signal_enum, p->signal), p->value,
			     slo_enum_name(&slo_probe_status_enum, p->status), SLO_STR_ARG(p->pod));
	else if (kind == SLO_KIND_INCIDENT)
		n = snprintf(to, size, "incident=%.*s status=%s domain=%s confidence=%.2f service=%.*s",
			     SLO_STR_ARG(i->incident_id),
			     i->status < 0 ? "open" : slo_enum_name(&slo_incident_status_enum, i->status),
			     slo_enum_name(&slo_domain_enum, i->predicted_fault_domain), i->confidence,
			     SLO_STR_ARG(i->service));
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/* What was observed, under the name of the signal or SLI. */
static void add_observed(const struct otlp_job *j, struct otlp_attrs *a)
{
	const struct slo_sli_event *e = j->record;
	const struct slo_probe_event *p = j->record;

	if (j->kind == SLO_KIND_PROBE)
		otlp_attr_double(a, slo_signal_info[p->signal].attribute, p->value);
	else if (j->kind == SLO_KIND_SLO)
		otlp_attr_double(a, otlp_sli_metric(e->sli_name), e->sli_value);
}

static void add_text(const struct otlp_job *j, Otlp__LogRecord *l)
{
	struct slo_otlp_arena *arena = &j->batch->arena;
	char body[512];
	size_t n = body_of(j->kind, j->record, body, sizeof(body));
	const char *severity;

	l->has_severity_number = true;
	l->severity_number = (int)severity_of(j->kind, j->record);
	severity = l->severity_number == ERROR ? "ERROR" : l->severity_number == WARN ? "WARN" : "INFO";
	l->severity_text = slo_otlp_arena_text(arena, slo_str(severity));
	l->event_name = slo_otlp_arena_text(arena, slo_str(otlp_names[j->kind].event));
	if (!n)
		return;
	l->body = slo_otlp_arena_get(arena, sizeof(*l->body));
	if (!l->body)
		return;
	otlp__any_value__init(l->body);
	l->body->value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
	l->body->string_value = otlp_text(arena, slo_str_n(body, n));
}

int otlp_log_out(const struct otlp_job *j)
{
	struct slo_otlp_arena *arena = &j->batch->arena;
	Otlp__LogRecord *l = slo_otlp_arena_get(arena, sizeof(*l));
	struct otlp_attrs a = { .arena = arena };
	struct otlp_own own = { 0 };
	int r;

	if (!l)
		return -ENOMEM;
	otlp__log_record__init(l);
	r = otlp_members_out(slo_event_rec[j->kind], otlp_names[j->kind].names, j->record, &a, NULL, &own, j->err);
	if (r)
		return r;
	add_observed(j, &a);
	add_text(j, l);
	if (j->kind == SLO_KIND_INCIDENT && ((const struct slo_incident *)j->record)->trace_ids_count)
		own.trace = otlp_id(arena, ((const struct slo_incident *)j->record)->trace_ids[0], 32);
	l->has_time_unix_nano = own.time != 0;
	l->time_unix_nano = own.time;
	l->has_observed_time_unix_nano = true;
	l->observed_time_unix_nano = (uint64_t)(j->now_ns > 0 ? j->now_ns : 0);
	l->has_trace_id = own.trace.len != 0;
	l->trace_id = own.trace;
	l->has_span_id = own.span.len != 0;
	l->span_id = own.span;
	if (otlp_attrs_end(&a, &l->n_attributes, &l->attributes) || arena->err ||
	    !slo_otlp_arena_push(arena, &j->resource->logs->log_records, &j->resource->logs->n_log_records, &l,
				 sizeof(l)))
		return -ENOMEM;
	j->batch->items++;
	return 0;
}
