/* SPDX-License-Identifier: MIT */
/*
 * A parsed document over a configuration. Two paths are carried along: the one
 * of the key table ("peers[].role") and the one a person sees ("peers[3].role").
 */
#include "config/internal.h"

#include "opt/opt.h"

#include <errno.h>
#include <stdio.h>

enum { PATH_BYTES = 160 };

struct overlay {
	struct slo_config *c;
	const struct slo_yaml *y;
	const char *name;
	struct slo_err *err;
};

/* Where in the document we are. */
struct place {
	const char *table, *shown; /* prefixes of the keys below, "" at the top */
	void *base;                /* struct the keys below are written to */
};

static int read_object(struct overlay *o, const json_t *node, const struct place *at);

static const struct {
	const char *path, *why;
} refused[] = {
	{ "webhook.secret", "secrets do not belong into this file: put it into a file of its own and name that "
			    "with webhook.secret_file" },
};

const struct slo_config_key *config_key(const char *path)
{
	for (size_t i = 0; i < slo_config_keys_count; i++) {
		if (strcmp(slo_config_keys[i].path, path) == 0)
			return &slo_config_keys[i];
	}
	return NULL;
}

/* Complete a reason with its place. Return: -EINVAL. */
static int located(struct overlay *o, int line, const char *shown)
{
	char safe[PATH_BYTES];
	size_t n = 0;

	for (; shown[n] && n + 1 < sizeof(safe); n++)
		safe[n] = (unsigned char)shown[n] < ' ' || shown[n] == 127 ? '?' : shown[n];
	safe[n] = '\0';
	if (safe[0])
		slo_err_at(o->err, "%.60s", safe);
	slo_err_at(o->err, "%s:%d", o->name, line);
	return -EINVAL;
}

static void remember(struct slo_config *c, const char *shown, int line)
{
	if (c->origins_count == SLO_MAX_CONFIG_KEYS)
		return;
	slo_str_copy(c->origins[c->origins_count].key, CONFIG_ORIGIN_KEY_MAX, slo_str(shown));
	c->origins[c->origins_count++].line = line;
}

/* "sampling." is the prefix of a section when keys begin with it. */
static bool is_section(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < slo_config_keys_count; i++) {
		if (strncmp(slo_config_keys[i].path, path, len) == 0 && slo_config_keys[i].path[len] == '.')
			return true;
	}
	return false;
}

static bool is_known(const char *table, const char *key)
{
	/* "sampling.burst_limit: 1" is no way to write a section. */
	if (strpbrk(key, ".["))
		return false;
	return config_key(table) || is_section(table) || strcmp(table, refused[0].path) == 0;
}

static int unknown_key(struct overlay *o, const char *table, const char *key)
{
	char names[64][64];
	const char *list[64], *near;
	size_t n = 0, prefix = strlen(table);

	for (size_t i = 0; i < slo_config_keys_count && n < SLO_ARRAY_LEN(list); i++) {
		const char *rest = slo_config_keys[i].path + prefix;

		if (strncmp(slo_config_keys[i].path, table, prefix) != 0)
			continue;
		snprintf(names[n], sizeof(names[n]), "%.*s", (int)strcspn(rest, ".["), rest);
		list[n] = names[n];
		n++;
	}
	near = slo_nearest(key, list, n);
	return near ? slo_err_set(o->err, -EINVAL, "unknown key (did you mean %s?)", near) :
		      slo_err_set(o->err, -EINVAL, "unknown key");
}

static int read_signals(struct overlay *o, const json_t *node, const char *shown, int line)
{
	bool enabled[SLO_SIGNAL__COUNT] = { false };
	const struct slo_config_key one = { .path = "", .type = SLO_KEY_ENUM, .en = &slo_signal_enum };
	json_t *item;
	size_t i;

	if (!json_is_array(node)) {
		config_want(o->err, "a list of signal names", node);
		return located(o, line, shown);
	}
	json_array_foreach(node, i, item) {
		int signal = 0;

		if (json_is_string(item) && slo_enum_find(&slo_signal_enum, slo_str(json_string_value(item))) < 0) {
			const char *near = slo_nearest(json_string_value(item), slo_signal_enum.names, SLO_SIGNAL__COUNT);

			if (near)
				slo_err_set(o->err, -EINVAL, "unknown signal (did you mean %s?)", near);
		}
		if (config_value_set(&one, item, &signal, o->err))
			return located(o, slo_yaml_item_line(o->y, node, i), shown);
		if (enabled[signal]) {
			slo_err_set(o->err, -EINVAL, "%s: given twice", slo_enum_name(&slo_signal_enum, signal));
			return located(o, slo_yaml_item_line(o->y, node, i), shown);
		}
		enabled[signal] = true;
	}
	memcpy(o->c->signal_enabled, enabled, sizeof(enabled));
	return 0;
}

/* Members a list item lacks although it must have them. */
static int check_required(struct overlay *o, const json_t *item, const char *table)
{
	size_t prefix = strlen(table);

	for (size_t i = 0; i < slo_config_keys_count; i++) {
		const struct slo_config_key *k = &slo_config_keys[i];

		if (k->flags & SLO_KEY_REQUIRED && strncmp(k->path, table, prefix) == 0 &&
		    !json_object_get(item, k->path + prefix))
			return slo_err_set(o->err, -EINVAL, "%s is missing", k->path + prefix);
	}
	return 0;
}

static int finish_objective(struct overlay *o, const json_t *item, const struct slo_objective *new)
{
	if (config_needs_threshold(new->sli) && !json_object_get(item, "threshold"))
		return slo_err_set(o->err, -EINVAL, "threshold is missing");
	if (json_object_get(item, "burn") && json_object_get(item, "budget_pct"))
		return slo_err_set(o->err, -EINVAL, "burn and budget_pct exclude each other");
	for (uint32_t i = 0; i < o->c->objectives_count; i++) {
		if (o->c->objectives[i].sli == new->sli && strcmp(o->c->objectives[i].service, new->service) == 0)
			return slo_err_set(o->err, -EINVAL, "service %s has an objective for %s already", new->service,
					   slo_enum_name(&slo_sli_enum, new->sli));
	}
	return config_objective_check(new, o->err);
}

static int add_objective(struct overlay *o, const json_t *item, const struct place *at, int line)
{
	struct slo_objective new;
	struct place below = *at;
	int ret;

	slo_objective_defaults(&new);
	new.threshold = 0;
	below.base = &new;
	ret = read_object(o, item, &below);
	if (ret)
		return ret;
	if (check_required(o, item, at->table) || finish_objective(o, item, &new))
		return located(o, line, "");
	o->c->objectives[o->c->objectives_count++] = new;
	return 0;
}

static int add_peer(struct overlay *o, const json_t *item, const struct place *at, int line)
{
	struct slo_peer new = { 0 };
	struct place below = *at;
	int ret;

	below.base = &new;
	ret = read_object(o, item, &below);
	if (ret)
		return ret;
	ret = check_required(o, item, at->table);
	if (!ret && !new.port && !new.has_net && !new.name[0])
		ret = slo_err_set(o->err, -EINVAL, "want at least one of port, address and name");
	if (!ret && strchr(new.name, '*'))
		ret = slo_err_set(o->err, -EINVAL, "name: write .example.com for every name below example.com");
	if (ret)
		return located(o, line, "");
	o->c->peers[o->c->peers_count++] = new;
	return 0;
}

static int read_list(struct overlay *o, const json_t *node, const struct slo_config_key *k, int line)
{
	bool peers = k->type == SLO_KEY_PEERS;
	char table[PATH_BYTES], shown[PATH_BYTES];
	json_t *item;
	size_t i, max = peers ? SLO_MAX_PEERS : SLO_MAX_OBJECTIVES;
	int ret = 0;

	if (!json_is_array(node)) {
		config_want(o->err, "a list", node);
		return located(o, line, k->path);
	}
	if (json_array_size(node) > max) {
		slo_err_set(o->err, -EINVAL, "more than %zu entries", max);
		return located(o, line, k->path);
	}
	*(peers ? &o->c->peers_count : &o->c->objectives_count) = 0;
	snprintf(table, sizeof(table), "%s[].", k->path);
	json_array_foreach(node, i, item) {
		struct place at = { table, shown, NULL };
		int item_line = slo_yaml_item_line(o->y, node, i);

		snprintf(shown, sizeof(shown), "%s[%zu].", k->path, i);
		if (!json_is_object(item)) {
			config_want(o->err, "a mapping", item);
			return located(o, item_line, k->path);
		}
		ret = peers ? add_peer(o, item, &at, item_line) : add_objective(o, item, &at, item_line);
		if (ret)
			return ret;
	}
	return 0;
}

static int read_section(struct overlay *o, const json_t *node, const struct place *at, int line)
{
	char table[PATH_BYTES], shown[PATH_BYTES];
	struct place below = { table, shown, at->base };

	if (json_is_null(node))
		return 0;
	if (!json_is_object(node)) {
		config_want(o->err, "a mapping", node);
		return located(o, line, at->shown);
	}
	snprintf(table, sizeof(table), "%.150s.", at->table);
	snprintf(shown, sizeof(shown), "%.150s.", at->shown);
	return read_object(o, node, &below);
}

static int read_key(struct overlay *o, const json_t *v, const struct place *at, int line)
{
	const struct slo_config_key *k = config_key(at->table);

	for (size_t i = 0; i < SLO_ARRAY_LEN(refused); i++) {
		if (strcmp(at->table, refused[i].path) == 0) {
			slo_err_set(o->err, -EINVAL, "%s", refused[i].why);
			return located(o, line, at->shown);
		}
	}
	if (!k)
		return read_section(o, v, at, line);
	remember(o->c, at->shown, line);
	if (k->type == SLO_KEY_SIGNALS)
		return read_signals(o, v, at->shown, line);
	if (k->type == SLO_KEY_OBJECTIVES || k->type == SLO_KEY_PEERS)
		return read_list(o, v, k, line);
	return config_value_set(k, v, at->base, o->err) ? located(o, line, at->shown) : 0;
}

static int read_object(struct overlay *o, const json_t *node, const struct place *at)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)node, key, v) {
		char table[PATH_BYTES], shown[PATH_BYTES];
		struct place here = { table, shown, at->base };
		int line = slo_yaml_key_line(o->y, node, key), ret;

		snprintf(table, sizeof(table), "%.60s%.90s", at->table, key);
		snprintf(shown, sizeof(shown), "%.60s%.90s", at->shown, key);
		if (!is_known(table, key)) {
			unknown_key(o, at->table, key);
			return located(o, line, shown);
		}
		ret = read_key(o, v, &here, line);
		if (ret)
			return ret;
	}
	return 0;
}

/* Services that are at one place for everybody. */
static bool has_address(const char *format)
{
	return strcmp(format, "pagerduty") == 0 || strcmp(format, "opsgenie") == 0 || strcmp(format, "jsm") == 0;
}

static int check_whole(struct overlay *o)
{
	const struct slo_config *c = o->c;
	int line = 0;

	if (!c->webhook.enabled || c->webhook.url[0] || c->webhook.url_file[0] || has_address(c->webhook.format))
		return 0;
	for (uint32_t i = 0; i < c->origins_count; i++) {
		if (strcmp(c->origins[i].key, "webhook.enabled") == 0)
			line = c->origins[i].line;
	}
	slo_err_set(o->err, -EINVAL, "is true but webhook.url is empty");
	return located(o, line, "webhook.enabled");
}

int config_overlay(struct slo_config *c, const struct slo_yaml *y, const char *name, struct slo_err *err)
{
	struct overlay o = { c, y, name, err };
	const struct place top = { "", "", c };
	const json_t *root = slo_yaml_root(y);
	int ret;

	if (json_is_null(root))
		return 0;
	if (!json_is_object(root)) {
		config_want(err, "a mapping", root);
		return located(&o, 1, "");
	}
	ret = read_object(&o, root, &top);
	return ret ? ret : check_whole(&o);
}
