/* SPDX-License-Identifier: MIT */
/* Files that a tool carries with it, compiled in by scripts/embed. */
#ifndef SLO_BASE_EMBED_H
#define SLO_BASE_EMBED_H

#include <stddef.h>

struct embedded_file {
	const char *name; /* "slo-event.v1.schema.json" */
	const unsigned char *data;
	size_t len;
};

extern const struct embedded_file embedded_files[];
extern const size_t embedded_files_count;

#endif
