/* SPDX-License-Identifier: MIT */
/*
 * Recursive descent over libyaml's events. Lines are kept per (container,
 * position) and not per node, because jansson's true, false and null are shared.
 */
#include "yaml/yaml.h"

#include "yaml/scalar.h"

#include <errno.h>
#include <stdlib.h>
#include <yaml.h>

struct line {
	const json_t *parent;
	size_t index; /* position in the parent */
	int line;
};

struct slo_yaml {
	json_t *root;
	struct line *lines; /* by parent, then index */
	size_t count, cap;
};

struct reader {
	yaml_parser_t parser;
	struct slo_yaml *doc;
	const char *name;
	struct slo_err *err;
	int depth;
	size_t nodes;
};

static int read_node(struct reader *r, yaml_event_t *ev, json_t **out);

static int fail(struct reader *r, int ret, yaml_mark_t at, const char *what)
{
	slo_err_set(r->err, ret, "%s", what);
	slo_err_at(r->err, "%s:%zu:%zu", r->name, at.line + 1, at.column + 1);
	return ret;
}

static int no_memory(struct reader *r)
{
	return slo_err_set(r->err, -ENOMEM, "%s: out of memory", r->name);
}

static int syntax_error(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "not YAML";

	if (p->error == YAML_MEMORY_ERROR)
		return no_memory(r);
	if (p->error == YAML_READER_ERROR) {
		slo_err_set(r->err, -EINVAL, "%s (byte %zu)", problem, p->problem_offset);
		slo_err_at(r->err, "%s:%zu:%zu", r->name, p->mark.line + 1, p->mark.column + 1);
		return -EINVAL;
	}
	slo_err_set(r->err, -EINVAL, "%s%s%s", problem, p->context ? " " : "", p->context ? p->context : "");
	slo_err_at(r->err, "%s:%zu:%zu", r->name, p->problem_mark.line + 1, p->problem_mark.column + 1);
	return -EINVAL;
}

/* The next event, which the caller deletes. */
static int next(struct reader *r, yaml_event_t *ev)
{
	return yaml_parser_parse(&r->parser, ev) ? 0 : syntax_error(r);
}

static int remember(struct reader *r, const json_t *parent, size_t index, yaml_mark_t at)
{
	struct slo_yaml *d = r->doc;

	if (d->count == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 64;
		struct line *grown = realloc(d->lines, cap * sizeof(*grown));

		if (!grown)
			return no_memory(r);
		d->lines = grown;
		d->cap = cap;
	}
	d->lines[d->count++] = (struct line){ parent, index, (int)at.line + 1 };
	return 0;
}

/* slo_yaml_key_line() while the lines are not sorted yet. */
static int first_line(const struct slo_yaml *d, json_t *object, const char *key)
{
	size_t index = 0;
	const char *k;
	json_t *v;

	json_object_foreach(object, k, v) {
		if (strcmp(k, key) == 0)
			break;
		index++;
	}
	for (size_t i = d->count; i-- > 0;) {
		if (d->lines[i].parent == object && d->lines[i].index == index)
			return d->lines[i].line;
	}
	return 0;
}

/* What every node must respect, whatever it is. */
static int check_node(struct reader *r, const yaml_event_t *ev, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return fail(r, -EINVAL, ev->start_mark, "anchors are not supported: write the value out");
	if (tag && strcmp((const char *)tag, "!") != 0 && strcmp((const char *)tag, YAML_STR_TAG) != 0)
		return fail(r, -EINVAL, ev->start_mark, "tags are not supported");
	if (++r->nodes > SLO_YAML_MAX_NODES)
		return fail(r, -E2BIG, ev->start_mark, "too many values in one document");
	return 0;
}

static int read_scalar(struct reader *r, const yaml_event_t *ev, json_t **out)
{
	struct slo_str s = slo_str_n((const char *)ev->data.scalar.value, ev->data.scalar.length);
	const char *why = NULL;
	int ret = check_node(r, ev, ev->data.scalar.anchor, ev->data.scalar.tag);

	if (ret)
		return ret;
	if (memchr(s.p, '\0', s.len))
		return fail(r, -EINVAL, ev->start_mark, "NUL in a string");
	if (ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !ev->data.scalar.tag)
		*out = slo_yaml_scalar(s, &why);
	else
		*out = json_stringn(s.p, s.len);
	if (*out)
		return 0;
	return why ? fail(r, -EINVAL, ev->start_mark, why) : no_memory(r);
}

static int enter(struct reader *r, const yaml_event_t *ev, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (tag && strcmp((const char *)tag, YAML_STR_TAG) == 0)
		return fail(r, -EINVAL, ev->start_mark, "!!str on something that is not a scalar");
	if (++r->depth > SLO_YAML_MAX_DEPTH)
		return fail(r, -E2BIG, ev->start_mark, "nested too deeply");
	return check_node(r, ev, anchor, tag);
}

static int add_item(struct reader *r, json_t *array, yaml_event_t *ev)
{
	json_t *item = NULL;
	yaml_mark_t at = ev->start_mark;
	int ret = read_node(r, ev, &item);

	if (ret)
		return ret;
	if (json_array_append_new(array, item))
		return no_memory(r);
	return remember(r, array, json_array_size(array) - 1, at);
}

/* Everything up to @end_type into @into, which becomes *@out. */
static int read_children(struct reader *r, json_t *into, yaml_event_type_t end_type,
			 int (*add)(struct reader *r, json_t *into, yaml_event_t *ev), json_t **out)
{
	int ret = 0;

	for (bool end = false; !ret && !end;) {
		yaml_event_t ev;

		ret = next(r, &ev);
		if (ret)
			break;
		end = ev.type == end_type;
		if (!end)
			ret = add(r, into, &ev);
		yaml_event_delete(&ev);
	}
	r->depth--;
	if (!ret)
		*out = json_incref(into);
	return ret;
}

static int read_sequence(struct reader *r, const yaml_event_t *start, json_t **out)
{
	json_auto_t *array = json_array();
	int ret = enter(r, start, start->data.sequence_start.anchor, start->data.sequence_start.tag);

	if (!array)
		return no_memory(r);
	return ret ? ret : read_children(r, array, YAML_SEQUENCE_END_EVENT, add_item, out);
}

static int check_key(struct reader *r, json_t *object, const yaml_event_t *ev)
{
	const char *key;
	char what[160];
	int ret;

	if (ev->type == YAML_ALIAS_EVENT)
		return fail(r, -EINVAL, ev->start_mark, "aliases are not supported: write the value out");
	if (ev->type != YAML_SCALAR_EVENT)
		return fail(r, -EINVAL, ev->start_mark, "a key must be a scalar");
	ret = check_node(r, ev, ev->data.scalar.anchor, ev->data.scalar.tag);
	if (ret)
		return ret;
	key = (const char *)ev->data.scalar.value;
	if (memchr(key, '\0', ev->data.scalar.length))
		return fail(r, -EINVAL, ev->start_mark, "NUL in a key");
	if (!json_object_get(object, key))
		return 0;
	snprintf(what, sizeof(what), "%.100s: given twice, first on line %d", key, first_line(r->doc, object, key));
	return fail(r, -EINVAL, ev->start_mark, what);
}

static int add_member(struct reader *r, json_t *object, yaml_event_t *key)
{
	yaml_event_t ev;
	json_t *value = NULL;
	int ret = check_key(r, object, key);

	if (!ret)
		ret = next(r, &ev);
	if (ret)
		return ret;
	ret = read_node(r, &ev, &value);
	yaml_event_delete(&ev);
	if (ret)
		return ret;
	if (json_object_set_new(object, (const char *)key->data.scalar.value, value))
		return no_memory(r);
	return remember(r, object, json_object_size(object) - 1, key->start_mark);
}

static int read_mapping(struct reader *r, const yaml_event_t *start, json_t **out)
{
	json_auto_t *object = json_object();
	int ret = enter(r, start, start->data.mapping_start.anchor, start->data.mapping_start.tag);

	if (!object)
		return no_memory(r);
	return ret ? ret : read_children(r, object, YAML_MAPPING_END_EVENT, add_member, out);
}

static int read_node(struct reader *r, yaml_event_t *ev, json_t **out)
{
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(r, ev, out);
	case YAML_SEQUENCE_START_EVENT:
		return read_sequence(r, ev, out);
	case YAML_MAPPING_START_EVENT:
		return read_mapping(r, ev, out);
	case YAML_ALIAS_EVENT:
		return fail(r, -EINVAL, ev->start_mark, "aliases are not supported: write the value out");
	default:
		return fail(r, -EINVAL, ev->start_mark, "a value is missing");
	}
}

/* One event of the stream around the document. */
static int read_outer(struct reader *r, yaml_event_t *ev, bool *end)
{
	switch (ev->type) {
	case YAML_STREAM_END_EVENT:
		*end = true;
		return 0;
	case YAML_DOCUMENT_START_EVENT:
		if (r->doc->root)
			return fail(r, -EINVAL, ev->start_mark, "more than one document");
		return 0;
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return 0;
	default:
		return read_node(r, ev, &r->doc->root);
	}
}

static int read_stream(struct reader *r)
{
	bool end = false;
	int ret = 0;

	while (!ret && !end) {
		yaml_event_t ev;

		ret = next(r, &ev);
		if (ret)
			break;
		ret = read_outer(r, &ev, &end);
		yaml_event_delete(&ev);
	}
	if (!ret && !r->doc->root)
		r->doc->root = json_null();
	return ret;
}

static int compare_lines(const void *va, const void *vb)
{
	const struct line *a = va, *b = vb;

	if (a->parent != b->parent)
		return (uintptr_t)a->parent < (uintptr_t)b->parent ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

int slo_yaml_parse(const char *text, size_t len, const char *name, struct slo_yaml **out, struct slo_err *err)
{
	struct reader r = { .name = name, .err = err };
	int ret;

	if (len > SLO_YAML_MAX_BYTES) {
		slo_err_set(err, -E2BIG, "larger than %d bytes", SLO_YAML_MAX_BYTES);
		slo_err_at(err, "%s", name);
		return -E2BIG;
	}
	r.doc = calloc(1, sizeof(*r.doc));
	if (!r.doc || !yaml_parser_initialize(&r.parser)) {
		free(r.doc);
		return no_memory(&r);
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	ret = read_stream(&r);
	yaml_parser_delete(&r.parser);
	if (ret) {
		slo_yaml_free(r.doc);
		return ret;
	}
	if (r.doc->count > 0)
		qsort(r.doc->lines, r.doc->count, sizeof(*r.doc->lines), compare_lines);
	*out = r.doc;
	return 0;
}

void slo_yaml_free(struct slo_yaml *y)
{
	if (!y)
		return;
	json_decref(y->root);
	free(y->lines);
	free(y);
}

const json_t *slo_yaml_root(const struct slo_yaml *y)
{
	return y->root;
}

int slo_yaml_item_line(const struct slo_yaml *y, const json_t *array, size_t index)
{
	const struct line want = { array, index, 0 };
	const struct line *found = NULL;

	if (y->count > 0)
		found = bsearch(&want, y->lines, y->count, sizeof(*y->lines), compare_lines);
	return found ? found->line : 0;
}

int slo_yaml_key_line(const struct slo_yaml *y, const json_t *object, const char *key)
{
	size_t i = 0;
	const char *k;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)object, k, v) {
		if (strcmp(k, key) == 0)
			return slo_yaml_item_line(y, object, i);
		i++;
	}
	return 0;
}
