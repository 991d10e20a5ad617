/* SPDX-License-Identifier: MIT */
#include "probe/target.h"
#include "base/num.h"
#include "base/time.h"
#include "decode/proc.h"
#include "probe/procfs.h"
#include "probe/target_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int slo_watch_parse(const char *text, struct slo_target_watch *w, struct slo_err *err)
{
	const char *eq = strchr(text, '=');
	struct slo_str port = eq ? slo_str_n(text, (size_t)(eq - text)) : slo_str(text);
	struct slo_target_watch v = { 0 };
	int64_t n;

	if (slo_parse_i64(port, &n) < 0 || n < 1 || n > UINT16_MAX)
		return slo_err_set(err, -EINVAL, "%s: want PORT or PORT=SERVICE, a port is 1 to 65535", text);
	v.port = (uint16_t)n;
	if (!eq)
		snprintf(v.service, sizeof(v.service), "port-%d", (int)n);
	else if (eq[1] == '\0' || !slo_str_copy(v.service, sizeof(v.service), slo_str(eq + 1)))
		return slo_err_set(err, -EINVAL, "%s: a service name has 1 to 63 bytes", text);
	*w = v;
	return 0;
}

int slo_target_new(struct slo_target **out, const struct slo_target_watch *w, size_t n,
		   const struct slo_target_opts *opts, struct slo_err *err)
{
	static const struct slo_target_opts defaults = { 0 };
	struct slo_target *t;

	if (n > SLO_TARGET_SERVICES)
		return slo_err_set(err, -E2BIG, "at most %d services can be watched", SLO_TARGET_SERVICES);
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	if (!opts)
		opts = &defaults;
	slo_buf_init(&t->buf, TARGET_FILE_MAX);
	slo_str_copy(t->proc_root, sizeof(t->proc_root), slo_str(opts->proc_root ? opts->proc_root : "/proc"));
	t->rescan_ns = opts->rescan_ns > 0 ? opts->rescan_ns : 5 * SLO_NS_PER_S;
	t->owner_ns = opts->owner_ns > 0 ? opts->owner_ns : SLO_NS_PER_S;
	t->count = n;
	for (size_t i = 0; i < n; i++) {
		t->services[i].watch = w[i];
		t->services[i].procs = calloc(SLO_TARGET_PROCS, sizeof(struct slo_target_proc));
		if (!t->services[i].procs)
			goto out;
	}
	if (slo_target_owner_init(t) < 0)
		goto out;
	*out = t;
	return 0;
out:
	slo_target_free(t);
	return -ENOMEM;
}

void slo_target_free(struct slo_target *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		free(t->services[i].procs);
	slo_target_owner_fini(t);
	slo_buf_fini(&t->buf);
	free(t);
}

uint64_t slo_target_netns(const struct slo_target *t, int64_t pid)
{
	char link[64];
	int r = pid ? slo_procfs_link(link, sizeof(link), "%s/%lld/ns/net", t->proc_root, (long long)pid) :
		      slo_procfs_link(link, sizeof(link), "%s/self/ns/net", t->proc_root);

	return r == 0 ? slo_proc_ns_link(slo_str(link)) : 0;
}

int slo_target_sockets(struct slo_target *t, int64_t pid, void (*each)(void *arg, uint64_t inode), void *arg)
{
	DIR *d = slo_procfs_opendir("%s/%lld/fd", t->proc_root, (long long)pid);
	struct dirent *e;
	char link[64];

	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		ssize_t n = e->d_name[0] == '.' ? -1 : readlinkat(dirfd(d), e->d_name, link, sizeof(link));
		uint64_t inode = n > 0 ? slo_proc_sock_link(slo_str_n(link, (size_t)n)) : 0;

		if (inode)
			each(arg, inode);
	}
	closedir(d);
	return 0;
}

/* Listening sockets of watched ports in one file; only services in @open are looked for. */
static void take_listeners(struct slo_target *t, const bool open[SLO_TARGET_SERVICES])
{
	struct slo_str text = slo_buf_str(&t->buf), line;
	struct slo_proc_sock s;
	bool header = true;

	while (slo_proc_line(&text, &line)) {
		if (slo_proc_sock(line, &s) < 0) {
			t->n.malformed += !header;
			header = false;
			continue;
		}
		header = false;
		for (size_t i = 0; s.state == SLO_TCP_LISTEN && s.inode && i < t->count; i++) {
			struct target_service *v = &t->services[i];

			if (open[i] && v->watch.port == s.local_port && v->listeners_count < SLO_TARGET_LISTENERS)
				v->listeners[v->listeners_count++] = s.inode;
		}
	}
}

static int find_listeners(struct slo_target *t, int64_t pid, const bool open[SLO_TARGET_SERVICES])
{
	static const char *const files[] = { "tcp", "tcp6" };
	int first = 0;

	for (size_t i = 0; i < SLO_ARRAY_LEN(files); i++) {
		int r = pid ? slo_procfs_read(&t->buf, "%s/%lld/net/%s", t->proc_root, (long long)pid, files[i]) :
			      slo_procfs_read(&t->buf, "%s/self/net/%s", t->proc_root, files[i]);

		if (r == 0 || r == -EFBIG)
			take_listeners(t, open);
		else if (i == 0)
			first = r; /* a kernel without IPv6 has no tcp6 */
	}
	return first;
}

static bool new_netns(struct slo_target *t, uint64_t ns)
{
	if (ns == 0 || ns == t->own_netns || t->netns_count == SLO_TARGET_NETNS)
		return false;
	for (size_t i = 0; i < t->netns_count; i++)
		if (t->netns[i] == ns)
			return false;
	t->netns[t->netns_count++] = ns;
	return true;
}

/* Look for the ports that our own namespace does not listen on in every other one. */
static void find_elsewhere(struct slo_target *t)
{
	bool open[SLO_TARGET_SERVICES], any = false;
	DIR *d;
	int64_t pid;

	for (size_t i = 0; i < t->count; i++)
		any |= open[i] = t->services[i].listeners_count == 0;
	d = any ? slo_procfs_opendir("%s", t->proc_root) : NULL;
	if (!d)
		return;
	t->netns_count = 0;
	while ((pid = slo_procfs_next_pid(d)))
		if (new_netns(t, slo_target_netns(t, pid)))
			find_listeners(t, pid, open);
	closedir(d);
}

struct holder {
	struct slo_target *t;
	bool holds[SLO_TARGET_SERVICES];
	bool any;
};

static void take_socket(void *arg, uint64_t inode)
{
	struct holder *h = arg;

	for (size_t i = 0; i < h->t->count; i++) {
		const struct target_service *v = &h->t->services[i];

		for (size_t k = 0; k < v->listeners_count && !h->holds[i]; k++)
			h->any |= h->holds[i] = v->listeners[k] == inode;
	}
}

static int read_stat(struct slo_target *t, int64_t pid, struct slo_proc_stat *st)
{
	int r = slo_procfs_read(&t->buf, "%s/%lld/stat", t->proc_root, (long long)pid);

	return r < 0 ? r : slo_proc_stat(slo_buf_str(&t->buf), st);
}

static void add_proc(struct slo_target *t, int64_t pid, const struct holder *h)
{
	struct slo_target_proc p = { .pid = pid };
	struct slo_proc_stat st;

	if (read_stat(t, pid, &st) < 0 || st.state == 'Z')
		return;
	p.start_ticks = st.start;
	p.netns = slo_target_netns(t, pid);
	memcpy(p.comm, st.comm, sizeof(p.comm));
	for (size_t i = 0; i < t->count; i++) {
		struct target_service *v = &t->services[i];

		if (!h->holds[i])
			continue;
		if (v->procs_count < SLO_TARGET_PROCS)
			v->procs[v->procs_count++] = p;
		else
			t->n.procs_over++;
	}
}

static int find_holders(struct slo_target *t)
{
	DIR *d = slo_procfs_opendir("%s", t->proc_root);
	int64_t pid;

	if (!d)
		return -errno;
	while ((pid = slo_procfs_next_pid(d))) {
		struct holder h = { .t = t };
		int r = slo_target_sockets(t, pid, take_socket, &h);

		t->n.denied += r == -EACCES || r == -EPERM;
		if (h.any)
			add_proc(t, pid, &h);
	}
	closedir(d);
	return 0;
}

/* A service manager that holds the socket for its unit is not the service. */
static void drop_init(struct target_service *v)
{
	for (size_t i = 0; v->procs_count > 1 && i < v->procs_count; i++) {
		if (v->procs[i].pid != 1)
			continue;
		v->procs_count--;
		memmove(&v->procs[i], &v->procs[i + 1], (v->procs_count - i) * sizeof(v->procs[0]));
		return;
	}
}

static void explain(struct slo_target *t, struct target_service *v)
{
	v->why[0] = '\0';
	if (v->procs_count > 0)
		return;
	if (v->listeners_count == 0)
		snprintf(v->why, sizeof(v->why), "nobody listens on port %u", v->watch.port);
	else
		snprintf(v->why, sizeof(v->why), "no process holding port %u can be seen (%llu processes denied)",
			 v->watch.port, (unsigned long long)t->n.denied);
}

static int scan(struct slo_target *t)
{
	static const bool all[SLO_TARGET_SERVICES] = { true, true, true, true, true, true, true, true,
						       true, true, true, true, true, true, true, true };
	int r;

	t->n.scans++;
	t->n.procs_over = 0;
	t->n.denied = 0;
	t->own_netns = slo_target_netns(t, 0);
	for (size_t i = 0; i < t->count; i++) {
		t->services[i].listeners_count = 0;
		t->services[i].procs_count = 0;
	}
	r = find_listeners(t, 0, all);
	find_elsewhere(t);
	if (r == 0)
		r = find_holders(t);
	for (size_t i = 0; i < t->count; i++) {
		drop_init(&t->services[i]);
		explain(t, &t->services[i]);
	}
	return r;
}

enum { LEADERS = 16 }; /* processes of a service whose life is checked at each refresh */

static bool still_there(struct slo_target *t)
{
	struct slo_proc_stat st;

	for (size_t i = 0; i < t->count; i++) {
		const struct target_service *v = &t->services[i];

		if (v->procs_count == 0)
			return false;
		for (size_t k = 0; k < v->procs_count && k < LEADERS; k++)
			if (read_stat(t, v->procs[k].pid, &st) < 0 || st.start != v->procs[k].start_ticks ||
			    st.state == 'Z')
				return false;
	}
	return true;
}

/* No earlier than this after the last scan: once a second and 5 % of the time, or in peace the rescan time and 1 %. */
static int64_t gap(const struct slo_target *t, int64_t at_least, int64_t times_cost)
{
	int64_t cost = t->scan_cost_ns * times_cost;

	return at_least > cost ? at_least : cost;
}

int slo_target_refresh(struct slo_target *t, int64_t now_mono_ns)
{
	int64_t since = now_mono_ns - t->scan_ns, began;
	int r;

	if (t->count == 0)
		return 0;
	if (t->scanned && since < gap(t, t->rescan_ns, 100) && (since < gap(t, SLO_NS_PER_S, 20) || still_there(t)))
		return 0;
	began = slo_now_mono_ns();
	r = scan(t);
	t->scan_cost_ns = slo_now_mono_ns() - began;
	t->scan_ns = now_mono_ns;
	t->scanned = true;
	return r;
}

size_t slo_target_services(const struct slo_target *t)
{
	return t->count;
}

const struct slo_target_watch *slo_target_watch(const struct slo_target *t, int service)
{
	return &t->services[service].watch;
}

size_t slo_target_procs(const struct slo_target *t, int service, const struct slo_target_proc **out)
{
	*out = t->services[service].procs;
	return t->services[service].procs_count;
}

const char *slo_target_why(const struct slo_target *t, int service)
{
	if (t->services[service].procs_count == 0 && t->services[service].why[0] == '\0')
		return "not looked for yet";
	return t->services[service].why;
}

void slo_target_counters(const struct slo_target *t, struct slo_target_counters *out)
{
	*out = t->n;
	out->owner_evicted = t->owner.table.evicted;
}

const char *slo_target_proc_root(const struct slo_target *t)
{
	return t->proc_root;
}
