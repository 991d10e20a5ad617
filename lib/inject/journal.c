/* SPDX-License-Identifier: MIT */
#include "inject/journal.h"

#include "base/cleanup.h"
#include "inject/journal_safe.h"

#include <errno.h>
#include <jansson.h>

enum { FORMAT = 2 };

static const char *const kinds[SLO_STEP__COUNT] = {
	[SLO_STEP_FILE] = "file", [SLO_STEP_CGROUP] = "cgroup", [SLO_STEP_NFT] = "nft", [SLO_STEP_NETEM] = "netem",
	[SLO_STEP_HELPER] = "helper",
};

/* --- writing ------------------------------------------------------------- */

static json_t *pack_throttle(const struct slo_throttle *t)
{
	json_t *moves = json_array(), *enables = json_array();

	for (size_t i = 0; i < t->moves_count; i++)
		json_array_append_new(moves, json_pack("{s:I,s:s}", "pid", (json_int_t)t->moves[i].pid, "from", t->moves[i].from));
	for (size_t i = 0; i < t->enables_count; i++)
		json_array_append_new(enables, json_string(t->enables[i]));
	return json_pack("{s:I,s:i,s:s,s:s,s:s,s:I,s:I,s:o,s:o}", "pid", (json_int_t)t->pid, "version", t->home.version,
			 "mount", t->home.mount, "home", t->home.dir, "cgroup", t->dir, "quota_us",
			 (json_int_t)t->quota_us, "period_us", (json_int_t)t->period_us, "moves", moves, "enables", enables);
}

static json_t *pack_steps(const struct slo_journal *j)
{
	json_t *list = json_array();

	for (size_t i = 0; i < j->steps_count; i++) {
		const struct slo_step *s = &j->steps[i];

		json_array_append_new(list,
			json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:i,s:b}", "kind", kinds[s->kind], "path", s->path,
				  "name", s->name, "value", s->value, "want", s->want, "back", s->back, "netns",
				  s->ns.path, "netns_ino", (json_int_t)s->ns.ino, "pid", (json_int_t)s->pid, "start",
				  (json_int_t)s->ticks, "band", s->band, "nat", s->nat));
	}
	return list;
}

int slo_journal_encode(const struct slo_journal *j, struct slo_buf *out)
{
	json_t *doc = json_pack("{s:i,s:s,s:s,s:I,s:I,s:s,s:s,s:o,s:o}", "format", FORMAT, "label_id", j->label_id,
				"boot_id", j->boot_id, "injector", (json_int_t)j->pid, "injector_start",
				(json_int_t)j->start_ticks, "label", j->label, "out", j->out, "throttle",
				j->has_throttle ? pack_throttle(&j->throttle) : json_null(), "steps", pack_steps(j));
	slo_autofree char *text = doc ? json_dumps(doc, JSON_INDENT(1)) : NULL;

	json_decref(doc);
	if (!text)
		return -ENOMEM;
	slo_buf_adds(out, text);
	slo_buf_addc(out, '\n');
	return out->err;
}

/* --- reading ------------------------------------------------------------- */

static bool take_text(const json_t *doc, const char *key, char *to, size_t size)
{
	const json_t *v = json_object_get(doc, key);

	return json_is_string(v) && slo_str_copy(to, size, slo_str_n(json_string_value(v), json_string_length(v))) &&
	       strlen(to) == json_string_length(v);
}

static bool take_path(const json_t *doc, const char *key, char *to)
{
	return take_text(doc, key, to, SLO_CG_PATH_MAX) && journal_safe_path(to);
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
		    !journal_safe_path(t->enables[i]))
			return false;
	}
	return true;
}

static bool take_throttle(const json_t *doc, struct slo_journal *j)
{
	struct slo_throttle *t = &j->throttle;
	int64_t version;

	j->has_throttle = json_is_object(doc);
	if (!j->has_throttle)
		return json_is_null(doc);
	if (!take_int(doc, "version", &version) || (version != 1 && version != 2))
		return false;
	t->home.version = (int)version;
	slo_str_copy(t->home.controller, sizeof(t->home.controller), slo_str("cpu"));
	return take_int(doc, "pid", &t->pid) && take_path(doc, "mount", t->home.mount) &&
	       take_path(doc, "home", t->home.dir) && take_path(doc, "cgroup", t->dir) && journal_safe_cgroup(t->dir) &&
	       take_int(doc, "quota_us", &t->quota_us) && take_int(doc, "period_us", &t->period_us) &&
	       take_moves(json_object_get(doc, "moves"), t) && take_enables(json_object_get(doc, "enables"), t);
}

static bool take_step(const json_t *doc, struct slo_step *s)
{
	char kind[16] = "";
	int64_t ino, band;

	if (!take_text(doc, "kind", kind, sizeof(kind)))
		return false;
	for (s->kind = 0; s->kind < SLO_STEP__COUNT && strcmp(kinds[s->kind], kind) != 0; s->kind++)
		;
	if (s->kind == SLO_STEP__COUNT || !take_text(doc, "path", s->path, sizeof(s->path)) ||
	    !take_text(doc, "name", s->name, sizeof(s->name)) || !take_text(doc, "value", s->value, sizeof(s->value)) ||
	    !take_text(doc, "want", s->want, sizeof(s->want)) || !take_text(doc, "back", s->back, sizeof(s->back)) ||
	    !take_text(doc, "netns", s->ns.path, sizeof(s->ns.path)) || !take_int(doc, "netns_ino", &ino) ||
	    !take_int(doc, "pid", &s->pid) || !take_int(doc, "start", &s->ticks) || !take_int(doc, "band", &band))
		return false;
	if (band < 0 || band > SLO_STEP_BANDS || ino < 0)
		return false;
	s->ns.ino = (uint64_t)ino;
	s->band = (int)band;
	s->nat = json_is_true(json_object_get(doc, "nat"));
	return journal_safe_step(s);
}

static bool take_steps(const json_t *list, struct slo_journal *j)
{
	j->steps_count = json_array_size(list);
	if (!json_is_array(list) || j->steps_count > SLO_STEPS_MAX)
		return false;
	for (size_t i = 0; i < j->steps_count; i++)
		if (!take_step(json_array_get(list, i), &j->steps[i]))
			return false;
	return true;
}

static bool take_all(const json_t *doc, struct slo_journal *j)
{
	int64_t format;

	return take_int(doc, "format", &format) && format == FORMAT &&
	       take_text(doc, "label_id", j->label_id, sizeof(j->label_id)) &&
	       take_text(doc, "boot_id", j->boot_id, sizeof(j->boot_id)) && take_int(doc, "injector", &j->pid) &&
	       take_int(doc, "injector_start", &j->start_ticks) && take_text(doc, "label", j->label, sizeof(j->label)) &&
	       take_text(doc, "out", j->out, sizeof(j->out)) && take_throttle(json_object_get(doc, "throttle"), j) &&
	       take_steps(json_object_get(doc, "steps"), j);
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

/* --- undoing ------------------------------------------------------------- */

int slo_journal_undo(const struct slo_step_io *io, const struct slo_journal *j, struct slo_err *err)
{
	int ret = 0;

	for (size_t i = j->steps_count; i-- > 0;) {
		int one = slo_step_undo(io, &j->steps[i], err);

		ret = ret ? ret : one; /* the others all the same */
	}
	if (j->has_throttle) {
		int one = slo_throttle_undo(io->cg, &j->throttle, err);

		ret = ret ? ret : one;
	}
	return ret;
}

int slo_journal_end_label(const struct slo_journal *j, int64_t end_ns, const char *ended_by, const char *undo,
			  struct slo_buf *out)
{
	json_t *doc = j->label[0] ? json_loads(j->label, 0, NULL) : NULL, *body;
	slo_autofree char *text = NULL;

	if (!j->label[0])
		return -ENOENT;
	if (!json_is_object(doc)) {
		json_decref(doc);
		return -EINVAL;
	}
	body = json_object_get(doc, "payload") ? json_object_get(doc, "payload") : doc;
	json_object_set_new(body, "end_ns", json_integer(end_ns));
	json_object_set_new(body, "undo", json_string(undo));
	json_object_set_new(json_object_get(body, "params"), "ended_by", json_string(ended_by));
	text = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	if (!text)
		return -ENOMEM;
	slo_buf_adds(out, text);
	slo_buf_addc(out, '\n');
	return out->err;
}
