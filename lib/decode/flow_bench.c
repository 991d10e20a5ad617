/* SPDX-License-Identifier: MIT */
/* Packets per second through the flow tracker, one core. Each line: what, packets/s, ns per packet. */
#include <stdio.h>

#include "decode/test_frames.h"

enum { FLOWS = 2000, ROUNDS = 200 };

static struct tf frame;
static struct slo_flow_tracker *tracker;
static int64_t now = TF_T0;

static void give(uint32_t snap)
{
	uint32_t cap = (uint32_t)frame.len < snap ? (uint32_t)frame.len : snap;

	now += 1000;
	slo_flow_packet(tracker, &(struct slo_frame){ .data = frame.buf, .caplen = cap, .wirelen = (uint32_t)frame.len,
						      .ts_ns = now, .ifindex = 2, .link = SLO_LINK_IP });
}

/* Patch what changes from packet to packet instead of building each anew, so that the tracker is measured. */
static void patch(uint16_t sport_at, uint16_t port, size_t seq_at, uint32_t seq)
{
	frame.buf[sport_at] = (uint8_t)(port >> 8);
	frame.buf[sport_at + 1] = (uint8_t)port;
	frame.buf[seq_at] = (uint8_t)(seq >> 24);
	frame.buf[seq_at + 1] = (uint8_t)(seq >> 16);
	frame.buf[seq_at + 2] = (uint8_t)(seq >> 8);
	frame.buf[seq_at + 3] = (uint8_t)seq;
}

static void other_tcp(void)
{
	const struct tf_end c = { 1, 0, false }, s = { 2, 443, false };
	static char data[1400];

	tf_tcp(&frame, c, s, SLO_TCP_ACK, 0, 0, data, sizeof(data));
	for (uint32_t r = 0; r < ROUNDS; r++)
		for (uint16_t i = 0; i < FLOWS; i++) {
			patch(20, (uint16_t)(20000 + i), 24, 1 + r * 1400);
			give(128);
		}
}

static void queries(void)
{
	const struct tf_end c = { 1, 0, false }, s = { 2, 53, false };
	struct tf *answer = calloc(1, sizeof(*answer));
	uint8_t m[300];

	tf_udp(answer, s, c, m, tf_dns(m, 7, 0x8180, "api.provider.example.com", 0x01020304));
	tf_udp(&frame, c, s, m, tf_dns(m, 7, 0x0100, "api.provider.example.com", 0));
	for (uint32_t r = 0; r < ROUNDS / 2; r++)
		for (uint16_t i = 0; i < FLOWS; i++) {
			uint16_t port = (uint16_t)(20000 + i);

			frame.buf[28] = answer->buf[28] = (uint8_t)r;
			frame.buf[20] = answer->buf[22] = (uint8_t)(port >> 8);
			frame.buf[21] = answer->buf[23] = (uint8_t)port;
			give(1600);
			now += 1000;
			slo_flow_packet(tracker, &(struct slo_frame){ .data = answer->buf,
								      .caplen = (uint32_t)answer->len,
								      .wirelen = (uint32_t)answer->len,
								      .ts_ns = now,
								      .ifindex = 2,
								      .link = SLO_LINK_IP });
		}
	free(answer);
}

static const char event[] = "7f\r\ndata: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"model\":\"m\","
			    "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"}}]}\n\n\r\n";

static void streams(void)
{
	const struct tf_end c = { 1, 30000, false }, s = { 2, 8000, false };
	static const char
		ask[] = "GET / HTTP/1.1\r\n\r\n",
		head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
	char chunk[256];
	int body = (int)(strlen(event) - 6);
	int n = snprintf(chunk, sizeof(chunk), "%x\r\n%s", (unsigned int)body, event + 4);

	for (uint16_t i = 0; i < 500; i++) {
		struct tf_end from = { 1, (uint16_t)(30000 + i), false };

		tf_tcp(&frame, from, s, SLO_TCP_ACK, 1, 1, ask, sizeof(ask) - 1);
		give(1600);
		tf_tcp(&frame, s, from, SLO_TCP_ACK, 1, 19, head, sizeof(head) - 1);
		give(1600);
	}
	tf_tcp(&frame, s, c, SLO_TCP_ACK, 1, 19, chunk, (size_t)n);
	for (uint32_t r = 0; r < ROUNDS * 4; r++)
		for (uint16_t i = 0; i < 500; i++) {
			patch(22, (uint16_t)(30000 + i), 24, (uint32_t)sizeof(head) + r * (uint32_t)n);
			give(1600);
		}
}

static void count(void *arg, const struct slo_obs *o)
{
	*(uint64_t *)arg += o->times;
}

static int run(const char *what, void (*load)(void))
{
	struct slo_flow_opts o;
	struct slo_flow_counters c;
	uint64_t obs = 0;
	const struct slo_obs_sink sink = { .arg = &obs, .obs = count };
	int64_t start;
	double ns;

	slo_flow_opts_defaults(&o);
	o.watch[0] = (struct slo_watch){ .port = 8000 };
	o.watch_count = 1;
	if (slo_flow_new(&o, &sink, &tracker, NULL) < 0)
		return 1;
	start = slo_now_mono_ns();
	load();
	ns = (double)(slo_now_mono_ns() - start);
	slo_flow_counters(tracker, &c);
	printf("%-28s %10.0f packets/s %6.0f ns/packet (%llu packets, %llu observations, %llu gaps)\n", what,
	       (double)c.packets / ns * 1e9, ns / (double)c.packets, (unsigned long long)c.packets,
	       (unsigned long long)obs, (unsigned long long)c.gaps);
	slo_flow_free(tracker);
	return 0;
}

int main(void)
{
	return run("tcp headers, 2000 flows", other_tcp) || run("dns query and answer", queries) ||
	       run("event streams, 500 conns", streams);
}
