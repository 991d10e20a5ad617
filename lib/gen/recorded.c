/* SPDX-License-Identifier: MIT */
#include "gen/recorded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define OPT SLO_REC_OPT
#define REQ 0
#define NAME_ITEM(id, name) name,

enum { ID_MAX = 200 };

static const char *const split_names[] = { SLO_SPLITS(NAME_ITEM) };
static const char *const stratum_names[] = { SLO_STRATA(NAME_ITEM) };
static const char *const stream_names[] = { SLO_STREAMS(NAME_ITEM) };

const struct slo_enum slo_split_enum = { split_names, SLO_SPLIT__COUNT };
const struct slo_enum slo_stratum_enum = { stratum_names, SLO_STRATUM__COUNT };
const struct slo_enum slo_stream_enum = { stream_names, SLO_STREAM__COUNT };

static const struct slo_rec_field fault_fields[] = {
#define T struct slo_recorded_fault
	SLO_F_STR(T, fault, REQ, "what was injected"),
	SLO_F_ENUM(T, domain, REQ, &slo_domain_enum, "the domain it belongs to"),
	SLO_F_I64(T, severity, REQ, SLO_RANGE(1, 5), "as asked for, 1 to 5"),
	SLO_F_STR(T, label_id, OPT, "of its fault_label records"),
#undef T
};
static SLO_REC_DEFINE(fault_rec, struct slo_recorded_fault, "fault", fault_fields, "One injected fault.");

static const struct slo_rec_field phase_fields[] = {
#define T struct slo_recorded_phase
	SLO_F_U64(T, valid, REQ, "requests that count"),
	SLO_F_U64(T, bad, REQ, "of those, not good"),
	SLO_F_F64(T, bad_ratio, OPT, SLO_RANGE(0, 1), "bad / valid; absent without a valid request"),
#undef T
};
static SLO_REC_DEFINE(phase_rec, struct slo_recorded_phase, "phase", phase_fields, "Requests of one phase, worst SLI.");

static const struct slo_rec_field impact_fields[] = {
#define T struct slo_recorded_impact
	SLO_F_OBJ(T, baseline, struct slo_recorded_phase, &phase_rec, "before the fault"),
	SLO_F_OBJ(T, fault, struct slo_recorded_phase, &phase_rec, "while it was in force"),
	SLO_F_OBJ(T, recovery, struct slo_recorded_phase, &phase_rec, "after it"),
#undef T
};
static SLO_REC_DEFINE(impact_rec, struct slo_recorded_impact, "impact", impact_fields, "Requests by phase.");

static const struct slo_rec_field pair_fields[] = {
#define T struct slo_recorded_pair
	SLO_F_STR(T, tracing, OPT, "of the agent with the best rungs"),
	SLO_F_STR(T, host, OPT, "of the agent without tracing"),
#undef T
};
static SLO_REC_DEFINE(pair_rec, struct slo_recorded_pair, "pair", pair_fields, "One text for each stream.");

static const struct slo_rec_field recorded_fields[] = {
#define T struct slo_recorded
	SLO_F_I64(T, v, REQ, SLO_RANGE(1, 1), "version of this format"),
	SLO_F_STR(T, id, REQ, "unique; the folder of its files"),
	SLO_F_STR(T, place, REQ, "where it was recorded: host, or the kernel line of a virtual machine"),
	SLO_F_STR(T, kernel, REQ, "kernel release"),
	SLO_F_STR(T, profile, REQ, "workload"),
	SLO_F_STR(T, run, REQ, "machine session it was recorded in"),
	SLO_F_ENUM(T, split, REQ, &slo_split_enum, "which part of the work it is for"),
	SLO_F_ENUM(T, stratum, REQ, &slo_stratum_enum, "what it is a case of"),
	SLO_F_OBJS(T, faults, faults_count, struct slo_recorded_fault, REQ, &fault_rec, "what was injected"),
	SLO_F_ENUMS(T, domains, domains_count, REQ, &slo_domain_enum, "distinct domains of the faults"),
	SLO_F_BOOL(T, positive, REQ, "an objective was really missed during the fault"),
	SLO_F_STR(T, service, REQ, "service label of the records"),
	SLO_F_I64(T, seed, REQ, SLO_ANY, "of load and injection"),
	SLO_F_STR(T, objective, REQ, "objectives in the form of --objective, joined by ;"),
	SLO_F_I64(T, start_ns, REQ, SLO_RANGE(0, 9.2e18), "start of the baseline, Unix ns"),
	SLO_F_I64(T, fault_start_ns, REQ, SLO_RANGE(0, 9.2e18), "earliest fault in force, Unix ns"),
	SLO_F_I64(T, fault_end_ns, REQ, SLO_RANGE(0, 9.2e18), "latest fault undone, Unix ns"),
	SLO_F_I64(T, end_ns, REQ, SLO_RANGE(0, 9.2e18), "end of the recovery, Unix ns"),
	SLO_F_OBJ(T, impact, struct slo_recorded_impact, &impact_rec, "requests of the worst SLI by phase"),
	SLO_F_OBJ(T, streams, struct slo_recorded_pair, &pair_rec, "files below the set's folder"),
	SLO_F_OBJ(T, sha256, struct slo_recorded_pair, &pair_rec, "their checksums, hex"),
#undef T
};
SLO_REC_DEFINE(slo_recorded_rec, struct slo_recorded, "recorded_incident", recorded_fields, "One recorded incident.");

static int refuse(struct slo_err *err, const char *member, const char *why)
{
	slo_err_set(err, -EINVAL, "%s", why);
	slo_err_at(err, "%s", member);
	return -EINVAL;
}

static bool id_is_clean(struct slo_str id)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.+-";

	if (id.len == 0 || id.len > ID_MAX || id.p[0] == '.')
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!memchr(allowed, id.p[i], sizeof(allowed) - 1))
			return false;
	return true;
}

/* A relative path that stays below where it starts. */
static bool path_stays_inside(struct slo_str path)
{
	size_t part = 0;

	for (size_t i = 0; i <= path.len; i++) {
		if (i < path.len && path.p[i] != '/')
			continue;
		if (i == part || (i == part + 2 && memcmp(path.p + part, "..", 2) == 0))
			return false;
		part = i + 1;
	}
	return true;
}

static bool is_sha256(struct slo_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!memchr("0123456789abcdef", s.p[i], 16))
			return false;
	return s.len == 64;
}

static int check_streams(const struct slo_recorded *r, struct slo_err *err)
{
	for (int i = 0; i < SLO_STREAM__COUNT; i++) {
		struct slo_str path = slo_recorded_stream(r, i), sum = slo_recorded_sha256(r, i);

		if (path.p && !path_stays_inside(path))
			return refuse(err, "streams", "want a path below the manifest's folder");
		if (path.p && !is_sha256(sum))
			return refuse(err, "sha256", "want 64 hex digits for each stream");
	}
	return 0;
}

/* What the table cannot tell. */
static int check(const struct slo_recorded *r, struct slo_err *err)
{
	if (!id_is_clean(r->id))
		return refuse(err, "id", "want 1 to 200 of a-z 0-9 _ . + -, not beginning with a dot");
	if (r->fault_start_ns < r->start_ns)
		return refuse(err, "fault_start_ns", "is before start_ns");
	if (r->fault_end_ns <= r->fault_start_ns)
		return refuse(err, "fault_end_ns", "is not after fault_start_ns");
	if (r->end_ns < r->fault_end_ns)
		return refuse(err, "end_ns", "is before fault_end_ns");
	return check_streams(r, err);
}

int slo_recorded_parse(struct slo_str line, struct slo_recorded *out, struct slo_err *err)
{
	slo_autofree char *text = line.len <= SLO_RECORDED_LINE ? malloc(line.len + 1) : NULL;
	struct slo_recorded r;
	struct slo_rec_ctx ctx;
	int rc;

	if (line.len > SLO_RECORDED_LINE)
		return slo_err_set(err, -EINVAL, "longer than %d bytes", SLO_RECORDED_LINE);
	if (!text)
		return -ENOMEM;
	memcpy(text, line.p, line.len);
	text[line.len] = '\0';
	slo_rec_ctx_init(&ctx);
	slo_rec_clear(&slo_recorded_rec, &r);
	rc = slo_rec_decode(&ctx, &slo_recorded_rec, text, line.len, &r, err);
	if (rc == 0 && ctx.truncated)
		rc = refuse(err, "faults", "more elements than can be held");
	rc = rc ? rc : check(&r, err);
	if (rc) {
		slo_rec_ctx_fini(&ctx);
		return rc;
	}
	r.text = SLO_TAKE(text);
	r.ctx = ctx;
	*out = r;
	return 0;
}

void slo_recorded_fini(struct slo_recorded *r)
{
	slo_rec_ctx_fini(&r->ctx);
	free(r->text);
	r->text = NULL;
}

static struct slo_str of_stream(const struct slo_recorded_pair *p, int stream)
{
	return stream == SLO_STREAM_HOST ? p->host : p->tracing;
}

struct slo_str slo_recorded_stream(const struct slo_recorded *r, int stream)
{
	return of_stream(&r->streams, stream);
}

struct slo_str slo_recorded_sha256(const struct slo_recorded *r, int stream)
{
	return of_stream(&r->sha256, stream);
}

bool slo_recorded_has_fault(const struct slo_recorded *r, struct slo_str fault)
{
	for (uint32_t i = 0; i < r->faults_count; i++)
		if (slo_str_eq(r->faults[i].fault, fault))
			return true;
	return false;
}

bool slo_recorded_has_domain(const struct slo_recorded *r, int domain)
{
	for (uint32_t i = 0; i < r->domains_count; i++)
		if (r->domains[i] == domain)
			return true;
	return false;
}

static int grow(struct slo_recorded_set *set)
{
	uint32_t cap = set->cap ? set->cap * 2 : 64;
	struct slo_recorded *items;

	if (set->count < set->cap)
		return 0;
	items = reallocarray(set->items, cap, sizeof(*items));
	if (!items)
		return -ENOMEM;
	set->items = items;
	set->cap = cap;
	return 0;
}

int slo_recorded_set_add(struct slo_recorded_set *set, struct slo_str line, struct slo_err *err)
{
	struct slo_recorded *r;
	int rc = grow(set);

	if (rc)
		return rc;
	if (set->count >= SLO_RECORDED_MAX)
		return slo_err_set(err, -E2BIG, "more than %d incidents", SLO_RECORDED_MAX);
	r = &set->items[set->count];
	rc = slo_recorded_parse(line, r, err);
	if (rc)
		return rc;
	for (uint32_t i = 0; i < set->count; i++) {
		if (!slo_str_eq(set->items[i].id, r->id))
			continue;
		slo_err_set(err, -EEXIST, "%.*s is there already", SLO_STR_ARG(r->id));
		slo_err_at(err, "id");
		slo_recorded_fini(r);
		return -EEXIST;
	}
	set->count++;
	return 0;
}

void slo_recorded_set_fini(struct slo_recorded_set *set)
{
	for (uint32_t i = 0; i < set->count; i++)
		slo_recorded_fini(&set->items[i]);
	free(set->items);
	*set = (struct slo_recorded_set){ NULL, 0, 0 };
}
