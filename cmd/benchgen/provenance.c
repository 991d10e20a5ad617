/* SPDX-License-Identifier: MIT */
/* Where the figures come from. A release grade is earned by the recordings; the environment can only take it away. */
#include "benchgen.h"

#include "base/log.h"
#include "base/num.h"
#include "base/time.h"
#include "base/version.h"
#include "render/json.h"

#include <errno.h>
#include <stdlib.h>

int64_t bundle_time(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	int64_t s;

	if (epoch && slo_parse_i64(slo_str(epoch), &s) == 0 && s >= 0 && s < INT64_C(9000000000))
		return s * SLO_NS_PER_S;
	return slo_now_wall_ns() / SLO_NS_PER_S * SLO_NS_PER_S;
}

static const char *from_environment(const char *name)
{
	const char *v = getenv(name);

	return v && v[0] ? v : "unknown";
}

/* What Go's ParseBool takes. Return: 1, 0, or -1. */
static int truth_value(const char *s)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(yes); i++) {
		if (strcmp(s, yes[i]) == 0)
			return 1;
		if (strcmp(s, no[i]) == 0)
			return 0;
	}
	return -1;
}

static void judge_probes(struct bench *b)
{
	size_t dead = 0, blind = 0;

	b->release_grade = false;
	for (size_t i = 0; i < b->count; i++) {
		dead += !b->items[i].live;
		blind += !b->items[i].traced;
	}
	if (!b->recorded)
		(void)!snprintf(b->release_why, sizeof(b->release_why), "fault samples carry no probe provenance");
	else if (dead)
		(void)!snprintf(b->release_why, sizeof(b->release_why),
				"%zu of %zu streams hold replayed or synthetic records", dead, b->count);
	else if (blind)
		(void)!snprintf(b->release_why, sizeof(b->release_why),
				"%zu of %zu streams have no signal from a probe in the kernel", blind, b->count);
	else
		b->release_grade = true;
}

int provenance_read(struct bench *b, struct slo_err *err)
{
	const char *asked = getenv("RELEASE_GRADE");

	b->release_wanted = asked && asked[0] ? truth_value(asked) : -1;
	b->runner_mode = from_environment("RUNNER_MODE");
	b->git_commit = from_environment("GIT_COMMIT");
	b->image_digest = from_environment("COLLECTOR_IMAGE_DIGEST");
	b->kernel_config_hash = from_environment("KERNEL_CONFIG_HASH");
	if (asked && asked[0] && b->release_wanted < 0)
		return slo_err_set(err, -EINVAL, "RELEASE_GRADE: want true or false, found \"%.40s\"", asked);
	return 0;
}

void provenance_judge(struct bench *b)
{
	judge_probes(b);
	if (b->release_wanted == 1 && !b->release_grade)
		slo_warn("RELEASE_GRADE is not borne out: %s", b->release_why);
	if (b->release_wanted == 0 && b->release_grade) {
		b->release_grade = false;
		(void)!snprintf(b->release_why, sizeof(b->release_why), "RELEASE_GRADE says no");
	}
}

static void text(json_t *o, const char *key, const char *s)
{
	json_object_set_new(o, key, s ? json_string(s) : json_null());
}

static void moment(json_t *o, const char *key, int64_t ns)
{
	char when[SLO_RFC3339_MAX + 1];

	when[slo_fmt_rfc3339(when, ns)] = '\0';
	text(o, key, when);
}

void write_provenance(struct slo_buf *to, const struct bench *b)
{
	json_t *o = json_object();
	uint64_t withheld = 0, unreadable = 0;
	char *out;

	for (size_t i = 0; i < b->count; i++) {
		withheld += b->items[i].withheld;
		unreadable += b->items[i].unreadable;
	}
	text(o, "attributor_sha256", b->command.sha256);
	text(o, "benchmark_manifest_sha256", b->manifest_sha256);
	text(o, "collector_image_digest", b->image_digest);
	json_object_set_new(o, "dataset_seed", json_integer(b->o->seed));
	text(o, "dataset_sha256", b->dataset_sha256);
	text(o, "fault_harness_version", slo_version());
	moment(o, "finished_at", b->finished_ns);
	text(o, "git_commit", b->git_commit);
	json_object_set_new(o, "incidents", json_integer((json_int_t)b->count));
	text(o, "kernel_config_hash", b->kernel_config_hash);
	json_object_set_new(o, "lines_unreadable", json_integer((json_int_t)unreadable));
	json_object_set_new(o, "lines_withheld", json_integer((json_int_t)withheld));
	json_object_set_new(o, "release_grade", json_boolean(b->release_grade));
	text(o, "release_grade_reason", b->release_why[0] ? b->release_why : NULL);
	text(o, "runner_mode", b->runner_mode);
	text(o, "split", b->recorded ? benchgen_splits[b->o->split] : NULL);
	moment(o, "started_at", b->started_ns);
	text(o, "stream", b->recorded ? slo_enum_name(&slo_stream_enum, b->o->stream) : NULL);
	out = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS);
	slo_buf_adds(to, out ? out : "");
	free(out);
	json_decref(o);
}
