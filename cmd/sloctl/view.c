/* SPDX-License-Identifier: MIT */
#include "view.h"

#include "base/time.h"
#include "event/tables.h"
#include "line.h"
#include "piece.h"
#include "render/bar.h"
#include "render/grid.h"

#include <math.h>
#include <stdio.h>

enum {
	SHOWN_EVIDENCE = 3,
	SHOWN_HYPOTHESES = 5,
	DOMAIN_WIDTH = 18,
	BAR_WIDTH_MAX = 40,
	ID_ROOM = 12, /* columns the name keeps when an incident id is long */
};
#define SHOWN_FROM 0.01 /* posterior below which only the first hypothesis is shown */

static const struct {
	const char *word, *mark, *ascii_mark;
	enum slo_style style;
} statuses[SLO_INCIDENT_STATUS__COUNT] = {
	[SLO_INCIDENT_STATUS_OPEN] = { "OPEN", "●", "*", SLO_STYLE_BAD },
	[SLO_INCIDENT_STATUS_UPDATED] = { "OPEN", "●", "*", SLO_STYLE_BAD },
	[SLO_INCIDENT_STATUS_RESOLVED] = { "RESOLVED", "✓", "+", SLO_STYLE_GOOD },
	[SLO_INCIDENT_STATUS_STALE] = { "STALE", "○", "?", SLO_STYLE_WARN },
};

static int status_of(const struct slo_incident *inc)
{
	return inc->status < 0 ? SLO_INCIDENT_STATUS_OPEN : inc->status;
}

static void add_header(struct slo_buf *out, const struct slo_incident *inc, const struct slo_term *t)
{
	const struct slo_str parts[] = { inc->cluster, inc->namespace, inc->service };
	int status = status_of(inc), id_width = slo_text_width(inc->incident_id, t), room;
	struct line l = { out, t, t->width, true };

	line_add(&l, (int)statuses[status].style, "%s %s", t->utf8 ? statuses[status].mark : statuses[status].ascii_mark,
		 statuses[status].word);
	line_str(&l, STYLE_NONE, slo_str("  "));
	if (id_width > l.left - ID_ROOM)
		id_width = l.left - ID_ROOM;
	room = id_width + 2;
	l.left -= room;
	for (size_t i = 0; i < SLO_ARRAY_LEN(parts); i++) {
		bool last = i + 1 == SLO_ARRAY_LEN(parts);

		line_str(&l, last ? SLO_STYLE_BOLD : STYLE_NONE, parts[i]);
		if (!last && parts[i].len > 0)
			line_str(&l, STYLE_NONE, slo_str("/"));
	}
	if (inc->source > SLO_SOURCE_LIVE)
		line_add(&l, SLO_STYLE_WARN, " [%s]", slo_enum_name(&slo_source_enum, inc->source));
	slo_text_pad(out, l.left + 2);
	l.left = room - 2;
	line_str(&l, SLO_STYLE_DIM, inc->incident_id);
	line_end(&l);
}

static void add_since(struct slo_buf *out, const struct slo_incident *inc, const struct slo_term *t)
{
	struct line l = line_start(out, t, "since");
	int status = status_of(inc);
	char text[PIECE_MAX];

	if (inc->started_at == SLO_ABSENT_I64) {
		line_part(&l, STYLE_NONE, "not known, reported %s", piece_time(text, inc->timestamp));
		line_end(&l);
		return;
	}
	line_part(&l, STYLE_NONE, "%s,", piece_time(text, inc->started_at));
	if (inc->detected_at != SLO_ABSENT_I64)
		line_part(&l, STYLE_NONE, "detected after %s,", piece_span(text, inc->started_at, inc->detected_at));
	if (status == SLO_INCIDENT_STATUS_RESOLVED && inc->resolved_at != SLO_ABSENT_I64)
		line_part(&l, STYLE_NONE, "lasted %s", piece_span(text, inc->started_at, inc->resolved_at));
	else if (status == SLO_INCIDENT_STATUS_STALE)
		line_part(&l, SLO_STYLE_WARN, "without data %s later", piece_span(text, inc->started_at, inc->timestamp));
	else
		line_part(&l, STYLE_NONE, "%s so far", piece_span(text, inc->started_at, inc->timestamp));
	line_end(&l);
}

static void add_impact(struct slo_buf *out, const struct slo_incident *inc, const struct slo_term *t)
{
	const struct slo_impact *i = &inc->slo_impact;
	struct slo_str unit = piece_unit(i);
	bool more = !isnan(i->baseline) || !isnan(i->threshold) || piece_is_error_rate(i->sli);
	struct line l = line_start(out, t, "impact");
	char text[PIECE_MAX];

	line_str(&l, SLO_STYLE_ACCENT, i->sli);
	if (!isnan(i->value))
		line_part(&l, SLO_STYLE_BOLD, "%s%s", piece_quantity(text, i->value, unit, t), more ? "," : "");
	if (!isnan(i->baseline))
		line_part(&l, STYLE_NONE, "before %s,", piece_quantity(text, i->baseline, unit, t));
	piece_objective(text, i, t);
	if (text[0])
		line_part(&l, STYLE_NONE, "%s", text);
	line_end(&l);
}

static void add_burn(struct slo_buf *out, const struct slo_incident *inc, const struct slo_term *t)
{
	const struct slo_impact *i = &inc->slo_impact;
	const char *times = t->utf8 ? "×" : "x";
	double seconds = isnan(i->window_seconds) ? (double)i->window_minutes * 60 : i->window_seconds;
	bool counted = i->valid != SLO_ABSENT_I64 && i->bad != SLO_ABSENT_I64;
	struct line l = line_start(out, t, "burn");
	char text[PIECE_MAX] = "the long window";

	if (seconds >= 0 && seconds < 1e9)
		piece_span(text, 0, (int64_t)(seconds * 1e9));
	if (!isnan(i->burn_rate_short))
		line_part(&l, SLO_STYLE_BOLD, "%.3g%s in the short window,", i->burn_rate_short, times);
	line_part(&l, SLO_STYLE_BOLD, "%.3g%s in %s%s", i->burn_rate, times, text, counted ? "," : "");
	if (counted)
		line_part(&l, STYLE_NONE, "%lld of %lld requests bad", (long long)i->bad, (long long)i->valid);
	line_end(&l);
}

static void add_hypothesis(struct slo_buf *out, const char *label, struct slo_str domain, double posterior, bool first,
			   const struct slo_term *t)
{
	struct line l = line_start(out, t, label);
	int width = l.left - DOMAIN_WIDTH - 1 - 7;
	struct slo_buf b;

	if (first)
		slo_style_on(out, t, SLO_STYLE_BOLD);
	slo_text_cell(out, domain, DOMAIN_WIDTH, SLO_ALIGN_LEFT, t);
	slo_style_off(out, t);
	slo_buf_addc(out, ' ');
	slo_style_on(out, t, first ? SLO_STYLE_BAD : SLO_STYLE_DIM);
	slo_bar_add(out, posterior, width < BAR_WIDTH_MAX ? width : BAR_WIDTH_MAX, t);
	slo_style_off(out, t);
	slo_buf_init(&b, 32);
	slo_percent_add(&b, posterior);
	slo_text_cell(out, slo_buf_str(&b), 7, SLO_ALIGN_RIGHT, t);
	slo_buf_fini(&b);
	slo_buf_addc(out, '\n');
}

static void add_causes(struct slo_buf *out, const struct slo_incident *inc, const struct slo_term *t)
{
	uint32_t shown = 0;

	for (uint32_t i = 0; i < inc->fault_hypotheses_count && shown < SHOWN_HYPOTHESES; i++) {
		const struct slo_hypothesis *h = &inc->fault_hypotheses[i];

		if (i > 0 && h->posterior < SHOWN_FROM)
			continue;
		add_hypothesis(out, shown ? "" : "cause", h->domain, h->posterior, shown == 0, t);
		shown++;
	}
	if (shown == 0)
		add_hypothesis(out, "cause", slo_str(slo_enum_name(&slo_domain_enum, inc->predicted_fault_domain)),
			       inc->confidence, true, t);
	if (inc->detail > SLO_DETAIL_NONE) {
		struct line l = line_start(out, t, "");

		line_add(&l, SLO_STYLE_DIM, "kind of cpu_throttle: %s", slo_enum_name(&slo_detail_enum, inc->detail));
		line_end(&l);
	}
}

static void add_value_cell(struct slo_grid *g, const struct slo_evidence *e, const struct slo_term *t)
{
	struct slo_buf b;

	slo_buf_init(&b, 4096);
	piece_value(&b, e, t);
	slo_grid_cell(g, slo_buf_str(&b));
	slo_buf_fini(&b);
}

static void add_evidence_row(struct slo_grid *g, const struct slo_evidence *e, const struct slo_term *t)
{
	struct slo_buf b;

	slo_grid_cell(g, slo_str(isnan(e->weight) || e->weight == 0 ? "" : e->weight > 0 ? "+" : "-"));
	slo_grid_cell(g, e->signal);
	add_value_cell(g, e, t);
	slo_buf_init(&b, 4096);
	if (!isnan(e->baseline)) {
		slo_buf_adds(&b, "(baseline ");
		piece_measure(&b, e, e->baseline, t);
		slo_buf_addc(&b, ')');
	}
	slo_grid_cell(g, slo_buf_str(&b));
	slo_buf_fini(&b);
	if (e->role >= 0)
		slo_grid_cellf(g, "[%s]", slo_enum_name(&slo_role_enum, e->role));
	else
		slo_grid_cell(g, slo_str(""));
}

/* The strongest by weight; without weights the order of the record, which is by strength. */
static uint32_t strongest(const struct slo_incident *inc, const struct slo_evidence *out[SHOWN_EVIDENCE])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < inc->evidence_count; i++) {
		const struct slo_evidence *e = &inc->evidence[i];
		double weight = isnan(e->weight) ? 0 : fabs(e->weight);
		uint32_t at = n;

		while (at > 0 && weight > (isnan(out[at - 1]->weight) ? 0 : fabs(out[at - 1]->weight)))
			at--;
		if (at == SHOWN_EVIDENCE)
			continue;
		if (n < SHOWN_EVIDENCE)
			n++;
		for (uint32_t k = n - 1; k > at; k--)
			out[k] = out[k - 1];
		out[at] = e;
	}
	return n;
}

static void add_evidence(struct slo_buf *out, const struct slo_incident *inc, const struct slo_term *t)
{
	static const struct slo_column columns[] = {
		{ NULL, SLO_ALIGN_LEFT, 0 }, { NULL, SLO_ALIGN_LEFT, 10 }, { NULL, SLO_ALIGN_RIGHT, 6 },
		{ NULL, SLO_ALIGN_LEFT, 3 }, { NULL, SLO_ALIGN_LEFT, 3 },
	};
	const struct slo_evidence *shown[SHOWN_EVIDENCE];
	uint32_t n = strongest(inc, shown);
	struct slo_buf rows;
	struct slo_grid g;

	if (n == 0)
		return;
	slo_grid_init(&g, columns, SLO_ARRAY_LEN(columns));
	slo_grid_style(&g, 1, SLO_STYLE_ACCENT);
	slo_grid_style(&g, 2, SLO_STYLE_BOLD);
	for (uint32_t i = 0; i < n; i++)
		add_evidence_row(&g, shown[i], t);
	slo_buf_init(&rows, VIEW_MAX);
	if (slo_grid_draw(&g, LABEL_WIDTH, t, &rows) == 0 && rows.len > LABEL_WIDTH) {
		line_start(out, t, "evidence");
		slo_buf_add(out, rows.data + LABEL_WIDTH, rows.len - LABEL_WIDTH);
	}
	slo_buf_fini(&rows);
	slo_grid_fini(&g);
}

static void add_example(struct slo_buf *out, const char *label, const struct slo_str *ids, uint32_t n,
			const struct slo_term *t)
{
	struct line l;

	if (n == 0)
		return;
	l = line_start(out, t, label);
	line_str(&l, STYLE_NONE, ids[0]);
	if (n > 1)
		line_add(&l, SLO_STYLE_DIM, " and %u more", n - 1);
	line_end(&l);
}

void view_incident(struct slo_buf *out, const struct slo_incident *inc, const struct slo_term *t)
{
	add_header(out, inc, t);
	add_since(out, inc, t);
	add_impact(out, inc, t);
	add_burn(out, inc, t);
	add_causes(out, inc, t);
	add_evidence(out, inc, t);
	if (inc->trace_ids_count)
		add_example(out, "trace", inc->trace_ids, inc->trace_ids_count, t);
	else
		add_example(out, "request", inc->request_ids, inc->request_ids_count, t);
}
