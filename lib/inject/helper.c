/* SPDX-License-Identifier: MIT */
#include "inject/helper.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "inject/process.h"
#include "inject/step.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

enum { BEGIN_MS = 10000 };

/* What it says once it has begun. */
struct report {
	int ret;
	int ports[SLO_RELAY_UPSTREAMS_MAX];
};

/* Ended by SIGKILL only: an interrupt at the terminal is the injector's, which then undoes in order. */
static void settle(pid_t parent, int fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	prctl(PR_SET_NAME, SLO_STEP_COMM);
	slo_process_detach(fd);
}

static int enter(const struct slo_helper_job *job)
{
	int ret = job->cgroup[0] ? slo_cg_write(&slo_cg_live, job->cgroup, "cgroup.procs", "0") : 0;
	slo_autoclose int fd = job->ns.ino ? slo_netns_open(&job->ns) : -1;

	if (ret || !job->ns.ino)
		return ret;
	return fd < 0 ? fd : setns(fd, CLONE_NEWNET) ? -errno : 0;
}

static void *spin(void *arg)
{
	size_t cpu = (size_t)(uintptr_t)arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (volatile unsigned long n = 0;; n++)
		;
	return NULL;
}

static void __attribute__((noreturn)) spin_all(const cpu_set_t *cpus)
{
	pthread_t thread;

	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, cpus))
			pthread_create(&thread, NULL, spin, (void *)(uintptr_t)cpu);
	for (;;)
		pause();
}

static void __attribute__((noreturn)) live(const struct slo_helper_job *job)
{
	struct report rep = { .ret = 0 };
	struct slo_relay_ports p;
	char c;

	if (read(3, &c, 1) != 1)
		_exit(0); /* the injector is gone, or has changed its mind */
	rep.ret = enter(job);
	if (!rep.ret && job->kind == SLO_HELPER_RELAY) {
		rep.ret = slo_relay_open(&job->relay, &p);
		memcpy(rep.ports, p.port, sizeof(rep.ports));
	}
	if (write(3, &rep, sizeof(rep)) != sizeof(rep) || rep.ret)
		_exit(1);
	if (job->kind == SLO_HELPER_SPIN)
		spin_all(&job->cpus);
	_exit(slo_relay_run(&job->relay, &p) ? 1 : 0);
}

int slo_helper_start(const struct slo_helper_job *job, struct slo_helper *h)
{
	pid_t parent = getpid(), pid;
	int ends[2], ret;
	bool kthread;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	pid = fork();
	if (pid == 0) {
		settle(parent, ends[1]);
		live(job);
	}
	ret = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (!ret)
		ret = slo_process_stat(pid, &h->ticks, &kthread);
	if (ret) {
		close(ends[0]); /* it reads the end of file and leaves */
		return ret;
	}
	h->fd = ends[0];
	h->pid = pid;
	return 0;
}

int slo_helper_go(struct slo_helper *h, struct slo_err *err)
{
	slo_autoclose int fd = SLO_TAKE_FD(h->fd);
	struct pollfd p = { fd, POLLIN, 0 };
	struct report rep;

	if (send(fd, "g", 1, MSG_NOSIGNAL) != 1 || poll(&p, 1, BEGIN_MS) != 1 ||
	    recv(fd, &rep, sizeof(rep), MSG_WAITALL) != sizeof(rep))
		return slo_err_set(err, -EIO, "the helper process does not begin");
	memcpy(h->ports, rep.ports, sizeof(h->ports));
	return rep.ret ? slo_err_set(err, rep.ret, "the helper process: %s", slo_strerror(rep.ret)) : 0;
}
