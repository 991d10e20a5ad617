/* SPDX-License-Identifier: MIT */
#include "events.h"

#include "base/num.h"
#include "base/time.h"
#include "event/event.h"
#include "event/tables.h"

int loadgen_events_open(struct loadgen_events *e, const struct loadgen_run_opts *o, struct slo_err *err)
{
	/* Queued: a slow reader must not delay the next request. */
	const struct slo_writer_opts wo = { .streaming = true, .queued = true };

	*e = (struct loadgen_events){ .o = o };
	slo_buf_init(&e->line, 1 << 16);
	return o->events[0] ? slo_writer_open(o->events, &wo, &e->w, err) : 0;
}

static void emit(struct loadgen_events *e, const struct slo_client_result *r, int64_t wall_ns, int sli, double value)
{
	char id[96], status[SLO_NUM_MAX + 1];
	struct slo_sli_event ev;
	int ret;

	slo_rec_clear(slo_event_rec[SLO_KIND_SLO], &ev);
	snprintf(id, sizeof(id), "%s-%s", r->request_id, slo_enum_name(&slo_sli_enum, sli));
	status[slo_fmt_i64(status, r->status)] = '\0';
	ev.event_id = slo_str(id);
	ev.timestamp = wall_ns;
	ev.cluster = slo_str(e->o->cluster);
	ev.namespace = slo_str(e->o->namespace);
	ev.workload = slo_str(e->o->workload);
	ev.service = slo_str(e->o->service);
	ev.request_id = slo_str(r->request_id);
	ev.trace_id = slo_str(r->trace_id);
	ev.sli_name = sli;
	ev.sli_value = value;
	ev.unit = slo_str(slo_sli_info[sli].unit);
	ev.status = slo_sli_status(sli, value);
	ev.labels[ev.labels_count++] = (struct slo_pair){ slo_str("source"), slo_str("live") };
	if (e->o->node[0])
		ev.labels[ev.labels_count++] = (struct slo_pair){ slo_str("node"), slo_str(e->o->node) };
	ev.labels[ev.labels_count++] = (struct slo_pair){ slo_str("outcome"), slo_str(slo_outcome_name(r->outcome)) };
	if (r->status)
		ev.labels[ev.labels_count++] = (struct slo_pair){ slo_str("http_status"), slo_str(status) };
	slo_buf_reset(&e->line);
	ret = slo_event_encode_payload(SLO_KIND_SLO, &ev, &e->line);
	if (!ret)
		ret = slo_writer_line(e->w, slo_buf_str(&e->line), SLO_WRITE_EXEMPLAR);
	if (ret && !e->err)
		e->err = ret;
}

void loadgen_events_add(struct loadgen_events *e, const struct slo_client_result *r)
{
	int64_t wall = slo_now_wall_ns();
	double ttft, e2e;

	if (!e->w || e->err || r->outcome == SLO_OUTCOME_CANCELLED)
		return;
	if (slo_load_value(r, SLO_LOAD_TTFT, &ttft))
		emit(e, r, wall, SLO_SLI_TTFT, ttft);
	if (slo_load_value(r, SLO_LOAD_E2E, &e2e)) {
		emit(e, r, wall, SLO_SLI_LATENCY, e2e);
		if (r->tokens > 1 && r->last_token_ns > r->first_token_ns)
			emit(e, r, wall, SLO_SLI_THROUGHPUT, (double)(r->tokens - 1) * (double)SLO_NS_PER_S /
								     (double)(r->last_token_ns - r->first_token_ns));
	}
	emit(e, r, wall, SLO_SLI_ERROR_RATE, r->outcome == SLO_OUTCOME_OK ? 0 : 1);
	slo_writer_pump(e->w);
}

int loadgen_events_close(struct loadgen_events *e, uint64_t *dropped, struct slo_err *err)
{
	const struct slo_writer_stats *s = e->w ? slo_writer_stats(e->w) : NULL;
	int ret = 0;

	*dropped = 0;
	if (e->w) {
		slo_writer_flush(e->w, 1000);
		for (int c = 0; c < SLO_WRITE_CLASS__COUNT; c++)
			*dropped += s->dropped[c];
		ret = slo_writer_close(e->w, err);
	}
	slo_buf_fini(&e->line);
	return ret ? ret : e->err;
}
