/* SPDX-License-Identifier: MIT */
#include "inject/journal.h"

#include "base/cleanup.h"

#include <errno.h>
#include <jansson.h>

enum { FORMAT = 1 };

static json_t *pack_moves(const struct slo_throttle *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->moves_count; i++)
		json_array_append_new(list, json_pack("{s:I,s:s}", "pid", (json_int_t)t->moves[i].pid, "from", t->moves[i].from));
	return list;
}

static json_t *pack_enables(const struct slo_throttle *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->enables_count; i++)
		json_array_append_new(list, json_string(t->enables[i]));
	return list;
}

int slo_journal_encode(const struct slo_journal *j, struct slo_buf *out)
{
	const struct slo_throttle *t = &j->throttle;
	json_t *doc = json_pack("{s:i,s:s,s:s,s:s,s:I,s:I,s:I,s:i,s:s,s:s,s:s,s:I,s:I,s:o,s:o}",
				"format", FORMAT, "fault", "cpu_throttle", "label_id", j->label_id, "boot_id", j->boot_id,
				"injector", (json_int_t)j->pid, "injector_start", (json_int_t)j->start_ticks,
				"pid", (json_int_t)t->pid, "version", t->home.version, "mount", t->home.mount,
				"home", t->home.dir, "cgroup", t->dir, "quota_us", (json_int_t)t->quota_us,
				"period_us", (json_int_t)t->period_us, "moves", pack_moves(t), "enables", pack_enables(t));
	slo_autofree char *text = doc ? json_dumps(doc, JSON_INDENT(1)) : NULL;

	json_decref(doc);
	if (!text)
		return -ENOMEM;
	slo_buf_adds(out, text);
	slo_buf_addc(out, '\n');
	return out->err;
}

static bool take_text(const json_t *doc, const char *key, char *to, size_t size)
{
	const json_t *v = json_object_get(doc, key);

	return json_is_string(v) && slo_str_copy(to, size, slo_str_n(json_string_value(v), json_string_length(v))) &&
	       strlen(to) == json_string_length(v);
}

static bool safe_path(const char *p)
{
	return p[0] == '/' && !strstr(p, "/..");
}

static bool take_path(const json_t *doc, const char *key, char *to)
{
	return take_text(doc, key, to, SLO_CG_PATH_MAX) && safe_path(to);
}

static bool take_int(const json_t *doc, const char *key, int64_t *to)
{
	const json_t *v = json_object_get(doc, key);

	*to = json_integer_value(v);
	return json_is_integer(v);
}

static bool take_moves(const json_t *list, struct slo_throttle *t)
{
	t->moves_count = json_array_size(list);
	if (!json_is_array(list) || t->moves_count > SLO_CG_PIDS_MAX)
		return false;
	for (size_t i = 0; i < t->moves_count; i++)
		if (!take_int(json_array_get(list, i), "pid", &t->moves[i].pid) ||
		    !take_path(json_array_get(list, i), "from", t->moves[i].from))
			return false;
	return true;
}

static bool take_enables(const json_t *list, struct slo_throttle *t)
{
	t->enables_count = json_array_size(list);
	if (!json_is_array(list) || t->enables_count > SLO_CG_ENABLES_MAX)
		return false;
	for (size_t i = 0; i < t->enables_count; i++) {
		const json_t *v = json_array_get(list, i);

		if (!json_is_string(v) || !slo_str_copy(t->enables[i], SLO_CG_PATH_MAX, slo_str(json_string_value(v))) ||
		    !safe_path(t->enables[i]))
			return false;
	}
	return true;
}

static bool ours(const char *dir)
{
	const char *slash = strrchr(dir, '/');

	return slash && strncmp(slash + 1, SLO_THROTTLE_PREFIX, sizeof(SLO_THROTTLE_PREFIX) - 1) == 0;
}

static bool take_all(const json_t *doc, struct slo_journal *j)
{
	struct slo_throttle *t = &j->throttle;
	int64_t format, version;

	if (!take_int(doc, "format", &format) || format != FORMAT || !take_int(doc, "version", &version) ||
	    (version != 1 && version != 2))
		return false;
	t->home.version = (int)version;
	return take_text(doc, "label_id", j->label_id, sizeof(j->label_id)) &&
	       take_text(doc, "boot_id", j->boot_id, sizeof(j->boot_id)) && take_int(doc, "injector", &j->pid) &&
	       take_int(doc, "injector_start", &j->start_ticks) && take_int(doc, "pid", &t->pid) &&
	       take_path(doc, "mount", t->home.mount) && take_path(doc, "home", t->home.dir) &&
	       take_path(doc, "cgroup", t->dir) && ours(t->dir) && take_int(doc, "quota_us", &t->quota_us) &&
	       take_int(doc, "period_us", &t->period_us) && take_moves(json_object_get(doc, "moves"), t) &&
	       take_enables(json_object_get(doc, "enables"), t);
}

int slo_journal_decode(const char *text, size_t len, struct slo_journal *out, struct slo_err *err)
{
	slo_autofree struct slo_journal *j = calloc(1, sizeof(*j));
	json_t *doc = json_loadb(text, len, 0, NULL);
	bool ok = j && doc && take_all(doc, j);

	json_decref(doc);
	if (!j)
		return -ENOMEM;
	if (!ok)
		return slo_err_set(err, -EINVAL, "no undo journal of this version");
	*out = *j;
	return 0;
}
