/* SPDX-License-Identifier: MIT */
/* collector_overhead.csv of a run, and its control without the agent. */
#include "m5gate.h"

#include "gate/m5_csv.h"
#include "io/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* The number of a node; names are few, so they are searched one by one. */
static int node_of(struct benchmark *b, const char *name, uint32_t *out, struct slo_err *err)
{
	size_t i;

	for (i = 0; i < b->costs.nodes_count; i++)
		if (strcmp(b->nodes[i], name) == 0)
			break;
	if (i == b->costs.nodes_count) {
		if (i == SLO_M5_NODES_MAX)
			return slo_err_set(err, -E2BIG, "more than %d nodes", SLO_M5_NODES_MAX);
		b->nodes[i] = strdup(name);
		if (!b->nodes[i])
			return slo_err_set(err, -ENOMEM, "out of memory");
		b->costs.nodes_count++;
	}
	*out = (uint32_t)i;
	return 0;
}

static int append(struct benchmark *b, const struct slo_m5_cost *row, struct slo_err *err)
{
	if (b->costs.count == SLO_M5_ROWS_MAX)
		return slo_err_set(err, -E2BIG, "more than %d rows in all files together", SLO_M5_ROWS_MAX);
	if (b->costs.count == b->rows_room) {
		size_t room = b->rows_room ? 2 * b->rows_room : 256;
		struct slo_m5_cost *more = realloc(b->rows, room * sizeof(*more));

		if (!more)
			return slo_err_set(err, -ENOMEM, "out of memory");
		b->rows = more;
		b->rows_room = room;
	}
	b->rows[b->costs.count++] = *row;
	b->costs.rows = b->rows;
	b->costs.nodes = (const char *const *)b->nodes;
	return 0;
}

/* The file at hand. */
struct file {
	struct slo_m5_columns columns;
	bool headed;
	struct slo_m5_cost row; /* run and off are those of the file */
	size_t rows;
};

static int take_line(struct benchmark *b, struct file *f, struct slo_str line, struct slo_err *err)
{
	struct slo_m5_csv_row row;
	int r;

	if (line.len > SLO_M5_LINE_MAX)
		return slo_err_set(err, -EMSGSIZE, "a line over %d bytes", SLO_M5_LINE_MAX);
	if (!f->headed) {
		f->headed = true;
		return slo_m5_csv_head(line, !f->row.off, &f->columns, err);
	}
	r = slo_m5_csv_row(line, &f->columns, &row, err);
	if (!r)
		r = node_of(b, row.node, &f->row.node, err);
	if (r)
		return r;
	f->row.own = row.own;
	f->row.bpf = row.bpf;
	f->row.total = row.total;
	f->rows++;
	return append(b, &f->row, err);
}

static int read_all(struct benchmark *b, struct slo_reader *in, struct file *f, struct slo_err *err)
{
	struct slo_str line;
	int r = 0, got;

	while (!r && (got = slo_reader_next(in, &line, -1)) != SLO_READ_EOF) {
		if (got == SLO_READ_LINE)
			r = take_line(b, f, line, err);
		else if (got == SLO_READ_TOO_LONG)
			r = slo_err_set(err, -EMSGSIZE, "a line over %d bytes", SLO_M5_LINE_MAX);
		else if (got < 0)
			r = slo_err_set(err, got, "%s", slo_reader_why(in, got));
		if (r)
			slo_err_at(err, "%s:%" PRIu64, slo_reader_name(in), slo_reader_line(in));
	}
	return r;
}

int overhead_load(struct benchmark *b, const char *path, size_t run, bool off, struct slo_err *err)
{
	struct file f = { .row = { .run = (uint32_t)run, .off = off } };
	struct slo_reader *in;
	int r;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return -ENOENT;
	r = slo_reader_open(path, &in, err);
	if (r)
		return r;
	r = read_all(b, in, &f, err);
	slo_reader_close(in);
	if (!r && f.rows == 0) {
		slo_err_set(err, -ENODATA, "no rows");
		slo_err_at(err, "%s", path);
		return -ENODATA;
	}
	b->costs.files += !r;
	return r;
}
