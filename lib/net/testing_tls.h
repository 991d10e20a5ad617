/* SPDX-License-Identifier: MIT */
/* Certificates for tests: an authority and what it signs, made on the spot, in files that go away. */
#ifndef SLO_NET_TESTING_TLS_H
#define SLO_NET_TESTING_TLS_H

#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct test_cert {
	EVP_PKEY *key;
	X509 *cert;
	char cert_file[64], key_file[64];
};

static inline void test_cert_extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_ptr_nonnull(e);
	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
}

static inline FILE *test_cert_file(char path[64])
{
	int fd;

	snprintf(path, 64, "/tmp/slo-tls-test.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	return fdopen(fd, "w");
}

/*
 * @ca: who signs; NULL = an authority of its own
 * @names: subjectAltName, "DNS:localhost,IP:127.0.0.1"; NULL for an authority
 * @days: until when it is valid, from now; negative = expired
 */
static inline void test_cert_make(struct test_cert *c, const struct test_cert *ca, const char *name, const char *names,
				  int days)
{
	static long serial;
	X509_NAME *subject;
	FILE *f;

	c->key = EVP_EC_gen("P-256");
	c->cert = X509_new();
	ck_assert(c->key && c->cert);
	X509_set_version(c->cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c->cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(c->cert), -86400L * 30);
	X509_gmtime_adj(X509_getm_notAfter(c->cert), 86400L * days);
	X509_set_pubkey(c->cert, c->key);
	subject = X509_get_subject_name(c->cert);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(c->cert, ca ? X509_get_subject_name(ca->cert) : subject);
	test_cert_extend(c->cert, ca ? ca->cert : c->cert, NID_basic_constraints, ca ? "CA:FALSE" : "critical,CA:TRUE");
	if (names)
		test_cert_extend(c->cert, ca ? ca->cert : c->cert, NID_subject_alt_name, names);
	ck_assert_int_gt(X509_sign(c->cert, ca ? ca->key : c->key, EVP_sha256()), 0);
	f = test_cert_file(c->cert_file);
	PEM_write_X509(f, c->cert);
	fclose(f);
	f = test_cert_file(c->key_file);
	PEM_write_PrivateKey(f, c->key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
}

static inline void test_cert_free(struct test_cert *c)
{
	unlink(c->cert_file);
	unlink(c->key_file);
	X509_free(c->cert);
	EVP_PKEY_free(c->key);
}

/* @client_ca: whose client certificates are demanded; NULL = none are. */
static inline SSL_CTX *test_tls_server(const struct test_cert *c, const struct test_cert *client_ca)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	ck_assert_ptr_nonnull(ctx);
	ck_assert_int_eq(SSL_CTX_use_certificate(ctx, c->cert), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(ctx, c->key), 1);
	if (client_ca) {
		ck_assert_int_eq(SSL_CTX_load_verify_locations(ctx, client_ca->cert_file, NULL), 1);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	return ctx;
}

#endif
