/* SPDX-License-Identifier: MIT */
/* Whatever a page of metrics holds: no crash, views inside the text, and windows that add up. */
#include "decode/engine.h"
#include "decode/promtext.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct slo_str s, struct slo_str text)
{
	if (s.p < text.p || s.len > text.len || s.p + s.len > text.p + text.len)
		abort();
}

static void check_window(void *arg, const struct slo_event *ev)
{
	const struct slo_sli_window *w = &ev->sli_window;

	(void)arg;
	if (w->good + w->bad != w->valid || w->end_ns <= w->start_ns)
		abort();
	if (w->has_hist && (!slo_hist_valid(&w->hist) || slo_hist_count(&w->hist) != w->valid))
		abort();
}

/* Two scrapes in one input, a NUL between them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slo_str text = slo_str_n((const char *)data, size);
	const struct slo_engine_opts o = { .service = SLO_STR("s") };
	const uint8_t *cut = size ? memchr(data, 0, size) : NULL;
	struct slo_str one = text, two = { "", 0 };
	struct slo_promtext_sample s;
	struct slo_engine *e;
	struct slo_promtext p;

	slo_promtext_init(&p, text);
	while (slo_promtext_next(&p, &s)) {
		inside(s.name, text);
		for (uint32_t i = 0; i < s.labels_count; i++) {
			inside(s.labels[i].name, text);
			inside(s.labels[i].value, text);
		}
	}
	if (cut) {
		one.len = (size_t)(cut - data);
		two = slo_str_n((const char *)cut + 1, size - one.len - 1);
	}
	if (slo_engine_new(&o, &e))
		return 0;
	slo_engine_take(e, one, 1, check_window, NULL, NULL);
	slo_engine_take(e, two, 2, check_window, NULL, NULL);
	slo_engine_take(e, one, 3, check_window, NULL, NULL);
	slo_engine_free(e);
	return 0;
}
