/* SPDX-License-Identifier: MIT */
/* What the agent is allowed: which capabilities it asks for, and what it keeps of them. */
#include "live.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "probe/caps.h"
#include "probe/privs.h"
#include "probe/seccomp.h"
#include "render/grid.h"

#include <errno.h>
#include <jansson.h>

enum { TEXT_MAX = 1 << 16 };

/* Replaying and making up take nothing. */
static bool is_live(const struct agent *a)
{
	return strcmp(a->o->source, "live") == 0 && !a->o->scenario[0];
}

/* What the options ask for, as far as they tell; rungs are the caller's to fill in. */
static void asked(const struct agent *a, struct slo_caps_in *in)
{
	struct slo_facts f;

	slo_facts_read(&f, "", NULL);
	*in = (struct slo_caps_in){
		.services = a->o->watch.count > 0, .packets = a->o->watch.count > 0,
		.best_effort = a->o->mode >= AGENT_MODE_MIN, .guard = !a->o->disable_guard, .paranoid = f.paranoid,
	};
	if (!slo_facts_kernel(f.release, &in->major, &in->minor))
		in->major = in->minor = 0;
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		in->packets |= a->enabled[s] && slo_ladder_by_packet(s);
}

/* --- --print-caps ------------------------------------------------------------------ */

static void add_table(const struct slo_caps_in *in, const struct slo_caps_row *rows, size_t n, struct slo_buf *out)
{
	static const struct slo_column columns[] = {
		{ .title = "CAPABILITY" }, { .title = "NEED" }, { .title = "KEPT" }, { .title = "FOR" }, { .title = "WHY" },
	};
	const struct slo_term wide = { .width = SLO_TERM_WIDTH };
	struct slo_grid g;
	struct slo_buf subject;

	slo_grid_init(&g, columns, SLO_ARRAY_LEN(columns));
	slo_buf_init(&subject, 1024);
	for (size_t i = 0; i < n; i++) {
		slo_buf_reset(&subject);
		slo_caps_subject(&rows[i], in, &subject);
		slo_grid_cell(&g, slo_str(slo_cap_name(rows[i].cap)));
		slo_grid_cell(&g, slo_str(rows[i].needed ? "needed" : "optional"));
		slo_grid_cell(&g, slo_str(rows[i].later ? "yes" : "no"));
		slo_grid_cell(&g, slo_buf_str(&subject));
		slo_grid_cell(&g, slo_str(rows[i].why));
	}
	if (slo_grid_draw(&g, 0, &wide, out) && !out->err)
		out->err = -ENOMEM;
	slo_buf_fini(&subject);
	slo_grid_fini(&g);
}

static void add_text(const struct slo_caps_in *in, const struct slo_caps_row *rows, size_t n, struct slo_buf *out)
{
	uint64_t needed = slo_caps_set(rows, n, SLO_CAPS_NEEDED), useful = slo_caps_set(rows, n, SLO_CAPS_USEFUL);

	if (n)
		add_table(in, rows, n, out);
	if (useful & ~needed) {
		slo_buf_addf(out, "\noptional: ");
		slo_caps_names(useful & ~needed, out);
	}
	slo_buf_addf(out, "%sneeded: ", n ? "\n" : "");
	slo_caps_names(needed, out);
	slo_buf_addf(out, "%s\n", needed ? "" : "none");
}

static json_t *names_json(uint64_t set)
{
	json_t *names = json_array();

	for (int cap = 0; cap < 64; cap++)
		if (set >> cap & 1)
			json_array_append_new(names, json_string(slo_cap_name((enum slo_cap)cap)));
	return names;
}

static json_t *row_json(const struct slo_caps_in *in, const struct slo_caps_row *r)
{
	json_t *signals = json_array();
	struct slo_buf subject;
	json_t *row;

	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		if (r->signals >> s & 1)
			json_array_append_new(signals, json_string(slo_enum_name(&slo_signal_enum, s)));
	slo_buf_init(&subject, 1024);
	slo_caps_subject(r, in, &subject);
	row = json_pack("{ss sb sb so ss ss ss}", "capability", slo_cap_name(r->cap), "needed", (int)r->needed, "kept",
			(int)r->later, "signals", signals, "for", subject.data ? subject.data : "", "why", r->why, "kept_for",
			r->later_why ? r->later_why : "");
	slo_buf_fini(&subject);
	return row;
}

static void add_json(const struct slo_caps_in *in, const struct slo_caps_row *rows, size_t n, struct slo_buf *out)
{
	uint64_t needed = slo_caps_set(rows, n, SLO_CAPS_NEEDED), useful = slo_caps_set(rows, n, SLO_CAPS_USEFUL);
	json_auto_t *list = json_array(), *report = NULL;
	slo_autofree char *text = NULL;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, row_json(in, &rows[i]));
	report = json_pack("{so so so sO}", "needed", names_json(needed), "optional", names_json(useful & ~needed), "kept",
			   names_json(slo_caps_set(rows, n, SLO_CAPS_LATER)), "capabilities", list);
	text = report ? json_dumps(report, JSON_INDENT(2)) : NULL;
	if (text)
		slo_buf_addf(out, "%s\n", text);
	else
		out->err = -ENOMEM;
}

int agent_print_caps(const struct agent *a)
{
	struct slo_caps_row rows[SLO_CAPS_ROWS];
	struct slo_caps_in in;
	struct slo_err err = { 0 };
	struct slo_buf out;
	size_t n;
	int r;

	if (slo_bpf_check_disabled(a->o->disable_rung, &err)) {
		slo_err_at(&err, "--disable-rung");
		slo_warn_err(&err);
		return 2;
	}
	asked(a, &in);
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		in.rung[s] = a->enabled[s] && a->o->mode != AGENT_MODE_HOST ? slo_bpf_best_rung(s, a->o->disable_rung) : "";
	n = is_live(a) ? slo_caps_needs(&in, rows) : 0;
	slo_buf_init(&out, TEXT_MAX);
	if (a->o->caps_format == AGENT_CAPS_TEXT)
		add_text(&in, rows, n, &out);
	else if (a->o->caps_format == AGENT_CAPS_JSON)
		add_json(&in, rows, n, &out);
	else
		slo_caps_names(slo_caps_set(rows, n, SLO_CAPS_NEEDED), &out);
	if (a->o->caps_format == AGENT_CAPS_NAMES)
		slo_buf_addc(&out, '\n');
	r = out.err ? out.err : fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) ? -EIO : 0;
	slo_buf_fini(&out);
	if (r)
		slo_warn("--print-caps: %s", slo_strerror(r));
	return r ? 1 : 0;
}

/* --- once all is open ---------------------------------------------------------------- */

/* One line: what is kept, each with the first reason for it. */
static void say_kept(const struct slo_privs *p, const struct slo_caps_row *rows, size_t n, const char *seccomp)
{
	const char *between = " ";
	struct slo_buf line;
	uint64_t said = 0;

	slo_buf_init(&line, 4096);
	for (size_t i = 0; i < n; i++) {
		if (!rows[i].later || !(p->effective & ~said & 1ULL << rows[i].cap))
			continue;
		said |= 1ULL << rows[i].cap;
		slo_buf_addf(&line, "%s%s (%s)", between, slo_cap_name(rows[i].cap), rows[i].later_why);
		between = ", ";
	}
	slo_info("privileges kept:%.*s; uid %u; no_new_privs; seccomp: %s",
		 SLO_STR_ARG(line.len ? slo_buf_str(&line) : slo_str(" none")), (unsigned int)geteuid(), seccomp);
	slo_buf_fini(&line);
}

int live_confine(struct live *l)
{
	struct slo_caps_row rows[SLO_CAPS_ROWS];
	struct slo_err err = { 0 }, no_filter = { 0 };
	struct slo_caps_in in;
	struct slo_privs now;
	size_t n;

	asked(l->a, &in);
	in.packets = l->packet != NULL;
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		const char *rung = l->bpf ? slo_bpf_rung(l->bpf, s) : "", *slash = strchr(rung, '/');

		in.rung[s] = slash ? slash + 1 : rung;
	}
	n = slo_caps_needs(&in, rows);
	if (l->bpf)
		slo_bpf_settle(l->bpf);
	if (slo_privs_drop(slo_caps_set(rows, n, SLO_CAPS_LATER), l->a->o->user[0] ? &l->a->user : NULL, &err)) {
		slo_warn_err(&err);
		return 1;
	}
	if (!l->a->o->no_seccomp)
		slo_seccomp_install(&no_filter);
	if (!slo_privs_read(&now))
		say_kept(&now, rows, n, l->a->o->no_seccomp ? "off by option" : no_filter.what[0] ? no_filter.what : "on");
	return 0;
}
