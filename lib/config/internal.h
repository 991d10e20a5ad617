/* SPDX-License-Identifier: MIT */
/* Private to the module. */
#ifndef SLO_CONFIG_INTERNAL_H
#define SLO_CONFIG_INTERNAL_H

#include "config/keys.h"
#include "yaml/yaml.h"

enum { CONFIG_MAX_BYTES = SLO_YAML_MAX_BYTES };

#define CONFIG_ORIGIN_KEY_MAX sizeof(((struct slo_config *)0)->origins[0].key)

/** config_overlay - write what the document says over @c. @name stands in messages. */
int config_overlay(struct slo_config *c, const struct slo_yaml *y, const char *name, struct slo_err *err);

/**
 * config_value_set - check @v and write it into the member that @k names
 * @base: the struct @k->off is in
 *
 * Every type but the three lists. Return: 0; -EINVAL with the reason in @err, no place.
 */
int config_value_set(const struct slo_config_key *k, const json_t *v, void *base, struct slo_err *err);

/** config_want - record "want a list, got 7". Return: -EINVAL. */
int config_want(struct slo_err *err, const char *what, const json_t *v);

/** config_objective_check - what no single member can tell. Return: 0; -EINVAL with @err. */
int config_objective_check(const struct slo_objective *o, struct slo_err *err);

/** config_needs_threshold - requests of @sli are judged by a value, not by whether they failed. */
bool config_needs_threshold(int sli);

/** config_net_parse - "10.0.0.0/8", "::1" into @p; bits behind the prefix become zero. Return: 0 or -EINVAL. */
int config_net_parse(const char *text, struct slo_peer *p);

enum { CONFIG_NET_MAX = 64 };

/** config_net_print - the reverse. */
void config_net_print(const struct slo_peer *p, char to[CONFIG_NET_MAX]);

/** config_key - the key with exactly this table path, or NULL. */
const struct slo_config_key *config_key(const char *path);

#endif
