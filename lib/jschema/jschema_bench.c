/* SPDX-License-Identifier: MIT */
/*
 * Probe events validated per second against their schema, as a stream filter
 * does it: one evaluator, one line after the other, only the verdict wanted.
 * The lines are generated from a fixed seed, in the shape the agent writes.
 */
#include "base/rng.h"
#include "base/time.h"
#include "jschema/jschema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINES = 5000, ROUNDS = 20 };

static const char schema_path[] = "schemas/probe-event.v1alpha1.schema.json";
static const char schema_uri[] = "https://bench.invalid/schema.json";

static const char *const signals[] = { "dns_latency_ms", "runqueue_delay_ms", "connect_latency_ms", "tls_handshake_ms",
				       "syscall_latency_ms", "cfs_throttled_ms" };
static const char *const nodes[] = { "node-a-17", "node-b-03", "ip-10-0-4-211" };
static const char *const pods[] = { "chat-6c9d7f9b8-x2x7p", "rag-gateway-5bd86c5d4f-q8zlm", "embeddings-0" };
static const char *const ips[] = { "10.0.4.211", "10.96.0.10", "203.0.113.77", "2001:db8:0:12::8a2e:370:7334" };
static const char *const roles[] = { "other", "client", "provider", "retrieval", "resolver" };
static const char *const statuses[] = { "ok", "warning", "error" };

#define PICK(rng, list) (list)[slo_rng_below(rng, SLO_ARRAY_LEN(list))]

static void add_line(struct slo_buf *b, struct slo_rng *rng)
{
	unsigned int pid = (unsigned int)slo_rng_below(rng, 4000000);

	slo_buf_addf(b, "{\"ts_unix_nano\":%lld,\"signal\":\"%s\",\"node\":\"%s\",\"namespace\":\"llm\",\"pod\":\"%s\","
		     "\"container\":\"server\",\"pid\":%u,\"tid\":%u,",
		     1771666200000000000LL + (long long)slo_rng_below(rng, 1000000000000), PICK(rng, signals),
		     PICK(rng, nodes), PICK(rng, pods), pid, pid + (unsigned int)slo_rng_below(rng, 32));
	if (slo_rng_below(rng, 4))
		slo_buf_addf(b, "\"conn_tuple\":{\"src_ip\":\"%s\",\"dst_ip\":\"%s\",\"src_port\":%u,\"dst_port\":443,"
			     "\"protocol\":\"tcp\"},", PICK(rng, ips), PICK(rng, ips),
			     (unsigned int)slo_rng_below(rng, 65536));
	slo_buf_addf(b, "\"value\":%.6f,\"unit\":\"ms\",\"status\":\"%s\",\"service\":\"chat\",\"comm\":\"python3\","
		     "\"role\":\"%s\",\"provider\":\"bpf\"", slo_rng_exp(rng, 80), PICK(rng, statuses),
		     PICK(rng, roles));
	if (!slo_rng_below(rng, 3))
		slo_buf_adds(b, ",\"detail\":\"api.provider.example A NOERROR\"");
	slo_buf_adds(b, ",\"source\":\"live\"}\n");
}

static struct slo_jschema *load(const char *path)
{
	struct slo_err err = { "", "" };
	struct slo_jschema *schema = NULL;
	struct slo_jstore *store = NULL;
	json_error_t why;
	json_t *doc = json_load_file(path, 0, &why);

	if (!doc)
		fprintf(stderr, "jschema_bench: %s: %s\n", path, why.text);
	else if (slo_jstore_new(&store) || slo_jstore_add(store, schema_uri, doc, SLO_JDRAFT_AUTO, &err) ||
		 slo_jschema_compile(store, schema_uri, NULL, &schema, &err))
		fprintf(stderr, "jschema_bench: %s: %s\n", err.where, err.what);
	slo_jstore_free(store);
	json_decref(doc);
	return schema;
}

/* Return: lines that are not valid. */
static size_t validate_all(const struct slo_jschema *schema, struct slo_jeval *e, const struct slo_buf *text)
{
	const char *p = text->data, *stop = p + text->len, *end;
	size_t failed = 0;

	for (; p < stop; p = end + 1) {
		end = memchr(p, '\n', (size_t)(stop - p));
		failed += slo_jschema_validate(schema, e, p, (size_t)(end - p), NULL, NULL, NULL) != 1;
	}
	return failed;
}

static size_t measure(const struct slo_jschema *schema, struct slo_jeval *e, const struct slo_buf *text)
{
	double best = 1e9;
	size_t failed = 0;

	for (int round = 0; round < ROUNDS; round++) {
		int64_t from = slo_now_mono_ns();

		failed += validate_all(schema, e, text);
		best = fmin(best, (double)(slo_now_mono_ns() - from) / 1e9);
	}
	printf("%-11s %-15s %9.0f %8.1f\n", "probe", "validate", LINES / best, (double)text->len / 1e6 / best);
	return failed;
}

int main(int argc, char **argv)
{
	struct slo_jschema *schema = load(argc > 1 ? argv[1] : schema_path);
	struct slo_jeval *e = NULL;
	struct slo_buf text;
	struct slo_rng rng;
	size_t failed;

	if (!schema || slo_jeval_new(&e))
		return 2;
	slo_buf_init(&text, 1 << 24);
	slo_rng_seed(&rng, 1);
	for (int i = 0; i < LINES; i++)
		add_line(&text, &rng);
	printf("%-11s %-15s %9s %8s\n", "lines", "what", "records/s", "MB/s");
	failed = measure(schema, e, &text);
	slo_buf_fini(&text);
	slo_jeval_free(e);
	slo_jschema_free(schema);
	if (failed)
		fprintf(stderr, "jschema_bench: %zu lines are not valid\n", failed);
	return failed > 0;
}
