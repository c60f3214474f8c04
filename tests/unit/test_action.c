/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_action.c - actions from JSON, on which rows they are, and argument vectors with hostile values in
 * them. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample_builder.h"
#include "views/action.h"
#include "views/view.h"

static struct views *stock(void)
{
	struct views *v = NULL;
	struct views_error err = {0};

	if (views_load_stock(&v, &err))
		fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.message);
	return v;
}

static const struct action *find(const struct views *v, const char *id)
{
	for (size_t i = 0; i < v->n_actions; i++)
		if (!strcmp(v->actions[i]->id, id))
			return v->actions[i];
	fail_msg("no action %s", id);
	return NULL;
}

/* One container with two processes, the younger one first, and the rows of the views on it. */
struct fixture {
	struct builder *b;
	struct views *views;
	struct container *c;
	struct process *young, *first;
	struct table *table;
	struct action_target target;
};

static void show(struct fixture *f, const char *view)
{
	struct selection sel;
	struct filter_error err;

	table_free(f->table);
	selection_init(&sel, views_find(f->views, view), NULL);
	assert_int_equal(selection_table(&sel, &f->b->sample, &f->table, &err), 0);
	selection_done(&sel);
	assert_true(f->table->n_rows >= 1);
	action_target_row(views_find(f->views, view), &f->table->rows[0], &f->target);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->b = sb_new(8);
	f->views = stock();
	f->c = sb_container(f->b, "abc", "web", "docker");
	f->young = sb_process(f->b, 200, "worker", f->c);
	f->first = sb_process(f->b, 100, "nginx", f->c);
	f->young->start_boot = 2000000000;
	f->first->start_boot = 1000000000;
	f->young->leader = sb_thread(f->b, f->young, 200);
	f->first->leader = sb_thread(f->b, f->first, 100);
	f->b->sample.containers = f->b->containers;
	f->b->sample.processes = f->b->processes;
	f->b->sample.threads = f->b->threads;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	table_free(f->table);
	views_free(f->views);
	sb_free(f->b);
	free(f);
	return 0;
}

/* The first way that fits; NULL: none. */
static const struct action_way *way_of(const struct action *a, const struct action_target *t)
{
	for (size_t i = 0; i < a->n_ways; i++)
		if (action_fits(&a->ways[i], t))
			return &a->ways[i];
	return NULL;
}

/* "prog|arg|arg", or "! why" */
static const char *built(struct fixture *f, const struct action_way *w, const char *answer)
{
	static char text[16384];
	struct action_command c;
	char *why = NULL;

	if (action_build(w, &f->target, 7, &c, &why)) {
		snprintf(text, sizeof(text), "! %s", why);
		free(why);
		return text;
	}
	if (answer && action_answer(&c, answer, &why)) {
		snprintf(text, sizeof(text), "! %s", why);
		action_command_done(&c);
		free(why);
		return text;
	}
	text[0] = '\0';
	assert_null(c.argv[c.n]);
	for (size_t i = 0; i < c.n; i++) {
		strcat(text, i ? "|" : "");
		strcat(text, c.argv[i]);
	}
	action_command_done(&c);
	return text;
}

/* An action of one way, for processes and containers. */
static const struct action_way *way(struct fixture *f, const char *argv)
{
	struct views_error err = {0};
	char text[1000];

	snprintf(text, sizeof(text),
		 "{\"actions\": [{\"id\": \"mine\", \"name\": \"Mine\", \"applies_to\": [\"proc.pid\"], "
		 "\"ask\": \"What\","
		 "\"run\": [{\"argv\": %s}]}]}",
		 argv);
	if (views_load_text(&f->views, "x", text, strlen(text), &err))
		fail_msg("%s: %d:%d: %s", text, err.line, err.column, err.message);
	return &find(f->views, "mine")->ways[0];
}

/* ---- values in arguments ---- */

static void test_hostile_names(void **state)
{
	static const char *const names[] = {"$(reboot)",  "`reboot`", "a b",        "a\nb",
					    "; rm -rf /", "a|b&c>d",  "'\"\\",      "*?[x]",
					    "~",          "\xff\x01", "a%proc.pid", "%?"};
	struct fixture *f = *state;
	char want[200];

	show(f, "containers");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		f->c->name = names[i];
		snprintf(want, sizeof(want), "tool|%s|x-%s.log|--", names[i], names[i]);
		assert_string_equal(
			built(f,
			      way(f, "[\"tool\", \"%container.name\", \"x-%{container.name}.log\", \"--\"]"),
			      NULL),
			want);
	}
}

static void test_options(void **state)
{
	struct fixture *f = *state;

	show(f, "containers");
	f->c->name = "-rf";
	assert_string_equal(built(f, way(f, "[\"rm\", \"%container.name\"]"), NULL),
			    "! container.name is '-rf', which rm would take for an option");
	assert_string_equal(built(f, way(f, "[\"rm\", \"--\", \"%container.name\"]"), NULL), "rm|--|-rf");
	assert_string_equal(built(f, way(f, "[\"rm\", \"--name=%container.name\"]"), NULL), "rm|--name=-rf");
	assert_string_equal(built(f, way(f, "[\"rm\", \"%?\"]"), "-x"),
			    "! what was typed is '-x', which rm would take for an option");
	/* a value that looks like the end of options is none */
	f->c->name = "--";
	assert_string_equal(built(f, way(f, "[\"rm\", \"%container.name\", \"%container.name\"]"), NULL),
			    "! container.name is '--', which rm would take for an option");
}

static void test_missing(void **state)
{
	struct fixture *f = *state;

	show(f, "containers");
	f->c->image = NULL;
	assert_string_equal(built(f, way(f, "[\"tool\", \"--\", \"%container.image\"]"), NULL),
			    "! container.image is not known of this row");
	f->c->image = "";
	assert_string_equal(built(f, way(f, "[\"tool\", \"--\", \"a%container.image\"]"), NULL),
			    "! container.image is not known of this row");
	assert_string_equal(built(f, way(f, "[\"tool\", \"%?\"]"), ""), "! nothing was typed");
	f->c->image = calloc(1, 9001);
	memset((char *)f->c->image, 'x', 9000);
	assert_string_equal(built(f, way(f, "[\"tool\", \"%container.image\"]"), NULL),
			    "! an argument would be too long");
	free((char *)f->c->image);
}

static void test_kinds(void **state)
{
	struct fixture *f = *state;

	show(f, "processes");
	assert_string_equal(
		built(f, way(f, "[\"t\", \"%proc.pid%%\", \"\", \"%#\", \"n=%?,%?\", \"%proc.name.\"]"),
		      "-5 6"),
		f->target.record.process == f->first ? "t|100%||7|n=-5 6,-5 6|nginx."
						     : "t|200%||7|n=-5 6,-5 6|worker.");
}

/* ---- what a row says ---- */

static void test_first_process(void **state)
{
	struct fixture *f = *state;
	struct action_command c;
	char *why;

	show(f, "containers");
	assert_string_equal(built(f, way(f, "[\"t\", \"%proc.pid\", \"%thread.tid\"]"), NULL),
			    "! thread.tid is not known of this row");
	assert_int_equal(action_build(way(f, "[\"t\", \"%proc.pid\"]"), &f->target, 1, &c, &why), 0);
	assert_string_equal(c.argv[1], "100");
	assert_int_equal(c.pid, 100);
	assert_int_equal(c.start_boot, 1000000000);
	action_command_done(&c);
	/* nothing of a process in it: none is looked at before it runs */
	assert_int_equal(action_build(way(f, "[\"t\", \"%container.id\"]"), &f->target, 1, &c, &why), 0);
	assert_int_equal(c.pid, 0);
	action_command_done(&c);
	/* the oldest one has ended */
	f->first->exited = true;
	show(f, "containers");
	assert_string_equal(built(f, way(f, "[\"t\", \"%proc.pid\"]"), NULL), "t|200");
	f->young->exited = true;
	show(f, "containers");
	assert_string_equal(built(f, way(f, "[\"t\", \"%proc.pid\"]"), NULL),
			    "! proc.pid is not known of this row");
	show(f, "processes");
	assert_non_null(strstr(built(f, way(f, "[\"t\", \"%proc.pid\"]"), NULL), "has ended"));
}

static void test_uncertain(void **state)
{
	struct fixture *f = *state;

	/* the row of a user is about many processes */
	show(f, "users");
	assert_string_equal(built(f, way(f, "[\"t\", \"%user.name\"]"), NULL), "t|root");
	assert_string_equal(built(f, way(f, "[\"t\", \"%proc.pid\"]"), NULL),
			    "! proc.pid is not known of this row");
	assert_string_equal(built(f, way(f, "[\"t\", \"%container.id\"]"), NULL),
			    "! container.id is not known of this row");
}

/* The target that any row of the view is, for what is offered. */
static size_t actions_of_view(struct fixture *f, const struct view *v, const struct action ***ret)
{
	const struct record none = {.sample = &f->b->sample};
	struct row row = row_of_list(&none, NULL);
	struct action_target t = {.view = v};

	if (!view_is_list(v))
		action_target_row(v, &row, &t);
	return actions_of(f->views, &t, ret);
}

/* A row of a tree is what its level says. */
static void test_tree(void **state)
{
	struct fixture *f = *state;
	const struct view *v = views_find(f->views, "containers");
	const struct record young = record_from_thread(&f->b->sample, f->young->leader);
	struct row row = row_of_list(&young, NULL);
	struct branch branch = {0};
	struct value keys[4] = {
		{.kind = V_STRING, .s = "pod"}, {.kind = V_STRING, .s = "abc"}, {.kind = V_INT, .i = 200}};

	assert_non_null(v->tree);
	row.branch = &branch;
	for (size_t i = 0; i < v->tree->query.n_levels; i++) {
		branch.level = (uint8_t)i;
		branch.label = keys[i];
		action_target_row(v, &row, &f->target);
		assert_int_equal(f->target.n_keys, i + 1);
		assert_int_equal(f->target.process,
				 !strcmp(f->target.keys[i]->id, "proc.pid") || f->target.container);
		if (!strcmp(f->target.keys[i]->id, "proc.pid"))
			assert_int_equal(f->target.record.process->pid, 200);
		else if (!strcmp(f->target.keys[i]->id, "container.id"))
			assert_int_equal(f->target.record.process->pid, 100);
	}
}

static bool offers(struct fixture *f, const char *view, const char *id)
{
	const struct action **list;
	size_t n = actions_of_view(f, views_find(f->views, view), &list);
	bool found = false;

	for (size_t i = 0; i < n; i++)
		found |= !strcmp(list[i]->id, id);
	free(list);
	return found;
}

static void test_offered(void **state)
{
	struct fixture *f = *state;

	assert_true(offers(f, "containers", "shell"));
	assert_true(offers(f, "processes", "shell"));
	assert_true(offers(f, "threads", "signal"));
	assert_true(offers(f, "threads", "renice_thread"));
	assert_false(offers(f, "threads", "renice"));
	assert_true(offers(f, "commands", "signal")); /* a list: each call has a process */
	assert_true(offers(f, "files", "lsof_file"));
	assert_false(offers(f, "files", "signal"));
	assert_false(offers(f, "containers", "signal"));
	assert_true(offers(f, "pods", "pod_logs"));
	assert_true(offers(f, "units", "unit_status"));
	assert_false(offers(f, "syscalls", "shell"));
}

/* ---- the stock actions ---- */

/* Each runtime has its own way, in the order of preference. */
static void test_runtimes(void **state)
{
	static const struct {
		const char *type, *cgroup, *action, *want;
	} cases[] = {
		{"docker", "/docker/abc", "shell", "docker|exec|-it|--|abc|/bin/sh"},
		{"docker", "/docker/abc", "logs", "docker|logs|--tail=1000|--|abc"},
		{"docker", "/docker/abc", "pause", "docker|pause|abc"},
		{"podman", "/machine.slice/x", "stop", "podman|stop|--|abc"},
		{"lxc", "/lxc.payload.abc", "shell", "lxc-attach|--name=abc|--|/bin/sh"},
		{"lxc", "/lxc.payload.abc", "kill", "lxc-stop|--kill|--name=abc"},
		{"lxc", "/lxc.payload.abc", "logs", "tail|--lines=1000|--|/var/log/lxc/abc.log"},
		{"systemd-nspawn", "/x", "inspect", "machinectl|status|--no-pager|--|abc"},
		{"crun", "/abc", "top", "crun|ps|--|abc"},
		{"runc", "/abc", "kill", "runc|kill|--|abc|KILL"},
		{"oci", "/abc", "shell", "nsenter|--target=100|--all|--root|--wd|--|/bin/sh"},
		{"oci", "/abc", "stop", "@signal|TERM|100"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct action_way *w;

		f->c->type = cases[i].type;
		f->c->cgroup = cases[i].cgroup;
		show(f, "containers");
		w = way_of(find(f->views, cases[i].action), &f->target);
		assert_non_null(w);
		assert_string_equal(built(f, w, NULL), cases[i].want);
		assert_true(w->root);
	}
	/* the container ends by its first process, whatever row is selected */
	f->c->type = "oci";
	f->c->cgroup = "/abc";
	show(f, "processes");
	for (size_t i = 0; i < f->table->n_rows; i++)
		if (row_record(&f->table->rows[i]).process == f->young)
			action_target_row(views_find(f->views, "processes"), &f->table->rows[i], &f->target);
	assert_int_equal(f->target.record.process->pid, 200);
	assert_string_equal(built(f, way_of(find(f->views, "stop"), &f->target), NULL), "@signal|TERM|100");
	assert_string_equal(built(f, way_of(find(f->views, "unpause"), &f->target), NULL),
			    "@signal|CONT|100");
	assert_string_equal(built(f, way_of(find(f->views, "signal"), &f->target), "HUP"), "@signal|HUP|200");
	f->young->vpid = 1; /* the runtime's helper was there before */
	assert_string_equal(built(f, way_of(find(f->views, "stop"), &f->target), NULL), "@signal|TERM|200");
	f->young->vpid = UNKNOWN_U32;
	/* that of a user is his */
	f->c->type = "podman";
	f->c->cgroup = "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-abc.scope";
	show(f, "containers");
	assert_false(way_of(find(f->views, "shell"), &f->target)->root);
	assert_string_equal(built(f, way_of(find(f->views, "shell"), &f->target), NULL),
			    "podman|exec|-it|--|abc|/bin/sh");
}

static void test_kubernetes(void **state)
{
	struct fixture *f = *state;
	struct container_meta m = {.pod_name = "-rf",
				   .pod_ns = "shop",
				   .pod_uid = "5d0c",
				   .pod_container = "web",
				   .runtime_ns = "k8s.io",
				   .privileged = -1};
	const struct action *shell;
	size_t n = 0;
	static const char *const want[] = {
		"crictl|exec|-it|abc|/bin/sh",
		"! k8s.pod.name is '-rf', which kubectl would take for an option",
		"ctr|--namespace=k8s.io|tasks|exec|--tty|--exec-id=ctop-trace-7|--|abc|/bin/sh",
		"nsenter|--target=100|--all|--root|--wd|--|/bin/sh"};

	f->c->type = "containerd";
	f->c->meta = &m;
	show(f, "containers");
	shell = find(f->views, "shell");
	for (size_t i = 0; i < shell->n_ways; i++) {
		if (!action_fits(&shell->ways[i], &f->target))
			continue;
		assert_true(n < sizeof(want) / sizeof(want[0]));
		assert_string_equal(built(f, &shell->ways[i], NULL), want[n++]);
	}
	assert_int_equal(n, sizeof(want) / sizeof(want[0]));
	assert_string_equal(built(f, way_of(find(f->views, "logs"), &f->target), NULL),
			    "crictl|logs|--tail=1000|abc");
	show(f, "pods");
	assert_string_equal(built(f, &find(f->views, "pod_logs")->ways[0], NULL),
			    "kubectl|logs|--tail=100|--all-containers|--prefix|--namespace=shop|--|-rf");
	/* containerd without Kubernetes */
	m = (struct container_meta){.runtime_ns = "default", .privileged = -1};
	show(f, "containers");
	assert_string_equal(built(f, way_of(find(f->views, "shell"), &f->target), NULL),
			    "nerdctl|--namespace=default|exec|-it|--|abc|/bin/sh");
	assert_string_equal(built(f, way_of(find(f->views, "stop"), &f->target), NULL),
			    "nerdctl|--namespace=default|stop|--|abc");
}

/* What holds for every stock action. */
static void test_stock(void **state)
{
	static const char *const wanted[] = {"shell", "logs",   "inspect", "top",    "stop",  "kill",
					     "pause", "signal", "renice",  "strace", "stack", "lsof"};
	static const char *const harmless[] = {"logs",        "inspect",   "top",
					       "lsof",        "lsof_file", "unit_logs",
					       "unit_status", "pod_logs",  "pod_describe"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		find(f->views, wanted[i]);
	for (size_t i = 0; i < f->views->n_actions; i++) {
		const struct action *a = f->views->actions[i];
		bool only_looks = false;

		if (!a->key || !a->description || a->description[strlen(a->description) - 1] != '.')
			fail_msg("%s: no key, or its description is no sentence", a->id);
		for (size_t k = 0; k < sizeof(harmless) / sizeof(harmless[0]); k++)
			only_looks |= !strcmp(a->id, harmless[k]);
		if (a->changes == only_looks)
			fail_msg("%s: changes is %d", a->id, a->changes);
		for (size_t k = 0; k < a->n_ways; k++) {
			const struct action_way *w = &a->ways[k];

			for (size_t j = 0; j < w->n_args; j++)
				for (size_t m = 0; m < w->args[j].n; m++)
					if (w->args[j].pieces[m].text &&
					    !strcmp(w->args[j].pieces[m].text, "-c"))
						fail_msg("%s: a shell string", a->id);
		}
		for (size_t k = 0; k < f->views->n; k++) {
			const struct action **list;
			size_t n = actions_of_view(f, f->views->items[k], &list), same = 0;

			if (f->views->items[k]->hotkey == a->key)
				fail_msg("%s: its key is that of view %s", a->id, f->views->items[k]->id);
			for (size_t j = 0; j < n; j++)
				same += list[j]->key == a->key && list[j] != a;
			/* one key, one meaning on a row, but for units, which are no containers; in lists the
			 * first counts */
			if (same && strcmp(f->views->items[k]->id, "units") != 0 &&
			    !view_is_list(f->views->items[k]) && offers(f, f->views->items[k]->id, a->id))
				fail_msg("%s: key %c twice in %s", a->id, a->key, f->views->items[k]->id);
			free(list);
		}
	}
}

/* ---- JSON ---- */

static void mistake(const char *members, const char *message, int column)
{
	struct views *views = NULL;
	struct views_error err = {0};
	char text[2000];

	snprintf(text, sizeof(text),
		 "{\"actions\": [{\"id\": \"x\", \"name\": \"X\", \"applies_to\": [\"proc.pid\"],\n%s}]}",
		 members);
	assert_int_equal(views_load_text(&views, "x", text, strlen(text), &err), -EINVAL);
	if (!strstr(err.message, message) || (column && (err.line != 2 || err.column != column)))
		fail_msg("%s: %d:%d: %s", members, err.line, err.column, err.message);
	assert_null(views);
}

static void test_mistakes(void **state)
{
	mistake("\"ru\": [], \"run\": [{\"argv\": [\"ls\"]}]",
		"unknown key 'ru' in an action; did you mean 'run'?", 1);
	mistake("\"changes\": false", "missing key 'run'", 0);
	mistake("\"run\": []", "'run' must not be empty", 8);
	mistake("\"run\": [7]", "must be an object, not a number", 9);
	mistake("\"run\": [{\"argv\": []}]", "'argv' must not be empty", 18);
	mistake("\"run\": [{\"argv\": \"ls -l\"}]", "'argv' must be a list, not a string", 18);
	mistake("\"run\": [{\"argv\": [\"ls -l\"]}]", "without its arguments", 19);
	mistake("\"run\": [{\"argv\": [\"bin/ls\"]}]", "or a path from /", 19);
	mistake("\"run\": [{\"argv\": [\"%proc.exe\"]}]", "the program must be plain text", 19);
	mistake("\"run\": [{\"argv\": [\"ls\", 5]}]", "an argument must be a string", 25);
	mistake("\"run\": [{\"argv\": [\"ls\", \"%proc.pidd\"]}]", "did you mean 'proc.pid'?", 27);
	mistake("\"run\": [{\"argv\": [\"ls\", \"a%{proc.pid\"]}]", "after '%' comes", 27);
	mistake("\"run\": [{\"argv\": [\"ls\", \"100%\"]}]", "after '%' comes", 29);
	mistake("\"run\": [{\"argv\": [\"ls\", \"%evt.count\"]}]", "evt.count is an amount", 27);
	mistake("\"run\": [{\"argv\": [\"ls\", \"%?\"]}]", "has no 'ask'", 25);
	mistake("\"run\": [{\"argv\": [\"ls\", \"a\\u0000b\"]}]", "NUL", 0);
	mistake("\"run\": [{\"argv\": [\"ls\"], \"as\": \"rot\"}]", "'as' must be 'user' or 'root'", 32);
	mistake("\"run\": [{\"argv\": [\"ls\"], \"process\": \"init\"}]",
		"'process' must be 'row' or 'first'", 37);
	mistake("\"run\": [{\"argv\": [\"ls\"], \"when\": \"proc.nam = x\"}]",
		"when: unknown field 'proc.nam'", 35);
	mistake("\"run\": [{\"argv\": [\"@signa\", \"TERM\", \"%proc.pid\"]}]", "did you mean '@signal'?",
		19);
	mistake("\"run\": [{\"argv\": [\"@signal\", \"TERN\", \"%proc.pid\"]}]", "unknown signal 'TERN'", 30);
	mistake("\"run\": [{\"argv\": [\"@signal\", \"TERM\", \"1\"]}]", "is used so", 18);
	mistake("\"key\": \"5\", \"run\": [{\"argv\": [\"ls\"]}]", "digits are for views", 8);
	mistake("\"screen\": \"pager\", \"run\": [{\"argv\": [\"ls\"]}]",
		"'screen' must be 'page' or 'terminal'", 11);
	mistake("\"answer\": \"1\", \"run\": [{\"argv\": [\"ls\"]}]", "there is no 'ask'", 11);
	mistake("\"applies_to\": [\"proc.piid\"], \"run\": [{\"argv\": [\"ls\"]}]", "duplicate", 0);
}

/* A view's own actions, and those of later files. */
static void test_merge(void **state)
{
	static const char own[] = "{\"views\": [{\"id\": \"mine\", \"name\": \"Mine\", \"records\": "
				  "[\"tasks\"], \"key\": [\"user.name\"],"
				  "\"columns\": [{\"field\": \"user.name\"}], \"actions\": [{\"id\": "
				  "\"who\", \"name\": \"Who\", \"run\": "
				  "[{\"argv\": [\"id\", \"--\", \"%user.name\"]}]}]}], \"actions\": "
				  "[{\"id\": \"shell\", \"name\": \"Bash\","
				  "\"applies_to\": [\"container.id\"], \"run\": [{\"argv\": [\"bash\"]}]}]}";
	struct fixture *f = *state;
	struct views_error err = {0};
	size_t n = f->views->n_actions;

	assert_int_equal(views_load_text(&f->views, "x", own, strlen(own), &err), 0);
	assert_int_equal(f->views->n_actions, n);
	assert_string_equal(find(f->views, "shell")->name, "Bash");
	assert_int_equal(find(f->views, "shell")->n_ways, 1);
	assert_true(offers(f, "mine", "who"));
	assert_false(offers(f, "users", "who"));
	show(f, "mine");
	assert_string_equal(built(f, &views_find(f->views, "mine")->actions[0]->ways[0], NULL), "id|--|root");
}

static void test_signals(void **state)
{
	assert_int_equal(action_signal("TERM"), SIGTERM);
	assert_int_equal(action_signal("sigkill"), SIGKILL);
	assert_int_equal(action_signal("9"), 9);
	assert_int_equal(action_signal("0"), -EINVAL);
	assert_int_equal(action_signal("65"), -EINVAL);
	assert_int_equal(action_signal("9x"), -EINVAL);
	assert_int_equal(action_signal(""), -EINVAL);
	assert_int_equal(action_signal("NONSENSE"), -EINVAL);
}

static void test_text(void **state)
{
	struct fixture *f = *state;
	struct action_command c;
	struct buf text = {0};
	char *why;

	show(f, "containers");
	f->c->name = "a b\n\033[31m";
	assert_int_equal(action_build(way(f, "[\"t\", \"--x=1\", \"%container.name\", \"\"]"), &f->target, 1,
				      &c, &why),
			 0);
	action_text(&c, &text);
	assert_string_equal(buf_str(&text), "t --x=1 'a b\\x0a\\x1b[31m' ''");
	buf_done(&text);
	action_command_done(&c);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_hostile_names), T(test_options),    T(test_missing),  T(test_kinds),
		T(test_first_process), T(test_uncertain),  T(test_offered),  T(test_runtimes),
		T(test_stock),         T(test_kubernetes), T(test_mistakes), T(test_merge),
		T(test_signals),       T(test_text),       T(test_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
