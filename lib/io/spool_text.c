/* SPDX-License-Identifier: MIT */
/* A message as a file: lines of "name: value", an empty line, the body. */
#include "io/spool.h"

#include "base/num.h"
#include "base/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const char magic[] = "slo-spool 1\n";

enum { CHECK_SEED = 11, KEY_SEED = 12 };

uint64_t slo_spool_key(struct slo_str key)
{
	return slo_hash(key.p ? key.p : "", key.len, KEY_SEED);
}

void slo_spool_print(struct slo_buf *to, const struct slo_spool_message *m)
{
	slo_buf_adds(to, magic);
	slo_buf_addf(to, "id: %s\ntag: %s\nkey: %s\ntime: %" PRId64 "\n", m->id, m->tag, m->key, m->time_ns);
	if (m->dead_ns)
		slo_buf_addf(to, "dead: %" PRId64 "\nstatus: %ld\nreason: %s\n", m->dead_ns, m->status, m->reason);
	slo_buf_addf(to, "check: %016" PRIx64 "\nlength: %zu\n\n",
		     slo_hash(m->body.p ? m->body.p : "", m->body.len, CHECK_SEED), m->body.len);
	slo_buf_add(to, m->body.p, m->body.len);
}

/* What the lines hold, before it is judged. */
struct head {
	struct slo_str id, tag, key, time, dead, status, reason, check, length;
};

static struct slo_str *member(struct head *h, struct slo_str name)
{
	const struct {
		const char *name;
		struct slo_str *value;
	} table[] = {
		{ "id", &h->id }, { "tag", &h->tag }, { "key", &h->key }, { "time", &h->time }, { "dead", &h->dead },
		{ "status", &h->status }, { "reason", &h->reason }, { "check", &h->check }, { "length", &h->length },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(table); i++)
		if (slo_str_is(name, table[i].name))
			return table[i].value;
	return NULL;
}

/* Cut the lines off @text. Lines nobody knows are a later version's. */
static int read_head(struct slo_str *text, struct head *h)
{
	for (;;) {
		const char *end = text->len ? memchr(text->p, '\n', text->len) : NULL;
		const char *colon = end ? memchr(text->p, ':', (size_t)(end - text->p)) : NULL;
		struct slo_str *to;

		if (!end)
			return -EBADMSG;
		if (end > text->p) {
			if (!colon || colon + 2 > end || colon[1] != ' ')
				return -EBADMSG;
			to = member(h, slo_str_n(text->p, (size_t)(colon - text->p)));
			if (to)
				*to = slo_str_n(colon + 2, (size_t)(end - colon - 2));
		}
		text->len -= (size_t)(end + 1 - text->p);
		if (end++ == text->p) {
			text->p = end;
			return 0;
		}
		text->p = end;
	}
}

static int read_number(struct slo_str s, int64_t *out)
{
	*out = 0;
	return s.len && slo_parse_i64(s, out) ? -EBADMSG : 0;
}

int slo_spool_parse(struct slo_str text, struct slo_spool_message *m)
{
	struct head h = { .id = { NULL, 0 } };
	struct slo_spool_message got = { .id = "" };
	int64_t length, status;
	char check[17];
	int r;

	if (text.len < sizeof(magic) - 1 || memcmp(text.p, magic, sizeof(magic) - 1) != 0)
		return -EBADMSG;
	text.p += sizeof(magic) - 1;
	text.len -= sizeof(magic) - 1;
	r = read_head(&text, &h);
	r = r ? r : read_number(h.time, &got.time_ns);
	r = r ? r : read_number(h.dead, &got.dead_ns);
	r = r ? r : read_number(h.status, &status);
	r = r ? r : read_number(h.length, &length);
	if (r || length < 0 || (uint64_t)length != text.len)
		return -EBADMSG;
	(void)!snprintf(check, sizeof(check), "%016" PRIx64, slo_hash(text.len ? text.p : "", text.len, CHECK_SEED));
	if (!slo_str_is(h.check, check) || !slo_str_copy(got.id, sizeof(got.id), h.id) ||
	    !slo_str_copy(got.tag, sizeof(got.tag), h.tag))
		return -EBADMSG;
	slo_str_copy(got.key, sizeof(got.key), h.key);
	slo_str_copy(got.reason, sizeof(got.reason), h.reason);
	got.status = (long)status;
	got.body = text;
	*m = got;
	return 0;
}
