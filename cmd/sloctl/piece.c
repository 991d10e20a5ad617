/* SPDX-License-Identifier: MIT */
#include "piece.h"

#include "base/time.h"
#include "event/tables.h"
#include "render/bar.h"

#include <math.h>
#include <stdio.h>

const char *piece_time(char to[PIECE_MAX], int64_t ns)
{
	size_t n = slo_fmt_rfc3339(to, ns - ((ns % SLO_NS_PER_S) + SLO_NS_PER_S) % SLO_NS_PER_S);
	char *t;

	to[n] = '\0';
	t = strchr(to, 'T');
	if (t)
		*t = ' ';
	return to;
}

/* What @b holds, into @to; @b is done with. */
static const char *taken(char to[PIECE_MAX], struct slo_buf *b)
{
	slo_str_copy(to, PIECE_MAX, slo_buf_str(b));
	slo_buf_fini(b);
	return to;
}

const char *piece_span(char to[PIECE_MAX], int64_t from, int64_t to_ns)
{
	struct slo_buf b;
	int64_t ns;

	slo_buf_init(&b, PIECE_MAX - 1);
	slo_span_add(&b, __builtin_sub_overflow(to_ns, from, &ns) ? 0 : ns);
	return taken(to, &b);
}

const char *piece_quantity(char to[PIECE_MAX], double v, struct slo_str unit, const struct slo_term *t)
{
	struct slo_buf b;

	slo_buf_init(&b, PIECE_MAX - 1);
	slo_quantity_add(&b, v, unit, t);
	return taken(to, &b);
}

const char *piece_percent(char to[PIECE_MAX], double share)
{
	struct slo_buf b;

	slo_buf_init(&b, PIECE_MAX - 1);
	slo_percent_add(&b, share);
	return taken(to, &b);
}

struct slo_str piece_unit(const struct slo_impact *i)
{
	int sli = slo_enum_find(&slo_sli_enum, i->sli);

	return i->unit.p ? i->unit : slo_str(sli < 0 ? "" : slo_sli_info[sli].unit);
}

bool piece_is_error_rate(struct slo_str name)
{
	int sli = slo_enum_find(&slo_sli_enum, name);

	return sli == SLO_SLI_ERROR_RATE || sli == SLO_SLI_PROVIDER_ERROR_RATE;
}

const char *piece_objective(char to[PIECE_MAX], const struct slo_impact *i, const struct slo_term *t)
{
	int sli = slo_enum_find(&slo_sli_enum, i->sli);
	bool low_is_bad = sli >= 0 && !slo_sli_info[sli].higher_is_bad;
	const char *bound = low_is_bad ? (t->utf8 ? "≥" : ">=") : t->utf8 ? "≤" : "<=";
	char text[PIECE_MAX];

	to[0] = '\0';
	if (piece_is_error_rate(i->sli)) {
		if (!isnan(i->target))
			(void)snprintf(to, PIECE_MAX, "objective: %.6g %% without error", i->target * 100);
		return to;
	}
	if (isnan(i->threshold))
		return to;
	piece_quantity(text, i->threshold, piece_unit(i), t);
	if (isnan(i->target))
		(void)snprintf(to, PIECE_MAX, "objective %s %.90s", bound, text);
	else
		(void)snprintf(to, PIECE_MAX, "objective %s %.90s for %.6g %%", bound, text, i->target * 100);
	return to;
}

void piece_measure(struct slo_buf *b, const struct slo_evidence *e, double v, const struct slo_term *t)
{
	int signal = slo_enum_find(&slo_signal_enum, e->signal);
	struct slo_str unit = e->unit.p ? e->unit : slo_str(signal < 0 ? "" : slo_signal_info[signal].unit);

	if (slo_str_is(unit, "per_s")) {
		slo_quantity_add(b, v, slo_str("count"), t);
		slo_buf_adds(b, isfinite(v) ? "/s" : "");
		return;
	}
	if (slo_str_is(unit, "requests"))
		unit = slo_str("count");
	slo_quantity_add(b, v, unit, t);
	if (signal >= 0 && slo_signal_info[signal].scalar == SLO_SCALAR_RATE && isfinite(v))
		slo_buf_adds(b, "/s");
}

void piece_value(struct slo_buf *b, const struct slo_evidence *e, const struct slo_term *t)
{
	if (e->state == SLO_STATE_NOT_CAPTURED)
		slo_buf_adds(b, "not captured");
	else if (e->value.type == SLO_VALUE_NUM)
		piece_measure(b, e, e->value.num, t);
	else if (e->value.type == SLO_VALUE_BOOL)
		slo_buf_adds(b, e->value.boolean ? "yes" : "no");
	else
		slo_buf_add(b, e->value.str.p, e->value.str.len);
}
