/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The block layer's types and tracepoints, of all kernels the disk probe works on. */
#ifndef SLO_BPF_BLOCK_H
#define SLO_BPF_BLOCK_H

#include "common.bpf.h"

struct gendisk {
	int major, first_minor;
	char disk_name[32];
} CORE;

struct block_device {
	__u32 bd_dev;
	struct gendisk *bd_disk;
} CORE;

struct blkcg {
	struct cgroup_subsys_state css;
} CORE;

struct blkcg_gq {
	struct blkcg *blkcg;
} CORE;

struct bvec_iter {
	unsigned int bi_size;
} CORE;

struct bio {
	struct block_device *bi_bdev;
	unsigned int bi_opf;
	__u8 bi_status;
	struct bvec_iter bi_iter;
	void *bi_private;
	struct blkcg_gq *bi_blkg;
} CORE;

/* Before 5.12. */
struct bio___disk {
	struct gendisk *bi_disk;
} CORE;

struct request_queue {
	struct gendisk *disk;
} CORE;

struct request {
	struct request_queue *q;
	unsigned int cmd_flags;
	unsigned int __data_len;
	struct bio *bio;
	__u64 start_time_ns;
} CORE;

/* Before 5.17. */
struct request___disk {
	struct gendisk *rq_disk;
} CORE;

/*
 * The request_queue came first until 5.11 and in kernels with half of that
 * change ported back: ask the types. The error was an int until 5.16. Not asked
 * for is block_bio_remap, which libbpf 1.1 never finds to match; it changed with block_bio_queue.
 */
typedef void (*btf_trace_block_rq_issue)(void *, struct request *);
typedef void (*btf_trace_block_rq_insert)(void *, struct request *);
typedef void (*btf_trace_block_rq_requeue)(void *, struct request *);
typedef void (*btf_trace_block_bio_queue)(void *, struct bio *);
typedef void (*btf_trace_block_bio_backmerge)(void *, struct bio *);
typedef void (*btf_trace_block_rq_complete)(void *, struct request *, __u8, unsigned int);

/* Argument @n. In assembly, or the compiler makes one access at a computed place of two, which verifiers refuse. */
#define CTX(n)                                                                                \
	({                                                                                    \
		__u64 value_;                                                                 \
		asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(value_) : "r"(ctx), "i"(8 * (n))); \
		value_;                                                                       \
	})

/* A tracepoint's argument @now of its present layout, @before of the old one. */
#define ARG(tracepoint, now, before)                                  \
	({                                                            \
		__u64 arg_;                                           \
		if (bpf_core_type_matches(btf_trace_##tracepoint))    \
			arg_ = CTX(now);                              \
		else                                                  \
			arg_ = CTX(before);                           \
		arg_;                                                 \
	})

/* By blk_status_t; what is not here is an I/O error. As long as a byte counts: nothing to prove to verifiers. */
static const __u8 errnos[256] = {
	[1] = 95 /* EOPNOTSUPP */, [2] = 110 /* ETIMEDOUT */, [3] = 28 /* ENOSPC */,   [4] = 67 /* ENOLINK */,
	[5] = 121 /* EREMOTEIO */, [6] = 52 /* EBADE */,      [7] = 61 /* ENODATA */,  [8] = 84 /* EILSEQ */,
	[9] = 12 /* ENOMEM */,     [12] = 11 /* EAGAIN */,    [13] = 16 /* EBUSY */,
};

static __always_inline __u32 errno_of_status(__u8 status)
{
	enum { IO_ERROR = 5 };
	__u32 known = errnos[status];

	return known || !status ? known : IO_ERROR;
}

static __always_inline const struct gendisk *disk_of_bio(const struct bio *bio)
{
	if (bpf_core_field_exists(bio->bi_bdev))
		return BPF_CORE_READ(bio, bi_bdev, bd_disk);
	return BPF_CORE_READ((const struct bio___disk *)bio, bi_disk);
}

static __always_inline const struct gendisk *disk_of_request(const struct request *rq)
{
	if (bpf_core_field_exists(((const struct request___disk *)rq)->rq_disk))
		return BPF_CORE_READ((const struct request___disk *)rq, rq_disk);
	return BPF_CORE_READ(rq, q, disk);
}

#endif
