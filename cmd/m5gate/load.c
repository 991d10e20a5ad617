/* SPDX-License-Identifier: MIT */
/* The directories of a benchmark: <root>/<scenario>/run-NAME/, or <root>/<scenario>/ as the only run. */
#include "m5gate.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_LEN_MAX = 128 };

static int refuse_name(struct slo_err *err, const char *name, const char *why)
{
	slo_err_set(err, -EINVAL, "\"%.64s\" %s", name, why);
	slo_err_at(err, "--scenarios");
	return -EINVAL;
}

static bool plain(const char *name)
{
	return name[0] && name[0] != '.' && !strchr(name, '/') && strlen(name) <= NAME_LEN_MAX;
}

static int add_scenario(struct benchmark *b, const char *name, struct slo_err *err)
{
	if (!plain(name))
		return refuse_name(err, name, "is no name of a scenario");
	if (b->count == SLO_M5_SCENARIOS_MAX)
		return refuse_name(err, name, "is one scenario too many");
	for (size_t i = 0; i < b->count; i++)
		if (strcmp(b->scenarios[i].name, name) == 0)
			return refuse_name(err, name, "is named twice");
	b->scenarios[b->count++].name = name;
	return 0;
}

int benchmark_init(struct benchmark *b, const char *scenarios, struct slo_err *err)
{
	char *at = b->list, *save = NULL;
	int r = 0;

	*b = (struct benchmark){ .count = 0 };
	if (!slo_str_copy(b->list, sizeof(b->list), slo_str(scenarios)))
		return refuse_name(err, "...", "is too long a list");
	for (char *name = strtok_r(at, ", ", &save); !r && name; name = strtok_r(NULL, ", ", &save))
		r = add_scenario(b, name, err);
	if (!r && b->count == 0)
		r = refuse_name(err, scenarios, "names no scenario");
	return r;
}

static int join(char *to, const char *a, const char *b, struct slo_err *err)
{
	if (snprintf(to, PATH_MAX, "%s/%s", a, b) < PATH_MAX)
		return 0;
	slo_err_set(err, -ENAMETOOLONG, "%s", slo_strerror(-ENAMETOOLONG));
	slo_err_at(err, "%.100s", a);
	return -ENAMETOOLONG;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int is_run(const struct dirent *e)
{
	return strncmp(e->d_name, "run-", 4) == 0 && e->d_name[4];
}

/* Not alphasort(): the order must not depend on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int no_dir(const char *path, int rc, struct slo_err *err)
{
	slo_err_set(err, rc, "%s", slo_strerror(rc));
	slo_err_at(err, "%s", path);
	return rc;
}

static int add_run(struct benchmark *b, struct slo_m5_side *side, const char *dir, const char *name,
		   struct slo_err *err)
{
	struct slo_m5_run *run = &side->runs[side->count];
	char path[PATH_MAX];
	int r = join(path, dir, "raw_samples.jsonl", err);

	*run = (struct slo_m5_run){ .name = strdup(name) };
	side->count++;
	if (!run->name)
		return -ENOMEM;
	return r ? r : samples_load(b, path, run, err);
}

static int add_overhead(struct benchmark *b, const char *dir, struct slo_err *err)
{
	char on[PATH_MAX], off[PATH_MAX];
	size_t run = b->costs.runs++;
	int r = join(on, dir, "collector_overhead.csv", err);

	if (!r)
		r = join(off, dir, "collector_overhead_off.csv", err);
	if (!r)
		r = overhead_load(b, on, run, false, err);
	if (r == -ENOENT && !err->what[0]) {
		b->costs.absent++;
		r = 0;
	}
	if (!r)
		r = overhead_load(b, off, run, true, err);
	return r == -ENOENT && !err->what[0] ? 0 : r;
}

/* One run of a scenario; the candidate's tell the overhead as well. */
static int take_run(struct benchmark *b, struct slo_m5_side *side, const char *dir, const char *name, bool costs,
		    struct slo_err *err)
{
	int r = add_run(b, side, dir, name, err);

	return r || !costs ? r : add_overhead(b, dir, err);
}

static int load_runs(struct benchmark *b, struct slo_m5_side *side, const char *dir, struct dirent **found, int n,
		     bool costs, struct slo_err *err)
{
	char path[PATH_MAX];
	int r = 0;

	for (int i = 0; !r && i < n; i++) {
		r = join(path, dir, found[i]->d_name, err);
		if (r || !is_dir(path))
			continue;
		if (side->count == SLO_M5_RUNS_MAX) {
			slo_err_set(err, -E2BIG, "more than %d runs", SLO_M5_RUNS_MAX);
			slo_err_at(err, "%s", dir);
			return -E2BIG;
		}
		r = take_run(b, side, path, found[i]->d_name, costs, err);
	}
	return r;
}

/* No directory, or nothing in it, is no runs: the gate then says that data is missing. */
static int load_side(struct benchmark *b, struct slo_m5_side *side, const char *root, const char *scenario, bool costs,
		     struct slo_err *err)
{
	char dir[PATH_MAX], single[PATH_MAX];
	struct dirent **found = NULL;
	int n, r = join(dir, root, scenario, err);

	if (!r)
		r = join(single, dir, "raw_samples.jsonl", err);
	side->runs = calloc(SLO_M5_RUNS_MAX, sizeof(*side->runs));
	if (!side->runs)
		return slo_err_set(err, -ENOMEM, "out of memory");
	if (r || !is_dir(dir))
		return r;
	n = scandir(dir, &found, is_run, by_name);
	if (n < 0)
		return no_dir(dir, -errno, err);
	r = load_runs(b, side, dir, found, n, costs, err);
	for (int i = 0; i < n; i++)
		free(found[i]);
	free(found);
	if (!r && side->count == 0 && access(single, F_OK) == 0)
		r = take_run(b, side, dir, scenario, costs, err);
	return r;
}

static int check_root(const char *root, struct slo_err *err)
{
	struct stat st;

	if (stat(root, &st) < 0)
		return no_dir(root, -errno, err);
	return S_ISDIR(st.st_mode) ? 0 : no_dir(root, -ENOTDIR, err);
}

int benchmark_load(struct benchmark *b, const char *candidate_root, const char *baseline_root, struct slo_err *err)
{
	int r = check_root(candidate_root, err);

	if (!r)
		r = check_root(baseline_root, err);
	for (size_t i = 0; !r && i < b->count; i++) {
		struct slo_m5_scenario *s = &b->scenarios[i];

		r = load_side(b, &s->candidate, candidate_root, s->name, true, err);
		if (!r)
			r = load_side(b, &s->baseline, baseline_root, s->name, false, err);
	}
	return r;
}

static void free_side(struct slo_m5_side *side)
{
	for (size_t i = 0; i < side->count; i++) {
		free((void *)(uintptr_t)side->runs[i].name);
		free(side->runs[i].ttft);
		free(side->runs[i].tokens);
	}
	free(side->runs);
}

void benchmark_free(struct benchmark *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free_side(&b->scenarios[i].candidate);
		free_side(&b->scenarios[i].baseline);
	}
	for (size_t i = 0; i < b->costs.nodes_count; i++)
		free(b->nodes[i]);
	slo_m5_weights_fini(&b->weights);
	free(b->rows);
}
