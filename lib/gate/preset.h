/* SPDX-License-Identifier: MIT */
/*
 * Where the numbers of a gate come from, by the names of the project that
 * exports them. In the texts $selector stands for matchers and $window for the window.
 */
#ifndef SLO_GATE_PRESET_H
#define SLO_GATE_PRESET_H

#include "base/buf.h"

struct slo_gate_preset {
	const char *name, *about, *source; /* for people; where the names are documented */
	const char *ttft;         /* 95th percentile of the time to the first token, ms; NULL = none of these has it */
	const char *ttft_samples; /* a counter: observations in the window */
	const char *errors;       /* counters: failed requests, all of them */
	const char *requests;
	bool errors_lazy;         /* the first has no series until something fails: none is taken for 0 */
};

extern const struct slo_gate_preset slo_gate_presets[];

/** slo_gate_preset - by name; NULL for an unknown one. */
const struct slo_gate_preset *slo_gate_preset(const char *name);

/**
 * slo_gate_expand - a text with $selector and $window filled in
 * @selector: as slo_gate_selector() writes it; where it is "", the comma or the braces around it go too
 * @window_ns: written in the largest unit that divides it: 5m, 90s, 1500ms
 */
void slo_gate_expand(struct slo_buf *out, const char *text, const char *selector, int64_t window_ns);

#endif
