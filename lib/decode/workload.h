/* SPDX-License-Identifier: MIT */
/*
 * Who runs in a cgroup, told from its path alone, and who writes a log, told
 * from the names the kubelet gives its log directories. Pure: text in, names
 * out; who finds paths and directories is lib/probe/identity.h.
 *
 * Of nested runtimes the outermost pod counts, and in it the outermost
 * container. Without a pod the outermost container counts. A container around a pod (a cluster node
 * that is a container itself) is not the workload, the pod is.
 */
#ifndef SLO_DECODE_WORKLOAD_H
#define SLO_DECODE_WORKLOAD_H

#include "base/str.h"

/* In the order of how much is known. */
enum slo_workload_kind {
	SLO_WORKLOAD_NONE,      /* nothing was parsed */
	SLO_WORKLOAD_ROOT,      /* the root of the hierarchy: the host, or a controller nobody uses */
	SLO_WORKLOAD_OTHER,     /* a cgroup of no known naming */
	SLO_WORKLOAD_OUTSIDE,   /* outside of our cgroup namespace ("/../.."): cannot be told from here */
	SLO_WORKLOAD_HOST,      /* a unit of the host */
	SLO_WORKLOAD_POD,       /* a pod, but none of its containers: the pod's own cgroup, a monitor process */
	SLO_WORKLOAD_CONTAINER, /* a container, of a pod when @pod_uid is set */
	SLO_WORKLOAD_KIND__COUNT
};

enum slo_workload_runtime {
	SLO_RUNTIME_UNKNOWN,    /* the cgroupfs driver names no runtime */
	SLO_RUNTIME_CONTAINERD,
	SLO_RUNTIME_CRIO,
	SLO_RUNTIME_DOCKER,
	SLO_RUNTIME_PODMAN,
	SLO_RUNTIME_LXC,
	SLO_RUNTIME__COUNT
};

enum slo_workload_qos {
	SLO_QOS_UNKNOWN,
	SLO_QOS_GUARANTEED,
	SLO_QOS_BURSTABLE,
	SLO_QOS_BESTEFFORT,
	SLO_QOS__COUNT
};

enum {
	SLO_CONTAINER_ID_SIZE = 65, /* 64 hex digits; LXC: the container's name */
	SLO_POD_UID_SIZE = 37,      /* a UUID with dashes; static pods: 32 hex digits */
	SLO_UNIT_SIZE = 256,        /* a file name */
};

/* Strings are "" where there is none. */
struct slo_workload {
	enum slo_workload_kind kind;
	enum slo_workload_runtime runtime;
	enum slo_workload_qos qos;
	bool cut;                      /* the path began with "/..": something may lie around what is named here */
	char container_id[SLO_CONTAINER_ID_SIZE];
	char pod_uid[SLO_POD_UID_SIZE];
	char unit[SLO_UNIT_SIZE];      /* of SLO_WORKLOAD_HOST: "nginx.service", "session-3.scope", or only a slice */
	char user_unit[SLO_UNIT_SIZE]; /* of a user's service manager (@unit is "user@1000.service") */
};

/**
 * slo_workload_parse - what a cgroup's path says
 * @path: absolute, as in /proc/PID/cgroup or below a cgroup mount; v1 and v2 look alike
 *
 * Identifiers are taken whole or not at all: a name that only resembles one
 * is no container and no pod.
 *
 * Return: 0; -EINVAL when @path is not absolute, or is none that the kernel could print (a newline or NUL in it,
 * a name over 255 bytes, ".." after a name); -ENAMETOOLONG for an LXC name over 64 bytes. @w is unchanged on failure.
 * Sources: kubelet cgroup_manager_linux.go (drivers, escaping of "-"), runc and crun systemd cgroup
 * managers ("slice:prefix:name"), systemd cgroup-util.c (cg_path_get_unit), LXC cgroups/cgfsng.c.
 */
int slo_workload_parse(struct slo_str path, struct slo_workload *w);

/* What the name of a log says. Sizes are those of the Kubernetes name rules (RFC 1123 label, subdomain). */
struct slo_workload_names {
	char namespace[64];
	char pod[254];
	char container[64];
	char pod_uid[SLO_POD_UID_SIZE];
	char container_id[SLO_CONTAINER_ID_SIZE];
};

/**
 * slo_workload_pod_log - a directory of /var/log/pods: "<namespace>_<pod>_<uid>"
 *
 * Sets namespace, pod and pod_uid, the rest to "". Return: 0, or -EINVAL with @n unchanged.
 */
int slo_workload_pod_log(struct slo_str name, struct slo_workload_names *n);

/**
 * slo_workload_container_log - a link of /var/log/containers: "<pod>_<namespace>_<container>-<id>.log"
 *
 * Sets all but pod_uid. Names that the kubelet cut to 255 bytes have lost part of the id and are refused.
 * Return: 0, or -EINVAL with @n unchanged.
 */
int slo_workload_container_log(struct slo_str name, struct slo_workload_names *n);

/** slo_workload_kind_name - "container", "pod", "host", …; likewise for the others: "containerd", "burstable". */
const char *slo_workload_kind_name(enum slo_workload_kind kind);
const char *slo_workload_runtime_name(enum slo_workload_runtime runtime);
const char *slo_workload_qos_name(enum slo_workload_qos qos);

#endif
