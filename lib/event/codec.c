/* SPDX-License-Identifier: MIT */
/*
 * The envelope around a record. Our own writers put kind, v and payload in this
 * order, and then everything is read in one pass; a payload that comes before
 * its kind is passed over and read when the kind is known.
 */
#include "event/event.h"
#include "rec/lex.h"

#include <errno.h>

struct envelope {
	struct slo_lex lex, payload; /* @payload: where a payload starts that is still to be read */
	struct slo_str kind, version;
	bool has_kind, has_version, has_payload;
	bool done;                   /* the payload is read */
	struct slo_event *out;
	struct slo_rec_ctx *ctx;
	uint32_t kinds;
	struct slo_err *err;
};

static int fail_at(struct slo_err *err, const char *member, int r)
{
	slo_err_at(err, "%s", member);
	return r;
}

static int check_version(struct slo_str v, struct slo_err *err)
{
	bool minor = false;
	size_t i = 0;

	while (i < v.len && v.p[i] >= '0' && v.p[i] <= '9')
		i++;
	if (i > 0 && i + 1 < v.len && v.p[i] == '.')
		for (minor = true, i++; i < v.len; i++)
			minor = minor && v.p[i] >= '0' && v.p[i] <= '9';
	if (!minor)
		return fail_at(err, "v", slo_err_set(err, -EINVAL, "want a version like 1.0, found %.*s",
						     (int)(v.len > 60 ? 60 : v.len), v.p));
	if (v.p[0] == '1' && v.p[1] == '.')
		return 0;
	return slo_err_set(err, -EINVAL, "version %.*s is not supported (this is 1.x)", (int)(v.len > 60 ? 60 : v.len),
			   v.p);
}

static int check_hist(const struct slo_event *ev, struct slo_err *err)
{
	const struct slo_hist *h = NULL;

	if (ev->kind == SLO_KIND_WINDOW && ev->window.has_hist)
		h = &ev->window.hist;
	else if (ev->kind == SLO_KIND_SLI_WINDOW && ev->sli_window.has_hist)
		h = &ev->sli_window.hist;
	if (!h || slo_hist_valid(h))
		return 0;
	return fail_at(err, "hist", slo_err_set(err, -EINVAL, "not a usable histogram"));
}

static bool wanted(const struct envelope *e, int kind)
{
	return kind >= 0 && e->kinds >> kind & 1;
}

static int decode_payload(struct envelope *e, struct slo_lex *l)
{
	int r = slo_rec_decode_at(e->ctx, slo_event_rec[e->out->kind], l, &e->out->slo, e->err);

	e->done = r == 0;
	if (r && e->err && !e->err->where[0])
		return fail_at(e->err, "payload", r);
	return r ? r : check_hist(e->out, e->err);
}

/* The text of a string member, or an error. */
static int read_text(struct envelope *e, const char *name, struct slo_str *out, bool *has)
{
	struct slo_lex_value v;
	int token;

	if (*has)
		return fail_at(e->err, name, slo_err_set(e->err, -EINVAL, "member is there twice"));
	token = slo_lex_next(&e->lex, &v);
	if (token == SLO_LEX_ERROR)
		return fail_at(e->err, name, slo_lex_fail(&e->lex, e->err));
	if (token != SLO_LEX_STRING)
		return fail_at(e->err, name, slo_err_set(e->err, -EINVAL, "want a string"));
	*has = true;
	*out = v.str;
	return 0;
}

static int read_payload(struct envelope *e)
{
	if (e->has_payload)
		return fail_at(e->err, "payload", slo_err_set(e->err, -EINVAL, "member is there twice"));
	e->has_payload = true;
	if (wanted(e, e->out->kind))
		return decode_payload(e, &e->lex);
	e->payload = e->lex;
	return slo_lex_skip(&e->lex, NULL) ? slo_lex_fail(&e->lex, e->err) : 0;
}

static int read_member(struct envelope *e, struct slo_str key)
{
	int r;

	if (slo_str_is(key, "payload"))
		return read_payload(e);
	if (slo_str_is(key, "kind")) {
		r = read_text(e, "kind", &e->kind, &e->has_kind);
		if (r == 0)
			e->out->kind = slo_enum_find(&slo_kind_enum, e->kind);
		return r;
	}
	if (slo_str_is(key, "v")) {
		r = read_text(e, "v", &e->version, &e->has_version);
		return r ? r : check_version(e->version, e->err);
	}
	e->ctx->unknown++;
	return slo_lex_skip(&e->lex, NULL) ? slo_lex_fail(&e->lex, e->err) : 0;
}

/* The members up to the end of the line. */
static int read_envelope(struct envelope *e)
{
	struct slo_lex_value v;
	int token = slo_lex_next(&e->lex, &v), r = 0;

	if (token != SLO_LEX_OBJECT && token != SLO_LEX_ERROR)
		return slo_err_set(e->err, -EINVAL, "want an object");
	while (token != SLO_LEX_ERROR) {
		token = slo_lex_next(&e->lex, &v);
		if (token == SLO_LEX_OBJECT_END)
			break;
		if (token == SLO_LEX_KEY)
			r = read_member(e, v.str);
		if (r)
			return r;
	}
	if (token == SLO_LEX_ERROR || slo_lex_next(&e->lex, &v) != SLO_LEX_END)
		return slo_lex_fail(&e->lex, e->err);
	return 0;
}

static int decode_envelope(struct slo_rec_ctx *c, struct slo_str line, uint32_t kinds, struct slo_event *out,
			   struct slo_err *err)
{
	struct envelope e = { .out = out, .ctx = c, .kinds = kinds, .err = err };
	struct slo_lex end;
	int r;

	slo_lex_init(&e.lex, line.p, line.len, &c->scratch);
	out->kind = -1;
	r = read_envelope(&e);
	if (r)
		return r;
	if (!e.has_kind)
		return fail_at(err, "kind", slo_err_set(err, -EINVAL, "required member is missing"));
	if (!e.has_payload)
		return fail_at(err, "payload", slo_err_set(err, -EINVAL, "required member is missing"));
	if (!wanted(&e, out->kind))
		return SLO_EVENT_SKIPPED;
	if (e.done)
		return 0;
	/* Escaped strings read meanwhile stay where they are. */
	end = e.payload;
	end.used = e.lex.used;
	return decode_payload(&e, &end);
}

/* Whether the line's object has both members an envelope has. Broken lines have not. Leaves scratch alone. */
static bool is_envelope(struct slo_str line)
{
	struct slo_lex_value v;
	bool kind = false, payload = false;
	struct slo_lex l;

	slo_lex_init(&l, line.p, line.len, NULL);
	if (slo_lex_next(&l, &v) != SLO_LEX_OBJECT)
		return false;
	while (slo_lex_next(&l, &v) == SLO_LEX_KEY) {
		kind = kind || slo_str_is(v.str, "kind");
		payload = payload || slo_str_is(v.str, "payload");
		if (slo_lex_skip(&l, NULL))
			break;
	}
	return kind && payload;
}

static int decode_bare(struct slo_rec_ctx *c, struct slo_str line, int kind, uint32_t kinds, struct slo_event *out,
		       struct slo_err *err)
{
	int r;

	out->kind = kind;
	if (!(kinds >> kind & 1))
		return slo_lex_validate(line.p, line.len, err) ? -EINVAL : SLO_EVENT_SKIPPED;
	r = slo_rec_decode(c, slo_event_rec[kind], line.p, line.len, &out->slo, err);
	return r ? r : check_hist(out, err);
}

/*
 * A line where a bare payload may stand. One that decodes without a member
 * left over is a payload; only for others it is worth looking for an envelope.
 */
static int decode_either(struct slo_rec_ctx *c, struct slo_str line, int bare, uint32_t kinds, struct slo_event *out,
			 struct slo_err *err)
{
	uint64_t unknown = c->unknown, truncated = c->truncated;
	struct slo_err reason = { .what = "" };
	int r = decode_bare(c, line, bare, kinds, out, &reason);

	if ((r == 0 && c->unknown == unknown) || !is_envelope(line)) {
		if (r < 0 && err)
			*err = reason;
		return r;
	}
	c->unknown = unknown;
	c->truncated = truncated;
	return decode_envelope(c, line, kinds, out, err);
}

/* The line starts as our own writers start an envelope. */
static bool starts_envelope(struct slo_str line)
{
	static const struct slo_str start = SLO_STR("{\"kind\":");

	return line.len > start.len && memcmp(line.p, start.p, start.len) == 0;
}

int slo_event_decode(struct slo_rec_ctx *c, const char *line, size_t len, int bare, uint32_t kinds,
		     struct slo_event *out, struct slo_err *err)
{
	struct slo_str text = slo_str_n(line, len);

	if (err && err->what[0])
		err = NULL;
	if (bare >= 0 && !starts_envelope(text))
		return decode_either(c, text, bare, kinds, out, err);
	return decode_envelope(c, text, kinds, out, err);
}

int slo_event_encode_payload(int kind, const void *payload, struct slo_buf *out)
{
	size_t before = out->len;
	int r;

	slo_buf_adds(out, "{\"kind\":\"");
	slo_buf_adds(out, slo_kind_enum.names[kind]);
	slo_buf_adds(out, "\",\"v\":\"1.0\",\"payload\":");
	r = slo_rec_encode(slo_event_rec[kind], payload, out);
	if (r == -EDOM) {
		out->len = before;
		out->data[before] = '\0';
		return r;
	}
	slo_buf_add(out, "}\n", 2);
	return out->err;
}

int slo_event_encode(const struct slo_event *ev, struct slo_buf *out)
{
	return slo_event_encode_payload(ev->kind, &ev->slo, out);
}
