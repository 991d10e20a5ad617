/* SPDX-License-Identifier: MIT */
/* What was found, as text, JSON, JUnit XML or GitHub annotations. */
#include "schemavalidate.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "rec/rec.h"
#include "render/github.h"
#include "render/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	TEXT_MAX = 16 << 20,   /* bytes of findings of one instance; more are counted as hidden */
	JUNIT_MAX = 16 << 20, /* of the whole report */
	COLUMNS_MAX = 2000,    /* of one field of one line of text */
};

static const char *first_set(const char *const *names)
{
	for (; *names; names++) {
		const char *v = getenv(*names);

		if (v && v[0])
			return v;
	}
	return NULL;
}

static struct slo_term term_of(int fd, int color)
{
	static const char *const locale[] = { "LC_ALL", "LC_CTYPE", "LANG", NULL };
	struct slo_term_facts f = {
		.isatty = isatty(fd),
		.colour = (enum slo_colour_mode)color,
		.no_color = getenv("NO_COLOR"),
		.term = getenv("TERM"),
		.lang = first_set(locale),
	};

	return slo_term_decide(&f);
}

int report_open(struct report *r, const struct options *o, struct slo_err *err)
{
	bool tee = o->tee || o->tee_all;
	int fd = tee ? STDERR_FILENO : STDOUT_FILENO, ret;
	struct slo_writer_opts w = { .streaming = isatty(fd) || tee };

	*r = (struct report){ .o = o, .term = term_of(fd, o->color) };
	slo_buf_init(&r->text, TEXT_MAX);
	slo_buf_init(&r->nest, TEXT_MAX);
	slo_buf_init(&r->what, TEXT_MAX);
	slo_junit_init(&r->junit, JUNIT_MAX);
	fd = dup(fd);
	ret = fd < 0 ? -errno : slo_writer_fd(fd, tee ? "stderr" : "stdout", &w, &r->out);
	if (ret && fd >= 0)
		close(fd);
	return ret ? slo_err_set(err, ret, "%s", slo_strerror(ret)) : 0;
}

void report_file(struct report *r, const char *name)
{
	if (r->o->output == OUTPUT_JUNIT)
		slo_junit_suite(&r->junit, slo_str(name));
}

void report_file_end(struct report *r, uint64_t passed)
{
	char name[64];
	struct slo_junit_case c = { .outcome = SLO_JUNIT_PASSED };

	if (r->o->output != OUTPUT_JUNIT || !passed)
		return;
	snprintf(name, sizeof(name), "%" PRIu64 " valid record%s", passed, passed == 1 ? "" : "s");
	c.name = slo_str(name);
	slo_junit_add(&r->junit, &c);
}

bool report_wants(const struct report *r)
{
	return !r->o->max_errors || r->shown < (uint64_t)r->o->max_errors;
}

void report_begin(struct report *r, const struct instance *in)
{
	r->in = in;
	r->found = 0;
	r->offset = 0;
	r->line = in->line;
	r->column = in->column ? in->column : 1;
	r->type[0] = r->message[0] = '\0';
	slo_buf_reset(&r->text);
}

/* Findings come in document order, so the text is walked once; going back starts over. */
static void find_place(struct report *r, const struct slo_jfail *f)
{
	const struct instance *in = r->in;
	size_t to = f->offset < in->text.len ? f->offset : in->text.len;

	if (in->yaml) {
		r->line = place_in_yaml(in->yaml, f->instance);
		r->column = 0;
		return;
	}
	if (to < r->offset) {
		r->offset = 0;
		r->line = in->line;
		r->column = in->column ? in->column : 1;
	}
	for (; r->offset < to; r->offset++) {
		if (in->text.p[r->offset] == '\n') {
			r->line++;
			r->column = 0;
		}
		r->column++;
	}
}

static void add_styled(struct report *r, struct slo_str s, enum slo_style style)
{
	slo_style_on(&r->text, &r->term, style);
	slo_text_add(&r->text, s, COLUMNS_MAX, &r->term);
	slo_style_off(&r->text, &r->term);
}

static void add_text(struct report *r, const struct slo_jfail *f)
{
	slo_text_add(&r->text, slo_str(r->in->file), COLUMNS_MAX, &r->term);
	slo_buf_addf(&r->text, ":%" PRIu64, r->line);
	if (r->column)
		slo_buf_addf(&r->text, ":%" PRIu64, r->column);
	slo_buf_adds(&r->text, ": ");
	add_styled(r, f->instance.len ? f->instance : slo_str("(top)"), SLO_STYLE_ACCENT);
	slo_buf_adds(&r->text, ": ");
	if (f->name[0]) {
		add_styled(r, slo_str(f->name), SLO_STYLE_BAD);
		slo_buf_adds(&r->text, ": ");
	}
	slo_text_add(&r->text, f->what, COLUMNS_MAX, &r->term);
	if (r->o->detail == DETAIL_DETAILED && f->absolute.len) {
		slo_buf_adds(&r->text, " (");
		add_styled(r, f->absolute, SLO_STYLE_DIM);
		slo_buf_addc(&r->text, ')');
	}
	slo_buf_addc(&r->text, '\n');
}

static void add_json(struct report *r, const struct slo_jfail *f)
{
	slo_buf_adds(&r->text, r->found > 1 ? ",{\"keywordLocation\":" : "{\"keywordLocation\":");
	slo_json_add_str(&r->text, f->keyword);
	if (f->absolute.len) {
		slo_buf_adds(&r->text, ",\"absoluteKeywordLocation\":");
		slo_json_add_str(&r->text, f->absolute);
	}
	slo_buf_adds(&r->text, ",\"instanceLocation\":");
	slo_json_add_str(&r->text, f->instance);
	slo_buf_adds(&r->text, ",\"error\":");
	slo_json_add_str(&r->text, f->what);
	slo_buf_addc(&r->text, '}');
}

static void add_github(struct report *r, const struct slo_jfail *f)
{
	struct slo_buf message;
	struct slo_github_note n = { .level = SLO_GITHUB_ERROR, .file = slo_str(r->in->file), .line = r->line,
				     .column = r->column };

	slo_buf_init(&message, TEXT_MAX);
	slo_buf_add(&message, f->instance.p, f->instance.len);
	slo_buf_adds(&message, f->instance.len ? ": " : "");
	slo_buf_add(&message, f->what.p, f->what.len);
	n.title = slo_str(f->name[0] ? f->name : "schema");
	n.message = slo_buf_str(&message);
	slo_github_add(&r->text, &n);
	slo_buf_fini(&message);
}

/* Of a wrong type, the validator says only what it is; a scalar can be shown. */
static void name_value(struct report *r, struct slo_jfail *f)
{
	if (strcmp(f->name, "type") != 0 || f->found.len == 0 || strchr("{[n", f->found.p[0]))
		return;
	slo_buf_reset(&r->what);
	slo_buf_add(&r->what, f->what.p, f->what.len);
	slo_buf_addf(&r->what, ": %.*s", SLO_STR_ARG(f->found));
	if (!r->what.err)
		f->what = slo_buf_str(&r->what);
}

void report_fail(void *arg, const struct slo_jfail *fail)
{
	struct report *r = arg;
	struct slo_jfail named = *fail, *f = &named;
	size_t before = r->text.len;

	if (!report_wants(r)) {
		r->hidden++;
		return;
	}
	find_place(r, f);
	name_value(r, f);
	if (r->found++ == 0) {
		slo_str_copy(r->type, sizeof(r->type), slo_str(f->name));
		slo_str_copy(r->message, sizeof(r->message), f->what);
	}
	if (r->o->output == OUTPUT_JSON)
		add_json(r, f);
	else if (r->o->output == OUTPUT_GITHUB)
		add_github(r, f);
	else
		add_text(r, f);
	if (r->text.err == -EMSGSIZE) { /* left out whole */
		r->text.err = 0;
		r->text.len = before;
		r->hidden++;
		return;
	}
	r->shown++;
}

/* The lexer ends its reasons so; see slo_lex_fail(). */
static size_t offset_of(const char *reason)
{
	static const char mark[] = " at byte ";
	const char *at = NULL;
	uint64_t n = 0;

	for (const char *p = reason; (p = strstr(p, mark)); p++)
		at = p + sizeof(mark) - 1;
	while (at && *at >= '0' && *at <= '9' && n < SIZE_MAX / 16)
		n = n * 10 + (uint64_t)(*at++ - '0');
	return n ? (size_t)(n - 1) : 0;
}

void report_trouble(struct report *r, const struct slo_err *err)
{
	struct slo_jfail f = { .instance = slo_str(""), .keyword = slo_str(""), .name = "",
			       .offset = offset_of(err->what) };
	char text[sizeof(err->where) + sizeof(err->what) + 2];

	snprintf(text, sizeof(text), "%s%s%s", err->where, err->where[0] ? ": " : "", err->what);
	f.what = slo_str(text);
	report_fail(r, &f);
}

static int write_json(struct report *r, bool valid)
{
	struct slo_buf *out = &r->nest;
	int ret = 0;

	slo_buf_reset(out);
	slo_buf_adds(out, "{\"file\":");
	slo_json_add_str(out, slo_str(r->in->file));
	slo_buf_addf(out, ",\"line\":%" PRIu64 ",\"valid\":%s", r->in->line, valid ? "true" : "false");
	if (!valid && r->o->detail == DETAIL_BASIC && r->found) {
		slo_buf_adds(out, ",\"errors\":[");
		slo_buf_add(out, r->text.data, r->text.len);
		slo_buf_addc(out, ']');
	} else if (!valid && r->o->detail == DETAIL_DETAILED && r->found) {
		slo_buf_adds(out, ",\"errors\":");
		ret = detail_nest(slo_buf_str(&r->text), out);
	}
	slo_buf_adds(out, "}\n");
	ret = ret ? ret : out->err;
	return ret ? ret : slo_writer_line(r->out, slo_buf_str(out), SLO_WRITE_WINDOW);
}

static void add_case(struct report *r, bool valid)
{
	char name[32];
	struct slo_junit_case c = { .outcome = valid ? SLO_JUNIT_PASSED : SLO_JUNIT_FAILED };

	snprintf(name, sizeof(name), "line %" PRIu64, r->in->line);
	c.name = slo_str(r->in->document ? r->in->file : name);
	if (!valid) {
		c.type = slo_str(r->type[0] ? r->type : "json");
		c.message = slo_str(r->message);
		c.text = slo_buf_str(&r->text);
	}
	slo_junit_add(&r->junit, &c);
}

int report_end(struct report *r, bool valid)
{
	if (r->text.err)
		return r->text.err;
	switch (r->o->output) {
	case OUTPUT_JSON:
		return write_json(r, valid);
	case OUTPUT_JUNIT:
		add_case(r, valid);
		return 0;
	default:
		return r->text.len ? slo_writer_line(r->out, slo_buf_str(&r->text), SLO_WRITE_WINDOW) : 0;
	}
}

static int write_junit(struct report *r)
{
	struct slo_buf out;
	int ret;

	slo_buf_init(&out, JUNIT_MAX + 512);
	ret = slo_junit_write(&r->junit, slo_str("schemavalidate"), &out);
	ret = ret ? ret : slo_writer_line(r->out, slo_buf_str(&out), SLO_WRITE_WINDOW);
	slo_buf_fini(&out);
	return ret;
}

int report_close(struct report *r, struct slo_err *err)
{
	int ret = 0, closed = 0;

	if (r->out && r->o->output == OUTPUT_JUNIT)
		ret = write_junit(r);
	if (r->out)
		closed = slo_writer_close(r->out, err);
	if (ret && ret != -EPIPE)
		slo_err_set(err, ret, "report: %s", slo_strerror(ret));
	r->out = NULL;
	slo_buf_fini(&r->text);
	slo_buf_fini(&r->nest);
	slo_buf_fini(&r->what);
	slo_junit_fini(&r->junit);
	return closed ? closed : ret;
}
