/* SPDX-License-Identifier: MIT */
#include "decode/flow_wait.h"

/* In order of @r.sent_ns, because nothing ever touches them again. */
struct wait {
	struct request r; /* its key comes first */
	bool told;
};

static void set_least(struct slo_flow_tracker *t)
{
	t->overdue_min_ns = 0;
	for (uint32_t i = 0; i < t->o.watch_count; i++) {
		int64_t overdue = t->o.watch[i].overdue_ns;

		if (overdue > 0 && (t->overdue_min_ns == 0 || overdue < t->overdue_min_ns))
			t->overdue_min_ns = overdue;
	}
}

void slo_flow_overdue(struct slo_flow_tracker *t, int service, int64_t overdue_ns)
{
	for (uint32_t i = 0; i < t->o.watch_count; i++)
		if (t->o.watch[i].service == service)
			t->o.watch[i].overdue_ns = overdue_ns;
	set_least(t);
	t->wait_due = slo_table_oldest(&t->waits); /* what was passed over may be due now */
}

int flow_wait_init(struct slo_flow_tracker *t)
{
	set_least(t);
	return slo_table_init(&t->waits, sizeof(struct request_key), sizeof(struct wait), t->o.max_requests, t->o.seed);
}

void flow_wait_fini(struct slo_flow_tracker *t)
{
	slo_table_fini(&t->waits);
}

/* @entry is about to go. */
static void leave(void *arg, void *entry)
{
	struct slo_flow_tracker *t = arg;

	if (t->wait_due == entry)
		t->wait_due = slo_table_newer(&t->waits, entry);
}

void flow_wait_new(struct slo_flow_tracker *t, const struct request *r)
{
	struct wait *w;
	bool created;

	if (t->overdue_min_ns == 0 || !t->sink.ttft)
		return;
	w = slo_table_get(&t->waits, &r->key, &created, leave, t);
	if (!created)
		return;
	w->r = *r;
	if (!t->wait_due)
		t->wait_due = w;
}

bool flow_wait_end(struct slo_flow_tracker *t, const struct request_key *key)
{
	struct wait *w = slo_table_find(&t->waits, key);
	bool told;

	if (!w)
		return false;
	told = w->told;
	leave(t, w);
	slo_table_del(&t->waits, w);
	return told;
}

void flow_wait_content(struct slo_flow_tracker *t, struct request *r, int status, int64_t ts_ns)
{
	struct slo_request out;

	r->ttft_told |= flow_wait_end(t, &r->key);
	if (!t->sink.ttft || r->gen.clock != t->gen.clock)
		return;
	out = flow_request_record(t, r);
	if (out.sent_ns == 0) /* answered before it was sent in full */
		out.sent_ns = ts_ns;
	out.first_ns = ts_ns;
	out.status = status;
	t->sink.ttft(t->sink.arg, &out);
	r->ttft_told = true;
}

/* Lost packets may have held its answer, and a clock that stepped tells no durations. */
static bool can_judge(const struct slo_flow_tracker *t, const struct request *r)
{
	return r->gen.loss == t->gen.loss && r->gen.clock == t->gen.clock && t->o.watch[r->watch].overdue_ns > 0;
}

static void tell(struct slo_flow_tracker *t, struct wait *w)
{
	struct slo_request out = flow_request_record(t, &w->r);

	w->told = true;
	t->c.overdue++;
	out.end_ns = w->r.sent_ns + t->o.watch[w->r.watch].overdue_ns;
	t->sink.ttft(t->sink.arg, &out);
}

/*
 * Watched ports may have different objectives, so a request that is not due yet
 * does not hide a later one that is; those passed over are looked at again.
 */
bool flow_wait_tick(struct slo_flow_tracker *t, int64_t now_ns)
{
	struct wait *w = t->wait_due;
	bool passed_over = false;
	int steps = FLOW_TICK_STEPS;

	for (; w && steps > 0 && now_ns - w->r.sent_ns >= t->overdue_min_ns; steps--) {
		if (!w->told && can_judge(t, &w->r)) {
			if (now_ns - w->r.sent_ns >= t->o.watch[w->r.watch].overdue_ns)
				tell(t, w);
			else
				passed_over = true;
		}
		w = slo_table_newer(&t->waits, w);
		if (!passed_over)
			t->wait_due = w;
	}
	return steps == 0;
}
