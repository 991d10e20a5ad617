/* SPDX-License-Identifier: MIT */
#include "probe/prober_internal.h"

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { KERNEL_MAJOR = 5, KERNEL_MINOR = 15 };

const char *slo_check_state_name(enum slo_check_state s)
{
	static const char *const names[] = { "PASS", "WARN", "FAIL", "SKIP" };

	return names[s];
}

const char *slo_check_severity_name(enum slo_check_severity s)
{
	static const char *const names[] = { "blocker", "warning", "info" };

	return names[s];
}

/* What is not met but only worth knowing is no failure of the host: nothing needs it. */
static enum slo_check_state state_of(enum slo_check_severity severity, bool met)
{
	static const enum slo_check_state unmet[] = { SLO_CHECK_FAIL, SLO_CHECK_WARN, SLO_CHECK_SKIP };

	return met ? SLO_CHECK_PASS : unmet[severity];
}

struct slo_check *judge(struct judging *j, const struct demand *d, bool met, const char *fmt, ...)
{
	struct slo_check *c = &j->out[j->n < SLO_CHECKS_MAX ? j->n++ : SLO_CHECKS_MAX - 1];
	va_list args;

	memset(c, 0, sizeof(*c));
	slo_str_copy(c->name, sizeof(c->name), slo_str(d->name));
	c->severity = d->severity;
	c->pass = met;
	c->state = state_of(d->severity, met);
	va_start(args, fmt);
	vsnprintf(c->current, sizeof(c->current), fmt, args);
	va_end(args);
	slo_str_copy(c->required, sizeof(c->required), slo_str(d->required));
	slo_str_copy(c->remedy, sizeof(c->remedy), slo_str(met ? "" : d->remedy));
	return c;
}

void judge_skip(struct slo_check *c)
{
	c->state = SLO_CHECK_SKIP;
}

static void judge_kernel(struct judging *j)
{
	static const struct demand version = {
		"kernel_version", SLO_CHECK_BLOCKER, ">= 5.15", "boot a kernel of 5.15 or newer",
	};
	int major = 0, minor = 0;

	if (slo_facts_kernel(j->p->facts.release, &major, &minor))
		judge(j, &version, major > KERNEL_MAJOR || (major == KERNEL_MAJOR && minor >= KERNEL_MINOR), "%d.%d",
		      major, minor);
	else
		judge(j, &version, false, "not known: release \"%s\"", j->p->facts.release);
}

static void judge_tool(struct judging *j, const char *name, bool found, const char *remedy)
{
	struct demand d = { name, SLO_CHECK_WARNING, "in PATH", remedy };

	judge(j, &d, found, "%s", found ? "found" : "not found");
}

/* Tracing and packets need rights; root is the plainest way to have them. */
static void judge_privileges(struct judging *j)
{
	static const struct demand d = {
		"privileged_execution", SLO_CHECK_WARNING,
		"root, or CAP_BPF, CAP_PERFMON and CAP_NET_RAW",
		"run as root, or grant the capabilities that are missing below",
	};
	const struct slo_facts *f = &j->p->facts;
	bool caps = slo_facts_cap(f, SLO_CAP_BPF) && slo_facts_cap(f, SLO_CAP_PERFMON) &&
		    slo_facts_cap(f, SLO_CAP_NET_RAW);

	judge(j, &d, f->caps_err ? f->euid == 0 : caps, "euid %u%s", (unsigned int)f->euid,
	      f->caps_err ? ", capabilities not known" : caps ? " with the capabilities" : " without the capabilities");
}

/* The nine of the published tool, in its order. What the agent can do without is a warning here. */
void judge_published(struct judging *j)
{
	static const struct demand host = { "host_linux", SLO_CHECK_BLOCKER, "Linux", "use a Linux host" };
	static const struct demand btf = {
		"btf_available", SLO_CHECK_WARNING, "/sys/kernel/btf/vmlinux can be read",
		"boot a kernel built with CONFIG_DEBUG_INFO_BTF; without it nothing is traced",
	};
	static const struct demand headers = {
		"kernel_headers", SLO_CHECK_WARNING, "/lib/modules/RELEASE/build exists",
		"not needed to run or to build; install them for other tools",
	};
	const struct slo_facts *f = &j->p->facts;

	judge(j, &host, strcmp(f->sysname, "Linux") == 0, "%s", f->sysname);
	judge_kernel(j);
	judge(j, &btf, !f->btf_err, "%s", f->btf_err ? slo_strerror(f->btf_err) : "/sys/kernel/btf/vmlinux");
	judge(j, &headers, f->headers, "/lib/modules/%s/build %s", f->release,
	      f->headers ? "exists" : "does not exist");
	judge_tool(j, "bpftool_installed", f->bpftool, "not needed to run; install it to look at loaded programs");
	judge_tool(j, "clang_installed", f->clang, "not needed to run; install it to build from source");
	judge_privileges(j);
	judge_tool(j, "kind_installed", f->kind, "not needed to run; install it to try the agent in a local cluster");
	judge_tool(j, "helm_installed", f->helm, "not needed to run; install it to deploy into a cluster");
}

size_t slo_prober_judge(const struct slo_prober *p, struct slo_check checks[SLO_CHECKS_MAX])
{
	struct judging j = { p, checks, 0 };

	judge_published(&j);
	judge_rights(&j);
	judge_host(&j);
	judge_hooks(&j);
	judge_signals(&j);
	return j.n;
}

bool slo_prober_pass(const struct slo_check *checks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (checks[i].state == SLO_CHECK_FAIL)
			return false;
	return true;
}

bool slo_prober_warned(const struct slo_check *checks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (checks[i].state == SLO_CHECK_WARN)
			return true;
	return false;
}
