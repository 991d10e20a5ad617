/* SPDX-License-Identifier: MIT */
/* Lexer and codec against jansson, see rec/oracle.h. */
#include "rec/oracle.h"
#include "rec/sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct oracle_stats s = { 0 };
	struct oracle_verdict v = oracle_check_text(text, size, &s);

	if (!v.text[0])
		v = oracle_check_record(&sink_rec, text, size, &s);
	if (v.text[0]) {
		fprintf(stderr, "%s\n", v.text);
		abort();
	}
	return 0;
}
