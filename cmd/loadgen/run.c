/* SPDX-License-Identifier: MIT */
/* loadgen run: load upon a server, measured as its users would. */
#include "drive.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/time.h"

#include <errno.h>
#include <math.h>

enum { MAX_SPAN_S = 86400 };

#define OFF(m) offsetof(struct loadgen_run_opts, m)

static const char *const arrivals_choices[] = { "constant", "poisson", NULL };
static const char *const output_choices[] = { "text", "json", "csv", NULL };
static const char *const http_choices[] = { "1.1", "2", NULL };
enum { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_CSV };

static const struct slo_opt opts[] = {
	{ .name = "target", .type = SLO_OPT_STR, .off = OFF(target), .metavar = "URL", .def = "",
	  .help = "Server, or its chat completions endpoint; required." },
	{ .name = "allow-remote", .type = SLO_OPT_FLAG, .off = OFF(allow_remote),
	  .help = "Allow a target that is not on this machine." },
	{ .name = "ca-file", .type = SLO_OPT_STR, .off = OFF(ca_file), .metavar = "FILE", .def = "",
	  .help = "Certificates (PEM) an https target is verified against; the system's when not given." },
	{ .name = "http", .type = SLO_OPT_CHOICE, .off = OFF(http), .metavar = "VERSION", .def = "1.1",
	  .help = "HTTP version; 2 is negotiated over TLS and taken as known without.", .choices = http_choices },
	{ .name = NULL, .type = SLO_OPT_HELP, .help = "When requests are sent" },
	{ .name = "rate", .type = SLO_OPT_NUM, .off = OFF(rate), .metavar = "R", .def = "10",
	  .help = "Requests per second; where a ramp or sweep begins.", .lo = 0.001, .hi = 100000 },
	{ .name = "duration", .type = SLO_OPT_DURATION, .off = OFF(duration_ns), .metavar = "S",
	  .help = "Measured time in seconds, at most 24 h, of each step of a sweep; required, unless a trace says it.",
	  .lo = 0, .hi = MAX_SPAN_S, .unit_ns = SLO_NS_PER_S },
	{ .name = "warmup", .type = SLO_OPT_DURATION, .off = OFF(warmup_ns), .metavar = "S", .def = "0",
	  .help = "Load before the measured time that is not counted, in seconds.", .lo = 0, .hi = 3600,
	  .unit_ns = SLO_NS_PER_S },
	{ .name = "cooldown", .type = SLO_OPT_DURATION, .off = OFF(cooldown_ns), .metavar = "S", .def = "0",
	  .help = "Load after the measured time that is not counted, in seconds.", .lo = 0, .hi = 3600,
	  .unit_ns = SLO_NS_PER_S },
	{ .name = "arrivals", .type = SLO_OPT_CHOICE, .off = OFF(arrivals), .metavar = "KIND", .def = "poisson",
	  .help = "Spacing of the arrivals of a rate.", .choices = arrivals_choices },
	{ .name = "seed", .type = SLO_OPT_INT, .off = OFF(seed), .metavar = "N", .def = "42",
	  .help = "Seed of the arrivals." },
	{ .name = "ramp-to", .type = SLO_OPT_NUM, .off = OFF(ramp_to), .metavar = "R", .def = "0",
	  .help = "Change the rate linearly from --rate to this; 0 = no ramp.", .lo = 0, .hi = 100000 },
	{ .name = "sweep-to", .type = SLO_OPT_NUM, .off = OFF(sweep_to), .metavar = "R", .def = "0",
	  .help = "Run at rates from --rate up to this until one is not held; 0 = no sweep.", .lo = 0, .hi = 100000 },
	{ .name = "sweep-steps", .type = SLO_OPT_INT, .off = OFF(sweep_steps), .metavar = "N", .def = "8",
	  .help = "Rates of a sweep, each the same factor above the last.", .lo = 2, .hi = 64 },
	{ .name = "sweep-refine", .type = SLO_OPT_INT, .off = OFF(sweep_refine), .metavar = "N", .def = "2",
	  .help = "Further steps between the last rate held and the first that was not.", .lo = 0, .hi = 16 },
	{ .name = "sweep-share", .type = SLO_OPT_NUM, .off = OFF(sweep_share), .metavar = "X", .def = "0.95",
	  .help = "Share of the valid requests that must be answered and meet the objectives for a rate to be held.",
	  .lo = 0.01, .hi = 1 },
	{ .name = "trace", .type = SLO_OPT_STR, .off = OFF(trace), .metavar = "FILE", .def = "",
	  .help = "Replay this CSV: timestamp, input_tokens, output_tokens (or the columns of Azure's and Mooncake's "
		  "traces)." },
	{ .name = "trace-speed", .type = SLO_OPT_NUM, .off = OFF(trace_speed), .metavar = "X", .def = "1",
	  .help = "Replay so many times as fast.", .lo = 0.001, .hi = 100000 },
	{ .name = "concurrency", .type = SLO_OPT_INT, .off = OFF(concurrency), .metavar = "N", .def = "0",
	  .help = "Closed loop: so many users who send as soon as they are answered, 100 ms after a failure; "
		  "0 = open loop.",
	  .lo = 0, .hi = SLO_CLIENT_INFLIGHT_MAX },
	{ .name = "max-requests", .type = SLO_OPT_INT, .off = OFF(max_requests), .metavar = "N", .def = "0",
	  .help = "End after so many requests, of each step of a sweep; 0 = when the time is over.",
	  .lo = 0, .hi = 1e9 },
	{ .name = "max-inflight", .type = SLO_OPT_INT, .off = OFF(max_inflight), .metavar = "N", .def = "1024",
	  .help = "Requests under way at once; more are counted as dropped.", .lo = 1, .hi = SLO_CLIENT_INFLIGHT_MAX },
	{ .name = "timeout-ms", .type = SLO_OPT_DURATION, .off = OFF(timeout_ns), .metavar = "MS", .def = "30000",
	  .help = "Time a request may take, in milliseconds.", .lo = 1, .hi = 3600000, .unit_ns = SLO_NS_PER_MS },
	{ .name = NULL, .type = SLO_OPT_HELP, .help = "What is sent" },
	{ .name = "max-tokens", .type = SLO_OPT_INT, .off = OFF(max_tokens), .metavar = "N", .def = "16",
	  .help = "Tokens asked for.", .lo = 1, .hi = 1000000 },
	{ .name = "prompt-tokens", .type = SLO_OPT_INT, .off = OFF(prompt_tokens), .metavar = "N", .def = "32",
	  .help = "Words of the prompt.", .lo = 1, .hi = SLO_CLIENT_PROMPT_MAX },
	{ .name = "model", .type = SLO_OPT_STR, .off = OFF(model), .metavar = "NAME", .def = "stand-in",
	  .help = "Model named in the requests." },
	{ .name = NULL, .type = SLO_OPT_HELP, .help = "What is reported" },
	{ .name = "slo-ttft-ms", .type = SLO_OPT_NUM, .off = OFF(objectives.ttft_ms), .metavar = "MS", .def = "0",
	  .help = "Objective for the time to first token: goodput is reported; 0 = none.", .lo = 0, .hi = 3600000 },
	{ .name = "slo-tpot-ms", .type = SLO_OPT_NUM, .off = OFF(objectives.tpot_ms), .metavar = "MS", .def = "0",
	  .help = "Objective for the time per further token; 0 = none.", .lo = 0, .hi = 3600000 },
	{ .name = "slo-e2e-ms", .type = SLO_OPT_NUM, .off = OFF(objectives.e2e_ms), .metavar = "MS", .def = "0",
	  .help = "Objective for the time to the last token; 0 = none.", .lo = 0, .hi = 3600000 },
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

static int print_report(const struct loadgen_report *report)
{
	int ret = 0;

	if (report->o->output == OUTPUT_JSON)
		ret = loadgen_report_json(stdout, report);
	else if (report->o->output == OUTPUT_CSV)
		loadgen_report_csv(stdout, report);
	else
		loadgen_report_text(stdout, report);
	if (fflush(stdout) && errno != EPIPE)
		ret = -errno;
	return ret;
}

static int setup(struct loadgen_drive *d, struct slo_err *err)
{
	const struct loadgen_run_opts *o = d->o;
	const struct slo_client_opts co = {
		.url = o->target,
		.model = o->model,
		.timeout_ns = o->timeout_ns,
		.max_inflight = (uint32_t)(o->mode == LOADGEN_CLOSED ? o->concurrency : o->max_inflight),
		.max_tokens = o->max_tokens,
		.prompt_tokens = o->prompt_tokens,
		.id_seed = (uint64_t)slo_now_wall_ns(),
		.loopback_only = !o->allow_remote,
		.http = (enum slo_http_version)o->http,
		.ca_file = o->ca_file,
	};
	int ret = slo_client_new(&co, &d->client, err);

	if (ret) {
		slo_err_set(err, ret, "%s", slo_strerror(ret));
		slo_err_at(err, ret == -ENOENT || ret == -EACCES ? "--ca-file" : "--target");
		if (ret == -EPERM)
			slo_info("load goes to this machine only, unless --allow-remote is given");
		return ret;
	}
	ret = loadgen_events_open(&d->events, o, err);
	slo_err_at(err, "--events");
	return ret;
}

/* What every request of a run would have to wait for is no rate: the mean of a ramp, nothing of a closed loop. */
static double nominal_rate(const struct loadgen_run_opts *o)
{
	int64_t length = o->mode == LOADGEN_TRACE ? o->rows.rows[o->rows.n - 1].at_ns : 0;

	if (o->mode == LOADGEN_RAMP)
		return (o->rate + o->ramp_to) / 2;
	if (o->mode == LOADGEN_TRACE)
		return length ? (double)o->rows.n * o->trace_speed / ((double)length / (double)SLO_NS_PER_S) : (double)NAN;
	return o->mode == LOADGEN_CLOSED ? (double)NAN : o->rate;
}

static int drive(struct loadgen_drive *d, struct loadgen_step *steps, struct loadgen_report *report)
{
	if (d->o->mode == LOADGEN_SWEEP)
		return loadgen_sweep(d, steps, report);
	report->n = 1;
	steps[0].rate = nominal_rate(d->o);
	return loadgen_drive_step(d, &steps[0]);
}

static int run_load(const struct loadgen_run_opts *o)
{
	size_t most = o->mode == LOADGEN_SWEEP ? loadgen_sweep_max(o) : 1;
	slo_autofree struct loadgen_step *steps = calloc(most, sizeof(*steps));
	struct loadgen_drive d = { .o = o, .show_progress = !o->quiet && isatty(STDERR_FILENO) };
	struct loadgen_report report = { .o = o, .steps = steps, .sustained = NAN, .saturated = NAN };
	struct slo_err err = { .what = "" };
	int ret, closed;

	if (!steps || setup(&d, &err)) {
		slo_warn_err(&err);
		slo_client_free(d.client);
		return 2;
	}
	ret = drive(&d, steps, &report);
	if (ret)
		slo_warn("the run failed: %s", slo_strerror(ret));
	closed = loadgen_events_close(&d.events, &report.events_dropped, &err);
	if (closed && closed != -EPIPE) {
		slo_warn("--events: %s", err.what[0] ? err.what : slo_strerror(closed));
		ret = closed;
	}
	if (print_report(&report)) {
		slo_warn("cannot write the report");
		ret = -EIO;
	}
	slo_client_free(d.client);
	return ret ? 1 : 0;
}

/* Return: 0, or 2 with the reason said. */
static int pick_mode(struct loadgen_run_opts *o)
{
	const struct {
		bool given;
		enum loadgen_mode mode;
	} modes[] = {
		{ o->ramp_to > 0, LOADGEN_RAMP },
		{ o->sweep_to > 0, LOADGEN_SWEEP },
		{ o->trace[0] != '\0', LOADGEN_TRACE },
		{ o->concurrency > 0, LOADGEN_CLOSED },
	};
	int given = 0;

	o->mode = LOADGEN_RATE;
	for (size_t i = 0; i < SLO_ARRAY_LEN(modes); i++)
		if (modes[i].given) {
			o->mode = modes[i].mode;
			given++;
		}
	if (given > 1) {
		slo_warn("only one of --ramp-to, --sweep-to, --trace and --concurrency can be given");
		return 2;
	}
	if (o->mode == LOADGEN_SWEEP && o->sweep_to <= o->rate) {
		slo_warn("--sweep-to: want a rate above --rate");
		return 2;
	}
	return 0;
}

static int read_trace(struct loadgen_run_opts *o)
{
	struct slo_err err = { .what = "" };
	slo_autofree char *text = NULL;
	size_t len;
	double length;

	if (slo_file_read(o->trace, SLO_TRACE_BYTES_MAX, &text, &len, &err) ||
	    slo_trace_parse(slo_str_n(text, len), o->trace, &o->rows, &err)) {
		slo_err_set(&err, -ENOMEM, "%s", slo_strerror(-ENOMEM));
		slo_warn_err(&err);
		return 2;
	}
	length = (double)o->rows.rows[o->rows.n - 1].at_ns / o->trace_speed - (double)(o->warmup_ns + o->cooldown_ns);
	if (o->duration_ns <= 0 && length >= 0)
		o->duration_ns = SLO_NS_PER_MS + (int64_t)fmin(length, MAX_SPAN_S * (double)SLO_NS_PER_S);
	return 0;
}

static int check(struct loadgen_run_opts *o)
{
	if (!o->target[0] || (o->duration_ns <= 0 && o->mode != LOADGEN_TRACE)) {
		slo_warn("--%s is required", o->target[0] ? "duration" : "target");
		return 2;
	}
	if (o->mode == LOADGEN_TRACE && read_trace(o))
		return 2;
	if (o->duration_ns <= 0) {
		slo_warn("--trace: no longer than --warmup and --cooldown together");
		return 2;
	}
	if (o->warmup_ns + o->duration_ns + o->cooldown_ns > (MAX_SPAN_S + 1) * SLO_NS_PER_S) {
		slo_warn("--duration, --warmup and --cooldown are over 24 h together");
		return 2;
	}
	return 0;
}

static int run_cmd(void *opt, int argc, char **argv)
{
	struct loadgen_run_opts *o = opt;
	uint64_t files = (uint64_t)(o->concurrency > 0 ? o->concurrency : o->max_inflight) + 32;
	int ret;

	(void)argc;
	(void)argv;
	slo_log_init("loadgen", o->quiet);
	ret = pick_mode(o);
	if (!ret)
		ret = check(o);
	if (!ret) {
		loadgen_catch_signals();
		if (!loadgen_raise_nofile(files))
			slo_warn("the limit of open files is below --max-inflight; connections may fail");
		ret = run_load(o);
	}
	slo_trace_fini(&o->rows);
	return ret;
}

const struct slo_cmd loadgen_run = {
	.name = "run",
	.summary = "send requests and measure the answers",
	.opts = opts,
	.opts_size = sizeof(struct loadgen_run_opts),
	.run = run_cmd,
	.epilog =
		"Latencies count from the moment a request was meant to be sent, on the monotonic clock, stamped\n"
		"before the bytes are parsed; those in the table are of requests that ended ok.\n"
		"  dispatch_delay_ms  sent - meant to be sent, of all requests\n"
		"  ttfb_ms            to the first byte of the body\n"
		"  ttfc_ms            to the first data event, an empty role chunk too\n"
		"  ttft_ms            to the first non-empty content, reasoning or tool call delta\n"
		"  chunk_gap_ms       between two successive such deltas; a chunk may hold several tokens\n"
		"  tpot_ms            (last - first such delta) / (tokens - 1), tokens from the usage chunk\n"
		"  e2e_ms             to the last such delta\n"
		"  duration_ms        to the end of the request, however it ended\n"
		"goodput: requests that ended ok and met every objective given, per second and as a share of the\n"
		"valid ones: all that were meant to be sent, dropped ones too, without client_error and cancelled.\n"
		"load_valid: false when the median dispatch delay is 10 ms or more, its 99th percentile (of 100 requests\n"
		"or more) 100 ms or more, this client used 0.9 of its core, or over 1 % of the requests were not sent.\n"
		"sweep: a rate is saturated when fewer than --sweep-share of the valid requests were answered or met\n"
		"the objectives, or a queue fills: 1.6 times as many under way in the last quarter of the step as in\n"
		"the second. The knee is the highest rate held.",
};
