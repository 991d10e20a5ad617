/* SPDX-License-Identifier: MIT */
/* sloctl explain: the whole argument for one incident, for people. */
#include "explain.h"
#include "live.h"
#include "piece.h"
#include "sloctl.h"
#include "view.h"

#include "base/log.h"
#include "base/time.h"
#include "io/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_MARKDOWN };
enum { NEAR_MAX = 5, JSON_MAX = 1 << 20 };

struct options {
	const char *input;
	int output, color, charset;
	int64_t width;
	bool strict;
};

struct explain {
	const struct options *o;
	struct slo_reader *in;
	struct slo_filter filter;
	struct slo_rec_ctx ctx;
	struct slo_event *ev;
	struct store store;
	struct slo_table history;
};

static void take_line(struct explain *x, struct slo_str line)
{
	struct slo_err err = { "", "" };
	bool changed;
	int r = slo_event_decode(&x->ctx, line.p, line.len, SLO_KIND_INCIDENT, 1u << SLO_KIND_INCIDENT, x->ev, &err);

	if (r < 0)
		slo_filter_bad(&x->filter, line, &err);
	if (r)
		return;
	if (!store_put(&x->store, &x->ev->incident, &changed, &err) && err.what[0]) {
		slo_filter_bad(&x->filter, line, &err);
		return;
	}
	history_add(&x->history, &x->ev->incident);
}

static int read_all(struct explain *x)
{
	while (!live_stop) {
		struct slo_err err = { "", "" };
		struct slo_str line = { NULL, 0 };
		int r = slo_reader_next(x->in, &line, 250);

		if (r < 0) {
			slo_warn("%s: %s", slo_reader_name(x->in), slo_reader_why(x->in, r));
			return r;
		}
		if (r == SLO_READ_EOF)
			return 0;
		if (r == SLO_READ_LINE)
			take_line(x, line);
		else if (r == SLO_READ_TOO_LONG)
			slo_filter_bad(&x->filter, line, &err);
	}
	return 0;
}

static bool begins(const char *id, const char *want)
{
	return strncmp(id, want, strlen(want)) == 0 ||
	       (strncmp(id, "inc-", 4) == 0 && strncmp(id + 4, want, strlen(want)) == 0);
}

static const struct kept *newest(const struct kept *const *list, size_t n)
{
	const struct kept *best = n ? list[0] : NULL;

	for (size_t i = 1; i < n; i++)
		if (list[i]->timestamp > best->timestamp ||
		    (list[i]->timestamp == best->timestamp && list[i]->latest > best->latest))
			best = list[i];
	return best;
}

static void refuse(const struct kept *const *list, size_t n, const char *want)
{
	const char *ids[STORE_MAX];
	size_t matches = 0;
	bool near = false;

	for (size_t i = 0; i < n; i++)
		if (begins(list[i]->id, want))
			ids[matches++] = list[i]->id;
	if (matches) {
		slo_warn("%s: begins the ids of %zu incidents", want, matches);
		for (size_t i = 0; i < matches && i < NEAR_MAX; i++)
			slo_info("%s", ids[i]);
		return;
	}
	slo_warn("%s: no such incident among %zu", want, n);
	for (size_t i = 0; i < n; i++)
		ids[i] = list[i]->id;
	for (size_t shown = 0; shown < NEAR_MAX && n; shown++) {
		const char *one = slo_nearest(want, ids, n);
		size_t at = 0;

		if (!one && near)
			break;
		near = near || one;
		one = one ? one : ids[n - 1];
		slo_info(near ? "did you mean %s?" : "there is %s", one);
		while (ids[at] != one)
			at++;
		ids[at] = ids[--n];
	}
}

/* The incident that is meant; NULL, told, when there is none or more than one. */
static const struct kept *choose(const struct explain *x, const char *want)
{
	const struct kept *list[STORE_MAX], *found = NULL;
	size_t n = store_sorted(&x->store, false, list), matches = 0;

	if (!n)
		slo_warn("%s: no incidents", x->o->input);
	if (!n || !want)
		return newest(list, n);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i]->id, want) == 0)
			return list[i];
		if (begins(list[i]->id, want)) {
			found = list[i];
			matches++;
		}
	}
	if (matches == 1)
		return found;
	refuse(list, n, want);
	return NULL;
}

static void add_page(const struct explain *x, const struct slo_incident *inc, struct slo_buf *out)
{
	struct slo_term t = term_choose(x->o->width, x->o->color, x->o->charset);
	struct moment list[HISTORY_MAX];
	struct page p;
	uint64_t left_out;
	size_t n = history_list(&x->history, inc->incident_id, list, &left_out);

	page_init(&p, out, &t, x->o->output == OUTPUT_MARKDOWN);
	explain_answer(&p, inc);
	explain_missed(&p, inc);
	explain_blamed(&p, inc);
	explain_unknown(&p, inc);
	explain_why(&p, inc);
	explain_blind(&p, inc);
	explain_examples(&p, inc);
	explain_history(&p, list, n, left_out);
	explain_model(&p, inc);
}

static void add_json(const struct explain *x, const struct kept *k, struct slo_buf *out)
{
	struct moment list[HISTORY_MAX];
	uint64_t left_out;
	size_t n = history_list(&x->history, slo_str(k->id), list, &left_out);

	slo_buf_adds(out, "{\"incident\":");
	slo_buf_add(out, k->record, k->len);
	slo_buf_adds(out, ",\"history\":[");
	for (size_t i = 0; i < n; i++) {
		char at[PIECE_MAX];

		slo_buf_addf(out, "%s{\"timestamp\":\"%.*s\",\"status\":", i ? "," : "",
			     (int)slo_fmt_rfc3339(at, list[i].timestamp), at);
		slo_json_add_str(out, slo_str(list[i].status < 0 ? "" :
					      slo_enum_name(&slo_incident_status_enum, list[i].status)));
		slo_buf_addf(out, ",\"domain\":\"%s\",\"confidence\":", slo_enum_name(&slo_domain_enum, list[i].domain));
		slo_json_add_f64(out, list[i].confidence);
		if (list[i].abstained >= 0)
			slo_buf_addf(out, ",\"abstained\":\"%s\"", slo_enum_name(&slo_abstention_enum, list[i].abstained));
		slo_buf_adds(out, ",\"burn_rate_short\":");
		slo_json_add_f64(out, list[i].brief);
		slo_buf_adds(out, ",\"burn_rate\":");
		slo_json_add_f64(out, list[i].lengthy);
		slo_buf_addc(out, '}');
	}
	slo_buf_addf(out, "],\"history_left_out\":%llu}\n", (unsigned long long)left_out);
}

static int show(struct explain *x, const struct kept *k)
{
	struct slo_buf out;
	int r = 0;

	slo_buf_init(&out, JSON_MAX);
	if (x->o->output == OUTPUT_JSON)
		add_json(x, k, &out);
	else
		r = slo_rec_decode(&x->ctx, slo_event_rec[SLO_KIND_INCIDENT], k->record, k->len, &x->ev->incident, NULL);
	if (!r && x->o->output != OUTPUT_JSON)
		add_page(x, &x->ev->incident, &out);
	r = r ? r : out.err ? out.err : put_out(slo_buf_str(&out));
	slo_buf_fini(&out);
	return r ? put_failed(r) : EXIT_SUCCESS;
}

static int run(struct explain *x, const char *want)
{
	const struct kept *k;
	int failed = read_all(x), status;

	status = slo_filter_end(&x->filter);
	if (failed)
		return EXIT_FAILURE;
	k = choose(x, want);
	if (!k)
		return EXIT_FAILURE;
	failed = show(x, k);
	return failed ? failed : status;
}

static int explain_run(void *opts, int argc, char **argv)
{
	const struct options *o = opts;
	struct explain x = { .o = o };
	struct slo_err err = { "", "" };
	int status = 2;

	if (argc > 1) {
		slo_warn("%s: want one incident", argv[1]);
		return 2;
	}
	if (strcmp(o->input, "-") == 0 && isatty(STDIN_FILENO)) {
		slo_warn("want incidents in a pipe, or --input FILE");
		return 2;
	}
	slo_rec_ctx_init(&x.ctx);
	x.ev = malloc(sizeof(*x.ev));
	if (!x.ev || store_init(&x.store) || history_init(&x.history))
		slo_warn("out of memory");
	else if (slo_reader_open(o->input, &x.in, &err))
		slo_warn_err(&err);
	else {
		x.filter = (struct slo_filter){ .in = x.in, .strict = o->strict, .report = slo_warn_err };
		live_signals(false);
		status = run(&x, argc ? argv[0] : NULL);
		slo_reader_close(x.in);
	}
	slo_table_fini(&x.history);
	store_fini(&x.store);
	slo_rec_ctx_fini(&x.ctx);
	free(x.ev);
	return status;
}

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const char *const outputs[] = { "text", "json", "markdown", NULL };

static const struct slo_opt opts[] = {
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "ENDPOINT", .def = "-",
	  .help = "Incident records, NDJSON: - (stdin), a path, unix:/path or unix-listen:/path." },
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(output, int), .choices = outputs, .def = "text",
	  .help = "Text for people, one JSON document, or Markdown for a ticket." },
	{ .name = "color", .type = SLO_OPT_CHOICE, .off = OFF(color, int), .choices = term_colors, .def = "auto",
	  .help = "Colours; auto means on a terminal, unless NO_COLOR is set." },
	{ .name = "charset", .type = SLO_OPT_CHOICE, .off = OFF(charset, int), .choices = term_charsets, .def = "auto",
	  .help = "Characters to draw with; auto asks the locale." },
	{ .name = "width", .type = SLO_OPT_INT, .off = OFF(width, int64_t), .metavar = "COLUMNS", .def = "0",
	  .lo = 0, .hi = SLO_TERM_WIDTH_MAX,
	  .help = "Width of the text, in columns; 0 asks the terminal, or 80." },
	{ .name = "strict", .type = SLO_OPT_FLAG, .off = OFF(strict, bool),
	  .help = "Exit with 1 when a line was malformed." },
	SLO_OPT_END,
};

const struct slo_cmd explain_cmd = {
	.name = "explain",
	.summary = "Explains one incident: what is missed, what is blamed, why, and what speaks against it.",
	.operands = "[ID]",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.run = explain_run,
	.epilog = "ID may be the beginning of one, if no other begins so; without it, the incident with the newest record.\n"
		  "Exit status: 0 explained, 1 no such incident, 2 usage.\n",
};
