/* SPDX-License-Identifier: MIT */
/*
 * Which system calls read or write, and what it means to wait in one. Pure:
 * shared by the BPF program, the decoder and their tests.
 */
#ifndef SLO_BPF_SYSCALL_H
#define SLO_BPF_SYSCALL_H

#include <linux/types.h>

/* slo_bpf_event.info[0] of SLO_BPF_SYSCALL: calls of one kind share a name. */
enum slo_sys_op {
	SLO_SYS_NONE, /* not of the family */
	SLO_SYS_READ,
	SLO_SYS_WRITE,
	SLO_SYS_SYNC, /* waits until what was written is stored */
	SLO_SYS__OPS
};

/* slo_bpf_event.info[1]: of what the descriptor is one. */
enum slo_sys_class {
	SLO_SYS_FILE,   /* regular: the time is the file system's and the disk's */
	SLO_SYS_DEVICE, /* block device: the same */
	SLO_SYS_WAIT,   /* socket, pipe, terminal, eventfd, …: the time is mostly waiting for somebody else's data */
	SLO_SYS__CLASSES
};

/* The type bits of a file's mode, as everywhere. */
enum { SLO_MODE_TYPE = 0170000, SLO_MODE_FILE = 0100000, SLO_MODE_BLOCK = 0060000 };

/* Directories and links cannot be read from; character devices may make anybody wait for anything. */
static inline __u32 slo_sys_class(__u32 mode)
{
	switch (mode & SLO_MODE_TYPE) {
	case SLO_MODE_FILE:
		return SLO_SYS_FILE;
	case SLO_MODE_BLOCK:
		return SLO_SYS_DEVICE;
	default:
		return SLO_SYS_WAIT;
	}
}

#endif
