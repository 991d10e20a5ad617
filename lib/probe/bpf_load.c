/* SPDX-License-Identifier: MIT */
/* Climbing the ladder: load and attach one rung after the other until one holds. */
#include "probe/bpf_internal.h"

#include "base/num.h"
#include "decode/kernel.h"

#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct {
	const char *name;
	enum bpf_map_type type;
	uint32_t key, value, entries, flags;
} shared_maps[BPF__SHARED] = {
	[BPF_CONFIG] = { "slo_config", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct slo_bpf_config), 1, BPF_F_MMAPABLE },
	[BPF_COUNTERS] = { "slo_counters", BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct slo_bpf_counters),
			   SLO_BPF__PROBES, 0 },
	[BPF_RING] = { "slo_ring", BPF_MAP_TYPE_RINGBUF, 0, 0, 1 << 20, 0 },
	[BPF_MAP_TASKS] = { "slo_tasks", BPF_MAP_TYPE_HASH, 4, 4, BPF_TASKS, 0 },
	[BPF_MAP_CGROUPS] = { "slo_cgroups", BPF_MAP_TYPE_HASH, 8, 4, BPF_CGROUPS, 0 },
	[BPF_MAP_PORTS] = { "slo_ports", BPF_MAP_TYPE_HASH, 4, 4, BPF_PORTS, 0 },
};

/* libbpf's last words; it has no other way to say what went wrong. Two threads load probes. */
static _Thread_local char said[8192];

/* What comes last matters most: of a long log of the verifier's the end is kept. */
__attribute__((format(printf, 2, 0))) static int listen_to_libbpf(enum libbpf_print_level level, const char *fmt,
								   va_list args)
{
	static const char begin[] = "BEGIN PROG LOAD LOG --\n";
	size_t used = strlen(said), room = sizeof(said) - used - 1, len;
	char *text;

	if (level != LIBBPF_WARN || vasprintf(&text, fmt, args) < 0)
		return 0;
	len = strlen(text);
	if (len <= room) {
		memcpy(said + used, text, len + 1);
	} else if (room > 2 * sizeof(begin)) {
		memcpy(said + used, begin, sizeof(begin) - 1);
		used += sizeof(begin) - 1;
		room -= sizeof(begin) - 1;
		memcpy(said + used, text + len - room, room + 1);
	}
	free(text);
	return 0;
}

/* The line that ends at @end, trimmed; @from is where the log begins. */
static struct slo_str line_before(const char *from, const char *end)
{
	const char *start;

	while (end > from && (end[-1] == '\n' || end[-1] == ' '))
		end--;
	for (start = end; start > from && start[-1] != '\n'; start--)
		;
	return slo_str_n(start, (size_t)(end - start));
}

/* The verifier's last line before its statistics that is not our own source, where it was the verifier that refused. */
static struct slo_str verifier_reason(void)
{
	const char *log = strstr(said, "BEGIN PROG LOAD LOG --\n"), *end;
	struct slo_str line;

	if (!log)
		return slo_str(NULL);
	log = strchr(log, '\n') + 1;
	end = strstr(log, "processed ");
	if (!end)
		end = strstr(log, "-- END PROG LOAD LOG");
	if (!end)
		end = log + strlen(log);
	do {
		line = line_before(log, end);
		end = line.p;
	} while (line.len > 0 && line.p[0] == ';' && line.p > log);
	return line;
}

int bpf_explain(char why[SLO_BPF_WHY], const char *what, int neg_errno)
{
	struct slo_str reason = verifier_reason();

	snprintf(why, SLO_BPF_WHY, "%s: %s%s%.*s", what, slo_strerror(neg_errno), reason.len ? ": " : "",
		 SLO_STR_ARG(reason));
	return neg_errno;
}

int bpf_make_shared(struct slo_bpf *b, struct slo_err *err)
{
	libbpf_set_print(listen_to_libbpf);
	for (int i = 0; i < BPF__SHARED; i++) {
		const struct bpf_map_create_opts opts = { .sz = sizeof(opts), .map_flags = shared_maps[i].flags };
		uint32_t entries = i == BPF_RING && b->o.ring_bytes ? b->o.ring_bytes : shared_maps[i].entries;

		b->shared[i] = bpf_map_create(shared_maps[i].type, shared_maps[i].name, shared_maps[i].key,
					      shared_maps[i].value, entries, &opts);
		if (b->shared[i] < 0)
			return slo_err_set(err, b->shared[i], "map %s: %s", shared_maps[i].name,
					   slo_strerror(b->shared[i]));
	}
	b->config = mmap(NULL, sizeof(*b->config), PROT_READ | PROT_WRITE, MAP_SHARED, b->shared[BPF_CONFIG], 0);
	if (b->config == MAP_FAILED) {
		b->config = NULL;
		return slo_err_set(err, -errno, "map %s: %s", shared_maps[BPF_CONFIG].name, slo_strerror(-errno));
	}
	b->ring = ring_buffer__new(b->shared[BPF_RING], bpf_on_event, b, NULL);
	return b->ring ? 0 : slo_err_set(err, -errno, "map slo_ring: %s", slo_strerror(-errno));
}

/* "tp_btf" or "connect:tp_btf" is in the list of rungs not to try. */
bool bpf_disabled(const char *disable, const char *probe, const char *rung)
{
	struct slo_str list = slo_str(disable);

	while (list.len > 0) {
		size_t n = strcspn(list.p, ",");
		struct slo_str item = slo_str_n(list.p, n);
		const char *colon = memchr(item.p, ':', item.len);
		struct slo_str tail = colon ? slo_str_n(colon + 1, item.len - (size_t)(colon + 1 - item.p)) : item;

		if (slo_str_is(tail, rung) &&
		    (!colon || slo_str_is(slo_str_n(item.p, (size_t)(colon - item.p)), probe)))
			return true;
		list = slo_str_n(list.p + n + (list.p[n] == ','), list.len - n - (list.p[n] == ','));
	}
	return false;
}

bool bpf_rung_known(struct slo_str probe, struct slo_str rung)
{
	for (size_t i = 0; i < slo_bpf_defs_count; i++) {
		const struct bpf_def *d = &slo_bpf_defs[i];

		if (probe.p && !slo_str_is(probe, slo_kernel_probes[d->probe].name))
			continue;
		for (int r = 0; r < SLO_BPF_RUNGS && d->rungs[r].name; r++)
			if (slo_str_is(rung, d->rungs[r].name))
				return true;
	}
	return false;
}

/* Whether the kernel's types know what a program of section "tp_btf/x" or "fentry/x" wants to attach to. */
static bool target_exists(struct slo_bpf *b, const struct bpf_program *prog, bool optional)
{
	const char *section = bpf_program__section_name(prog), *target = strchr(section, '/');
	char name[128];

	if (!target || !b->kernel_types)
		return true;
	if (strncmp(section, "tp_btf/", 7) == 0) {
		snprintf(name, sizeof(name), "btf_trace_%s", target + 1);
		return btf__find_by_name_kind(b->kernel_types, name, BTF_KIND_TYPEDEF) > 0;
	}
	if (strncmp(section, "fentry/", 7) == 0 || strncmp(section, "fexit/", 6) == 0)
		return btf__find_by_name_kind(b->kernel_types, target + 1, BTF_KIND_FUNC) > 0;
	/* The types do not know every function a kprobe can be put on: they only say what can be done without. */
	if (optional && (strncmp(section, "kprobe/", 7) == 0 || strncmp(section, "kretprobe/", 10) == 0))
		return btf__find_by_name_kind(b->kernel_types, target + 1, BTF_KIND_FUNC) > 0;
	/* raw_tp/x is the same tracepoint as tp_btf/x. */
	if (strncmp(section, "raw_tp/", 7) == 0) {
		snprintf(name, sizeof(name), "btf_trace_%s", target + 1);
		return btf__find_by_name_kind(b->kernel_types, name, BTF_KIND_TYPEDEF) > 0;
	}
	return true;
}

static int choose_programs(struct slo_bpf *b, struct bpf_object *obj, const struct bpf_rung *r,
			   char why[SLO_BPF_WHY])
{
	for (int i = 0; i < BPF_PROGRAMS && r->programs[i]; i++) {
		bool optional = r->programs[i][0] == '?';
		struct bpf_program *prog = bpf_object__find_program_by_name(obj, r->programs[i] + optional);

		if (!prog) {
			snprintf(why, SLO_BPF_WHY, "%s: not in the object", r->programs[i]);
			return -ENOENT;
		}
		if (!target_exists(b, prog, optional)) {
			if (optional)
				continue;
			snprintf(why, SLO_BPF_WHY, "%s: no such target in the kernel's BTF",
				 bpf_program__section_name(prog));
			return -ESRCH;
		}
		bpf_program__set_autoload(prog, true);
	}
	return 0;
}

static void choose_maps(struct slo_bpf *b, struct bpf_object *obj, const struct bpf_rung *r)
{
	struct bpf_map *map;

	for (int i = 0; i < BPF__SHARED; i++) {
		map = bpf_object__find_map_by_name(obj, shared_maps[i].name);
		if (map)
			bpf_map__reuse_fd(map, b->shared[i]);
	}
	for (size_t i = 0; i < SLO_ARRAY_LEN(r->unused) && r->unused[i]; i++) {
		map = bpf_object__find_map_by_name(obj, r->unused[i]);
		if (map)
			bpf_map__set_autocreate(map, false);
	}
	map = bpf_object__find_map_by_name(obj, "slots");
	if (map)
		bpf_map__set_max_entries(map, b->slots_count);
}

/* Which program it was, only libbpf's words tell: when loading fails, none of them has a descriptor. */
static void fill_why(char why[SLO_BPF_WHY], struct bpf_object *obj, int neg_errno)
{
	struct bpf_program *prog;
	char what[96] = "load", quoted[96];

	bpf_object__for_each_program(prog, obj) {
		snprintf(quoted, sizeof(quoted), "prog '%s': ", bpf_program__name(prog));
		if (bpf_program__autoload(prog) && strstr(said, quoted))
			snprintf(what, sizeof(what), "%s", bpf_program__section_name(prog));
	}
	bpf_explain(why, what, neg_errno);
}

/* The section has no target: def->more knows the targets. */
static bool attached_elsewhere(const struct bpf_program *prog)
{
	const char *section = bpf_program__section_name(prog);

	return strcmp(section, "uprobe") == 0 || strcmp(section, "uretprobe") == 0;
}

/* To the root of the hierarchy (version 2), so to all cgroups. */
static struct bpf_link *attach_cgroup(struct slo_bpf *b, struct bpf_program *prog)
{
	const struct slo_cgroup_mount *m = &b->mounts.tree[SLO_CGROUP_V2];
	struct bpf_link *link;
	char dir[SLO_CGROUP_PATH];
	int fd, r;

	if (!m->found || slo_cgroup_dir(&b->mounts, SLO_CGROUP_V2, "/", dir, sizeof(dir))) {
		errno = ENOENT;
		return NULL;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	link = bpf_program__attach_cgroup(prog, fd);
	r = errno;
	close(fd);
	errno = r;
	return link;
}

static struct bpf_link *attach(struct slo_bpf *b, struct bpf_program *prog)
{
	return bpf_program__type(prog) == BPF_PROG_TYPE_CGROUP_SKB ? attach_cgroup(b, prog) : bpf_program__attach(prog);
}

int bpf_attach(struct slo_bpf *b, struct bpf_probe *p, char why[SLO_BPF_WHY])
{
	struct bpf_program *prog;

	b->config->since[p->def->probe] = (uint64_t)slo_now_boot_ns();
	bpf_object__for_each_program(prog, p->obj) {
		struct bpf_link *link;

		if (!bpf_program__autoload(prog) || p->links_count == BPF_PROGRAMS || attached_elsewhere(prog))
			continue;
		said[0] = '\0';
		link = attach(b, prog);
		if (!link) {
			int r = -errno;

			bpf_detach(p);
			return bpf_explain(why, bpf_program__section_name(prog), r);
		}
		p->links[p->links_count++] = link;
	}
	if (p->def->more) {
		int r = p->def->more->attach(b, p, why);

		if (r) {
			bpf_detach(p);
			return r;
		}
	}
	p->attached = true;
	return 0;
}

void bpf_detach(struct bpf_probe *p)
{
	if (p->def && p->def->more)
		p->def->more->detach(p);
	for (int i = 0; i < p->links_count; i++)
		bpf_link__destroy(p->links[i]);
	p->links_count = 0;
	p->attached = false;
}

void bpf_unload(struct bpf_probe *p)
{
	bpf_detach(p);
	if (p->def && p->def->more)
		p->def->more->free(p);
	bpf_read_close(p);
	bpf_object__close(p->obj);
	p->obj = NULL;
	p->rung = -1;
}

static int try_rung(struct slo_bpf *b, struct bpf_probe *p, const struct bpf_rung *r, char why[SLO_BPF_WHY])
{
	const char *name = slo_kernel_probes[p->def->probe].name;
	const struct bpf_object_open_opts opts = { .sz = sizeof(opts), .object_name = name };
	int err;

	if (bpf_disabled(b->o.disable, name, r->name)) {
		slo_str_copy(why, SLO_BPF_WHY, slo_str("disabled by option"));
		return -ECANCELED;
	}
	said[0] = '\0';
	p->obj = bpf_object__open_mem(p->def->object, (size_t)(p->def->object_end - p->def->object), &opts);
	if (!p->obj)
		return bpf_explain(why, "open", -errno);
	choose_maps(b, p->obj, r);
	err = choose_programs(b, p->obj, r, why);
	if (err)
		return err;
	err = bpf_object__load(p->obj);
	if (err) {
		fill_why(why, p->obj, err);
		return err;
	}
	return bpf_attach(b, p, why);
}

void bpf_climb(struct slo_bpf *b, struct bpf_probe *p)
{
	p->rung = -1;
	for (int i = 0; i < SLO_BPF_RUNGS && p->def->rungs[i].name; i++) {
		int err = try_rung(b, p, &p->def->rungs[i], p->why[i]);

		if (!err) {
			err = bpf_read_open(b, p);
			if (err)
				bpf_explain(p->why[i], "histograms", err);
		}
		if (err) {
			bpf_unload(p);
			continue;
		}
		p->rung = i;
		snprintf(p->provider, sizeof(p->provider), "bpf/%s", p->def->rungs[i].name);
		return;
	}
}
