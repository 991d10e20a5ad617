/* SPDX-License-Identifier: MIT */
#include "net/serve_lookup.h"

#include "base/str.h"
#include "base/time.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What the resolver of these tests does with a query. */
enum reply { ANSWER, ANSWER_V6, NXDOMAIN, SERVFAIL, WRONG_ID, SILENCE, SECOND_TRY, GARBAGE };

static int fd;
static enum reply reply;
static int queries;
static pthread_t thread;

static void *resolver(void *arg)
{
	uint8_t m[512];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n;

	(void)arg;
	while ((n = recvfrom(fd, m, sizeof(m) - 32, 0, (void *)&from, &len)) > 0) {
		static const uint8_t v4[16] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7 };
		static const uint8_t v6[12] = { 0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 60, 0, 16 };
		bool answers = reply == ANSWER || reply == WRONG_ID || reply == SECOND_TRY;

		queries++;
		m[2] |= 0x80;
		m[3] = reply == NXDOMAIN ? 3 : reply == SERVFAIL ? 2 : 0;
		m[7] = answers || reply == ANSWER_V6;
		m[0] ^= reply == WRONG_ID;
		if (answers) {
			memcpy(m + n, v4, sizeof(v4));
			n += (ssize_t)sizeof(v4);
		} else if (reply == ANSWER_V6) {
			memcpy(m + n, v6, sizeof(v6));
			memset(m + n + sizeof(v6), 1, 16);
			n += (ssize_t)sizeof(v6) + 16;
		}
		if (reply == SILENCE || (reply == SECOND_TRY && queries == 1))
			continue;
		sendto(fd, m, reply == GARBAGE ? 5 : (size_t)n, 0, (void *)&from, len);
	}
	return NULL;
}

static void setup(struct slo_lookup *l, enum reply how)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(sa);
	struct slo_err err = { .what = "" };
	char address[32];

	reply = how;
	queries = 0;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(fd, (void *)&sa, len), 0);
	ck_assert_int_eq(getsockname(fd, (void *)&sa, &len), 0);
	snprintf(address, sizeof(address), "127.0.0.1:%d", ntohs(sa.sin_port));
	*l = (struct slo_lookup){ .timeout_ns = 200 * SLO_NS_PER_MS };
	ck_assert_int_eq(slo_lookup_resolver(l, address, &err), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, resolver, NULL), 0);
}

static void teardown(void)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);

	ck_assert_int_eq(getsockname(fd, (void *)&sa, &len), 0);
	ck_assert_int_eq((int)sendto(fd, "", 0, 0, (void *)&sa, len), 0); /* an empty query ends it */
	pthread_join(thread, NULL);
	close(fd);
}

static const struct {
	enum reply reply;
	int ret, queries;
} cases[] = {
	{ ANSWER, 0, 1 },	   { NXDOMAIN, -ENOENT, 1 },	{ SERVFAIL, -EREMOTEIO, 1 },
	{ ANSWER_V6, -ENOENT, 1 }, { WRONG_ID, -ETIMEDOUT, 2 }, { SILENCE, -ETIMEDOUT, 2 },
	{ SECOND_TRY, 0, 2 },	   { GARBAGE, -ETIMEDOUT, 2 },
};

START_TEST(takes_the_answer_to_its_own_question_only)
{
	struct slo_err err = { .what = "" };
	struct in_addr a = { 0 };
	struct slo_lookup l;

	setup(&l, cases[_i].reply);
	ck_assert_int_eq(slo_lookup_do(&l, "name.test", 0x1234, &a, &err), cases[_i].ret);
	ck_assert_int_eq(queries, cases[_i].queries);
	ck_assert_int_eq(cases[_i].ret == 0, err.what[0] == '\0');
	ck_assert_uint_eq(ntohl(a.s_addr), cases[_i].ret ? 0 : 0xc0000207);
	teardown();
}
END_TEST

static bool never(void *arg)
{
	(void)arg;
	return false;
}

START_TEST(gives_up_when_nobody_wants_it)
{
	struct slo_lookup l;
	struct in_addr a;

	setup(&l, SILENCE);
	l.wanted = never;
	ck_assert_int_eq(slo_lookup_do(&l, "name.test", 1, &a, NULL), -ECANCELED);
	teardown();
}
END_TEST

static const char *const bad_names[] = {
	"", ".", "a..b", "1234567890123456789012345678901234567890123456789012345678901234.test",
};

START_TEST(refuses_what_is_no_name)
{
	struct slo_lookup l = { .timeout_ns = 1 };
	struct in_addr a;

	ck_assert_int_eq(slo_lookup_resolver(&l, "127.0.0.1:9", NULL), 0);
	ck_assert_int_eq(slo_lookup_do(&l, bad_names[_i], 1, &a, NULL), -EINVAL);
}
END_TEST

static const struct {
	const char *address;
	int ret;
} addresses[] = { { "127.0.0.1:53", 0 },       { "[::1]:53", 0 },  { "127.0.0.1", -EINVAL },
		  { "name.test:53", -EINVAL }, { ":53", -EINVAL }, { "", -EINVAL } };

START_TEST(wants_a_numeric_resolver)
{
	struct slo_lookup l;

	ck_assert_int_eq(slo_lookup_resolver(&l, addresses[_i].address, NULL), addresses[_i].ret);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("serve_lookup");
	TCase *c = tcase_create("lookup");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_loop_test(c, takes_the_answer_to_its_own_question_only, 0, (int)SLO_ARRAY_LEN(cases));
	tcase_add_test(c, gives_up_when_nobody_wants_it);
	tcase_add_loop_test(c, refuses_what_is_no_name, 0, (int)SLO_ARRAY_LEN(bad_names));
	tcase_add_loop_test(c, wants_a_numeric_resolver, 0, (int)SLO_ARRAY_LEN(addresses));
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
