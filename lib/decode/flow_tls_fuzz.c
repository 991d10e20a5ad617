/* SPDX-License-Identifier: MIT */
/*
 * Bytes where a TLS connection has its records: after a real handshake of TCP, each
 * segment with valid headers. Input: records of flags (1 byte: from the server, FIN, RST, a gap
 * before, time to tick), length (1 byte), bytes. However hostile, a connection is one handshake or one failure.
 */
#include "decode/test_frames.h"

enum { FROM_SERVER = 1, FIN = 2, RST = 4, GAP = 8, TICK = 16 };
enum { TH_FIN = 0x01, TH_SYN = 0x02, TH_RST = 0x04, TH_ACK = 0x10 };

struct told {
	unsigned int handshakes, failures;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_obs(void *arg, const struct slo_obs *o)
{
	struct told *told = arg;

	if (o->value < 0 || !memchr(o->detail, 0, sizeof(o->detail)))
		abort();
	told->handshakes += o->signal == SLO_SIGNAL_TLS_HANDSHAKE;
	told->failures += o->signal == SLO_SIGNAL_TLS_FAILS;
	if (told->handshakes + told->failures > 1)
		abort();
}

static void send_frame(struct slo_flow_tracker *t, const struct tf *f, int64_t now, bool outgoing)
{
	uint8_t *copy = malloc(f->len);

	memcpy(copy, f->buf, f->len);
	slo_flow_packet(t, &(struct slo_frame){ .data = copy, .caplen = (uint32_t)f->len, .wirelen = (uint32_t)f->len,
						.ts_ns = now, .ifindex = 1, .link = SLO_LINK_IP,
						.pkttype = outgoing ? SLO_PKT_OUTGOING : SLO_PKT_HOST });
	free(copy);
}

static struct slo_flow_tracker *tracker(struct told *told)
{
	const struct slo_obs_sink sink = { .arg = told, .obs = on_obs };
	struct slo_flow_tracker *t;
	struct slo_flow_opts o;

	slo_flow_opts_defaults(&o);
	o.max_flows = o.max_conns = o.max_requests = o.max_dns = o.max_connects = o.max_names = o.max_held = 4;
	return slo_flow_new(&o, &sink, &t, NULL) < 0 ? NULL : t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tf_end ends[2] = { { 1, 40000, false }, { 2, 443, false } };
	uint32_t seq[2] = { 1000, 9000 };
	struct told told = { 0 };
	struct slo_flow_tracker *t = tracker(&told);
	static struct tf f;
	int64_t now = TF_T0;

	if (!t)
		return 0;
	tf_tcp(&f, ends[0], ends[1], TH_SYN, seq[0]++, 0, NULL, 0);
	send_frame(t, &f, now, true);
	tf_tcp(&f, ends[1], ends[0], TH_SYN | TH_ACK, seq[1]++, seq[0], NULL, 0);
	send_frame(t, &f, now += TF_MS, false);
	while (size >= 2) {
		int from = (data[0] & FROM_SERVER) != 0;
		uint8_t flags = TH_ACK;
		size_t n = data[1] < size - 2 ? data[1] : size - 2;

		flags |= (uint8_t)((data[0] & FIN ? TH_FIN : 0) | (data[0] & RST ? TH_RST : 0));
		if (data[0] & GAP)
			seq[from] += 100;
		tf_tcp(&f, ends[from], ends[!from], flags, seq[from], seq[!from], data + 2, n);
		send_frame(t, &f, now += TF_MS, from == 0);
		if (data[0] & TICK)
			slo_flow_tick(t, now);
		seq[from] += (uint32_t)n;
		data += 2 + n;
		size -= 2 + n;
	}
	slo_flow_tick(t, now + 60 * SLO_NS_PER_S);
	slo_flow_free(t);
	return 0;
}
