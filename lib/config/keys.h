/* SPDX-License-Identifier: MIT */
/*
 * The key table of toolkit.yaml: parsing, printing, the JSON Schema and the
 * manual page are held to it.
 */
#ifndef SLO_CONFIG_KEYS_H
#define SLO_CONFIG_KEYS_H

#include "config/config.h"

enum slo_key_type {
	SLO_KEY_STR,        /* char[size]; "" only with SLO_KEY_EMPTY */
	SLO_KEY_URL,        /* the same, http:// or https:// */
	SLO_KEY_BOOL,       /* bool */
	SLO_KEY_INT,        /* int64_t in [lo, hi] */
	SLO_KEY_NUM,        /* double in [lo, hi], or (lo, hi) with SLO_KEY_OPEN */
	SLO_KEY_CHOICE,     /* char[size], one of choices */
	SLO_KEY_ENUM,       /* int, named by en */
	SLO_KEY_PORT,       /* uint16_t, 1 .. 65535 */
	SLO_KEY_NET,        /* address or CIDR into a struct slo_peer */
	SLO_KEY_SIGNALS,    /* list of signal names */
	SLO_KEY_OBJECTIVES, /* list; members follow as "objectives[].x" */
	SLO_KEY_PEERS,      /* list; members follow as "peers[].x" */
	SLO_KEY__COUNT
};

enum slo_key_flags {
	SLO_KEY_EMPTY = 1,    /* "" is allowed */
	SLO_KEY_OPEN = 2,     /* the ends of the range are excluded */
	SLO_KEY_REQUIRED = 4, /* the list item must have it */
};

struct slo_config_key {
	const char *path;           /* "sampling.burst_limit", "peers[].role" */
	uint8_t type;               /* enum slo_key_type */
	uint8_t flags;              /* enum slo_key_flags */
	uint32_t off;               /* of the member in struct slo_config, slo_objective or slo_peer */
	uint32_t size;              /* of a char array */
	double lo, hi;              /* range of INT and NUM */
	const char *const *choices; /* NULL-terminated */
	const struct slo_enum *en;
	const char *def;            /* default as JSON text; NULL = none */
	const char *doc;            /* one sentence with the unit */
};

/* In the order of printing; members of a section are adjacent. */
extern const struct slo_config_key slo_config_keys[];
extern const size_t slo_config_keys_count;

#endif
