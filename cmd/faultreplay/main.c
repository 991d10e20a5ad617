/* SPDX-License-Identifier: MIT */
/* faultreplay: recorded incidents again, as fault samples or as the records the agent wrote. */
#include "replay.h"

#include "base/log.h"
#include "base/num.h"
#include "opt/opt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define OFF(m, C) SLO_OPT_OFF(struct replay_opts, m, C)
#define NAME(id, name) name,

static const char *const scenarios[] = { "provider_throttle", "dns_latency", "cpu_throttle", "memory_pressure",
					 "network_partition", "mixed", "mixed_multi", "dns_drop", "dns_servfail",
					 "egress_loss", "egress_delay", "cpu_contention", "provider_error",
					 "retrieval_slowdown", "disk_slow", "baseline", "any", NULL };
static const char *const domains[] = { "any", SLO_DOMAINS(NAME) NULL };
static const char *const splits[] = { "any", SLO_SPLITS(NAME) NULL };
static const char *const strata[] = { "any", SLO_STRATA(NAME) NULL };
static const char *const streams[] = { SLO_STREAMS(NAME) NULL };
static const char *const formats[] = { "samples", "records", NULL };
static const char *const times[] = { "recorded", "now", NULL };

static const struct slo_opt opts[] = {
	{ .name = "scenario", .type = SLO_OPT_CHOICE, .off = OFF(scenario, int), .metavar = "NAME",
	  .def = "mixed", .choices = scenarios,
	  .help = "Which incidents: of one fault; mixed takes the first five faults in turn, mixed_multi has two or three at "
		  "once, baseline nothing, any is all." },
	{ .name = "count", .type = SLO_OPT_INT, .off = OFF(count, int64_t), .metavar = "N", .def = "30",
	  .lo = 1, .hi = 1e9,
	  .help = "Incidents to write, each once before any comes again; unset, 1 with --format records." },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out, const char *), .metavar = "ENDPOINT",
	  .def = "artifacts/fault-replay/fault_samples.jsonl",
	  .help = "Where to, NDJSON: -, a file, unix:PATH or unix-listen:PATH; unset, - with --format records." },
	{ .name = "incidents", .type = SLO_OPT_STR, .off = OFF(incidents, const char *), .metavar = "DIR",
	  .def = "testdata/incidents",
	  .help = "Folder of the recorded set, with its manifest.jsonl." },
	{ .name = "format", .type = SLO_OPT_CHOICE, .off = OFF(format, int), .metavar = "WHAT", .def = "samples",
	  .choices = formats,
	  .help = "samples: a fault_sample for each incident, its signals as measured; records: the agent's records." },
	{ .name = "stream", .type = SLO_OPT_CHOICE, .off = OFF(stream, int), .metavar = "WHICH", .def = "tracing",
	  .choices = streams,
	  .help = "Which of the two agents that recorded each incident." },
	{ .name = "seed", .type = SLO_OPT_INT, .off = OFF(seed, int64_t), .metavar = "N", .def = "1", .lo = 0, .hi = 9e18,
	  .help = "Order of the incidents; the same seed gives the same." },
	{ .type = SLO_OPT_HELP, .help = "Only some of the incidents:" },
	{ .name = "domain", .type = SLO_OPT_CHOICE, .off = OFF(domain, int), .metavar = "NAME", .def = "any",
	  .choices = domains, .help = "Those with this fault domain." },
	{ .name = "split", .type = SLO_OPT_CHOICE, .off = OFF(split, int), .metavar = "NAME", .def = "any",
	  .choices = splits, .help = "Those of this part of the set." },
	{ .name = "stratum", .type = SLO_OPT_CHOICE, .off = OFF(stratum, int), .metavar = "NAME", .def = "any",
	  .choices = strata,
	  .help = "Those of this kind; a scenario's fault may then be one of several." },
	{ .name = "place", .type = SLO_OPT_STR, .off = OFF(place, const char *), .metavar = "NAME", .def = "",
	  .help = "Those recorded there: host, 6.1, 6.12." },
	{ .name = "profile", .type = SLO_OPT_STR, .off = OFF(profile, const char *), .metavar = "NAME", .def = "",
	  .help = "Those of this workload: chat, rag, batch." },
	{ .type = SLO_OPT_HELP, .help = "With --format records:" },
	{ .name = "speed", .type = SLO_OPT_STR, .off = OFF(speed, const char *), .metavar = "SPEED", .def = "fastest",
	  .help = "Pace: fastest, recorded, or a number of times as fast as recorded." },
	{ .name = "at", .type = SLO_OPT_CHOICE, .off = OFF(at, int), .metavar = "WHEN", .def = "recorded",
	  .choices = times,
	  .help = "Times in the records: recorded, line for line; now, as if it began now, marked as a replay." },
	{ .name = "labels", .type = SLO_OPT_STR, .off = OFF(labels, const char *), .metavar = "ENDPOINT", .def = "",
	  .help = "Write the fault_label records there; they are never among the others." },
	SLO_OPT_END,
};

volatile sig_atomic_t replay_stop;

static void on_signal(int sig)
{
	(void)sig;
	replay_stop = 1;
}

static void catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static bool is_set(const char *option)
{
	return slo_opts_origin(option) != SLO_ORIGIN_DEFAULT;
}

/* Settings that hang on others. Return: 0; -EINVAL with @err. */
static int settle(struct replay *r, struct replay_opts *o, struct slo_err *err)
{
	static const char *const of_records[] = { "speed", "at", "labels" };
	bool records = o->format == REPLAY_RECORDS;

	for (size_t i = 0; !records && i < SLO_ARRAY_LEN(of_records); i++)
		if (is_set(of_records[i]))
			return slo_err_set(err, -EINVAL, "--%s is for --format records", of_records[i]);
	if (records && !is_set("count"))
		o->count = 1;
	if (records && !is_set("out"))
		o->out = "-";
	if (strcmp(o->speed, "recorded") == 0)
		r->speed = 1;
	else if (strcmp(o->speed, "fastest") != 0 &&
		 (slo_parse_f64(slo_str(o->speed), &r->speed) || !(r->speed > 0 && r->speed <= 1e6)))
		return slo_err_set(err, -EINVAL, "--speed: want fastest, recorded or a number up to 1000000, got \"%s\"", o->speed);
	return 0;
}

static void set_filter(const struct replay_opts *o, struct slo_recorded_filter *f)
{
	*f = (struct slo_recorded_filter){ scenarios[o->scenario], o->domain - 1, o->split - 1, o->stratum - 1,
					   o->place[0] ? o->place : NULL, o->profile[0] ? o->profile : NULL, o->stream };
}

static int open_outputs(struct replay *r, struct slo_err *err)
{
	struct slo_writer_opts w = { .streaming = r->speed > 0 };
	int rc = slo_writer_open(r->o->out, &w, &r->out, err);

	if (!rc && r->o->labels[0])
		rc = slo_writer_open(r->o->labels, &w, &r->labels, err);
	return rc;
}

/* Return: incidents written; negative errno with @err. */
static int64_t write_all(struct replay *r, struct slo_recorded_choice *c, struct slo_err *err)
{
	uint32_t *written = calloc(r->set.count, sizeof(*written));
	int64_t n = 0;
	int rc = written ? 0 : -ENOMEM;

	while (!rc && n < r->o->count && !r->broken && !replay_stop) {
		int64_t at = slo_recorded_choice_next(c);
		const struct slo_recorded *inc = &r->set.items[at];

		rc = r->o->format == REPLAY_SAMPLES ? replay_sample(r, inc, written[at]++, err) : replay_records(r, inc, err);
		n += rc == 0 && !r->broken;
	}
	free(written);
	return rc ? rc : n;
}

static void tell(const struct replay *r, int64_t n, uint32_t distinct)
{
	if (r->o->format == REPLAY_SAMPLES && strcmp(r->o->out, "-") != 0)
		printf("wrote %" PRId64 " replay samples to %s\n", n, r->o->out);
	if (n > distinct)
		slo_info("%" PRId64 " written, %" PRIu32 " of them distinct: no more incidents match", n, distinct);
}

static int close_writer(struct slo_writer *w)
{
	struct slo_err err = { "", "" };
	int rc = w ? slo_writer_close(w, &err) : 0;

	if (rc == 0 || rc == -EPIPE)
		return 0;
	slo_warn_err(&err);
	return 1;
}

static int replay(struct replay *r, struct slo_recorded_choice *c)
{
	struct slo_err err = { "", "" };
	int64_t n = 0;
	int status;

	if (open_outputs(r, &err)) {
		slo_warn_err(&err);
		status = 1;
	} else {
		n = write_all(r, c, &err);
		status = n < 0;
		if (n == -ENOMEM)
			slo_err_set(&err, -ENOMEM, "%s", slo_strerror(-ENOMEM));
		if (n < 0)
			slo_warn_err(&err);
	}
	status |= close_writer(r->out) | close_writer(r->labels);
	if (r->malformed)
		slo_warn("%" PRIu64 " malformed line%s left out", r->malformed, r->malformed == 1 ? "" : "s");
	if (r->immovable)
		slo_warn("%" PRIu64 " record%s of unknown kinds left out: their times could not be moved", r->immovable,
			 r->immovable == 1 ? "" : "s");
	if (status == 0)
		tell(r, n, c->distinct);
	return status || r->malformed;
}

static int run(void *opts_struct, int argc, char **argv)
{
	struct replay_opts *o = opts_struct;
	struct replay r = { .o = o };
	struct slo_recorded_choice c = { .turn = 0 };
	struct slo_recorded_filter f;
	struct slo_err err = { "", "" };
	int status;

	(void)argc;
	(void)argv;
	set_filter(o, &f);
	if (settle(&r, o, &err) || replay_load(&r.set, o->incidents, &err) ||
	    slo_recorded_choice_init(&c, &r.set, &f, (uint64_t)o->seed)) {
		slo_warn_err(&err);
		slo_recorded_set_fini(&r.set);
		return 2;
	}
	catch_signals();
	slo_rec_ctx_init(&r.ctx);
	slo_buf_init(&r.line, SLO_LINE_MAX);
	if (c.distinct == 0) {
		slo_warn("none of the %" PRIu32 " incidents of %s is what was asked for", r.set.count, o->incidents);
		status = 1;
	} else {
		status = replay(&r, &c);
	}
	slo_buf_fini(&r.line);
	slo_rec_ctx_fini(&r.ctx);
	slo_recorded_choice_fini(&c);
	slo_recorded_set_fini(&r.set);
	return status;
}

int main(int argc, char **argv)
{
	static const struct slo_cmd tool = {
		.name = "faultreplay",
		.summary = "replay recorded incidents: as fault samples with measured signals, or as the agent's records",
		.opts = opts,
		.opts_size = sizeof(struct replay_opts),
		.run = run,
	};

	return slo_cmd_main(&tool, argc, argv);
}
