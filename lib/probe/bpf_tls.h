/* SPDX-License-Identifier: MIT */
/* The files with a libssl that have uprobes on them: shared by bpf_tls.c and bpf_tls_image.c. */
#ifndef SLO_PROBE_BPF_TLS_H
#define SLO_PROBE_BPF_TLS_H

#include "probe/bpf_internal.h"
#include "probe/tlslib.h"

#include <pthread.h>

enum { BPF_TLS_LINKS = 2 * SLO_TLS__FUNCTIONS };

struct tls_image {
	bool used;
	bool io;            /* reads and writes were asked for, and are probed where that is of use */
	struct slo_tlslib_id id;
	struct slo_tlslib lib;
	struct bpf_link *links[BPF_TLS_LINKS];
	int links_count;
	uint64_t serial;    /* of all that were ever attached; the place may be somebody else's later */
	uint32_t scan;      /* last full look that found it in use */
	uint32_t linger;    /* full looks it stays after that */
};

struct tls_images {
	struct tls_image all[SLO_TLS_IMAGES];
	const struct bpf_object *obj;
	int map_fd;
	struct bpf_link *dropped[(SLO_TLS_IMAGES + 1) * BPF_TLS_LINKS]; /* to be closed */
	int dropped_count;
	pthread_t closer;   /* runs while closing is set */
	bool closing;
	/* Since the start. */
	uint64_t attached, refused, over, stripped, unmeasurable;
};

void tls_images_init(struct tls_images *t, const struct bpf_object *obj);

/** tls_images_fini - waits until all that was dropped is gone. */
void tls_images_fini(struct tls_images *t);

/**
 * tls_image_add - the image of the file open at @fd, probed unless it is already
 *
 * Return: NULL when there is no libssl in it, or no more room, or the kernel
 * refuses: the counters tell which.
 */
struct tls_image *tls_image_add(struct tls_images *t, int fd);

/** tls_image_of - the image with this serial, NULL when it was dropped. */
struct tls_image *tls_image_of(struct tls_images *t, uint64_t serial);

/** tls_image_wants_io - handshakes were left to reads and writes, which are not probed yet. */
bool tls_image_wants_io(const struct tls_images *t, const struct tls_image *i);

/** tls_image_add_io - probe reads and writes as well; @fd is the image's file. */
void tls_image_add_io(struct tls_images *t, struct tls_image *i, int fd);

/** tls_image_drop - take the probes of @i away; tls_images_close() has to follow. */
void tls_image_drop(struct tls_images *t, struct tls_image *i);

/** tls_images_leave - let one link that belongs to no image go likewise. */
void tls_images_leave(struct tls_images *t, struct bpf_link *link);

/** tls_images_close - let what was dropped go, without waiting for it. */
void tls_images_close(struct tls_images *t);

#endif
