/* SPDX-License-Identifier: MIT */
#include "net/serve_dist.h"

#include "base/cleanup.h"
#include "base/num.h"
#include "io/writer.h"

#include <errno.h>
#include <math.h>

enum { FILE_MAX = 32 << 20 };

static const struct {
	const char *name;
	enum slo_dist_kind kind;
	int numbers;
} kinds[] = {
	{ "fixed:", SLO_DIST_FIXED, 1 },
	{ "uniform:", SLO_DIST_UNIFORM, 2 },
	{ "lognormal:", SLO_DIST_LOGNORMAL, 2 },
};

static int parse_ms(struct slo_str s, double *out)
{
	return slo_parse_f64(s, out) || !(*out >= 0 && *out <= SLO_DIST_MAX_MS) ? -EINVAL : 0;
}

static struct slo_str cut(struct slo_str *rest, char c)
{
	const char *at = rest->len ? memchr(rest->p, c, rest->len) : NULL;
	struct slo_str head = { rest->p, at ? (size_t)(at - rest->p) : rest->len };
	size_t used = head.len + (at != NULL);

	rest->p += used;
	rest->len -= used;
	return head;
}

static int parse_numbers(struct slo_str rest, int want, struct slo_dist *d)
{
	double *const to[] = { &d->a, &d->b };

	for (int i = 0; i < want; i++)
		if (parse_ms(cut(&rest, ':'), to[i]))
			return -EINVAL;
	if (rest.len || (d->kind == SLO_DIST_UNIFORM && d->b < d->a) ||
	    (d->kind == SLO_DIST_LOGNORMAL && (d->a <= 0 || d->b > 10)))
		return -EINVAL;
	return 0;
}

static int take_lines(struct slo_str rest, const char *path, struct slo_dist *d, struct slo_err *err)
{
	int line = 0;

	while (rest.len) {
		struct slo_str s = cut(&rest, '\n');

		line++;
		if (s.len && s.p[s.len - 1] == '\r')
			s.len--;
		if (!s.len || s.p[0] == '#')
			continue;
		if (d->n >= SLO_DIST_VALUES_MAX || parse_ms(s, &d->values[d->n])) {
			slo_err_set(err, -EINVAL, "want a number of milliseconds, 0 to %g; at most %d of them",
				    SLO_DIST_MAX_MS, SLO_DIST_VALUES_MAX);
			slo_err_at(err, "%s:%d", path, line);
			return -EINVAL;
		}
		d->n++;
	}
	return d->n ? 0 : slo_err_set(err, -EINVAL, "%s: no numbers", path);
}

static int read_file(const char *path, struct slo_dist *d, struct slo_err *err)
{
	slo_autofree char *text = NULL;
	size_t len, lines = 1;
	int ret = slo_file_read(path, FILE_MAX, &text, &len, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	d->values = calloc(lines < SLO_DIST_VALUES_MAX ? lines : SLO_DIST_VALUES_MAX, sizeof(*d->values));
	ret = d->values ? take_lines(slo_str_n(text, len), path, d, err) : -ENOMEM;
	if (ret)
		slo_dist_fini(d);
	return ret;
}

int slo_dist_parse(const char *spec, struct slo_dist *d, struct slo_err *err)
{
	struct slo_dist v = { .kind = SLO_DIST_FIXED };
	int ret = -EINVAL;

	if (strncmp(spec, "file:", 5) == 0) {
		v.kind = SLO_DIST_VALUES;
		ret = read_file(spec + 5, &v, err);
	} else {
		for (size_t i = 0; i < SLO_ARRAY_LEN(kinds); i++)
			if (strncmp(spec, kinds[i].name, strlen(kinds[i].name)) == 0) {
				v.kind = kinds[i].kind;
				ret = parse_numbers(slo_str(spec + strlen(kinds[i].name)), kinds[i].numbers, &v);
			}
		if (ret)
			ret = parse_ms(slo_str(spec), &v.a);
	}
	if (ret)
		return slo_err_set(err, ret, "'%s': want MS, uniform:MS:MS, lognormal:MEDIAN_MS:SIGMA or file:PATH",
				   spec);
	*d = v;
	return 0;
}

void slo_dist_fini(struct slo_dist *d)
{
	free(d->values);
	*d = (struct slo_dist){ .kind = SLO_DIST_FIXED };
}

/* Box and Muller; one of the two variates is enough here. */
static double normal(struct slo_rng *rng)
{
	double u = 1 - slo_rng_unit(rng), v = slo_rng_unit(rng);

	return sqrt(-2 * log(u)) * cos(2 * acos(-1.0) * v);
}

double slo_dist_draw(const struct slo_dist *d, struct slo_rng *rng)
{
	double ms = d->a;

	if (d->kind == SLO_DIST_UNIFORM)
		ms = d->a + (d->b - d->a) * slo_rng_unit(rng);
	else if (d->kind == SLO_DIST_LOGNORMAL)
		ms = d->a * exp(d->b * normal(rng));
	else if (d->kind == SLO_DIST_VALUES)
		ms = d->values[slo_rng_below(rng, d->n)];
	return fmin(ms, SLO_DIST_MAX_MS);
}
