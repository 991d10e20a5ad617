/* SPDX-License-Identifier: MIT */
/* Whatever a server sends, the times of an answer stay in order and its outcome is settled. */
#include "net/http_client_answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	bool stream = len && (data[0] & 1);
	size_t step = 1 + len / 3;
	struct slo_answer a;
	int64_t now = 0;

	slo_answer_init(&a);
	slo_answer_begin(&a);
	for (size_t i = 1; i < len; i += step)
		slo_answer_data(&a, ++now, 200, stream, (const char *)data + i, len - i < step ? len - i : step);
	slo_answer_finish(&a, ++now, 200, (enum slo_transport_end)(len ? data[0] >> 6 : 0), "why");
	if (a.r.first_token_ns > a.r.last_token_ns || a.r.last_token_ns > a.r.end_ns ||
	    (a.r.first_token_ns && a.r.first_byte_ns > a.r.first_token_ns) ||
	    (a.r.outcome == SLO_OUTCOME_OK) != (a.r.error[0] == '\0'))
		abort();
	slo_answer_fini(&a);
	return 0;
}
