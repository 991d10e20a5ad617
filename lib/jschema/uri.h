/* SPDX-License-Identifier: MIT */
/* URI references (RFC 3986) and JSON pointers (RFC 6901), as far as schemas need them. */
#ifndef SLO_JSCHEMA_URI_H
#define SLO_JSCHEMA_URI_H

#include "base/buf.h"
#include "base/str.h"

/* A reference in its five parts; an absent part is {NULL, 0}, the path is never absent. */
struct slo_juri {
	struct slo_str scheme, authority, path, query, fragment;
};

void slo_juri_split(struct slo_str text, struct slo_juri *out);

/**
 * slo_juri_resolve - append the target of @ref as seen from @base (RFC 3986 section 5.2.2, strict), fragment included
 * @base: absolute, its fragment is not looked at
 */
void slo_juri_resolve(struct slo_str base, struct slo_str ref, struct slo_buf *out);

/** slo_juri_cut - the URI without its fragment; @fragment (may be NULL) gets that without '#', or absent. */
struct slo_str slo_juri_cut(struct slo_str uri, struct slo_str *fragment);

/** slo_juri_decode - append with %XX replaced. Return: 0, or -EINVAL for a broken or zero %XX. */
int slo_juri_decode(struct slo_str s, struct slo_buf *out);

/**
 * slo_jpointer_next - take the first reference token off a pointer
 * @rest:  "/a/b" becomes "/b"
 * @token: appended, with ~1 and ~0 replaced
 *
 * Return: 1; 0 at the end; -EINVAL when @rest does not begin with '/' or has another ~.
 */
int slo_jpointer_next(struct slo_str *rest, struct slo_buf *token);

/** slo_jpointer_add - append "/" and the escaped token. */
void slo_jpointer_add(struct slo_buf *out, struct slo_str token);

#endif
