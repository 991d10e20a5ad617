/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include "event/tables.h"
#include "piece.h"
#include "render/bar.h"

#include <math.h>
#include <stdio.h>

enum {
	BAR_WIDTH = 8,
	ROWS_FIRST = SLO_MAX_WEIGHTS, /* of what is blamed, or comes first */
	ROWS_OTHER = 4,               /* of the other hypotheses */
	OTHERS = 3,                   /* hypotheses that are not blamed, but shown */
	ROWS_MAX = SLO_MAX_EVIDENCE,
	CELL_MAX = 4096,
};

#define DECIBANS 4.342944819032518 /* of a nat: 10 / ln 10 */
#define FULL_DB 20.0               /* a full bar; odds of 100 to 1 */
#define WEIGHT_MIN 0.02            /* nats; less is not shown of records that list everything */

static struct slo_str name_of(const struct slo_evidence *e)
{
	return e->finding.len ? e->finding : e->signal;
}

static bool same(struct slo_str a, struct slo_str b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

static const struct slo_evidence *evidence_of(const struct slo_incident *inc, struct slo_str name)
{
	for (uint32_t i = 0; i < inc->evidence_count; i++)
		if (same(name_of(&inc->evidence[i]), name))
			return &inc->evidence[i];
	return NULL;
}

/* What speaks for comes first; then what speaks against; each by its size. */
static void add_sorted(struct slo_weight *rows, uint32_t *n, const struct slo_weight *one)
{
	uint32_t at = (*n)++;

	for (; at; at--) {
		const struct slo_weight *b = &rows[at - 1];
		bool mine = one->weight > 0, theirs = b->weight > 0;

		if (mine == theirs ? fabs(one->weight) <= fabs(b->weight) : theirs)
			break;
		rows[at] = *b;
	}
	rows[at] = *one;
}

/* The weights of hypothesis @h; of an older record's first one, those of its evidence. */
static uint32_t weights_of(const struct slo_incident *inc, uint32_t h, uint32_t max, struct slo_weight rows[ROWS_MAX])
{
	const struct slo_hypothesis *hyp = &inc->fault_hypotheses[h];
	uint32_t n = 0;

	for (uint32_t i = 0; i < hyp->weights_count && i < max; i++)
		add_sorted(rows, &n, &hyp->weights[i]);
	for (uint32_t i = 0; i < inc->evidence_count && n < max && h == 0 && !hyp->weights_count; i++)
		if (fabs(inc->evidence[i].weight) >= WEIGHT_MIN)
			add_sorted(rows, &n, &(struct slo_weight){ name_of(&inc->evidence[i]), inc->evidence[i].weight });
	return n;
}

static const char *level(const struct slo_evidence *e)
{
	if (!isnan(e->lambda))
		return e->lambda > 0 ? "high" : "quiet";
	return e->elevated < 0 ? "" : e->elevated ? "high" : "quiet";
}

/* How long what never happened took is no number. */
static bool is_latency(struct slo_str signal)
{
	int i = slo_enum_find(&slo_signal_enum, signal);

	return i >= 0 && slo_signal_info[i].scalar == SLO_SCALAR_LATENCY;
}

static void add_observed(struct slo_grid *g, const struct slo_evidence *e, const struct slo_term *t)
{
	struct slo_buf b;

	slo_buf_init(&b, CELL_MAX);
	if (e->state == SLO_STATE_ZERO && is_latency(e->signal))
		slo_buf_adds(&b, "none");
	else
		piece_value(&b, e, t);
	slo_grid_cell(g, slo_buf_str(&b));
	slo_buf_reset(&b);
	if (!isnan(e->baseline)) {
		slo_buf_adds(&b, "was ");
		piece_measure(&b, e, e->baseline, t);
	}
	slo_grid_cell(g, slo_buf_str(&b));
	slo_buf_fini(&b);
}

static void add_z(struct slo_grid *g, const struct slo_evidence *e)
{
	if (e && !isnan(e->z))
		slo_grid_cellf(g, "z %.3g", e->z);
	else
		slo_grid_cell(g, slo_str(""));
}

static void add_row(struct slo_grid *g, const struct page *p, const struct slo_incident *inc, const struct slo_weight *w)
{
	const struct slo_evidence *e = evidence_of(inc, w->finding);
	double db = w->weight * DECIBANS;
	struct slo_buf b;

	slo_grid_cellf(g, "%+.1f", db);
	slo_buf_init(&b, 256);
	slo_bar_add(&b, fabs(db) / FULL_DB, BAR_WIDTH, &p->t);
	slo_grid_cell(g, slo_buf_str(&b));
	slo_buf_fini(&b);
	slo_grid_cell(g, w->finding);
	slo_grid_cell(g, slo_str(e ? level(e) : ""));
	if (e) {
		add_observed(g, e, &p->t);
	} else {
		slo_grid_cell(g, slo_str(""));
		slo_grid_cell(g, slo_str(""));
	}
	if (g->n == 7)
		add_z(g, e);
}

static const struct slo_column columns[] = {
	{ NULL, SLO_ALIGN_RIGHT, 0 }, { NULL, SLO_ALIGN_LEFT, 0 }, { NULL, SLO_ALIGN_LEFT, 12 },
	{ NULL, SLO_ALIGN_LEFT, 0 },  { NULL, SLO_ALIGN_RIGHT, 7 }, { NULL, SLO_ALIGN_LEFT, 7 },
	{ NULL, SLO_ALIGN_LEFT, 0 },
};
static const char *const titles[] = { "decibans", "", "finding", "level", "now", "before", "z" };

enum { WIDE = 100 }; /* columns from which on z is shown */

static void table(struct page *p, const struct slo_incident *inc, const struct slo_weight *rows, uint32_t n)
{
	struct slo_grid g;

	slo_grid_init(&g, columns, p->t.width >= WIDE ? 7 : 6);
	for (uint32_t i = 0; i < n; i++)
		add_row(&g, p, inc, &rows[i]);
	page_table(p, &g, titles);
	slo_grid_fini(&g);
}

static bool is_blamed(const struct slo_incident *inc, struct slo_str domain)
{
	for (uint32_t i = 0; i < inc->cause_set_count; i++)
		if (slo_str_is(domain, slo_enum_name(&slo_domain_enum, inc->cause_set[i])))
			return true;
	return false;
}

static bool is_main(const struct slo_incident *inc, uint32_t h)
{
	return h == 0 || is_blamed(inc, inc->fault_hypotheses[h].domain);
}

static void why(struct page *p, const struct slo_incident *inc, uint32_t h)
{
	const struct slo_hypothesis *hyp = &inc->fault_hypotheses[h];
	uint32_t max = is_main(inc, h) ? ROWS_FIRST : ROWS_OTHER;
	bool none = slo_str_is(hyp->domain, "unknown");
	struct slo_weight rows[ROWS_MAX];
	uint32_t n = weights_of(inc, h, max, rows);
	char before[PIECE_MAX], after[PIECE_MAX];

	if (!n)
		return;
	piece_percent(after, hyp->posterior);
	if (isnan(hyp->prior))
		page_head(p, "Why %.*s has %s", (int)hyp->domain.len, hyp->domain.p, after);
	else
		page_head(p, "Why %.*s went from %s to %s", none ? 14 : (int)hyp->domain.len,
			  none ? "no named cause" : hyp->domain.p, piece_percent(before, hyp->prior), after);
	if (h == 0)
		page_note(p, "Decibans, + for it, - against it; 10 are ten times the odds. Each is what taking that one "
			  "finding away would change: findings that say the same share it, so they do not add up.");
	table(p, inc, rows, n);
	if (hyp->weights_count > n)
		page_note(p, "and %u smaller", hyp->weights_count - n);
}

/* Rules have no weights: what is elevated, and what is not. */
static void unweighed(struct page *p, const struct slo_incident *inc)
{
	static const struct slo_column plain[] = { { NULL, SLO_ALIGN_LEFT, 12 }, { NULL, SLO_ALIGN_LEFT, 0 },
						   { NULL, SLO_ALIGN_RIGHT, 7 }, { NULL, SLO_ALIGN_LEFT, 7 } };
	static const char *const plain_titles[] = { "signal", "level", "now", "before" };
	struct slo_grid g;

	slo_grid_init(&g, plain, SLO_ARRAY_LEN(plain));
	for (uint32_t i = 0; i < inc->evidence_count; i++) {
		const struct slo_evidence *e = &inc->evidence[i];

		if (e->state == SLO_STATE_NOT_CAPTURED)
			continue;
		slo_grid_cell(&g, name_of(e));
		slo_grid_cell(&g, slo_str(level(e)));
		add_observed(&g, e, &p->t);
	}
	if (g.cells) {
		page_head(p, "What was observed");
		page_table(p, &g, plain_titles);
	}
	slo_grid_fini(&g);
}

void explain_why(struct page *p, const struct slo_incident *inc)
{
	uint32_t others = 0;
	bool weighed = false;

	for (uint32_t i = 0; i < inc->evidence_count; i++)
		weighed = weighed || !isnan(inc->evidence[i].weight);
	for (uint32_t h = 0; h < inc->fault_hypotheses_count && weighed; h++)
		if (is_main(inc, h) || others++ < OTHERS)
			why(p, inc, h);
	if (others > OTHERS)
		page_note(p, "(%u hypotheses more, all less probable)", others - OTHERS);
	if (!weighed || !inc->fault_hypotheses_count)
		unweighed(p, inc);
}

/* The signals nobody ever sent a window of. */
static void unseen(struct page *p, const struct slo_incident *inc)
{
	struct slo_buf b;

	slo_buf_init(&b, CELL_MAX);
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		bool seen = false;

		for (uint32_t i = 0; i < inc->evidence_count; i++)
			seen = seen || slo_str_is(inc->evidence[i].signal, slo_signal_enum.names[s]);
		if (!seen)
			slo_buf_addf(&b, "%s%s", b.len ? ", " : "", slo_signal_enum.names[s]);
	}
	if (b.len)
		page_item(p, "never told", "%.*s", (int)b.len, b.data);
	slo_buf_fini(&b);
}

void explain_blind(struct page *p, const struct slo_incident *inc)
{
	char text[PIECE_MAX];
	bool any = false;

	for (uint32_t i = 0; i < inc->evidence_count; i++) {
		const struct slo_evidence *e = &inc->evidence[i];
		bool blind = e->state == SLO_STATE_NOT_CAPTURED;
		struct slo_str reason = blind && e->value.type == SLO_VALUE_STR ? e->value.str : e->why;

		if (!blind && !e->why.len)
			continue;
		if (!any)
			page_head(p, "What had no say");
		any = true;
		slo_str_copy(text, sizeof(text), name_of(e));
		if (blind && slo_str_is(reason, "not captured"))
			page_item(p, text, "not captured");
		else
			page_item(p, text, "%s: %.*s", blind ? "not captured" : e->state == SLO_STATE_ZERO ? "watched" : "observed",
				  (int)reason.len, reason.len ? reason.p : "");
	}
	if (!any && !isnan(inc->captured_share))
		page_head(p, "What had no say");
	if (isnan(inc->captured_share))
		return;
	unseen(p, inc);
	page_item(p, "captured", "%s of the evidence's weight", piece_percent(text, inc->captured_share));
}
