/* SPDX-License-Identifier: MIT */
/* The documentation of toolkit.yaml says what the key table says, no more and no less. */
#include "config/keys.h"

#include "base/cleanup.h"
#include "base/num.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>

static const char schema_path[] = "config/toolkit.schema.json";
static const char man_path[] = "man/toolkit.yaml.5";

static json_t *load_schema(void)
{
	json_error_t e;
	json_t *schema = json_load_file(schema_path, JSON_REJECT_DUPLICATES, &e);

	ck_assert_msg(schema != NULL, "%s:%d: %s", schema_path, e.line, e.text);
	return schema;
}

/* The schema of "objectives[].service", or NULL. @parent is set to the object schema around it. */
static const json_t *schema_of(const json_t *node, const char *path, const json_t **parent)
{
	while (node && *path) {
		size_t len = strcspn(path, ".[");
		const json_t *properties = json_object_get(node, "properties");
		slo_autofree char *name = strndup(path, len);

		*parent = node;
		node = json_object_get(properties, name);
		path += len;
		if (strncmp(path, "[]", 2) == 0) {
			node = json_object_get(node, "items");
			path += 2;
		}
		path += *path == '.';
	}
	return node;
}

static const struct slo_config_key *find_key(const char *path)
{
	for (size_t i = 0; i < slo_config_keys_count; i++) {
		if (strcmp(slo_config_keys[i].path, path) == 0)
			return &slo_config_keys[i];
	}
	return NULL;
}

/* Every leaf below @node is in the key table. Return: how many there are. */
static size_t count_known(const json_t *node, const char *prefix)
{
	const char *name;
	json_t *sub;
	size_t n = 0;

	ck_assert_msg(json_is_false(json_object_get(node, "additionalProperties")), "%s: additionalProperties", prefix);
	json_object_foreach(json_object_get(node, "properties"), name, sub) {
		const json_t *items = json_object_get(sub, "items");
		char path[128];

		snprintf(path, sizeof(path), "%s%s", prefix, name);
		if (json_object_get(sub, "properties")) {
			strcat(path, ".");
			n += count_known(sub, path);
			continue;
		}
		ck_assert_msg(find_key(path) != NULL, "%s: %s is not in the key table", schema_path, path);
		n++;
		if (json_object_get(items, "properties")) {
			strcat(path, "[].");
			n += count_known(items, path);
		}
	}
	return n;
}

START_TEST(the_schema_lists_exactly_the_keys)
{
	json_auto_t *schema = load_schema();

	ck_assert_uint_eq(count_known(schema, ""), slo_config_keys_count);
}
END_TEST

static const char *const types[SLO_KEY__COUNT] = {
	[SLO_KEY_STR] = "string",    [SLO_KEY_URL] = "string",    [SLO_KEY_BOOL] = "boolean",
	[SLO_KEY_INT] = "integer",   [SLO_KEY_NUM] = "number",    [SLO_KEY_CHOICE] = "string",
	[SLO_KEY_ENUM] = "string",   [SLO_KEY_PORT] = "integer",  [SLO_KEY_NET] = "string",
	[SLO_KEY_SIGNALS] = "array", [SLO_KEY_OBJECTIVES] = "array", [SLO_KEY_PEERS] = "array",
};

static void check_range(const struct slo_config_key *k, const json_t *s)
{
	const char *lo = k->flags & SLO_KEY_OPEN ? "exclusiveMinimum" : "minimum";
	const char *hi = k->flags & SLO_KEY_OPEN ? "exclusiveMaximum" : "maximum";

	ck_assert_double_eq(json_number_value(json_object_get(s, lo)), k->lo);
	ck_assert_double_eq(json_number_value(json_object_get(s, hi)), k->hi);
}

static void check_names(const struct slo_config_key *k, const json_t *names)
{
	size_t n = 0;

	for (; k->choices && k->choices[n]; n++)
		ck_assert_str_eq(json_string_value(json_array_get(names, n)), k->choices[n]);
	for (; k->en && n < (size_t)k->en->count; n++)
		ck_assert_str_eq(json_string_value(json_array_get(names, n)), k->en->names[n]);
	ck_assert_uint_eq(json_array_size(names), n);
}

static bool is_required(const json_t *parent, const char *path)
{
	const char *name = strrchr(path, '.') ? strrchr(path, '.') + 1 : path;
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(parent, "required"), i, v) {
		if (strcmp(json_string_value(v), name) == 0)
			return true;
	}
	return false;
}

START_TEST(the_schema_says_of_a_key_what_the_table_says)
{
	const struct slo_config_key *k = &slo_config_keys[_i];
	json_auto_t *schema = load_schema(), *def = k->def ? json_loads(k->def, JSON_DECODE_ANY, NULL) : NULL;
	const json_t *parent = NULL, *s = schema_of(schema, k->path, &parent);

	ck_assert_msg(s != NULL, "%s: %s is missing", schema_path, k->path);
	ck_assert_str_eq(json_string_value(json_object_get(s, "type")), types[k->type]);
	ck_assert_str_eq(json_string_value(json_object_get(s, "description")), k->doc);
	ck_assert(json_equal(json_object_get(s, "default"), def) || (!def && !json_object_get(s, "default")));
	ck_assert_int_eq(is_required(parent, k->path), (k->flags & SLO_KEY_REQUIRED) != 0);
	if (k->type == SLO_KEY_INT || k->type == SLO_KEY_NUM || k->type == SLO_KEY_PORT)
		check_range(k, s);
	if (k->type == SLO_KEY_CHOICE || k->type == SLO_KEY_ENUM)
		check_names(k, json_object_get(s, "enum"));
	if (k->type == SLO_KEY_SIGNALS)
		check_names(k, json_object_get(json_object_get(s, "items"), "enum"));
	if (k->type == SLO_KEY_STR || k->type == SLO_KEY_URL)
		ck_assert_int_eq(json_integer_value(json_object_get(s, "minLength")), !(k->flags & SLO_KEY_EMPTY));
}
END_TEST

/* The text between ".It Cm KEY Ar …" and the next item, or NULL. */
static char *man_item(const char *man, const char *key)
{
	char head[96];
	const char *from, *to;

	snprintf(head, sizeof(head), "\n.It Cm %s Ar ", key);
	from = strstr(man, head);
	if (!from)
		return NULL;
	from = strchr(from + 1, '\n') + 1;
	to = from;
	while (strncmp(to, ".It ", 4) != 0 && strncmp(to, ".El", 3) != 0)
		to = strchr(to, '\n') + 1;
	return strndup(from, (size_t)(to - from));
}

static char *load_man(void)
{
	char *text = calloc(1, 1 << 17);
	slo_autofclose FILE *f = fopen(man_path, "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_gt(fread(text, 1, (1 << 17) - 1, f), 100);
	return text;
}

START_TEST(the_manual_page_lists_exactly_the_keys)
{
	slo_autofree char *man = load_man();
	size_t n = 0;

	for (const char *p = strstr(man, "\n.It Cm "); p; p = strstr(p + 1, "\n.It Cm ")) {
		char key[64];

		ck_assert_int_eq(sscanf(p, "\n.It Cm %63s Ar", key), 1);
		ck_assert_msg(find_key(key) != NULL, "%s: %s is not in the key table", man_path, key);
		n++;
	}
	ck_assert_uint_eq(n, slo_config_keys_count);
}
END_TEST

/* The page may break a sentence at a semicolon. */
static void join_lines(char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			*s = ' ';
	}
}

START_TEST(the_manual_page_says_of_a_key_what_the_table_says)
{
	const struct slo_config_key *k = &slo_config_keys[_i];
	slo_autofree char *man = load_man();
	slo_autofree char *item = man_item(man, k->path);
	char want[160], lo[SLO_NUM_MAX], hi[SLO_NUM_MAX];

	ck_assert_msg(item != NULL, "%s: %s is missing", man_path, k->path);
	join_lines(item);
	ck_assert_msg(strstr(item, k->doc) != NULL, "%s: %s: \"%s\"", man_path, k->path, k->doc);
	if (k->def) {
		json_auto_t *def = json_loads(k->def, JSON_DECODE_ANY, NULL);
		const char *s = json_string_value(def);

		snprintf(want, sizeof(want), "The default is %s.", !s ? k->def : *s ? s : "empty");
		ck_assert_msg(strstr(item, want) != NULL, "%s: %s: \"%s\"", man_path, k->path, want);
	}
	if (k->hi > 0) {
		int nlo = (int)slo_fmt_f64(lo, k->lo), nhi = (int)slo_fmt_f64(hi, k->hi);

		snprintf(want, sizeof(want), k->flags & SLO_KEY_OPEN ? "Between %.*s and %.*s." : "From %.*s to %.*s.", nlo,
			 lo, nhi, hi);
		ck_assert_msg(strstr(item, want) != NULL, "%s: %s: \"%s\"", man_path, k->path, want);
	}
}
END_TEST

START_TEST(every_key_has_a_sentence_and_a_path_that_fits_an_origin)
{
	for (size_t i = 0; i < slo_config_keys_count; i++) {
		const struct slo_config_key *k = &slo_config_keys[i];

		ck_assert_msg(k->doc && k->doc[strlen(k->doc) - 1] == '.', "%s", k->path);
		ck_assert_uint_lt(strlen(k->path) + 2, sizeof(((struct slo_config *)0)->origins[0].key));
		ck_assert_ptr_eq(find_key(k->path), k);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config keys");
	TCase *t = tcase_create("keys");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, the_schema_lists_exactly_the_keys);
	tcase_add_loop_test(t, the_schema_says_of_a_key_what_the_table_says, 0, (int)slo_config_keys_count);
	tcase_add_test(t, the_manual_page_lists_exactly_the_keys);
	tcase_add_loop_test(t, the_manual_page_says_of_a_key_what_the_table_says, 0, (int)slo_config_keys_count);
	tcase_add_test(t, every_key_has_a_sentence_and_a_path_that_fits_an_origin);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
