/* SPDX-License-Identifier: MIT */
/*
 * Kernel events joined per second on one core against about 2,000 spans at any time:
 * requests of a second each, of 50 pods on 10 nodes, 8 to a process. Of the events half name
 * a process, a quarter a connection, an eighth only their service; an eighth is of
 * shared resources. Then the same, longer, with a look at the memory in between.
 *   join_bench [EVENTS]     default 2,000,000
 */
#include "correlate/testing.h"

#include "base/num.h"
#include "base/rng.h"
#include "base/time.h"

#include <stdio.h>
#include <time.h>

enum { CONCURRENT = 2000, PODS = 50, NODES = 10, WORKERS = 5, PER_S = 200000 };

static uint64_t done, joined;

static void on_span(void *arg, uint64_t tag, const struct slo_join_result *r)
{
	(void)arg;
	(void)tag;
	done++;
	joined += r->joined;
}

static char pods[PODS][16], nodes[NODES][16], services[PODS][16], addresses[PODS][16];

static struct slo_conn_tuple connection(unsigned int pod, uint64_t slot)
{
	return (struct slo_conn_tuple){ slo_str(addresses[pod]), slo_str("10.9.9.9"), (int32_t)(10000 + slot), 443,
					slo_str("tcp") };
}

static void give_span(struct slo_join *j, uint64_t n, int64_t end_ms)
{
	struct slo_span s = span_at(end_ms - 1000, end_ms);
	unsigned int pod = (unsigned int)(n % PODS);
	char trace[33], id[17];

	snprintf(trace, sizeof(trace), "%032llx", (unsigned long long)n);
	snprintf(id, sizeof(id), "%016llx", (unsigned long long)n);
	s.trace_id = slo_str(trace);
	s.span_id = slo_str(id);
	s.pod = slo_str(pods[pod]);
	s.node = slo_str(nodes[pod % NODES]);
	s.service = slo_str(services[pod]);
	s.pid = 100 + (int64_t)(n / PODS % WORKERS);
	s.has_conn_tuple = true;
	s.conn_tuple = connection(pod, n / PODS % 1000);
	slo_join_span(j, &s, n);
}

static const int own[] = { SLO_SIGNAL_DNS_LATENCY, SLO_SIGNAL_CONNECT_LATENCY, SLO_SIGNAL_TLS_HANDSHAKE,
			   SLO_SIGNAL_TCP_RETRANSMITS, SLO_SIGNAL_SYSCALL_LATENCY };
static const int shared[] = { SLO_SIGNAL_RUNQUEUE_DELAY, SLO_SIGNAL_MEM_RECLAIM, SLO_SIGNAL_DISK_IO };

static void give_event(struct slo_join *j, struct slo_rng *r, uint64_t n, int64_t at_ns)
{
	struct slo_probe_event p = probe_at(own[n % SLO_ARRAY_LEN(own)], 0, (double)(n % 60));
	unsigned int pod = (unsigned int)slo_rng_below(r, PODS);

	p.ts_unix_nano = at_ns;
	p.node = slo_str(nodes[pod % NODES]);
	p.service = slo_str(services[pod]);
	if (n % 8 < 4) {
		p.pod = slo_str(pods[pod]);
		p.pid = 100 + (int64_t)slo_rng_below(r, WORKERS);
	} else if (n % 8 < 6) {
		p.pod = slo_str(pods[pod]);
		p.has_conn_tuple = true;
		p.conn_tuple = connection(pod, slo_rng_below(r, 1000));
	} else if (n % 8 == 7) {
		p.pod = slo_str(pods[pod]);
		p.signal = shared[n % SLO_ARRAY_LEN(shared)];
	}
	slo_join_probe(j, &p, n);
}

static long resident_kib(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * 4;
}

/* Of this process alone: others may be busy on the machine. */
static int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * SLO_NS_PER_S + t.tv_nsec;
}

static double feed(struct slo_join *j, struct slo_rng *r, uint64_t from, uint64_t to)
{
	const int64_t step = SLO_NS_PER_S / PER_S;
	int64_t start = cpu_ns();

	for (uint64_t n = from; n < to; n++) {
		give_event(j, r, n, T0 + (int64_t)n * step);
		if (n % (PER_S / CONCURRENT) == 0)
			give_span(j, n / (PER_S / CONCURRENT), (int64_t)n * step / MS);
	}
	return (double)(to - from) / ((double)(cpu_ns() - start) / 1e9);
}

int main(int argc, char **argv)
{
	struct slo_join_opts o = plain_opts();
	struct slo_join_stats st;
	struct slo_join *j;
	struct slo_rng r;
	int64_t events = 2000000;
	double rate;
	long half;

	if (argc > 1 && slo_parse_i64(slo_str(argv[1]), &events))
		return 2;
	for (int i = 0; i < PODS; i++) {
		snprintf(pods[i], sizeof(pods[i]), "chat-%d", i);
		snprintf(services[i], sizeof(services[i]), "chat-%d", i / 5);
		snprintf(addresses[i], sizeof(addresses[i]), "10.0.0.%d", i);
		snprintf(nodes[i % NODES], sizeof(nodes[0]), "node-%d", i % NODES);
	}
	slo_rng_seed(&r, 1);
	o.slack_ns = MS;
	o.lateness_ns = 100 * MS;
	o.hold_ns = 1000 * MS;
	o.max_spans = 1 << 15;
	o.max_events = 1 << 19;
	o.span_done = on_span;
	if (slo_join_new(&o, &j))
		return 1;
	rate = feed(j, &r, 0, (uint64_t)events / 2);
	half = resident_kib();
	printf("%.0f events/s of one core, %d spans at a time (bar %d)\n", rate, CONCURRENT, PER_S);
	rate = feed(j, &r, (uint64_t)events / 2, (uint64_t)events);
	printf("%.0f events/s in the second half; resident %ld KiB at half, %ld KiB at the end\n", rate, half,
	       resident_kib());
	slo_join_drain(j);
	slo_join_stats(j, &st);
	printf("of %llu events joined %llu (process %llu, connection %llu, service %llu), ambiguous %llu, unmatched %llu, "
	       "shared %llu, evicted %llu\n",
	       (unsigned long long)st.events, (unsigned long long)joined,
	       (unsigned long long)st.joined[SLO_TIER_PROCESS], (unsigned long long)st.joined[SLO_TIER_CONNECTION],
	       (unsigned long long)st.joined[SLO_TIER_SERVICE],
	       (unsigned long long)(st.ambiguous[SLO_TIER_PROCESS] + st.ambiguous[SLO_TIER_CONNECTION] +
				    st.ambiguous[SLO_TIER_SERVICE]),
	       (unsigned long long)st.unmatched, (unsigned long long)st.context,
	       (unsigned long long)(st.evicted_events + st.evicted_spans));
	slo_join_free(j);
	return joined && done ? 0 : 1;
}
