/* SPDX-License-Identifier: MIT */
/*
 * The whole engine as bytes: a head that says what it is, which version, in which
 * byte order, how long and with which hash, then the state, written and read by
 * the same functions.
 */
#include "incident/internal.h"

#include "base/time.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static const char magic[16] = "llm-slo-incident";

enum { VERSION = 1, ORDER = 0x01020304 };

struct head {
	char magic[sizeof(magic)];
	uint32_t version, order;
	uint64_t len;
	uint64_t hash[2];
};

static_assert(sizeof(struct head) == CHECKPOINT_HEAD, "no padding");

static void hash_body(struct slo_str body, uint64_t hash[2])
{
	for (uint64_t i = 0; i < 2; i++)
		hash[i] = slo_hash(body.p, body.len, 0x5107c4ec + i);
}

static void pack_series(struct service *s, int sli, struct slo_incidents_loaded *out, struct slo_pack *p)
{
	const struct slo_objective *o = slo_config_objective(s->inc->o.config, slo_str(s->name), sli);
	struct slo_objective any;

	if (p->out) {
		slo_series_pack(s->series[sli], p);
		return;
	}
	slo_objective_defaults(&any);
	s->series[sli] = malloc(sizeof(*s->series[sli]));
	if (!s->series[sli] || slo_series_init(s->series[sli], o ? o : &any, s->inc->o.lateness_ns + s->inc->tick_ns)) {
		free(s->series[sli]);
		s->series[sli] = NULL;
		p->bad = true;
		return;
	}
	if (!slo_series_pack(s->series[sli], p) && o)
		out->series_anew++;
	if (o)
		return;
	out->series_gone++;
	slo_series_fini(s->series[sli]);
	free(s->series[sli]);
	s->series[sli] = NULL;
}

static void pack_slis(struct service *s, struct slo_incidents_loaded *out, struct slo_pack *p)
{
	for (int i = 0; i < SLO_SLI__COUNT; i++) {
		enum slo_scalar how = service_is_ratio(i) ? SLO_SCALAR_MEAN : SLO_SCALAR_LATENCY;
		bool series = s->series[i], values = s->values[i];

		if (slo_pack_bool(p, &series))
			pack_series(s, i, out, p);
		if (slo_pack_bool(p, &values) && !slo_store_pack_track(&s->store, &s->values[i], how, p))
			out->tracks_anew++;
		if (p->out || s->series[i])
			continue;
		slo_track_free(s->values[i]);
		s->values[i] = NULL;
	}
}

static void pack_probes(struct service *s, struct slo_pack *p)
{
	int64_t width_ns = s->store.chunk_ns;
	struct slo_track_budget spare = { .max = SIZE_MAX };
	struct probes *x = s->probes;
	bool any = x;

	if (!slo_pack_bool(p, &any))
		return;
	SLO_PACK(p, width_ns);
	p->bad = p->bad || width_ns <= 0;
	if (!p->out && !p->bad)
		x = probes_new(width_ns == s->store.chunk_ns ? &s->inc->budget : &spare, width_ns);
	p->bad = p->bad || !x;
	if (!p->bad)
		probes_pack(x, p);
	if (p->out)
		return;
	if (width_ns == s->store.chunk_ns)
		s->probes = x;
	else
		probes_free(x);
}

static void pack_service(struct service *s, struct slo_incidents_loaded *out, struct slo_pack *p)
{
	SLO_PACK(p, s->source);
	slo_pack_when(p, &s->seen_ns, 1);
	slo_pack_bytes(p, s->node, sizeof(s->node));
	p->bad = p->bad || s->source < 0 || s->source >= SLO_SOURCE__COUNT;
	pack_slis(s, out, p);
	out->tracks_anew += slo_store_pack(&s->store, p);
	exemplar_pack(s, p);
	pack_probes(s, p);
	life_pack(s, p);
}

static void write_services(struct slo_incidents *inc, struct slo_pack *p)
{
	struct slo_incidents_loaded none;
	uint32_t n = 0;

	slo_pack_count(p, inc->services.count, SLO_INCIDENT_SERVICES_MAX);
	for (struct service *s = slo_table_oldest(&inc->services); s; s = slo_table_newer(&inc->services, s)) {
		s->ordinal = n++;
		slo_pack_bytes(p, s->key, sizeof(s->key));
		slo_pack_text(p, s->cluster, sizeof(s->cluster));
		slo_pack_text(p, s->namespace, sizeof(s->namespace));
		slo_pack_text(p, s->name, sizeof(s->name));
		pack_service(s, &none, p);
	}
}

static void read_services(struct slo_incidents *inc, struct service **all, struct slo_incidents_loaded *out,
			  struct slo_pack *p)
{
	uint32_t n = slo_pack_count(p, 0, SLO_INCIDENT_SERVICES_MAX);

	for (uint32_t i = 0; i < n && !p->bad; i++) {
		char cluster[SLO_INCIDENT_NAME_MAX], namespace[SLO_INCIDENT_NAME_MAX], name[SLO_INCIDENT_NAME_MAX];
		uint64_t key[2];

		slo_pack_bytes(p, key, sizeof(key));
		slo_pack_text(p, cluster, sizeof(cluster));
		slo_pack_text(p, namespace, sizeof(namespace));
		slo_pack_text(p, name, sizeof(name));
		p->bad = p->bad || slo_table_find(&inc->services, key); /* twice */
		if (p->bad)
			return;
		all[i] = service_make(inc, key, slo_str(cluster), slo_str(namespace), slo_str(name));
		out->services++;
		pack_service(all[i], out, p);
		if (p->bad)
			return;
		out->incidents_gone += !life_check(all[i]);
		inc->open += all[i]->life.state == LIFE_OPEN;
	}
}

static void write_nodes(struct slo_incidents *inc, struct slo_pack *p)
{
	slo_pack_count(p, inc->nodes.count, SLO_INCIDENT_NODES_MAX);
	for (struct node *n = slo_table_oldest(&inc->nodes); n; n = slo_table_newer(&inc->nodes, n)) {
		uint32_t live = 0;

		for (uint32_t i = 0; i < n->count; i++)
			live += node_service(n, i) != NULL;
		slo_pack_bytes(p, n->key, sizeof(n->key));
		slo_pack_count(p, live, SLO_INCIDENT_NODE_SERVICES);
		for (uint32_t i = 0; i < n->count; i++)
			if (node_service(n, i))
				slo_pack_count(p, node_service(n, i)->ordinal, SLO_INCIDENT_SERVICES_MAX - 1);
		parent_pack(inc, n, NULL, 0, p);
	}
}

static void read_nodes(struct slo_incidents *inc, struct service **all, uint32_t services, struct slo_pack *p)
{
	uint32_t n = slo_pack_count(p, 0, SLO_INCIDENT_NODES_MAX);

	for (uint32_t i = 0; i < n && !p->bad; i++) {
		struct node *node;
		uint64_t key[2];
		bool created;
		uint32_t count;

		slo_pack_bytes(p, key, sizeof(key));
		count = slo_pack_count(p, 0, SLO_INCIDENT_NODE_SERVICES);
		node = slo_table_get(&inc->nodes, key, &created, NULL, NULL);
		p->bad = p->bad || !created;
		for (uint32_t k = 0; k < count && !p->bad; k++) {
			uint32_t at = slo_pack_count(p, 0, services ? services - 1 : 0);

			p->bad = p->bad || !services;
			if (p->bad)
				return;
			node->services[node->count].s = all[at];
			node->services[node->count++].born = all[at]->born;
		}
		if (!p->bad)
			parent_pack(inc, node, all, services, p);
	}
}

static void pack_homes(struct slo_incidents *inc, struct slo_pack *p)
{
	uint32_t n = slo_pack_count(p, inc->homes.count, inc->homes.max);
	struct home *h = p->out && n ? slo_table_oldest(&inc->homes) : NULL;

	for (; n && !p->bad; n--) {
		struct home one = h ? *h : (struct home){ .key = 0 };
		bool created;

		SLO_PACK(p, one.key);
		SLO_PACK(p, one.target);
		slo_pack_bool(p, &one.shared);
		if (p->out) {
			h = slo_table_newer(&inc->homes, h);
			continue;
		}
		h = slo_table_get(&inc->homes, &one.key, &created, NULL, NULL);
		*h = one;
		h = NULL;
	}
}

static void pack_clock(struct slo_incidents *inc, struct slo_incidents_loaded *out, struct slo_pack *p)
{
	char model[64] = "";

	slo_str_copy(model, sizeof(model), slo_str(inc->o.model->name));
	slo_pack_time(p, &inc->seen_ns, 1);
	slo_pack_time(p, &inc->done_ns, 1);
	SLO_PACK(p, inc->jumps);
	slo_pack_text(p, model, sizeof(model));
	out->other_model = !slo_str_is(slo_str(inc->o.model->name), model);
	/* With another tick the next one is at its own next multiple. */
	if (!p->out && inc->done_ns != SLO_ABSENT_I64)
		inc->done_ns -= inc->done_ns % inc->tick_ns;
	p->bad = p->bad || (inc->seen_ns == SLO_ABSENT_I64) != (inc->done_ns == SLO_ABSENT_I64);
	/* Lateness is an hour at most. */
	p->bad = p->bad || (inc->seen_ns != SLO_ABSENT_I64 && inc->seen_ns - inc->done_ns > 10000 * SLO_NS_PER_S);
}

void checkpoint_seal(char *bytes, size_t len)
{
	struct head h = { .version = VERSION, .order = ORDER, .len = len - sizeof(h) };

	memcpy(h.magic, magic, sizeof(magic));
	hash_body(slo_str_n(bytes + sizeof(h), h.len), h.hash);
	memcpy(bytes, &h, sizeof(h));
}

int slo_incidents_save(struct slo_incidents *inc, struct slo_buf *out)
{
	const struct head room = { .version = 0 };
	struct slo_pack p = { .out = out };
	struct slo_incidents_loaded none;
	size_t at = out->len;

	slo_buf_add(out, &room, sizeof(room));
	pack_clock(inc, &none, &p);
	write_services(inc, &p);
	write_nodes(inc, &p);
	pack_homes(inc, &p);
	pending_pack(inc, &p);
	if (out->err)
		return out->err;
	checkpoint_seal(out->data + at, out->len - at);
	return 0;
}

static int check_head(struct slo_str bytes, struct slo_err *err)
{
	struct head h;
	uint64_t hash[2];

	if (bytes.len < sizeof(h) || memcmp(bytes.p, magic, sizeof(magic)) != 0)
		return slo_err_set(err, -EINVAL, "not a checkpoint of incidents");
	memcpy(&h, bytes.p, sizeof(h));
	if (h.order != ORDER)
		return slo_err_set(err, -EINVAL, "a checkpoint of a machine with another byte order");
	if (h.version != VERSION)
		return slo_err_set(err, -EINVAL, "a checkpoint of version %u; version %d is read", h.version, VERSION);
	if (h.len != bytes.len - sizeof(h))
		return slo_err_set(err, -EINVAL, "damaged: it is %zu bytes long and should be %llu", bytes.len,
				   (unsigned long long)(h.len + sizeof(h)));
	hash_body(slo_str_n(bytes.p + sizeof(h), bytes.len - sizeof(h)), hash);
	if (memcmp(hash, h.hash, sizeof(hash)) != 0)
		return slo_err_set(err, -EINVAL, "damaged: its content has another hash than it had");
	return 0;
}

int slo_incidents_load(struct slo_incidents *inc, struct slo_str bytes, struct slo_incidents_loaded *out,
		       struct slo_err *err)
{
	struct service **all;
	struct slo_pack p;
	int r = check_head(bytes, err);

	*out = (struct slo_incidents_loaded){ .services = 0 };
	if (r)
		return r;
	all = calloc(SLO_INCIDENT_SERVICES_MAX, sizeof(struct service *));
	if (!all)
		return slo_err_set(err, -ENOMEM, "out of memory");
	p = (struct slo_pack){ .in = slo_str_n(bytes.p + sizeof(struct head), bytes.len - sizeof(struct head)) };
	pack_clock(inc, out, &p);
	read_services(inc, all, out, &p);
	if (!p.bad)
		read_nodes(inc, all, out->services, &p);
	if (!p.bad)
		pack_homes(inc, &p);
	if (!p.bad)
		pending_pack(inc, &p);
	free(all);
	out->open = inc->open;
	if (p.bad || p.in.len)
		return slo_err_set(err, -EINVAL, "damaged: what it says is impossible");
	return 0;
}
