/* SPDX-License-Identifier: MIT */
/* Any text: an error with a reason, or a configuration that prints and reads back to the same print. */
#include "config/config.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct slo_config *c, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (!f || slo_config_print(c, false, f))
		abort();
	fclose(f);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct slo_config c;
	struct slo_err err = { 0 };
	size_t first_len = 0, again_len = 0;
	char *first, *again;

	if (slo_config_parse(&c, (const char *)data, size, "fuzz", &err)) {
		assert(err.what[0] && err.where[0]);
		return 0;
	}
	first = print(&c, &first_len);
	if (slo_config_parse(&c, first, first_len, "again", NULL))
		abort();
	again = print(&c, &again_len);
	assert(first_len == again_len && memcmp(first, again, first_len) == 0);
	free(first);
	free(again);
	return 0;
}
