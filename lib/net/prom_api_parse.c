/* SPDX-License-Identifier: MIT */
#include "net/prom_api.h"

#include "base/num.h"
#include "base/time.h"
#include "rec/rec.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static const char *const type_names[] = { "vector", "scalar", "matrix" };

void slo_prom_api_answer_init(struct slo_prom_api_answer *a)
{
	memset(a, 0, sizeof(*a));
}

void slo_prom_api_answer_fini(struct slo_prom_api_answer *a)
{
	free(a->series);
	free(a->points);
	slo_prom_api_answer_init(a);
}

static int bad(struct slo_err *err, const char *what)
{
	return slo_err_set(err, -EBADMSG, "not an answer of the Prometheus API: %s", what);
}

/* jansson recurses with the brackets; what an answer needs is four deep. */
static bool too_deep(const char *text, size_t len)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (in_string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in_string = !in_string;
		else if (!in_string && (text[i] == '{' || text[i] == '['))
			depth++;
		else if (!in_string && (text[i] == '}' || text[i] == ']'))
			depth--;
		if (depth > SLO_PROM_API_DEPTH)
			return true;
	}
	return false;
}

/* Values are strings, so that they can say what JSON cannot. */
static int read_value(const char *s, double *out)
{
	static const struct {
		const char *name;
		double value;
	} special[] = { { "NaN", NAN }, { "+Inf", INFINITY }, { "Inf", INFINITY }, { "-Inf", -INFINITY } };

	for (size_t i = 0; i < SLO_ARRAY_LEN(special); i++) {
		if (strcmp(s, special[i].name) == 0) {
			*out = special[i].value;
			return 0;
		}
	}
	/* Go prints a plus in exponents and what JSON's grammar has, nothing else. */
	return slo_parse_f64(slo_str(s), out);
}

static int read_point(const json_t *pair, struct slo_prom_api_answer *a, struct slo_err *err)
{
	const json_t *t = json_array_get(pair, 0), *v = json_array_get(pair, 1);
	struct slo_prom_api_point p;
	double s = json_number_value(t);

	if (json_array_size(pair) != 2 || !json_is_number(t) || !json_is_string(v))
		return bad(err, "a sample is not [time, \"value\"]");
	if (!(fabs(s) < 9e9))
		return bad(err, "a sample's time is out of range");
	if (read_value(json_string_value(v), &p.value))
		return bad(err, "a sample's value is no number");
	p.t_ns = (int64_t)(s * 1e3) * SLO_NS_PER_MS; /* the API speaks in ms */
	if (a->points_count == SLO_PROM_API_POINTS)
		a->points_dropped++;
	else
		a->points[a->points_count++] = p;
	return 0;
}

/* Cut rather than refused: labels are for people here. */
static void write_labels(const json_t *metric, char *to, size_t size)
{
	const char *key, *name = json_string_value(json_object_get(metric, "__name__"));
	struct slo_buf b;
	json_t *v;
	char before = '{';

	slo_buf_init(&b, 65536);
	slo_buf_adds(&b, name ? name : "");
	json_object_foreach((json_t *)(uintptr_t)metric, key, v) {
		if (strcmp(key, "__name__") == 0 || !json_is_string(v))
			continue;
		slo_buf_addf(&b, "%c%s=", before, key);
		slo_json_add_str(&b, slo_str(json_string_value(v)));
		before = ',';
	}
	if (before == ',')
		slo_buf_addc(&b, '}');
	slo_str_copy(to, size, slo_buf_str(&b));
	slo_buf_fini(&b);
}

static int read_series(const json_t *item, bool matrix, struct slo_prom_api_answer *a, struct slo_err *err)
{
	const json_t *metric = json_object_get(item, "metric");
	const json_t *values = json_object_get(item, matrix ? "values" : "value");
	struct slo_prom_api_series *s;
	json_t *pair;
	size_t i;
	int ret = 0;

	if (!json_is_object(metric))
		return bad(err, "a series without labels");
	if (!json_is_array(values))
		return bad(err, json_object_get(item, matrix ? "histograms" : "histogram") ?
				       "a native histogram where a number is needed" : "a series without values");
	if (a->series_count == SLO_PROM_API_SERIES) {
		a->series_dropped++;
		return 0;
	}
	s = &a->series[a->series_count++];
	write_labels(metric, s->labels, sizeof(s->labels));
	s->first = a->points_count;
	if (!matrix)
		ret = read_point(values, a, err);
	else
		json_array_foreach(values, i, pair) {
			ret = read_point(pair, a, err);
			if (ret)
				break;
		}
	s->count = a->points_count - s->first;
	return ret;
}

/* Room for all that will be kept: the counts are known before anything is read. */
static int make_room(const json_t *result, int type, struct slo_prom_api_answer *a)
{
	size_t series = type == SLO_PROM_API_SCALAR ? 1 : json_array_size(result), points = series;

	if (type == SLO_PROM_API_MATRIX) {
		points = 0;
		for (size_t i = 0; i < json_array_size(result); i++)
			points += json_array_size(json_object_get(json_array_get(result, i), "values"));
	}
	series = series < SLO_PROM_API_SERIES ? series : SLO_PROM_API_SERIES;
	points = points < SLO_PROM_API_POINTS ? points : SLO_PROM_API_POINTS;
	a->series = calloc(series + 1, sizeof(*a->series));
	a->points = calloc(points + 1, sizeof(*a->points));
	return a->series && a->points ? 0 : -ENOMEM;
}

static int read_data(const json_t *data, struct slo_prom_api_answer *a, struct slo_err *err)
{
	const char *type = json_string_value(json_object_get(data, "resultType"));
	const json_t *result = json_object_get(data, "result");
	json_t *item;
	size_t i;

	for (a->type = 0; a->type < SLO_PROM_API__TYPES; a->type++) {
		if (type && strcmp(type, type_names[a->type]) == 0)
			break;
	}
	if (a->type == SLO_PROM_API__TYPES)
		return bad(err, type && strcmp(type, "string") == 0 ? "a string where a number is needed"
								    : "no result type it knows");
	if (!json_is_array(result))
		return bad(err, "no result");
	if (make_room(result, a->type, a))
		return -ENOMEM;
	if (a->type == SLO_PROM_API_SCALAR) {
		a->series[0].count = 1;
		a->series_count = 1;
		return read_point(result, a, err);
	}
	json_array_foreach(result, i, item) {
		int ret = read_series(item, a->type == SLO_PROM_API_MATRIX, a, err);

		if (ret)
			return ret;
	}
	return 0;
}

static void read_notes(const json_t *list, struct slo_prom_api_notes *n)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item);

		if (n->count < SLO_PROM_API_NOTES)
			slo_str_copy(n->text[n->count], sizeof(n->text[0]), slo_str(text ? text : "(no text)"));
		n->count++;
	}
}

static void copy_text(char *to, size_t size, const json_t *v)
{
	slo_str_copy(to, size, slo_str(json_is_string(v) ? json_string_value(v) : ""));
}

int slo_prom_api_parse(const char *text, size_t len, struct slo_prom_api_answer *a, struct slo_err *err)
{
	json_error_t why;
	json_auto_t *root = NULL;
	const char *status;

	slo_prom_api_answer_fini(a);
	if (too_deep(text, len))
		return bad(err, "nested too deep");
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		return slo_err_set(err, -EBADMSG, "not an answer of the Prometheus API: no JSON (byte %d: %s)",
				   why.position, why.text);
	status = json_string_value(json_object_get(root, "status"));
	if (!status || (strcmp(status, "success") != 0 && strcmp(status, "error") != 0))
		return bad(err, "no status");
	a->success = strcmp(status, "success") == 0;
	copy_text(a->error_type, sizeof(a->error_type), json_object_get(root, "errorType"));
	copy_text(a->error, sizeof(a->error), json_object_get(root, "error"));
	read_notes(json_object_get(root, "warnings"), &a->warnings);
	read_notes(json_object_get(root, "infos"), &a->infos);
	return a->success ? read_data(json_object_get(root, "data"), a, err) : 0;
}
