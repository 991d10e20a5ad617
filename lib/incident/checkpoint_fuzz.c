/* SPDX-License-Identifier: MIT */
/* The body of a checkpoint: read it, go on for a while, write it again. */
#include "incident/internal.h"

#include "base/time.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_line(void *arg, const struct slo_incident *i)
{
	const struct slo_evidence *e = i->evidence;

	(void)arg;
	for (uint32_t k = 0; k < i->evidence_count; k++)
		if (e[k].value.type == SLO_VALUE_NUM && isnan(e[k].value.num))
			abort();
	if (!(i->confidence >= 0 && i->confidence <= 1))
		abort();
}

static void go_on(struct slo_incidents *inc)
{
	int64_t seen = slo_incidents_seen_ns(inc), from = seen == SLO_ABSENT_I64 ? SLO_NS_PER_S : seen;

	for (int64_t t = 0; t < 8; t++) {
		struct slo_event ev = { .kind = SLO_KIND_SLI_WINDOW };

		ev.sli_window = (struct slo_sli_window){ .start_ns = from + t * SLO_NS_PER_S,
							 .end_ns = from + (t + 1) * SLO_NS_PER_S,
							 .cluster = SLO_STR("c"),
							 .node = SLO_STR("n1"),
							 .namespace = SLO_STR("ns"),
							 .service = SLO_STR("chat"),
							 .sli = SLO_SLI_TTFT,
							 .threshold = 400,
							 .valid = 10,
							 .good = 4,
							 .bad = 6,
							 .sum = NAN,
							 .min = NAN,
							 .max = NAN };
		slo_incidents_event(inc, &ev);
	}
	slo_incidents_drain(inc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct slo_config config = { .objectives_count = 0 };
	struct slo_incidents_opts o;
	struct slo_incidents_loaded loaded;
	struct slo_incidents *inc;
	struct slo_buf bytes;

	if (!config.objectives_count) {
		slo_objective_defaults(&config.objectives[0]);
		if (slo_objective_parse(&config.objectives[0],
					"ttft_ms<=400,target=0.95,short=5s,long=30s,burn=2,min_events=20", NULL))
			abort();
		config.objectives_count = 1;
	}
	slo_incidents_opts_default(&o);
	o.config = &config;
	o.emit = on_line;
	o.remember = true;
	if (slo_incidents_new(&o, &inc, NULL))
		return 0;
	slo_buf_init(&bytes, 1 << 26);
	if (slo_buf_room(&bytes, CHECKPOINT_HEAD)) {
		bytes.len = CHECKPOINT_HEAD;
		slo_buf_add(&bytes, data, size);
		checkpoint_seal(bytes.data, bytes.len);
		if (slo_incidents_load(inc, slo_buf_str(&bytes), &loaded, NULL) == 0) {
			go_on(inc);
			slo_buf_reset(&bytes);
			if (slo_incidents_save(inc, &bytes))
				abort();
		}
	}
	slo_incidents_free(inc);
	slo_buf_fini(&bytes);
	return 0;
}
