/* SPDX-License-Identifier: MIT */
#include "decode/workload.h"

#include <errno.h>
#include <stdio.h>

enum { NAME_LONGEST = 255, ID_LEN = SLO_CONTAINER_ID_SIZE - 1 };

/* What a name may be made of. */
#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HEX DIGITS "abcdef"
#define UNIT_CHARS DIGITS LOWER UPPER ":-_.\\@"

static bool made_of(struct slo_str s, const char *chars)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\0' || !strchr(chars, s.p[i]))
			return false;
	return s.len > 0;
}

static bool starts(struct slo_str s, const char *with, struct slo_str *rest)
{
	size_t n = strlen(with);

	if (s.len < n || memcmp(s.p, with, n) != 0)
		return false;
	*rest = slo_str_n(s.p + n, s.len - n);
	return true;
}

static bool ends(struct slo_str s, const char *with, struct slo_str *head)
{
	size_t n = strlen(with);

	if (s.len < n || memcmp(s.p + s.len - n, with, n) != 0)
		return false;
	*head = slo_str_n(s.p, s.len - n);
	return true;
}

/* Cut @s at its last @sep. */
static bool split_last(struct slo_str s, char sep, struct slo_str *head, struct slo_str *tail)
{
	size_t at = s.len;

	while (at > 0 && s.p[at - 1] != sep)
		at--;
	if (at == 0)
		return false;
	*head = slo_str_n(s.p, at - 1);
	*tail = slo_str_n(s.p + at, s.len - at);
	return true;
}

static bool contains(struct slo_str s, const char *what)
{
	return s.len > 0 && memmem(s.p, s.len, what, strlen(what)) != NULL;
}

/* @word is all of @s or what follows its last dash: "kubepods-burstable". */
static bool last_word_is(struct slo_str s, const char *word)
{
	struct slo_str head;

	return ends(s, word, &head) && (head.len == 0 || head.p[head.len - 1] == '-');
}

static bool is_container_id(struct slo_str s)
{
	return s.len == ID_LEN && made_of(s, HEX);
}

/* A UUID whose dashes are written as @sep, or the 32 hex digits of a static pod. */
static bool take_uid(struct slo_str s, char sep, char out[SLO_POD_UID_SIZE])
{
	char uid[SLO_POD_UID_SIZE] = "";

	if (s.len != 32 && s.len != SLO_POD_UID_SIZE - 1)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool dash = s.len != 32 && (i == 8 || i == 13 || i == 18 || i == 23);

		if (dash ? s.p[i] != sep : !made_of(slo_str_n(s.p + i, 1), HEX))
			return false;
		uid[i] = s.p[i];
		if (dash)
			uid[i] = '-';
	}
	memcpy(out, uid, sizeof(uid));
	return true;
}

static enum slo_workload_qos qos_of(struct slo_str head)
{
	static const struct {
		const char *word;
		enum slo_workload_qos qos;
	} words[] = {
		{ "burstable", SLO_QOS_BURSTABLE },
		{ "besteffort", SLO_QOS_BESTEFFORT },
		{ "kubepods", SLO_QOS_GUARANTEED },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(words); i++)
		if (last_word_is(head, words[i].word))
			return words[i].qos;
	return SLO_QOS_UNKNOWN;
}

/* "kubepods-burstable-pod<uid>.slice", "kubepods-pod<uid>.slice", with "_" for "-" in the uid. */
static bool take_pod_slice(struct slo_str part, struct slo_workload *w)
{
	static const size_t lengths[] = { SLO_POD_UID_SIZE - 1, 32 };
	struct slo_str stem, head;

	if (!ends(part, ".slice", &stem))
		return false;
	for (size_t i = 0; i < SLO_ARRAY_LEN(lengths); i++) {
		size_t n = lengths[i];

		if (stem.len < n || !last_word_is(slo_str_n(stem.p, stem.len - n), "pod") ||
		    !take_uid(slo_str_n(stem.p + stem.len - n, n), '_', w->pod_uid))
			continue;
		head = slo_str_n(stem.p, stem.len - n - strlen("pod"));
		if (head.len > 0)
			head.len--; /* the dash */
		w->qos = qos_of(head);
		return true;
	}
	return false;
}

static bool take_pod(struct slo_str part, struct slo_str parent, struct slo_workload *w)
{
	struct slo_str rest;
	const char *colon;

	if (starts(part, "pod", &rest) && take_uid(rest, '-', w->pod_uid)) {
		w->qos = qos_of(parent);
		return true;
	}
	/* A runtime with the cgroupfs driver takes "slice:prefix:name" for a name. */
	colon = part.len ? memchr(part.p, ':', part.len) : NULL;
	if (colon)
		part.len = (size_t)(colon - part.p);
	return take_pod_slice(part, w);
}

static bool runtime_of(struct slo_str prefix, enum slo_workload_runtime *runtime)
{
	static const struct {
		const char *prefix;
		enum slo_workload_runtime runtime;
	} prefixes[] = {
		{ "cri-containerd", SLO_RUNTIME_CONTAINERD }, { "nerdctl", SLO_RUNTIME_CONTAINERD },
		{ "crio", SLO_RUNTIME_CRIO }, { "docker", SLO_RUNTIME_DOCKER },
		{ "libpod", SLO_RUNTIME_PODMAN }, { "libpod-payload", SLO_RUNTIME_PODMAN },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(prefixes); i++) {
		if (slo_str_is(prefix, prefixes[i].prefix)) {
			*runtime = prefixes[i].runtime;
			return true;
		}
	}
	return false;
}

/* The id in a component and what stands before it: "<id>", "<prefix>-<id>[.scope]", "<slice>:<prefix>:<id>". */
static bool split_id(struct slo_str part, struct slo_str *prefix, struct slo_str *id)
{
	struct slo_str head, slice;

	if (split_last(part, ':', &head, id))
		return split_last(head, ':', &slice, prefix) && is_container_id(*id);
	ends(part, ".scope", &part);
	if (is_container_id(part)) {
		*prefix = slo_str_n(part.p, 0);
		*id = part;
		return true;
	}
	return split_last(part, '-', prefix, id) && prefix->len > 0 && is_container_id(*id);
}

static bool take_container(struct slo_str part, struct slo_str parent, struct slo_workload *w)
{
	enum slo_workload_runtime runtime = SLO_RUNTIME_UNKNOWN;
	struct slo_str prefix, id;

	if (!split_id(part, &prefix, &id))
		return false;
	if (prefix.len == 0) {
		/* Podman's pods look like a container of a runtime that names nothing. */
		if (slo_str_is(parent, "libpod_parent"))
			return false;
		if (slo_str_is(parent, "docker"))
			runtime = SLO_RUNTIME_DOCKER;
	} else if (!runtime_of(prefix, &runtime) && (!w->pod_uid[0] || contains(prefix, "conmon"))) {
		return false; /* a monitor is not in the container it watches */
	}
	slo_str_copy(w->container_id, sizeof(w->container_id), id);
	w->runtime = runtime;
	return true;
}

static int take_lxc(struct slo_str part, struct slo_str parent, bool first_parent, struct slo_workload *w)
{
	struct slo_str name = part;

	if (!starts(part, "lxc.payload.", &name) && !slo_str_is(parent, "lxc.payload") &&
	    !(slo_str_is(parent, "lxc") && first_parent))
		return 0;
	if (!made_of(name, UNIT_CHARS))
		return 0;
	if (!slo_str_copy(w->container_id, sizeof(w->container_id), name))
		return -ENAMETOOLONG;
	w->runtime = SLO_RUNTIME_LXC;
	return 1;
}

static bool is_unit(struct slo_str part, bool *slice)
{
	static const char *const types[] = { ".service", ".scope", ".socket", ".mount", ".swap" };
	struct slo_str head;

	if (!made_of(part, UNIT_CHARS))
		return false;
	*slice = ends(part, ".slice", &head);
	if (*slice)
		return head.len > 0;
	for (size_t i = 0; i < SLO_ARRAY_LEN(types); i++)
		if (ends(part, types[i], &head))
			return head.len > 0;
	return false;
}

/* Units below slices: the first one that is no slice; a user's manager has units of its own. */
struct units {
	struct slo_str slice, unit, user_unit;
	struct slo_str first, second; /* components */
};

static void note_unit(struct units *u, struct slo_str part)
{
	struct slo_str rest;
	bool slice;

	if (!u->first.p)
		u->first = part;
	else if (!u->second.p)
		u->second = part;
	if (!is_unit(part, &slice))
		return;
	if (slice && !u->unit.p)
		u->slice = part;
	else if (!slice && !u->unit.p)
		u->unit = part;
	else if (!slice && !u->user_unit.p && starts(u->unit, "user@", &rest))
		u->user_unit = part;
}

/* Talos runs its services in groups of its own: "/podruntime/kubelet", "/system/apid", "/init". */
static struct slo_str without_systemd(const struct units *u)
{
	if (slo_str_is(u->first, "init"))
		return u->first;
	if (slo_str_is(u->first, "podruntime") || slo_str_is(u->first, "system"))
		return made_of(u->second, UNIT_CHARS) ? u->second : u->first;
	return (struct slo_str){ 0 };
}

static void judge(const struct units *u, struct slo_workload *w)
{
	struct slo_str unit = u->unit.p ? u->unit : u->slice.p ? u->slice : without_systemd(u);

	if (w->container_id[0])
		w->kind = SLO_WORKLOAD_CONTAINER;
	else if (w->pod_uid[0])
		w->kind = SLO_WORKLOAD_POD;
	else if (w->cut)
		w->kind = SLO_WORKLOAD_OUTSIDE;
	else if (unit.p)
		w->kind = SLO_WORKLOAD_HOST;
	else
		w->kind = u->first.p ? SLO_WORKLOAD_OTHER : SLO_WORKLOAD_ROOT;
	if (w->kind == SLO_WORKLOAD_HOST) {
		slo_str_copy(w->unit, sizeof(w->unit), unit);
		slo_str_copy(w->user_unit, sizeof(w->user_unit), u->user_unit);
	}
}

/* Cut the next component off; 0 at the end. */
static int next_part(struct slo_str *path, struct slo_str *part)
{
	size_t n = 0;

	while (path->len > 0 && path->p[0] == '/') {
		path->p++;
		path->len--;
	}
	while (n < path->len && path->p[n] != '/')
		n++;
	if (n > NAME_LONGEST)
		return -EINVAL;
	*part = slo_str_n(path->p, n);
	path->p += n;
	path->len -= n;
	return n > 0;
}

static int take_part(struct slo_str part, struct slo_str parent, const struct units *u, struct slo_workload *w)
{
	if (!w->pod_uid[0] && take_pod(part, parent, w)) {
		memset(w->container_id, 0, sizeof(w->container_id)); /* that of the node around the pod */
		w->runtime = SLO_RUNTIME_UNKNOWN;
	}
	if (w->container_id[0] || take_container(part, parent, w))
		return 0;
	return take_lxc(part, parent, parent.p && parent.p == u->first.p && !w->cut, w);
}

int slo_workload_parse(struct slo_str path, struct slo_workload *out)
{
	struct slo_workload w = { 0 };
	struct slo_str part, parent = { 0 };
	struct units u = { 0 };
	int r;

	if (path.len == 0 || path.p[0] != '/' || memchr(path.p, '\n', path.len) || memchr(path.p, '\0', path.len))
		return -EINVAL;
	while ((r = next_part(&path, &part)) > 0) {
		if (slo_str_is(part, "..")) {
			if (parent.p)
				return -EINVAL;
			w.cut = true;
			continue;
		}
		r = take_part(part, parent, &u, &w);
		if (r < 0)
			return r;
		note_unit(&u, part);
		parent = part;
	}
	if (r < 0)
		return r;
	judge(&u, &w);
	*out = w;
	return 0;
}

const char *slo_workload_kind_name(enum slo_workload_kind kind)
{
	static const char *const names[] = {
		[SLO_WORKLOAD_NONE] = "none", [SLO_WORKLOAD_ROOT] = "root", [SLO_WORKLOAD_OTHER] = "other",
		[SLO_WORKLOAD_OUTSIDE] = "outside", [SLO_WORKLOAD_HOST] = "host", [SLO_WORKLOAD_POD] = "pod",
		[SLO_WORKLOAD_CONTAINER] = "container",
	};

	return names[kind];
}

const char *slo_workload_runtime_name(enum slo_workload_runtime runtime)
{
	static const char *const names[] = {
		[SLO_RUNTIME_UNKNOWN] = "unknown", [SLO_RUNTIME_CONTAINERD] = "containerd",
		[SLO_RUNTIME_CRIO] = "crio", [SLO_RUNTIME_DOCKER] = "docker", [SLO_RUNTIME_PODMAN] = "podman",
		[SLO_RUNTIME_LXC] = "lxc",
	};

	return names[runtime];
}

const char *slo_workload_qos_name(enum slo_workload_qos qos)
{
	static const char *const names[] = {
		[SLO_QOS_UNKNOWN] = "unknown", [SLO_QOS_GUARANTEED] = "guaranteed",
		[SLO_QOS_BURSTABLE] = "burstable", [SLO_QOS_BESTEFFORT] = "besteffort",
	};

	return names[qos];
}

/* RFC 1123: letters, digits and dashes, with dots when it is a subdomain; begins and ends with neither. */
static bool is_name(struct slo_str s, size_t size, bool dots)
{
	return s.len < size && made_of(s, dots ? DIGITS LOWER "-." : DIGITS LOWER "-") && !strchr("-.", s.p[0]) &&
	       !strchr("-.", s.p[s.len - 1]);
}

int slo_workload_pod_log(struct slo_str name, struct slo_workload_names *out)
{
	struct slo_workload_names n = { 0 };
	struct slo_str head, uid, namespace, pod;

	if (!split_last(name, '_', &head, &uid) || !split_last(head, '_', &namespace, &pod) ||
	    !is_name(namespace, sizeof(n.namespace), false) || !is_name(pod, sizeof(n.pod), true) ||
	    !take_uid(uid, '-', n.pod_uid))
		return -EINVAL;
	slo_str_copy(n.namespace, sizeof(n.namespace), namespace);
	slo_str_copy(n.pod, sizeof(n.pod), pod);
	*out = n;
	return 0;
}

int slo_workload_container_log(struct slo_str name, struct slo_workload_names *out)
{
	struct slo_workload_names n = { 0 };
	struct slo_str stem, head, id, full, container, pod, namespace;

	if (!ends(name, ".log", &stem) || !split_last(stem, '-', &head, &id) || !is_container_id(id) ||
	    !split_last(head, '_', &full, &container) || !split_last(full, '_', &pod, &namespace) ||
	    !is_name(namespace, sizeof(n.namespace), false) || !is_name(pod, sizeof(n.pod), true) ||
	    !is_name(container, sizeof(n.container), false))
		return -EINVAL;
	slo_str_copy(n.namespace, sizeof(n.namespace), namespace);
	slo_str_copy(n.pod, sizeof(n.pod), pod);
	slo_str_copy(n.container, sizeof(n.container), container);
	slo_str_copy(n.container_id, sizeof(n.container_id), id);
	*out = n;
	return 0;
}
