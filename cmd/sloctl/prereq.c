/* SPDX-License-Identifier: MIT */
/* sloctl prereq: can this host run the agent, and how well. */
#include "sloctl.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/time.h"
#include "probe/prober.h"
#include "render/grid.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

enum { OUTPUT_TEXT, OUTPUT_JSON };
enum { REPORT_MAX = 1 << 20 };

struct options {
	int output;
	bool strict;
};

struct findings {
	struct slo_prober prober;
	struct slo_check checks[SLO_CHECKS_MAX];
	size_t n;
	bool pass;
};

static void add_check(struct slo_buf *b, const struct slo_check *c)
{
	const char *severity = slo_check_severity_name(c->severity);

	slo_buf_addf(b, "- [%s] (", slo_check_state_name(c->state));
	for (; *severity; severity++)
		slo_buf_addc(b, (char)toupper((unsigned char)*severity));
	slo_buf_addf(b, ") %s\n  current: %s\n  required: %s\n", c->name, c->current, c->required);
	if (c->remedy[0])
		slo_buf_addf(b, "  remediation: %s\n", c->remedy);
}

static void add_signals(struct slo_buf *b, const struct slo_prober *p)
{
	static const struct slo_column columns[] = { { .title = "SIGNAL" }, { .title = "MEASURED BY" } };
	const struct slo_term wide = { .width = SLO_TERM_WIDTH };
	struct slo_grid g;

	slo_grid_init(&g, columns, SLO_ARRAY_LEN(columns));
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		slo_grid_cell(&g, slo_str(slo_enum_name(&slo_signal_enum, s)));
		slo_grid_cell(&g, slo_str(p->signals[s].provider[0] ? p->signals[s].provider : "nobody"));
	}
	if (slo_grid_draw(&g, 0, &wide, b) && !b->err)
		b->err = -ENOMEM;
	slo_grid_fini(&g);
}

static void add_text(struct slo_buf *b, const struct findings *f)
{
	slo_buf_addf(b, "host: %s %s\nkernel: %s\n\n", f->prober.facts.sysname, f->prober.facts.machine,
		     f->prober.facts.release);
	for (size_t i = 0; i < f->n; i++)
		add_check(b, &f->checks[i]);
	slo_buf_addc(b, '\n');
	add_signals(b, &f->prober);
	slo_buf_addf(b, "\nresult: %s\n", f->pass ? "PASS (all blocker checks satisfied)" :
						    "FAIL (one or more blocker checks failed)");
}

static json_t *check_json(const struct slo_check *c)
{
	return json_pack("{ss sb ss ss ss ss ss}", "name", c->name, "pass", (int)c->pass, "severity",
			 slo_check_severity_name(c->severity), "current", c->current, "required", c->required,
			 "remediation", c->remedy, "state", slo_check_state_name(c->state));
}

static json_t *signal_json(int signal, const struct slo_prober_signal *s)
{
	return json_pack("{ss ss ss ss}", "signal", slo_enum_name(&slo_signal_enum, signal), "provider", s->provider,
			 "reason", s->why, "not_taken", s->passed_over);
}

/* The names of the published tool, which are those of its compiler. */
static const char *arch_name(const char *machine)
{
	return strcmp(machine, "x86_64") == 0 ? "amd64" : strcmp(machine, "aarch64") == 0 ? "arm64" : machine;
}

static void add_json(struct slo_buf *b, const struct findings *f)
{
	json_auto_t *checks = json_array(), *signals = json_array(), *report = NULL;
	char now[SLO_RFC3339_MAX + 1], os[sizeof(f->prober.facts.sysname)];
	slo_autofree char *text = NULL;

	now[slo_fmt_rfc3339(now, slo_now_wall_ns() / SLO_NS_PER_S * SLO_NS_PER_S)] = '\0';
	slo_str_copy(os, sizeof(os), slo_str(f->prober.facts.sysname));
	for (char *c = os; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	for (size_t i = 0; i < f->n; i++)
		json_array_append_new(checks, check_json(&f->checks[i]));
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		json_array_append_new(signals, signal_json(s, &f->prober.signals[s]));
	report = json_pack("{ss ss ss ss sO sb sO}", "generated_at", now, "host_os", os, "host_arch",
			   arch_name(f->prober.facts.machine), "kernel_release", f->prober.facts.release, "checks",
			   checks, "pass", (int)f->pass, "signals", signals);
	text = report ? json_dumps(report, JSON_INDENT(2)) : NULL;
	if (text)
		slo_buf_addf(b, "%s\n", text);
	else
		b->err = -ENOMEM;
}

static int put_report(const struct findings *f, int output)
{
	struct slo_buf b;
	int r;

	slo_buf_init(&b, REPORT_MAX);
	if (output == OUTPUT_JSON)
		add_json(&b, f);
	else
		add_text(&b, f);
	r = b.err ? b.err : put_out(slo_buf_str(&b));
	slo_buf_fini(&b);
	return r;
}

static int check(void *opts, int argc, char **argv)
{
	static struct findings f;
	const struct options *o = opts;
	int r = slo_prober_look(&f.prober);

	(void)argc;
	(void)argv;
	if (r) {
		slo_warn("looking at this host: %s", slo_strerror(r));
		return EXIT_FAILURE;
	}
	f.n = slo_prober_judge(&f.prober, f.checks);
	f.pass = slo_prober_pass(f.checks, f.n);
	r = put_report(&f, o->output);
	if (r && put_failed(r))
		return EXIT_FAILURE;
	return !f.pass || (o->strict && slo_prober_warned(f.checks, f.n)) ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const char *const outputs[] = { "text", "json", NULL };

static const struct slo_opt opts[] = {
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(output, int), .choices = outputs, .def = "text",
	  .help = "Form of the report." },
	{ .name = "strict", .type = SLO_OPT_FLAG, .off = OFF(strict, bool),
	  .help = "Warnings count as failures for the exit status." },
	SLO_OPT_END,
};

static const struct slo_cmd check_cmd = {
	.name = "check",
	.summary = "Tries what the agent needs of this host; says who would measure each signal.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.run = check,
};
static const struct slo_cmd *const subs[] = { &check_cmd, NULL };

const struct slo_cmd prereq_cmd = {
	.name = "prereq",
	.summary = "Checks whether this host can run the agent.",
	.subs = subs,
};
