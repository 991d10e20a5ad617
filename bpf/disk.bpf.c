/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * disk_io_latency_ms: from the moment an I/O was submitted until its device
 * had done it. slo_bpf_event.part has the wait before the device got it
 * (scheduler, tags, a cache flush that had to come first); the rest is the device's.
 *
 * A request is known by its address, never by device and sector, which merges
 * change and flushes do not have. It is its submitter's: who was running when the bio
 * came in (block_bio_queue), not when it was issued or done, which are a
 * worker's and an interrupt's business. What kernel threads write back belongs to the
 * cgroup that dirtied it (bi_blkg; that of the file's first writer), as far as the io controller is
 * enabled there.
 *
 * An I/O counts once, at the topmost device. A stacking driver either sends the
 * very same bio on (md raid0, nvme multipath), which then counts at the request
 * below, with the time since it came in above; or it sends clones, announced by
 * block_bio_remap (dm, md raid1), which do not count, and completes the bio itself,
 * which does (block_bio_complete; requests' bios never do that).
 * Counted at both levels, since nothing announces the clones: loop devices (the file
 * below), bcache, request-based multipath; and every stack before Linux 5.12.
 * Merged bios count as the one request they have become; a bio that was
 * split as several where its device has requests.
 *
 * An empty flush counts as an I/O of 0 bytes, from its submission, and not the
 * request the kernel makes of one or many of them. Not seen: what a bio waits in blk-throttle
 * (io.max) before it is let into the queue; DAX; commands that bypass the block
 * layer; a write's flush after its data.
 *
 * No rung without tracepoints: no other hook sees every end of a request
 * (the batched one is inlined), and classic tracepoints hide its address.
 *
 * info: major << 20 | minor, bytes, op and flags (REQ_*), enum disk_stage bits (disk.h)
 * other: name of the disk
 */
#include "slots.bpf.h"

#include "block.bpf.h"
#include "disk.h"

/* Operations from 32 on are commands from outside the block layer, which may take what they like. */
enum { REQ_OP_MASK = 0xff, REQ_OP_FLUSH = 2, REQ_OP_COMMANDS = 32 };
enum { TRY_AGAIN = 11, PF_KTHREAD = 0x00200000 };

struct io {
	__u64 begin;  /* boot clock: submitted, else inserted, else issued */
	__u64 issued; /* 0 = not */
	__u64 life;   /* tells requests at one address apart */
	__u64 cgroup;
	const struct gendisk *disk;
	__u32 tgid, tid, slot;
	__u32 bytes, op, stages;
	char comm[16];
};

/* Bios of request-based devices that are merged at the front stay here until pushed out: that is no loss. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SLO_BPF_STARTS);
	__type(key, __u64);
	__type(value, struct io);
} bios SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SLO_BPF_STARTS);
	__type(key, __u64);
	__type(value, struct io);
} requests SEC(".maps");

/* Who dirtied what is written. Groups of version 1 that own I/O are of another hierarchy than the one ids are of. */
static __always_inline __u64 cgroup_of_bio(const struct slo_bpf_config *c, const struct bio *bio)
{
	if (!bio || c->cgroup_v1 || !bpf_core_field_exists(bio->bi_blkg))
		return 0;
	return BPF_CORE_READ(bio, bi_blkg, blkcg, css.cgroup, kn, id);
}

/*
 * The owner's cgroup and slot. What a process sends is its own, unless nobody watches it and somebody does watch
 * whose pages these are (sync); what a kernel thread sends never is.
 */
static __always_inline void set_owner(const struct slo_bpf_config *c, struct io *io, const struct task_struct *p,
				      const struct bio *bio)
{
	bool thread = BPF_CORE_READ(p, flags) & PF_KTHREAD;
	__u64 dirtied;
	__u32 slot;

	io->cgroup = task_cgroup_id(c, p);
	io->slot = slot_of_ids(c, io->tgid, io->cgroup);
	if (io->tgid == c->self || (io->slot != SLO_BPF_NOBODY && !thread))
		return;
	dirtied = cgroup_of_bio(c, bio);
	slot = dirtied ? slot_of_ids(c, io->tgid, dirtied) : SLO_BPF_NOBODY;
	if (slot != SLO_BPF_NOBODY || (thread && dirtied)) {
		io->cgroup = dirtied;
		io->slot = slot;
	}
	if (io->slot == SLO_BPF_NOBODY)
		io->slot = 0; /* a disk that others keep busy is slow for the watched as well */
}

/* The I/O of whoever is running. */
static __always_inline void submitted_here(const struct slo_bpf_config *c, struct io *io, const struct bio *bio)
{
	const struct task_struct *p = (const struct task_struct *)bpf_get_current_task();
	__u64 both = bpf_get_current_pid_tgid();

	io->begin = bpf_ktime_get_boot_ns();
	io->tgid = (__u32)(both >> 32);
	io->tid = (__u32)both;
	set_owner(c, io, p, bio);
	bpf_get_current_comm(&io->comm, sizeof(io->comm));
}

/* A bio, or the one it was split from. */
static __always_inline struct io *find_bio(const struct bio *bio)
{
	__u64 key = (__u64)bio;
	struct io *io = bio ? bpf_map_lookup_elem(&bios, &key) : NULL;

	if (io || !bio)
		return io;
	key = (__u64)BPF_CORE_READ(bio, bi_private);
	return bpf_map_lookup_elem(&bios, &key);
}

static __always_inline void forget_bio(const struct bio *bio)
{
	__u64 key = (__u64)bio;

	bpf_map_delete_elem(&bios, &key);
}

static __always_inline void emit(const struct slo_bpf_config *c, const struct io *io, __u64 now, __u32 err)
{
	struct slo_bpf_event *e = emit_begin(SLO_BPF_DISK, io->slot, now);
	const struct gendisk *disk = io->disk;

	if (!e)
		return;
	e->value = now - io->begin;
	e->part = io->issued > io->begin ? io->issued - io->begin : 0;
	e->cgroup_id = io->cgroup;
	e->tgid = io->tgid;
	e->tid = io->tid;
	e->err = (__s32)err;
	e->outcome = err ? SLO_BPF_FAILED : SLO_BPF_OK;
	e->info[0] = (__u32)BPF_CORE_READ(disk, major) << 20 | (__u32)BPF_CORE_READ(disk, first_minor);
	e->info[1] = io->bytes;
	e->info[2] = io->op;
	e->info[3] = io->stages;
	__builtin_memcpy(e->comm, io->comm, sizeof(e->comm));
	BPF_CORE_READ_STR_INTO(&e->other, disk, disk_name);
	emit_end(c, e);
}

static __always_inline void finish(const struct slo_bpf_config *c, const struct io *io, __u32 err)
{
	__u64 now = bpf_ktime_get_boot_ns();

	COUNT(DISK, looked);
	if (io->slot == SLO_BPF_NOBODY || io->begin < c->since[SLO_BPF_DISK] || now < io->begin)
		return;
	if (observe(c, SLO_BPF_DISK, io->slot, now - io->begin))
		emit(c, io, now, err);
}

static __always_inline int bio_queue(const struct bio *bio)
{
	const struct slo_bpf_config *c = config();
	struct io io = { 0 }, *before;
	__u64 key = (__u64)bio;

	if (!c)
		return 0;
	before = bpf_map_lookup_elem(&bios, &key);
	io.stages = DISK_SUBMITTED | (before && (before->stages & DISK_ANNOUNCED) ? DISK_CLONE : 0);
	if (!(io.stages & DISK_CLONE)) {
		submitted_here(c, &io, bio);
		io.disk = disk_of_bio(bio);
		io.bytes = BPF_CORE_READ(bio, bi_iter.bi_size);
		io.op = BPF_CORE_READ(bio, bi_opf);
	}
	if (bpf_map_update_elem(&bios, &key, &io, BPF_ANY))
		COUNT(DISK, insert_failed);
	return 0;
}

/*
 * @bio comes from device @from. A partition is no other device; a bio that was
 * submitted already and goes on stays what it is; any other is a clone.
 */
static __always_inline int bio_remap(const struct bio *bio, __u32 from)
{
	struct io clone = { .stages = DISK_CLONE | DISK_ANNOUNCED }, *before;
	__u64 key = (__u64)bio;

	if (!bpf_core_field_exists(bio->bi_bdev) || BPF_CORE_READ(bio, bi_bdev, bd_dev) == from)
		return 0;
	before = bpf_map_lookup_elem(&bios, &key);
	if (before && before->stages & DISK_CLONE)
		before->stages |= DISK_ANNOUNCED;
	else if (!before && bpf_map_update_elem(&bios, &key, &clone, BPF_ANY))
		COUNT(DISK, insert_failed);
	return 0;
}

static __always_inline int bio_complete(const struct bio *bio)
{
	const struct slo_bpf_config *c = config();
	__u64 key = (__u64)bio;
	struct io *io = bpf_map_lookup_elem(&bios, &key);
	__u32 err = errno_of_status(BPF_CORE_READ(bio, bi_status));

	if (!c)
		return 0;
	if (!io) {
		if (!find_bio(bio))
			COUNT(DISK, unmatched);
		return 0;
	}
	if (!(io->stages & DISK_CLONE) && err != TRY_AGAIN) /* one that must not wait is sent again */
		finish(c, io, err);
	forget_bio(bio);
	return 0;
}

/* Remember @rq; NULL when it does not count. */
static __always_inline struct io *remember(const struct slo_bpf_config *c, const struct request *rq, bool known)
{
	const struct bio *bio = BPF_CORE_READ(rq, bio);
	const struct io *from = find_bio(bio);
	__u64 key = (__u64)rq;
	struct io io = { 0 };

	if (from && from->stages & DISK_CLONE)
		return NULL;
	io.op = BPF_CORE_READ(rq, cmd_flags);
	if ((!bio && (io.op & REQ_OP_MASK) == REQ_OP_FLUSH) || (io.op & REQ_OP_MASK) >= REQ_OP_COMMANDS)
		return NULL;
	if (from) {
		__builtin_memcpy(&io, from, sizeof(io));
		io.op = BPF_CORE_READ(rq, cmd_flags);
	} else {
		submitted_here(c, &io, bio);
		io.disk = disk_of_request(rq);
	}
	io.bytes = BPF_CORE_READ(rq, __data_len);
	io.life = BPF_CORE_READ(rq, start_time_ns);
	if (bpf_map_update_elem(&requests, &key, &io, BPF_ANY)) {
		COUNT(DISK, insert_failed);
		return NULL;
	}
	if (!known)
		COUNT(DISK, inserted);
	return bpf_map_lookup_elem(&requests, &key);
}

/* Only what was given back is inserted twice; a request merged into another leaves without a word. */
static __always_inline int rq_insert(const struct request *rq)
{
	const struct slo_bpf_config *c = config();
	__u64 key = (__u64)rq;
	struct io *io = bpf_map_lookup_elem(&requests, &key);

	if (!c)
		return 0;
	if (!io || !(io->stages & DISK_WAITS) || io->life != BPF_CORE_READ(rq, start_time_ns))
		io = remember(c, rq, io != NULL);
	if (io)
		io->stages |= DISK_INSERTED;
	return 0;
}

static __always_inline int rq_issue(const struct request *rq)
{
	const struct slo_bpf_config *c = config();
	__u64 key = (__u64)rq;
	struct io *io = bpf_map_lookup_elem(&requests, &key);

	if (!c)
		return 0;
	if (!io || io->issued || io->life != BPF_CORE_READ(rq, start_time_ns))
		io = remember(c, rq, io != NULL);
	if (!io)
		return 0;
	io->issued = bpf_ktime_get_boot_ns();
	io->bytes = BPF_CORE_READ(rq, __data_len);
	io->stages = (io->stages & ~DISK_WAITS) | DISK_ISSUED;
	return 0;
}

static __always_inline int rq_requeue(const struct request *rq)
{
	__u64 key = (__u64)rq;
	struct io *io = bpf_map_lookup_elem(&requests, &key);

	if (!io)
		return 0;
	io->issued = 0;
	io->stages |= DISK_REQUEUED | DISK_WAITS;
	return 0;
}

/* An end without an issue: an empty flush, a clone, a command, a write's second end; else we missed something. */
static __always_inline void end_unissued(const struct slo_bpf_config *c, const struct request *rq, __u32 err,
					 __u32 bytes)
{
	bool command = (BPF_CORE_READ(rq, cmd_flags) & REQ_OP_MASK) >= REQ_OP_COMMANDS;
	const struct bio *bio = BPF_CORE_READ(rq, bio);
	struct io *io = find_bio(bio);

	if (io && !(io->stages & DISK_CLONE) && bytes == 0)
		finish(c, io, err);
	else if (!io && bytes > 0 && !command)
		COUNT(DISK, unmatched);
	forget_bio(bio);
}

static __always_inline int rq_complete(const struct request *rq, __u32 err, __u32 bytes)
{
	const struct slo_bpf_config *c = config();
	__u64 key = (__u64)rq;
	struct io *io;

	if (!c || bytes < BPF_CORE_READ(rq, __data_len))
		return 0;
	io = bpf_map_lookup_elem(&requests, &key);
	if (!io || io->life != BPF_CORE_READ(rq, start_time_ns)) {
		end_unissued(c, rq, err, bytes);
		return 0;
	}
	finish(c, io, err);
	forget_bio(BPF_CORE_READ(rq, bio));
	if (bpf_map_delete_elem(&requests, &key) == 0)
		COUNT(DISK, removed);
	return 0;
}

#define HOOKS(rung, prefix)                                                                           \
	SEC("?" rung "/block_bio_queue") int prefix##_bio_queue(__u64 *ctx)                           \
	{                                                                                             \
		return bio_queue((void *)ARG(block_bio_queue, 0, 1));                                         \
	}                                                                                             \
	SEC("?" rung "/block_bio_remap") int prefix##_bio_remap(__u64 *ctx)                           \
	{                                                                                             \
		return bio_remap((void *)ARG(block_bio_queue, 0, 1), (__u32)ARG(block_bio_queue, 1, 2)); \
	}                                                                                             \
	SEC("?" rung "/block_bio_backmerge") int prefix##_bio_merge(__u64 *ctx)                       \
	{                                                                                             \
		forget_bio((void *)ARG(block_bio_backmerge, 0, 2));                                           \
		return 0;                                                                             \
	}                                                                                             \
	SEC("?" rung "/block_bio_complete") int prefix##_bio_complete(__u64 *ctx)                     \
	{                                                                                             \
		return bio_complete((void *)ctx[1]);                                                  \
	}                                                                                             \
	SEC("?" rung "/block_rq_insert") int prefix##_rq_insert(__u64 *ctx)                           \
	{                                                                                             \
		return rq_insert((void *)ARG(block_rq_insert, 0, 1));                                         \
	}                                                                                             \
	SEC("?" rung "/block_rq_issue") int prefix##_rq_issue(__u64 *ctx)                             \
	{                                                                                             \
		return rq_issue((void *)ARG(block_rq_issue, 0, 1));                                           \
	}                                                                                             \
	SEC("?" rung "/block_rq_requeue") int prefix##_rq_requeue(__u64 *ctx)                         \
	{                                                                                             \
		return rq_requeue((void *)ARG(block_rq_requeue, 0, 1));                                       \
	}                                                                                             \
	SEC("?" rung "/block_rq_complete") int prefix##_rq_complete(__u64 *ctx)                       \
	{                                                                                             \
		bool status = bpf_core_type_matches(btf_trace_block_rq_complete);                     \
		__u32 err = status ? errno_of_status((__u8)ctx[1]) : (__u32)-(__s32)ctx[1];           \
                                                                                                      \
		return rq_complete((void *)ctx[0], err, (__u32)ctx[2]);                               \
	}

HOOKS("tp_btf", btf)
HOOKS("raw_tp", raw)
