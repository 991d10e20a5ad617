/* SPDX-License-Identifier: MIT */
#include "config/internal.h"

#include "base/cleanup.h"
#include "io/writer.h"

static const char *const places[] = { "config/toolkit.yaml", "/etc/llm-slo/toolkit.yaml" };

int slo_config_load(struct slo_config *c, const char *path, struct slo_err *err)
{
	slo_autofree char *text = NULL;
	size_t len = 0;
	int ret = slo_file_read(path, CONFIG_MAX_BYTES, &text, &len, err);

	return ret ? ret : slo_config_parse(c, text, len, path, err);
}

int slo_config_find(struct slo_config *c, const char *explicit_path, struct slo_err *err)
{
	if (explicit_path && explicit_path[0])
		return slo_config_load(c, explicit_path, err);
	for (size_t i = 0; i < SLO_ARRAY_LEN(places); i++) {
		if (access(places[i], F_OK) == 0)
			return slo_config_load(c, places[i], err);
	}
	slo_config_defaults(c);
	return 0;
}
