/* SPDX-License-Identifier: MIT */
/* Any text as a cgroup's path and as the name of a log; what is accepted must be whole and must stand in the text. */
#include "decode/workload.h"

#include <stdio.h>
#include <stdlib.h>

static void want(bool ok)
{
	if (!ok)
		abort();
}

static bool holds(struct slo_str text, const char *what)
{
	return memmem(text.p, text.len, what, strlen(what)) != NULL;
}

/* A uid as it stands in a path: with dashes or, in a slice, with underscores. */
static bool holds_uid(struct slo_str text, const char *uid)
{
	char other[SLO_POD_UID_SIZE];

	for (size_t i = 0; i < sizeof(other); i++)
		other[i] = uid[i] == '-' ? '_' : uid[i];
	return holds(text, uid) || holds(text, other);
}

static void check(struct slo_str path, const struct slo_workload *w)
{
	size_t uid = strnlen(w->pod_uid, sizeof(w->pod_uid)), id = strnlen(w->container_id, sizeof(w->container_id));

	want(uid == 0 || uid == 32 || uid == 36);
	want(id < sizeof(w->container_id) && (id == 0 || id == 64 || w->runtime == SLO_RUNTIME_LXC));
	want((w->kind == SLO_WORKLOAD_CONTAINER) == (id > 0));
	want((w->kind == SLO_WORKLOAD_CONTAINER || w->kind == SLO_WORKLOAD_POD) || uid == 0);
	want((w->kind == SLO_WORKLOAD_HOST) == (w->unit[0] != '\0'));
	want(!w->cut || (w->kind != SLO_WORKLOAD_HOST && w->kind != SLO_WORKLOAD_ROOT));
	want(holds(path, w->container_id) && holds_uid(path, w->pod_uid) && holds(path, w->unit) &&
	     holds(path, w->user_unit));
}

/* What runs in a container of a pod is that container, whatever it calls itself. */
static void check_below(struct slo_str path, const struct slo_workload *w)
{
	static const char below[] = "/kubepods/besteffort/pod0a1b2c3d4e5f60718293a4b5c6d7e8f9/"
		"0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";
	struct slo_workload inner;
	char *longer;

	if (w->kind != SLO_WORKLOAD_CONTAINER || !w->pod_uid[0])
		return;
	longer = malloc(path.len + sizeof(below));
	want(longer != NULL);
	memcpy(longer, path.p, path.len);
	memcpy(longer + path.len, below, sizeof(below));
	want(slo_workload_parse(slo_str(longer), &inner) == 0 && memcmp(w, &inner, sizeof(inner)) == 0);
	free(longer);
}

static void logs(struct slo_str text)
{
	struct slo_workload_names n;
	char again[1024];

	if (slo_workload_pod_log(text, &n) == 0) {
		snprintf(again, sizeof(again), "%s_%s_%s", n.namespace, n.pod, n.pod_uid);
		want(slo_str_is(text, again));
	}
	if (slo_workload_container_log(text, &n) == 0) {
		snprintf(again, sizeof(again), "%s_%s_%s-%s.log", n.pod, n.namespace, n.container, n.container_id);
		want(slo_str_is(text, again));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slo_str text = slo_str_n((const char *)data, size);
	struct slo_workload w;

	if (slo_workload_parse(text, &w) == 0) {
		check(text, &w);
		check_below(text, &w);
	}
	logs(text);
	return 0;
}
