/* SPDX-License-Identifier: MIT */
/* Every text parser of proc.h on the same bytes; what it accepts must be sane. */
#include "decode/proc.h"

#include <stdlib.h>

static void lines(struct slo_str text)
{
	struct slo_str line;
	struct slo_proc_disk disk;
	struct slo_proc_cgroup cgroup;
	struct slo_proc_mount mount;
	struct slo_proc_sock sock;

	while (slo_proc_line(&text, &line)) {
		if (slo_proc_disk(line, &disk) == 0 && (disk.fields < 14 || memchr(disk.name, 0, 32) == NULL))
			abort();
		if (slo_proc_cgroup(line, &cgroup) == 0 && cgroup.path.p[0] != '/')
			abort();
		if (slo_proc_mount(line, &mount) == 0 && memchr(mount.point, 0, 256) == NULL)
			abort();
		slo_proc_sock(line, &sock);
		slo_proc_sock_link(line);
		slo_proc_ns_link(line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slo_str text = slo_str_n((const char *)data, size);
	struct slo_proc_schedstat sched;
	struct slo_proc_stat stat;
	struct slo_proc_cpu cpu, none = { 0 };
	struct slo_proc_throttle throttle;
	struct slo_proc_psi psi;
	uint64_t busy;

	slo_proc_schedstat(text, &sched);
	if (slo_proc_stat(text, &stat) == 0 && (stat.pid < 0 || memchr(stat.comm, 0, 16) == NULL))
		abort();
	if (slo_proc_cpu(text, &cpu) == 0) {
		double pct = slo_proc_steal_pct(&none, &cpu, &busy);

		if (!(pct >= 0))
			abort();
	}
	slo_proc_group(text, "Tcp", "ActiveOpens", &busy);
	slo_proc_sum(text, "allocstall", &busy);
	slo_proc_cpu_slices(text, &busy);
	slo_proc_throttle(text, &throttle);
	slo_proc_psi(text, &psi);
	lines(text);
	return 0;
}
