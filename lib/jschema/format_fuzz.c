/* SPDX-License-Identifier: MIT */
/*
 * Any bytes against each format: no crash, the same verdict twice, and the
 * inclusions that hold between formats.
 */
#include "jschema/format.h"
#include "jschema/format_idna.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever has the first format has the second. */
static const char *const within[][2] = {
	{ "date", "uri-reference" },         { "date-time", "date-time" },       { "duration", "duration" },
	{ "email", "idn-email" },            { "hostname", "idn-hostname" },     { "ipv4", "hostname" },
	{ "uri", "uri-reference" },          { "uri", "iri" },                   { "uri-reference", "iri-reference" },
	{ "iri", "iri-reference" },          { "iri-reference", "iri-reference" }, { "uuid", "hostname" },
	{ "hostname", "uri-reference" },     { "uri-reference", "uri-template" }, { "json-pointer", "json-pointer" },
	{ "relative-json-pointer", "relative-json-pointer" },                    { "regex", "regex" },
	{ "ipv6", "ipv6" },                  { "time", "time" },                 { "idn-hostname", "idn-hostname" },
	{ "idn-email", "idn-email" },        { "uri-template", "uri-template" },
};

/* What decodes encodes to what decodes to the same. */
static void check_punycode(struct slo_str s)
{
	uint32_t cp[LABEL_MAX], again[LABEL_MAX];
	char text[LABEL_MAX];
	size_t n = slo_punycode_decode(s, cp), len = 0;

	for (size_t i = 0; i < n; i++)
		len += cp[i] >= 0x80;
	if (!n || !len)
		return;
	len = slo_punycode_encode(cp, n, text);
	if (!len)
		return;
	assert(slo_punycode_decode(slo_str_n(text, len), again) == n && memcmp(cp, again, n * sizeof(*cp)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1); /* of its exact size, so that a read beyond it shows */
	struct slo_str s;

	if (!copy)
		return 0;
	memcpy(copy, size ? data : (const uint8_t *)"", size);
	s = slo_str_n(copy, size);
	for (size_t i = 0; i < SLO_ARRAY_LEN(within); i++) {
		bool narrow = slo_format_find(slo_str(within[i][0]))(s);
		bool wide = slo_format_find(slo_str(within[i][1]))(s);

		assert(!narrow || wide);
	}
	check_punycode(s);
	free(copy);
	return 0;
}
