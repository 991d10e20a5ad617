/* SPDX-License-Identifier: MIT */
/*
 * Bodies for another implementation of OTLP to read, and bodies of its own to be read here: scripts/check-otlp. By
 * itself it checks that what it would write can be read.
 *
 *   otlp_peer_test write DIR    writes DIR/SIGNAL.pb and .json of random records, and DIR/SIGNAL.ndjson, the records
 *   otlp_peer_test read SIGNAL pb|json FILE    the records of a body, as lines
 */
#include "net/otlp_in.h"
#include "net/otlp_out.h"
#include "net/test_records.h"

#include <check.h>
#include <stdlib.h>

enum { RECORDS = 40 };

static struct records world;
static struct slo_event ev;
static struct slo_buf lines[SLO_OTLP_SIGNAL__COUNT], bodies[SLO_OTLP_SIGNAL__COUNT][SLO_OTLP_ENCODING__COUNT], got;

/* Records of all kinds, the same each time, as lines and as bodies. */
static int make(void)
{
	struct slo_otlp_out_opts o = { .tool = SLO_STR("agent"), .items_max = 10000 };
	struct slo_otlp_out *out[SLO_OTLP_ENCODING__COUNT];
	int r = 0;

	for (int e = 0; e < SLO_OTLP_ENCODING__COUNT; e++)
		if (slo_otlp_out_new(&o, &out[e]))
			return -1;
	slo_rng_seed(&world.rng, 7);
	for (int s = 0; s < SLO_OTLP_SIGNAL__COUNT; s++)
		slo_buf_init(&lines[s], 64 << 20);
	for (int i = 0; i < RECORDS * SLO_KIND__COUNT && r == 0; i++) {
		records_event(&world, i % SLO_KIND__COUNT, &ev);
		for (int e = 0; e < SLO_OTLP_ENCODING__COUNT && r == 0; e++)
			r = slo_otlp_out_put(out[e], &ev, INT64_C(1771666200000000000), NULL);
		if (r == 0)
			r = slo_event_encode(&ev, &lines[slo_otlp_out_signal(ev.kind)]);
	}
	for (int s = 0; s < SLO_OTLP_SIGNAL__COUNT; s++)
		for (int e = 0; e < SLO_OTLP_ENCODING__COUNT && r == 0; e++) {
			slo_buf_init(&bodies[s][e], 64 << 20);
			r = slo_otlp_out_take(out[e], s, e, &bodies[s][e]);
		}
	for (int e = 0; e < SLO_OTLP_ENCODING__COUNT; e++)
		slo_otlp_out_free(out[e]);
	return r;
}

static void collect(void *arg, const struct slo_event *e)
{
	(void)arg;
	if (slo_event_encode(e, &got))
		abort();
}

static int take_in(int signal, int encoding, struct slo_str body)
{
	struct slo_otlp_in_opts o = { .emit = collect, .window_ns = -1 };
	struct slo_otlp_answer answer = { 0 };
	struct slo_err err = { .what = "" };
	struct slo_otlp_in *in;
	int r = slo_otlp_in_new(&o, &in);

	slo_buf_init(&got, 64 << 20);
	if (r == 0)
		r = slo_otlp_in_body(in, signal, encoding, body, &answer, &err);
	if (r || answer.rejected)
		fprintf(stderr, "%s: %s; %lld rejected: %.*s\n", err.where, err.what, (long long)answer.rejected,
			SLO_STR_ARG(answer.message));
	slo_otlp_in_free(in);
	return r ? r : answer.rejected ? -1 : 0;
}

static int write_file(const char *dir, const char *signal, const char *end, const struct slo_buf *b)
{
	char path[512];
	FILE *f;
	int r;

	snprintf(path, sizeof(path), "%s/%s.%s", dir, signal, end);
	f = fopen(path, "wb");
	if (!f)
		return 1;
	r = fwrite(b->data, 1, b->len, f) != b->len;
	return fclose(f) || r;
}

static int write_all(const char *dir)
{
	int r = make() != 0;

	for (int s = 0; s < SLO_OTLP_SIGNAL__COUNT && r == 0; s++) {
		const char *name = slo_otlp_signal_enum.names[s];

		r = write_file(dir, name, "pb", &bodies[s][SLO_OTLP_PROTOBUF]) ||
		    write_file(dir, name, "json", &bodies[s][SLO_OTLP_JSON]) ||
		    write_file(dir, name, "ndjson", &lines[s]);
	}
	return r;
}

static int read_one(const char *signal, const char *encoding, const char *path)
{
	struct slo_buf body;
	FILE *f = fopen(path, "rb");
	char part[4096];
	size_t n;

	if (!f)
		return 1;
	slo_buf_init(&body, 64 << 20);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		slo_buf_add(&body, part, n);
	fclose(f);
	if (take_in(slo_enum_find(&slo_otlp_signal_enum, slo_str(signal)),
		    strcmp(encoding, "json") == 0 ? SLO_OTLP_JSON : SLO_OTLP_PROTOBUF, slo_buf_str(&body)))
		return 1;
	return fwrite(got.data, 1, got.len, stdout) != got.len;
}

START_TEST(bodies_in_both_encodings_give_the_same_records)
{
	ck_assert_int_eq(make(), 0);
	for (int s = 0; s < SLO_OTLP_SIGNAL__COUNT; s++) {
		struct slo_buf first;

		ck_assert_int_eq(take_in(s, SLO_OTLP_PROTOBUF, slo_buf_str(&bodies[s][SLO_OTLP_PROTOBUF])), 0);
		first = got;
		ck_assert_int_eq(take_in(s, SLO_OTLP_JSON, slo_buf_str(&bodies[s][SLO_OTLP_JSON])), 0);
		ck_assert_uint_eq(first.len, lines[s].len);
		ck_assert(slo_str_eq(slo_buf_str(&first), slo_buf_str(&got)));
		slo_buf_fini(&first);
		slo_buf_fini(&got);
	}
}
END_TEST

int main(int argc, char **argv)
{
	Suite *s;
	TCase *t;
	SRunner *r;
	int failed;

	if (argc == 3 && strcmp(argv[1], "write") == 0)
		return write_all(argv[2]);
	if (argc == 5 && strcmp(argv[1], "read") == 0)
		return read_one(argv[2], argv[3], argv[4]);
	s = suite_create("otlp_peer");
	t = tcase_create("peer");
	r = srunner_create(s);
	tcase_add_test(t, bodies_in_both_encodings_give_the_same_records);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
