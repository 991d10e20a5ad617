/* SPDX-License-Identifier: MIT */
#include "render/junit.h"

#include "render/text.h"

#include <errno.h>
#include <inttypes.h>

enum {
	SUITE_ROOM = 512, /* bytes kept free for the tags of a suite and its note of what was dropped */
	NAME_MAX_BYTES = 4096,
};

void slo_junit_init(struct slo_junit *j, size_t max)
{
	*j = (struct slo_junit){ .max = max };
	slo_buf_init(&j->suites, max);
	slo_buf_init(&j->cases, max);
	slo_buf_init(&j->name, NAME_MAX_BYTES);
}

void slo_junit_fini(struct slo_junit *j)
{
	slo_buf_fini(&j->suites);
	slo_buf_fini(&j->cases);
	slo_buf_fini(&j->name);
}

/* What XML 1.0 section 2.2 allows in a document, without the discouraged C1 controls. */
static bool is_xml_char(int32_t cp)
{
	if (cp < 0x20)
		return cp == '\t' || cp == '\n' || cp == '\r';
	return cp < 0x7f || (cp > 0x9f && cp < 0xd800) || (cp > 0xdfff && cp < 0xfffe) || cp > 0xffff;
}

static const char *entity(int32_t cp)
{
	switch (cp) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;"; /* because of "]]>" */
	case '"': return "&quot;";
	case '\'': return "&apos;";
	case '\t': return "&#9;"; /* a parser would make blanks of these three in an attribute */
	case '\n': return "&#10;";
	case '\r': return "&#13;";
	default: return NULL;
	}
}

static void add_escaped(struct slo_buf *out, struct slo_str s)
{
	while (s.len) {
		int32_t cp;
		size_t n = slo_utf8_next(s, &cp);
		const char *e = entity(cp);

		if (cp < 0 || (cp < 0x80 && !is_xml_char(cp)))
			slo_buf_addf(out, "\\x%02x", (unsigned int)(unsigned char)s.p[0]);
		else if (!is_xml_char(cp))
			slo_buf_addf(out, "\\u%04x", (unsigned int)cp);
		else if (e)
			slo_buf_adds(out, e);
		else
			slo_buf_add(out, s.p, n);
		s = slo_str_n(s.p + n, s.len - n);
	}
}

static void add_attribute(struct slo_buf *out, const char *name, struct slo_str value)
{
	if (!value.p)
		return;
	slo_buf_addf(out, " %s=\"", name);
	add_escaped(out, value);
	slo_buf_addc(out, '"');
}

static void add_counts(struct slo_buf *out, const uint64_t n[SLO_JUNIT__COUNT])
{
	uint64_t tests = 0;

	for (int i = 0; i < SLO_JUNIT__COUNT; i++)
		tests += n[i];
	slo_buf_addf(out, " tests=\"%" PRIu64 "\" failures=\"%" PRIu64 "\" errors=\"%" PRIu64 "\" skipped=\"%" PRIu64
			  "\"",
		     tests, n[SLO_JUNIT_FAILED], n[SLO_JUNIT_ERROR], n[SLO_JUNIT_SKIPPED]);
}

static void end_suite(struct slo_junit *j)
{
	if (!j->open)
		return;
	slo_buf_adds(&j->suites, "  <testsuite name=\"");
	slo_buf_add(&j->suites, j->name.data, j->name.len);
	slo_buf_adds(&j->suites, "\"");
	add_counts(&j->suites, j->suite);
	slo_buf_adds(&j->suites, ">\n");
	slo_buf_add(&j->suites, j->cases.data, j->cases.len);
	if (j->dropped)
		slo_buf_addf(&j->suites, "    <system-err>%" PRIu64 " more not shown</system-err>\n", j->dropped);
	slo_buf_adds(&j->suites, "  </testsuite>\n");
	j->open = false;
}

void slo_junit_suite(struct slo_junit *j, struct slo_str name)
{
	end_suite(j);
	slo_buf_reset(&j->cases);
	slo_buf_reset(&j->name);
	memset(j->suite, 0, sizeof(j->suite));
	j->dropped = 0;
	j->open = true;
	/* Escaped, a byte takes six at most. */
	add_escaped(&j->name, slo_str_n(name.p, name.len < NAME_MAX_BYTES / 6 ? name.len : NAME_MAX_BYTES / 6));
}

static void add_case(struct slo_buf *out, const struct slo_junit_case *c)
{
	static const char *const tags[SLO_JUNIT__COUNT] = { NULL, "failure", "error", "skipped" };
	const char *tag = tags[c->outcome];

	slo_buf_adds(out, "    <testcase");
	add_attribute(out, "name", c->name.p ? c->name : slo_str(""));
	add_attribute(out, "classname", c->classname);
	if (!tag) {
		slo_buf_adds(out, "/>\n");
		return;
	}
	slo_buf_addf(out, ">\n      <%s", tag);
	add_attribute(out, "type", c->type);
	add_attribute(out, "message", c->message);
	slo_buf_addc(out, '>');
	add_escaped(out, c->text);
	slo_buf_addf(out, "</%s>\n    </testcase>\n", tag);
}

void slo_junit_add(struct slo_junit *j, const struct slo_junit_case *c)
{
	size_t before = j->cases.len, used = j->suites.len + j->name.len + SUITE_ROOM;

	j->cases.max = used < j->max ? j->max - used : 0;
	if (before <= j->cases.max)
		add_case(&j->cases, c);
	if (j->cases.err == -ENOMEM)
		return;
	if (j->cases.err || before > j->cases.max) {
		j->cases.err = 0;
		j->cases.len = before;
		j->dropped++;
		j->all_dropped++;
		return;
	}
	j->suite[c->outcome]++;
	j->total[c->outcome]++;
}

int slo_junit_write(struct slo_junit *j, struct slo_str name, struct slo_buf *out)
{
	end_suite(j);
	if (j->suites.err || j->cases.err)
		return j->suites.err ? j->suites.err : j->cases.err;
	slo_buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	add_attribute(out, "name", name);
	add_counts(out, j->total);
	slo_buf_adds(out, ">\n");
	slo_buf_add(out, j->suites.data, j->suites.len);
	slo_buf_adds(out, "</testsuites>\n");
	return out->err;
}
