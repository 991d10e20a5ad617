/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include "event/tables.h"
#include "piece.h"
#include "render/bar.h"

#include <math.h>
#include <stdio.h>

enum { BAR_WIDTH = 24, ANSWER_MAX = 512 };

static int status_of(const struct slo_incident *inc)
{
	return inc->status < 0 ? SLO_INCIDENT_STATUS_OPEN : inc->status;
}

/* The posterior of @domain; NaN where the record does not list it. */
static double posterior_of(const struct slo_incident *inc, int domain)
{
	for (uint32_t i = 0; i < inc->fault_hypotheses_count; i++)
		if (slo_str_is(inc->fault_hypotheses[i].domain, slo_domain_enum.names[domain]))
			return inc->fault_hypotheses[i].posterior;
	return domain == inc->predicted_fault_domain ? inc->confidence : NAN;
}

/* What is blamed, the prediction first. Return: how many named domains. */
static size_t blamed(const struct slo_incident *inc, int out[SLO_DOMAIN__COUNT])
{
	size_t n = 0;

	if (inc->predicted_fault_domain == SLO_DOMAIN_UNKNOWN)
		return 0;
	out[n++] = inc->predicted_fault_domain;
	for (uint32_t i = 0; i < inc->fault_hypotheses_count && n < SLO_DOMAIN__COUNT; i++) {
		int domain = slo_enum_find(&slo_domain_enum, inc->fault_hypotheses[i].domain);
		bool in = false;

		for (uint32_t k = 0; k < inc->cause_set_count; k++)
			in = in || inc->cause_set[k] == domain;
		if (in && domain >= 0 && domain != SLO_DOMAIN_UNKNOWN && domain != out[0])
			out[n++] = domain;
	}
	return n;
}

static void add_domain(struct slo_buf *b, const struct slo_incident *inc, int domain)
{
	slo_buf_adds(b, slo_domain_enum.names[domain]);
	if (domain == SLO_DOMAIN_CPU_THROTTLE && inc->detail > SLO_DETAIL_NONE)
		slo_buf_addf(b, " (%s)", slo_enum_name(&slo_detail_enum, inc->detail));
}

/* The most probable named hypothesis, or NULL. */
static const struct slo_hypothesis *best_named(const struct slo_incident *inc)
{
	for (uint32_t i = 0; i < inc->fault_hypotheses_count; i++)
		if (!slo_str_is(inc->fault_hypotheses[i].domain, "unknown"))
			return &inc->fault_hypotheses[i];
	return NULL;
}

/* Nothing is blamed: in short, why; and what would be, unless it is improbable. */
static void add_unknown(struct slo_buf *b, const struct slo_incident *inc)
{
	static const char *const briefly[SLO_ABSTENTION__COUNT] = {
		[SLO_ABSTENTION_NOTHING_CAPTURED] = "nothing was captured",
		[SLO_ABSTENTION_LITTLE_CAPTURED] = "too little was captured",
		[SLO_ABSTENTION_SURPRISING] = "unlike anything in training",
		[SLO_ABSTENTION_BELOW_TAU] = "no cause is sure enough",
		[SLO_ABSTENTION_NO_SUPPORT] = "no high signal speaks for one",
	};
	const struct slo_hypothesis *h = best_named(inc);
	int why = inc->abstained_count ? inc->abstained[0] : SLO_ABSTENTION_NOTHING_NAMED;
	double none = isnan(inc->no_named_cause) ? inc->confidence : inc->no_named_cause;
	char text[PIECE_MAX];

	slo_buf_adds(b, "cause unknown");
	if (briefly[why])
		slo_buf_addf(b, ", %s", briefly[why]);
	else if (!explain_is_rule(inc) && inc->evidence_count)
		slo_buf_addf(b, ", %s that no named cause is at work", piece_percent(text, none));
	if (briefly[why] && h)
		slo_buf_addf(b, "; likeliest %.*s %s", (int)h->domain.len, h->domain.p,
			     piece_percent(text, h->posterior));
}

static void add_cause(struct slo_buf *b, const struct slo_incident *inc)
{
	int domains[SLO_DOMAIN__COUNT];
	size_t n = blamed(inc, domains);
	char text[PIECE_MAX];

	if (!n) {
		add_unknown(b, inc);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		slo_buf_adds(b, i == 0 ? "" : i + 1 < n ? ", " : " and ");
		add_domain(b, inc, domains[i]);
		slo_buf_addf(b, "%s %s", explain_is_rule(inc) ? "," : "",
			     piece_percent(text, posterior_of(inc, domains[i])));
	}
	slo_buf_adds(b, explain_is_rule(inc) ? " of its rule's signals agree" : " sure");
}

/* Where it stands, in words. */
static void add_standing(struct slo_buf *b, const struct slo_incident *inc)
{
	static const char *const words[SLO_INCIDENT_STATUS__COUNT] = {
		[SLO_INCIDENT_STATUS_OPEN] = "open", [SLO_INCIDENT_STATUS_UPDATED] = "open",
		[SLO_INCIDENT_STATUS_RESOLVED] = "resolved", [SLO_INCIDENT_STATUS_STALE] = "stale: no requests any more",
	};
	bool over = status_of(inc) == SLO_INCIDENT_STATUS_RESOLVED && inc->resolved_at != SLO_ABSENT_I64;
	bool stale = status_of(inc) == SLO_INCIDENT_STATUS_STALE;
	char text[PIECE_MAX];

	slo_buf_adds(b, words[status_of(inc)]);
	if (inc->started_at == SLO_ABSENT_I64) {
		slo_buf_addf(b, ", reported %s", piece_time(text, inc->timestamp));
		return;
	}
	slo_buf_addf(b, over || stale ? ", began %s" : " since %s", piece_time(text, inc->started_at));
	slo_buf_addf(b, over ? ", lasted %s" : ", %s so far",
		     piece_span(text, inc->started_at, over ? inc->resolved_at : inc->timestamp));
}

static void add_name(struct slo_buf *b, const struct slo_incident *inc)
{
	const struct slo_str parts[] = { inc->cluster, inc->namespace, inc->service };

	for (size_t i = 0; i < SLO_ARRAY_LEN(parts); i++) {
		slo_buf_add(b, parts[i].p, parts[i].len);
		if (i + 1 < SLO_ARRAY_LEN(parts) && parts[i].len)
			slo_buf_addc(b, '/');
	}
}

/* @b as text. */
static const char *finished(struct slo_buf *b)
{
	slo_buf_addc(b, '\0');
	return b->err ? "" : b->data;
}

void explain_answer(struct page *p, const struct slo_incident *inc)
{
	static const enum slo_style styles[SLO_INCIDENT_STATUS__COUNT] = {
		[SLO_INCIDENT_STATUS_OPEN] = SLO_STYLE_BAD, [SLO_INCIDENT_STATUS_UPDATED] = SLO_STYLE_BAD,
		[SLO_INCIDENT_STATUS_RESOLVED] = SLO_STYLE_GOOD, [SLO_INCIDENT_STATUS_STALE] = SLO_STYLE_WARN,
	};
	struct slo_buf b;

	slo_buf_init(&b, 1 << 16);
	slo_buf_add(&b, inc->service.p, inc->service.len);
	slo_buf_adds(&b, status_of(inc) == SLO_INCIDENT_STATUS_RESOLVED ? " missed " : " misses ");
	slo_buf_add(&b, inc->slo_impact.sli.p, inc->slo_impact.sli.len);
	slo_buf_adds(&b, ": ");
	add_cause(&b, inc);
	page_answer(p, styles[status_of(inc)], finished(&b));
	slo_buf_reset(&b);
	add_standing(&b, inc);
	page_item(p, "state", "%s", finished(&b));
	slo_buf_reset(&b);
	add_name(&b, inc);
	if (inc->source > SLO_SOURCE_LIVE)
		slo_buf_addf(&b, ", from %s records", slo_enum_name(&slo_source_enum, inc->source));
	page_item(p, "service", "%s", finished(&b));
	page_item(p, "incident", "%.*s", (int)inc->incident_id.len, inc->incident_id.p);
	slo_buf_fini(&b);
}

static void add_burn(struct slo_buf *b, const struct slo_impact *i, const char *times)
{
	double seconds = isnan(i->window_seconds) ? (double)i->window_minutes * 60 : i->window_seconds;
	char text[PIECE_MAX] = "the long window";

	slo_buf_adds(b, "burn rate ");
	if (!isnan(i->burn_rate_short)) {
		bool known = i->short_seconds >= 0 && i->short_seconds < 1e9;

		slo_buf_addf(b, "%.3g%s in %s, ", i->burn_rate_short, times,
			     known ? piece_span(text, 0, (int64_t)(i->short_seconds * 1e9)) : "the short window");
	}
	if (seconds >= 0 && seconds < 1e9)
		piece_span(text, 0, (int64_t)(seconds * 1e9));
	slo_buf_addf(b, "%.3g%s in %s", i->burn_rate, times, text);
	if (!isnan(i->burn_need))
		slo_buf_addf(b, " (burns from %.3g%s on)", i->burn_need, times);
	if (i->valid != SLO_ABSENT_I64 && i->bad != SLO_ABSENT_I64)
		slo_buf_addf(b, "; %lld of %lld requests bad", (long long)i->bad, (long long)i->valid);
}

static void add_value(struct slo_buf *b, const struct slo_impact *i, const struct slo_term *t)
{
	const char *what = piece_is_error_rate(i->sli) ? "" : " (p95)";
	char text[PIECE_MAX];

	if (!isnan(i->value))
		slo_buf_addf(b, "%s%s", piece_quantity(text, i->value, piece_unit(i), t), what);
	if (!isnan(i->baseline))
		slo_buf_addf(b, "%sbefore %s", b->len ? ", " : "", piece_quantity(text, i->baseline, piece_unit(i), t));
	piece_objective(text, i, t);
	if (text[0])
		slo_buf_addf(b, "%s%s", b->len ? "; " : "", text);
}

static void missed(struct page *p, const struct slo_impact *i)
{
	struct slo_buf b;
	char label[PIECE_MAX];

	slo_str_copy(label, sizeof(label), i->sli);
	slo_buf_init(&b, 4096);
	add_value(&b, i, &p->t);
	if (b.len) {
		page_item(p, label, "%s", finished(&b));
		label[0] = '\0';
	}
	slo_buf_reset(&b);
	add_burn(&b, i, p->t.utf8 ? "×" : "x");
	page_item(p, label, "%s", finished(&b));
	slo_buf_fini(&b);
}

void explain_missed(struct page *p, const struct slo_incident *inc)
{
	static const char *const found[SLO_ONSET__COUNT] = {
		[SLO_ONSET_CHANGE] = "where the share of bad requests most likely changed",
	};
	char at[PIECE_MAX], late[PIECE_MAX];

	page_head(p, "What %s missed", status_of(inc) == SLO_INCIDENT_STATUS_RESOLVED ? "was" : "is");
	for (uint32_t i = 0; i < inc->burning_slis_count; i++)
		missed(p, &inc->burning_slis[i]);
	if (!inc->burning_slis_count)
		missed(p, &inc->slo_impact);
	if (inc->onset_ns != SLO_ABSENT_I64)
		page_item(p, "onset", "%s%s%s", piece_time(at, inc->onset_ns), inc->onset_method < 0 ? "" : ", ",
			  inc->onset_method < 0 ? "" : found[inc->onset_method]);
	if (inc->detected_at != SLO_ABSENT_I64 && inc->started_at != SLO_ABSENT_I64)
		page_item(p, "detected", "%s, %s after it began", piece_time(at, inc->detected_at),
			  piece_span(late, inc->started_at, inc->detected_at));
}

static void add_hypothesis(struct slo_grid *g, const struct page *p, const struct slo_incident *inc, struct slo_str domain,
			   double posterior, double prior)
{
	bool none = slo_str_is(domain, "unknown") && !explain_is_rule(inc);
	char text[PIECE_MAX];
	struct slo_buf b;

	slo_grid_cell(g, none ? slo_str("no named cause") : domain);
	slo_buf_init(&b, 1024);
	slo_bar_add(&b, posterior, BAR_WIDTH, &p->t);
	slo_grid_cell(g, slo_buf_str(&b));
	slo_buf_fini(&b);
	slo_grid_cell(g, slo_str(piece_percent(text, posterior)));
	if (isnan(prior))
		slo_grid_cell(g, slo_str(""));
	else
		slo_grid_cellf(g, "%s before any evidence", piece_percent(text, prior));
}

static void add_set(struct page *p, const char *label, const int *set, uint32_t n, const char *empty, const char *note)
{
	struct slo_buf b;

	slo_buf_init(&b, 4096);
	for (uint32_t i = 0; i < n; i++)
		slo_buf_addf(&b, "%s%s", i ? " + " : "", slo_enum_name(&slo_domain_enum, set[i]));
	page_item(p, label, "%s%s", n ? finished(&b) : empty, note);
	slo_buf_fini(&b);
}

void explain_blamed(struct page *p, const struct slo_incident *inc)
{
	static const struct slo_column columns[] = { { NULL, SLO_ALIGN_LEFT, 8 }, { NULL, SLO_ALIGN_LEFT, 4 },
						     { NULL, SLO_ALIGN_RIGHT, 0 }, { NULL, SLO_ALIGN_LEFT, 4 } };
	static const char *const titles[] = { "cause", "", "probability", "" };
	char text[PIECE_MAX], note[PIECE_MAX + 64];
	struct slo_grid g;

	page_head(p, "What is blamed");
	slo_grid_init(&g, columns, SLO_ARRAY_LEN(columns));
	for (uint32_t i = 0; i < inc->fault_hypotheses_count; i++)
		add_hypothesis(&g, p, inc, inc->fault_hypotheses[i].domain, inc->fault_hypotheses[i].posterior,
			       inc->fault_hypotheses[i].prior);
	if (!inc->fault_hypotheses_count)
		add_hypothesis(&g, p, inc, slo_str(slo_enum_name(&slo_domain_enum, inc->predicted_fault_domain)),
			       inc->confidence, NAN);
	page_table(p, &g, titles);
	slo_grid_fini(&g);
	if (inc->cause_set_count)
		add_set(p, "cause set", inc->cause_set, inc->cause_set_count, "", "");
	if (!isnan(inc->map_probability)) {
		(void)snprintf(note, sizeof(note), ": %s, before calibration", piece_percent(text, inc->map_probability));
		add_set(p, "likeliest set", inc->map_set, inc->map_set_count, "no cause", note);
	}
}

static void reason(struct page *p, const struct slo_incident *inc, int why)
{
	const struct slo_hypothesis *h = best_named(inc);
	char a[PIECE_MAX], b[PIECE_MAX], best[2 * PIECE_MAX] = "";
	double none = isnan(inc->no_named_cause) ? inc->confidence : inc->no_named_cause;

	if (h)
		(void)snprintf(best, sizeof(best), "; the best named one, %.*s, has %s", (int)h->domain.len, h->domain.p,
			       piece_percent(a, h->posterior));
	switch (why) {
	case SLO_ABSTENTION_NOTHING_CAPTURED:
		page_item(p, "no evidence", "no signal was captured, so there is nothing to judge by");
		break;
	case SLO_ABSTENTION_LITTLE_CAPTURED:
		page_item(p, "too little", "only %s of the evidence's weight was captured; the model asks for %s",
			  piece_percent(a, inc->captured_share), piece_percent(b, inc->limits.captured_share));
		break;
	case SLO_ABSTENTION_SURPRISING:
		page_item(p, "surprising", "-ln P(evidence) is %.3g, and was at most %.3g for nearly all of the training set: "
			  "nothing the model knows looks like this", inc->surprise, inc->limits.surprise);
		break;
	case SLO_ABSTENTION_NOTHING_NAMED:
		if (explain_is_rule(inc))
			page_item(p, "no match", "no rule matched: no signal that a rule looks at is elevated");
		else
			page_item(p, "nothing named", "that no named cause is at work has %s%s", piece_percent(b, none), best);
		break;
	case SLO_ABSTENTION_BELOW_TAU:
		page_item(p, "not sure", "the model asks for %s before it names a cause%s",
			  piece_percent(b, inc->limits.tau), best);
		break;
	case SLO_ABSTENTION_NO_SUPPORT:
		page_item(p, "no support", "no elevated signal speaks for the most probable cause%s", best);
		break;
	default:
		break;
	}
}

void explain_unknown(struct page *p, const struct slo_incident *inc)
{
	if (inc->predicted_fault_domain != SLO_DOMAIN_UNKNOWN)
		return;
	page_head(p, "Why nothing is blamed");
	for (uint32_t i = 0; i < inc->abstained_count; i++)
		reason(p, inc, inc->abstained[i]);
	if (!inc->abstained_count)
		page_note(p, "The record does not say: it was written by an older attributor.");
}
