/* SPDX-License-Identifier: MIT */
/* JSON text to nodes. Duplicate names are found on the way, by whatever is cheapest for the size of the object. */
#include "jschema/tape.h"

#include "base/num.h"
#include "base/table.h"
#include "jschema/jschema.h"
#include "rec/lex.h"

#include <errno.h>
#include <stdlib.h>

enum { FEW = 32 /* members among which a name is looked for one by one */, FIRST_CAP = 256 };

struct reader {
	struct slo_jtape *t;
	struct slo_lex lex;
	struct slo_lex_value v;
	uint32_t open[SLO_LEX_DEPTH_MAX];
	uint64_t seen[SLO_LEX_DEPTH_MAX]; /* one bit per name's hash: a clear bit is a new name */
	struct slo_str key;
	uint32_t hash;
	uint32_t depth;
};

void slo_jtape_init(struct slo_jtape *t)
{
	*t = (struct slo_jtape){ 0 };
	slo_buf_init(&t->scratch, UINT32_MAX);
}

void slo_jtape_fini(struct slo_jtape *t)
{
	slo_buf_fini(&t->scratch);
	free(t->nodes);
	free(t->sort);
	slo_jtape_init(t);
}

uint32_t slo_jkey_hash(const char *p, size_t len)
{
	uint64_t a = 0, b = 0;

	if (len > 16)
		return (uint32_t)slo_hash(p, len, 0);
	if (len >= 8) {
		memcpy(&a, p, 8);
		memcpy(&b, p + len - 8, 8);
	} else if (len >= 4) {
		uint32_t lo, hi;

		memcpy(&lo, p, 4);
		memcpy(&hi, p + len - 4, 4);
		a = lo;
		b = hi;
	} else if (len) {
		a = (unsigned char)p[0];
		b = (unsigned char)p[len / 2] | (uint64_t)(unsigned char)p[len - 1] << 8;
	}
	a = (a ^ len) * UINT64_C(0x9e3779b97f4a7c15);
	b = (b + (a >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)((a ^ b) >> 32);
}

static void sift(struct slo_jsort *v, uint32_t at, uint32_t n)
{
	struct slo_jsort x = v[at];
	uint32_t child;

	while ((child = 2 * at + 1) < n) {
		if (child + 1 < n && v[child + 1].by > v[child].by)
			child++;
		if (v[child].by <= x.by)
			break;
		v[at] = v[child];
		at = child;
	}
	v[at] = x;
}

void slo_jsort(struct slo_jsort *v, uint32_t n)
{
	for (uint32_t i = n / 2; i-- > 0;)
		sift(v, i, n);
	for (uint32_t i = n; i-- > 1;) {
		struct slo_jsort top = v[0];

		v[0] = v[i];
		v[i] = top;
		sift(v, 0, i);
	}
}

int slo_jtape_sort_room(struct slo_jtape *t, uint32_t n)
{
	struct slo_jsort *v;

	if (n <= t->sort_cap)
		return 0;
	v = realloc(t->sort, n * sizeof(*v));
	if (!v)
		return -ENOMEM;
	t->sort = v;
	t->sort_cap = n;
	return 0;
}

/* A new node at the end. Return: it, or NULL and @ret. */
static struct slo_jnode *push(struct slo_jtape *t, int *ret)
{
	struct slo_jnode *v;

	if (t->count == t->cap) {
		uint32_t cap = t->cap ? t->cap * 2 : FIRST_CAP;

		*ret = -E2BIG;
		if (t->count >= SLO_JSCHEMA_NODES)
			return NULL;
		*ret = -ENOMEM;
		v = realloc(t->nodes, cap * sizeof(*v));
		if (!v)
			return NULL;
		t->nodes = v;
		t->cap = cap;
	}
	v = &t->nodes[t->count++];
	*v = (struct slo_jnode){ .skip = 1 };
	return v;
}

static bool same_key(const struct slo_jnode *n, struct slo_str key)
{
	return n->key_len == key.len && memcmp(n->key, key.p, key.len) == 0;
}

static bool few_has(const struct slo_jtape *t, uint32_t object, struct slo_str key, uint32_t hash)
{
	const struct slo_jnode *n = &t->nodes[object], *c = n + 1;

	for (uint32_t i = 0; i < n->count; i++, c += c->skip)
		if (c->key_hash == hash && same_key(c, key))
			return true;
	return false;
}

/* Names sorted by a hash nobody can choose collisions for; only equal ones are compared. */
static int check_many(struct slo_jtape *t, uint32_t object, const struct slo_jnode **twice)
{
	const struct slo_jnode *n = &t->nodes[object];
	uint32_t k = 0;

	*twice = NULL;
	if (slo_jtape_sort_room(t, n->count))
		return -ENOMEM;
	SLO_JNODE_EACH(c, n)
		t->sort[k++] = (struct slo_jsort){ .by = slo_hash(c->key, c->key_len, (uintptr_t)t),
						   .i = (uint32_t)(c - t->nodes) };
	slo_jsort(t->sort, k);
	for (uint32_t i = 1; i < k; i++) {
		const struct slo_jnode *b = &t->nodes[t->sort[i].i];

		for (uint32_t j = i; j-- > 0 && t->sort[j].by == t->sort[i].by;)
			if (same_key(&t->nodes[t->sort[j].i], slo_jnode_key(b)))
				*twice = b;
	}
	return 0;
}

static int twice(struct slo_err *err, struct slo_str key, size_t at)
{
	return slo_err_set(err, -EINVAL, "the name \"%.*s\" is there twice, at byte %zu",
			   (int)(key.len < 80 ? key.len : 80), key.p, at + 1);
}

static int take_key(struct reader *r, struct slo_err *err)
{
	uint32_t object = r->open[r->depth - 1];
	uint64_t *seen = &r->seen[r->depth - 1], bit;

	r->key = r->v.str;
	r->hash = slo_jkey_hash(r->key.p, r->key.len);
	bit = UINT64_C(1) << (r->hash & 63);
	if (*seen & bit && r->t->nodes[object].count <= FEW && few_has(r->t, object, r->key, r->hash))
		return twice(err, r->key, (size_t)(r->v.from - r->lex.start));
	*seen |= bit;
	return 0;
}

static void take_number(struct slo_jnode *n, const struct slo_number *num)
{
	n->type = num->integer ? SLO_JT_INTEGER : SLO_JT_NUMBER;
	n->p = num->text.p;
	n->len = (uint32_t)num->text.len;
	n->digits = num->digits;
	n->exp10 = num->exp10;
	n->neg = num->neg;
	n->cut = num->cut;
	n->fits = num->integer && num->fits;
}

static int close_container(struct reader *r, int token, struct slo_err *err)
{
	uint32_t at = r->open[--r->depth];
	struct slo_jnode *n = &r->t->nodes[at];
	const struct slo_jnode *dup;
	int ret;

	n->skip = r->t->count - at;
	n->to = (uint32_t)(r->lex.p - r->lex.start);
	if (token == SLO_LEX_ARRAY_END || n->count <= FEW)
		return 0;
	ret = check_many(r->t, at, &dup);
	return ret ? ret : dup ? twice(err, slo_jnode_key(dup), dup->from) : 0;
}

static int take_value(struct reader *r, int token, struct slo_err *err)
{
	static const uint8_t types[] = {
		[SLO_LEX_OBJECT] = SLO_JT_OBJECT, [SLO_LEX_ARRAY] = SLO_JT_ARRAY, [SLO_LEX_STRING] = SLO_JT_STRING,
		[SLO_LEX_NUMBER] = SLO_JT_NUMBER, [SLO_LEX_TRUE] = SLO_JT_TRUE, [SLO_LEX_FALSE] = SLO_JT_FALSE,
		[SLO_LEX_NULL] = SLO_JT_NULL,
	};
	struct slo_jnode *n;
	int ret;

	n = push(r->t, &ret);
	if (!n)
		return slo_err_set(err, ret, "more than %d values", SLO_JSCHEMA_NODES);
	n->type = types[token];
	n->from = (uint32_t)(r->v.from - r->lex.start);
	n->to = (uint32_t)(r->lex.p - r->lex.start);
	if (r->depth) {
		struct slo_jnode *parent = &r->t->nodes[r->open[r->depth - 1]];

		parent->count++;
		if (parent->type == SLO_JT_OBJECT) {
			n->key = r->key.p;
			n->key_len = (uint32_t)r->key.len;
			n->key_hash = r->hash;
		}
	}
	if (token == SLO_LEX_STRING) {
		n->p = r->v.str.p;
		n->len = (uint32_t)r->v.str.len;
	} else if (token == SLO_LEX_NUMBER) {
		take_number(n, &r->v.num);
	} else if (token == SLO_LEX_OBJECT || token == SLO_LEX_ARRAY) {
		r->seen[r->depth] = 0;
		r->open[r->depth++] = r->t->count - 1;
	}
	return 0;
}

int slo_jtape_read(struct slo_jtape *t, const char *text, size_t len, struct slo_err *err)
{
	struct reader r;
	int token, ret = 0;

	t->count = 0;
	t->text = text;
	if (len >= UINT32_MAX)
		return slo_err_set(err, -E2BIG, "a text of %zu bytes", len);
	r.t = t;
	r.depth = 0;
	slo_lex_init(&r.lex, text, len, &t->scratch);
	r.lex.nul = true;
	while (!ret && (token = slo_lex_next(&r.lex, &r.v)) != SLO_LEX_END) {
		if (token == SLO_LEX_ERROR)
			return slo_lex_fail(&r.lex, err);
		if (token == SLO_LEX_KEY)
			ret = take_key(&r, err);
		else if (token == SLO_LEX_OBJECT_END || token == SLO_LEX_ARRAY_END)
			ret = close_container(&r, token, err);
		else
			ret = take_value(&r, token, err);
	}
	return ret;
}

/* The shortest decimal that reads back as @v: what the author most likely wrote. */
static void set_real(struct slo_jnode *n, double v)
{
	char text[SLO_NUM_MAX];
	size_t len = slo_fmt_f64(text, v);
	struct slo_lex_value num;
	struct slo_lex l;
	int32_t zeros = 0;

	/* Zeros that only fill go into the exponent, so that the digits fit. */
	if (!memchr(text, '.', len) && !memchr(text, 'e', len))
		for (; len > 1 && text[len - 1] == '0'; len--)
			zeros++;
	slo_lex_init(&l, text, len, NULL);
	slo_lex_next(&l, &num);
	n->type = SLO_JT_NUMBER;
	n->digits = num.num.digits;
	n->exp10 = num.num.exp10 + zeros;
	n->neg = num.num.neg;
}

static void set_integer(struct slo_jnode *n, json_int_t v)
{
	n->type = SLO_JT_INTEGER;
	n->neg = v < 0;
	n->digits = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	n->fits = true;
}

static int add(struct slo_jtape *t, json_t *json, const char *key, size_t key_len, unsigned int depth);

static int add_children(struct slo_jtape *t, json_t *json, unsigned int depth)
{
	int ret = 0;

	if (json_is_array(json)) {
		for (size_t i = 0; !ret && i < json_array_size(json); i++)
			ret = add(t, json_array_get(json, i), NULL, 0, depth + 1);
		return ret;
	}
	for (void *it = json_object_iter(json); it && !ret; it = json_object_iter_next(json, it))
		ret = add(t, json_object_iter_value(it), json_object_iter_key(it), json_object_iter_key_len(it),
			  depth + 1);
	return ret;
}

static int add(struct slo_jtape *t, json_t *json, const char *key, size_t key_len, unsigned int depth)
{
	static const uint8_t types[] = {
		[JSON_OBJECT] = SLO_JT_OBJECT, [JSON_ARRAY] = SLO_JT_ARRAY, [JSON_STRING] = SLO_JT_STRING,
		[JSON_TRUE] = SLO_JT_TRUE, [JSON_FALSE] = SLO_JT_FALSE, [JSON_NULL] = SLO_JT_NULL,
	};
	uint32_t at = t->count;
	struct slo_jnode *n;
	int ret = -E2BIG;

	n = depth > SLO_JSCHEMA_CALLS ? NULL : push(t, &ret);
	if (!n)
		return ret;
	n->key = key;
	n->key_len = (uint32_t)key_len;
	n->key_hash = key ? slo_jkey_hash(key, key_len) : 0;
	if (json_is_integer(json)) {
		set_integer(n, json_integer_value(json));
		return 0;
	}
	if (json_is_real(json)) {
		set_real(n, json_real_value(json));
		return 0;
	}
	n->type = types[json_typeof(json)];
	if (n->type == SLO_JT_STRING) {
		n->p = json_string_value(json);
		n->len = (uint32_t)json_string_length(json);
	}
	if (n->type != SLO_JT_OBJECT && n->type != SLO_JT_ARRAY)
		return 0;
	n->count = (uint32_t)(json_is_array(json) ? json_array_size(json) : json_object_size(json));
	ret = add_children(t, json, depth);
	t->nodes[at].skip = t->count - at;
	return ret;
}

int slo_jtape_add(struct slo_jtape *t, json_t *json, uint32_t *at)
{
	uint32_t start = t->count;
	int ret = add(t, json, NULL, 0, 0);

	if (ret)
		t->count = start;
	else
		*at = start;
	return ret;
}
