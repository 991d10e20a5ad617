/* SPDX-License-Identifier: MIT */
/* The lines of an HTTP/1.1 head. Private to http.c and http_head.c. */
#ifndef SLO_DECODE_HTTP_HEAD_H
#define SLO_DECODE_HTTP_HEAD_H

#include "base/str.h"
#include "decode/http.h"

/** slo_http_start_line - take the request or status line. Return: false when it is none. */
bool slo_http_start_line(struct slo_http *h, struct slo_str line);

/** slo_http_field - take one header line; those of no interest are ignored. */
void slo_http_field(struct slo_http *h, struct slo_str line);

#endif
