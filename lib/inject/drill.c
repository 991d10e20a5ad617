/* SPDX-License-Identifier: MIT */
#include "inject/drill.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "inject/fault.h"
#include "io/writer.h"
#include "yaml/yaml.h"

#include <errno.h>

const char *const slo_drill_aims[SLO_AIM__COUNT] = { "service", "resolver", "peer", "provider", "retrieval" };

#define API_VERSION "toolkit.llm-slo.dev/v1alpha1"
#define KIND        "IncidentScenario"

struct loader {
	const struct slo_yaml *y;
	const char *name;
	struct slo_err *err;
};

int slo_drill_aim(int fault)
{
	static const int aims[SLO_FAULT__COUNT] = {
		[SLO_FAULT_DNS_LATENCY] = SLO_AIM_RESOLVER, [SLO_FAULT_DNS_DROP] = SLO_AIM_RESOLVER,
		[SLO_FAULT_DNS_SERVFAIL] = SLO_AIM_RESOLVER, [SLO_FAULT_EGRESS_LOSS] = SLO_AIM_PEER,
		[SLO_FAULT_EGRESS_DELAY] = SLO_AIM_PEER, [SLO_FAULT_NETWORK_PARTITION] = SLO_AIM_PEER,
		[SLO_FAULT_PROVIDER_THROTTLE] = SLO_AIM_PROVIDER, [SLO_FAULT_PROVIDER_ERROR] = SLO_AIM_PROVIDER,
		[SLO_FAULT_RETRIEVAL_SLOWDOWN] = SLO_AIM_RETRIEVAL,
	};

	return fault >= 0 && fault < SLO_FAULT__COUNT ? aims[fault] : SLO_AIM_SERVICE;
}

static int bad(const struct loader *l, const json_t *in, const char *key, const char *why)
{
	slo_err_set(l->err, -EINVAL, "%s", why);
	slo_err_at(l->err, "%s:%d: %s", l->name, slo_yaml_key_line(l->y, in, key), key);
	return -EINVAL;
}

/* Every key one of @known (NULL-terminated). */
static int check_keys(const struct loader *l, const json_t *in, const char *const *known)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)in, key, value) {
		size_t i = 0;

		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i])
			return bad(l, in, key, "no such key here");
	}
	return 0;
}

static int want_text(const struct loader *l, const json_t *in, const char *key, const char *exactly)
{
	const json_t *v = json_object_get(in, key);

	if (json_is_string(v) && strcmp(json_string_value(v), exactly) == 0)
		return 0;
	if (!v)
		return slo_err_set(l->err, -EINVAL, "%s: %s: %s is required here", l->name, key, exactly);
	return bad(l, in, key, "want \"" API_VERSION "\" and kind \"" KIND "\"");
}

static int take_text(const struct loader *l, const json_t *in, const char *key, char *to, size_t size)
{
	const json_t *v = json_object_get(in, key);

	if (!v)
		return slo_err_set(l->err, -EINVAL, "%s: %s is required", l->name, key);
	if (!json_is_string(v) || !json_string_value(v)[0])
		return bad(l, in, key, "want a text");
	return slo_str_copy(to, size, slo_str(json_string_value(v))) ? 0 : bad(l, in, key, "too long");
}

static int take_number(const struct loader *l, const json_t *in, const char *key, double lo, double hi, double *to)
{
	const json_t *v = json_object_get(in, key);
	char why[80];

	if (!v)
		return 0;
	snprintf(why, sizeof(why), "want a number from %g to %g", lo, hi);
	if (!json_is_number(v) || json_number_value(v) < lo || json_number_value(v) > hi)
		return bad(l, in, key, why);
	*to = json_number_value(v);
	return 0;
}

static int take_fault(const struct loader *l, const json_t *in, struct slo_drill_fault *f)
{
	static const char *const known[] = { "fault", "severity", "strength", "target", NULL };
	const json_t *name = json_object_get(in, "fault"), *aim = json_object_get(in, "target");
	int ret = check_keys(l, in, known);

	if (ret)
		return ret;
	f->fault = json_is_string(name) ? slo_enum_find(&slo_fault_enum, slo_str(json_string_value(name))) : -1;
	if (f->fault < 0 || !slo_fault_find(f->fault))
		return bad(l, in, "fault", "want a fault that 'faultinject list' prints");
	ret = take_number(l, in, "severity", 1, SLO_SEVERITIES, &f->severity);
	if (!ret)
		ret = take_number(l, in, "strength", slo_fault_find(f->fault)->lo, slo_fault_find(f->fault)->hi, &f->strength);
	if (!ret && (f->severity > 0) == (f->strength > 0))
		ret = bad(l, in, "fault", "want either a severity or a strength");
	if (!ret && aim && (!json_is_string(aim) || strcmp(json_string_value(aim), slo_drill_aims[slo_drill_aim(f->fault)]) != 0))
		ret = bad(l, in, "target", "this fault is aimed at another one");
	return ret;
}

static int take_round(const struct loader *l, const json_t *in, struct slo_drill_round *r)
{
	static const char *const known[] = { "faults", NULL };
	const json_t *list = json_object_get(in, "faults");
	int ret = check_keys(l, in, known);

	if (ret)
		return ret;
	if (!json_is_array(list) || json_array_size(list) > SLO_DRILL_FAULTS_MAX)
		return bad(l, in, "faults", "want a list of at most 4 faults");
	for (r->count = 0; r->count < json_array_size(list) && !ret; r->count++) {
		const json_t *item = json_array_get(list, r->count);

		ret = json_is_object(item) ? take_fault(l, item, &r->faults[r->count]) : bad(l, in, "faults", "want mappings");
		for (size_t i = 0; i < r->count && !ret; i++)
			if (r->faults[i].fault == r->faults[r->count].fault)
				ret = bad(l, item, "fault", "the same fault twice at once");
	}
	return ret;
}

static int take_rounds(const struct loader *l, const json_t *root, struct slo_drill *d)
{
	const json_t *list = json_object_get(root, "rounds");
	int ret = 0;

	if (!json_is_array(list) || !json_array_size(list) || json_array_size(list) > SLO_DRILL_ROUNDS_MAX)
		return bad(l, root, "rounds", "want a list of 1 to 16 rounds");
	for (d->count = 0; d->count < json_array_size(list) && !ret; d->count++) {
		const json_t *item = json_array_get(list, d->count);

		ret = json_is_object(item) ? take_round(l, item, &d->rounds[d->count]) : bad(l, root, "rounds", "want mappings");
	}
	return ret;
}

static int take_names(const struct loader *l, const json_t *in, const char *key, const struct slo_enum *names, bool *to)
{
	const json_t *list = json_object_get(in, key);
	size_t i;
	json_t *v;

	if (list && !json_is_array(list))
		return bad(l, in, key, "want a list of names");
	json_array_foreach((json_t *)(uintptr_t)list, i, v) {
		int id = json_is_string(v) ? slo_enum_find(names, slo_str(json_string_value(v))) : -1;

		if (id < 0)
			return bad(l, in, key, "no such name");
		to[id] = true;
	}
	return 0;
}

static int take_expect(const struct loader *l, const json_t *root, struct slo_drill *d)
{
	static const char *const known[] = { "domains", "signals", "objective_missed", NULL };
	const json_t *in = json_object_get(root, "expect"), *missed = json_object_get(in, "objective_missed");
	int ret;

	if (!json_is_object(in))
		return slo_err_set(l->err, -EINVAL, "%s: expect is required", l->name);
	ret = check_keys(l, in, known);
	if (!ret)
		ret = take_names(l, in, "domains", &slo_domain_enum, d->domains);
	if (!ret)
		ret = take_names(l, in, "signals", &slo_signal_enum, d->signals);
	if (!ret && !json_is_boolean(missed))
		ret = bad(l, in, "objective_missed", "want true or false");
	d->missed = json_is_true(missed);
	return ret;
}

static int take_phases(const struct loader *l, const json_t *root, struct slo_drill *d)
{
	static const char *const known[] = { "baseline_s", "fault_s", "recovery_s", NULL };
	const json_t *in = json_object_get(root, "phases");
	int ret;

	d->baseline_s = d->fault_s = 20;
	d->recovery_s = 5;
	if (!in)
		return 0;
	if (!json_is_object(in))
		return bad(l, root, "phases", "want a mapping");
	ret = check_keys(l, in, known);
	if (!ret)
		ret = take_number(l, in, "baseline_s", 0, 3600, &d->baseline_s);
	if (!ret)
		ret = take_number(l, in, "fault_s", 0.1, 3600, &d->fault_s);
	return ret ? ret : take_number(l, in, "recovery_s", 0, 3600, &d->recovery_s);
}

static int take_all(const struct loader *l, struct slo_drill *d)
{
	static const char *const known[] = { "apiVersion", "kind", "name", "summary", "phases", "rounds", "expect", NULL };
	const json_t *root = slo_yaml_root(l->y);
	int ret;

	if (!json_is_object(root))
		return slo_err_set(l->err, -EINVAL, "%s: want a mapping", l->name);
	ret = check_keys(l, root, known);
	if (!ret)
		ret = want_text(l, root, "apiVersion", API_VERSION);
	if (!ret)
		ret = want_text(l, root, "kind", KIND);
	if (!ret)
		ret = take_text(l, root, "name", d->name, sizeof(d->name));
	if (!ret)
		ret = take_text(l, root, "summary", d->summary, sizeof(d->summary));
	if (!ret)
		ret = take_phases(l, root, d);
	if (!ret)
		ret = take_rounds(l, root, d);
	return ret ? ret : take_expect(l, root, d);
}

int slo_drill_parse(const char *text, size_t len, const char *name, struct slo_drill *out, struct slo_err *err)
{
	slo_autofree struct slo_drill *d = calloc(1, sizeof(*d));
	struct slo_yaml *y = NULL;
	int ret = d ? slo_yaml_parse(text, len, name, &y, err) : -ENOMEM;

	if (!ret)
		ret = take_all(&(struct loader){ y, name, err }, d);
	slo_yaml_free(y);
	if (!ret)
		*out = *d;
	return ret;
}

int slo_drill_read(const char *path, struct slo_drill *out, struct slo_err *err)
{
	slo_autofree char *text = NULL;
	size_t len;
	int ret = slo_file_read(path, SLO_YAML_MAX_BYTES, &text, &len, err);

	return ret ? ret : slo_drill_parse(text, len, path, out, err);
}
