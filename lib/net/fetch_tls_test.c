/* SPDX-License-Identifier: MIT */
/* Whom an exchange believes over TLS: real handshakes, with certificates made here. */
#include "net/fetch.h"

#include "base/time.h"
#include "net/testing_http.h"
#include "net/testing_tls.h"

#include <errno.h>
#include <signal.h>

#define OK_HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static struct script srv;
static struct test_cert ca, other_ca, cert, client_cert;
static struct slo_err err;
static struct slo_fetch_answer answer;

static void make(const char *names, int days, bool ask_client)
{
	test_cert_make(&ca, NULL, "test authority", NULL, 30);
	test_cert_make(&other_ca, NULL, "another authority", NULL, 30);
	test_cert_make(&cert, &ca, "server", names, days);
	test_cert_make(&client_cert, &ca, "client", NULL, 30);
	srv.tls = test_tls_server(&cert, ask_client ? &ca : NULL);
	srv.parts[0].say = OK_HELLO;
	script_start(&srv, false);
	slo_fetch_answer_init(&answer, 0);
}

static void unmake(void)
{
	script_stop(&srv);
	slo_buf_fini(&srv.request);
	slo_fetch_answer_fini(&answer);
	SSL_CTX_free(srv.tls);
	test_cert_free(&ca);
	test_cert_free(&other_ca);
	test_cert_free(&cert);
	test_cert_free(&client_cert);
}

static int get(const struct slo_fetch_opts *o, const char *host)
{
	struct slo_fetch *f = NULL;
	char url[64];
	const struct slo_fetch_request r = { .url = url };
	int ret;

	slo_err_reset(&err);
	snprintf(url, sizeof(url), "https://%s:%d/metrics", host, srv.port);
	ret = slo_fetch_new(o, &f, &err);
	if (!ret)
		ret = slo_fetch_do(f, &r, &answer, NULL, NULL, &err);
	slo_fetch_free(f);
	return ret;
}

START_TEST(believes_the_authority_it_is_given)
{
	struct slo_fetch_opts o = { .timeout_ns = 5 * SLO_NS_PER_S };

	make("DNS:localhost,IP:127.0.0.1", 30, false);
	o.ca_file = ca.cert_file;
	ck_assert_msg(get(&o, "127.0.0.1") == 0, "%s", err.what);
	ck_assert_int_eq((int)answer.status, 200);
	ck_assert_msg(get(&o, "localhost") == 0, "%s", err.what);
	unmake();
}
END_TEST

START_TEST(believes_no_other_authority)
{
	struct slo_fetch_opts o = { .timeout_ns = 5 * SLO_NS_PER_S };

	make("IP:127.0.0.1", 30, false);
	o.ca_file = other_ca.cert_file;
	ck_assert_int_eq(get(&o, "127.0.0.1"), -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.what, "TLS"));
	ck_assert(!answer.connected);
	o.ca_file = NULL; /* the system's */
	ck_assert_int_eq(get(&o, "127.0.0.1"), -EPROTO);
	unmake();
}
END_TEST

START_TEST(believes_no_other_host)
{
	struct slo_fetch_opts o = { .timeout_ns = 5 * SLO_NS_PER_S };

	make("DNS:prometheus.example", 30, false);
	o.ca_file = ca.cert_file;
	ck_assert_int_eq(get(&o, "127.0.0.1"), -EPROTO);
	ck_assert_int_eq(get(&o, "localhost"), -EPROTO);
	ck_assert(!answer.connected);
	unmake();
}
END_TEST

START_TEST(believes_no_expired_certificate)
{
	struct slo_fetch_opts o = { .timeout_ns = 5 * SLO_NS_PER_S };

	make("IP:127.0.0.1", -1, false);
	o.ca_file = ca.cert_file;
	ck_assert_int_eq(get(&o, "127.0.0.1"), -EPROTO);
	ck_assert_msg(strstr(err.what, "expired") != NULL, "%s", err.what);
	unmake();
}
END_TEST

START_TEST(shows_a_client_certificate)
{
	struct slo_fetch_opts o = { .timeout_ns = 5 * SLO_NS_PER_S };

	make("IP:127.0.0.1", 30, true);
	o.ca_file = ca.cert_file;
	ck_assert_int_ne(get(&o, "127.0.0.1"), 0);
	o.cert_file = client_cert.cert_file;
	o.key_file = client_cert.key_file;
	ck_assert_msg(get(&o, "127.0.0.1") == 0, "%s", err.what);
	/* A key that is not of the certificate. */
	o.key_file = cert.key_file;
	ck_assert_int_eq(get(&o, "127.0.0.1"), -EPROTO);
	unmake();
}
END_TEST

START_TEST(speaks_tls_to_no_plain_server)
{
	struct slo_fetch_opts o = { .timeout_ns = SLO_NS_PER_S };

	srv.parts[0].say = "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n";
	script_start(&srv, false);
	slo_fetch_answer_init(&answer, 0);
	ck_assert_int_ne(get(&o, "127.0.0.1"), 0);
	ck_assert(!answer.connected);
	script_stop(&srv);
	slo_buf_fini(&srv.request);
	slo_fetch_answer_fini(&answer);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net/fetch_tls");
	TCase *t = tcase_create("tls");
	SRunner *r;
	int failed;

	signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	tcase_set_timeout(t, 20);
	tcase_add_test(t, believes_the_authority_it_is_given);
	tcase_add_test(t, believes_no_other_authority);
	tcase_add_test(t, believes_no_other_host);
	tcase_add_test(t, believes_no_expired_certificate);
	tcase_add_test(t, shows_a_client_certificate);
	tcase_add_test(t, speaks_tls_to_no_plain_server);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
