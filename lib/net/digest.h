/* SPDX-License-Identifier: MIT */
/* SHA-256 of files and of texts, in hex. */
#ifndef SLO_NET_DIGEST_H
#define SLO_NET_DIGEST_H

#include "base/err.h"
#include "base/str.h"

enum { SLO_SHA256_HEX = 65 }; /* 64 lower-case digits and a NUL */

/** slo_sha256_file - of the bytes of @path, as they are. Return: 0; a negative errno with @err (where = @path). */
int slo_sha256_file(const char *path, char hex[SLO_SHA256_HEX], struct slo_err *err);

/** slo_sha256 - of @s. Return: 0 or -ENOMEM. */
int slo_sha256(struct slo_str s, char hex[SLO_SHA256_HEX]);

#endif
