/* SPDX-License-Identifier: MIT */
/* From an absolute URI with fragment to the schema it means. */
#include "jschema/store.h"
#include "jschema/uri.h"

#include <errno.h>

enum { FRAGMENT_MAX = 65536 };

struct walk {
	const struct slo_jstore *s;
	struct slo_jtarget *out;
	struct slo_buf pointer; /* from the resource's root to here */
	struct slo_buf token;
};

static json_t *child(json_t *json, struct slo_str token)
{
	size_t index = 0;

	if (json_is_object(json))
		return json_object_getn(json, token.p ? token.p : "", token.len);
	if (!token.len || token.len > 9 || (token.p[0] == '0' && token.len > 1))
		return NULL;
	for (size_t i = 0; i < token.len; i++) {
		if (token.p[i] < '0' || token.p[i] > '9')
			return NULL;
		index = index * 10 + (size_t)(token.p[i] - '0');
	}
	return json_array_get(json, index);
}

/* One step down; a subschema the store knows says itself where it is. */
static int step(struct walk *w, struct slo_err *err)
{
	struct slo_str token = slo_buf_str(&w->token);
	uint32_t place;

	w->out->json = child(w->out->json, token);
	if (!w->out->json)
		return slo_err_set(err, -EINVAL, "there is no \"%.*s\" after \"%.*s\"", SLO_STR_ARG(token),
				   SLO_STR_ARG(slo_buf_str(&w->pointer)));
	slo_jpointer_add(&w->pointer, token);
	place = json_is_object(w->out->json) ? slo_jstore_place(w->s, w->out->json) : SLO_JNONE;
	if (place != SLO_JNONE) {
		struct slo_str p = w->s->places[place].pointer;

		w->out->resource = w->s->places[place].resource;
		slo_buf_reset(&w->pointer);
		slo_buf_add(&w->pointer, p.p, p.len);
	}
	return w->pointer.err;
}

static int follow(struct walk *w, struct slo_str rest, struct slo_err *err)
{
	int more, ret = 0;

	while (!ret) {
		slo_buf_reset(&w->token);
		more = slo_jpointer_next(&rest, &w->token);
		if (more == 0)
			break;
		if (more < 0)
			return slo_err_set(err, more, "a broken JSON pointer");
		ret = w->token.err ? w->token.err : step(w, err);
	}
	return ret;
}

static int find_pointer(const struct slo_jstore *s, struct slo_str fragment, struct slo_jarena *arena,
			struct slo_jtarget *out, struct slo_err *err)
{
	struct walk w = { .s = s, .out = out };
	int ret;

	slo_buf_init(&w.pointer, FRAGMENT_MAX);
	slo_buf_init(&w.token, FRAGMENT_MAX);
	ret = follow(&w, fragment, err);
	if (!ret) {
		out->pointer = slo_jarena_str(arena, slo_buf_str(&w.pointer));
		ret = out->pointer.p ? 0 : -ENOMEM;
	}
	slo_buf_fini(&w.pointer);
	slo_buf_fini(&w.token);
	return ret;
}

static int find_anchor(const struct slo_jstore *s, struct slo_str name, struct slo_jtarget *out, struct slo_err *err)
{
	const struct slo_janchor *a = slo_jstore_anchor(s, out->resource, name);
	uint32_t place = a ? slo_jstore_place(s, a->json) : SLO_JNONE;

	if (place == SLO_JNONE)
		return slo_err_set(err, -EINVAL, "there is no anchor \"%.*s\"", SLO_STR_ARG(name));
	out->anchor = a;
	out->json = a->json;
	out->pointer = s->places[place].pointer;
	return 0;
}

int slo_jstore_resolve(const struct slo_jstore *s, struct slo_str uri, struct slo_jarena *arena,
		       struct slo_jtarget *out, struct slo_err *err)
{
	struct slo_str fragment, doc = slo_juri_cut(uri, &fragment);
	struct slo_jtarget t = { .resource = slo_jstore_resource(s, doc), .pointer = SLO_STR("") };
	struct slo_buf text;
	int ret = 0;

	if (t.resource == SLO_JNONE)
		return slo_err_set(err, -ENOENT, "there is no document %.*s", SLO_STR_ARG(doc));
	t.json = s->resources[t.resource].root;
	slo_buf_init(&text, FRAGMENT_MAX);
	if (slo_juri_decode(fragment, &text))
		ret = slo_err_set(err, -EINVAL, "%.*s: a broken %%XX", SLO_STR_ARG(uri));
	else if (text.err)
		ret = text.err;
	else if (text.len && text.data[0] == '/')
		ret = find_pointer(s, slo_buf_str(&text), arena, &t, err);
	else if (text.len)
		ret = find_anchor(s, slo_buf_str(&text), &t, err);
	slo_buf_fini(&text);
	if (!ret)
		*out = t;
	return ret;
}
