/* SPDX-License-Identifier: MIT */
/* Any JSON as a schema, in either draft; what compiles then meets a small instance. */
#include "jschema/jschema.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *arg, const struct slo_jfail *f)
{
	*(size_t *)arg += f->what.len + f->absolute.len;
}

static void try(json_t *doc, enum slo_jdraft draft, bool skip)
{
	static const char instance[] = "{\"a\":[1,2.5,\"x\",{\"b\":null}],\"b\":\"abc\",\"c\":{\"a\":[]}}";
	struct slo_jschema_opts o = { .assert_formats = true, .skip_metaschema = skip };
	struct slo_jschema *schema = NULL;
	struct slo_jstore *store;
	struct slo_jeval *e;
	size_t n = 0;

	if (slo_jstore_new(&store) || slo_jeval_new(&e))
		abort();
	if (!slo_jstore_add(store, "https://fuzz.invalid/a", doc, draft, NULL) &&
	    !slo_jschema_compile(store, "https://fuzz.invalid/a", &o, &schema, NULL)) {
		slo_jstore_free(store);
		store = NULL;
		slo_jschema_validate(schema, e, instance, sizeof(instance) - 1, count, &n, NULL);
	}
	slo_jschema_free(schema);
	slo_jeval_free(e);
	slo_jstore_free(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *doc;

	if (size < 2)
		return 0;
	doc = json_loadb((const char *)data + 1, size - 1, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	if (doc)
		try(doc, data[0] & 1 ? SLO_JDRAFT_7 : SLO_JDRAFT_AUTO, data[0] & 2);
	json_decref(doc);
	return 0;
}
