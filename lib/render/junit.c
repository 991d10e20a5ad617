/* SPDX-License-Identifier: MIT */
#include "render/junit.h"

#include "render/markup.h"

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

static void add_attribute(struct slo_buf *out, const char *name, struct slo_str value)
{
	if (!value.p)
		return;
	slo_buf_addf(out, " %s=\"", name);
	slo_markup_add(out, value);
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
	slo_markup_add(&j->name, slo_str_n(name.p, name.len < NAME_MAX_BYTES / 6 ? name.len : NAME_MAX_BYTES / 6));
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
	slo_markup_add(out, c->text);
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
