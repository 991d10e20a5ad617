/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Where the probes of tasks remember what is under way: the two maps of struct
 * start, which the including file defines before. Task storage ends with its task; the rungs whose
 * pointers are not trusted use the other one, by thread id.
 */
#ifndef SLO_BPF_TASK_STARTS_H
#define SLO_BPF_TASK_STARTS_H

#include "common.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct start);
} task_starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SLO_BPF_STARTS);
	__type(key, __u32);
	__type(value, struct start);
} tid_starts SEC(".maps");

/* What the running task has begun, or NULL. @storage is a constant in every call: which map, is decided when this is compiled. */
static __always_inline struct start *start_of_current(bool storage)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	return storage ? bpf_task_storage_get(&task_starts, bpf_get_current_task_btf(), NULL, 0) :
			 bpf_map_lookup_elem(&tid_starts, &tid);
}

#endif
