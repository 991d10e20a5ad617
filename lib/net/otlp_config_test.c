/* SPDX-License-Identifier: MIT */
#include "net/otlp_config.h"

#include "base/time.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

enum { PAIRS = 6 };

struct pair {
	const char *name, *value;
};

static const char *from_pairs(void *arg, const char *name)
{
	const struct pair *p = arg;

	for (int i = 0; i < PAIRS && p[i].name; i++)
		if (strcmp(p[i].name, name) == 0)
			return p[i].value;
	return NULL;
}

#define E "OTEL_EXPORTER_OTLP_"

/* What the environment says, and the address of each signal. */
static const struct {
	struct pair env[PAIRS];
	const char *url[SLO_OTLP_SIGNAL__COUNT]; /* logs, metrics, traces */
} endpoints[] = {
	{ { { 0 } },
	  { "http://localhost:4318/v1/logs", "http://localhost:4318/v1/metrics", "http://localhost:4318/v1/traces" } },
	{ { { E "ENDPOINT", "" } },
	  { "http://localhost:4318/v1/logs", "http://localhost:4318/v1/metrics", "http://localhost:4318/v1/traces" } },
	{ { { E "ENDPOINT", "https://otel.example:443" } },
	  { "https://otel.example:443/v1/logs", "https://otel.example:443/v1/metrics",
	    "https://otel.example:443/v1/traces" } },
	{ { { E "ENDPOINT", "http://h:4318/" } },
	  { "http://h:4318/v1/logs", "http://h:4318/v1/metrics", "http://h:4318/v1/traces" } },
	{ { { E "ENDPOINT", "http://h/my/collector/" } },
	  { "http://h/my/collector/v1/logs", "http://h/my/collector/v1/metrics", "http://h/my/collector/v1/traces" } },
	{ { { E "ENDPOINT", "http://h" }, { E "LOGS_ENDPOINT", "http://logs:1/x?y=1" } },
	  { "http://logs:1/x?y=1", "http://h/v1/metrics", "http://h/v1/traces" } },
	{ { { E "TRACES_ENDPOINT", "http://t" } },
	  { "http://localhost:4318/v1/logs", "http://localhost:4318/v1/metrics", "http://t" } },
	{ { { E "METRICS_ENDPOINT", "HTTP://M/" }, { E "ENDPOINT", "http://[::1]:4318" } },
	  { "http://[::1]:4318/v1/logs", "HTTP://M/", "http://[::1]:4318/v1/traces" } },
};

START_TEST(an_address_for_all_gets_the_path_and_one_for_a_signal_is_used_as_it_is)
{
	struct slo_otlp_config c;
	struct slo_err err = { .what = "" };
	union {
		const struct pair *in;
		void *out;
	} env = { .in = endpoints[_i].env };

	ck_assert_msg(slo_otlp_config_resolve(NULL, from_pairs, env.out, NULL, &c, &err) == 0, "%s", err.what);
	for (int s = 0; s < SLO_OTLP_SIGNAL__COUNT; s++)
		ck_assert_str_eq(c.target[s].url, endpoints[_i].url[s]);
	slo_otlp_config_fini(&c);
}
END_TEST

START_TEST(nothing_said_means_what_the_specification_says_and_gzip)
{
	struct slo_otlp_config c;

	ck_assert_int_eq(slo_otlp_config_resolve(NULL, NULL, NULL, NULL, &c, NULL), 0);
	for (int s = 0; s < SLO_OTLP_SIGNAL__COUNT; s++) {
		const struct slo_otlp_target *t = &c.target[s];

		ck_assert(t->by_default && t->gzip);
		ck_assert_int_eq(t->encoding, SLO_OTLP_PROTOBUF);
		ck_assert_int_eq(t->timeout_ns, 10 * SLO_NS_PER_S);
		ck_assert(!t->headers[0] && !t->headers_file && !t->ca_file && !t->cert_file && !t->key_file);
	}
	slo_otlp_config_fini(&c);
}
END_TEST

START_TEST(a_flag_goes_before_the_environment_and_that_before_the_file)
{
	struct pair env[PAIRS] = { { E "TIMEOUT", "2000" },
				   { E "LOGS_TIMEOUT", "3000" },
				   { E "LOGS_ENDPOINT", "http://env/l" },
				   { E "COMPRESSION", "none" } };
	const struct slo_otlp_layer flags = { .all = { [SLO_OTLP_ENDPOINT] = "http://flag" },
					      .of = { [SLO_OTLP_TRACES] = { [SLO_OTLP_TIMEOUT] = "1" } } };
	const struct slo_otlp_layer file = {
		.all = { [SLO_OTLP_ENDPOINT] = "http://file", [SLO_OTLP_PROTOCOL] = "http/json" },
		.of = { [SLO_OTLP_LOGS] = { [SLO_OTLP_TIMEOUT] = "9", [SLO_OTLP_COMPRESSION] = "gzip" } }
	};
	struct slo_otlp_config c;

	ck_assert_int_eq(slo_otlp_config_resolve(&flags, from_pairs, env, &file, &c, NULL), 0);
	/* A flag for all signals is stronger than a variable for one. */
	ck_assert_str_eq(c.target[SLO_OTLP_LOGS].url, "http://flag/v1/logs");
	ck_assert_int_eq(c.target[SLO_OTLP_LOGS].timeout_ns, 3000 * SLO_NS_PER_MS);
	ck_assert_int_eq(c.target[SLO_OTLP_METRICS].timeout_ns, 2000 * SLO_NS_PER_MS);
	ck_assert_int_eq(c.target[SLO_OTLP_TRACES].timeout_ns, 1 * SLO_NS_PER_MS);
	ck_assert(!c.target[SLO_OTLP_LOGS].gzip);
	ck_assert_int_eq(c.target[SLO_OTLP_LOGS].encoding, SLO_OTLP_JSON);
	slo_otlp_config_fini(&c);
}
END_TEST

START_TEST(headers_are_decoded_and_those_of_a_signal_replace_those_of_all)
{
	struct pair env[PAIRS] = { { E "HEADERS", " api-key = a%20b%2Cc%3D= , x=1,, " },
				   { E "LOGS_HEADERS", "only=this" } };
	const struct slo_otlp_layer flags = { .of = { [SLO_OTLP_TRACES] = { [SLO_OTLP_HEADERS_FILE] = "/f" } } };
	struct slo_otlp_config c;
	struct slo_err err = { .what = "" };

	ck_assert_msg(slo_otlp_config_resolve(&flags, from_pairs, env, NULL, &c, &err) == 0, "%s", err.what);
	ck_assert_str_eq(c.target[SLO_OTLP_LOGS].headers[0], "only: this");
	ck_assert_ptr_null(c.target[SLO_OTLP_LOGS].headers[1]);
	ck_assert_str_eq(c.target[SLO_OTLP_METRICS].headers[0], "api-key: a b,c==");
	ck_assert_str_eq(c.target[SLO_OTLP_METRICS].headers[1], "x: 1");
	ck_assert_ptr_null(c.target[SLO_OTLP_METRICS].headers[2]);
	ck_assert_ptr_null(c.target[SLO_OTLP_TRACES].headers[0]);
	ck_assert_str_eq(c.target[SLO_OTLP_TRACES].headers_file, "/f");
	slo_otlp_config_fini(&c);
}
END_TEST

/* What makes no sense, and who is told. */
static const struct {
	struct pair env;
	const char *where, *what;
} wrong[] = {
	{ { E "PROTOCOL", "grpc" }, E "PROTOCOL", "grpc is not spoken" },
	{ { E "LOGS_PROTOCOL", "grpc" }, E "LOGS_PROTOCOL", "http/protobuf" },
	{ { E "PROTOCOL", "http" }, E "PROTOCOL", "want http/protobuf" },
	{ { E "ENDPOINT", "localhost:4318" }, E "ENDPOINT", "want http://" },
	{ { E "ENDPOINT", "http://" }, E "ENDPOINT", "want http://" },
	{ { E "ENDPOINT", "http://u:secret@h" }, E "ENDPOINT", "name or password" },
	{ { E "ENDPOINT", "http://h?x" }, E "ENDPOINT", "query" },
	{ { E "ENDPOINT", "http://h\r\nX: y" }, E "ENDPOINT", "control character" },
	{ { E "TIMEOUT", "10s" }, E "TIMEOUT", "milliseconds" },
	{ { E "TIMEOUT", "0" }, E "TIMEOUT", "milliseconds" },
	{ { E "TRACES_TIMEOUT", "3600001" }, E "TRACES_TIMEOUT", "milliseconds" },
	{ { E "COMPRESSION", "zstd" }, E "COMPRESSION", "gzip or none" },
	{ { E "HEADERS", "secret" }, E "HEADERS", "name=value" },
	{ { E "HEADERS", "a b=secret" }, E "HEADERS", "name=value" },
	{ { E "HEADERS", "a=secret%0Ab" }, E "HEADERS", "percent-encoded" },
	{ { E "HEADERS", "a=secret%2" }, E "HEADERS", "percent-encoded" },
	{ { E "CLIENT_KEY", "/k" }, E "CLIENT_KEY", "go together" },
	{ { E "CLIENT_CERTIFICATE", "/c" }, E "CLIENT_CERTIFICATE", "go together" },
};

START_TEST(what_makes_no_sense_is_told_by_name_without_its_value)
{
	struct pair env[PAIRS] = { wrong[_i].env };
	struct slo_err err = { .what = "" };
	struct slo_otlp_config c;

	ck_assert_int_eq(slo_otlp_config_resolve(NULL, from_pairs, env, NULL, &c, &err), -EINVAL);
	ck_assert_str_eq(err.where, wrong[_i].where);
	ck_assert_msg(strstr(err.what, wrong[_i].what) != NULL, "%s", err.what);
	ck_assert_ptr_null(strstr(err.what, "secret"));
	slo_otlp_config_fini(&c);
}
END_TEST

START_TEST(flags_and_members_of_a_file_are_told_by_their_names)
{
	const struct slo_otlp_layer flags = { .of = { [SLO_OTLP_LOGS] = { [SLO_OTLP_CLIENT_KEY] = "k" } } };
	const struct slo_otlp_layer file = { .all = { [SLO_OTLP_COMPRESSION] = "br" } };
	struct slo_otlp_config c;
	struct slo_err err = { .what = "" };

	ck_assert_int_eq(slo_otlp_config_resolve(&flags, NULL, NULL, NULL, &c, &err), -EINVAL);
	ck_assert_str_eq(err.where, "--otlp-logs-client-key");
	slo_otlp_config_fini(&c);
	slo_err_reset(&err);
	ck_assert_int_eq(slo_otlp_config_resolve(NULL, NULL, NULL, &file, &c, &err), -EINVAL);
	ck_assert_str_eq(err.where, "otlp.compression");
	slo_otlp_config_fini(&c);
}
END_TEST

START_TEST(signals_share_a_peer_by_scheme_host_port_and_certificates)
{
	struct pair env[PAIRS] = { { E "ENDPOINT", "http://h:1" }, { E "METRICS_ENDPOINT", "http://H:1/other" },
				   { E "TRACES_ENDPOINT", "http://h:2/v1/traces" } };
	struct slo_otlp_config c;

	ck_assert_int_eq(slo_otlp_config_resolve(NULL, from_pairs, env, NULL, &c, NULL), 0);
	ck_assert(slo_otlp_same_peer(&c.target[SLO_OTLP_LOGS], &c.target[SLO_OTLP_METRICS]));
	ck_assert(!slo_otlp_same_peer(&c.target[SLO_OTLP_LOGS], &c.target[SLO_OTLP_TRACES]));
	c.target[SLO_OTLP_METRICS].ca_file = "/ca";
	ck_assert(!slo_otlp_same_peer(&c.target[SLO_OTLP_LOGS], &c.target[SLO_OTLP_METRICS]));
	slo_otlp_config_fini(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("otlp_config");
	TCase *t = tcase_create("otlp_config");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, an_address_for_all_gets_the_path_and_one_for_a_signal_is_used_as_it_is, 0,
			    (int)SLO_ARRAY_LEN(endpoints));
	tcase_add_test(t, nothing_said_means_what_the_specification_says_and_gzip);
	tcase_add_test(t, a_flag_goes_before_the_environment_and_that_before_the_file);
	tcase_add_test(t, headers_are_decoded_and_those_of_a_signal_replace_those_of_all);
	tcase_add_loop_test(t, what_makes_no_sense_is_told_by_name_without_its_value, 0, (int)SLO_ARRAY_LEN(wrong));
	tcase_add_test(t, flags_and_members_of_a_file_are_told_by_their_names);
	tcase_add_test(t, signals_share_a_peer_by_scheme_host_port_and_certificates);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
