/* SPDX-License-Identifier: MIT */
/* Schemas are instances, too: of their meta-schema. */
#include "jschema/meta.h"

#include "jschema/compile.h"

#include <errno.h>
#include <stdlib.h>

struct slo_jmeta {
	struct slo_jschema *seven, *newest; /* of draft 7 and of 2020-12 */
	struct slo_jeval *eval;
};

struct slo_jmeta *slo_jmeta_new(void)
{
	return calloc(1, sizeof(struct slo_jmeta));
}

void slo_jmeta_free(struct slo_jmeta *m)
{
	if (!m)
		return;
	slo_jschema_free(m->seven);
	slo_jschema_free(m->newest);
	slo_jeval_free(m->eval);
	free(m);
}

static int compile(const struct slo_jstore *s, struct slo_str uri, struct slo_jschema **out, struct slo_err *err)
{
	struct slo_jschema_opts o = { .skip_metaschema = true };

	return slo_jcompile_run(s, uri, &o, out, err);
}

int slo_jmeta_check(const struct slo_jstore *s, uint32_t doc, struct slo_err *err)
{
	const struct slo_jresource *r = &s->resources[s->docs[doc].resource];
	struct slo_jschema *custom = NULL, **program = &custom;
	int ret = 0;

	if (r->dialect == SLO_JDIALECT_7)
		program = &s->meta->seven;
	else if (r->dialect == SLO_JDIALECT_2020)
		program = &s->meta->newest;
	/* What cannot be compiled for want of a meta-schema, the compiler has refused with a better reason. */
	if (r->dialect == SLO_JDIALECT_UNKNOWN || slo_jstore_resource(s, r->meta) == SLO_JNONE)
		return 0;
	if (!*program)
		ret = compile(s, r->meta, program, err);
	if (!ret && !s->meta->eval)
		ret = slo_jeval_new(&s->meta->eval);
	if (!ret) {
		ret = slo_jeval_json(*program, s->meta->eval, s->docs[doc].root, r->uri, err);
		ret = ret == 0 ? -EINVAL : ret < 0 ? ret : 0;
	}
	slo_jschema_free(custom);
	return ret;
}

static int add_texts(struct slo_jstore *s, const struct slo_jmetatext *texts, size_t n)
{
	struct slo_buf text;
	int ret = 0;

	slo_buf_init(&text, 1 << 16);
	for (size_t i = 0; !ret && i < n; i++) {
		json_t *doc;

		slo_buf_reset(&text);
		for (const char *const *line = texts[i].lines; *line; line++)
			slo_buf_adds(&text, *line);
		doc = text.err ? NULL : json_loadb(text.data, text.len, 0, NULL);
		ret = doc ? slo_jstore_put(s, slo_str(texts[i].uri), doc, SLO_JDRAFT_AUTO, true, NULL) : -ENOMEM;
		json_decref(doc);
	}
	slo_buf_fini(&text);
	return ret;
}

int slo_jstore_add_builtin(struct slo_jstore *s)
{
	int ret = add_texts(s, slo_jmeta_2020, slo_jmeta_2020_count);

	return ret ? ret : add_texts(s, slo_jmeta_draft7, slo_jmeta_draft7_count);
}
