/* SPDX-License-Identifier: MIT */
/* The sample file of the published tool: fixed numbers for each fault, marked synthetic in every record. */
#include "faultinject.h"

#include "base/log.h"
#include "base/time.h"
#include "gen/scenario.h"

#include <errno.h>

static int write_all(const struct raw_opts *o, struct slo_writer *w)
{
	const struct slo_scenario_labels labels = { .cluster = slo_str(o->cluster), .namespace = slo_str(o->namespace),
						    .workload = slo_str(o->workload), .service = slo_str(o->service),
						    .node = slo_str(o->node) };
	int64_t now = slo_now_wall_ns();
	struct slo_buf line;
	int ret = 0;

	slo_buf_init(&line, 1 << 16);
	for (int64_t i = 0; i < o->count && !ret; i++) {
		struct slo_raw_sample s;
		char ids[64];

		slo_scenario_raw(o->scenario, (uint64_t)i, &labels, now + i * SLO_NS_PER_S, ids, &s);
		slo_buf_reset(&line);
		ret = slo_rec_encode(slo_event_rec[SLO_KIND_RAW_SAMPLE], &s, &line);
		if (!ret)
			ret = slo_writer_line(w, slo_buf_str(&line), SLO_WRITE_WINDOW);
	}
	slo_buf_fini(&line);
	return ret;
}

int faultinject_raw(const struct raw_opts *o)
{
	const struct slo_writer_opts wo = { .append = false };
	struct slo_err err = { .what = "" };
	struct slo_writer *w;
	int ret, closed;

	if (slo_writer_open(o->out, &wo, &w, &err)) {
		slo_warn_err(&err);
		return 2;
	}
	ret = write_all(o, w);
	closed = slo_writer_close(w, &err);
	if (closed == -EPIPE)
		return 0;
	if (ret || closed) {
		slo_warn_err(&err);
		return 1;
	}
	if (strcmp(o->out, "-") != 0)
		printf("wrote %lld raw samples to %s\n", (long long)o->count, o->out);
	return fflush(stdout) ? 1 : 0;
}
