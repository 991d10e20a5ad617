/* SPDX-License-Identifier: MIT */
#include "decode/flow_request.h"
#include "decode/flow_wait.h"

#include <string.h>

int flow_request_init(struct slo_flow_tracker *t)
{
	int r = flow_wait_init(t);

	return r ? r
		 : slo_table_init(&t->requests, sizeof(struct request_key), sizeof(struct request), t->o.max_requests,
				  t->o.seed);
}

void flow_request_fini(struct slo_flow_tracker *t)
{
	slo_table_fini(&t->requests);
	flow_wait_fini(t);
}

static void evict(void *arg, void *entry)
{
	struct slo_flow_tracker *t = arg;
	const struct request *r = entry;

	flow_wait_end(t, &r->key);
	t->c.requests_evicted++;
}

/* Services may be watched on several ports; they count their requests together. */
static uint64_t next_seq(struct slo_flow_tracker *t, int watch)
{
	int first = 0;

	while (t->o.watch[first].service != t->o.watch[watch].service)
		first++;
	return ++t->request_seq[first];
}

void flow_request_new(struct slo_flow_tracker *t, const struct request *r)
{
	bool created;
	struct request *to = slo_table_get(&t->requests, &r->key, &created, evict, t);

	*to = *r;
	to->gen = t->gen;
	to->seq = next_seq(t, r->watch);
	t->c.requests++;
}

struct request *flow_request_find(struct slo_flow_tracker *t, uint64_t conn, uint64_t no)
{
	const struct request_key key = { conn, no };

	return slo_table_find(&t->requests, &key);
}

bool flow_request_take(struct slo_flow_tracker *t, uint64_t conn, uint64_t no, struct request *out)
{
	struct request *r = flow_request_find(t, conn, no);

	if (!r)
		return false;
	*out = *r;
	slo_table_del(&t->requests, r);
	return true;
}

static void count(struct slo_flow_tracker *t, int outcome)
{
	if (outcome < 0)
		t->c.answered++;
	else if (outcome == SLO_BAD_TIMEOUT)
		t->c.timed_out++;
	else
		t->c.aborted++;
}

struct slo_request flow_request_record(const struct slo_flow_tracker *t, const struct request *r)
{
	struct slo_request out = {
		.service = t->o.watch[r->watch].service, .start_ns = r->start_ns, .sent_ns = r->sent_ns, .outcome = -1,
		.tuple = r->tuple, .seq = r->seq, .ttft_told = r->ttft_told,
	};

	memcpy(out.trace_id, r->trace_id, sizeof(out.trace_id));
	return out;
}

void flow_request_done(struct slo_flow_tracker *t, const struct request *r, const struct answer *a, int outcome,
		       int64_t end_ns)
{
	struct slo_request out = flow_request_record(t, r);

	out.ttft_told |= flow_wait_end(t, &r->key);
	if (r->gen.clock != t->gen.clock || end_ns < r->start_ns) {
		t->c.backwards += r->gen.clock == t->gen.clock;
		t->c.request_void++;
		return;
	}
	out.end_ns = end_ns;
	out.first_ns = a->first_ns;
	out.status = a->status;
	out.outcome = outcome;
	out.streaming = a->streaming;
	out.chunks = a->chunks;
	out.first_chunk_ns = a->first_chunk_ns;
	out.last_chunk_ns = a->last_chunk_ns;
	out.body_bytes = a->body_bytes;
	count(t, outcome);
	if (t->sink.request)
		t->sink.request(t->sink.arg, &out);
}

/* Return: whether @r was due. */
static bool expire(struct slo_flow_tracker *t, struct request *r, int64_t now_ns)
{
	static const struct answer none;
	bool stepped = r->gen.clock != t->gen.clock;

	if (!stepped && now_ns - r->start_ns < t->o.request_timeout_ns)
		return false;
	if (r->gen.loss != t->gen.loss) {
		flow_wait_end(t, &r->key);
		t->c.request_void++;
	} else {
		flow_request_done(t, r, &none, SLO_BAD_TIMEOUT, r->start_ns + t->o.request_timeout_ns);
	}
	slo_table_del(&t->requests, r);
	return true;
}

bool flow_request_tick(struct slo_flow_tracker *t, int64_t now_ns)
{
	for (int i = 0; i < FLOW_TICK_STEPS; i++) {
		struct request *r = slo_table_oldest(&t->requests);

		if (!r || !expire(t, r, now_ns))
			return false;
	}
	return true;
}
