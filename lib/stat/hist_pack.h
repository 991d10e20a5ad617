/* SPDX-License-Identifier: MIT */
/*
 * A histogram in as few bytes as its occupied buckets need: what is kept per
 * second and signal is mostly empty.
 *
 * Scale + 64 in one byte; offset (zigzag) and zero count as LEB128; then bytes
 * about the buckets in order: 0 to 31 that many + 1 are empty; 32 to 223 one
 * holds that many - 31; 224 to 255 one holds more: the low five bits, the rest
 * as LEB128.
 */
#ifndef SLO_STAT_HIST_PACK_H
#define SLO_STAT_HIST_PACK_H

#include "stat/hist.h"

enum { SLO_HIST_PACKED_MAX = 1 + 5 + 10 + SLO_HIST_MAX_BUCKETS * 10 }; /* bytes; nothing needs more */

/**
 * slo_hist_pack - write @h to @out
 * @room: bytes, at least 64; where @h needs more its scale is lowered until it fits
 *
 * Without loss when @room is SLO_HIST_PACKED_MAX. Return: bytes used.
 */
size_t slo_hist_pack(const struct slo_hist *h, uint8_t *out, size_t room);

/** slo_hist_unpack - read it back. Return: false, with @h empty, when @p is not such a histogram of @len bytes. */
bool slo_hist_unpack(const uint8_t *p, size_t len, struct slo_hist *h);

#endif
