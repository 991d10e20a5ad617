/* SPDX-License-Identifier: MIT */
/* Failures: collected while the second run goes, put into order, handed out. */
#include "jschema/eval.h"
#include "jschema/uri.h"

#include <errno.h>
#include <stdlib.h>

enum { SHOWN = 80 };

struct slo_str slo_jshow(const struct slo_jeval *e, const struct slo_jnode *n)
{
	static const char *const words[] = { "null", "false", "true", "a number", "a number", "a string", "an array",
					     "an object" };
	struct slo_str s = slo_str(words[n->type]);

	if (n == e->name)
		s = slo_jnode_str(n);
	else if (e->tape.text)
		s = slo_str_n(e->tape.text + n->from, n->to - n->from);
	else if (n->type == SLO_JT_STRING)
		s = slo_jnode_str(n);
	if (s.len > SHOWN) {
		s.len = SHOWN;
		while (s.len && (s.p[s.len] & 0xc0) == 0x80)
			s.len--;
	}
	return s;
}

static void add_index(struct slo_buf *b, uint32_t index)
{
	slo_buf_addf(b, "/%u", index);
}

/* Down from the root to @n, one container at a time. */
static void add_instance(const struct slo_jeval *e, const struct slo_jnode *n, struct slo_buf *b)
{
	const struct slo_jnode *at = e->tape.nodes;

	if (n == e->name)
		n = e->name_of;
	while (at != n) {
		const struct slo_jnode *c = at + 1;
		uint32_t index = 0;

		for (; n >= c + c->skip; c += c->skip)
			index++;
		if (at->type == SLO_JT_OBJECT)
			slo_jpointer_add(b, slo_jnode_key(c));
		else
			add_index(b, index);
		at = c;
	}
}

static void add_keywords(const struct slo_jframe *f, struct slo_buf *b)
{
	const struct slo_jframe *path[SLO_JSCHEMA_CALLS + 2];
	size_t n = 0;

	for (; f && f->up; f = f->up)
		path[n++] = f;
	while (n-- > 0) {
		slo_jpointer_add(b, slo_str(slo_jkeywords[path[n]->kw].name));
		if (path[n]->token.p)
			slo_jpointer_add(b, path[n]->token);
		if (path[n]->index != SLO_JNONE)
			add_index(b, path[n]->index);
	}
}

static struct slo_jfound *new_found(struct slo_jreport *r)
{
	void *v;

	if (r->count < SLO_JSCHEMA_FAILURES) {
		v = slo_jgrow(r->found, r->count, &r->cap, sizeof(*r->found));
		if (v) {
			r->found = v;
			return &r->found[r->count++];
		}
	}
	r->dropped++;
	return NULL;
}

bool slo_jfail(struct slo_jeval *e, const struct slo_jframe *f, uint8_t kw, const struct slo_jnode *n,
	       const char *fmt, ...)
{
	struct slo_jreport *r = &e->report;
	struct slo_jfound *x;
	char what[512];
	va_list ap;
	size_t at = r->text.len;

	if (!e->reporting || r->quiet)
		return false;
	x = new_found(r);
	if (!x)
		return false;
	*x = (struct slo_jfound){ .sub = f->sub, .shown = slo_jshow(e, n), .from = n->from, .head = n->from,
				  .keyword = at, .kw = kw, .nest = (uint16_t)r->nest };
	add_keywords(f, &r->text);
	if (kw != SLO_JK_FALSE)
		slo_jpointer_add(&r->text, slo_str(slo_jkeywords[kw].name));
	x->instance = r->text.len;
	add_instance(e, n, &r->text);
	x->what = r->text.len;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	slo_buf_adds(&r->text, what);
	x->end = r->text.len;
	if (r->text.err) {
		/* Not in whole, so not at all. */
		r->text.err = 0;
		r->text.len = at;
		r->count--;
		r->dropped++;
	}
	return false;
}

struct slo_jmark slo_jreport_open(struct slo_jeval *e)
{
	e->report.nest++;
	return (struct slo_jmark){ e->report.count, e->report.text.len, e->report.dropped };
}

void slo_jreport_close(struct slo_jeval *e, struct slo_jmark mark, bool failed)
{
	struct slo_jreport *r = &e->report;
	struct slo_jfound *first, last;

	r->nest--;
	if (!e->reporting || r->count == mark.count)
		return;
	if (!failed) {
		r->text.len = mark.text;
		r->count = mark.count;
		return;
	}
	if (r->dropped != mark.dropped)
		return;
	first = &r->found[mark.count];
	last = r->found[r->count - 1];
	memmove(first + 1, first, (r->count - 1 - mark.count) * sizeof(last));
	last.nest--;
	*first = last;
	for (uint32_t i = mark.count; i < r->count; i++)
		r->found[i].head = last.head;
}

static void emit(struct slo_jeval *e, const struct slo_jfound *x, void (*fail)(void *arg, const struct slo_jfail *f),
		 void *arg)
{
	struct slo_buf *b = &e->report.line;
	const char *text = e->report.text.data ? e->report.text.data : "";

	slo_buf_reset(b);
	slo_buf_add(b, x->sub->uri.p, x->sub->uri.len);
	slo_buf_addc(b, '#');
	slo_buf_add(b, x->sub->pointer.p, x->sub->pointer.len);
	if (x->kw != SLO_JK_FALSE)
		slo_jpointer_add(b, slo_str(slo_jkeywords[x->kw].name));
	fail(arg, &(struct slo_jfail){
		.instance = slo_str_n(text + x->instance, x->what - x->instance),
		.keyword = slo_str_n(text + x->keyword, x->instance - x->keyword),
		.absolute = slo_buf_str(b),
		.name = slo_jkeywords[x->kw].name,
		.what = slo_str_n(text + x->what, x->end - x->what),
		.found = x->shown,
		.offset = x->from,
		.depth = x->nest,
	});
}

uint64_t slo_jeval_dropped(const struct slo_jeval *e)
{
	return e->report.dropped;
}

void slo_jreport_emit(struct slo_jeval *e, void (*fail)(void *arg, const struct slo_jfail *f), void *arg)
{
	const struct slo_jreport *r = &e->report;
	struct slo_jsort *order;

	/* Without room to sort, in the order in which they were found. */
	order = slo_jtape_sort_room(&e->tape, r->count) ? NULL : e->tape.sort;
	for (uint32_t i = 0; order && i < r->count; i++)
		order[i] = (struct slo_jsort){ (uint64_t)r->found[i].head << 20 | i, i };
	if (order)
		slo_jsort(order, r->count);
	for (uint32_t i = 0; i < r->count; i++)
		emit(e, &r->found[order ? order[i].i : i], fail, arg);
}
