/* SPDX-License-Identifier: MIT */
/* When messages are tried, in which order, and when not any more: on a clock that only the test moves. */
#include "net/delivery.h"

#include "base/time.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRIES = 512 };

/* The peer: for each message whose id begins with a name, what it says, in turn. */
static struct world {
	int64_t now;
	struct {
		char id[80];
		int64_t at;
	} tries[TRIES];
	size_t n;
	struct slo_delivery_outcome say[8]; /* the last one for ever */
	const char *only;                   /* for messages of this key; the others are delivered */
	size_t said, says;
	size_t reports;
	char report[512];
} w;

static struct slo_delivery *d;
static struct slo_spool *spool;
static char dir[64];

static int64_t now(void *arg)
{
	(void)arg;
	return w.now;
}

static void send(void *arg, const struct slo_spool_message *m, struct slo_delivery_outcome *out)
{
	(void)arg;
	ck_assert_uint_lt(w.n, TRIES);
	strcpy(w.tries[w.n].id, m->id);
	w.tries[w.n++].at = w.now;
	*out = (struct slo_delivery_outcome){ .verdict = SLO_DELIVERED, .retry_after_ns = -1 };
	if (w.says && (!w.only || strcmp(w.only, m->key) == 0)) {
		*out = w.say[w.said];
		w.said += w.said + 1 < w.says;
	}
}

static void report(void *arg, const struct slo_err *err)
{
	(void)arg;
	w.reports++;
	snprintf(w.report, sizeof(w.report), "%s: %s", err->where, err->what);
}

static void say(enum slo_delivery_verdict v, long status, int64_t retry_after_ns)
{
	struct slo_delivery_outcome *o = &w.say[w.says++];

	*o = (struct slo_delivery_outcome){ .verdict = v, .status = status, .retry_after_ns = retry_after_ns };
	snprintf(o->why, sizeof(o->why), "HTTP %ld", status);
}

static void start(bool spooled)
{
	struct slo_spool_opts so = { .dir = dir };
	struct slo_delivery_opts o = { .queue_max = 16, .seed = 3, .wall = now, .mono = now, .send = send,
				       .report = report };

	w = (struct world){ .now = 1000 * SLO_NS_PER_S };
	if (spooled) {
		strcpy(dir, "/tmp/slo-delivery.XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(dir));
		ck_assert_int_eq(slo_spool_open(&so, &spool, NULL), 0);
		o.spool = spool;
	}
	ck_assert_int_eq(slo_delivery_new(&o, &d), 0);
}

static void stop(void)
{
	char command[128];

	slo_delivery_free(d);
	slo_spool_close(spool);
	spool = NULL;
	snprintf(command, sizeof(command), "rm -rf %s", dir[0] ? dir : "/tmp/slo-delivery.none");
	ck_assert_int_eq(system(command), 0);
}

static int put(const char *key, const char *id)
{
	struct slo_spool_message m = { .tag = "trigger", .body = SLO_STR("{}") };

	strcpy(m.id, id);
	return slo_delivery_put(d, &m, slo_str(key));
}

/* Everything that happens until @s seconds from now. */
static void pass(double s)
{
	int64_t end = w.now + (int64_t)(s * 1e9);

	while (w.now <= end) {
		int64_t due = slo_delivery_step(d);

		w.now = due > w.now ? due : w.now;
	}
	w.now = end;
}

static const char *order(void)
{
	static char text[TRIES * 4];

	text[0] = '\0';
	for (size_t i = 0; i < w.n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "", w.tries[i].id);
	return text;
}

static struct slo_delivery_stats stats(void)
{
	struct slo_delivery_stats st;

	slo_delivery_stats(d, &st);
	return st;
}

START_TEST(messages_go_in_the_order_they_came)
{
	start(_i);
	put("a", "a1");
	put("b", "b1");
	put("a", "a2");
	pass(2);
	ck_assert_str_eq(order(), "a1 b1 a2");
	ck_assert(slo_delivery_settled(d));
	ck_assert_uint_eq(stats().delivered, 3);
	ck_assert_uint_eq(stats().waiting, 0);
	stop();
}
END_TEST

START_TEST(the_second_of_an_incident_waits_for_the_first_and_others_do_not)
{
	start(_i);
	say(SLO_DELIVERY_RETRY, 500, -1);
	say(SLO_DELIVERY_RETRY, 500, -1);
	say(SLO_DELIVERED, 200, -1);
	w.only = "a";
	put("a", "a1");
	put("a", "a2");
	put("b", "b1");
	put("a", "a3");
	pass(10);
	ck_assert_str_eq(order(), "a1 b1 a1 a1 a2 a3");
	ck_assert_uint_eq(stats().retries, 2);
	ck_assert_uint_eq(stats().delivered, 4);
	stop();
}
END_TEST

START_TEST(waits_double_and_are_drawn_within_a_quarter)
{
	double wait = 1;

	start(true);
	say(SLO_DELIVERY_RETRY, 503, -1);
	put("a", "a1");
	pass(3600);
	ck_assert_uint_ge(w.n, 10);
	for (size_t i = 1; i < w.n; i++) {
		double was = (double)(w.tries[i].at - w.tries[i - 1].at) / 1e9;

		/* The spool is looked at once a second, no finer. */
		ck_assert_double_ge(was, wait * 0.75);
		ck_assert_double_le(was, wait * 1.25 + 1.01);
		wait = wait * 2 < 300 ? wait * 2 : 300;
	}
	stop();
}
END_TEST

START_TEST(without_a_spool_the_third_attempt_is_the_last)
{
	start(false);
	say(SLO_DELIVERY_RETRY, 500, -1);
	put("a", "a1");
	pass(60);
	ck_assert_str_eq(order(), "a1 a1 a1");
	ck_assert_int_ge(w.tries[1].at - w.tries[0].at, SLO_NS_PER_S * 3 / 4);
	ck_assert_int_ge(w.tries[2].at - w.tries[1].at, SLO_NS_PER_S * 3 / 2);
	ck_assert_uint_eq(stats().failed, 1);
	ck_assert_uint_eq(stats().waiting, 0);
	ck_assert_str_eq(w.report, "a trigger: lost after its last attempt: HTTP 500");
	ck_assert(slo_delivery_settled(d));
	stop();
}
END_TEST

START_TEST(what_is_refused_for_good_is_not_tried_again)
{
	struct slo_spool_entry *list;
	struct slo_spool_message m;
	struct slo_buf text;
	size_t n;

	start(_i);
	say(SLO_DELIVERY_NEVER, 400, -1);
	say(SLO_DELIVERED, 200, -1);
	put("a", "a1");
	put("a", "a2");
	pass(60);
	ck_assert_str_eq(order(), "a1 a2");
	ck_assert_uint_eq(stats().dead, 1);
	ck_assert_uint_eq(stats().delivered, 1);
	if (_i) {
		slo_buf_init(&text, 1 << 16);
		ck_assert_int_eq(slo_spool_list(spool, SLO_SPOOL_DEAD, &list, &n), 0);
		ck_assert_uint_eq(n, 1);
		ck_assert_int_eq(slo_spool_read(spool, SLO_SPOOL_DEAD, list[0].name, &text, &m), 0);
		ck_assert_str_eq(m.id, "a1");
		ck_assert_int_eq(m.status, 400);
		ck_assert_str_eq(m.reason, "HTTP 400");
		free(list);
		slo_buf_fini(&text);
	}
	stop();
}
END_TEST

START_TEST(retry_after_is_honoured_for_the_whole_peer)
{
	start(_i);
	say(SLO_DELIVERY_RETRY, 429, 20 * SLO_NS_PER_S);
	say(SLO_DELIVERED, 200, -1);
	w.only = "a";
	put("a", "a1");
	put("b", "b1");
	pass(19.9);
	ck_assert_str_eq(order(), "a1");
	pass(3);
	ck_assert_str_eq(order(), "a1 a1 b1");
	stop();
}
END_TEST

START_TEST(nobody_is_believed_who_says_retry_after_a_year)
{
	start(true);
	say(SLO_DELIVERY_RETRY, 429, 365 * 86400 * SLO_NS_PER_S);
	say(SLO_DELIVERED, 200, -1);
	put("a", "a1");
	pass(3590);
	ck_assert_uint_eq(w.n, 1);
	ck_assert(slo_delivery_settled(d));
	pass(20);
	ck_assert_uint_eq(w.n, 2);
	stop();
}
END_TEST

START_TEST(a_full_queue_drops_what_is_new_and_says_so)
{
	char id[16];

	start(false);
	for (int i = 0; i < 20; i++) {
		snprintf(id, sizeof(id), "m%d", i);
		ck_assert_int_eq(put("a", id), i < 16 ? 0 : -ENOBUFS);
	}
	ck_assert_uint_eq(stats().dropped, 4);
	ck_assert_uint_eq(stats().accepted, 16);
	ck_assert_uint_eq(w.reports, 4);
	ck_assert_str_eq(w.report, "a trigger: lost: the queue is full");
	pass(1);
	ck_assert_uint_eq(w.n, 16);
	stop();
}
END_TEST

START_TEST(what_our_own_configuration_forbids_is_lost_without_a_spool_and_kept_with_one)
{
	start(_i);
	say(SLO_DELIVERY_BLOCKED, 0, -1);
	put("a", "a1");
	pass(2);
	ck_assert_uint_eq(w.n, 1);
	ck_assert(slo_delivery_settled(d));
	ck_assert_uint_eq(stats().failed, !_i);
	ck_assert_uint_eq(stats().waiting, _i != 0);
	stop();
}
END_TEST

START_TEST(a_spool_is_settled_once_all_was_tried_three_times)
{
	start(true);
	say(SLO_DELIVERY_RETRY, 500, -1);
	put("a", "a1");
	pass(0.5);
	ck_assert(!slo_delivery_settled(d));
	pass(20);
	ck_assert_uint_ge(w.n, 3);
	ck_assert(slo_delivery_settled(d));
	put("b", "b1");
	ck_assert(!slo_delivery_settled(d));
	stop();
}
END_TEST

START_TEST(a_message_survives_its_process_and_another_delivers_it)
{
	struct slo_spool_opts so = { .dir = dir };
	struct slo_delivery_opts o = { .seed = 4, .wall = now, .mono = now, .send = send, .report = report };

	start(true);
	say(SLO_DELIVERY_RETRY, 500, -1);
	put("a", "a1");
	put("a", "a2");
	pass(2);
	slo_delivery_free(d);
	slo_spool_close(spool);
	w.n = w.says = 0;
	ck_assert_int_eq(slo_spool_open(&so, &spool, NULL), 0);
	o.spool = spool;
	ck_assert_int_eq(slo_delivery_new(&o, &d), 0);
	pass(2);
	ck_assert_str_eq(order(), "a1 a2");
	stop();
}
END_TEST

START_TEST(two_processes_do_not_deliver_from_one_spool_at_once)
{
	struct slo_spool_opts so = { .dir = dir };
	struct slo_spool *other;
	struct slo_spool_message m = { .id = "x1", .tag = "trigger", .body = SLO_STR("{}") };

	start(true);
	ck_assert_int_eq(slo_spool_open(&so, &other, NULL), 0);
	ck_assert_int_eq(slo_spool_lock(other), 0);
	put("a", "a1");
	pass(5);
	ck_assert_uint_eq(w.n, 0);
	ck_assert(slo_delivery_settled(d));
	ck_assert_uint_eq(stats().waiting, 1);
	/* What the other one puts, and leaves behind, is ours once it is gone. */
	ck_assert_int_eq(slo_spool_put(other, &m, slo_str("x"), w.now, NULL), 0);
	slo_spool_close(other);
	pass(3);
	ck_assert_str_eq(order(), "a1 x1");
	stop();
}
END_TEST

START_TEST(what_is_too_old_is_put_aside_and_counted)
{
	struct slo_delivery_opts o = { .seed = 4, .wall = now, .mono = now, .send = send, .report = report };
	struct slo_spool_opts so = { .dir = dir, .age_ns = 100 * SLO_NS_PER_S };

	start(true);
	slo_delivery_free(d);
	slo_spool_close(spool);
	ck_assert_int_eq(slo_spool_open(&so, &spool, NULL), 0);
	o.spool = spool;
	ck_assert_int_eq(slo_delivery_new(&o, &d), 0);
	w.now = slo_now_wall_ns(); /* ages count from the time of the file */
	say(SLO_DELIVERY_RETRY, 500, -1);
	put("a", "a1");
	pass(200);
	ck_assert_uint_eq(stats().waiting, 0);
	ck_assert_uint_eq(stats().dead, 1);
	stop();
}
END_TEST

START_TEST(in_a_hurry_what_waits_is_tried_at_once_but_a_pause_stays)
{
	int64_t began;

	start(_i);
	say(SLO_DELIVERY_RETRY, 503, -1);
	put("a", "a1");
	put("b", "b1");
	pass(0.1);
	ck_assert_str_eq(order(), "a1 b1");
	slo_delivery_hurry(d);
	pass(0.1);
	ck_assert_str_eq(order(), "a1 b1 a1 b1");
	/* Once only. */
	pass(0.1);
	ck_assert_uint_eq(w.n, 4);
	say(SLO_DELIVERY_RETRY, 429, 30 * SLO_NS_PER_S);
	slo_delivery_hurry(d);
	pass(0.1);
	began = w.now;
	slo_delivery_hurry(d);
	pass(20);
	ck_assert_uint_le(w.n, 6);
	for (size_t i = 0; i < w.n; i++)
		ck_assert_int_le(w.tries[i].at, began);
	stop();
}
END_TEST

static size_t gone_n;
static char gone[256];

static bool is_soft(void *arg, const struct slo_spool_message *m)
{
	(void)arg;
	return strcmp(m->key, "soft") == 0;
}

static void on_gone(void *arg, const struct slo_spool_message *m)
{
	(void)arg;
	gone_n++;
	snprintf(gone + strlen(gone), sizeof(gone) - strlen(gone), "%s ", m->id);
}

/* Bodies of @len bytes in a queue of so many messages and bytes. */
static int put_bytes(const char *key, const char *id, size_t len)
{
	static char zeros[1000];
	struct slo_spool_message m = { .tag = "t", .body = slo_str_n(zeros, len) };

	strcpy(m.id, id);
	return slo_delivery_put(d, &m, slo_str(key));
}

START_TEST(a_queue_may_drop_what_is_expendable_and_then_its_oldest)
{
	const struct slo_delivery_opts o = { .queue_max = 4,
					     .queue_bytes = 1000,
					     .attempts_max = 9,
					     .wall = now,
					     .mono = now,
					     .send = send,
					     .expendable = is_soft,
					     .dropped = on_gone };

	w = (struct world){ .now = 1000 * SLO_NS_PER_S };
	dir[0] = '\0';
	ck_assert_int_eq(slo_delivery_new(&o, &d), 0);
	ck_assert_int_eq(put_bytes("a", "a1", 300), 0);
	ck_assert_int_eq(put_bytes("soft", "s1", 300), 0);
	ck_assert_int_eq(put_bytes("a", "a2", 300), 0);
	ck_assert_uint_eq(stats().bytes, 900);
	/* For bytes: the expendable one goes, not the older one before it. */
	ck_assert_int_eq(put_bytes("b", "b1", 400), 0);
	ck_assert_str_eq(gone, "s1 ");
	ck_assert_int_eq(put_bytes("soft", "s2", 1), -ENOBUFS);
	/* Nothing goes for what would not fit even then. */
	ck_assert_int_eq(put_bytes("a", "a3", 1000 + 1), -ENOBUFS);
	ck_assert_uint_eq(gone_n, 1);
	ck_assert_int_eq(put_bytes("a", "a3", 500), 0);
	ck_assert_str_eq(gone, "s1 a1 a2 ");
	ck_assert_uint_eq(stats().dropped, 5);
	pass(1);
	ck_assert_str_eq(order(), "b1 a3");
	ck_assert_uint_eq(stats().bytes + stats().waiting, 0);
	stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery");
	TCase *t = tcase_create("delivery");
	SRunner *r = srunner_create(suite);
	int failed;

	tcase_add_loop_test(t, messages_go_in_the_order_they_came, 0, 2);
	tcase_add_loop_test(t, the_second_of_an_incident_waits_for_the_first_and_others_do_not, 0, 2);
	tcase_add_test(t, waits_double_and_are_drawn_within_a_quarter);
	tcase_add_test(t, without_a_spool_the_third_attempt_is_the_last);
	tcase_add_loop_test(t, what_is_refused_for_good_is_not_tried_again, 0, 2);
	tcase_add_loop_test(t, retry_after_is_honoured_for_the_whole_peer, 0, 2);
	tcase_add_test(t, nobody_is_believed_who_says_retry_after_a_year);
	tcase_add_test(t, a_full_queue_drops_what_is_new_and_says_so);
	tcase_add_loop_test(t, what_our_own_configuration_forbids_is_lost_without_a_spool_and_kept_with_one, 0, 2);
	tcase_add_test(t, a_spool_is_settled_once_all_was_tried_three_times);
	tcase_add_test(t, a_message_survives_its_process_and_another_delivers_it);
	tcase_add_test(t, two_processes_do_not_deliver_from_one_spool_at_once);
	tcase_add_test(t, what_is_too_old_is_put_aside_and_counted);
	tcase_add_loop_test(t, in_a_hurry_what_waits_is_tried_at_once_but_a_pause_stays, 0, 2);
	tcase_add_test(t, a_queue_may_drop_what_is_expendable_and_then_its_oldest);
	suite_add_tcase(suite, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
