/* SPDX-License-Identifier: MIT */
/* An incident as a block of text. Pure: what is in the record and nothing else. */
#ifndef SLOCTL_VIEW_H
#define SLOCTL_VIEW_H

#include "event/event.h"
#include "render/term.h"

enum { VIEW_MAX = 1 << 20 }; /* bytes of text for everything at once */

/** view_incident - append the block of @inc, its lines no wider than the terminal, without a blank line after it. */
void view_incident(struct slo_buf *out, const struct slo_incident *inc, const struct slo_term *t);

#endif
