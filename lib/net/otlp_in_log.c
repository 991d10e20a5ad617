/* SPDX-License-Identifier: MIT */
#include "net/otlp_reader.h"

static int kind_of(const char *event)
{
	for (int i = 0; event && i < SLO_KIND__COUNT; i++)
		if (otlp_names[i].event && strcmp(otlp_names[i].event, event) == 0)
			return i;
	return -1;
}

/* What the fields of the log record say; attributes that follow may say otherwise. */
static int read_fields(struct slo_otlp_in *in, const Otlp__LogRecord *l, struct slo_err *err)
{
	const struct slo_rec *rec = slo_event_rec[in->ev.kind];
	char *out = (char *)&in->ev.slo;

	if (l->time_unix_nano > INT64_C(9200000000000000000))
		return slo_err_set(err, -EINVAL, "timeUnixNano is out of range");
	for (uint32_t i = 0; i < rec->count; i++) {
		void *at = out + rec->fields[i].off;
		int where = otlp_names[in->ev.kind].names[i].where;

		if (where == OTLP_IN_TIME && l->time_unix_nano)
			*(int64_t *)at = (int64_t)l->time_unix_nano;
		else if (where == OTLP_IN_TRACE)
			*(struct slo_str *)at = otlp_hex(&in->decoder->arena, &l->trace_id);
		else if (where == OTLP_IN_SPAN)
			*(struct slo_str *)at = otlp_hex(&in->decoder->arena, &l->span_id);
	}
	return 0;
}

static void read_record(struct slo_otlp_in *in, const Otlp__LogRecord *l, const struct otlp_origin *from)
{
	int kind = from->own ? kind_of(l->event_name) : -1;
	struct slo_err err = { .what = "" };
	const struct slo_rec *rec;
	int r;

	in->n.items[SLO_OTLP_LOGS]++;
	if (kind < 0) {
		in->n.foreign[SLO_OTLP_LOGS]++;
		return;
	}
	rec = slo_event_rec[kind];
	otlp_begin(in, kind, from);
	r = read_fields(in, l, &err);
	if (r == 0)
		r = otlp_members_in(rec, otlp_names[kind].names, false, l->n_attributes, l->attributes, &in->ev.slo,
				    &err);
	if (r == 0)
		r = otlp_members_check(rec, &in->ev.slo, &err);
	if (r == 0)
		r = otlp_whole(in, &err);
	if (r)
		otlp_reject(in, l->event_name, &err);
	else
		otlp_emit(in);
}

void otlp_logs_in(struct slo_otlp_in *in, const Otlp__ExportLogsServiceRequest *m)
{
	for (size_t i = 0; i < m->n_resource_logs; i++) {
		const Otlp__ResourceLogs *r = m->resource_logs[i];
		struct otlp_origin from;

		otlp_origin_of(r->resource, &from);
		for (size_t k = 0; k < r->n_scope_logs; k++) {
			const Otlp__ScopeLogs *s = r->scope_logs[k];

			from.own = otlp_is_ours(s->scope);
			for (size_t j = 0; j < s->n_log_records; j++)
				read_record(in, s->log_records[j], &from);
		}
	}
}
