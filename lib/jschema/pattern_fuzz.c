/* SPDX-License-Identifier: MIT */
/*
 * A pattern, a NUL, a subject: no crash; what is refused has its byte and a
 * reason; with and without the engine the verdict is the same.
 */
#include "jschema/format.h"
#include "jschema/pattern_fast.h"
#include "jschema/pattern_utf8.h"

#include <assert.h>
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_utf8(struct slo_str s)
{
	uint32_t cp;

	for (size_t n; s.len; s = slo_str_n(s.p + n, s.len - n)) {
		n = slo_pattern_utf8(s, &cp);
		if (!n)
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *nul = size ? memchr(text, 0, size) : NULL;
	struct slo_str source = slo_str_n(text, nul ? (size_t)(nul - text) : size), subject = slo_str("");
	struct slo_pattern *p = NULL, *engine = NULL;
	struct slo_err err = { 0 }, again = { 0 };

	if (!size)
		return 0;
	if (nul)
		subject = slo_str_n(nul + 1, size - source.len - 1);
	if (slo_pattern_new(source, &p, &err)) {
		assert(!p && strncmp(err.what, "byte ", 5) == 0);
		return 0;
	}
	assert(slo_format_find(slo_str("regex"))(source));
	if (is_utf8(subject)) {
		int rc = slo_pattern_match(p, subject);

		assert(rc == 0 || rc == 1 || rc == -E2BIG);
		if (slo_pattern_new_with(source, true, &engine, &again) == 0) {
			int same = slo_pattern_match(engine, subject);

			assert(same == rc || same == -E2BIG);
		}
	}
	slo_pattern_free(p);
	slo_pattern_free(engine);
	return 0;
}
