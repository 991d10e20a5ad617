/* SPDX-License-Identifier: MIT */
#include "net/otlp_span.h"

#include "net/otlp_names.h"

static const char *const kinds[] = { "", "internal", "server", "client", "producer", "consumer" };
static const char *const statuses[] = { "unset", "ok", "error" };
const struct slo_enum otlp_span_kind_enum = { kinds, SLO_ARRAY_LEN(kinds) };
const struct slo_enum otlp_span_status_enum = { statuses, SLO_ARRAY_LEN(statuses) };

bool otlp_span_reserved(struct slo_str key)
{
	static const struct slo_str own = SLO_STR("llm_slo.");
	const struct otlp_names *t = &otlp_names[SLO_KIND_SPAN];

	if (key.len >= own.len && memcmp(key.p, own.p, own.len) == 0)
		return true;
	for (uint32_t i = 0; i < t->count; i++) {
		const struct otlp_name *n = &t->names[i];

		if (n->where == OTLP_IN_ATTRIBUTE && key.len && key.p[0] == n->name[0] && slo_str_is(key, n->name))
			return true;
		for (uint32_t k = 0; n->parts && k < slo_event_rec[SLO_KIND_SPAN]->fields[i].sub->count; k++)
			if (slo_str_is(key, n->parts[k].name))
				return true;
	}
	return false;
}
