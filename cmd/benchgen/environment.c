/* SPDX-License-Identifier: MIT */
/* Where it was recorded: from the manifest and the run.json beside each incident's streams. */
#include "benchgen.h"

#include "base/cleanup.h"
#include "io/writer.h"
#include "render/json.h"

#include <stdlib.h>

enum { RUN_MAX = 4 << 20 };

static char *run_path(const struct bench *b, size_t i)
{
	char *path = dataset_stream(b, i), *slash = path ? strrchr(path, '/') : NULL, *run = NULL;

	if (slash && asprintf(&run, "%.*s/run.json", (int)(slash - path), path) < 0)
		run = NULL;
	free(path);
	return run;
}

void environment_read(struct bench *b, size_t i)
{
	slo_autofree char *path = run_path(b, i), *text = NULL;
	struct item *it = &b->items[i];
	size_t len;
	json_t *root;

	if (!path || slo_file_read(path, RUN_MAX, &text, &len, NULL))
		return;
	root = json_loadb(text, len, 0, NULL);
	if (json_is_object(root)) {
		const json_t *agent = json_object_get(root, "agent"), *cpus = json_object_get(root, "cpus");

		it->described = true;
		it->emulated = json_is_true(json_object_get(root, "emulated"));
		it->cpus = json_is_integer(cpus) ? json_integer_value(cpus) : 0;
		slo_str_copy(it->agent, sizeof(it->agent), slo_str(json_string_value(agent)));
	}
	json_decref(root);
}

json_t *distinct_texts(const struct bench *b, struct slo_str (*of)(const struct item *it))
{
	json_t *all = json_array();

	for (size_t i = 0; i < b->count; i++) {
		struct slo_str s = of(&b->items[i]);
		bool known = s.len == 0;

		for (size_t k = 0; k < json_array_size(all); k++)
			known = known || slo_str_is(s, json_string_value(json_array_get(all, k)));
		if (!known)
			json_array_append_new(all, json_stringn(s.p, s.len));
	}
	return all;
}

static struct slo_str kernel_of(const struct item *it)
{
	return it->rec->kernel;
}

static struct slo_str place_of(const struct item *it)
{
	return it->rec->place;
}

static struct slo_str profile_of(const struct item *it)
{
	return it->rec->profile;
}

static struct slo_str agent_of(const struct item *it)
{
	return slo_str(it->agent);
}

/* Machines of different places may bear one name. */
static bool same_node(const struct bench *b, const struct cost *x, const struct cost *y)
{
	return strcmp(x->node, y->node) == 0 &&
	       slo_str_eq(b->items[x->incident].rec->place, b->items[y->incident].rec->place);
}

/* Nodes that wrote stats. */
static uint64_t nodes(const struct bench *b)
{
	const struct cost *seen[NODES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < b->costs.count; i++) {
		bool known = false;

		for (size_t k = 0; k < n; k++)
			known = known || same_node(b, seen[k], &b->costs.rows[i]);
		if (!known && n < NODES_MAX)
			seen[n++] = &b->costs.rows[i];
	}
	return n;
}

/* What run.json says, over the incidents that have one. */
static void machines(json_t *o, json_t *why, const struct bench *b)
{
	json_int_t emulated = 0, described = 0, least = 0, most = 0;

	for (size_t i = 0; i < b->count; i++) {
		const struct item *it = &b->items[i];

		described += it->described;
		emulated += it->emulated;
		if (it->cpus && (!least || it->cpus < least))
			least = it->cpus;
		most = it->cpus > most ? it->cpus : most;
	}
	json_object_set_new(o, "agent_versions", distinct_texts(b, agent_of));
	json_object_set_new(o, "emulated_incidents", described ? json_integer(emulated) : json_null());
	json_object_set_new(o, "cpus_min", most ? json_integer(least) : json_null());
	json_object_set_new(o, "cpus_max", most ? json_integer(most) : json_null());
	if (described < (json_int_t)b->count)
		json_object_set_new(why, "run.json", json_sprintf("%zu of %zu incidents have none",
								  b->count - (size_t)described, b->count));
}

json_t *environment_json(const struct bench *b)
{
	json_t *o = json_object(), *why = json_object();
	json_t *kernels = b->recorded ? distinct_texts(b, kernel_of) : json_array();
	uint64_t n = nodes(b);

	json_object_set_new(o, "kubernetes_version", json_null());
	json_object_set_new(why, "kubernetes_version", json_string("nothing was recorded in a cluster"));
	json_object_set_new(o, "kernel_version",
			    json_array_size(kernels) == 1 ? json_incref(json_array_get(kernels, 0)) : json_null());
	if (json_array_size(kernels) != 1)
		json_object_set_new(why, "kernel_version", json_string(b->recorded ? "several, see kernel_versions"
										   : "not part of a fault sample"));
	json_object_set_new(o, "node_count", n ? json_integer((json_int_t)n) : json_null());
	if (!n)
		json_object_set_new(why, "node_count", json_string("no stats record of an agent in the streams"));
	json_object_set_new(o, "kernel_versions", kernels);
	if (b->recorded) {
		json_object_set_new(o, "places", distinct_texts(b, place_of));
		json_object_set_new(o, "profiles", distinct_texts(b, profile_of));
		machines(o, why, b);
	}
	json_object_set_new(o, "unavailable", why);
	return o;
}
