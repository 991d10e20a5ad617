/* SPDX-License-Identifier: MIT */
/* The configuration as YAML that reads back equal, walked along the key table. */
#include "config/internal.h"

#include "base/buf.h"
#include "base/num.h"

#include <errno.h>
#include <math.h>

enum {
	PRINT_MAX = 1 << 20, /* bytes of output */
	ORIGIN_COLUMN = 52,  /* where the comments of --origin begin */
};

struct print {
	const struct slo_config *c;
	bool origin;
	struct slo_buf out;
	size_t line_start;
};

static int origin_line(const struct slo_config *c, const char *shown)
{
	for (uint32_t i = 0; i < c->origins_count; i++) {
		if (strcmp(c->origins[i].key, shown) == 0)
			return c->origins[i].line;
	}
	return 0;
}

static void end_line(struct print *p, const char *shown)
{
	int line = origin_line(p->c, shown);

	if (p->origin) {
		do
			slo_buf_addc(&p->out, ' ');
		while (!p->out.err && p->out.len - p->line_start < ORIGIN_COLUMN);
		if (line)
			slo_buf_addf(&p->out, "# %s:%d", p->c->path, line);
		else
			slo_buf_adds(&p->out, "# default");
	}
	slo_buf_addc(&p->out, '\n');
	p->line_start = p->out.len;
}

/* Control characters never get into a configuration: two escapes are enough. */
static void add_quoted(struct slo_buf *b, const char *s)
{
	slo_buf_addc(b, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			slo_buf_addc(b, '\\');
		slo_buf_addc(b, *s);
	}
	slo_buf_addc(b, '"');
}

static void add_number(struct slo_buf *b, double v)
{
	char text[SLO_NUM_MAX];

	slo_buf_add(b, text, slo_fmt_f64(text, v));
}

static void add_value(struct slo_buf *b, const struct slo_config_key *k, const void *base)
{
	const void *at = (const char *)base + k->off;
	char net[CONFIG_NET_MAX];

	switch ((enum slo_key_type)k->type) {
	case SLO_KEY_STR:
	case SLO_KEY_URL:
		add_quoted(b, at);
		break;
	case SLO_KEY_CHOICE:
		slo_buf_adds(b, at);
		break;
	case SLO_KEY_BOOL:
		slo_buf_adds(b, *(const bool *)at ? "true" : "false");
		break;
	case SLO_KEY_INT:
		slo_buf_addf(b, "%lld", (long long)*(const int64_t *)at);
		break;
	case SLO_KEY_NUM:
		add_number(b, *(const double *)at);
		break;
	case SLO_KEY_ENUM:
		slo_buf_adds(b, slo_enum_name(k->en, *(const int *)at));
		break;
	case SLO_KEY_PORT:
		slo_buf_addf(b, "%u", (unsigned int)*(const uint16_t *)at);
		break;
	case SLO_KEY_NET:
		config_net_print(base, net);
		add_quoted(b, net);
		break;
	case SLO_KEY_SIGNALS:
	case SLO_KEY_OBJECTIVES:
	case SLO_KEY_PEERS:
	case SLO_KEY__COUNT:
		break;
	}
}

/* Members that say nothing: a peer's unset conditions, a derived burn rate, the budget of a given one. */
static bool is_unset(const struct slo_config_key *k, const void *base)
{
	const struct slo_peer *p = base;
	const struct slo_objective *o = base;

	if (strncmp(k->path, "peers[].", 8) == 0)
		return (k->type == SLO_KEY_PORT && !p->port) || (k->type == SLO_KEY_NET && !p->has_net) ||
		       (k->type == SLO_KEY_STR && !p->name[0]);
	if (strcmp(k->path, "objectives[].burn") == 0)
		return isnan(o->burn);
	if (strcmp(k->path, "objectives[].budget_pct") == 0)
		return !isnan(o->burn);
	return strcmp(k->path, "objectives[].threshold") == 0 && !config_needs_threshold(o->sli);
}

static void print_item(struct print *p, const char *list, uint32_t index, const void *base)
{
	const char *lead = "  - ";
	char table[64], shown[CONFIG_ORIGIN_KEY_MAX + 40];
	size_t prefix = (size_t)snprintf(table, sizeof(table), "%s[].", list);

	for (size_t i = 0; i < slo_config_keys_count; i++) {
		const struct slo_config_key *k = &slo_config_keys[i];

		if (strncmp(k->path, table, prefix) != 0 || is_unset(k, base))
			continue;
		slo_buf_addf(&p->out, "%s%s: ", lead, k->path + prefix);
		add_value(&p->out, k, base);
		snprintf(shown, sizeof(shown), "%s[%u].%s", list, index, k->path + prefix);
		end_line(p, shown);
		lead = "    ";
	}
}

static void print_signals(struct print *p)
{
	bool any = false;

	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		any = any || p->c->signal_enabled[i];
	slo_buf_adds(&p->out, any ? "signal_set:" : "signal_set: []");
	end_line(p, "signal_set");
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++) {
		if (!p->c->signal_enabled[i])
			continue;
		slo_buf_addf(&p->out, "  - %s", slo_enum_name(&slo_signal_enum, i));
		end_line(p, "signal_set");
	}
}

static void print_objectives(struct print *p)
{
	const struct slo_config *c = p->c;

	slo_buf_adds(&p->out, c->objectives_count ? "objectives:" : "objectives: []");
	end_line(p, "objectives");
	for (uint32_t i = 0; i < c->objectives_count; i++) {
		print_item(p, "objectives", i, &c->objectives[i]);
		if (isnan(c->objectives[i].burn)) {
			slo_buf_adds(&p->out, "    # burn: ");
			add_number(&p->out, slo_objective_burn(&c->objectives[i]));
			slo_buf_adds(&p->out, " (derived: budget_pct / 100 * period_s / long_s)\n");
			p->line_start = p->out.len;
		}
	}
}

static void print_peers(struct print *p)
{
	slo_buf_adds(&p->out, p->c->peers_count ? "peers:" : "peers: []");
	end_line(p, "peers");
	for (uint32_t i = 0; i < p->c->peers_count; i++)
		print_item(p, "peers", i, &p->c->peers[i]);
}

/* A key at the top or in a section; the section's line comes before its first key. */
static void print_key(struct print *p, const struct slo_config_key *k, const struct slo_config_key *before)
{
	const char *dot = strchr(k->path, '.');
	size_t section = dot ? (size_t)(dot - k->path) + 1 : 0;

	if (dot && (!before || strncmp(before->path, k->path, section) != 0)) {
		slo_buf_addf(&p->out, "%.*s:\n", (int)section - 1, k->path);
		p->line_start = p->out.len;
	}
	slo_buf_addf(&p->out, "%s%s: ", dot ? "  " : "", k->path + section);
	add_value(&p->out, k, p->c);
	end_line(p, k->path);
}

int slo_config_print(const struct slo_config *c, bool origin, FILE *to)
{
	struct print p = { .c = c, .origin = origin };
	const struct slo_config_key *before = NULL;
	int ret;

	slo_buf_init(&p.out, PRINT_MAX);
	for (size_t i = 0; i < slo_config_keys_count; i++) {
		const struct slo_config_key *k = &slo_config_keys[i];

		if (strstr(k->path, "[]"))
			continue;
		if (k->type == SLO_KEY_SIGNALS)
			print_signals(&p);
		else if (k->type == SLO_KEY_OBJECTIVES)
			print_objectives(&p);
		else if (k->type == SLO_KEY_PEERS)
			print_peers(&p);
		else
			print_key(&p, k, before);
		before = k;
	}
	ret = p.out.err;
	if (!ret && fwrite(p.out.data, 1, p.out.len, to) != p.out.len)
		ret = -EIO;
	slo_buf_fini(&p.out);
	return ret;
}
