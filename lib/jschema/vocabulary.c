/* SPDX-License-Identifier: MIT */
/* Which keywords a schema may use: its meta-schema says so. */
#include "jschema/compile.h"

#include <errno.h>

static const struct {
	const char *name;
	uint16_t bit;
} vocabularies[] = {
	{ "core", SLO_JV_CORE },
	{ "applicator", SLO_JV_APPLICATOR },
	{ "unevaluated", SLO_JV_UNEVALUATED },
	{ "validation", SLO_JV_VALIDATION },
	{ "meta-data", SLO_JV_META_DATA },
	{ "format-annotation", SLO_JV_FORMAT },
	{ "format-assertion", SLO_JV_FORMAT_ASSERTION },
	{ "content", SLO_JV_CONTENT },
};

static uint16_t find(const char *uri)
{
	static const char prefix[] = "https://json-schema.org/draft/2020-12/vocab/";

	if (strncmp(uri, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	for (size_t i = 0; i < SLO_ARRAY_LEN(vocabularies); i++)
		if (strcmp(uri + sizeof(prefix) - 1, vocabularies[i].name) == 0)
			return vocabularies[i].bit;
	return 0;
}

static uint16_t read_list(struct slo_jcompiler *c, json_t *list)
{
	uint16_t all = SLO_JV_CORE;

	for (void *it = json_object_iter(list); it; it = json_object_iter_next(list, it)) {
		uint16_t bit = find(json_object_iter_key(it));

		all |= bit;
		if (bit || !json_is_true(json_object_iter_value(it)))
			continue;
		slo_err_set(c->err, -EINVAL, "its meta-schema requires the vocabulary %s, which is not known here",
			    json_object_iter_key(it));
		slo_jcompile_fail(c, -EINVAL, SLO_JK_FALSE, NULL);
		return 0;
	}
	return all;
}

static uint16_t look_up(struct slo_jcompiler *c, const struct slo_jresource *r)
{
	uint32_t meta;
	json_t *list;

	if (r->dialect == SLO_JDIALECT_7 || r->dialect == SLO_JDIALECT_2020)
		return SLO_JV_DEFAULT;
	meta = r->dialect == SLO_JDIALECT_CUSTOM ? slo_jstore_resource(c->store, r->meta) : SLO_JNONE;
	if (meta == SLO_JNONE) {
		int ret = r->dialect == SLO_JDIALECT_CUSTOM ? -ENOENT : -EINVAL;

		slo_err_set(c->err, ret, "written for %.*s, which is %s", SLO_STR_ARG(r->meta),
			    ret == -EINVAL ? "a draft that is not supported" : "not in the store");
		slo_jcompile_fail(c, ret, SLO_JK_FALSE, NULL);
		return 0;
	}
	list = json_object_get(c->store->resources[meta].root, "$vocabulary");
	return json_is_object(list) ? read_list(c, list) : SLO_JV_DEFAULT;
}

uint16_t slo_jcompile_vocabulary(struct slo_jcompiler *c, uint32_t resource)
{
	if (!c->vocabularies[resource])
		c->vocabularies[resource] = look_up(c, &c->store->resources[resource]);
	return c->vocabularies[resource];
}
