/* SPDX-License-Identifier: MIT */
/* A journal that is accepted names only what this tool makes, and reads back the same. */
#include "inject/journal.h"

#include "inject/journal_safe.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct slo_journal j, again;
	struct slo_err err = { .what = "" };
	struct slo_buf b;

	if (slo_journal_decode((const char *)data, len, &j, &err))
		return 0;
	if (j.has_throttle && (j.throttle.dir[0] != '/' || strstr(j.throttle.dir, "/..") ||
			       !strstr(j.throttle.dir, "/" SLO_STEP_PREFIX)))
		abort();
	for (size_t i = 0; i < j.steps_count; i++)
		if (!journal_safe_step(&j.steps[i]))
			abort();
	slo_buf_init(&b, SLO_JOURNAL_MAX);
	if (slo_journal_encode(&j, &b) || slo_journal_decode(b.data, b.len, &again, &err) ||
	    strcmp(j.throttle.dir, again.throttle.dir) != 0 || j.throttle.moves_count != again.throttle.moves_count ||
	    j.steps_count != again.steps_count)
		abort();
	slo_buf_fini(&b);
	return 0;
}
