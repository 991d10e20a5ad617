/* SPDX-License-Identifier: MIT */
/*
 * Who measures what: of the sources that were opened, the best one for each
 * signal, and why the better ones were not taken. The agent acts on it and
 * `sloctl prereq check` reports it: one answer for both.
 *
 * The order for every signal: tracing (its rungs in turn), then packets, then
 * procfs, cgroups and PSI.
 */
#ifndef SLO_PROBE_LADDER_H
#define SLO_PROBE_LADDER_H

#include "base/buf.h"
#include "event/enum.h"

#include <stdbool.h>

struct slo_bpf;
struct slo_host;

/* What was opened. */
struct slo_sources {
	const struct slo_bpf *bpf;   /* NULL = no tracing asked for */
	const char *bpf_why;         /* then the reason */
	bool packet;                 /* packets are captured */
	const char *packet_why;      /* when not, the reason */
	const struct slo_host *host; /* after its first sample */
};

enum slo_source_kind { SLO_BY_NOBODY, SLO_BY_BPF, SLO_BY_PACKET, SLO_BY_HOST };

struct slo_choice {
	enum slo_source_kind by;
	int state;            /* enum SLO_STATE: not_captured, or zero for "watched" */
	const char *provider; /* as windows carry it; "" when not captured */
	const char *why;      /* when not captured, the reason; else a note or "" */
};

/**
 * slo_ladder_choose - who measures @signal of @service
 * @service: index, or SLO_SERVICE_NONE for the host
 *
 * Strings live as long as the sources and their last sample.
 */
struct slo_choice slo_ladder_choose(const struct slo_sources *s, int service, int signal);

/** slo_ladder_traced - tracing measures @signal. */
bool slo_ladder_traced(const struct slo_sources *s, int signal);

/** slo_ladder_by_packet - the packet source can measure @signal. */
bool slo_ladder_by_packet(int signal);

/** slo_ladder_optional - kernels may well have no hook for @signal, and a counter is as good: nobody can demand one. */
bool slo_ladder_optional(int signal);

/**
 * slo_ladder_passed_over - append the rungs better than the one taken, each with its reason:
 * "tp_btf: …; raw_tp: …"; nothing when the best one was taken.
 */
void slo_ladder_passed_over(const struct slo_sources *s, int signal, struct slo_buf *out);

#endif
