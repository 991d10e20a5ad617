/* SPDX-License-Identifier: MIT */
/*
 * State to bytes and back with one function for both ways: what writes a member
 * reads it as well, so the two cannot differ. In this machine's byte order; who
 * keeps the bytes says so in their head.
 */
#ifndef SLO_BASE_PACK_H
#define SLO_BASE_PACK_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct slo_pack {
	struct slo_buf *out;  /* write to it; NULL = read */
	struct slo_str in;    /* what is left to read */
	bool bad; /* reading: it ended early, or a number was out of range; all reads give zeros from then on */
};

/** slo_pack_bytes - write the @n bytes at @v, or fill them. */
void slo_pack_bytes(struct slo_pack *p, void *v, size_t n);

/** slo_pack_text - a NUL-terminated string in an array of @size bytes; what does not fit is bad. */
void slo_pack_text(struct slo_pack *p, char *text, size_t size);

/** slo_pack_count - a number that must not exceed @max when read. Return: it, 0 when bad. */
uint32_t slo_pack_count(struct slo_pack *p, uint32_t n, uint32_t max);

/** slo_pack_bool - a bool; Return: its value afterwards. */
bool slo_pack_bool(struct slo_pack *p, bool *v);

/**
 * slo_pack_time - a time in ns, or a number of intervals of @unit_ns
 *
 * Bad when read is what is neither SLO_PACK_NEVER nor a time from 1970 to 2100,
 * so that adding to it overflows nothing; it is then SLO_PACK_NEVER.
 */
void slo_pack_time(struct slo_pack *p, int64_t *t, int64_t unit_ns);

/** slo_pack_when - the same where SLO_PACK_NEVER is bad as well, and read as 0. */
void slo_pack_when(struct slo_pack *p, int64_t *t, int64_t unit_ns);

#define SLO_PACK_NEVER INT64_MIN

/* A number or array of numbers, as it is. */
#define SLO_PACK(p, v) slo_pack_bytes(p, &(v), sizeof(v))

#endif
