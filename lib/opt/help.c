/* SPDX-License-Identifier: MIT */
#include "opt/internal.h"

#include "base/buf.h"

enum {
	WIDTH = 98,       /* columns of the whole page */
	LABEL_MAX = 28,   /* a longer label has its text start on the next line */
	UNIT_MAX = 4096,  /* bytes of one option's text */
	METAVAR_MAX = 40, /* "text|json|html" */
};

/* Where words are being laid out. */
struct layout {
	FILE *to;
	size_t indent; /* columns before the first word of every further line */
	size_t col;    /* columns used in this line */
	bool open;     /* the line holds a word already */
};

static void new_line(struct layout *l)
{
	fprintf(l->to, "\n%*s", (int)l->indent, "");
	l->col = l->indent;
	l->open = false;
}

static void put_word(struct layout *l, const char *p, size_t len)
{
	if (l->open && l->col + 1 + len > WIDTH)
		new_line(l);
	fprintf(l->to, "%s%.*s", l->open ? " " : "", (int)len, p);
	l->col += len + (l->open ? 1 : 0);
	l->open = true;
}

/* A word wider than the page is cut behind commas. */
static void put_wide_word(struct layout *l, const char *p, size_t len)
{
	while (l->indent + len > WIDTH) {
		size_t cut = 0;

		for (size_t i = 0; i < len && l->indent + i < WIDTH; i++) {
			if (p[i] == ',')
				cut = i + 1;
		}
		if (cut == 0 || cut == len)
			break;
		put_word(l, p, cut);
		new_line(l);
		p += cut;
		len -= cut;
	}
	put_word(l, p, len);
}

static void put_text(struct layout *l, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, " \n");

		if (len)
			put_wide_word(l, text, len);
		text += len;
		if (*text == '\n')
			new_line(l);
		text += *text != '\0';
	}
}

/* Keep @text on one line where it fits on one. */
static void put_together(struct layout *l, const char *text)
{
	size_t len = strlen(text);

	if (l->indent + len <= WIDTH)
		put_word(l, text, len);
	else
		put_text(l, text);
}

static void __attribute__((format(printf, 2, 3))) put_note(struct layout *l, const char *fmt, ...)
{
	char note[UNIT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(note, sizeof(note), fmt, ap);
	va_end(ap);
	put_together(l, note);
}

static void join_choices(struct slo_buf *b, const struct slo_opt *o, const char *between)
{
	for (size_t i = 0; o->choices && o->choices[i]; i++)
		slo_buf_addf(b, "%s%s", i ? between : "", o->choices[i]);
}

static void add_metavar(struct slo_buf *b, const struct slo_opt *o)
{
	static const char *const names[] = {
		[SLO_OPT_STR] = "TEXT",      [SLO_OPT_INT] = "N",      [SLO_OPT_NUM] = "X",
		[SLO_OPT_DURATION] = "TIME", [SLO_OPT_CHOICE] = "ONE", [SLO_OPT_LIST] = "TEXT",
	};
	struct slo_buf choices;

	if (o->type == SLO_OPT_FLAG || o->type == SLO_OPT_HELP)
		return;
	slo_buf_init(&choices, UNIT_MAX);
	if (o->type == SLO_OPT_CHOICE && !o->metavar)
		join_choices(&choices, o, "|");
	if (choices.len > 0 && choices.len <= METAVAR_MAX)
		slo_buf_addf(b, " %s", choices.data);
	else
		slo_buf_addf(b, " %s", o->metavar ? o->metavar : names[o->type]);
	slo_buf_fini(&choices);
}

static void add_label(struct slo_buf *b, const struct slo_opt *o)
{
	if (o->short_name)
		slo_buf_addf(b, "-%c, ", o->short_name);
	slo_buf_addf(b, "--%s", o->name);
	add_metavar(b, o);
}

static bool is_hidden(const struct slo_opt *o)
{
	return o->type == SLO_OPT_HELP || (o->flags & SLO_OPT_SECRET);
}

/* "one of: text, json, html (not built yet)" where the label does not say it, or not all of it. */
static void put_choices(struct layout *l, const struct slo_opt *o)
{
	struct slo_buf b;

	if (o->type != SLO_OPT_CHOICE || !o->choices)
		return;
	slo_buf_init(&b, UNIT_MAX);
	join_choices(&b, o, "|");
	if (o->metavar || b.len > METAVAR_MAX || o->choices_not_built) {
		slo_buf_reset(&b);
		for (size_t i = 0; o->choices[i]; i++)
			slo_buf_addf(&b, "%s%s%s", i ? ", " : "", o->choices[i],
				     opt_choice_unbuilt(o, o->choices[i]) ? " (not built yet)" : "");
		put_together(l, "[one of:");
		slo_buf_addc(&b, ']');
		put_text(l, b.data ? b.data : "");
	}
	slo_buf_fini(&b);
}

static void put_notes(struct layout *l, const struct slo_opt *o)
{
	char env[ENV_NAME_MAX];
	bool is_set = o->def && o->def[0] && !(o->type == SLO_OPT_FLAG && strcmp(o->def, "false") == 0);

	put_choices(l, o);
	if (o->type == SLO_OPT_LIST)
		put_together(l, "[may be repeated]");
	if (is_set)
		put_note(l, "[default: %s]", o->def);
	if (o->flags & SLO_OPT_OBSOLETE) {
		put_together(l, "[obsolete, ignored]");
		return;
	}
	if (o->flags & SLO_OPT_NOT_BUILT)
		put_together(l, "[not built yet]");
	opt_env_name(o, env);
	put_note(l, "[env: %s]", env);
}

static size_t label_width(const struct slo_opt *o)
{
	struct slo_buf b;
	size_t len;

	slo_buf_init(&b, UNIT_MAX);
	add_label(&b, o);
	len = b.len;
	slo_buf_fini(&b);
	return len;
}

/* Columns in front of the explanations: the widest label that is not too wide, and two gaps. */
static size_t text_column(const struct slo_opt *opts)
{
	size_t widest = strlen("-h, --help");

	for (const struct slo_opt *o = opts; o && !slo_opt_is_end(o); o++) {
		size_t w = is_hidden(o) ? 0 : label_width(o);

		if (w > widest && w <= LABEL_MAX)
			widest = w;
	}
	return widest + 4;
}

static void open_entry(struct layout *l, const char *label)
{
	size_t len = strlen(label);

	fprintf(l->to, "  %s", label);
	if (len + 4 > l->indent)
		new_line(l);
	else
		fprintf(l->to, "%*s", (int)(l->indent - len - 2), "");
	l->col = l->indent;
	l->open = false;
}

static void put_option(FILE *to, const struct slo_opt *o, size_t column)
{
	struct layout l = { .to = to, .indent = column };
	struct slo_buf label;

	slo_buf_init(&label, UNIT_MAX);
	add_label(&label, o);
	open_entry(&l, label.data ? label.data : o->name);
	put_text(&l, o->help ? o->help : "");
	put_notes(&l, o);
	putc('\n', to);
	slo_buf_fini(&label);
}

static void put_plain(FILE *to, const char *label, const char *text, size_t column)
{
	struct layout l = { .to = to, .indent = column };

	open_entry(&l, label);
	put_text(&l, text);
	putc('\n', to);
}

static void put_paragraph(FILE *to, const char *before, const char *text)
{
	struct layout l = { .to = to };

	fputs(before, to);
	l.col = strlen(before);
	put_text(&l, text);
	putc('\n', to);
}

static void put_options(FILE *to, const struct slo_opt *opts)
{
	size_t column = text_column(opts);

	if (!opts || opts->type != SLO_OPT_HELP)
		fputs("\nOptions:\n", to);
	for (const struct slo_opt *o = opts; o && !slo_opt_is_end(o); o++) {
		if (o->type == SLO_OPT_HELP)
			fprintf(to, "\n%s:\n", o->help ? o->help : o->name);
		else if (!is_hidden(o))
			put_option(to, o, column);
	}
	if (opts && !slo_opt_is_end(opts))
		putc('\n', to);
	put_plain(to, "-h, --help", "Print this page.", column);
	put_plain(to, "--version", "Print the version.", column);
}

static void put_subs(FILE *to, const struct slo_cmd *const *subs)
{
	size_t column = 0;

	if (!subs)
		return;
	fputs("\nCommands:\n", to);
	for (size_t i = 0; subs[i]; i++) {
		if (strlen(subs[i]->name) + 4 > column)
			column = strlen(subs[i]->name) + 4;
	}
	for (size_t i = 0; subs[i]; i++)
		put_plain(to, subs[i]->name, subs[i]->not_built ? "Not built yet." : subs[i]->summary, column);
}

void slo_opts_help(FILE *to, const struct slo_cmd *cmd, const char *path)
{
	fprintf(to, "Usage: %s [OPTION...]%s%s\n", path, cmd->operands ? " " : "", cmd->operands ? cmd->operands : "");
	if (cmd->subs)
		fprintf(to, "       %s COMMAND [OPTION...]\n", path);
	put_paragraph(to, "\n", cmd->summary);
	if (cmd->not_built)
		put_paragraph(to, "\nNot built yet: ", cmd->not_built);
	put_subs(to, cmd->subs);
	put_options(to, cmd->opts);
	fputs("\nExit status:\n"
	      "  0  yes, or done\n"
	      "  1  the answer is no, or the data is bad\n"
	      "  2  wrong usage or configuration\n"
	      "  3  inconclusive (gates only)\n"
	      "  4  a backend failed\n",
	      to);
	if (cmd->epilog)
		fprintf(to, "\n%s%s", cmd->epilog,
			cmd->epilog[0] && cmd->epilog[strlen(cmd->epilog) - 1] == '\n' ? "" : "\n");
}
