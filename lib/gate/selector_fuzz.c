/* SPDX-License-Identifier: MIT */
/* Selectors come over HTTP as well: what is taken is written so that it reads back equal, and ends nothing early. */
#include "gate/selector.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Label names, operators, commas, and strings in which nothing but an escape follows a backslash. */
static void check(const char *s)
{
	while (*s) {
		s += strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		s += strspn(s, "=!~");
		if (*s++ != '"')
			abort();
		for (; *s != '"'; s++) {
			if (!*s || *s == '\n')
				abort();
			if (*s == '\\' && !strchr("\\\"n", *++s))
				abort();
		}
		s++;
		if (*s && *s++ != ',')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[2 * SLO_GATE_SELECTOR_MAX], once[SLO_GATE_SELECTOR_MAX], twice[SLO_GATE_SELECTOR_MAX];
	struct slo_err err = { "", "" };

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (slo_gate_selector(text, once, &err)) {
		if (!err.what[0])
			abort();
		return 0;
	}
	check(once);
	if (slo_gate_selector(once, twice, &err) || strcmp(once, twice) != 0)
		abort();
	return 0;
}
