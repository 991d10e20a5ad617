/* SPDX-License-Identifier: MIT */
#include "io/filter.h"

#include <inttypes.h>
#include <stdio.h>

#include "io/internal.h"

void slo_filter_bad(struct slo_filter *f, struct slo_str line, struct slo_err *err)
{
	f->malformed++;
	if (f->reject && line.p)
		/* Its error is sticky and comes up when the tool closes it. */
		(void)!slo_writer_line(f->reject, line, SLO_WRITE_WINDOW);
	if (!f->report || f->malformed > SLO_FILTER_REPORTS)
		return;
	if (!line.p)
		slo_err_set(err, 0, "line longer than %d bytes", SLO_LINE_MAX);
	if (f->in)
		slo_err_at(err, "%s:%" PRIu64, slo_reader_name(f->in), slo_reader_line(f->in));
	f->report(err);
}

int slo_filter_end(struct slo_filter *f)
{
	struct slo_err err = { .what = "" };

	if (f->malformed > 0 && f->report) {
		if (f->in)
			slo_err_at(&err, "%s", f->in->name);
		slo_err_set(&err, 0, "%" PRIu64 " malformed line%s skipped", f->malformed, f->malformed == 1 ? "" : "s");
		if (f->malformed > SLO_FILTER_REPORTS)
			(void)!snprintf(err.what, sizeof(err.what), "%" PRIu64 " malformed lines skipped (first %d shown)",
					f->malformed, SLO_FILTER_REPORTS);
		f->report(&err);
	}
	return f->strict && f->malformed > 0;
}
