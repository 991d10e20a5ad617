/* SPDX-License-Identifier: MIT */
/* The table against a model that does everything by looking at all entries. */
#include "base/table.h"

#include "base/rng.h"

#include <check.h>
#include <string.h>

enum { MAX = 24, KEYS = 60, STEPS = 40000 };

struct entry {
	uint32_t key, pad;
	uint64_t value;
};

/* Entries from the least to the most recently used. */
struct model {
	struct entry e[MAX];
	uint32_t count;
	uint64_t evicted;
	uint32_t last_evicted; /* key */
};

static int model_find(const struct model *m, uint32_t key)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (m->e[i].key == key)
			return (int)i;
	return -1;
}

static void model_remove(struct model *m, int at)
{
	memmove(&m->e[at], &m->e[at + 1], (m->count - (uint32_t)at - 1) * sizeof(m->e[0]));
	m->count--;
}

static void model_touch(struct model *m, int at)
{
	struct entry e = m->e[at];

	model_remove(m, at);
	m->e[m->count++] = e;
}

/* Return: true when it was made. */
static bool model_get(struct model *m, uint32_t key)
{
	int at = model_find(m, key);

	if (at >= 0) {
		model_touch(m, at);
		return false;
	}
	if (m->count == MAX) {
		m->last_evicted = m->e[0].key;
		m->evicted++;
		model_remove(m, 0);
	}
	m->e[m->count++] = (struct entry){ .key = key };
	return true;
}

static void note_evicted(void *arg, void *entry)
{
	*(uint32_t *)arg = ((const struct entry *)entry)->key;
}

static void compare(const struct slo_table *t, const struct model *m)
{
	const struct entry *e = slo_table_oldest(t);

	ck_assert_uint_eq(t->count, m->count);
	ck_assert_uint_eq(t->evicted, m->evicted);
	for (uint32_t i = 0; i < m->count; i++) {
		ck_assert_ptr_nonnull(e);
		ck_assert_uint_eq(e->key, m->e[i].key);
		ck_assert_uint_eq(e->value, m->e[i].value);
		ck_assert_ptr_eq(slo_table_find(t, &m->e[i].key), e);
		e = slo_table_newer(t, e);
	}
	ck_assert_ptr_null(e);
}

static void step(struct slo_table *t, struct model *m, struct slo_rng *rng)
{
	uint32_t key = (uint32_t)slo_rng_below(rng, KEYS), evicted = UINT32_MAX;
	struct entry *e = slo_table_find(t, &key);
	int at = model_find(m, key);
	bool created;

	ck_assert_int_eq(e != NULL, at >= 0);
	switch (slo_rng_below(rng, 5)) {
	case 0:
		if (e) {
			slo_table_del(t, e);
			model_remove(m, at);
		}
		break;
	case 1:
		if (e) {
			slo_table_touch(t, e);
			model_touch(m, at);
		}
		break;
	default:
		m->last_evicted = UINT32_MAX;
		e = slo_table_get(t, &key, &created, note_evicted, &evicted);
		ck_assert_int_eq(created, model_get(m, key));
		ck_assert_uint_eq(evicted, m->last_evicted);
		ck_assert_uint_eq(e->key, key);
		if (created)
			ck_assert_uint_eq(e->value, 0);
		e->value = m->e[m->count - 1].value = slo_rng_u64(rng);
	}
}

START_TEST(behaves_as_the_model_does)
{
	struct model m = { .count = 0 };
	struct slo_table t;
	struct slo_rng rng;

	slo_rng_seed(&rng, (uint64_t)_i);
	ck_assert_int_eq(slo_table_init(&t, sizeof(uint32_t), sizeof(struct entry), MAX, (uint64_t)_i), 0);
	for (int i = 0; i < STEPS; i++) {
		step(&t, &m, &rng);
		if (i % 16 == 0)
			compare(&t, &m);
	}
	compare(&t, &m);
	ck_assert_uint_gt(t.evicted, 1000);
	slo_table_fini(&t);
}
END_TEST

START_TEST(holds_one_entry_at_least)
{
	uint32_t evicted = 0;
	struct slo_table t;
	bool created;

	ck_assert_int_eq(slo_table_init(&t, sizeof(uint32_t), sizeof(struct entry), 1, 0), 0);
	ck_assert_ptr_null(slo_table_oldest(&t));
	for (uint32_t key = 1; key <= 3; key++) {
		ck_assert_ptr_nonnull(slo_table_get(&t, &key, &created, note_evicted, &evicted));
		ck_assert(created);
		ck_assert_uint_eq(evicted, key - 1);
		ck_assert_uint_eq(t.count, 1);
	}
	/* Without anybody to tell. */
	ck_assert_ptr_nonnull(slo_table_get(&t, &evicted, &created, NULL, NULL));
	ck_assert_uint_eq(t.evicted, 3);
	slo_table_fini(&t);
}
END_TEST

START_TEST(entries_never_move)
{
	struct entry *e[MAX];
	struct slo_table t;
	bool created;

	ck_assert_int_eq(slo_table_init(&t, sizeof(uint32_t), sizeof(struct entry), MAX, 9), 0);
	for (uint32_t i = 0; i < MAX; i++)
		e[i] = slo_table_get(&t, &i, &created, NULL, NULL);
	for (uint32_t i = 0; i < MAX; i++) {
		ck_assert_uint_eq(e[i]->key, i);
		ck_assert_ptr_eq(slo_table_get(&t, &i, &created, NULL, NULL), e[i]);
		ck_assert(!created);
	}
	slo_table_fini(&t);
}
END_TEST

START_TEST(the_hash_depends_on_every_byte_and_the_seed)
{
	unsigned char bytes[40] = { 0 };

	for (size_t len = 0; len <= sizeof(bytes); len++) {
		uint64_t h = slo_hash(bytes, len, 1);

		ck_assert(h != slo_hash(bytes, len, 2));
		for (size_t i = 0; i < len; i++) {
			bytes[i] = 1;
			ck_assert(h != slo_hash(bytes, len, 1));
			bytes[i] = 0;
		}
		if (len)
			ck_assert(h != slo_hash(bytes, len - 1, 1));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base/table");
	TCase *t = tcase_create("table");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, behaves_as_the_model_does, 0, 4);
	tcase_add_test(t, holds_one_entry_at_least);
	tcase_add_test(t, entries_never_move);
	tcase_add_test(t, the_hash_depends_on_every_byte_and_the_seed);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
