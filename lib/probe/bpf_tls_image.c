/* SPDX-License-Identifier: MIT */
#include "probe/bpf_tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *enter, *leave; /* NULL = none */
} programs[SLO_TLS__FUNCTIONS] = {
	[SLO_TLS_DO_HANDSHAKE] = { "handshake_enter", "handshake_return" },
	[SLO_TLS_CONNECT] = { "handshake_enter", "handshake_return" },
	[SLO_TLS_ACCEPT] = { "handshake_enter", "handshake_return" },
	[SLO_TLS_SET_CONNECT_STATE] = { "set_state", NULL },
	[SLO_TLS_SET_ACCEPT_STATE] = { "set_state", NULL },
	[SLO_TLS_GET_ERROR] = { "error_enter", "error_return" },
	[SLO_TLS_FREE] = { "drop", NULL },
	[SLO_TLS_CLEAR] = { "drop", NULL },
	[SLO_TLS_SET_FD] = { "set_fd", NULL },
	[SLO_TLS_SET_RFD] = { "set_fd", NULL },
	[SLO_TLS_READ] = { "io_enter", "io_return" },
	[SLO_TLS_READ_EX] = { "io_enter", "io_return" },
	[SLO_TLS_WRITE] = { "io_enter", "io_return" },
	[SLO_TLS_WRITE_EX] = { "io_enter", "io_return" },
};

/* Return: 0 or negative errno. */
static int attach_one(struct tls_images *t, struct tls_image *i, const char *program, bool at_return, const char *path,
		      int function)
{
	const struct bpf_uprobe_opts o = {
		.sz = sizeof(o), .retprobe = at_return,
		.bpf_cookie = slo_tls_cookie((uint32_t)(i - t->all), (uint32_t)function),
	};
	const struct bpf_program *p = bpf_object__find_program_by_name(t->obj, program);
	struct bpf_link *link = bpf_program__attach_uprobe_opts(p, -1, path, i->lib.offset[function], &o);

	if (!link)
		return -errno;
	i->links[i->links_count++] = link;
	return 0;
}

/* The return first: a call that is seen to begin is seen to end. */
static int attach_functions(struct tls_images *t, struct tls_image *i, int from, int to, const char *path)
{
	for (int k = from; k < to; k++) {
		int r = 0;

		if (!i->lib.offset[k])
			continue;
		if (programs[k].leave)
			r = attach_one(t, i, programs[k].leave, true, path, k);
		if (r == 0)
			r = attach_one(t, i, programs[k].enter, false, path, k);
		if (r)
			return r;
	}
	return 0;
}

static void write_image(const struct tls_images *t, const struct tls_image *i)
{
	uint32_t key = (uint32_t)(i - t->all);
	struct slo_tls_image to = { .io = i->io };

	memcpy(to.member, i->lib.member, sizeof(to.member));
	bpf_map_update_elem(t->map_fd, &key, &to, BPF_ANY);
}

struct closing {
	int count;
	struct bpf_link *links[];
};

static void *close_links(void *arg)
{
	struct closing *c = arg;

	for (int i = 0; i < c->count; i++)
		bpf_link__destroy(c->links[i]);
	free(c);
	return NULL;
}

static void wait_closed(struct tls_images *t)
{
	if (t->closing)
		pthread_join(t->closer, NULL);
	t->closing = false;
}

/* Newer kernels take 0.1 s for each probe to be gone, one after another: a thread of its own waits for them. */
void tls_images_close(struct tls_images *t)
{
	size_t size = (size_t)t->dropped_count * sizeof(t->dropped[0]);
	struct closing *c;

	if (t->dropped_count == 0)
		return;
	wait_closed(t);
	c = malloc(sizeof(*c) + size);
	for (int i = 0; !c && i < t->dropped_count; i++)
		bpf_link__destroy(t->dropped[i]);
	if (c) {
		c->count = t->dropped_count;
		memcpy(c->links, t->dropped, size);
		t->closing = pthread_create(&t->closer, NULL, close_links, c) == 0;
		if (!t->closing)
			close_links(c);
	}
	t->dropped_count = 0;
}

void tls_image_drop(struct tls_images *t, struct tls_image *i)
{
	for (int k = 0; k < i->links_count; k++)
		t->dropped[t->dropped_count++] = i->links[k];
	*i = (struct tls_image){ 0 };
}

void tls_images_leave(struct tls_images *t, struct bpf_link *link)
{
	t->dropped[t->dropped_count++] = link;
	tls_images_close(t);
}

static struct tls_image *image_find(struct tls_images *t, const struct slo_tlslib_id *id)
{
	for (int i = 0; i < SLO_TLS_IMAGES; i++)
		if (t->all[i].used && memcmp(&t->all[i].id, id, sizeof(*id)) == 0)
			return &t->all[i];
	return NULL;
}

struct tls_image *tls_image_of(struct tls_images *t, uint64_t serial)
{
	for (int i = 0; serial && i < SLO_TLS_IMAGES; i++)
		if (t->all[i].used && t->all[i].serial == serial)
			return &t->all[i];
	return NULL;
}

static struct tls_image *image_room(struct tls_images *t)
{
	for (int i = 0; i < SLO_TLS_IMAGES; i++)
		if (!t->all[i].used)
			return &t->all[i];
	t->over++;
	return NULL;
}

struct tls_image *tls_image_add(struct tls_images *t, int fd)
{
	struct slo_tlslib_id id;
	struct slo_tlslib lib;
	struct tls_image *i;
	char path[64];
	int r;

	if (slo_tlslib_identify(fd, &id))
		return NULL;
	i = image_find(t, &id);
	if (i)
		return i;
	r = slo_tlslib_inspect(fd, &lib);
	t->stripped += r == -ENODATA;
	i = r ? NULL : image_room(t);
	if (!i)
		return NULL;
	*i = (struct tls_image){ .id = id, .lib = lib };
	write_image(t, i);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (attach_functions(t, i, 0, SLO_TLS_READ, path)) {
		t->refused++;
		tls_image_drop(t, i);
		tls_images_close(t);
		return NULL;
	}
	i->used = true;
	i->serial = ++t->attached;
	return i;
}

bool tls_image_wants_io(const struct tls_images *t, const struct tls_image *i)
{
	uint32_t key = (uint32_t)(i - t->all);
	struct slo_tls_image seen;

	return !i->io && bpf_map_lookup_elem(t->map_fd, &key, &seen) == 0 && seen.implicit > 0;
}

void tls_image_add_io(struct tls_images *t, struct tls_image *i, int fd)
{
	char path[64];

	i->io = true;
	if (!i->lib.member[SLO_TLS_IN_INIT]) {
		t->unmeasurable++; /* nothing tells when such a handshake is over */
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (attach_functions(t, i, SLO_TLS_READ, SLO_TLS__FUNCTIONS, path))
		t->refused++;
}

void tls_images_init(struct tls_images *t, const struct bpf_object *obj)
{
	*t = (struct tls_images){ .obj = obj, .map_fd = bpf_object__find_map_fd_by_name(obj, "images") };
}

void tls_images_fini(struct tls_images *t)
{
	wait_closed(t);
}
