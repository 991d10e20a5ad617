/* SPDX-License-Identifier: MIT */
/*
 * Names from the kubelet's log directories. A directory is read again, bit by
 * bit, when its time of modification changed; what it said once stays known.
 */
#include "base/time.h"
#include "probe/identity_internal.h"

#include <errno.h>
#include <stdio.h>

enum { REREAD_S = 60 }; /* a change within one tick of the clock that stamps files does not show */

enum { PODS, CONTAINERS };

int slo_identity_names_init(struct slo_identity *d, const char *host_root)
{
	static const struct {
		const char *path;
		int (*parse)(struct slo_str name, struct slo_workload_names *n);
	} logs[IDENTITY_LOGS] = {
		[PODS] = { "/var/log/pods", slo_workload_pod_log },
		[CONTAINERS] = { "/var/log/containers", slo_workload_container_log },
	};

	for (size_t i = 0; i < IDENTITY_LOGS; i++) {
		struct identity_log *l = &d->logs[i];

		snprintf(l->path, sizeof(l->path), "%s%s", host_root, logs[i].path);
		l->parse = logs[i].parse;
		if (slo_table_init(&l->names, sizeof(((struct identity_name *)0)->key), sizeof(struct identity_name),
				   SLO_IDENTITY_PODS, 0))
			return -ENOMEM;
	}
	return 0;
}

void slo_identity_names_fini(struct slo_identity *d)
{
	for (size_t i = 0; i < IDENTITY_LOGS; i++) {
		if (d->logs[i].dir)
			closedir(d->logs[i].dir);
		slo_table_fini(&d->logs[i].names);
	}
}

static void take(struct slo_identity *d, struct identity_log *l, const char *name)
{
	char key[SLO_CONTAINER_ID_SIZE] = "";
	struct slo_workload_names n;
	struct identity_name *e;
	bool created;

	if (l->parse(slo_str(name), &n)) {
		d->n.malformed++;
		return;
	}
	slo_str_copy(key, sizeof(key), slo_str(n.container_id[0] ? n.container_id : n.pod_uid));
	e = slo_table_get(&l->names, key, &created, NULL, NULL);
	memcpy(e->namespace, n.namespace, sizeof(e->namespace));
	memcpy(e->pod, n.pod, sizeof(e->pod));
	memcpy(e->container, n.container, sizeof(e->container));
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool begin(struct slo_identity *d, struct identity_log *l)
{
	struct stat st;

	if (stat(l->path, &st) < 0)
		return false;
	if (l->read_once && same_time(&l->mtime, &st.st_mtim) && d->now_ns - l->read_ns < REREAD_S * SLO_NS_PER_S)
		return false;
	l->dir = opendir(l->path);
	if (!l->dir) {
		d->n.unreadable++;
		return false;
	}
	l->read_once = true;
	l->mtime = st.st_mtim;
	l->read_ns = d->now_ns;
	return true;
}

static void step(struct slo_identity *d, struct identity_log *l)
{
	if (!l->dir && !begin(d, l))
		return;
	for (uint32_t left = d->budget; left > 0; left--) {
		const struct dirent *e = readdir(l->dir);

		if (!e) {
			closedir(l->dir);
			l->dir = NULL;
			return;
		}
		if (e->d_name[0] != '.')
			take(d, l, e->d_name);
	}
}

void slo_identity_names_step(struct slo_identity *d)
{
	for (size_t i = 0; i < IDENTITY_LOGS; i++)
		step(d, &d->logs[i]);
}

static const struct identity_name *find(const struct identity_log *l, const char *text)
{
	char key[SLO_CONTAINER_ID_SIZE] = "";

	slo_str_copy(key, sizeof(key), slo_str(text));
	return text[0] ? slo_table_find(&l->names, key) : NULL;
}

void slo_identity_name(const struct slo_identity *d, struct slo_who *who)
{
	const struct identity_name *pod = NULL, *container = NULL;

	if (!who->pod[0])
		pod = find(&d->logs[PODS], who->workload.pod_uid);
	if (!who->container[0])
		container = find(&d->logs[CONTAINERS], who->workload.container_id);
	if (container)
		memcpy(who->container, container->container, sizeof(who->container));
	if (!pod && !who->pod[0])
		pod = container;
	if (pod) {
		memcpy(who->namespace, pod->namespace, sizeof(who->namespace));
		memcpy(who->pod, pod->pod, sizeof(who->pod));
	}
}
