/* SPDX-License-Identifier: MIT */
/* faultinject run: faults in force for a while, labelled and undone. */
#include "faultinject.h"

#include "base/log.h"
#include "base/time.h"

#include <errno.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>

#define OFF(m) offsetof(struct run_opts, m)

static const char *const vias[] = { "auto", "netem", "nft", "forwarder", NULL };

static const struct slo_opt opts[] = {
	{ .name = "severity", .type = SLO_OPT_NUM, .off = OFF(severity), .metavar = "1..5", .def = "3",
	  .help = "How strong; what that means for each fault is in 'faultinject list'.", .lo = 1, .hi = SLO_SEVERITIES },
	{ .name = "strength", .type = SLO_OPT_NUM, .off = OFF(strength), .metavar = "X", .def = "0",
	  .help = "The same in the fault's own unit; one fault only.", .lo = 0, .hi = 1e6 },
	{ .name = "duration", .type = SLO_OPT_DURATION, .off = OFF(duration_ns), .metavar = "S", .def = "0",
	  .help = "How long, in seconds, at most 24 h; required without a scenario file.", .lo = 0, .hi = 86400,
	  .unit_ns = SLO_NS_PER_S },
	{ .name = "start-after", .type = SLO_OPT_DURATION, .off = OFF(start_after_ns), .metavar = "S", .def = "0",
	  .help = "Wait this long first, in seconds.", .lo = 0, .hi = 86400, .unit_ns = SLO_NS_PER_S },
	{ .name = "scenario-file", .type = SLO_OPT_STR, .off = OFF(scenario_file), .metavar = "FILE", .def = "",
	  .help = "Faults, severities and phases of a scenario (config/scenarios) instead of names." },
	{ .name = "target", .type = SLO_OPT_LIST, .off = OFF(targets), .metavar = "WHAT",
	  .help = "pid:PID (with its cgroup and network namespace), netns:NAME, cgroup:/DIR; may be repeated." },
	{ .name = "pid", .type = SLO_OPT_INT, .off = OFF(pid), .metavar = "PID", .def = "0",
	  .help = "The same as --target pid:PID; all its threads.", .lo = 0, .hi = 4194304 },
	{ .name = "tree", .type = SLO_OPT_FLAG, .off = OFF(tree), .help = "cpu_throttle: its descendants together with it." },
	{ .name = "resolver", .type = SLO_OPT_LIST, .off = OFF(resolvers), .metavar = "ADDR[:PORT]",
	  .help = "dns_*: only this resolver; may be repeated." },
	{ .name = "resolv-conf", .type = SLO_OPT_STR, .off = OFF(resolv_conf), .metavar = "FILE", .def = "/etc/resolv.conf",
	  .help = "dns_*: names the resolvers where a forwarder has to know them." },
	{ .name = "peer", .type = SLO_OPT_LIST, .off = OFF(peers), .metavar = "ADDR[/BITS|:PORT]",
	  .help = "egress_*, network_partition: whom it is about, also :PORT; may be repeated." },
	{ .name = "provider", .type = SLO_OPT_STR, .off = OFF(provider), .metavar = "ADDR:PORT", .def = "",
	  .help = "provider_*: the endpoint." },
	{ .name = "retrieval", .type = SLO_OPT_STR, .off = OFF(retrieval), .metavar = "ADDR:PORT", .def = "",
	  .help = "retrieval_slowdown: the endpoint." },
	{ .name = "listen", .type = SLO_OPT_STR, .off = OFF(listen), .metavar = "ADDR:PORT", .def = "",
	  .help = "provider_*, retrieval_slowdown: listen here instead of being put in the endpoint's way." },
	{ .name = "retry-after", .type = SLO_OPT_INT, .off = OFF(retry_after_s), .metavar = "S", .def = "1",
	  .help = "provider_throttle: seconds in the Retry-After header.", .lo = 0, .hi = 3600 },
	{ .name = "device", .type = SLO_OPT_STR, .off = OFF(device), .metavar = "NAME", .def = "",
	  .help = "Network device for netem; every one of the namespace without it." },
	{ .name = "disk", .type = SLO_OPT_STR, .off = OFF(disk), .metavar = "PATH", .def = "",
	  .help = "disk_slow: a block device, or a file on it." },
	{ .name = "via", .type = SLO_OPT_CHOICE, .off = OFF(via), .metavar = "HOW", .def = "auto",
	  .help = "What brings network faults: auto takes netem where the kernel has it.", .choices = vias },
	{ .name = "yes-this-host", .type = SLO_OPT_FLAG, .off = OFF(yes_this_host),
	  .help = "Also what is not the target's alone: this machine's network, shared cgroups, every CPU." },
	{ .name = "service", .type = SLO_OPT_STR, .off = OFF(service), .metavar = "NAME", .def = "",
	  .help = "Service named in the fault label." },
	{ .name = "out", .type = SLO_OPT_STR, .off = OFF(out), .metavar = "ENDPOINT", .def = "-",
	  .help = "Where the fault labels go." },
	{ .name = "journal-dir", .type = SLO_OPT_STR, .off = OFF(journal_dir), .metavar = "DIR", .def = SLO_JOURNAL_DIR,
	  .help = "Where the undo journals are kept while faults are in force." },
	SLO_OPT_END,
};

enum ended { ENDED_DURATION, ENDED_SIGNAL, ENDED_TARGET, ENDED_OUTPUT };
static const char *const ended_names[] = { "duration", "signal", "target_exit", "output_closed" };

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

/* Delivered only inside ppoll(), so that none is lost between a check and a wait. Our parent's end is one, too. */
static void catch_signals(sigset_t *while_waiting)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction act = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
	pid_t parent = getppid();
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < SLO_ARRAY_LEN(sigs); i++) {
		sigaddset(&blocked, sigs[i]);
		sigaction(sigs[i], &act, NULL);
	}
	sigaction(SIGPIPE, &ignore, NULL);
	sigprocmask(SIG_BLOCK, &blocked, while_waiting);
	for (size_t i = 0; i < SLO_ARRAY_LEN(sigs); i++)
		sigdelset(while_waiting, sigs[i]); /* however we were started */
	if (parent > 1) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		stop = getppid() != parent;
	}
}

struct run {
	const struct run_opts *o;
	struct slo_drill drill;
	struct slo_writer *w;
	struct running *running; /* [RUN_FAULTS_MAX] */
	size_t count;
	int pidfd;               /* of the target; -1 = none */
	sigset_t mask;
	bool netem;
};

/* Wait, ended early by a signal or by the target's end. */
static enum ended wait_for(const struct run *r, int64_t ns)
{
	int64_t until = slo_now_mono_ns() + ns;

	while (!stop) {
		struct pollfd p = { .fd = r->pidfd, .events = POLLIN };
		int64_t left = until - slo_now_mono_ns();
		struct timespec t = { .tv_sec = left / SLO_NS_PER_S, .tv_nsec = left % SLO_NS_PER_S };

		if (left <= 0)
			return ENDED_DURATION;
		if (ppoll(&p, 1, &t, &r->mask) > 0)
			return ENDED_TARGET;
	}
	return ENDED_SIGNAL;
}

static int end_all(struct run *r, enum ended why)
{
	int ret = 0;

	while (r->count > 0)
		ret |= running_end(&r->running[--r->count], ended_names[why], why == ENDED_OUTPUT ? NULL : r->w);
	return ret;
}

/* Return: 0; the exit status when a fault cannot be brought into force. */
static int begin_all(struct run *r, const struct slo_drill_round *round, enum ended *why)
{
	for (size_t i = 0; i < round->count; i++) {
		struct running *one = &r->running[r->count];
		struct slo_err err = { .what = "" };
		int ret = faultinject_spec(r->o, &round->faults[i], &one->spec, &err);

		if (!ret)
			ret = slo_session_begin(&one->s, &one->spec, r->o->journal_dir, r->netem, &err);
		if (ret) {
			slo_err_at(&err, "%s", slo_enum_name(&slo_fault_enum, round->faults[i].fault));
			slo_warn_err(&err);
			return ret == -EINVAL || ret == -EPERM ? 2 : 1;
		}
		r->count++;
		slo_str_copy(one->service, sizeof(one->service), slo_str(r->o->service));
		if (running_start(one, r->o->out, r->w)) {
			*why = ENDED_OUTPUT;
			return 0;
		}
	}
	return 0;
}

static int run_rounds(struct run *r)
{
	enum ended why = wait_for(r, r->o->start_after_ns);
	int ret = 0;

	for (size_t i = 0; i < r->drill.count && why == ENDED_DURATION && !ret; i++) {
		int64_t fault_ns = r->o->duration_ns ? r->o->duration_ns : (int64_t)(r->drill.fault_s * 1e9);

		why = wait_for(r, (int64_t)(r->drill.baseline_s * 1e9));
		if (why != ENDED_DURATION) {
			slo_info("ended before the fault began");
			break;
		}
		ret = begin_all(r, &r->drill.rounds[i], &why);
		if (!ret && why == ENDED_DURATION)
			why = wait_for(r, fault_ns);
		ret = end_all(r, why) && !ret ? 1 : ret;
		if (why == ENDED_DURATION && !ret)
			why = wait_for(r, (int64_t)(r->drill.recovery_s * 1e9));
	}
	return ret;
}

/* --- what to run --------------------------------------------------------- */

static int add_names(struct slo_drill_round *round, char *names, double strength)
{
	char *save = NULL;

	for (char *name = strtok_r(names, "+,", &save); name; name = strtok_r(NULL, "+,", &save)) {
		int fault = slo_enum_find(&slo_fault_enum, slo_str(name));

		if (fault < 0 || !slo_fault_find(fault)) {
			slo_warn("%s: no fault of that name; 'faultinject list' prints them", name);
			return 2;
		}
		if (round->count == SLO_DRILL_FAULTS_MAX) {
			slo_warn("more than %d faults at once", SLO_DRILL_FAULTS_MAX);
			return 2;
		}
		for (size_t i = 0; i < round->count; i++) {
			if (round->faults[i].fault == fault) {
				slo_warn("%s: twice", name);
				return 2;
			}
		}
		round->faults[round->count++] = (struct slo_drill_fault){ .fault = fault, .strength = strength };
	}
	return 0;
}

static int choose(const struct run_opts *o, int argc, char **argv, struct slo_drill *d)
{
	struct slo_err err = { .what = "" };
	int ret = 0;

	if (o->scenario_file[0]) {
		if (argc) {
			slo_warn("either faults or --scenario-file");
			return 2;
		}
		ret = slo_drill_read(o->scenario_file, d, &err);
		if (ret)
			slo_warn_err(&err);
		return ret ? 2 : 0;
	}
	d->count = 1;
	for (int i = 0; i < argc && !ret; i++)
		ret = add_names(&d->rounds[0], argv[i], o->strength);
	if (ret)
		return ret;
	if (!d->rounds[0].count || o->duration_ns <= 0) {
		slo_warn("%s is required", d->rounds[0].count ? "--duration" : "the name of a fault");
		return 2;
	}
	if (o->strength > 0 && d->rounds[0].count > 1) {
		slo_warn("--strength is for one fault");
		return 2;
	}
	return 0;
}

/* The process whose end ends the fault; the names are looked at again with the rest. */
static int open_target(const struct run_opts *o, int *pidfd)
{
	struct slo_drill_fault none = { .fault = SLO_FAULT_CPU_THROTTLE };
	struct slo_fault_spec spec;
	struct slo_err err = { .what = "" };

	*pidfd = -1;
	if (faultinject_spec(o, &none, &spec, &err)) {
		slo_warn_err(&err);
		return 2;
	}
	if (!spec.pid)
		return 0;
	*pidfd = pidfd_open((pid_t)spec.pid, 0);
	if (*pidfd < 0)
		slo_warn("--pid %lld: %s", (long long)spec.pid, slo_strerror(-errno));
	return *pidfd < 0 ? 2 : 0;
}

static int run(void *opt, int argc, char **argv)
{
	static struct running running[RUN_FAULTS_MAX];
	static struct run r;
	const struct slo_writer_opts wo = { .streaming = true, .append = true };
	struct slo_err err = { .what = "" };
	int ret, closed;

	r.o = opt;
	r.running = running;
	ret = choose(r.o, argc, argv, &r.drill);
	if (!ret)
		ret = open_target(r.o, &r.pidfd);
	if (ret)
		return ret;
	catch_signals(&r.mask);
	if (slo_writer_open(r.o->out, &wo, &r.w, &err)) {
		slo_warn_err(&err);
		return 2;
	}
	r.netem = r.o->via == SLO_VIA_AUTO && slo_tool_has_netem();
	ret = run_rounds(&r);
	closed = slo_writer_close(r.w, &err);
	if (closed && closed != -EPIPE) {
		slo_warn_err(&err);
		ret = 1;
	}
	if (r.pidfd >= 0)
		close(r.pidfd);
	return ret;
}

const struct slo_cmd faultinject_run = {
	.name = "run",
	.summary = "bring one or more faults into force for a while",
	.operands = "FAULT[+FAULT...]",
	.opts = opts,
	.opts_size = sizeof(struct run_opts),
	.run = run,
	.epilog = "Faults are undone at the end, on SIGINT, SIGTERM and SIGHUP, when the target exits, when the parent of\n"
		  "this process ends, and when it is killed. What was done is kept in the journal directory for\n"
		  "'faultinject undo' until then.",
};
