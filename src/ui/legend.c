/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * legend.c - a view explained from its own data: columns with unit and source,
 * what is attached for them, and the filter in force with the part of it that
 * the kernel would decide for a spy.
 */
#include <stdlib.h>
#include <string.h>

#include "bpf/need.h"
#include "bpf/rights.h"
#include "core/arena.h"
#include "core/format.h"
#include "core/mem.h"
#include "ui/action.h"
#include "ui/app.h"

static const char *need_text(unsigned needs)
{
	if (needs & NEED_FACTS && needs & NEED_FDS)
		return "needs both ends of every call traced, and a walk over descriptors";
	if (needs & NEED_FACTS)
		return "needs both ends of every call traced";
	return needs & NEED_FDS ? "needs a walk over all descriptors" : "";
}

static const char *unit_text(const struct column *c)
{
	static const char *const units[] = {
		[UNIT_NONE] = "",       [UNIT_ID] = "",      [UNIT_COUNT] = "count",
		[UNIT_BYTES] = "bytes", [UNIT_NS] = "time",  [UNIT_PERCENT] = "percent",
		[UNIT_TIME] = "clock",  [UNIT_PORT] = "port"};

	if (c->agg == AGG_COUNT || c->agg == AGG_DISTINCT)
		return "count";
	return c->agg == AGG_SHARE ? "percent" : units[c->field->unit];
}

static void add_safe(struct app *a, unsigned role, int indent, int width, const char *text)
{
	struct buf safe = {0};

	format_safe(&safe, text, strlen(text));
	page_wrap(a, role, indent, width, buf_str(&safe));
	buf_done(&safe);
}

static void add_column(struct app *a, int width, const struct column *c)
{
	struct buf line = {0};
	const char *unit = unit_text(c), *needs = need_text(c->field->needs);

	buf_addf(&line, "%-12s ", c->title);
	buf_adds(&line, c->description ? c->description : c->field->description);
	page_wrap(a, ROLE_NORMAL, 2, width, buf_str(&line));
	buf_reset(&line);
	buf_addf(&line, "%s%s", c->field->id, c->agg != AGG_NONE ? ", " : "");
	if (c->agg != AGG_NONE)
		buf_adds(&line, agg_name(c->agg));
	if (*unit)
		buf_addf(&line, ", %s%s", unit, c->agg == AGG_RATE ? " per second" : "");
	if (c->field->source)
		buf_addf(&line, "; from %s", c->field->source);
	if (*needs)
		buf_addf(&line, "; %s", needs);
	page_wrap(a, ROLE_DIM, 15, width, buf_str(&line));
	buf_done(&line);
}

/* Which part of a filter the kernel decides: what filter_push_down() says, or has said to a running spy. */
static void add_kernel_part(struct app *a, int width, const char *kernel, bool running)
{
	struct buf line = {0};

	if (*kernel) {
		buf_adds(&line, running ? "of it, the kernel decides: "
					: "of it, the kernel decides for dig and echo: ");
		buf_adds(&line, kernel);
		buf_adds(&line, "; whatever else is in it is decided here");
		add_safe(a, ROLE_DIM, 2, width, buf_str(&line));
	} else {
		page_wrap(a, ROLE_DIM, 2, width,
			  running ? "all of it is decided here, nothing in the kernel"
				  : "dig and echo decide it here, not in the kernel");
	}
	buf_done(&line);
}

static void add_filter(struct app *a, int width)
{
	char *text = selection_filter(&a->sel);
	struct spy_selection pushed = {0};
	struct filter_error error;
	struct filter *f = NULL;

	page_add(a, ROLE_HEADING, "Filter in force");
	add_safe(a, ROLE_NORMAL, 2, width, text && *text ? text : "none");
	if (text && *text && a->spying) {
		add_kernel_part(a, width, a->spy.kernel_text, true);
	} else if (text && *text && filter_parse(text, &f, &error) == 0) {
		struct arena *arena = arena_new();
		const char *kernel = "";

		filter_push_down(f, a->sample, arena, &pushed, &kernel);
		add_kernel_part(a, width, kernel, false);
		arena_free(arena);
		filter_free(f);
	}
	free(text);
}

/* Dig and echo. */
void spy_legend_page(struct app *a, int width)
{
	const struct spy *s = &a->spy;
	bool dig = s->kind == SPY_DIG;
	struct buf line = {0};
	char *text = filter_and(s->base_text, s->typed);

	page_wrap(a, ROLE_NORMAL, 0, width,
		  dig ? "Every system call of the selection as it ends, a line each: time, thread, name, the "
			"call with "
			"its arguments, what it returned, how long it took. A call that repeats itself is "
			"folded into one "
			"line with its number (x312)."
		      : "What the selection reads and writes as it happens, a block each: direction, bytes, "
			"from or to "
			"what, by whom, then the bytes themselves.");
	page_add(a, ROLE_NORMAL, "");
	page_add(a, ROLE_HEADING, "Filter in force");
	add_safe(a, ROLE_NORMAL, 2, width, *text ? text : "none");
	add_kernel_part(a, width, s->kernel_text, true);
	if (s->needle) {
		buf_addf(&line, "and of these, lines with the text \"%s\", looked for here", s->needle);
		add_safe(a, ROLE_NORMAL, 2, width, buf_str(&line));
		buf_reset(&line);
	}
	page_add(a, ROLE_NORMAL, "");
	page_add(a, ROLE_HEADING, "How much");
	buf_addf(&line,
		 "%llu calls seen by the kernel, %llu passed its part of the filter, %llu of them not the "
		 "rest",
		 (unsigned long long)s->counts.seen, (unsigned long long)s->counts.passed,
		 (unsigned long long)s->rejected);
	page_wrap(a, ROLE_NORMAL, 2, width, buf_str(&line));
	buf_reset(&line);
	buf_addf(
		&line,
		"%llu lost because this program was too slow to take them; %llu let go to keep at most %d MB",
		(unsigned long long)s->counts.lost, (unsigned long long)s->log.dropped,
		SPY_LOG_BYTES / 1024 / 1024);
	page_wrap(a, s->counts.lost ? ROLE_CRITICAL : ROLE_NORMAL, 2, width, buf_str(&line));
	buf_reset(&line);
	buf_addf(&line, "of each buffer at most %u bytes are copied", s->snaplen);
	page_wrap(a, ROLE_NORMAL, 2, width, buf_str(&line));
	page_add(a, ROLE_NORMAL, "");
	page_add(a, ROLE_HEADING, "Attached for it");
	page_add(a, ROLE_NORMAL, "  entry and exit of every system call, and the start of every process");
	page_add(a, ROLE_NORMAL, "");
	page_add(a, ROLE_HEADING, "What the signs mean");
	if (dig) {
		page_wrap(a, ROLE_NORMAL, 2, width, "31</var/log/x>  a descriptor and what it is open on");
		page_wrap(a, ROLE_NORMAL, 2, width, "= ENOENT (...)  the call failed, with this errno");
		page_wrap(a, ROLE_NORMAL, 2, width, "▇  the call took 1 ms or more");
	} else {
		page_wrap(a, ROLE_NORMAL, 2, width, "write →  from the program; read ←  to it");
	}
	page_wrap(a, ROLE_NORMAL, 2, width, "lost, let go  see above; both are 0 unless shown");
	free(text);
	buf_done(&line);
}

/* What the user may not do, and which columns that costs. */
static void add_rights(struct app *a, int width)
{
	struct right all[RIGHTS_MAX];
	size_t n = rights_list(all, RIGHTS_MAX), missing = 0;

	for (size_t i = 0; i < n; i++) {
		char *text;

		if (all[i].have)
			continue;
		if (!missing++)
			page_add(a, ROLE_HEADING, "Rights that are missing");
		text = xasprintf("%s: %s", all[i].name, all[i].without ? all[i].without : all[i].use);
		page_wrap(a, ROLE_WARN, 2, width, text);
		free(text);
	}
	if (missing)
		page_add(a, ROLE_NORMAL, "");
}

void legend_page(struct app *a, int width)
{
	const struct view *v = selection_top(&a->sel)->view;
	unsigned needs = selection_needs(&a->sel);

	if (v->description)
		page_wrap(a, ROLE_NORMAL, 0, width, v->description);
	for (size_t i = 0; i < v->n_tips; i++)
		page_wrap(a, ROLE_DIM, 0, width, v->tips[i]);
	page_add(a, ROLE_NORMAL, "");
	add_filter(a, width);
	page_add(a, ROLE_NORMAL, "");
	if (!a->sample || !strcmp(a->sample->source, "live"))
		add_rights(a, width);
	page_add(a, ROLE_HEADING, "Attached for this view");
	if (view_is_list(v))
		page_add(a, ROLE_NORMAL, "  the calls that the filter leaves, one by one");
	page_add(a, ROLE_NORMAL,
		 needs & NEED_FACTS ? "  entry and exit of every system call"
				    : "  exit of every system call");
	if (needs & NEED_FDS)
		page_add(a, ROLE_NORMAL, "  a walk over all open descriptors, once an interval");
	page_add(a, ROLE_NORMAL, "  a walk over all threads, once an interval");
	page_add(a, ROLE_NORMAL, "");
	page_add(a, ROLE_HEADING, "Columns");
	for (size_t i = 0; i < v->n_columns; i++)
		add_column(a, width, &v->columns[i]);
	page_add(a, ROLE_NORMAL, "");
	page_add(a, ROLE_HEADING, "Enter");
	if (view_is_list(v)) {
		page_add(a, ROLE_NORMAL, "  shows the whole call; d all calls of its process as they happen");
	} else if (v->drilldown) {
		const struct view *below = views_find(a->views, v->drilldown);
		char *text = xasprintf(
			"  leads to the %s of the row; e and d show its reads, writes and calls live",
			below ? below->name : v->drilldown);

		page_wrap(a, ROLE_NORMAL, 0, width, text);
		free(text);
	} else {
		page_add(a, ROLE_NORMAL, "  shows the system calls of the row as they happen");
	}
	action_legend(a, width);
}
