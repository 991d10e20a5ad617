/* SPDX-License-Identifier: MIT */
/* Any bytes: a tree whose every key and item has a line within the text, or an error with a reason. */
#include "yaml/yaml.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct slo_yaml *y, const json_t *node, size_t lines)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)node, key, value) {
		int line = slo_yaml_key_line(y, node, key);

		assert(line >= 1 && (size_t)line <= lines);
		walk(y, value, lines);
	}
	json_array_foreach(node, i, value) {
		int line = slo_yaml_item_line(y, node, i);

		assert(line >= 1 && (size_t)line <= lines);
		walk(y, value, lines);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slo_yaml *y = NULL;
	struct slo_err err = { 0 };

	if (slo_yaml_parse((const char *)data, size, "fuzz", &y, &err)) {
		assert(err.what[0] && err.where[0] && !y);
		return 0;
	}
	walk(y, slo_yaml_root(y), size + 1);
	slo_yaml_free(y);
	return 0;
}
