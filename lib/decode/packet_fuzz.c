/* SPDX-License-Identifier: MIT */
/*
 * Frames through the flow tracker. Input: records of link type, flags, milliseconds since
 * the last one, wire bytes beyond the captured ones, length (2 bytes), frame.
 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "decode/flow.h"

enum { HEADER = 6, OUTGOING = 1, OTHER_IF = 2, TICK = 4, VOID_LOSS = 8, VOID_CLOCK = 16, BACK = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_obs(void *arg, const struct slo_obs *o)
{
	(void)arg;
	if (o->value < 0 || o->times == 0 || !memchr(o->detail, 0, sizeof(o->detail)))
		abort();
}

static void on_request(void *arg, const struct slo_request *r)
{
	(void)arg;
	if (r->end_ns < r->start_ns || !memchr(r->trace_id, 0, sizeof(r->trace_id)))
		abort();
}

static void on_ttft(void *arg, const struct slo_request *r)
{
	(void)arg;
	if (r->sent_ns == 0 || (r->first_ns == 0 && r->ttft_told))
		abort();
}

static void check(struct slo_flow_tracker *t)
{
	struct slo_flow_counters c;

	slo_flow_counters(t, &c);
	if (c.requests !=
		    c.answered + c.timed_out + c.aborted + c.request_void + c.requests_evicted + c.pending_requests ||
	    c.connects != c.connect_answers + c.connect_refused + c.connect_unreachable + c.connect_timeouts +
				  c.connect_voided + c.connect_evicted + c.pending_connects ||
	    (int64_t)c.pending_dns < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slo_flow_opts o;
	struct slo_flow_tracker *t;
	const struct slo_obs_sink sink = { .obs = on_obs, .request = on_request, .ttft = on_ttft };
	int64_t now = 1700000000 * SLO_NS_PER_S;

	slo_flow_opts_defaults(&o);
	o.watch[0] = (struct slo_watch){ .port = 8000, .overdue_ns = 300 * SLO_NS_PER_MS };
	o.watch_count = 1;
	o.max_flows = o.max_conns = o.max_requests = 4;
	o.max_dns = o.max_connects = o.max_names = 3;
	o.max_held = 4;
	if (slo_flow_new(&o, &sink, &t, NULL) < 0)
		return 0;
	while (size >= HEADER) {
		size_t n = (size_t)(data[4] << 8 | data[5]);
		uint8_t *copy;

		n = n < size - HEADER ? n : size - HEADER;
		copy = malloc(n ? n : 1);
		memcpy(copy, data + HEADER, n);
		now += (data[1] & BACK ? -1 : 1) * data[2] * SLO_NS_PER_MS;
		slo_flow_packet(t, &(struct slo_frame){ .data = copy,
							.caplen = (uint32_t)n,
							.wirelen = (uint32_t)n + data[3],
							.ts_ns = now,
							.ifindex = data[1] & OTHER_IF ? 2 : 1,
							.pkttype = data[1] & OUTGOING ? SLO_PKT_OUTGOING : SLO_PKT_HOST,
							.link = data[0] % SLO_LINK__COUNT });
		free(copy);
		if (data[1] & VOID_LOSS)
			slo_flow_void(t, SLO_VOID_LOSS);
		if (data[1] & VOID_CLOCK)
			slo_flow_void(t, SLO_VOID_CLOCK);
		if (data[1] & TICK)
			slo_flow_tick(t, now + 6 * SLO_NS_PER_S);
		check(t);
		data += HEADER + n;
		size -= HEADER + n;
	}
	slo_flow_tick(t, now + 60 * SLO_NS_PER_S);
	check(t);
	slo_flow_free(t);
	return 0;
}
