/* SPDX-License-Identifier: MIT */
#include "opt/internal.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>

static const struct slo_opt no_options[] = { SLO_OPT_END };

/* Of the last parse: the table and where each of its values came from. */
static const struct slo_opt *origin_opts = no_options;
static uint8_t origins[OPTS_MAX];

enum slo_opt_origin slo_opts_origin(const char *name)
{
	for (size_t i = 0; !slo_opt_is_end(&origin_opts[i]); i++) {
		if (origin_opts[i].name && strcmp(origin_opts[i].name, name) == 0)
			return (enum slo_opt_origin)origins[i];
	}
	return SLO_ORIGIN_DEFAULT;
}

void opt_env_name(const struct slo_opt *o, char *name)
{
	snprintf(name, ENV_NAME_MAX, "LLM_SLO_%s", o->name);
	for (char *p = name; *p; p++)
		*p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
}

static const struct slo_opt *table(const struct slo_cmd *cmd)
{
	return cmd->opts ? cmd->opts : no_options;
}

static const struct slo_opt *find(const struct slo_cmd *cmd, struct slo_str name)
{
	for (const struct slo_opt *o = table(cmd); !slo_opt_is_end(o); o++) {
		if (o->type != SLO_OPT_HELP && slo_str_is(name, o->name))
			return o;
	}
	return NULL;
}

static const struct slo_opt *find_short(const struct slo_cmd *cmd, char c)
{
	for (const struct slo_opt *o = table(cmd); !slo_opt_is_end(o); o++) {
		if (o->type != SLO_OPT_HELP && o->short_name && o->short_name == c)
			return o;
	}
	return NULL;
}

static int usage_error(struct opt_parse *p)
{
	p->usage = true;
	return -EINVAL;
}

/* The option whose name is close to @name, or NULL; *@no is "no-" when it is its negation. */
static const char *near_option(const struct slo_cmd *cmd, struct slo_str name, const char **no)
{
	const char *names[OPTS_MAX + 2] = { "help", "version" };
	size_t n = 2;
	char word[64];

	*no = "";
	if (name.len > 3 && memcmp(name.p, "no-", 3) == 0) {
		*no = "no-";
		name = slo_str_n(name.p + 3, name.len - 3);
		n = 0;
	}
	for (const struct slo_opt *o = table(cmd); !slo_opt_is_end(o); o++) {
		if (o->type != SLO_OPT_HELP && !(o->flags & SLO_OPT_SECRET) && (!(*no)[0] || o->type == SLO_OPT_FLAG))
			names[n++] = o->name;
	}
	return slo_str_copy(word, sizeof(word), name) ? slo_nearest(word, names, n) : NULL;
}

/* @arg is "--name", "-name" or either with "=value". */
static struct slo_str bare_name(const char *arg)
{
	const char *p = arg + (arg[1] == '-' ? 2 : 1);

	return slo_str_n(p, strcspn(p, "="));
}

static int unknown_option(struct opt_parse *p, const char *arg)
{
	struct slo_str name = bare_name(arg);
	const char *no, *near = near_option(p->cmd, name, &no);
	int typed = (int)(name.p - arg) + (int)(name.len < 80 ? name.len : 80);

	if (near)
		slo_err_set(p->err, 0, "unknown option %.*s (did you mean --%s%s?)", typed, arg, no, near);
	else
		slo_err_set(p->err, 0, "unknown option %.*s", typed, arg);
	return usage_error(p);
}

/* Turning off what does not exist uses nothing. */
static bool switches_off(const struct slo_opt *o, const char *text)
{
	bool on;

	return o->type == SLO_OPT_FLAG && opt_bool(text, &on) == 0 && !on;
}

static int check_built(const struct slo_opt *o, const char *text, const char *source, struct slo_err *err)
{
	int choice;

	if (o->flags & SLO_OPT_NOT_BUILT)
		return slo_err_set(err, -EINVAL, "%s is not built yet", source);
	choice = o->type == SLO_OPT_CHOICE ? opt_choice(o, text) : -1;
	if (choice >= 0 && opt_choice_unbuilt(o, o->choices[choice]))
		return slo_err_set(err, -EINVAL, "%s=%s is not built yet", source, o->choices[choice]);
	return 0;
}

/* Give @o the value @text; @source names the option or the variable that said so. */
static int set(struct opt_parse *p, const struct slo_opt *o, const char *text, const char *source,
	       enum slo_opt_origin origin)
{
	size_t i = (size_t)(o - table(p->cmd));
	int r;

	if (o->flags & SLO_OPT_SECRET) {
		slo_err_at(p->err, "%s", source);
		return slo_err_set(p->err, -EINVAL, "secrets do not belong %s: use --%s-file",
				   origin == SLO_ORIGIN_ENV ? "in the environment" : "on the command line", o->name);
	}
	if (o->flags & SLO_OPT_OBSOLETE) {
		p->obsolete[i] = true;
		return 0;
	}
	if ((o->flags & SLO_OPT_NOT_BUILT) && switches_off(o, text))
		return 0;
	r = check_built(o, text, source, p->err);
	if (r)
		return r;
	/* The first item given replaces the default. */
	if (o->type == SLO_OPT_LIST && origins[i] != origin)
		memset((char *)p->out + o->off, 0, sizeof(struct slo_opt_list));
	r = opt_store(o, text, p->out, p->err);
	if (r)
		slo_err_at(p->err, "%s", source);
	else
		origins[i] = (uint8_t)origin;
	return r;
}

static int set_from_flag(struct opt_parse *p, const struct slo_opt *o, const char *text)
{
	char source[ENV_NAME_MAX];

	snprintf(source, sizeof(source), "--%s", o->name);
	return set(p, o, text, source, SLO_ORIGIN_FLAG);
}

/*
 * The option @o needs a value and has none attached: it is the next element.
 * Return: 2 elements eaten, or an error.
 */
static int set_from_next(struct opt_parse *p, const struct slo_opt *o, int argc, char **argv)
{
	int r;

	if (argc < 2) {
		slo_err_set(p->err, 0, "--%s needs a value", o->name);
		return usage_error(p);
	}
	/* "--input --out x" is a forgotten value, not a file named --out. */
	if (strncmp(argv[1], "--", 2) == 0 && argv[1][2] &&
	    find(p->cmd, slo_str_n(argv[1] + 2, strcspn(argv[1] + 2, "=")))) {
		slo_err_set(p->err, 0, "--%s needs a value, but option %.60s follows (--%s=VALUE takes any text)",
			    o->name, argv[1], o->name);
		return usage_error(p);
	}
	r = set_from_flag(p, o, argv[1]);
	return r ? r : 2;
}

static bool asked(struct opt_parse *p, struct slo_str name)
{
	if (slo_str_is(name, "help"))
		p->help = true;
	else if (slo_str_is(name, "version"))
		p->version = true;
	return p->help || p->version;
}

/*
 * argv[0] is "--name", "--name=value", "--no-name", or any of them with one dash.
 * Return: elements eaten, 0 when no long option has this name, or an error.
 */
static int parse_long(struct opt_parse *p, int argc, char **argv)
{
	struct slo_str name = bare_name(argv[0]);
	const char *value = name.p[name.len] ? name.p + name.len + 1 : NULL;
	const struct slo_opt *o = find(p->cmd, name);
	int r;

	if (!o && !value && asked(p, name))
		return 1;
	if (!o && name.len > 3 && memcmp(name.p, "no-", 3) == 0) {
		o = find(p->cmd, slo_str_n(name.p + 3, name.len - 3));
		if (!o || o->type != SLO_OPT_FLAG)
			return 0;
		if (value) {
			slo_err_set(p->err, 0, "--no-%s takes no value", o->name);
			return usage_error(p);
		}
		value = "false";
	}
	if (!o)
		return 0;
	if (!value && o->type != SLO_OPT_FLAG)
		return set_from_next(p, o, argc, argv);
	r = set_from_flag(p, o, value ? value : "true");
	return r ? r : 1;
}

/* argv[0] is "-q", "-qv", "-n5" or "-n" with the value next. Return: elements eaten, 0 or an error as above. */
static int parse_short(struct opt_parse *p, int argc, char **argv)
{
	for (const char *c = argv[0] + 1; *c; c++) {
		const struct slo_opt *o = find_short(p->cmd, *c);
		int r;

		if (*c == 'h') {
			p->help = true;
			return 1;
		}
		if (!o)
			return 0;
		if (o->type != SLO_OPT_FLAG && !c[1])
			return set_from_next(p, o, argc, argv);
		r = set_from_flag(p, o, o->type == SLO_OPT_FLAG ? "true" : c + 1);
		if (r)
			return r;
		if (o->type != SLO_OPT_FLAG)
			break;
	}
	return 1;
}

static int parse_option(struct opt_parse *p, int argc, char **argv)
{
	int r = parse_long(p, argc, argv);
	struct slo_str name = bare_name(argv[0]);
	const char *no;

	/* "-outptu=x" is a misspelt -output, not -o with the value "utptu=x". */
	if (r == 0 && argv[0][1] != '-' && !(name.len > 3 && near_option(p->cmd, name, &no)))
		r = parse_short(p, argc, argv);
	return r ? r : unknown_option(p, argv[0]);
}

static int parse_argv(struct opt_parse *p, int argc, char **argv, int *used)
{
	int front = 0, at = 0, n = 0;

	/* Options move in front of the operands met so far: argv[0..front) eaten, argv[front..at) operands. */
	for (; at < argc && n >= 0; at += n) {
		char *taken[2];

		if (argv[at][0] != '-' || !argv[at][1]) {
			n = 1;
			continue;
		}
		if (strcmp(argv[at], "--") == 0)
			n = 1;
		else
			n = parse_option(p, argc - at, argv + at);
		if (n < 0)
			return n;
		memcpy(taken, argv + at, (size_t)n * sizeof(*argv));
		memmove(argv + front + n, argv + front, (size_t)(at - front) * sizeof(*argv));
		memcpy(argv + front, taken, (size_t)n * sizeof(*argv));
		front += n;
		if (p->help || p->version || strcmp(taken[0], "--") == 0)
			break;
	}
	*used = front;
	return p->help || p->version;
}

static int parse_env(struct opt_parse *p)
{
	const struct slo_opt *opts = table(p->cmd);

	for (size_t i = 0; p->env && !slo_opt_is_end(&opts[i]); i++) {
		char name[ENV_NAME_MAX];
		const char *text;
		int r;

		if (opts[i].type == SLO_OPT_HELP || origins[i] == SLO_ORIGIN_FLAG)
			continue;
		opt_env_name(&opts[i], name);
		text = p->env(name);
		r = text && text[0] ? set(p, &opts[i], text, name, SLO_ORIGIN_ENV) : 0;
		if (r)
			return r;
	}
	return 0;
}

static void set_defaults(struct opt_parse *p)
{
	size_t i;

	if (p->cmd->opts_size)
		memset(p->out, 0, p->cmd->opts_size);
	memset(origins, SLO_ORIGIN_DEFAULT, sizeof(origins));
	origin_opts = table(p->cmd);
	for (i = 0; !slo_opt_is_end(&origin_opts[i]); i++) {
		const struct slo_opt *o = &origin_opts[i];
		int r = 0;

		assert(i < OPTS_MAX);
		if (o->def && o->type != SLO_OPT_HELP &&
		    !(o->flags & (SLO_OPT_NOT_BUILT | SLO_OPT_OBSOLETE | SLO_OPT_SECRET)))
			r = opt_store(o, o->def, p->out, NULL);
		assert(r == 0);
		(void)r;
	}
}

int opt_parse(struct opt_parse *p, int argc, char **argv, int *used)
{
	bool flag_value;
	int r;

	*used = 0;
	set_defaults(p);
	r = parse_argv(p, argc, argv, used);
	if (r)
		return r;
	r = parse_env(p);
	if (r)
		return r;
	if (!p->cmd->operands && *used < argc) {
		slo_err_set(p->err, 0, "unexpected argument '%.80s'%s", argv[*used],
			    opt_bool(argv[*used], &flag_value) == 0 ? " (a flag is set with --flag=false)" : "");
		return usage_error(p);
	}
	return 0;
}

int slo_opts_parse(const struct slo_cmd *cmd, int argc, char **argv, const char *(*env)(const char *name), void *out,
		   int *used, struct slo_err *err)
{
	struct opt_parse p = { .cmd = cmd, .env = env, .out = out, .err = err };

	return opt_parse(&p, argc, argv, used);
}
