/* SPDX-License-Identifier: MIT */
#include "guard/silent.h"

#include <math.h>

static void new_span(struct slo_silent *s)
{
	s->seen = s->counted = 0;
	s->looks = 0;
}

static void forget_bad(struct slo_silent *s)
{
	s->bad = 0;
	s->bad_seen = s->bad_counted = 0;
}

void slo_silent_init(struct slo_silent *s)
{
	*s = (struct slo_silent){ .ratio = NAN };
}

void slo_silent_pause(struct slo_silent *s)
{
	new_span(s);
	forget_bad(s);
	s->ratio = NAN;
	s->silent = false;
}

static enum slo_silent_change judge(struct slo_silent *s)
{
	if (s->ratio >= SLO_SILENT_SHARE) {
		bool heard = s->silent && s->ratio >= SLO_SILENT_HEARD;

		forget_bad(s);
		s->silent &= !heard;
		return heard ? SLO_SILENT_RECOVERED : SLO_SILENT_SAME;
	}
	s->bad++;
	s->bad_seen += s->seen;
	s->bad_counted += s->counted;
	if (s->silent || s->bad < SLO_SILENT_SPANS)
		return SLO_SILENT_SAME;
	s->silent = true;
	s->trips++;
	return SLO_SILENT_FELL;
}

/* A probe that sees many where the counter's scope has few is not blind. */
static enum slo_silent_change heard_elsewhere(struct slo_silent *s)
{
	if (!s->silent || s->seen < SLO_SILENT_EVENTS)
		return SLO_SILENT_SAME;
	s->silent = false;
	forget_bad(s);
	return SLO_SILENT_RECOVERED;
}

enum slo_silent_change slo_silent_look(struct slo_silent *s, double seen, double counted)
{
	enum slo_silent_change change;

	if (!(seen >= 0) || !(counted >= 0)) {
		new_span(s);
		return SLO_SILENT_SAME;
	}
	s->seen += seen;
	s->counted += counted;
	s->looks++;
	if (s->counted >= SLO_SILENT_EVENTS) {
		s->ratio = s->seen / s->counted;
		change = judge(s);
		new_span(s);
		return change;
	}
	if (s->looks >= SLO_SILENT_STALE) {
		s->ratio = NAN;
		new_span(s);
		return SLO_SILENT_SAME;
	}
	return heard_elsewhere(s);
}
