/* SPDX-License-Identifier: MIT */
/* From options to what a fault is done to. */
#include "faultinject.h"

#include "base/num.h"

#include <errno.h>

static int take_pid(struct slo_fault_spec *s, const char *text, struct slo_err *err)
{
	char path[64];

	if (slo_parse_i64(slo_str(text), &s->pid) || s->pid < 1 || s->pid > 4194304)
		return slo_err_set(err, -EINVAL, "--target pid:%s: no process id", text);
	if (s->ns.ino || slo_drill_aim(s->fault) == SLO_AIM_SERVICE)
		return 0; /* named by itself, or not needed */
	snprintf(path, sizeof(path), "/proc/%lld/ns/net", (long long)s->pid);
	return slo_netns_at(path, &s->ns, err);
}

static int take_netns(struct slo_fault_spec *s, const char *name, struct slo_err *err)
{
	char path[SLO_NETNS_PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", name[0] == '/' ? "" : "/run/netns/", name);
	return slo_netns_at(path, &s->ns, err);
}

static int take_target(struct slo_fault_spec *s, const char *text, struct slo_err *err)
{
	static const char pid[] = "pid:", netns[] = "netns:", cgroup[] = "cgroup:";

	if (strncmp(text, netns, sizeof(netns) - 1) == 0)
		return take_netns(s, text + sizeof(netns) - 1, err);
	if (strncmp(text, pid, sizeof(pid) - 1) == 0)
		return take_pid(s, text + sizeof(pid) - 1, err);
	if (strncmp(text, cgroup, sizeof(cgroup) - 1) == 0 && text[sizeof(cgroup) - 1] == '/')
		return slo_str_copy(s->cgroup, sizeof(s->cgroup), slo_str(text + sizeof(cgroup) - 1))
			       ? 0
			       : slo_err_set(err, -EINVAL, "--target: too long");
	return slo_err_set(err, -EINVAL, "--target %s: want pid:PID, netns:NAME or cgroup:/DIR", text);
}

/* A namespace named by itself wins over that of the process, whichever comes first. */
static int take_targets(const struct run_opts *o, struct slo_fault_spec *s, struct slo_err *err)
{
	char text[32];
	int ret = 0;

	for (int pass = 0; pass < 2 && !ret; pass++)
		for (size_t i = 0; i < o->targets.count && !ret; i++)
			if ((strncmp(o->targets.items[i], "pid:", 4) == 0) == pass)
				ret = take_target(s, o->targets.items[i], err);
	snprintf(text, sizeof(text), "%lld", (long long)o->pid);
	return ret || !o->pid ? ret : take_pid(s, text, err);
}

static int add_peer(struct slo_fault_spec *s, const char *text, struct slo_err *err)
{
	if (s->peers_count == SLO_FAULT_PEERS_MAX)
		return slo_err_set(err, -EINVAL, "more than %d addresses", SLO_FAULT_PEERS_MAX);
	return slo_host_port_parse(text, &s->peers[s->peers_count++], err);
}

static int take_peers(const struct run_opts *o, struct slo_fault_spec *s, struct slo_err *err)
{
	const struct slo_opt_list *list = NULL;
	const char *one = "";
	int ret = 0;

	switch (slo_drill_aim(s->fault)) {
	case SLO_AIM_RESOLVER:
		list = &o->resolvers;
		break;
	case SLO_AIM_PEER:
		list = &o->peers;
		break;
	case SLO_AIM_PROVIDER:
		one = o->provider;
		break;
	case SLO_AIM_RETRIEVAL:
		one = o->retrieval;
		break;
	}
	for (size_t i = 0; list && i < list->count && !ret; i++)
		ret = add_peer(s, list->items[i], err);
	if (one[0])
		ret = add_peer(s, one, err);
	if (!ret && o->listen[0] && one[0])
		ret = slo_host_port_parse(o->listen, &s->listen, err);
	return ret;
}

int faultinject_spec(const struct run_opts *o, const struct slo_drill_fault *row, struct slo_fault_spec *out,
		     struct slo_err *err)
{
	int ret;

	memset(out, 0, sizeof(*out));
	out->fault = row->fault;
	out->severity = row->severity > 0 ? row->severity : o->severity;
	out->strength = row->strength;
	out->tree = o->tree;
	out->device = o->device[0] ? o->device : NULL;
	out->disk = o->disk[0] ? o->disk : NULL;
	out->resolv_conf = o->resolv_conf;
	out->retry_after_s = (int)o->retry_after_s;
	out->via = o->via;
	out->yes_this_host = o->yes_this_host;
	ret = take_targets(o, out, err);
	return ret ? ret : take_peers(o, out, err);
}
