/* SPDX-License-Identifier: MIT */
#include "correlate/index.h"

#include <errno.h>
#include <stdlib.h>

#define NIL UINT32_MAX

struct root {
	uint64_t key;
	uint32_t node;
};

int index_init(struct index *x, uint32_t max, uint64_t seed)
{
	*x = (struct index){ .max = max, .free_head = NIL };
	x->nodes = malloc((size_t)max * sizeof(x->nodes[0]));
	if (!x->nodes)
		return -ENOMEM;
	return slo_table_init(&x->roots, sizeof(uint64_t), sizeof(struct root), max, seed);
}

void index_fini(struct index *x)
{
	if (x->nodes)
		slo_table_fini(&x->roots);
	free(x->nodes);
	x->nodes = NULL;
}

static uint32_t node_new(struct index *x, int64_t lo, int64_t hi, uint32_t item)
{
	uint32_t n = x->free_head;

	if (n != NIL)
		x->free_head = x->nodes[n].left;
	else
		n = x->used++;
	/* The node's number is as good as a random one once it is stirred. */
	x->nodes[n] = (struct index_node){ lo, hi, hi, NIL, NIL, (uint32_t)slo_hash(&n, sizeof(n), x->roots.seed), item };
	return n;
}

static void update(struct index *x, uint32_t n)
{
	struct index_node *at = &x->nodes[n];

	at->max_hi = at->hi;
	if (at->left != NIL && x->nodes[at->left].max_hi > at->max_hi)
		at->max_hi = x->nodes[at->left].max_hi;
	if (at->right != NIL && x->nodes[at->right].max_hi > at->max_hi)
		at->max_hi = x->nodes[at->right].max_hi;
}

static bool before(const struct index_node *n, int64_t lo, uint32_t item)
{
	return n->lo != lo ? n->lo < lo : n->item < item;
}

/* Everything below @n that comes before (@lo, @item) into @left, the rest into @right. */
static void split(struct index *x, uint32_t n, int64_t lo, uint32_t item, uint32_t *left, uint32_t *right)
{
	if (n == NIL) {
		*left = *right = NIL;
		return;
	}
	if (before(&x->nodes[n], lo, item)) {
		split(x, x->nodes[n].right, lo, item, &x->nodes[n].right, right);
		*left = n;
	} else {
		split(x, x->nodes[n].left, lo, item, left, &x->nodes[n].left);
		*right = n;
	}
	update(x, n);
}

static uint32_t merge(struct index *x, uint32_t a, uint32_t b)
{
	if (a == NIL || b == NIL)
		return a == NIL ? b : a;
	if (x->nodes[a].priority >= x->nodes[b].priority) {
		x->nodes[a].right = merge(x, x->nodes[a].right, b);
		update(x, a);
		return a;
	}
	x->nodes[b].left = merge(x, a, x->nodes[b].left);
	update(x, b);
	return b;
}

static uint32_t insert(struct index *x, uint32_t n, uint32_t new)
{
	struct index_node *add = &x->nodes[new];

	if (n == NIL)
		return new;
	if (add->priority > x->nodes[n].priority) {
		split(x, n, add->lo, add->item, &add->left, &add->right);
		update(x, new);
		return new;
	}
	if (x->nodes[n].max_hi < add->hi)
		x->nodes[n].max_hi = add->hi;
	if (before(&x->nodes[n], add->lo, add->item))
		x->nodes[n].right = insert(x, x->nodes[n].right, new);
	else
		x->nodes[n].left = insert(x, x->nodes[n].left, new);
	return n;
}

/* @hi: set to the end of what was taken out. */
static uint32_t take_out(struct index *x, uint32_t n, int64_t lo, uint32_t item, int64_t *hi)
{
	struct index_node *at;

	if (n == NIL)
		return NIL;
	at = &x->nodes[n];
	if (at->lo == lo && at->item == item) {
		uint32_t rest = merge(x, at->left, at->right);

		*hi = at->hi;
		at->left = x->free_head;
		x->free_head = n;
		return rest;
	}
	if (before(at, lo, item))
		at->right = take_out(x, at->right, lo, item, hi);
	else
		at->left = take_out(x, at->left, lo, item, hi);
	if (at->max_hi == *hi)
		update(x, n);
	return n;
}

void index_add(struct index *x, uint64_t key, int64_t lo, int64_t hi, uint32_t item)
{
	uint32_t n = node_new(x, lo, hi, item);
	bool created = false;
	struct root *r = slo_table_get(&x->roots, &key, &created, NULL, NULL);

	r->node = insert(x, created ? NIL : r->node, n);
}

void index_del(struct index *x, uint64_t key, int64_t lo, uint32_t item)
{
	struct root *r = slo_table_find(&x->roots, &key);
	int64_t hi = INT64_MIN;

	if (!r)
		return;
	r->node = take_out(x, r->node, lo, item, &hi);
	if (r->node == NIL)
		slo_table_del(&x->roots, r);
}

struct visit {
	const struct index *x;
	int64_t lo, hi;
	bool (*fn)(void *arg, uint32_t item);
	void *arg;
};

static bool walk(const struct visit *v, uint32_t n)
{
	while (n != NIL) {
		const struct index_node *at = &v->x->nodes[n];

		if (at->max_hi < v->lo)
			return true;
		if (!walk(v, at->left))
			return false;
		if (at->lo > v->hi)
			return true;
		if (at->hi >= v->lo && !v->fn(v->arg, at->item))
			return false;
		n = at->right;
	}
	return true;
}

bool index_visit(const struct index *x, uint64_t key, int64_t lo, int64_t hi, bool (*fn)(void *arg, uint32_t item),
		 void *arg)
{
	const struct visit v = { x, lo, hi, fn, arg };
	const struct root *r = key ? slo_table_find(&x->roots, &key) : NULL;

	return !r || walk(&v, r->node);
}
