/* SPDX-License-Identifier: MIT */
#include <check.h>

#include "base/rng.h"
#include "io/internal.h"
#include "io/testing.h"

enum { LINES = 4000 };

/* Room for @n lines of 10 bytes, measured, so that no test knows what a line costs. */
static size_t room_for(size_t n)
{
	struct slo_writer_stats st = { 0 };
	struct slo_wqueue q;
	size_t each;

	slo_wqueue_init(&q, 1 << 20);
	slo_wqueue_push(&q, slo_str("123456789\n"), SLO_WRITE_WINDOW, &st);
	each = q.used;
	slo_wqueue_fini(&q, &st);
	return each * n;
}

static void push(struct slo_wqueue *q, enum slo_write_class class, int id, struct slo_writer_stats *st)
{
	char line[16];

	snprintf(line, sizeof(line), "%c%08d\n", class == SLO_WRITE_WINDOW ? 'w' : 'e', id);
	slo_wqueue_push(q, slo_str(line), class, st);
}

static void expect_contents(struct slo_wqueue *q, const char *want)
{
	struct iovec iov[64];
	char got[1024];
	size_t len = 0;
	int n = slo_wqueue_gather(q, iov, 64, sizeof(got));

	for (int i = 0; i < n; i++) {
		memcpy(got + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	got[len] = '\0';
	ck_assert_str_eq(got, want);
}

START_TEST(the_oldest_exemplar_goes_first_and_windows_last)
{
	struct slo_writer_stats st = { 0 };
	struct slo_wqueue q;

	slo_wqueue_init(&q, room_for(4));
	push(&q, SLO_WRITE_WINDOW, 1, &st);
	push(&q, SLO_WRITE_EXEMPLAR, 2, &st);
	push(&q, SLO_WRITE_EXEMPLAR, 3, &st);
	push(&q, SLO_WRITE_WINDOW, 4, &st);
	push(&q, SLO_WRITE_EXEMPLAR, 5, &st);
	expect_contents(&q, "w00000001\ne00000003\nw00000004\ne00000005\n");
	push(&q, SLO_WRITE_WINDOW, 6, &st);
	push(&q, SLO_WRITE_WINDOW, 7, &st);
	expect_contents(&q, "w00000001\nw00000004\nw00000006\nw00000007\n");
	ck_assert_uint_eq(st.dropped[SLO_WRITE_EXEMPLAR], 3);
	push(&q, SLO_WRITE_EXEMPLAR, 8, &st); /* displaces no window */
	ck_assert_uint_eq(st.dropped[SLO_WRITE_EXEMPLAR], 4);
	push(&q, SLO_WRITE_WINDOW, 9, &st);
	expect_contents(&q, "w00000004\nw00000006\nw00000007\nw00000009\n");
	ck_assert_uint_eq(st.dropped[SLO_WRITE_WINDOW], 1);
	ck_assert_uint_eq(st.pending, 4);
	slo_wqueue_fini(&q, &st);
	ck_assert_uint_eq(st.dropped[SLO_WRITE_WINDOW], 5);
	ck_assert_uint_eq(st.pending, 0);
}
END_TEST

START_TEST(a_line_being_written_is_never_dropped)
{
	struct slo_writer_stats st = { 0 };
	struct slo_wqueue q;

	slo_wqueue_init(&q, room_for(2));
	push(&q, SLO_WRITE_EXEMPLAR, 1, &st);
	slo_wqueue_advance(&q, 3, &st);
	push(&q, SLO_WRITE_WINDOW, 2, &st);
	push(&q, SLO_WRITE_WINDOW, 3, &st);
	expect_contents(&q, "000001\nw00000003\n");
	slo_wqueue_advance(&q, 7, &st);
	expect_contents(&q, "w00000003\n");
	ck_assert_uint_eq(st.dropped[SLO_WRITE_EXEMPLAR], 0);
	ck_assert_uint_eq(st.dropped[SLO_WRITE_WINDOW], 1);
	slo_wqueue_fini(&q, &st);
}
END_TEST

START_TEST(a_line_that_cannot_fit_displaces_nothing)
{
	struct slo_writer_stats st = { 0 };
	struct slo_wqueue q;
	char big[512];

	memset(big, 'x', sizeof(big));
	slo_wqueue_init(&q, room_for(3));
	push(&q, SLO_WRITE_WINDOW, 1, &st);
	push(&q, SLO_WRITE_EXEMPLAR, 2, &st);
	slo_wqueue_push(&q, slo_str_n(big, sizeof(big)), SLO_WRITE_WINDOW, &st);
	slo_wqueue_push(&q, slo_str_n(big, room_for(3) - room_for(1)), SLO_WRITE_EXEMPLAR, &st);
	expect_contents(&q, "w00000001\ne00000002\n");
	ck_assert_uint_eq(st.dropped[SLO_WRITE_WINDOW], 1);
	ck_assert_uint_eq(st.dropped[SLO_WRITE_EXEMPLAR], 1);
	slo_wqueue_fini(&q, &st);
}
END_TEST

START_TEST(a_missing_newline_is_added)
{
	struct slo_writer_stats st = { 0 };
	struct slo_wqueue q;

	slo_wqueue_init(&q, 4096);
	slo_wqueue_push(&q, slo_str("a"), SLO_WRITE_WINDOW, &st);
	slo_wqueue_push(&q, slo_str_n(NULL, 0), SLO_WRITE_WINDOW, &st);
	slo_wqueue_push(&q, slo_str("b\n"), SLO_WRITE_WINDOW, &st);
	expect_contents(&q, "a\n\nb\n");
	slo_wqueue_fini(&q, &st);
}
END_TEST

/* Lines queued by a rule spelled out over an array, beside the queue. */
struct model {
	struct {
		int id, class;
	} line[LINES];
	size_t count, max;
	uint64_t dropped[SLO_WRITE_CLASS__COUNT];
	size_t off; /* bytes written of the first line */
};

static void model_remove(struct model *m, size_t i)
{
	m->count--;
	memmove(&m->line[i], &m->line[i + 1], (m->count - i) * sizeof(m->line[0]));
}

static void model_push(struct model *m, int class, int id)
{
	size_t victim = LINES;

	if (m->count == m->max) {
		for (int c = 0; c <= class && victim == LINES; c++) {
			for (size_t i = m->off > 0; i < m->count && victim == LINES; i++)
				victim = m->line[i].class == c ? i : LINES;
		}
		m->dropped[victim == LINES ? class : m->line[victim].class]++;
		if (victim == LINES)
			return;
		model_remove(m, victim);
	}
	m->line[m->count].id = id;
	m->line[m->count++].class = class;
}

static void model_advance(struct model *m, size_t n)
{
	m->off += n;
	while (m->off >= 10) {
		m->off -= 10;
		model_remove(m, 0);
	}
}

static void compare(struct slo_wqueue *q, const struct model *m, const struct slo_writer_stats *st)
{
	struct iovec iov[64];
	int n = slo_wqueue_gather(q, iov, 64, SIZE_MAX);

	ck_assert_int_eq(n, (int)m->count);
	for (int i = 0; i < n; i++) {
		size_t off = i == 0 ? m->off : 0;
		char want[16];

		snprintf(want, sizeof(want), "%c%08d\n", m->line[i].class ? 'w' : 'e', m->line[i].id);
		ck_assert_uint_eq(iov[i].iov_len, 10 - off);
		ck_assert(memcmp(iov[i].iov_base, want + off, 10 - off) == 0);
	}
	ck_assert_uint_eq(st->pending, m->count);
	ck_assert_uint_eq(st->dropped[0], m->dropped[0]);
	ck_assert_uint_eq(st->dropped[1], m->dropped[1]);
}

START_TEST(the_queue_does_what_the_rule_says)
{
	static struct model m;
	struct slo_writer_stats st = { 0 };
	struct slo_wqueue q;
	struct slo_rng g;

	slo_rng_seed(&g, (uint64_t)_i);
	m = (struct model){ .max = 1 + slo_rng_below(&g, 20) };
	slo_wqueue_init(&q, room_for(m.max));
	for (int id = 0; id < LINES; id++) {
		int class = (int)slo_rng_below(&g, 3) == 0;
		size_t n = slo_rng_below(&g, 25), have = m.count * 10 - m.off;

		push(&q, (enum slo_write_class)class, id, &st);
		model_push(&m, class, id);
		compare(&q, &m, &st);
		have = m.count * 10 - m.off;
		n = n < have ? n : have;
		slo_wqueue_advance(&q, n, &st);
		model_advance(&m, n);
		compare(&q, &m, &st);
	}
	slo_wqueue_fini(&q, &st);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("io/writer_queue");
	TCase *t = tcase_create("writer_queue");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_oldest_exemplar_goes_first_and_windows_last);
	tcase_add_test(t, a_line_being_written_is_never_dropped);
	tcase_add_test(t, a_line_that_cannot_fit_displaces_nothing);
	tcase_add_test(t, a_missing_newline_is_added);
	tcase_add_loop_test(t, the_queue_does_what_the_rule_says, 0, 8);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
