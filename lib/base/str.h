/* SPDX-License-Identifier: MIT */
/*
 * String views: a pointer and a length into memory somebody else owns.
 * An absent string is {NULL, 0}; an empty one has a non-NULL pointer.
 */
#ifndef SLO_BASE_STR_H
#define SLO_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slo_str {
	const char *p; /* not NUL-terminated; NULL = absent */
	size_t len;    /* bytes */
};

/* printf("%.*s", SLO_STR_ARG(s)) */
#define SLO_STR_ARG(s) (int)(s).len, (s).p ? (s).p : ""
/* A view of a string literal, usable in static initialisers. */
#define SLO_STR(lit) { (lit), sizeof(lit) - 1 }
#define SLO_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/** slo_str - a view of the NUL-terminated @s, or the absent view for NULL. */
static inline struct slo_str slo_str(const char *s)
{
	return (struct slo_str){ s, s ? strlen(s) : 0 };
}

/** slo_str_n - a view of @len bytes at @p. */
static inline struct slo_str slo_str_n(const char *p, size_t len)
{
	return (struct slo_str){ p, len };
}

/** slo_str_eq - same bytes; absent equals empty. */
static inline bool slo_str_eq(struct slo_str a, struct slo_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/** slo_str_is - @a holds exactly the bytes of the NUL-terminated @lit. */
static inline bool slo_str_is(struct slo_str a, const char *lit)
{
	return slo_str_eq(a, slo_str(lit));
}

/**
 * slo_str_copy - keep a view in a fixed array, NUL-terminated
 * @dst:  array of @size bytes, @size >= 1
 *
 * Return: true when everything fitted; false when the copy was cut (at a
 * UTF-8 boundary), so that the caller can count it.
 */
bool slo_str_copy(char *dst, size_t size, struct slo_str s);

#endif
