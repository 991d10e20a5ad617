/* SPDX-License-Identifier: MIT */
#include "inject/step_net.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "inject/process.h"

#include <errno.h>

bool slo_step_is_helper(int64_t pid, int64_t ticks)
{
	char path[64], comm[64];
	int64_t now;
	bool kthread;

	snprintf(path, sizeof(path), "/proc/%lld/comm", (long long)pid);
	return pid > 1 && slo_process_stat(pid, &now, &kthread) == 0 && now == ticks &&
	       slo_cg_live.read(NULL, path, comm, sizeof(comm)) > 0 && strcmp(comm, SLO_STEP_COMM "\n") == 0;
}

int slo_step_line(const struct slo_step_io *io, const struct slo_netns *ns, const char *line, char *out, size_t size)
{
	const char *argv[SLO_TOOL_ARGS_MAX + 1] = { NULL };
	char text[1024], *save = NULL;
	size_t n = 0;

	if (!slo_str_copy(text, sizeof(text), slo_str(line)))
		return -E2BIG;
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (n == SLO_TOOL_ARGS_MAX)
			return -E2BIG;
		argv[n++] = w;
	}
	return n ? io->run(io->arg, ns, argv, NULL, out, size) : -EINVAL;
}

/* The status of a tool as an error: what it printed first, else its number. */
static int said(struct slo_err *err, const char *what, int status, const char *out)
{
	if (status < 0)
		return slo_err_set(err, status, "%s: %s", what, slo_strerror(status));
	return slo_err_set(err, -EIO, "%s: %.*s", what, (int)strcspn(out, "\n"), out[0] ? out : "it failed");
}

/* --- nftables ------------------------------------------------------------ */

static int nft_list(const struct slo_step_io *io, const struct slo_step *s, char *out, size_t size)
{
	const char *const argv[] = { "nft", "list", "table", "inet", s->name, NULL };

	return io->run(io->arg, &s->ns, argv, NULL, out, size);
}

int slo_step_nft_apply(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	static const char *const argv[] = { "nft", "-f", "-", NULL };
	char out[1024] = "";
	int ret = io->run(io->arg, &s->ns, argv, s->script, out, sizeof(out));

	return ret ? said(err, "nft", ret, out) : 0;
}

int slo_step_nft_check(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	char out[1024];

	return nft_list(io, s, out, sizeof(out)) ? slo_err_set(err, -ESTALE, "the nft table %s is not there", s->name) : 0;
}

int slo_step_nft_undo(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	const char *const argv[] = { "nft", "delete", "table", "inet", s->name, NULL };
	static const char *const list[] = { "nft", "list", "tables", NULL };
	slo_autofree char *out = malloc(SLO_TOOL_OUT_MAX);
	char word[96];
	int ret;

	if (!out)
		return -ENOMEM;
	out[0] = '\0';
	ret = io->run(io->arg, &s->ns, argv, NULL, out, SLO_TOOL_OUT_MAX);
	if (ret == -ENOENT)
		return 0; /* the namespace is gone */
	ret = io->run(io->arg, &s->ns, list, NULL, out, SLO_TOOL_OUT_MAX);
	if (ret)
		return said(err, "nft", ret, out);
	snprintf(word, sizeof(word), "table inet %s\n", s->name);
	if (strstr(out, word))
		return slo_err_set(err, -EBUSY, "the nft table %s is still there", s->name);
	ret = s->nat ? io->flush(io->arg, &s->ns, SLO_STEP_MARK) : 0;
	return ret && ret != -ENOENT ? slo_err_set(err, ret, "conntrack: %s", slo_strerror(ret)) : 0;
}

/* --- tc ------------------------------------------------------------------ */

static int show(const struct slo_step_io *io, const struct slo_step *s, const char *how, char *out, size_t size)
{
	char line[160];

	snprintf(line, sizeof(line), "tc %s qdisc show dev %s", how, s->name);
	out[0] = '\0';
	return slo_step_line(io, &s->ns, line, out, size);
}

static int tc_line(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err, const char *line)
{
	char out[512] = "";
	int ret = slo_step_line(io, &s->ns, line, out, sizeof(out));

	if (ret)
		said(err, line, ret, out);
	return ret < 0 ? ret : ret ? -EIO : 0;
}

static bool has_root(const char *shown)
{
	char word[32];

	snprintf(word, sizeof(word), "qdisc prio %x:", SLO_STEP_QDISC);
	return strstr(shown, word);
}

static bool has_band(const struct slo_step *s, const char *shown)
{
	char word[32];

	snprintf(word, sizeof(word), "qdisc netem %x:", SLO_STEP_QDISC + s->band);
	return strstr(shown, word);
}

static int add_root(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	char line[256], shown[4096];
	int n;

	if (show(io, s, "", shown, sizeof(shown)))
		return slo_err_set(err, -ENODEV, "%s: no such device", s->name);
	if (has_root(shown))
		return 0; /* another fault of ours made it; the last one takes it away */
	n = snprintf(line, sizeof(line), "tc qdisc add dev %s root handle %x: prio bands %d priomap", s->name,
		     SLO_STEP_QDISC, SLO_STEP_BANDS);
	for (int i = 0; i < 16; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " 0");
	return tc_line(io, s, err, line);
}

int slo_step_netem_apply(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	char line[512];
	int ret = add_root(io, s, err);

	snprintf(line, sizeof(line), "tc qdisc add dev %s parent %x:%x handle %x: netem limit 100000 %s", s->name,
		 SLO_STEP_QDISC, s->band, SLO_STEP_QDISC + s->band, s->value);
	if (!ret)
		ret = tc_line(io, s, err, line);
	for (const char *p = s->script; *p && !ret; p += strcspn(p, "\n"), p += *p == '\n') {
		slo_str_copy(line, sizeof(line), slo_str_n(p, strcspn(p, "\n")));
		ret = tc_line(io, s, err, line);
	}
	return ret;
}

int slo_step_netem_check(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	char shown[4096], line[160];

	if (show(io, s, "", shown, sizeof(shown)) || !has_band(s, shown))
		return slo_err_set(err, -ESTALE, "%s: no netem %x: on it", s->name, SLO_STEP_QDISC + s->band);
	snprintf(line, sizeof(line), "tc filter show dev %s parent %x:", s->name, SLO_STEP_QDISC);
	if (slo_step_line(io, &s->ns, line, shown, sizeof(shown)) || !strstr(shown, "flowid"))
		return slo_err_set(err, -ESTALE, "%s: no filter leads to the netem", s->name);
	return 0;
}

int slo_step_netem_undo(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err)
{
	char line[256], shown[4096], below[32];

	if (show(io, s, "", shown, sizeof(shown)))
		return 0; /* the device is gone, or its namespace */
	for (int i = 0; i < 2 && has_root(shown); i++) {
		snprintf(line, sizeof(line), "tc filter del dev %s parent %x: prio %d", s->name, SLO_STEP_QDISC, 2 * s->band + i);
		slo_step_line(io, &s->ns, line, NULL, 0);
	}
	snprintf(line, sizeof(line), "tc qdisc del dev %s parent %x:%x", s->name, SLO_STEP_QDISC, s->band);
	if (has_band(s, shown))
		slo_step_line(io, &s->ns, line, NULL, 0);
	show(io, s, "", shown, sizeof(shown));
	snprintf(below, sizeof(below), "parent %x:", SLO_STEP_QDISC);
	snprintf(line, sizeof(line), "tc qdisc del dev %s root handle %x:", s->name, SLO_STEP_QDISC);
	if (has_root(shown) && !strstr(shown, below))
		slo_step_line(io, &s->ns, line, NULL, 0);
	if (show(io, s, "", shown, sizeof(shown)))
		return 0;
	if (has_band(s, shown) || (has_root(shown) && !strstr(shown, below)))
		return slo_err_set(err, -EBUSY, "%s: its qdisc of ours is still there", s->name);
	return 0;
}

/* --- what they counted --------------------------------------------------- */

static void sum_after(const char *text, const char *word, int64_t *sum)
{
	for (const char *p = text; (p = strstr(p, word)); p++) {
		long long v;

		if (sscanf(p + strlen(word), "%lld", &v) == 1)
			*sum += v;
	}
}

int slo_step_counts(const struct slo_step_io *io, const struct slo_step *s, int64_t *packets, int64_t *dropped)
{
	slo_autofree char *out = malloc(SLO_TOOL_OUT_MAX);
	char word[32];
	const char *at;
	long long n, lost;

	*packets = *dropped = 0;
	if (!out)
		return -ENOMEM;
	if (s->kind == SLO_STEP_NFT) {
		if (nft_list(io, s, out, SLO_TOOL_OUT_MAX))
			return -EIO;
		sum_after(out, "counter packets ", packets);
		*dropped = s->nat ? 0 : *packets;
		return 0;
	}
	snprintf(word, sizeof(word), "qdisc netem %x:", SLO_STEP_QDISC + s->band);
	if (show(io, s, "-s", out, SLO_TOOL_OUT_MAX) || !(at = strstr(out, word)) || !(at = strstr(at, "Sent ")) ||
	    sscanf(at, "Sent %*d bytes %lld pkt (dropped %lld", &n, &lost) != 2)
		return -EIO;
	*packets = n + lost;
	*dropped = lost;
	return 0;
}
