/* SPDX-License-Identifier: MIT */
#include "checkpoint.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/table.h"
#include "base/time.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	LINES_FILE_MAX = 64 << 20, /* bytes of FILE.lines that are read */
	PENDING_BYTES = 16 * SLO_INCIDENT_PENDING_MAX,
};

static const size_t state_max = (size_t)SLO_INCIDENT_SERVICES_MAX * SLO_INCIDENT_SERVICE_BYTES + PENDING_BYTES;

static uint64_t line_hash(struct slo_str id, int64_t update)
{
	return slo_hash(id.p, id.len, (uint64_t)update + 1);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void say(const struct checkpoint *c, const struct slo_incidents_loaded *l)
{
	slo_info("%s: %" PRIu32 " services, %" PRIu32 " open incidents", c->path, l->services, l->open);
	if (l->other_model)
		slo_warn("%s: made with another model: verdicts are made anew from its evidence", c->path);
	if (l->series_anew + l->tracks_anew + l->series_gone + l->incidents_gone)
		slo_warn("%s: made with other objectives or lateness: begun anew %" PRIu32 " objectives and %" PRIu32
			 " pasts; without objective now %" PRIu32 " SLIs and %" PRIu32
			 " incidents, which are forgotten",
			 c->path, l->series_anew, l->tracks_anew, l->series_gone, l->incidents_gone);
}

/* Return: 0, -ENOENT when there is no checkpoint yet, or another negative errno with @err. */
static int load(struct checkpoint *c, struct slo_incidents *inc, uint64_t *hash, struct slo_err *err)
{
	struct slo_incidents_loaded loaded;
	slo_autofree char *bytes = NULL;
	size_t len;
	int r = slo_file_read(c->path, state_max, &bytes, &len, err);

	if (r)
		return r;
	*hash = slo_hash(bytes, len, 1);
	r = slo_incidents_load(inc, slo_str_n(bytes, len), &loaded, err);
	if (r)
		slo_err_at(err, "%s", c->path);
	else
		say(c, &loaded);
	return r;
}

/* Lines of the checkpoint with @hash; a file of another one says nothing. */
static void read_lines(struct checkpoint *c, uint64_t hash)
{
	struct slo_err ignored = { .what = "" };
	slo_autofree char *text = NULL;
	uint64_t of;
	size_t len;
	int skip = 0;

	if (slo_file_read(c->lines_path, LINES_FILE_MAX, &text, &len, &ignored))
		return;
	if (sscanf(text, "checkpoint %" SCNx64 "\n%n", &of, &skip) != 1 || !skip || of != hash)
		return;
	c->told = malloc((len / 4 + 1) * sizeof(*c->told));
	for (char *at = text + skip, *end; c->told && (end = strchr(at, '\n')); at = end + 1) {
		char *blank = memchr(at, ' ', (size_t)(end - at));

		if (blank) /* "ID UPDATE"; a last line without its end was being written, and its incident line may not be */
			c->told[c->told_n++] = line_hash(slo_str_n(at, (size_t)(blank - at)), strtoll(blank, NULL, 10));
	}
	if (c->told)
		qsort(c->told, c->told_n, sizeof(*c->told), by_value);
}

static int open_lines(struct checkpoint *c, bool fresh, uint64_t hash, struct slo_err *err)
{
	struct slo_writer_opts o = { .streaming = true, .append = true };
	char head[48];
	int r = 0;

	(void)!snprintf(head, sizeof(head), "checkpoint %" PRIx64 "\n", hash);
	if (c->lines)
		slo_writer_close(c->lines, NULL);
	c->lines = NULL;
	if (fresh)
		r = slo_file_replace(c->lines_path, slo_str(head), err);
	return r ? r : slo_writer_open(c->lines_path, &o, &c->lines, err);
}

int checkpoint_start(struct checkpoint *c, const char *path, int64_t every_ns, struct slo_incidents *inc,
		     struct slo_err *err)
{
	struct slo_err first = { .what = "" };
	uint64_t hash = 0;
	int r;

	*c = (struct checkpoint){ .path = path[0] ? path : NULL, .every_ns = every_ns, .last_ns = slo_now_mono_ns() };
	slo_buf_init(&c->buf, state_max);
	if (!c->path)
		return 0;
	if (asprintf(&c->lines_path, "%s.lines", path) < 0) {
		c->lines_path = NULL;
		return slo_err_set(err, -ENOMEM, "out of memory");
	}
	r = load(c, inc, &hash, &first);
	if (r && r != -ENOENT) {
		*err = first;
		return r;
	}
	read_lines(c, hash);
	return open_lines(c, !c->told, hash, err);
}

bool checkpoint_told(struct checkpoint *c, const struct slo_incident *i)
{
	uint64_t h = line_hash(i->incident_id, i->update);

	if (!c->told_n || !bsearch(&h, c->told, c->told_n, sizeof(h), by_value))
		return false;
	c->repeated++;
	return true;
}

void checkpoint_note(struct checkpoint *c, const struct slo_incident *i)
{
	char text[128];

	if (!c->lines)
		return;
	(void)!snprintf(text, sizeof(text), "%.*s %" PRId64 "\n", SLO_STR_ARG(i->incident_id), i->update);
	slo_writer_line(c->lines, slo_str(text), SLO_WRITE_WINDOW);
}

static int save(struct checkpoint *c, struct slo_incidents *inc)
{
	struct slo_err err = { .what = "" };
	int r;

	slo_buf_reset(&c->buf);
	r = slo_incidents_save(inc, &c->buf);
	if (r)
		slo_err_at(&err, "%s", c->path);
	r = r ? slo_err_set(&err, r, "%s", slo_strerror(r)) : slo_file_replace(c->path, slo_buf_str(&c->buf), &err);
	/* Between the two a crash leaves lines of another checkpoint, which are not believed: some are written again. */
	if (!r)
		r = open_lines(c, true, slo_hash(c->buf.data, c->buf.len, 1), &err);
	c->written += !r;
	c->failed += r != 0;
	if (r)
		slo_warn_err(&err);
	else
		c->told_n = 0;
	slo_buf_fini(&c->buf);
	c->last_ns = slo_now_mono_ns();
	return r ? 1 : 0;
}

void checkpoint_tick(struct checkpoint *c, struct slo_incidents *inc)
{
	if (c->path && slo_now_mono_ns() - c->last_ns >= c->every_ns)
		save(c, inc);
}

int checkpoint_end(struct checkpoint *c, struct slo_incidents *inc)
{
	int status = c->path && inc ? save(c, inc) : 0;

	if (c->lines)
		slo_writer_close(c->lines, NULL);
	free(c->lines_path);
	free(c->told);
	return status;
}
