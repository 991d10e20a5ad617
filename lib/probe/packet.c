/* SPDX-License-Identifier: MIT */
#include "probe/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "probe/filter.h"

#define MAX_RING (64u << 20)
#define CLOCK_STEP_NS (100 * SLO_NS_PER_MS)

enum {
	CLOCK_TRIES = 3,
	ADDRESS_AT =
		(sizeof(struct tpacket3_hdr) + TPACKET_ALIGNMENT - 1) & ~(TPACKET_ALIGNMENT - 1u), /* sockaddr_ll */
};

struct slo_packet_src {
	struct slo_packet_opts o;
	struct slo_flow_tracker *tracker;
	int fd;                 /* of the ring */
	int shed_fd;            /* counts what the ring's filter sheds; -1 = nothing shed */
	uint8_t *ring;
	size_t ring_bytes;
	uint32_t block;         /* the block to read next */
	uint32_t in_block;      /* packets of it handled */
	uint32_t at;            /* offset of the next one in it */
	bool lost, stepped;     /* the ring may hold packets from before a loss or a clock step */
	int64_t clock_ns;       /* wall minus monotonic clock at the last poll */
	struct slo_packet_stats st;
};

void slo_packet_opts_defaults(struct slo_packet_opts *o)
{
	*o = (struct slo_packet_opts){ .block_size = 256 << 10, .block_count = 16, .retire_ms = 50,
				       .snap_watched = 1600, .snap_other = 128 };
}

static int check(const struct slo_packet_opts *o, struct slo_err *err)
{
	if (o->block_size < 16 << 10 || (o->block_size & (o->block_size - 1)) != 0 || o->block_count == 0 ||
	    (uint64_t)o->block_size * o->block_count > MAX_RING)
		return slo_err_set(err, -EINVAL,
				   "packet ring: want blocks of a power of two from 16 KiB, 64 MiB in total");
	if (o->snap_other < 64 || o->snap_watched < o->snap_other || o->snap_watched > o->block_size / 2)
		return slo_err_set(err, -EINVAL, "packet ring: snap lengths must be between 64 bytes and half a block");
	return 0;
}

static int fail(struct slo_err *err, const char *what)
{
	int r = -errno;

	return slo_err_set(err, r, "packet socket: %s: %s", what, slo_strerror(r));
}

static int attach(struct slo_packet_src *s, int fd, unsigned int level, bool complement, struct slo_err *err)
{
	const struct slo_flow_opts *fo = slo_flow_opts(s->tracker);
	uint16_t watch[SLO_FLOW_MAX_PORTS];
	struct sock_filter code[SLO_FILTER_MAX];
	struct slo_filter_opts o = {
		.watch = watch, .watch_count = fo->watch_count, .dns = fo->dns_port, .dns_count = fo->dns_count,
		.snap_watched = s->o.snap_watched, .snap_other = s->o.snap_other, .lo_ifindex = if_nametoindex("lo"),
		.level = level, .complement = complement,
	};
	struct sock_fprog prog = { .filter = code };
	int n;

	for (uint32_t i = 0; i < fo->watch_count; i++)
		watch[i] = fo->watch[i].port;
	n = slo_filter_build(&o, code);
	if (n < 0)
		return slo_err_set(err, n, "packet filter: too many ports");
	prog.len = (unsigned short)n;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0)
		return fail(err, "filter");
	return 0;
}

/* A packet socket that sees nothing yet: it is bound last, when filter and ring are in place. */
static int open_socket(struct slo_err *err)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0)
		return fd;
	if (errno == EPERM || errno == EACCES)
		return slo_err_set(err, -errno, "packet socket: %s: need CAP_NET_RAW", slo_strerror(-errno));
	return fail(err, "open");
}

static int bind_socket(int fd, unsigned int ifindex, struct slo_err *err)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)ifindex };

	return bind(fd, (struct sockaddr *)(void *)&a, sizeof(a)) < 0 ? fail(err, "bind") : 0;
}

static int map_ring(struct slo_packet_src *s, struct slo_err *err)
{
	int version = TPACKET_V3;
	struct tpacket_req3 req = { .tp_block_size = s->o.block_size, .tp_block_nr = s->o.block_count,
				    .tp_frame_size = 2048, .tp_retire_blk_tov = s->o.retire_ms };
	void *m;

	req.tp_frame_nr = req.tp_block_size / req.tp_frame_size * req.tp_block_nr;
	if (setsockopt(s->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0)
		return fail(err, "TPACKET_V3");
	if (setsockopt(s->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) < 0)
		return fail(err, "ring");
	m = mmap(NULL, s->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (m == MAP_FAILED)
		return fail(err, "mmap");
	s->ring = m;
	return 0;
}

/* Wall minus monotonic clock; of a few tries the one that was disturbed least. */
static int64_t clock_offset(void)
{
	int64_t best = 0, width = INT64_MAX;

	for (int i = 0; i < CLOCK_TRIES; i++) {
		int64_t a = slo_now_mono_ns(), wall = slo_now_wall_ns(), b = slo_now_mono_ns();

		if (b - a < width) {
			width = b - a;
			best = wall - a - (b - a) / 2;
		}
	}
	return best;
}

static int set_up(struct slo_packet_src *s, struct slo_err *err)
{
	int r;

	s->fd = open_socket(err);
	if (s->fd < 0)
		return s->fd;
	r = attach(s, s->fd, 0, false, err);
	if (r == 0)
		r = map_ring(s, err);
	return r < 0 ? r : bind_socket(s->fd, s->o.ifindex, err);
}

int slo_packet_open(const struct slo_packet_opts *o, struct slo_flow_tracker *tracker, struct slo_packet_src **out,
		    struct slo_err *err)
{
	struct slo_packet_src *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	if (o)
		s->o = *o;
	else
		slo_packet_opts_defaults(&s->o);
	s->tracker = tracker;
	s->fd = s->shed_fd = -1;
	s->ring_bytes = (size_t)s->o.block_size * s->o.block_count;
	r = check(&s->o, err);
	if (r == 0)
		r = set_up(s, err);
	if (r < 0) {
		slo_packet_close(s);
		return r;
	}
	s->clock_ns = clock_offset();
	*out = s;
	return 0;
}

void slo_packet_close(struct slo_packet_src *s)
{
	if (!s)
		return;
	if (s->ring)
		munmap(s->ring, s->ring_bytes);
	slo_cleanup_close(&s->fd);
	slo_cleanup_close(&s->shed_fd);
	free(s);
}

int slo_packet_fd(const struct slo_packet_src *s)
{
	return s->fd;
}

/* The kernel clears these counters whenever they are read. */
static void read_drops(struct slo_packet_src *s)
{
	struct tpacket_stats_v3 st;
	socklen_t n = sizeof(st);

	if (getsockopt(s->fd, SOL_PACKET, PACKET_STATISTICS, &st, &n) < 0)
		return;
	s->st.received += st.tp_packets;
	s->st.ring_dropped += st.tp_drops;
	s->st.ring_freezes += st.tp_freeze_q_cnt;
	s->st.loss_events += st.tp_drops > 0;
	s->lost |= st.tp_drops > 0;
}

static void read_shed(struct slo_packet_src *s)
{
	struct tpacket_stats st;
	socklen_t n = sizeof(st);

	if (s->shed_fd >= 0 && getsockopt(s->shed_fd, SOL_PACKET, PACKET_STATISTICS, &st, &n) == 0)
		s->st.shed += st.tp_packets;
}

static void look_for_loss(struct slo_packet_src *s)
{
	int64_t clock = clock_offset(), step = clock - s->clock_ns;

	s->clock_ns = clock;
	if (step > CLOCK_STEP_NS || step < -CLOCK_STEP_NS) {
		s->st.clock_steps++;
		s->stepped = true;
	}
	read_drops(s);
}

/*
 * Called before the ring is drained, for what the tracker knows, and after it, for
 * what was still in the ring when packets were lost or the clock stepped.
 */
static void void_pending(struct slo_packet_src *s)
{
	if (s->stepped)
		slo_flow_void(s->tracker, SLO_VOID_CLOCK);
	else if (s->lost)
		slo_flow_void(s->tracker, SLO_VOID_LOSS);
}

static void give(struct slo_packet_src *s, const uint8_t *at)
{
	const struct tpacket3_hdr *h = (const void *)at;
	const struct sockaddr_ll *l = (const void *)(at + ADDRESS_AT);
	struct slo_frame f = {
		.data = at + h->tp_net, .caplen = h->tp_snaplen, .wirelen = h->tp_len,
		.ts_ns = (int64_t)h->tp_sec * SLO_NS_PER_S + h->tp_nsec, .ifindex = (uint32_t)l->sll_ifindex,
		.pkttype = l->sll_pkttype, .link = SLO_LINK_IP,
	};

	slo_flow_packet(s->tracker, &f);
	s->st.seen++;
}

/* Up to @max packets of the current block. Return: packets handled; the block goes back when all were. */
static uint32_t drain_block(struct slo_packet_src *s, struct tpacket_block_desc *d, uint32_t max)
{
	const struct tpacket_hdr_v1 *b = &d->hdr.bh1;
	uint32_t n = 0;

	if (s->in_block == 0)
		s->at = b->offset_to_first_pkt;
	for (; n < max && s->in_block < b->num_pkts; n++, s->in_block++) {
		const uint8_t *p = (const uint8_t *)d + s->at;

		give(s, p);
		s->at += ((const struct tpacket3_hdr *)(const void *)p)->tp_next_offset;
	}
	if (s->in_block < b->num_pkts)
		return n;
	__atomic_store_n(&d->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	s->block = (s->block + 1) % s->o.block_count;
	s->in_block = 0;
	return n;
}

int slo_packet_poll(struct slo_packet_src *s, uint32_t max)
{
	uint32_t n = 0;

	look_for_loss(s);
	void_pending(s);
	while (n < max) {
		struct tpacket_block_desc *d = (void *)(s->ring + (size_t)s->block * s->o.block_size);

		if (!(__atomic_load_n(&d->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			break;
		n += drain_block(s, d, max - n);
	}
	if (n < max) {
		void_pending(s);
		s->lost = s->stepped = false;
	}
	return (int)n;
}

/* Never read, so that its queue is full after the first few packets; from then on the kernel only counts. */
static int open_shed(struct slo_packet_src *s, unsigned int level, struct slo_err *err)
{
	slo_autoclose int fd = open_socket(err);
	int small = 0, r;

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) < 0)
		return fail(err, "receive buffer");
	r = attach(s, fd, level, true, err);
	if (r == 0)
		r = bind_socket(fd, s->o.ifindex, err);
	return r < 0 ? r : SLO_TAKE_FD(fd);
}

int slo_packet_shed(struct slo_packet_src *s, unsigned int level)
{
	int fd = -1, r;

	if (level > SLO_PACKET_MAX_SHED)
		return -EINVAL;
	if (level == s->st.shed_level)
		return 0;
	if (level > 0) {
		fd = open_shed(s, level, NULL);
		if (fd < 0)
			return fd;
	}
	r = attach(s, s->fd, level, false, NULL);
	if (r < 0) {
		slo_cleanup_close(&fd);
		return r;
	}
	read_shed(s);
	slo_cleanup_close(&s->shed_fd);
	s->shed_fd = fd;
	s->st.shed_level = level;
	slo_flow_void(s->tracker, SLO_VOID_LOSS);
	return 0;
}

/* Blocks the kernel has handed over and nobody has read yet. */
static uint32_t waiting(const struct slo_packet_src *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->o.block_count; i++) {
		const struct tpacket_block_desc *d = (const void *)(s->ring + (size_t)i * s->o.block_size);

		n += (__atomic_load_n(&d->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0;
	}
	return n;
}

void slo_packet_stats(struct slo_packet_src *s, struct slo_packet_stats *out)
{
	read_drops(s);
	read_shed(s);
	s->st.blocks = s->o.block_count;
	s->st.blocks_waiting = waiting(s);
	s->st.ring_bytes = s->ring_bytes;
	*out = s->st;
}
