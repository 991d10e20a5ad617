/* SPDX-License-Identifier: MIT */
/* Label matchers as people write them on a command line, made safe to put into a query. Pure. */
#ifndef SLO_GATE_SELECTOR_H
#define SLO_GATE_SELECTOR_H

#include "base/err.h"

#include <stddef.h>

enum {
	SLO_GATE_SELECTOR_MAX = 1024, /* bytes of the written form */
	SLO_GATE_MATCHERS = 32,
};

/**
 * slo_gate_selector - {service="chat",pod=~"chat-.*"} or service=chat,pod=~chat-.* into service="chat",pod=~"chat-.*"
 * @to: SLO_GATE_SELECTOR_MAX bytes; "" for an empty selector
 *
 * Braces and quotes may be left out (an unquoted value ends at a comma). Inside double quotes \" \\ and \n are taken;
 * values are escaped anew, so nothing in one can end it. Return: 0; -EINVAL with the reason (no label name, __name__,
 * no operator, a quote without its end, too long).
 */
int slo_gate_selector(const char *text, char *to, struct slo_err *err);

#endif
