/* SPDX-License-Identifier: MIT */
/*
 * ECMA-262 regular expressions (with the u flag) on PCRE2: the source text is
 * translated, construct by construct, so that it means there what JSON Schema
 * says it means. What cannot be translated is refused, not approximated.
 */
#ifndef SLO_JSCHEMA_PATTERN_H
#define SLO_JSCHEMA_PATTERN_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct slo_pattern;

/** slo_pattern_new - Return: 0, -EINVAL with @err (what and at which byte), -ENOMEM. */
int slo_pattern_new(struct slo_str source, struct slo_pattern **out, struct slo_err *err);
void slo_pattern_free(struct slo_pattern *p);

/**
 * slo_pattern_match - does @p match anywhere in @subject (valid UTF-8)?
 *
 * No allocation. Simple patterns (anchored literals, a class with a quantifier) do not need
 * the engine. Not to be called with one pattern from two threads at once.
 * Return: 1, 0, or -E2BIG when the match limit was reached.
 */
int slo_pattern_match(struct slo_pattern *p, struct slo_str subject);

#endif
