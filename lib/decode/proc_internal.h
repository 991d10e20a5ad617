/* SPDX-License-Identifier: MIT */
/* Cutting and reading columns; shared by the proc_*.c of this folder. */
#ifndef SLO_DECODE_PROC_INTERNAL_H
#define SLO_DECODE_PROC_INTERNAL_H

#include "base/str.h"

#include <stdint.h>

/** slo_proc_field - cut the next run of non-blanks off @s. Return: false when there is none. */
bool slo_proc_field(struct slo_str *s, struct slo_str *field);

/** slo_proc_u64 - all of @s as digits of @base, 10 or 16. Return: false if it is not that, or too large. */
bool slo_proc_u64(struct slo_str s, unsigned base, uint64_t *out);

/** slo_proc_next_u64 - the next column as a decimal number. */
bool slo_proc_next_u64(struct slo_str *s, uint64_t *out);

/** slo_proc_inode - the number of "<kind>:[N]", 0 for anything else. */
uint64_t slo_proc_inode(struct slo_str link, const char *kind);

#endif
