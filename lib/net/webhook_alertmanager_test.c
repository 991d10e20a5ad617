/* SPDX-License-Identifier: MIT */
/*
 * A real Alertmanager, as the distribution ships it: an incident fires there, stays one alert while its
 * cause and severity change, and resolves; what Alertmanager tells its own receiver is the proof.
 */
#include "base/cleanup.h"
#include "base/time.h"
#include "net/fetch.h"
#include "net/testing_http.h"
#include "net/webhook.h"
#include "net/webhook_format.h"

#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static const char *const programs[] = { "/usr/bin/prometheus-alertmanager", "/usr/local/bin/alertmanager",
					"/usr/bin/alertmanager" };

static struct script srv;          /* what Alertmanager notifies */
static char dir[64];
static pid_t am;
static int am_port;

static const char *find_program(void)
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(programs); i++)
		if (access(programs[i], X_OK) == 0)
			return programs[i];
	return NULL;
}

static void write_config(char *path, size_t size)
{
	FILE *f;

	snprintf(path, size, "%s/am.yml", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f,
		"route: {receiver: test, group_by: [incident_id], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}\n"
		"receivers:\n  - name: test\n    webhook_configs:\n      - {url: 'http://127.0.0.1:%d/', send_resolved: true}\n",
		srv.port);
	fclose(f);
}

/* The port it chose is in what it logs. */
static int port_in(const char *log)
{
	slo_autofclose FILE *f = fopen(log, "r");
	char line[1024], *at;

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "Listening on") && (at = strstr(line, "address=127.0.0.1:")))
			return atoi(at + 18);
	return 0;
}

static void start_alertmanager(const char *program)
{
	char config[128], arg_config[160], arg_storage[160], log[128];

	strcpy(dir, "/tmp/slo-am.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	write_config(config, sizeof(config));
	snprintf(log, sizeof(log), "%s/log", dir);
	snprintf(arg_config, sizeof(arg_config), "--config.file=%s", config);
	snprintf(arg_storage, sizeof(arg_storage), "--storage.path=%s/data", dir);
	am = fork();
	ck_assert_int_ge(am, 0);
	if (am == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!freopen(log, "w", stderr) || !freopen("/dev/null", "w", stdout))
			_exit(127);
		execl(program, program, arg_config, arg_storage, "--web.listen-address=127.0.0.1:0",
		      "--cluster.listen-address=", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 1000 && !am_port; i++) {
		usleep(20000);
		am_port = port_in(log);
	}
	ck_assert_msg(am_port > 0, "Alertmanager did not start; see %s", log);
}

static void stop_alertmanager(void)
{
	char command[128];

	kill(am, SIGKILL);
	waitpid(am, NULL, 0);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* GET of its API, as JSON. */
static json_t *ask(const char *path)
{
	const struct slo_fetch_opts o = { .allow_http = true };
	struct slo_fetch_answer a;
	struct slo_fetch *f = NULL;
	char url[128];
	struct slo_fetch_request r = { .url = url };
	json_t *j;

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", am_port, path);
	slo_fetch_answer_init(&a, 0);
	ck_assert_int_eq(slo_fetch_new(&o, &f, NULL), 0);
	ck_assert_int_eq(slo_fetch_do(f, &r, &a, NULL, NULL, NULL), 0);
	ck_assert_int_eq(a.status, 200);
	j = json_loadb(a.body.data, a.body.len, 0, NULL);
	slo_fetch_answer_fini(&a);
	slo_fetch_free(f);
	ck_assert_ptr_nonnull(j);
	return j;
}

static struct slo_incident inc;

static void incident(int64_t now_ns)
{
	slo_rec_clear(slo_event_rec[SLO_KIND_INCIDENT], &inc);
	inc.incident_id = slo_str("inc-00aa11bb22cc33dd");
	inc.timestamp = inc.started_at = now_ns - 60 * SLO_NS_PER_S;
	inc.cluster = slo_str("prod");
	inc.service = slo_str("chat");
	inc.predicted_fault_domain = SLO_DOMAIN_CPU_THROTTLE;
	inc.confidence = 0.9;
	inc.slo_impact.sli = slo_str("ttft_ms");
	inc.slo_impact.burn_rate = 3;
	inc.slo_impact.window_minutes = 1;
	inc.status = SLO_INCIDENT_STATUS_OPEN;
}

static void deliver(const char *url)
{
	struct slo_webhook_opts o = { .format = SLO_WEBHOOK_ALERTMANAGER, .url = url, .allow_http = true,
				      .timeout_ns = 10 * SLO_NS_PER_S, .allow = { "127.0.0.1" }, .allow_count = 1 };
	struct slo_err err = { .what = "" };
	struct slo_webhook *w = NULL;

	ck_assert_msg(slo_webhook_new(&o, &w, &err) == 0, "%s", err.what);
	ck_assert_int_eq(slo_webhook_offer(w, &inc), 0);
	ck_assert_uint_eq(slo_webhook_end(w, 20 * SLO_NS_PER_S, NULL), 0);
	slo_webhook_free(w);
}

/* Wait for its next notification and give it as JSON. */
static json_t *notified(int nth)
{
	const char *body;

	for (int i = 0; i < 1000 && srv.answered < nth; i++)
		usleep(20000);
	ck_assert_int_ge(srv.answered, nth);
	body = strstr(srv.request.data, "\r\n\r\n") + 4;
	return json_loadb(body, srv.request.len - (size_t)(body - srv.request.data), 0, NULL);
}

static const char *text(const json_t *j, const char *a, const char *b)
{
	j = json_object_get(j, a);
	return json_string_value(b ? json_object_get(j, b) : j);
}

START_TEST(an_incident_fires_changes_and_resolves)
{
	const char *program = find_program();
	json_auto_t *firing = NULL, *listed = NULL, *relisted = NULL, *resolved = NULL, *gone = NULL;
	char url[64];

	if (!program) {
		puts("SKIP: Alertmanager is not installed (package prometheus-alertmanager)");
		return;
	}
	srv.parts[0].say = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	script_start(&srv, false);
	start_alertmanager(program);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", am_port);
	incident(slo_now_wall_ns());
	deliver(url);
	firing = notified(1);
	ck_assert_str_eq(text(firing, "status", NULL), "firing");
	ck_assert_str_eq(text(firing, "commonLabels", "incident_id"), "inc-00aa11bb22cc33dd");
	ck_assert_str_eq(text(firing, "commonAnnotations", "fault_domain"), "cpu_throttle");
	ck_assert_str_eq(text(firing, "commonAnnotations", "severity"), "error");
	ck_assert_ptr_null(text(firing, "commonLabels", "fault_domain"));
	listed = ask("/api/v2/alerts?active=true");
	ck_assert_uint_eq(json_array_size(listed), 1);
	/* Another cause, another severity: still the one alert. */
	inc.predicted_fault_domain = SLO_DOMAIN_NETWORK_DNS;
	inc.slo_impact.burn_rate = 9;
	inc.status = SLO_INCIDENT_STATUS_UPDATED;
	deliver(url);
	relisted = ask("/api/v2/alerts?active=true");
	ck_assert_uint_eq(json_array_size(relisted), 1);
	ck_assert_str_eq(text(json_array_get(relisted, 0), "annotations", "fault_domain"), "network_dns");
	ck_assert_str_eq(text(json_array_get(relisted, 0), "annotations", "severity"), "critical");
	ck_assert_str_eq(text(json_array_get(relisted, 0), "fingerprint", NULL),
			 text(json_array_get(listed, 0), "fingerprint", NULL));
	inc.status = SLO_INCIDENT_STATUS_RESOLVED;
	inc.resolved_at = inc.timestamp = slo_now_wall_ns();
	deliver(url);
	resolved = notified(2);
	ck_assert_str_eq(text(resolved, "status", NULL), "resolved");
	ck_assert_str_eq(text(resolved, "commonLabels", "incident_id"), "inc-00aa11bb22cc33dd");
	gone = ask("/api/v2/alerts?active=true");
	ck_assert_uint_eq(json_array_size(gone), 0);
	stop_alertmanager();
	script_stop(&srv);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("webhook alertmanager");
	TCase *t = tcase_create("alertmanager");
	SRunner *r = srunner_create(suite);
	int failed;

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 90);
	tcase_add_test(t, an_incident_fires_changes_and_resolves);
	suite_add_tcase(suite, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
