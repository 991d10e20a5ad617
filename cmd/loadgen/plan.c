/* SPDX-License-Identifier: MIT */
/*
 * loadgen plan: the request file of the published tool. Rows, ranges and the order
 * of draws are its own; its generator is not portable, so the drawn values differ.
 */
#include "loadgen.h"

#include "base/log.h"
#include "base/rng.h"
#include "base/time.h"
#include "io/writer.h"
#include "rec/rec.h"

#include <errno.h>

struct plan_opts {
	const char *profile, *out, *start;
	int64_t duration_s, rps, seed;
};

#define OFF(m) offsetof(struct plan_opts, m)

static const struct slo_opt opts[] = {
	{ .name = "profile", .type = SLO_OPT_STR, .off = OFF(profile), .metavar = "NAME", .def = "rag_mixed_20rps",
	  .help = "Profile: chat_short, rag_medium, or any other name for a mixture." },
	{ .name = "duration-sec", .type = SLO_OPT_INT, .off = OFF(duration_s), .metavar = "S", .def = "60",
	  .help = "Length of the plan in seconds.", .lo = 1, .hi = 86400 },
	{ .name = "rps", .type = SLO_OPT_INT, .off = OFF(rps), .metavar = "N", .def = "20",
	  .help = "Requests per second.", .lo = 1, .hi = 10000 },
	{ .name = "seed", .type = SLO_OPT_INT, .off = OFF(seed), .metavar = "N", .def = "42",
	  .help = "Seed; the same seed gives the same rows." },
	{ .name = "start", .type = SLO_OPT_STR, .off = OFF(start), .metavar = "TIME", .def = "",
	  .help = "Timestamp of the first row, RFC 3339; now when not given." },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out), .metavar = "ENDPOINT", .def = "artifacts/loadgen/requests.jsonl",
	  .help = "Where the rows go." },
	SLO_OPT_END,
};

/* Prompt classes and their expected time to first token; the last is for names nobody knows. */
static const struct prompt_class {
	const char *name;
	uint64_t ttft_from, ttft_span; /* ms: from .. from + span - 1 */
} classes[] = {
	{ "chat_short", 80, 70 },
	{ "rag_medium", 140, 150 },
	{ "context_long", 280, 250 },
};

static const struct prompt_class *draw_class(struct slo_rng *rng, const char *profile)
{
	for (size_t i = 0; i < 2; i++) /* context_long is no profile of its own */
		if (strcmp(profile, classes[i].name) == 0)
			return &classes[i];
	return &classes[slo_rng_below(rng, SLO_ARRAY_LEN(classes))];
}

static void add_row(struct slo_buf *b, struct slo_rng *rng, const char *profile, int64_t at_ns, long long i)
{
	const struct prompt_class *c = draw_class(rng, profile);
	unsigned long long docs = 2 + slo_rng_below(rng, 8), tokens = 64 + slo_rng_below(rng, 512);
	unsigned long long ttft = c->ttft_from + slo_rng_below(rng, c->ttft_span);
	char time[SLO_RFC3339_MAX];

	slo_buf_reset(b);
	slo_buf_addf(b, "{\"timestamp\":\"%.*s\",\"profile\":", (int)slo_fmt_rfc3339(time, at_ns), time);
	slo_json_add_str(b, slo_str(profile));
	slo_buf_addf(b, ",\"request_id\":\"req-%06lld\",\"trace_id\":\"trace-%06lld\",\"prompt_class\":\"%s\",", i, i, c->name);
	slo_buf_addf(b, "\"retrieval_docs\":%llu,\"target_tokens\":%llu,\"expected_ttft_ms\":%llu}\n", docs, tokens, ttft);
}

static int write_rows(const struct plan_opts *o, int64_t start_ns, struct slo_writer *w)
{
	int64_t n = o->duration_s * o->rps;
	struct slo_rng rng;
	struct slo_buf b;
	int ret = 0;

	slo_buf_init(&b, 1 << 16);
	slo_rng_seed(&rng, (uint64_t)o->seed);
	for (int64_t i = 0; i < n && !ret && !loadgen_stop; i++) {
		int64_t at = start_ns + i / o->rps * SLO_NS_PER_S + i % o->rps * SLO_NS_PER_S / o->rps;

		add_row(&b, &rng, o->profile, at, i);
		ret = b.err ? b.err : slo_writer_line(w, slo_buf_str(&b), SLO_WRITE_WINDOW);
	}
	slo_buf_fini(&b);
	return ret;
}

static int run(void *opt, int argc, char **argv)
{
	const struct plan_opts *o = opt;
	const struct slo_writer_opts wo = { .streaming = false };
	int64_t start = slo_now_wall_ns();
	struct slo_err err = { .what = "" };
	struct slo_writer *w;
	uint64_t lines;
	int ret, closed;

	(void)argc;
	(void)argv;
	loadgen_catch_signals();
	if (o->start[0] && slo_parse_rfc3339(slo_str(o->start), &start)) {
		slo_warn("--start: %s is no RFC 3339 time", o->start);
		return 2;
	}
	if (slo_writer_open(o->out, &wo, &w, &err)) {
		slo_warn_err(&err);
		return 1;
	}
	ret = write_rows(o, start, w);
	lines = slo_writer_stats(w)->lines;
	closed = slo_writer_close(w, &err);
	if (ret == -EPIPE || closed == -EPIPE)
		return 0;
	if (ret || closed) {
		slo_warn("%s: %s", o->out, err.what[0] ? err.what : slo_strerror(ret ? ret : closed));
		return 1;
	}
	fprintf(strcmp(o->out, "-") == 0 ? stderr : stdout, "wrote %llu requests to %s\n", (unsigned long long)lines, o->out);
	return fflush(stdout) ? 1 : 0;
}

const struct slo_cmd loadgen_plan = {
	.name = "plan",
	.summary = "write a file of planned requests",
	.opts = opts,
	.opts_size = sizeof(struct plan_opts),
	.run = run,
};
