/* SPDX-License-Identifier: MIT */
/* Internationalised labels: the properties of characters and the encoding. Private to the module. */
#ifndef SLO_JSCHEMA_FORMAT_IDNA_H
#define SLO_JSCHEMA_FORMAT_IDNA_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { LABEL_MAX = 63 }; /* bytes of a label as it is sent; RFC 1035, 2.3.4 */

enum slo_idna_set {
	IDNA_VALID,       /* RFC 5892, PVALID */
	IDNA_RTL,         /* Bidi_Class R and AL */
	IDNA_AN,
	IDNA_EN,
	IDNA_NSM,
	IDNA_NEUTRAL,     /* ES, CS, ET, ON, BN; what is in none of these five is L */
	IDNA_DUAL,        /* Joining_Type D */
	IDNA_LEFT,        /* L */
	IDNA_RIGHT,       /* R */
	IDNA_TRANSPARENT, /* T */
	IDNA_VIRAMA,      /* Canonical_Combining_Class 9 */
	IDNA_MARK,        /* General_Category M */
	IDNA_GREEK,       /* Script */
	IDNA_HEBREW,
	IDNA_KANA,        /* Hiragana, Katakana, Han */
	IDNA__SETS
};

/**
 * slo_idna_is - is @cp in @set?
 *
 * Right for what a label may hold (and for every code point in IDNA_VALID).
 */
bool slo_idna_is(uint32_t cp, enum slo_idna_set set);

/** slo_punycode_decode - RFC 3492, 6.2; ASCII letters become small. Return: code points, 0 = not an encoding. */
size_t slo_punycode_decode(struct slo_str s, uint32_t cp[LABEL_MAX]);

/** slo_punycode_encode - RFC 3492, 6.3. Return: bytes, 0 = more than LABEL_MAX. */
size_t slo_punycode_encode(const uint32_t *cp, size_t n, char text[LABEL_MAX]);

#endif
