/* SPDX-License-Identifier: MIT */
/* For tests only: a record with one member of every type there is. */
#ifndef SLO_REC_SINK_H
#define SLO_REC_SINK_H

#include "rec/rec.h"

struct sink_inner {
	struct slo_str name;
	double share; /* opt; 0..1 */
};

struct sink {
	struct slo_str s, s_opt;
	double f, f_opt;
	int64_t i, i_opt, t, t_opt;
	int32_t n, n_opt;
	uint64_t u;
	int b, b_opt, e, e_opt;
	struct slo_value v, v_opt;
	struct sink_inner obj, obj_opt;
	bool has_obj_opt;
	struct sink_inner objs[3];
	uint32_t objs_count;
	struct slo_str strs[3];
	uint32_t strs_count;
	int enums[3];
	uint32_t enums_count;
	uint64_t u64s[4];
	uint32_t u64s_count;
	struct slo_pair map[3];
	uint32_t map_count;
	struct slo_num_pair nums[3];
	uint32_t nums_count;
};

static const char *const sink_names[] = { "red", "green", "blue", "green-blue" };
static const struct slo_enum sink_enum = { sink_names, 4 };

static const struct slo_rec_field sink_inner_fields[] = {
	SLO_F_STR(struct sink_inner, name, 0, "a name"),
	SLO_F_F64(struct sink_inner, share, SLO_REC_OPT, SLO_RANGE(0, 1), "a share"),
};
static SLO_REC_DEFINE(sink_inner_rec, struct sink_inner, "inner", sink_inner_fields, "nested");

static const struct slo_rec_field sink_fields[] = {
#define T struct sink
	SLO_F_STR(T, s, 0, ""),
	SLO_F_STR(T, s_opt, SLO_REC_OPT, ""),
	SLO_F_F64(T, f, 0, SLO_ANY, ""),
	SLO_F_F64(T, f_opt, SLO_REC_OPT, SLO_RANGE(-1.5, 1e6), ""),
	SLO_F_I64(T, i, 0, SLO_ANY, ""),
	SLO_F_I64(T, i_opt, SLO_REC_OPT, SLO_RANGE(0, 9.2e18), ""),
	SLO_F_TIME(T, t, 0, ""),
	SLO_F_TIME(T, t_opt, SLO_REC_OPT, ""),
	SLO_F_I32(T, n, 0, SLO_RANGE(0, 65535), ""),
	SLO_F_I32(T, n_opt, SLO_REC_OPT, SLO_ANY, ""),
	SLO_F_U64(T, u, 0, ""),
	SLO_F_BOOL(T, b, 0, ""),
	SLO_F_BOOL(T, b_opt, SLO_REC_OPT, ""),
	SLO_F_ENUM(T, e, 0, &sink_enum, ""),
	SLO_F_ENUM(T, e_opt, SLO_REC_OPT, &sink_enum, ""),
	SLO_F_VALUE(T, v, 0, ""),
	SLO_F_VALUE(T, v_opt, SLO_REC_OPT, ""),
	SLO_F_OBJ(T, obj, struct sink_inner, &sink_inner_rec, ""),
	SLO_F_OBJ_OPT(T, obj_opt, has_obj_opt, struct sink_inner, &sink_inner_rec, ""),
	SLO_F_OBJS(T, objs, objs_count, struct sink_inner, SLO_REC_OPT, &sink_inner_rec, ""),
	SLO_F_STRS(T, strs, strs_count, SLO_REC_OPT, ""),
	SLO_F_ENUMS(T, enums, enums_count, SLO_REC_OPT, &sink_enum, ""),
	SLO_F_U64S(T, u64s, u64s_count, 0, ""),
	SLO_F_STRMAP(T, map, map_count, SLO_REC_OPT, ""),
	SLO_F_NUMMAP(T, nums, nums_count, SLO_REC_OPT, ""),
#undef T
};
static SLO_REC_DEFINE(sink_rec, struct sink, "sink", sink_fields, "every type");

/* Every member, in table order, as the encoder writes it. */
#define SINK_FULL \
	"{\"s\":\"plain\",\"s_opt\":\"\",\"f\":0.1,\"f_opt\":-1.5,\"i\":-9223372036854775807,\"i_opt\":0," \
	"\"t\":\"2026-02-21T09:30:00.123456789Z\",\"t_opt\":\"1969-12-31T23:59:59.5Z\",\"n\":65535,\"n_opt\":-2147483647," \
	"\"u\":9223372036854775807,\"b\":true,\"b_opt\":false,\"e\":\"green-blue\",\"e_opt\":\"red\",\"v\":1e+21," \
	"\"v_opt\":false,\"obj\":{\"name\":\"a\",\"share\":0.5},\"obj_opt\":{\"name\":\"\"},\"objs\":[{\"name\":\"x\"}," \
	"{\"name\":\"y\",\"share\":1}],\"strs\":[\"one\",\"\"],\"enums\":[\"blue\",\"green\"],\"u64s\":[0,1,2,3]," \
	"\"map\":{\"k\":\"v\",\"\":\"w\"},\"nums\":{\"x\":1,\"y\":1e-7}}"

/* Required members only. */
#define SINK_LEAST \
	"{\"s\":\"\",\"f\":0,\"i\":0,\"t\":\"1970-01-01T00:00:00Z\",\"n\":0,\"u\":0,\"b\":false,\"e\":\"red\",\"v\":\"\"," \
	"\"obj\":{\"name\":\"\"},\"u64s\":[]}"

#endif
