/* SPDX-License-Identifier: MIT */
/* loadgen run: open-loop load, measured as its users would. */
#include "events.h"
#include "loadgen.h"

#include "base/log.h"
#include "base/time.h"
#include "net/http_client_arrivals.h"

#include <errno.h>
#include <time.h>

enum {
	IDLE_MS = 100,       /* longest wait, so that a signal is seen soon */
	MAX_SPAN_S = 86400,
};

#define OFF(m) offsetof(struct loadgen_run_opts, m)

static const char *const arrivals_choices[] = { "constant", "poisson", NULL };
static const char *const output_choices[] = { "text", "json", NULL };
enum { OUTPUT_TEXT, OUTPUT_JSON };

static const struct slo_opt opts[] = {
	{ .name = "target", .type = SLO_OPT_STR, .off = OFF(target), .metavar = "URL", .def = "",
	  .help = "Server, or its chat completions endpoint; required." },
	{ .name = "allow-remote", .type = SLO_OPT_FLAG, .off = OFF(allow_remote),
	  .help = "Allow a target that is not on this machine." },
	{ .name = "rate", .type = SLO_OPT_NUM, .off = OFF(rate), .metavar = "R", .def = "10",
	  .help = "Requests per second.", .lo = 0.001, .hi = 100000 },
	{ .name = "duration", .type = SLO_OPT_DURATION, .off = OFF(duration_ns), .metavar = "S",
	  .help = "Measured time in seconds, at most 24 h; required.", .lo = 0, .hi = MAX_SPAN_S, .unit_ns = SLO_NS_PER_S },
	{ .name = "warmup", .type = SLO_OPT_DURATION, .off = OFF(warmup_ns), .metavar = "S", .def = "0",
	  .help = "Load before the measured time that is not counted, in seconds.", .lo = 0, .hi = 3600,
	  .unit_ns = SLO_NS_PER_S },
	{ .name = "arrivals", .type = SLO_OPT_CHOICE, .off = OFF(arrivals), .metavar = "KIND", .def = "poisson",
	  .help = "Distribution of the arrivals.", .choices = arrivals_choices },
	{ .name = "seed", .type = SLO_OPT_INT, .off = OFF(seed), .metavar = "N", .def = "42",
	  .help = "Seed of the arrivals." },
	{ .name = "max-inflight", .type = SLO_OPT_INT, .off = OFF(max_inflight), .metavar = "N", .def = "1024",
	  .help = "Requests under way at once; more are counted as dropped.", .lo = 1, .hi = 16384 },
	{ .name = "timeout-ms", .type = SLO_OPT_DURATION, .off = OFF(timeout_ns), .metavar = "MS", .def = "30000",
	  .help = "Time a request may take, in milliseconds.", .lo = 1, .hi = 3600000, .unit_ns = SLO_NS_PER_MS },
	{ .name = "max-tokens", .type = SLO_OPT_INT, .off = OFF(max_tokens), .metavar = "N", .def = "16",
	  .help = "Tokens asked for.", .lo = 1, .hi = 1000000 },
	{ .name = "prompt-tokens", .type = SLO_OPT_INT, .off = OFF(prompt_tokens), .metavar = "N", .def = "32",
	  .help = "Words of the prompt.", .lo = 1, .hi = 65536 },
	{ .name = "model", .type = SLO_OPT_STR, .off = OFF(model), .metavar = "NAME", .def = "stand-in",
	  .help = "Model named in the requests." },
	{ .name = "slo-ttft-ms", .type = SLO_OPT_NUM, .off = OFF(slo_ttft_ms), .metavar = "MS", .def = "0",
	  .help = "Objective for the time to first token: goodput is reported; 0 = none.", .lo = 0, .hi = 3600000 },
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(output), .metavar = "FORMAT", .def = "text",
	  .help = "Format of the report.", .choices = output_choices },
	{ .name = "events", .type = SLO_OPT_STR, .off = OFF(events), .metavar = "ENDPOINT", .def = "",
	  .help = "Write slo records of every request there." },
	{ .name = "cluster", .type = SLO_OPT_STR, .off = OFF(cluster), .metavar = "NAME", .def = "local",
	  .help = "Cluster named in the records." },
	{ .name = "namespace", .type = SLO_OPT_STR, .off = OFF(namespace), .metavar = "NAME", .def = "default",
	  .help = "Namespace named in the records." },
	{ .name = "workload", .type = SLO_OPT_STR, .off = OFF(workload), .metavar = "NAME", .def = "gateway",
	  .help = "Workload named in the records." },
	{ .name = "service", .type = SLO_OPT_STR, .off = OFF(service), .metavar = "NAME", .def = "chat",
	  .help = "Service named in the records." },
	{ .name = "node", .type = SLO_OPT_STR, .off = OFF(node), .metavar = "NAME", .def = "",
	  .help = "Node named in the records." },
	{ .name = "quiet", .type = SLO_OPT_FLAG, .off = OFF(quiet), .help = "Print the report and errors only." },
	SLO_OPT_END,
};

struct run {
	const struct loadgen_run_opts *o;
	struct slo_client *client;
	struct slo_schedule schedule;
	struct slo_load_tally tally;
	struct loadgen_events events;
	int64_t start_ns;  /* monotonic; the first arrival counts from here */
	int64_t next_ns;   /* the next arrival */
	bool more;         /* there is one */
	uint64_t seq;
};

static void on_done(void *arg, const struct slo_client_result *r)
{
	struct run *run = arg;

	slo_load_tally_add(&run->tally, r);
	loadgen_events_add(&run->events, r);
}

static void next_arrival(struct run *run)
{
	int64_t at;

	run->more = slo_schedule_next(&run->schedule, &at);
	if (run->more)
		run->next_ns = run->start_ns + at;
}

static int send_due(struct run *run)
{
	while (run->more && run->next_ns <= slo_now_mono_ns() && !loadgen_stop) {
		int ret = slo_client_send(run->client, ++run->seq, run->next_ns);

		if (ret == -ENOMEM)
			return ret;
		if (ret)
			slo_load_tally_drop(&run->tally, run->next_ns, ret != -EAGAIN);
		next_arrival(run);
	}
	return 0;
}

/* Ends by itself: arrivals are bounded by the schedule, answers by their timeout. */
static int loop(struct run *run)
{
	int ret = 0;

	next_arrival(run);
	while (!ret && !loadgen_stop && (run->more || slo_client_inflight(run->client))) {
		int64_t until = slo_now_mono_ns() + IDLE_MS * SLO_NS_PER_MS;

		ret = send_due(run);
		if (run->more && run->next_ns < until)
			until = run->next_ns;
		if (!ret)
			ret = slo_client_poll(run->client, until, on_done, run);
	}
	slo_client_cancel(run->client, on_done, run);
	return ret;
}

static int64_t own_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * SLO_NS_PER_S + t.tv_nsec;
}

static int measure(struct run *run, struct loadgen_report *report)
{
	const struct loadgen_run_opts *o = run->o;
	int64_t cpu = own_cpu_ns(), span = o->warmup_ns + o->duration_ns, end, elapsed;
	int ret;

	run->start_ns = slo_now_mono_ns();
	report->start_ns = slo_now_wall_ns();
	slo_schedule_init(&run->schedule, (enum slo_arrivals)o->arrivals, o->rate, span, (uint64_t)o->seed);
	slo_load_tally_init(&run->tally, run->start_ns + o->warmup_ns, o->slo_ttft_ms);
	ret = loop(run);
	end = slo_now_mono_ns();
	elapsed = end - run->start_ns;
	report->elapsed_s = (double)elapsed / (double)SLO_NS_PER_S;
	report->cpu_share = (double)(own_cpu_ns() - cpu) / (double)elapsed;
	report->ended_early = run->more;
	if (run->more && elapsed < span)
		span = elapsed > o->warmup_ns ? elapsed : o->warmup_ns;
	report->measured_s = (double)(span - o->warmup_ns) / (double)SLO_NS_PER_S;
	return ret;
}

static int print_report(const struct loadgen_run_opts *o, const struct loadgen_report *report)
{
	int ret = 0;

	if (o->output == OUTPUT_JSON)
		ret = loadgen_report_json(stdout, report);
	else
		loadgen_report_text(stdout, report);
	if (fflush(stdout) && errno != EPIPE)
		ret = -errno;
	return ret;
}

static int setup(struct run *run, struct slo_err *err)
{
	const struct loadgen_run_opts *o = run->o;
	const struct slo_client_opts co = {
		.url = o->target,
		.model = o->model,
		.timeout_ns = o->timeout_ns,
		.max_inflight = (uint32_t)o->max_inflight,
		.max_tokens = o->max_tokens,
		.prompt_tokens = o->prompt_tokens,
		.id_seed = (uint64_t)slo_now_wall_ns(),
		.loopback_only = !o->allow_remote,
	};
	int ret = slo_client_new(&co, &run->client, err);

	if (ret) {
		slo_err_set(err, ret, "%s", slo_strerror(ret));
		slo_err_at(err, "--target");
		if (ret == -EPERM)
			slo_info("load goes to this machine only, unless --allow-remote is given");
		return ret;
	}
	ret = loadgen_events_open(&run->events, o, err);
	slo_err_at(err, "--events");
	return ret;
}

static int run_load(const struct loadgen_run_opts *o)
{
	static struct run run;
	struct loadgen_report report = { .o = o, .tally = &run.tally };
	struct slo_err err = { .what = "" };
	int ret, closed;

	run.o = o;
	if (setup(&run, &err)) {
		slo_warn_err(&err);
		slo_client_free(run.client);
		return 2;
	}
	ret = measure(&run, &report);
	if (ret)
		slo_warn("the run failed: %s", slo_strerror(ret));
	closed = loadgen_events_close(&run.events, &report.events_dropped, &err);
	if (closed && closed != -EPIPE) {
		slo_warn("--events: %s", err.what[0] ? err.what : slo_strerror(closed));
		ret = closed;
	}
	report.client = slo_client_stats(run.client);
	if (print_report(o, &report)) {
		slo_warn("cannot write the report");
		ret = -EIO;
	}
	slo_client_free(run.client);
	return ret ? 1 : 0;
}

static int run_cmd(void *opt, int argc, char **argv)
{
	const struct loadgen_run_opts *o = opt;

	(void)argc;
	(void)argv;
	slo_log_init("loadgen", o->quiet);
	if (!o->target[0] || o->duration_ns <= 0) {
		slo_warn("--%s is required", o->target[0] ? "duration" : "target");
		return 2;
	}
	if (o->warmup_ns + o->duration_ns > MAX_SPAN_S * SLO_NS_PER_S) {
		slo_warn("--duration and --warmup are over 24 h together");
		return 2;
	}
	loadgen_catch_signals();
	if (!loadgen_raise_nofile((uint64_t)o->max_inflight + 32))
		slo_warn("the limit of open files is below --max-inflight; connections may fail");
	return run_load(o);
}

const struct slo_cmd loadgen_run = {
	.name = "run",
	.summary = "send requests at a set rate and measure the answers",
	.opts = opts,
	.opts_size = sizeof(struct loadgen_run_opts),
	.run = run_cmd,
	.epilog = "Latencies count from the moment a request was meant to be sent. ttft_ms: to the first non-empty content,\n"
		  "reasoning or tool call delta. e2e_ms: to the last one. tpot_ms: (last - first) / (tokens - 1).",
};
