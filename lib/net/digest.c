/* SPDX-License-Identifier: MIT */
#include "net/digest.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>

enum { CHUNK = 1 << 16, BYTES = 32 };

static void spell(const unsigned char *raw, char hex[SLO_SHA256_HEX])
{
	for (size_t i = 0; i < BYTES; i++) {
		hex[2 * i] = "0123456789abcdef"[raw[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[raw[i] & 15];
	}
	hex[SLO_SHA256_HEX - 1] = '\0';
}

static int finish(EVP_MD_CTX *md, char hex[SLO_SHA256_HEX])
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (EVP_DigestFinal_ex(md, raw, &n) != 1 || n != BYTES)
		return -ENOMEM;
	spell(raw, hex);
	return 0;
}

static int feed(EVP_MD_CTX *md, int fd)
{
	slo_autofree char *chunk = malloc(CHUNK);
	ssize_t n = 0;

	if (!chunk)
		return -ENOMEM;
	while ((n = read(fd, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (EVP_DigestUpdate(md, chunk, (size_t)n) != 1)
			return -ENOMEM;
	}
	return 0;
}

int slo_sha256_file(const char *path, char hex[SLO_SHA256_HEX], struct slo_err *err)
{
	slo_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int r = fd < 0 ? -errno : 0;

	if (!r)
		r = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 ? feed(md, fd) : -ENOMEM;
	if (!r)
		r = finish(md, hex);
	EVP_MD_CTX_free(md);
	if (r) {
		slo_err_set(err, r, "%s", slo_strerror(r));
		slo_err_at(err, "%s", path);
	}
	return r;
}

int slo_sha256(struct slo_str s, char hex[SLO_SHA256_HEX])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int r = -ENOMEM;

	if (md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(md, s.p ? s.p : "", s.len) == 1)
		r = finish(md, hex);
	EVP_MD_CTX_free(md);
	return r;
}
