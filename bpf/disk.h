/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The disk probe's slo_bpf_event.info: [0] major << 20 | minor, [1] bytes, [2] op and flags (REQ_*), [3] stages. */
#ifndef SLO_BPF_DISK_H
#define SLO_BPF_DISK_H

/* What an I/O went through. */
enum disk_stage {
	DISK_SUBMITTED = 1, /* the bio came in */
	DISK_INSERTED = 2,  /* into a scheduler or a software queue */
	DISK_ISSUED = 4,    /* the device has it */
	DISK_REQUEUED = 8,  /* and gave it back once */
	DISK_CLONE = 16,    /* a part of another bio: does not count */
	DISK_ANNOUNCED = 32, /* a clone that will be submitted next */
	DISK_WAITS = 64,    /* given back, not yet issued again */
};

#endif
