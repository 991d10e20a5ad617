/* SPDX-License-Identifier: MIT */
/* The manifest of recorded incidents, what is chosen of it, and the truth as cases. */
#include "benchgen.h"

#include "attribute/guess.h"
#include "base/cleanup.h"
#include "io/reader.h"

#include <errno.h>
#include <stdlib.h>

int bench_alloc(struct bench *b, size_t n)
{
	b->items = calloc(n ? n : 1, sizeof(*b->items));
	b->cases = calloc(n ? n : 1, sizeof(*b->cases));
	if (!b->items || !b->cases)
		return -ENOMEM;
	for (int m = 0; m < METHOD__COUNT; m++) {
		b->out[m] = calloc(n ? n : 1, sizeof(*b->out[m]));
		if (!b->out[m])
			return -ENOMEM;
		for (size_t i = 0; i < n; i++)
			slo_outcome_init(&b->out[m][i]);
	}
	return 0;
}

void bench_model(struct bench *b, struct slo_str model)
{
	if (!b->model[0])
		slo_str_copy(b->model, sizeof(b->model), model);
	else if (model.len && !slo_str_is(model, b->model))
		slo_str_copy(b->model, sizeof(b->model), slo_str("several"));
}

static int read_manifest(struct bench *b, const char *path, struct slo_err *err)
{
	struct slo_reader *in = NULL;
	struct slo_str line;
	int r = slo_reader_open(path, &in, err), got = 0;

	while (!r && (got = slo_reader_next(in, &line, -1)) != SLO_READ_EOF) {
		if (got < 0)
			r = slo_err_set(err, got, "%s", slo_reader_why(in, got));
		else if (got == SLO_READ_TOO_LONG)
			r = slo_err_set(err, -EINVAL, "too long");
		else if (got == SLO_READ_LINE)
			r = slo_recorded_set_add(&b->set, line, err);
		if (r)
			slo_err_at(err, "%s:%llu", path, (unsigned long long)slo_reader_line(in));
	}
	slo_reader_close(in);
	return r;
}

static bool in_scenario(const struct slo_recorded *r, int scenario)
{
	struct slo_recorded_filter f = SLO_RECORDED_ANY;

	switch (scenario) {
	case SCENARIO_ALL:
		return true;
	case SCENARIO_MIXED_FAULTS:
		return r->stratum == SLO_STRATUM_SINGLE;
	case SCENARIO_MIXED_MULTI:
		return r->stratum == SLO_STRATUM_DUAL || r->stratum == SLO_STRATUM_TRIPLE;
	default:
		f.scenario = benchgen_scenarios[scenario];
		if (strcmp(f.scenario, "egress_drop") == 0) /* its name in the published toolkit */
			f.scenario = "egress_loss";
		return slo_recorded_matches(r, &f, -1);
	}
}

static bool in_split(const struct slo_recorded *r, int split)
{
	return split == SPLIT_ALL || r->split == split;
}

static void case_of(const struct slo_recorded *r, struct slo_case *c)
{
	*c = (struct slo_case){ .positive = r->positive == 1, .timed = true, .start_ns = r->start_ns,
				.fault_start_ns = r->fault_start_ns, .fault_end_ns = r->fault_end_ns,
				.end_ns = r->end_ns };
	if (r->stratum == SLO_STRATUM_HEALTHY)
		return;
	for (uint32_t i = 0; i < r->domains_count; i++)
		c->truth |= 1u << r->domains[i];
	if (c->truth & ~(1u << SLO_DOMAIN_UNKNOWN))
		c->truth &= ~(1u << SLO_DOMAIN_UNKNOWN); /* a named cause beside an outside one */
	if (!c->truth)
		c->truth = 1u << SLO_DOMAIN_UNKNOWN;
}

static int name_item(const struct slo_recorded *r, struct item *it)
{
	struct slo_buf text;

	slo_buf_init(&text, 4096);
	for (uint32_t i = 0; i < r->faults_count; i++) {
		slo_buf_adds(&text, i ? "+" : "");
		slo_buf_add(&text, r->faults[i].fault.p, r->faults[i].fault.len);
	}
	if (!r->faults_count)
		slo_buf_adds(&text, "healthy");
	it->rec = r;
	it->scenario = text.err ? NULL : strdup(text.data);
	it->id = strndup(r->id.p, r->id.len);
	it->live = true;
	slo_buf_fini(&text);
	return it->scenario && it->id ? 0 : -ENOMEM;
}

static int by_id(const void *a, const void *b)
{
	const struct slo_recorded *x = *(const struct slo_recorded *const *)a;
	const struct slo_recorded *y = *(const struct slo_recorded *const *)b;
	int r = memcmp(x->id.p, y->id.p, x->id.len < y->id.len ? x->id.len : y->id.len);

	return r ? r : (x->id.len > y->id.len) - (x->id.len < y->id.len);
}

static int choose(struct bench *b, const struct slo_recorded **chosen, uint64_t *faulty)
{
	const struct options *o = b->o;
	size_t n = 0;

	for (uint32_t i = 0; i < b->set.count; i++) {
		const struct slo_recorded *r = &b->set.items[i];
		bool healthy = r->stratum == SLO_STRATUM_HEALTHY;

		if (!in_split(r, o->split) || !(healthy || in_scenario(r, o->scenario)))
			continue;
		if (!slo_recorded_stream(r, o->stream).len) {
			b->without_stream++;
			continue;
		}
		*faulty += !healthy;
		chosen[n++] = r;
	}
	qsort(chosen, n, sizeof(*chosen), by_id);
	return (int)n;
}

/* What most training incidents were, whatever is chosen now. */
static int find_majority(struct bench *b)
{
	struct slo_case *train = calloc(b->set.count ? b->set.count : 1, sizeof(*train));
	size_t n = 0;

	if (!train)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->set.count; i++)
		if (b->set.items[i].split == SLO_SPLIT_TRAIN) {
			case_of(&b->set.items[i], &train[n]);
			b->train += train[n].positive;
			n++;
		}
	slo_guess_majority(train, n, &b->majority);
	free(train);
	return 0;
}

/* Which bytes were scored: the manifest and the streams chosen of it. */
static int digest(struct bench *b, const char *manifest, struct slo_err *err)
{
	struct slo_buf all;
	int r = slo_sha256_file(manifest, b->manifest_sha256, err);

	slo_buf_init(&all, REPORT_MAX);
	slo_buf_addf(&all, "manifest %s\n", b->manifest_sha256);
	for (size_t i = 0; i < b->count; i++)
		slo_buf_addf(&all, "%s %s %.*s\n", b->items[i].id, slo_enum_name(&slo_stream_enum, b->o->stream),
			     SLO_STR_ARG(slo_recorded_sha256(b->items[i].rec, b->o->stream)));
	if (!r)
		r = all.err ? all.err : slo_sha256(slo_buf_str(&all), b->dataset_sha256);
	slo_buf_fini(&all);
	return r;
}

static int take(struct bench *b, const struct slo_recorded **chosen, size_t n)
{
	int r = bench_alloc(b, n);

	b->count = r ? 0 : n;
	for (size_t i = 0; i < n && !r; i++) {
		case_of(chosen[i], &b->cases[i]);
		r = name_item(chosen[i], &b->items[i]);
	}
	return r ? r : find_majority(b);
}

int dataset_load(struct bench *b, struct slo_err *err)
{
	slo_autofree char *path = NULL;
	slo_autofree const struct slo_recorded **chosen = NULL;
	uint64_t faulty = 0;
	int n, r;

	if (asprintf(&path, "%s/manifest.jsonl", b->o->incidents) < 0)
		return slo_err_set(err, -ENOMEM, "out of memory");
	r = read_manifest(b, path, err);
	if (r)
		return r;
	chosen = calloc(b->set.count ? b->set.count : 1, sizeof(*chosen));
	if (!chosen)
		return slo_err_set(err, -ENOMEM, "out of memory");
	n = choose(b, chosen, &faulty);
	if (!faulty) {
		slo_err_at(err, "%s", path);
		return slo_err_set(err, -ENOENT, "no incident of scenario %s in split %s with a stream %s",
				   benchgen_scenarios[b->o->scenario], benchgen_splits[b->o->split],
				   slo_enum_name(&slo_stream_enum, b->o->stream));
	}
	r = take(b, chosen, (size_t)n);
	if (!r)
		r = digest(b, path, err);
	return r ? slo_err_set(err, r, "%s", slo_strerror(r)) : 0;
}

char *dataset_stream(const struct bench *b, size_t i)
{
	struct slo_str name = slo_recorded_stream(b->items[i].rec, b->o->stream);
	char *path;

	return asprintf(&path, "%s/%.*s", b->o->incidents, SLO_STR_ARG(name)) < 0 ? NULL : path;
}
