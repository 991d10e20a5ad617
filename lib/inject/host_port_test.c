/* SPDX-License-Identifier: MIT */
#include "inject/host_port.h"

#include "base/str.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static const struct {
	const char *text;
	int family;
	const char *addr;
	int bits, port;
} good[] = {
	{ "10.0.0.1", AF_INET, "10.0.0.1", 32, 0 },        { "10.0.0.0/8", AF_INET, "10.0.0.0", 8, 0 },
	{ "10.0.0.1:53", AF_INET, "10.0.0.1", 32, 53 },    { "::1", AF_INET6, "::1", 128, 0 },
	{ "[FD00::1]:443", AF_INET6, "fd00::1", 128, 443 }, { "fd00::/8", AF_INET6, "fd00::", 8, 0 },
	{ "[::1]", AF_INET6, "::1", 128, 0 },              { ":8080", 0, "", 0, 8080 },
	{ "10.0.0.0/8:80", AF_INET, "10.0.0.0", 8, 80 },
};

START_TEST(reads_addresses_prefixes_and_ports)
{
	struct slo_host_port h;

	ck_assert_int_eq(slo_host_port_parse(good[_i].text, &h, NULL), 0);
	ck_assert_int_eq(h.family, good[_i].family);
	ck_assert_str_eq(h.addr, good[_i].addr);
	ck_assert_int_eq(h.bits, good[_i].bits);
	ck_assert_int_eq(h.port, good[_i].port);
}
END_TEST

static const char *const bad[] = {
	"", "localhost", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1/33", "10.0.0.1/-1", "::1/129", "[::1", "[::1]x",
	"[::1]:", "10.0.0", "10.0.0.1 counter drop", "::1; reboot", "10.0.0.1:53:53", "/8", ":", "[]:1",
	"1.1.1.1/8/8",
};

/* What is accepted goes into commands of tc and nft. */
START_TEST(refuses_everything_else)
{
	struct slo_host_port h = { .port = 77 };
	struct slo_err err = { .what = "" };

	ck_assert_int_eq(slo_host_port_parse(bad[_i], &h, &err), -EINVAL);
	ck_assert(err.what[0]);
	ck_assert_int_eq(h.port, 77);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host_port");
	TCase *c = tcase_create("host_port");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_loop_test(c, reads_addresses_prefixes_and_ports, 0, (int)SLO_ARRAY_LEN(good));
	tcase_add_loop_test(c, refuses_everything_else, 0, (int)SLO_ARRAY_LEN(bad));
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
