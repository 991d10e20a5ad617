/* SPDX-License-Identifier: MIT */
#include "correlate/pairs.h"

#include "base/num.h"
#include "base/table.h"
#include "base/time.h"
#include "correlate/pairs_internal.h"

#include <errno.h>
#include <stdlib.h>

struct known {
	uint64_t key; /* of a side */
	uint32_t index;
};

int slo_pairs_new(struct slo_pairs **out)
{
	struct slo_pairs *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	if (slo_table_init(&p->spans, sizeof(uint64_t), sizeof(struct known), SLO_PAIRS_MAX, 0) ||
	    slo_table_init(&p->events, sizeof(uint64_t), sizeof(struct known), SLO_PAIRS_MAX, 1)) {
		slo_pairs_free(p);
		return -ENOMEM;
	}
	*out = p;
	return 0;
}

void slo_pairs_free(struct slo_pairs *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < p->count; i++)
		free(p->items[i].text);
	slo_table_fini(&p->spans);
	slo_table_fini(&p->events);
	free(p->items);
	free(p);
}

uint32_t slo_pairs_count(const struct slo_pairs *p)
{
	return p->count;
}

const struct slo_labeled_pair *slo_pairs_get(const struct slo_pairs *p, uint32_t i)
{
	return &p->items[i].pair;
}

bool slo_pairs_have_durations(const struct slo_pairs *p)
{
	return p->durations;
}

int slo_pairs_tier(struct slo_str name)
{
	static const char *const contract[SLO_TIER__COUNT] = {
		[SLO_TIER_TRACE] = "trace_id_exact",
		[SLO_TIER_PROCESS] = "pod_pid_100ms",
		[SLO_TIER_CONNECTION] = "pod_conn_250ms",
		[SLO_TIER_SERVICE] = "service_node_500ms",
	};

	for (int t = 0; t < SLO_TIER__COUNT; t++)
		if (slo_str_is(name, contract[t]))
			return t;
	return slo_enum_find(&slo_tier_enum, name);
}

/* "10.0.0.1:4242" or "[fe80::1]:53". */
static bool parse_end(struct slo_str text, struct slo_str *ip, int32_t *port)
{
	size_t colon = text.len;
	int64_t v;

	while (colon > 0 && text.p[colon - 1] != ':')
		colon--;
	if (colon < 2 || slo_parse_i64(slo_str_n(text.p + colon, text.len - colon), &v) || v < 0 || v > 65535)
		return false;
	*ip = slo_str_n(text.p, colon - 1);
	if (ip->len > 2 && ip->p[0] == '[' && ip->p[ip->len - 1] == ']')
		*ip = slo_str_n(ip->p + 1, ip->len - 2);
	*port = (int32_t)v;
	return true;
}

bool pairs_parse_tuple(struct slo_str text, struct slo_conn_tuple *out)
{
	size_t arrow = 0, slash = text.len;

	while (arrow + 1 < text.len && !(text.p[arrow] == '-' && text.p[arrow + 1] == '>'))
		arrow++;
	while (slash > 0 && text.p[slash - 1] != '/')
		slash--;
	if (arrow + 1 >= text.len || slash < arrow + 4)
		return false;
	out->protocol = slo_str_n(text.p + slash, text.len - slash);
	return parse_end(slo_str_n(text.p, arrow), &out->src_ip, &out->src_port) &&
	       parse_end(slo_str_n(text.p + arrow + 2, slash - 1 - arrow - 2), &out->dst_ip, &out->dst_port);
}

static int check_side(const struct slo_pair_side *s, const char *name, struct slo_err *err)
{
	struct slo_conn_tuple t;

	if (s->conn_tuple.len && !pairs_parse_tuple(s->conn_tuple, &t)) {
		slo_err_at(err, "%s.conn_tuple", name);
		return slo_err_set(err, -EINVAL, "want src:port->dst:port/proto");
	}
	return 0;
}

static int check(const struct slo_labeled_pair *pair, struct slo_err *err)
{
	int r = check_side(&pair->span, "span", err);

	r = r ? r : check_side(&pair->signal, "signal", err);
	if (!r && slo_enum_find(&slo_signal_enum, pair->signal.signal) < 0) {
		slo_err_at(err, "signal.signal");
		r = slo_err_set(err, -EINVAL, "unknown signal %.*s",
				(int)(pair->signal.signal.len > 60 ? 60 : pair->signal.signal.len),
				pair->signal.signal.p ? pair->signal.signal.p : "");
	}
	if (!r && pair->expected_tier.len && slo_pairs_tier(pair->expected_tier) < 0 &&
	    !slo_str_is(pair->expected_tier, "none")) {
		slo_err_at(err, "expected_tier");
		r = slo_err_set(err, -EINVAL, "unknown tier");
	}
	return r;
}

enum { SIDE_STRINGS = 8, STRINGS = 2 * SIDE_STRINGS + 2 };

static void strings_of(struct slo_labeled_pair *pair, struct slo_str *out[STRINGS])
{
	struct slo_pair_side *sides[] = { &pair->span, &pair->signal };
	size_t n = 0;

	for (size_t i = 0; i < SLO_ARRAY_LEN(sides); i++) {
		struct slo_pair_side *s = sides[i];
		struct slo_str *of[SIDE_STRINGS] = { &s->signal, &s->trace_id,   &s->service, &s->node,
						     &s->pod,    &s->conn_tuple, &s->span_id, &s->parent_span_id };

		for (size_t k = 0; k < SIDE_STRINGS; k++)
			out[n++] = of[k];
	}
	out[n++] = &pair->case_id;
	out[n] = &pair->expected_tier;
}

static int copy_strings(struct pair_item *item)
{
	struct slo_str *s[STRINGS];
	size_t need = 1;
	char *to;

	strings_of(&item->pair, s);
	for (size_t i = 0; i < STRINGS; i++)
		need += s[i]->len;
	to = item->text = malloc(need);
	if (!to)
		return -ENOMEM;
	for (size_t i = 0; i < STRINGS; i++) {
		if (!s[i]->p)
			continue;
		memcpy(to, s[i]->p, s[i]->len);
		s[i]->p = to;
		to += s[i]->len;
	}
	return 0;
}

static uint64_t side_key(const struct slo_pair_side *s)
{
	const struct slo_str text[] = { s->signal,     s->trace_id, s->span_id, s->service,
					s->node,       s->pod,      s->conn_tuple };
	int64_t numbers[] = { s->pid, s->timestamp, s->pid_start_ns, s->netns_cookie };
	double values[] = { s->value, s->duration_ms };
	uint64_t h = slo_hash(numbers, sizeof(numbers), 1);

	for (size_t i = 0; i < SLO_ARRAY_LEN(text); i++)
		h = slo_hash(text[i].p ? text[i].p : "", text[i].len, h);
	return slo_hash(values, sizeof(values), h);
}

static uint32_t index_of(struct slo_table *t, uint64_t key, uint32_t item)
{
	bool created = false;
	struct known *k = slo_table_get(t, &key, &created, NULL, NULL);

	if (created)
		k->index = item;
	return k->index;
}

static int grow(struct slo_pairs *p)
{
	uint32_t cap = p->cap ? 2 * p->cap : 256;
	struct pair_item *items;

	if (p->count < p->cap)
		return 0;
	items = realloc(p->items, cap * sizeof(items[0]));
	if (!items)
		return -ENOMEM;
	p->items = items;
	p->cap = cap;
	return 0;
}

int slo_pairs_add(struct slo_pairs *p, const struct slo_labeled_pair *pair, struct slo_err *err)
{
	struct pair_item *item;
	int r = check(pair, err);

	if (!r && p->count == SLO_PAIRS_MAX)
		r = slo_err_set(err, -E2BIG, "more than %d pairs", SLO_PAIRS_MAX);
	r = r ? r : grow(p);
	if (r)
		return r;
	item = &p->items[p->count];
	*item = (struct pair_item){ .pair = *pair };
	r = copy_strings(item);
	if (r)
		return r;
	item->span = index_of(&p->spans, side_key(&item->pair.span), p->count);
	item->event = index_of(&p->events, side_key(&item->pair.signal), p->count);
	item->signal = slo_enum_find(&slo_signal_enum, item->pair.signal.signal);
	item->tier = item->pair.expected_tier.len ? slo_pairs_tier(item->pair.expected_tier) : -1;
	p->durations |= item->pair.span.duration_ms > 0;
	p->count++;
	return 0;
}
