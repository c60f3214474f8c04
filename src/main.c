/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - wires options, views, a source and a front end together, and turns
 * what went wrong into one line and an exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "batch.h"
#include "bpf/rights.h"
#include "check.h"
#include "core/format.h"
#include "core/mem.h"
#include "generate.h"
#include "options.h"
#include "views/alias.h"
#include "views/view_files.h"
#include "ui/ui.h"

enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

/* The only thing a signal handler can reach. */
static volatile sig_atomic_t stop_asked;

static void on_stop(int sig)
{
	stop_asked = sig;
}

/* One line on stderr, whatever is in the message: it may quote a file or an argument. */
static int complain(int status, const char *message)
{
	struct buf line = {0};

	buf_adds(&line, "ctop-trace: ");
	format_safe(&line, message, strlen(message));
	buf_addc(&line, '\n');
	fputs(buf_str(&line), stderr);
	buf_done(&line);
	return status;
}

static int complain_free(int status, char *message)
{
	complain(status, message);
	free(message);
	return status;
}

/* Text to stdout; a reader that went away is not an error. */
static int print(struct buf *text)
{
	int r = batch_write(&(struct batch_config){0}, STDOUT_FILENO, text);

	buf_done(text);
	return r < 0 && r != -EPIPE
		       ? complain_free(STATUS_FAILED, xasprintf("cannot write the output: %s", strerror(-r)))
		       : STATUS_OK;
}

/* Nothing that is opened later may become descriptor 0, 1 or 2. */
static void open_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0) == 0);
	if (fd > STDERR_FILENO)
		close(fd);
}

static char *views_message(const struct views_error *err)
{
	if (err->line)
		return xasprintf("%s:%d:%d: %s", err->file, err->line, err->column, err->message);
	return err->file[0] ? xasprintf("%s: %s", err->file, err->message) : xstrdup(err->message);
}

struct first_mistake {
	char *text;
	size_t size;
};

static void note_mistake(const struct views_error *err, void *userdata)
{
	struct first_mistake *note = userdata;
	char *message = note->text[0] ? NULL : views_message(err);

	if (message)
		snprintf(note->text, note->size, "%s", message);
	free(message);
}

static void complain_views(const struct views_error *err, void *userdata)
{
	note_mistake(err, userdata);
	complain_free(STATUS_USAGE, views_message(err));
}

/* Stock views, people's own, those named on the command line. */
static int load_views(const struct options *o, const struct view_dirs *dirs, struct first_mistake *note,
		      struct views **ret)
{
	struct views_error err = {0};
	int r = views_load_stock(ret, &err);

	if (r == 0)
		view_dirs_load(dirs, ret, complain_views, note);
	for (size_t i = 0; r == 0 && i < o->n_views; i++)
		r = views_load_file(ret, o->views[i], &err);
	if (r < 0)
		return complain_free(STATUS_USAGE, views_message(&err));
	views_add_where(*ret, o->print);
	return STATUS_OK;
}

/* --check-views: mistakes are what was asked for, so they go to stdout. */
static void print_mistake(const struct views_error *err, void *userdata)
{
	char *message = views_message(err);

	format_safe(userdata, message, strlen(message));
	buf_addc(userdata, '\n');
	free(message);
}

static int check_views(const struct options *o)
{
	struct views *stock = NULL;
	struct views_error err;
	struct buf text = {0};
	size_t mistakes = 0;
	int status;

	if (!o->n_views)
		return complain(STATUS_USAGE, "--check-views needs the names of files");
	if (views_load_stock(&stock, &err))
		return complain_free(STATUS_FAILED, views_message(&err));
	for (size_t i = 0; i < o->n_views; i++)
		mistakes += views_check_file(stock, o->views[i], print_mistake, &text);
	views_free(stock);
	status = print(&text);
	return status ? status : mistakes ? STATUS_USAGE : STATUS_OK;
}

/* --- what names something that must exist --- */

static char *safe_text(const char *s)
{
	struct buf b = {0};

	format_safe(&b, s, strlen(s));
	return buf_steal(&b);
}

static int find_view(const char *wanted, const struct views *views, struct view **ret)
{
	const char *best = NULL;
	size_t typed_len = wanted ? strlen(wanted) : 0, n_aliases;
	const size_t far = typed_len < 6 ? typed_len / 3 + 2 : 4; /* is no typing error */
	size_t least = far;
	const struct alias *alias = alias_all(&n_aliases);
	char *typed;

	for (size_t i = 0; i < views->n; i++) {
		const char *id = views->items[i]->id;
		size_t d = wanted ? text_distance(wanted, id) : 0;

		if (!wanted || !strcmp(wanted, id)) {
			*ret = views->items[i];
			return STATUS_OK;
		}
		if (d < least || (least == far && !strncmp(id, wanted, typed_len))) {
			least = d < far ? d : far - 1;
			best = id;
		}
	}
	for (size_t i = 0; i < n_aliases; i++) {
		size_t d = wanted ? text_distance(wanted, alias[i].name) : far;

		if (d < least && d < strlen(alias[i].name)) { /* short names are near to anything */
			least = d;
			best = alias[i].name;
		}
	}
	typed = safe_text(wanted ? wanted : "");
	complain_free(STATUS_USAGE,
		      best ? xasprintf("unknown view '%s'; did you mean '%s'?", typed, best)
			   : xasprintf("unknown view '%s'; --list-views lists all of them", typed));
	free(typed);
	return STATUS_USAGE;
}

/* --sort FIELD: the column with that id, else the first one that shows the field. */
static int sort_view(const char *sort, struct view *view)
{
	const char *id = *sort == '-' || *sort == '+' ? sort + 1 : sort;
	struct buf names = {0};
	int found = -1;
	char *typed;

	if (view_is_list(view))
		return complain_free(STATUS_USAGE,
				     xasprintf("--sort: '%s' is a list: its rows stand in the order "
					       "they came in",
					       view->id));
	for (size_t i = view->n_columns; i-- > 0;)
		if (!strcmp(view->columns[i].field->id, id))
			found = (int)i;
	for (size_t i = 0; i < view->n_columns; i++)
		if (!strcmp(view->columns[i].id, id))
			found = (int)i;
	if (found >= 0) {
		bool measure = view->columns[found].field->flags & FIELD_MEASURE;

		view->sort = found;
		view->ascending = *sort == '+' || (*sort != '-' && !measure);
		return STATUS_OK;
	}
	typed = safe_text(id);
	if (!field_find(id)) {
		const char *near = field_nearest(id);

		buf_addf(&names, "--sort: unknown field '%s'", typed);
		if (near)
			buf_addf(&names, "; did you mean '%s'?", near);
	} else {
		buf_addf(&names, "--sort: view '%s' does not show '%s'; its columns are", view->id, typed);
		for (size_t i = 0; i < view->n_columns; i++)
			buf_addf(&names, "%s %s", i ? "," : "", view->columns[i].id);
	}
	free(typed);
	return complain_free(STATUS_USAGE, buf_steal(&names));
}

/* --- front ends --- */

static bool plain_locale(const struct options *o)
{
	return o->ascii || MB_CUR_MAX == 1;
}

static int run_batch(const struct options *o, struct source *source, const struct view *view)
{
	struct batch_config c = {
		.source = source,
		.view = view,
		.filter = o->filter,
		.interval = o->delay,
		.count = o->count,
		.format = o->format,
		.spy = o->spy,
		.tree = o->tree,
		.secrets = o->env,
		.where = o->print,
		.ascii = plain_locale(o),
		.out = STDOUT_FILENO,
		.err = STDERR_FILENO,
		.stop = &stop_asked,
	};
	struct winsize size;
	char *why = NULL;
	int r;

	if (o->details && o->format == FORMAT_CSV)
		return complain(STATUS_USAGE, "--details writes --format table or json, not csv");
	if (o->spy && o->format == FORMAT_CSV)
		return complain(STATUS_USAGE, "--spy writes --format table or json, not csv");
	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		c.width = size.ws_col;
	if (o->details)
		r = batch_details(&c, o->details, &why);
	else
		r = batch_run(&c, &why);
	if (o->details && r == -EINVAL)
		return complain_free(STATUS_USAGE, why);
	return r < 0 ? complain_free(STATUS_FAILED, why) : STATUS_OK;
}

/* The views that were loaded one after the other; all live until the end, since a screen may show any. */
struct view_sets {
	const struct options *o;
	struct view_dirs dirs;
	struct views **sets;
	size_t n, cap;
	char note[400]; /* the first mistake at the start */
};

static const struct views *reload_views(void *userdata, char *note, size_t size)
{
	struct view_sets *s = userdata;
	struct views *views = NULL;
	struct views_error err;
	struct first_mistake mistake = {note, size};

	if (!view_dirs_changed(&s->dirs) || views_load_stock(&views, &err))
		return NULL;
	view_dirs_load(&s->dirs, &views, note_mistake, &mistake);
	for (size_t i = 0; i < s->o->n_views; i++)
		if (views_load_file(&views, s->o->views[i], &err))
			note_mistake(&err, &mistake);
	views_add_where(views, s->o->print);
	VEC_PUSH(s->sets, s->n, s->cap) = views;
	return views;
}

static int run_ui(const struct options *o, struct source *source, struct view_sets *sets,
		  const struct view *view)
{
	int r = ui_run(&(struct ui_config){
		.source = source,
		.views = sets->sets[0],
		.views_fd = view_dirs_watch(&sets->dirs),
		.views_reload = reload_views,
		.views_userdata = sets,
		.notice = sets->note,
		.view_id = view->id,
		.interval = o->has_delay ? o->delay : 0,
		.filter = o->filter,
		.ascii = o->ascii,
		.mouse = !o->no_mouse,
		.tree = o->tree,
		.read_only = o->read_only,
		.where = o->print,
		.colour = o->color      ? UI_COLOUR_ALWAYS
			  : o->no_color ? UI_COLOUR_NEVER
					: UI_COLOUR_AUTO,
	});

	switch (r) {
	case 0: return STATUS_OK;
	case -ENOTTY:
		return complain(STATUS_FAILED,
				"no terminal to open the screen on; --batch writes tables without one");
	case -ENOTSUP: {
		char *term = safe_text(getenv("TERM") ? getenv("TERM") : "");

		complain_free(STATUS_FAILED,
			      xasprintf("terminal type '%s' is not known or cannot move the cursor; set "
					"TERM, or use --batch",
					term));
		free(term);
		return STATUS_FAILED;
	}
	default:
		return complain_free(STATUS_FAILED,
				     xasprintf("cannot read the kernel's counters: %s", strerror(-r)));
	}
}

/* SIGINT, SIGTERM and SIGHUP end a batch cleanly; the second one at once. Let in by batch_wait() and
 * batch_write(). */
static void stop_on_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = on_stop, .sa_flags = SA_RESETHAND};
	struct sigaction old;
	sigset_t block;

	sigemptyset(&block);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], NULL, &old);
		if (old.sa_handler == SIG_IGN) /* nohup, background of a script */
			continue;
		sigaction(signals[i], &sa, NULL);
		sigaddset(&block, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &block, NULL);
}

static int open_source(const struct options *o, struct source **ret)
{
	char *why = NULL;
	int r = o->demo ? source_demo_new(o->seed, ret)
			: source_live_new(&(struct live_config){.max_facts = o->max_facts,
								.hooks = o->hooks,
								.host_root = o->host_root},
					  ret, &why);

	if (r < 0)
		return complain_free(STATUS_FAILED, why ? why : xstrdup(strerror(-r)));
	return STATUS_OK;
}

/* The view that was asked for, by its id or as one of sysdig's names. */
static int open_view(struct options *o, struct views **views, struct view **ret)
{
	const struct alias *a = views_find(*views, o->view ? o->view : "") ? NULL : alias_find(o->view);
	const char *id = o->view, *sort = o->sort;
	char *filter = NULL, *both, *error;
	int status;

	if (a && alias_open(a, o->argument, views, &id, &filter, &error) < 0)
		return complain_free(STATUS_USAGE, error);
	if (filter) {
		both = filter_and(filter, o->filter);
		free(filter);
		free(o->filter);
		o->filter = both;
	}
	if (a && !sort)
		sort = a->sort;
	status = find_view(id, *views, ret);
	if (!status && a && a->limit && !o->tree)
		(*ret)->limit = a->limit;
	if (!status && o->tree && !(*ret)->tree)
		return complain_free(STATUS_USAGE, xasprintf("--tree: view '%s' has no tree", (*ret)->id));
	return !status && sort ? sort_view(sort, *ret) : status;
}

static int monitor(struct options *o, struct view_sets *sets)
{
	struct source *source;
	struct view *view;
	int status;

	rights_drop(o->demo      ? RIGHTS_NONE
		    : o->details ? RIGHTS_PAGE
		    : o->batch   ? RIGHTS_BATCH
				 : RIGHTS_SCREEN);
	status = open_view(o, &sets->sets[0], &view);
	if (status)
		return status;
	if (o->batch)
		stop_on_signals();
	status = open_source(o, &source);
	if (status)
		return status;
	status = o->batch ? run_batch(o, source, view) : run_ui(o, source, sets, view);
	source_free(source);
	return status;
}

/* What is printed without looking at the machine. -1: nothing of that was asked for. */
static int information(const struct options *o, const struct views *views)
{
	struct buf text = {0};

	if (o->list_views) {
		generate_views(&text, views, o->format);
	} else if (o->list_fields) {
		generate_fields(&text, o->format);
	} else if (o->generate) {
		if (generate(o->generate, views, &text) < 0)
			return complain(STATUS_USAGE, "--generate: there is man, completion and schema");
	} else {
		return -1;
	}
	return print(&text);
}

int main(int argc, char **argv)
{
	struct options o;
	struct view_sets sets = {.o = &o, .dirs.fd = -1};
	struct views *views = NULL;
	struct buf text = {0};
	char *error;
	int status;

	open_standard_fds();
	signal(SIGPIPE, SIG_IGN);
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* numbers of JSON and CSV, and of views files */
	if (options_parse(argc, argv, &o, &error) < 0)
		return complain_free(STATUS_USAGE, error);
	if (o.help || o.version) {
		if (o.help)
			options_help(&text);
		else
			buf_adds(&text, "ctop-trace " CTOP_VERSION "\n");
		status = print(&text);
	} else if (o.check) {
		status = check_machine(o.host_root, &text) ? STATUS_OK : STATUS_FAILED;
		if (print(&text))
			status = STATUS_FAILED;
	} else if (o.check_views) {
		status = check_views(&o);
	} else {
		view_dirs_init(&sets.dirs);
		status = load_views(&o, &sets.dirs, &(struct first_mistake){sets.note, sizeof(sets.note)},
				    &views);
		VEC_PUSH(sets.sets, sets.n, sets.cap) = views;
		if (!status)
			status = information(&o, views);
		if (status < 0)
			status = monitor(&o, &sets);
	}
	for (size_t i = 0; i < sets.n; i++)
		views_free(sets.sets[i]);
	free(sets.sets);
	view_dirs_done(&sets.dirs);
	options_done(&o);
	return status;
}
