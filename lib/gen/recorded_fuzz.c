/* SPDX-License-Identifier: MIT */
/*
 * Lines of a manifest: what is taken holds what its users rely on, what is not
 * says where and why; and a drawing over all of them ends.
 */
#include "gen/recorded.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check_one(const struct slo_recorded *r)
{
	must(r->id.len > 0 && !memchr(r->id.p, '/', r->id.len) && r->id.p[0] != '.');
	must(r->start_ns <= r->fault_start_ns && r->fault_start_ns < r->fault_end_ns && r->fault_end_ns <= r->end_ns);
	for (int s = 0; s < SLO_STREAM__COUNT; s++) {
		struct slo_str path = slo_recorded_stream(r, s);

		must(!path.p || (path.len > 0 && path.p[0] != '/' && !memmem(path.p, path.len, "/../", 4)));
		must(!path.p || slo_recorded_sha256(r, s).len == 64);
	}
}

static void draw(const struct slo_recorded_set *set, uint64_t seed)
{
	static const char *const scenarios[] = { NULL, "any", "mixed", "mixed_multi", "baseline", "dns_latency" };
	struct slo_recorded_filter f = SLO_RECORDED_ANY;
	struct slo_recorded_choice c;

	for (size_t i = 0; i < SLO_ARRAY_LEN(scenarios); i++) {
		f.scenario = scenarios[i];
		must(slo_recorded_choice_init(&c, set, &f, seed) == 0);
		for (uint32_t n = 0; n < 2 * set->count + 1; n++) {
			int64_t at = slo_recorded_choice_next(&c);

			must(at < (int64_t)set->count && (at < 0) == (c.distinct == 0));
			must(at < 0 || slo_recorded_matches(&set->items[at], &f, -1));
		}
		slo_recorded_choice_fini(&c);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slo_recorded_set set = { NULL, 0, 0 };
	const char *p = (const char *)data, *end = p + size;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct slo_str line = slo_str_n(p, (size_t)((nl ? nl : end) - p));
		struct slo_err err = { "", "" };

		if (slo_recorded_set_add(&set, line, &err) == 0)
			check_one(&set.items[set.count - 1]);
		else
			must(err.what[0] != '\0');
		p = nl ? nl + 1 : end;
	}
	draw(&set, size);
	slo_recorded_set_fini(&set);
	return 0;
}
