/* SPDX-License-Identifier: MIT */
/* The options of faultreplay. */
#include "replay.h"

#include "base/num.h"

#include <errno.h>

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

const struct slo_opt replay_options[] = {
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

static bool is_set(const char *option)
{
	return slo_opts_origin(option) != SLO_ORIGIN_DEFAULT;
}

int replay_settle(struct replay *r, struct replay_opts *o, struct slo_err *err)
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

void replay_filter(const struct replay_opts *o, struct slo_recorded_filter *f)
{
	*f = (struct slo_recorded_filter){ scenarios[o->scenario], o->domain - 1, o->split - 1, o->stratum - 1,
					   o->place[0] ? o->place : NULL, o->profile[0] ? o->profile : NULL, o->stream };
}
