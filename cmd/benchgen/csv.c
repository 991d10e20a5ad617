/* SPDX-License-Identifier: MIT */
/* The tables: what was not measured is an empty cell. */
#include "benchgen.h"

#include "base/time.h"
#include "stat/proportion.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

void csv_field(struct slo_buf *to, const char *s)
{
	if (!strpbrk(s, ",\"\r\n")) {
		slo_buf_adds(to, s);
		return;
	}
	slo_buf_addc(to, '"');
	for (; *s; s++) {
		if (*s == '"')
			slo_buf_addc(to, '"');
		/* No reader of ours takes a line end inside a field. */
		if (*s == '\r' || *s == '\n')
			slo_buf_addc(to, ' ');
		else
			slo_buf_addc(to, *s);
	}
	slo_buf_addc(to, '"');
}

void domains_add(struct slo_buf *to, uint32_t set)
{
	const char *between = "";

	if (!set)
		slo_buf_adds(to, "none");
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		if (set >> d & 1) {
			slo_buf_addf(to, "%s%s", between, slo_domain_enum.names[d]);
			between = "+";
		}
}

const char *class_name(int class)
{
	return class == SLO_TALLY_NONE ? "none" : slo_domain_enum.names[class];
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(class_name(*(const int *)a), class_name(*(const int *)b));
}

void classes_by_name(int order[SLO_TALLY_CLASSES])
{
	for (int i = 0; i < SLO_TALLY_CLASSES; i++)
		order[i] = i;
	qsort(order, SLO_TALLY_CLASSES, sizeof(order[0]), compare_names);
}

static void moment(struct slo_buf *to, int64_t ns)
{
	char when[SLO_RFC3339_MAX];

	if (ns != SLO_ABSENT_I64)
		slo_buf_add(to, when, slo_fmt_rfc3339(when, ns));
	slo_buf_addc(to, ',');
}

static void number(struct slo_buf *to, int decimals, double v)
{
	char cell[64];

	if (!isnan(v)) {
		(void)!snprintf(cell, sizeof(cell), "%.*f", decimals, v);
		slo_buf_adds(to, cell);
	}
}

static const char *first_named(const struct bench *b, int method, size_t i)
{
	const struct slo_outcome *o = &b->out[method][i];

	if (b->result[method].absent)
		return "";
	return o->found ? slo_domain_enum.names[o->domain] : "none";
}

/* The domain the truth is told by where there is room for one: of several the first. */
static const char *first_true(uint32_t truth)
{
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		if (truth >> d & 1)
			return slo_domain_enum.names[d];
	return "none";
}

static const char *yes_no(bool v)
{
	return v ? "true" : "false";
}

static void prediction(struct slo_buf *to, const struct bench *b, size_t i)
{
	static const char *const kinds[] = { "single", "dual", "triple", "outside", "healthy", "below" };
	const struct slo_outcome *o = &b->out[METHOD_OURS][i];
	const struct slo_case *c = &b->cases[i];
	const struct slo_recorded *r = b->items[i].rec;
	bool correct = c->truth ? slo_outcome_correct(o, c) : !o->found;

	moment(to, o->at_ns);
	csv_field(to, b->items[i].id);
	slo_buf_addc(to, ',');
	csv_field(to, b->items[i].scenario);
	slo_buf_addc(to, ',');
	moment(to, c->timed ? c->fault_start_ns : SLO_ABSENT_I64);
	moment(to, c->timed ? c->fault_end_ns : SLO_ABSENT_I64);
	slo_buf_addf(to, "%s,%s,", first_named(b, METHOD_OURS, i), first_true(c->truth));
	number(to, 2, o->found ? o->confidence : NAN);
	slo_buf_addc(to, ',');
	number(to, 3, slo_outcome_delay_s(o, c));
	slo_buf_addf(to, ",%s,%s,", yes_no(correct), kinds[slo_case_kind(c)]);
	domains_add(to, o->found ? o->named : 0);
	slo_buf_addc(to, ',');
	domains_add(to, c->truth);
	slo_buf_addf(to, ",%s,%s,%s,%s", yes_no(c->truth && slo_outcome_exact(o, c)),
		     yes_no(c->truth && c->positive && !o->found),
		     yes_no(o->found && o->domain == SLO_DOMAIN_UNKNOWN),
		     yes_no(o->alarm[SLO_CALM_BASELINE] || o->alarm[SLO_CALM_CONTROL]));
	slo_buf_addf(to, ",%s,%s", first_named(b, METHOD_RULES, i), first_named(b, METHOD_LOUDEST, i));
	if (r)
		slo_buf_addf(to, ",%.*s,%.*s,%s,%.*s\n", SLO_STR_ARG(r->place), SLO_STR_ARG(r->profile),
			     slo_enum_name(&slo_split_enum, r->split), SLO_STR_ARG(r->run));
	else
		slo_buf_adds(to, ",,,,\n");
}

void write_predictions(struct slo_buf *to, const struct bench *b)
{
	slo_buf_adds(to, "timestamp,incident_id,scenario,fault_start_ts,fault_end_ts,predicted_fault_domain,"
			 "ground_truth_fault_domain,confidence,detection_delay_seconds,is_correct,stratum,"
			 "predicted_domains,ground_truth_domains,is_exact,is_missed,is_abstain,is_false_alarm,"
			 "rules_fault_domain,largest_z_fault_domain,place,profile,split,run\n");
	for (size_t i = 0; i < b->count; i++)
		prediction(to, b, i);
}

void write_confusion(struct slo_buf *to, const struct bench *b)
{
	const struct slo_confusion *m = &b->result[METHOD_OURS].tally.all;
	int order[SLO_TALLY_CLASSES];

	classes_by_name(order);
	slo_buf_adds(to, "actual,predicted,count\n");
	for (int i = 0; i < SLO_TALLY_CLASSES; i++)
		for (int k = 0; k < SLO_TALLY_CLASSES; k++)
			if (m->count[order[i]][order[k]])
				slo_buf_addf(to, "%s,%s,%" PRIu64 "\n", class_name(order[i]), class_name(order[k]),
					     m->count[order[i]][order[k]]);
}

static void interval(struct slo_buf *to, uint64_t k, uint64_t n)
{
	double lo = NAN, hi = NAN;

	if (n)
		slo_wilson(k, n, 0.95, &lo, &hi);
	slo_buf_addc(to, ',');
	number(to, 6, lo);
	slo_buf_addc(to, ',');
	number(to, 6, hi);
}

static void class_row(struct slo_buf *to, const char *name, const struct slo_class_score *s, const char *basis)
{
	slo_buf_addf(to, "%s,", name);
	number(to, 6, s->precision);
	slo_buf_addc(to, ',');
	number(to, 6, s->recall);
	slo_buf_addc(to, ',');
	number(to, 6, s->f1);
	slo_buf_addf(to, ",%" PRIu64, s->support);
	interval(to, s->tp, s->tp + s->fp);
	interval(to, s->tp, s->support);
	slo_buf_addf(to, ",%s\n", basis);
}

void write_classes(struct slo_buf *to, const struct bench *b)
{
	const struct slo_tally *t = &b->result[METHOD_OURS].tally;
	struct slo_class_score s;

	slo_buf_adds(to, "fault_domain,precision,recall,f1,support,precision_low,precision_high,recall_low,recall_high,"
			 "basis\n");
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++) {
		slo_confusion_class(&t->single, d, &s);
		class_row(to, slo_domain_enum.names[d], &s, "single");
	}
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		class_row(to, slo_domain_enum.names[d], &t->set[d], "set");
}

void write_overhead(struct slo_buf *to, const struct bench *b)
{
	slo_buf_adds(to, "timestamp,node,collector_cpu_pct,collector_memory_mb,events_per_second,dropped_events,"
			 "bpf_cpu_pct,incident_id\n");
	for (size_t i = 0; i < b->costs.count; i++) {
		const struct cost *c = &b->costs.rows[i];

		moment(to, c->at_ns);
		csv_field(to, c->node[0] ? c->node : "unknown");
		slo_buf_addc(to, ',');
		number(to, 2, c->cpu_pct);
		slo_buf_addc(to, ',');
		number(to, 2, c->memory_mb);
		slo_buf_addc(to, ',');
		number(to, 1, c->events_s);
		slo_buf_addc(to, ',');
		number(to, 0, c->dropped);
		slo_buf_addc(to, ',');
		number(to, 2, c->bpf_cpu_pct);
		slo_buf_addc(to, ',');
		csv_field(to, b->items[c->incident].id);
		slo_buf_addc(to, '\n');
	}
}
