/* SPDX-License-Identifier: MIT */
/* The checks behind slo_format_find(), and what they share. Private to the module. */
#ifndef SLO_JSCHEMA_FORMAT_PARTS_H
#define SLO_JSCHEMA_FORMAT_PARTS_H

#include "base/str.h"

#include <stdbool.h>

bool slo_format_date(struct slo_str s);
bool slo_format_date_time(struct slo_str s);
bool slo_format_time(struct slo_str s);
bool slo_format_duration(struct slo_str s);
bool slo_format_email(struct slo_str s);
bool slo_format_idn_email(struct slo_str s);
bool slo_format_hostname(struct slo_str s);
bool slo_format_idn_hostname(struct slo_str s);
bool slo_format_ipv4(struct slo_str s);
bool slo_format_ipv6(struct slo_str s);
bool slo_format_uri(struct slo_str s);
bool slo_format_uri_reference(struct slo_str s);
bool slo_format_uri_template(struct slo_str s);
bool slo_format_iri(struct slo_str s);
bool slo_format_iri_reference(struct slo_str s);
bool slo_format_json_pointer(struct slo_str s);
bool slo_format_relative_json_pointer(struct slo_str s);
bool slo_format_regex(struct slo_str s);
bool slo_format_uuid(struct slo_str s);

/* ASCII only, whatever the locale. */
static inline bool format_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool format_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool format_hex(char c)
{
	return format_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* What is left of @s after its first @n bytes. */
static inline struct slo_str format_rest(struct slo_str s, size_t n)
{
	return slo_str_n(s.p + n, s.len - n);
}

/* Where @c is in @s; s.len = nowhere. */
static inline size_t format_find(struct slo_str s, char c)
{
	const char *p = s.len ? memchr(s.p, c, s.len) : NULL;

	return p ? (size_t)(p - s.p) : s.len;
}

#endif
