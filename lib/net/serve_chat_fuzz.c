/* SPDX-License-Identifier: MIT */
/* A request that is accepted must keep its bounds; a refused one must say why. */
#include "net/serve_chat.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slo_chat_request r;
	struct slo_err err = { .what = "" };

	if (slo_chat_parse((const char *)data, len, 16, 100, &r, &err)) {
		if (!err.what[0])
			abort();
	} else if (r.tokens < 1 || r.tokens > 100 || r.prompt_tokens < 0) {
		abort();
	}
	return 0;
}
