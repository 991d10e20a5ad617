/* SPDX-License-Identifier: MIT */
#include "config/internal.h"

#include "base/cleanup.h"

#include <errno.h>

static void default_objectives(struct slo_config *c)
{
	slo_objective_defaults(&c->objectives[0]);
	slo_objective_defaults(&c->objectives[1]);
	c->objectives[1].sli = SLO_SLI_ERROR_RATE;
	c->objectives[1].threshold = 0;
	c->objectives_count = 2;
}

void slo_config_defaults(struct slo_config *c)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < slo_config_keys_count; i++) {
		const struct slo_config_key *k = &slo_config_keys[i];
		json_auto_t *v = NULL;

		if (!k->def || strstr(k->path, "[]"))
			continue;
		v = json_loads(k->def, JSON_DECODE_ANY, NULL);
		if (v)
			config_value_set(k, v, c, NULL);
	}
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		c->signal_enabled[i] = true;
	default_objectives(c);
}

int slo_config_parse(struct slo_config *c, const char *text, size_t len, const char *name, struct slo_err *err)
{
	slo_autofree struct slo_config *parsed = malloc(sizeof(*parsed));
	struct slo_yaml *y = NULL;
	int ret;

	if (!parsed)
		return slo_err_set(err, -ENOMEM, "out of memory");
	ret = slo_yaml_parse(text, len, name, &y, err);
	if (ret)
		return ret;
	slo_config_defaults(parsed);
	slo_str_copy(parsed->path, sizeof(parsed->path), slo_str(name));
	ret = config_overlay(parsed, y, name, err);
	slo_yaml_free(y);
	if (!ret)
		*c = *parsed;
	return ret;
}

const struct slo_objective *slo_config_objective(const struct slo_config *c, struct slo_str service, int sli)
{
	const struct slo_objective *any = NULL;

	for (uint32_t i = 0; i < c->objectives_count; i++) {
		const struct slo_objective *o = &c->objectives[i];

		if (o->sli != sli)
			continue;
		if (slo_str_is(service, o->service))
			return o;
		if (strcmp(o->service, "*") == 0)
			any = o;
	}
	return any;
}
