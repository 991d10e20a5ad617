/* SPDX-License-Identifier: MIT */
/*
 * Text in columns of a terminal: how wide it is, cut to fit, and made safe.
 * Data never reaches the terminal raw: control characters, bidirectional
 * overrides, invisible characters and invalid UTF-8 are shown as escapes.
 */
#ifndef SLO_RENDER_TEXT_H
#define SLO_RENDER_TEXT_H

#include "render/term.h"

/**
 * slo_utf8_next - decode the character at @s
 * @cp: the code point, or -1 for a byte that is not valid UTF-8
 *
 * Return: bytes used, 1 to 4; 0 only when @s is empty.
 */
size_t slo_utf8_next(struct slo_str s, int32_t *cp);

/** slo_utf8_put - append code point @cp (valid, not a surrogate). */
void slo_utf8_put(struct slo_buf *out, int32_t cp);

/** slo_char_width - columns of a printable code point: 0 combining, 2 East Asian wide and emoji, else 1. */
int slo_char_width(int32_t cp);

/** slo_text_width - columns that slo_text_add() would use for all of @s. */
int slo_text_width(struct slo_str s, const struct slo_term *t);

/**
 * slo_text_add - append data, made safe, in at most @max columns
 *
 * What is longer ends in "…" ("..." without UTF-8). Without UTF-8 a character
 * beyond ASCII is shown as an escape such as \u20ac.
 * Return: columns used.
 */
int slo_text_add(struct slo_buf *out, struct slo_str s, int max, const struct slo_term *t);

enum slo_align { SLO_ALIGN_LEFT, SLO_ALIGN_RIGHT };

/** slo_text_cell - slo_text_add() padded with blanks to exactly @width columns. */
void slo_text_cell(struct slo_buf *out, struct slo_str s, int width, enum slo_align a, const struct slo_term *t);

/** slo_text_pad - append @n blanks; nothing for n <= 0. */
void slo_text_pad(struct slo_buf *out, int n);

#endif
