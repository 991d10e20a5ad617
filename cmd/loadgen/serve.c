/* SPDX-License-Identifier: MIT */
/* loadgen serve: the stand-in server. */
#include "loadgen.h"

#include "base/log.h"
#include "base/num.h"
#include "base/time.h"
#include "io/writer.h"
#include "net/serve.h"

#include <errno.h>

struct serve_opts {
	struct slo_serve_opts s;
	int64_t port;
	const char *port_file;
	bool quiet;
};

#define OFF(m) offsetof(struct serve_opts, m)

static const char *const engine_choices[] = { "workers", "timers", NULL };
static const char *const role_choices[] = { "first-token", "start", NULL };

static const struct slo_opt opts[] = {
	{ .name = "listen", .type = SLO_OPT_STR, .off = OFF(s.listen), .metavar = "HOST:PORT", .def = "127.0.0.1:8000",
	  .help = "Numeric address to listen on; port 0 takes a free one." },
	{ .name = "port", .type = SLO_OPT_INT, .off = OFF(port), .metavar = "N", .def = "-1",
	  .help = "Port, in place of the one in --listen; -1 keeps that.", .lo = -1, .hi = 65535 },
	{ .name = "port-file", .type = SLO_OPT_STR, .off = OFF(port_file), .metavar = "FILE", .def = "",
	  .help = "Write the port in use to this file once requests are taken." },
	{ .name = "engine", .type = SLO_OPT_CHOICE, .off = OFF(s.engine), .metavar = "KIND", .def = "workers",
	  .help = "workers burn CPU time and call others; timers only wait, for thousands of streams on one thread.",
	  .choices = engine_choices },
	{ .name = "workers", .type = SLO_OPT_INT, .off = OFF(s.workers), .metavar = "N", .def = "2",
	  .help = "Requests worked on at once.", .lo = 1, .hi = SLO_SERVE_WORKERS_MAX },
	{ .name = "queue", .type = SLO_OPT_INT, .off = OFF(s.queue), .metavar = "N", .def = "256",
	  .help = "Requests that may wait for a worker; more are answered 429.", .lo = 1, .hi = SLO_SERVE_QUEUE_MAX },
	{ .name = "connections", .type = SLO_OPT_INT, .off = OFF(s.connections), .metavar = "N", .def = "1024",
	  .help = "Connections at once; more are refused.", .lo = 1, .hi = SLO_SERVE_CONNECTIONS_MAX },
	{ .name = "model", .type = SLO_OPT_STR, .off = OFF(s.model), .metavar = "NAME", .def = "stand-in",
	  .help = "Model name in the answers." },
	{ .name = "ttft", .type = SLO_OPT_STR, .off = OFF(s.ttft), .metavar = "DIST", .def = "",
	  .help = "Wait before the first token: MS, uniform:MS:MS, lognormal:MEDIAN_MS:SIGMA or file:PATH; "
		  "--prefill-ms is then 0 unless given." },
	{ .name = "gap", .type = SLO_OPT_STR, .off = OFF(s.gap), .metavar = "DIST", .def = "",
	  .help = "Wait before each further token; --token-ms is then 0 unless given." },
	{ .name = "seed", .type = SLO_OPT_INT, .off = OFF(s.seed), .metavar = "N", .def = "42",
	  .help = "Seed of the waits." },
	{ .name = "prefill-ms", .type = SLO_OPT_NUM, .off = OFF(s.prefill_ms), .metavar = "MS", .def = "30",
	  .help = "CPU time before the first token, in milliseconds.", .lo = 0, .hi = 60000 },
	{ .name = "prefill-us-per-token", .type = SLO_OPT_NUM, .off = OFF(s.prefill_us_per_token), .metavar = "US",
	  .def = "0", .help = "CPU time for each word of the prompt besides, in microseconds.", .lo = 0, .hi = 1e6 },
	{ .name = "tokens", .type = SLO_OPT_INT, .off = OFF(s.tokens), .metavar = "N", .def = "16",
	  .help = "Tokens of an answer when the request names no maximum.", .lo = 1, .hi = SLO_SERVE_TOKENS_MAX },
	{ .name = "token-ms", .type = SLO_OPT_NUM, .off = OFF(s.token_ms), .metavar = "MS", .def = "2",
	  .help = "CPU time for each token after the first, in milliseconds.", .lo = 0, .hi = 10000 },
	{ .name = "retry-after", .type = SLO_OPT_INT, .off = OFF(s.retry_after_s), .metavar = "S", .def = "1",
	  .help = "Retry-After of a 429 answer, in seconds.", .lo = 0, .hi = 3600 },
	{ .name = "role-chunk", .type = SLO_OPT_CHOICE, .off = OFF(s.role), .metavar = "WHEN", .def = "first-token",
	  .help = "When the empty role chunk of a stream is sent: with the first token, or before the prefill.",
	  .choices = role_choices },
	{ .name = "quiet", .type = SLO_OPT_FLAG, .off = OFF(quiet), .help = "Print errors only." },
	{ .name = NULL, .type = SLO_OPT_HELP, .help = "What a worker does for each request before its first token" },
	{ .name = "resolver", .type = SLO_OPT_STR, .off = OFF(s.calls.resolver), .metavar = "HOST:PORT", .def = "",
	  .help = "Look the names in the addresses below up at this DNS server, each time; the system's way "
		  "when not given." },
	{ .name = "lookup", .type = SLO_OPT_STR, .off = OFF(s.calls.lookup), .metavar = "NAME", .def = "",
	  .help = "Look this name up there besides." },
	{ .name = "lookup-timeout-ms", .type = SLO_OPT_DURATION, .off = OFF(s.calls.lookup_timeout_ns), .metavar = "MS",
	  .def = "2000", .help = "Wait so long for the resolver, in milliseconds; it is asked twice.", .lo = 1, .hi = 60000,
	  .unit_ns = SLO_NS_PER_MS },
	{ .name = "retrieval-url", .type = SLO_OPT_STR, .off = OFF(s.calls.retrieval), .metavar = "URL", .def = "",
	  .help = "GET this; without a 2xx answer the request fails with 502 or 504." },
	{ .name = "provider-url", .type = SLO_OPT_STR, .off = OFF(s.calls.provider), .metavar = "URL", .def = "",
	  .help = "Ask this chat completions server, http or https; its 429 is passed on, other failures are "
		  "502 or 504." },
	{ .name = "ca-file", .type = SLO_OPT_STR, .off = OFF(s.calls.ca_file), .metavar = "FILE", .def = "",
	  .help = "Certificates (PEM) https is verified against; the system's when not given." },
	{ .name = "fresh-connections", .type = SLO_OPT_FLAG, .off = OFF(s.calls.fresh),
	  .help = "Make a new connection, and TLS session, for each call." },
	{ .name = "call-timeout-ms", .type = SLO_OPT_DURATION, .off = OFF(s.calls.timeout_ns), .metavar = "MS",
	  .def = "10000", .help = "Time a call may take, in milliseconds.", .lo = 1, .hi = 600000, .unit_ns = SLO_NS_PER_MS },
	{ .name = "read-file", .type = SLO_OPT_STR, .off = OFF(s.calls.read_file), .metavar = "FILE", .def = "",
	  .help = "Read from this file, in blocks of 64 KiB at random places." },
	{ .name = "read-kib", .type = SLO_OPT_INT, .off = OFF(s.calls.read_kib), .metavar = "N", .def = "1024",
	  .help = "So much of it, in KiB.", .lo = 0, .hi = SLO_CALLS_READ_MAX },
	{ .name = "read-direct", .type = SLO_OPT_FLAG, .off = OFF(s.calls.read_direct),
	  .help = "Past the page cache (O_DIRECT)." },
	{ .name = "touch-mib", .type = SLO_OPT_INT, .off = OFF(s.calls.touch_mib), .metavar = "N", .def = "0",
	  .help = "Write to so much memory, in MiB, and hold it until the answer is complete.",
	  .lo = 0, .hi = SLO_CALLS_TOUCH_MAX },
	{ .name = NULL, .type = SLO_OPT_HELP, .help = "What it tells" },
	{ .name = "spans", .type = SLO_OPT_STR, .off = OFF(s.spans), .metavar = "ENDPOINT", .def = "",
	  .help = "Write span records of each request and call there." },
	{ .name = "otlp-url", .type = SLO_OPT_STR, .off = OFF(s.otlp), .metavar = "URL", .def = "",
	  .help = "Post them to this OpenTelemetry collector (OTLP over HTTP, JSON), \"http://host:4318/v1/traces\"." },
	{ .name = "service", .type = SLO_OPT_STR, .off = OFF(s.service), .metavar = "NAME", .def = "chat",
	  .help = "Service named in the spans." },
	SLO_OPT_END,
};

static const char *with_port(const struct serve_opts *o, char *to, size_t size)
{
	const char *colon = strrchr(o->s.listen, ':');

	if (o->port < 0 || !colon)
		return o->s.listen;
	snprintf(to, size, "%.*s:%lld", (int)(colon - o->s.listen), o->s.listen, (long long)o->port);
	return to;
}

static int announce(const struct serve_opts *o, const struct slo_serve *s)
{
	const char *colon = strrchr(o->s.listen, ':');
	struct slo_err err = { .what = "" };
	char text[SLO_NUM_MAX + 1];
	size_t n;

	printf("http://%.*s:%d\n", colon ? (int)(colon - o->s.listen) : 0, o->s.listen, slo_serve_port(s));
	if (fflush(stdout) && errno != EPIPE)
		return 1;
	if (!o->port_file[0])
		return 0;
	n = slo_fmt_i64(text, slo_serve_port(s));
	text[n++] = '\n';
	if (slo_file_replace(o->port_file, slo_str_n(text, n), &err) == 0)
		return 0;
	slo_warn_err(&err);
	return 1;
}

static void say_end(struct slo_serve *s)
{
	struct slo_serve_stats t;

	slo_serve_read_stats(s, &t);
	if (t.spans)
		slo_info("%llu spans, %llu of them lost", (unsigned long long)t.spans,
			 (unsigned long long)t.spans_dropped);
	if (t.failed)
		slo_info("%llu requests failed because a call did", (unsigned long long)t.failed);
	slo_info("%llu requests: %llu completed, %llu refused with 429, %llu bad, %llu abandoned; %llu tokens; %llu waited at most",
		 (unsigned long long)t.requests, (unsigned long long)t.completed, (unsigned long long)t.rejected,
		 (unsigned long long)t.bad, (unsigned long long)t.abandoned, (unsigned long long)t.tokens,
		 (unsigned long long)t.queue_high);
}

/* Blocked in every thread the server starts, so that only the main one's wait takes them. */
static void block_signals(sigset_t *before)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	sigprocmask(SIG_BLOCK, &stop, before);
	sigdelset(before, SIGINT);
	sigdelset(before, SIGTERM);
	sigdelset(before, SIGHUP);
}

static int run(void *opt, int argc, char **argv)
{
	struct serve_opts *o = opt;
	struct slo_serve_stats t;
	struct slo_err err = { .what = "" };
	struct slo_serve *s;
	char listen[128];
	sigset_t before;
	int ret;

	(void)argc;
	(void)argv;
	slo_log_init("loadgen", o->quiet);
	if (o->s.ttft[0] && slo_opts_origin("prefill-ms") == SLO_ORIGIN_DEFAULT)
		o->s.prefill_ms = 0;
	if (o->s.gap[0] && slo_opts_origin("token-ms") == SLO_ORIGIN_DEFAULT)
		o->s.token_ms = 0;
	loadgen_catch_signals();
	block_signals(&before);
	loadgen_raise_nofile((uint64_t)o->s.connections + 32);
	o->s.listen = with_port(o, listen, sizeof(listen));
	ret = slo_serve_start(&o->s, &s, &err);
	if (ret) {
		slo_err_set(&err, ret, "%s", slo_strerror(ret));
		slo_warn_err(&err);
		return ret == -EINVAL || ret == -ENOENT ? 2 : 1;
	}
	slo_serve_read_stats(s, &t);
	if (o->s.engine == SLO_ENGINE_WORKERS)
		slo_info("calibrated: %.0f iterations per ms of CPU, rounds differ by %.1f %%", t.iterations_per_ms,
			 100 * t.calibration_spread);
	ret = announce(o, s);
	while (!ret && !loadgen_stop)
		sigsuspend(&before);
	say_end(s);
	slo_serve_stop(s);
	return ret;
}

const struct slo_cmd loadgen_serve = {
	.name = "serve",
	.summary = "be an OpenAI-compatible server whose answers cost real time",
	.opts = opts,
	.opts_size = sizeof(struct serve_opts),
	.run = run,
};
