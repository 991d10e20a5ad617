/* SPDX-License-Identifier: MIT */
#include "net/otlp_batch.h"
#include "net/otlp_span.h"

static char *text(const struct otlp_job *j, struct slo_str s)
{
	return otlp_text(&j->batch->arena, s);
}

/* Attributes of the span itself. A name that means something else here gets one of its own. */
static void add_attributes(const struct otlp_job *j, const struct slo_span *s, struct otlp_attrs *a)
{
	for (uint32_t i = 0; i < s->attributes_count; i++) {
		struct slo_str key = s->attributes[i].key;
		char *name = otlp_text_behind(&j->batch->arena, otlp_span_reserved(key) ? OTLP_SPAN_ESCAPE : "", key);

		if (!name) {
			a->err = -ENOMEM;
			return;
		}
		otlp_attr_text(a, name, s->attributes[i].value);
	}
}

static int set_status(const struct otlp_job *j, const struct slo_span *in, Otlp__Span *s, struct otlp_attrs *a)
{
	int code = slo_enum_find(&otlp_span_status_enum, in->status);

	if (code < 0)
		otlp_attr_text(a, OTLP_SPAN_STATUS, in->status);
	if (code <= 0)
		return 0;
	s->status = slo_otlp_arena_get(&j->batch->arena, sizeof(*s->status));
	if (!s->status)
		return -ENOMEM;
	otlp__status__init(s->status);
	s->status->has_code = true;
	s->status->code = code;
	return 0;
}

static void set_kind(const struct slo_span *in, Otlp__Span *s, struct otlp_attrs *a)
{
	int kind = slo_enum_find(&otlp_span_kind_enum, in->span_kind);

	if (kind < 0)
		otlp_attr_text(a, OTLP_SPAN_KIND, in->span_kind);
	s->has_kind = true;
	s->kind = kind < 0 ? 0 : kind;
}

static int set_ids(const struct otlp_job *j, const struct slo_span *in, Otlp__Span *s, struct otlp_attrs *a)
{
	struct slo_otlp_arena *arena = &j->batch->arena;

	if (!otlp_is_hex(in->trace_id, 32) || !otlp_is_hex(in->span_id, 16))
		return slo_err_set(j->err, -EINVAL, "trace_id, span_id: want 32 and 16 lower-case hex digits");
	s->has_trace_id = s->has_span_id = true;
	s->trace_id = otlp_id(arena, in->trace_id, 32);
	s->span_id = otlp_id(arena, in->span_id, 16);
	s->parent_span_id = otlp_id(arena, in->parent_span_id, 16);
	s->has_parent_span_id = s->parent_span_id.len != 0;
	if (in->parent_span_id.p && !s->has_parent_span_id)
		otlp_attr_text(a, OTLP_SPAN_PARENT, in->parent_span_id);
	return s->trace_id.len && s->span_id.len ? 0 : -ENOMEM;
}

int otlp_span_out(const struct otlp_job *j)
{
	const struct slo_span *in = j->record;
	struct slo_otlp_arena *arena = &j->batch->arena;
	Otlp__Span *s = slo_otlp_arena_get(arena, sizeof(*s));
	struct otlp_attrs a = { .arena = arena };
	int r;

	if (!s)
		return -ENOMEM;
	otlp__span__init(s);
	r = set_ids(j, in, s, &a);
	if (r == 0)
		r = otlp_members_out(slo_event_rec[j->kind], otlp_names[j->kind].names, in, &a, NULL, NULL, j->err);
	if (r == 0)
		r = set_status(j, in, s, &a);
	if (r)
		return r;
	set_kind(in, s, &a);
	s->name = text(j, in->name);
	s->has_start_time_unix_nano = s->has_end_time_unix_nano = true;
	s->start_time_unix_nano = (uint64_t)in->start_ns;
	s->end_time_unix_nano = (uint64_t)in->end_ns;
	add_attributes(j, in, &a);
	if (otlp_attrs_end(&a, &s->n_attributes, &s->attributes) || arena->err ||
	    !slo_otlp_arena_push(arena, &j->resource->spans->spans, &j->resource->spans->n_spans, &s, sizeof(s)))
		return -ENOMEM;
	j->batch->items++;
	return 0;
}
