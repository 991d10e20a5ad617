/* SPDX-License-Identifier: MIT */
/*
 * sloctl report: incidents for people. Appended as they change, redrawn on a
 * terminal, or as one JSON document at the end.
 */
#include "live.h"
#include "sloctl.h"
#include "view.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/time.h"
#include "io/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { OUTPUT_TEXT, OUTPUT_JSON };
enum {
	WAIT_MS = 250,        /* a signal that comes between two waits is seen after this at the latest */
	FRAME_MS = 100,       /* least time between two frames */
	JSON_MAX = 32 << 20,  /* bytes of the JSON document: all records at their largest, twice */
};

struct options {
	const char *input, *reject;
	int output, color, charset;
	int64_t width;
	bool strict, fail_on_incident, live;
};

struct report {
	const struct options *o;
	struct slo_reader *in;
	struct slo_writer *reject;
	struct slo_filter filter;
	struct slo_rec_ctx ctx;
	struct slo_event *ev;
	struct store store;
	struct slo_term term;
	struct slo_buf text;
	bool live;            /* redraw in place */
	bool dirty;           /* something to draw */
	int64_t drawn_ns;     /* monotonic, of the latest frame */
	uint64_t stats, other;
	int failed;           /* negative errno of writing */
};

static void append_block(struct report *r, const struct slo_incident *inc)
{
	slo_buf_reset(&r->text);
	view_incident(&r->text, inc, &r->term);
	slo_buf_addc(&r->text, '\n');
	r->failed = put_out(slo_buf_str(&r->text));
}

static void take_incident(struct report *r, struct slo_str line)
{
	const struct slo_incident *inc = &r->ev->incident;
	struct slo_err err = { "", "" };
	bool changed = false;

	if (!store_put(&r->store, inc, &changed, &err)) {
		if (err.what[0])
			slo_filter_bad(&r->filter, line, &err);
		return;
	}
	r->dirty = true;
	if (changed && r->o->output == OUTPUT_TEXT && !r->live)
		append_block(r, inc);
}

static void take_line(struct report *r, struct slo_str line)
{
	const uint32_t kinds = 1u << SLO_KIND_INCIDENT | 1u << SLO_KIND_STATS;
	struct slo_err err = { "", "" };
	int ret = slo_event_decode(&r->ctx, line.p, line.len, SLO_KIND_INCIDENT, kinds, r->ev, &err);

	if (ret < 0)
		slo_filter_bad(&r->filter, line, &err);
	else if (ret == SLO_EVENT_SKIPPED)
		r->other++;
	else if (r->ev->kind == SLO_KIND_INCIDENT)
		take_incident(r, line);
	else
		r->stats++;
}

static void draw(struct report *r, bool force)
{
	int64_t now = slo_now_mono_ns();

	if (live_changed) {
		live_changed = 0;
		r->term = term_choose(r->o->width, r->o->color, r->o->charset);
		force = true;
	}
	if (!force && (!r->dirty || now - r->drawn_ns < FRAME_MS * SLO_NS_PER_MS))
		return;
	r->failed = live_draw(&r->store, &r->term);
	r->drawn_ns = now;
	r->dirty = false;
}

static int read_all(struct report *r)
{
	if (r->live)
		draw(r, true);
	while (!live_stop && !r->failed) {
		struct slo_err err = { "", "" };
		struct slo_str line = { NULL, 0 };
		int ret = slo_reader_next(r->in, &line, r->live && r->dirty ? FRAME_MS : WAIT_MS);

		if (ret < 0) {
			slo_warn("%s: %s", slo_reader_name(r->in), slo_reader_why(r->in, ret));
			return ret;
		}
		if (ret == SLO_READ_EOF)
			return 0;
		if (ret == SLO_READ_LINE)
			take_line(r, line);
		else if (ret == SLO_READ_TOO_LONG)
			slo_filter_bad(&r->filter, line, &err);
		if (r->live)
			draw(r, false);
	}
	return 0;
}

static void add_counts(struct slo_buf *b, const struct report *r, const struct kept *const *list, size_t n)
{
	uint64_t by_status[SLO_INCIDENT_STATUS__COUNT] = { 0 };

	for (size_t i = 0; i < n; i++)
		by_status[list[i]->status]++;
	slo_buf_addf(b, "\"counts\":{\"open\":%llu,\"resolved\":%llu,\"stale\":%llu,\"evicted\":%llu,\"evicted_open\":%llu,"
			"\"records\":%llu,\"outdated\":%llu,\"stats\":%llu,\"other\":%llu,\"malformed\":%llu}",
		     (unsigned long long)by_status[SLO_INCIDENT_STATUS_OPEN],
		     (unsigned long long)by_status[SLO_INCIDENT_STATUS_RESOLVED],
		     (unsigned long long)by_status[SLO_INCIDENT_STATUS_STALE],
		     (unsigned long long)r->store.table.evicted, (unsigned long long)r->store.evicted_open,
		     (unsigned long long)r->store.seen, (unsigned long long)r->store.outdated,
		     (unsigned long long)r->stats, (unsigned long long)r->other,
		     (unsigned long long)r->filter.malformed);
}

static void put_json(struct report *r, const struct kept *const *list, size_t n)
{
	struct slo_buf b;

	slo_buf_init(&b, JSON_MAX);
	slo_buf_adds(&b, "{\"incidents\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			slo_buf_addc(&b, ',');
		slo_buf_add(&b, list[i]->record, list[i]->len);
	}
	slo_buf_adds(&b, "],");
	add_counts(&b, r, list, n);
	slo_buf_adds(&b, "}\n");
	r->failed = b.err ? b.err : put_out(slo_buf_str(&b));
	slo_buf_fini(&b);
}

/* After the screen was given back: what it showed, to stay. */
static void put_final(struct report *r, const struct kept *const *list, size_t n)
{
	for (size_t i = 0; i < n && !r->failed; i++) {
		if (slo_rec_decode(&r->ctx, slo_event_rec[SLO_KIND_INCIDENT], list[i]->record, list[i]->len,
				   &r->ev->incident, NULL) == 0)
			append_block(r, &r->ev->incident);
	}
}

static int finish(struct report *r, int read_error)
{
	const struct kept *list[STORE_MAX];
	size_t n = store_sorted(&r->store, false, list), open = 0;
	int status;

	live_leave();
	if (r->o->output == OUTPUT_JSON && !r->failed)
		put_json(r, list, n);
	else if (r->live && !r->failed)
		put_final(r, list, n);
	status = slo_filter_end(&r->filter);
	for (size_t i = 0; i < n; i++)
		open += !kept_is_over(list[i]);
	if (n == 0 && r->o->output == OUTPUT_TEXT)
		slo_info("no incidents");
	if (r->store.table.evicted)
		slo_info("%llu incidents over the limit of %d were forgotten, %llu of them unresolved",
			 (unsigned long long)r->store.table.evicted, STORE_MAX,
			 (unsigned long long)r->store.evicted_open);
	if (r->failed)
		return put_failed(r->failed);
	if (read_error)
		return EXIT_FAILURE;
	return status || (r->o->fail_on_incident && open + r->store.evicted_open > 0) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int open_endpoints(struct report *r)
{
	const struct slo_writer_opts plain = { .streaming = false };
	struct slo_err err = { "", "" };

	if (slo_reader_open(r->o->input, &r->in, &err) ||
	    (r->o->reject && slo_writer_open(r->o->reject, &plain, &r->reject, &err))) {
		slo_warn_err(&err);
		return -EINVAL;
	}
	return 0;
}

static int close_endpoints(struct report *r)
{
	struct slo_err err = { "", "" };
	int ret = r->reject ? slo_writer_close(r->reject, &err) : 0;

	if (ret)
		slo_warn_err(&err);
	if (r->in)
		slo_reader_close(r->in);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run(struct report *r)
{
	int status, closed;

	slo_rec_ctx_init(&r->ctx);
	slo_buf_init(&r->text, VIEW_MAX);
	r->ev = malloc(sizeof(*r->ev));
	status = !r->ev || store_init(&r->store) ? EXIT_FAILURE : 0;
	if (status)
		slo_warn("out of memory");
	else if (open_endpoints(r))
		status = EXIT_FAILURE;
	if (!status) {
		r->filter = (struct slo_filter){ .in = r->in, .reject = r->reject, .strict = r->o->strict,
						 .report = slo_warn_err };
		live_signals(r->live);
		status = finish(r, read_all(r));
	}
	closed = close_endpoints(r);
	store_fini(&r->store);
	slo_buf_fini(&r->text);
	slo_rec_ctx_fini(&r->ctx);
	free(r->ev);
	return status ? status : closed;
}

int report_run(void *opts, int argc, char **argv)
{
	const struct options *o = opts;
	struct report r = { .o = o, .term = term_choose(o->width, o->color, o->charset) };

	(void)argc;
	(void)argv;
	r.live = r.term.tty && o->live && o->output == OUTPUT_TEXT;
	return run(&r);
}

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const char *const outputs[] = { "text", "json", NULL };

static const struct slo_opt opts[] = {
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "ENDPOINT", .def = "-",
	  .help = "Where incidents come from: - (stdin), a path, unix:/path or unix-listen:/path." },
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(output, int), .choices = outputs, .def = "text",
	  .help = "Text for people, or one JSON document at the end of input." },
	{ .name = "color", .type = SLO_OPT_CHOICE, .off = OFF(color, int), .choices = term_colors, .def = "auto",
	  .help = "Colours; auto means on a terminal, unless NO_COLOR is set." },
	{ .name = "charset", .type = SLO_OPT_CHOICE, .off = OFF(charset, int), .choices = term_charsets, .def = "auto",
	  .help = "Characters to draw with; auto asks the locale." },
	{ .name = "width", .type = SLO_OPT_INT, .off = OFF(width, int64_t), .metavar = "COLUMNS", .def = "0",
	  .lo = 0, .hi = SLO_TERM_WIDTH_MAX,
	  .help = "Width of the text, in columns; 0 asks the terminal, or 80." },
	{ .name = "live", .type = SLO_OPT_FLAG, .off = OFF(live, bool), .def = "true",
	  .help = "Redraw in place on a terminal; --no-live appends there, too." },
	{ .name = "fail-on-incident", .type = SLO_OPT_FLAG, .off = OFF(fail_on_incident, bool),
	  .help = "Exit with 1 when an incident is unresolved at the end of input." },
	{ .name = "strict", .type = SLO_OPT_FLAG, .off = OFF(strict, bool),
	  .help = "Exit with 1 when a line was malformed." },
	{ .name = "reject", .type = SLO_OPT_STR, .off = OFF(reject, const char *), .metavar = "FILE",
	  .help = "Where malformed lines go as they came." },
	SLO_OPT_END,
};

const struct slo_cmd report_cmd = {
	.name = "report",
	.summary = "Shows incidents: what burns, why, and the evidence.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.run = report_run,
};
