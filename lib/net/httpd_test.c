/* SPDX-License-Identifier: MIT */
/* The server as clients find it: real sockets, polite ones and others. */
#include "net/test_httpd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

START_TEST(a_known_path_is_answered)
{
	ck_assert_int_eq(ask("GET /hello?x=1&name=a%20b%C3%A4 HTTP/1.1\r\nUser-Agent: me\r\n" CLOSE "\r\n"), 200);
	ck_assert_ptr_nonnull(strstr(got, "\r\n\r\nhello a b\xc3\xa4 from me by GET"));
	ck_assert_ptr_nonnull(strstr(got, "Content-Type: text/x-hello\r\n"));
	ck_assert_ptr_nonnull(strstr(got, "Retry-After: 7\r\n"));
	ck_assert_int_eq(ask(GET("/hell%6f")), 200);
	ck_assert_ptr_nonnull(strstr(got, "hello ? from ? by GET"));
}
END_TEST

START_TEST(head_is_get_without_its_body)
{
	ck_assert_int_eq(ask("HEAD /hello HTTP/1.1\r\n" CLOSE "\r\n"), 200);
	ck_assert_ptr_nonnull(strstr(got, "Content-Length: 22\r\n"));
	ck_assert_str_eq(strstr(got, "\r\n\r\n"), "\r\n\r\n");
}
END_TEST

START_TEST(other_paths_and_methods_are_refused)
{
	struct slo_httpd_stats st;

	ck_assert_int_eq(ask(GET("/")), 404);
	ck_assert_int_eq(ask(GET("/hello/")), 404);
	ck_assert_int_eq(ask("DELETE /echo HTTP/1.1\r\n" CLOSE "\r\n"), 405);
	ck_assert_ptr_nonnull(strstr(got, "Allow: POST, PUT\r\n"));
	ck_assert_int_eq(ask("POST /hello HTTP/1.1\r\nContent-Length: 5\r\n" CLOSE "\r\nabcde"), 405);
	ck_assert_ptr_nonnull(strstr(got, "Allow: GET, HEAD\r\n"));
	ck_assert_int_eq(ask(GET("/echo")), 405);
	slo_httpd_stats(server, &st);
	ck_assert_uint_eq(st.requests, 5);
	ck_assert_uint_eq(st.refused, 5);
	ck_assert_uint_eq(st.failed, 0);
}
END_TEST

START_TEST(an_answer_over_its_bound_is_a_failure_that_is_counted)
{
	struct slo_httpd_stats st;

	ck_assert_int_eq(ask(GET("/flood")), 500);
	slo_httpd_stats(server, &st);
	ck_assert_uint_eq(st.failed, 1);
	ck_assert_uint_eq(st.refused, 0);
}
END_TEST

START_TEST(a_connection_is_kept_for_more_requests)
{
	static const char two[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n" GET("/hello?name=2");

	ck_assert_int_eq(ask(two), 200);
	ck_assert_ptr_nonnull(strstr(got, "hello ? from"));
	ck_assert_ptr_nonnull(strstr(got, "hello 2 from"));
}
END_TEST

static const char *const halves[] = {
	"",
	"G",
	"GET /hello HTTP/1.1\r\n",
	"GET /hello HTTP/1.1\r\nHost: x\r\n",
	"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
	"\0\0\0\0",
	"\r\n\r\n\r\n",
	"SSH-2.0-x\r\n",
};

START_TEST(who_leaves_in_the_middle_disturbs_nobody)
{
	int64_t began = slo_now_mono_ns();
	int fd = dial();

	say(fd, halves[_i], strlen(halves[_i]) ? strlen(halves[_i]) : 4 * (_i > 0));
	shutdown(fd, SHUT_WR);
	hear(fd);
	ck_assert_int_eq(ask(GET("/hello")), 200);
	/* Nobody waited for the rest of it to come. */
	ck_assert_int_lt(slo_now_mono_ns() - began, 5 * SLO_NS_PER_S);
}
END_TEST

START_TEST(who_is_slow_holds_nobody_up_and_is_cut_off)
{
	static const char head[] = "GET /hello HTTP/1.1\r\nX: ";
	int64_t began = slo_now_mono_ns();
	struct slo_httpd_stats st;
	struct pollfd p;
	int fd;

	server->request_ns = SLO_NS_PER_S / 2;
	fd = dial();
	p = (struct pollfd){ .fd = fd, .events = POLLIN };
	say(fd, head, strlen(head));
	/* A byte now and then never is idle for long. */
	while (poll(&p, 1, 20) == 0) {
		if (send(fd, "x", 1, MSG_NOSIGNAL) < 0)
			break;
		ck_assert_int_eq(ask(GET("/hello")), 200);
		ck_assert_int_lt(slo_now_mono_ns() - began, WAIT_MS * SLO_NS_PER_MS);
	}
	close(fd);
	slo_httpd_stats(server, &st);
	ck_assert_uint_eq(st.cut, 1);
}
END_TEST

START_TEST(more_clients_than_there_is_room_for_wait)
{
	static int fd[SLO_HTTPD_CONNECTIONS + 1];
	struct pollfd p = { .events = POLLIN };
	int n = SLO_HTTPD_CONNECTIONS;

	for (int i = 0; i <= n; i++) {
		fd[i] = dial();
		if (i < n) /* an answer says that it is in */
			say(fd[i], "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 33);
		p.fd = fd[i];
		ck_assert_int_eq(i < n ? poll(&p, 1, WAIT_MS) : 1, 1);
	}
	say(fd[n], GET("/hello"), strlen(GET("/hello")));
	ck_assert_int_eq(poll(&p, 1, 100), 0);
	close(fd[0]);
	ck_assert_int_eq(hear(fd[n]), 200);
	for (int i = 1; i < n; i++)
		close(fd[i]);
}
END_TEST

static void *stop_it(void *arg)
{
	slo_httpd_stop(arg);
	return NULL;
}

START_TEST(stopping_lets_a_request_finish)
{
	pthread_t t;
	int fd = dial(), late;

	say(fd, GET("/linger"), strlen(GET("/linger")));
	sem_wait(&entered);
	late = dial(); /* in the backlog, never accepted */
	ck_assert_int_eq(pthread_create(&t, NULL, stop_it, server), 0);
	sem_post(&leave);
	ck_assert_int_eq(hear(fd), 200);
	ck_assert_ptr_nonnull(strstr(got, "done at last"));
	ck_assert_int_eq(hear(late), 0);
	pthread_join(t, NULL);
	server = NULL;
}
END_TEST

static bool listening(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)slo_httpd_port(server)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)) == 0;

	close(fd);
	return yes;
}

START_TEST(stopping_waits_for_the_rest_of_a_body)
{
	static const char head[] = "POST /echo HTTP/1.1\r\n" CLOSE "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n";
	struct slo_httpd *h = server;
	int fd = dial();
	pthread_t t;

	say(fd, head, strlen(head));
	ck_assert_int_eq((int)recv(fd, got, 12, MSG_WAITALL), 12);
	ck_assert_mem_eq(got, "HTTP/1.1 100", 12);
	ck_assert_int_eq(pthread_create(&t, NULL, stop_it, h), 0);
	while (listening())
		poll(NULL, 0, 1);
	say(fd, "rest", 4);
	hear(fd);
	ck_assert_ptr_nonnull(strstr(got, " 201 "));
	ck_assert_ptr_nonnull(strstr(got, " 4 rest"));
	pthread_join(t, NULL);
	server = NULL;
}
END_TEST

START_TEST(stopping_does_not_wait_for_who_says_nothing)
{
	int64_t began = slo_now_mono_ns();
	int fd = dial();

	say(fd, "GET /he", 7);
	ck_assert_int_eq(ask(GET("/hello")), 200); /* so the other one was accepted before */
	slo_httpd_stop(server);
	server = NULL;
	ck_assert_int_lt(slo_now_mono_ns() - began, SLO_NS_PER_S);
	ck_assert_int_eq(hear(fd), 0);
}
END_TEST

START_TEST(a_port_in_use_is_told)
{
	struct slo_httpd_opts o = { .routes = routes };
	struct slo_httpd *second = NULL;
	struct slo_err err = { .what = "" };
	char where[32];

	snprintf(where, sizeof(where), "127.0.0.1:%d", slo_httpd_port(server));
	o.listen = where;
	ck_assert_int_eq(slo_httpd_start(&o, &second, &err), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(err.what, where));
	ck_assert_ptr_null(second);
}
END_TEST

START_TEST(every_address_is_v4_and_v6)
{
	const struct slo_httpd_opts o = { .listen = ":0", .routes = routes };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct slo_httpd *first = server;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	ck_assert_int_eq(slo_httpd_start(&o, &server, NULL), 0);
	ck_assert_int_eq(ask(GET("/hello")), 200);
	to.sin6_port = htons((uint16_t)slo_httpd_port(server));
	if (fd < 0 || connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to))) {
		puts("SKIP: no IPv6 here");
	} else {
		say(fd, GET("/hello"), strlen(GET("/hello")));
		ck_assert_int_eq(hear(fd), 200);
	}
	slo_httpd_stop(first);
}
END_TEST

START_TEST(who_comes_before_it_runs_waits)
{
	const struct slo_httpd_opts o = { .listen = "127.0.0.1:0", .routes = routes, .held = true };
	struct slo_httpd *first = server;
	struct pollfd p = { .events = POLLIN };

	ck_assert_int_eq(slo_httpd_start(&o, &server, NULL), 0);
	p.fd = dial();
	say(p.fd, GET("/hello"), strlen(GET("/hello")));
	ck_assert_int_eq(poll(&p, 1, 100), 0);
	ck_assert_int_eq(slo_httpd_run(server), 0);
	ck_assert_int_eq(hear(p.fd), 200);
	slo_httpd_stop(server);
	/* One that never ran ends as well. */
	ck_assert_int_eq(slo_httpd_start(&o, &server, NULL), 0);
	slo_httpd_stop(server);
	server = first;
}
END_TEST

static const char *const no_addresses[] = {
	"",    "2112",	"127.0.0.1",	      "127.0.0.1:", "127.0.0.1:65536",
	":-1", ":http", "example.invalid:80", "[::1:80",    "::1:80",
};

START_TEST(what_is_no_address_is_refused)
{
	const struct slo_httpd_opts o = { .listen = no_addresses[_i], .routes = routes };
	struct slo_httpd *h = NULL;
	struct slo_err err = { .what = "" };

	ck_assert_int_eq(slo_httpd_start(&o, &h, &err), -EINVAL);
	ck_assert(err.what[0]);
}
END_TEST

/* Ours is the only other thread. */
START_TEST(signals_are_for_the_rest_of_the_process)
{
	unsigned long long blocked = 0;
	char line[256];
	bool ours = false, found = false;
	FILE *f;

	ck_assert_int_eq(ask(GET("/hello")), 200); /* it runs, and has its name */
	f = popen("cat /proc/$PPID/task/*/status", "r");
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "Name:", 5) == 0)
			ours = strstr(line, "httpd\n") && !strstr(line, "httpd_");
		if (ours && sscanf(line, "SigBlk: %llx", &blocked) == 1)
			found = true;
	}
	pclose(f);
	ck_assert(found);
	ck_assert(blocked & 1ull << (SIGTERM - 1));
	ck_assert(blocked & 1ull << (SIGINT - 1));
}
END_TEST

START_TEST(tls_is_spoken_with_a_certificate)
{
	char dir[] = "/tmp/httpd_test.XXXXXX", cert[64], key[64], cmd[512];
	struct slo_httpd_opts o = { .listen = "127.0.0.1:0", .routes = routes };
	struct slo_httpd *h = NULL;
	struct slo_err err = { .what = "" };
	int before, after;

	if (system("command -v openssl >/dev/null && command -v curl >/dev/null")) {
		puts("SKIP: TLS needs the programs openssl and curl");
		return;
	}
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(cert, sizeof(cert), "%s/c.pem", dir);
	snprintf(key, sizeof(key), "%s/k.pem", dir);
	snprintf(cmd, sizeof(cmd),
		 "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
		 "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout %s -out %s 2>/dev/null",
		 key, cert);
	ck_assert_int_eq(system(cmd), 0);
	o.cert_file = cert;
	ck_assert_int_eq(slo_httpd_start(&o, &h, &err), -EINVAL);
	o.key_file = key;
	ck_assert_msg(slo_httpd_start(&o, &h, NULL) == 0, "with its key");
	snprintf(cmd, sizeof(cmd),
		 "test \"$(curl -s --cacert %s https://127.0.0.1:%d/hello?name=tls | cut -d' ' -f2)\" = tls", cert,
		 slo_httpd_port(h));
	ck_assert_int_eq(system(cmd), 0);
	slo_httpd_stop(h);
	/* A file that is no certificate; and no descriptor is closed twice or kept. */
	o.cert_file = key;
	o.key_file = cert;
	before = open("/dev/null", O_RDONLY | O_CLOEXEC);
	slo_err_reset(&err);
	ck_assert_int_eq(slo_httpd_start(&o, &h, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.what, "certificate"));
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(after, before + 1);
	o.cert_file = "/nonexistent";
	ck_assert_int_eq(slo_httpd_start(&o, &h, NULL), -ENOENT);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net/httpd");
	TCase *t = tcase_create("httpd");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_known_path_is_answered);
	tcase_add_test(t, head_is_get_without_its_body);
	tcase_add_test(t, other_paths_and_methods_are_refused);
	tcase_add_test(t, an_answer_over_its_bound_is_a_failure_that_is_counted);
	tcase_add_test(t, a_connection_is_kept_for_more_requests);
	tcase_add_loop_test(t, who_leaves_in_the_middle_disturbs_nobody, 0, SLO_ARRAY_LEN(halves));
	tcase_add_test(t, who_is_slow_holds_nobody_up_and_is_cut_off);
	tcase_add_test(t, more_clients_than_there_is_room_for_wait);
	tcase_add_test(t, stopping_lets_a_request_finish);
	tcase_add_test(t, stopping_waits_for_the_rest_of_a_body);
	tcase_add_test(t, stopping_does_not_wait_for_who_says_nothing);
	tcase_add_test(t, a_port_in_use_is_told);
	tcase_add_test(t, every_address_is_v4_and_v6);
	tcase_add_test(t, who_comes_before_it_runs_waits);
	tcase_add_loop_test(t, what_is_no_address_is_refused, 0, SLO_ARRAY_LEN(no_addresses));
	tcase_add_test(t, signals_are_for_the_rest_of_the_process);
	tcase_add_test(t, tls_is_spoken_with_a_certificate);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
