/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include "base/time.h"
#include "piece.h"
#include "render/bar.h"

#include <math.h>
#include <stdio.h>

enum { SHOWN_IDS = 4, SHOWN_DIGITS = 16, CELL_MAX = 4096 };
#define MOVED 0.05 /* a confidence that moved less is no news */

/* "01:38:00.123" of a time. */
static void clock_text(char to[PIECE_MAX], int64_t ns)
{
	int64_t ms = (ns % SLO_NS_PER_S + SLO_NS_PER_S) % SLO_NS_PER_S / SLO_NS_PER_MS;
	char text[PIECE_MAX];

	piece_time(text, ns);
	(void)snprintf(to, PIECE_MAX, "%.8s.%03d", strlen(text) > 19 ? text + 11 : text, (int)ms);
}

static void add_who(struct slo_buf *b, const struct slo_exemplar *e)
{
	if (e->comm.len)
		slo_buf_add(b, e->comm.p, e->comm.len);
	if (e->pid > 0)
		slo_buf_addf(b, "[%lld]", (long long)e->pid);
}

static void add_end(struct slo_buf *b, struct slo_str ip, int port)
{
	bool v6 = ip.len && memchr(ip.p, ':', ip.len);

	slo_buf_adds(b, v6 ? "[" : "");
	slo_buf_add(b, ip.p, ip.len);
	slo_buf_addf(b, "%s:%d", v6 ? "]" : "", port);
}

static void add_connection(struct slo_buf *b, const struct slo_exemplar *e)
{
	const struct slo_conn_tuple *c = &e->conn_tuple;

	if (!e->has_conn_tuple)
		return;
	add_end(b, c->src_ip, c->src_port);
	slo_buf_adds(b, " -> ");
	add_end(b, c->dst_ip, c->dst_port);
	slo_buf_addc(b, '/');
	slo_buf_add(b, c->protocol.p, c->protocol.len);
}

/* What is left to tell of it, on a line of its own. */
static void add_rest(struct page *p, const struct slo_exemplar *e)
{
	struct slo_buf b;

	slo_buf_init(&b, CELL_MAX);
	add_connection(&b, e);
	if (e->detail.len) {
		slo_buf_adds(&b, b.len ? ", " : "");
		slo_buf_add(&b, e->detail.p, e->detail.len);
	}
	if (e->errno_ != SLO_ABSENT_I64)
		slo_buf_addf(&b, "%serrno %lld", b.len ? ", " : "", (long long)e->errno_);
	if (e->trace_id.len)
		slo_buf_addf(&b, "%strace %.*s", b.len ? ", " : "", (int)e->trace_id.len, e->trace_id.p);
	if (b.len)
		page_item(p, "", "%.*s", (int)b.len, b.data);
	slo_buf_fini(&b);
}

static void add_exemplar(struct page *p, const struct slo_exemplar *e)
{
	const char *role = e->role > SLO_ROLE_OTHER ? slo_enum_name(&slo_role_enum, e->role) : "";
	bool once = slo_str_is(e->unit, "count") && e->value == 1;
	char at[PIECE_MAX], how[PIECE_MAX];
	struct slo_buf who;

	slo_buf_init(&who, CELL_MAX);
	add_who(&who, e);
	clock_text(at, e->ts_unix_nano);
	page_item(p, at, "%s%s%s %s%s%.*s", slo_enum_name(&slo_signal_enum, e->signal), role[0] ? "@" : "", role,
		  once ? "" : piece_quantity(how, e->value, e->unit, &p->t), who.len ? " in " : "", (int)who.len,
		  who.len ? who.data : "");
	add_rest(p, e);
	slo_buf_fini(&who);
}

static void add_ids(struct page *p, const char *label, const struct slo_str *ids, uint32_t n)
{
	struct slo_buf b;

	if (!n)
		return;
	slo_buf_init(&b, CELL_MAX);
	for (uint32_t i = 0; i < n && i < SHOWN_IDS; i++) {
		slo_buf_adds(&b, i ? " " : "");
		slo_buf_add(&b, ids[i].p, ids[i].len);
	}
	if (n > SHOWN_IDS)
		slo_buf_addf(&b, " and %u more", n - SHOWN_IDS);
	page_item(p, label, "%.*s", (int)b.len, b.len ? b.data : "");
	slo_buf_fini(&b);
}

void explain_examples(struct page *p, const struct slo_incident *inc)
{
	if (!inc->exemplars_count && !inc->request_ids_count && !inc->trace_ids_count)
		return;
	page_head(p, "Examples");
	for (uint32_t i = 0; i < inc->exemplars_count; i++)
		add_exemplar(p, &inc->exemplars[i]);
	add_ids(p, "bad requests", inc->request_ids, inc->request_ids_count);
	add_ids(p, "their traces", inc->trace_ids, inc->trace_ids_count);
}

static bool is_news(const struct moment *m, const struct moment *last)
{
	return m->status != last->status || m->domain != last->domain || m->causes != last->causes ||
	       m->abstained != last->abstained ||
	       fabs(m->confidence - last->confidence) >= MOVED;
}

static void add_moment(struct slo_grid *g, const struct moment *m, const struct slo_term *t)
{
	const char *times = t->utf8 ? "×" : "x";
	char text[PIECE_MAX];

	slo_grid_cell(g, slo_str(piece_time(text, m->timestamp)));
	slo_grid_cell(g, slo_str(m->status < 0 ? "" : slo_enum_name(&slo_incident_status_enum, m->status)));
	if (m->abstained < 0)
		slo_grid_cell(g, slo_str(slo_enum_name(&slo_domain_enum, m->domain)));
	else
		slo_grid_cellf(g, "%s: %s", slo_enum_name(&slo_domain_enum, m->domain),
			       slo_enum_name(&slo_abstention_enum, m->abstained));
	slo_grid_cell(g, slo_str(piece_percent(text, m->confidence)));
	if (isnan(m->brief))
		slo_grid_cellf(g, "-, %.3g%s", m->lengthy, times);
	else
		slo_grid_cellf(g, "%.3g%s, %.3g%s", m->brief, times, m->lengthy, times);
}

void explain_history(struct page *p, const struct moment *list, size_t n, uint64_t left_out)
{
	static const struct slo_column columns[] = { { "time", SLO_ALIGN_LEFT, 0 },
						     { "line", SLO_ALIGN_LEFT, 0 },
						     { "blamed first", SLO_ALIGN_LEFT, 8 },
						     { "sure", SLO_ALIGN_RIGHT, 0 },
						     { "burn rates", SLO_ALIGN_LEFT, 8 } };
	static const char *const titles[] = { "time", "line", "blamed first", "sure", "burn rates" };
	const struct moment *last = NULL;
	uint64_t silent = 0;
	struct slo_grid g;

	if (!n)
		return;
	page_head(p, "How it went");
	slo_grid_init(&g, columns, SLO_ARRAY_LEN(columns));
	for (size_t i = 0; i < n; i++) {
		if (last && i + 1 < n && !is_news(&list[i], last)) {
			silent++;
			continue;
		}
		add_moment(&g, &list[i], &p->t);
		last = &list[i];
	}
	page_table(p, &g, titles);
	slo_grid_fini(&g);
	if (silent)
		page_note(p, "and %llu %s between them that changed neither causes nor confidence",
			  (unsigned long long)silent, silent == 1 ? "update" : "updates");
	if (left_out)
		page_note(p, "%llu lines in the middle were not kept", (unsigned long long)left_out);
}

/* The beginning of a hash names it; all of it is in the record. @skip: what stands before it. */
static const char *digest_text(char to[PIECE_MAX], struct slo_str s, size_t skip)
{
	bool cut = s.len > skip + SHOWN_DIGITS;

	(void)snprintf(to, PIECE_MAX, "%.*s%s", (int)(cut ? skip + SHOWN_DIGITS : s.len), s.p, cut ? "..." : "");
	return to;
}

void explain_model(struct page *p, const struct slo_incident *inc)
{
	char text[PIECE_MAX];

	if (!inc->model.len)
		return;
	page_head(p, "Who judged");
	page_item(p, "model", "%.*s (%.*s), version %s", (int)inc->model.len, inc->model.p,
		  (int)inc->attribution_mode.len, inc->attribution_mode.len ? inc->attribution_mode.p : "",
		  inc->model_version.len ? digest_text(text, inc->model_version, strlen("sha256:")) : "not known");
	if (inc->model_train_sha256.len)
		page_item(p, "trained on", "incidents with SHA-256 %s", digest_text(text, inc->model_train_sha256, 0));
	else if (!explain_is_rule(inc))
		page_item(p, "trained on", "nothing: its numbers are an expert's table");
	if (!isnan(inc->surprise))
		page_item(p, "surprise", "-ln P(evidence) %.3g%s", inc->surprise,
			  inc->has_limits && !isnan(inc->limits.surprise) ? "" : ", without a limit");
}
