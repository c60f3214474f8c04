/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * legend.c - a view explained from its own data: columns with unit and source,
 * what is attached for them, and the filter in force with the part of it that
 * the kernel would decide for a spy.
 */
#include <stdlib.h>
#include <string.h>

#include "bpf/need.h"
#include "core/arena.h"
#include "core/format.h"
#include "core/mem.h"
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

static void add_filter(struct app *a, int width)
{
	char *text = selection_filter(&a->sel);
	struct spy_selection pushed = {0};
	struct filter_error error;
	struct filter *f = NULL;

	page_add(a, ROLE_HEADING, "Filter in force");
	add_safe(a, ROLE_NORMAL, 2, width, text && *text ? text : "none");
	if (text && *text && filter_parse(text, &f, &error) == 0) {
		struct arena *arena = arena_new();
		const char *kernel = "";

		filter_push_down(f, a->sample, arena, &pushed, &kernel);
		page_wrap(a, ROLE_DIM, 2, width,
			  *kernel ? "of it, the kernel decides for dig and echo:"
				  : "dig and echo decide it here, not in the kernel");
		if (*kernel)
			add_safe(a, ROLE_NORMAL, 4, width, kernel);
		arena_free(arena);
		filter_free(f);
	}
	free(text);
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
}
