/* SPDX-License-Identifier: MIT */
/* What held a task up: slo_bpf_event.info[0] of SLO_BPF_RECLAIM. Shared with the decoder. */
#ifndef SLO_BPF_RECLAIM_H
#define SLO_BPF_RECLAIM_H

enum slo_reclaim_kind {
	SLO_RECLAIM_DIRECT,    /* the machine is short of memory */
	SLO_RECLAIM_MEMCG,     /* the group is at its limit */
	SLO_RECLAIM_NODE,      /* the NUMA node is */
	SLO_RECLAIM_HIGH,      /* the group is over memory.high: put to sleep */
	SLO_RECLAIM_THROTTLED, /* reclaim makes no progress: put to sleep */
	SLO_RECLAIM__KINDS
};

#endif
