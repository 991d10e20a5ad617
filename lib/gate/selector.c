/* SPDX-License-Identifier: MIT */
#include "gate/selector.h"

#include "base/buf.h"

#include <ctype.h>
#include <errno.h>

struct cursor {
	const char *p;
	struct slo_err *err;
};

static int fail(struct cursor *c, const char *what)
{
	return slo_err_set(c->err, -EINVAL, "%s at \"%.40s\"", what, c->p);
}

static void skip_blanks(struct cursor *c)
{
	c->p += strspn(c->p, " \t");
}

static int take_name(struct cursor *c, struct slo_buf *out)
{
	const char *start = c->p;

	while (isalnum((unsigned char)*c->p) || *c->p == '_')
		c->p++;
	if (c->p == start || isdigit((unsigned char)*start)) {
		c->p = start;
		return fail(c, "want a label name");
	}
	if (c->p - start == 8 && strncmp(start, "__name__", 8) == 0)
		return slo_err_set(c->err, -EINVAL, "the name of the metric is not a selector's business");
	slo_buf_add(out, start, (size_t)(c->p - start));
	return 0;
}

static int take_operator(struct cursor *c, struct slo_buf *out)
{
	static const char *const ops[] = { "=~", "!~", "!=", "=" }; /* longest first */

	for (size_t i = 0; i < SLO_ARRAY_LEN(ops); i++) {
		size_t len = strlen(ops[i]);

		if (strncmp(c->p, ops[i], len) == 0) {
			slo_buf_add(out, ops[i], len);
			c->p += len;
			return 0;
		}
	}
	return fail(c, "want =, !=, =~ or !~");
}

static void add_escaped(struct slo_buf *out, char ch)
{
	if (ch == '\n')
		slo_buf_adds(out, "\\n");
	else if (ch == '"' || ch == '\\')
		slo_buf_addf(out, "\\%c", ch);
	else
		slo_buf_addc(out, ch);
}

static int take_quoted(struct cursor *c, struct slo_buf *out)
{
	const char *start = c->p++;

	for (; *c->p && *c->p != '"'; c->p++) {
		char ch = *c->p;

		if (ch == '\\') {
			ch = *++c->p;
			if (ch == 'n')
				ch = '\n';
			else if (ch != '"' && ch != '\\')
				return fail(c, "want \\\", \\\\ or \\n");
		}
		add_escaped(out, ch);
	}
	if (!*c->p) {
		c->p = start;
		return fail(c, "a quote without its end");
	}
	c->p++;
	return 0;
}

static int take_value(struct cursor *c, struct slo_buf *out)
{
	int ret = 0;

	slo_buf_addc(out, '"');
	if (*c->p == '"')
		ret = take_quoted(c, out);
	else
		for (; *c->p && *c->p != ',' && *c->p != '}'; c->p++)
			add_escaped(out, *c->p);
	slo_buf_addc(out, '"');
	return ret;
}

static int take_matchers(struct cursor *c, struct slo_buf *out, bool braces)
{
	for (int n = 0;; n++) {
		int ret;

		skip_blanks(c);
		if (!*c->p || (braces && *c->p == '}'))
			return 0;
		if (n == SLO_GATE_MATCHERS)
			return fail(c, "too many matchers");
		if (n)
			slo_buf_addc(out, ',');
		ret = take_name(c, out);
		skip_blanks(c);
		if (!ret)
			ret = take_operator(c, out);
		skip_blanks(c);
		if (!ret)
			ret = take_value(c, out);
		if (ret)
			return ret;
		skip_blanks(c);
		if (*c->p == ',')
			c->p++;
		else if (*c->p && !(braces && *c->p == '}'))
			return fail(c, "want a comma");
	}
}

int slo_gate_selector(const char *text, char *to, struct slo_err *err)
{
	struct cursor c = { .p = text, .err = err };
	struct slo_buf out;
	bool braces;
	int ret;

	slo_buf_init(&out, SLO_GATE_SELECTOR_MAX - 1);
	skip_blanks(&c);
	braces = *c.p == '{';
	c.p += braces;
	ret = take_matchers(&c, &out, braces);
	if (!ret && braces) {
		if (*c.p != '}' || c.p[1 + strspn(c.p + 1, " \t")])
			ret = fail(&c, "want one pair of braces");
	}
	if (!ret && out.err)
		ret = slo_err_set(err, -EINVAL, "longer than %d bytes", SLO_GATE_SELECTOR_MAX - 1);
	if (!ret)
		memcpy(to, out.data ? out.data : "", out.len + 1);
	slo_buf_fini(&out);
	return ret;
}
