/* SPDX-License-Identifier: MIT */
/* The formats of JSON Schema: what a string must look like when formats are asserted. */
#ifndef SLO_JSCHEMA_FORMAT_H
#define SLO_JSCHEMA_FORMAT_H

#include "base/str.h"

#include <stdbool.h>

/* One format's check of a string (valid UTF-8); pure, no allocation. */
typedef bool slo_format_fn(struct slo_str s);

/** slo_format_find - the check of the format named @name in drafts 7 and 2020-12; NULL for names neither knows. */
slo_format_fn *slo_format_find(struct slo_str name);

#endif
