/* SPDX-License-Identifier: MIT */
/* Any bytes as an instance of a schema that uses every keyword; both runs must agree. */
#include "jschema/jschema.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const text =
	"{\"$defs\":{\"n\":{\"$dynamicAnchor\":\"n\",\"type\":[\"array\",\"object\",\"number\",\"string\",\"null\"]}},"
	"\"$ref\":\"#/$defs/n\",\"if\":{\"type\":\"number\"},\"then\":{\"multipleOf\":0.01,\"minimum\":-1e30,"
	"\"exclusiveMaximum\":12345678901234567890,"
	"\"not\":{\"const\":7.5}},\"else\":{\"maxLength\":9,\"minLength\":1,"
	"\"pattern\":\"^[a-z]*$\",\"format\":\"date\"},\"anyOf\":[{\"type\":\"number\"},{\"enum\":[null,\"a\","
	"[1,2],{\"a\":1.0}]},{\"uniqueItems\":true,\"maxItems\":40},{\"required\":[\"a\"]}],\"oneOf\":["
	"{\"minProperties\":2,\"type\":\"object\"},true],\"prefixItems\":[{\"type\":\"number\"}],\"contains\":"
	"{\"type\":\"string\"},\"minContains\":0,\"maxContains\":3,\"properties\":{\"a\":{\"$dynamicRef\":\"#n\"},"
	"\"b\":{\"$ref\":\"#\"}},\"patternProperties\":{\"^c\":{\"$ref\":\"#\"}},\"propertyNames\":{\"maxLength\":5},"
	"\"dependentRequired\":{\"a\":[\"b\"]},\"dependentSchemas\":{\"b\":{\"properties\":{\"d\":true}}},"
	"\"unevaluatedProperties\":{\"type\":\"integer\"},\"unevaluatedItems\":{\"type\":\"string\"}}";

static void count(void *arg, const struct slo_jfail *f)
{
	if (f->depth == 0)
		++*(size_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct slo_jschema *schema;
	static struct slo_jeval *e;
	size_t failures = 0;
	int quick, full;

	if (!schema) {
		struct slo_jschema_opts o = { .assert_formats = true };
		json_t *doc = json_loads(text, JSON_DECODE_INT_AS_REAL, NULL);
		struct slo_jstore *store;

		if (slo_jstore_new(&store) || slo_jeval_new(&e) ||
		    slo_jstore_add(store, "https://fuzz.invalid/a", doc, SLO_JDRAFT_AUTO, NULL) ||
		    slo_jschema_compile(store, "https://fuzz.invalid/a", &o, &schema, NULL))
			abort();
		json_decref(doc);
		slo_jstore_free(store);
	}
	quick = slo_jschema_validate(schema, e, (const char *)data, size, NULL, NULL, NULL);
	full = slo_jschema_validate(schema, e, (const char *)data, size, count, &failures, NULL);
	if (quick != full || (full == 1) != (full >= 0 && failures == 0))
		abort();
	return 0;
}
