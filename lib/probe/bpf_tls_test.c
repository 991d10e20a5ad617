/* SPDX-License-Identifier: MIT */
/*
 * The TLS probe against this kernel, with handshakes made in memory: a process
 * of its own makes them when it is told to, and so does this one, which is the
 * agent's and must not be seen.
 */
#include "base/time.h"
#include "probe/bpf.h"

#include <check.h>
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BREAKPOINT = 0xcc, ROUNDS_MAX = 10000 };

static struct slo_bpf *bpf;
static uint64_t counted, failures; /* of this process and its worker */
static uint64_t summed, others;    /* in summaries; handshakes of anybody else, who may come and go */
static double longest_ms;
static int orders[2], answers[2];
static pid_t worker;

static void take_summary(void *arg, const struct slo_obs_summary *s)
{
	(void)arg;
	if (s->signal == SLO_SIGNAL_TLS_FAILS)
		return;
	ck_assert_int_eq(s->signal, SLO_SIGNAL_TLS_HANDSHAKE);
	ck_assert_str_eq(s->provider, "bpf/uprobe");
	summed += s->count;
}

/* Each handshake has one, the threshold is below all of them. */
static void take_exemplar(void *arg, const struct slo_obs *o)
{
	bool ours = o->pid == worker || o->pid == getpid();

	(void)arg;
	if (o->signal == SLO_SIGNAL_TLS_FAILS) {
		failures += ours;
		return;
	}
	counted += ours;
	others += !ours;
	if (ours && o->value > longest_ms)
		longest_ms = o->value;
}

static void forget(void)
{
	counted = failures = summed = others = 0;
	longest_ms = 0;
}

/* So many of ours, and the summaries have them once. */
static void assert_counted(uint64_t want)
{
	ck_assert_uint_eq(counted, want);
	ck_assert_uint_ge(summed, want);
	if (others == 0)
		ck_assert_uint_eq(summed, want);
}

/* --- handshakes ------------------------------------------------------------------------ */

static SSL_CTX *server_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_sign(cert, key, EVP_sha256());
	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}

/* Both ends through a pipe of @room bytes each way, in turns. Return: calls, 0 when it did not succeed. */
static int handshake(size_t room, unsigned pause_us)
{
	SSL_CTX *sc = server_context(), *cc = SSL_CTX_new(TLS_client_method());
	SSL *s = SSL_new(sc), *c = SSL_new(cc);
	BIO *a, *b;
	int calls = 0, r[2] = { 0, 0 };
	char byte;

	BIO_new_bio_pair(&a, room, &b, room);
	SSL_set_bio(s, a, a);
	SSL_set_bio(c, b, b);
	SSL_set_accept_state(s);
	SSL_set_connect_state(c);
	for (int i = 0; i < ROUNDS_MAX && (r[0] != 1 || r[1] != 1); i++) {
		SSL *turn = i & 1 ? s : c;

		if (r[i & 1] == 1) {
			SSL_peek(turn, &byte, 1); /* makes room for what the other one still writes */
			continue;
		}
		r[i & 1] = SSL_do_handshake(turn);
		calls++;
		if (r[i & 1] != 1 && SSL_get_error(turn, r[i & 1]) == SSL_ERROR_SSL)
			break;
		usleep(pause_us);
	}
	/* Over already: once more is no handshake. */
	SSL_do_handshake(c);
	SSL_free(s);
	SSL_free(c);
	SSL_CTX_free(sc);
	SSL_CTX_free(cc);
	return r[0] == 1 && r[1] == 1 ? calls : 0;
}

static void work(void)
{
	char order;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(orders[0], &order, 1) == 1) {
		int calls = handshake(order == 'n' ? 64 : 16384, order == 'n' ? 1000 : 0);

		if (write(answers[1], &calls, sizeof(calls)) != sizeof(calls))
			break;
	}
	_exit(0);
}

static int let_worker(char order)
{
	int calls = -1;

	ck_assert_int_eq(write(orders[1], &order, 1), 1);
	ck_assert_int_eq(read(answers[0], &calls, sizeof(calls)), sizeof(calls));
	return calls;
}

/* --- the probe -------------------------------------------------------------------------- */

static uint64_t more(const char *name)
{
	struct slo_bpf_stats s;

	ck_assert_int_eq(slo_bpf_stats(bpf, SLO_BPF_TLS, &s), 0);
	for (int i = 0; i < s.more_count; i++)
		if (strcmp(s.more[i].name, name) == 0)
			return s.more[i].value;
	ck_abort_msg("no counter %s", name);
	return 0;
}

static int first_byte(void)
{
	return *(const volatile unsigned char *)dlsym(RTLD_DEFAULT, "SSL_do_handshake");
}

static void drain_for_ms(int ms)
{
	int64_t end = slo_now_mono_ns() + ms * SLO_NS_PER_MS;

	do {
		slo_bpf_drain(bpf);
		usleep(50000);
	} while (slo_now_mono_ns() < end);
	slo_bpf_drain(bpf);
	slo_bpf_flush(bpf, slo_now_mono_ns());
}

static void setup(void)
{
	forget();
	ck_assert_int_eq(pipe(orders), 0);
	ck_assert_int_eq(pipe(answers), 0);
	worker = fork();
	ck_assert_int_ge(worker, 0);
	if (worker == 0) {
		close(orders[1]);
		work();
	}
	close(orders[0]);
}

static void teardown(void)
{
	slo_bpf_close(bpf);
	bpf = NULL;
	close(orders[1]);
	waitpid(worker, NULL, 0);
}

static void wait_for_images(void)
{
	int64_t end = slo_now_mono_ns() + 20 * SLO_NS_PER_S;

	while (more("images") == 0 && slo_now_mono_ns() < end)
		drain_for_ms(50);
	ck_assert_uint_ge(more("images"), 1);
}

/* Return: false, having said why, where there are no uprobes. */
static bool open_probe(const char *disable)
{
	struct slo_bpf_opts o = { .disable = disable,
				  .sink = { .summary = take_summary, .exemplar = take_exemplar } };
	const char *rung, *why;

	o.wanted[SLO_SIGNAL_TLS_HANDSHAKE] = o.wanted[SLO_SIGNAL_TLS_FAILS] = true;
	o.threshold[SLO_SIGNAL_TLS_HANDSHAKE] = 1e-6;
	ck_assert_int_eq(slo_bpf_open(&bpf, &o, NULL), 0);
	why = slo_bpf_why(bpf, SLO_SIGNAL_TLS_HANDSHAKE, 0, &rung);
	ck_assert_str_eq(rung, "uprobe");
	if (!*why) {
		wait_for_images();
		return true;
	}
	if (!disable)
		printf("SKIP: %s refused here: %s\n", rung, why);
	return false;
}

START_TEST(a_handshake_of_another_process_counts_at_both_ends)
{
	if (!open_probe(NULL))
		return;
	ck_assert_int_gt(let_worker('w'), 0);
	drain_for_ms(100);
	assert_counted(2);
	ck_assert_uint_eq(failures, 0);
	ck_assert_uint_ge(more("full"), 2);
}
END_TEST

START_TEST(the_agents_own_handshakes_do_not)
{
	if (!open_probe(NULL))
		return;
	ck_assert_int_eq(first_byte(), BREAKPOINT);
	ck_assert_int_gt(handshake(16384, 0), 0);
	drain_for_ms(100);
	assert_counted(0);
	ck_assert_uint_eq(failures, 0);
}
END_TEST

START_TEST(many_calls_are_one_handshake_as_long_as_they_all_take)
{
	int64_t began;
	double took;
	int calls;

	if (!open_probe(NULL))
		return;
	began = slo_now_mono_ns();
	calls = let_worker('n');
	took = (double)(slo_now_mono_ns() - began) / 1e6;
	drain_for_ms(100);
	ck_assert_int_gt(calls, 20);
	assert_counted(2);
	ck_assert_uint_eq(failures, 0);
	/* The certificate is made in that time as well. */
	ck_assert_double_le(longest_ms, took);
	ck_assert_double_ge(longest_ms, (calls - 2) * 1.0);
}
END_TEST

START_TEST(a_file_is_probed_once_whoever_uses_it)
{
	pid_t second;

	if (!open_probe(NULL))
		return;
	second = fork();
	if (second == 0) {
		close(orders[1]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	drain_for_ms(1200);
	ck_assert_uint_eq(more("images_attached"), more("images"));
	ck_assert_int_gt(let_worker('w'), 0);
	drain_for_ms(100);
	assert_counted(2);
	kill(second, SIGKILL);
	waitpid(second, NULL, 0);
}
END_TEST

/* An agent at work on this machine, for one. */
static bool somebody_else_probes(void)
{
	if (first_byte() != BREAKPOINT)
		return false;
	printf("SKIP: somebody else has a uprobe on this libssl\n");
	return true;
}

START_TEST(what_is_detached_leaves_the_code_as_it_was)
{
	int before = first_byte();

	if (somebody_else_probes() || !open_probe(NULL))
		return;
	ck_assert_int_eq(first_byte(), BREAKPOINT);
	slo_bpf_enable(bpf, SLO_SIGNAL_TLS_HANDSHAKE, false);
	for (int i = 0; i < 100 && first_byte() == BREAKPOINT; i++)
		usleep(100000);
	ck_assert_int_eq(first_byte(), before);
	drain_for_ms(1);
	forget();
	ck_assert_int_gt(let_worker('w'), 0);
	slo_bpf_enable(bpf, SLO_SIGNAL_TLS_HANDSHAKE, true);
	wait_for_images();
	ck_assert_int_eq(first_byte(), BREAKPOINT);
	drain_for_ms(100);
	assert_counted(0);
	ck_assert_int_gt(let_worker('w'), 0);
	drain_for_ms(100);
	assert_counted(2);
	slo_bpf_close(bpf);
	bpf = NULL;
	ck_assert_int_eq(first_byte(), before);
}
END_TEST

START_TEST(disabled_it_attaches_to_nothing)
{
	if (somebody_else_probes())
		return;
	ck_assert(!open_probe("tls:uprobe"));
	ck_assert_str_eq(slo_bpf_rung(bpf, SLO_SIGNAL_TLS_HANDSHAKE), "");
	ck_assert_int_ne(first_byte(), BREAKPOINT);
	slo_bpf_drain(bpf);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bpf_tls");
	TCase *t = tcase_create("handshakes");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_handshake_of_another_process_counts_at_both_ends);
	tcase_add_test(t, the_agents_own_handshakes_do_not);
	tcase_add_test(t, many_calls_are_one_handshake_as_long_as_they_all_take);
	tcase_add_test(t, a_file_is_probed_once_whoever_uses_it);
	tcase_add_test(t, what_is_detached_leaves_the_code_as_it_was);
	tcase_add_test(t, disabled_it_attaches_to_nothing);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
