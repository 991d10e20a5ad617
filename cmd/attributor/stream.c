/* SPDX-License-Identifier: MIT */
/* Records in, incidents out, as they come. */
#include "attributor.h"
#include "checkpoint.h"

#include "base/log.h"
#include "base/time.h"
#include "incident/incident.h"

#include <inttypes.h>

enum {
	DRAIN_LINES = 65536, /* read after a signal: what was sent already, within reason */
	CLOCK_LINES = 1024,  /* between two looks at the clock for a checkpoint, while lines keep coming */
};

/* Fault labels are not among them: the truth is nobody's business here. */
static const uint32_t kinds = 1u << SLO_KIND_SLO | 1u << SLO_KIND_SLI_WINDOW | 1u << SLO_KIND_WINDOW |
			      1u << SLO_KIND_PROBE;

struct stream {
	struct attributor *a;
	struct slo_incidents *inc;
	struct checkpoint checkpoint;
	bool broken;         /* the output takes no more */
	int64_t heard_ns;    /* monotonic time of the last line */
	bool current;        /* the last record was about now, so its clock may be driven on */
};

static void emit(void *arg, const struct slo_incident *inc)
{
	struct stream *s = arg;

	if (s->broken || checkpoint_told(&s->checkpoint, inc))
		return;
	if (attributor_write(s->a, inc))
		checkpoint_note(&s->checkpoint, inc);
	else
		s->broken = true;
}

static void take(struct stream *s)
{
	struct attributor *a = s->a;

	if (a->ev.kind >= 0 && kinds >> a->ev.kind & 1)
		slo_incidents_event(s->inc, &a->ev);
	else
		a->skipped++;
}

static void take_line(struct stream *s, struct slo_str line, int bare)
{
	struct attributor *a = s->a;
	struct slo_err err = { .what = "" };
	int r = slo_event_decode(&a->ctx, line.p, line.len, bare, kinds, &a->ev, &err);

	if (r < 0)
		attributor_note(a, line, &err);
	else if (r == SLO_EVENT_SKIPPED)
		a->skipped++;
	else
		take(s);
}

/* A live source fell silent: time goes on without it. A replay's clock stands still with its records. */
static void idle(struct stream *s)
{
	int64_t seen = slo_incidents_seen_ns(s->inc);
	int64_t silent = slo_now_mono_ns() - s->heard_ns;

	if (s->current && seen != SLO_ABSENT_I64)
		slo_incidents_advance(s->inc, seen + silent - s->a->o->lateness_ns);
}

static void heard(struct stream *s)
{
	int64_t seen = slo_incidents_seen_ns(s->inc), behind = slo_now_wall_ns() - seen;

	s->heard_ns = slo_now_mono_ns();
	s->current = seen != SLO_ABSENT_I64 && behind > -60 * SLO_NS_PER_S && behind < 60 * SLO_NS_PER_S;
}

static int follow(struct stream *s, int bare)
{
	struct slo_reader *in = s->a->filter.in;
	struct slo_err err = { .what = "" };
	struct slo_str line;
	uint32_t left = DRAIN_LINES;
	uint32_t lines = 0;
	bool waited = true;

	while (!s->broken && left) {
		/* The clock is read when the input pauses, not for every line of a flood. */
		int r = slo_reader_next(in, &line, s->a->live && !waited ? 0 : attributor_stop ? 0 : 1000);

		left -= attributor_stop != 0;
		switch (r) {
		case SLO_READ_LINE:
			waited = false;
			take_line(s, line, bare);
			if (++lines % CLOCK_LINES == 0)
				checkpoint_tick(&s->checkpoint, s->inc);
			break;
		case SLO_READ_TOO_LONG:
			attributor_note(s->a, slo_str(NULL), &err);
			break;
		case SLO_READ_TIMEOUT:
			if (attributor_stop)
				return 0;
			if (!waited)
				heard(s);
			else
				idle(s);
			waited = true;
			checkpoint_tick(&s->checkpoint, s->inc);
			break;
		case SLO_READ_EOF:
			return 0;
		case SLO_READ_WAKE:
			break;
		default:
			slo_warn("%s: %s", slo_reader_name(in), slo_reader_why(in, r));
			return 1;
		}
	}
	return 0;
}

static void report(const struct stream *s)
{
	struct slo_incidents_stats st;
	uint64_t n = 0;

	slo_incidents_stats(s->inc, &st);
	for (int k = 0; k < SLO_KIND__COUNT; k++)
		n += st.events[k];
	slo_info("%" PRIu64 " records (%" PRIu64 " sli_window, %" PRIu64 " slo, %" PRIu64 " window, %" PRIu64
		 " probe), %" PRIu64 " not used",
		 n, st.events[SLO_KIND_SLI_WINDOW], st.events[SLO_KIND_SLO], st.events[SLO_KIND_WINDOW],
		 st.events[SLO_KIND_PROBE], s->a->skipped);
	slo_info("incident lines: %" PRIu64 " open, %" PRIu64 " updated, %" PRIu64 " resolved, %" PRIu64
		 " stale; %" PRIu32 " open at the end",
		 st.lines[SLO_INCIDENT_STATUS_OPEN], st.lines[SLO_INCIDENT_STATUS_UPDATED],
		 st.lines[SLO_INCIDENT_STATUS_RESOLVED], st.lines[SLO_INCIDENT_STATUS_STALE],
		 slo_incidents_open(s->inc));
	slo_info("late %" PRIu64 ", ahead %" PRIu64 ", invalid %" PRIu64 ", without objective %" PRIu64
		 ", rejudged %" PRIu64 ", judged by another threshold %" PRIu64,
		 st.late, st.ahead, st.invalid, st.no_objective, st.rejudged, st.foreign);
	slo_info("services %" PRIu64 " (%" PRIu64 " evicted), nodes evicted %" PRIu64 ", node overflow %" PRIu64
		 ", names cut %" PRIu64 ", windows late %" PRIu64 ", windows refused %" PRIu64
		 ", out of memory %" PRIu64,
		 st.services, st.services_evicted, st.nodes_evicted, st.node_overflow, st.cut, st.evidence_late,
		 st.evidence_refused, st.out_of_memory);
	if (st.parents)
		slo_info("incidents of nodes %" PRIu64 ", with %" PRIu64 " lines; children over their bound %" PRIu64,
			 st.parents, st.parent_lines, st.children_overflow);
	if (s->checkpoint.path)
		slo_info("checkpoints %" PRIu64 " (%" PRIu64 " failed), records that it held already %" PRIu64
			 ", not remembered %" PRIu64 ", lines not repeated %" PRIu64,
			 s->checkpoint.written, s->checkpoint.failed, st.repeated, st.unremembered,
			 s->checkpoint.repeated);
	slo_info("probes without a service known %" PRIu64 ", refused %" PRIu64, st.probes_homeless, st.probes_refused);
	slo_info("unknown members %" PRIu64 ", array elements over their bound %" PRIu64, s->a->ctx.unknown,
		 s->a->ctx.truncated);
}

int stream_run(struct attributor *a, int bare)
{
	struct stream s = { .a = a };
	struct slo_incidents_opts o;
	struct slo_err err = { .what = "" };
	int status;

	if (a->o->summary_out[0] || a->o->confusion_out[0]) {
		slo_warn("--summary-out and --confusion-out need fault samples; %s holds %s records", a->o->input,
			 slo_enum_name(&slo_kind_enum, a->ev.kind));
		return 2;
	}
	slo_incidents_opts_default(&o);
	o.config = &a->config;
	o.model = a->model;
	o.lateness_ns = a->o->lateness_ns;
	o.update_every_ns = a->o->update_every_ns;
	o.stale_after_ns = a->o->stale_after_ns;
	o.remember = a->o->checkpoint[0] != '\0';
	o.emit = emit;
	o.arg = &s;
	if (slo_incidents_new(&o, &s.inc, &err)) {
		slo_err_set(&err, 0, "out of memory");
		slo_warn_err(&err);
		return 2;
	}
	if (checkpoint_start(&s.checkpoint, a->o->checkpoint, a->o->checkpoint_every_ns, s.inc, &err)) {
		slo_warn_err(&err);
		checkpoint_end(&s.checkpoint, NULL);
		slo_incidents_free(s.inc);
		return 2;
	}
	take(&s);
	heard(&s);
	status = follow(&s, bare);
	/* With a checkpoint the end is not the end: what comes next decides about what lateness holds back. */
	if (!s.checkpoint.path)
		slo_incidents_drain(s.inc);
	/* What nobody took was not told: the checkpoint before knows nothing of it. */
	status |= checkpoint_end(&s.checkpoint, s.broken ? NULL : s.inc);
	if (a->o->stats || attributor_stop)
		report(&s);
	slo_incidents_free(s.inc);
	return status;
}
