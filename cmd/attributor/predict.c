/* SPDX-License-Identifier: MIT */
#include "predict.h"

#include "event/event.h"

uint32_t predict(const struct slo_model *m, const struct question *q, struct slo_verdict *v, struct slo_incident *out)
{
	struct slo_facts facts;
	uint32_t skipped = slo_facts_from_sample(q->signals, q->signals_count, &facts);

	slo_verdict_make(m, &facts, v);
	slo_rec_clear(slo_event_rec[SLO_KIND_INCIDENT], out);
	out->incident_id = q->incident_id;
	out->timestamp = q->timestamp;
	out->cluster = q->cluster;
	out->namespace = q->namespace;
	out->service = q->service;
	slo_verdict_fill(v, &facts, out);
	out->slo_impact.sli = slo_str(slo_sli_enum.names[SLO_SLI_TTFT]);
	out->slo_impact.burn_rate = q->burn_rate;
	out->slo_impact.window_minutes = q->window_minutes;
	if (q->trace_id.len)
		out->trace_ids[out->trace_ids_count++] = q->trace_id;
	if (q->request_id.len)
		out->request_ids[out->request_ids_count++] = q->request_id;
	return skipped;
}
